"""What departs, as Markdown for an issue or a comment: the summary with the hidden marker, then each object folded.

A pipeline finds the issue of an earlier run by the marker, which is the same for one owner and tenant. People are not
named unless that is asked for: such a page is read by many.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..model import JsonObject
from . import drift_words as words
from . import field_diff
from .findings_markdown import pieces, tolerated
from .markdown import LIMIT, Piece, Section, block, code, fence, fitted, folded, marker, prose, sentence, tag
from .members import member, objects, raw
from .plan_text import tenant_line
from .safe import quoted, safe
from .style import PLAIN, plural

_WORST = {"error": 1, "warning": 2, "info": 3}
_LABELS = {"error": "error", "warning": "warning", "info": "note"}
_ALL = "`reconciler drift` shows all of it."


def drift(document: JsonObject, *, names: bool = False, limit: int = LIMIT) -> str:
    """The page, of at most `limit` bytes. `names`: whether people are named."""
    sections = [
        Section(tuple(map(sentence, _introduction(document)))),
        Section(pieces(words.told_findings(document)), "Errors and warnings", _ALL),
        Section(tuple(_accepted(each) for each in objects(document, "accepted")), "Accepted into the specs", _ALL),
        Section(tuple(_object(each, names) for each in words.findings(document)), "Departures", _ALL),
        Section(tolerated(document), "Waived", _ALL),
        Section(tuple(map(sentence, words.what_to_do(document)))),
    ]
    return fitted(_summary(document), sections, limit=limit)


def _summary(document: JsonObject) -> str:
    hidden = marker("drift", owner=raw(document, "owner"), tenant=raw(member(document, "tenant"), "name"))
    return block([f"**{prose(words.summary(document))}** {hidden}"])


def _introduction(document: JsonObject) -> Iterator[str]:
    yield from tenant_line(document, PLAIN)
    yield from words.basis(document)


def _object(findings: list[JsonObject], names: bool) -> Piece:
    """One object: folded with its fields, and as one line."""
    first = findings[0]
    worst = min((raw(each, "severity") for each in findings), key=lambda word: _WORST.get(word, 0))
    counted = plural(len(findings), "field") if raw(first, "path") else words.WHOLE.get(raw(first, "what"), "")
    ways = dict.fromkeys(words.DIRECTIONS.get(raw(each, "direction"), "") for each in findings)
    told = f"{_LABELS.get(worst, worst)}, {counted}" + "".join(f", {way}" for way in ways if way)
    name = raw(first, "displayName")
    head = f"{tag(raw(first, 'address'))}{f' {tag(quoted(name))}' if name else ''}: {escape(safe(told))}"
    whole = folded(head, [line for each in _distinct(findings, names) for line in each])
    line = f"- {code(raw(first, 'address'))}{f' {code(quoted(name))}' if name else ''}: {prose(told)}"
    return Piece((block(whole), block([line])), "that depart", _WORST.get(worst, 0))


def _distinct(findings: list[JsonObject], names: bool) -> Iterator[list[str]]:
    """The findings of one object, and at the end what is the same for all."""
    told, common = words.said_once(findings, names=names)
    for finding, lines in zip(findings, told, strict=True):
        yield [*_finding(finding), *_sentences(lines)]
    yield _sentences([*common, *_place(findings[0])])


def _finding(finding: JsonObject) -> Iterator[str]:
    if raw(finding, "path"):
        yield from fence(field_diff.lines(words.as_change(finding)), "diff")
        yield ""
    severity, note = raw(finding, "severity"), raw(finding, "note")
    said = f"{_LABELS.get(severity, severity)}: {raw(finding, 'because')}"
    yield from _sentences([f"{said}; {note}" if note else said])


def _place(finding: JsonObject) -> list[str]:
    file, line = raw(finding, "file"), finding.get("line")
    return [f"{file}, line {line}"] if file else []


def _sentences(lines: list[str]) -> list[str]:
    return [part for line in lines for part in (prose(line) + ".", "")]


def _accepted(entry: JsonObject) -> Piece:
    """What became of one address, with the difference of its file."""
    state, reason = words.ACCEPTED.get(raw(entry, "state"), raw(entry, "state")), raw(entry, "reason")
    line = f"- {code(raw(entry, 'address'))} {prose(state)}{f': {prose(reason)}' if reason else ''}"
    diff = [safe(each) for each in raw(entry, "diff").split("\n") if each]
    if not diff:
        return Piece((block([line]),), state)
    head = f"{tag(raw(entry, 'address'))} {escape(safe(state))}"
    return Piece((block(folded(head, fence(diff, "diff"))), block([line])), state)
