"""`evidence` and `verify` as an auditor meets them: bundles of sandbox runs, whole, changed, and with parts missing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reconciler import records
from reconciler.cli.signed import sentences, signatures
from reconciler.emulator import Emulator, Knobs
from tests.e2e.command import Folder
from tests.review.repositories import commit, git

from .conftest import specs
from .test_bundle import FORGED, forged


def read(folder: Folder, bundle: str, name: str) -> bytes:
    with zipfile.ZipFile(folder.path / bundle) as file:
        return file.read(name)


def test_a_bundle_of_a_run(folder: Folder, runs: list[str]) -> None:
    said = folder("evidence", runs[0], "--plan", "first.json", "--out", "a.zip", "--format", "json")
    assert said.code == 0
    [run] = said.valid("evidence")["runs"]
    assert run["plan"]["included"] is True
    assert (run["specs"]["included"], run["specs"]["ofPlan"], run["changeRef"]) == (True, True, "CHG-one")
    assert {each["what"] for each in said.document["missing"]} == {"pipeline", "approvals"}
    assert read(folder, "a.zip", f"specs/{run['commit']}/specs/all.yaml") == specs("one").encode(), "as they were"
    assert b"kind: Workspace" in read(folder, "a.zip", f"workspace/{run['commit']}/reconciler.yaml")
    assert read(folder, "a.zip", "runs/0001/record.json") == (folder.path / runs[0]).read_bytes()
    verified = folder("verify", "a.zip", "--format", "json").valid("verify")
    assert (verified["kind"], verified["valid"], verified["authenticated"]) == ("bundle", True, False)
    assert verified["digest"] == said.document["digest"]


def test_bundles_of_one_run_are_equal_and_one_flipped_byte_is_refused(folder: Folder, runs: list[str]) -> None:
    first = folder("evidence", runs[0], "--out", "a.zip")
    folder.time.seconds += 3600
    again = folder("evidence", runs[0], "--out", "b.zip")
    assert "intact, not authenticated" in first.out
    data = (folder.path / "a.zip").read_bytes()
    assert data == (folder.path / "b.zip").read_bytes()
    assert first.out.replace("a.zip", "b.zip") == again.out
    assert "intact, not authenticated" in folder("verify", "a.zip").out
    at = data.index(b"description: one")
    folder.write("c.zip", data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    refused = folder("verify", "c.zip")
    assert refused.code == 4
    assert "specs/all.yaml was changed" in " ".join(refused.out.split())
    assert folder("evidence", runs[0], "--out", "a.zip").code == 0, "the same bytes are there"
    assert folder("evidence", runs[1], "--out", "a.zip").code == 64, "what is in the way stays"
    assert (folder.path / "a.zip").read_bytes() == data


def test_a_bundle_that_was_made_up(folder: Folder) -> None:
    folder.write("a.zip", forged(FORGED["another plan"][0]))
    said = folder("verify", "a.zip")
    assert (said.code, "EVIDENCE104" in said.out) == (4, True)


def test_a_missing_run_shows(folder: Folder, runs: list[str]) -> None:
    first, second, third = runs
    said = folder("evidence", first, third, "--format", "json").valid("evidence")
    assert ([len(said[name]) for name in ("runs", "links", "breaks")]) == [2, 1, 0], "the run between is at hand"
    (folder.path / second).unlink()
    said = folder("evidence", third, first, "--out", "gap.zip", "--format", "json").valid("evidence")
    assert [each["why"] for each in said["breaks"]] == ["missing"]
    assert {each["what"] for each in said["missing"]} == {"plan", "pipeline", "approvals", "previous"}
    verified = folder("verify", "gap.zip", "--format", "json")
    assert (verified.code, [d["rule"] for d in verified.document["diagnostics"]]) == (0, ["EVIDENCE105"])
    assert "EVIDENCE105" in folder("verify", "gap.zip").out


def test_plans_that_lie_beside_a_record_are_found(folder: Folder, runs: list[str]) -> None:
    folder.write(".reconciler/runs/plan.json", (folder.path / "second.json").read_bytes())
    said = folder("evidence", *runs, "--out", "a.zip", "--format", "json").valid("evidence")
    assert [run["plan"]["included"] for run in said["runs"]] == [False, True, False]
    assert len({run["commit"] for run in said["runs"]}) == 3


def test_changes_that_were_not_committed(folder: Folder) -> None:
    folder.write("specs/all.yaml", specs("more"))
    folder("plan", "--out", "plan.json")
    assert folder("apply", "--plan", "plan.json", "--yes", "--record", "run.json").code == 0
    said = folder("evidence", "run.json", "--out", "a.zip")
    assert said.code == 0
    told = " ".join(said.out.split())
    assert "with changes that were not committed" in told
    assert "was not made from the specs of commit" in told
    assert folder("verify", "a.zip").code == 0


def test_without_a_repository(folder: Folder, runs: list[str]) -> None:
    (folder.path / "reconciler.yaml").unlink()
    said = folder("evidence", runs[0], "--out", "a.zip", "--format", "json").valid("evidence")
    [why] = [each["why"] for each in said["missing"] if each["what"] == "specs"]
    assert "there is no reconciler.yaml here or above" in why
    assert folder("verify", "a.zip").code == 0


def test_specs_that_are_not_in_the_commit(folder: Folder) -> None:
    git(folder.path, "rm", "-rq", "--cached", "specs")
    commit(folder.path, {".gitignore": "specs/\n.reconciler/\n*.json\n*.zip\n"})
    folder.write("specs/all.yaml", specs("four"))
    folder("apply", "--yes", "--record", "run.json")
    said = [folder("evidence", "run.json", "--out", name, "--format", "json").valid("evidence") for name in "ab"]
    [why] = [each["why"] for each in said[0]["missing"] if each["what"] == "specs"]
    assert why == "specs does not exist", "no word of where it was looked for"
    assert said[0] == said[1]


def test_beside_a_signature_the_tool_that_checks_it_is_named(folder: Folder, runs: list[str]) -> None:
    folder("evidence", runs[0], "--out", "a.zip")
    folder.write("a.zip.asc", "-----BEGIN PGP SIGNATURE-----")
    said = folder("verify", "a.zip")
    assert (said.code, "\n  gpg --verify a.zip.asc a.zip\n" in said.out) == (0, True)
    assert "checks no signature" in said.out
    [signature] = folder("verify", "a.zip", "--format", "json").valid("verify")["signatures"]
    assert signature["file"] == "a.zip.asc"
    for file in (runs[0], "first.json"):
        assert "intact, not authenticated" in folder("verify", file).out


@pytest.mark.parametrize("ending", [".asc", ".sig", ".sigstore.json", ".minisig"])
def test_commands_can_be_copied_whatever_a_file_is_called(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "a; touch b.zip"
    Path(f"{file}{ending}").touch()
    [found] = signatures(file)
    assert all("'a; touch b.zip'" in each for each in found["check"].split(", or "))
    assert "a; touch" not in found["check"].replace("'a; touch b.zip", "")
    assert found["check"] in "".join(sentences(file, width=40))


def test_a_link_in_the_commit_is_not_followed(folder: Folder) -> None:
    folder.write("secret.txt", "the key of this machine")
    (folder.path / "pins").mkdir()
    (folder.path / "pins/sandbox.yaml").symlink_to(folder.path / "secret.txt")
    commit(folder.path, {"specs/all.yaml": specs("four")})
    (folder.path / "pins/sandbox.yaml").unlink()
    folder("apply", "--yes", "--record", "run.json")
    said = folder("evidence", "run.json", "--out", "a.zip", "--format", "json").valid("evidence")
    assert b"the key of this machine" not in (folder.path / "a.zip").read_bytes()
    [why] = [each["why"] for each in said["missing"] if each["what"] == "specs"]
    assert why.startswith("pins/sandbox.yaml cannot be read: it is a link")


def test_a_record_does_not_choose_where_its_bundle_goes(folder: Folder, runs: list[str]) -> None:
    record = json.loads((folder.path / runs[0]).read_bytes())
    record["tenant"]["name"] = "../../../far/away"
    folder.write("edited.json", records.to_bytes(records.sealed(record)))
    before = {*folder.path.parent.rglob("*")}
    assert folder("evidence", "edited.json").code == 0
    assert [each.name for each in {*folder.path.parent.rglob("*")} - before] == [
        "evidence-.._.._.._far_away-20260301T080000Z.zip"
    ]


REFUSALS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no record": (("evidence", "first.json"), 3, "not a run record"),
    "an edited record": (("evidence", "edited.json"), 4, "changed after it was written"),
    "no file": (("evidence", "none.json"), 3, "cannot be read"),
    "no plan": (("evidence", "RUN", "--plan", "reconciler.yaml"), 3, "not a plan file"),
    "the plan of another run": (("evidence", "RUN", "--plan", "third.json"), 4, "not the plan of any of these runs"),
    "actors without events": (("evidence", "RUN", "--with-actors"), 64, "--with-actors goes with --audit"),
    "the record before a bundle": (("verify", "a.zip", "--previous", "RUN"), 64, "--previous is for a run record"),
}  # fmt: skip


def test_refusals(folder: Folder, runs: list[str]) -> None:
    folder("evidence", runs[0], "--out", "a.zip")
    folder.write("edited.json", (folder.path / runs[0]).read_bytes().replace(b'"SSO"', b'"XXO"', 1))
    for case, (arguments, code, words) in REFUSALS.items():
        said = folder(*(runs[0] if each == "RUN" else each for each in arguments))
        assert (said.code, words in said.err) == (code, True), (case, said)


def events(folder: Folder, bundle: str) -> Any:
    return json.loads(read(folder, bundle, "runs/0001/events.json"))


def test_events_of_the_audit_log(folder: Folder, runs: list[str]) -> None:
    said = folder("evidence", runs[0], "--audit", "--out", "a.zip", "--format", "json")
    [run] = said.valid("evidence")["runs"]
    found = events(folder, "a.zip")
    assert run["events"] == len(found["events"]) == run["requests"] == 3
    assert {each["match"] for each in found["events"]} == {"request"}
    assert not any("name" in each["actor"] for each in found["events"])
    assert folder("verify", "a.zip").code == 0
    folder("evidence", runs[0], "--audit", "--with-actors", "--out", "b.zip")
    assert all("name" in each["actor"] for each in events(folder, "b.zip")["events"])


def test_a_name_that_another_tenant_has_now(folder: Folder, runs: list[str]) -> None:
    record = json.loads((folder.path / runs[0]).read_bytes())
    record["tenant"]["tenantId"] = "11111111-1111-4111-8111-111111111111"
    folder.write("old/run.json", records.to_bytes(records.sealed(record)))
    said = folder("evidence", "old/run.json", "--audit")
    assert (said.code, "sandbox is another one now" in said.err) == (4, True)
    assert folder("report", "--runs", "old", "--format", "json").document["runs"] == []


def test_lines_fit_and_commands_stay_whole(folder: Folder, runs: list[str]) -> None:
    folder.environment.setenv("COLUMNS", "80")
    folder("evidence", runs[2], "--out", "a.zip")
    for command in (("verify", "a.zip"), ("verify", "first.json"), ("report", "--since", "2025-01-01")):
        said = folder(*command).out
        assert [line for line in said.splitlines() if len(line) > 80] == [], command


def test_a_log_that_cannot_be_read_ends_it(folder: Folder, runs: list[str]) -> None:
    with Emulator(knobs=Knobs(audit_log="403")) as emulator:
        folder.serve(emulator)
        said = folder("evidence", runs[0], "--audit", "--out", "a.zip")
        assert (said.code, (folder.path / "a.zip").exists()) == (4, False)
        assert "DeviceManagementApps.Read.All" in said.err
    folder.time.seconds += 370 * 86400
    said = folder("evidence", runs[0], "--audit", "--out", "a.zip")
    assert (said.code, "keeps them for a year" in said.err) == (4, True)
