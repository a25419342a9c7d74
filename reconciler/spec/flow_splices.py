"""A flow collection with other values, as text; what does not change in it is copied. Called by `splices` alone.

One that has a line for each of its parts, and so may have comments, keeps these lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from ..model import Json, JsonObject
from . import notation, tree
from .field_order import Fields
from .remarks import comments
from .tree import Entry, Node, Scalar, column

_REST: Final = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\n]*|\r)?\n")
"""What may follow a part on its line."""


class CommentError(ValueError):
    """A comment in a flow collection would be lost."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """An item, or an entry from its key on: its place, its value, and the text that this gets; None where it goes.

    `head` is the key of an entry, with its colon.
    """

    start: int
    value: Node
    text: str | None
    head: str = ""


@dataclass(frozen=True, slots=True)
class _Added:
    """The text of a part that is new; it goes behind that many of the old parts."""

    behind: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with all splices, which do not overlap; several at one place are put in the order in which they come."""
    told, at = [], 0
    for each in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        told += [text[at : each.start], each.text]
        at = each.end
    return "".join([*told, text[at:]])


def same(one: Json, other: Json) -> bool:
    """Equal as a document tells it: 1, 1.0 and true differ, the order of keys does not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def pairs(before: list[Json], after: list[Json]) -> list[tuple[int | None, int | None]]:
    """Which item became which, in order; None for one that is new, or gone: so that the fewest items change."""
    old, new = ([json.dumps(item, sort_keys=True) for item in items] for items in (before, after))
    found: list[tuple[int | None, int | None]] = []
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        both = min(b - a, d - c)
        found += [(a + n, c + n) for n in range(both)]
        found += [(n, None) for n in range(a + both, b)] + [(None, n) for n in range(c + both, d)]
    changes = sum(a is None or b is None or old[a] != new[b] for a, b in found)
    in_place = len(old) == len(new) and sum(a != b for a, b in zip(old, new, strict=True)) <= changes
    return [(n, n) for n in range(len(old))] if in_place else found


class Flow:
    """Values inside the flow collections of one text, which ends its lines with `end`."""

    __slots__ = ("_end", "_text")

    def __init__(self, text: str, end: str) -> None:
        self._text = text
        self._end = end

    def value(self, node: Node, before: Json, after: Json, fields: Fields) -> str:
        """The text of `node`, which says `before`, as `after`. Raises `CommentError`."""
        if same(before, after):
            return self._text[node.start : node.end] or "null"
        if isinstance(node, tree.Mapping) and isinstance(before, dict) and isinstance(after, dict) and after:
            return self._mapping(node, before, after, fields)
        if isinstance(node, tree.Sequence) and isinstance(before, list) and isinstance(after, list) and after:
            return self._sequence(node, before, after, fields)
        return notation.inline(after, fields)

    def _mapping(self, node: tree.Mapping, before: JsonObject, after: JsonObject, fields: Fields) -> str:
        def part(entry: Entry) -> _Part:
            name = entry.key.value
            new = self.value(entry.value, before[name], after[name], fields.below(name)) if name in after else None
            return _Part(entry.key.start, entry.value, new, f"{self._text[entry.key.start : entry.key.end]}: ")

        parts = [part(entry) for entry in node.entries]
        names = [entry.key.value for entry in node.entries]
        added = []
        for name in sorted(after.keys() - before.keys(), key=lambda name: (fields.rank(name), name)):
            added.append(_Added(_place_of(name, names, fields), notation.inline({name: after[name]}, fields)[1:-1]))
        return self._changed(node, parts, added)

    def _sequence(self, node: tree.Sequence, before: list[Json], after: list[Json], fields: Fields) -> str:
        below = fields.below(0)
        parts: list[_Part] = []
        added: list[_Added] = []
        for old, new in pairs(before, after):
            if old is None:
                added.append(_Added(len(parts), notation.inline(after[new or 0], below)))
                continue
            item = node.items[old]
            told = None if new is None else self.value(item, before[old], after[new], below)
            parts.append(_Part(item.start, item, told))
        return self._changed(node, parts, added)

    def _changed(self, node: Node, parts: list[_Part], added: list[_Added]) -> str:
        whole = not added and not any(each.text is None or _is_empty(each.value) for each in parts)
        stays = any(each.text is not None for each in parts)
        if whole or (stays and self._has_lines(node, parts)):
            splices = self._splices(node, parts, added)
            moved = (replace(each, start=each.start - node.start, end=each.end - node.start) for each in splices)
            return spliced(self._text[node.start : node.end], moved)
        if stays and comments(self._text, [node], node.start, node.end):
            raise CommentError
        return self._joined(node, parts, added)

    def _joined(self, node: Node, parts: list[_Part], added: list[_Added]) -> str:
        """All on one line."""
        told: list[str] = []
        for count in range(len(parts) + 1):
            told += [each.text for each in added if each.behind == count]
            if count < len(parts) and (new := parts[count].text) is not None:
                told.append(parts[count].head + new)
        return f"{{{', '.join(told)}}}" if isinstance(node, tree.Mapping) else f"[{', '.join(told)}]"

    # Lines

    def _has_lines(self, node: Node, parts: list[_Part]) -> bool:
        """Whether each part and the last bracket begin a line, and nothing but a comma follows a part on its line."""
        ends = [self._rest(part) for part in parts]
        last = len(parts) - 1
        return (
            all(self._begins_line(start) for start in (*(part.start for part in parts), node.end - 1))
            and all(found and (found[1] or place == last) for place, found in enumerate(ends))
            and not any(_is_empty(part.value) for part in parts)
        )

    def _splices(self, node: Node, parts: list[_Part], added: list[_Added]) -> Iterator[Splice]:
        for part in parts:
            if part.text is None:
                yield Splice(self._line(part.start), self._next_line(part.value.end))
            else:
                yield Splice(part.value.start, part.value.end, part.text)
        for each in added:
            part = parts[max(each.behind - 1, 0)]
            index = self._next_line(part.value.end if each.behind else node.start)
            indent = " " * column(self._text, part.start)
            yield Splice(index, index, f"{indent}{each.text},{self._end}")
        rest = self._rest(parts[-1]) if any(each.behind == len(parts) for each in added) else None
        if rest and not rest[1] and parts[-1].text is not None:
            yield Splice(parts[-1].value.end, parts[-1].value.end, ",")

    def _rest(self, part: _Part) -> re.Match[str] | None:
        return _REST.match(self._text, part.value.end)

    def _next_line(self, index: int) -> int:
        return self._text.index("\n", index) + 1

    def _line(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _begins_line(self, index: int) -> bool:
        return not self._text[self._line(index) : index].strip(" \t")


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.empty


def _place_of(name: str, names: Sequence[str], fields: Fields) -> int:
    """Where a name goes among others: behind the last that stands before it in the order of fields."""
    return max((place + 1 for place, each in enumerate(names) if fields.rank(each) <= fields.rank(name)), default=0)
