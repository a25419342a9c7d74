"""`compare` as people run it: revisions of a repository, offline, and what is said where one cannot be compared."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.e2e.command import VARIABLES, Folder, Said
from tests.test_architecture import HEAVY, loaded

from .repositories import begin, commit, git

WORKSPACE = """\
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
onboardingTexts: [docs/onboarding.md]
tenants:
  production: {tenantId: 00000000-0000-0000-0000-000000000001}
"""
POLICY = """\
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: NAME, assignments: {include: [{group: Pilots}]}}
"""
PIN = """\
apiVersion: intune.reconciler/v1
kind: Pins
tenant: production
groups: {Pilots: "11111111-1111-1111-1111-111111111111"}
"""


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A workspace below the top of a repository with the tags `empty`, `first`, `second` and `broken`."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    top = begin(tmp_path / "repository")
    commit(top, {"README": "x\n"}, "empty")
    files = {"reconciler.yaml": WORKSPACE, "specs/sso.yaml": POLICY, "docs/onboarding.md": "Welcome\n"}
    commit(top, {f"intune/{name}": text for name, text in files.items()}, "first")
    changed = {"intune/specs/sso.yaml": POLICY.replace("NAME", "OTHER"), "intune/pins/production.yaml": PIN}
    commit(top, changed, "second")
    commit(top, {"intune/specs/sso.yaml": "kind: [\n"}, "broken")
    git(top, "checkout", "--quiet", "second")
    monkeypatch.chdir(top / "intune")
    return Folder(top / "intune", capsys, monkeypatch)


def refuses(said: Said, code: int, *words: str) -> None:
    assert said.code == code
    assert all(word in said.err for word in words), said.err
    assert "reconciler-" not in said.err + said.out  # of the temporary folder nobody hears


def test_two_revisions_without_a_network(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("nothing here opens a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    said = folder("compare", "first", "second", "--format", "json", "--detailed-exitcode")
    shown = said.valid("compare")
    (group,) = shown["tenants"]
    (change,) = group["changes"]
    assert (said.code, change["change"], change["fields"][0]["after"]) == (2, "changed", "OTHER")
    assert [each["path"] for each in group["settings"]] == ["/pins/groups/Pilots"]
    assert change["file"] == "specs/sso.yaml"


def test_the_files_here_are_the_later_side(folder: Folder) -> None:
    folder.write("specs/sso.yaml", POLICY.replace("NAME", "HERE"))
    shown = folder("compare", "second", "--format", "json").valid("compare")
    assert shown["after"] == {"revision": None, "commit": None, "workspace": True, "uncommitted": 1}
    assert shown["tenants"][0]["changes"][0]["fields"][0]["after"] == "HERE"


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_people_read_it(folder: Folder, format_: str) -> None:
    said = folder("compare", "first", "second", "--format", format_)
    assert said.code == 0
    assert "JitSsoPolicy/jit" in said.out
    assert "OTHER" in said.out


def test_nothing_differs(folder: Folder) -> None:
    said = folder("compare", "second", "--detailed-exitcode")
    assert (said.code, said.out.splitlines()[-1]) == (0, "No changes. Both revisions ask the same of every tenant.")


def test_a_branch_is_compared_with_where_it_began(folder: Folder) -> None:
    git(folder.path, "checkout", "--quiet", "-b", "branch", "first")
    commit(folder.path, {"specs/sso.yaml": POLICY.replace("NAME", "BRANCH")})
    paths = ("compare", "second", "branch", "--format", "json")
    plain, based = folder(*paths).document, folder(*paths, "--merge-base").document
    assert [each["path"] for each in plain["tenants"][0]["settings"]] == ["/pins/groups/Pilots"]
    assert based["tenants"][0]["settings"] == []
    assert based["before"]["commit"] == git(folder.path, "rev-parse", "first")


def test_everything_is_new_since_there_was_no_workspace(folder: Folder) -> None:
    said = folder("compare", "empty", "second")
    assert "has no workspace: everything is new" in said.out
    assert "+ JitSsoPolicy/jit" in said.out


def test_an_invalid_later_revision(folder: Folder) -> None:
    said = folder("compare", "second", "broken", "--format", "json")
    shown = said.valid("compare")
    assert (said.code, shown["valid"], shown["tenants"][0]["changes"]) == (3, False, [])
    assert shown["findings"]["new"][0]["file"] == "specs/sso.yaml"


def test_an_invalid_earlier_revision_is_told_and_findings_are_compared(folder: Folder) -> None:
    said = folder("compare", "broken", "second", "--format", "json")
    shown = said.valid("compare")
    assert (said.code, shown["valid"], len(shown["findings"]["gone"])) == (0, True, 1)
    assert shown["tenants"][0]["changes"] == [], "a file that cannot be read may declare anything"


def test_an_earlier_workspace_that_cannot_be_read(folder: Folder) -> None:
    commit(folder.path, {"reconciler.yaml": "kind: Workspace\n"}, "unreadable")
    git(folder.path, "checkout", "--quiet", "second")
    said = folder("compare", "unreadable")
    assert said.code == 0
    assert "cannot be compared with: the workspace unreadable:intune/reconciler.yaml is invalid" in " ".join(
        said.out.split()
    )
    assert "Not compared" in said.out
    refuses(folder("compare", "second", "unreadable"), 3, "unreadable:intune/reconciler.yaml is invalid")


def test_what_a_revision_lacks_is_told_of_the_revision(folder: Folder) -> None:
    commit(folder.path, {"specs/sso.yaml": None}, "bare")
    refuses(folder("compare", "second", "bare"), 3, "bare:intune/specs does not exist")
    (folder.path / "specs").mkdir(exist_ok=True)
    (folder.path / "specs/link.yaml").symlink_to("/etc/hostname")
    commit(folder.path, {}, "linked")
    refuses(folder("compare", "second", "linked"), 3, "link.yaml leads out of")
    (folder.path / "reconciler.yaml").unlink()
    (folder.path / "reconciler.yaml").symlink_to("/etc/hostname")
    commit(folder.path, {}, "outside")
    refuses(folder("compare", "second", "outside"), 3, "outside:intune/reconciler.yaml leads out of outside")


def test_links_within_the_repository_are_followed_at_a_revision_too(folder: Folder) -> None:
    git(folder.path, "checkout", "--quiet", "second")
    (folder.path / "specs").rename(folder.path / "real")
    (folder.path / "specs").symlink_to("real")
    (folder.path / "reconciler.yaml").rename(folder.path / "workspace.yaml")
    (folder.path / "reconciler.yaml").symlink_to("workspace.yaml")
    commit(folder.path, {}, "within")
    assert "No changes." in folder("compare", "second", "within").out


@pytest.mark.parametrize("name", ["nope", "--output=x", "-x"])
def test_revisions_that_are_none(folder: Folder, name: str) -> None:
    said = folder("compare", "--", name)
    refuses(said, 64, "there is no revision")
    assert not (folder.path / "x").exists()


def test_other_mistakes(folder: Folder) -> None:
    refuses(folder("compare", "first", "second", "third"), 64, "two revisions at most")
    refuses(folder("compare"), 64, "REVISION")
    refuses(folder("compare", "first", "--tenant", "nope"), 3, "no tenant is called nope", "production")


def test_nothing_heavy_is_loaded(folder: Folder) -> None:
    code, modules = loaded(folder.path, "compare", "second")
    assert (code, modules & set(HEAVY)) == (0, set())
