"""What a run found and left, read back from its record: the ground that a rollback plans on.

Pure: a record in, values out. Which requests lead back is the matter of `restore` and `reorder`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from .assignments import is_direct, read_target
from .kind import Kind
from .live import Collection, Live
from .marker import parse, set_aside
from .model import ABSENT, Absent, Address, JsonObject
from .plan import Action, TenantRef
from .records import has_masked
from .spec.load import Desired, undeclared

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Way(Enum):
    """How an address is brought back."""

    RESTORE = "restore"
    """The object gets its earlier properties and assignments."""
    END = "end"
    """The run made the object: it goes again."""
    RECREATE = "recreate"
    """The run deleted the object: it is made again, with a new id."""
    REORDER = "reorder"
    """The order of objects that a kind ranks."""
    UNKNOWN = "unknown"
    """The run was cut off: whether it wrote the object is not known."""
    KEEP = "keep"
    """The run did not touch the object; it stands in an order that is brought back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a run. `before` and `after` as in the record (`schemas/v1/run.json`)."""

    address: Address
    way: Way
    before: JsonObject | None = None
    after: JsonObject | None = None
    properties: frozenset[str] = frozenset()
    earlier: tuple[str, ...] = ()
    """Names under which the run left the object, where they are not that of the address."""

    @property
    def addresses(self) -> frozenset[Address]:
        """All under which the object may carry our marker."""
        return frozenset({self.address, *(Address(self.address.kind, name) for name in self.earlier)})

    @property
    def live_id(self) -> str | None:
        """The id under which the object is to be found; None where it has none (any more)."""
        held = self.after if self.way is Way.END else None if self.way is Way.RECREATE else self.before
        return str(held["id"]).casefold() if held and "id" in held else None

    @property
    def shown(self) -> JsonObject:
        """The state that has a name: before if there was one."""
        return self.before or self.after or {}

    def state(self, held: JsonObject | None, collections: Iterable[Collection]) -> Live | None:
        """A recorded state as an object of its collection; what was masked stays masked."""
        if held is None:
            return None
        shown: Any = held
        collection = next((c for c in collections if c.key == shown["collection"]), None)
        return Live(shown["id"], collection, shown["body"], tuple(shown["assignments"])) if collection else None


@dataclass(frozen=True, slots=True)
class Past:
    """A run, as far as a rollback has to know it."""

    digest: str
    """Of the record."""
    path: str
    """Where the record was found."""
    tenant: TenantRef
    owner: str
    entries: Mapping[Address, Entry]
    order: Mapping[str, tuple[Address, ...]]
    """By kind that ranks objects: those of the order before the run, the winner first."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """What assignment filters that the run deleted were called, by the ids, in lower case, that they had."""

    def entry(self, address: Address) -> Entry:
        return self.entries[address]

    @property
    def ending(self) -> frozenset[str]:
        """The ids, in lower case, of objects that the run made."""
        return frozenset(e.live_id for e in self.entries.values() if e.way is Way.END and e.live_id)

    @property
    def held(self) -> frozenset[str]:
        """The ids, in lower case, of all objects that an entry stands for."""
        return frozenset(e.live_id for e in self.entries.values() if e.live_id)

    def kinds(self) -> set[str]:
        return {address.kind for address in self.entries}


def read_past(record: JsonObject, path: str, kinds: Mapping[str, Kind]) -> Past:
    """The past that a record holds. That all its kinds are known has been checked (`unknown_kinds`)."""
    results: Any = record["results"]
    ended = record["finishedAt"] is not None
    found = {e.address: e for r in results if (e := _entry(r, ended=ended))}
    for address in (Address.parse(r["address"]) for r in results if r["action"] == Action.REPLACE):
        found = _exchanged(found, address)
    found = {a: _marked(e, kinds[a.kind], str(record["owner"])) for a, e in found.items()}
    order: dict[str, tuple[Address, ...]] = {}
    for entry in [e for e in found.values() if e.way is Way.REORDER]:
        ranked = min(kinds[entry.address.kind].ranks)
        members = _members(entry, found, ranked)
        found |= {m.address: m for m in members if m.address not in found}
        order[entry.address.kind] = tuple(m.address for m in members)
    where: Any = record["tenant"]
    tenant = TenantRef(where["name"], where["tenantId"], where["graphUrl"])
    gone = [e.shown for e in found.values() if e.way is Way.RECREATE and kinds[e.address.kind].named == "filters"]
    filters = {str(each["id"]).casefold(): _name(each) for each in gone}
    return Past(str(record["digest"]), path, tenant, str(record["owner"]), found, order, filters)


def _name(held: Any) -> str:
    return str(held["body"].get("displayName"))


def unknown_kinds(record: JsonObject, kinds: Mapping[str, Kind]) -> list[str]:
    """Kinds that the record names and this version does not have."""
    results: Any = record["results"]
    return sorted({Address.parse(r["address"]).kind for r in results} - set(kinds))


def _entry(result: Any, *, ended: bool) -> Entry | None:
    address, properties = Address.parse(result["address"]), frozenset(result.get("properties", ()))
    before, after = result.get("before"), result.get("after", ABSENT)
    if after is ABSENT and ended and not result["requests"]:
        return None  # never written
    way = _way(before, after)
    if way is None:
        return None
    return Entry(address, way, before, None if after is ABSENT else after, properties)


def _way(before: JsonObject | None, after: JsonObject | Absent | None) -> Way | None:
    if "ladder" in (before or {}):
        return Way.REORDER
    if after is ABSENT:
        return Way.UNKNOWN
    if before is None:
        return Way.END if after else None
    return Way.RESTORE if after else Way.RECREATE


def _exchanged(found: Mapping[Address, Entry], address: Address) -> dict[Address, Entry]:
    """A replacement as it is gone back from: the old object gets its address again, and the new one is set aside.

    The record has the old object twice: as what the new one replaces, and under the address that it was set aside to.
    """
    aside = set_aside(address)
    new, old = found.get(address), found.get(aside)
    kept = {a: e for a, e in found.items() if a not in (address, aside)}
    if old:
        kept[address] = replace(old, address=address)
    if new:
        made = new.after if new.after and new.after.get("id") != (new.before or {}).get("id") else None
        earlier = (address.name,)
        kept[aside] = Entry(aside, Way.END if made else Way.UNKNOWN, None, made, new.properties, earlier)
    return kept


def _marked(entry: Entry, kind: Kind, owner: str) -> Entry:
    """The entry with the other names under which the record shows the object as ours: one that the run made, or one
    of which it withdrew what a spec had left there.
    """
    held = entry.after if entry.way is Way.END else entry.before if entry.way is Way.RESTORE and kind.shared else None
    if held is None or kind.marker_field is None:
        return entry
    body: Any = held["body"]
    text, own = body.get(kind.marker_field), entry.address
    markers = parse(text)[1] if isinstance(text, str) else ()
    names = {m.name for m in markers if (m.owner, m.kind) == (owner, own.kind)}
    if entry.way is Way.RESTORE:  # others' lines are on a shared object too: only of what was set aside
        names = {name for name in names if set_aside(Address(own.kind, name)) == own}
    return replace(entry, earlier=tuple(sorted(names | {*entry.earlier} - {own.name})))


def _members(entry: Entry, found: Mapping[Address, Entry], ranked: str) -> list[Entry]:
    """The objects of an order before the run: those of the record by their addresses, others by their ids."""
    known = {str(e.before["id"]).casefold(): e for e in found.values() if e.before and "id" in e.before}
    before: Any = entry.before
    members: list[Entry] = []
    for number, rung in enumerate(before["ladder"], start=1):
        name = rung["id"].casefold() if _NAME.fullmatch(rung["id"].casefold()) else f"member-{number}"
        kept = Entry(Address(ranked, name), Way.KEEP, {"id": rung["id"], "body": {"displayName": rung["displayName"]}})
        members.append(known.get(rung["id"].casefold(), kept))
    return members


def desired(entry: Entry) -> Desired:
    """What stands in for a spec: the name, and whom the object reached or reaches, for the order of execution."""
    shown: Any = entry.shown
    body: Any = shown.get("body", {})
    sides: Any = [side.get("assignments", ()) for side in (entry.before, entry.after) if side]
    include: dict[str, Any] = {}
    exclude: dict[str, Any] = {}
    for raw in (each for side in sides for each in side if is_direct(each)):
        target = read_target(raw.get("target"))
        if target.who == "group":
            (exclude if target.exclude else include)[target.group] = {"group": target.group, "id": target.group}
        elif target.who in ("users", "devices") and not target.exclude:
            include[target.who] = "allUsers" if target.who == "users" else "allDevices"
    name = body.get("displayName")
    spec: JsonObject = {"displayName": name} if isinstance(name, str) else {}
    return replace(
        undeclared(entry.address),
        previous_names=entry.earlier,
        spec={**spec, "assignments": {"include": [*include.values()], "exclude": [*exclude.values()]}},
    )


def masked_parts(values: Mapping[str, Any]) -> list[str]:
    """The names of the values that hold something masked: they cannot be written again."""
    return sorted(name for name, value in values.items() if has_masked(value))
