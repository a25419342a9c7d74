"""A spec file in the style of this project: the order of fields, indentation, blanks, quotes. Comments stay.

What is settled: fields in the order of their schema, two spaces of indentation, lists indented below their key, one
blank between parts, double instead of single quotes where nothing has to be escaped, at most one blank line in a row,
a flow collection that is too long for its line one entry a line, LF, and a line end at the end. What is kept: every
comment, the order of lists, what is quoted, whether a short collection is written in flow or in block style, flow
collections over several lines, and the lines of texts.

A comment belongs to what follows it; to what stands before it if it is indented deeper than what follows, or if it
stands directly below that and a blank line follows. One behind a value keeps its distance, or its column if the line
above or below has one there, too; those that go on in that column stay below it. The comment at the head of a document
stays there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..diagnostics import Diagnostic, Severity
from . import field_order, source, tree
from .field_order import Fields
from .leaves import STEP, WIDTH, broken, flow_text, has_parts, is_one_line, joined, leaf_lines, scalar_text
from .remarks import Closing, Remark, Remarks, UnexpectedError, comments, placed, without_outer_blanks
from .text import SourceText, decode
from .tree import Entry, Mapping, Node, Scalar, Sequence, column, is_block

RULES: Final = {
    "FMT101": "A key is written in a form that is not formatted: with `?`, or over several lines.",
    "FMT102": "Formatting would have changed what the file says, or lost a comment; it was left as it is.",
}
_HEADS: Final = ("apiVersion", "kind")
_ITEM: Final = re.compile(r"#[ \t]*-[ \t]")
_ITEM_LINE: Final = re.compile(r"#[ \t]*-[ \t]|#[ \t]{2}")


class NotFormattedError(ValueError):
    """The text has findings, and is left alone. Carries them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(found.message for found in self.diagnostics))


def formatted(text: str, name: str) -> str:
    """The text in the style of this project; the same where it is already. `name` is what findings call the file.

    What it says, as `spec.source` reads it, and every comment stay the same. Raises `NotFormattedError` where the text
    is not one that `spec.source` reads without a finding, or is written in a way that cannot be formatted.
    """
    return restyled(name, text.encode("utf-8", "surrogatepass")).decode("utf-8")


def restyled(name: str, data: bytes) -> bytes:
    """As `formatted`, of the bytes of a file."""
    said = _said(name, data)
    text = tree.with_line_end(decode(data).replace("\r\n", "\n"))
    roots = tree.roots(text)
    try:
        styled = "".join(f"{line}\n" for line in _Layout(text).lines(roots))
    except UnexpectedError as error:
        raise NotFormattedError([_not_formatted(text, name, error.index)]) from error
    changed = styled.encode()
    if changed == data:
        return data
    if _said(name, changed) != said or comments(styled, tree.roots(styled)) != comments(text, roots):
        message = "formatting would change what this file says, or lose a comment, so it was left as it is"
        place = SourceText(name, text).position(0)
        raise NotFormattedError([Diagnostic(Severity.ERROR, "FMT102", message, "please report it", place)])
    return changed


def _said(name: str, data: bytes) -> str:
    """The values of all documents with their numbers, so that 1, 1.0 and true differ. Raises `NotFormattedError`."""
    documents, findings = source.load(name, data)
    if findings:
        raise NotFormattedError(findings)
    return json.dumps([[document.index, document.value] for document in documents], sort_keys=True)


def _not_formatted(text: str, name: str, index: int) -> Diagnostic:
    message = "a key that is written with `?`, or over several lines, is not formatted"
    place = SourceText(name, text).position(index)
    return Diagnostic(Severity.ERROR, "FMT101", message, "write key: value, on one line", place)


@dataclass(slots=True)
class _Part:
    """An entry or item: the remarks above it, and its lines.

    `text` says that its value is a text in block style; `kept` that it ends in one whose blank lines at the end count.
    """

    name: str | int
    above: list[Remark]
    lines: list[str]
    text: bool
    kept: bool

    def add(self, below: list[str]) -> None:
        """Remarks that stand below it."""
        if any(below):
            self.lines += below[1:] if self.kept and not below[0] else below
            self.kept = False


class _Layout:
    """One text being written anew, from its beginning to its end.

    Every block collection stands two columns deeper than the one around it; its `depth` is how many are around it.
    """

    __slots__ = ("_beside", "_columns", "_kept", "_remarks", "_tail", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._remarks = Remarks(text)
        self._columns: list[int] = [0]
        """By depth, the column at which the collection stood that was written last."""
        self._kept = False
        """Whether the collection that was written last ends in a text whose blank lines at the end count."""
        self._tail: list[Remark] = []
        self._beside: tuple[int, int] | None = None
        """The column of the comment behind the value that was written last, if it has one, and the one that it got."""

    def lines(self, roots: Iterable[Node]) -> list[str]:
        """The lines of the file, of which these are the documents."""
        lines: list[str] = []
        for root in roots:
            head = self._head(lines)
            if isinstance(root, Scalar):  # an empty document
                lines += placed(head, 0)
                continue
            lines += self._root(root, head)
            self._add(lines, self._rest(self._tail))
        return lines + self._rest(self._head(lines))

    def _head(self, lines: list[str]) -> list[Remark]:
        """The remarks at the head of the next document; what stands before its marker is written to `lines`."""
        while True:
            remarks = self._remarks.lines()
            remarks = remarks if not remarks or remarks[0].text else remarks[1:]
            if not (marker := self._remarks.marker()):
                return remarks
            lines += [*placed(remarks, 0), _closed(marker, self._remarks.closing())]

    def _rest(self, remarks: list[Remark]) -> list[str]:
        """Remarks behind a document: the file does not end in a blank line."""
        if remarks and not remarks[-1].text and self._remarks.at == len(self._text):
            remarks = remarks[:-1]
        return placed(remarks, 0)

    def _root(self, root: Node, head: list[Remark]) -> list[str]:
        kind = root.entry("kind") if isinstance(root, Mapping) else None
        fields = field_order.of_kind(kind.value.value if kind and isinstance(kind.value, Scalar) else "")
        if is_block(root):
            return self._block(root, 0, fields, head)
        self._remarks.reach(root.start)
        lines = self._leaf("", root, 0, fields)
        self._tail = self._remarks.lines()
        return [*placed(head, 0), *lines]

    # Block collections

    def _block(self, node: Node, depth: int, fields: Fields, head: list[Remark]) -> list[str]:
        """The lines of a block collection. `head` stands before it, and is read already."""
        self._columns[depth:] = [column(self._text, node.start)]
        head, above = _divided(head, node, root=depth == 0)
        parts: list[_Part] = []
        for name, each in _parts(node):
            if parts:
                above = self._below(self._remarks.lines(), depth, parts[-1])
            parts.append(self._part(name, each, depth, fields.below(name), above))
        rest = self._end(depth, parts[-1], listed=isinstance(node, Sequence))
        if isinstance(node, Mapping):
            parts = _in_order(parts, fields)
        lines, self._kept = placed(head, depth * STEP), False
        for part in parts:
            self._add(lines, placed(part.above, depth * STEP))
            lines += part.lines
            self._kept = part.kept
        self._add(lines, placed(rest, depth * STEP))
        return without_outer_blanks(lines)

    def _add(self, lines: list[str], more: list[str]) -> None:
        """Add remarks; without a first blank line where that would become part of a text, or be the second."""
        blank = bool(more) and not more[0] and (self._kept or lines[-1:] == [""])
        lines += more[1:] if blank else more
        self._kept = self._kept and not any(more)

    def _below(self, remarks: list[Remark], depth: int, before: _Part) -> list[Remark]:
        """The remarks without those that belong to the part before, which are written below it."""
        count = len(remarks)
        remarks = self._deeper(remarks, depth, before)
        blank = next((place for place, remark in enumerate(remarks) if not remark.text), 0)
        if len(remarks) == count or (remarks and remarks[0].text):
            before.add(placed(remarks[:blank], depth * STEP))
            return remarks[blank:]
        return remarks

    def _deeper(self, remarks: list[Remark], depth: int, before: _Part) -> list[Remark]:
        """Likewise, of the first ones those that are indented deeper than the parts of this collection."""
        continued, remarks = self._continued(remarks)
        before.add(continued)
        count = _first(remarks, self._columns[depth] + 1)
        # Below a text in block style they would become part of it.
        before.add(placed(remarks[:count], (depth if before.text else depth + 1) * STEP))
        return remarks[count:]

    def _continued(self, remarks: list[Remark]) -> tuple[list[str], list[Remark]]:
        """The first remarks as lines, if they go on in the column of a comment behind a value, and the others."""
        old, new = self._beside or (-1, -1)
        self._beside = None
        count = next((place for place, each in enumerate(remarks) if each.column != old or not each.text), len(remarks))
        return placed(remarks[:count], new), remarks[count:]

    def _end(self, depth: int, last: _Part, *, listed: bool) -> list[Remark]:
        """The remarks at the end of a collection that are indented as its parts are, and deeper than what follows.

        Behind the root they are kept for `lines`. In a list whose dashes stand in the column of its key, only items
        that are comments belong to it.
        """
        remarks = self._remarks.lines()
        if depth == 0:
            self._tail = self._deeper(remarks, depth, last)
            return []
        if listed and self._columns[depth] == self._columns[depth - 1]:
            count = _first(remarks, self._columns[depth] + 1)
            count += _items(remarks[count:])
        else:
            count = _first(remarks, max(self._columns[depth], self._remarks.next_column() + 1))
        self._remarks.put_back(remarks[count:])
        return self._deeper(remarks[:count], depth, last)

    def _part(self, name: str | int, part: Entry | Node, depth: int, fields: Fields, above: list[Remark]) -> _Part:
        lines = self._lines_of(part, depth, fields)
        value = part.value if isinstance(part, Entry) else part
        text = isinstance(value, Scalar) and value.style in {"|", ">"}
        kept = self._kept if is_block(value) else text and "+" in self._text[value.start : value.start + 3]
        return _Part(name, above, lines, text, kept)

    def _lines_of(self, part: Entry | Node, depth: int, fields: Fields) -> list[str]:
        indent = " " * (depth * STEP)
        if not isinstance(part, Entry):
            self._remarks.sign("-")
            return self._value(f"{indent}-", part, depth, fields)
        self._remarks.reach(part.key.start)
        if not is_one_line(self._text, part.key):
            raise UnexpectedError(part.key.start)
        self._remarks.at = part.key.end
        self._remarks.sign(":")
        return self._value(f"{indent}{scalar_text(self._text, part.key)}:", part.value, depth, fields)

    def _value(self, opening: str, node: Node, depth: int, fields: Fields) -> list[str]:
        """The lines of a value, and of the key or dash before it."""
        closing = self._remarks.closing()
        opened = [self._commented(opening, closing, depth)]
        if isinstance(node, Scalar) and node.empty:
            return opened
        remarks = self._remarks.lines()
        if opening[-1] == ":":  # behind a dash a comment stands in the column of those below it
            continued, remarks = self._continued(remarks)
            opened += continued
        if is_block(node):
            lines = self._block(node, depth + 1, fields, remarks)
            return [*opened, *lines] if closing or opening[-1] == ":" else joined(opening, lines)
        self._remarks.reach(node.start)
        if closing or any(remark.text for remark in remarks):
            indent = " " * ((depth + 1) * STEP)
            above = without_outer_blanks(placed(remarks, len(indent)))
            lines = [*above, *self._leaf(indent, node, depth, fields)]
            return [*opened, *lines] if closing or opening[-1] == ":" else joined(opening, lines)
        return self._leaf(f"{opening} ", node, depth, fields)

    # Leaves

    def _leaf(self, opening: str, node: Node, depth: int, fields: Fields) -> list[str]:
        """The lines of a leaf behind `opening`."""
        self._remarks.at = node.end
        closing = self._remarks.closing()
        if not is_one_line(self._text, node):
            before = self._columns[depth]
            first, *rest = leaf_lines(self._text, node, indent=depth * STEP, before=before, start=len(opening))
            lines = [opening + first, *rest]
            return [*lines[:-1], self._commented(lines[-1], closing, depth)]
        line = opening + flow_text(self._text, node, fields)
        if len(line) <= WIDTH or not has_parts(node):
            return [self._commented(line, closing, depth)]
        return self._broken(opening, node, depth, fields, closing)

    def _broken(self, opening: str, node: Node, depth: int, fields: Fields, closing: Closing | None) -> list[str]:
        """The lines of a flow collection that is too long for one line."""
        opened = opening.rstrip()
        indent = (depth + 1) * STEP if opened else len(opening)
        lines = broken(self._text, node, indent, fields)
        if opened.endswith(":"):
            return [_closed(opened, closing), *lines]
        above = [" " * indent + closing.text] if closing else []
        return joined(opened, [*above, *lines]) if opened else [*above, *lines]

    def _commented(self, line: str, closing: Closing | None, depth: int) -> str:
        """A line with its comment, in the column where it stood if that was `aligned`."""
        column = closing.column + depth * STEP - self._columns[depth] if closing and closing.aligned else 0
        line = _closed(line, closing, column=column)
        self._beside = (closing.column, len(line) - len(closing.text)) if closing else None
        return line


def _parts(node: Node) -> list[tuple[str | int, Entry | Node]]:
    """The entries of a mapping by key, or the items of a list by index."""
    if isinstance(node, Mapping):
        return [(entry.key.value, entry) for entry in node.entries]
    return [] if isinstance(node, Scalar) else [*enumerate(node.items)]


def _in_order(parts: list[_Part], fields: Fields) -> list[_Part]:
    """The parts in the order of their fields. A blank line above what comes first is put above what was first."""
    ordered = sorted(parts, key=lambda part: fields.rank(str(part.name)))
    first, last = ordered[0], parts[0]
    if first is not last and first.above and not first.above[0].text:
        first.above, last.above = first.above[1:], [first.above[0], *last.above]
    return ordered


def _items(remarks: list[Remark]) -> int:
    """How many of the first remarks are items of a list that were made comments."""
    found = (place for place, each in enumerate(remarks) if not (_ITEM if place == 0 else _ITEM_LINE).match(each.text))
    return next(found, len(remarks))


def _first(remarks: list[Remark], least: int) -> int:
    """How many of the first remarks are comments at this column or behind, and blank lines between these."""
    count = 0
    for place, remark in enumerate(remarks):
        if remark.text and remark.column < least:
            break
        count = place + 1 if remark.text else count
    return count


def _divided(head: list[Remark], node: Node, *, root: bool) -> tuple[list[Remark], list[Remark]]:
    """Remarks before a collection: those about all of it, up to the last blank line, and those about its first part.

    Before a document without a blank line, or with its kind first, all are about the document.
    """
    blank = max((place + 1 for place, remark in enumerate(head) if not remark.text), default=0)
    if root and (not blank or (isinstance(node, Mapping) and node.entries[0].key.value in _HEADS)):
        blank = len(head)
    return head[:blank], head[blank:]


def _closed(line: str, closing: Closing | None, *, column: int = 0) -> str:
    """A line with its comment: at this column if one is told, else as far behind as it stood; at least one blank."""
    if not closing:
        return line
    gap = column - len(line) if column else closing.gap
    return line + " " * max(gap, 1) + closing.text
