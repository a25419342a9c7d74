"""Brings profiles into order, one `setPriority` at a time, with a fresh reading after each.

What the service does with the other profiles is not documented, so every step is decided on what was read, never on
what was expected (`ladder`). Further calls than planned are sent only up to the bound that the plan announced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.errors import OutcomeUnknown, Refused
from ..kind import Kind, Operation, Verb
from ..ladder.climb import Climb, asks_below
from ..ladder.model import LadderError, Move, Rung, Unlisted, ladder_of
from ..live import Live, quote_id
from ..model import Address
from .refresh import read, read_object
from .verify import Looker
from .write import RESENDS, Stopped, Writer

_NO_SUCH_NUMBER = 400
"""The status by which a service refuses a number that it does not take."""


async def climb(
    writer: Writer,
    looker: Looker,
    address: Address,
    *,
    kind: Kind,
    order: Sequence[str],
    unlisted: Unlisted,
    expected: Sequence[str],
    created: Collection[str],
    known: Collection[str],
    moves: Sequence[Move],
    bound: int,
) -> None:
    """Reach `order` (live ids, the winner first).

    `expected` is the ladder of the plan without the profiles that this run `created`; `known` are
    the ids, in lower case, that specs stand for. `moves` are its calls, and
    `bound` is how many it allows at most. Raises `Stopped` where the ladder changed since the plan, or where the
    order cannot be reached.
    """
    wanted = [i.casefold() for i in order]
    first = await _settled(looker, kind, known, wanted)
    if writer.stop() and not _whole(first, wanted):
        raise Stopped("interrupted before the list showed what this run has created", interrupted=True)
    new = {i.casefold() for i in created}
    try:
        if [i for i in ladder_of(first.rungs) if i not in new] != [i.casefold() for i in expected]:
            raise Stopped("the order of the profiles changed since the plan was made", refused=True)
        state = Climb.start(first.rungs, wanted, unlisted=unlisted, planned=moves, bound=bound)
        reading = first
        while (move := state.next_move(reading.rungs)) is not None:
            after = await _moved(writer, looker, address, kind, known, reading, move, further=state.calls >= len(moves))
            if _closed_gaps(reading.rungs, after.rungs):  # the number was taken for a place: now numbers are places
                state = replace(state, calls=state.calls + 1, planned=())
            else:
                state = state.saw(reading.rungs, move, after.rungs)
            reading = after
    except LadderError as error:
        raise Stopped(error.told(first.names)) from error


def _closed_gaps(before: Sequence[Rung], after: Sequence[Rung]) -> bool:
    """Whether a call did no more than number all profiles anew, without the gaps that there were.

    A service that shifts numbers up and moved nobody leaves a gap where the mover was, or a higher first number.
    """
    old, new = sorted(rung.number for rung in before), sorted(rung.number for rung in after)
    gapless = new[-1] - new[0] == len(new) - 1 and new[0] <= old[0]
    return gapless and old != new and ladder_of(before) == ladder_of(after)


def _renumbered(before: Sequence[Rung], move: Move, after: Sequence[Rung]) -> bool:
    """Whether the numbers show that a call was carried out. So do equal ones: with them nothing more is sent."""
    landed = Rung(move.id, move.number) in after
    return landed or not _distinct(after) or _closed_gaps(before, after)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The ladder at one moment. Ids are in lower case: the service may change their case between answers."""

    rungs: tuple[Rung, ...]
    names: Mapping[str, str]
    ids: Mapping[str, str]
    """As the service writes them."""


async def _read(looker: Looker, kind: Kind, known: Collection[str]) -> _Reading:
    """The ladder now. Raises `GraphError` where it cannot be read, `Stopped` where an object has no place in it."""
    reading = await read(looker.graph, replace(kind.collections[0], assignments="none"))
    names = {o.id.casefold(): o.display_name for o in reading.objects}
    if reading.problem:
        raise OutcomeUnknown(f"the profiles could not be read: {reading.problem}")
    try:
        rungs = [found for o in reading.objects if (found := await _rung(looker, kind, o, known))]
    except LadderError as error:
        raise Stopped(error.told(names)) from error
    looker.witness.saw_ladder(kind.name, [(r.id, names[r.id.casefold()], r.number) for r in rungs])
    return _Reading(
        tuple(Rung(found.id.casefold(), found.number) for found in rungs),
        names,
        {o.id.casefold(): o.id for o in reading.objects},
    )


async def _settled(looker: Looker, kind: Kind, known: Collection[str], wanted: Collection[str]) -> _Reading:
    """The ladder before the first call: as it is, or once readers show all of what this run has created.

    After a create a lagging list may lack the new profile, or have it beside old numbers of those that it pushed down.
    What is still so when the window is over is so; whoever works with the reading says it. Raises as `_read` does.
    """
    reading = await _read(looker, kind, known)

    async def look() -> bool:
        nonlocal reading
        reading = await _read(looker, kind, known)
        return _whole(reading, wanted)

    if not _whole(reading, wanted):
        await looker.sight(look)
    return reading


def _whole(reading: _Reading, wanted: Collection[str]) -> bool:
    """Whether a ladder has every wanted profile and no number twice."""
    return _distinct(reading.rungs) and {rung.id for rung in reading.rungs}.issuperset(wanted)


def _distinct(rungs: Collection[Rung]) -> bool:
    return len({rung.number for rung in rungs}) == len(rungs)


async def _rung(looker: Looker, kind: Kind, live: Live, known: Collection[str]) -> Rung | None:
    """Where an object stands. One that would stand aside is asked for its assignments, which the list does not have."""
    if found := kind.rung(live, known):
        return found
    whole = await read_object(looker.graph, kind.collections[0], live.id)
    return kind.rung(whole, known) if whole else None


async def _moved(
    writer: Writer,
    looker: Looker,
    address: Address,
    kind: Kind,
    known: Collection[str],
    before: _Reading,
    move: Move,
    *,
    further: bool,
) -> _Reading:
    """Send one call and read until it shows, or the window is over. An unknown outcome is looked at, then repeated.

    A call may change numbers and not the order: without an answer that is its effect, and it is not sent again. Equal
    numbers are taken for a reading that lags until the window is over.
    """
    path = f"{kind.collections[0].item_path(quote_id(before.ids[move.id]))}/setPriority"
    operation = Operation(Verb.SET_PRIORITY, "POST", path, {"priority": move.number})
    after = before

    async def look() -> bool:
        nonlocal after
        after = await _read(looker, kind, known)
        return _distinct(after.rungs) and ladder_of(after.rungs) != ladder_of(before.rungs)

    for _ in range(1 + RESENDS):
        try:
            await writer.send(address, operation, further=further)
            answered = True
        except OutcomeUnknown:
            answered = False
        except Refused as error:
            if error.status == _NO_SUCH_NUMBER and asks_below(before.rungs, move):
                return before  # the climb knows what that means
            raise
        seen = await looker.sight(look)
        if seen is None:
            raise Stopped("setPriority was sent, and the order cannot be read back", unverified=True)
        if seen or answered or _renumbered(before.rungs, move, after.rungs):
            return after
        writer.may_go_on()
    raise Stopped("setPriority was sent, but no answer came and its effect cannot be seen", unverified=True)
