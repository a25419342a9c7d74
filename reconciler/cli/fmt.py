"""`fmt`: settles the order and style of spec files and of the workspace file. Reads and writes files, nothing else."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..diagnostics import Diagnostic
from ..model import JsonObject
from ..render import formatting
from ..spec.source import MAX_BYTES
from ..spec.style import NotFormattedError, restyled
from ..workspace import Workspace, find_workspace
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular, rewrite
from .output import Output
from .project import SUFFIXES, inside, named, open_workspace

OUTCOMES = ("unchanged", "formatted", "wouldChange", "skipped", "invalid", "failed")
_OURS = re.compile(rb"""\bapiVersion["']?\s*:\s*["']?intune\.reconciler/""")
"""Stands in every document of ours: other YAML in a folder is somebody else's, and is left alone."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that was asked for: its name in findings, where it really is, and why it cannot be touched, if so."""

    name: str
    path: Path
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a file."""

    name: str
    outcome: str
    error: str | None = None
    diff: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {"file": self.name, "outcome": self.outcome, "error": self.error, "diff": self.diff}


def call(arguments: Arguments) -> int:
    """0; 1 where a file could not be read or written, else 3 where one has findings, else 2 with `--check` where one
    would change. The others are done all the same.
    """
    output = Output(arguments)
    found = {each.path: each for each in _asked_for(arguments)}
    done = [_done(each, arguments) for each in sorted(found.values(), key=lambda each: each.name)]
    document = _document(done, check=arguments.check)
    if output.json:
        output.document(document)
    else:
        output.text(formatting.formatting(document, style=output.style))
    return _code({each.outcome for each in done})


def _code(outcomes: set[str]) -> Code:
    worst = (("failed", Code.FAILED), ("invalid", Code.INVALID), ("wouldChange", Code.PENDING))
    return next((code for outcome, code in worst if outcome in outcomes), Code.DONE)


def _document(done: list[_Done], *, check: bool) -> JsonObject:
    counted = Counter(each.outcome for each in done)
    return {
        "formatVersion": 1,
        "check": check,
        "summary": {outcome: counted[outcome] for outcome in OUTCOMES},
        "files": [each.to_json() for each in done],
        "diagnostics": [finding.to_json() for each in done for finding in each.diagnostics],
    }


# One file


def _done(found: _Found, arguments: Arguments) -> _Done:
    if found.refused:
        return _Done(found.name, "failed", found.refused)
    try:
        data = read_regular(found.path, MAX_BYTES + 1, whole=False)
    except OSError as error:
        return _Done(found.name, "failed", f"cannot be read: {error.strerror}")
    if not _OURS.search(data):
        return _Done(found.name, "skipped")
    try:
        styled = restyled(found.name, data)
    except NotFormattedError as refused:
        return _Done(found.name, "invalid", diagnostics=refused.diagnostics)
    if styled == data:
        return _Done(found.name, "unchanged")
    diff = _diff(found.name, data, styled) if arguments.diff else None
    return _Done(found.name, "wouldChange", diff=diff) if arguments.check else _written(found, styled, diff)


def _written(found: _Found, styled: bytes, diff: str | None) -> _Done:
    try:
        rewrite(found.path, styled)
    except Failure as failure:
        return _Done(found.name, "failed", _without_path(failure, found.path))
    return _Done(found.name, "formatted", diff=diff)


def _diff(name: str, before: bytes, after: bytes) -> str:
    """As `git diff` shows it. A line end that changes is seen as such, since the lines then differ."""
    old, new = (data.decode().splitlines(keepends=True) for data in (before, after))
    a, b = (each if each.isprintable() else json.dumps(each) for each in (f"a/{name}", f"b/{name}"))
    lines = difflib.unified_diff(old, new, a, b)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


# Which files


def _asked_for(arguments: Arguments) -> Iterator[_Found]:
    """The files of the paths; without any, the workspace file and the specs of its tenants."""
    if arguments.paths:
        root = _root(arguments)
        for path in arguments.paths:  # an empty one is an unset variable, and not the folder that Path takes it for
            yield from _below(Path(path), root) if path else [_Found("an empty path", Path(), "is no file or folder")]
        return
    workspace, _ = open_workspace(arguments)
    yield _file(workspace.path, workspace.path.parent, workspace.root)
    for folder in _folders(workspace, arguments):
        yield from _below(folder, workspace.root)


def _root(arguments: Arguments) -> Path:
    """The folder that names are relative to. The workspace file need not be valid."""
    workspace = Path(arguments.workspace) if arguments.workspace else find_workspace(Path.cwd())
    return workspace.parent.absolute() if workspace else Path.cwd()


def _folders(workspace: Workspace, arguments: Arguments) -> list[Path]:
    chosen = [each for each in workspace.tenants.values() if arguments.tenant in (None, each.name)]
    if not chosen:
        known = f"known: {', '.join(workspace.tenants)}"
        raise Failure(Code.INVALID, f"no tenant is called {arguments.tenant}", known)
    return sorted({place for tenant in chosen for place in tenant.specs})


def _below(place: Path, root: Path) -> Iterator[_Found]:
    """The spec files of a place. What cannot be looked into is told as if it were a file."""
    if not place.is_dir():
        yield _file(place, place.parent, root)
        return
    unread: list[OSError] = []
    for folder, folders, names in os.walk(place, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder) / name for name in folders):
            if path.is_symlink():
                yield _Found(named(path, root), path, "is a link to a folder; format what it leads to")
        for path in (Path(folder) / name for name in names if not name.startswith(".")):
            if path.suffix in SUFFIXES:
                yield _file(path, place, root)
    for error in unread:
        yield _Found(named(Path(error.filename), root), Path(error.filename), f"cannot be read: {error.strerror}")


def _file(path: Path, folder: Path, root: Path) -> _Found:
    """A file, which a link may stand for unless it leads out of the folder."""
    if not path.exists() and not path.is_symlink():
        return _Found(named(path, root), path, "does not exist")
    try:
        real = inside(path, folder)
    except Failure as failure:
        return _Found(named(path, root), path, _without_path(failure, path))
    return _Found(named(real if path.is_symlink() and real.exists() else path, root), real)


def _without_path(failure: Failure, path: Path) -> str:
    """What a failure says of a file, which is named before it."""
    return failure.message.removeprefix(f"{path} ")
