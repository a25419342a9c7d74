"""Values to the YAML of a spec file, as people write it: short things on one line, long ones below each other.

Used by `import`, whose files are meant to be read and edited from then on. What is written means the same to every
reader of YAML: whatever is not plainly a word is quoted (`spec.scalars`). For files that are there already there are
`spec.style` and `spec.edit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Json, JsonObject
from . import field_order
from .field_order import Fields
from .scalars import RefusedScalarError, read_plain
from .text import hidden

WIDTH = 100
"""Columns that a value on one line may end at; a text of one line is never broken."""
_PLAIN = re.compile(r"[\w(/.$][^\n\t:#]*(?:(?:(?<=\S)#|:(?=\S))[^\n\t:#]*)*")
"""Plain on a line of its own: begins like a word, and has nothing that could end it."""
_ENDS_IN_FLOW = re.compile(r"[,\[\]{}]|:$|:\?")
"""What it must not have besides, between brackets."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(value: JsonObject, comments: tuple[str, ...] = ()) -> str:
    """The text of a file that holds this one document. `comments` stand before it, each a line."""
    head = "".join(f"# {line}\n" for line in comments)
    sorted_ = ordered(value, field_order.of_kind(str(value["kind"])))
    assert isinstance(sorted_, dict), "a mapping stays one"
    return head + "".join(f"{line}\n" for line in _mapping(sorted_, 0, top=True))


def ordered(value: Json, fields: Fields) -> Json:
    """The same value, its fields in the order of the schema."""
    if isinstance(value, list):
        return [ordered(each, fields.below(index)) for index, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {name: ordered(value[name], fields.below(name)) for name in sorted(value, key=fields.rank)}


def _mapping(value: JsonObject, indent: int, *, top: bool = False) -> Iterator[str]:
    for key, each in value.items():
        yield from _entry(f"{' ' * indent}{scalar(key)}:", each, indent, folds=not (top and key == "spec" and each))


def _entry(lead: str, value: Json, indent: int, *, folds: bool = True) -> Iterator[str]:
    """A value behind `lead`, which is `key:` or `-`: on its line where it is short, else below it."""
    if isinstance(value, str) and (block := _block(value, indent + 2)):
        yield f"{lead} |-"
        yield from block
        return
    line = _on_its_line(value, WIDTH - len(lead) - 1) if folds else None
    if line is not None:
        yield f"{lead} {line}"
    elif isinstance(value, dict):
        yield from _below(lead, _mapping(value, indent + 2))
    elif isinstance(value, list):
        items = (line for each in value for line in _entry(f"{' ' * (indent + 2)}-", each, indent + 2))
        yield from _below(lead, items)


def _below(lead: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines below their key; an entry of a list begins on the line of its dash."""
    yield f"{lead} {next(lines).lstrip()}" if lead.endswith("-") else lead
    yield from lines


def _on_its_line(value: Json, room: int) -> str | None:
    """A scalar, or a short collection that is read easily; None for what stands on lines of its own."""
    if not isinstance(value, dict | list):
        return scalar(value)
    line = flow(value) if _may_fold(value) else None
    return line if line is not None and len(line) <= room else None


def _may_fold(value: Json) -> bool:
    """Several mappings are read more easily below each other."""
    if isinstance(value, list):
        return sum(isinstance(each, dict) for each in value) < 2 and all(map(_may_fold, value))
    return all(map(_may_fold, value.values())) if isinstance(value, dict) else True


def _block(text: str, indent: int) -> list[str]:
    """The lines of a text as a literal block; none where it is of one line, or would not come back to the letter."""
    lines = text.split("\n")
    broken = any(line != line.rstrip() or "\t" in line or "\r" in line for line in lines)
    if len(lines) < 2 or broken or not lines[0] or lines[0] != lines[0].lstrip() or not lines[-1] or _has_hidden(text):
        return []
    return [f"{' ' * indent}{line}" if line else "" for line in lines]


def flow(value: Json) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, inside=True)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value, inside=True)


def scalar(value: Json, *, inside: bool = False) -> str:
    """A scalar: text without quotes where every reader takes it for that text. `inside`: between brackets."""
    if isinstance(value, str):
        return value if _is_plain(value) and not (inside and _ENDS_IN_FLOW.search(value)) else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text != text.strip() or _has_hidden(text):
        return False
    try:
        return read_plain(text) == text
    except RefusedScalarError:
        return False


def _has_hidden(text: str) -> bool:
    return not (text.isascii() and text.isprintable()) and any(hidden(text))


def _quoted(text: str) -> str:
    """In double quotes. What a reader would refuse is escaped: it is refused there too, and told with its name."""
    refused = {each.character for each in hidden(text)}
    escaped = (_escape(c) if c in refused else _ESCAPES.get(c, c) for c in text)
    return '"' + "".join(escaped) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    return _ESCAPES.get(character) or (f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}")
