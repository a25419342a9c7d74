"""Who is reached by what, as populations: pure sets of people over a census that `engine.people` reads.

People with the same memberships are one crowd, and everybody who is in none of the groups that were read is the first
one. So a population is a small bit set over crowds, whatever the size of the tenant, and "everybody else" is part of
it like any other crowd. Used to count whom a plan affects, and to choose the way to an order of profiles on which the
fewest people meet a profile that is neither their old nor their new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .assignments import Target
from .ladder.model import Crowd
from .model import Address

_OTHERS = 1
"""The crowd of everybody who is in none of the groups that were read."""


@dataclass(frozen=True, slots=True)
class Population:
    """Some of a tenant's people, as far as that is known: `surely` are in it, and nobody but `possibly`.

    Both are bit sets over the crowds of one census. What could not be read makes the two differ; it is never nobody.
    """

    surely: int = 0
    possibly: int = 0
    unread: frozenset[str] = frozenset()
    """Sentences: what would have to be read to know; empty where the population is known."""

    @property
    def known(self) -> bool:
        return self.surely == self.possibly

    def __or__(self, other: Population) -> Population:
        return self._with(other, self.surely | other.surely, self.possibly | other.possibly)

    def __and__(self, other: Population) -> Population:
        return self._with(other, self.surely & other.surely, self.possibly & other.possibly)

    def __sub__(self, other: Population) -> Population:
        return self._with(other, self.surely & ~other.possibly, self.possibly & ~other.surely)

    def _with(self, other: Population, surely: int, possibly: int) -> Population:
        unread = self.unread | other.unread if surely != possibly else frozenset[str]()
        return Population(surely, possibly, unread)


NOBODY = Population()


@dataclass(frozen=True, slots=True)
class Census:
    """The people of a tenant as far as they were asked for: who is in which group, and how many there are."""

    sizes: tuple[int, ...] = (0,)
    """How many people each crowd is; the first is everybody else."""
    groups: Mapping[str, Population] = field(default_factory=dict)
    """The users in each group, nested ones too, by id in lower case. A deleted group has nobody."""
    devices: Mapping[str, str] = field(default_factory=dict)
    """Groups that hold devices too, whose people nobody can tell: by id, what to say about it."""
    uncounted: str | None = None
    """Why it is not known how many everybody else is."""
    by_size: Mapping[int, int] = field(default_factory=dict, compare=False, repr=False)
    """The crowds of each size, as a bit set; made from `sizes` where it is not given."""

    def __post_init__(self) -> None:
        if self.by_size:
            return
        places: dict[int, list[int]] = {}
        for bit, size in enumerate(self.sizes):
            places.setdefault(size, []).append(bit)
        found = {size: _bits(bits, len(self.sizes)) for size, bits in places.items() if size}
        object.__setattr__(self, "by_size", found)

    @classmethod
    def of(
        cls,
        members: Mapping[str, frozenset[str]],
        everyone: int | None,
        *,
        unread: Mapping[str, str] | None = None,
        devices: Mapping[str, str] | None = None,
        uncounted: str = "the number of users was not read",
    ) -> Census:
        """A census from the ids of the people in each group, and how many people the tenant has.

        `unread` says of groups why they could not be read, `uncounted` why `everyone` is None.
        """
        people: dict[str, list[str]] = {}
        for group in sorted(members):
            for person in members[group]:
                people.setdefault(person, []).append(group)
        sizes = Counter(tuple(groups) for groups in people.values())
        places: dict[str, list[int]] = {group: [] for group in members}
        for index, crowd in enumerate(sorted(sizes), 1):
            for group in crowd:
                places[group].append(index)
        bits = {group: _bits(found, len(sizes) + 1) for group, found in places.items()}
        others = max(everyone - len(people), 0) if everyone is not None else 0
        made = cls((others, *(sizes[crowd] for crowd in sorted(sizes))))
        return cls(
            made.sizes,
            {g: Population(b, b) for g, b in bits.items()} | {g: made.unknown(s) for g, s in (unread or {}).items()},
            dict(devices or {}),
            uncounted if everyone is None else None,
        )

    @property
    def everybody(self) -> Population:
        """All people of the tenant."""
        every = (1 << len(self.sizes)) - 1
        return Population(every, every)

    def unknown(self, why: str) -> Population:
        """Nobody knows who."""
        return Population(0, self.everybody.possibly, frozenset({why}))

    def users_only(self) -> Census:
        """The same for objects that reach users alone, whatever devices their groups hold."""
        return replace(self, devices={}) if self.devices else self

    def people(self, target: Target) -> Population:
        """The people of one target, its filter aside. Devices are not readable as people, so theirs are unknown."""
        if target.who == "users":
            return self.everybody
        if target.who != "group":
            reach = "all devices" if target.who == "devices" else f"a target of another sort ({target.group})"
            return self.unknown(f"whom an assignment to {reach} reaches cannot be read")
        found = self.groups.get(target.group)
        if found is None:
            return self.unknown(f"the members of group {target.group} were not read")
        return found | self.unknown(self.devices[target.group]) if target.group in self.devices else found

    def count(self, population: Population) -> int | None:
        """How many people that are; None where it is not known (`why_not`)."""
        return None if self.why_not(population) else self._sum(population.possibly)

    def anybody(self, population: Population) -> bool:
        """Whether there surely is somebody: a tenant whose people were not counted has some."""
        return self.at_least(population) > 0 or bool(self.uncounted and population.surely & _OTHERS)

    def at_least(self, population: Population) -> int:
        """How many people that are, as far as it is known: everybody else counts only where they were counted."""
        return self._sum(population.surely & ~_OTHERS if self.uncounted else population.surely)

    def at_most(self, population: Population) -> int | None:
        """How many people that are at most; None where not even that is known."""
        return None if self.uncounted and population.possibly & _OTHERS else self._sum(population.possibly)

    def _sum(self, bits: int) -> int:
        """By size: there may be as many crowds as people, and most of them are one person."""
        return sum(size * (bits & crowds).bit_count() for size, crowds in self.by_size.items())

    def why_not(self, population: Population) -> frozenset[str]:
        """Why a population cannot be counted; nothing where it can."""
        uncounted = self.uncounted if population.possibly & _OTHERS else None
        return population.unread | ({uncounted} if uncounted else frozenset())


def _bits(places: Iterable[int], size: int) -> int:
    """The bit set with these bits, made at once: one by one, each would copy the whole set."""
    found = bytearray(size // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


@dataclass(frozen=True, slots=True)
class Affected:
    """How many distinct people a plan affects; None where that is not known."""

    count: int | None
    by_address: Mapping[Address, int | None] = field(default_factory=dict)
    """Per change that affects anybody."""
    unread: tuple[str, ...] = ()
    """Sentences: why it is not known."""


def union(targets: Iterable[Target], census: Census, *, surely: bool = False) -> Population:
    """The people of all these targets together, whichever side they stand on.

    Filters act on devices, and one person may have some that fit and some that don't. So people behind a filter count
    in full, as the most there can be; with `surely` they do not count at all.
    """
    found = NOBODY
    for target in targets:
        if not (surely and target.filter):
            found |= census.people(target)
    return found


def reach(targets: Iterable[Target], census: Census, *, surely: bool = False) -> Population:
    """Whom targets reach: those included, minus those excluded. People behind a filter count as in `union`."""
    every = list(targets)
    included = union((t for t in every if not t.exclude), census, surely=surely)
    return included - union((t for t in every if t.exclude), census, surely=not surely)


def losing(before: Iterable[Target], after: Iterable[Target], census: Census) -> Population:
    """Who is reached by the first targets and not by the second ones; the other way round, who gains.

    That is who was in and is newly left out, and who was in by a target that goes and is in by no other. What stands
    on both sides, unread or behind one filter, is the same people on both, and so makes nothing unknown.
    """
    old, new = frozenset(before), frozenset(after)
    was_in = union((t for t in old if not t.exclude), census)
    left_out = union((t for t in new - old if t.exclude), census)
    gone = union((t for t in old - new if not t.exclude), census)
    still_in = union((t for t in new if not t.exclude), census, surely=True)
    was_out = union((t for t in old if t.exclude), census, surely=True)
    return ((was_in & left_out) | (gone - still_in)) - was_out


def crowds(assigned: Mapping[str, Iterable[Target]], census: Census) -> tuple[Crowd, ...]:
    """The population in atoms: how many people are assigned exactly which objects. Who is not known is left out."""
    reached = {name: reach(targets, census).surely for name, targets in assigned.items()}
    counted: Counter[frozenset[str]] = Counter()
    rows = {name: f"{who:b}"[::-1].ljust(len(census.sizes), "0") for name, who in reached.items()}
    for bit, people in enumerate(census.sizes):
        counted[frozenset(name for name, row in rows.items() if row[bit] == "1")] += people
    found = [Crowd(people, objects) for objects, people in counted.items() if people and objects]
    return tuple(sorted(found, key=lambda crowd: (sorted(crowd.profiles), crowd.people)))
