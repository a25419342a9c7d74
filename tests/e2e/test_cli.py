"""Commands that go well, as a user calls them: what they print, what they send, how they exit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator
from reconciler.spec.schema import check_value

from . import scenario
from .command import Folder
from .harness import sent
from .judge import Bodies

KINDS = ("JitSsoPolicy", "AuthenticatorAssignment", "EnrollmentProfile", "EnrollmentPriority", "Audience")


def test_first_plan_then_apply_then_nothing(folder: Folder, bodies: Bodies) -> None:
    assert folder("validate").code == 0
    pending = folder("plan", "--detailed-exitcode")
    assert pending.code == 2
    assert pending.out.startswith("Tenant sandbox (embedded Graph)")
    assert "3 to create" in pending.out
    assert "(1 adopted)" in pending.out
    bodies.keep_plan(folder("plan", "--format", "json").valid("plan"))
    applied = folder("apply", "--yes")
    assert applied.code == 0
    assert "Applied" in applied.out
    assert folder("plan", "--detailed-exitcode").code == 0
    again = folder("apply", "--yes")
    assert again.code == 0
    assert folder("drift").code == 0


def test_plan_without_the_switch_exits_with_0(folder: Folder) -> None:
    assert folder("plan").code == 0


def test_drift_exits_with_2(folder: Folder) -> None:
    assert folder("drift").code == 2


def test_a_run_as_json(folder: Folder, graph: Emulator) -> None:
    document = folder("apply", "--yes", "--format", "json").valid("run")
    assert document["outcome"] == "applied"
    assert document["summary"] == {"done": 8, "failed": 0, "skipped": 0, "unverified": 0}
    told = [(r["method"], r["path"], r["status"]) for result in document["results"] for r in result["requests"]]
    assert sorted(told) == sorted((w.method, w.path, w.status) for w in graph.writes)
    assert folder("apply", "--yes", "--format", "json").valid("run")["outcome"] == "nothing-to-do"


def test_a_run_leaves_a_record_for_its_owner_only(folder: Folder) -> None:
    folder("apply", "--yes", "--record", "run.json")
    record = folder.read("run.json")
    assert check_value("run", record) == []
    assert record["outcome"] == "applied"
    assert record["plan"]["digest"].startswith("sha256:")
    assert (folder.path / "run.json").stat().st_mode & 0o077 == 0


def test_records_have_names_of_their_own(folder: Folder) -> None:
    folder("apply", "--yes", "--only", "JitSsoPolicy/*")
    folder("apply", "--yes")
    assert len(list((folder.path / ".reconciler" / "runs").glob("*-sandbox*.json"))) == 2


def test_validate_as_json(folder: Folder) -> None:
    valid = folder("validate", "--format", "json").valid("diagnostics")
    assert (valid["valid"], {d["severity"] for d in valid["diagnostics"]}) == (True, {"warning"})
    folder.write("specs/bad.yaml", "apiVersion: intune.reconciler/v1\nkind: EnrollmentProfil\n")
    said = folder("validate", "--format", "json")
    assert said.code == 3
    [finding] = [d for d in said.valid("diagnostics")["diagnostics"] if d["severity"] == "error"]
    assert finding["file"] == "specs/bad.yaml"
    assert finding["line"] == 2
    assert "EnrollmentProfile" in finding["detail"] + finding["message"]


def test_dry_run_sends_nothing_and_apply_sends_just_that(folder: Folder, graph: Emulator, bodies: Bodies) -> None:
    dry = folder("apply", "--dry-run", "--format", "json")
    assert dry.code == 0
    assert graph.writes == []
    assert not (folder.path / ".reconciler").exists()
    document = dry.valid("run")
    assert document["outcome"] == "dry-run"
    assert {r["status"] for r in document["results"]} == {"skipped"}
    applied = folder("apply", "--yes", "--format", "json").document
    ids = {r["address"]: r["liveId"] for r in applied["results"] if r["action"] == "create"}
    shown = [(o["method"], resolved(o["path"], ids), o.get("body")) for o in document["operations"]]
    assert shown == [(w.method, w.path, w.body) for w in graph.writes]


def resolved(path: str, ids: dict[str, str]) -> str:
    """A path of a plan with ids for references, decoded as the log has it."""
    for address, live_id in ids.items():
        path = path.replace("{" + address + ".id}", live_id)
    return path


def test_dry_run_as_text_shows_every_request(folder: Folder, graph: Emulator) -> None:
    shown = folder("apply", "--dry-run").out
    steps = folder("apply", "--dry-run", "--format", "json").document["operations"]
    assert len(steps) > 12
    for step in steps:
        assert f"{step['method']} {step['path']}" in re.sub(r"\s+", " ", shown)
    assert graph.writes == []


def test_invariant_10_reading_commands_send_only_reads(folder: Folder, graph: Emulator) -> None:
    for command in (["plan"], ["plan", "--format", "json"], ["drift"], ["apply", "--dry-run"], ["plan", "--full"]):
        folder(*command)
    assert graph.writes == []
    assert {r.method for r in graph.log if not r.path.endswith("/$batch")} == {"GET"}


def test_invariant_15_a_saved_plan_is_shown_offline_and_applied_as_shown(folder: Folder, graph: Emulator) -> None:
    plan = folder("plan", "--out", "p.json", "--expect", "adoptions=1")
    assert "with --expect adoptions=1 again" in plan.err
    assert (folder.path / "p.json").stat().st_mode & 0o077 == 0
    folder.environment.setenv("RECONCILER_GRAPH_URL", "http://127.0.0.1:9")
    shown = folder("show", "p.json").out.splitlines(keepends=True)
    assert shown[1].startswith("made 2026-")
    assert "may be applied until" in shown[1]
    assert "".join([shown[0], *shown[3:]]) == plan.out
    assert "may be applied until" in plan.err
    assert folder("show", "p.json", "--format", "json").valid("plan") == folder.read("p.json")
    folder.serve(graph)
    assert folder("apply", "--plan", "p.json", "--yes").code == 0
    wanted = [s["step"] for change in folder.read("p.json")["changes"] for s in change["operations"]]
    assert len(graph.writes) == len(wanted)


def test_the_same_plan_has_the_same_bytes(folder: Folder, graph: Emulator) -> None:
    one, two = (folder("plan", "--format", "json").document for _ in range(2))
    for document in (one, two):
        for key in ("createdAt", "expiresAt", "digest"):
            document.pop(key)
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--only", "JitSsoPolicy/*"], {"JitSsoPolicy/jit", "JitSsoPolicy/jit-pilot"}),
        (["--only", "JitSsoPolicy/*", "--except", "*/jit-pilot"], {"JitSsoPolicy/jit"}),
        (["--only", "*/store", "--only", "*/vpp"], {"AuthenticatorAssignment/store", "AuthenticatorAssignment/vpp"}),
        (["specs/apps.yaml"], {"AuthenticatorAssignment/vpp"}),
        (["--selector", "ring=pilot"], {"AuthenticatorAssignment/vpp"}),
        (["--selector", "ring=nobody"], set()),
    ],
)
def test_a_selection_restricts_what_runs(
    folder: Folder, graph: Emulator, arguments: list[str], wanted: set[str]
) -> None:
    documents = scenario.SPECS.split("---\n")
    labelled = documents.pop(next(i for i, text in enumerate(documents) if "name: vpp" in text))
    folder.write("specs/all.yaml", "---\n".join(documents))
    folder.write("specs/apps.yaml", labelled.replace("{name: vpp}", "{name: vpp, labels: {ring: pilot, part: app}}"))
    document = folder("plan", *arguments, "--format", "json").valid("plan")
    assert {c["address"] for c in document["changes"] if c["action"] != "no-op"} == wanted
    folder("apply", *arguments, "--yes")
    assert bool(graph.writes) == bool(wanted)
    again = folder("plan", *arguments, "--format", "json").document
    assert {c["address"] for c in again["changes"] if c["action"] != "no-op"} == set()


def test_listings(folder: Folder) -> None:
    kinds = folder("kinds")
    assert kinds.code == 0
    for kind in KINDS:
        assert kind in kinds.out
        schema = folder("schema", kind)
        assert schema.code == 0
        assert json.loads(schema.out)["title"]
    assert folder("kinds", "--format", "json").document["formatVersion"] == 1
    assert set(folder("schema").out.split()) >= {*KINDS, "workspace", "plan", "run", "diagnostics", "spec"}


def test_help_names_every_command(folder: Folder) -> None:
    said = folder("--help")
    assert said.code == 0
    for command in ("validate", "plan", "show", "apply", "drift", "emulator", "schema", "kinds"):
        assert re.search(rf"^ +{command} ", said.out, re.MULTILINE)
        assert folder(command, "--help").code == 0
    assert folder("--version").out.startswith("reconciler ")


def test_expect_allows_exactly_that_many(folder: Folder, graph: Emulator) -> None:
    folder.write("reconciler.yaml", WORKSPACE_WITHOUT_ADOPTIONS)
    assert folder("apply", "--yes").code == 4
    assert folder("apply", "--yes", "--expect", "adoptions=2").code == 4
    assert graph.writes == []
    assert folder("apply", "--yes", "--expect", "adoptions=1").code == 0


WORKSPACE_WITHOUT_ADOPTIONS = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: sandbox
tenants:
  sandbox: {graph: emulator, state: .reconciler/sandbox.json, seed: tenant.json}
"""


def test_color_and_width_are_for_terminals_only(folder: Folder) -> None:
    assert "\x1b" not in folder("plan").out
    assert "\x1b[" in folder("plan", "--color", "always").out


def test_names_that_lead_to_other_places_are_harmless(folder: Folder) -> None:
    seed: Any = folder.read("tenant.json")
    for item in seed["collections"]["deviceManagement/appleUserInitiatedEnrollmentProfiles"]:
        if item["displayName"] == "Kiosk":
            item["displayName"] = "\x1b[2J\x07Ki\u202eosk\r\n::error::boo\n##[section]x"
    folder.write("tenant.json", seed)
    for arguments in (["plan", "--full"], ["plan", "--color", "always"], ["apply", "--yes"]):
        out = folder(*arguments).out
        plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", plain)
        assert not re.search(r"^\s*(::|##\[)", plain, re.MULTILINE)


def test_a_hostile_name_survives_json(folder: Folder) -> None:
    name = '"\x1b\u202e\n'
    seed: Any = folder.read("tenant.json")
    seed["collections"]["deviceManagement/appleUserInitiatedEnrollmentProfiles"][1]["displayName"] = name
    folder.write("tenant.json", seed)
    document = folder("plan", "--format", "json").valid("plan")
    assert name in {each["displayName"] for each in document["unmanaged"]}


def test_no_token_anywhere(folder: Folder, graph: Emulator, tmp_path: Path) -> None:
    for command in (["plan", "--out", "p.json"], ["apply", "--plan", "p.json", "--yes", "--record", "r.json"]):
        folder(*command, "--log-level", "debug", "--log-format", "json")  # the command itself asserts on its output
    stored = folder.files()
    assert {"p.json", "r.json"} <= set(stored)
    assert not [name for name, content in stored.items() if b"canary" in content]
    assert not [r for r in graph.log if "canary" in json.dumps([dict(r.headers), r.body, r.query])]
    assert sent(graph.writes)
