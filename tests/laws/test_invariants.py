"""Invariants that need a run to be watched at every step, or gone through one knob, one reading, one edit at a time.

The numbers are those of docs/invariants.md, which also says where the others are proved.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from reconciler.emulator import Fault, LoggedRequest
from reconciler.model import Address
from reconciler.plan import Action
from reconciler.render import text
from reconciler.run import Status
from tests.e2e.harness import Rehearsal, pending, told
from tests.e2e.scenario import CONFIGURATIONS, PROFILES, marker, profile, to
from tests.kinds.service import Service
from tests.soak import specs, tenants, weather
from tests.soak.meets import held, markers
from tests.soak.specs import SHOWN, document
from tests.soak.stage import Stage

from . import estate

SEEDS = range(900, 915)


def drawn(seed: int, knobs: dict[str, Any] | None = None) -> Stage:
    rng = Random(seed)
    return Stage(specs.documents(rng), tenants.seed(rng), knobs)


def watched(stage: Stage, look: Callable[[LoggedRequest], None]) -> None:
    """Plan and apply, with a look after each write that succeeded."""
    planned = stage.plan()
    if planned.plan.blocked:
        return
    wire = stage.rehearsal.wire
    assert wire
    serve = wire._served

    def served(*arguments: Any) -> Any:
        outcome = serve(*arguments)
        last = stage.rehearsal.emulator.log[-1]
        if last.is_write and 200 <= last.status < 300:
            look(last)
        return outcome

    wire._served = served  # type: ignore[method-assign]
    stage.apply(planned)


# -- convergence -------------------------------------------------------------------------------------------------------


def test_invariant_04_without_faults_one_apply_is_enough() -> None:
    for seed in SEEDS:
        with drawn(seed) as stage:
            planned = stage.plan()
            if not planned.plan.blocked:
                stage.apply(planned)
                again = stage.plan()
                assert pending(again.plan) == {}, (seed, told(again.plan))
                assert stage.converged(again)


def test_invariant_05_no_write_leads_away_from_the_specs() -> None:
    """After each write no more addresses depart from their specs than before it, by the tests' own comparison."""
    for seed in SEEDS:
        with drawn(seed) as stage:
            left = [_distance(stage)]

            def look(_: LoggedRequest, stage: Stage = stage, left: list[int] = left) -> None:
                left.append(_distance(stage))

            watched(stage, look)
            assert left == sorted(left, reverse=True), (seed, left)


def _distance(stage: Stage) -> int:
    """How many specs are not met; an order is not met while a profile that it lists is missing."""
    wrong = set(stage.differences())
    made = {
        f"EnrollmentProfile/{name}" for o in stage.rehearsal.stored(PROFILES) for _, _, name in markers(o, PROFILES)
    }
    for each in stage.documents:
        if each["kind"] == "EnrollmentPriority":
            missing = {f"EnrollmentProfile/{name}" for name in each["spec"]["order"]} - made
            wrong |= {"EnrollmentPriority/ios"} if missing else set()
    return len(wrong)


HOPELESS = {(name, value) for name, values in weather.HOPELESS.items() for value in values}
SINGLE = [(name, value) for name, values in weather.SETTINGS.items() for value in values]


@pytest.mark.parametrize("part", range(4))
def test_invariant_06_no_write_is_repeated_run_after_run(part: int) -> None:
    """Under each setting of each knob: the third run sends nothing that the second one sent already."""
    for name, value in SINGLE[part::4]:
        with Stage(estate.documents(), estate.seed(), {name: value}) as stage:
            sent: list[set[str]] = []
            for _ in range(3):
                stage.settle()
                planned = stage.plan()
                if planned.plan.blocked:
                    assert (name, value) in HOPELESS, told(planned.plan)
                    break
                ran = stage.apply(planned)
                assert ran
                sent.append({f"{w.method} {w.path} {w.body}" for w in ran.writes})
                if len(sent) > 1 and not sent[-1]:
                    break  # nothing that a third run could repeat
            else:
                assert not sent[1] & sent[2], (name, value)


# -- plan --------------------------------------------------------------------------------------------------------------


ONE_FIELD = {"defaultEnrollmentType", "availableEnrollmentTypeOptions"}
"""Properties that hold one field of a spec, so they are sent together: how people may enroll."""


def test_invariant_07_only_differences_are_written() -> None:
    """Every PATCH in the log has only properties that differ from what is stored, and the type."""
    for seed in SEEDS:
        with drawn(seed) as stage:
            before = {str(o["id"]): o for objects in stage.ledger.tenant().values() for o in objects}
            planned = stage.plan()
            if planned.plan.blocked:
                continue
            ran = stage.apply(planned)
            assert ran
            for write in ran.writes:
                stored = before.get(write.path.split("/")[4]) if write.method == "PATCH" else None
                if stored and isinstance(write.body, dict):
                    sent = write.body.keys() - {"@odata.type"}
                    same = {key for key in sent if _untyped(stored.get(key)) == _untyped(write.body[key])}
                    same -= ONE_FIELD if ONE_FIELD & (sent - same) else set()
                    assert not same, (seed, write.path, same)


def _untyped(value: Any) -> Any:
    """A value without the types in it, which the service need not show. The order of a list says nothing."""
    if isinstance(value, list):
        return sorted((_untyped(each) for each in value), key=str)
    return {k: v for k, v in sorted(value.items()) if k != "@odata.type"} if isinstance(value, dict) else value


def test_invariant_13_a_plan_carried_out_on_paper_gives_what_the_service_has() -> None:
    """The operations on a model of Graph that shares no code with the emulator: the same end."""
    for seed in range(900, 930):
        with drawn(seed) as stage:
            planned = stage.plan()
            if planned.plan.blocked:
                continue
            readings = planned.world.readings.items()
            paper = Service(
                {key: [{**o.body, "assignments": [*o.assignments]} for o in r.objects] for key, r in readings}
            )
            paper.carry_out(planned.plan)
            stage.apply(planned)
            shown = sorted(_essence(o) for objects in paper.tenant.values() for o in objects)
            real = [o for objects in stage.ledger.tenant().values() for o in objects]
            assert shown == sorted(_essence(o) for o in real if _is_read(o)), seed


def _is_read(body: Any) -> bool:
    """Whether the plan's own reading has objects of that type."""
    return "Configuration" not in str(body.get("@odata.type")) or "iosDeviceFeatures" in str(body["@odata.type"])


def _essence(body: Any) -> str:
    """What of an object a spec can change; ids of new objects and what the service adds are left out."""
    extension = body.get("iosSingleSignOnExtension") or {}
    app = "appStoreUrl" in body or "appUrl" in body or "bundleId" in body
    whom = sorted(f"{held(a['target'])} {str(a.get('intent')).lower() * app}" for a in body.get("assignments") or ())
    return str(
        [
            body["displayName"],
            body.get("description") or "",
            body.get("notes") or "",
            sorted((p["key"], p["value"]) for p in extension.get("configurations", ())),
            sorted(extension.get("bundleIdAccessControlList", ())),
            sorted((o["ownerType"], o["enrollmentType"]) for o in body.get("availableEnrollmentTypeOptions", ())),
            body.get("appUrl"),
            whom,
        ]
    )


def test_invariant_14_what_is_shown_planned_and_sent_are_the_same_requests() -> None:
    """The text with its requests, the JSON plan, and the service's log, each parsed by itself."""
    with Stage(estate.documents(), estate.seed()) as stage:
        planned = stage.plan()
        document_: Any = planned.plan.to_json()
        as_json = {(o["method"], o["path"]) for c in document_["changes"] for o in c["operations"]}
        shown = text.plan(document_, style=_plain_style(), full=True)
        ran = stage.apply(planned)
        assert ran
        made = {f"{{{r.address}.id}}": str(r.live_id) for r in ran.results if r.action is Action.CREATE}
        sent = {(w.method, w.path) for w in ran.writes}
        assert {(method, _known(path, made)) for method, path in as_json} == sent
        for change in planned.plan.pending:
            assert str(change.address) in shown
        for change in planned.plan.changes:
            if change.action is Action.NO_OP:
                assert not change.steps


def _plain_style() -> Any:
    from reconciler.render.style import Style

    return Style()


def _known(path: str, made: dict[str, str]) -> str:
    from urllib.parse import unquote

    for reference, live_id in made.items():
        path = path.replace(reference, live_id)
    return unquote(path)


SPOILED = (
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 404},
    {"kind": "body", "body": {}},
    {"kind": "body", "body": {"value": None}},
    {"kind": "body", "body": {"value": [{"id": ""}]}},
    {"kind": "body", "body": {"value": [], "@odata.nextLink": "http://127.0.0.1:9/beta/deviceManagement/x"}},
    {"kind": "body", "body": '{"value": [], "value": []}'},
)


def test_invariant_19_a_plan_is_right_or_blocked_whichever_reading_is_spoiled() -> None:
    """Every GET of a plan in turn is answered with something that no retry mends: never another plan that may run.

    What is read beside the objects that the plan is about is missed aloud, and changes nothing that the plan does.
    """
    with Stage(estate.documents(), estate.seed()) as stage:
        right = _without_instant(stage.plan().plan.to_json())
        readings = sum(r.method == "GET" for r in stage.rehearsal.emulator.log)
        for number, spoiled in itertools.product(range(readings), SPOILED):
            stage.rehearsal.emulator.fail(Fault(method="GET", after=number, **spoiled))
            made = stage.plan().plan
            stage.rehearsal.emulator.heal()
            found = _without_instant(made.to_json())
            missed = [d for d in found["diagnostics"] if d["rule"] == "READ102"]
            assert made.blocked or (len(missed) <= 1 and _without(found, missed) == right), (number, spoiled)
        assert not stage.rehearsal.emulator.writes


def _without_instant(document_: Any) -> Any:
    return {k: v for k, v in document_.items() if k not in ("createdAt", "expiresAt", "digest")}


def _without(document_: Any, findings: list[Any]) -> Any:
    return {**document_, "diagnostics": [d for d in document_["diagnostics"] if d not in findings]}


# -- safety ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marked", [False, True], ids=["one-name", "one-marker"])
def test_invariant_25_of_two_candidates_none_is_chosen_and_the_others_go_on(marked: bool) -> None:
    twins = [
        profile(
            f"2dd00000-1111-4222-8333-00000000000{n}", "Pilots", marker("EnrollmentProfile", "late") * marked, 4 + n
        )
        for n in (1, 2)
    ]
    seed = estate.seed()
    seed["collections"][PROFILES] += twins
    with Stage(estate.documents(), seed) as stage:
        refused = [d for d in stage.plan().plan.diagnostics if d.rule in ("IDENT101", "IDENT102")]
        assert [d.address for d in refused] == [Address("EnrollmentProfile", "late")]
        assert all(str(twin["id"]) in refused[0].message for twin in twins)
        rest = frozenset(
            Address(d["kind"], d["metadata"]["name"])
            for d in stage.documents
            if d["metadata"]["name"] not in ("late", "ios")
        )
        planned = stage.plan(rest)
        assert not planned.plan.blocked, told(planned.plan)
        ran = stage.apply(planned)
        assert ran
        assert {r.status for r in ran.results} == {Status.DONE}
        kept = [o for o in stage.rehearsal.stored(PROFILES) if o["displayName"] == "Pilots"]
        assert sorted(str(o["id"]) for o in kept) == sorted(str(t["id"]) for t in twins)


def test_invariant_26_no_set_is_empty_on_the_way_to_one_that_is_not() -> None:
    """Judged by `laws.never_empty` in each of these runs: from any set of targets to any other."""
    for seed in range(40):
        rng = Random(seed)
        spec = {"displayName": SHOWN["sso"], "assignments": specs.targets(rng)}
        live = {
            **tenants.one_policy(rng, SHOWN["sso"], marker("JitSsoPolicy", "sso")),
            "assignments": tenants.assigned(rng),
        }
        tenant = estate.seed()
        tenant["collections"][CONFIGURATIONS] = [live]
        with Stage([document("JitSsoPolicy", "sso", spec)], tenant) as stage:
            stage.apply(stage.plan())
            assert stage.converged(stage.plan())


def test_a_dropped_exclusion_beside_a_new_one_is_verified_at_once() -> None:
    """Found by the soak: the first of the two calls has neither exclusion, and was never taken for what it is."""
    everyone = {"include": ["allUsers"], "exclude": [{"group": "Staff"}]}
    byod = {
        "displayName": SHOWN["byod"],
        "enrollmentType": "webBasedDeviceEnrollment",
        "assignments": {"include": ["allUsers"]},
    }
    tenant = estate.seed()
    out = {
        "target": {
            "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget",
            "groupId": specs.GROUPS["Executives"],
        }
    }
    tenant["collections"][CONFIGURATIONS][0]["assignments"] = [to(), out]
    documents = [
        document("JitSsoPolicy", "sso", {"displayName": SHOWN["sso"], "assignments": everyone}),
        document("EnrollmentProfile", "byod", byod),
    ]
    with Stage(documents, tenant) as stage:
        ran = stage.apply(stage.plan())
        assert ran
        assert {r.status for r in ran.results} == {Status.DONE}, [r.error for r in ran.results]


def test_two_profiles_of_one_name_are_told_apart_in_an_order() -> None:
    """Found by the soak: two ladders that differ only in profiles of one name looked the same, so nothing was moved."""
    tenant = estate.seed()
    tenant["collections"][PROFILES] = [
        profile("2aa00000-1111-4222-8333-000000000001", "Twin", marker("EnrollmentProfile", "byod"), 1),
        profile("2bb00000-1111-4222-8333-000000000002", "Twin", "Made in the portal", 2),
    ]
    documents = [
        document("EnrollmentProfile", "byod", {"displayName": "Twin", "enrollmentType": "webBasedDeviceEnrollment"}),
        document("EnrollmentPriority", "ios", {"order": ["byod"], "unlisted": "first"}),
    ]
    with Stage(documents, tenant) as stage:
        assert "EnrollmentPriority/ios" in pending(stage.plan().plan)
        stage.apply(stage.plan())
        assert stage.converged(stage.plan())


def test_invariant_28_no_name_changes_a_query_or_an_object() -> None:
    """Quotes, percent signs, slashes, 256 characters: names of groups and objects arrive as they are."""
    name = 'O\'Brien & Söhne 100% + #1 / "x"?$filter=1'
    group = {"id": "0ee00000-1111-4222-8333-000000000009", "displayName": name, "securityEnabled": True}
    seed = estate.seed()
    seed["collections"]["groups"].append(group)
    for shown in (name, "N" * 256, "名前 ünï"):
        spec = {"displayName": shown, "assignments": {"include": [{"group": name}]}}
        rehearsal = Rehearsal.of(specs.text_of([document("JitSsoPolicy", "odd", spec)]), seed=seed, wired=True)
        with rehearsal as stage:
            stage.apply()
            assert pending(stage.plan().plan) == {}
            made: Any = next(o for o in stage.stored(CONFIGURATIONS) if o["displayName"] == shown)
            assert [a["target"]["groupId"] for a in made["assignments"]] == [group["id"]]
