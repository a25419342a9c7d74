"""In which order the fields of a document are written: as its schema lists them.

Names that the schema leaves to the author (labels, tenants) have no order, and keep the one that they are written in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..model import Json, JsonObject
from . import schema, schema_files

ENVELOPE: Final = ("apiVersion", "kind", "metadata", "spec")
_LAST: Final = "lifecycle"
"""Schemas list it among the first, since every kind has it; a reader wants to know first what the object is."""
_ALTERNATIVES: Final = ("allOf", "anyOf", "oneOf")
_CONDITIONAL: Final = ("then", "else")


@dataclass(frozen=True, slots=True)
class Fields:
    """The known fields of a mapping in order, each with what is below it; `others` is below every other name.

    Of a list, `others` is below every item.
    """

    known: Mapping[str, Fields]
    others: Fields | None = None

    def rank(self, name: str) -> int:
        """Sorts fields; those that are not known come last, and are equal."""
        return next((place for place, each in enumerate(self.known) if each == name), len(self.known))

    def below(self, name: str | int) -> Fields:
        """The fields of the value at this key or index."""
        return self.known.get(str(name)) or self.others or NONE


NONE: Final = Fields({})


@cache
def of_kind(kind: str) -> Fields:
    """The fields of a document of this kind; of a kind that is not known, the envelope."""
    own = {schema.WORKSPACE: "workspace", schema.PINS: "pins", **schema_files.kinds()}
    if kind not in own:
        return Fields(dict.fromkeys(ENVELOPE, NONE))
    found = _fields([schema_files.inlined(own[kind])])
    return Fields({name: _reordered(each) if name == "spec" else each for name, each in found.known.items()})


def _reordered(spec: Fields) -> Fields:
    return Fields(dict(sorted(spec.known.items(), key=lambda item: item[0] == _LAST)), spec.others)


def _fields(schemas: list[JsonObject]) -> Fields:
    """What all these schemas, and the alternatives in them, say of one value."""
    order: list[str] = []
    below: dict[str, list[JsonObject]] = {}
    others: list[JsonObject] = []
    for each in _with_alternatives(schemas):
        properties = _mapping(each.get("properties"))
        _merge(order, list(properties))
        for name, field in properties.items():
            below.setdefault(name, []).append(_mapping(field))
        others += [_mapping(each.get(word)) for word in ("items", "additionalProperties")]
    rest = [each for each in others if each]
    return Fields({name: _fields(below[name]) for name in order}, _fields(rest) if rest else None)


def _merge(order: list[str], names: list[str]) -> None:
    """Take names into an order, each before the one that it stands before in its own list."""
    place = len(order)
    for name in reversed(names):
        if name in order:
            place = order.index(name)
        else:
            order.insert(place, name)


def _with_alternatives(schemas: list[JsonObject]) -> Iterator[JsonObject]:
    for each in schemas:
        yield each
        for word in _ALTERNATIVES:
            branches = each.get(word)
            yield from _with_alternatives([_mapping(b) for b in branches] if isinstance(branches, list) else [])
        yield from _with_alternatives([_mapping(each[word]) for word in _CONDITIONAL if word in each])


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
