"""What `pin` found, as text: each name or address whose pin differs, what is to be said of it, and what was written.

Reads the document of `pin --format json`. The last line is the summary; what keeps the file from being written stands
right above it.
"""

from __future__ import annotations

from ..model import JsonObject
from .findings import blocks
from .members import member, number, objects, raw, text
from .plan_text import tenant_line
from .safe import quoted
from .style import Style, columns, pad, page, paint_sign, wrap

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_SECTIONS = {"groups": "group", "filters": "filter", "scopeTags": "scope tag", "objects": "object"}
_WIDEST = max(len(word) for word in _SECTIONS.values())


def pins(document: JsonObject, *, style: Style) -> str:
    """The whole text."""
    changes = objects(document, "changes")
    widest = max((columns(_name(change)) for change in changes), default=0)
    parts = [tenant_line(document, style), [_line(change, style, widest) for change in changes]]
    parts += blocks(objects(document, "diagnostics"), style=style)
    parts += [_refusal(changes, style), [_summary(document)]]
    return page(line for index, part in enumerate(filter(None, parts)) for line in [""] * bool(index) + part)


def _name(change: JsonObject) -> str:
    return text(change, "name") if raw(change, "section") == "objects" else quoted(raw(change, "name"))


def _line(change: JsonObject, style: Style, widest: int) -> str:
    section = _SECTIONS.get(raw(change, "section"), text(change, "section"))
    name = pad(_name(change), widest)
    ids = " -> ".join(filter(None, (text(change, "before"), text(change, "after"))))
    sign = paint_sign(_SIGNS.get(raw(change, "change"), " "), style)
    return f"  {sign} {pad(section, _WIDEST)}  {style.paint(name, 'bold')}  {ids}"


def _refusal(changes: list[JsonObject], style: Style) -> list[str]:
    refused = [raw(change, "name") for change in changes if change.get("refused") is True]
    if not refused:
        return []
    stands = "stands" if len(refused) == 1 else "stand"
    names = ", ".join(map(quoted, refused))
    message = f"Refused: {names} {stands} for something else now. If that is meant, name each with --accept NAME."
    return wrap(message, width=style.width, rest="  ")


def _summary(document: JsonObject) -> str:
    file, outcome, counts = text(document, "file"), raw(document, "outcome"), member(document, "summary")
    if outcome == "unchanged":
        return f"Nothing to do. {file} is up to date."
    told = ", ".join(f"{number(counts, word)} {word}" for word in _SIGNS)
    begun = {"written": "Wrote", "would-change": "Would write"}.get(outcome, "Did not write")
    return f"{begun} {file}: {told}."
