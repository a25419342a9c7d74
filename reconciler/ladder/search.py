"""Under `keep`, among the shortest sequences the one that bothers the fewest people: a layered search, for `solve`.

Only there the final ladder is open: it matters to people which of two listed profiles passes the unlisted ones
between them. Everywhere else every shortest sequence ends at the same ladder, and the draft leads nobody astray.

Layer k holds the ladders that k calls reach from which the rest of the way is still a shortest one; that is decided
exactly, without looking ahead. Every layer is expanded cheapest first until its share of the evaluations is spent;
what is dropped then costs the proof (`Found.complete`), never the validity of the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from .goal import Goal, Step, inserted, lengths, ranks_in
from .model import Ladder
from .population import Population, Winners, either

EVALUATIONS = 12_000
"""How many successors a search may look at: about a quarter of a second on a slow core."""
OUTCOMES = 32
"""How many equally good final distributions of the people are told apart, where `keep` leaves a choice."""


class Edge(NamedTuple):
    """A ladder that leads to another, and by which step."""

    parent: Ladder
    step: Step


Layer: TypeAlias = dict[Ladder, list[Edge]]


class Cost(NamedTuple):
    """What sequences of equal length are compared by."""

    changed: int
    strays: int
    downward: int
    """Calls that move a profile down: what a service makes of them is less certain."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best sequence of a search, and whether nothing was left out."""

    steps: list[Step]
    cost: Cost
    complete: bool


def cost_of(ladder: Ladder, steps: list[Step], population: Population) -> Cost:
    """What a sequence of insertions costs the people on its way; nothing for an empty one."""
    way = [ladder]
    for step in steps:
        way.append(inserted(way[-1], step))
    old, new = population.winners(ladder), population.winners(way[-1])
    strays = sum(population.strays(rest, either(old, new)) for rest in way[1:-1])
    downward = sum(_is_downward(rest, step) for rest, step in zip(way, steps, strict=False))
    return Cost(population.strays(way[-1], old), strays, downward)


def search(
    ladder: Ladder, goal: Goal, population: Population, *, calls: int, likely: Ladder, evaluations: int
) -> Found:
    """The least cost of all sequences of `calls` insertions that reach the goal; `calls` is known to be the fewest.

    `likely` is a ladder that the goal allows: what people meet there guides which ladders to expand first.
    """
    old = population.winners(ladder)
    allowed = either(old, population.winners(likely))
    layers, complete = _layers(ladder, goal, population, calls, allowed, evaluations // calls)
    ends: dict[frozenset[tuple[str, int]], list[Ladder]] = defaultdict(list)
    for end in layers[-1]:
        ends[frozenset(population.winners(end).items())].append(end)
    changed = {outcome: population.strays(same[0], old) for outcome, same in ends.items()}
    fewest = min(changed.values())
    best = [outcome for outcome in ends if changed[outcome] == fewest]
    ways = [
        _cheapest(layers, ends[outcome], population, either(old, dict(outcome)), changed=fewest)
        for outcome in best[:OUTCOMES]
    ]
    cost, steps = min(ways, key=lambda way: way[0])
    return Found(steps, cost, complete and len(best) <= OUTCOMES)


def _layers(
    start: Ladder, goal: Goal, population: Population, calls: int, allowed: Winners, share: int
) -> tuple[list[Layer], bool]:
    """All shortest ways, as one layer of ladders with their incoming edges for each number of calls."""
    layers: list[Layer] = [{start: []}]
    spent, complete = {start: 0}, True
    for _ in range(calls):
        layer: Layer = {}
        costs: dict[Ladder, int] = {}
        left = max(1, share)
        for ladder in sorted(layers[-1], key=spent.__getitem__):
            if left <= 0:
                complete = False
                break
            for step in shortening(ladder, goal):
                child = inserted(ladder, step)
                layer.setdefault(child, []).append(Edge(ladder, step))
                if child not in costs:
                    costs[child] = spent[ladder] + population.strays(child, allowed)
                left -= 1
        layers.append(layer)
        spent = costs
    return layers, complete


def shortening(ladder: Ladder, goal: Goal) -> Iterator[Step]:
    """Every insertion under `keep` after which one call fewer is needed.

    A mover x fits into a gap if the longest run of lower ranks that ends above it and the longest run of higher
    ranks that starts below it make up as many as can stay at all: then x stays with them. Neither run ever holds x
    itself, so one pass over the whole ladder serves for all x. Only the numbers of listed profiles are asked for,
    and an exchange of neighbours is given once, as its upward call.
    """
    ranks = ranks_in(ladder, goal, range(len(ladder)))
    ends = lengths(ranks)
    starts = lengths([None if rank is None else -rank for rank in reversed(ranks)])[::-1]
    runs = _Runs([-1 if rank is None else rank for rank in ranks], ends, starts, max(ends))
    for place, mover in enumerate(ladder):
        if mover not in goal.rank:
            continue
        for gap in runs.gaps(goal.rank[mover]):
            target = gap if gap <= place else gap - 1
            if ladder[target] in goal.rank and target != place + 1:
                yield Step(mover, target)


@dataclass(frozen=True, slots=True)
class _Runs:
    """By index of one ladder: ranks (-1 for unlisted), lengths of the longest runs that end and that start there."""

    ranks: list[int]
    ends: list[int]
    starts: list[int]
    most: int

    def gaps(self, rank: int) -> Iterator[int]:
        """The gaps (0 is above the winner) where a profile of this rank would join a longest run that can stay."""
        longest, after = 0, [0]
        for other, length in zip(reversed(self.ranks), reversed(self.starts), strict=True):
            if length > longest and other > rank:
                longest = length
            after.append(longest)
        longest = 0
        for gap, below in enumerate(reversed(after)):
            if longest + below == self.most:
                yield gap
            if gap < len(self.ranks) and self.ends[gap] > longest and self.ranks[gap] < rank:
                longest = self.ends[gap]


def _cheapest(
    layers: list[Layer], ends: list[Ladder], population: Population, allowed: Winners, *, changed: int
) -> tuple[Cost, list[Step]]:
    """The cheapest way through the layers to one of `ends`; equal costs fall to what was found first."""
    costs: dict[Ladder, Cost] = {ladder: Cost(changed, 0, 0) for ladder in layers[0]}
    chosen: list[dict[Ladder, Edge]] = []
    for layer in layers[1:]:
        last = layer is layers[-1]
        reached: dict[Ladder, Cost] = {}
        via: dict[Ladder, Edge] = {}
        for ladder in ends if last else layer:
            strays = 0 if last else population.strays(ladder, allowed)
            for edge in layer[ladder]:
                base = costs[edge.parent]
                cost = Cost(changed, base.strays + strays, base.downward + _is_downward(edge.parent, edge.step))
                if ladder not in reached or cost < reached[ladder]:
                    reached[ladder], via[ladder] = cost, edge
        costs = reached
        chosen.append(via)
    end = min(costs, key=costs.__getitem__)
    return costs[end], _steps_back(chosen, end)


def _steps_back(chosen: list[dict[Ladder, Edge]], end: Ladder) -> list[Step]:
    steps: list[Step] = []
    for via in reversed(chosen):
        edge = via[end]
        steps.append(edge.step)
        end = edge.parent
    return steps[::-1]


def _is_downward(ladder: Ladder, step: Step) -> bool:
    return ladder.index(step.id) < step.place
