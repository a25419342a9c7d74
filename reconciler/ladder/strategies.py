"""What to send next, given a ladder and what the service is known to do. Used by `climb` and for the bound of `solve`.

Every strategy decides from the present ladder alone, so a run that was cut off goes on from wherever it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from .behaviour import Behaviour
from .draft import draft
from .goal import Goal, Step, inserted, kept
from .model import Ladder, Move, Stuck


def next_step(ladder: Ladder, goal: Goal, behaviour: Behaviour, planned: Sequence[Move] = ()) -> Step | None:
    """The next call, or None where the goal is reached. Raises `Stuck` where no call leads on.

    As long as insertion explains all that was seen, the plan is followed, or a new shortest one where the ladder
    is not the one that the plan expects.
    """
    displaced = goal.displaced(ladder)
    if goal.in_order(ladder) and not displaced:
        return None
    exchanging = Behaviour.SWAP in behaviour and Behaviour.INSERT not in behaviour
    if goal.in_order(ladder) and not (exchanging and goal.unlisted != "keep"):
        raise Stuck(
            "The declared order is reached, but enrollment profiles {}, which it does not name, changed places among "
            "themselves on the way. Check their order in the Intune admin center.",
            displaced,
        )
    if exchanging:
        return swap_step(ladder, goal)
    if Behaviour.INSERT in behaviour:
        return planned_step(ladder, planned) or draft(ladder, goal)[0]
    if Behaviour.INSERT_SHIFT in behaviour:
        return shift_step(ladder, goal)
    return selection_step(ladder, goal)


def planned_step(ladder: Ladder, planned: Sequence[Move]) -> Step | None:
    """The first planned call, if from this ladder it leads where the plan says."""
    if not planned or ladder == planned[0].ladder or planned[0].id not in planned[0].ladder:
        return None
    step = Step(planned[0].id, planned[0].ladder.index(planned[0].id))
    return step if inserted(ladder, step) == planned[0].ladder else None


def shift_step(ladder: Ladder, goal: Goal) -> Step:
    """The next call where a mover always lands directly above the holder: at most one call for each listed profile.

    Nobody whose number one could ask for stands below the lowest rung, so all is built upward from an anchor that
    stays: the first unlisted profile under `last`, else the last of the order. Each mover lands directly above its
    successor. Where the lowest rung is an unlisted profile that belongs above, the last of the order asks for the
    first number after it: a service that shifts numbers up has no reason to refuse that, and if it does,
    nothing has happened.
    """
    zone = goal.zone(ladder)
    if zone.stop < len(ladder):
        anchor = ladder[zone.stop]
    elif ladder.index(goal.order[-1]) in zone:
        anchor = goal.order[-1]
    elif zone:
        return Step(goal.order[-1], len(ladder) - 1)
    else:
        return Step(goal.order[-1], len(ladder))
    stay = kept(ladder, goal, range(zone.start, ladder.index(anchor)))
    mover = next(i for i in goal.order if i not in stay and i != anchor)
    successor = next((i for i in stay if goal.rank[i] > goal.rank[mover]), anchor)
    return Step(mover, ladder.index(successor))


def swap_step(ladder: Ladder, goal: Goal) -> Step:
    """The next call where mover and holder change places: as few calls as exchanges through a listed profile allow.

    A cycle of c misplaced profiles takes c - 1 exchanges if it holds a listed one, else c + 1: a listed profile
    has to join it and leave it. The highest rank comes first that can be put right without stranding unlisted ones.
    """
    target = _swap_target(ladder, goal)
    place_of = {i: place for place, i in enumerate(ladder)}
    cycles = _cycles(place_of, target)
    for cycle in sorted(cycles):
        for place in sorted(cycle):
            holder, owner = ladder[place], target[place]
            others = [ladder[p] for p in cycle if p != place_of[owner]]
            closes = len(cycle) == 2 or any(i in goal.rank for i in others)
            if owner in goal.rank and closes:
                return Step(owner, place)
            if holder in goal.rank and closes:
                return Step(holder, place_of[owner])
    return Step(goal.order[-1], min(min(cycle) for cycle in cycles))


def _swap_target(ladder: Ladder, goal: Goal) -> Ladder:
    """The ladder to reach by exchanges; under `keep` no unlisted profile is touched at all."""
    if goal.unlisted == "last":
        return goal.order + goal.original
    if goal.unlisted == "first":
        return goal.original + goal.order
    listed = iter(goal.order)
    return tuple(next(listed) if i in goal.rank else i for i in ladder)


def _cycles(place_of: dict[str, int], target: Ladder) -> list[list[int]]:
    """The places whose profiles have to change among each other, one list for each cycle of the permutation."""
    cycles: list[list[int]] = []
    seen: set[int] = set()
    for start in range(len(target)):
        cycle: list[int] = []
        place = start
        while place not in seen:
            seen.add(place)
            cycle.append(place)
            place = place_of[target[place]]
        if len(cycle) > 1:
            cycles.append(cycle)
    return cycles


def selection_step(ladder: Ladder, goal: Goal) -> Step:
    """The next call where nothing is known but that a mover gets the rank that it asks for.

    Selection from the end that the unlisted leave free: the first wrong rank is given to its owner. Every call
    settles one rank for good under insertion and exchange alike, and the ranks that are settled are never touched.
    """
    settled = goal.settled(ladder)
    if goal.unlisted == "first":
        return Step(goal.order[-1 - settled], len(ladder) - 1 - settled)
    owner = goal.order[settled]
    return Step(owner, ladder.index(goal.listed(ladder)[settled]) if goal.unlisted == "keep" else settled)


def most_selections(goal: Goal) -> int:
    """The most calls that selection takes: with no unlisted in the way, the last profile falls into its place."""
    spared = goal.unlisted == "keep" or not goal.original
    return max(0, len(goal.order) - (1 if spared else 0))
