"""Brings the order of ranked objects back to what a run found. Used by `rollback`, beside `restore`.

Every object of the recorded order takes part, whosever it is: so the order before is reached exactly, with the fewest
calls. Objects that came since stay where they are among the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .kind import Comparison, Kind, Operation, Ranking, Subject, Verb, World, is_reference, reference
from .ladder.model import LadderError, Rung
from .ladder.solve import solve
from .live import quote_id
from .model import Address
from .past import Entry, Past, Way


def reordering(kind: Kind, past: Past) -> Kind:
    """The kind that brings its order back."""
    return replace(
        kind,
        compare=lambda subject: _compare(kind, past, subject),
        write=lambda subject, comparison: _write(kind, comparison),
        references=lambda desired: past.order[desired.address.kind],
        reason=lambda subject, comparison: _reason(comparison),
    )


def numbering(kinds: Mapping[str, Kind], past: Past, ranked: str) -> Callable[[World], Mapping[Address, int]]:
    """The numbers of the objects of a kind that are made again: behind all live ones, in the order that they had."""
    kind = next((k for k in kinds.values() if ranked in k.ranks), None)

    def numbers(world: World) -> Mapping[Address, int]:
        if kind is None:
            return {}
        entries = past.entries
        gone = [
            a for a, m in world.matches.items() if entries[a].way is Way.RECREATE and a.kind == ranked and not m.live
        ]
        listed = {address: place for place, address in enumerate(past.order.get(kind.name, ()))}
        ordered = sorted(gone, key=lambda a: (listed.get(a, len(listed)), _number(entries[a]), a))
        taken = [rung.number for rung in _live_rungs(kind, world)]
        return {address: n for n, address in enumerate(ordered, max(taken, default=0) + 1)}

    return numbers


def _number(entry: Entry) -> int:
    shown: Any = entry.shown
    number = shown["body"].get("priority")
    return number if isinstance(number, int) else 0


def _live_rungs(kind: Kind, world: World) -> list[Rung]:
    """Where every live object stands. Raises `LadderError`."""
    known = {m.live.id.casefold() for a, m in world.matches.items() if a.kind in kind.ranks and m.live}
    return [found for live in world.objects(kind.collections) if (found := kind.rung(live, known))]


def _compare(kind: Kind, past: Past, subject: Subject) -> Comparison:
    """The order of the recorded objects, now and then."""
    entry, world = past.entry(subject.address), subject.world
    members = past.order[kind.name]
    ids = [_id(address, world) for address in members]
    try:
        live = sorted(_live_rungs(kind, world), key=lambda rung: rung.number)
        if problem := _moved(entry, [rung.id.casefold() for rung in live], subject):
            return Comparison({}, {}, (problem,))
        numbers = numbering({kind.name: kind}, past, min(kind.ranks))(world)
        new = [Rung(reference(address), number) for address, number in numbers.items()]
        solved = solve([*live, *new], ids, unlisted="keep", crowds=world.crowds, created=[rung.id for rung in new])
    except LadderError as error:
        names = {live.id: live.display_name for live in world.objects(kind.collections)}
        told = error.told({**names, **{reference(address): str(address) for address in members}})
        return Comparison({}, {}, (subject.problem("ROLLBACK101", told, "put the objects in order by hand"),))
    held = {rung.id: rung.id for rung in live}
    shown = {"order": [_name(i, kind, past, world) for i in solved.after]}
    found = {"order": [_name(i, kind, past, world) for i in solved.before if i in held]}
    if not solved.moves and not new:
        found = shown
    return Comparison(shown, found, basis=Ranking(solved, "keep"))  # type: ignore[arg-type]  # lists of text are JSON


def _id(address: Address, world: World) -> str:
    match = world.matches[address]
    return match.live.id if match.live else reference(address)


def _moved(entry: Entry, live: Sequence[str], subject: Subject) -> Any:
    """An order that is neither that which the run left, nor that which it found: somebody changed it since."""
    before, after = (_ladder(held) for held in (entry.before, entry.after))
    is_before = _within(live, before) == _within(before, live)
    is_after = entry.after is not None and _within(live, after) == _within(after, live)
    if is_before or is_after:
        return None
    message = "the order changed since the run"
    if entry.after is None:
        message = "the order is not as before, and the record does not say what the run left"
    return subject.problem("ROLLBACK101", message, "put the objects in order by hand, or with a spec")


def _within(ids: Sequence[str], others: Sequence[str]) -> list[str]:
    known = set(others)
    return [i for i in ids if i in known]


def _ladder(held: Any) -> list[str]:
    return [rung["id"].casefold() for rung in held["ladder"]] if held else []


def _name(profile: str, kind: Kind, past: Past, world: World) -> str:
    found = next((o.display_name for o in world.objects(kind.collections) if o.id == profile), None)
    if found:
        return found
    named = (e for a, e in past.entries.items() if reference(a) == profile)
    shown: Any = next((e.shown for e in named), {})
    return str(shown.get("body", {}).get("displayName") or profile)


def _write(kind: Kind, comparison: Comparison) -> list[Operation]:
    ranking: Ranking = comparison.basis
    collection = kind.collections[0]
    return [
        Operation(
            Verb.SET_PRIORITY,
            "POST",
            collection.item_path(move.id if is_reference(move.id) else quote_id(move.id)) + "/setPriority",
            {"priority": move.number},
        )
        for move in ranking.solution.moves
    ]


def _reason(comparison: Comparison) -> str:
    calls = len(comparison.basis.solution.moves) if comparison.basis else 0
    return f"back to the order that the run found; {calls} setPriority call{'' if calls == 1 else 's'}"
