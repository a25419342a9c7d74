"""Multi Admin Approval through whole runs: what is protected waits, the rest goes on, and approval after approval the
tenant converges, with nothing asked for twice and nothing carried out that was not approved.

Runs are on the wire; the commands at the end, and `tests/graph/test_approval.py`, meet the same answers over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from reconciler.run import Outcome, Status

from . import scenario
from .command import Folder
from .harness import Ran, Rehearsal, pending, with_knobs

Rehearse = Callable[..., Rehearsal]
REQUESTS = "deviceManagement/operationApprovalRequests"
WAITING = Status.AWAITING_APPROVAL
WHY = "CHG-1: web based enrollment"

POLICY = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: SSO, assignments: {include: [allUsers]}}
"""


def requests(stage: Rehearsal | Emulator) -> list[dict[str, Any]]:
    emulator = stage.emulator if isinstance(stage, Rehearsal) else stage
    return emulator.objects(REQUESTS)  # type: ignore[return-value]


def approve_all(stage: Rehearsal | Emulator) -> int:
    """A second administrator approves what waits; how many requests that were."""
    emulator = stage.emulator if isinstance(stage, Rehearsal) else stage
    waiting = [request["id"] for request in requests(stage) if request["status"] == "needsApproval"]
    for key in waiting:
        emulator.approve(str(key))
    return len(waiting)


def until_done(stage: Rehearsal) -> Iterator[Ran]:
    """Runs and approvals in turn, until nothing waits any more."""
    for _ in range(12):
        ran = stage.apply(justification=WHY)
        yield ran
        if not approve_all(stage):
            return
    raise AssertionError("it never ends")


@pytest.mark.parametrize("answer", [412, 403, 202])
@pytest.mark.parametrize("protected", ["apps", "configuration", "all"])
def test_approval_after_approval_the_tenant_converges(rehearse: Rehearse, protected: str, answer: int) -> None:
    knobs = {"multi_admin_approval": protected, "approval_answer": answer}
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs=knobs, wired=True) as stage:
        before = scenario.foreign(stage.tenant())
        *waited, last = until_done(stage)
        assert waited
        assert all(ran.outcome is Outcome.PARTLY_APPLIED for ran in waited)
        assert all(any(r.approval for r in ran.results if r.status is WAITING) for ran in waited)
        assert set(last.statuses().values()) <= {Status.DONE}
        assert pending(stage.plan().plan) == {}
        assert scenario.foreign(stage.tenant()) == before
        marks = [request["requestJustification"] for request in requests(stage)]
        assert len(set(marks)) == len(marks), "something was asked for twice"
        assert {request["status"] for request in requests(stage)} == {"completed"}


def test_what_waits_holds_back_what_depends_on_it_and_nothing_else(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs={"multi_admin_approval": "apps"}, wired=True) as stage:
        ran = stage.apply(justification=WHY)
        statuses = ran.statuses()
        waiting = {str(result.address) for result in ran.results if result.approval}
        assert waiting
        assert waiting <= {a for a in statuses if a.startswith("AuthenticatorAssignment/")}
        assert statuses["JitSsoPolicy/jit-pilot"] is Status.DONE
        held = [result for result in ran.results if result.status is not Status.DONE and not result.approval]
        assert {result.status for result in held} == {Status.SKIPPED, WAITING}
        assert all("waits for approval" in str(result.error) for result in held)
        assert all(bool(result.requests) is (result.status is WAITING) for result in held)


def test_a_run_before_the_approval_asks_for_nothing_again(rehearse: Rehearse) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        first, second = stage.apply(justification=WHY), stage.apply(justification=WHY)
        (request,) = requests(stage)
        for ran in (first, second):
            assert (ran.of("JitSsoPolicy/jit").status, ran.of("JitSsoPolicy/jit").approval) == (WAITING, request["id"])
        assert len(first.writes) == 1
        assert second.writes == ()
        assert request["requestJustification"].startswith(f"{WHY} [reconciler ")
        assert stage.emulator.objects(scenario.CONFIGURATIONS) == []


def test_without_a_justification_nothing_is_asked_and_the_hint_says_what_to_do(rehearse: Rehearse) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        ran = stage.apply()
        result = ran.of("JitSsoPolicy/jit")
        assert (result.status, result.refused, ran.outcome) == (Status.FAILED, True, Outcome.REFUSED)
        assert "--justification TEXT" in str(result.error)
        assert requests(stage) == []


def test_a_rejection_holds_until_there_is_another_justification(rehearse: Rehearse) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        key = str(stage.apply(justification=WHY).of("JitSsoPolicy/jit").approval)
        stage.emulator.reject(key, by="eva@contoso.example", why="not in the freeze")
        result = stage.apply(justification=WHY).of("JitSsoPolicy/jit")
        assert result.status is Status.FAILED
        assert "rejected by eva@contoso.example, saying: not in the freeze" in str(result.error)
        assert len(requests(stage)) == 1
        assert stage.apply(justification="CHG-2: after the freeze").of("JitSsoPolicy/jit").status is WAITING


def test_an_approval_that_ran_out_is_asked_for_again(rehearse: Rehearse) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        stage.apply(justification=WHY)
        approve_all(stage)
        stage.time.seconds += 3 * 24 * 3600
        assert stage.apply(justification=WHY).of("JitSsoPolicy/jit").status is WAITING
        assert [request["status"] for request in requests(stage)] == ["expired", "needsApproval"]


def test_another_change_than_the_approved_one_is_asked_for_anew(rehearse: Rehearse) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        stage.apply(justification=WHY)
        approve_all(stage)
        stage.declare(POLICY.replace("displayName: SSO", "displayName: Another"))
        assert stage.apply(justification=WHY).of("JitSsoPolicy/jit").status is WAITING
        assert stage.emulator.objects(scenario.CONFIGURATIONS) == []


@pytest.mark.parametrize("kind", ["status-after-commit", "drop-after-commit"])
def test_a_lost_answer_files_one_request_and_makes_one_object(rehearse: Rehearse, kind: Any) -> None:
    with rehearse(POLICY, knobs={"multi_admin_approval": "configuration"}, wired=True) as stage:
        for _ in range(2):
            stage.emulator.fail(Fault(kind=kind, method="POST", path=r"/deviceConfigurations$", status=504))
            stage.apply(justification=WHY)
            approve_all(stage)
        *_, last = until_done(stage)
        assert last.outcome in (Outcome.APPLIED, Outcome.NOTHING_TO_DO)
        assert len(stage.emulator.objects(scenario.CONFIGURATIONS)) == 1
        marks = [request["requestJustification"] for request in requests(stage)]
        assert len(set(marks)) == len(marks)


def test_where_requests_cannot_be_read_the_service_says_what_is_open(rehearse: Rehearse) -> None:
    knobs = {"multi_admin_approval": "configuration", "approval_records": "403"}
    with rehearse(POLICY, knobs={"multi_admin_approval": "off"}, wired=True) as stage:
        stage.apply()
        with_knobs(stage, **knobs)
        stage.declare(POLICY.replace("displayName: SSO", "displayName: Renamed"))
        first = stage.apply(justification=WHY).of("JitSsoPolicy/jit")
        second = stage.apply(justification=WHY).of("JitSsoPolicy/jit")
        assert (first.status, bool(first.approval)) == (WAITING, True)
        assert (second.status, second.approval) == (WAITING, None)
        assert len(requests(stage)) == 1


# -- the command -------------------------------------------------------------------------------------------------------


def test_a_plan_that_needs_approval_is_refused_before_the_first_write(folder: Folder, graph: Emulator) -> None:
    graph.knobs = type(graph.knobs)(multi_admin_approval="apps")
    said = folder("apply", "--yes")
    assert said.code == 4
    assert "Multi Admin Approval protects mobileApps" in said.err
    assert "--justification TEXT" in said.err
    assert graph.writes == []


def test_a_waiting_run_says_so_and_a_later_one_goes_on(folder: Folder, graph: Emulator) -> None:
    graph.knobs = type(graph.knobs)(multi_admin_approval="apps")
    said = folder("apply", "--yes", "--format", "json", "--justification", WHY)
    run = said.valid("run")
    waiting = [result for result in run["results"] if result["status"] == "awaiting-approval"]
    assert said.code == 5
    assert run["outcome"] == "partly-applied"
    assert run["summary"]["awaiting-approval"] == len(waiting) > 0
    assert {r["approval"] for r in waiting if "approval" in r} == {request["id"] for request in requests(graph)}
    text = folder("apply", "--yes", "--justification", WHY)
    assert text.code == 5
    assert "waiting" in " ".join(text.out.split())
    assert "Multi Admin Approval" in " ".join(text.out.split())
    for _ in range(8):
        approve_all(graph)
        said = folder("apply", "--yes", "--justification", WHY)
        if said.code == 0:
            break
    assert (said.code, folder("plan", "--detailed-exitcode").code) == (0, 0)


def test_where_policies_cannot_be_read_nothing_is_said_before(folder: Folder, graph: Emulator) -> None:
    graph.knobs = type(graph.knobs)(multi_admin_approval="apps", approval_records="403")
    said = folder("apply", "--yes")
    assert said.code == 5, "what is not protected was done"
    assert "--justification TEXT" in said.out


@pytest.mark.parametrize("text", ["", "  ", "x" * 1000])
def test_a_justification_has_a_length(folder: Folder, graph: Emulator, text: str) -> None:
    assert folder("apply", "--yes", "--justification", text).code == 64
    assert graph.log == []
