"""JSON values as people read them: on one line where that fits, else as an indented block.

Members are sorted by name, because a saved plan has them so: it shall look like the plan that was saved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeGuard

from ..model import Json
from .safe import quoted
from .style import columns

_BARE_KEY = re.compile(r"[A-Za-z_@][A-Za-z0-9_.@-]*")
_PAIR = {"key", "type", "value"}
"""A typed key-value pair, as SSO extensions and app configurations have them."""
_DEEPEST = 12
"""Nothing that is managed is nested deeper; what is, is counted instead of shown."""


def inline(value: Json, depth: int = 0) -> str:
    """A value on one line; texts are quoted, keys are bare where they can be."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return f"({len(value)} entries, nested too deep to be shown)"
    if _is_pair(value):
        return f"{key(str(value['key']))} = {inline(value['value'], depth + 1)} ({_word(value['type'])})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(k)}: {inline(v, depth + 1)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(each, depth + 1) for each in value) + "]"
    return json.dumps(value)


def _is_pair(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict) and value.keys() == _PAIR and isinstance(value["key"], str)


def _word(value: Json) -> str:
    return value if isinstance(value, str) and _BARE_KEY.fullmatch(value) else inline(value)


def key(name: str) -> str:
    """A member's name."""
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def block(value: Json, *, width: int) -> list[str]:
    """A value as lines: one where that fits into `width` columns."""
    line = inline(value)
    if columns(line) <= width or not isinstance(value, dict | list) or not value or _is_pair(value):
        return [line]
    return [*_block(value, width=width)]


def _block(value: dict[str, Json] | list[Json], *, width: int) -> Iterator[str]:
    named = sorted(value.items()) if isinstance(value, dict) else ((None, each) for each in value)
    yield "{" if isinstance(value, dict) else "["
    for name, each in named:
        prefix = f"{key(name)}: " if name is not None else ""
        first, *rest = [inline(each)] if width < 2 * _DEEPEST else block(each, width=width - 2)
        yield f"  {prefix}{first}"
        yield from (f"  {line}" for line in rest)
    yield "}" if isinstance(value, dict) else "]"


def step(before: Json, after: Json, *, width: int) -> list[str]:
    """`before -> after`, on one line where that fits."""
    line = f"{inline(before)} -> {inline(after)}"
    if columns(line) <= width:
        return [line]
    first, *rest = block(after, width=width - 3)
    return [*block(before, width=width), f"-> {first}", *(f"   {line}" for line in rest)]
