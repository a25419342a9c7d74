"""Apps and compliance policies that others own, over HTTP: assigned, left for another one, withdrawn, gone back on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.kind import NO_CONSENT, Consent
from reconciler.model import JsonObject
from reconciler.run import Status

from .harness import Rehearsal, actions, pending, told
from .scenario import APPS, GROUPS, TEAMS, app_assignment, authenticator_vpp, teams, to
from .way_back import plan_back, recorded

Rehearse = Callable[..., Rehearsal]
PRUNE = Consent(prune=True)
POLICIES = "deviceManagement/deviceCompliancePolicies"
BASELINE, STRICT = "1dd00000-1111-4222-8333-000000000001", "1dd00000-1111-4222-8333-000000000002"
TEAMS_VPP = "3cc00000-1111-4222-8333-000000000003"
APP = "AppAssignment/teams"
COMPLIANCE = "CompliancePolicyAssignment/baseline"


def specs(source: str = "store", policy: str = "iOS baseline", groups: tuple[str, ...] = ("iOS pilots",)) -> str:
    listed = ", ".join(f"{{group: {name}}}" for name in groups)
    return f"""
apiVersion: intune.reconciler/v1
kind: AppAssignment
metadata: {{name: teams}}
spec:
  app: {{bundleId: com.microsoft.skype.teams, source: {source}}}
  intent: available
  assignments: {{include: [{listed}]}}
---
apiVersion: intune.reconciler/v1
kind: CompliancePolicyAssignment
metadata: {{name: baseline}}
spec:
  policy: {policy}
  assignments: {{include: [{listed}]}}
"""


def policy(object_id: str, name: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "id": object_id,
        "displayName": name,
        "description": "Made by security",
        "passcodeRequired": True,
        "osMinimumVersion": "17.0",
        "assignments": [to("Staff")],
    }


def tenant() -> dict[str, Any]:
    vpp = {
        **teams(),
        "@odata.type": "#microsoft.graph.iosVppApp",
        "id": TEAMS_VPP,
        "vppTokenDisplayName": "Example ABM",
    }
    kept = {**teams(), "notes": "Bought by the app team"}
    return {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": i, "displayName": n, "securityEnabled": True} for n, i in GROUPS.items()],
            APPS: [authenticator_vpp(), kept, {**vpp, "assignments": [app_assignment("required", "Staff")]}],
            POLICIES: [policy(BASELINE, "iOS baseline"), policy(STRICT, "iOS strict")],
        },
    }


def applied(stage: Rehearsal, consent: Consent = NO_CONSENT) -> JsonObject:
    """Plan, apply, and the record of it; nothing is left to do."""
    planned = stage.plan(consent=consent)
    ran = stage.apply(planned)
    assert set(ran.statuses().values()) <= {Status.DONE}, [(r.address, r.error) for r in ran.results]
    assert pending(stage.plan().plan) == {}
    return recorded(stage, planned, ran)


def gone_back(stage: Rehearsal, record: JsonObject) -> None:
    back = plan_back(stage, record)
    assert not back.plan.blocked, told(back.plan)
    ran = stage.apply(back)
    assert set(ran.statuses().values()) <= {Status.DONE}, [(r.address, r.error) for r in ran.results]


def held(stage: Rehearsal) -> dict[str, Any]:
    """Of the objects that may be written: whom they are assigned to, and what administrators read of them."""
    found = [*stage.tenant()[APPS], *stage.tenant()[POLICIES]]
    fields = {TEAMS: "notes", TEAMS_VPP: "notes", BASELINE: "description", STRICT: "description"}
    return {
        o["id"]: (
            sorted(str(a["target"].get("groupId", "all")).lower() for a in o["assignments"]),
            o[fields[o["id"]]] or "",
        )
        for o in found
        if o["id"] in fields
    }


@pytest.mark.parametrize(
    "knobs",
    [{}, {"expand_assignments": "absent", "no_filter": "zero-guid"}, {"id_case": "upper", "page_size": 1}],
    ids=str,
)
def test_what_others_assigned_stays_through_a_change_and_a_withdrawal(
    rehearse: Rehearse, knobs: dict[str, Any]
) -> None:
    with rehearse(specs(), seed=tenant(), knobs=knobs, wired=bool(knobs)) as stage:
        before = held(stage)
        applied(stage)
        pilots, staff = GROUPS["iOS pilots"], GROUPS["Staff"]
        assert held(stage)[TEAMS][0] == sorted([pilots, "all"])
        assert held(stage)[BASELINE][0] == sorted([pilots, staff])
        assert held(stage)[BASELINE][1].startswith("Made by security\n[reconciler owner=contoso kind=Compliance")
        stage.declare(specs(groups=("Executives",)))
        applied(stage)
        assert held(stage)[TEAMS][0] == sorted([GROUPS["Executives"], "all"])
        stage.declare(specs(groups=("Executives",)).replace("name: teams", "name: other").partition("---")[0])
        planned = stage.plan(consent=PRUNE)
        assert "PLAN105" not in [d.rule for d in planned.plan.diagnostics]
        assert {COMPLIANCE} <= actions(planned.plan).keys()
        stage.apply(planned)
        assert held(stage)[BASELINE] == before[BASELINE]


def test_what_a_spec_left_for_another_one_is_withdrawn_with_consent_and_comes_back(rehearse: Rehearse) -> None:
    with rehearse(specs(), seed=tenant(), wired=True) as stage:
        untouched = held(stage)
        applied(stage)
        first = held(stage)
        stage.declare(specs(source="vpp", policy="iOS strict"))
        left = [o["address"] for o in stage.plan().plan.orphaned]
        assert left == [f"{APP}-replaced", f"{COMPLIANCE}-replaced"]
        record = applied(stage, PRUNE)
        moved = held(stage)
        assert (moved[TEAMS], moved[BASELINE]) == (untouched[TEAMS], untouched[BASELINE])
        assert stage.plan().plan.orphaned == ()
        assert [len(moved[key][0]) for key in (TEAMS_VPP, STRICT)] == [2, 2]
        gone_back(stage, record)
        assert held(stage) == first
        stage.declare(specs())
        assert pending(stage.plan().plan) == {}


def test_a_run_and_its_rollback_leave_shared_objects_as_they_were(rehearse: Rehearse) -> None:
    with rehearse(specs(groups=("iOS pilots", "Executives")), seed=tenant(), wired=True) as stage:
        before = held(stage)
        record = applied(stage)
        assert held(stage) != before
        gone_back(stage, record)
        assert held(stage) == before
        again = plan_back(stage, record).plan
        assert (pending(again), again.blocked) == ({}, False)
