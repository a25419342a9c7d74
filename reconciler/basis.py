"""What a plan rests on: every live object, group, filter and scope tag that would make it another plan if it changed.

Made by `decide` for every plan, saved with it, and compared by `stale` when a saved plan is applied. An entry holds a
short digest of each property, so that what changed can be named while no value is stored. A digest is blind to what
readings of one object differ in though nobody changed it: whether it came from a list or by itself, the order of
lists, `#` before a type, the case of ids, and the ways in which Graph says that there is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .assignments import Target, read_target, resolve, wanted_targets
from .canonical import unordered_digest
from .intent import VOLATILE, Intent
from .kind import World, is_reference
from .live import Live
from .marker import unix
from .model import Address, Json, JsonObject
from .order import meet, reach
from .ownership import MARKER
from .plan import Action
from .spec.load import Desired

if TYPE_CHECKING:
    from .decide import Planned


class What(StrEnum):
    """What a plan rests on."""

    OBJECT = "object"
    """A live object that a change touches: all its properties."""
    PREREQUISITE = "prerequisite"
    """An object that a change relies on and that stays as it is: what its own spec manages, and its assignments."""
    LADDER = "ladder"
    """Another object of the order that a change takes part in: where it stands, and whom it reaches."""
    GROUP = "group"
    FILTER = "filter"
    SCOPE_TAG = "scopeTag"


ASSIGNMENTS = "assignments"
NAME = "displayName"
RULE = "rule"
BY_ITSELF = VOLATILE | {
    "publishingState", "uploadState",  # a new app becomes published
    "dependentAppCount", "supersedingAppCount", "supersededAppCount",  # other apps point at it
    "totalLicenseCount", "usedLicenseCount", "revokeLicenseActionResults", "releaseDateTime",  # bought, used, released
    "largeIcon",  # lists leave it out
    "id", "@odata.type",  # an object keeps both for as long as it is there
}  # fmt: skip
"""Properties that change though nobody edits the object, or that say nothing about it."""
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class _Entry:
    name: str | None
    properties: Mapping[str, str]
    address: Address | None
    """The spec of a prerequisite."""
    addresses: set[Address] = field(default_factory=set)

    def shown(self, what: What, object_id: str) -> JsonObject:
        own: JsonObject = {"address": str(self.address)} if self.address else {}
        return {
            "what": str(what),
            "id": object_id,
            "name": self.name,
            **own,
            "for": [*sorted(map(str, self.addresses))],
            "properties": dict(sorted(self.properties.items())),
        }


class _Book:
    """Entries by what they are and id; one that is met again is for further addresses."""

    def __init__(self) -> None:
        self._entries: dict[tuple[What, str], _Entry] = {}

    def add(
        self,
        what: What,
        object_id: str,
        name: str | None,
        properties: Mapping[str, str],
        addresses: Iterable[Address],
        address: Address | None = None,
    ) -> None:
        entry = self._entries.setdefault((what, object_id.casefold()), _Entry(name, properties, address))
        entry.addresses.update(addresses)

    def shown(self) -> tuple[JsonObject, ...]:
        return tuple(self._entries[key].shown(*key) for key in sorted(self._entries))


def rests_on(planned: Planned, addresses: Collection[Address] | None = None) -> tuple[JsonObject, ...]:
    """What the changes at `addresses` rest on; unless any are given, those that do something.

    Each entry has `what` it is, `id`, `name`, the addresses that it is `for`, and `properties` with a digest each; a
    prerequisite has its own `address` too. Equal plans have equal entries, in equal order.
    """
    pending = {c.address for c in planned.plan.changes if c.action is not Action.NO_OP}
    chosen = sorted(pending if addresses is None else addresses)
    touched = {address: planned.intents[address] for address in chosen if address in planned.intents}
    book = _Book()
    for address, intent in touched.items():
        if live := intent.subject.live:
            book.add(What.OBJECT, live.id, live.display_name, properties(live), [address])
        _add_names(book, intent, planned.world, [address])
    for provider, followers in _relied_on(touched, planned).items():
        intent = planned.intents[provider]
        if live := intent.subject.live:
            book.add(What.PREREQUISITE, live.id, live.display_name, _managed(intent, live), followers, provider)
        _add_names(book, intent, planned.world, followers)
    _add_ladder(book, touched, planned)
    return book.shown()


# Touched objects


def properties(live: Live) -> dict[str, str]:
    """A digest of each property of an object that says something, and of its assignments as a set."""
    found = {key: plain(value) for key, value in live.body.items() if key not in BY_ITSELF}
    shown = {key: short(value) for key, value in found.items() if value is not None}
    return {**shown, **_assignments(live)}


def _assignments(live: Live) -> dict[str, str]:
    return {ASSIGNMENTS: short([said(each) for each in live.assignments])} if live.assignments else {}


def said(raw: JsonObject) -> Json:
    """What an assignment says: to whom, to what end, how, and who made it. Its id says nothing."""
    target = read_target(raw.get("target"))
    chosen = f"{target.filter.mode} {target.filter.id}" if target.filter else None
    return [
        f"target {target.key}",
        f"filter {chosen}",
        f"intent {str(raw.get('intent') or 'apply').casefold()}",
        f"source {str(raw.get('source') or 'direct').casefold()}",
        {"settings": plain(raw.get("settings"))},
    ]


def plain(value: Json) -> Json:
    """A value as all readings of it give it; None for all ways of saying nothing."""
    if isinstance(value, str):
        return (value.casefold() if _GUID.fullmatch(value) else unix(value)) or None
    if isinstance(value, list):
        return [plain(entry) for entry in value] or None
    if not isinstance(value, dict):
        return value
    members = {key: plain(member) for key, member in value.items() if "@" not in key}
    kind = value.get("@odata.type")
    if isinstance(kind, str):
        members["@odata.type"] = kind.lstrip("#")
    return {key: member for key, member in members.items() if member is not None}


def short(value: Json) -> str:
    """16 hexadecimal digits: enough to see that something changed, too few to tell what it was."""
    return unordered_digest(value).removeprefix("sha256:")[:16]


# Prerequisites


def _relied_on(touched: Mapping[Address, Intent], planned: Planned) -> dict[Address, list[Address]]:
    """Prerequisites that stay as they are, each with the changes that rely on it: those that `order` would wait for."""
    declared = {a: i for a, i in planned.intents.items() if a in planned.world.desired}
    reached = {a: reach(planned.world.desired[a]) for a, i in declared.items() if i.kind.prepares or a in touched}
    by_kind: dict[str, list[Address]] = {}
    for address, intent in declared.items():
        if intent.kind.prepares:
            by_kind.setdefault(address.kind, []).append(address)
    found: dict[Address, list[Address]] = {}
    for every in by_kind.values():
        prepared = declared[every[0]].kind.prepares
        for follower in (a for a in touched if a in declared and a.kind in prepared):
            near = [a for a in every if meet(reached[a], reached[follower])]
            for provider in (a for a in near or every if a not in touched):
                found.setdefault(provider, []).append(follower)
    return found


def _managed(intent: Intent, live: Live) -> dict[str, str]:
    """What the spec of a prerequisite manages, in the form in which its kind compares, but for the marker."""
    comparison = intent.comparison
    kept = [name for name in comparison.wanted if name in comparison.found and name != MARKER]
    shown = {name: short(comparison.found[name]) for name in kept}
    return shown if ASSIGNMENTS in shown else {**shown, **_assignments(live)}


# The ladder


def _add_ladder(book: _Book, touched: Mapping[Address, Intent], planned: Planned) -> None:
    """Every other object that is put in order with a touched one. Its name counts where the plan shows the order."""
    ranked = frozenset[str]().union(*(kind.ranks for kind in planned.kinds.values()))
    orders = [address for address, intent in touched.items() if intent.kind.ranks]
    members = [address for address in touched if address.kind in ranked]
    if not (orders or members):
        return
    held = {intent.subject.live.id for intent in touched.values() if intent.subject.live}
    collections = {c.key: c for name in sorted(ranked) for c in planned.kinds[name].collections}
    for live in planned.world.objects(collections.values()):
        if live.id not in held:
            shown = {NAME: short(live.display_name)} if orders else {}
            place = {"priority": short(live.body.get("priority"))}
            book.add(
                What.LADDER, live.id, live.display_name, {**shown, **place, **_assignments(live)}, orders or members
            )


# Names


def _add_names(book: _Book, intent: Intent, world: World, addresses: Iterable[Address]) -> None:
    """The groups, filters and scope tags that an object is assigned by, or is to be."""
    names, desired = world.names, intent.subject.desired
    for target in _targets(desired, intent.subject.live, world):
        if target.who == "group" and target.group:
            group = names.groups_by_id.get(target.group)
            name, rule = (group.name, group.rule) if group else (None, None)
            book.add(What.GROUP, target.group, name, _named(name, rule), addresses)
        if target.filter and not is_reference(target.filter.id):
            chosen = target.filter.id.casefold()
            name, rule = names.filters_by_id.get(chosen), names.filter_rules.get(chosen)
            book.add(What.FILTER, chosen, name, _named(name, rule), addresses)
    tags = desired.spec.get("scopeTags")
    for tag in tags if isinstance(tags, list) else ():
        for tag_id in names.scope_tags.get(str(tag), ()):
            name = names.scope_tags_by_id.get(tag_id)
            book.add(What.SCOPE_TAG, tag_id, name, _named(name, None), addresses)


def _targets(desired: Desired, live: Live | None, world: World) -> list[Target]:
    wanted = [resolve(each, world.names)[0] for each in wanted_targets(desired.spec.get(ASSIGNMENTS), world.tenant)]
    found = [read_target(each.get("target")) for each in live.assignments] if live else []
    return [target for target in (*wanted, *found) if target]


def _named(name: str | None, rule: str | None) -> dict[str, str]:
    return {key: short(value) for key, value in ((NAME, name), (RULE, rule)) if value}
