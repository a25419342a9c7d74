"""The law of the way back: whatever a run did to whatever tenant, its rollback leaves the tenant as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic
from reconciler.kind import Consent
from reconciler.model import JsonObject
from reconciler.run import Status
from tests.e2e.harness import Rehearsal, pending, told
from tests.e2e.scenario import APPS
from tests.e2e.way_back import content, plan_back, recorded, stopped_after

from .tenants import Case, cases

FEW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
Rehearse = Callable[..., Rehearsal]


@FEW
@given(case=cases(), writes=st.none() | st.integers(0, 14), undone=st.none() | st.integers(0, 14))
def test_a_run_and_its_rollback_leave_the_tenant_as_it_was(
    rehearse: Rehearse, case: Case, writes: int | None, undone: int | None
) -> None:
    """Also where the run was stopped after some writes, and the way back too, and then gone again."""
    with rehearse(case.specs, seed=case.seed, wired=True) as stage:
        before = stage.tenant()
        planned = stage.plan(consent=Consent(prune=True))
        assume(planned.plan.pending and not planned.plan.blocked)
        record = recorded(stage, planned, stopped_after(writes, stage, planned))
        findings = [*back_once(stage, record, undone)]
        findings += [*back_once(stage, record), *back_once(stage, record)]  # a web clip is withdrawn before it goes
        again = plan_back(stage, record).plan
        assert (pending(again), again.blocked) == ({}, False), told(again)
        ranks = not any(d.rule == "ROLLBACK108" and "ranks" in d.message for d in findings)
        assert content(without_new_apps(before, stage.tenant()), ranks=ranks) == content(before, ranks=ranks)


@FEW
@given(case=cases())
def test_a_rollback_can_be_undone_like_any_run(rehearse: Rehearse, case: Case) -> None:
    with rehearse(case.specs, seed=case.seed, wired=True) as stage:
        planned = stage.plan(consent=Consent(prune=True))
        assume(planned.plan.pending and not planned.plan.blocked)
        record = recorded(stage, planned, stage.apply(planned))
        done = stage.tenant()
        back = plan_back(stage, record)
        findings = [*back.plan.diagnostics, *back_once(stage, recorded(stage, back, stage.apply(back)))]
        ranks = not any(d.rule == "ROLLBACK108" and "ranks" in d.message for d in findings)
        assert content(stage.tenant(), ranks=ranks) == content(done, ranks=ranks)


def back_once(stage: Rehearsal, record: JsonObject, writes: int | None = None) -> tuple[Diagnostic, ...]:
    """Go back, as far as one run gets; what the plan says of it."""
    back = plan_back(stage, record)
    assert not back.plan.blocked, told(back.plan)
    ran = stopped_after(writes, stage, back)
    done = set(ran.statuses().values()) <= {Status.DONE}
    assert done or writes is not None, [(r.address, r.error) for r in ran.results]
    return back.plan.diagnostics


def without_new_apps(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The tenant but for store apps that the run made: they stay, assigned to nobody and marked by nobody."""
    known = {app["id"] for app in before.get(APPS, ())}
    new = [a for a in after.get(APPS, ()) if a["id"] not in known and a["@odata.type"].endswith("iosStoreApp")]
    for app in new:
        assert app["assignments"] == []
        assert "[reconciler" not in (app.get("notes") or "")
    return {**after, APPS: [app for app in after.get(APPS, ()) if app not in new]}
