"""How `style` writes texts, numbers and flow collections: the leaves of what it takes apart."""

from __future__ import annotations

from typing import Final

from .field_order import Fields
from .remarks import BLANKS
from .tree import Entry, Mapping, Node, Scalar, column, content_indent

STEP: Final = 2
WIDTH: Final = 120
"""A flow collection that goes beyond this column is written one entry a line. Texts and comments are never broken."""


def ordered(mapping: Mapping, fields: Fields) -> list[Entry]:
    """The entries in the order of the fields."""
    return sorted(mapping.entries, key=lambda entry: fields.rank(entry.key.value))


def scalar_text(text: str, scalar: Scalar) -> str:
    """A scalar as it is written; in double quotes instead of single ones where nothing has to be escaped."""
    written = text[scalar.start : scalar.end]
    if scalar.style == "'" and "\n" not in written and not set('"\\') & set(scalar.value):
        return f'"{scalar.value}"'
    return written


def flow_text(text: str, node: Node, fields: Fields) -> str:
    """A value that is written on one line: one blank behind commas and colons, fields in their order."""
    if isinstance(node, Scalar):
        return scalar_text(text, node)
    if not isinstance(node, Mapping):
        below = fields.below(0)
        return f"[{', '.join(flow_text(text, item, below) for item in node.items)}]"
    told = ", ".join(_pair(text, entry, fields) for entry in ordered(node, fields))
    return f"{{{told}}}" if text.startswith("{", node.start) else told


def _pair(text: str, entry: Entry, fields: Fields) -> str:
    key = scalar_text(text, entry.key)
    if isinstance(entry.value, Scalar) and entry.value.empty:
        return f"{key}: null"
    return f"{key}: {flow_text(text, entry.value, fields.below(entry.key.value))}"


def has_parts(node: Node) -> bool:
    """Whether it is a collection that is not empty."""
    return not isinstance(node, Scalar) and bool(node.entries if isinstance(node, Mapping) else node.items)


def broken(text: str, node: Node, indent: int, fields: Fields) -> list[str]:
    """The lines of a flow collection as a block collection; what in it is too long is broken, too."""
    pad = " " * indent
    if isinstance(node, Mapping):
        parts = [(f"{pad}{scalar_text(text, e.key)}:", e.key.value, e.value) for e in ordered(node, fields)]
        return [line for head, name, value in parts for line in _part(head, text, value, indent, fields.below(name))]
    assert not isinstance(node, Scalar), "a scalar is not broken"
    below = fields.below(0)
    return [line for item in node.items for line in _part(f"{pad}-", text, item, indent, below)]


def _part(head: str, text: str, node: Node, indent: int, fields: Fields) -> list[str]:
    if isinstance(node, Scalar) and node.empty:
        return [head]
    line = f"{head} {flow_text(text, node, fields)}"
    if len(line) <= WIDTH or not has_parts(node):
        return [line]
    lines = broken(text, node, indent + STEP, fields)
    return [head, *lines] if head.endswith(":") else joined(head, lines)


def joined(dash: str, lines: list[str]) -> list[str]:
    """The lines of a collection with the dash of its item before the first; comments at its head go above that."""
    first = next(place for place, line in enumerate(lines) if line and not line.lstrip(" ").startswith("#"))
    indent = dash.removesuffix("-")
    above = [indent + line.lstrip(" ") if line else "" for line in lines[:first]]
    return [*above, f"{dash} {lines[first].lstrip(' ')}", *lines[first + 1 :]]


def is_one_line(text: str, node: Node) -> bool:
    """Whether a leaf can be written by `flow_text`."""
    return text.find("\n", node.start, node.end) < 0


def leaf_lines(text: str, node: Node, *, indent: int, before: int, start: int) -> list[str]:
    """The lines of a leaf that has several, in a collection at `indent` that stood at the column `before`.

    It will begin at the column `start`: lines that stand behind where it begins are aligned with it, and move with it.
    """
    first, *rest = text[node.start : node.end].split("\n")
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        return [first.rstrip(BLANKS), *_block_lines(first, rest, indent=indent, before=before)]
    least = indent + STEP if isinstance(node, Scalar) else 0
    began = column(text, node.start)
    moved = [_moved(line, start - began if _indent(line) > began else indent - before, least) for line in rest]
    return [_stripped(first), *moved[:-1], *[line.rstrip(BLANKS) for line in moved[-1:]]]


def _moved(line: str, shift: int, least: int) -> str:
    line = _stripped(line)
    return " " * max(_indent(line) + shift, least) + line.lstrip(" ") if line else ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _stripped(line: str) -> str:
    """Without blanks at the end, unless the first of them is escaped."""
    short = line.rstrip(BLANKS)
    return line if short.endswith("\\") else short


def _block_lines(head: str, lines: list[str], *, indent: int, before: int) -> list[str]:
    given = next((int(sign) for sign in head.partition("#")[0] if sign.isdecimal()), None)
    old = content_indent(lines) if given is None else before + given
    new = indent + (STEP if given is None else given)
    return [" " * new + line[old:] if line[old:] else "" for line in lines]
