"""Git as a source of specs: what is read of it, what never runs, and what is said where it cannot be read."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from reconciler.cli.failure import Code, Failure
from reconciler.cli.git import Repository, program_in, told

from .repositories import begin, commit, git


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three commits; the second has a link, a file that archives leave out, and awkward names."""
    top = begin(tmp_path_factory.mktemp("history"))
    commit(top, {"specs/a.yaml": "one\n", "other/b.txt": "b\n"}, "first")
    (top / "specs/link.yaml").symlink_to("a.yaml")
    awkward = {"specs/ü “x”.yaml": "ü\n", "specs/[a].yaml": "brackets\r\n", ".gitattributes": "*.yaml export-ignore\n"}
    commit(top, {"specs/a.yaml": "two\n", **awkward}, "second")
    commit(top, {"specs/a.yaml": "three\n", "specs/ü “x”.yaml": None}, "third")
    return top


def refused(code: Code, call: object, *arguments: object) -> Failure:
    with pytest.raises(Failure) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.code is code
    return caught.value


def test_a_file_is_what_it_was_at_a_revision(history: Path) -> None:
    repository = Repository.of(history / "specs")
    files = {rev: repository.file(repository.commit(rev), history / "specs/a.yaml") for rev in ("first", "third~1")}
    assert files == {"first": b"one\n", "third~1": b"two\n"}
    assert repository.file(repository.commit("first"), history / "specs/[a].yaml") is None


def test_a_revision_is_checked_out_as_it_was_committed(history: Path) -> None:
    repository = Repository.of(history)
    with repository.checked_out(repository.commit("second"), [history / "specs", history / "gone"]) as top:
        found = {path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*.yaml"))}
        assert (top / "specs/link.yaml").readlink() == Path("a.yaml")
    assert found == {
        "specs/[a].yaml": b"brackets\r\n", "specs/a.yaml": b"two\n", "specs/link.yaml": b"two\n",
        "specs/ü “x”.yaml": "ü\n".encode(),
    }  # fmt: skip
    assert not top.exists()


def test_the_whole_repository_is_a_path_too(history: Path) -> None:
    repository = Repository.of(history)
    entries = repository.entries(repository.commit("first"), [history])
    assert [str(entry.path) for entry in entries] == ["other/b.txt", "specs/a.yaml"]


def test_what_changed_a_path_newest_first(history: Path) -> None:
    repository = Repository.of(history)
    log = repository.log(history / "specs/a.yaml")
    assert [each.commit for each in log] == [repository.commit(tag) for tag in ("third", "second", "first")]
    assert log[0].at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert [each.commit for each in repository.log(history / "other", most=1)] == [repository.commit("first")]
    assert repository.log(history / "never") == ()


def test_what_is_not_committed(tmp_path: Path) -> None:
    top = begin(tmp_path)
    commit(top, {"specs/a.yaml": "a\n", "specs/b.yaml": "b\n", ".gitignore": "*.out\n"})
    (top / "specs/a.yaml").write_text("A\n", encoding="utf-8")
    (top / "specs/ü.yaml").write_text("new\n", encoding="utf-8")
    (top / "specs/x.out").write_text("ignored\n", encoding="utf-8")
    (top / "beside.yaml").write_text("elsewhere\n", encoding="utf-8")
    changed = Repository.of(top).changed([top / "specs"])
    assert changed == (PurePosixPath("specs/a.yaml"), PurePosixPath("specs/ü.yaml"))


def test_nothing_that_a_repository_configures_is_run(tmp_path: Path) -> None:
    top = begin(tmp_path / "repository")
    commit(top, {"a.yaml": "a\n", ".gitattributes": "*.yaml filter=trap diff=trap\n"}, "first")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor", "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.textconv",
        "diff.external", "core.pager", "gpg.program",
    ):  # fmt: skip
        git(top, "config", setting, str(trap))
    git(top, "config", "filter.trap.required", "true")
    (top / "a.yaml").write_text("b\n", encoding="utf-8")  # as long as before, so that Git has to look into it
    repository = Repository.of(top)
    assert repository.changed([top]) == (PurePosixPath("a.yaml"),)
    assert repository.log(top)
    with repository.checked_out(repository.commit("first"), [top]) as folder:
        assert (folder / "a.yaml").read_bytes() == b"a\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name",
    ["nope", "--upload-pack=touch x", "-h", "", " ", "HEAD\n", "HEAD:specs", "first..third", "^third", "a" * 5000],
)
def test_names_that_are_no_revision_are_told(history: Path, name: str) -> None:
    failure = refused(Code.USAGE, Repository.of(history).commit, name)
    assert "there is no revision" in failure.message
    assert len(failure.message) < 400


def test_a_submodule_runs_nothing_of_its_configuration_either(tmp_path: Path) -> None:
    inner = begin(tmp_path / "repository/inner")
    commit(inner, {"a": "a\n", ".gitattributes": "* filter=trap\n"})
    top = begin(tmp_path / "repository")
    commit(top, {"b": "b\n"})
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    git(inner, "config", "filter.trap.clean", str(trap))
    assert Repository.of(top).changed([top]) == ()
    (inner / "a").write_text("b\n", encoding="utf-8")
    assert Repository.of(top).changed([top]) == (PurePosixPath("inner"),)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_looks_like_a_repository_is_none(history: Path, tmp_path: Path) -> None:
    """A pull request can add one, with a configuration of its choice."""
    git(tmp_path, "clone", "--quiet", "--bare", str(history), "top/evil")
    config = tmp_path / "top/evil/config"
    config.write_text("[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\n", encoding="utf-8")
    begin(tmp_path / "top")
    assert "without a work tree" in refused(Code.INVALID, Repository.of, tmp_path / "top/evil").message


def test_what_a_link_leads_to_is_there_too(tmp_path: Path) -> None:
    top = begin(tmp_path / "repository")
    (top / "real").mkdir()
    for name, to in {"specs": "real", "real/out": "/etc/passwd", "real/up": "../../x", "real/b": "../other/b"}.items():
        (top / name).symlink_to(to)
    revision = commit(top, {"real/a": "a\n", "other/b": "b\n", "other/c": "c\n"})
    with Repository.of(top).checked_out(revision, [top / "specs"]) as folder:
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert (folder / "specs/b").read_text(encoding="utf-8") == "b\n"
    assert found == {"real/a", "real/b", "real/out", "other/b"}


def test_nothing_stands_for_a_committed_file(tmp_path: Path) -> None:
    top = begin(tmp_path)
    commit(top, {"a": "true\n"}, "first")
    old = git(top, "rev-parse", "first:a")
    commit(top, {"a": "false\n"}, "second")
    git(top, "replace", old, git(top, "rev-parse", "second:a"))
    repository = Repository.of(top)
    assert repository.file(repository.commit("first"), top / "a") == b"true\n"


def test_the_newest_common_commit(tmp_path: Path) -> None:
    top = begin(tmp_path)
    base = commit(top, {"a": "1\n"})
    git(top, "checkout", "--quiet", "-b", "side")
    side = commit(top, {"b": "1\n"})
    git(top, "checkout", "--quiet", "main")
    other = commit(top, {"c": "1\n"})
    git(top, "checkout", "--quiet", "--orphan", "alone")
    alone = commit(top, {"d": "1\n"})
    repository = Repository.of(top)
    assert repository.merge_base(side, other) == base
    assert "no commit in common" in refused(Code.USAGE, repository.merge_base, side, alone).message


def test_a_shallow_clone_says_how_to_get_the_rest(history: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", history.as_uri(), "shallow")
    repository = Repository.of(tmp_path / "shallow")
    assert repository.is_shallow
    assert "fetch-depth: 0" in str(refused(Code.USAGE, repository.commit, "HEAD~1").hint)


def test_a_partial_clone_fetches_nothing(history: Path, tmp_path: Path) -> None:
    git(history, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", history.as_uri(), "partial")
    repository = Repository.of(tmp_path / "partial")
    failure = refused(Code.FAILED, repository.file, repository.commit("HEAD"), tmp_path / "partial/specs/a.yaml")
    assert "not in this clone" in failure.message


def test_places_without_a_repository(history: Path, tmp_path: Path) -> None:
    assert "not in a Git repository" in refused(Code.INVALID, Repository.of, tmp_path).message
    assert told(tmp_path, "rev-parse", "HEAD") is None
    git(tmp_path, "clone", "--quiet", "--bare", str(history), "bare")
    for place in (tmp_path / "bare", history / ".git"):
        assert "without a work tree" in refused(Code.INVALID, Repository.of, place).message


def test_without_git_and_with_the_repository_of_somebody_else(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "git"
    stub.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2\nexit 128\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "safe.directory" in str(refused(Code.FAILED, Repository.of, history).hint)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert "not installed" in refused(Code.FAILED, Repository.of, history).message


def test_git_gets_no_secret_and_no_repository_of_a_hook(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "git"
    stub.write_text("#!/bin/sh\n/usr/bin/env\n", encoding="utf-8")
    stub.chmod(0o755)
    secret = {"RECONCILER_ACCESS_TOKEN": "s3cret", "GIT_DIR": "elsewhere", "GIT_ASKPASS": "/bin/x", "AZURE_X": "y"}
    for name, value in {**secret, "PATH": str(tmp_path), "GIT_CONFIG_COUNT": "0"}.items():
        monkeypatch.setenv(name, value)
    said = str(told(history)).splitlines()
    assert {"GIT_CONFIG_COUNT=0", "GIT_ALLOW_PROTOCOL=none"} <= set(said)
    assert not any(line.startswith(tuple(f"{name}=" for name in secret)) for line in said)


def test_files_that_are_none_here(tmp_path: Path) -> None:
    inner = begin(tmp_path / "repository/inner")
    commit(inner, {"a": "1\n"})
    top = begin(tmp_path / "repository")
    large = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    commit(top, {"large.yaml": large})
    repository = Repository.of(top)
    head = repository.commit("HEAD")
    assert "submodule" in refused(Code.INVALID, repository.file, head, top / "inner").message
    assert "Git LFS" in refused(Code.INVALID, repository.file, head, top / "large.yaml").message
    assert "not in the repository" in refused(Code.INVALID, repository.file, head, tmp_path).message


def test_names_that_escape_or_collide_are_refused(tmp_path: Path) -> None:
    """Git refuses such trees in most places itself; one that was made otherwise must do no harm."""
    from reconciler.cli.git import Entry, _write

    for name in ("../out", "a/../../out", "/etc/out", ".GIT/hooks/x", "a\\b"):
        failure = refused(Code.INVALID, _write, tmp_path, Entry(PurePosixPath(name), "100644", "0", 0), b"")
        assert "no name for a file" in failure.message
    (tmp_path / "link").symlink_to(tmp_path.parent)
    below = Entry(PurePosixPath("link/out"), "120000", "0", 0)
    assert "below a link" in refused(Code.INVALID, _write, tmp_path, below, b"/etc").message
    entry = Entry(PurePosixPath("a"), "100644", "0", 0)
    _write(tmp_path, entry, b"")
    assert "same as another file" in refused(Code.INVALID, _write, tmp_path, entry, b"").message


def test_git_is_looked_for_on_the_path_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the current folder, whatever the PATH says: the clone of a pull request may bring a program."""
    there, here = tmp_path / "bin", tmp_path / "clone"
    for folder in (there, here):
        folder.mkdir()
        (folder / "git").write_text("#!/bin/sh\n", "utf-8")
        (folder / "git").chmod(0o755)
    monkeypatch.chdir(here)
    assert program_in(os.pathsep.join(["", ".", "nowhere", str(there)])) == str(there / "git")
    assert program_in(os.pathsep.join(["", "."])) is None
