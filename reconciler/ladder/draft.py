"""A shortest sequence of insertions, found at once: for long ladders, as a first bid, and to go on from anywhere."""

from __future__ import annotations

from bisect import bisect, insort

from .goal import Goal, Step, inserted, kept
from .model import Ladder


def draft(ladder: Ladder, goal: Goal, *, top_down: bool = True) -> list[Step]:
    """As few insertions as possible, in the order of the ranks or against it.

    Each mover goes no further than it has to: up to directly above its successor, or down to directly
    below its predecessor. Under `keep` both are listed, so no call ever asks for an unlisted profile's number.
    """
    stay = kept(ladder, goal, goal.zone(ladder))
    ranks = sorted(goal.rank[i] for i in stay)
    movers = [i for i in goal.order if i not in frozenset(stay)]
    steps: list[Step] = []
    for mover in movers if top_down else movers[::-1]:
        step = as_upward(ladder, goal, Step(mover, _landing(ladder, goal, mover, ranks)))
        ladder = inserted(ladder, step)
        insort(ranks, goal.rank[mover])
        steps.append(step)
    return steps


def as_upward(ladder: Ladder, goal: Goal, step: Step) -> Step:
    """The same exchange of neighbours with the lower one as its mover, where that one is listed.

    Both give one ladder under insertion, but only the upward call means the same to every kind of service.
    """
    here, holder = ladder.index(step.id), ladder[step.place]
    return Step(holder, here) if step.place == here + 1 and holder in goal.rank else step


def _landing(ladder: Ladder, goal: Goal, mover: str, settled: list[int]) -> int:
    """Where `mover` belongs between the settled ranks: the index of its successor if that stands above it."""
    here, cut = ladder.index(mover), bisect(settled, goal.rank[mover])
    zone = goal.zone(ladder)
    successor = ladder.index(goal.order[settled[cut]]) if cut < len(settled) else zone.stop
    if here > successor:
        return successor
    return ladder.index(goal.order[settled[cut - 1]]) if cut else zone.start - 1
