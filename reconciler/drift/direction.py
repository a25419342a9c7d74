"""Which side moved: what is specified and what is live, each against what was applied last. Pure; nothing is guessed.

No field is compared here: the kind compares the state that a run left with today's spec, as it compares the live one.
What a spec would change about that state has moved in the repository; what the state shows otherwise than the live
object has moved in the tenant. Earlier specs are compared with the live object likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..assignments import read_target
from ..canonical import canonical
from ..diagnostics import has_errors
from ..kind import Comparison, Kind, Match, Subject, World
from ..ladder.model import LadderError
from ..live import Group, Live, Reading
from ..model import ABSENT, Address
from ..ownership import MARKER
from ..records import has_masked, masked
from ..spec.load import Desired
from .model import NOTHING_KNOWN, Applied, Direction, Ground, Leaning, Origin, Specified, Versions

Leanings: TypeAlias = Callable[[str], Leaning]
"""The leaning of each field, by its name in the spec."""


@dataclass(frozen=True, slots=True)
class Case:
    """One address that departs: its kind, both sides, and the ids that runs knew objects by."""

    kind: Kind
    subject: Subject
    comparison: Comparison
    ids: Mapping[Address, str] = field(default_factory=dict)


def leanings(case: Case, ground: Ground | None) -> Leanings:
    """How each field of a case leans, given what was applied last."""
    if ground is None:
        return lambda _: NOTHING_KNOWN
    if isinstance(ground, Specified):
        return _of_spec(case, ground)
    if isinstance(ground, Versions):
        return _of_versions(case, ground)
    known = _of_ladder(case, ground.ladder, ground) if ground.ladder is not None else _of_state(case, ground)
    return _unless_superseded(known) if ground.superseded else known


def _unless_superseded(known: Leanings) -> Leanings:
    """Where a newer run agreed with specs that are not known, both sides may have moved together before one did."""

    def leaning(name: str) -> Leaning:
        found = known(name)
        return NOTHING_KNOWN if found.direction is Direction.BOTH else found

    return leaning


# The state that a run left


def _of_state(case: Case, ground: Applied) -> Leanings:
    left, live, origin = ground.live, case.subject.live, ground.origin
    if left is None:
        return lambda _: Leaning(Direction.of(tenant=live is not None, repository=True), origin=origin)
    then = case.kind.compare(replace(case.subject, live=left))
    moved, untold = _moved(case, ground, then, left)
    if live is None:
        told = _is_same(case, ground) or not untold
        return _of_gone(case, left, origin, edited=bool(moved), told=told)
    if live.id.casefold() != left.id.casefold():  # the spec may mean another one now, or somebody made it anew
        return lambda _: NOTHING_KNOWN
    now = case.kind.compare(replace(case.subject, live=_masked(live)))

    def leaning(name: str) -> Leaning:
        if name in untold:
            return NOTHING_KNOWN
        applied, found = then.found.get(name, ABSENT), now.found.get(name, ABSENT)
        return Leaning(Direction.of(tenant=found != applied, repository=name in moved), applied, origin)

    return leaning


def _moved(case: Case, ground: Applied, then: Comparison, left: Live) -> tuple[set[str], set[str]]:
    """The fields that say something else today than what the run left, and those of which that cannot be told.

    Where the spec is the one that the run applied, it did not move: a name stands for something else by now, a waiver
    has ended, or the like.
    """
    differs = {name for name in then.changed if not _is_masked_value(then, name)}
    untold = _untold(then, left, case.subject.world)
    if _is_same(case, ground):
        untold |= differs
    return differs - untold, untold


def _is_same(case: Case, ground: Applied) -> bool:
    """Whether today's spec is known to be the one that the run applied."""
    return ground.desired is not None and ground.desired.spec == case.subject.spec


def _untold(then: Comparison, left: Live, world: World) -> set[str]:
    """Fields that used a filter or a group which is not there any more: whether the spec means it by a name cannot be
    told.
    """
    targets = [read_target(each.get("target")) for each in left.assignments]
    gone = {each.filter.id for each in targets if each.filter} - world.names.filters_by_id.keys()
    gone |= {each.group for each in targets if each.who == "group"} - world.names.groups_by_id.keys()
    return {name for name, value in then.found.items() if any(each in canonical(value) for each in gone)}


def _masked(live: Live) -> Live:
    """As a record holds it: what is masked on one side has to be on the other."""
    return replace(live, body=masked(live.body), assignments=tuple(masked(each) for each in live.assignments))


def _is_masked_value(then: Comparison, name: str) -> bool:
    """Whether the spec says what the record holds, behind its masks."""
    held = then.found.get(name)
    return has_masked(held) and bool(masked(then.wanted[name]) == held)


def _of_gone(case: Case, left: Live, origin: Origin, *, edited: bool, told: bool) -> Leanings:
    """Of an object that is not there any more; one that is, and that the spec does not mean any more, is not gone."""
    if _is_there(case, left.id) or not (edited or told):
        return lambda _: NOTHING_KNOWN
    return lambda _: Leaning(Direction.of(tenant=True, repository=edited), origin=origin)


def _is_there(case: Case, live_id: str | None) -> bool:
    """Whether the tenant has an object of this id, whatever the spec means today."""
    objects = case.subject.world.objects(case.kind.collections)
    return live_id is not None and any(each.id.casefold() == live_id.casefold() for each in objects)


# The order that a run left


def _of_ladder(case: Case, ladder: tuple[tuple[str, str, int], ...], ground: Applied) -> Leanings:
    try:
        tenant = [each.casefold() for each, _, _ in ladder] != [each.casefold() for each in rungs(case)]
        then = case.kind.compare(replace(case.subject, world=_world_of(case, ladder)))
    except LadderError:
        return lambda _: NOTHING_KNOWN
    if has_errors(then.diagnostics) or (then.changed and _is_same(case, ground)):
        return lambda _: NOTHING_KNOWN

    def leaning(name: str) -> Leaning:
        direction = Direction.of(tenant=tenant, repository=name in then.changed)
        return Leaning(direction, then.found.get(name, ABSENT), ground.origin)

    return leaning


def rungs(case: Case) -> list[str]:
    """The ids of the live order, the winner first. Raises `LadderError`."""
    world, kind = case.subject.world, case.kind
    known = {m.live.id.casefold() for a, m in world.matches.items() if a.kind in kind.ranks and m.live}
    rungs = [rung for live in world.objects(kind.collections) if (rung := kind.rung(live, known))]
    return [rung.id for rung in sorted(rungs, key=lambda rung: rung.number)]


def _world_of(case: Case, ladder: tuple[tuple[str, str, int], ...]) -> World:
    """The world with the order as a run left it: who has come since is not there, who has gone is."""
    world, (collection, *_) = case.subject.world, case.kind.collections
    live = {each.id.casefold(): each for each in world.objects(case.kind.collections)}
    objects = {
        each.casefold(): _ranked(live.get(each.casefold()) or Live(each, collection, {"displayName": name}), number)
        for each, name, number in ladder
    }
    reading = Reading(collection, tuple(objects.values()))
    matches = {
        address: _match(match, objects, case.ids.get(address)) if address.kind in case.kind.ranks else match
        for address, match in world.matches.items()
    }
    return replace(world, readings={**world.readings, collection.key: reading}, matches=matches, indexes={})


def _ranked(live: Live, number: int) -> Live:
    return replace(live, body={**live.body, "priority": number})


def _match(match: Match, objects: Mapping[str, Live], known: str | None) -> Match:
    object_id = match.live.id.casefold() if match.live else known
    then = objects.get(object_id or "")
    return Match(then, "marker") if then else Match(None, match.how)


# Earlier specs


def _of_spec(case: Case, ground: Specified) -> Leanings:
    """What was specified when a run found it so."""
    then, origin = ground.desired, ground.origin
    if then is None:  # the specs have it now and did not have it then; what the tenant had then is not known
        new = Leaning(Direction.REPOSITORY, origin=origin)
        return lambda name: new if _is_gone(case) or name == MARKER else NOTHING_KNOWN
    same = then.spec == case.subject.spec
    if _is_gone(case):
        if _is_there(case, case.ids.get(case.subject.address)):
            return lambda _: NOTHING_KNOWN
        return lambda _: Leaning(Direction.of(tenant=True, repository=not same), origin=origin)
    before = _compared(case, then)
    doubtful = has_errors(before.diagnostics) and not same

    def leaning(name: str) -> Leaning:
        if doubtful or name in ground.waived:
            return NOTHING_KNOWN
        applied = before.wanted.get(name, ABSENT)  # of what was not specified then, the tenant could not depart
        moved = not same and applied != case.comparison.wanted[name]
        return Leaning(Direction.of(tenant=name in before.changed, repository=moved), applied, origin)

    return leaning


def _of_versions(case: Case, ground: Versions) -> Leanings:
    """What was specified at some time. The tenant has an earlier value: the specs went on, and it did not follow.

    A value that the specs never had, where they never had but one, came from elsewhere; but only an object that
    carries our marker has ever been as the specs say.
    """
    if _is_gone(case):
        return lambda _: NOTHING_KNOWN
    then = [(origin, _compared(case, desired)) for origin, desired in ground.versions]

    def leaning(name: str) -> Leaning:
        values = [(origin, each) for origin, each in then if name in each.wanted and not has_errors(each.diagnostics)]
        for origin, each in values:
            if name not in each.changed:
                return Leaning(Direction.REPOSITORY, each.wanted[name], origin)
        constant = len(values) == len(then) and all(
            each.wanted[name] == case.comparison.wanted[name] for _, each in values
        )
        if values and constant and ground.whole and MARKER not in case.comparison.changed:
            return Leaning(Direction.TENANT, case.comparison.wanted[name], values[-1][0])
        return NOTHING_KNOWN

    return leaning


def _is_gone(case: Case) -> bool:
    return case.subject.live is None and not case.kind.ranks


def _compared(case: Case, then: Desired) -> Comparison:
    """The live object with an earlier spec."""
    return case.kind.compare(replace(case.subject, desired=then, world=_with_names(case.subject.world)))


def _with_names(world: World) -> World:
    """The world in which the names of live targets resolve too: earlier specs may name what today's do not."""
    names, called = world.names, dict[str, list[Group]]()
    for group in names.groups_by_id.values():
        if group.name is not None:
            called.setdefault(group.name, []).append(group)
    renamed = world.renamed.get("groups", {})
    real = {**{name: name for name in called}, **renamed}  # a name of the specs, and what it is called in this tenant
    groups = {name: tuple(called[each]) for name, each in real.items() if each in called} | dict(names.groups)
    return replace(world, names=replace(names, groups=groups), indexes={})
