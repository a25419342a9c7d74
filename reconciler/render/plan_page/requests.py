"""The raw requests of one change, folded: method, path, and the body as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ...model import Json, JsonObject
from .. import fields, page
from ..elements import NOTHING, Html, element, joined, lines
from ..members import number, objects, raw
from ..plan_text import ranges
from ..style import plural
from .detail import Detail

_WIDTH = 132
"""Characters up to which an array or an object stands on one line."""
_REPEATED = 3
"""Entries of a list that are repeated in every page."""
_DEEPEST = 40
"""No body is nested deeper; what is, is not shown."""


def folded(change: JsonObject, total: int, detail: Detail = Detail.WHOLE) -> Html:
    """The requests of a change, of `total` in the whole plan; nothing where it has none."""
    operations = objects(change, "operations")
    if not operations:
        return NOTHING
    steps = sorted(step for each in operations if (step := number(each, "step")))
    turn = element("span", f"({ranges(steps)} of {total})", class_="soft") if steps else None
    listed = element("ol", *(element("li", _request(each, change, detail)) for each in operations), class_="requests")
    return page.fold(joined([plural(len(operations), "request"), turn], " "), listed, class_="more")


def _request(operation: JsonObject, change: JsonObject, detail: Detail) -> Html:
    method = element("b", raw(operation, "method"))
    line = element("p", element("code", joined([method, raw(operation, "path")], " ")))
    body = _body(operation["body"], change, detail) if "body" in operation else None
    return joined([line, body])


def _body(body: Json, change: JsonObject, detail: Detail) -> Html:
    if detail is Detail.BRIEF:
        return element("p", f"with a body of {sum(map(len, as_json(body)))} characters", class_="soft")
    return element("pre", lines(as_json(body if detail is Detail.WHOLE else _once(body, _told(change)))))


def _told(change: JsonObject) -> dict[str, str]:
    """The long values in the table of a change, with the names of their fields."""
    values = ((field.get("after"), fields.name_of(field)) for field in fields.shown_fields(change))
    return {json.dumps(value): name for value, name in values if _is_long(value)}


def _is_long(value: Json) -> bool:
    return (isinstance(value, list) and len(value) > _REPEATED) or (isinstance(value, str) and len(value) > _WIDTH)


def _once(value: Json, told: Mapping[str, str], depth: int = 0) -> Json:
    """A value with the name of a field instead of whatever that field shows already."""
    if _is_long(value) and (name := told.get(json.dumps(value))):
        return f"({len(value)} entries, as {name} above)" if isinstance(value, list) else f"(as {name} above)"
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return {key: _once(each, told, depth + 1) for key, each in value.items()}
    return [_once(each, told, depth + 1) for each in value] if isinstance(value, list) else value


def as_json(value: Json, width: int = _WIDTH, depth: int = 0, before: int = 0) -> list[str]:
    """A value as lines of JSON; what is short stands on one line. Members by name, as a saved plan has them.

    `before` is how many characters stand before it on its first line.
    """
    if not isinstance(value, dict | list) or not value:
        return [json.dumps(value, ensure_ascii=False)]
    if depth > _DEEPEST:
        return [f'"({len(value)} entries, nested too deep to be shown)"']
    line = "" if _is_large(value, width) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if line and len(line) + before <= width:
        return [line]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return [first, *(f"  {each}" for each in _members(value, width - 2, depth)), last]


def _is_large(value: dict[str, Json] | list[Json], width: int) -> bool:
    """Whether a value is sure not to fit on a line, or would be hard to read on one."""
    inner = value.values() if isinstance(value, dict) else value
    return len(value) * 3 > width or any(isinstance(each, dict | list) and _holds_more(each) for each in inner)


def _holds_more(value: Json) -> bool:
    """Whether something is nested so that a line of it would be hard to read."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, dict | list) and each for each in inner)


def _members(value: dict[str, Json] | list[Json], width: int, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        named = [(json.dumps(key, ensure_ascii=False) + ": ", value[key]) for key in sorted(value)]
    elif any(isinstance(each, dict | list) for each in value):
        named = [("", each) for each in value]
    else:
        yield from _packed(value, width)
        return
    for index, (prefix, each) in enumerate(named, 1):
        first, *rest = as_json(each, width, depth + 1, len(prefix) + 1)
        *some, last = [prefix + first, *rest]
        yield from some
        yield last + ("," if index < len(named) else "")


def _packed(values: list[Json], width: int) -> Iterator[str]:
    """Plain values, as many on a line as fit."""
    line = ""
    for index, each in enumerate(values, 1):
        shown = json.dumps(each, ensure_ascii=False) + ("," if index < len(values) else "")
        if line and len(line) + 1 + len(shown) > width:
            yield line
            line = ""
        line = f"{line} {shown}" if line else shown
    yield line
