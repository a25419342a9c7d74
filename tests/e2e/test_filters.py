"""Assignment filters end to end: made and used in one run, renamed, and deleted behind whatever uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from reconciler.kind import Consent
from reconciler.run import Outcome

from .command import Folder
from .harness import Rehearsal, actions, pending, sent
from .way_back import plan_back, recorded

Rehearse = Callable[..., Rehearsal]
FILTERS = "deviceManagement/assignmentFilters"
POLICIES = "deviceManagement/deviceConfigurations"
FILTER = """
apiVersion: intune.reconciler/v1
kind: AssignmentFilter
metadata: {name: personal}
spec:
  displayName: Personal devices
  rule: (device.deviceOwnership -eq "Personal")
"""
USERS = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO
  assignments: {include: [{all: users, filter: {include: Personal devices}}]}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: authenticator}
spec:
  app: {source: store, createIfMissing: true}
  assignments: {include: [{all: users, filter: {include: Personal devices}}]}
"""
PLAIN = USERS.replace("{all: users, filter: {include: Personal devices}}", "allUsers")
PRUNE = Consent(prune=True)


def used(stage: Rehearsal, collection: str) -> list[Any]:
    """The filters of all assignments of a collection."""
    return [
        each["target"]["deviceAndAppManagementAssignmentFilterId"]
        for entry in stage.emulator.objects(collection)
        for each in dict[str, Any](entry)["assignments"]
    ]


def only_filter(stage: Rehearsal) -> Any:
    (made,) = stage.stored(FILTERS)
    return made


@pytest.mark.parametrize("knobs", [{}, {"stale_reads": 2}], ids=["at-once", "lagging"])
def test_specs_use_a_filter_that_the_same_plan_creates(rehearse: Rehearse, knobs: Any) -> None:
    with rehearse(FILTER + "---" + USERS, knobs=knobs, wired=True) as stage:
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED
        assert sent(ran.writes)[0] == ("POST", f"/beta/{FILTERS}")
        made = only_filter(stage)["id"]
        assert used(stage, POLICIES) == [made]
        assert used(stage, "deviceAppManagement/mobileApps") == [made]
        stage.catch_up()
        assert pending(stage.plan().plan) == {}


def test_what_names_a_filter_that_was_not_made_is_left_alone(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        planned = stage.plan()
        stage.emulator.fail(Fault(method="POST", path="assignmentFilters$", status=400))
        ran = stage.apply(planned)
        assert [str(status) for status in ran.statuses().values()] == ["failed", "skipped", "skipped"]
        assert "AssignmentFilter/personal was not done" in str(ran.of("JitSsoPolicy/jit").error)
        assert stage.stored(POLICIES) == []


def test_a_filter_goes_behind_those_who_used_it(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        stage.declare(PLAIN)
        ran = stage.apply(stage.plan(consent=PRUNE))
        assert ran.outcome is Outcome.APPLIED
        assert sent(ran.writes)[-1][0] == "DELETE"
        assert stage.stored(FILTERS) == []
        stage.declare(USERS)
        assert [d.rule for d in stage.plan().plan.diagnostics if d.rule == "NAME101"] == ["NAME101", "NAME101"]


def test_a_filter_stays_where_those_who_used_it_could_not_let_go(rehearse: Rehearse) -> None:
    """Whatever the service thinks of the delete: it is not asked for it."""
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        stage.declare(PLAIN)
        planned = stage.plan(consent=PRUNE)
        stage.emulator.fail(Fault(method="POST", path="deviceConfigurations/[^/]+/assign$", status=403))
        ran = stage.apply(planned)
        assert {address: str(status) for address, status in ran.statuses().items()} == {
            "JitSsoPolicy/jit": "failed",
            "AuthenticatorAssignment/authenticator": "done",
            "AssignmentFilter/personal": "skipped",
        }
        assert not any(method == "DELETE" for method, _ in sent(ran.writes))
        assert "JitSsoPolicy/jit was not done" in str(ran.of("AssignmentFilter/personal").error)


@pytest.mark.parametrize("status", [409, 400])
def test_a_filter_that_is_held_for_a_while_is_deleted_in_the_end(rehearse: Rehearse, status: int) -> None:
    knobs = {"filter_held": 5, "filter_in_use": status}
    with rehearse(FILTER + "---" + USERS, knobs=knobs, wired=True) as stage:
        stage.apply()
        stage.declare(PLAIN)
        planned = stage.plan(consent=PRUNE)
        before = stage.time.seconds
        ran = stage.apply(planned)
        assert ran.outcome is Outcome.APPLIED
        assert [method for method, _ in sent(ran.writes)].count("DELETE") == 6
        assert 15 < stage.time.seconds - before < 60
        assert stage.stored(FILTERS) == []


def test_a_filter_that_stays_in_use_is_given_up_after_a_minute(rehearse: Rehearse) -> None:
    with rehearse(FILTER, knobs={"filter_held": 1000}, wired=True) as stage:
        stage.apply()
        stage.declare("")
        before = stage.time.seconds
        ran = stage.apply(stage.plan(consent=PRUNE))
        assert str(ran.of("AssignmentFilter/personal").status) == "failed"
        assert "does not read may be assigned with it" in str(ran.of("AssignmentFilter/personal").error)
        assert 60 < stage.time.seconds - before < 120
        assert len(stage.stored(FILTERS)) == 1


def test_what_uses_a_filter_and_is_not_read(rehearse: Rehearse) -> None:
    """Graph may name it, or only refuse the delete: either way the filter stays, and people are told."""
    passcode: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration",
        "id": "9aa00000-1111-4222-8333-000000000001",
        "displayName": "Passcode",
        "assignments": [],
    }
    for knobs, rule in (({"filter_payloads": "item"}, "PLAN110"), ({}, "PLAN111")):
        seed = {"formatVersion": 1, "collections": {POLICIES: [passcode]}}
        with rehearse(FILTER, knobs=knobs, seed=seed, wired=True) as stage:
            stage.apply()
            target = {
                "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget",
                "deviceAndAppManagementAssignmentFilterId": only_filter(stage)["id"],
                "deviceAndAppManagementAssignmentFilterType": "include",
            }
            stage.emulator.put(POLICIES, {**passcode, "assignments": [{"target": target}]})
            stage.declare("")
            planned = stage.plan(consent=PRUNE)
            assert [d.rule for d in planned.plan.diagnostics] == [rule]
            assert planned.plan.blocked == (rule == "PLAN110")
            if not planned.plan.blocked:
                assert str(stage.apply(planned).of("AssignmentFilter/personal").status) == "failed"
            assert len(stage.stored(FILTERS)) == 1


def test_everything_goes_with_its_filter_in_one_run(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        stage.declare("")
        planned = stage.plan(consent=PRUNE)
        assert actions(planned.plan)["AssignmentFilter/personal"] == "delete"
        assert stage.apply(planned).outcome is Outcome.APPLIED
        assert stage.stored(FILTERS) == []
        assert used(stage, "deviceAppManagement/mobileApps") == []


def test_a_filter_in_use_is_not_pruned(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        stage.declare(USERS)
        found = stage.plan(consent=PRUNE).plan
        assert found.blocked
        assert ["'Microsoft Authenticator', 'SSO'" in d.message for d in found.diagnostics if d.rule == "PLAN110"] == [
            True
        ]


def test_a_replaced_filter_is_left_by_its_users_before_it_goes(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        old = only_filter(stage)
        stage.emulator.put(FILTERS, {**old, "platform": "macOS"})
        address = next(a for a in stage.specs.desired if a.kind == "AssignmentFilter")
        ran = stage.apply(stage.plan(consent=Consent(replace=frozenset({address}))))
        assert ran.outcome is Outcome.APPLIED
        new = only_filter(stage)
        assert (new["id"] != old["id"], new["platform"]) == (True, "iOS")
        assert used(stage, POLICIES) == [new["id"]]
        assert pending(stage.plan().plan) == {}


def test_a_filter_that_is_made_again_is_used_again(rehearse: Rehearse) -> None:
    """A rollback makes it under another id, and the record has the old one."""
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        stage.apply()
        stage.declare(PLAIN)
        old = only_filter(stage)["id"]
        planned = stage.plan(consent=PRUNE)
        record = recorded(stage, planned, stage.apply(planned))
        back = plan_back(stage, record)
        assert old not in str(
            [change.to_json() for change in back.plan.changes if change.address.kind == "JitSsoPolicy"]
        )
        assert stage.apply(back).outcome is Outcome.APPLIED
        made = only_filter(stage)["id"]
        assert made != old
        assert used(stage, POLICIES) == [made]
        assert used(stage, "deviceAppManagement/mobileApps") == [made]
        assert pending(plan_back(stage, record).plan) == {}
        stage.declare(FILTER + "---" + USERS)
        assert pending(stage.plan().plan) == {}


def test_what_is_not_selected_is_not_there(rehearse: Rehearse) -> None:
    with rehearse(FILTER + "---" + USERS, wired=True) as stage:
        chosen = frozenset(a for a in stage.specs.desired if a.kind == "JitSsoPolicy")
        found = stage.plan(selected=chosen).plan
        (problem,) = [d for d in found.diagnostics if d.rule == "PLAN101"]
        assert found.blocked
        assert "needs AssignmentFilter/personal" in problem.message


def test_a_filter_that_was_deleted_is_made_anew_whatever_the_pins_say(folder: Folder) -> None:
    folder.write("specs/all.yaml", FILTER + "---" + USERS)
    folder.write("tenant.json", {"formatVersion": 1, "collections": {}})
    with Emulator() as graph:
        folder.serve(graph)
        assert folder("apply", "--yes").code == 0
        assert folder("pin").code == 0
        for name in (POLICIES, "deviceAppManagement/mobileApps", FILTERS):
            for each in graph.objects(name):
                graph.remove(name, str(each["id"]))
        said = folder("apply", "--yes")
        assert (said.code, "NAME103" in said.out + said.err) == (0, False)
        assert folder("plan", "--detailed-exitcode").code == 4, "the pins have another id under that name"
        assert folder("pin", "--accept", "*").code == 0
        assert folder("plan", "--detailed-exitcode").code == 0
