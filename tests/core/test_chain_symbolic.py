"""What targets alone prove about the chain, against an oracle that asks every possible person one by one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.assignments import Filter, Target
from reconciler.chain.model import Contender, Supply
from reconciler.chain.symbolic import PROVEN, Taken, apart, never_wins, uncovered

GROUPS = ("a", "b", "c", "d")
PEOPLE = [frozenset(each) for size in range(len(GROUPS) + 1) for each in combinations(GROUPS, size)]
"""One person for every set of groups: whatever holds for all of them holds however groups nest."""

group = st.builds(Target, st.just("group"), st.sampled_from(GROUPS))
everybody = st.sampled_from([Target("users"), Target("devices")])
excluded = st.builds(Target, st.just("group"), st.sampled_from(GROUPS), st.just(True))
filtered = st.builds(lambda t: Target(t.who, t.group, filter=Filter("include", "f")), st.one_of(group, everybody))
targets = st.lists(st.one_of(group, everybody, excluded, filtered), min_size=1, max_size=4, unique=True)


def supply(number: int, whom: list[Target], doubt: str | None = None) -> Supply:
    return Supply("sso-policy", str(number), f"policy {number}", tuple(whom), doubt=doubt)


supplies = st.lists(targets, max_size=4).map(lambda found: [supply(n, whom) for n, whom in enumerate(found)])
profile_targets = st.lists(st.one_of(group, st.just(Target("users"))), min_size=1, max_size=3, unique=True)
profiles = profile_targets.map(lambda whom: Contender("p", "P", "webBasedDeviceEnrollment", tuple(whom)))
ladders = st.lists(targets, max_size=4).map(
    lambda found: [Contender(str(n), str(n), "webBasedDeviceEnrollment", tuple(whom)) for n, whom in enumerate(found)]
)


def surely_in(whom: tuple[Target, ...], groups: frozenset[str]) -> bool:
    """Whether somebody of these groups is reached whatever a filter says."""
    return _in(whom, groups, filters=False)


def maybe_in(whom: tuple[Target, ...], groups: frozenset[str]) -> bool:
    return _in(whom, groups, filters=True)


def _in(whom: tuple[Target, ...], groups: frozenset[str], *, filters: bool) -> bool:
    if any(t.exclude and t.group in groups for t in whom):
        return False
    return any((t.who != "group" or t.group in groups) for t in whom if not t.exclude and (filters or t.filter is None))


def taken_by(ladder: list[Contender]) -> Taken:
    taken = Taken()
    for each in ladder:
        taken.add(each)
    return taken


@given(profiles, supplies, ladders)
def test_what_is_seen_to_be_covered_is_covered_for_everybody(
    profile: Contender, offered: list[Supply], above: list[Contender]
) -> None:
    if uncovered(profile, offered, taken_by(above)):
        return
    for person in PEOPLE:
        wins = maybe_in(profile.targets, person) and not any(surely_in(a.targets, person) for a in above)
        assert not wins or any(surely_in(s.targets, person) for s in offered)


@given(profiles, supplies)
def test_what_is_proven_to_be_open_is_open_for_those_who_are_in_no_other_group(
    profile: Contender, offered: list[Supply]
) -> None:
    for each in uncovered(profile, offered):
        if each.why in PROVEN:
            assert not any(surely_in(s.targets, each.region) for s in offered)


@given(supplies)
def test_an_open_region_always_has_somebody_who_may_be_left_out(offered: list[Supply]) -> None:
    """Nothing is asked in vain: for what is left open by an exclusion there is somebody whom nobody else reaches."""
    profile = Contender("p", "P", "webBasedDeviceEnrollment", (Target("users"),))
    if uncovered(profile, offered):
        assert any(not any(surely_in(s.targets, person) for s in offered) for person in PEOPLE)


@given(profile_targets, ladders)
def test_a_profile_that_never_wins_is_won_by_nobody(whom: list[Target], above: list[Contender]) -> None:
    profile = Contender("p", "P", "webBasedDeviceEnrollment", tuple(whom))
    if never_wins(profile, taken_by(above)):
        for person in PEOPLE:
            assert not maybe_in(profile.targets, person) or any(surely_in(a.targets, person) for a in above)


@given(targets, targets)
def test_supplies_that_are_apart_reach_nobody_both(one: list[Target], other: list[Target]) -> None:
    a, b = supply(1, one), supply(2, other)
    if apart(a, b):
        assert not any(maybe_in(a.targets, person) and maybe_in(b.targets, person) for person in PEOPLE)


def everybody_but(number: int, groups: list[str]) -> Supply:
    return supply(number, [Target("users"), *(Target("group", each, True) for each in groups)])


@pytest.mark.parametrize(("supplies_", "exclusions"), [(3, 3), (8, 8), (12, 8), (40, 2)], ids=str)
def test_exclusions_of_exclusions_are_followed_to_an_end(supplies_: int, exclusions: int) -> None:
    """Each supply excludes groups of its own, so that regions multiply with every step: they are not all looked at."""
    looked_at: list[frozenset[str]] = []

    class Counted(Supply):
        """Says which regions it is asked about."""

        __slots__ = ()

        def includes(self, region: frozenset[str]) -> bool | None:
            looked_at.append(region)
            return Supply.includes(self, region)

    offered = [
        Counted("sso-policy", str(n), str(n), everybody_but(n, [f"{n}-{m}" for m in range(exclusions)]).targets)
        for n in range(supplies_)
    ]
    everyone = Contender("p", "P", "webBasedDeviceEnrollment", (Target("users"),))
    found = uncovered(everyone, offered)
    assert found, "whoever is in a group of every supply is left out"
    assert all(each.why not in PROVEN for each in found)
    assert len(set(looked_at)) < 400
    assert len(looked_at) <= 2 * supplies_ * len(set(looked_at))
