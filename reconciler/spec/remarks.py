"""What stands between the values of a YAML text: comments, blank lines, and the signs that join values.

Read by `style` from the beginning of a text to its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .tree import Node, column, leaves

# Possessive: each takes linear time on any text.
_LINES: Final = re.compile(r"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+")
_CLOSING: Final = re.compile(r"([ \t\r]*+)(#[^\n]*+)?(?:\n|\Z)")
_MARKER: Final = re.compile(r"(---|\.\.\.)(?=[ \t\n]|\Z)")
_COMMENT: Final = re.compile(r"#[^\n]*")
_BLANKS: Final = re.compile(r"[ \t]*+")
BLANKS: Final = " \t\r"
"""What YAML takes for blank; other blanks, such as U+00A0, are text."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A line that holds a comment only, at its column from 0, or a blank line, without a text."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A comment behind a value on its line: its column, how many blanks are before it, and its text.

    `aligned` says that the line above or below has a comment in the same column.
    """

    column: int
    gap: int
    text: str
    aligned: bool


class UnexpectedError(ValueError):
    """Something else stands at `index` than the sign that was looked for."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Remarks:
    """A place in a text that moves forward. `at` is set behind each value by whoever has read it."""

    __slots__ = ("_again", "_text", "at")

    def __init__(self, text: str) -> None:
        self._text = text
        self._again: list[Remark] = []
        self.at = 0

    def lines(self) -> list[Remark]:
        """The comments and blank lines from here, whole lines only; several blank lines are one."""
        found = _LINES.match(self._text, self.at)
        assert found, "no line is a match, too"
        self.at = found.end()
        read, self._again = self._again, []
        for line in found[0].split("\n")[:-1]:
            comment = line.strip(BLANKS)
            if comment or not read or read[-1].text:
                read.append(Remark(len(line) - len(line.lstrip(BLANKS)), comment))
        return read

    def put_back(self, remarks: list[Remark]) -> None:
        """Let `lines` give these once more: they belong to what comes."""
        self._again = remarks

    def next_column(self) -> int:
        """The column of what stands next on this line; -1 where the document is over."""
        start = self._next()
        return -1 if start == len(self._text) or _MARKER.match(self._text, self.at) else start - self.at

    def closing(self) -> Closing | None:
        """The comment that ends this line, if it has one; if nothing else follows on it, the line is over."""
        found = _CLOSING.match(self._text, self.at)
        if not found:
            return None
        start, self.at = found.end(1), found.end()
        return self._closing(start, found) if found[2] else None

    def _closing(self, start: int, found: re.Match[str]) -> Closing:
        place = column(self._text, start)
        line = start - place
        above = self._text.rfind("\n", 0, line - 1) + 1 if line else None
        aligned = any(self._begins_comment(near, place) for near in (above, found.end()) if near is not None)
        return Closing(place, len(found[1]), found[2].rstrip(BLANKS), aligned)

    def _begins_comment(self, line: int, place: int) -> bool:
        """Whether one begins at this column of the line that begins at `line`."""
        index = line + place
        return self._text[index - 1 : index + 1] == " #" and "\n" not in self._text[line:index]

    def marker(self) -> str | None:
        """`---` or `...`, if it stands here."""
        found = _MARKER.match(self._text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found[0]

    def sign(self, sign: str) -> None:
        """Go behind this sign, which has to be the next thing on this line. Raises `UnexpectedError`."""
        start = self._next()
        if not self._text.startswith(sign, start):
            raise UnexpectedError(start)
        self.at = start + len(sign)

    def reach(self, index: int) -> None:
        """Go to a value, which has to be the next thing on this line. Raises `UnexpectedError`."""
        if (start := self._next()) != index:
            raise UnexpectedError(start)
        self.at = index

    def _next(self) -> int:
        found = _BLANKS.match(self._text, self.at)
        assert found, "no blank is a match, too"
        return found.end()


def comments(text: str, roots: Iterable[Node], start: int = 0, end: int | None = None) -> list[str]:
    """Every comment from `start` to `end`, sorted: what begins with a hash sign between leaves, or in the head of one.

    `roots` are what stands there.
    """
    told, at = [], start
    for leaf in (leaf for root in roots for leaf in leaves(root)):
        head = text[leaf.start : text.find("\n", leaf.start)] if leaf.style in {"|", ">"} else ""
        told += [text[at : leaf.start], head, "\n"]
        at = leaf.end
    return sorted(found.rstrip(BLANKS) for found in _COMMENT.findall("".join([*told, text[at:end]])))


def placed(remarks: Iterable[Remark], indent: int) -> list[str]:
    """The lines of remarks that stand at this indentation."""
    return [" " * indent + remark.text if remark.text else "" for remark in remarks]


def without_outer_blanks(lines: list[str], *, end: bool = False) -> list[str]:
    """The lines without blank ones at the beginning, and at the end where that is asked for."""
    first = next((place for place, line in enumerate(lines) if line), len(lines))
    last = next((place for place in range(len(lines), first, -1) if lines[place - 1]), first) if end else len(lines)
    return lines[first:last]
