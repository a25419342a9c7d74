"""Run records on disk: what they hold, that they form a chain, and what `verify` says of them."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler import __version__, records
from reconciler.emulator import Emulator

from . import scenario
from .command import WORKSPACE, Folder
from .harness import Time

RUNS = ".reconciler/runs"


def runs(folder: Folder) -> list[Path]:
    return sorted((folder.path / RUNS).glob("*.json"), key=lambda f: (f.name[:16], len(f.name)))


def test_a_record_says_what_was_done_where_and_by_whom(folder: Folder, graph: Emulator) -> None:
    folder("plan", "--out", "plan.json")
    assert folder("apply", "--plan", "plan.json", "--yes", "--record", "run.json", "--change-ref", "CHG-7").code == 0
    record = folder.read("run.json")
    assert record["tool"] == {"name": "reconciler", "version": __version__}
    assert record["tenant"] == {"name": "sandbox", "tenantId": graph.tenant_id, "graphUrl": graph.url}
    assert (record["owner"], record["changeRef"]) == ("contoso", "CHG-7")
    assert record["savedPlan"] == folder.read("plan.json")["digest"]
    assert record["duration"] == 0.0, "the clock that was given did not move"
    assert (record["dirty"], record["runUrl"], record["approvals"], record["previousRecord"]) == (None, None, [], None)
    assert (folder.path / "run.json").stat().st_mode & 0o077 == 0
    sent = [(r["method"], r["path"], r["clientRequestId"]) for result in record["results"] for r in result["requests"]]
    assert sorted(sent) == sorted((w.method, w.path, w.headers["client-request-id"]) for w in graph.writes)


def test_a_record_holds_every_object_before_and_after(folder: Folder, graph: Emulator) -> None:
    before: Any = graph.object(scenario.CONFIGURATIONS, scenario.POLICY)
    folder("apply", "--yes", "--record", "run.json")
    results = {result["address"]: result for result in folder.read("run.json")["results"]}
    policy = results["JitSsoPolicy/jit"]
    assert policy["before"]["body"]["description"] == before["description"]
    assert policy["after"]["body"]["description"] == "For everybody\n" + scenario.marker("JitSsoPolicy", "jit")
    assert (len(policy["before"]["assignments"]), len(policy["after"]["assignments"])) == (2, 3)
    assert policy["properties"] == ["assignments", "description", "iosSingleSignOnExtension"]
    created = results["EnrollmentProfile/pilots"]
    assert created["before"] is None
    assert created["after"]["id"] == created["liveId"]
    order = results["EnrollmentPriority/ios"]
    assert [rung["displayName"] for rung in order["before"]["ladder"]] == ["BYOD", "Kiosk", "Executives"]
    assert [rung["displayName"] for rung in order["after"]["ladder"]] == ["Executives", "Pilots", "BYOD", "Kiosk"]


class Breaking(Time):
    """A clock by which something happens once: when this many writes have gone out."""

    def __init__(self, graph: Emulator, writes: int, happen: Callable[[], object]) -> None:
        super().__init__()
        self._graph, self._writes, self._happen = graph, writes, happen

    def monotonic(self) -> float:
        if self._writes and len(self._graph.writes) >= self._writes:
            self._writes = 0
            self._happen()
        return super().monotonic()


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_record_that_cannot_be_completed_does_not_hide_what_was_done(
    folder: Folder, graph: Emulator, form: str
) -> None:
    """The folder of the record is gone when the run ends: the report tells what was sent, and what is missing."""

    def vanish() -> None:
        shutil.rmtree(folder.path / "records")
        folder.write("records", "a file now")

    folder.time = Breaking(graph, 3, vanish)
    said = folder("apply", "--yes", "--format", form, "--record", "records/run.json")
    assert said.code == 5
    assert "records/run.json cannot be written" in said.err
    assert "none of this run is left" in said.err
    if form == "text":
        assert "Applied: 8 done" in said.out
        return
    document = said.valid("run")
    assert (document["outcome"], document["summary"]["done"]) == ("applied", 8)
    assert "records/run.json cannot be written" in document["error"]["message"]
    sent = [r["clientRequestId"] for result in document["results"] for r in result["requests"]]
    assert sorted(sent) == sorted(w.headers["client-request-id"] for w in graph.writes)


def test_what_is_left_of_a_record_is_named(folder: Folder, graph: Emulator) -> None:
    """A full disk: the last state that could be written stands."""
    record = folder.path / "run.json"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))

    folder.time = Breaking(graph, 3, fill)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        said = folder("apply", "--yes", "--format", "json", "--record", "run.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (said.code, said.document["outcome"]) == (5, "applied")
    assert "run.json cannot be written: File too large; it says how far the run had come" in said.err
    assert folder.read("run.json")["outcome"] == "partly-applied"
    assert [each.name for each in record.parent.glob(".run.json.*")] == []


def test_what_was_not_written_has_no_after(folder: Folder, graph: Emulator) -> None:
    graph.knobs = type(graph.knobs)(refuse_writes=True)
    folder("apply", "--yes", "--record", "run.json")
    for result in folder.read("run.json")["results"]:
        assert "before" in result
        if result["requests"] and result["before"]:
            assert result["after"]["body"] == result["before"]["body"], "read again: nothing was changed"
        else:
            assert "after" not in result


def test_records_of_a_tenant_form_a_chain(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        WORKSPACE.replace(
            "limits:", "  other: {graph: emulator, state: .reconciler/other.json, seed: tenant.json}\nlimits:"
        ),
    )
    for number, kind in enumerate(("JitSsoPolicy", "AuthenticatorAssignment", "EnrollmentProfile")):
        folder("apply", "--yes", "--tenant", "sandbox", "--only", f"{kind}/*")
        folder("apply", "--yes", "--tenant", "other", "--only", f"{kind}/*")
        folder.time.seconds += number  # the first two begin in one second
    found = {
        name: [json.loads(f.read_bytes()) for f in runs(folder) if f"-{name}" in f.name]
        for name in ("sandbox", "other")
    }
    for chain in found.values():
        assert len(chain) == 3
        assert [r["previousRecord"] for r in chain] == [None, chain[0]["digest"], chain[1]["digest"]]
    assert {folder("verify", str(f)).code for f in runs(folder)} == {0}


def test_other_files_in_the_folder_do_no_harm(folder: Folder) -> None:
    folder.write(f"{RUNS}/notes.json", "{}")
    folder.write(f"{RUNS}/20990101T000000Z-sandbox.json", "not a record")
    assert folder("apply", "--yes").code == 0
    [record] = [r for f in runs(folder) if (r := records.from_bytes(f.read_bytes())[0])]
    assert record["previousRecord"] is None


def git(path: Path, *arguments: str) -> str:
    name = ["-c", "user.name=t", "-c", "user.email=t@contoso.example", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(path), *name, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def test_a_record_knows_the_commit_and_whether_the_specs_are_of_it(folder: Folder) -> None:
    git(folder.path, "init", "-q")
    git(folder.path, "add", "-A")
    git(folder.path, "commit", "-qm", "specs")
    commit = git(folder.path, "rev-parse", "HEAD")
    folder("apply", "--yes", "--only", "JitSsoPolicy/*", "--record", "clean.json")
    folder.write("specs/more.yaml", "# nothing yet\n")
    folder("apply", "--yes", "--record", "dirty.json")
    found = [
        (folder.read(f"{name}.json")["commit"], folder.read(f"{name}.json")["dirty"]) for name in ("clean", "dirty")
    ]
    assert found == [(commit, False), (commit, True)]


# verify


def broken(folder: Folder, name: str, old: str, new: str) -> str:
    """A copy of a file with something replaced."""
    text = (folder.path / name).read_text("utf-8")
    assert old in text
    folder.write(f"broken-{name}", text.replace(old, new, 1))
    return f"broken-{name}"


def pipe(folder: Folder) -> str:
    if not (folder.path / "pipe").exists():
        os.mkfifo(folder.path / "pipe")
    return "pipe"


FILES: dict[str, tuple[Callable[[Folder], str], int, str]] = {
    "a record": (lambda f: "run.json", 0, "a whole run record, unchanged"),
    "a plan": (lambda f: "plan.json", 0, "a whole plan file, unchanged"),
    "an edited record": (lambda f: broken(f, "run.json", '"owner":"contoso"', '"owner":"fabrikam"'), 4, "RECORD102"),
    "an edited plan": (lambda f: broken(f, "plan.json", '"owner":"contoso"', '"owner":"fabrikam"'), 4, "PLANFILE102"),
    "a cut record": (lambda f: broken(f, "run.json", "}\n", ""), 3, "RECORD101"),
    "the output of apply": (lambda f: "said.json", 3, "RECORD101"),
    "a spec": (lambda f: "specs/all.yaml", 3, "RECORD101"),
    "a folder": (lambda f: "specs", 3, "cannot be read"),
    "a pipe": (pipe, 3, "not a regular file"),
    "nothing": (lambda f: "missing.json", 3, "cannot be read"),
}


@pytest.mark.parametrize("what", FILES)
def test_verify(folder: Folder, what: str) -> None:
    folder("plan", "--out", "plan.json")
    folder.write("said.json", folder("apply", "--yes", "--record", "run.json", "--format", "json").out)
    make, code, words = FILES[what]
    said = folder("verify", make(folder))
    assert said.code == code, said
    assert words in said.out + said.err
    document = folder("verify", make(folder), "--format", "json").document
    if "valid" in document:
        assert (document["valid"], document["formatVersion"]) == (code == 0, 1)
        assert document["kind"] == ("plan" if "plan" in what else "record")


def test_verify_follows_the_chain(folder: Folder) -> None:
    folder("apply", "--yes", "--only", "JitSsoPolicy/*", "--record", "a/one.json")
    folder.time.seconds += 1
    folder("apply", "--yes", "--record", "a/two.json")
    one, two = (folder.read(f"a/{name}.json") for name in ("one", "two"))
    assert two["previousRecord"] == one["digest"]
    assert "and follows the record that it names" in folder("verify", "a/two.json").out
    folder.write("b/two.json", (folder.path / "a" / "two.json").read_bytes())
    lonely = folder("verify", "b/two.json", "--format", "json")
    assert (lonely.code, lonely.document["previous"]) == (0, "missing")
    assert [d["rule"] for d in lonely.document["diagnostics"]] == ["RECORD104"]
    assert folder("verify", "b/two.json", "--previous", "a/one.json").code == 0
    wrong = folder("verify", "b/two.json", "--previous", "a/two.json", "--format", "json")
    assert (wrong.code, [d["rule"] for d in wrong.document["diagnostics"]]) == (4, ["RECORD105"])


def test_verify_needs_no_workspace(folder: Folder) -> None:
    folder("apply", "--yes", "--record", "run.json")
    (folder.path / "reconciler.yaml").unlink()
    assert folder("verify", "run.json").code == 0
