"""What a plan does to the people of the chain: gaps, meetings and moves, before and after, and what is to be read.

Pure: `asked` says whose members have to be known, `verdict` answers once they are. Where targets alone settle a
question, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from operator import or_

from ..assignments import Target
from ..audience import NOBODY, Census, Population, union
from ..facts import PARTS, Part
from ..live import Names
from .filters import without_lost
from .model import Contender, Side, Supply
from .people import Gap, Meeting, Move, gap, meetings, moves, provided, reached, targets_of, winners
from .symbolic import Taken, apart, never_wins, uncovered

SINGLE: tuple[Part, ...] = ("sso-policy", "authenticator")
"""Parts of which a person is meant to have exactly one."""
_MANY = 40


@dataclass(frozen=True, slots=True)
class Sides:
    """The chain before and after a plan, without what no personal device gets."""

    before: Side
    after: Side
    lost: tuple[tuple[Supply, Target], ...] = ()
    """Targets after the plan that a filter keeps from every personal device."""

    @classmethod
    def of(cls, before: Side, after: Side, rules: Mapping[str, str], then: Mapping[str, str]) -> Sides:
        """`rules` are those of assignment filters (`filters.rules_of`) before the plan, `then` those after it."""
        return cls(without_lost(before, rules)[0], *_with_lost(after, then))


def _with_lost(side: Side, rules: Mapping[str, str]) -> tuple[Side, tuple[tuple[Supply, Target], ...]]:
    kept, lost = without_lost(side, rules)
    return kept, tuple(lost)


@dataclass(frozen=True, slots=True)
class Found:
    """A gap after the plan, and whether it is the plan's doing."""

    gap: Gap
    new: bool
    """Whether somebody is left out who was not before."""
    unmeant: bool = True
    """Whether somebody of these is excluded by name from nothing: exclusions are taken as meant."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a plan does to the people of the chain."""

    gaps: tuple[Found, ...] = ()
    meetings: tuple[tuple[Meeting, bool], ...] = ()
    """Each with whether it is the plan's doing."""
    moves: tuple[Move, ...] = ()
    dead: tuple[tuple[Contender, Contender], ...] = ()
    """Profiles that nobody can win, each with one that ranks above it."""
    outranked: tuple[tuple[Contender, Contender, Population], ...] = ()
    """Profiles of ours that others, which no spec names, outrank for the same people."""
    lost: tuple[tuple[Supply, Target], ...] = ()
    partial: tuple[str, ...] = ()
    """What could not be read."""


def asked(sides: Sides, provided: frozenset[str]) -> list[Target]:
    """The targets whose people have to be known. Nothing, where targets alone answer everything."""
    found: set[Target] = set()
    for profile, part, settled in _questions(sides.after, provided):
        if not settled:
            found |= _around(sides.after, profile, part)
            for earlier in (p for p in sides.before.profiles if p.needs_registration):
                found |= _around(sides.before, earlier, part)
    if sides.before.profiles != sides.after.profiles:
        found |= {t for side in (sides.before, sides.after) for p in side.profiles for t in p.targets}
    for same in _rivals(sides.after):
        if undecided := _undecided(same):
            keys = {supply.key for supply in same}
            found |= undecided | {t for s in sides.before.supplies if s.key in keys for t in s.targets}
    found |= {t for pair in _foreign_first(sides.after) for p in pair for t in p.targets}
    return sorted(found, key=lambda t: (t.key, str(t.filter)))


def _questions(side: Side, provided: frozenset[str]) -> Iterator[tuple[Contender, Part, bool]]:
    """Each part that each profile with a spec asks for, and whether targets alone prove that everybody has it."""
    taken = Taken()
    for profile in side.profiles:
        if profile.address and profile.jit_capable and _included(profile):
            for part in (p for p in PARTS if p not in provided and _wants(profile, p)):
                yield profile, part, not uncovered(profile, side.serving(part, profile), taken)
        taken.add(profile)


def _included(profile: Contender) -> bool:
    return any(not target.exclude for target in profile.targets)


def _wants(profile: Contender, part: Part) -> bool:
    """Whether a part is asked for: the web clip is a convenience, and only some specs name a first app."""
    return part != "web-clip" and (part != "first-sign-in-app" or profile.first_app is not None)


def _around(side: Side, profile: Contender, part: Part) -> set[Target]:
    """The targets that decide who of a profile's people has a part."""
    above = side.above(profile)
    concerned = Side((*above, profile), tuple(side.serving(part, profile)))
    return {*targets_of([concerned])}


def _rivals(side: Side) -> Iterator[list[Supply]]:
    """Supplies of a part of which one is meant to reach a person, where we have a hand in it."""
    for part in SINGLE:
        same: dict[str, Supply] = {}
        for supply in (s for s in side.supplies if s.part == part):
            twin = same.get(supply.key)  # one app, with licences of both sorts
            same[supply.key] = replace(supply, targets=(*twin.targets, *supply.targets)) if twin else supply
        if len(same) > 1 and any(s.address for s in same.values()):
            yield [*same.values()]


def _undecided(same: Sequence[Supply]) -> set[Target]:
    """The targets of supplies that may meet; among many, all of them: pairs are too many to be looked at."""
    if len(same) > _MANY:
        return {target for supply in same for target in supply.targets}
    close = [(a, b) for a, b in combinations(same, 2) if (a.address or b.address) and not apart(a, b)]
    return {target for pair in close for supply in pair for target in supply.targets}


def verdict(sides: Sides, census: Census, names: Names, provided: frozenset[str]) -> Verdict:
    """The answer. `census` has been read for `asked(sides, provided)`."""
    won = (winners(sides.before.profiles, census), winners(sides.after.profiles, census))
    gaps = [
        found
        for profile, part, settled in _questions(sides.after, provided)
        if not settled and (found := _gap(sides, profile, part, census, names, won))
    ]
    changed = sides.before.profiles != sides.after.profiles
    return Verdict(
        tuple(gaps),
        tuple(_meetings(sides, census)),
        tuple(moves(sides.before, sides.after, census)) if changed else (),
        tuple(_dead(sides.after)),
        tuple(_outranked(sides.after, census)),
        tuple(_harmful(sides.lost, gaps, census)),
        tuple(sorted({why for found in gaps for why in found.gap.why} | {*sides.after.unread.values()})),
    )


def _harmful(
    lost: Iterable[tuple[Supply, Target]], gaps: Sequence[Found], census: Census
) -> Iterator[tuple[Supply, Target]]:
    """The filtered targets without whose filter a gap would be smaller; the others are meant for company devices."""
    for supply, target in lost:
        whom = reached([replace(target, filter=None)], census, enrolled=True)
        if any(f.gap.part == supply.part and (f.gap.population & whom).possibly for f in gaps):
            yield supply, target


def _gap(
    sides: Sides,
    profile: Contender,
    part: Part,
    census: Census,
    names: Names,
    won: tuple[Mapping[str, Population], Mapping[str, Population]],
) -> Found | None:
    now = gap(sides.after, part, profile, census, names, won[1][profile.key])
    if now is None:
        return None
    lacked = _lacked(sides.before, profile, part, census, won[0])
    made = Population(now.population.surely & ~lacked, now.population.possibly & ~lacked)
    unmeant = Population(made.surely & ~meant(sides, profile, part, census))
    return Found(now, census.anybody(made), census.anybody(unmeant))


def _lacked(side: Side, asking: Contender, part: Part, census: Census, won: Mapping[str, Population]) -> int:
    """Who surely lacks a part already, with whatever profile they have that needs it no less than the one that asks."""
    found = 0
    for profile in side.profiles:
        as_much = profile.needs_registration or (profile.jit_capable and not asking.needs_registration)
        if as_much and part not in side.unread:
            found |= (won[profile.key] - provided(side, part, profile, census)).surely
    return found


def meant(sides: Sides, profile: Contender, part: Part, census: Census) -> int:
    """Whom a supply would reach, were they not excluded from it by name, such as break-glass accounts.

    Not those whom another supply reached until now: their exclusion was no decision to go without.
    """
    found = 0
    before = [(s.key, reached(s.targets, census, enrolled=True)) for s in sides.before.serving(part, profile)]
    for supply in sides.after.serving(part, profile):
        whole = [replace(t, filter=None) for t in supply.targets if not t.exclude]
        included = reached(whole, census.users_only(), enrolled=True)
        excluded = union((t for t in supply.targets if t.exclude), census.users_only())
        others = reduce(or_, (whom for key, whom in before if key != supply.key), NOBODY)
        found |= included.surely & excluded.surely & ~others.surely
    return found


def _meetings(sides: Sides, census: Census) -> Iterator[tuple[Meeting, bool]]:
    before = {frozenset((m.one.key, m.other.key)): m.population for m in _met(sides.before, census)}
    for met in _met(sides.after, census):
        earlier = before.get(frozenset((met.one.key, met.other.key)), NOBODY)
        yield met, census.anybody(met.population - earlier)


def _met(side: Side, census: Census) -> Iterator[Meeting]:
    for same in _rivals(side):
        yield from (met for met in meetings(same, census) if met.one.address or met.other.address)


def _dead(side: Side) -> Iterator[tuple[Contender, Contender]]:
    taken = Taken()
    for profile in side.profiles:
        if profile.address and (above := never_wins(profile, taken)):
            yield profile, above
        taken.add(profile)


def _foreign_first(side: Side) -> Iterator[tuple[Contender, Contender]]:
    """Our profiles, each with every one without a spec that ranks before it and may be for the same people."""
    foreign: list[Contender] = []
    for profile in side.profiles:
        if profile.address is None:
            foreign.append(profile)
        else:
            yield from ((profile, other) for other in foreign if _included(other) and _included(profile))


def _outranked(side: Side, census: Census) -> Iterator[tuple[Contender, Contender, Population]]:
    people = census.users_only()
    for profile, other in _foreign_first(side):
        both = reached(profile.targets, people) & reached(other.targets, people)
        if census.anybody(both):
            yield profile, other, both
