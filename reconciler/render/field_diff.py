"""The fields of one change as lines of a diff: what goes with `-`, what comes with `+`, what changes inside with `!`.

Every line has its sign in the first column, which is what highlighters of `diff` look at; `!` is theirs, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Json, JsonObject
from . import fields
from .style import Style
from .values import block

_PLAIN = Style(width=100)
_WIDTH = 92
"""Columns of a value: a comment is narrower than a terminal."""
_DIFF = {"+": "+", "-": "-", "~": "!"}


def lines(change: JsonObject, *, full: bool = False) -> list[str]:
    """All fields but an order, which the ladder shows."""
    return [line for field in fields.shown_fields(change) for line in _lines(change, field, full)]


def _lines(change: JsonObject, field: JsonObject, full: bool) -> Iterator[str]:
    name, sign = fields.name_of(field), fields.sign_of(field)
    parts = fields.in_parts(change, field, style=_PLAIN, width=_WIDTH, full=full)
    before, after = field.get("before"), field.get("after")
    if parts is None:
        if before is not None:
            yield from _value("-", name, before)
        if after is not None or before is None:
            yield from _value("+", name, after)
    elif len(parts) == 1 and parts[0][:2] not in ("+ ", "- ", "~ "):
        yield f"{_DIFF[sign]} {name}: {parts[0]}"
    else:
        yield f"{_DIFF[sign] if sign != '~' else ' '} {name}:"
        yield from map(_shifted, parts)


def _value(sign: str, name: str, value: Json) -> Iterator[str]:
    first, *rest = block(value, width=_WIDTH)
    yield f"{sign} {name}: {first}"
    yield from (f"{sign} {line}" for line in rest)


def _shifted(line: str) -> str:
    """A part with its sign in the first column; a line that goes on with one has none."""
    sign = line[:1] if line[1:2] == " " else ""
    return f"{_DIFF[sign]}   {line[2:]}" if sign in _DIFF else f"  {line}" if sign else f"    {line}"
