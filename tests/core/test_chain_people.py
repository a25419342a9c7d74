"""Gaps, winners and moves as populations, against an oracle that asks every single person."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.assignments import Filter, Target
from reconciler.chain.model import Contender, Side, Supply
from reconciler.chain.people import Number, gap, meetings, moves, winners
from reconciler.chain.verdicts import Sides, asked, verdict
from reconciler.live import Group, Names
from reconciler.model import Address

from .people import Person, census_of, people
from .tenants import FILTERS, GROUPS

IDS = tuple(GROUPS.values())
NAMES = Names(groups_by_id={i: Group(i, name) for name, i in GROUPS.items()})
NOTHING: frozenset[str] = frozenset()

in_group = st.builds(Target, st.just("group"), st.sampled_from(IDS))
out_of_group = st.builds(Target, st.just("group"), st.sampled_from(IDS), st.just(True))
everybody = st.sampled_from([Target("users"), Target("devices")])
filters = st.builds(Filter, st.sampled_from(("include", "exclude")), st.sampled_from(sorted(FILTERS.values())))
filtered = st.builds(lambda t, f: replace(t, filter=f), st.one_of(in_group, everybody), filters)
supplied = st.lists(st.one_of(in_group, out_of_group, everybody, filtered), min_size=1, max_size=3, unique=True)
assigned = st.lists(st.one_of(in_group, st.just(Target("users"))), max_size=3, unique=True)
hidden = st.frozensets(st.sampled_from(IDS), max_size=2)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    profiles = draw(st.lists(assigned, min_size=1, max_size=3))
    offered = draw(st.lists(supplied, max_size=3))
    return Side(
        tuple(
            Contender(f"p{n}", f"P{n}", "webBasedDeviceEnrollment", tuple(whom), address=Address("Profile", f"p{n}"))
            for n, whom in enumerate(profiles)
        ),
        tuple(
            Supply("sso-policy", f"s{n}", f"S{n}", tuple(whom), Address("P", f"s{n}")) for n, whom in enumerate(offered)
        ),
    )


def enrolled(everyone: list[Person]) -> list[Person]:
    """Everybody who enrolls has a device."""
    return [replace(person, has_device=True) for person in everyone]


def has(targets: tuple[Target, ...], person: Person) -> bool:
    reached = [target.exclude for target in targets if person.is_in(target)]
    return bool(reached) and not any(reached)


def winner(side: Side, person: Person) -> str | None:
    return next((profile.key for profile in side.profiles if has(profile.targets, person)), None)


def fits(number: Number, truth: int) -> bool:
    return number.least <= truth and (number.most is None or truth <= number.most)


@given(sides(), people, hidden)
def test_a_gap_holds_just_those_who_win_a_profile_and_are_not_reached(
    side: Side, everyone: list[Person], unread: frozenset[str]
) -> None:
    everyone = enrolled(everyone)
    census = census_of(everyone, unread)
    plain = not unread and not any(t.filter for s in side.supplies for t in s.targets)
    for profile in side.profiles:
        left = [
            p for p in everyone if winner(side, p) == profile.key and not any(has(s.targets, p) for s in side.supplies)
        ]
        found = gap(side, "sso-policy", profile, census, NAMES)
        number = found.people if found else Number()
        assert fits(number, len(left))
        assert not plain or number == Number(len(left), len(left))
        assert found is None or number.exact or found.why


@given(sides(), people, hidden)
def test_everybody_has_one_winner(side: Side, everyone: list[Person], unread: frozenset[str]) -> None:
    census = census_of(everyone, unread)
    won = winners(side.profiles, census)
    for profile in side.profiles:
        truth = sum(winner(side, person) == profile.key for person in everyone)
        least, most = census.at_least(won[profile.key]), census.at_most(won[profile.key])
        assert fits(Number(least, most), truth)
        assert unread or least == most == truth


@given(sides(), st.frozensets(st.integers(0, 2), min_size=2), people)
def test_whoever_has_several_of_one_priority_may_get_either(
    side: Side, places: frozenset[int], everyone: list[Person]
) -> None:
    """The profiles at `places` are neighbours of one priority; the service may rank them in any way."""
    ladder = [replace(p, tied=True) if min(places) <= n <= max(places) else p for n, p in enumerate(side.profiles)]
    equal = [p for p in ladder if p.tied]
    first = ladder[: min(places)]
    orders = [Side((*first, *turn, *ladder[len(first) + len(equal) :])) for turn in permutations(equal)]
    census = census_of(everyone)
    won = winners(ladder, census)
    for profile in ladder:
        wins = [{winner(order, person) == profile.key for order in orders} for person in everyone]
        found = won[profile.key]
        assert (census.at_least(found), census.at_most(found)) == (wins.count({True}), sum(True in w for w in wins))
        assert found.known or found.unread


@given(sides(), sides(), people, hidden)
def test_moves_count_those_whose_winner_becomes_another_one(
    before: Side, after: Side, everyone: list[Person], unread: frozenset[str]
) -> None:
    census = census_of(everyone, unread)
    found = {(m.before and m.before.key, m.after and m.after.key): m.people for m in moves(before, after, census)}
    pairs = [(winner(before, person), winner(after, person)) for person in everyone]
    for pair in {*pairs, *found}:
        truth = sum(each == pair for each in pairs) if pair[0] != pair[1] else 0
        number = found.get(pair, Number())
        assert fits(number, truth)
        assert unread or number == Number(truth, truth)


@given(sides(), people)
def test_what_targets_alone_settle_needs_no_members(side: Side, everyone: list[Person]) -> None:
    """Whatever is not asked for is nobody's gap, whoever is in the groups."""
    whole = Sides(side, side)
    needed = asked(whole, NOTHING)
    found = verdict(whole, census_of(everyone), NAMES, NOTHING)
    if not needed:
        assert not any(each.gap.part == "sso-policy" for each in found.gaps)
        assert found.meetings == ()


@given(sides(), people)
def test_two_policies_meet_where_somebody_gets_both(side: Side, everyone: list[Person]) -> None:
    everyone = enrolled(everyone)
    found = {(m.one.key, m.other.key): m.people for m in meetings(side.supplies, census_of(everyone))}
    for index, one in enumerate(side.supplies):
        for other in side.supplies[index + 1 :]:
            truth = sum(has(one.targets, p) and has(other.targets, p) for p in everyone)
            number = found.get((one.key, other.key), Number())
            assert number.least <= truth
            filters_used = any(t.filter for t in (*one.targets, *other.targets))
            assert filters_used or number == Number(truth, truth)


@given(sides(), people)
def test_a_part_that_others_provide_is_nobodys_gap(side: Side, everyone: list[Person]) -> None:
    found = verdict(Sides(side, side), census_of(everyone), NAMES, frozenset({"sso-policy"}))
    assert not any(each.gap.part == "sso-policy" for each in found.gaps)


def test_a_gap_that_is_there_already_is_not_the_plans_doing() -> None:
    profile = Contender("p", "P", "webBasedDeviceEnrollment", (Target("users"),), address=Address("Profile", "p"))
    side = Side((profile,), (Supply("sso-policy", "s", "S", (Target("group", IDS[0]),)),))
    everyone = [Person(frozenset({IDS[0]}), NOTHING, True), Person(NOTHING, NOTHING, True)]
    found = [
        each
        for each in verdict(Sides(side, side), census_of(everyone), NAMES, NOTHING).gaps
        if each.gap.part == "sso-policy"
    ]
    assert [(each.gap.people, each.new) for each in found] == [(Number(1, 1), False)]
    empty = Side((), side.supplies)
    made = [
        each
        for each in verdict(Sides(empty, side), census_of(everyone), NAMES, NOTHING).gaps
        if each.gap.part == "sso-policy"
    ]
    assert [(each.gap.people, each.new) for each in made] == [(Number(1, 1), True)]
