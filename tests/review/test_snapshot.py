"""Snapshots: a plan from one is the plan from the tenant, nobody is named in one, and unread is not absent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from reconciler import snapshot
from reconciler.emulator import Emulator, Fault
from reconciler.engine.snapshot import take, unreadable
from reconciler.graph.errors import Forbidden, OutcomeUnknown, Throttled
from reconciler.kinds import REGISTRY
from reconciler.spec.schema import check_value
from tests.e2e import people
from tests.e2e.command import Folder
from tests.e2e.harness import TENANT, Rehearsal
from tests.laws.tenants import Case, cases, text

from .canaries import CANARIES, SPECS, seed

OF_THE_READING = ("createdAt", "expiresAt", "digest", "restsOn", "source", "tenant")
"""What of a plan says when and where it was read, and by what apply would know that nothing changed since."""


def compared(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan without what says where it was read."""
    shown = {key: value for key, value in plan.items() if key not in OF_THE_READING}
    shown["changes"] = [{k: v for k, v in c.items() if k != "fingerprint"} for c in plan["changes"]]
    same = re.sub(r" \(request-id [^)]*\)", "", json.dumps(shown))
    told: dict[str, Any] = json.loads(  # assignments are told of their collection
        re.sub(r"GET (/[\w./]+)/[\w-]+/assignments was", r"GET \1 was", same)
    )
    return told


def taken(stage: Rehearsal, *names: str) -> dict[str, Any]:
    """The snapshot of a rehearsal's tenant, as it comes out of its file."""
    asked = snapshot.Asked(frozenset(names), frozenset())
    found = stage._run(lambda graph: take(graph, REGISTRY, asked))
    shown = snapshot.document(
        found, tenant=TENANT.name, tenant_id=str(TENANT.tenant_id), at=stage.time.now(), delegated=False
    )
    assert check_value("snapshot", shown) == []
    whole, problems = snapshot.from_bytes(snapshot.to_bytes(shown))
    assert whole == shown, problems
    return whole


@settings(
    deadline=None, max_examples=8, derandomize=True, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(case=cases())
def test_a_plan_from_a_snapshot_is_the_plan_from_the_tenant(case: Case) -> None:
    names = [str(group["displayName"]) for group in case.seed["collections"].get("groups", [])]
    with Rehearsal.of(text(case.documents), seed=case.seed, wired=True) as stage:
        live = stage.plan().plan.to_json()
        copy = taken(stage, *names)
    with Rehearsal.of(text(case.documents), seed=copy, wired=True) as stage:
        assert compared(stage.plan().plan.to_json()) == compared(live)


def test_with_all_people_counted(workspace: Folder) -> None:
    workspace.write("tenant.json", people.seed())
    workspace.write("specs/all.yaml", people.specs(authenticator="{include: [{group: Staff}]}"))
    live = workspace("plan", "--format", "json", "--count-people").valid("plan")
    said = workspace("snapshot")
    assert (said.code, said.out.splitlines()[-2:]) == (
        0,
        [
            "Written to snapshots/sandbox.json",
            "Next: reconciler plan --tenant sandbox --live snapshots/sandbox.json",
        ],
    )
    told = workspace("plan", "--live", "snapshots/sandbox.json", "--format", "json", "--count-people").valid("plan")
    assert live["people"]["gaps"]
    assert live["people"]["moves"]
    assert compared(told) == compared(live)
    copy = workspace.read("snapshots/sandbox.json")
    assert told["source"] == {"snapshot": copy["digest"], "createdAt": copy["createdAt"]}
    assert told["tenant"]["graphUrl"] == "snapshot"
    asked = workspace("explain", "--format", "json").valid("explain")
    again = workspace("explain", "--live", "snapshots/sandbox.json", "--format", "json").valid("explain")
    assert {k: v for k, v in again.items() if k not in ("source", "tenant")} == {
        k: v for k, v in asked.items() if k != "tenant"
    }


def test_nobody_is_named_and_no_secret_is_kept() -> None:
    with Rehearsal.of(SPECS, seed=seed(), wired=True) as stage:
        copy = taken(stage, "Staff")
        stored = json.dumps(stage.tenant())
    assert all(canary in stored for canary in CANARIES), "what nobody stored cannot be found"
    data = snapshot.to_bytes(copy).decode()
    assert [canary for canary in CANARIES if canary.casefold() in data.casefold()] == []
    assert copy["masked"] == 5
    assert "Staff" in data


def test_what_is_left_out_decides_no_plan() -> None:
    """The tenant of canaries has each form of which a snapshot holds a part."""
    with Rehearsal.of(SPECS, seed=seed(), wired=True) as stage:
        live = stage.plan().plan.to_json()
        copy = taken(stage, "Staff", "Sales EMEA", "Field")
    with Rehearsal.of(SPECS, seed=copy, wired=True) as stage:
        assert compared(stage.plan().plan.to_json()) == compared(live)


def test_the_same_tenant_gives_the_same_bytes() -> None:
    with Rehearsal.of(SPECS, seed=seed(), wired=True) as stage:
        first, _ = taken(stage, "Staff"), stage.time.seconds
    with Rehearsal.of(SPECS, seed=seed(), knobs={"page_size": 1}, wired=True) as stage:
        second = taken(stage, "Staff")
    assert {**first, "createdAt": "", "digest": ""} == {**second, "createdAt": "", "digest": ""}


BLIND = {
    "profiles": r"/appleUserInitiatedEnrollmentProfiles$",
    "apps": r"/mobileApps$",
    "groups": r"/v1.0/groups$",
    "members": r"/transitiveMembers$",
    "everybody": r"/users/\$count$",
    "beside": r"/depOnboardingSettings$",
    "assignments": r"/assignments$",
}


@pytest.mark.parametrize("what", BLIND)
def test_what_could_not_be_read_is_told_as_the_tenant_would(workspace: Folder, what: str) -> None:
    body: Any = {"error": {"code": "Forbidden", "message": "It takes DeviceManagementApps.Read.All to see this"}}
    workspace.write("specs/all.yaml", SPECS)
    with Emulator(seed=people.seed(), check_responses=False) as graph:
        workspace.serve(graph)
        fault = Fault(path=BLIND[what], status=403, body=body, times=10_000)
        graph.fail(fault)
        live = workspace("plan", "--format", "json", "--count-people")
        graph.heal()
        graph.fail(fault)
        said = workspace("snapshot")
    assert said.code == 4
    assert "not readable" in said.out
    for name in ("RECONCILER_GRAPH_URL", "RECONCILER_ACCESS_TOKEN"):
        workspace.environment.delenv(name)
    told = workspace("plan", "--live", "snapshots/sandbox.json", "--format", "json", "--count-people")
    assert told.code == live.code
    assert compared(told.document) == compared(live.document)


def test_failures_that_would_be_tried_again_are_not(workspace: Folder) -> None:
    throttled = Throttled("GET /beta/x was throttled with 429: wait", status=429, code=None, resume_after=9)
    for error in (OutcomeUnknown("GET /beta/x could not be read: 503: tired"), throttled):
        found = unreadable("/beta/x?$top=1", error)
        assert (found.path, found.status, found.message) == ("/beta/x", 400, error.message)
    refused = Forbidden("GET /beta/x was refused with 403 Forbidden: no (request-id 1)", status=403, code="Forbidden")
    assert unreadable("/beta/x", refused) == snapshot.Unreadable("/beta/x", 403, "Forbidden", "no")


def test_a_group_that_nobody_looked_for_is_not_absent(workspace: Folder) -> None:
    workspace("snapshot")
    specs = (workspace.path / "specs/all.yaml").read_text(encoding="utf-8")
    workspace.write("specs/all.yaml", specs.replace("{group: Break glass}", "{group: New}"))
    said = workspace("plan", "--live", "snapshots/sandbox.json", "--format", "json")
    shown = said.valid("plan")
    rules = {each["rule"]: each["message"] for each in shown["diagnostics"] if each["severity"] == "error"}
    assert (said.code, shown["complete"]) == (4, False)
    assert rules == {"SNAPSHOT107": "the snapshot does not have the group 'New'"}


def test_a_plan_from_a_snapshot_is_shown_and_not_applied(workspace: Folder) -> None:
    workspace("snapshot", "--out", "s.json")
    said = workspace("plan", "--live", "s.json", "--out", "p.json")
    assert "SNAPSHOT: this is planned from a snapshot of 2026-03-01T08:00:" in said.out
    assert "snapshot of" in workspace("show", "p.json").out
    refused = workspace("apply", "--plan", "p.json", "--yes")
    assert (refused.code, "PLANFILE112" in refused.err) == (4, True)
    for format_ in ("markdown", "html"):
        assert "snapshot of 2026-03-01" in workspace("plan", "--live", "s.json", "--format", format_).out


def test_an_old_snapshot_warns(workspace: Folder) -> None:
    workspace("snapshot")
    command = ("plan", "--live", "snapshots/sandbox.json", "--format", "json")
    warned = []
    for hours in (0, 23, 2, 30):
        workspace.time.seconds += hours * 3600
        found = workspace(*command).document["diagnostics"]
        warned.append([each["message"] for each in found if each["rule"] == "SNAPSHOT105"])
    assert warned[:2] == [[], []]
    assert [len(each) for each in warned[2:]] == [1, 1]
    assert "2 days old" in warned[3][0]


def test_what_is_no_snapshot_of_this_tenant_is_refused(workspace: Folder) -> None:
    workspace("snapshot", "--out", "s.json")
    data = (workspace.path / "s.json").read_text(encoding="utf-8")
    workspace.write("edited.json", data.replace("Executives", "Directors", 1))
    workspace.write("other.json", snapshot.to_bytes(_sealed({**json.loads(data), "tenantId": "another"})).decode())
    workspace.write("later.json", data.replace('"formatVersion": 1', '"formatVersion": 2'))
    codes = {name: workspace("plan", "--live", name).code for name in ("edited.json", "other.json", "later.json")}
    assert codes == {"edited.json": 4, "other.json": 4, "later.json": 3}
    for name in ("tenant.json", "reconciler.yaml", "missing.json"):
        assert workspace("plan", "--live", name).code == 3
        assert workspace("snapshot", "--out", name).code == (0 if name == "missing.json" else 64)


WRONG: dict[str, dict[str, Any]] = {
    "no instant": {"createdAt": "2026-99-99T08:00:00Z"},
    "asked again": {"unreadable": [{"path": "/v1.0/groups", "status": 429, "code": None, "message": "wait"}]},
    "half a character": {"tenant": "\ud800"},
    "too many": {"people": {"everyone": 1, "classes": [{"groups": ["a", "b"], "people": 10**9}], "devices": []}},
}


@pytest.mark.parametrize("what", WRONG)
def test_whoever_seals_a_snapshot_anew_breaks_nothing(workspace: Folder, what: str) -> None:
    """The digest is no signature: a pull request can bring a snapshot of its own."""
    workspace("snapshot", "--out", "s.json")
    workspace.write("wrong.json", snapshot.to_bytes(_sealed({**workspace.read("s.json"), **WRONG[what]})).decode())
    said = workspace("plan", "--live", "wrong.json")
    assert (said.code, "the snapshot is damaged at /" in said.err) == (3, True)


def test_a_number_of_people_that_is_none_is_not_zero() -> None:
    with Rehearsal.of(SPECS, seed=people.seed(), wired=True) as stage:
        stage.emulator.fail(Fault(kind="body", path=r"/users/\$count$", body={"value": 7}, times=9))
        copy = taken(stage)
    assert (copy["people"]["everyone"], copy["complete"]) == (None, False)


def test_nothing_but_a_file_is_written_over(workspace: Folder) -> None:
    import os

    pipe = workspace.path / "pipe"
    os.mkfifo(pipe)
    said = workspace("snapshot", "--out", str(pipe))
    assert (said.code, "not a regular file" in said.err, pipe.is_fifo()) == (1, True, True)


def _sealed(content: dict[str, Any]) -> dict[str, Any]:
    from reconciler.canonical import digest

    bare = {key: value for key, value in content.items() if key != "digest"}
    return {**bare, "digest": digest(bare)}


def test_a_snapshot_is_a_seed_of_the_sandbox(workspace: Folder) -> None:
    workspace("snapshot", "--out", "s.json")
    live = workspace("plan", "--format", "json").document
    real = _sealed({**workspace.read("s.json"), "tenantId": "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10"})
    workspace.write("tenant.json", snapshot.to_bytes(real))
    again = workspace("plan", "--format", "json").document
    assert compared(again) == compared(live)
    workspace.write("tenant.json", snapshot.to_bytes(_sealed({**real, "complete": False})))
    said = workspace("plan")
    assert (said.code, "lacks what could not be read" in said.err) == (3, True)
