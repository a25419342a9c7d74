"""The JSON Schemas as files and as values: found, read, with references inlined, or bundled into one document.

Used by `schema` alone. Hand-written are the schema of each kind and `common.json`, which they refer to. From these
come, at run time, schemas without references (a validator is a third faster on them) and, for editors and other tools,
documents that stand on their own: some versions of the YAML language server look for a relative reference under the
`$id` and not beside the file, and nothing is served there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, cast

from ..model import Json, JsonObject

COMMON: Final = "common"
UNION: Final = "spec"
DOCUMENTS: Final = frozenset(
    {
        COMMON, UNION, "apps", "workspace", "pins", "plan", "run", "diagnostics", "doctor", "explain", "guide",
        "rules", "evidence", "report", "verify", "import", "init", "compare", "snapshot", "drift", "fmt",
    }
)  # fmt: skip
"""Schemas that are not the schema of a kind."""

ID: Final = "https://intune.reconciler/schemas/v1/"
"""Where the schemas would be served. Nothing ever asks for them there."""

Rewrite = Callable[[str], str]


def located(package: Path) -> Path:
    """The folder of the schemas: inside the installed package, or beside the package in a checkout."""
    inside, beside = package / "schemas" / "v1", package.parent / "schemas" / "v1"
    return inside if inside.is_dir() else beside


@cache
def folder() -> Path:
    """The folder of this package's schemas."""
    return located(Path(__file__).resolve().parent.parent)


@cache
def kinds() -> dict[str, str]:
    """Kind to file name without suffix, sorted by kind. A kind is there when its schema is: `jit-sso-policy.json`."""
    names = (path.stem for path in folder().glob("*.json") if path.stem not in DOCUMENTS)
    return dict(sorted(("".join(word.capitalize() for word in name.split("-")), name) for name in names))


@cache
def read(name: str) -> JsonObject:
    """The schema as written. Shared: not to be changed."""
    return cast(JsonObject, json.loads(text(name)))


def text(name: str) -> str:
    """The text of the file."""
    return (folder() / f"{name}.json").read_text(encoding="utf-8")


@cache
def inlined(name: str) -> JsonObject:
    """The schema without references: each is replaced by what it points at, and what stands beside it stays.

    None of the schemas is recursive.
    """
    schema = _inline(read(name), name)
    assert isinstance(schema, dict), "a schema file holds an object"
    return {key: value for key, value in schema.items() if key not in {"$defs", "$id", "$schema"}}


def _inline(node: Json, name: str) -> Json:
    if isinstance(node, list):
        return [_inline(item, name) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inline(value, name) for key, value in node.items() if key not in {"$ref", "$defs"}}
    if "$ref" not in node:
        return own
    file, _, pointer = str(node["$ref"]).partition("#")
    source = file.removesuffix(".json") or name
    target = _inline(_definition(source, pointer), source)
    assert isinstance(target, dict), "a reference points at an object"
    return {**target, **own}


def _definition(name: str, pointer: str) -> Json:
    node: Json = read(name)
    for part in pointer.strip("/").split("/"):
        assert isinstance(node, dict), f"{pointer} is not in {name}.json"
        node = node[part]
    return node


def bundled(name: str) -> JsonObject:
    """The schema as one document: what it refers to in `common.json` stands in its own `$defs`."""
    schema = _rewritten(read(name), _outward)
    if "common.json#" in text(name):
        schema["$defs"] = {**_definitions(schema), COMMON: _common()}
    return schema


def union() -> JsonObject:
    """The schema of every kind in one document, chosen by `kind`: what editors use."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{ID}{UNION}.json",
        "$comment": "Made from the schemas of the kinds by `reconciler schema spec`; not to be edited.",
        "title": "Spec",
        "description": "One YAML document of a spec file, of any kind.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"$ref": f"#/$defs/{COMMON}/$defs/apiVersion"},
            "kind": {
                "title": "Kind",
                "description": "What this document declares.",
                "enum": list(kinds()),
                "enumDescriptions": [read(name)["description"] for name in kinds().values()],
            },
            "metadata": {"$ref": f"#/$defs/{COMMON}/$defs/metadata"},
            "spec": {"title": "Spec", "description": "The fields of the kind."},
        },
        "allOf": [_choice(kind) for kind in kinds()],
        "$defs": {**{kind: _embedded(kind, name) for kind, name in kinds().items()}, COMMON: _common()},
    }


def _choice(kind: str) -> JsonObject:
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"$ref": f"#/$defs/{kind}"},
    }


def _embedded(kind: str, name: str) -> JsonObject:
    def inward(reference: str) -> str:
        return reference.replace("#/$defs/", f"#/$defs/{kind}/$defs/") if reference[0] == "#" else _outward(reference)

    schema = _rewritten(read(name), inward)
    return {key: value for key, value in schema.items() if key not in {"$schema", "$id"}}


def _common() -> JsonObject:
    return {"$defs": _definitions(_rewritten(read(COMMON), lambda reference: _outward(f"{COMMON}.json{reference}")))}


def _definitions(schema: JsonObject) -> JsonObject:
    return cast(JsonObject, schema.get("$defs", {}))


def _outward(reference: str) -> str:
    return reference.replace(f"{COMMON}.json#/$defs/", f"#/$defs/{COMMON}/$defs/")


def _rewritten(schema: JsonObject, rewrite: Rewrite) -> JsonObject:
    def walk(node: Json) -> Json:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {key: rewrite(str(value)) if key == "$ref" else walk(value) for key, value in node.items()}

    return cast(JsonObject, walk(schema))
