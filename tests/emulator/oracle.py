"""Microsoft's own models as a judge of request bodies: an opinion that owes nothing to this project.

    judge(body, "deviceConfiguration")                    # a body of a declared type
    judge_request("POST", "/beta/…/assign", body)         # a request as it was sent, actions too

The package msgraph-beta-sdk parses the body and writes it again. What lands in `additional_data` is an unknown
property; what is not written again is dropped or changed. Nulls are out of its sight: it forgets them when it parses.
It is imported on first use: the first verdict takes seconds, the following ones some milliseconds.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from reconciler.emulator.contract.extract import generated
from reconciler.emulator.contract.schema import contract
from reconciler.emulator.contract.scope import BUILDERS
from reconciler.model import Json

GENERATED = "msgraph_beta.generated"
PARAMETER = re.compile(r"\{[^}]*\}")


def judge(body: Json, type_name: str) -> list[str]:
    """What Microsoft's models find wrong with a body of a declared type (`deviceConfiguration`); empty: nothing."""
    source = contract()._document["types"][type_name]["source"]
    return _verdict(body, _class(source.removesuffix(".py").replace("/", ".")))


def judge_request(method: str, path: str, body: Json) -> list[str]:
    """What they find wrong with a request's body. `path` as sent, with or without version. A request that the SDK has
    no builder for is a finding; a request without a body is fine."""
    if path.endswith("/$batch"):
        parts = body.get("requests", []) if isinstance(body, dict) else []
        return [f"{p['id']}: {text}" for p in parts for text in judge_request(p["method"], p["url"], p.get("body"))]
    if body is None:
        return []
    plain = re.sub(r"^/(beta|v1\.0)(?=/)", "", path.partition("?")[0])
    for route, module in _routes():
        if re.fullmatch(route, plain):
            cls = _body_class(module, method)
            return _verdict(body, cls) if cls is not None else [f"{method} {path}: the SDK sends no body there"]
    return [f"{method} {path}: the SDK has no such request"]


@cache
def _routes() -> tuple[tuple[str, str], ...]:
    """Pattern of a path -> module of its request builder; the longest first, so that actions come before items."""
    from reconciler.emulator.contract import sdk_source

    root = generated()
    found = []
    for builder in BUILDERS:
        (file,) = (root / builder).glob("*_request_builder.py")
        pattern = "[^/]+".join(re.escape(part) for part in PARAMETER.split(sdk_source.route(file).path))
        found.append((pattern, ".".join(file.relative_to(root).with_suffix("").parts)))
    return tuple(sorted(found, key=lambda item: ("[^/]+" in item[0].rpartition("/")[2], item)))


def _body_class(module: str, method: str) -> type[Any] | None:
    """The class that a request builder's method takes."""
    from reconciler.emulator.contract import sdk_source

    call = sdk_source.route(generated().joinpath(*module.split(".")).with_suffix(".py")).calls.get(method.upper())
    if call is None or call.body is None:
        return None
    return _class(".".join(call.body.relative_to(generated()).with_suffix("").parts))


@cache
def _class(module: str) -> type[Any]:
    """The one model class of a generated module."""
    loaded = importlib.import_module(f"{GENERATED}.{module}")
    return next(
        value
        for value in vars(loaded).values()
        if isinstance(value, type) and value.__module__ == loaded.__name__ and hasattr(value, "serialize")
    )


def _verdict(body: Json, cls: type[Any]) -> list[str]:
    try:
        parsed = parse(body, cls)
    except Exception as error:  # whatever generated code raises is its verdict
        return [f"cannot be parsed: {type(error).__name__}: {error}"]
    found = [f"{path}: unknown property" for path in additional(parsed)]
    return found + list(_differences(_without_nulls(body), written(parsed), ""))


def parse(body: Json, cls: type[Any]) -> Any:
    """The body as a model."""
    from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory

    node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(body).encode())
    return node.get_object_value(cls)


def written(model: Any) -> Json:
    """A model as JSON."""
    from kiota_serialization_json.json_serialization_writer_factory import JsonSerializationWriterFactory

    writer = JsonSerializationWriterFactory().get_serialization_writer("application/json")
    writer.write_object_value(None, model)
    value: Json = json.loads(writer.get_serialized_content())
    return value


def additional(model: Any, path: str = "") -> Iterator[str]:
    """Where a parsed model, or one inside it, met what it did not know: a path in the SDK's spelling of names."""
    if isinstance(model, list):
        for index, item in enumerate(model):
            yield from additional(item, f"{path}/{index}")
    elif dataclasses.is_dataclass(model) and hasattr(model, "serialize"):
        for name in getattr(model, "additional_data", None) or {}:
            yield f"{path}/{name}"
        for member in dataclasses.fields(model):
            if member.name not in ("backing_store", "additional_data"):
                yield from additional(getattr(model, member.name), f"{path}/{member.name}")


def _without_nulls(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _differences(sent: Json, again: Json, path: str) -> Iterator[str]:
    """What was sent and is not written again as it was. A type name that the model adds is none."""
    if isinstance(sent, dict) and isinstance(again, dict):
        for name, value in sent.items():
            if name not in again:
                yield f"{path}/{name}: dropped"
            else:
                yield from _differences(value, again[name], f"{path}/{name}")
        extra = set(again) - set(sent) - {"@odata.type"}
        yield from (f"{path}/{name}: added" for name in sorted(extra))
    elif isinstance(sent, list) and isinstance(again, list) and len(sent) == len(again):
        for index, (one, other) in enumerate(zip(sent, again, strict=True)):
            yield from _differences(one, other, f"{path}/{index}")
    elif type(sent) is not type(again) or sent != again:
        yield f"{path}: {sent!r} becomes {again!r}"
