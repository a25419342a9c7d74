"""Diagnostics as text: what is wrong, where, the line itself with the place underlined, and what to do.

The form is that of rustc and Terraform, which people and editors know: `--> file:line:column` is a link in most
terminals. Invisible characters of the line are shown by their code points, and the underline counts with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..model import JsonObject
from . import waived
from .members import number, objects, raw, text
from .safe import safe, visible
from .style import Ink, Style, columns, page, plural, wrap
from .summary import is_pending

_INKS: dict[str, Ink] = {"error": "red", "warning": "yellow", "info": "cyan"}
_MOST = 50
"""Findings about no change that are shown; further errors are shown, too."""
_MOST_BESIDE = 20
"""The same of one change."""
_AROUND = 20
"""Characters that stay visible on both sides of a finding in a line that is too long to be shown."""


def diagnostics(findings: Sequence[JsonObject], *, style: Style) -> str:
    """All findings in their order, a blank line between two; empty where there are none."""
    parts = blocks(findings, style=style)
    return page(line for index, part in enumerate(parts) for line in ([""] * bool(index) + part))


def validation(document: JsonObject, *, style: Style) -> str:
    """The findings of `validate`, and a last line that counts. `specs` of the document is how many were read."""
    findings = objects(document, "diagnostics")
    parts = [
        diagnostics(findings, style=style),
        page(waived.section(document, style)),
        page(waived.exceptions(document, style)),
    ]
    shown = "\n".join(filter(None, parts))
    return (shown + "\n" if shown else "") + page([counted(document)])


def counted(document: JsonObject) -> str:
    """How many specs were read, and what was found: `12 specs, 1 error, 0 warnings`."""
    count = document.get("specs")
    specs = [plural(count, "spec")] if isinstance(count, int) else []
    return ", ".join([*specs, *tally(objects(document, "diagnostics")), *waived.counted(document)])


def tally(findings: Sequence[JsonObject]) -> list[str]:
    """`2 errors`, `1 warning`; notes only where there are any."""
    count = {word: sum(raw(each, "severity") == word for each in findings) for word in _INKS}
    notes = [plural(count["info"], "note")] if count["info"] else []
    return [plural(count["error"], "error"), plural(count["warning"], "warning"), *notes]


def blocks(findings: Sequence[JsonObject], *, style: Style, about: str = "") -> list[list[str]]:
    """The lines of each finding. Those that stand beside what they are `about`, an address, do not name it again."""
    return [_block(finding, style, about) for finding in findings]


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of a plan, each at one place: beside the change that it concerns, or after all changes."""

    beside: Mapping[str, Sequence[JsonObject]]
    """By the address of a change that is shown."""
    others: Sequence[JsonObject]

    @classmethod
    def of(cls, document: JsonObject) -> Found:
        """Those of a plan's document."""
        changes = objects(document, "changes")
        shown = {raw(c, "address") for c in changes if is_pending(c) or c.get("refused") is True} - {""}
        placed: dict[str, list[JsonObject]] = {address: [] for address in shown}
        others: list[JsonObject] = []
        for finding in objects(document, "diagnostics"):
            placed.get(raw(finding, "address"), others).append(finding)
        return cls(placed, others)

    def at(self, change: JsonObject) -> Sequence[JsonObject]:
        """What was found about one change."""
        return self.beside.get(raw(change, "address"), ())

    def elsewhere(self, style: Style, full: bool) -> list[list[str]]:
        """The others; of very many the rest is counted, but for errors."""
        kept, left = _folded(self.others, _MOST, full)
        return [*blocks(kept, style=style), *([left] if left else [])]


def beside(findings: Sequence[JsonObject], *, style: Style, about: str, indent: int, full: bool = False) -> list[str]:
    """Findings about an address, to stand below it: as `blocks`, indented; of very many the rest is counted."""
    narrower = replace(style, width=style.width - indent)
    kept, left = _folded(findings, _MOST_BESIDE, full)
    shown = [line for part in blocks(kept, style=narrower, about=about) for line in part]
    return [" " * indent + line for line in (*shown, *left)]


def _folded(findings: Sequence[JsonObject], most: int, full: bool) -> tuple[list[JsonObject], list[str]]:
    """The first findings and every error, and a line that counts the others, where there are any."""
    kept = [each for i, each in enumerate(findings) if full or i < most or raw(each, "severity") == "error"]
    left = len(findings) - len(kept)
    return kept, [f"and {plural(left, 'more finding')} (--full shows them)"] * bool(left)


def _block(finding: JsonObject, style: Style, known: str) -> list[str]:
    severity = raw(finding, "severity")
    ink = _INKS.get(severity, "red")
    head = f"{safe(severity) or 'error'}[{text(finding, 'rule')}]"
    first, *rest = wrap(text(finding, "message"), width=style.width, first=f"{head}: ", rest="  ")
    shown = [style.paint(head, "bold", ink) + style.paint(first[len(head) :], "bold"), *rest]
    gutter = " " * len(str(number(finding, "line", 1)))
    shown += _place(finding, gutter, ink, style)
    return [*shown, *_notes(finding, gutter, style, known)]


def _place(finding: JsonObject, gutter: str, ink: Ink, style: Style) -> list[str]:
    file, line, column = text(finding, "file"), number(finding, "line"), number(finding, "column")
    if not file:
        return []
    where = ":".join([file, *(str(n) for n in (line, column) if n)])
    shown = [f"{gutter}{style.paint('-->', 'blue')} {where}"]
    source = raw(finding, "text")
    if not (source.strip() and line and column):
        return shown
    snippet, caret = underlined(source, column, number(finding, "width", 1), width=style.width - len(gutter) - 3)
    bar = style.paint("|", "blue")
    number_ = style.paint(str(line), "blue")
    return [*shown, f"{gutter} {bar}", f"{number_} {bar} {snippet}", f"{gutter} {bar} {style.paint(caret, ink)}"]


def underlined(source: str, column: int, count: int, *, width: int) -> tuple[str, str]:
    """The line as it can be seen and, below it, carets under the `count` characters from `column` (from 1) on.

    Of a line that is too long for `width` columns only the surroundings are shown, with dots for the rest.
    """
    start = min(max(column - 1, 0), len(source))
    end = min(max(start + count, start + 1), max(len(source), start + 1))
    low, high = _window(source, start, end, width)
    before, marked, after = (_shown(source[a:b]) for a, b in ((low, start), (start, min(end, high)), (end, high)))
    head, tail = "... " * (low > 0), " ..." * (high < len(source))
    return head + before + marked + after + tail, " " * columns(head + before) + "^" * max(columns(marked), 1)


def _window(source: str, start: int, end: int, width: int) -> tuple[int, int]:
    if columns(_shown(source)) <= width:
        return 0, len(source)
    room = max(width - 8, 2 * _AROUND)
    low = max(0, min(start - _AROUND, len(source) - room))
    return low, min(len(source), max(low + room, start + 1))


def _shown(part: str) -> str:
    return "".join(visible(character) for character in part)


def _notes(finding: JsonObject, gutter: str, style: Style, known: str) -> list[str]:
    notes = []
    address = "" if raw(finding, "address") == known else text(finding, "address")
    about = " ".join(filter(None, (address, text(finding, "path"))))
    if about:
        notes.append(("in", about))
    if detail := text(finding, "detail"):
        notes.append(("help:", detail))
    shown = []
    for word, prose in notes:
        first, *rest = wrap(prose, width=style.width, first=f"{gutter} = {word} ")
        shown += [
            f"{gutter} {style.paint('=', 'blue')} {style.paint(word, 'bold')}{first[len(gutter) + 3 + len(word) :]}"
        ]
        shown += rest
    return shown
