"""Populations: what is known of two is known of what is made of them, whoever the unread people are."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.assignments import Filter, Target
from reconciler.audience import NOBODY, Census, Population, crowds, losing, reach, union
from reconciler.ladder.model import Crowd

LAWS = settings(deadline=None, max_examples=50, database=None)
PERSONAL = Filter("include", "f1")
MEMBERS = {"a": frozenset({"ann", "bob"}), "b": frozenset({"bob", "cyd"}), "none": frozenset[str]()}
CENSUS = Census.of(MEMBERS, 10, unread={"x": "group x could not be read"}, devices={"b": "group b holds devices"})
USERS = CENSUS.users_only()


def group(name: str, *, exclude: bool = False, filtered: bool = False) -> Target:
    return Target("group", name, exclude, PERSONAL if filtered else None)


EVERYBODY = Target("users")


@pytest.mark.parametrize(
    ("targets", "count"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([group("a")], 2, id="group"),
        pytest.param([group("a"), group("b")], 3, id="each once"),
        pytest.param([EVERYBODY], 10, id="everybody"),
        pytest.param([EVERYBODY, group("a", exclude=True)], 8, id="all but a group"),
        pytest.param([group("a"), group("b", exclude=True)], 1, id="group but another"),
        pytest.param([group("none")], 0, id="empty group"),
        pytest.param([group("b", exclude=True)], 0, id="only excluded"),
        pytest.param([group("a", filtered=True)], 2, id="behind a filter in full"),
        pytest.param([group("x")], None, id="unread"),
        pytest.param([group("y")], None, id="never asked for"),
        pytest.param([EVERYBODY, group("x")], 10, id="unread among everybody"),
        pytest.param([group("a"), group("x", exclude=True)], None, id="unread left out"),
        pytest.param([group("none"), group("x", exclude=True)], 0, id="unread left out of nobody"),
        pytest.param([Target("devices")], None, id="all devices"),
        pytest.param([Target("other", "{}")], None, id="another sort"),
    ],
)
def test_reach(targets: list[Target], count: int | None) -> None:
    people = reach(targets, USERS)
    assert USERS.count(people) == count
    assert bool(USERS.why_not(people)) == (count is None)


def test_people_behind_a_filter_are_not_reached_for_sure() -> None:
    assert reach([group("a", filtered=True)], USERS, surely=True) == NOBODY
    assert reach([group("a"), group("b", exclude=True, filtered=True)], USERS) == union([group("a")], USERS)


def test_the_people_of_devices_are_unknown_where_devices_count() -> None:
    assert CENSUS.count(reach([group("b")], CENSUS)) is None
    assert CENSUS.why_not(reach([group("b")], CENSUS)) == {"group b holds devices"}
    assert CENSUS.count(reach([group("a")], CENSUS)) == 2


def test_what_is_not_known_says_why_and_what_is_known_says_nothing() -> None:
    unread = CENSUS.unknown("why")
    assert (unread | CENSUS.everybody).unread == frozenset()
    assert (unread - NOBODY).unread == {"why"}
    assert (CENSUS.unknown("one") | CENSUS.unknown("two")).unread == {"one", "two"}


def test_how_many_everybody_is_matters_only_where_everybody_is() -> None:
    census = Census.of(MEMBERS, None, uncounted="403")
    assert (census.count(union([group("a")], census)), census.count(census.everybody)) == (2, None)
    assert census.why_not(census.everybody) == {"403"}


def test_more_known_people_than_the_service_counts() -> None:
    """`/users/$count` may lag behind memberships; nobody is less than nobody."""
    census = Census.of(MEMBERS, 1)
    assert census.count(census.everybody) == 3


def test_crowds_are_those_with_the_same_objects() -> None:
    assigned = {"p": [EVERYBODY], "q": [group("a")], "r": [group("x")]}
    assert crowds(assigned, USERS) == (Crowd(8, frozenset("p")), Crowd(2, frozenset("pq")))


# Laws

NAMES = "abc"
targets = st.builds(
    Target,
    st.just("group"),
    st.sampled_from(NAMES),
    st.booleans(),
    st.sampled_from((None, Filter("include", "f1"), Filter("include", "f2"))),
)
sides = st.lists(st.one_of(targets, st.just(EVERYBODY)), max_size=4)
memberships = st.fixed_dictionaries({name: st.frozensets(st.sampled_from("stuvw")) for name in NAMES})
hidden = st.frozensets(st.sampled_from(NAMES))


def census_of(members: dict[str, frozenset[str]], unread: frozenset[str]) -> Census:
    read = {name: people for name, people in members.items() if name not in unread}
    return Census.of(read, 6, unread=dict.fromkeys(unread, "unread"))


def crowd_of(person: str, census: Census, members: dict[str, frozenset[str]]) -> int:
    """The bit of a person's crowd: the first whose groups are those that are known to be theirs."""
    bits = range(len(census.sizes))
    read = {name: found for name, found in census.groups.items() if found.known}
    return next(b for b in bits if all((found.surely >> b & 1) == (person in members[n]) for n, found in read.items()))


def is_reached(person: str, members: dict[str, frozenset[str]], side: list[Target], fits: frozenset[str]) -> bool:
    """One person's truth, target by target."""
    mine = [
        t.exclude
        for t in side
        if (t.who == "users" or person in members[t.group]) and (t.filter is None or t.filter.id in fits)
    ]
    return bool(mine) and not any(mine)


FITS = [frozenset(i for i, fit in zip(("f1", "f2"), each, strict=True) if fit) for each in product((0, 1), repeat=2)]


@LAWS
@given(memberships, hidden, sides)
def test_who_is_reached_is_between_surely_and_possibly(
    members: dict[str, frozenset[str]], unread: frozenset[str], side: list[Target]
) -> None:
    census = census_of(members, unread)
    least, most = reach(side, census, surely=True), reach(side, census)
    for person, fits in product("stuvwz", FITS):
        bit = crowd_of(person, census, members)
        reached = is_reached(person, members, side, fits)
        assert (least.surely >> bit & 1) <= reached <= (most.possibly >> bit & 1)


@LAWS
@given(memberships, hidden, sides, sides)
def test_whoever_loses_is_among_those_who_may(
    members: dict[str, frozenset[str]], unread: frozenset[str], before: list[Target], after: list[Target]
) -> None:
    census = census_of(members, unread)
    lost = losing(before, after, census)
    for person, fits in product("stuvwz", FITS):
        if is_reached(person, members, before, fits) and not is_reached(person, members, after, fits):
            assert lost.possibly >> crowd_of(person, census, members) & 1


@LAWS
@given(memberships, sides, sides)
def test_without_filters_exactly_those_lose(
    members: dict[str, frozenset[str]], before: list[Target], after: list[Target]
) -> None:
    plain = [[Target(t.who, t.group, t.exclude) for t in side] for side in (before, after)]
    census = census_of(members, frozenset())
    lost = losing(*plain, census)
    assert lost.known
    for person in "stuvwz":
        was, is_ = (is_reached(person, members, side, frozenset()) for side in plain)
        assert bool(lost.possibly >> crowd_of(person, census, members) & 1) == (was and not is_)


@LAWS
@given(memberships, hidden, sides)
def test_nobody_loses_where_nothing_changes(
    members: dict[str, frozenset[str]], unread: frozenset[str], side: list[Target]
) -> None:
    assert losing(side, side[::-1], census_of(members, unread)) == Population()


# Sums

crowd_sizes = st.lists(st.sampled_from((0, 1, 1, 2, 7)), min_size=1, max_size=6)
bit_sets = st.integers(0, 63)


@LAWS
@given(crowd_sizes, bit_sets, bit_sets, st.booleans())
def test_people_are_counted_one_by_one(sizes: list[int], some: int, more: int, counted: bool) -> None:
    """Crowds of one size are counted together; the sums are those of people who stand in a row, however equal."""
    census = Census(tuple(sizes), uncounted=None if counted else "403")
    crowd_of_each = [crowd for crowd, size in enumerate(sizes) for _ in range(size)]
    every = census.everybody.possibly
    surely, possibly = some & more & every, some & every
    found = Population(surely, possibly, frozenset({"unread"}) if surely != possibly else frozenset())
    known = [crowd for crowd in crowd_of_each if surely >> crowd & 1 and (counted or crowd)]
    likely = sum(possibly >> crowd & 1 for crowd in crowd_of_each)
    endless = not counted and bool(possibly & 1)
    assert census.at_least(found) == len(known)
    assert census.at_most(found) == (None if endless else likely)
    assert census.count(found) == (None if endless or found.unread else likely)
    assert census.anybody(found) == bool(known or (not counted and surely & 1))


@LAWS
@given(memberships, st.sampled_from((None, 5, 6, 9)))
def test_a_census_counts_the_people_of_each_union(members: dict[str, frozenset[str]], everyone: int | None) -> None:
    census = Census.of(members, everyone)
    people = frozenset().union(*members.values())
    for names in product((False, True), repeat=len(NAMES)):
        chosen = [name for name, wanted in zip(NAMES, names, strict=True) if wanted]
        whom = union(map(group, chosen), census)
        assert census.count(whom) == len(frozenset().union(*(members[name] for name in chosen)))
        left = census.everybody - whom
        assert census.at_least(left) == (len(people) if everyone is None else max(everyone, len(people))) - (
            census.at_least(whom)
        )
        assert census.at_most(left) == (None if everyone is None else census.at_least(left))
