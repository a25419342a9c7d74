"""Writes `contract.json`: the part of Microsoft Graph (beta) that the emulator serves, as Microsoft publishes it.

    python -m reconciler.emulator.contract.extract [--check]

Reads the source of the installed package msgraph-beta-sdk; the result depends on nothing else and is sorted, so that
the same package gives the same bytes. `--check` compares instead of writing and exits 1 on a difference. What the SDK
does not know (nullability, defaults, what is fixed at creation) stands in `overlay.json`, by hand and with sources.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from reconciler.model import Json, JsonObject

from . import sdk_source as sdk
from .scope import BUILDERS, ROOTS, SELECTED, SUBTYPES

CONTRACT = Path(__file__).with_name("contract.json")
PACKAGE = "msgraph-beta-sdk"


def generated() -> Path:
    """The installed package's folder of generated source. Raises `ModuleNotFoundError` without the package."""
    spec = find_spec("msgraph_beta")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed; it belongs to the dependency group 'test'")
    return Path(spec.origin).parent / "generated"


class Closure:
    """Types and enums, drawn in from the roots."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._served = {sdk.model(models / f"{root}.py").name for root in ROOTS}
        self._modules = _index(models)
        self.types: dict[str, JsonObject] = {}
        self.enums: dict[str, Json] = {}
        self.external: set[str] = set()

    def add(self, module: Path) -> str:
        """Draws a type in with all it needs; gives its wire name."""
        if sdk.is_enum(module):
            name, members = sdk.enum(module)
            self.enums[name] = list[Json](members)
            return name
        model = sdk.model(module)
        if model.name not in self.types:
            self.types[model.name] = {}  # stops recursion; filled below
            self.types[model.name] = self._describe(model)
        return model.name

    def _describe(self, model: sdk.Model) -> JsonObject:
        described: JsonObject = {"source": f"models/{model.module.relative_to(self._models).as_posix()}"}
        if model.base is not None and model.base.module is not None:
            described["base"] = self.add(model.base.module)
        selected = SELECTED.get(model.name)
        properties: JsonObject = {}
        navigation: JsonObject = {}
        for name, reference in sorted(model.properties.items()):
            if selected is None or name in selected:
                kind, wire = self._kind(reference)
                (navigation if kind == "navigation" else properties)[name] = wire
        described["properties"] = properties
        if navigation:
            described["navigation"] = navigation
        read_only = sorted(set(properties) - model.written)
        if read_only:
            described["readOnly"] = list[Json](read_only)
        subtypes = self._subtypes(model)
        if subtypes:
            described["subtypes"] = list[Json](subtypes)
        return described

    def _kind(self, reference: sdk.Reference) -> tuple[str, str]:
        """`property` or `navigation`, and the type in wire notation: `name` or `[name]`."""
        kind, name = "property", reference.name
        if reference.module is not None:
            entity = not sdk.is_enum(reference.module) and sdk.is_entity(reference.module)
            kind = "navigation" if entity else "property"
            name = sdk.model(reference.module).name if entity else self.add(reference.module)
            if entity and name in self._served:
                self.add(reference.module)
            elif entity:
                self.external.add(name)
        return kind, f"[{name}]" if reference.collection else name

    def _subtypes(self, model: sdk.Model) -> list[str]:
        """Names of the descendants that the contract describes; the others are external."""
        entity = sdk.is_entity(model.module)
        prefixes = SUBTYPES.get(model.name, ("",))
        found = []
        for name in model.subtypes:
            if (entity and name in self._served) or (not entity and name.startswith(prefixes)):
                self.add(self._modules[name])
                found.append(name)
            elif model.name not in ("directoryObject", "policyDeletableItem"):
                self.external.add(name)
        return found


def _index(models: Path) -> dict[str, Path]:
    """Wire name -> module for names that a discriminator may give: file names, read without their underscores."""
    by_letters = {path.stem.replace("_", ""): path for path in models.glob("*.py")}
    return _Letters(by_letters)


class _Letters(dict[str, Path]):
    """Looks a wire name up by its letters: `iosiPadOSWebClip` is `iosi_pad_o_s_web_clip.py`."""

    def __getitem__(self, name: str) -> Path:
        return super().__getitem__(name.lower())


def _routes(root: Path, closure: Closure) -> JsonObject:
    found: JsonObject = {}
    for builder in BUILDERS:
        (module,) = (root / builder).glob("*_request_builder.py")
        route = sdk.route(module)
        found[route.path] = {
            "query": list[Json](route.query),
            "methods": {verb: _call(call, closure) for verb, call in sorted(route.calls.items())},
        }
    return dict(sorted(found.items()))


def _call(call: sdk.Call, closure: Closure) -> JsonObject:
    described: JsonObject = {}
    if call.body is not None:
        described["body"] = _shape(call.body, closure)
    if isinstance(call.response, Path):
        described["response"] = _shape(call.response, closure)
    elif call.response is not None:
        described["response"] = call.response
    return described


def _shape(module: Path, closure: Closure) -> Json:
    """A model's wire name; `[name]` for a page of them; a table of parameters for an action's body."""
    model = sdk.model(module)
    if module.stem.endswith(("_collection_response", "_post_response")):
        value = model.properties["value"]
        assert value.module is not None
        return f"[{sdk.model(value.module).name}]"
    if module.stem.endswith("_post_request_body"):
        return {name: closure._kind(reference)[1] for name, reference in sorted(model.properties.items())}
    return model.name


def contract() -> JsonObject:
    """The whole document."""
    root = generated()
    closure = Closure(root / "models")
    for name in ROOTS:
        closure.add(root / "models" / f"{name}.py")
    routes = _routes(root, closure)
    return {
        "provenance": {
            "package": PACKAGE,
            "version": importlib.metadata.version(PACKAGE),
            "root": "msgraph_beta/generated",
            "types": "models/*.py: get_field_deserializers (properties), serialize (readOnly is what it leaves out), "
            "create_from_discriminator_value (subtypes), class bases (base; descendants of entity are navigation)",
            "enums": "models/*.py: members in source order",
            "routes": "*_request_builder.py: URL template, query options, methods, bodies, responses",
            "selected": f"of these types only the properties that enrollment needs: {', '.join(sorted(SELECTED))}",
        },
        "types": dict(sorted(closure.types.items())),
        "enums": dict(sorted(closure.enums.items())),
        "external": list[Json](sorted(closure.external - set(closure.types))),
        "routes": routes,
    }


def text() -> str:
    """The bytes of `contract.json`."""
    return json.dumps(contract(), indent=1, ensure_ascii=True) + "\n"


def main(arguments: list[str]) -> int:
    """Writes the contract, or compares it (`--check`)."""
    fresh = text()
    if "--check" not in arguments:
        CONTRACT.write_text(fresh, encoding="utf-8")
        return 0
    if CONTRACT.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write(
        "contract.json differs from the installed SDK; run python -m reconciler.emulator.contract.extract\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
