"""`verify`: whether a run record, a plan file or an evidence bundle is whole and unchanged. Reads files only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import planfile, records
from ..diagnostics import Diagnostic, Severity, has_errors
from ..evidence import check
from ..evidence.archive import MAX_BYTES
from ..model import Json, JsonObject
from ..render.evidence import counted, folded, lines
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular
from .history import MAX_RECORD, with_digest
from .output import Output
from .signed import sentences, signatures

_TAMPERED = frozenset(
    {"RECORD102", "RECORD105", "PLANFILE102", "EVIDENCE101", "EVIDENCE102", "EVIDENCE104", "EVIDENCE106"}
)
"""Rules that mean: it was something else once. Whatever begins like a bundle and is none is among them."""
_WORDS = {"plan": "plan file", "record": "run record", "bundle": "evidence bundle"}


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a file turned out to be. `previous`: `none`, `found`, `missing`, `other` where the chain breaks,
    or `broken` where the file before it is no whole record.
    """

    kind: str
    document: JsonObject | None
    findings: Sequence[Diagnostic]
    previous: str | None = None
    beside: Path | None = None
    """The file that was named as the one before, where it is that which is wrong."""


def call(arguments: Arguments) -> int:
    """0 whole, 3 where the file is none of them, 4 where it was changed or the chain is broken."""
    assert arguments.file is not None
    path = Path(arguments.file)
    try:
        found = _verified(path, _bytes(path, MAX_BYTES), arguments.previous)
    except RecursionError as error:  # read, and too deep to be written again: nothing of ours is
        raise Failure(Code.INVALID, f"{path} is nested deeper than any run record, plan or bundle") from error
    output = Output(arguments)
    if output.json:
        output.document(_shown(path, found))
    else:
        output.text(_told(path, found, output))
    if not has_errors(found.findings):
        return Code.DONE
    return Code.REFUSED if any(d.rule in _TAMPERED for d in found.findings) else Code.INVALID


def _bytes(path: Path, most: int) -> bytes:
    try:
        return read_regular(path, most)
    except OSError as error:
        raise Failure(Code.INVALID, f"{path} cannot be read: {error.strerror}") from error


def _verified(path: Path, data: bytes, previous: str | None) -> _Verified:
    if check.is_bundle(data):
        if previous:
            raise Failure(Code.USAGE, "--previous is for a run record", "a bundle holds the records of its chain")
        checked = check.check(data)
        return _Verified("bundle", checked.manifest, checked.findings)
    if _is_plan(data):
        document, findings = planfile.from_bytes(data)
        return _Verified("plan", document, findings)
    record, findings = records.from_bytes(data)
    if record is None:
        return _Verified("record", None, findings)
    state, more = _chain(path, record, Path(previous) if previous else None)
    beside = Path(previous) if previous and more and not has_errors(findings) else None
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
        earlier, problems = records.from_bytes(_bytes(given, MAX_RECORD))
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
    """The document of `schemas/v1/verify.json`."""
    document = found.document or {}
    return {
        "formatVersion": 1,
        "file": str(path),
        "kind": found.kind,
        "valid": not has_errors(found.findings),
        "authenticated": False,
        "signatures": [dict[str, Json](each) for each in signatures(path)],
        "digest": document.get("digest"),
        "previousRecord": document.get("previousRecord"),
        "previous": found.previous,
        "diagnostics": [d.to_json() for d in found.findings],
    }


def _told(path: Path, found: _Verified, output: Output) -> str:
    name, what, width = output.safe(str(path)), _WORDS[found.kind], output.style.width
    problems = [
        line for each in found.findings for line in (output.safe(f"{each.rule}: {each.message}"), _detail(each, output))
    ]
    if found.beside:
        why = "is no whole run record" if found.previous == "broken" else "is not the record that it names"
        said = f"{name}: a whole {what}; but {output.safe(str(found.beside))}, given as the one before it, {why}"
        return "\n".join(folded([said, *problems], width=width))
    if found.document is None or has_errors(found.findings):
        return "\n".join(folded([f"{name}: not a whole {what}", *problems], width=width))
    chain = {"found": ", and follows the record that it names", "none": ", the first of its chain"}
    said = f"{name}: a whole {what}, unchanged{chain.get(found.previous or '', '')}"
    if found.kind == "bundle":
        shown = [f"{said}: {counted(found.document)}", *lines(found.document)]
    else:
        shown = [said, f"  {found.document['digest']}"]
    return "\n".join([*folded([*shown, *problems], width=width), *sentences(path, width=width)])


def _detail(finding: Diagnostic, output: Output) -> str:
    return f"  {output.safe(finding.detail or '')}"
