"""Reads the workspace and the spec files that a command works on. All file reading of the offline part is here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..crosscheck import crosscheck
from ..diagnostics import Diagnostic, has_errors
from ..kinds import REGISTRY
from ..spec.load import SpecSet, load
from ..workspace import Tenant, Workspace, find_workspace, load_workspace, tenant
from .arguments import Arguments
from .failure import Code, Failure

SUFFIXES = frozenset({".yaml", ".yml"})
MAX_WORKSPACE = 1 << 20


@dataclass(frozen=True, slots=True)
class Project:
    """A workspace with one of its tenants chosen."""

    workspace: Workspace
    tenant: Tenant
    warnings: tuple[Diagnostic, ...] = ()


def open_workspace(arguments: Arguments) -> tuple[Workspace, tuple[Diagnostic, ...]]:
    """The workspace file, checked. Raises `Failure` (3) where there is none or it is broken."""
    path = Path(arguments.workspace) if arguments.workspace else find_workspace(Path.cwd())
    if path is None:
        raise Failure(Code.INVALID, "there is no reconciler.yaml here or above", "name one with --workspace FILE")
    try:
        data = _read(path, MAX_WORKSPACE)
    except OSError as error:
        raise Failure(Code.INVALID, f"the workspace {path} cannot be read: {error.strerror}") from error
    workspace, findings = load_workspace(path, data)
    if workspace is None:
        raise Failure(Code.INVALID, f"the workspace {path} is invalid", diagnostics=findings)
    return workspace, tuple(findings)


def open_project(arguments: Arguments) -> Project:
    """The workspace and the tenant that the arguments choose. Raises `Failure` (3)."""
    workspace, findings = open_workspace(arguments)
    chosen = tenant(workspace, arguments.tenant)
    if isinstance(chosen, Diagnostic):
        raise Failure(Code.INVALID, chosen.message, chosen.detail)
    return Project(workspace, chosen, findings)


def load_specs(project: Project) -> SpecSet:
    """The tenant's spec set. Raises `Failure` (3) where it is empty or invalid: nothing may be planned from it."""
    specs = check(read_specs(project.tenant.specs, project.workspace.root))
    if has_errors(specs.diagnostics):
        raise Failure(Code.INVALID, "the specs are invalid", diagnostics=specs.diagnostics)
    if not specs.desired:
        raise Failure(Code.INVALID, "the spec files declare nothing", "an empty spec set is never taken as: delete all")
    return specs


def check(files: Iterable[tuple[str, bytes]]) -> SpecSet:
    """Everything that can be said of spec files offline."""
    return crosscheck(load(files), REGISTRY)


def read_specs(places: Iterable[Path], root: Path) -> list[tuple[str, bytes]]:
    """Names, relative to the workspace, and bytes of all spec files in these files and folders.

    Links and special files are never followed out of the folder. Raises `Failure` (3).
    """
    found: dict[str, bytes] = {}
    for place in places:
        files = list(_files(place))
        if not files:
            raise Failure(Code.INVALID, f"there are no spec files in {place}", "specs end in .yaml or .yml")
        for file in files:
            found[_name(file, root)] = _spec(file)
    return sorted(found.items())


def _files(place: Path) -> Iterable[Path]:
    if not place.exists():
        raise Failure(Code.INVALID, f"{place} does not exist")
    if not place.is_dir():
        yield place
        return
    inside = place.resolve()
    for folder, folders, names in os.walk(place, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix in SUFFIXES and not name.startswith("."):
                if not path.resolve().is_relative_to(inside):
                    raise Failure(Code.INVALID, f"{path} leads out of {place}", "replace the link by the file")
                yield path


def _unreadable(error: OSError) -> None:
    """A folder that cannot be read is not an empty one. Raises `Failure` (3)."""
    raise Failure(Code.INVALID, f"{error.filename} cannot be read: {error.strerror}") from error


def _spec(path: Path) -> bytes:
    from ..spec.source import MAX_BYTES

    try:
        return _read(path, MAX_BYTES + 1)
    except OSError as error:
        raise Failure(Code.INVALID, f"{path} cannot be read: {error.strerror}") from error


def _read(path: Path, most: int) -> bytes:
    """At most so many bytes of a regular file. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(most)


def _name(file: Path, root: Path) -> str:
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow links
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else file.as_posix()
