"""From a reading and a wanted order to the calls that a plan shows. Called by the plan of `EnrollmentPriority`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .behaviour import Behaviour, agreeing, outcome
from .draft import draft
from .goal import Goal, Step, inserted
from .model import Crowd, Ladder, Move, Rung, Solution, Stuck, Unlisted, ladder_of
from .population import Population
from .search import EVALUATIONS, Cost, cost_of, search
from .strategies import most_selections, next_step

SEARCHABLE = 1000
"""Calls times profiles up to which a search under `keep` is worth its time; beyond, the draft is taken."""


def reached(rungs: Collection[Rung], order: Sequence[str], unlisted: Unlisted) -> bool:
    """Whether no call is needed. Raises `LadderError` as `solve` does."""
    ladder = ladder_of(rungs)
    return Goal.of(ladder, order, unlisted).in_order(ladder)


def solve(
    rungs: Collection[Rung],
    order: Sequence[str],
    *,
    unlisted: Unlisted,
    crowds: Collection[Crowd] = (),
    created: Collection[str] = (),
    evaluations: int = EVALUATIONS,
) -> Solution:
    """The fewest calls under insertion; among these, the fewest people changed, then the fewest led astray.

    `order` names live profiles, the winner first; only these are moved. `created` are profiles of `rungs` that the
    same plan creates and that stand where they are expected: `may_need` then holds wherever they come to stand.
    `evaluations` bounds the work of the search for the fewest people; `Solution.exact` says whether it was enough.
    Raises `LadderError` where two profiles hold one number, or `order` names one that is not live, or one twice.
    """
    ladder = ladder_of(rungs)
    goal = Goal.of(ladder, order, unlisted)
    population = Population.of(crowds, ladder)
    steps, cost, exact = _best(ladder, goal, population, evaluations)
    moves = _as_moves(ladder, steps, sorted(rung.number for rung in rungs))
    return Solution(
        before=ladder,
        after=moves[-1].ladder if moves else ladder,
        moves=moves,
        changed=cost.changed,
        strays=cost.strays,
        exact=exact,
        may_need=_most_calls(ladder, goal, moves, anywhere=bool(created)) - len(moves),
    )


def _best(ladder: Ladder, goal: Goal, population: Population, evaluations: int) -> tuple[list[Step], Cost, bool]:
    """Steps, their cost, and whether the cost to people is proven minimal."""
    steps = draft(ladder, goal)
    cost = cost_of(ladder, steps, population)
    one_end = goal.unlisted != "keep" or not goal.original
    if one_end or cost.changed == 0:
        return steps, cost, True
    if len(steps) * len(ladder) > SEARCHABLE:
        return steps, cost, False
    likely = _end(ladder, steps)
    found = search(ladder, goal, population, calls=len(steps), likely=likely, evaluations=evaluations)
    if found.cost < cost:
        steps, cost = found.steps, found.cost
    return steps, cost, found.complete


def _end(ladder: Ladder, steps: Sequence[Step]) -> Ladder:
    for step in steps:
        ladder = inserted(ladder, step)
    return ladder


def _as_moves(ladder: Ladder, steps: Sequence[Step], numbers: Sequence[int]) -> tuple[Move, ...]:
    """Steps with the numbers that the rungs hold; an array move leaves the set of numbers as it is."""
    moves: list[Move] = []
    for step in steps:
        ladder = inserted(ladder, step)
        moves.append(Move(step.id, numbers[step.place], ladder))
    return tuple(moves)


def _most_calls(ladder: Ladder, goal: Goal, moves: Sequence[Move], *, anywhere: bool) -> int:
    """The bound that `Climb` keeps to: enough for every service of a known behaviour, and for selection.

    A service of a known behaviour takes exactly the calls that a simulation takes. Where one fits none of them
    before the planned calls are through, every call from then on settles one rank or is the last.

    From a start that is not known (`anywhere`): at most one call for each listed profile until the first surprise;
    then one for each listed profile under shifting, or, under exchange, one for each profile: the first surprise
    leaves at most one cycle of unlisted profiles alone, and where it does there are two cycles.
    """
    movable = goal.order if goal.original and goal.unlisted != "keep" else goal.order[1:]
    if not movable or (goal.in_order(ladder) and not anywhere):
        return 0
    limit = len(goal.order) + len(ladder)
    if anywhere:
        return limit
    known = [_simulated(ladder, goal, moves, truth, limit) for truth in Behaviour.ANY]
    return max(*known, len(moves) + most_selections(goal))


def _simulated(ladder: Ladder, goal: Goal, planned: Sequence[Move], truth: Behaviour, limit: int) -> int:
    """How many calls a climb takes where the service behaves like `truth`, up to the goal or until it is stuck."""
    known = Behaviour.ANY
    for calls in range(limit):
        try:
            step = next_step(ladder, goal, known, planned[calls:])
        except Stuck:
            return calls
        if step is None:
            return calls
        after = outcome(truth, ladder, step)
        known &= agreeing(ladder, step, after)
        ladder = after
    return limit
