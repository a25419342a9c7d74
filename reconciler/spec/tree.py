"""Where every part of a YAML text begins and ends: what `style` moves and `edit` replaces.

`spec.source` keeps where values begin, which is all that a finding takes; to change a text one has to know where they
end and how they are written. Read from the same events of libyaml. Of a text that `spec.source` has findings about
nothing is promised: it is asked first.

A round-trip library (ruamel.yaml) was weighed. It writes texts anew: `[{group: A}]` becomes `[group: A]`, and a comment
hangs on the field before it, so that it stays behind when the field below moves. Here every character that is not
meant to change is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import DocumentStartEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

_Parser: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Event: TypeAlias = Any
"""A PyYAML event; the stubs know no attributes of the single types."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text[start:end]` is how it is written; `style` is `'`, `"`, `|`, `>` or, for a plain one, empty."""

    start: int
    end: int
    style: str
    value: str

    @property
    def empty(self) -> bool:
        """Whether nothing is written: null."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """From the first key, or the brace, to the end of what is written last in it. A pair in a flow sequence
    (`[a: b]`) is a flow mapping without braces.
    """

    start: int
    end: int
    flow: bool
    entries: tuple[Entry, ...]

    def entry(self, name: str | int) -> Entry | None:
        """The entry of this key."""
        return next((each for each in self.entries if each.key.value == name), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """From the first dash, or the bracket, to the end of what is written last in it."""

    start: int
    end: int
    flow: bool
    items: tuple[Node, ...]


Node: TypeAlias = "Scalar | Mapping | Sequence"


def is_block(node: Node) -> bool:
    """Whether it is a collection whose parts are told apart by lines and indentation."""
    return not isinstance(node, Scalar) and not node.flow


def column(text: str, index: int) -> int:
    """How many characters stand before this one on its line."""
    return index - text.rfind("\n", 0, index) - 1


def roots(text: str) -> list[Node]:
    """The root of every document of the text, in order; of an empty document an empty scalar."""
    events = _events(text)
    return [_node(text, next(events), events) for event in events if event.__class__ is DocumentStartEvent]


def leaves(node: Node) -> Iterator[Scalar]:
    """Every key and scalar value, in the order of the text."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from leaves(item)
    else:
        for entry in node.entries:
            yield entry.key
            yield from leaves(entry.value)


def with_line_end(text: str) -> str:
    """The text with a line end at its end, which becomes no part of a block scalar there, nor do blanks before it."""
    if not text or text.endswith("\n"):
        return text
    last = _last_leaf(text)
    if last is None or last.style not in {"|", ">"}:
        return text + "\n"
    ways = (text + "\n", text.rstrip(" \t"), _with_strip(text, last))
    return next((way for way in ways if way.endswith("\n") and _ends_in(way, last.value)), ways[0])


def _ends_in(text: str, value: str) -> bool:
    last = _last_leaf(text)
    return last is not None and last.value == value


def _with_strip(text: str, last: Scalar) -> str:
    """The text with a line end, which the last scalar in block style is told to leave out."""
    head, end, content = text[last.start :].partition("\n")
    sign, blank, comment = head.partition(" ")
    bare = sign.replace("+", "").replace("-", "")
    return f"{text[: last.start]}{bare}-{blank}{comment}{end}{content}\n"


def _last_leaf(text: str) -> Scalar | None:
    found = roots(text)
    node: Node | None = found[-1] if found else None
    while node is not None and not isinstance(node, Scalar):
        below = [entry.value for entry in node.entries] if isinstance(node, Mapping) else list(node.items)
        node = below[-1] if below else None
    return node


def _events(text: str) -> Iterator[_Event]:
    parser = _Parser(text)
    while parser.check_event():
        yield parser.get_event()


def _node(text: str, event: _Event, events: Iterator[_Event]) -> Node:
    if event.__class__ is ScalarEvent:
        return _scalar(text, event)
    return (_mapping if event.__class__ is MappingStartEvent else _sequence)(text, event, events)


def _mapping(text: str, opening: _Event, events: Iterator[_Event]) -> Mapping:
    entries: list[Entry] = []
    while (event := next(events)).__class__ is not MappingEndEvent:
        entries.append(Entry(_scalar(text, event), _node(text, next(events), events)))
    flow = bool(opening.flow_style)
    start = opening.start_mark.index
    end = _end(event) if flow and text[start] == "{" else entries[-1].value.end
    return Mapping(start, end, flow, tuple(entries))


def _sequence(text: str, opening: _Event, events: Iterator[_Event]) -> Sequence:
    items: list[Node] = []
    while (event := next(events)).__class__ is not SequenceEndEvent:
        items.append(_node(text, event, events))
    flow = bool(opening.flow_style)
    return Sequence(opening.start_mark.index, _end(event) if flow else items[-1].end, flow, tuple(items))


def _end(event: _Event) -> int:
    end: int = event.end_mark.index
    return end


def _scalar(text: str, event: _Event) -> Scalar:
    start, end, style = event.start_mark.index, event.end_mark.index, event.style or ""
    if style in {"|", ">"}:
        end = _end_of_block(text, start, end)
    return Scalar(start, end, style, event.value)


def _end_of_block(text: str, start: int, end: int) -> int:
    """The end of the last line that says something: of a kept (`+`) scalar blank lines do, too."""
    head, *lines = text[start:end].removesuffix("\n").split("\n")
    if "+" not in head.partition("#")[0]:
        deep = content_indent(lines)
        while lines and len(lines[-1].rstrip("\r")) <= deep and not lines[-1].strip():
            lines.pop()
    return start + len("\n".join([head, *lines]).removesuffix("\r"))


def content_indent(lines: list[str]) -> int:
    """The indentation of the lines of a block scalar: that of the first which is not blank."""
    told = next((line for line in lines if line.strip(" \r")), None)
    if told is None:
        return max((len(line.rstrip("\r")) for line in lines), default=0)
    return len(told) - len(told.lstrip(" "))
