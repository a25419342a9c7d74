"""The order of enrollment profiles, before, after each call, and at the end: one column each, the winner on top.

Reads the `ladder` of a change: `{"before": [names], "steps": [{"moved", "to", "ladder"}], "after": [names], "strays":
number or null, "fewest": bool}`. Where the columns do not fit, the moves are listed in words between two columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..model import Json, JsonObject
from .members import entries, number, objects, raw
from .safe import quoted
from .style import Style, columns, pad, plural, wrap
from .values import inline

INDENT = 6
_INDENT = " " * INDENT
_GAP = "   "


def lines(ladder: JsonObject, *, style: Style) -> list[str]:
    """The whole ladder; nothing of it is left out, however narrow the screen."""
    steps = objects(ladder, "steps")
    before, after = _names(entries(ladder, "before")), _names(entries(ladder, "after"))
    if not steps and before == after:
        return []
    head = wrap(_headline(ladder, len(steps)), width=style.width, first=_INDENT, rest=_INDENT + "  ")
    table = [
        _column("now", before),
        *(_column(f"after call {i}", _names(entries(each, "ladder")), each) for i, each in enumerate(steps, 1)),
    ]
    if len(table) > 1 and table[-1][1:] and _bare(table[-1]) != after:
        table.append(_column("after", after))
    if _width(table) <= style.width:
        return [*head, *_table(table, style)]
    return [*head, *_in_words(before, after, steps, style)]


def _headline(ladder: JsonObject, calls: int) -> str:
    return f"order, the winner first: {plural(calls, 'setPriority call')}{_strays(ladder)}"


def _strays(ladder: JsonObject) -> str:
    """How many people meet a wrong profile on the way, as far as that was counted."""
    strays = number(ladder, "strays", -1)
    if strays < 1:
        return "; nobody meets a wrong profile on the way" if strays == 0 else ""
    least = ", and no other way has less" if ladder.get("fewest") is True else ""
    return f"; on the way, people meet a profile that is neither their old nor their new one {strays} times{least}"


def _names(profiles: Sequence[Json]) -> list[str]:
    return [quoted(each) if isinstance(each, str) else inline(each) for each in profiles]


def _column(title: str, names: list[str], *moves: JsonObject) -> list[str]:
    """A title and the cells below it; a profile that is moved has a `>` before its name."""
    moved = {quoted(raw(move, "moved")) for move in moves}
    return [f"  {title}", *(f"{'>' if name in moved else ' '} {name}" for name in names)]


def _bare(column: list[str]) -> list[str]:
    return [cell[2:] for cell in column[1:]]


def _width(table: list[list[str]]) -> int:
    widths = (max(map(columns, column)) for column in table)
    return len(_INDENT) + 2 + len(_GAP) * len(table) + sum(widths)


def _table(table: list[list[str]], style: Style) -> list[str]:
    rows = max(map(len, table))
    widths = [max(map(columns, column)) for column in table]
    shown = []
    for row in range(rows):
        cells = [
            pad(column[row] if row < len(column) else "", wide) for column, wide in zip(table, widths, strict=True)
        ]
        cells[-1] = cells[-1].rstrip(" ")
        painted = [style.paint(cell, *_inks(cell, row)) for cell in cells]
        rank = str(row) if row else ""
        shown.append(_INDENT + rank.rjust(2) + _GAP.join(["", *painted]))
    return shown


def _inks(cell: str, row: int) -> tuple[Literal["dim"] | Literal["yellow"], ...]:
    if row == 0:
        return ("dim",)
    return ("yellow",) if cell.startswith(">") else ()


def _in_words(before: list[str], after: list[str], steps: list[JsonObject], style: Style) -> list[str]:
    moves = [f"{quoted(raw(step, 'moved'))} to priority {number(step, 'to')}" for step in steps]
    two = [_column("now", before), _column("after", after, *steps)]
    numbered = [f"{_INDENT}  {_GAP}  call {i}: {move}" for i, move in enumerate(moves, 1)]
    if _width(two) <= style.width:
        return [*_table(two, style), *numbered]
    return [*_table(two[:1], style), *numbered, *_table(two[1:], style)]
