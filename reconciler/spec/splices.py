"""From the value that a document has to another one, as replaced pieces of its text. Called by `edit` alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from ..model import Json, JsonObject
from . import field_order, notation, tree
from .field_order import Fields
from .flow_splices import Flow, Splice, pairs, same, spliced
from .leaves import STEP, WIDTH
from .notation import behind_dash
from .remarks import Remark, Remarks
from .tree import Entry, Node, Scalar, column, is_block


def changed(text: str, index: int, before: Json, after: JsonObject) -> str:
    """The text in which document `index`, whose value is `before`, has the value `after`.

    Raises `remarks.UnexpectedError` for a key that is written with `?`, and `flow_splices.CommentError`.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    text = tree.with_line_end(text)
    root = tree.roots(text)[index]
    place = _Place(root, root.start, 0, False, field_order.of_kind(str(after.get("kind"))))
    return spliced(text, _Changes(text, end).value(place, before, after))


@dataclass(frozen=True, slots=True)
class _Place:
    """A value in a block collection. `opening` is the end of the colon or dash before it; `indent` is that of its
    lines, if it has some of its own.
    """

    node: Node
    opening: int
    indent: int
    dash: bool
    fields: Fields


class _Changes:
    __slots__ = ("_end", "_flow", "_text")

    def __init__(self, text: str, end: str) -> None:
        self._text = text
        self._end = end
        self._flow = Flow(text, end)

    def value(self, place: _Place, before: Json, after: Json) -> Iterator[Splice]:
        """What makes `before`, which stands at the place, `after`."""
        node = place.node
        if same(before, after):
            return
        if not is_block(node):
            yield from self._leaf(place, before, after)
        elif isinstance(node, tree.Mapping) and isinstance(before, dict) and isinstance(after, dict):
            yield from self._entries(place, node, before, after)
        elif isinstance(node, tree.Sequence) and isinstance(before, list) and isinstance(after, list):
            yield from self._items(place, node, before, after)
        else:
            yield from self._replaced(place, after)

    # Whole values

    def _leaf(self, place: _Place, before: Json, after: Json) -> Iterator[Splice]:
        """A flow collection stays one as long as it fits on its line, and where it never did."""
        node = place.node
        if not isinstance(node, Scalar) and after and type(before) is type(after):
            text = self._flow.value(node, before, after, place.fields)
            longest = max(WIDTH, column(self._text, node.end))
            if "\n" in text or column(self._text, node.start) + len(text) <= longest:
                yield Splice(node.start, node.end, text)
                return
        yield from self._replaced(place, after)

    def _replaced(self, place: _Place, after: Json) -> Iterator[Splice]:
        node, block = place.node, is_block(place.node)
        used = column(self._text, place.opening) + 1
        new = notation.written(after, self._around(place), used=used, block=block)
        new = behind_dash(new) if place.dash else new
        head, below = f" {new.head}".rstrip(), "".join(line + self._end for line in new.lines)
        if not block and not below and place.opening != node.start:
            yield Splice(node.start, node.end, new.head)
        elif self._is_beside(place):
            yield Splice(place.opening, self._line_end(node.end) if block else node.end, head)
            yield Splice(self._next_line(node.end), self._next_line(node.end), below)
        else:
            yield Splice(place.opening, place.opening, head)
            start = self._line(node.start)
            if head:  # before any comment, which may otherwise become part of a text
                yield Splice(self._next_line(place.opening), self._next_line(place.opening), below)
            comment = "" if block else self._text[node.end : self._line_end(node.end)].strip()
            kept = f"{' ' * place.indent}{comment}{self._end}" if comment else ""
            yield Splice(start, self._next_line(node.end), kept if head else kept + below)

    def _around(self, place: _Place) -> notation.Where:
        """Where a new value goes. A text in block style would take comments of an old one on a line of its own."""
        near = [self._next_line(place.opening), self._next_line(place.node.end)]
        where = self._where(near, place.indent, place.fields)
        return where if is_block(place.node) or self._is_beside(place) else replace(where, texts=False)

    # Mappings

    def _entries(self, place: _Place, node: tree.Mapping, before: JsonObject, after: JsonObject) -> Iterator[Splice]:
        kept = [entry for entry in node.entries if entry.key.value in after]
        if not kept:
            yield from self._replaced(place, after)
            return
        for entry in kept:
            name = entry.key.value
            yield from self.value(self._at(entry, place.fields.below(name)), before[name], after[name])
        yield from self._without(node, kept)
        for name in sorted(after.keys() - before.keys(), key=lambda name: (place.fields.rank(name), name)):
            yield self._with(place, node, kept, name, after[name])

    def _at(self, entry: Entry, fields: Fields) -> _Place:
        remarks = Remarks(self._text)
        remarks.at = entry.key.end
        remarks.sign(":")
        own, below = column(self._text, entry.key.start), column(self._text, entry.value.start)
        indent = below if is_block(entry.value) and below > own else own + STEP
        return _Place(entry.value, remarks.at, indent, False, fields)

    def _without(self, node: tree.Mapping, kept: list[Entry]) -> Iterator[Splice]:
        """Take the other entries out, each with its lines."""
        entries = list(node.entries)
        if not self._begins_line(node.start) and entries[0] is not kept[0]:  # behind a dash, which has to stay
            gone = list(takewhile(lambda entry: entry is not kept[0], entries))
            line, indent = self._line(node.start), " " * column(self._text, self._line_text(node.start))
            yield Splice(line, line, "".join(f"{indent}{each}{self._end}" for each in self._comments(gone)))
            yield Splice(node.start, kept[0].key.start)
            entries = entries[len(gone) :]
        for entry in (entry for entry in entries if entry not in kept):
            yield self._gone(entry.key.start, entry.value)

    def _comments(self, entries: list[Entry]) -> Iterator[str]:
        """The comments on lines of their own behind each entry."""
        remarks = Remarks(self._text)
        for entry in entries:
            remarks.at = entry.value.end
            remarks.closing()
            yield from (remark.text for remark in remarks.lines() if remark.text)

    def _with(self, place: _Place, node: tree.Mapping, kept: list[Entry], name: str, value: Json) -> Splice:
        """A new entry, behind the last one that stands before it in the order of fields."""
        indent = column(self._text, node.start)
        rank = place.fields.rank(name)
        before = [entry for entry in kept if place.fields.rank(entry.key.value) <= rank]
        compact = not before and not self._begins_line(node.start)
        index = self._end_of(before[-1].key.start, before[-1].value) if before else self._first_line(place)
        where = self._where([index], indent, place.fields)
        lines = "".join(line + self._end for line in notation.field(name, value, where))
        if compact:
            return Splice(node.start, node.start, lines.lstrip() + " " * indent)
        return Splice(index, index, lines)

    # Lists

    def _items(self, place: _Place, node: tree.Sequence, before: list[Json], after: list[Json]) -> Iterator[Splice]:
        paired = pairs(before, after)
        whole = all(old is not None and new is not None for old, new in paired)
        if not after or not (whole or self._begins_line(node.start)):
            yield from self._replaced(place, after)
            return
        below = place.fields.below(0)
        places = list(self._dashed(node, below))
        index = self._first_line(place)
        for old, new in paired:
            if old is None:
                where = self._where([index], column(self._text, node.start), place.fields)
                lines = "".join(line + self._end for line in notation.item(after[new or 0], where))
                yield Splice(index, index, lines)
                continue
            index = self._end_of(places[old].opening - 1, node.items[old])
            if new is None:
                yield self._gone(places[old].opening - 1, node.items[old])
            else:
                yield from self.value(places[old], before[old], after[new])

    def _dashed(self, node: tree.Sequence, fields: Fields) -> Iterator[_Place]:
        remarks = Remarks(self._text)
        remarks.at = node.start
        for item in node.items:
            remarks.closing()
            remarks.lines()
            remarks.sign("-")
            opening = remarks.at
            later = is_block(item) and "\n" in self._text[opening : item.start]
            indent = column(self._text, item.start if later else opening) + (0 if later else STEP - 1)
            yield _Place(item, opening, indent, not later, fields)
            remarks.at = item.end

    # Places

    def _gone(self, start: int, value: Node) -> Splice:
        """Takes out a part, which begins at `start`, with its lines, and the comments that are indented below it.

        Of blank lines before and behind it those before stay.
        """
        first, end = self._line(start), self._end_of(start, value)
        if self._text[:first].endswith(2 * self._end):
            while end < len(self._text) and self._begins_line(self._line_end(end)):
                end = self._next_line(end)
        return Splice(first, end)

    def _end_of(self, start: int, value: Node) -> int:
        """The end of the lines of a part, which begins at `start`, and of the comments that are indented below it."""
        own = column(self._text, start)
        end = last = self._next_line(value.end)
        while last < len(self._text):
            line = self._text[last : self._next_line(last)]
            comment = line.lstrip()
            if comment and not (comment[0] == "#" and len(line) - len(comment) > own):
                break
            last += len(line)
            end = last if comment else end
        return end

    def _where(self, lines: list[int], indent: int, fields: Fields) -> notation.Where:
        """The place of what comes before these lines, where comments may not become part of a text."""
        remarks = Remarks(self._text)
        found: list[Remark] = []
        for remarks.at in lines:
            found += remarks.lines()
        return notation.Where(indent, fields, texts=all(each.column < indent for each in found if each.text))

    def _is_beside(self, place: _Place) -> bool:
        """Whether a value begins on the line of its key or dash."""
        return "\n" not in self._text[place.opening : place.node.start]

    def _written(self, node: Node) -> str:
        return self._text[node.start : node.end]

    def _line(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self._text.index("\n", index)
        return end - 1 if self._text[end - 1 : end] == "\r" else end

    def _next_line(self, index: int) -> int:
        return self._text.index("\n", index) + 1

    def _line_text(self, index: int) -> int:
        """Where the text of the line begins."""
        line = self._line(index)
        return line + len(self._text[line:index]) - len(self._text[line:index].lstrip())

    def _begins_line(self, index: int) -> bool:
        return not self._text[self._line(index) : index].strip()

    def _first_line(self, place: _Place) -> int:
        """Where a first part goes: right below the key, above the comments of what is the first now."""
        return self._line(place.node.start) if self._is_beside(place) else self._next_line(place.opening)
