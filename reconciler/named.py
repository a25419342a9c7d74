"""Specs whose objects other specs call by name: what a name will stand for once the plan has been carried out.

A filter that a plan creates has no id yet, and yet other specs of the same set target with it. Until it exists its
reference stands for it, in targets and in request bodies, and what targets with it waits for it. Used by `decide`,
which plans with these names, and by `engine.apply`, which learns the ids on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .assignments import read_target
from .diagnostics import Diagnostic, Severity
from .intent import Intent
from .kind import Kind, Operation, Subject, Verb, World, reference
from .live import Live, Names, quote_id
from .model import Absent, Address, Json, JsonObject
from .order import Draft
from .plan import Action, Change

RULES = {
    "PLAN110": "An object cannot be deleted, because what stays is assigned with it.",
    "PLAN111": "Whether what is deleted is in use elsewhere is not told.",
}
_TOLD = 3
"""Users that a message names."""
_REFERENCE = re.compile(r"\{([A-Za-z]+/[a-z0-9-]+)\.id\}")


def with_named(kinds: Mapping[str, Kind], world: World) -> World:
    """The world with the names as they will be: of what is created, replaced and renamed by specs."""
    for kind in (k for k in kinds.values() if k.named == "filters"):
        for address in sorted(a for a in world.matches if a.kind == kind.name):
            world = replace(world, names=_named(kind, address, world))
    return world


def _named(kind: Kind, address: Address, world: World) -> Names:
    match, desired, names = world.matches[address], world.desired[address], world.names
    name = desired.spec.get("displayName")
    if match.refused or not isinstance(name, str):
        return names
    if match.live is None:
        return _called(names, name, reference(address), desired.spec.get("rule"), world)
    if world.selected is not None and address not in world.selected:
        return names
    if kind.immutable and set(kind.compare(Subject(desired, match.live, world)).changed) & kind.immutable.keys():
        without = _forgotten(names, match.live)
        return _called(without, name, reference(address), desired.spec.get("rule"), world)
    if name == match.live.display_name:
        return names
    return _called(_forgotten(names, match.live), name, match.live.id.casefold(), match.live.body.get("rule"), world)


def _called(names: Names, name: str, object_id: str, rule: Json, world: World) -> Names:
    """The names with one more filter. `name` is what the tenant calls it; specs may call it otherwise.

    What was pinned under a name that now stands for this one alone does not count: the specs say themselves what it is.
    """
    renamed = world.renamed.get("filters", {})
    by = [each for each, real in renamed.items() if real == name] + ([name] if name not in renamed else [])
    added = {each: tuple(sorted({*names.filters.get(each, ()), object_id})) for each in by}
    pinned = {each: i for each, i in names.pinned.filters.items() if added.get(each) != (object_id,)}
    return replace(
        names,
        pinned=replace(names.pinned, filters=pinned),
        filters={**names.filters, **added},
        filters_by_id={**names.filters_by_id, object_id: name},
        filter_rules={**names.filter_rules, object_id: str(rule or "")},
    )


def _forgotten(names: Names, live: Live) -> Names:
    """The names without what a live filter is called now: no spec means it by that any more."""
    old = live.id.casefold()
    kept = {name: tuple(i for i in ids if i.casefold() != old) for name, ids in names.filters.items()}
    return replace(names, filters={name: ids for name, ids in kept.items() if ids})


def mentioned(operations: Iterable[Operation]) -> set[Address]:
    """The addresses whose ids, not known yet, stand in the bodies of these requests."""
    return {address for operation in operations for address in _mentioned(operation.body)}


def _mentioned(body: Json | Absent) -> Iterator[Address]:
    if isinstance(body, dict):
        for value in body.values():
            yield from _mentioned(value)
    elif isinstance(body, list):
        for value in body:
            yield from _mentioned(value)
    elif isinstance(body, str) and body.startswith("{") and (match := _REFERENCE.fullmatch(body)):
        yield Address.parse(match[1])


def filled(body: Json | Absent, ids: Mapping[str, str]) -> Json | Absent:
    """A request body with ids for the references that are known."""
    if isinstance(body, dict):
        return {key: _filled(value, ids) for key, value in body.items()}
    return body


def _filled(value: Json, ids: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _filled(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) and value.startswith("{") else value


def settled(intent: Intent, ids: Mapping[str, str]) -> Intent:
    """The same intent once references are known by these ids: what is read back has ids in their place."""
    world = intent.subject.world
    names = world.names
    known = {reference_: live_id.casefold() for reference_, live_id in ids.items() if reference_ in names.filters_by_id}
    if not known:
        return intent
    learnt = replace(
        names,
        filters={name: tuple(known.get(i, i) for i in found) for name, found in names.filters.items()},
        filters_by_id={known.get(i, i): name for i, name in names.filters_by_id.items()},
        filter_rules={known.get(i, i): rule for i, rule in names.filter_rules.items()},
    )
    subject = replace(intent.subject, world=replace(world, names=learnt))
    return Intent(intent.kind, subject, intent.kind.compare(subject))


def with_drops(drafts: Mapping[Address, Draft], intents: Mapping[Address, Intent]) -> None:
    """Notes of each change which of the others end a filter that its live object is assigned with now."""
    ends = {}
    for address, draft in drafts.items():
        live = intents[address].subject.live
        if draft.kind.named and draft.retiring and live:
            ends[live.id.casefold()] = address
    if not ends:
        return
    for address, draft in drafts.items():
        live = intents[address].subject.live
        draft.drops = frozenset(ends[used] for used in _filters(live.assignments if live else ()) & ends.keys())


def _filters(assignments: Iterable[JsonObject]) -> set[str]:
    """The ids of the filters on the targets of these assignments."""
    targets = (read_target(each.get("target")) for each in assignments)
    return {target.filter.id for target in targets if target.filter}


def still_used(changes: Mapping[Address, Change], drafts: Mapping[Address, Draft], world: World) -> list[Diagnostic]:
    """An error for each object with names that the plan deletes and that something would still be assigned with.

    A note for each of which nobody says what else is assigned with it.
    """
    deleted = {a: c.live_id or "" for a, c in changes.items() if c.action is Action.DELETE and a in drafts}
    ends = {i.casefold(): a for a, i in deleted.items() if drafts[a].kind.named}
    if not ends:
        return []
    users: dict[Address, set[str]] = {}
    for name, assignments in _assigned_after(changes, drafts, world, gone=frozenset(deleted.values())):
        for used in _filters(assignments) & ends.keys():
            users.setdefault(ends[used], set()).add(name)
    told = [_used(changes[address], sorted(map(repr, found))) for address, found in sorted(users.items())]
    return [*told, *_unread(changes, drafts, world, [a for a in sorted(ends.values()) if a not in users])]


def _unread(
    changes: Mapping[Address, Change], drafts: Mapping[Address, Draft], world: World, ended: Iterable[Address]
) -> Iterator[Diagnostic]:
    """What is to be said of uses beyond what was read: of objects that Graph names, or that it may not name."""
    known = {live.id.casefold(): live for live in world.everything}
    for address in ended:
        change = changes[address]
        live = known.get((change.live_id or "").casefold())
        named = drafts[address].kind.uses(live) if live else ()
        unread = [f"{sort} {object_id}" for object_id, sort in named if object_id.casefold() not in known]
        if unread:
            yield _used(change, sorted(unread))
        elif not named:
            message = f"Graph does not say whether anything else is assigned with {change.display_name!r}"
            detail = "if something is, such as policies of other kinds, Intune refuses the delete, and the run says so"
            yield Diagnostic(Severity.INFO, "PLAN111", message, detail, address=change.address)


def _assigned_after(
    changes: Mapping[Address, Change], drafts: Mapping[Address, Draft], world: World, *, gone: frozenset[str]
) -> Iterator[tuple[str, list[JsonObject]]]:
    """Everything that will be there, by name, with its assignments once the plan has been carried out."""
    assigned: set[str | None] = set()
    removed: set[str] = set()
    for address, draft in drafts.items():
        change = changes[address]
        removed |= {o.path for o in draft.operations if o.verb is Verb.REMOVE_ASSIGNMENT}
        whole = [o for o in sorted(draft.operations, key=lambda o: o.phase) if o.verb is Verb.ASSIGN]
        if whole and change.live_id not in gone:
            assigned |= {change.live_id} if change.action is Action.UPDATE else set()
            yield change.display_name or str(address), assignments_in(whole[-1].body)
    for live in world.everything:
        if live.id not in gone | assigned:
            path = live.collection.item_path(quote_id(live.id)) + "/assignments/"
            kept = [a for a in live.assignments if path + quote_id(str(a.get("id"))) not in removed]
            yield live.display_name, kept


def assignments_in(body: Json | Absent) -> list[JsonObject]:
    """The assignments of an `/assign` body, whatever the member that holds them is called."""
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    return [entry for value in lists for entry in value if isinstance(entry, dict)]


def _used(change: Change, users: list[str]) -> Diagnostic:
    told = ", ".join(users[:_TOLD]) + (f" and {len(users) - _TOLD} more" if users[_TOLD:] else "")
    message = f"{change.address} cannot be deleted: {change.display_name!r} is still used by {told}"
    return Diagnostic(
        Severity.ERROR, "PLAN110", message, "take it out of their targets, or keep its spec", address=change.address
    )
