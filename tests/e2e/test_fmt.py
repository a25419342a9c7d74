"""`fmt` as a user meets it: which files it looks at, what it writes and says, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.spec.style import formatted

from .command import Folder

UNTIDY = b"""\
kind: Audience\x20\x20\x20
apiVersion: intune.reconciler/v1
metadata: {name: everyone}   # who
spec:
    include: [ allUsers ]
"""
TIDY = formatted(UNTIDY.decode(), "").encode()


@pytest.fixture
def folder(folder: Folder) -> Folder:
    """The scenario's folder, formatted."""
    assert folder("fmt").code == 0
    return folder


def test_the_workspace_file_and_all_specs_are_formatted_once(folder: Folder) -> None:
    path = folder.write("specs/more/a.yml", UNTIDY)
    path.chmod(0o640)
    workspace = folder.path / "reconciler.yaml"
    workspace.write_bytes(workspace.read_bytes().replace(b"owner: contoso\n", b"owner:  contoso\r\n"))
    before = folder.files()

    said = folder("fmt", "--check")
    assert (said.code, folder.files()) == (2, before)
    assert said.out.splitlines() == [
        "would change: reconciler.yaml", "would change: specs/more/a.yml", "", "2 files would change, 1 unchanged.",
    ]  # fmt: skip

    said = folder("fmt")
    assert said.code == 0
    assert said.out.splitlines() == [
        "formatted: reconciler.yaml", "formatted: specs/more/a.yml", "", "2 files formatted, 1 unchanged.",
    ]  # fmt: skip
    assert path.read_bytes() == TIDY
    assert path.stat().st_mode & 0o777 == 0o640
    assert folder.files().keys() == before.keys(), "no temporary file is left"

    before = folder.files()
    assert folder("fmt", "--check").out == "0 files would change, 3 unchanged.\n"
    assert (folder("fmt").code, folder.files()) == (0, before)


def test_paths_need_no_workspace(folder: Folder) -> None:
    (folder.path / "reconciler.yaml").write_text("owner: [", encoding="utf-8")
    folder.write("elsewhere/a.yaml", UNTIDY)
    folder.write("elsewhere/b.txt", UNTIDY)
    folder.write("elsewhere/.hidden.yaml", UNTIDY)
    folder.write("elsewhere/.github/a.yaml", UNTIDY)
    assert folder("fmt", "elsewhere").out == "formatted: elsewhere/a.yaml\n\n1 file formatted.\n"
    assert folder("fmt", "elsewhere/b.txt", "--check").code == 2
    assert folder("fmt").code == 3


def test_an_empty_path_is_not_the_folder(folder: Folder) -> None:
    folder.write("specs/a.yaml", UNTIDY)
    said = folder("fmt", "")
    assert (said.code, said.out) == (1, "error: an empty path is no file or folder\n\n0 files formatted, 1 failed.\n")
    assert (folder.path / "specs/a.yaml").read_bytes() == UNTIDY


def test_the_document_is_what_its_schema_promises(folder: Folder) -> None:
    folder.write("specs/a.yaml", UNTIDY)
    folder.write("specs/b.yaml", "apiVersion: intune.reconciler/v1\na: no\n")
    folder.write("specs/c.yaml", "services: {db: &x {image: &y z}}  # apiVersion of intune.reconciler/v1: other\n")
    said = folder("fmt", "--diff", "--format", "json", "specs", "absent.yaml")
    document = said.valid("fmt")
    assert said.code == 1
    counts = {"unchanged": 1, "formatted": 1, "wouldChange": 0, "skipped": 1, "invalid": 1, "failed": 1}
    assert document["summary"] == counts
    assert [(each["file"], each["outcome"], each["error"]) for each in document["files"]] == [
        ("absent.yaml", "failed", "does not exist"),
        ("specs/a.yaml", "formatted", None),
        ("specs/all.yaml", "unchanged", None),
        ("specs/b.yaml", "invalid", None),
        ("specs/c.yaml", "skipped", None),
    ]
    assert document["files"][1]["diff"].splitlines()[:4] == [
        "--- a/specs/a.yaml", "+++ b/specs/a.yaml", "@@ -1,5 +1,5 @@", "-kind: Audience   ",
    ]  # fmt: skip
    assert [(each["rule"], each["file"], each["line"]) for each in document["diagnostics"]] == [
        ("YAML130", "specs/b.yaml", 2)
    ]


def test_the_diff_shows_what_cannot_be_seen(folder: Folder) -> None:
    folder.write("specs/a.yaml", UNTIDY.replace(b"# who", "# \u200bwho ::error::".encode()))
    shown = folder("fmt", "--check", "--diff").out.splitlines()
    assert "    -kind: Audience···" in shown
    assert "    -    include: [ allUsers ]" in shown
    assert "    +  include: [allUsers]" in shown
    assert any("\\u{200b}who" in line for line in shown)


def test_a_name_never_takes_a_second_line_of_the_diff(folder: Folder) -> None:
    folder.write("specs/a\n+++ b.yaml", UNTIDY)
    shown = folder("fmt", "--check", "--diff").out.splitlines()
    assert '    --- "a/specs/a\\n+++ b.yaml"' in shown


def test_a_finding_leaves_its_file_and_the_others_are_done(folder: Folder) -> None:
    folder.write("specs/a.yaml", UNTIDY)
    broken = folder.write("specs/b.yaml", UNTIDY + b"? x\n: 1\n")
    before = broken.read_bytes()
    said = folder("fmt")
    assert said.code == 3
    assert broken.read_bytes() == before
    assert (folder.path / "specs/a.yaml").read_bytes() == TIDY
    assert "error[FMT101]" in said.out
    assert "--> specs/b.yaml:6:1" in said.out
    assert said.out.endswith("\n1 file formatted, 2 unchanged, 1 invalid.\n")
    assert "with `?`" in folder("explain", "FMT101").out


def test_links_out_and_read_only_files_are_told_and_the_others_are_done(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_bytes(UNTIDY)
    specs = folder.path / "specs"
    (specs / "out.yaml").symlink_to(outside)
    (specs / "nowhere.yaml").symlink_to("missing.yaml")
    (specs / "folder").symlink_to(folder.path)
    os.mkfifo(specs / "pipe.yaml")
    folder.write("specs/read-only.yaml", UNTIDY).chmod(0o444)
    folder.write("specs/a.yaml", UNTIDY)
    (specs / "alias.yaml").symlink_to("a.yaml")
    said = folder("fmt")
    assert said.code == 1
    assert said.out.splitlines() == [
        "formatted: specs/a.yaml",
        "error: specs/folder is a link to a folder; format what it leads to",
        "error: specs/nowhere.yaml cannot be read: No such file or directory",
        f"error: specs/out.yaml leads out of {specs}",
        "error: specs/pipe.yaml cannot be read: it is not a regular file",
        "error: specs/read-only.yaml cannot be written: it is read-only",
        "",
        "1 file formatted, 2 unchanged, 5 failed.",
    ]
    assert outside.read_bytes() == UNTIDY
    assert (specs / "alias.yaml").is_symlink()
    assert (specs / "read-only.yaml").read_bytes() == UNTIDY


def test_one_tenant_of_several(folder: Folder) -> None:
    workspace = folder.path / "reconciler.yaml"
    text = workspace.read_text("utf-8") + "# more\n"
    other = "  other: {graph: emulator, state: o.json, specs: [other]}\nlimits:"
    workspace.write_text(text.replace("limits:", other), encoding="utf-8")
    folder.write("other/a.yaml", UNTIDY)
    assert folder("fmt", "--tenant", "sandbox").out == "0 files formatted, 2 unchanged.\n"
    assert folder("fmt", "--tenant", "other", "--check").code == 2
    assert folder("fmt", "--tenant", "none").code == 3
