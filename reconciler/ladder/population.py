"""Who meets which profile: the people of a ladder as bit sets, one bit a crowd. Used by `solve` and `search`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .model import Crowd, Ladder

Winners: TypeAlias = dict[str, int]
"""Per profile, the bit set of the crowds for whom it wins; profiles that win nobody are left out."""


@dataclass(frozen=True, slots=True)
class Population:
    """Crowds that have a choice: people with fewer than two live profiles never notice a move."""

    people: tuple[int, ...]
    holders: Mapping[str, int]
    """Per live profile, the bit set of the crowds that are assigned it."""

    @classmethod
    def of(cls, crowds: Iterable[Crowd], ladder: Ladder) -> Population:
        """Crowds that look alike on this ladder are counted together."""
        live = frozenset(ladder)
        sizes: Counter[frozenset[str]] = Counter()
        for crowd in crowds:
            sizes[crowd.profiles & live] += crowd.people
        atoms = [(profiles, people) for profiles, people in sizes.items() if len(profiles) > 1 and people > 0]
        holders = {i: sum(1 << bit for bit, (profiles, _) in enumerate(atoms) if i in profiles) for i in ladder}
        return cls(tuple(people for _, people in atoms), holders)

    def count(self, crowds: int) -> int:
        """How many people these crowds are."""
        total = 0
        while crowds:
            lowest = crowds & -crowds
            total += self.people[lowest.bit_length() - 1]
            crowds ^= lowest
        return total

    def winners(self, ladder: Ladder) -> Winners:
        """Everyone gets the first profile from the top that they are assigned."""
        rest, won = (1 << len(self.people)) - 1, {}
        for profile in ladder:
            here = rest & self.holders[profile]
            if here:
                won[profile] = here
                rest ^= here
            if not rest:
                break
        return won

    def strays(self, ladder: Ladder, allowed: Winners) -> int:
        """People who meet a profile that `allowed` does not give them."""
        lost = 0
        for profile, crowds in self.winners(ladder).items():
            lost |= crowds & ~allowed.get(profile, 0)
        return self.count(lost)


def either(one: Winners, other: Winners) -> Winners:
    """Both allowances together."""
    return {profile: one.get(profile, 0) | other.get(profile, 0) for profile in one.keys() | other.keys()}
