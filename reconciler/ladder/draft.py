"""A shortest sequence of insertions that leads nobody astray, found at once. Used by `solve` and by the strategies.

Why nobody is led astray, meaning that everyone meets their old or their new profile after every call: let o, v and w
be the profiles that win someone before, now and in the end, all different. `Settled` profiles are those that stay
and those already moved; settled ones stand in their final order among themselves. So of v and w one is unsettled.

* While profiles move up: o did not move down, so v rose above o and is settled; then w is not. If w is to rise, it
  did so before v, as winners come first. If w is to sink, it stands above every settled profile that it has to
  beat, so above v. Both contradict that v wins.
* While profiles move down: if v is unsettled it is to sink, so it never rose, so o sank from above it; but the
  lowest sink first. If v is settled, w is to sink and stands above every settled profile that it has to beat.
"""

from __future__ import annotations

from bisect import bisect, insort

from .goal import Goal, Step, inserted, kept
from .model import Ladder


def draft(ladder: Ladder, goal: Goal) -> list[Step]:
    """As few insertions as possible: first all that move up, winners first; then all that move down, lowest first.

    Each mover goes no further than it has to: up to directly above its successor, or down to directly below its
    predecessor. Under `keep` both are listed, so no call ever asks for an unlisted profile's number.
    """
    stay = frozenset(kept(ladder, goal, goal.zone(ladder)))
    settled = sorted(goal.rank[i] for i in stay)
    steps: list[Step] = []
    sinking: list[str] = []
    for mover in (i for i in goal.order if i not in stay):
        place = _above_successor(ladder, goal, mover, settled)
        if ladder.index(mover) <= place:
            sinking.append(mover)
            continue
        steps.append(Step(mover, place))
        ladder = inserted(ladder, steps[-1])
        insort(settled, goal.rank[mover])
    for mover in sorted(sinking, key=ladder.index, reverse=True):
        steps.append(Step(mover, _below_predecessor(ladder, goal, mover, settled)))
        ladder = inserted(ladder, steps[-1])
        insort(settled, goal.rank[mover])
    return steps


def _above_successor(ladder: Ladder, goal: Goal, mover: str, settled: list[int]) -> int:
    """Where the next settled profile stands, or the first unlisted one that has to be below all listed ones."""
    cut = bisect(settled, goal.rank[mover])
    return ladder.index(goal.order[settled[cut]]) if cut < len(settled) else goal.zone(ladder).stop


def _below_predecessor(ladder: Ladder, goal: Goal, mover: str, settled: list[int]) -> int:
    """Where the settled profile before it stands, or the last unlisted one that has to be above all listed ones."""
    cut = bisect(settled, goal.rank[mover])
    return ladder.index(goal.order[settled[cut - 1]]) if cut else goal.zone(ladder).start - 1
