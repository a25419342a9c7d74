"""Limits of a run: one below, at the limit, one beyond; `--expect`; profiles without an assignment; the freeze."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reconciler.audience import Affected
from reconciler.decide import Planned
from reconciler.diagnostics import Severity
from reconciler.diff import FieldChange
from reconciler.guards import MAY_BE_UNKNOWN, SETTINGS, check, check_freeze, counts
from reconciler.kind import World
from reconciler.kinds import REGISTRY
from reconciler.live import Names
from reconciler.model import Address, Json
from reconciler.order import Schedule
from reconciler.plan import Action, Change, Plan, targets_shown
from reconciler.workspace import Freeze, Limits

from ..kinds.world import NOW, OWNER, TENANT, document, plan_of, specs_of, world_of
from .test_affected import GROUP_A, GROUP_B, A, B, jit, order, planned, policy, profile, profiles, wanted

NONE = Limits(deletes=0, assignment_removals=0, adoptions=0, affected_people=0)
PEOPLE = Affected(0)


def plan_with(*changes: Change, affected: Affected | None = PEOPLE) -> Planned:
    """A plan of these changes, without what stands behind them."""
    plan = Plan(TENANT, OWNER, NOW, "sha256:" + "0" * 64, changes, complete=True, affected=affected)
    return Planned(plan, {}, World(OWNER, TENANT.name, Names(), {}, {}), Schedule((), {}, {}), REGISTRY)


def _change(name: str, action: Action = Action.UPDATE, **more: Any) -> Change:
    return Change(Address("JitSsoPolicy", name), action, "because", **more)


def deleting(number: int) -> Planned:
    return plan_with(*(_change(f"d{n}", Action.DELETE) for n in range(number)))


def adopting(number: int) -> Planned:
    return plan_with(*(_change(f"a{n}", adopts=True) for n in range(number)))


def removing(number: int) -> Planned:
    """All removals in one change."""
    groups: list[Json] = [{"group": f"G{n}", "id": str(n)} for n in range(number)]
    before: Json = {"include": groups[1:], "exclude": groups[:1]}
    field = FieldChange("/assignments", before, {"include": ["allUsers"], "exclude": []})
    return plan_with(_change("u", fields=(field,)))


def affecting(number: int | None, *unread: str) -> Planned:
    address = Address("JitSsoPolicy", "u")
    return plan_with(_change("u"), affected=Affected(number, {address: number}, unread))


def baring(number: int) -> Planned:
    """So many profiles lose their last assignment, and another keeps its own."""
    names = [f"p{n}" for n in range(number)]
    live = [profile(name, n, A) for n, name in enumerate(names, 1)]
    return planned([wanted(name) for name in names] or jit(), profiles(*live, profile("kept", 9, B)))


def ending(number: int) -> Planned:
    """The only assigned profile loses that, or does not."""
    return planned([wanted("p", *([] if number else [GROUP_A]))], profiles(profile("p", 1, A), profile("x", 2)))


PLANS = {
    "deletes": deleting,
    "adoptions": adopting,
    "assignmentRemovals": removing,
    "affectedPeople": affecting,
    "unassignedProfiles": baring,
}
LIMITS = {
    "deletes": lambda n: replace(NONE, deletes=n),
    "adoptions": lambda n: replace(NONE, adoptions=n),
    "assignmentRemovals": lambda n: replace(NONE, assignment_removals=n),
    "affectedPeople": lambda n: replace(NONE, affected_people=n),
    "unassignedProfiles": lambda n: replace(NONE, unassigned_profiles=n),
}
APART = {"unassignedProfiles": replace(NONE, assignment_removals=99, affected_people=None)}
"""Limits under which nothing but this one is looked at: its plans remove assignments too."""


def only(name: str, limit: int) -> Limits:
    """A limit, and none of the others in its way."""
    given = LIMITS[name](limit)
    return replace(APART[name], unassigned_profiles=limit) if name in APART else given


def test_every_limit_is_tested_and_has_a_setting() -> None:
    assert {*PLANS, "lastProfile"} == LIMITS.keys() | {"lastProfile"} == SETTINGS.keys() == counts(plan_with()).keys()


@pytest.mark.parametrize("limit", [1, 5])
@pytest.mark.parametrize("name", PLANS)
def test_invariant_23_a_limit_is_the_most_that_is_allowed(name: str, limit: int) -> None:
    for count, refused in ((limit - 1, False), (limit, False), (limit + 1, True)):
        plan = PLANS[name](count)
        assert counts(plan)[name].number == count
        assert [d.rule for d in check(plan, only(name, limit), {})] == (["GUARD101"] if refused else [])


@pytest.mark.parametrize("name", PLANS)
def test_a_limit_of_nothing_allows_nothing(name: str) -> None:
    (found,) = check(PLANS[name](1), only(name, 0), {})
    assert f"--expect {name}=1" in str(found.detail)
    assert SETTINGS[name] in str(found.detail)
    assert not check(PLANS[name](0), only(name, 0), {})


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("name", PLANS)
def test_an_expected_number_is_exact(name: str, count: int) -> None:
    """Exactly that number is allowed, beyond the limit too; fewer is refused as well, within the limit too."""
    for limit in (0, 100):
        rules = [d.rule for d in check(PLANS[name](count), only(name, limit), {name: 3})]
        assert rules == ([] if count == 3 else ["GUARD102"])


def test_expecting_one_number_says_nothing_of_the_others() -> None:
    plan = plan_with(_change("d", Action.DELETE), _change("a", adopts=True))
    assert [d.message for d in check(plan, NONE, {"deletes": 1})] == [
        "the plan takes over 1 live object that reconciler did not make, the limit is 0: JitSsoPolicy/a"
    ]


def test_exactly_the_first_few_addresses_are_all() -> None:
    (found,) = check(deleting(5), NONE, {})
    assert found.message.endswith(
        ": JitSsoPolicy/d0, JitSsoPolicy/d1, JitSsoPolicy/d2, JitSsoPolicy/d3, JitSsoPolicy/d4"
    )


def test_only_the_first_few_addresses_are_named() -> None:
    (found,) = check(deleting(8), NONE, {})
    assert found.message == (
        "the plan deletes 8 objects, the limit is 0: JitSsoPolicy/d0, JitSsoPolicy/d1, JitSsoPolicy/d2, "
        "JitSsoPolicy/d3, JitSsoPolicy/d4 and 3 more"
    )


def test_those_that_matter_most_come_first() -> None:
    found = {Address("JitSsoPolicy", name): number for name, number in {"few": 2, "many": 30, "some": 5}.items()}
    plan = plan_with(_change("few"), affected=Affected(32, found))
    assert [a.name for a in counts(plan)["affectedPeople"].addresses] == ["many", "some", "few"]


def test_what_may_be_the_most_comes_first_and_what_adds_nothing_is_not_named() -> None:
    numbers = {"none": 0, "one": 1, "two": 2, "unread": None}
    found = {Address("JitSsoPolicy", name): number for name, number in numbers.items()}
    plan = plan_with(_change("one"), affected=Affected(None, found, ("group B could not be read",)))
    assert [a.name for a in counts(plan)["affectedPeople"].addresses] == ["unread", "two", "one"]


def test_removals_name_those_that_lose_the_most_first() -> None:
    """And not those that lose nothing."""
    whole = [removing(number).plan.changes[0] for number in (0, 1, 3)]
    named = [replace(each, address=Address("JitSsoPolicy", f"r{n}")) for n, each in enumerate(whole)]
    found = counts(plan_with(*named))["assignmentRemovals"]
    assert (found.number, [a.name for a in found.addresses]) == (4, ["r2", "r1"])


def test_a_replacement_counts_as_one_delete() -> None:
    """It is two changes: the new object, and the end of the old one, which may come in a later run."""
    new = _change("r", Action.REPLACE, live_id="1")
    old = _change("r-replaced", Action.DELETE, live_id="1", replaces=new.address)
    assert counts(plan_with(_change("d", Action.DELETE), new, old))["deletes"].number == 2
    assert counts(plan_with(new, replace(old, action=Action.UPDATE)))["deletes"].number == 0


def test_what_is_not_carried_out_does_not_count() -> None:
    """A change that is refused or not selected shows its fields and does nothing."""
    for plan in (removing(9), adopting(1)):
        idle = replace(plan.plan, changes=tuple(replace(c, action=Action.NO_OP) for c in plan.plan.changes))
        assert not any(count.number for count in counts(replace(plan, plan=idle)).values())


# What is told

BEYOND = [
    pytest.param(
        deleting(1),
        {},
        ["GUARD101", "the plan deletes 1 object, the limit is 0: JitSsoPolicy/d0"],
        "if that is meant, run with --expect deletes=1, or raise limits.deletes in reconciler.yaml",
        id="beyond",
    ),
    pytest.param(
        affecting(None, "group B could not be read", "group C could not be read"),
        {},
        [
            "GUARD101",
            "the plan affects a number of people that is not known, the limit is 0: "
            "group B could not be read; group C could not be read",
        ],
        "see to what could not be read; if that is meant, run with --expect affectedPeople=unknown, or lift "
        "limits.affectedPeople in reconciler.yaml",
        id="not known",
    ),
    pytest.param(
        adopting(2),
        {"adoptions": 1},
        [
            "GUARD102",
            "the plan takes over 2 live objects that reconciler did not make, but --expect adoptions=1 was given: "
            "JitSsoPolicy/a0, JitSsoPolicy/a1",
        ],
        "look at the plan again",
        id="not as expected",
    ),
    pytest.param(
        plan_with(),
        {"deletes": 1},
        ["GUARD102", "the plan deletes 0 objects, but --expect deletes=1 was given"],
        "look at the plan again",
        id="nothing where something is expected",
    ),
    pytest.param(
        affecting(2),
        {"affectedPeople": None},
        ["GUARD102", "the plan affects 2 people, but --expect affectedPeople=unknown was given: JitSsoPolicy/u"],
        "look at the plan again",
        id="known after all",
    ),
]


@pytest.mark.parametrize(("plan", "expected", "said", "advice"), BEYOND)
def test_what_a_guard_says(plan: Planned, expected: dict[str, int | None], said: list[str], advice: str) -> None:
    (found,) = check(plan, NONE, expected)
    assert [found.severity, found.rule, found.message, found.detail] == [Severity.ERROR, *said, advice]


# People


def test_a_number_that_is_expected_has_to_be_counted() -> None:
    plan, unlimited = plan_with(_change("u"), affected=None), replace(NONE, affected_people=None)
    assert [d.message for d in check(plan, unlimited, {"affectedPeople": 3})] == [
        "the plan affects a number of people that is not known, but --expect affectedPeople=3 was given: "
        "nobody counted them"
    ]


def test_without_a_limit_nobody_has_to_be_counted() -> None:
    assert check(plan_with(_change("u"), affected=None), replace(NONE, affected_people=None), {}) == []
    assert check(affecting(99), replace(NONE, affected_people=None), {}) == []


@pytest.mark.parametrize("plan", [affecting(None, "group B could not be read"), plan_with(_change("u"), affected=None)])
def test_a_number_that_is_not_known_is_beyond_every_limit(plan: Planned) -> None:
    (found,) = check(plan, replace(NONE, affected_people=10**9), {})
    assert found.rule == "GUARD101"
    assert "not known" in found.message
    assert "--expect affectedPeople=unknown" in str(found.detail)
    assert SETTINGS["affectedPeople"] in str(found.detail)
    assert [d.rule for d in check(plan, NONE, {"affectedPeople": 3})] == ["GUARD102"]
    assert check(plan, NONE, {"affectedPeople": None}) == []


def test_what_could_not_be_read_is_told() -> None:
    (found,) = check(affecting(None, "group B could not be read"), NONE, {})
    assert found.message.endswith("the limit is 0: group B could not be read")


def test_a_number_that_is_known_is_not_one_that_is_not() -> None:
    assert frozenset({"affectedPeople"}) == MAY_BE_UNKNOWN
    (found,) = check(affecting(3), replace(NONE, affected_people=5), {"affectedPeople": None})
    assert (found.rule, "affectedPeople=unknown" in found.message) == ("GUARD102", True)


# Profiles without an assignment

P, Q = wanted("p"), wanted("q")
BARE = [
    # specs, live profiles, left without, and whether nobody has one any more
    pytest.param([P], [profile("p", 1, A)], ["p"], 1, id="the last one"),
    pytest.param([P, wanted("q", GROUP_B)], [profile("p", 1, A), profile("q", 2, B)], ["p"], 0, id="one of two"),
    pytest.param([P], [profile("p", 1, A), {**profile("q", 2, B), "description": ""}], ["p"], 0, id="others have one"),
    pytest.param([P, Q], [profile("p", 1, A), profile("q", 2, B)], ["p", "q"], 1, id="both"),
    pytest.param([P, wanted("q", GROUP_A)], [profile("p", 1, A)], ["p"], 0, id="a new one takes its place"),
    pytest.param([P], [profile("p", 1)], [], 0, id="it had none"),
    pytest.param([P], [profile("p", 1, f"-{A}")], [], 0, id="it had but an exclusion"),
    pytest.param([wanted("p", GROUP_B)], [profile("p", 1, A)], [], 0, id="another group"),
    pytest.param([wanted("q", GROUP_B)], [profile("p", 1, A)], ["p"], 0, id="pruned beside a new one"),
    pytest.param(jit(), [profile("p", 1, A)], ["p"], 1, id="pruned"),
    pytest.param(jit(), [profile("p", 1)], [], 0, id="pruned without assignments"),
]


@pytest.mark.parametrize(("specs", "live", "bare", "last"), BARE)
def test_profiles_that_are_left_without_an_assignment(
    specs: list[dict[str, Any]], live: list[dict[str, Any]], bare: list[str], last: int
) -> None:
    found = counts(planned(specs, profiles(*live), prune=True))
    assert [address.name for address in found["unassignedProfiles"].addresses] == bare
    assert found["unassignedProfiles"].number == len(bare)
    assert found["lastProfile"].number == last


def test_the_last_profile_needs_consent_of_its_own() -> None:
    plan, limits = ending(1), Limits()
    assert [d.message for d in check(plan, limits, {})] == [
        "the plan leaves 1 enrollment profile without any assignment, the limit is 0: EnrollmentProfile/p",
        "the plan takes the last assigned enrollment profile away, so that nobody has one any more, the limit is 0: "
        "EnrollmentProfile/p",
    ]
    assert [d.rule for d in check(plan, limits, {"unassignedProfiles": 1})] == ["GUARD101"]
    assert check(plan, limits, {"unassignedProfiles": 1, "lastProfile": 1}) == []
    assert check(plan, replace(limits, unassigned_profiles=1, last_profile=1), {}) == []
    assert check(ending(0), limits, {}) == []
    assert [d.rule for d in check(ending(0), limits, {"lastProfile": 1})] == ["GUARD102"]


def test_other_kinds_may_be_left_without() -> None:
    bare = planned(jit(), {"deviceFeatures": [policy(A)]})
    assert counts(bare)["unassignedProfiles"].number == 0


def test_every_essential_kind_counts_for_itself() -> None:
    """The last policy and the last profile, each of a kind without which nobody enrolls."""
    policies = replace(REGISTRY["JitSsoPolicy"], essential="sign-in policy")
    live = {**profiles(profile("p", 1, A)), "deviceFeatures": [policy(A)]}
    bare = planned([wanted("p"), *jit()], live)
    found = counts(replace(bare, kinds={**REGISTRY, "JitSsoPolicy": policies}))
    assert {str(address) for address in found["lastProfile"].addresses} == {"EnrollmentProfile/p", "JitSsoPolicy/ios"}
    assert {str(a) for a in found["unassignedProfiles"].addresses} == {"EnrollmentProfile/p", "JitSsoPolicy/ios"}
    assert (found["unassignedProfiles"].number, found["lastProfile"].number) == (2, 2)
    assert found["lastProfile"].what == "enrollment profile, sign-in policy"


def test_an_order_leaves_nobody_without() -> None:
    turned = [wanted("p", GROUP_A), wanted("q", GROUP_B), order("q", "p")]
    plan = planned(turned, profiles(profile("p", 1, A), profile("q", 2, B)))
    assert {name: counts(plan)[name].number for name in ("unassignedProfiles", "lastProfile")} == {
        "unassignedProfiles": 0,
        "lastProfile": 0,
    }


def test_what_is_not_selected_loses_nothing() -> None:
    found = specs_of([P, document("JitSsoPolicy", "ios", {"displayName": "iOS - JIT"})])
    world = world_of(found, profiles(profile("p", 1, A)), {"groups": {"Group A": A}})
    plan = plan_of(found, world, selected=frozenset({Address("JitSsoPolicy", "ios")}))
    assert counts(plan)["unassignedProfiles"].number == 0


# What counts as a removal

SIDE = {"group": "A", "id": "1"}


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        pytest.param({"include": [SIDE]}, {"include": []}, 1, id="gone"),
        pytest.param({"include": [SIDE]}, None, 1, id="deleted"),
        pytest.param({"include": [SIDE]}, {"exclude": [SIDE]}, 1, id="switches-sides"),
        pytest.param({"include": [SIDE]}, {"include": [{**SIDE, "filter": {"include": "F"}}]}, 0, id="filter-changes"),
        pytest.param(
            {"include": ["allUsers"]}, {"include": [{"all": "users", "filter": {"include": "F"}}]}, 0, id="all"
        ),
        pytest.param(
            {"include": [{**SIDE, "intent": "required"}]},
            {"include": [{**SIDE, "intent": "available"}]},
            1,
            id="intent",
        ),
        pytest.param(
            {"include": [{**SIDE, "settings": {"isRemovable": True}}]},
            {"include": [{**SIDE, "settings": {"isRemovable": False}}]},
            0,
            id="settings-change",
        ),
    ],
)
def test_what_counts_as_a_removal(before: Json, after: Json, removed: int) -> None:
    change = _change("u", fields=(FieldChange("/assignments", before, after),))
    assert counts(plan_with(change))["assignmentRemovals"].number == removed
    assert len(targets_shown(before) - targets_shown(after)) == removed


UNTIL = datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_a_freeze_ends_at_its_instant(offset: int, zone: timezone) -> None:
    now = (UNTIL + timedelta(seconds=offset)).astimezone(zone)
    found = check_freeze(Freeze(UNTIL, "year-end"), now)
    assert [d.rule for d in found] == (["GUARD103"] if offset < 0 else [])
    assert all("year-end" in d.message for d in found)


def test_no_freeze() -> None:
    assert check_freeze(None, UNTIL) == []
    assert check_freeze(Freeze(UNTIL), UNTIL - timedelta(days=1))[0].message.endswith("+00:00")


def test_what_a_freeze_says() -> None:
    (found,) = check_freeze(Freeze(UNTIL, "year-end"), UNTIL - timedelta(days=1))
    assert [found.severity, found.rule, found.message, found.detail] == [
        Severity.ERROR,
        "GUARD103",
        "the tenant is frozen until 2026-12-31T00:00:00+00:00: year-end",
        "apply after that, or change `freeze` in reconciler.yaml",
    ]
