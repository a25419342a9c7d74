"""Back from runs that made or replaced objects: what ends is ours, as the run left it, and nobody else's by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler import records
from reconciler.kind import Consent
from reconciler.model import Address, JsonObject
from reconciler.run import Status

from . import scenario
from .harness import Ran, Rehearsal, pending, sent, told
from .scenario import APPS, CONFIGURATIONS, FOREIGN_POLICY
from .way_back import plan_back, recorded, stopped_after

Rehearse = Callable[..., Rehearsal]
EMPTY: dict[str, Any] = {"formatVersion": 1, "collections": {}}
EXCHANGE = Consent(replace=frozenset({Address("WebClip", "portal")}))
OLD, NEW = "https://a.contoso.example/", "https://b.contoso.example/"
EVERYBODY, NOBODY = "[{all: users, intent: required}]", "[]"
USERS = {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}
POLICY_SET: dict[str, Any] = {
    "source": "policySets",
    "sourceId": "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10",
    "target": USERS,
}


def clip(url: str = OLD, include: str = EVERYBODY, more: str = "") -> str:
    return f"""
apiVersion: intune.reconciler/v1
kind: WebClip
metadata: {{name: portal}}
spec:
  displayName: Company Portal
  url: {url}
  assignments: {{include: {include}}}
{more}"""


def applied(stage: Rehearsal, **options: Any) -> JsonObject:
    planned = stage.plan(**options)
    ran = stage.apply(planned)
    assert set(ran.statuses().values()) == {Status.DONE}, [(r.address, r.error) for r in ran.results]
    return recorded(stage, planned, ran)


def gone_back(stage: Rehearsal, record: JsonObject) -> tuple[Ran, JsonObject]:
    """One run back, and the record of that."""
    back = plan_back(stage, record)
    assert not back.plan.blocked, told(back.plan)
    ran = stage.apply(back)
    assert set(ran.statuses().values()) <= {Status.DONE}, [(r.address, r.error) for r in ran.results]
    return ran, recorded(stage, back, ran)


def errors(stage: Rehearsal, record: JsonObject) -> set[str]:
    back = plan_back(stage, record).plan
    found = {d.rule for d in back.diagnostics if d.severity == "error"}
    assert bool(found) is back.blocked
    assert not back.pending or not found
    return found


def clips(stage: Rehearsal) -> list[tuple[str, str, list[str]]]:
    """Address, marker's name and intents of every web clip."""
    return sorted(
        (app["appUrl"], app["notes"].partition("name=")[2].rstrip("]"), [a["intent"] for a in app["assignments"]])
        for app in stage.tenant()[APPS]
    )


# What others assigned since

ASSIGNED: dict[str, tuple[str, list[Any], set[str]]] = {
    "a policy set assigned it": (NOBODY, [{"intent": "required", **POLICY_SET}], {"ROLLBACK101", "ASSIGN102"}),
    "an admin assigned it": (NOBODY, [{"intent": "required", "target": USERS}], {"ROLLBACK101"}),
    "an admin made it available": (EVERYBODY, [{"intent": "available", "target": USERS}], {"ROLLBACK101"}),
    "an admin took it from everybody": (EVERYBODY, [], {"ROLLBACK101"}),
    "nobody did anything": (EVERYBODY, [{"intent": "required", "target": USERS}], set()),
}


@pytest.mark.parametrize("what", ASSIGNED)
def test_a_web_clip_that_others_assigned_since_neither_goes_nor_changes(rehearse: Rehearse, what: str) -> None:
    include, since, rules = ASSIGNED[what]
    with rehearse(clip(include=include), seed=EMPTY, wired=True) as stage:
        record = applied(stage)
        [made] = stage.tenant()[APPS]
        stage.emulator.put(APPS, {**made, "assignments": since})
        assert errors(stage, record) == rules


def test_a_policy_that_a_policy_set_assigned_since_stays(rehearse: Rehearse) -> None:
    spec = "apiVersion: intune.reconciler/v1\nkind: JitSsoPolicy\nmetadata: {name: one}\nspec: {displayName: One}\n"
    with rehearse(spec, seed=EMPTY, wired=True) as stage:
        record = applied(stage)
        [made] = stage.tenant()[CONFIGURATIONS]
        stage.emulator.put(CONFIGURATIONS, {**made, "assignments": [POLICY_SET]})
        assert errors(stage, record) == {"ROLLBACK101"}


# Whose it is


def forged(record: JsonObject, address: str, live: dict[str, Any]) -> JsonObject:
    """The record, as if its run had made this object."""
    results: Any = record["results"]
    [result] = [r for r in results if r["address"] == address]
    body = {name: value for name, value in live.items() if name != "assignments"}
    after = {**result["after"], "id": live["id"], "body": body, "assignments": live["assignments"]}
    return records.sealed({**record, "results": [{**result, "after": after, "liveId": live["id"]}]})


OTHERS = {
    "nobody's": "Hands off",
    "another owner's": "Hands off\n" + scenario.marker("JitSsoPolicy", "jit-pilot", "fabrikam"),
    "that of another address": "Hands off\n" + scenario.marker("JitSsoPolicy", "other", "contoso-old"),
}


@pytest.mark.parametrize("whose", OTHERS)
def test_a_record_alone_makes_no_object_ours_to_delete(rehearse: Rehearse, whose: str) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        record = applied(stage)
        [theirs] = [p for p in stage.tenant()[CONFIGURATIONS] if p["id"] == FOREIGN_POLICY]
        stage.emulator.put(CONFIGURATIONS, {**theirs, "description": OTHERS[whose]})
        [theirs] = [p for p in stage.tenant()[CONFIGURATIONS] if p["id"] == FOREIGN_POLICY]
        assert errors(stage, forged(record, "JitSsoPolicy/jit-pilot", theirs)) == {"ROLLBACK101"}


@pytest.mark.parametrize("include", [EVERYBODY, NOBODY])
def test_what_lost_its_marker_is_neither_withdrawn_nor_deleted(rehearse: Rehearse, include: str) -> None:
    with rehearse(clip(include=include), seed=EMPTY, wired=True) as stage:
        record = applied(stage)
        [made] = stage.tenant()[APPS]
        stage.emulator.put(APPS, {**made, "notes": ""})
        [unmarked] = stage.tenant()[APPS]
        assert errors(stage, record) == {"ROLLBACK101"}
        assert errors(stage, forged(record, "WebClip/portal", unmarked)) == {"ROLLBACK101"}


# Replaced


def replaced(stage: Rehearsal, include: str) -> JsonObject:
    applied(stage)
    stage.declare(clip(NEW, include))
    return applied(stage, consent=EXCHANGE)


def test_a_replacement_is_undone(rehearse: Rehearse) -> None:
    """The old clip is required again and the new one is taken off the devices; going back once more deletes that."""
    with rehearse(clip(), seed=EMPTY, wired=True) as stage:
        record = replaced(stage, EVERYBODY)
        assert clips(stage) == [(OLD, "portal-replaced", ["uninstall"]), (NEW, "portal", ["required"])]
        gone_back(stage, record)
        assert clips(stage) == [(OLD, "portal", ["required"]), (NEW, "portal-replaced", ["uninstall"])]
        stage.declare(clip())
        assert pending(stage.plan().plan) == {}
        ran, _ = gone_back(stage, record)
        assert [method for method, _ in sent(ran.writes)] == ["DELETE"]
        assert clips(stage) == [(OLD, "portal", ["required"])]
        again = plan_back(stage, record).plan
        assert (pending(again), again.blocked) == ({}, False)


def test_an_old_object_that_a_replacement_deleted_is_made_again(rehearse: Rehearse) -> None:
    with rehearse(clip(include=NOBODY), seed=EMPTY, wired=True) as stage:
        record = replaced(stage, NOBODY)
        assert clips(stage) == [(NEW, "portal", [])]
        for url in (OLD, NEW, OLD, NEW):  # and there and back again, each by the record of the last
            ran, record = gone_back(stage, record)
            assert [method for method, _ in sent(ran.writes)] == ["POST", "DELETE"]
            assert clips(stage) == [(url, "portal", [])]


def test_the_undoing_of_a_replacement_can_be_undone(rehearse: Rehearse) -> None:
    with rehearse(clip(), seed=EMPTY, wired=True) as stage:
        record = replaced(stage, EVERYBODY)
        before = clips(stage)
        _, back = gone_back(stage, record)
        gone_back(stage, back)
        assert clips(stage) == before


@pytest.mark.parametrize("include", [EVERYBODY, NOBODY])
@pytest.mark.parametrize("undone", range(4))
def test_undoing_a_replacement_goes_on_where_it_was_cut_off(rehearse: Rehearse, include: str, undone: int) -> None:
    with rehearse(clip(include=include), seed=EMPTY, wired=True) as stage:
        record = replaced(stage, include)
        stopped_after(undone, stage, plan_back(stage, record))
        gone_back(stage, record)
        gone_back(stage, record)
        assert clips(stage) == [(OLD, "portal", ["required"] if include == EVERYBODY else [])]


@pytest.mark.parametrize("include", [EVERYBODY, NOBODY])
@pytest.mark.parametrize("done", range(4))
def test_a_replacement_that_was_cut_off_is_undone_as_far_as_it_came(
    rehearse: Rehearse, include: str, done: int
) -> None:
    with rehearse(clip(include=include), seed=EMPTY, wired=True) as stage:
        applied(stage)
        before = clips(stage)
        stage.declare(clip(NEW, include))
        planned = stage.plan(consent=EXCHANGE)
        record = recorded(stage, planned, stopped_after(done, stage, planned))
        for _ in range(2):
            gone_back(stage, record)
        assert clips(stage) == before


def test_a_replacement_that_was_killed_names_the_object_that_it_may_have_made(rehearse: Rehearse) -> None:
    """The record as it stands after `kill -9`: nothing of what was written is known."""
    with rehearse(clip(), seed=EMPTY, wired=True) as stage:
        applied(stage)
        stage.declare(clip(NEW))
        planned = stage.plan(consent=EXCHANGE)
        record = recorded(stage, planned, stage.apply(planned), finished=False)
        results: Any = record["results"]
        unknown: Any = [{k: v for k, v in r.items() if k != "after"} | {"requests": []} for r in results]
        assert errors(stage, records.sealed({**record, "results": unknown})) == {"ROLLBACK104"}


def test_a_new_object_that_somebody_changed_since_stays(rehearse: Rehearse) -> None:
    with rehearse(clip(), seed=EMPTY, wired=True) as stage:
        record = replaced(stage, EVERYBODY)
        [new] = [app for app in stage.tenant()[APPS] if app["appUrl"] == NEW]
        stage.emulator.put(APPS, {**new, "notes": "Mine\n" + new["notes"]})
        back = plan_back(stage, record).plan
        found = [(str(d.address), d.rule, d.message) for d in back.diagnostics if d.severity == "error"]
        message = "/notes of 'Company Portal' changed since the run"
        assert found == [("WebClip/portal-replaced", "ROLLBACK101", message)]


# Nothing


@pytest.mark.parametrize("null", ["clears", "ignored", "400"])
def test_what_was_empty_becomes_empty_again_whatever_the_service_makes_of_null(rehearse: Rehearse, null: str) -> None:
    """Texts and switches that nobody had set. Whether a PATCH with null clears a property is not documented."""
    more = "  fullScreen: true\n  description: Apps\n  targetApplicationBundleId: com.example.portal\n"
    names = ("fullScreenEnabled", "description", "targetApplicationBundleIdentifier", "notes")
    seed = {"@odata.type": "#microsoft.graph.iosiPadOSWebClip", "displayName": "Company Portal", "appUrl": OLD}
    tenant = {"formatVersion": 1, "collections": {APPS: [{**seed, "publisher": "contoso", "assignments": []}]}}
    with rehearse(clip(more=more), seed=tenant, knobs={"patch_null": null}, wired=True) as stage:
        [before] = stage.tenant()[APPS]
        assert {before[name] for name in names} == {None}
        record = applied(stage)
        [changed] = stage.tenant()[APPS]
        assert all(changed[name] for name in names)
        for _ in range(2):
            gone_back(stage, record)
        [after] = stage.tenant()[APPS]
        assert [after[name] or None for name in names] == [None] * 4
        assert after["assignments"] == []
