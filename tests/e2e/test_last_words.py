"""What commands say where something beside the matter itself goes wrong: a slip on the command line, another file, a
report that finds no room. Each names what is wrong, and no exit code says something else than what was done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.emulator import Emulator

from .command import Folder

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "arguments",
    [["plan", "--bogus"], ["validate", "--prune"], ["show", "p.json", "q.json"], ["pin", "x"], ["rollback"]],
    ids=" ".join,
)
def test_wrong_usage_of_a_command_shows_how_that_command_is_used(folder: Folder, arguments: list[str]) -> None:
    said = folder(*arguments)
    assert said.code == 64
    assert said.err.startswith(f"usage: reconciler {arguments[0]} ")
    assert said.err.splitlines()[-1].startswith(f"reconciler {arguments[0]}: ")


def test_without_a_command_all_are_named(folder: Folder) -> None:
    said = folder("nix")
    assert (said.code, said.err.splitlines()[0]) == (64, "usage: reconciler [-h] [--version] COMMAND ...")


def test_what_is_accepted_in_vain_is_told(folder: Folder, graph: Emulator) -> None:
    said = folder("pin", "--accept", "iOS pilotz", "--format", "json")
    assert said.code == 0
    told = [(d["severity"], d["rule"]) for d in said.document["diagnostics"]]
    assert told == [("warning", "PINS104")]
    assert "--accept iOS pilotz" in said.document["diagnostics"][0]["message"]


def test_verify_names_the_file_that_is_broken(folder: Folder, graph: Emulator) -> None:
    assert folder("apply", "--yes", "--record", "one.json").code == 0
    assert folder("apply", "--yes", "--record", "two.json").code == 0
    whole = (folder.path / "one.json").read_bytes()
    folder.write("broken.json", whole.replace(b'"contoso"', b'"fabrikam"'))
    said = folder("verify", "two.json", "--previous", "broken.json")
    assert said.code == 4
    assert " ".join(said.out.split()).startswith(
        "two.json: a whole run record; but broken.json, given as the one before it, is no whole run record "
        "RECORD102: broken.json: the record was changed"
    )
    said = folder("verify", "one.json", "--previous", "two.json")
    assert said.code == 4
    assert " ".join(said.out.split()).startswith(
        "one.json: a whole run record; but two.json, given as the one before it, is not the"
    )
    folder.write("none.json", "{}")
    said = folder("verify", "two.json", "--previous", "none.json", "--format", "json")
    assert (said.code, said.document["previous"]) == (3, "broken")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_report_without_room_does_not_change_how_a_run_ends(folder: Folder) -> None:
    """Programs that read the exit code only would take 1 for a run that did nothing."""
    command = [sys.executable, "-m", "reconciler", "apply", "--yes", "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command, cwd=folder.path, env=environment, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    assert b"the report could not be written: No space left on device; what was done stands in .recon" in done.stderr
    assert folder("plan", "--detailed-exitcode").code == 0
