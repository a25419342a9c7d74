"""`rollback` as a user meets it: a record, the plan back, `apply --plan`, and the refusals on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from reconciler import records
from reconciler.emulator import Emulator, Fault

from . import scenario
from .command import WORKSPACE, Folder
from .test_process import COMMAND, environment
from .way_back import content

EXPECTED = ("--expect", "deletes=2", "--expect", "assignmentRemovals=10", "--expect", "unassignedProfiles=2")


def test_a_run_is_undone_by_its_record(folder: Folder, graph: Emulator) -> None:
    before: Any = graph.export()["collections"]
    assert folder("apply", "--yes", "--record", "run.json").code == 0
    said = folder("rollback", "run.json", "--out", "back.json", "--detailed-exitcode")
    assert said.code == 2
    assert "Back to what the run found that is recorded in run.json" in said.out
    assert folder("verify", "back.json").code == 0
    refused = folder("apply", "--plan", "back.json", "--yes")
    assert refused.code == 4
    assert "--expect deletes=2" in refused.err + refused.out
    assert folder("apply", "--plan", "back.json", "--yes", "--record", "undone.json", *EXPECTED).code == 0
    after: Any = graph.export()["collections"]
    known = {app["id"] for app in before[scenario.APPS]}
    after[scenario.APPS] = [app for app in after[scenario.APPS] if app["id"] in known]
    assert content(after) == content(before)
    assert folder.read("undone.json")["savedPlan"] == folder.read("back.json")["digest"]
    assert folder.read("undone.json")["goesBackTo"] == folder.read("run.json")["digest"]
    assert "goesBackTo" not in folder.read("run.json")
    assert folder("rollback", "run.json", "--detailed-exitcode").code == 0
    assert folder("apply", "--plan", "back.json", "--yes", *EXPECTED).code == 4, "a plan is good for one run"


def test_a_rollback_has_a_record_and_can_be_undone_itself(folder: Folder, graph: Emulator) -> None:
    folder("apply", "--yes", "--record", "run.json")
    done: Any = graph.export()["collections"]
    folder("rollback", "run.json", "--out", "back.json")
    assert folder("apply", "--plan", "back.json", "--yes", "--record", "undone.json", *EXPECTED).code == 0
    folder("rollback", "undone.json", "--out", "again.json")
    said = folder("apply", "--plan", "again.json", "--yes")
    assert said.code == 0, said
    assert content(graph.export()["collections"]) == content(done)  # type: ignore[arg-type]
    assert folder("plan", "--detailed-exitcode").code == 0


def test_the_plan_as_json_and_no_specs_are_needed(folder: Folder, graph: Emulator) -> None:
    folder("apply", "--yes", "--record", "run.json")
    (folder.path / "specs" / "all.yaml").unlink()
    writes = len(graph.writes)
    document = folder("rollback", "run.json", "--format", "json").valid("plan")
    assert document["source"] == {"record": folder.read("run.json")["digest"], "path": "run.json"}
    assert len(graph.writes) == writes
    folder("rollback", "run.json", "--out", "back.json")
    assert folder("apply", "--plan", "back.json", "--yes", *EXPECTED).code == 0


def test_what_somebody_changed_since_is_refused(folder: Folder, graph: Emulator) -> None:
    folder("apply", "--yes", "--record", "run.json")
    folder("rollback", "run.json", "--out", "back.json")
    held: Any = graph.object(scenario.CONFIGURATIONS, scenario.POLICY)
    graph.put(scenario.CONFIGURATIONS, {**held, "description": "Somebody's words"})
    writes = len(graph.writes)
    said = folder("rollback", "run.json")
    assert said.code == 4
    assert "/description of 'SSO - everyone' changed since the run" in " ".join(said.out.split())
    assert folder("apply", "--plan", "back.json", "--yes", *EXPECTED).code == 4
    assert len(graph.writes) == writes


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("run.json", '"owner":"contoso"', '"owner":"fabrikam"', 4),
        ("specs/all.yaml", "apiVersion", "apiVersion", 3),
        ("run.json", "{", "[", 3),
    ],
)
def test_only_a_whole_record_is_gone_back_to(folder: Folder, name: str, old: str, new: str, code: int) -> None:
    folder("apply", "--yes", "--record", "run.json")
    folder.write("given", (folder.path / name).read_text("utf-8").replace(old, new, 1))
    assert folder("rollback", "given").code == code
    assert folder("rollback", "missing").code == 3


def forged(folder: Folder, **members: Any) -> None:
    """The record with other members, and a digest that fits."""
    folder.write("forged.json", records.to_bytes(records.sealed({**folder.read("run.json"), **members})))


@pytest.mark.parametrize(
    "members",
    [
        {"tenant": {"name": "sandbox", "tenantId": "0" * 8, "graphUrl": "emulator"}},
        {"tenant": {"name": "other", "tenantId": None, "graphUrl": "https://graph.microsoft.com"}},
        {"owner": "fabrikam"},
    ],
)
def test_records_of_others_are_refused(folder: Folder, graph: Emulator, members: dict[str, Any]) -> None:
    folder("apply", "--yes", "--record", "run.json")
    forged(folder, **members)
    said = folder("rollback", "forged.json")
    assert (said.code, "ROLLBACK109" in said.err) == (4, True)


def test_any_refused_change_refuses_the_way_back(folder: Folder, graph: Emulator) -> None:
    """Here: a record that has one object at two addresses."""
    folder("apply", "--yes", "--record", "run.json")
    results = folder.read("run.json")["results"]
    [one] = [r for r in results if r["address"] == "JitSsoPolicy/jit"]
    forged(folder, results=[one, {**one, "address": "JitSsoPolicy/other"}])
    said = folder("rollback", "forged.json", "--format", "json")
    assert {d["rule"] for d in said.document["diagnostics"]} >= {"IDENT107"}
    assert said.code == 4


def test_a_replacement_is_undone_by_its_record(folder: Folder, graph: Emulator) -> None:
    clip = """
apiVersion: intune.reconciler/v1
kind: WebClip
metadata: {name: portal}
spec: {displayName: Company Portal, url: "https://%s.contoso.example/", assignments: {include: [allUsers]}}
"""
    folder.write("specs/all.yaml", clip % "old")
    assert folder("apply", "--yes").code == 0
    folder.write("specs/all.yaml", clip % "new")
    assert folder("apply", "--yes", "--allow-replace", "WebClip/portal", "--record", "run.json").code == 0
    folder.write("specs/all.yaml", clip % "old")
    assert folder("plan", "--detailed-exitcode").code == 2
    for expected in ("--expect=assignmentRemovals=2", "--expect=deletes=1"):
        assert folder("rollback", "run.json", "--out", "back.json", "--detailed-exitcode").code == 2
        said = folder("apply", "--plan", "back.json", "--yes", expected)
        assert said.code == 0, said
        assert folder("plan", "--detailed-exitcode").code == 0
    assert folder("rollback", "run.json", "--detailed-exitcode").code == 0


def test_kinds_of_the_future_are_refused(folder: Folder) -> None:
    folder("apply", "--yes", "--record", "run.json")
    results = folder.read("run.json")["results"]
    forged(folder, results=[{**results[0], "address": "Teleporter/a"}, *results[1:]])
    said = folder("rollback", "forged.json")
    assert (said.code, "Teleporter" in said.err) == (3, True)


def test_with_several_tenants_one_is_named(folder: Folder) -> None:
    more = "  other: {graph: emulator, state: .reconciler/other.json, seed: tenant.json}\nlimits:"
    folder.write("reconciler.yaml", WORKSPACE.replace("limits:", more))
    folder("apply", "--yes", "--tenant", "sandbox", "--record", "run.json")
    assert folder("rollback", "run.json").code == 4
    assert folder("rollback", "run.json", "--tenant", "sandbox").code == 0
    said = folder("rollback", "run.json", "--tenant", "other")
    assert (said.code, "the record is of tenant sandbox" in said.err) == (4, True)


def test_the_plan_back_rests_on_its_record(folder: Folder, graph: Emulator) -> None:
    folder("apply", "--yes", "--record", "a/run.json")
    folder("rollback", "a/run.json", "--out", "back.json")
    writes = len(graph.writes)
    record = (folder.path / "a" / "run.json").read_bytes()
    (folder.path / "a" / "run.json").unlink()
    gone = folder("apply", "--plan", "back.json", "--yes", *EXPECTED)
    assert (gone.code, "a/run.json" in gone.err) == (3, True)
    folder.write("a/run.json", records.to_bytes(records.sealed({**json.loads(record), "actor": "somebody else"})))
    other = folder("apply", "--plan", "back.json", "--yes", *EXPECTED)
    assert (other.code, "another record" in other.err) == (4, True)
    assert len(graph.writes) == writes
    folder.write("a/run.json", record)
    assert folder("apply", "--plan", "back.json", "--yes", *EXPECTED).code == 0


def test_after_kill_9_the_record_tells_what_was_there(folder: Folder) -> None:
    """And what ended before, so that the way back is known but for what was under way."""
    with Emulator(seed=scenario.seed()) as graph:
        graph.fail(Fault(kind="slow", method="POST", path="appleUserInitiatedEnrollmentProfiles", seconds=1.5))
        command = [*COMMAND, "apply", "--yes", "--record", "run.json"]
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        with subprocess.Popen(
            command, cwd=folder.path, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _until(lambda: any("appleUser" in w.path and w.method == "POST" for w in graph.writes))
            os.kill(process.pid, signal.SIGKILL)
        record, problems = records.from_bytes((folder.path / "run.json").read_bytes())
        assert record is not None, problems
        assert (record["finishedAt"], record["interrupted"]) == (None, True)
        results: Any = record["results"]
        assert {r["address"] for r in results if r["before"]} > {"JitSsoPolicy/jit", "EnrollmentProfile/byod"}
        ended = {r["address"] for r in results if r["status"] == "done"}
        assert ended
        assert all("after" in r for r in results if r["address"] in ended)
        folder.serve(graph)
        assert folder("verify", "run.json").code == 0
        plan = folder("rollback", "run.json", "--format", "json").document
        going_back = {c["address"] for c in plan["changes"] if c["action"] != "no-op"}
        assert ended <= going_back


def _until(seen: Any) -> None:
    for _ in range(400):
        if seen():
            return
        time.sleep(0.02)
    raise AssertionError("it was never seen")


def test_records_stand_where_the_plan_says(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Outside of the workspace by their whole path, inside relative to it."""
    outside = tmp_path_factory.mktemp("records") / "run.json"
    folder("apply", "--yes", "--record", str(outside))
    source = folder("rollback", str(outside), "--format", "json").document["source"]
    assert Path(source["path"]) == outside
