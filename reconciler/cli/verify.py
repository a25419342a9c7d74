"""`verify`: whether a run record or a plan file is whole, and a record follows the one before. Reads files only."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from .. import planfile, records
from ..diagnostics import Diagnostic, Severity, has_errors
from ..model import JsonObject
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular
from .history import MAX_RECORD, with_digest
from .output import Output

_TAMPERED = frozenset({"RECORD102", "RECORD105", "PLANFILE102"})


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a file turned out to be. `previous`: `none`, `found`, `missing`, `other` where the chain breaks,
    or `broken` where the file before it is no whole record.
    """

    kind: str
    document: JsonObject | None
    findings: list[Diagnostic]
    previous: str | None = None
    beside: Path | None = None
    """The file that was named as the one before, where it is that which is wrong."""


def call(arguments: Arguments) -> int:
    """0 whole, 3 where the file is neither, 4 where it was changed or the chain is broken."""
    assert arguments.file is not None
    path = Path(arguments.file)
    found = _verified(path, _bytes(path), Path(arguments.previous) if arguments.previous else None)
    output = Output(arguments)
    if output.json:
        output.document(_shown(path, found))
    else:
        output.text(_told(path, found, output))
    if not has_errors(found.findings):
        return Code.DONE
    return Code.REFUSED if any(d.rule in _TAMPERED for d in found.findings) else Code.INVALID


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path, MAX_RECORD)
    except OSError as error:
        raise Failure(Code.INVALID, f"{path} cannot be read: {error.strerror}") from error


def _verified(path: Path, data: bytes, previous: Path | None) -> _Verified:
    if _is_plan(data):
        document, findings = planfile.from_bytes(data)
        return _Verified("plan", document, findings)
    record, findings = records.from_bytes(data)
    if record is None:
        return _Verified("record", None, findings)
    state, more = _chain(path, record, previous)
    beside = previous if more and not has_errors(findings) else None
    return _Verified("record", record, [*findings, *more], state, beside)


def _is_plan(data: bytes) -> bool:
    """Which of the two it wants to be: both are judged strictly afterwards."""
    try:
        shown = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(shown, dict) and "changes" in shown and "results" not in shown


def _chain(path: Path, record: JsonObject, given: Path | None) -> tuple[str, list[Diagnostic]]:
    """Whether the record before this one is the one that it names."""
    named = record.get("previousRecord")
    if given:
        earlier, problems = records.from_bytes(_bytes(given))
        if earlier is None:
            return "broken", [replace(each, message=f"{given}: {each.message}") for each in problems]
        problems = records.follows(record, earlier)
        return ("other" if problems else "found"), problems
    if not isinstance(named, str):
        return "none", []
    if with_digest(path.absolute().parent, named):
        return "found", []
    message = f"the record before it, {named}, is not in the same folder"
    return "missing", [Diagnostic(Severity.WARNING, "RECORD104", message, "name it with --previous FILE")]


def _shown(path: Path, found: _Verified) -> JsonObject:
    valid = not has_errors(found.findings)
    document = found.document or {}
    return {
        "formatVersion": 1,
        "file": str(path),
        "kind": found.kind,
        "valid": valid,
        "digest": document.get("digest"),
        "previousRecord": document.get("previousRecord"),
        "previous": found.previous,
        "diagnostics": [d.to_json() for d in found.findings],
    }


def _told(path: Path, found: _Verified, output: Output) -> str:
    what = {"plan": "plan file", "record": "run record"}[found.kind]
    lines = [f"{each.rule}: {each.message}\n  {each.detail}" for each in found.findings]
    if found.beside:
        why = "is no whole run record" if found.previous == "broken" else "is not the record that it names"
        said = f"{path}: a whole {what}; but {found.beside}, given as the one before it, {why}"
        return output.safe("\n".join([said, *lines]), lines=True)
    if found.document is None or has_errors(found.findings):
        return output.safe("\n".join([f"{path}: not a whole {what}", *lines]), lines=True)
    chain = {"found": ", and follows the record that it names", "none": ", the first of its chain"}
    said = f"{path}: a whole {what}, unchanged{chain.get(found.previous or '', '')}"
    return output.safe("\n".join([said, f"  {found.document['digest']}", *lines]), lines=True)
