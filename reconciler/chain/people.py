"""The chain with people counted: who wins which profile, whom a part does not reach, who meets two of one sort.

Everything is a population over one census, so a number is exact where memberships could be read, and a range where
they could not: people behind a filter, and groups that were not readable, are never taken for reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from ..assignments import Target
from ..audience import NOBODY, Census, Population, reach
from ..facts import Part
from ..live import Names
from .model import Contender, Side, Supply

BEHIND_FILTER = "a filter decides it by device"


@dataclass(frozen=True, slots=True)
class Number:
    """How many people: at least, and at most where that is known; equal where the number is exact."""

    least: int = 0
    most: int | None = 0

    @property
    def exact(self) -> bool:
        return self.least == self.most

    @property
    def none(self) -> bool:
        """Whether it is surely nobody."""
        return self.most == 0

    def to_json(self) -> dict[str, int | None]:
        return {"atLeast": self.least, "atMost": self.most}


@dataclass(frozen=True, slots=True)
class Share:
    """People of one group among others."""

    group: str
    name: str
    people: Number
    whole: bool
    """Whether it is the whole group."""


@dataclass(frozen=True, slots=True)
class Gap:
    """People whom a profile sends into enrollment and whom a part of the chain does not reach."""

    profile: Contender
    part: Part
    people: Number
    population: Population
    shares: tuple[Share, ...] = ()
    """The named groups that they are in, the largest first; people in no named group are in none of them."""
    why: tuple[str, ...] = ()
    """What would have to be read to know the number; empty where it is exact."""
    closed_by: tuple[Share, ...] = ()
    """Groups that are left out whole and hold everybody who surely is; empty where there are none."""

    @property
    def sure(self) -> bool:
        """Whether there surely is somebody."""
        return self.people.least > 0


@dataclass(frozen=True, slots=True)
class Meeting:
    """People who are reached by two supplies of one part, where one is meant."""

    one: Supply
    other: Supply
    people: Number
    population: Population


@dataclass(frozen=True, slots=True)
class Move:
    """People whose winning profile becomes another one. None stands for no profile at all."""

    before: Contender | None
    after: Contender | None
    people: Number


def number(population: Population, census: Census) -> Number:
    """How many people a population is."""
    return Number(census.at_least(population), census.at_most(population))


def reached(targets: Iterable[Target], census: Census, *, enrolled: bool = False) -> Population:
    """Whom targets reach. With `enrolled`, everybody who has an enrolled device is in "all devices"."""
    every = [*targets]
    if enrolled and not any(t.who == "devices" and not t.exclude for t in every):
        census = _without_devices_out(every, census)
    whom = [replace(t, who="users") if enrolled and t.who == "devices" else t for t in every]
    sure, most = reach(whom, census, surely=True), reach(whom, census)
    if sure.surely == most.possibly:
        return most
    why = most.unread or sure.unread or frozenset({BEHIND_FILTER})
    return Population(sure.surely & most.possibly, most.possibly, why)


def _without_devices_out(targets: Sequence[Target], census: Census) -> Census:
    """The census for targets of people: that they exclude a group of devices leaves out nobody.

    Source: Microsoft, "Assign policies in Microsoft Intune": excluding groups of devices from an assignment to groups
    of users is not supported.
    """
    included = {t.group for t in targets if not t.exclude}
    kept = {group: why for group, why in census.devices.items() if group in included}
    return census if len(kept) == len(census.devices) else replace(census, devices=kept)


def winners(profiles: Sequence[Contender], census: Census) -> dict[str, Population]:
    """The people of each profile by its key: those whom it is for and no profile of a higher rank."""
    found: dict[str, Population] = {}
    above = NOBODY
    people = census.users_only()
    own = {profile.key: reached(profile.targets, people) for profile in profiles}
    untied = NOBODY
    for profile in profiles:
        won = own[profile.key] - above
        found[profile.key] = _unsure(won, own, profiles, profile, untied) if profile.tied else won
        above = above | own[profile.key]
        untied = untied if profile.tied else untied | own[profile.key]
    return found


def _unsure(
    won: Population, own: dict[str, Population], profiles: Sequence[Contender], profile: Contender, above: Population
) -> Population:
    """The people of a profile whose priority another one holds too: who has both may get either.

    `above` are the people of profiles of a higher rank whose own rank is certain.
    """
    others = reduce(or_, (own[p.key] for p in profiles if p.tied and p.key != profile.key), NOBODY)
    both = own[profile.key].possibly & others.possibly & ~above.surely
    unread = won.unread | {f"{profile.name!r} and another profile hold the same priority"} if both else won.unread
    return Population(won.surely & ~both, won.possibly | both, unread)


def provided(side: Side, part: Part, profile: Contender, census: Census) -> Population:
    """Whom a part of the chain reaches, in a way that serves this profile's people."""
    return reduce(or_, (_supplied(supply, census) for supply in side.serving(part, profile)), NOBODY)


def _supplied(supply: Supply, census: Census) -> Population:
    if not supply.works:
        return NOBODY
    whom = reached(supply.targets, census, enrolled=True)
    return Population(0, whom.possibly, whom.unread | {supply.doubt}) if supply.doubt else whom


def gap(
    side: Side, part: Part, profile: Contender, census: Census, names: Names, won: Population | None = None
) -> Gap | None:
    """Whom a part leaves out of a profile's people; None where it is surely nobody."""
    mine = won if won is not None else winners(side.profiles, census)[profile.key]
    left = mine - provided(side, part, profile, census)
    if part in side.unread:
        left = Population(0, left.possibly, left.unread | {side.unread[part]})
    people = number(left, census)
    if people.none:
        return None
    why = tuple(sorted(census.why_not(left))) if not people.exact else ()
    held = shares(left, census, names)
    return Gap(profile, part, people, left, held, why, _closing(left, held, census))


def _closing(left: Population, held: Sequence[Share], census: Census) -> tuple[Share, ...]:
    """The fewest groups, largest first, that make up everybody who is surely left out."""
    rest, found = left.surely, []
    for share in (s for s in held if s.whole):
        if rest & (members := census.groups[share.group].surely):
            found.append(share)
            rest &= ~members
    return tuple(found) if not census.anybody(Population(rest, rest)) else ()


def shares(population: Population, census: Census, names: Names) -> tuple[Share, ...]:
    """The groups of a census that a population is made of, the largest share first."""
    found: list[Share] = []
    for group, members in census.groups.items():
        known = names.groups_by_id.get(group)
        if not (known and known.name and population.surely & members.surely):
            continue
        common = population & members
        people = number(common, census)
        if people.least:
            whole = not (members - population).possibly
            found.append(Share(group, known.name, people, whole))
    return tuple(sorted(found, key=lambda s: (-s.people.least, s.name, s.group)))


def meetings(supplies: Sequence[Supply], census: Census) -> list[Meeting]:
    """Pairs of supplies that surely reach somebody both. Supplies of one object are no pair: give one of each."""
    whom = [(supply, reached(supply.targets, census, enrolled=True)) for supply in supplies]
    found: list[Meeting] = []
    earlier = NOBODY
    for index, (supply, people) in enumerate(whom):
        if census.anybody(people & earlier):  # else no pair is looked at: there may be a thousand supplies
            both = [(other, theirs & people) for other, theirs in whom[:index]]
            found += [Meeting(other, supply, number(b, census), b) for other, b in both if census.anybody(b)]
        earlier = earlier | people
    return found


def moves(before: Side, after: Side, census: Census) -> list[Move]:
    """Who wins another profile after than before, the most people first."""
    old, new = winners(before.profiles, census), winners(after.profiles, census)
    sides: list[list[tuple[Contender | None, Population]]] = []
    for side, won in ((before, old), (after, new)):
        somebody = reduce(or_, won.values(), NOBODY)
        sides.append([(None, census.everybody - somebody), *((p, won[p.key]) for p in side.profiles)])
    found = [
        Move(a, b, people)
        for a, theirs in sides[0]
        for b, ours in sides[1]
        if _differ(a, b) and not (people := number(theirs & ours, census)).none
    ]
    return sorted(found, key=lambda m: (-(m.people.least), _name(m.before), _name(m.after)))


def _differ(one: Contender | None, other: Contender | None) -> bool:
    if one is None or other is None:
        return one is not other
    return (one.key, one.type) != (other.key, other.type)


def _name(profile: Contender | None) -> str:
    return profile.name if profile else ""


def one_person(groups: Iterable[str], asked: Iterable[Target]) -> Census:
    """The census of a single person who is in these groups: every population is that person, or nobody."""
    mine = {group.casefold() for group in groups}
    known = {t.group for t in asked if t.who == "group"}
    somebody = frozenset({"person"})
    return Census.of({group: somebody if group in mine else frozenset() for group in known | mine}, 1)


def targets_of(sides: Iterable[Side]) -> list[Target]:
    """Every target of these sides' profiles and supplies."""
    found = {t for side in sides for p in side.profiles for t in p.targets}
    found |= {t for side in sides for s in side.supplies for t in s.targets}
    return sorted(found, key=lambda t: (t.key, str(t.filter)))
