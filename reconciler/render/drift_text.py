"""What departs, as text: by object and field, from what is specified to what is live, and the summary as last line."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from . import drift_words as words
from . import fields, waived
from .findings import blocks
from .members import objects, raw, text
from .plan_text import tenant_line
from .safe import quoted, safe
from .style import Ink, Style, page, paint_sign, wrap

_INKS: dict[str, Ink] = {"error": "red", "warning": "yellow", "info": "cyan"}
_SEVERITY = {"error": "error", "warning": "warning", "info": "note"}
_SIGNS = {"missing": "-", "orphaned": "+", "refused": "!"}


def drift(document: JsonObject, *, style: Style, full: bool = False) -> str:
    """The whole text. `full` lists what is folded otherwise."""
    found = words.findings(document)
    parts: list[list[str]] = [[*tenant_line(document, style), *_basis(document, style)]]
    if any(raw(finding, "path") for block in found for finding in block):
        parts.append([style.paint("From what is specified (-) to what the tenant has (+):", "dim")])
    parts += [_block(block, style, full) for block in found]
    parts += [waived.section(document, style), *blocks(words.told_findings(document), style=style)]
    parts += [accepted(document, style), [*_what_to_do(document, style)], [safe(words.summary(document))]]
    shown: list[str] = []
    for part in parts:
        shown += ["", *part] if shown and part else part
    return page(shown)


def _basis(document: JsonObject, style: Style) -> Iterator[str]:
    for line in words.basis(document):
        yield from (style.paint(each, "dim") for each in wrap(safe(line), width=style.width, rest="  "))


def _what_to_do(document: JsonObject, style: Style) -> Iterator[str]:
    for line in words.what_to_do(document):
        yield from wrap(safe(line), width=style.width, rest="  ")


def _block(findings: list[JsonObject], style: Style, full: bool) -> list[str]:
    """One object: each of its fields, and at the end what is the same for all."""
    first = findings[0]
    shown = [f"  {_sign(first, style)} {_subject(first, style)}{_whole(first)}"]
    told, common = words.said_once(findings, names=True)
    for finding, lines in zip(findings, told, strict=True):
        if raw(finding, "path"):
            shown += fields.lines(words.as_change(finding), style=style, full=full)
        note = [said] if raw(finding, "path") and (said := raw(finding, "note")) else []
        shown += [*_weight(finding, style), *_dim([*note, *lines], style)]
    return [*shown, *_dim([*common, *_place(first)], style)]


def _sign(finding: JsonObject, style: Style) -> str:
    return paint_sign(_SIGNS.get(raw(finding, "what"), "~"), style)


def _subject(finding: JsonObject, style: Style) -> str:
    name = raw(finding, "displayName")
    return style.paint(text(finding, "address"), "bold") + (f" {quoted(name)}" if name else "")


def _whole(finding: JsonObject) -> str:
    said = words.WHOLE.get(raw(finding, "what"), "")
    note = "" if raw(finding, "path") else text(finding, "note")
    return (f" {said}" if said else "") + (f": {note}" if note else "")


def _weight(finding: JsonObject, style: Style) -> Iterator[str]:
    """How much it matters, and why."""
    severity = raw(finding, "severity")
    word = _SEVERITY.get(severity, safe(severity))
    indent = " " * (fields.INDENT + 2)
    first, *rest = wrap(f"{word}: {text(finding, 'because')}", width=style.width, first=indent, rest=indent + "  ")
    yield first.replace(word, style.paint(word, _INKS.get(severity, "red")), 1)
    yield from rest


def _place(finding: JsonObject) -> list[str]:
    file, line = raw(finding, "file"), finding.get("line")
    return [f"{file}:{line}"] if file else []


def _dim(lines: list[str], style: Style) -> Iterator[str]:
    indent = " " * (fields.INDENT + 2)
    for line in lines:
        for each in wrap(safe(line), width=style.width, first=indent, rest=indent + "  "):
            yield indent + style.paint(each[len(indent) :], "dim")


def accepted(document: JsonObject, style: Style) -> list[str]:
    """What became of each address whose spec was to follow the tenant, with the difference of its file."""
    shown: list[str] = []
    for each in objects(document, "accepted"):
        state = raw(each, "state")
        sign, said = paint_sign("!" if state == "refused" else "~", style), safe(words.ACCEPTED.get(state, state))
        reason = f": {text(each, 'reason')}" if raw(each, "reason") else ""
        file = f" ({text(each, 'file')})" if raw(each, "file") else ""
        shown += wrap(
            f"{text(each, 'address')} {said}{file}{reason}",
            width=style.width,
            first=f"  {sign} ",
            rest="    ",
        )
        shown += [f"      {_painted(line, style)}" for line in raw(each, "diff").split("\n") if line]
    return shown


def _painted(line: str, style: Style) -> str:
    ink: Ink | None = {"+": "green", "-": "red"}.get(line[:1])  # type: ignore[assignment]  # a literal of Ink
    return style.paint(safe(line), ink) if ink else safe(line)
