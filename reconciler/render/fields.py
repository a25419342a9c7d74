"""The fields of one change, from what to what: a sign, the name, and beside it a block of lines.

Used by the plan's text. The sign says what becomes of a value: `+` it is new, `-` it goes, `~` it changes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .. import marker
from ..model import Json, JsonObject
from . import targets
from .members import entries, objects, raw, text
from .safe import quoted, safe
from .style import Style, columns, pad, paint_sign, signed
from .values import block, inline, step

INDENT = 6
_MOST_LINES = 100
"""Texts with more lines are not compared line by line, which takes the square of that."""


def lines(change: JsonObject, *, style: Style, full: bool = False) -> list[str]:
    """All fields of a change, their names in one column and their values in the next."""
    fields = [field for field in objects(change, "fields") if not _is_order(change, field)]
    names = [_name(field) for field in fields]
    widest = max(map(columns, names), default=0)
    width = max(style.width - INDENT - widest - 4, 30)
    shown: list[str] = []
    for name, field in zip(names, fields, strict=True):
        first, *rest = _value(change, field, style, width, full)
        sign = paint_sign(_sign(field), style)
        shown.append(f"{' ' * INDENT}{sign} {pad(name, widest)}  {first}")
        shown += [f"{' ' * (INDENT + 2 + widest + 2)}{line}" for line in rest]
    return shown


def _is_order(change: JsonObject, field: JsonObject) -> bool:
    """The ladder shows the order better than a field can."""
    return raw(field, "path") == "/order" and isinstance(change.get("ladder"), dict)


def _name(field: JsonObject) -> str:
    return text(field, "path").removeprefix("/") or "(all)"


def _sign(field: JsonObject) -> str:
    if field.get("before") is None:
        return "+"
    return "-" if field.get("after") is None else "~"


def _value(change: JsonObject, field: JsonObject, style: Style, width: int, full: bool) -> list[str]:
    before, after = field.get("before"), field.get("after")
    path = raw(field, "path")
    if path == "/marker":
        return [_marker(before, after, full)]
    if path == "/assignments":
        audience = text(change, "audience")
        shown = targets.lines(before, after, style=style, width=width, full=full)
        return [f"audience {audience}", *shown] if audience else shown
    if isinstance(before, list | None) and isinstance(after, list | None) and (before or after):
        return _list(field, style, width, full)
    if before is None:
        return block(after, width=width)
    if _is_long_text(before) and _is_long_text(after):
        return _texts(str(before), str(after), style)
    changes = [d for d in objects(field, "details") if d.get("op") == "change"]
    if changes and isinstance(before, dict) and isinstance(after, dict):
        return [line for detail in changes for line in _member(detail, style, width)]
    return step(before, after, width=width)


def _list(field: JsonObject, style: Style, width: int, full: bool) -> list[str]:
    """Entries lost and gained, entries with other members, and how many stay."""
    before, after = entries(field, "before"), entries(field, "after")
    details = objects(field, "details")
    lost = [d.get("value") for d in details if d.get("op") == "remove"] if details else _without(before, after)
    gained = [d.get("value") for d in details if d.get("op") == "add"] if details else _without(after, before)
    shown = [line for value in lost for line in signed("-", block(value, width=width - 2), style)]
    shown += [line for value in gained for line in signed("+", block(value, width=width - 2), style)]
    for detail in (d for d in details if d.get("op") == "change"):
        shown += _member(detail, style, width)
    if not shown:
        return step(before, after, width=width)  # the same entries in another order, or one of them twice
    same = [each for each in after if each in before]
    if full:
        return [*shown, *(f"  {inline(each)}" for each in same)]
    return [*shown, style.paint(f"  ({len(same)} unchanged)", "dim")] if same else shown


def _without(some: list[Json], others: list[Json]) -> list[Json]:
    return [each for each in some if each not in others]


def _member(detail: JsonObject, style: Style, width: int) -> list[str]:
    name = text(detail, "path").removeprefix("/")
    before, after = detail.get("before"), detail.get("after")
    room = max(width - 4 - columns(name), 20)
    if before is None or after is None:
        first, *rest = block(after if before is None else before, width=room)
    else:
        first, *rest = step(before, after, width=room)
    return signed(_sign(detail), [f"{name}  {first}", *(f"  {line}" for line in rest)], style)


def _is_long_text(value: Json) -> bool:
    return isinstance(value, str) and 0 < value.count("\n") < _MOST_LINES


def _texts(before: str, after: str, style: Style) -> list[str]:
    """Two texts of several lines, line by line; lines that stay are shown, for they are few."""
    old, new = before.split("\n"), after.split("\n")
    shown: list[str] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        shown += _lines_of(" " if what == "equal" else "-", old[a:b], style)
        shown += _lines_of("+", new[c:d] if what != "equal" else [], style)
    return shown


def _lines_of(sign: str, some: list[str], style: Style) -> list[str]:
    return [line for each in some for line in signed(sign, [quoted(each)], style)]


def _marker(before: Json, after: Json, full: bool) -> str:
    """The ownership line in short: whose it is, and how many assignments it records."""
    old, new = _read(before), _read(after)
    if full or (old is None and new is None) or (old is None and before) or (new is None and after):
        return _plain_step(before, after)
    if old is None or new is None:
        return _marked(new) if new else f"{_marked(old)} -> none" if old else "none"
    return ", ".join(_marker_changes(old, new)) or _plain_step(before, after)


def _read(line: Json) -> marker.Marker | None:
    found = marker.parse(line)[1] if isinstance(line, str) else ()
    return found[0] if len(found) == 1 else None


def _plain_step(before: Json, after: Json) -> str:
    shown = [safe(value) if isinstance(value, str) else inline(value) for value in (before, after)]
    return shown[1] if before is None else " -> ".join(shown)


def _marked(found: marker.Marker) -> str:
    count = len(found.pairs)
    recorded = f", {count} assignment{'s' * (count > 1)} recorded" if count else ""
    return f"owned by {safe(found.owner)}" + recorded + (", protected from deletion" if found.protected else "")


def _marker_changes(old: marker.Marker, new: marker.Marker) -> Iterable[str]:
    if old.owner != new.owner:
        yield f"owned by {safe(old.owner)} -> {safe(new.owner)}"
    if old.address != new.address:
        yield f"{safe(str(old.address))} -> {safe(str(new.address))}"
    if old.pairs != new.pairs:
        yield f"recorded assignments {len(old.pairs)} -> {len(new.pairs)}" + _turnover(old.pairs, new.pairs)
    if old.protected != new.protected:
        yield "now protected from deletion" if new.protected else "no longer protected from deletion"


def _turnover(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    gained, lost = len(set(new) - set(old)), len(set(old) - set(new))
    return f" ({gained} gained, {lost} given up)" if gained and lost else ""
