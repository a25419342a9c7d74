"""What networks, gateways and a tired service do, one named case a row, through a whole plan and apply over HTTP.

The unit tests of `graph` have the same faults request by request; here the question is how a run ends: converged with
one object for each spec, or stopped cleanly with a true report, and converged by the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from reconciler.emulator.clock import http_date
from reconciler.engine.refresh import read_object
from reconciler.kinds import REGISTRY
from reconciler.run import Outcome, Status

from . import scenario
from .harness import Ran, Rehearsal, Time, load_specs, pending

Rehearse = Callable[..., Rehearsal]
POLICY = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: SSO, assignments: {include: [allUsers]}}
"""
ADDRESS = "JitSsoPolicy/jit"
CREATE = {"method": "POST", "path": r"/deviceConfigurations$"}
ASSIGN = {"method": "POST", "path": r"/assign$"}
LIST = {"method": "GET", "path": r"/deviceConfigurations$"}


def made(stage: Rehearsal) -> int:
    return len(stage.emulator.objects(scenario.CONFIGURATIONS))


def converged(stage: Rehearsal) -> bool:
    return made(stage) == 1 and pending(stage.plan().plan) == {}


# -- throttling: every form of Retry-After -----------------------------------------------------------------------------


def date(stage: Rehearsal, seconds: float) -> str:
    return http_date(stage.time.now() + timedelta(seconds=seconds))


WAITS: dict[str, tuple[Callable[[Rehearsal], str | None], float]] = {
    "absent": (lambda _: None, 1.0),
    "zero": (lambda _: "0", 1.0),
    "whole seconds": (lambda _: "7", 7.0),
    "decimal": (lambda _: "2.128", 2.128),
    "a date": (lambda stage: date(stage, 20), 18.0),
    "a date in the past": (lambda stage: date(stage, -60), 1.0),
    "negative": (lambda _: "-5", 1.0),
    "garbage": (lambda _: "soon", 1.0),
    "two headers joined": (lambda _: "5, 5", 5.0),
    "not a number": (lambda _: "nan", 1.0),
}


@pytest.mark.parametrize("status", [429, 509])
@pytest.mark.parametrize("row", WAITS)
def test_throttled_waits_at_least_as_long_as_told_and_converges(rehearse: Rehearse, row: str, status: int) -> None:
    header, least = WAITS[row]
    with rehearse(POLICY) as stage:
        planned = stage.plan()
        value = header(stage)
        stage.emulator.fail(Fault(status=status, headers={} if value is None else {"Retry-After": value}, **CREATE))
        before = stage.time.seconds
        assert stage.apply(planned).outcome is Outcome.APPLIED
        first, second = (w for w in stage.emulator.writes if w.path.endswith("/deviceConfigurations"))
        assert second.at - first.at >= least
        assert stage.time.seconds - before < 60
        assert converged(stage)


def test_a_wait_inside_the_body_is_obeyed(rehearse: Rehearse) -> None:
    inner = '{"_version": 3, "Message": "Too many requests.", "RetryAfter": 12}'
    body: Any = {"error": {"code": "TooManyRequests", "message": inner}}
    with rehearse(POLICY) as stage:
        planned = stage.plan()
        stage.emulator.fail(Fault(status=429, body=body, **CREATE))
        assert stage.apply(planned).outcome is Outcome.APPLIED
        first, second = (w for w in stage.emulator.writes if w.path.endswith("/deviceConfigurations"))
        assert second.at - first.at >= 12.0


def test_a_service_that_always_says_1_is_asked_less_and_less_often(rehearse: Rehearse) -> None:
    with rehearse(POLICY) as stage:
        planned = stage.plan()
        stage.emulator.fail(Fault(status=429, headers={"Retry-After": "1"}, times=6, **CREATE))
        assert stage.apply(planned).outcome is Outcome.APPLIED
        times = [w.at for w in stage.emulator.writes if w.path.endswith("/deviceConfigurations")]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert len(times) == 7
        assert gaps == sorted(gaps)
        assert gaps[-1] >= 32.0


def test_ten_hours_stop_the_run_and_it_says_when_to_resume(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        planned = stage.plan()
        stage.emulator.fail(Fault(status=429, headers={"Retry-After": "36000"}, method="POST"))
        before = len(stage.emulator.log)
        start = stage.time.seconds
        ran = stage.apply(planned)
        refused = [write for write in ran.writes if write.status == 429]
        assert len(refused) == 1
        assert len(stage.emulator.log) - before < 12, "what comes after is not asked at all"
        assert stage.time.seconds - start < 60
        told = [result for result in ran.results if "resume after" in str(result.error)]
        assert told
        assert Status.FAILED in {result.status for result in told}
        assert {result.status for result in ran.results} <= {
            Status.DONE,
            Status.FAILED,
            Status.SKIPPED,
            Status.UNVERIFIED,
        }
        assert all(not result.requests for result in ran.results if result.status is Status.SKIPPED)
        stage.time.seconds += 36000
        assert stage.apply().outcome is Outcome.APPLIED
        assert pending(stage.plan().plan) == {}


# -- writes: what came of them is not known ----------------------------------------------------------------------------

LOST: dict[str, Fault] = {
    "500 after it was done": Fault(kind="status-after-commit", status=500),
    "503 after it was done": Fault(kind="status-after-commit", status=503),
    "504 after it was done": Fault(kind="status-after-commit", status=504),
    "408 after it was done": Fault(kind="status-after-commit", status=408),
    "reset before": Fault(kind="drop-before"),
    "reset after it was done": Fault(kind="drop-after-commit"),
    "half of the answer": Fault(kind="truncate"),
    "a web page": Fault(kind="html"),
    "nothing": Fault(kind="empty"),
    "null": Fault(kind="null"),
    "duplicate keys": Fault(kind="body", body='{"id": "1", "id": "2"}'),
    "NaN": Fault(kind="body", body='{"id": NaN}'),
    "an object without an id": Fault(kind="body", body={"displayName": "SSO"}),
    "a redirect": Fault(status=302, headers={"Location": "http://127.0.0.1:9/beta/x"}),
    "502 and not done": Fault(status=502),
    "503 and not done": Fault(status=503),
}


def on(fault: Fault, where: dict[str, str]) -> Fault:
    return Fault(
        kind=fault.kind, status=fault.status, headers=fault.headers, body=fault.body, **where
    )  # fmt: skip


@pytest.mark.parametrize("where", [CREATE, ASSIGN], ids=["create", "assign"])
@pytest.mark.parametrize("row", LOST)
def test_a_write_of_unknown_outcome_ends_in_exactly_one_object(
    rehearse: Rehearse, row: str, where: dict[str, str]
) -> None:
    with rehearse(POLICY) as stage:
        planned = stage.plan()
        stage.emulator.fail(on(LOST[row], where))
        ran = stage.apply(planned)
        assert made(stage) <= 1, "no duplicate, not even for a moment"
        assert ran.of(ADDRESS).status in (Status.DONE, Status.UNVERIFIED, Status.FAILED)
        if ran.of(ADDRESS).status is Status.DONE:
            assert pending(stage.plan().plan) == {}
        stage.apply()
        assert converged(stage)


# -- reads: nothing that is broken is taken for "there is none" --------------------------------------------------------

PAGE = '{"value": [], "@odata.nextLink": "%s"}'
BROKEN: dict[str, Fault] = {
    "403": Fault(status=403),
    "400": Fault(status=400),
    "404 of a collection": Fault(status=404),
    "500 for ever": Fault(status=500, times=99),
    "half of it, for ever": Fault(kind="truncate", times=99),
    "reset, for ever": Fault(kind="drop-before", times=99),
    "a web page, for ever": Fault(kind="html", times=99),
    "nothing, for ever": Fault(kind="empty", times=99),
    "null": Fault(kind="null", times=99),
    "an empty object": Fault(kind="body", body={}, times=99),
    "value is null": Fault(kind="body", body={"value": None}, times=99),
    "value is an object": Fault(kind="body", body={"value": {}}, times=99),
    "a value is a number": Fault(kind="body", body={"value": [1]}, times=99),
    "an object without an id": Fault(kind="body", body={"value": [{"displayName": "SSO"}]}, times=99),
    "duplicate keys": Fault(kind="body", body='{"value": [], "value": []}', times=99),
    "a next link that is empty": Fault(kind="body", body=PAGE % "", times=99),
    "a foreign next link": Fault(kind="body", body=PAGE % "https://evil.example/beta/x", times=99),
    "a redirect": Fault(status=301, headers={"Location": "http://127.0.0.1:9/"}, times=99),
    "throttled for ten hours": Fault(status=429, headers={"Retry-After": "36000"}),
}


@pytest.mark.parametrize("row", BROKEN)
def test_a_reading_that_is_not_proven_complete_blocks_the_plan(rehearse: Rehearse, row: str) -> None:
    with rehearse(POLICY) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        writes = len(stage.emulator.writes)
        stage.emulator.fail(on_reads(BROKEN[row]))
        planned = stage.plan()
        assert not planned.plan.complete
        assert planned.plan.blocked
        assert len(stage.emulator.writes) == writes
        stage.emulator.heal()
        stage.time.seconds += 36000
        assert converged(stage)


def on_reads(fault: Fault) -> Fault:
    return Fault(
        kind=fault.kind, status=fault.status, headers=fault.headers, body=fault.body, times=fault.times, **LIST
    )  # fmt: skip


PASSING: dict[str, Fault] = {
    "500 once": Fault(status=500),
    "502 twice": Fault(status=502, times=2),
    "503 once": Fault(status=503, headers={"Retry-After": "1"}),
    "504 once": Fault(status=504),
    "reset once": Fault(kind="drop-before"),
    "half of it once": Fault(kind="truncate"),
    "a web page once": Fault(kind="html"),
    "throttled once": Fault(status=429, headers={"Retry-After": "1"}),
}


@pytest.mark.parametrize("row", PASSING)
def test_a_reading_that_fails_in_passing_is_read_again(rehearse: Rehearse, row: str) -> None:
    with rehearse(POLICY) as stage:
        stage.emulator.fail(on_reads(PASSING[row]))
        assert stage.apply().outcome is Outcome.APPLIED
        assert converged(stage)


def test_a_next_link_that_leads_back_is_no_end(rehearse: Rehearse) -> None:
    with rehearse(POLICY) as stage:
        loop = f"{stage.emulator.url}/beta/{scenario.CONFIGURATIONS}?$skiptoken=x"
        stage.emulator.fail(Fault(kind="body", body=PAGE % loop, times=99, **LIST))
        assert not stage.plan().plan.complete
        assert len([r for r in stage.emulator.log if r.path.endswith("/deviceConfigurations")]) <= 3


@pytest.mark.parametrize("status", [400, 403, 404, 424, 500, 502])
def test_a_part_of_a_batch_that_fails_blocks_what_rests_on_it(rehearse: Rehearse, status: int) -> None:
    """Profiles carry no assignments in their list, so each is asked for its own, in a batch."""
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        path = rf"appleUserInitiatedEnrollmentProfiles/{scenario.BYOD}/assignments$"
        stage.emulator.fail(Fault(status=status, times=99, path=path))
        planned = stage.plan()
        assert not planned.plan.complete
        assert planned.plan.blocked
        assert stage.emulator.writes == []


def test_a_part_of_a_batch_that_is_throttled_is_read_again(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        path = r"appleUserInitiatedEnrollmentProfiles/.+/assignments$"
        stage.emulator.fail(Fault(status=429, headers={"Retry-After": "3"}, times=2, path=path))
        assert stage.apply().outcome is Outcome.APPLIED
        assert pending(stage.plan().plan) == {}


def test_a_batch_that_leaves_an_answer_out_blocks_the_plan(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        stage.emulator.fail(Fault(kind="body", body={"responses": []}, times=99, path=r"\$batch$"))
        planned = stage.plan()
        assert not planned.plan.complete
        assert stage.emulator.writes == []


# -- what is newer than this program -----------------------------------------------------------------------------------

NEWER: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a property": lambda body: {**body, "brandNew": {"a": [1, None]}},
    "a list of types": lambda body: {**body, "newTypes": ["#microsoft.graph.x"]},
    "an annotation": lambda body: {**body, "@microsoft.graph.brandNew": "x"},
}


@pytest.mark.parametrize("row", NEWER)
def test_invariant_40_what_is_newer_is_read_past_and_never_written(rehearse: Rehearse, row: str) -> None:
    with rehearse(POLICY) as stage:
        stage.apply()
        (stored,) = stage.emulator.objects(scenario.CONFIGURATIONS)
        held: Any = {**stored, "assignments": stored.pop("assignments")}
        stage.emulator.fail(Fault(kind="body", body={"value": [NEWER[row](dict(held))]}, times=1, **LIST))
        assert pending(stage.plan().plan) == {}


UNKNOWN_POLICY = {
    "@odata.type": "#microsoft.graph.iosQuantumConfiguration", "id": "9aa00000-1111-4222-8333-000000000001",
    "displayName": "Of another time", "mode": "entangled",
}  # fmt: skip


def test_objects_of_an_unknown_type_stay_as_they_are(rehearse: Rehearse) -> None:
    with rehearse(POLICY) as stage:
        stage.emulator.put(scenario.CONFIGURATIONS, UNKNOWN_POLICY)
        assert stage.apply().outcome is Outcome.APPLIED
        held = stage.emulator.object(scenario.CONFIGURATIONS, str(UNKNOWN_POLICY["id"]))
        assert held is not None
        assert UNKNOWN_POLICY.items() <= held.items()
        assert pending(stage.plan().plan) == {}


PROFILE = """
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: web}
spec:
  displayName: Web
  enrollmentType: webBasedDeviceEnrollment
  onboarding: {firstSignInApp: com.microsoft.skype.teams}
  assignments: {include: [allUsers]}
"""


@pytest.mark.parametrize("knob", ["sentinel", "raw"])
@pytest.mark.parametrize("managed", [True, False])
def test_an_enum_member_that_is_newer_is_never_written_back(rehearse: Rehearse, knob: str, managed: bool) -> None:
    """Somebody chose an enrollment type in the portal that this program does not know."""
    with rehearse(POLICY + "---" + PROFILE, knobs={"unknown_enum": knob}) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        (stored,) = stage.emulator.objects(scenario.PROFILES)
        options: Any = [{"ownerType": "personal", "enrollmentType": "telepathicEnrollment"}]
        newer = {"defaultEnrollmentType": "telepathicEnrollment", "availableEnrollmentTypeOptions": options}
        stage.emulator.put(scenario.PROFILES, {**stored, **newer})
        before = len(stage.emulator.writes)
        if not managed:
            plain = [line for line in PROFILE.splitlines() if "enrollmentType" not in line and "onboarding" not in line]
            stage.declare(POLICY + "---" + "\n".join(plain).replace("displayName: Web", "displayName: Another"))
        planned = stage.plan()
        if not planned.plan.blocked:
            stage.apply(planned)
        sent = str([write.body for write in stage.emulator.writes[before:]])
        assert "unknownFutureValue" not in sent
        assert "telepathic" not in sent
        if not managed:
            (after,) = stage.emulator.objects(scenario.PROFILES)
            assert (after["displayName"], after["defaultEnrollmentType"]) == ("Another", "telepathicEnrollment")


# -- answers that make no sense ----------------------------------------------------------------------------------------

NO_OBJECT = {"kind": "body", "method": "GET", "path": "deviceConfigurations/[^/]+$", "body": {"value": []}}
"""A success with an object that is none: it has no id."""


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.APPLIED), (99, Outcome.PARTLY_APPLIED)])
def test_a_read_back_without_an_id_shows_nothing(rehearse: Rehearse, times: int, outcome: Outcome) -> None:
    with rehearse(POLICY) as stage:
        planned = stage.plan()
        fault: Any = NO_OBJECT
        stage.emulator.fail(Fault(times=times, **fault))
        ran = stage.apply(planned)
        assert ran.outcome is outcome
        _true(ran)
        if times > 1:
            assert ran.of(ADDRESS).status is Status.UNVERIFIED
            assert "an object without an id" in str(ran.of(ADDRESS).error)
        stage.emulator.heal()
        stage.apply()
        assert converged(stage)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_object_that_is_gone_is_gone_whatever_its_assignments_say(rehearse: Rehearse, status: int) -> None:
    (profiles,) = REGISTRY["EnrollmentProfile"].collections
    with rehearse(POLICY) as stage:
        stage.emulator.fail(Fault(method="GET", path="/assignments$", status=status, times=99))
        assert stage._run(lambda graph: read_object(graph, profiles, "gone")) is None


def test_an_opaque_id_with_a_slash_is_deleted_like_any_other(rehearse: Rehearse) -> None:
    staff = PROFILE.replace("[allUsers]", "[{group: Staff}, {group: Executives}]")
    with rehearse(POLICY + "---" + staff, seed=scenario.seed(), knobs={"profile_assignment_id": "opaque"}) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        stage.declare(POLICY + "---" + staff.replace(", {group: Executives}", ""))
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED, [r.error for r in ran.results]
        (gone,) = [w for w in ran.writes if w.method == "DELETE"]
        assert gone.path.count("/") > ran.of("EnrollmentProfile/web").requests[0].path.count("/"), "no slash in it"
        assert pending(stage.plan().plan) == {}


# -- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [-86400.0, -90.0, 90.0, 86400.0])
def test_a_clock_that_is_wrong_changes_neither_waits_nor_plans(skew: float) -> None:
    """The service's clock is not ours: dates of answers count against dates of answers only."""
    time = Time()

    def theirs() -> datetime:
        return time.service() + timedelta(seconds=skew)

    with Rehearsal(load_specs(POLICY), Emulator(clock=theirs), time) as stage:
        planned = stage.plan()
        stage.emulator.fail(
            Fault(status=429, headers={"Retry-After": http_date(theirs() + timedelta(seconds=20))}, **CREATE)
        )
        before = time.seconds
        assert stage.apply(planned).outcome is Outcome.APPLIED
        assert 17.0 <= time.seconds - before < 60.0
        assert converged(stage)


def test_every_report_is_true(rehearse: Rehearse) -> None:
    """What is reported as done is what the service carried out, under a mix of faults."""
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        planned = stage.plan()
        for after, fault in ((1, "504 after it was done"), (3, "reset before"), (5, "502 and not done")):
            lost = LOST[fault]
            stage.emulator.fail(Fault(kind=lost.kind, status=lost.status, method="POST", after=after))
        ran = stage.apply(planned)
        _true(ran)
        stage.apply()
        assert pending(stage.plan().plan) == {}


def _true(ran: Ran) -> None:
    for result in ran.results:
        assert bool(result.error) is (result.status is not Status.DONE)
        if result.status is Status.SKIPPED:
            assert result.requests == ()
