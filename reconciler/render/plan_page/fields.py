"""The fields of one change as a table: a value before and after, or what was added to it and removed from it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ...model import Json, JsonObject
from .. import fields, page
from ..elements import NOTHING, Html, element, joined, lines
from ..safe import safe
from ..style import Style
from ..values import block
from .detail import Detail

_PLAIN = Style()
_ENDLESS = 1 << 30
"""Columns of a part: the browser breaks lines."""
_WIDTH = 48
"""Columns up to which a value of several members stands on one line."""
_LONG = 25
"""Lines of a value that are shown unfolded."""
_SHORT, _CLIP = 10, 200
"""Lines of a value, and characters of each, that are shown where a plan is very large."""
_TAGS = {"+": "ins", "-": "del", "~": "span"}
_SHOWN = {"+": "+ ", "-": "\u2212 ", "~": "~ "}

_Lines = list[tuple[str, str]]
"""Lines of a value, each with its sign, which is empty for what only stands there."""


def table(change: JsonObject, detail: Detail = Detail.WHOLE) -> Html:
    """All fields but an order, which has a picture; nothing where there are none."""
    shown = fields.shown_fields(change)
    if not shown:
        return NOTHING
    rows = [(field, _parts(change, field)) for field in shown]
    made = all(field.get("before") is None for field in shown)
    narrow = made or all(parts is not None for _, parts in rows)
    head = ("Field", "Value") if made else ("Field", "Change") if narrow else ("Field", "Before", "After")
    top = element("thead", element("tr", *(element("th", word, scope="col") for word in head)))
    body = element("tbody", lines(_row(field, parts, narrow, detail) for field, parts in rows))
    return element("table", top, body, class_="fields")


def _parts(change: JsonObject, field: JsonObject) -> list[str] | None:
    return fields.in_parts(change, field, style=_PLAIN, width=_ENDLESS, full=False)


def _row(field: JsonObject, parts: list[str] | None, narrow: bool, detail: Detail) -> Html:
    name = element("th", fields.name_of(field), scope="row")
    before, after = field.get("before"), field.get("after")
    if parts is not None:
        shown = _folded([*map(_part, parts)], detail)
        return element("tr", name, element("td", shown, colspan=None if narrow else 2))
    if narrow:
        return element("tr", name, element("td", _value(after, "+", detail)))
    then = element("td", _value(before, "-", detail), data_word="Before")
    return element("tr", name, then, element("td", _value(after, "+", detail), data_word="After"))


def _part(line: str) -> tuple[str, str]:
    """A line of `fields.in_parts` and its sign."""
    sign = line[0] if line[:2] in ("+ ", "- ", "~ ") else ""
    return sign, line[2:] if sign else line.strip()


def _value(value: Json, sign: str, detail: Detail) -> Html:
    if value is None:
        return element("span", "not set", class_="none")
    first, *rest = _lines(value)
    return _folded([(sign, first), *((f"{sign} ", f"  {line}") for line in rest)], detail)


def _lines(value: Json) -> Iterator[str]:
    """A text of several lines as it is written; any other value as people read JSON."""
    if isinstance(value, str) and "\n" in value:
        yield from value.split("\n")
    else:
        yield from block(value, width=_WIDTH)


def _folded(parts: _Lines, detail: Detail) -> Html:
    """The lines; of many, the first ones and the rest behind a title that unfolds them, or only how many there are."""
    if detail is Detail.BRIEF:
        left = len(parts) - _SHORT
        more = element("span", f"({left} more lines)", class_="same") if left > 0 else None
        return joined([_grouped([(sign, safe(line, limit=_CLIP)) for sign, line in parts[:_SHORT]]), more])
    if len(parts) <= _LONG + 5:
        return _grouped(parts)
    rest = page.fold(f"{len(parts) - _LONG} more", _grouped(parts[_LONG:]), class_="more")
    return joined([_grouped(parts[:_LONG]), rest])


def _grouped(parts: _Lines) -> Html:
    """Neighbours of one sign in one element, each on a line of its own: a page may have many thousands of them."""
    return joined(_group(sign, [*some]) for sign, some in groupby(parts, key=lambda part: part[0].strip()))


def _group(sign: str, parts: _Lines) -> Html:
    shown = lines(f"{_SHOWN.get(own, '')}{line}" for own, line in parts)
    return element(_TAGS.get(sign, "span"), shown, class_=None if sign in ("+", "-") else "altered" if sign else "same")
