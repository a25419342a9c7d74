"""Run records on disk: reading one, finding the one before, and that which a plan goes back to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import records
from ..kinds import REGISTRY
from ..model import JsonObject
from ..past import Past, read_past, unknown_kinds
from ..planfile import source_record
from .failure import Code, Failure
from .files import read_regular
from .project import Project

MAX_RECORD = 256 << 20
_STAMPED = re.compile(r"\d{8}T\d{6}Z-.*")
"""Names that `apply` gives: they begin with the instant of the run."""


def open_record(name: str | Path) -> JsonObject:
    """A run record, whole and unchanged. Raises `Failure`: 3 where the file is none, 4 where it was changed."""
    try:
        data = read_regular(name, MAX_RECORD)
    except OSError as error:
        raise Failure(Code.INVALID, f"the record {name} cannot be read: {error.strerror}") from error
    record, problems = records.from_bytes(data)
    if record is None:
        edited = any(p.rule == "RECORD102" for p in problems)
        raise Failure(Code.REFUSED if edited else Code.INVALID, f"{name}: {problems[0].message}", problems[0].detail)
    return record


def newest(folder: Path, tenant: str, *, but: Path | None = None) -> JsonObject | None:
    """The newest record of a tenant in a folder. Files that are none are passed over, and so is the file `but`."""
    files = [f for f in _files(folder) if but is None or f.name != but.name]
    stamped = sorted((f for f in files if _STAMPED.fullmatch(f.name)), key=_by_name, reverse=True)
    found = next((r for f in stamped if (r := _record_of(f, tenant))), None)
    others = [r for f in files if not _STAMPED.fullmatch(f.name) and (r := _record_of(f, tenant))]
    return max([*([found] if found else []), *others], key=lambda r: str(r["startedAt"]), default=None)


def newest_first(folder: Path) -> list[Path]:
    """The files of a folder that may be records. Of those with names of their own the run says when it was; one that
    says nothing any more may be the newest.
    """
    files = list(_files(folder))
    keys = {file: _by_name(file) for file in files if _STAMPED.fullmatch(file.name)}
    for file in (file for file in files if file not in keys):
        with suppress(OSError):
            record, problems = records.from_bytes(read_regular(file, MAX_RECORD))
            if record is not None or problems[0].rule != "RECORD101":
                at = re.sub(r"[-:]", "", str(record["startedAt"])[:19]) if record else "9"
                keys[file] = (f"{at}Z"[:16], len(file.name), file.name)
    return sorted(keys, key=lambda file: keys[file], reverse=True)


def with_digest(folder: Path, digest: str) -> Path | None:
    """The file of the record with this digest, in a folder."""
    return next((f for f in _files(folder) if (r := _read(f)) and r["digest"] == digest), None)


def read_folder(folder: Path) -> tuple[dict[Path, JsonObject], dict[Path, str]]:
    """The records in a folder, and why a file that wants to be one is none. Other files are passed over."""
    found: dict[Path, JsonObject] = {}
    broken: dict[Path, str] = {}
    for file in _files(folder):
        try:
            record, problems = records.from_bytes(read_regular(file, MAX_RECORD))
        except OSError as error:
            broken[file] = f"it cannot be read: {error.strerror}"
            continue
        if record is not None:
            found[file] = record
        elif problems[0].rule != "RECORD101" or _STAMPED.fullmatch(file.name):
            broken[file] = problems[0].message
    return found, broken


def open_past(path: Path, project: Project) -> Past:
    """What the record in a file says of its run. Raises `Failure`: 3 where it is none, 4 where it was changed."""
    record = open_record(path)
    if unknown := unknown_kinds(record, REGISTRY):
        raise Failure(Code.INVALID, f"{path} has kinds that this version does not know: {', '.join(unknown)}")
    return read_past(record, _named(path, project.workspace.root), REGISTRY)


def past_of(saved: JsonObject, project: Project) -> Past | None:
    """The past that a saved plan goes back to, from the record that it names; None for any other plan.

    Raises `Failure`: 3 where the record is not there, 4 where it is another one by now.
    """
    digest = source_record(saved)
    source = saved.get("source")
    if digest is None or not isinstance(source, dict):
        return None
    path = source.get("path")
    if not isinstance(path, str) or not (place := project.workspace.root / path).is_file():
        hint = f"it goes back to the run recorded in {path}: put that file there, or make the plan again"
        raise Failure(Code.INVALID, "the plan's record is not there", hint)
    past = open_past(place, project)
    if past.digest != digest:
        raise Failure(Code.REFUSED, f"{place} is another record than the plan was made from", "make the plan again")
    return past


def _named(path: Path, root: Path) -> str:
    """Relative to the workspace where it is below it, so that plan and record may move together."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    whole = Path(os.path.abspath(root))  # noqa: PTH100
    return absolute.relative_to(whole).as_posix() if absolute.is_relative_to(whole) else absolute.as_posix()


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (f for f in sorted(folder.glob("*.json")) if f.is_file() and f.stat().st_size <= MAX_RECORD)


def _by_name(file: Path) -> tuple[str, int, str]:
    """Runs that began in one second have the same stamp: the later one has the longer name."""
    return file.name[:16], len(file.name), file.name


def _record_of(file: Path, tenant: str) -> JsonObject | None:
    record = _read(file)
    named: Any = record.get("tenant") if record else None
    return record if isinstance(named, dict) and named.get("name") == tenant else None


def _read(file: Path) -> JsonObject | None:
    try:
        return records.from_bytes(read_regular(file, MAX_RECORD))[0]
    except OSError:
        return None
