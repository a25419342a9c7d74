"""The contract as values: types with all their properties (inherited ones too), enums, defaults.

Made from `contract.json` (Microsoft's SDK) and `overlay.json` (by hand, with sources). Used by the validator and by
whatever fills in what a seed or a create left out.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.model import Json, JsonObject

HERE = Path(__file__).parent
ODATA_PREFIX = "#microsoft.graph."
SENTINEL = "unknownFutureValue"
ZERO_DATE = "0001-01-01T00:00:00Z"
PRIMITIVE_DEFAULTS: Mapping[str, Json] = {
    "String": "",
    "Boolean": False,
    "Int32": 0,
    "Double": 0.0,
    "DateTimeOffset": ZERO_DATE,
    "Guid": "00000000-0000-0000-0000-000000000000",
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property or navigation property of a type."""

    name: str
    type: str
    collection: bool
    nullable: bool
    read_only: bool
    fixed: bool
    navigation: bool
    insertable: bool
    """Whether a navigation property may stand in the body of a create."""


@dataclass(frozen=True, slots=True)
class GraphType:
    """One entity or complex type. `properties` are those of all its ancestors too."""

    name: str
    abstract: bool
    ancestors: tuple[str, ...]
    subtypes: tuple[str, ...]
    properties: Mapping[str, Property]
    undocumented: Mapping[str, Property]
    navigation: frozenset[str]
    """The names of the navigation properties that are no part of it; those which a create may hold are."""
    defaults: Mapping[str, Json]

    @property
    def odata_type(self) -> str:
        return ODATA_PREFIX + self.name

    @property
    def polymorphic(self) -> bool:
        """Whether values of this static type may be of another, so that they carry `@odata.type`."""
        return self.abstract or bool(self.subtypes)


class Contract:
    """Everything the emulator believes about Graph's types."""

    def __init__(self, document: Mapping[str, Any], overlay: Mapping[str, Any]) -> None:
        self._document = document
        self._overlay = overlay
        self.flags: frozenset[str] = frozenset(overlay["flags"]["enums"])
        self.enums: Mapping[str, tuple[str, ...]] = {name: tuple(m) for name, m in document["enums"].items()}
        self.external: frozenset[str] = frozenset(document["external"])
        self.routes: Mapping[str, Any] = document["routes"]
        self._evolving_by_type: dict[str, tuple[Property, ...]] = {}
        self.types: Mapping[str, GraphType] = {name: self._type(name) for name in document["types"]}

    def _ancestors(self, name: str) -> tuple[str, ...]:
        base = self._document["types"][name].get("base")
        return (*self._ancestors(base), base) if base else ()

    def _type(self, name: str) -> GraphType:
        ancestors = self._ancestors(name)
        properties: dict[str, Property] = {}
        defaults: dict[str, Json] = {}
        undocumented: dict[str, Property] = {}
        for member in (*ancestors, name):
            notes = self._overlay["types"].get(member, {})
            properties.update(self._own(member, notes))
            defaults.update(notes.get("defaults", {}))
            extra = notes.get("undocumented", {}).get("properties", {})
            undocumented.update({key: self._property(key, wire, notes) for key, wire in extra.items()})
        return GraphType(
            name=name,
            abstract=name in self._overlay["abstract"]["types"],
            ancestors=ancestors,
            subtypes=tuple(self._document["types"][name].get("subtypes", ())),
            properties=properties,
            undocumented=undocumented,
            navigation=frozenset(name for name, prop in properties.items() if prop.navigation and not prop.insertable),
            defaults=defaults,
        )

    def _own(self, name: str, notes: Mapping[str, Any]) -> Iterable[tuple[str, Property]]:
        described = self._document["types"][name]
        sdk_read_only = described.get("readOnly", ())
        insertable = self._overlay["deepInsert"]["navigation"].get(name, ())
        for key, wire in described["properties"].items():
            yield key, self._property(key, wire, notes, sdk_read_only=sdk_read_only)
        for key, wire in described.get("navigation", {}).items():
            yield key, self._property(key, wire, notes, navigation=True, insertable=key in insertable)

    def _property(
        self,
        key: str,
        wire: str,
        notes: Mapping[str, Any],
        *,
        sdk_read_only: Iterable[str] = (),
        navigation: bool = False,
        insertable: bool = False,
    ) -> Property:
        name = wire.strip("[]")
        collection = wire.startswith("[") and name not in self.flags
        return Property(
            name=key,
            type=name,
            collection=collection,
            nullable=not collection and key not in notes.get("nonNullable", ()),
            read_only=key in notes.get("readOnly", {}) or key in sdk_read_only,
            fixed=key in notes.get("fixedAtCreation", {}),
            navigation=navigation,
            insertable=insertable,
        )

    def named(self, odata_type: str) -> GraphType | None:
        """The type that an `@odata.type` means, with or without `#`; None if the contract does not describe it."""
        return self.types.get(odata_type.removeprefix("#").removeprefix("microsoft.graph."))

    def derives(self, name: str, base: str) -> bool:
        """Whether a type is `base` or descends from it."""
        return name == base or (name in self.types and base in self.types[name].ancestors)

    def default(self, prop: Property, defaults: Mapping[str, Json]) -> Json:
        """What the service shows for a property that was never set."""
        if prop.name in defaults:
            return copy.deepcopy(defaults[prop.name])
        if prop.collection:
            return []
        if prop.nullable:
            return None
        if prop.type in self.enums:
            return self.enums[prop.type][0]
        return self.filled({}, prop.type) if prop.type in self.types else PRIMITIVE_DEFAULTS[prop.type]

    def filled(self, value: JsonObject, static: str) -> JsonObject:
        """The value with every property of its type, nested ones too, as the service would show it.

        `static` is the declared type; `@odata.type` wins over it and is kept (with `#`) where the declared type is
        polymorphic. A value of a type that the contract does not describe is given back as it is.
        """
        declared = self.types[static]
        given = value.get("@odata.type")
        actual = self.named(given) if isinstance(given, str) else declared
        if actual is None:
            return value
        result: JsonObject = {"@odata.type": actual.odata_type} if declared.polymorphic else {}
        for prop in actual.properties.values():
            if prop.name in value:
                result[prop.name] = self._filled_value(value[prop.name], prop)
            elif not prop.navigation:
                result[prop.name] = self.default(prop, actual.defaults)
        return result

    def evolved(self, value: JsonObject, static: str) -> JsonObject:
        """The value as a client sees it that did not ask for unknown enum members: a member of an evolvable enum that
        is newer than its sentinel, or not known at all, is replaced by `unknownFutureValue`."""
        given = value.get("@odata.type")
        actual = self.named(given) if isinstance(given, str) else self.types[static]
        if actual is None:
            return value
        held = [prop for prop in self._evolving(actual) if value.get(prop.name) is not None]
        return {**value, **{prop.name: self._evolved_value(value[prop.name], prop) for prop in held}} if held else value

    def _evolving(self, actual: GraphType) -> tuple[Property, ...]:
        """The properties that may hold a member of an evolvable enum, at whatever depth."""
        if actual.name not in self._evolving_by_type:
            members = actual.properties.values()
            found = (p for p in members if p.type in self.types or SENTINEL in self.enums.get(p.type, ()))
            self._evolving_by_type[actual.name] = tuple(found)
        return self._evolving_by_type[actual.name]

    def _evolved_value(self, value: Json, prop: Property) -> Json:
        if isinstance(value, list):
            return [self._evolved_value(item, prop) for item in value]
        if isinstance(value, dict):
            return self.evolved(value, prop.type) if prop.type in self.types else value
        members = self.enums.get(prop.type, ())
        if not isinstance(value, str) or SENTINEL not in members:
            return value
        old = members[: members.index(SENTINEL)]
        parts = value.split(",") if prop.type in self.flags else [value]
        return ",".join(part if part in old else SENTINEL for part in parts)

    def _filled_value(self, value: Json, prop: Property) -> Json:
        if prop.type not in self.types:
            return value
        if isinstance(value, list):
            return [self.filled(item, prop.type) if isinstance(item, dict) else item for item in value]
        return self.filled(value, prop.type) if isinstance(value, dict) else value


@cache
def contract() -> Contract:
    """The contract that ships with this package; read once."""
    document = json.loads((HERE / "contract.json").read_text(encoding="utf-8"))
    overlay = json.loads((HERE / "overlay.json").read_text(encoding="utf-8"))
    return Contract(document, overlay)
