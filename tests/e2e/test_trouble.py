"""Apply under trouble: lost answers, lagging reads, hands in between, interruptions. Each run ends with a true report,
and the next one converges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from reconciler.cli.plan import exit_code
from reconciler.emulator import Fault, LoggedRequest
from reconciler.engine.apply import Apply, OnEvent
from reconciler.engine.verify import Looker
from reconciler.graph.client import Graph
from reconciler.graph.throttle import until
from reconciler.run import Outcome, Result, Status

from . import scenario
from .harness import Ran, Rehearsal, pending, sent, told
from .scenario import APPS, BYOD, CONFIGURATIONS, EXECUTIVES, KIOSK, POLICY, PROFILES, VPP_APP

Rehearse = Callable[..., Rehearsal]

COLLECTIONS = (CONFIGURATIONS, PROFILES, APPS)
CREATED = {CONFIGURATIONS: 1, PROFILES: 1, APPS: 1}
"""How many objects the scenario makes in each collection."""


@pytest.fixture
def tenant(rehearse: Rehearse) -> Callable[..., Rehearsal]:
    """The scenario, not yet served. On the wire: `test_reliability_rows` has the same faults over HTTP."""
    return lambda **options: rehearse(scenario.SPECS, seed=scenario.seed(), wired=True, **options)


def counts(stage: Rehearsal) -> dict[str, int]:
    return {name: len(stage.emulator.objects(name)) for name in COLLECTIONS}


def converged(stage: Rehearsal, *, runs: int = 1) -> None:
    """After at most so many further runs the tenant is as specified, nothing was made twice, the rest is untouched."""
    stage.emulator.heal()
    for _ in range(runs):
        stage.apply()
    assert pending(stage.plan().plan) == {}
    start = {name: len(objects) for name, objects in scenario.seed()["collections"].items() if name in COLLECTIONS}
    assert counts(stage) == {name: start[name] + CREATED[name] for name in COLLECTIONS}
    assert stage.ladder() == ["Executives", "Pilots", "BYOD", "Kiosk"]


# -- answers that are lost ---------------------------------------------------------------------------------------------

LOST = [
    Fault(kind="drop-after-commit"),
    Fault(kind="status-after-commit", status=504),
    Fault(kind="status-after-commit", status=503),
    Fault(kind="truncate"),
]
CREATES = [
    ("POST", rf"{CONFIGURATIONS}$"),
    ("POST", rf"{PROFILES}$"),
    ("POST", rf"{APPS}$"),
    ("POST", "/assignments$"),
]
WRITES = [
    *CREATES,
    ("POST", "/assign$"),
    ("POST", "/setPriority$"),
    ("PATCH", CONFIGURATIONS),
    ("PATCH", APPS),
    ("DELETE", "/assignments/"),
]


TOGETHER = [(*write, LOST[0]) for write in WRITES] + [(*create, lost) for create in CREATES for lost in LOST[1:]]


def _id(value: Any) -> str:
    return f"{value.kind}-{value.status}" if isinstance(value, Fault) else value.rpartition("/")[2].rstrip("$")


@pytest.mark.parametrize(("method", "path", "lost"), TOGETHER, ids=_id)
def test_a_lost_answer_is_looked_up(tenant: Any, method: str, path: str, lost: Fault) -> None:
    """The write took effect though no answer came: it is found, not sent again, and the run goes on to its end."""
    with tenant() as stage:
        before = scenario.foreign(stage.tenant())
        stage.emulator.fail(Fault(kind=lost.kind, status=lost.status, method=method, path=path))
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED, [(r.address, r.error) for r in ran.results if r.error]
        same = [(w.method, w.path, str(w.body)) for w in ran.writes]
        assert len(set(same)) == len(same), "a write that took effect was sent again"
        converged(stage, runs=0)
        assert scenario.foreign(stage.tenant()) == before


@pytest.mark.parametrize(("method", "path"), WRITES, ids=_id)
def test_a_write_that_never_arrived_is_sent_again(tenant: Any, method: str, path: str) -> None:
    with tenant() as stage:
        stage.emulator.fail(Fault(kind="drop-before", method=method, path=path))
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED, [(r.address, r.error) for r in ran.results if r.error]
        converged(stage, runs=0)


@pytest.mark.parametrize("lost", LOST, ids=_id)
def test_a_lost_create_whose_object_shows_late_is_one_object(tenant: Any, lost: Fault) -> None:
    with tenant(knobs={"stale_reads": 3}) as stage:
        stage.emulator.fail(
            *(Fault(kind=lost.kind, status=lost.status, method="POST", path=f"{c}$") for c in COLLECTIONS)
        )
        assert stage.apply().outcome is Outcome.APPLIED
        for _ in range(3):
            stage.plan()
        converged(stage, runs=0)


# -- refusals of the service -------------------------------------------------------------------------------------------

DEPENDANTS = {
    rf"PATCH {CONFIGURATIONS}/{POLICY}$": ("jit", {"executives", "pilots", "byod", "ios"}),
    rf"POST {CONFIGURATIONS}$": ("jit-pilot", {"pilots"}),
    rf"POST {APPS}$": ("store", {"executives", "pilots", "byod", "ios"}),
    rf"POST {PROFILES}$": ("pilots", {"ios"}),
    rf"PATCH {PROFILES}/{EXECUTIVES}$": ("executives", {"ios"}),
}
"""Which write is refused -> whose change fails, and whose, by name, may not be done then."""


@pytest.mark.parametrize("refused", DEPENDANTS, ids=lambda key: DEPENDANTS[key][0])
def test_a_failure_holds_back_what_depends_on_it_and_nothing_else(tenant: Any, refused: str) -> None:
    failing, dependants = DEPENDANTS[refused]
    method, _, path = refused.partition(" ")
    with tenant() as stage:
        planned = stage.plan()
        needs = {c.address.name: {a.name for a in c.depends_on} for c in planned.plan.pending}
        stage.emulator.fail(Fault(method=method, path=path, status=400, times=9))
        ran = stage.apply(planned)
        statuses = {r.address.name: r.status for r in ran.results}
        assert statuses[failing] is Status.FAILED
        for result in ran.results:
            free = result.address.name != failing and not _reaches(result.address.name, failing, needs)
            assert not free or result.status is Status.DONE or _held_back(result), result
        assert all(statuses[name] is not Status.DONE for name in dependants), statuses
        assert all(r.error for r in ran.results if r.status is not Status.DONE)
        converged(stage, runs=1)


def _reaches(name: str, target: str, needs: dict[str, set[str]]) -> bool:
    return any(near == target or _reaches(near, target, needs) for near in needs.get(name, ()))


def _held_back(result: Result) -> bool:
    """Done but for giving people up, which waits for those who follow; or a profile that waits for the order."""
    begun = result.status is Status.FAILED and (result.error or "").startswith("begun, then stopped")
    return begun and bool(result.requests)


def test_no_profile_gains_people_where_the_order_failed(tenant: Any) -> None:
    with tenant() as stage:
        stage.emulator.fail(Fault(method="POST", path="setPriority$", status=400, times=9))
        ran = stage.apply()
        assert ran.of("EnrollmentPriority/ios").status is Status.FAILED
        assert not [w for w in ran.writes if w.path.startswith(f"/beta/{PROFILES}") and "/assignments" in w.path]
        new = next(p for p in stage.emulator.objects(PROFILES) if p["displayName"] == "Pilots")
        assert new["assignments"] == []
        converged(stage)


def test_nobody_loses_the_policy_while_the_profile_still_sends_them_here(tenant: Any) -> None:
    with tenant() as stage:
        stage.emulator.fail(Fault(method="DELETE", path=f"{PROFILES}/{BYOD}/assignments", status=400, times=9))
        ran = stage.apply()
        assert ran.of("EnrollmentProfile/byod").status is Status.FAILED
        held: Any = stage.emulator.object(CONFIGURATIONS, POLICY)
        assert scenario.GROUPS["Staff"] in {a["target"].get("groupId") for a in held["assignments"]}
        converged(stage)


def test_an_app_that_is_never_published_is_not_assigned(tenant: Any) -> None:
    with tenant(knobs={"publishing_reads": 500}) as stage:
        ran = stage.apply()
        store = ran.of("AuthenticatorAssignment/store")
        assert store.status is Status.FAILED
        assert "publish" in (store.error or "")
        assert [r.method for r in store.requests] == ["POST"]
        assert ran.of("EnrollmentProfile/byod").status is not Status.DONE


def test_throttled_writes_wait_as_told(tenant: Any) -> None:
    with tenant() as stage:
        stage.emulator.fail(Fault(method="PATCH", status=429, times=3, headers={"Retry-After": "7"}))
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED
        times = [(w.at, w.status) for w in ran.writes if w.method == "PATCH"]
        for (at, status), (following, _) in pairwise(times):
            if status == 429:
                assert following - at >= 7


# -- reading that fails ------------------------------------------------------------------------------------------------

BROKEN = [
    Fault(status=403),
    Fault(status=500),
    Fault(kind="drop-before"),
    Fault(kind="truncate"),
    Fault(kind="html"),
    Fault(kind="empty"),
    Fault(kind="null"),
    Fault(kind="body", body={}),
    Fault(kind="body", body={"value": None}),
    Fault(kind="body", body={"value": {"id": "x"}}),
    Fault(kind="body", body={"value": [{"id": ""}]}),
    Fault(kind="body", body={"value": [], "@odata.nextLink": ""}),
    Fault(kind="body", body={"value": [], "@odata.nextLink": "http://127.0.0.1:9/beta/deviceManagement/x"}),
    Fault(kind="body", body='{"value": [], "value": []}'),
    Fault(kind="body", body='{"value": [NaN]}'),
]
READS = [CONFIGURATIONS, PROFILES, APPS, f"{PROFILES}/[^/]+/assignments", "^/v1.0/groups", "roleScopeTags"]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.rpartition("/")[2])
def test_no_plan_rests_on_a_reading_that_failed(tenant: Any, read: str) -> None:
    """Whatever comes instead of the answer: the plan says so, cannot be applied, and deletes or creates nothing."""
    with tenant() as stage:
        for fault in BROKEN:
            members = {name: getattr(fault, name) for name in ("kind", "status", "body")}
            stage.emulator.fail(Fault(method="GET", path=f"{read}$", times=999, **members))
            made = stage.plan().plan
            assert made.blocked, fault
            assert exit_code(made, detailed=False) == 4, fault
            assert len(told(made)) < 4000
            stage.emulator.heal()
        assert stage.emulator.writes == []
        assert stage.plan().plan.complete


# -- somebody else at work ---------------------------------------------------------------------------------------------

CLAIMED = "Hand made\n" + scenario.marker("EnrollmentProfile", "other")
EDITS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JitSsoPolicy/jit": (CONFIGURATIONS, POLICY, {"displayName": "Hand made"}),
    "AuthenticatorAssignment/vpp": (APPS, VPP_APP, {"assignments": []}),
    "EnrollmentProfile/executives": (PROFILES, EXECUTIVES, {"description": CLAIMED}),
    "EnrollmentProfile/byod": (PROFILES, BYOD, {"assignments": [scenario.to("iOS pilots")]}),
}


@pytest.mark.parametrize("address", EDITS)
def test_an_object_that_changed_since_the_plan_is_not_written_to(tenant: Any, address: str) -> None:
    collection, key, members = EDITS[address]
    with tenant() as stage:
        planned = stage.plan()
        _edit(stage, collection, key, members)
        edited = stage.emulator.object(collection, key)
        ran = stage.apply(planned)
        result = ran.of(address)
        assert (result.status, result.refused, result.requests) == (Status.FAILED, True, ())
        assert "since" in (result.error or "")
        assert not [w for w in ran.writes if key in w.path]
        assert stage.emulator.object(collection, key) == edited


def _edit(stage: Rehearsal, collection: str, key: str, members: dict[str, Any]) -> None:
    held = stage.emulator.object(collection, key)
    assert held is not None
    stage.emulator.put(collection, {**held, **members})


def test_a_deleted_object_is_not_made_anew_behind_the_plan(tenant: Any) -> None:
    with tenant() as stage:
        planned = stage.plan()
        stage.emulator.remove(CONFIGURATIONS, POLICY)
        ran = stage.apply(planned)
        result = ran.of("JitSsoPolicy/jit")
        assert (result.status, result.requests) == (Status.FAILED, ())
        assert "deleted" in (result.error or "")


def test_a_ladder_that_changed_since_the_plan_is_not_touched(tenant: Any) -> None:
    with tenant() as stage:
        planned = stage.plan()
        _edit(stage, PROFILES, KIOSK, {"priority": 9})
        ran = stage.apply(planned)
        result = ran.of("EnrollmentPriority/ios")
        assert (result.status, result.refused, result.requests) == (Status.FAILED, True, ())


def test_a_profile_that_appears_during_the_run_stops_the_climb(tenant: Any) -> None:
    with tenant() as stage:
        new = scenario.profile("2dd00000-1111-4222-8333-000000000009", "Surprise", "", 7)

        def surprise(event: str, address: str, message: str) -> None:
            if event == "sent" and "setPriority" in message and not stage.emulator.object(PROFILES, new["id"]):
                stage.emulator.put(PROFILES, new)

        ran = stage.apply(on_event=surprise)
        assert ran.of("EnrollmentPriority/ios").status is Status.FAILED
        assert len([w for w in ran.writes if "setPriority" in w.path]) == 1
        stage.apply()
        assert pending(stage.plan().plan) == {}
        assert stage.ladder()[:3] == ["Executives", "Pilots", "BYOD"]


def test_an_assignment_added_in_the_middle_is_not_swept_away(tenant: Any) -> None:
    """Between gaining and giving up lie minutes: what somebody assigned then is told, not overwritten."""
    with tenant() as stage:
        added = scenario.to("Executives")

        def admin(event: str, address: str, message: str) -> None:
            if event == "sent" and message.startswith("DELETE") and address == "EnrollmentProfile/byod":
                held: Any = stage.emulator.object(CONFIGURATIONS, POLICY)
                _edit(stage, CONFIGURATIONS, POLICY, {"assignments": [*held["assignments"], added]})

        ran = stage.apply(on_event=admin)
        result = ran.of("JitSsoPolicy/jit")
        if len([w for w in ran.writes if w.path.endswith(f"{POLICY}/assign")]) == 2:
            pytest.fail("the second /assign replaced a set that had changed")
        assert result.status is not Status.DONE
        assert "changed" in (result.error or "")


# -- interruptions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", [0, 1, 4, 8, 11, 12, 16])
def test_an_interrupted_run_reports_the_truth_and_the_next_one_converges(tenant: Any, allowed: int) -> None:
    with tenant() as stage:
        ran = stage.apply(stop=lambda: len(stage.emulator.writes) >= allowed)
        assert len(ran.writes) == allowed
        assert ran.outcome is (Outcome.PARTLY_APPLIED if allowed else Outcome.FAILED)
        _true(ran)
        converged(stage)


def test_a_write_in_each_run_is_enough_to_converge(tenant: Any) -> None:
    """Interrupted at every step in turn: each run finds what the last one left, and nothing is done twice."""
    with tenant() as stage:
        needed = len(stage.plan().plan.steps())
        for _ in range(needed + 3):
            done = len(stage.emulator.writes)
            _true(stage.apply(stop=lambda done=done: len(stage.emulator.writes) > done))
            assert len(stage.emulator.writes) <= done + 1
        assert len(stage.emulator.writes) <= needed + 2
        converged(stage, runs=0)


def test_interrupted_while_an_outcome_is_unknown_is_unverified(tenant: Any) -> None:
    with tenant() as stage:
        stage.emulator.fail(Fault(kind="drop-before", method="PATCH", path=CONFIGURATIONS))
        ran = stage.apply(stop=lambda: any(w.path.endswith(POLICY) for w in stage.emulator.writes))
        result = ran.of("JitSsoPolicy/jit")
        assert result.status is Status.UNVERIFIED
        assert "interrupted" in (result.error or "")
        converged(stage)


def test_an_interruption_ends_the_wait_for_what_was_written_to_show(tenant: Any) -> None:
    """A read replica lags far behind: after the signal nobody waits for it, and what was sent is unverified."""
    with tenant(knobs={"stale_reads": 20}) as stage:
        planned, stop = stage.plan(), asyncio.Event()

        async def carry_out(graph: Graph) -> tuple[Result, ...]:
            looker = Looker(graph, sleep=until(stop, stage.time.sleep))
            note: OnEvent = lambda event, *_: stop.set() if event == "sent" else None  # noqa: E731
            return await Apply(graph, planned, looker=looker, on_event=note, stop=stop.is_set).run()

        before = stage.time.seconds
        results = stage._run(carry_out)
        assert len(stage.emulator.writes) == 1
        assert stage.time.seconds - before < 1.0
        (first,) = [result for result in results if result.requests]
        assert first.status is Status.UNVERIFIED
        assert "cannot be found" in str(first.error)


def _true(ran: Ran) -> None:
    """The report has every write of the log, each once; what is skipped sent nothing, what is done finished."""
    reported = [(s.method, s.path) for r in ran.results for s in r.requests]
    assert sorted(reported) == sorted(sent(ran.writes))
    for result in ran.results:
        assert result.status is not Status.SKIPPED or not result.requests
        assert (result.error is None) == (result.status is Status.DONE)


# -- the order of profiles ---------------------------------------------------------------------------------------------

ORDER = """
apiVersion: intune.reconciler/v1
kind: EnrollmentPriority
metadata: {name: ios}
spec: {order: [first, second, third], unlisted: last}
"""


def _listed(name: str) -> str:
    return (
        "---\napiVersion: intune.reconciler/v1\nkind: EnrollmentProfile\n"
        f"metadata: {{name: {name}}}\nspec: {{displayName: {name}}}\n"
    )


def _ladder_seed(names: list[str]) -> dict[str, Any]:
    profiles = []
    for rank, name in enumerate(names, start=1):
        mark = scenario.marker("EnrollmentProfile", name) if name in ("first", "second", "third") else "theirs"
        profiles.append(scenario.profile(f"4000000{rank}-1111-4222-8333-00000000000{rank}", name, mark, rank))
    return {"formatVersion": 1, "collections": {PROFILES: profiles}}


LADDERS = [
    (["third", "second", "first"], 2),
    (["second", "first", "third"], 1),
    (["second", "third", "first"], 1),
    (["theirs-1", "first", "theirs-2", "second", "third"], 3),
    (["first", "second", "theirs-1", "third", "theirs-2"], 1),
    (["theirs-1", "theirs-2", "third", "second", "first"], 3),
]


@pytest.mark.parametrize("service", ["insert", "insert-shift", "swap", "refuse-gap"])
@pytest.mark.parametrize(
    ("names", "fewest"), LADDERS, ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else ""
)
def test_order(rehearse: Rehearse, names: list[str], fewest: int, service: str) -> None:
    specs = ORDER + "".join(map(_listed, ("first", "second", "third")))
    with rehearse(specs, seed=_ladder_seed(names), knobs={"set_priority": service}, wired=True) as stage:
        planned = stage.plan()
        [change] = planned.plan.pending
        assert len(change.steps) == fewest
        ran = stage.apply(planned)
        assert ran.outcome is Outcome.APPLIED, ran.results
        calls = [w for w in ran.writes if w.path.endswith("/setPriority")]
        assert len(calls) == len(ran.writes), "something else was sent"
        assert {_moved(call, stage) for call in calls} <= {"first", "second", "third"}
        assert len(calls) <= fewest + change.may_need
        assert service != "insert" or len(calls) == fewest
        further = [s for r in ran.results for s in r.requests if s.further]
        assert len(further) == max(0, len(calls) - fewest)
        assert stage.ladder()[:3] == ["first", "second", "third"]
        assert pending(stage.plan().plan) == {}


def _moved(call: LoggedRequest, stage: Rehearsal) -> str:
    profile = stage.emulator.object(PROFILES, call.path.split("/")[4])
    assert profile is not None
    return str(profile["displayName"])


def test_others_keep_their_order_among_themselves_where_the_service_inserts(rehearse: Rehearse) -> None:
    specs = ORDER + "".join(map(_listed, ("first", "second", "third")))
    names = ["theirs-2", "third", "theirs-1", "second", "theirs-3", "first"]
    for service in ("insert", "insert-shift", "swap"):
        with rehearse(specs, seed=_ladder_seed(names), knobs={"set_priority": service}, wired=True) as stage:
            stage.apply()
            assert stage.ladder() == ["first", "second", "third", "theirs-2", "theirs-1", "theirs-3"]


LAST = ORDER.replace("unlisted: last", "unlisted: first") + "".join(map(_listed, ("first", "second", "third")))


def test_a_service_that_shifts_is_asked_for_the_number_after_the_last(rehearse: Rehearse) -> None:
    """Nothing stands below an unlisted profile at the bottom whose number one could ask for; and once is enough."""
    names = ["first", "second", "third", "theirs"]
    with rehearse(LAST, seed=_ladder_seed(names), knobs={"set_priority": "insert-shift"}, wired=True) as stage:
        assert stage.apply().outcome is Outcome.APPLIED
        assert stage.ladder() == ["theirs", "first", "second", "third"]
        assert stage.apply().writes == ()


@pytest.mark.parametrize(("status", "says"), [(400, "takes no number after the last one"), (403, "No such number")])
def test_a_service_that_refuses_the_number_after_the_last_is_told_of(
    rehearse: Rehearse, status: int, says: str
) -> None:
    names = ["first", "second", "third", "theirs"]
    with rehearse(LAST, seed=_ladder_seed(names), knobs={"set_priority": "insert-shift"}, wired=True) as stage:
        error = {"error": {"code": "BadRequest", "message": "No such number."}}
        stage.emulator.fail(Fault(kind="status", path="/setPriority$", after=1, times=9, status=status, body=error))
        ran = stage.apply()
        result = ran.of("EnrollmentPriority/ios")
        assert result.status is Status.FAILED
        assert says in str(result.error)
        assert ("Drag" in str(result.error)) == (status == 400)
        assert [s.status for s in result.requests] == [204, status]
