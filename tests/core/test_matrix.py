"""The coverage matrix against an oracle that asks every single person, and what it says where it cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from reconciler.assignments import Target
from reconciler.audience import Census
from reconciler.chain.matrix import MOST, coverage
from reconciler.chain.model import Contender, Side, Supply
from reconciler.chain.verdicts import Sides
from reconciler.facts import ACCOUNT_DRIVEN
from reconciler.live import Group, Names
from reconciler.model import Address

from .people import Person, census_of, people
from .test_chain_people import NAMES, enrolled, has, hidden, sides, winner

NOBODY_KNOWN = Census()
SPEC = Address("Kind", "a")
STAFF, PILOTS = Target("group", "staff"), Target("group", "pilots")
OF_TWO = Names(groups_by_id={"staff": Group("staff", "Staff"), "pilots": Group("pilots", "Pilots")})


@settings(max_examples=25)
@given(sides(), sides(), people, hidden)
def test_what_is_told_of_a_group_is_so_for_every_one_in_it(
    before: Side, after: Side, everyone: list[Person], unread: frozenset[str]
) -> None:
    everyone = enrolled(everyone)
    told = coverage(Sides(before, after), census_of(everyone, unread), NAMES, frozenset(), frozenset())
    for row in told["rows"] if told else ():
        whom = [p for p in everyone if not row["id"] or row["id"] in p.groups]
        for cell in row["cells"]:
            for state, side in ((cell["before"], before), (cell["after"], after)):
                assert fits(state, [_reached(side, cell["part"], p) for p in whom])
            if state == "some":
                got = sum(_reached(after, cell["part"], p) for p in whom)
                assert cell["people"]["atLeast"] <= got
        plain = not unread and not any(t.filter for side in (before, after) for s in side.supplies for t in s.targets)
        assert not plain or "unknown" not in {cell["after"] for cell in row["cells"]}


def _reached(side: Side, part: str, person: Person) -> bool:
    if part == "profile":
        return winner(side, person) is not None
    return any(s.part == part and has(s.targets, person) for s in side.supplies)


def fits(state: str, held: list[bool]) -> bool:
    some = any(held) and not all(held)
    return {"all": all(held), "none": not any(held), "some": some, "empty": not held, "unknown": True}[state]


def profile(*whom: Target, kind: str = "webBasedDeviceEnrollment") -> Contender:
    return Contender("p", "Everybody's", kind, whom, address=SPEC)


def app(*whom: Target, account_driven: bool) -> Supply:
    return Supply("authenticator", "app", "Kind/app", whom, SPEC, account_driven=account_driven)


def cells(side: Side, census: Census = NOBODY_KNOWN, **more: frozenset[str]) -> list[dict[str, Any]]:
    """For each row, the state after the plan by part."""
    told = coverage(Sides(Side(), side), census, OF_TWO, more.get("given", frozenset()), more.get("blind", frozenset()))
    assert told
    return [{cell["part"]: cell["after"] for cell in row["cells"]} for row in told["rows"]]


def test_targets_alone_prove_what_they_can() -> None:
    policy = Supply("sso-policy", "s", "Kind/s", (Target("users"), Target("group", "pilots", exclude=True)), SPEC)
    everybody, staff, pilots = cells(Side((profile(Target("users"), STAFF),), (policy,)))
    assert everybody == {"profile": "all", "sso-policy": "unknown", "authenticator": "none", "compliance": "none"}
    assert staff["sso-policy"] == "unknown", "somebody of them may be a pilot"
    assert pilots["sso-policy"] == "unknown", "another supply is not known to reach them"
    two = (policy, Supply("sso-policy", "t", "Kind/t", (PILOTS,), SPEC))
    assert [row["sso-policy"] for row in cells(Side((profile(Target("users"), STAFF),), two))] == ["all"] * 3


@pytest.mark.parametrize(("account_driven", "state"), [(True, "all"), (False, "unknown")])
def test_an_app_without_user_licences_is_not_taken_for_one_that_serves_account_driven_enrollment(
    account_driven: bool, state: str
) -> None:
    side = Side((profile(STAFF, kind=ACCOUNT_DRIVEN),), (app(STAFF, account_driven=account_driven),))
    assert cells(side)[0]["authenticator"] == state


def test_with_members_read_an_app_counts_for_the_profile_that_they_win() -> None:
    side = Side((profile(STAFF, kind=ACCOUNT_DRIVEN),), (app(STAFF, PILOTS, account_driven=False),))
    census = Census.of({"staff": frozenset("ab"), "pilots": frozenset("bc")}, 3)
    assert [row["authenticator"] for row in cells(side, census)] == ["none", "some"]


def test_what_could_not_be_read_is_not_known_and_never_absent() -> None:
    side = Side((profile(STAFF),), (app(STAFF, account_driven=True),))
    every = {"profile": "unknown", "sso-policy": "none", "authenticator": "unknown", "compliance": "unknown"}
    assert cells(side, blind=frozenset({"profile", "compliance"}))[0] == every


def test_what_others_provide_is_said_to_be_theirs() -> None:
    assert cells(Side((profile(STAFF),)), given=frozenset({"compliance"}))[0]["compliance"] == "provided"


def test_without_a_spec_in_the_chain_there_is_nothing_to_tell() -> None:
    foreign = Side((Contender("p", "P", "x", (STAFF,)),))
    assert coverage(Sides(foreign, foreign), NOBODY_KNOWN, OF_TWO, frozenset(), frozenset()) is None


def test_of_many_groups_those_that_profiles_are_for_come_first() -> None:
    excluded = [Target("group", f"{n:03}", exclude=True) for n in range(MOST)]
    side = Side((profile(STAFF, PILOTS),), (Supply("sso-policy", "s", "S", (Target("users"), *excluded), SPEC),))
    told = coverage(Sides(side, side), NOBODY_KNOWN, OF_TWO, frozenset(), frozenset())
    assert told
    assert [row["name"] for row in told["rows"]][:4] == [None, "Pilots", "Staff", None]
    assert (len(told["rows"]), told["left"]) == (MOST, 3)


def test_of_several_profiles_the_one_that_ranks_first_is_named() -> None:
    everybody, staff = (
        Contender(name, name, "x", (whom,), address=SPEC) for name, whom in (("All", Target("users")), ("Staff", STAFF))
    )
    for first, second in ((everybody, staff), (staff, everybody)):
        told = coverage(Sides(Side(), Side((first, second))), NOBODY_KNOWN, OF_TWO, frozenset(), frozenset())
        assert told
        assert told["rows"][1]["cells"][0]["by"] == [first.name]


def test_of_a_group_with_nobody_in_it_is_told_what_targets_prove() -> None:
    census = Census.of({"staff": frozenset(), "pilots": frozenset()}, 0)
    policy = Supply("sso-policy", "s", "Kind/s", (STAFF,), SPEC)
    pilots, staff = cells(Side((profile(STAFF, PILOTS),), (policy,)), census)
    assert (staff["sso-policy"], pilots["sso-policy"], pilots["compliance"]) == ("all", "empty", "none")
