"""Brings profiles into order, one `setPriority` at a time, with a fresh reading after each.

What the service does with the other profiles is not documented, so every step is decided on what was read, never on
what was expected (`ladder`). Further calls than planned are sent only up to the bound that the plan announced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.errors import OutcomeUnknown
from ..kind import Operation, Verb
from ..ladder import Climb, LadderError, Move, Rung, Unlisted, ladder_of
from ..live import Collection, quote_id
from ..model import Address
from .refresh import read
from .verify import Looker
from .write import RESENDS, Stopped, Writer


async def climb(
    writer: Writer,
    looker: Looker,
    address: Address,
    *,
    collection: Collection,
    order: Sequence[str],
    unlisted: Unlisted,
    expected: Sequence[str],
    moves: Sequence[Move],
    bound: int,
) -> None:
    """Reach `order` (live ids, the winner first).

    `expected` is the ladder of the plan without the profiles it created; `moves` are its calls, `bound` is how many
    it allows at most. Raises `Stopped` where the ladder changed since the plan or the order cannot be reached.
    """
    first = await _read(looker, collection)
    wanted = [i.casefold() for i in order]
    before = tuple(i.casefold() for i in expected)
    created = [rung.id for rung in first.rungs if rung.id not in before and rung.id in wanted]
    if tuple(i for i in ladder_of(first.rungs) if i not in created) != before:
        raise Stopped("the order of the profiles changed since the plan was made", refused=True)
    try:
        state = Climb.start(first.rungs, wanted, unlisted=unlisted, planned=moves, bound=bound)
        reading = first
        while (move := state.next_move(reading.rungs)) is not None:
            after = await _moved(writer, looker, address, collection, reading, move, further=state.calls >= len(moves))
            state = state.saw(reading.rungs, move, after.rungs)
            reading = after
    except LadderError as error:
        raise Stopped(error.told(first.names)) from error


@dataclass(frozen=True, slots=True)
class _Reading:
    """The ladder at one moment. Ids are in lower case: the service may change their case between answers."""

    rungs: tuple[Rung, ...]
    names: Mapping[str, str]
    ids: Mapping[str, str]
    """As the service writes them."""


async def _read(looker: Looker, collection: Collection) -> _Reading:
    reading = await read(looker.graph, replace(collection, assignments="none"))
    if reading.problem:
        raise Stopped(f"the profiles could not be read: {reading.problem}")
    rungs = (Rung(o.id.casefold(), n) for o in reading.objects if isinstance(n := o.body.get("priority"), int))
    return _Reading(
        tuple(rungs),
        {o.id.casefold(): o.display_name for o in reading.objects},
        {o.id.casefold(): o.id for o in reading.objects},
    )


async def _moved(
    writer: Writer,
    looker: Looker,
    address: Address,
    collection: Collection,
    before: _Reading,
    move: Move,
    *,
    further: bool,
) -> _Reading:
    """Send one call and read until it shows, or the window is over. An unknown outcome is looked at, then repeated."""
    path = f"{collection.item_path(quote_id(before.ids[move.id]))}/setPriority"
    operation = Operation(Verb.SET_PRIORITY, "POST", path, {"priority": move.number})
    after = before

    async def look() -> bool:
        nonlocal after
        after = await _read(looker, collection)
        return ladder_of(after.rungs) != ladder_of(before.rungs)

    for _ in range(1 + RESENDS):
        try:
            await writer.send(address, operation, further=further)
        except OutcomeUnknown:
            if await looker.until(look):
                return after
            continue
        await looker.until(look)
        return after
    raise Stopped("setPriority was sent, but no answer came and its effect cannot be seen", unverified=True)
