"""The adaptive loop of apply: read, ask what to send, send it, read again, say what was seen. Driven by the engine.

    climb = Climb.start(reading, order, unlisted="last", planned=solution.moves, bound=solution.bound)
    while (move := climb.next_move(reading)) is not None:
        ...                                     # send setPriority(move.id, move.number), then read the ladder again
        climb = climb.saw(reading, move, after)
        reading = after

It ends with None (reached) or raises `LadderError`; it never sends more calls than the plan announced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from .behaviour import Behaviour, agreeing, number_of, outcome, step_of
from .goal import Goal, inserted
from .model import Ladder, Move, Rung, Stuck, Unlisted, ladder_of
from .strategies import next_step


def next_move(
    rungs: Collection[Rung],
    order: Sequence[str],
    *,
    unlisted: Unlisted,
    original: Sequence[str],
    behaviour: Behaviour = Behaviour.ANY,
    planned: Sequence[Move] = (),
) -> Move | None:
    """What to send next on a fresh reading; None where the order is reached.

    `original` are the unlisted profiles in the relative order they have to end in, `behaviour` is what all calls so
    far agree with, `planned` what is left of the plan. The number of the result is held by another profile now, or is
    the first after the last.
    Raises `LadderError` where the reading has equal numbers, `Stuck` where no call leads on.
    """
    ladder = ladder_of(rungs)
    goal = Goal(tuple(order), unlisted, tuple(original))
    _same_profiles(ladder, goal)
    step = next_step(ladder, goal, behaviour, planned)
    if step is None:
        return None
    assumed = next(iter(behaviour), Behaviour.UNKNOWN)
    return Move(step.id, number_of(rungs, step), outcome(assumed, ladder, step))


def _same_profiles(ladder: Ladder, goal: Goal) -> None:
    known = {*goal.order, *goal.original}
    added, gone = [i for i in ladder if i not in known], sorted(known.difference(ladder))
    if added:
        raise Stuck("Enrollment profiles {} appeared during the run. Plan again.", added)
    if gone:
        raise Stuck("Enrollment profiles {} disappeared during the run. Plan again.", gone)


def expected_moves(rungs: Collection[Rung], calls: Iterable[tuple[str, int]]) -> tuple[Move, ...]:
    """The moves of a saved plan, from its calls (profile id, number) and the reading that it was made on.

    Raises `LadderError` where a call asks for a number that no other profile holds.
    """
    moves: list[Move] = []
    for profile, number in calls:
        move = Move(profile, number, inserted(ladder_of(rungs), step_of(rungs, Move(profile, number, ()))))
        rungs = [Rung(i, n) for i, n in zip(move.ladder, sorted(rung.number for rung in rungs), strict=True)]
        moves.append(move)
    return tuple(moves)


def asks_below(rungs: Collection[Rung], move: Move) -> bool:
    """Whether a call asks for a number that nobody holds, the first after the last: a service may well refuse it."""
    return move.number > max(rung.number for rung in rungs)


def _nothing_below(ladder: Ladder, move: Move) -> Stuck:
    return Stuck(
        "The service puts a profile above the one whose priority it is given, never below it, and takes no number "
        "after the last one: so nothing can be moved below enrollment profile {}, which the order does not name. "
        "Drag {} below it in the Intune admin center, or use `unlisted: last` or `keep`.",
        [ladder[-1]],
        [move.id],
    )


@dataclass(frozen=True, slots=True)
class Climb:
    """Where a run of calls stands: what is left of the plan, what is known of the service, how many calls were sent."""

    goal: Goal
    planned: tuple[Move, ...]
    bound: int
    behaviour: Behaviour = Behaviour.ANY
    calls: int = 0

    @classmethod
    def start(
        cls, rungs: Collection[Rung], order: Sequence[str], *, unlisted: Unlisted, planned: Sequence[Move], bound: int
    ) -> Climb:
        """Before the first call, on a fresh reading. `bound` is the most calls that the approved plan allows.

        Raises `LadderError` as `solve` does. Moves of a saved plan come from `expected_moves`.
        """
        return cls(Goal.of(ladder_of(rungs), order, unlisted), tuple(planned), bound)

    def next_move(self, rungs: Collection[Rung]) -> Move | None:
        """What to send now; None where the order is reached. Raises `LadderError`, `Stuck` when calls are used up."""
        move = next_move(
            rungs,
            self.goal.order,
            unlisted=self.goal.unlisted,
            original=self.goal.original,
            behaviour=self.behaviour,
            planned=self.planned,
        )
        if move is not None and self.calls >= self.bound:
            raise Stuck(
                f"The order is not reached after {self.calls} calls, all that the plan allows. Plan again to see what "
                "is left; if this comes again, drag the profiles into order in the Intune admin center.",
            )
        return move

    def saw(self, before: Collection[Rung], move: Move, after: Collection[Rung]) -> Climb:
        """The climb after a call, given the readings around it, the later one no longer stale.

        A call that was refused has the same reading on both sides. Raises `Stuck` where the call changed nothing,
        though under everything known of the service it should have, or where it fits no known behaviour and did not
        settle a rank either.
        """
        old, new, step = ladder_of(before), ladder_of(after), step_of(before, move, below=True)
        _same_profiles(new, self.goal)
        if step.place == len(old) and new[-1] != move.id:
            raise _nothing_below(old, move)
        known = self.behaviour & agreeing(old, step, new)
        if not known and old == new:
            raise Stuck(f"Asked for priority {move.number}, enrollment profile {{}} stayed where it was.", [move.id])
        if not self.behaviour and self.goal.settled(new) <= self.goal.settled(old):
            raise Stuck(
                f"Enrollment profile {{}} did not come to stand where priority {move.number} is, and the service "
                "behaves differently from call to call; someone else may be changing priorities. Plan again.",
                [move.id],
            )
        followed = bool(self.planned) and (self.planned[0].id, self.planned[0].ladder) == (move.id, move.ladder)
        planned = self.planned[1:] if followed else ()
        return replace(self, planned=planned, behaviour=known, calls=self.calls + 1)
