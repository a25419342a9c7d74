"""Values as pieces of a text that is there already: behind a key or a dash, at its indentation. Used by `splices`.

Scalars and flow collections are those of `writing`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..model import Json
from .field_order import NONE, Fields
from .leaves import STEP, WIDTH
from .writing import flow, ordered, scalar


@dataclass(frozen=True, slots=True)
class Where:
    """Where lines stand: at which indentation, and in which fields; `texts` says whether a text of several lines may be
    written in block style, of which whatever follows at its indentation would become a part.
    """

    indent: int
    fields: Fields = NONE
    texts: bool = True

    def below(self, name: str | int) -> Where:
        """The place of what stands below this key or item."""
        return Where(self.indent + STEP, self.fields.below(name), self.texts)


@dataclass(frozen=True, slots=True)
class Written:
    """A value behind a key or a dash: what stands on that line, and the lines below it."""

    head: str
    lines: tuple[str, ...] = ()


def inline(value: Json, fields: Fields) -> str:
    """A value inside a flow collection, its fields in their order."""
    return flow(ordered(value, fields))


def written(value: Json, where: Where, *, used: int, block: bool = False) -> Written:
    """A value in a block collection, of which `used` columns are taken by the key or dash with the blank behind it.

    A collection is written in flow style where it fits, unless `block` is asked for or it is a list of several
    mappings, which read better one a line.
    """
    if isinstance(value, str) and where.texts and _is_paragraph(value):
        return _paragraph(value, where.indent)
    if not isinstance(value, dict | list):
        return Written(scalar(value))
    several = isinstance(value, list) and len(value) > 1 and any(isinstance(item, dict) for item in value)
    line = inline(value, where.fields)
    if not value or not (block or several or used + len(line) > WIDTH):
        return Written(line)
    return Written("", tuple(_lines(ordered(value, where.fields), where)))


def _lines(value: Json, where: Where) -> list[str]:
    if isinstance(value, dict):
        return [line for key, each in value.items() for line in field(key, each, where)]
    assert isinstance(value, list), "only collections have lines"
    return [line for each in value for line in item(each, where)]


def field(key: str, value: Json, where: Where) -> list[str]:
    """The lines of a key with its value, in a mapping at this place."""
    head = f"{' ' * where.indent}{scalar(key)}:"
    below = written(value, where.below(key), used=len(head) + 1)
    return [f"{head} {below.head}".rstrip(), *below.lines]


def item(value: Json, where: Where) -> list[str]:
    """The lines of a list item, in a list at this place."""
    below = behind_dash(written(value, where.below(0), used=where.indent + STEP))
    return [f"{' ' * where.indent}- {below.head}", *below.lines]


def behind_dash(value: Written) -> Written:
    """Behind a dash a block collection begins on the same line."""
    if value.head or not value.lines:
        return value
    return Written(value.lines[0].lstrip(), value.lines[1:])


def _is_paragraph(text: str) -> bool:
    """Whether a text of several lines can be written as such, and be read as the same."""
    told = text.removesuffix("\n").split("\n")
    return len(told) > 1 and all(line.isprintable() and line == line.strip() for line in told) and bool(told[-1])


def _paragraph(text: str, indent: int) -> Written:
    head = "|" if text.endswith("\n") else "|-"
    told = text.removesuffix("\n").split("\n")
    return Written(head, tuple(" " * indent + line if line else "" for line in told))
