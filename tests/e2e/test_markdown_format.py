"""`--format markdown` of commands that plan, check and change: one page on stdout, and its exit code as ever."""

from __future__ import annotations

import pytest

from reconciler.emulator import Emulator

from .command import Folder

MARKER = "owner=contoso tenant=sandbox -->"


def test_a_plan_and_its_saved_form_are_one_page(folder: Folder) -> None:
    planned = folder("plan", "--out", "p.json", "--format", "markdown", "--quiet")
    assert planned.code == 0
    assert planned.out.splitlines()[0].startswith("**Plan: 3 to create")
    assert planned.out.splitlines()[0].endswith(f"<!-- reconciler plan {MARKER}")
    assert folder("show", "p.json", "--format", "markdown").out == planned.out


def test_a_run_and_a_refused_one_have_one_marker(folder: Folder, graph: Emulator) -> None:
    asked = folder("apply", "--format", "markdown")
    assert asked.code == 4
    assert asked.out.startswith(f"**Refused: nothing was done.** <!-- reconciler apply {MARKER}\n")
    assert "--yes" in asked.out
    assert graph.writes == []
    ran = folder("apply", "--yes", "--format", "markdown")
    assert ran.code == 0
    assert ran.out.startswith(
        f"**Applied: 8 done, 0 failed, 0 skipped, 0 unverified.** <!-- reconciler apply {MARKER}\n"
    )
    assert ran.out.count("- **done**") == 8
    again = folder("apply", "--yes", "--format", "markdown")
    assert again.out.startswith(f"**Nothing to do. The tenant is as specified.** <!-- reconciler apply {MARKER}\n")


def test_what_blocks_an_apply_stands_on_its_page(folder: Folder, graph: Emulator) -> None:
    said = folder("apply", "--yes", "--expect", "adoptions=3", "--format", "markdown")
    assert said.code == 4
    assert said.out.startswith("**Refused: nothing was done.**")
    assert "- **error** `" in said.out
    assert "nothing was changed" in said.err


def test_a_dry_run_shows_the_requests(folder: Folder) -> None:
    said = folder("apply", "--dry-run", "--format", "markdown")
    assert said.code == 0
    assert "POST /beta/deviceManagement/deviceConfigurations" in said.out


@pytest.mark.parametrize(("broken", "code", "first"), [(False, 0, "**Valid: "), (True, 3, "**Invalid: ")])
def test_a_validation(folder: Folder, broken: bool, code: int, first: str) -> None:
    if broken:
        folder.write("specs/broken.yaml", "kind: [")
    said = folder("validate", "--format", "markdown")
    assert said.code == code
    assert said.out.startswith(first)
    assert "<!-- reconciler validate owner=contoso -->" in said.out.splitlines()[0]
    assert ("`specs/broken.yaml:" in said.out) is broken
