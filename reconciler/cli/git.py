"""Git as a source of what specs were: revisions, their files, what is not committed, what changed when.

Called by `compare`, `drift` and `provenance`. Reads only, and nothing but the repository: no hook, filter, text
conversion, file system monitor or transport runs, whatever its configuration says, and Git gets none of our secrets.
Files come from the object database as they were committed: line ends are not converted, `export-ignore` does not count.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from .failure import Code, Failure

MAX_FILES = 256 << 20
"""Bytes of all files together that are taken out of one revision."""
_PATIENCE, _LITTLE_PATIENCE = 60.0, 5.0
"""Seconds for one call; and for one whose answer is only good to have."""
_NOTHING_RUNS = (
    "--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "log.showSignature=false",
    "-c", "core.quotePath=false", "-c", "diff.external=", "-c", "safe.bareRepository=explicit",
)  # fmt: skip
_PASSED_ON = re.compile(
    r"(?i:PATH|HOME|USERPROFILE|SYSTEMROOT|TE?MP|TMPDIR|LANG|LC_\w+|XDG_CONFIG_HOME|GIT_CONFIG\w*|GIT_CEILING_DIRECTORIES)"
)
"""What Git gets of the environment: no token or secret of ours is any of its business, and what a hook of a repository
is given (`GIT_DIR`, `GIT_INDEX_FILE`, …) is about the repository of that hook."""
_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",  # files are as they were committed
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone fetches what it lacks, and nothing here goes to a network
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_LINKS = 8
"""How often what is linked is looked for links again; what is linked beyond is not there."""
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_LINK, _SUBMODULE = "120000", "160000"
_PARTIAL = "it is a partial clone, and nothing is fetched here: fetch without --filter"
_LARGE_FILE = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a revision. `path` is from the top of the repository; `size` in bytes."""

    path: PurePosixPath
    mode: str
    object_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and when it was made (with time zone): a claim of whoever made it."""

    commit: str
    at: datetime


@dataclass(frozen=True)
class Repository:
    """A repository with a work tree. `top` is the root of the work tree."""

    top: Path
    is_shallow: bool
    """Whether older commits are missing here."""

    @classmethod
    def of(cls, folder: Path) -> Repository:
        """The repository that a folder is in. Raises `Failure`: 1 without Git, 3 where there is no work tree."""
        asked = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--show-toplevel")
        done = _run(folder, "rev-parse", *asked)
        said = done.stdout.decode("utf-8", "surrogateescape").split("\n")
        if said[:2] in (["true", "false"], ["false", "false"]):
            raise _bare(folder)
        if done.returncode:
            raise _no_repository(folder, _complaint(done))
        return cls(Path("\n".join(said[3:-1])), said[2] == "true")

    # -- revisions ----------------------------------------------------------------------------------------------------

    def commit(self, name: str) -> str:
        """The commit that a name stands for: a branch, a tag, an id, `HEAD~3`. Raises `Failure` (64)."""
        readable = bool(name.strip()) and name.isprintable()
        done = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
        found = done.stdout.decode("ascii", "replace").strip()
        if not readable or done.returncode or not _COMMIT.fullmatch(found):  # `^main` is a name, and excludes
            raise self._unknown(name)
        return found

    def merge_base(self, one: str, other: str) -> str:
        """The newest commit that both of these commits build on. Raises `Failure` (64)."""
        done = self._git("merge-base", one, other, check=False)
        if done.returncode:
            message = f"{one[:12]} and {other[:12]} have no commit in common here"
            raise Failure(Code.USAGE, message, self._whole() or "compare two revisions of one history")
        return done.stdout.decode("ascii").split("\n")[0]

    def log(self, path: Path, *, most: int | None = None) -> tuple[Revision, ...]:
        """The commits that changed a file or folder, newest first. In a shallow clone the oldest may not have."""
        few = () if most is None else (f"--max-count={most}",)
        done = self._git("log", "--format=%H %cI", *few, "HEAD", "--", self._pathspec(path), check=False)
        pairs = (line.split(" ", 1) for line in done.stdout.decode("ascii", "replace").splitlines())
        return tuple(Revision(commit, datetime.fromisoformat(at)) for commit, at in pairs)

    def has_named(self, name: str, before: str) -> bool:
        """Whether a commit that this one builds on gave or took `name: NAME` in a YAML file, whatever it is called.

        `name` is the name of a spec.
        """
        pattern = f"name[\"']?[ \t]*:[ \t]*[\"']?{name}([^a-z0-9-]|$)"
        files = (":(top,glob)**/*.yaml", ":(top,glob)**/*.yml")
        few = ("--max-count=2", "--extended-regexp", "--no-textconv", "--no-ext-diff")
        done = self._git("log", "--format=%H", *few, f"-G{pattern}", before, "--", *files)
        return any(commit != before for commit in done.stdout.decode("ascii").split())

    def changed(self, paths: Iterable[Path]) -> tuple[PurePosixPath, ...]:
        """Files below these paths that differ from the last commit, or are not in it, by their path from the top.

        What `.gitignore` names is left out.
        """
        listed = [self._pathspec(path) for path in paths]
        if not listed:
            return ()
        known = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty")
        done = self._git(*known, "--", *listed, without=self._filters)
        changed = {PurePosixPath(each[3:]) for each in _records(done.stdout)}
        return tuple(sorted(changed | set(self._changed_submodules(listed))))

    def _changed_submodules(self, listed: Sequence[str]) -> Iterator[PurePosixPath]:
        """Submodules in which something is not committed. Each is asked by itself: its filters are its own."""
        for each in _records(self._git("ls-files", "--stage", "-z", "--", *listed).stdout):
            about, _, path = each.partition("\t")
            if about.startswith(_SUBMODULE) and (self.top / path / ".git").exists():
                inner = Repository.of(self.top / path)
                if inner.changed([inner.top]):
                    yield PurePosixPath(path)

    # -- files of a revision ------------------------------------------------------------------------------------------

    def entries(self, commit: str, paths: Iterable[Path]) -> tuple[Entry, ...]:
        """The files of a commit at and below these paths, sorted. A path that was not there then has none."""
        listed = sorted({self._pathspec(path) for path in paths})
        done = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *listed) if listed else None
        return tuple(sorted(map(_entry, _records(done.stdout if done else b"")), key=lambda entry: entry.path))

    def file(self, commit: str, path: Path) -> bytes | None:
        """A file as it was at a commit; None where there was none. Raises `Failure` (3)."""
        found = self.entries(commit, [path])
        same = [each for each in found if each.path == self.below_top(path)]
        return next(iter(self._contents(same).values())) if same else None

    @contextmanager
    def checked_out(self, commit: str, paths: Iterable[Path]) -> Iterator[Path]:
        """A temporary folder that stands for the top of the repository, with these paths as they were at a commit.

        Links are links again, and what they lead to in the repository is there too. Raises `Failure`: 3 for what cannot
        be there as it was committed, 1 without room for it.
        """
        entries, contents = self._with_linked(commit, frozenset(map(self.below_top, paths)))
        with TemporaryDirectory(prefix="reconciler-") as folder:
            top = Path(folder).resolve()
            for entry in sorted(entries, key=lambda each: each.mode == _LINK):  # no file is written through a link
                _write(top, entry, contents[entry])
            yield top

    def _with_linked(
        self, commit: str, asked: frozenset[PurePosixPath], rounds: int = _LINKS
    ) -> tuple[tuple[Entry, ...], dict[Entry, bytes]]:
        entries = self.entries(commit, map(Path, asked))
        contents = self._contents(entries)
        linked = {to for each in entries if each.mode == _LINK and (to := _leads_to(each, contents[each]))}
        if linked <= asked or not rounds:
            return entries, contents
        return self._with_linked(commit, asked | linked, rounds - 1)

    def _contents(self, entries: Sequence[Entry]) -> dict[Entry, bytes]:
        if submodules := [each for each in entries if each.mode == _SUBMODULE]:
            message = f"{submodules[0].path} is a submodule: its files are not part of this repository"
            raise Failure(Code.INVALID, message, "put the files there, or list the folder of another repository")
        if sum(each.size for each in entries) > MAX_FILES:
            largest = max(entries, key=lambda each: each.size)
            raise Failure(
                Code.INVALID, f"there are more than {MAX_FILES >> 20} MiB of files", f"the largest is {largest.path}"
            )
        wanted = "".join(f"{each.object_id}\n" for each in entries)
        done = self._git("cat-file", "--batch", feed=wanted.encode("ascii")) if entries else None
        return dict(zip(entries, _objects(entries, done.stdout if done else b""), strict=True))

    # -- words and calls ----------------------------------------------------------------------------------------------

    @cached_property
    def _filters(self) -> tuple[str, ...]:
        """Options that switch off every filter of the configuration: they are commands that the repository chooses."""
        listed = self._git("config", "-z", "--name-only", "--get-regexp", r"^filter\..*", check=False).stdout
        names = {each.rpartition(".")[0] for each in _records(listed)}
        return tuple(
            part
            for name in sorted(names)
            for setting in ("clean=", "smudge=", "process=", "required=false")
            for part in ("-c", f"{name}.{setting}")
        )

    def _git(
        self, *arguments: str, check: bool = True, feed: bytes = b"", without: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        """Raises `Failure` (1) where Git fails and that is no answer."""
        done = _run(self.top, *arguments, feed=feed, options=without)
        if check and done.returncode:
            if b"' not allowed" in done.stderr:
                raise Failure(Code.FAILED, "a file of that revision is not in this clone", _PARTIAL)
            raise Failure(Code.FAILED, f"git {arguments[0]} failed: {_complaint(done)}", self._whole())
        return done

    def below_top(self, path: Path) -> PurePosixPath:
        """A path as the repository has it; a relative one is from the top already. Raises `Failure` (3)."""
        absolute = Path(os.path.abspath(self.top / path))  # noqa: PTH100 - resolve() would follow links
        for top in (self.top, self.top.resolve()):
            for candidate in (absolute, absolute.parent.resolve() / absolute.name):
                if candidate.is_relative_to(top):
                    return PurePosixPath(candidate.relative_to(top).as_posix())
        raise Failure(Code.INVALID, f"{path} is not in the repository {self.top}")

    def _pathspec(self, path: Path) -> str:
        below = self.below_top(path)
        return f":(top,literal){below if below.parts else ''}"

    def _unknown(self, name: str) -> Failure:
        shown = name if len(name) <= 80 else f"{name[:79]}…"
        hint = self._whole() or "name a branch, a tag or a commit; of a branch of the remote: origin/NAME"
        return Failure(Code.USAGE, f"there is no revision {shown!r} in {self.top}", hint)

    def _whole(self) -> str | None:
        if not self.is_shallow:
            return None
        return (
            "this is a shallow clone, older commits are not in it: `git fetch --unshallow`; "
            "in a pipeline `fetch-depth: 0` (GitHub), `fetchDepth: 0` (Azure DevOps), `GIT_DEPTH: 0` (GitLab)"
        )


def told(folder: Path, *arguments: str) -> str | None:
    """What Git says, without blanks around it; None where there is no Git, no repository, or no answer."""
    try:
        done = _run(folder, *arguments, patience=_LITTLE_PATIENCE)
    except Failure:
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace").strip()


def _run(
    folder: Path, *arguments: str, feed: bytes = b"", options: Sequence[str] = (), patience: float = _PATIENCE
) -> subprocess.CompletedProcess[bytes]:
    """Raises `Failure` (1) where Git does not run, or does not end."""
    program = program_in(os.environ.get("PATH", os.defpath))
    if program is None:
        raise Failure(Code.FAILED, "git is not installed, or not on the PATH", "install Git 2.30 or later")
    command = [program, *_NOTHING_RUNS, *options, "-C", str(folder), *arguments]
    try:
        return subprocess.run(  # noqa: S603 - no shell; names that people give follow --end-of-options or are literal
            command, input=feed, capture_output=True, check=False, timeout=patience, env=_environment(os.environ)
        )
    except subprocess.TimeoutExpired as error:
        raise Failure(Code.FAILED, f"git {arguments[0]} did not end within {patience:.0f} seconds") from error
    except (OSError, ValueError) as error:
        raise Failure(Code.FAILED, f"git cannot be run in {folder}: {error}") from error


def program_in(path: str) -> str | None:
    """Git itself, by the PATH. Never from the current folder, where Windows would look first: that may be the clone of
    a pull request, with a `git.exe` of its own.
    """
    name = "git.exe" if os.name == "nt" else "git"
    folders = (Path(folder) for folder in path.split(os.pathsep) if folder)
    found = (folder / name for folder in folders if folder.is_absolute())
    return next((str(file) for file in found if os.access(file, os.X_OK) and file.is_file()), None)


def _environment(known: Mapping[str, str]) -> dict[str, str]:
    return {**{name: value for name, value in known.items() if _PASSED_ON.fullmatch(name)}, **_SET}


def _bare(folder: Path) -> Failure:
    return Failure(Code.INVALID, f"{folder} is in a repository without a work tree", "clone it without --bare")


def _no_repository(folder: Path, complaint: str) -> Failure:
    if "safe.bareRepository" in complaint:  # its configuration may be part of a pull request: nothing of it is read
        return _bare(folder)
    if "dubious ownership" in complaint or "safe.directory" in complaint:
        return Failure(
            Code.FAILED,
            f"Git refuses to read {folder}: it belongs to somebody else",
            f"if you trust it: git config --global --add safe.directory {folder.absolute()}",
        )
    if "not a git repository" in complaint:
        return Failure(Code.INVALID, f"{folder} is not in a Git repository", "begin one with `git init`")
    return Failure(Code.FAILED, f"Git cannot read {folder}: {complaint}")


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else f"it ended with {done.returncode}"


def _records(output: bytes) -> list[str]:
    return [each for each in output.decode("utf-8", "surrogateescape").split("\0") if each]


def _entry(line: str) -> Entry:
    """`MODE TYPE ID SIZE<tab>PATH`; a submodule has the size `-`."""
    about, _, path = line.partition("\t")
    mode, _, object_id, size = about.split()
    return Entry(PurePosixPath(path), mode, object_id, int(size) if size.isdecimal() else 0)


def _objects(entries: Sequence[Entry], output: bytes) -> Iterator[bytes]:
    """The content of each object, from `ID blob SIZE<newline>CONTENT<newline>` for each. Raises `Failure` (1, 3)."""
    at = 0
    for entry in entries:
        end = output.find(b"\n", at)
        head = output[at:end].split()
        if len(head) != 3 or head[1] != b"blob":
            raise Failure(Code.FAILED, f"{entry.path} is not in this clone", _PARTIAL)
        data = output[end + 1 : end + 1 + int(head[2])]
        if data.startswith(_LARGE_FILE):
            raise Failure(Code.INVALID, f"{entry.path} is kept by Git LFS", "specs are text: keep them in Git itself")
        at = end + 2 + len(data)
        yield data


def _leads_to(link: Entry, content: bytes) -> PurePosixPath | None:
    """Where a link leads, from the top; None where that is outside."""
    target = posixpath.normpath(posixpath.join(link.path.parent, os.fsdecode(content)))
    return None if target.startswith(("/", "..")) or "\0" in target else PurePosixPath(target)


def _write(top: Path, entry: Entry, content: bytes) -> None:
    """Raises `Failure`: 3 for a name that no disk can have or that is there already, 1 where there is no room."""
    parts = entry.path.parts
    if entry.path.is_absolute() or any(p in ("", ".", "..") or p.casefold() == ".git" or "\\" in p for p in parts):
        raise Failure(Code.INVALID, f"{str(entry.path)!r} is no name for a file")
    file = top.joinpath(*parts)
    if any(each.is_symlink() for each in file.parents if each.is_relative_to(top)):  # it would lead out of the folder
        raise Failure(Code.INVALID, f"{entry.path} is below a link")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == _LINK:
            file.symlink_to(os.fsdecode(content))
            return
        with file.open("xb") as made:
            made.write(content)
    except FileExistsError as error:
        message = f"{entry.path} is the same as another file on disks that do not tell them apart"
        raise Failure(Code.INVALID, message, "rename one: their names differ by case or Unicode form alone") from error
    except (OSError, ValueError) as error:
        raise Failure(Code.FAILED, f"{entry.path} cannot be written to {top}: {error}") from error
