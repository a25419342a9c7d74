"""What a ladder has to look like, how far it is from that, and the array move of insertion.

Used by the draft, the search and the strategies. The one fact beneath all of them: with n profiles listed, the fewest
insertions are n minus the most listed profiles that can stay, which is a longest increasing subsequence (Schensted
1961; Fredman 1975) among those that already stand on the right side of the unlisted ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .model import Ladder, LadderError, Unlisted


class Step(NamedTuple):
    """One call in terms of places: `id` asks for the number of whoever stands at `place` (0 is the winner).

    A `place` below the lowest rung stands for the first number after the last one.
    """

    id: str
    place: int


def inserted(ladder: Ladder, step: Step) -> Ladder:
    """The ladder after an array move: the mover takes that place, those between move by one."""
    rest = [i for i in ladder if i != step.id]
    rest.insert(step.place, step.id)
    return tuple(rest)


@dataclass(frozen=True, slots=True)
class Goal:
    """The wanted order of the listed, the side of the unlisted, and the relative order the unlisted have to end in."""

    order: Ladder
    unlisted: Unlisted
    original: Ladder
    rank: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", {profile: place for place, profile in enumerate(self.order)})

    @classmethod
    def of(cls, ladder: Ladder, order: Sequence[str], unlisted: Unlisted) -> Goal:
        """Raises `LadderError` where `order` names a profile twice or one that is not live."""
        twice = [i for place, i in enumerate(order) if i in order[:place]]
        if twice:
            raise LadderError("The order names enrollment profiles {} more than once; name each once.", twice)
        missing = [i for i in order if i not in ladder]
        if missing:
            raise LadderError("The order names enrollment profiles {}, which are not in the tenant.", missing)
        return cls(tuple(order), unlisted, tuple(i for i in ladder if i not in order))

    def zone(self, ladder: Ladder) -> range:
        """The indexes at which a listed profile stands on the right side of every unlisted one."""
        others = [place for place, i in enumerate(ladder) if i not in self.rank]
        if self.unlisted == "keep" or not others:
            return range(len(ladder))
        return range(others[0]) if self.unlisted == "last" else range(others[-1] + 1, len(ladder))

    def listed(self, ladder: Ladder) -> Ladder:
        """The listed profiles in the order in which they stand."""
        return tuple(i for i in ladder if i in self.rank)

    def in_order(self, ladder: Ladder) -> bool:
        """Whether the listed profiles stand as wanted; says nothing about the unlisted among themselves."""
        zone = self.zone(ladder)
        standing = ladder if self.unlisted == "keep" else ladder[zone.start : zone.stop]
        return self.listed(standing) == self.order

    def displaced(self, ladder: Ladder) -> Ladder:
        """The unlisted profiles that do not stand where they stood among the unlisted."""
        now = [i for i in ladder if i not in self.rank]
        return tuple(i for i, was in zip(now, self.original, strict=True) if i != was)

    def settled(self, ladder: Ladder) -> int:
        """How many listed profiles stand at their final rank, counted from the end that the unlisted leave free."""
        standing, wanted = (self.listed(ladder) if self.unlisted == "keep" else ladder), self.order
        if self.unlisted == "first":
            standing, wanted = standing[::-1], wanted[::-1]
        pairs = enumerate(zip(standing, wanted, strict=False))
        return next((place for place, (is_there, belongs) in pairs if is_there != belongs), len(wanted))


def ranks_in(ladder: Ladder, goal: Goal, within: range) -> list[int | None]:
    """For each index the rank of the listed profile that stands there; None for unlisted ones and outside `within`."""
    return [goal.rank.get(i) if place in within else None for place, i in enumerate(ladder)]


def lengths(ranks: Sequence[int | None]) -> list[int]:
    """For each index, the length of the longest increasing subsequence of ranks that ends there; 0 where no rank is."""
    tails: list[int] = []
    found: list[int] = []
    for rank in ranks:
        if rank is None:
            found.append(0)
            continue
        length = bisect_left(tails, rank)
        tails[length : length + 1] = [rank]
        found.append(length + 1)
    return found


def kept(ladder: Ladder, goal: Goal, within: range) -> list[str]:
    """A longest sequence of listed profiles inside `within` that can stay, winner first.

    Of several, the one that reaches furthest down the order: then those that move rather move up, and an upward move
    means the same to more kinds of service. In particular neighbours never change places by a downward call.
    """
    levels: dict[int, list[int]] = {}
    for place, length in enumerate(lengths(ranks_in(ladder, goal, within))):
        levels.setdefault(length, []).append(place)
    stay: list[str] = []
    rank = len(goal.order)
    for length in sorted(levels.keys() - {0}, reverse=True):
        # Ranks of one level fall from top to bottom, so the first that fits also stands above the one chosen before.
        profile = next(ladder[place] for place in levels[length] if goal.rank[ladder[place]] < rank)
        rank = goal.rank[profile]
        stay.append(profile)
    return stay[::-1]
