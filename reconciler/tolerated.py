"""What field waivers make of a plan: a field whose live value is the tolerated one counts as unmanaged. Pure.

No field is compared here, and no kind is known: a kind compares the live object with the spec as it would be if it
said what is tolerated. Where nothing differs then, the plan is made from the spec without the field, so that nothing
of it is compared or sent, and what Graph replaces whole carries the live value over. A field that a kind manages even
where a spec does not mention it is planned with the tolerated value, which comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from .canonical import canonical
from .diagnostics import Diagnostic, Severity
from .kind import Comparison, Kind, Subject, World
from .model import ABSENT, Absent, Address, Json, JsonObject
from .spec.load import Desired, SpecSet
from .waivers import Waiver, is_possible, of_fields, read, value_at, with_value, without


@dataclass(frozen=True, slots=True)
class Tolerated:
    """The world with the waived fields taken out of its specs, what was waived, and what is to be said of the rest."""

    world: World
    waived: tuple[JsonObject, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def tolerate(kinds: Mapping[str, Kind], specs: SpecSet, world: World, today: date) -> Tolerated:
    """Applies the field waivers that still hold. The world has been matched."""
    holding = [waiver for waiver in of_fields(read(specs)) if waiver.holds(today)]
    desired: dict[Address, Desired] = {}
    waived: list[tuple[Waiver, Json | Absent]] = []
    found: list[Diagnostic] = []
    for address in sorted({waiver.of for waiver in holding}):
        subject = _subject(kinds, specs, world, address)
        if subject is None:
            continue
        settled, used, told = _applied(kinds[address.kind], subject, [w for w in holding if w.of == address])
        found += told
        if used:
            desired[address] = settled
            waived += [(waiver, value_at(subject.spec, waiver.parts)) for waiver in used]
    if desired:  # tables over the specs have to be made again
        world = replace(world, desired={**world.desired, **desired}, indexes={})
    ordered = sorted(waived, key=lambda pair: pair[0].address)
    shown = ({**w.to_json(), "value": _plain(w.value), "specified": _plain(said)} for w, said in ordered)
    return Tolerated(world, tuple(shown), tuple(found))


def variants(specs: SpecSet) -> list[Desired]:
    """The specs as they would be if they said what is tolerated: whoever resolves names needs theirs, too."""
    return [with_value(specs.desired[w.of], w) for w in of_fields(read(specs)) if w.of in specs.desired]


def _plain(value: Json | Absent) -> Json:
    return None if isinstance(value, Absent) else value


def _subject(kinds: Mapping[str, Kind], specs: SpecSet, world: World, address: Address) -> Subject | None:
    """What the waivers are about; None where nothing can be said of it: not matched, not read, or to be let go."""
    match, kind = world.matches.get(address), kinds.get(address.kind)
    if match is None or kind is None or match.refused or address in world.consent.release:
        return None
    unread = [c for c in kind.collections if not world.readings[c.key].complete]
    return None if unread else Subject(specs.desired[address], match.live, world)


def _applied(kind: Kind, subject: Subject, waivers: Sequence[Waiver]) -> tuple[Desired, list[Waiver], list[Diagnostic]]:
    """The spec to plan from, the waivers that have an effect, and what is to be said of the others."""
    settled, used = subject.desired, list[Waiver]()
    told: list[Diagnostic] = []
    for waiver in waivers:
        found = _settled(kind, replace(subject, desired=settled), waiver)
        if isinstance(found, Diagnostic):
            told.append(found)
        else:
            settled, used = found, [*used, waiver]
    if used and _is_replaced(kind, replace(subject, desired=settled)):
        why = f"{subject.address} is replaced by a new object, which is made as specified"
        return subject.desired, [], [*told, *(_unused(waiver, why, "remove the waiver") for waiver in used)]
    return settled, used, told


def _is_replaced(kind: Kind, subject: Subject) -> bool:
    """Whether another field differs that never changes on a live object."""
    return bool(kind.immutable) and any(name in kind.immutable for name in kind.compare(subject).changed)


def _settled(kind: Kind, subject: Subject, waiver: Waiver) -> Desired | Diagnostic:
    """The spec to plan from, or why the waiver has no effect."""
    if subject.live is None and kind.marker_field:
        why = f"{waiver.of} is not in the tenant yet, so there is no value to tolerate: it is created as specified"
        return _unused(waiver, why, "it can have an effect once the object is there")
    compared = replace(subject, desired=with_value(subject.desired, waiver))
    before, there = kind.compare(subject), kind.compare(compared)
    wrong = [d for d in there.diagnostics if d.severity is Severity.ERROR and d not in before.diagnostics]
    if wrong:
        message = f"what is tolerated at {waiver.path} cannot be compared: {wrong[0].message}"
        return waiver.finding(
            Severity.ERROR, "WAIVER108", message, f"correct the waiver, or remove it; {wrong[0].detail}", "value"
        )
    if why_not := _why_not(subject, waiver, before, there):
        return _unused(waiver, *why_not)
    for desired in (without(subject.desired, waiver), compared.desired):
        if is_possible(desired):
            both = kind.compare(replace(subject, desired=desired))
            if _at_rest(waiver, before, there, both):
                return desired
    return _unused(waiver, f"{waiver.path} cannot be left alone by itself", "waive the field that holds it")


def _why_not(subject: Subject, waiver: Waiver, before: Comparison, there: Comparison) -> tuple[str, str] | None:
    """Why there is nothing to tolerate, and what to do."""
    first, remove = waiver.parts[0], "remove the waiver"
    if first in there.wanted and first not in before.wanted:
        return f"{waiver.of} does not mention /{first}, so it is not managed anyway", remove
    if before.wanted == there.wanted and value_at(subject.spec, waiver.parts) != waiver.value:
        return f"nothing in the tenant follows from {waiver.path} of {waiver.of}", remove
    if before.wanted == there.wanted:
        return f"{waiver.of} says at {waiver.path} what is tolerated, so there is no departure to tolerate", remove
    if first not in there.wanted and not _is_live(dict(before.wanted), dict(there.wanted), dict(before.found)):
        message = f"all assignments of {waiver.of} that have {waiver.path} are new: they are made as specified"
        return message, "remove the waiver; to have the tolerated value, write it into the spec"
    if _at_rest(waiver, before, there, before):
        return f"the tenant has what {waiver.of} says at {waiver.path}, so there is nothing to tolerate", remove
    if not _at_rest(waiver, before, there, there):
        message = f"the tenant has another value at {waiver.path} of {waiver.of} than the tolerated one: it is drift"
        return message, "see the plan for its value; correct the waiver, or remove it"
    return None


def _unused(waiver: Waiver, message: str, detail: str) -> Diagnostic:
    return waiver.finding(Severity.INFO, "WAIVER107", message, detail, "value")


# Whether a comparison leaves the field alone


def _at_rest(waiver: Waiver, before: Comparison, there: Comparison, both: Comparison) -> bool:
    """Whether `both` asks for no change of the field.

    A field that is compared by itself has to be equal, whole. Another one, such as a setting of every assignment, shows
    where the spec as it is (`before`) and with the tolerated value (`there`) want different things.
    """
    first, *rest = waiver.parts
    if first not in there.wanted:
        return _agree(dict(before.wanted), dict(there.wanted), dict(both.wanted), dict(both.found))
    wanted, found = both.wanted.get(first, ABSENT), both.found.get(first, ABSENT)
    if wanted is ABSENT:
        return True
    for part in rest:
        if not (isinstance(wanted, dict) and isinstance(found, dict)):
            break  # an entry of a list has no place of its own in the canonical form: all of the list counts
        wanted, found = wanted.get(part, ABSENT), found.get(part, ABSENT)
    return wanted == found


_Node: TypeAlias = "Json | Absent"


def _agree(before: _Node, there: _Node, wanted: _Node, found: _Node) -> bool:
    """Whether `wanted` is as `found` wherever `before` and `there` differ. What `wanted` does not mention is.

    So is what is as specified: a new assignment may have that while older ones have what is tolerated.
    """
    if before == there or wanted is ABSENT:
        return True
    sides = (before, there, wanted, found)
    mappings = [side for side in sides if isinstance(side, dict)]
    lists = [_by_target(side) for side in sides if isinstance(side, list)]
    if len(lists) == len(sides) and lists[0].keys() == lists[1].keys():
        live = lists[3]  # a target that is not live yet has no setting to tolerate
        return all(_agree(*(side.get(key, ABSENT) for side in lists)) for key in live)
    if len(mappings) == len(sides):
        keys = {*mappings[0], *mappings[1]}
        return all(_agree(*(side.get(key, ABSENT) for side in mappings)) for key in keys)
    return found in (wanted, before)


def _is_live(before: _Node, there: _Node, found: _Node) -> bool:
    """Whether `found` has anything wherever `before` and `there` differ, such as an assignment with the setting."""
    if before == there or found is ABSENT:
        return False
    sides = (before, there, found)
    mappings = [side for side in sides if isinstance(side, dict)]
    lists = [_by_target(side) for side in sides if isinstance(side, list)]
    for members in (mappings, lists):
        if len(members) == len(sides):
            return any(_is_live(*(side.get(key, ABSENT) for side in members)) for key in {*members[0], *members[1]})
    return True


def _by_target(entries: list[Json]) -> dict[str, Json]:
    """Entries of assignments by all but their settings: what an entry is, apart from what is set for it."""
    return {
        canonical({k: v for k, v in e.items() if k != "settings"} if isinstance(e, dict) else e): e for e in entries
    }
