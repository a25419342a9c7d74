"""Specs as people write them: a value in any style that YAML has and a spec may use, with comments anywhere.

Used by the laws of `style` and `edit`. `Writer.text` gives a text; `Writer.values` what its documents say, and every
comment in it is another one.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

FIELDS = (
    "displayName", "description", "appBundleIds", "assignments", "include", "exclude", "group", "filter", "all",
    "lifecycle", "key", "type", "value", "id", "zebra", "a b", "/path", "x-y",
)  # fmt: skip
QUOTED_FIELDS = ("yes", "1", "a: b", "it's", "")

LONG = "a very long text that fills most of a line " + "x" * 60

LEAVES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (None, ("null", "~")),
    (True, ("true",)),
    (1, ("1",)),
    (0.5, ("0.5",)),
    ("no", ("'no'", '"no"')),
    ("1", ("'1'", '"1"')),
    ("2026-12-31", ("'2026-12-31'", '"2026-12-31"')),
    ("{{DEVICEREGISTRATION}}", ("'{{DEVICEREGISTRATION}}'", '"{{DEVICEREGISTRATION}}"')),
    ("word", ("word", "'word'", '"word"')),
    ("it's", ("it's", "'it''s'", '"it\'s"', '"it\\u0027s"')),
    ('a"b\\c', ('a"b\\c', "'a\"b\\c'", '"a\\"b\\\\c"')),
    ("x: y #z", ("'x: y #z'", '"x: y #z"')),
    ("x#y", ("x#y",)),
    ("", ("''", '""')),
    (" two words ", ("' two words '", '" two words "')),
    ("größer 日本", ("größer 日本", '"größer 日本"')),
    (
        "a very long text that fills most of a line " + "x" * 60,
        ("a very long text that fills most of a line " + "x" * 60,),
    ),
)
"""A value, and how it may be written on one line."""

TEXTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("l1\n  l2\n", "|", ("l1", "  l2")),
    ("l1\n\nl2", "|-", ("l1", "", "l2", "")),
    ("l1\nl2\n\n", "|+", ("l1", "l2", "")),
    ("l1 l2\n", "> # of the text", ("l1", "l2")),
    ("l1   \n   \nl2", "|-", ("l1   ", "   ", "l2")),
    ("# no comment\n---\n", "|", ("# no comment", "---")),
    (" l1\nl2\n", "|{}", (" l1", "l2")),
)
"""A text, the head of a block scalar, and its lines; `{}` of the head is its indentation."""

FOLDED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("one two", ("one", "two")),
    ("one two", ("'one   ", "two'")),
    ("one\ntwo", ('"one', "", 'two"')),
    ("one  two", ('"one\\ \\', '\\ two"')),
)
"""A text, and the lines of a scalar that YAML folds."""


OTHERS: tuple[Any, ...] = (
    1, True, None, 0.5, "word", "no", "x: y", "", "two\nlines", "two\n\nlines\n", "a #b", "blank \n x", "\u200b\u00a0",
    "- x", "?", "a, b]", [], {}, ["a", "b"], {"type": "string", "key": "K"}, [{"a": 1, "b": 2}, {"a": 2}],
    {"include": ["x" * 70, "y" * 60]}, [[1, 2], [3]],
)  # fmt: skip
"""Values that others are changed into."""


def changed(value: Any, chance: random.Random, *, depth: int = 0) -> Any:
    """The value with something else in it, something more, and something less. A document stays a mapping."""
    if depth and chance.random() < 0.08:
        return copy.deepcopy(chance.choice(OTHERS))
    more = copy.deepcopy(chance.choice(OTHERS))
    if isinstance(value, dict):
        kept = [name for name in value if not depth or chance.random() > 0.12]
        found = {name: changed(value[name], chance, depth=depth + 1) for name in kept}
        return found | ({chance.choice(FIELDS): more} if chance.random() < 0.3 else {})
    if isinstance(value, list):
        items = [changed(item, chance, depth=depth + 1) for item in value if chance.random() > 0.15]
        place = chance.randint(0, len(items))
        return [*items[:place], *([more] if chance.random() < 0.3 else []), *items[place:]]
    return value


class Writer:
    """Writes documents by chance; the same for the same seed."""

    def __init__(self, seed: int, *, documents: int = 3) -> None:
        self._chance = random.Random(seed)
        self._comments = 0
        self.values: list[Any] = []
        lines = ["# yaml-language-server: $schema=x"] if self._often() else []
        for number in range(self._chance.randint(1, documents)):
            lines += self._separator(first=not number) if number or self._seldom() else []
            lines += self._remarks(0, 8)
            value, told = self._mapping(0, 0, root=True)
            self.values.append(value)
            lines += told
        lines += self._remarks(0, 0) if self._floor is None else []
        self.text = "\n".join(lines) + "\n" * (self._floor is not None or self._chance.randint(0, 3))

    _floor: int | None = None
    """Behind a block scalar: a comment at this column or behind would be a part of it."""

    _kept = False
    """Behind a block scalar of which blank lines are a part."""

    def _often(self) -> bool:
        return self._chance.random() < 0.5

    def _seldom(self) -> bool:
        return self._chance.random() < 0.15

    def _comment(self) -> str:
        self._comments += 1
        return f"# comment {self._comments}" + self._chance.choice(("", "", " 'odd\" {x: [", "  "))

    def _separator(self, *, first: bool) -> list[str]:
        self._floor, self._kept = None, False
        end = ["..."] if not first and self._seldom() else []
        return [*end, "---" + (f" {self._comment()}" if self._seldom() else "")]

    def _remarks(self, low: int, high: int) -> list[str]:
        high = min(high, self._floor - 1) if self._floor is not None else high
        if not self._often():
            return []
        choices: list[Callable[[], str]] = [
            lambda: " " * self._chance.randint(low, max(low, high)) + self._comment(),
            lambda: "",
        ]
        told = [self._chance.choice(choices[: 1 if self._kept else 2])() for _ in range(self._chance.randint(0, 3))]
        self._kept = self._kept and not told
        return told

    def _end(self) -> str:
        """What may follow a value on its line."""
        self._floor, self._kept = None, False
        if self._seldom():
            return " " * self._chance.randint(1, 6) + self._comment()
        return self._chance.choice(("", "", "", "  "))

    def _names(self, root: bool) -> list[str]:
        if root:
            return self._chance.sample(["apiVersion", "kind", "metadata", "spec", "other"], self._chance.randint(1, 5))
        return self._chance.sample([*FIELDS, *QUOTED_FIELDS], self._chance.randint(1, 4))

    def _name(self, name: str) -> str:
        if name in QUOTED_FIELDS:
            return '"' + name + '"'
        return self._chance.choice((name, name, f"'{name}'"))

    def _mapping(self, indent: int, depth: int, *, root: bool = False) -> tuple[dict[str, Any], list[str]]:
        value: dict[str, Any] = {}
        lines: list[str] = []
        for name in self._names(root):
            lines += self._remarks(0, indent + 6) if lines else []
            opening = " " * indent + self._name(name) + self._chance.choice((":", ":", " :"))
            if name == "kind":
                value[name] = self._chance.choice(("JitSsoPolicy", "EnrollmentProfile", "Workspace", "Other"))
                lines.append(f"{opening} {value[name]}{self._end()}")
                continue
            value[name], told = self._value(opening, indent, depth, in_mapping=True)
            lines += told
        return value, lines

    def _sequence(self, indent: int, depth: int) -> tuple[list[Any], list[str]]:
        value: list[Any] = []
        lines: list[str] = []
        for _ in range(self._chance.randint(1, 3)):
            lines += self._remarks(0, indent + 6) if lines else []
            item, told = self._value(" " * indent + "-", indent, depth, in_mapping=False)
            value.append(item)
            lines += told
        return value, lines

    def _value(self, opening: str, indent: int, depth: int, *, in_mapping: bool) -> tuple[Any, list[str]]:
        chance = self._chance.random()
        if depth < 4 and chance < 0.35:
            return self._collection(opening, indent, depth, in_mapping=in_mapping)
        if chance < 0.5:
            return self._text_of_lines(opening, indent)
        if chance < 0.55:
            return None, [opening + self._end()]
        value, told = self._flow(0) if chance < 0.75 else self._leaf()
        if "\n" not in told and self._seldom():
            end = self._end()
            pad = " " * (indent + self._chance.randint(1, 4))
            return value, [opening + end, *self._remarks(indent + 1, indent + 5), pad + told + self._end()]
        first, *rest = (opening + " " * self._chance.randint(1, 3) + told).split("\n")
        lines = [first, *(" " * (indent + self._chance.randint(1, 6)) + line for line in rest)]
        return value, [*lines[:-1], lines[-1] + self._end()]

    def _collection(self, opening: str, indent: int, depth: int, *, in_mapping: bool) -> tuple[Any, list[str]]:
        listed = self._often()
        compact = not in_mapping and self._often()
        gap = self._chance.randint(1, 4)
        inner = len(opening) + gap if compact else indent + (gap if not (listed and in_mapping) else gap - 1)
        end = "" if compact else self._end()
        head = [] if compact else self._remarks(0, inner + 2)
        value, lines = (self._sequence if listed else self._mapping)(inner, depth + 1)
        if compact:
            return value, [opening + " " * gap + lines[0].lstrip(), *lines[1:]]
        return value, [opening + end, *head, *lines]

    def _leaf(self) -> tuple[Any, str]:
        value, spellings = self._chance.choice(LEAVES)
        return value, self._chance.choice(spellings)

    def _text_of_lines(self, opening: str, indent: int) -> tuple[str, list[str]]:
        deep = self._chance.randint(1, 5)
        if self._often():
            told, lines = self._chance.choice(FOLDED)
            first, *rest = lines
            return told, [f"{opening} {first}", *(" " * (indent + deep) + line for line in rest)]
        self._floor, self._kept = indent + deep, False
        told, head, lines = self._chance.choice(TEXTS)
        self._kept = "+" in head
        return told, [
            f"{opening} {head.format(deep)}",
            *(" " * (indent + deep) + line if line else "" for line in lines),
        ]

    def _flow(self, depth: int) -> tuple[Any, str]:
        parts: list[str] = []
        found: Any = {} if self._often() else []
        for name in self._names(False) if self._chance.random() < 0.9 else []:
            value, told = self._flow(depth + 1) if depth < 2 and self._seldom() else self._leaf_in_flow()
            if isinstance(found, dict):
                found[name] = value
                told = f"{self._name(name)}: {told}"
            else:
                found.append(value)
            parts.append(told)
        blank = self._chance.choice(("", "", " "))
        open_, close = "{}" if isinstance(found, dict) else "[]"
        if depth == 0 and parts and self._seldom():
            inner = "".join(f"{part}, {self._comment()}\n" for part in parts)
            return found, f"{open_}\n{inner}{close}"
        between = self._chance.choice((",", ", ", " ,  ")) if all(p[-1:] in "'\"}]" for p in parts) else ", "
        return found, open_ + blank + between.join(parts) + blank + close

    def _leaf_in_flow(self) -> tuple[Any, str]:
        value, told = self._leaf()
        return (value, told) if "\n" not in told else (1, "1")
