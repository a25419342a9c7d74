"""A YAML document and the places of its parts. Made by `spec.source`, used by everything that reports about specs.

Places are kept as character indexes in one flat array a document, in the order in which a walk of the value meets the
nodes; lines, columns and widths are worked out only for what is reported. So 10,000 documents cost a few bytes a node.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import Final

from reconciler.diagnostics import Diagnostic, Position, Severity
from reconciler.model import Address, Json, Path, pointer

from .text import SourceText

_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*+"|\'(?:[^\'\n]|\'\')*+\'')
_UNQUOTED: Final = re.compile(r"[^\s,\[\]{}#&*!|>'\"%@`][^\s,\]}]*")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a file: its value, and where every part of it stands.

    `index` counts the documents of the file from 0, those that are empty or refused included. `value` must not be
    changed: the places follow its order.
    """

    file: str
    index: int
    value: Json
    _places: Places = field(repr=False, compare=False)

    def position(self, path: Path, *, key: bool = False) -> Position:
        """Where the value at `path` stands, or its key; if nothing is there, the key of the nearest ancestor."""
        return self._places.position(path, key=key)

    def diagnostic(
        self,
        severity: Severity,
        rule: str,
        message: str,
        *,
        detail: str | None = None,
        path: Path = (),
        key: bool = False,
        address: Address | None = None,
    ) -> Diagnostic:
        """A finding about the value at `path`, with its place."""
        place = self.position(path, key=key)
        return Diagnostic(severity, rule, message, detail, position=place, address=address, path=pointer(path))


class Places:
    """Where the nodes of one document stand.

    `indexes` has the index of the first character of every node, in pre-order, keys before their values. A slot is a
    number in that order.
    """

    __slots__ = ("_children", "_indexes", "_root", "_source")

    def __init__(self, source: SourceText, root: Json, indexes: array[int]) -> None:
        self._source = source
        self._root = root
        self._indexes = indexes
        self._children: dict[int, dict[str | int, int]] | None = None

    def position(self, path: Path, *, key: bool) -> Position:
        """The place of the value at `path`, or of its key; if nothing is there, of the key of the nearest ancestor."""
        slot, value, name = 0, self._root, None
        for part in path:
            child = self._child_slots(slot, value).get(part)
            if child is None:
                key = True
                break
            slot, value, name = child, value[part], part  # type: ignore[index]
        if key and isinstance(name, str):
            return self._place(slot - 1, name)
        return self._place(slot, value)

    def _child_slots(self, slot: int, value: Json) -> dict[str | int, int]:
        """Key or index -> slot, for the entries of the collection at `slot`; worked out once."""
        if self._children is None:
            self._children = {}
        if slot not in self._children:
            self._children[slot] = _slots_of_entries(slot, value)
        return self._children[slot]

    def _place(self, slot: int, value: Json) -> Position:
        index = self._indexes[slot]
        return self._source.position(index, width=_width(self._source.text, index, value))


def _slots_of_entries(slot: int, value: Json) -> dict[str | int, int]:
    found: dict[str | int, int] = {}
    following = slot + 1
    if isinstance(value, dict):
        for key, child in value.items():
            found[key] = following + 1
            following += 1 + _nodes(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            found[index] = following
            following += _nodes(child)
    return found


def _nodes(value: Json) -> int:
    """How many nodes a value has as YAML counts them: itself, and for each entry its key and its value."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_nodes, value.values()))
    return 1 + sum(map(_nodes, value)) if isinstance(value, list) else 1


def _width(text: str, index: int, value: Json) -> int:
    """How many characters of its first line a node takes; 1 for collections and block scalars."""
    if isinstance(value, dict | list):
        return 1
    if quoted := _QUOTED.match(text, index):
        return quoted.end() - index
    if isinstance(value, str) and value and text.startswith(value, index):
        return len(value)
    unquoted = _UNQUOTED.match(text, index)
    return unquoted.end() - index if unquoted else 1
