"""Reads the workspace and the spec files that a command works on. All file reading of the offline part is here."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from .. import rules, waivers
from ..crosscheck import crosscheck
from ..diagnostics import Diagnostic, has_errors
from ..kinds import REGISTRY
from ..pins import Pins, file_of
from ..pins import load as load_pins
from ..rules import settle
from ..rules.model import Context, OnboardingText
from ..spec.load import SpecSet, load
from ..workspace import Tenant, Workspace, find_workspace, load_workspace, tenant
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular

SUFFIXES = frozenset({".yaml", ".yml"})
MAX_WORKSPACE = 1 << 20
MAX_TEXT = 4 << 20
"""Bytes of a text for employees; a page with pictures in it may be large."""
RUN_FILES = ".reconciler"
"""Where runs keep their files, below the workspace."""


@dataclass(frozen=True, slots=True)
class Project:
    """A workspace with one of its tenants chosen."""

    workspace: Workspace
    tenant: Tenant
    today: date
    """In UTC: by it waivers and data that ages are judged."""
    warnings: tuple[Diagnostic, ...] = ()
    pins: Pins | None = None
    """None: the tenant has no pins file."""


def open_workspace(arguments: Arguments) -> tuple[Workspace, tuple[Diagnostic, ...]]:
    """The workspace file, checked. Raises `Failure` (3) where there is none or it is broken."""
    path = Path(arguments.workspace) if arguments.workspace else find_workspace(Path.cwd())
    if path is None:
        raise Failure(Code.INVALID, "there is no reconciler.yaml here or above", "name one with --workspace FILE")
    try:
        data = read_regular(inside(path, path.parent), MAX_WORKSPACE)
    except OSError as error:
        raise Failure(Code.INVALID, f"the workspace {path} cannot be read: {error.strerror}") from error
    workspace, findings = load_workspace(path, data)
    if workspace is None:
        raise Failure(Code.INVALID, f"the workspace {path} is invalid", diagnostics=findings)
    if wrong := settle.check_settings(workspace):
        raise Failure(Code.INVALID, f"the workspace {path} is invalid", diagnostics=[*findings, *wrong])
    return workspace, tuple(findings)


def open_project(arguments: Arguments) -> Project:
    """The workspace and the tenant that the arguments choose. Raises `Failure` (3)."""
    workspace, findings = open_workspace(arguments)
    chosen = tenant(workspace, arguments.tenant)
    if isinstance(chosen, Diagnostic):
        raise Failure(Code.INVALID, chosen.message, chosen.detail)
    for place in (chosen.state, chosen.seed, workspace.root / RUN_FILES):
        if place is not None:
            inside(place, workspace.root)
    pins, problems = read_pins(workspace, chosen)
    if has_errors(problems):
        raise Failure(Code.INVALID, f"{file_of(chosen.name)} is invalid", diagnostics=problems)
    return Project(workspace, chosen, arguments.clock.today(), (*findings, *problems), pins)


def read_pins(workspace: Workspace, chosen: Tenant) -> tuple[Pins | None, list[Diagnostic]]:
    """The tenant's pins, None where there is no file, and what is wrong with it. Raises `Failure` (3)."""
    path = pins_path(workspace, chosen)
    return (
        load_pins(file_of(chosen.name), _spec(path, path.resolve()), tenant=chosen.name)
        if path.exists()
        else (None, [])
    )


def pins_path(workspace: Workspace, chosen: Tenant) -> Path:
    """Where the tenant's pins are. Raises `Failure` (3) for a link that leads out of the workspace."""
    path = workspace.root / file_of(chosen.name)
    inside(path, workspace.root)
    return path


def load_specs(project: Project) -> SpecSet:
    """The tenant's spec set. Raises `Failure` (3) where it is empty or invalid: nothing may be planned from it."""
    found = check(read_specs(project.tenant.specs, project.workspace.root))
    specs = judge(found, project.workspace, project.tenant, project.today).specs
    if has_errors(specs.diagnostics):
        raise Failure(Code.INVALID, "the specs are invalid", diagnostics=specs.diagnostics)
    if not specs.desired:
        raise Failure(Code.INVALID, "the spec files declare nothing", "an empty spec set is never taken as: delete all")
    return specs


def check(files: Iterable[tuple[str, bytes]]) -> SpecSet:
    """What can be said of spec files wherever and whenever they are used."""
    specs = waivers.check(crosscheck(load(files), REGISTRY))
    wrong = settle.check_waivers(waivers.read(specs))
    return replace(specs, diagnostics=_sorted((*specs.diagnostics, *wrong)))


@dataclass(frozen=True, slots=True)
class Judged:
    """The specs of a tenant with what the rule pack says of them, and what does not count of it."""

    specs: SpecSet
    exempt: tuple[settle.Exempt, ...]


def judge(specs: SpecSet, workspace: Workspace | None, chosen: Tenant | None, today: date) -> Judged:
    """Everything that can be said of the specs of a tenant offline: parts that others provide, names and cloud differ
    by tenant. Without a workspace nothing is provided, and nothing set.
    """
    findings = (*specs.diagnostics, *rules.offline(specs, REGISTRY, rule_context(workspace, chosen, today)))
    settings = workspace.rules if workspace else {}
    settled = settle.settle(findings, settings, waivers.read(specs), today)
    found = replace(specs, diagnostics=_sorted(settled.kept), waived=settled.documents())
    return Judged(found, settled.waived)


def rule_context(workspace: Workspace | None, chosen: Tenant | None, today: date) -> Context:
    """What rules may know of the workspace and the tenant."""
    if workspace is None or chosen is None:
        return Context(today=today)
    return Context(
        tenant=chosen.name,
        cloud=chosen.cloud,
        tenant_id=chosen.tenant_id,
        provided=chosen.provided,
        today=today,
        groups=chosen.names.groups,
        support=workspace.support,
        data=workspace.rule_data,
        onboarding=_onboarding_texts(workspace),
    )


def _onboarding_texts(workspace: Workspace) -> tuple[OnboardingText, ...]:
    """What employees are given to read. Raises `Failure` (3): a text that cannot be read is not one that is right."""
    found = []
    for path in workspace.onboarding_texts:
        try:
            data = read_regular(inside(path, workspace.root), MAX_TEXT)
        except OSError as error:
            raise Failure(Code.INVALID, f"the onboarding text {path} cannot be read: {error.strerror}") from error
        found.append(OnboardingText(named(path, workspace.root), data.decode("utf-8", "replace")))
    return tuple(found)


def _sorted(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(findings, key=lambda d: d.sort_key))


def read_specs(places: Iterable[Path], root: Path, *, may_be_empty: bool = False) -> list[tuple[str, bytes]]:
    """Names, relative to the workspace, and bytes of all spec files in these files and folders.

    `may_be_empty`: a place may hold none, or be missing, for whoever is about to write the first ones.

    Links that lead out, links to folders, special files, and names that are one on some disks are refused rather than
    passed over: a spec that is not read looks like one that was removed. Raises `Failure` (3).
    """
    found: dict[str, bytes] = {}
    for place in places:
        if may_be_empty and not place.exists():
            continue
        files = list(_files(place, root))
        if not files and not may_be_empty:
            raise Failure(Code.INVALID, f"there are no spec files in {place}", "specs end in .yaml or .yml")
        for file, real in files:
            found[named(file, root)] = _spec(file, real)
    _must_differ(sorted(found))
    return sorted(found.items())


def _files(place: Path, root: Path) -> Iterator[tuple[Path, Path]]:
    """The spec files of a place, and where each really is. A place in the workspace stays in it."""
    if not place.exists():
        raise Failure(Code.INVALID, f"{place} does not exist")
    of_workspace = _absolute(place).is_relative_to(_absolute(root))
    real = inside(place, root if of_workspace else place.parent)
    if not place.is_dir():
        yield place, real
        return
    for folder, folders, names in os.walk(place, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (path := Path(folder) / name).is_symlink():
                raise Failure(
                    Code.INVALID, f"{path} is a link to a folder", "put the folder there, or list it in `specs`"
                )
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix in SUFFIXES and not name.startswith("."):
                yield path, inside(path, place) if path.is_symlink() else path


def _unreadable(error: OSError) -> None:
    """A folder that cannot be read is not an empty one. Raises `Failure` (3)."""
    raise Failure(Code.INVALID, f"{error.filename} cannot be read: {error.strerror}") from error


def _spec(path: Path, real: Path) -> bytes:
    """At most one byte more than a spec may have: that it is too long is a finding of its own."""
    from ..spec.source import MAX_BYTES

    try:
        return read_regular(real, MAX_BYTES + 1, whole=False)
    except OSError as error:
        raise Failure(Code.INVALID, f"{path} cannot be read: {error.strerror}") from error


def _must_differ(names: Iterable[str]) -> None:
    """Names that are one where a disk does not tell case or Unicode forms apart: one of the two files would be lost.

    Raises `Failure` (3).
    """
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            other = seen.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if other != path:
                message = f"{other} and {path} are the same file on disks that do not tell them apart"
                raise Failure(Code.INVALID, message, "rename one: their names differ by case or Unicode form alone")


def inside(path: Path, folder: Path) -> Path:
    """Where the path leads, all links followed. Raises `Failure` (3) where that is outside of the folder."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise Failure(Code.INVALID, f"{path} leads nowhere", "replace the link by what it should lead to") from error
    if not real.is_relative_to(folder.resolve()):
        raise Failure(Code.INVALID, f"{path} leads out of {folder}", "replace the link by what it leads to")
    return real


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def named(file: Path, root: Path) -> str:
    """A file as findings name it: relative to the workspace where it is inside."""
    absolute = _absolute(file)
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else file.as_posix()
