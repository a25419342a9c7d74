"""Two spec sets of one tenant to changes by address: added, removed, renamed, changed; with their fields.

A spec is compared as written, with its audience expanded and names as this tenant calls them. What counts is what it
asks of the tenant: lists without an order are equal in any order, and no `exclude` is an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..assignments import pinned_id
from ..canonical import canonical
from ..diff import FieldChange, field_changes
from ..kind import Kind
from ..model import ABSENT, Absent, Address, Json, JsonObject
from ..spec.load import Desired
from ..workspace import Tenant
from .model import State
from .words import consequences

_SIDES = ("include", "exclude")
_SELECTS = "labels"


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one address. `old` and `new` are its spec at both revisions; of one that is renamed, too."""

    address: Address
    old: Desired | None
    new: Desired | None
    fields: tuple[FieldChange, ...] = ()
    begins: frozenset[str] = frozenset()
    """Fields that only the new spec mentions, by pointer; `ends`: those that only the old one does."""
    ends: frozenset[str] = frozenset()

    @property
    def word(self) -> str:
        """`added`, `removed`, `renamed` or `changed`."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "changed" if self.old.address == self.new.address else "renamed"

    def to_json(self, kind: Kind | None) -> JsonObject:
        """As documents tell it."""
        spec = self.new or self.old
        assert spec is not None, "a difference has a side"
        place = spec.document.position(("metadata", "name"))
        name = spec.spec.get("displayName")
        shown: JsonObject = {
            "address": str(self.address),
            "kind": self.address.kind,
            "name": self.address.name,
            "displayName": name if isinstance(name, str) else None,
            "change": self.word,
            "file": place.file,
            "line": place.line,
            "fields": [self._field(each) for each in self.fields],
            "says": [*consequences(self.old, self.new, self.fields, kind)],
        }
        if self.word == "renamed" and self.old:
            shown["previous"] = str(self.old.address)
        if spec.audience:
            shown["audience"] = spec.audience
        return shown

    def _field(self, each: FieldChange) -> JsonObject:
        shown = each.to_json()
        if self.old and self.new and each.path in self.begins | self.ends:
            shown["managed"] = "begins" if each.path in self.begins else "ends"
        return shown


def differences(before: State | None, after: State | None, kinds: Mapping[str, Kind]) -> list[Difference]:
    """Every address that is not as it was: removed ones first, then in the order of their addresses.

    Of kinds of which one side has an invalid document it is not known whether an address is gone; those that are only
    on the other side are left out (`doubtful`).
    """
    old = dict(before.specs.desired) if before else {}
    new = dict(after.specs.desired) if after else {}
    unclear = doubtful(before, after)
    found = []
    for address in sorted(new):
        former = old.pop(address, None) or _renamed(new[address], old, new)
        if former is None and (unclear is None or address.kind in unclear):
            continue
        found.append(_difference(address, former, new[address], before, after, kinds))
    gone = [a for a in sorted(old) if unclear is not None and a.kind not in unclear]
    removed = [_difference(a, old[a], None, before, after, kinds) for a in gone]
    return [each for each in (*removed, *found) if each.word != "changed" or each.fields]


def doubtful(before: State | None, after: State | None) -> frozenset[str] | None:
    """Kinds of which a side has an invalid document; None where a file could not be read, so any kind may be."""
    sides = [state.specs.doubtful for state in (before, after) if state]
    known = [each for each in sides if each is not None]
    return None if len(known) < len(sides) else frozenset().union(*known)


def _renamed(new: Desired, old: dict[Address, Desired], present: Mapping[Address, Desired]) -> Desired | None:
    for name in new.previous_names:
        address = Address(new.address.kind, name)
        if address in old and address not in present:
            return old.pop(address)
    return None


def _difference(
    address: Address,
    old: Desired | None,
    new: Desired | None,
    before: State | None,
    after: State | None,
    kinds: Mapping[str, Kind],
) -> Difference:
    kind = kinds.get(address.kind)
    ordered = bool(kind and kind.ranks)
    was = _told(old, before.tenant if before else None) if old else {}
    now = _told(new, after.tenant if after else None) if new else {}
    names = [*now, *(name for name in was if name not in now)]
    changed = [n for n in names if not _same(was.get(n, ABSENT), now.get(n, ABSENT), ordered=ordered)]
    fields = field_changes(was, {**dict.fromkeys(changed), **now}, changed)
    begins = frozenset(f.path for n, f in zip(changed, fields, strict=True) if n not in was)
    ends = frozenset(f.path for n, f in zip(changed, fields, strict=True) if n not in now)
    return Difference(address, old, new, fields, begins, ends)


def _same(one: Json | Absent, other: Json | Absent, *, ordered: bool) -> bool:
    if isinstance(one, Absent) or isinstance(other, Absent):
        return one is other
    if not ordered and isinstance(one, list) and isinstance(other, list):
        return sorted(map(canonical, one)) == sorted(map(canonical, other))
    return one == other


# Names as the tenant has them


def _told(desired: Desired, tenant: Tenant | None) -> dict[str, Json]:
    """The spec with names and pins of this tenant, and what decides which commands take it (`labels`)."""
    spec: dict[str, Json] = dict(desired.spec)
    if "assignments" in spec:
        spec["assignments"] = assignments(spec["assignments"], tenant)
    tags = spec.get("scopeTags")
    if isinstance(tags, list) and tenant:
        spec["scopeTags"] = [tenant.names.scope_tags.get(str(tag), tag) for tag in tags]
    if "id" in spec and tenant:
        spec["id"] = pinned_id(spec["id"], tenant.name) or None
    if desired.labels:
        spec[_SELECTS] = dict(desired.labels)
    return spec


def assignments(value: Json, tenant: Tenant | None) -> JsonObject:
    """Targets in the form that both sides compare in: both lists there, in the order of their content."""
    listed = value if isinstance(value, dict) else {}
    return {side: sorted(_entries(listed.get(side), tenant), key=canonical) for side in _SIDES}


def _entries(value: Json, tenant: Tenant | None) -> Iterator[Json]:
    for entry in value if isinstance(value, list) else ():
        yield _target(entry, tenant) if isinstance(entry, dict) and tenant else entry


def _target(entry: JsonObject, tenant: Tenant) -> JsonObject:
    shown = dict(entry)
    if isinstance(name := entry.get("group"), str):
        shown["group"] = tenant.names.groups.get(name, name)
    if "id" in entry:
        shown["id"] = pinned_id(entry["id"], tenant.name) or None
    chosen = entry.get("filter")
    if isinstance(chosen, dict):
        shown["filter"] = {mode: tenant.names.filters.get(str(name), name) for mode, name in chosen.items()}
    return {key: value for key, value in shown.items() if value is not None}
