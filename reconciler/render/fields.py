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
from .style import Style, columns, pad, paint_sign, signed, wrap
from .values import block, inline, step

INDENT = 6
_NARROW = 40
"""Columns for values, below which they stand below their names."""
_LONGEST = 24
"""Lines of one value that are shown, unless everything is unfolded."""
_CONTEXT = 2
"""Lines of a text that are shown before and after lines that change."""
_MOST_LINES = 100
"""Texts with more lines are not compared line by line, which takes the square of that."""


def lines(change: JsonObject, *, style: Style, full: bool = False) -> list[str]:
    """All fields of a change, their names in one column and their values in the next.

    Where that column would be narrow, a value that does not fit beside its name stands below it.
    """
    fields = shown_fields(change)
    names = [name_of(field) for field in fields]
    widest = max(map(columns, names), default=0)
    beside = style.width - INDENT - widest - 4
    below = beside < _NARROW and widest > 4
    start = INDENT + 4 if below else INDENT + 2 + widest + 2
    width = max(style.width - start, 30)
    shown: list[str] = []
    for name, field in zip(names, fields, strict=True):
        values = _folded(_value(change, field, style, width, full), full)
        head = f"{' ' * INDENT}{paint_sign(sign_of(field), style)} "
        if below and len(values) == 1 and columns(f"{name}  {values[0]}") <= style.width - INDENT - 2:
            shown.append(f"{head}{name}  {values[0]}")
        elif below:
            shown += [head + name, *(" " * start + line for line in values)]
        else:
            shown += [f"{head}{pad(name, widest)}  {values[0]}", *(" " * start + line for line in values[1:])]
    return shown


def _folded(shown: list[str], full: bool) -> list[str]:
    """The lines of a value; of very many the beginning, and how many more there are."""
    if full or len(shown) <= _LONGEST + 1:
        return shown
    return [*shown[:_LONGEST], f"({len(shown) - _LONGEST} more lines, --full shows them)"]


def shown_fields(change: JsonObject) -> list[JsonObject]:
    """The fields that are told one by one."""
    return [field for field in objects(change, "fields") if not _is_order(change, field)]


def _is_order(change: JsonObject, field: JsonObject) -> bool:
    """The ladder shows the order better than a field can."""
    return raw(field, "path") == "/order" and isinstance(change.get("ladder"), dict)


def name_of(field: JsonObject) -> str:
    """A field's name, as a path without its first slash."""
    return text(field, "path").removeprefix("/") or "(all)"


def sign_of(field: JsonObject) -> str:
    """What becomes of its value: `+`, `-` or `~`."""
    if field.get("before") is None:
        return "+"
    return "-" if field.get("after") is None else "~"


def _value(change: JsonObject, field: JsonObject, style: Style, width: int, full: bool) -> list[str]:
    before, after = field.get("before"), field.get("after")
    if (shown := in_parts(change, field, style=style, width=width, full=full)) is not None:
        return shown
    return block(after, width=width) if before is None else step(before, after, width=width)


def in_parts(change: JsonObject, field: JsonObject, *, style: Style, width: int, full: bool) -> list[str] | None:
    """A value that is told by its parts, each with its sign; None for one that is one value before and after."""
    before, after = field.get("before"), field.get("after")
    path = raw(field, "path")
    if path == "/marker":
        return [*_marker(before, after, full, width)]
    if path == "/assignments":
        audience = text(change, "audience")
        shown = targets.lines(before, after, style=style, width=width, full=full)
        return [f"audience {audience}", *shown] if audience else shown
    if isinstance(before, list | None) and isinstance(after, list | None) and (before or after):
        return _list(field, style, width, full)
    if _is_long_text(before) and _is_long_text(after):
        return _texts(str(before), str(after), style, full)
    changes = [d for d in objects(field, "details") if d.get("op") == "change"]
    if changes and isinstance(before, dict) and isinstance(after, dict):
        return [line for detail in changes for line in _member(detail, style, width)]
    return None


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
    return signed(sign_of(detail), [f"{name}  {first}", *(f"  {line}" for line in rest)], style)


def _is_long_text(value: Json) -> bool:
    return isinstance(value, str) and 0 < value.count("\n") < _MOST_LINES


def _texts(before: str, after: str, style: Style, full: bool) -> list[str]:
    """Two texts of several lines, line by line; of lines that stay those next to a change, or all with `full`."""
    old, new = before.split("\n"), after.split("\n")
    shown: list[str] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            first, last = (0, len(old)) if full else (_CONTEXT * (a > 0), _CONTEXT * (b < len(old)))
            shown += _staying(old[a:b], first, last, style)
        else:
            shown += [*_lines_of("-", old[a:b], style), *_lines_of("+", new[c:d], style)]
    return shown


def _staying(some: list[str], first: int, last: int, style: Style) -> list[str]:
    """Lines that stay: the first and the last of them, and how many are between."""
    left = len(some) - first - last
    if left <= 1:
        return _lines_of(" ", some, style)
    count = style.paint(f"  ({left} unchanged)", "dim")
    return [*_lines_of(" ", some[:first], style), count, *_lines_of(" ", some[len(some) - last :], style)]


def _lines_of(sign: str, some: list[str], style: Style) -> list[str]:
    return [line for each in some for line in signed(sign, [quoted(each)], style)]


def _marker(before: Json, after: Json, full: bool, width: int) -> Iterable[str]:
    """The ownership line in short: whose it is, and how many assignments it records; to the letter with `full`."""
    old, new = _read(before), _read(after)
    if full or (old is None and new is None) or (old is None and before) or (new is None and after):
        return _plain_step(before, after, width)
    if old is None or new is None:
        told = _marked(new) if new else f"{_marked(old)} -> none" if old else "none"
        return wrap(told, width=width, rest="  ")
    told = ", ".join(_marker_changes(old, new))
    return wrap(told, width=width, rest="  ") if told else _plain_step(before, after, width)


def _read(line: Json) -> marker.Marker | None:
    found = marker.parse(line)[1] if isinstance(line, str) else ()
    return found[0] if len(found) == 1 else None


def _plain_step(before: Json, after: Json, width: int) -> list[str]:
    """Both lines as they are, so that they can be copied."""
    old, new = (safe(value) if isinstance(value, str) else inline(value) for value in (before, after))
    if before is None:
        return [new]
    line = f"{old} -> {new}"
    return [line] if columns(line) <= width else [old, f"-> {new}"]


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
