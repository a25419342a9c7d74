"""`evidence`: one file that proves runs, from their records and what belongs to them. Offline, unless `--audit`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import planfile
from ..attributed import window
from ..audited import is_fresh
from ..evidence import chain
from ..evidence.archive import wrong_names
from ..evidence.bundle import Reasons, bundle, plan_digest
from ..evidence.check import check
from ..evidence.content import Content, Files, RunParts, Sources, commits, of_commit
from ..model import JsonObject
from ..pins import file_of
from ..render.evidence import counted, folded, lines
from ..workspace import Workspace, load_workspace
from . import history, logs
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular, write_private
from .git import MAX_FILES, Repository
from .output import Output
from .project import open_workspace, read_specs
from .signed import sentences

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")
"""What does not go into the name of a file that is made up here: a tenant of a record may be called `../x`."""


@dataclass
class _Gathered:
    """What was found of the runs, and why something was not: by the digest of the record and what it is."""

    sources: dict[str, Sources] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)


def call(arguments: Arguments) -> int:
    """0; 3 for what is no record or plan, 4 for parts that were changed or do not belong together."""
    if arguments.with_actors and not arguments.audit:
        raise Failure(Code.USAGE, "--with-actors goes with --audit", "it names the people in the events of the log")
    output = Output(arguments)
    records = _records(arguments.records)
    plans = _plans(records, arguments.plans, {Path(name).parent for name in arguments.records})
    links = chain.between(records, _at_hand(arguments.records))
    gathered = _gathered(arguments, records, plans)
    runs = tuple(RunParts(each, plans.get(str(plan_digest(each)))) for each in chain.in_order(records))
    if arguments.audit:
        with logs.started(arguments):
            runs = _with_events(arguments, runs, output)
    content = Content(runs, tuple(links), gathered.sources)
    data = _made(content, arguments.change_ref, gathered.reasons)
    path = Path(arguments.out) if arguments.out else Path(_name(content))
    _put(path, data)
    if arguments.audit and any(is_fresh(window(run.record).ends, arguments.clock.now()) for run in runs):
        output.remark("these events may be more in an hour: the audit log shows some of them late")
    _tell(path, data, output)
    return Code.DONE


def _tell(path: Path, data: bytes, output: Output) -> None:
    checked = check(data)
    assert checked.manifest is not None, "it was made just now"
    if output.json:
        output.document(checked.manifest)
        return
    first = f"{output.safe(str(path))} is written: {counted(checked.manifest)}, {len(data):,} bytes"
    warnings = [output.safe(f"  {each.severity}: {each.message}") for each in checked.findings]
    width = output.style.width
    told = folded([first, *lines(checked.manifest), *warnings], width=width)
    output.text("\n".join([*told, *sentences(path, width=width)]))


# What was asked for


def _records(names: Sequence[str]) -> list[JsonObject]:
    """The records, each once. Raises `Failure`: 3, 4; 64 where they are of several tenants or owners."""
    found = {str(record["digest"]): record for record in map(history.open_record, names)}
    first, *others = found.values()
    for each in others:
        if (each["tenant"], each["owner"]) != (first["tenant"], first["owner"]):
            hint = "make a bundle for each"
            raise Failure(Code.USAGE, "these records are of several tenants or owners, and a bundle is of one", hint)
    return [first, *others]


def _at_hand(names: Iterable[str]) -> dict[str, JsonObject]:
    """All records that lie beside those that were named, by their digests."""
    folders = sorted({Path(name).parent for name in names})
    return {str(each["digest"]): each for folder in folders for each in history.read_folder(folder)[0].values()}


def _plans(records: Sequence[JsonObject], names: Sequence[str], folders: Iterable[Path]) -> dict[str, JsonObject]:
    """The plans of these runs by their digests: those that were named, and those beside the records.

    Raises `Failure`: 3 for what is no plan, 4 for one that was changed, or is of none of the runs.
    """
    wanted = {digest for each in records if (digest := plan_digest(each))}
    found = {str(plan["digest"]): plan for plan in map(_open_plan, names)}
    if strange := found.keys() - wanted:
        name = next(name for name in names if _open_plan(name)["digest"] in strange)
        raise Failure(Code.REFUSED, f"{name} is not the plan of any of these runs", "a record names its plan by digest")
    for folder in sorted(folders):
        for file in sorted(folder.glob("*.json")):
            if plan := _plan_beside(file, wanted - found.keys()):
                found[str(plan["digest"])] = plan
    return found


def _open_plan(name: str) -> JsonObject:
    try:
        document, problems = planfile.from_bytes(read_regular(name, history.MAX_RECORD))
    except OSError as error:
        raise Failure(Code.INVALID, f"the plan {name} cannot be read: {error.strerror}") from error
    if document is None:
        edited = any(each.rule == "PLANFILE102" for each in problems)
        code = Code.REFUSED if edited else Code.INVALID
        raise Failure(code, f"{name}: {problems[0].message}", problems[0].detail)
    return document


def _plan_beside(file: Path, wanted: set[str]) -> JsonObject | None:
    """A plan that is wanted, if the file is one."""
    with suppress(OSError):
        data = read_regular(file, history.MAX_RECORD)
        if any(digest.encode("ascii") in data for digest in wanted):
            plan = planfile.from_bytes(data)[0]
            return plan if plan and str(plan["digest"]) in wanted else None
    return None


# Specs from Git


def _gathered(arguments: Arguments, records: Sequence[JsonObject], plans: dict[str, JsonObject]) -> _Gathered:
    found = _Gathered()
    wanted = [each for each in records if not planfile.source_record(plans.get(str(plan_digest(each)), {}))]
    named: Any = records[0]["tenant"]
    for commit in commits(RunParts(each) for each in wanted):
        try:
            found.sources[commit] = _at_commit(arguments, commit, str(named["name"]))
        except Failure as failure:
            of = [str(each["digest"]) for each in wanted if each["commit"] == commit]
            found.reasons |= {(digest, "specs"): failure.message for digest in of}
    return found


def _at_commit(arguments: Arguments, commit: str, tenant: str) -> Sources:
    """Workspace, pins and specs of a tenant as they were at a commit. Raises `Failure`."""
    workspace, _ = open_workspace(arguments)
    repository = Repository.of(workspace.root)
    commit = repository.commit(commit)
    before = _workspace_at(repository, commit, workspace)
    if tenant not in before.tenants:
        raise Failure(Code.INVALID, f"{before.path.name} at {commit[:12]} has no tenant {tenant}")
    specs, pins = before.tenants[tenant].specs, before.root / file_of(tenant)
    root = _below(workspace.root, repository)
    with repository.checked_out(commit, [before.path, pins, *specs]) as top:
        there = top / root
        beside = (before.path.relative_to(before.root), pins.relative_to(before.root))
        around: Files = tuple(sorted((p.as_posix(), data) for p in beside if (data := _beside(there, p)) is not None))
        read = _specs(there, [each.relative_to(before.root) for each in specs])
    found = Sources(tuple(read), around)
    if wrong := wrong_names([each.name for each in of_commit(commit, found)]):
        raise Failure(Code.INVALID, f"a bundle cannot hold the files of {commit[:12]}: {wrong}")
    return found


def _beside(there: Path, name: Path) -> bytes | None:
    """A file beside the specs; None where there is none. A link is not read: it may lead anywhere on this machine."""
    file = there / name
    try:
        return read_regular(file, MAX_FILES) if file.is_symlink() or file.exists() else None
    except OSError as error:
        raise Failure(Code.INVALID, f"{name.as_posix()} cannot be read: {error.strerror}") from error


def _specs(there: Path, places: Sequence[Path]) -> list[tuple[str, bytes]]:
    """Raises `Failure`, without the temporary folder in its words: they go into the bundle."""
    try:
        return read_specs((there / each for each in places), there)
    except Failure as failure:
        raise Failure(failure.code, failure.message.replace(f"{there}{os.sep}", ""), failure.hint) from failure


def _workspace_at(repository: Repository, commit: str, now: Workspace) -> Workspace:
    """The workspace as it was. Its paths are where they would be now."""
    path = now.path.absolute()
    data = repository.file(commit, path)
    if data is None:
        raise Failure(Code.INVALID, f"there was no {path.name} at {commit[:12]}")
    workspace, _ = load_workspace(path, data)
    if workspace is None:
        raise Failure(Code.INVALID, f"{path.name} at {commit[:12]} is invalid")
    return workspace


def _below(root: Path, repository: Repository) -> Path:
    return root.resolve().relative_to(repository.top.resolve())


# The file


def _with_events(arguments: Arguments, runs: Sequence[RunParts], output: Output) -> tuple[RunParts, ...]:
    from .auditing import events_of

    events = events_of(arguments, [run.record for run in runs], output)
    return tuple(replace(run, events=found) for run, found in zip(runs, events, strict=True))


def _made(content: Content, change_ref: str | None, reasons: Reasons) -> bytes:
    """The bytes of the bundle, which `verify` takes for whole. Raises `Failure` (4)."""
    try:
        data = bundle(content, change_ref=change_ref, reasons=reasons)
    except (ValueError, RecursionError) as error:
        raise Failure(Code.REFUSED, f"no bundle can hold this: {error}", "bundle fewer runs at once") from error
    if errors := [each for each in check(data).findings if each.severity == "error"]:
        raise Failure(Code.REFUSED, "no bundle is made: its parts do not belong together", diagnostics=errors)
    return data


def _name(content: Content) -> str:
    record: Any = content.runs[0].record
    stamp = str(record["startedAt"]).replace("-", "").replace(":", "").partition(".")[0].removesuffix("Z")
    tenant = _NO_NAME.sub("_", str(record["tenant"]["name"]))[:80]  # whoever wrote the record chose it
    return f"evidence-{tenant}-{stamp}Z.zip"


def _put(path: Path, data: bytes) -> None:
    """Write it where there is nothing, or the same. Raises `Failure`: 64 for another file, 1."""
    with suppress(OSError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    if path.is_symlink() or path.exists():
        raise Failure(Code.USAGE, f"{path} exists already, and is another file", "name another one with --out")
    write_private(path, data)
