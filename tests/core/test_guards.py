"""Limits of a run: one below, at the limit, one beyond; `--expect`; the freeze."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.diff import FieldChange
from reconciler.guards import SETTINGS, check, check_freeze, counts
from reconciler.model import Address, Json
from reconciler.plan import Action, Change, Plan, targets_shown
from reconciler.workspace import Freeze, Limits

from ..kinds.world import NOW, TENANT

NONE = Limits(deletes=0, assignment_removals=0, adoptions=0)


def plan_with(*, deletes: int = 0, replaces: int = 0, adoptions: int = 0, removals: int = 0) -> Plan:
    """A plan of so many changes of each sort; removals all in one change."""
    changes = [_change(f"d{n}", Action.DELETE) for n in range(deletes)]
    changes += [_change(f"r{n}", Action.REPLACE) for n in range(replaces)]
    changes += [replace(_change(f"a{n}", Action.UPDATE), adopts=True) for n in range(adoptions)]
    if removals:
        groups: list[Json] = [{"group": f"G{n}", "id": str(n)} for n in range(removals)]
        before: Json = {"include": groups[1:], "exclude": groups[:1]}
        field = FieldChange("/assignments", before, {"include": ["allUsers"], "exclude": []})
        changes.append(replace(_change("u", Action.UPDATE), fields=(field,)))
    return Plan(TENANT, "contoso", NOW, "sha256:" + "0" * 64, tuple(changes), complete=True)


def _change(name: str, action: Action) -> Change:
    return Change(Address("JitSsoPolicy", name), action, "because")


PLANS = {
    "deletes": lambda n: plan_with(deletes=n),
    "adoptions": lambda n: plan_with(adoptions=n),
    "assignmentRemovals": lambda n: plan_with(removals=n),
}
LIMITS = {
    "deletes": lambda n: replace(NONE, deletes=n),
    "adoptions": lambda n: replace(NONE, adoptions=n),
    "assignmentRemovals": lambda n: replace(NONE, assignment_removals=n),
}


def test_every_limit_is_tested_and_has_a_setting() -> None:
    assert PLANS.keys() == LIMITS.keys() == SETTINGS.keys() == counts(plan_with()).keys()


@pytest.mark.parametrize("limit", [1, 5])
@pytest.mark.parametrize("name", PLANS)
def test_a_limit_is_the_most_that_is_allowed(name: str, limit: int) -> None:
    limits = LIMITS[name](limit)
    for count, refused in ((limit - 1, False), (limit, False), (limit + 1, True)):
        plan = PLANS[name](count)
        assert counts(plan)[name] == count
        assert [d.rule for d in check(plan, limits, {})] == (["GUARD101"] if refused else [])


@pytest.mark.parametrize("name", PLANS)
def test_a_limit_of_nothing_allows_nothing(name: str) -> None:
    (found,) = check(PLANS[name](1), NONE, {})
    assert f"--expect {name}=1" in str(found.detail)
    assert SETTINGS[name] in str(found.detail)
    assert not check(PLANS[name](0), NONE, {})


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("name", PLANS)
def test_an_expected_number_is_exact(name: str, count: int) -> None:
    """Exactly that number is allowed, beyond the limit too; fewer is refused as well, within the limit too."""
    for limits in (NONE, LIMITS[name](100)):
        rules = [d.rule for d in check(PLANS[name](count), limits, {name: 3})]
        assert rules == ([] if count == 3 else ["GUARD102"])


def test_expecting_one_number_says_nothing_of_the_others() -> None:
    plan = plan_with(deletes=1, adoptions=1)
    assert [d.message for d in check(plan, NONE, {"deletes": 1})] == [
        "the plan takes over 1 live object(s) that reconciler did not make, the limit is 0"
    ]


def test_a_replacement_counts_as_a_delete() -> None:
    assert counts(plan_with(deletes=1, replaces=2))["deletes"] == 3


def test_an_adoption_without_a_change_is_none() -> None:
    change = replace(_change("a", Action.NO_OP), adopts=True)
    assert counts(replace(plan_with(), changes=(change,)))["adoptions"] == 0


def test_removals_of_what_is_not_carried_out_do_not_count() -> None:
    """A change that is refused or not selected shows its fields and does nothing."""
    plan = plan_with(removals=9)
    idle = replace(plan, changes=tuple(replace(c, action=Action.NO_OP) for c in plan.changes))
    assert counts(idle)["assignmentRemovals"] == 0


SIDE = {"group": "A", "id": "1"}


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        pytest.param({"include": [SIDE]}, {"include": []}, 1, id="gone"),
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
    change = replace(_change("u", Action.UPDATE), fields=(FieldChange("/assignments", before, after),))
    assert counts(replace(plan_with(), changes=(change,)))["assignmentRemovals"] == removed
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
