"""What `fmt` did, as text: each file that changed, or that could not, what differs, and a line that counts.

Reads the document of `fmt --format json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from .findings import blocks
from .members import member, number, objects, raw, text
from .safe import safe
from .style import Ink, Style, page, plural

_WORDS = {"formatted": "formatted", "wouldChange": "would change"}
_OTHERS = {"unchanged": "unchanged", "skipped": "skipped as no spec", "invalid": "invalid", "failed": "failed"}
_INKS: dict[str, Ink] = {"+": "green", "-": "red", "@": "cyan"}


def formatting(document: JsonObject, *, style: Style) -> str:
    """The whole text."""
    lines = [line for each in objects(document, "files") for line in _file(each, style)]
    found = [line for block in blocks(objects(document, "diagnostics"), style=style) for line in ["", *block]]
    parts = [*lines, *(found if lines else found[1:])]
    return page([*parts, *([""] if parts else []), _summary(document)])


def _file(file: JsonObject, style: Style) -> Iterator[str]:
    outcome = raw(file, "outcome")
    if outcome == "failed":
        yield f"{style.paint('error', 'bold', 'red')}: {text(file, 'file')} {text(file, 'error')}"
    elif outcome in _WORDS:
        yield f"{_WORDS[outcome]}: {style.paint(text(file, 'file'), 'bold')}"
    for line in raw(file, "diff").split("\n")[:-1]:
        yield _line(line, style)


def _line(line: str, style: Style) -> str:
    """A line of a diff; blanks at its end are seen."""
    short = line.rstrip(" ")
    shown = "    " + safe(short + "·" * (len(line) - len(short)) if line != " " else line)
    ink = _INKS.get(line[:1])
    return style.paint(shown, ink) if ink else shown


def _summary(document: JsonObject) -> str:
    counts = member(document, "summary")
    check = document.get("check") is True
    changed = number(counts, "wouldChange" if check else "formatted")
    begun = plural(changed, "file", "files")
    others = [f"{number(counts, name)} {words}" for name, words in _OTHERS.items() if number(counts, name)]
    return ", ".join([f"{begun} would change" if check else f"{begun} formatted", *others]) + "."
