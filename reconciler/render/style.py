"""How text is laid out: width, colour, columns, wrapped prose, and the page that all lines end up on.

Used by every text renderer. Colour only ever repeats what the words say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .safe import without_commands

Ink = Literal["bold", "dim", "red", "green", "yellow", "blue", "magenta", "cyan"]
_CODES: dict[Ink, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_SIGNS: dict[str, Ink] = {"+": "green", "-": "red", "~": "yellow", "!": "red"}
_NARROWEST = 40
"""Below this, wrapping costs more than it gives."""


@dataclass(frozen=True, slots=True)
class Style:
    """What the reader's screen can do. `width` is in columns and bounds prose and tables, never values."""

    color: bool = False
    width: int = 100

    def paint(self, text: str, *inks: Ink) -> str:
        """The text in colour, or as it is."""
        if not (self.color and text and inks):
            return text
        return f"\x1b[{';'.join(_CODES[ink] for ink in inks)}m{text}\x1b[0m"


PLAIN = Style()
"""No colour, and the usual width."""


def columns(text: str) -> int:
    """How many columns a text takes in a terminal (Unicode standard annex 11; combining marks take none)."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad(text: str, width: int) -> str:
    """The text, filled with blanks up to `width` columns."""
    return text + " " * (width - columns(text))


def wrap(text: str, *, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Prose in lines of at most `width` columns, broken at blanks. A longer word stays whole, so that it can be copied.

    The first line begins with `first`, the others with `rest` (else with as many blanks).
    """
    rest = " " * columns(first) if rest is None else rest
    lines: list[str] = []
    line, begun = first, False
    for word in text.split(" "):
        if begun and columns(line) + 1 + columns(word) > max(width, _NARROWEST):
            lines.append(line)
            line, begun = rest, False
        line, begun = (f"{line} {word}" if begun else line + word), True
    return [*lines, line]


def joined(parts: Iterable[str], *, width: int) -> list[str]:
    """The parts in lines of at most `width` columns, with commas, broken between parts only."""
    first, *others = parts
    shown = [first]
    for part in others:
        if columns(shown[-1]) + 3 + columns(part) <= width:
            shown[-1] += f", {part}"
        else:
            shown[-1] += ","
            shown.append(f"  {part}")
    return shown


def page(lines: Iterable[str]) -> str:
    """The lines as one text. The last guard: whatever a line holds, it stays one line and is nobody's command."""
    return "".join(without_commands(line.rstrip(" ")).replace("\n", " ") + "\n" for line in lines)


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 request`, `2 requests`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def signed(sign: str, block: list[str], style: Style) -> list[str]:
    """A block of lines with its sign before the first."""
    first, *rest = block
    return [f"{paint_sign(sign, style)} {first}", *(f"  {line}" for line in rest)]


def paint_sign(sign: str, style: Style) -> str:
    """A sign in its colour: green gains, red loses, yellow changes."""
    if sign == "-/+":
        return style.paint("-", "red") + "/" + style.paint("+", "green")
    ink = _SIGNS.get(sign)
    return style.paint(sign, ink) if ink else sign
