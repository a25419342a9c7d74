"""The findings of one file while it is read: bounded in number, in order at the end. Used by `spec.source`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model import pointer

from . import yaml_rules as rules
from .text import SourceText
from .yaml_rules import YamlRule

MAX_FINDINGS: Final = 100
_LONGEST_POINTER: Final = 1000
"""A key can have a mebibyte; a hundred findings about it need not repeat it."""
_CAUSES_OF_SYNTAX_ERRORS: Final = frozenset(
    rule.id for rule in (rules.CHARACTER, rules.PLACEHOLDER, rules.ANCHOR, rules.ALIAS, rules.TAG)
)
"""Such a text was meant as a value, but is none, so that the parser stumbles over what follows."""


class TooManyFindingsError(Exception):
    """The file has more findings than are listed; reading on would only cost time."""


class Findings:
    """What is wrong with a file. All of it are errors."""

    __slots__ = ("_found", "_left_out", "_source")

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._found: list[tuple[int, Diagnostic]] = []
        self._left_out = False

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self,
        rule: YamlRule,
        index: int,
        message: str,
        remedy: str | None = None,
        *,
        width: int = 1,
        path: Sequence[str | int] | None = None,
    ) -> None:
        """Record a finding about the `width` characters from `index`. Raises `TooManyFindingsError` at the bound."""
        if len(self._found) >= MAX_FINDINGS:
            self._left_out = True
            raise TooManyFindingsError
        place = self._source.position(index, width=width)
        found = Diagnostic(Severity.ERROR, rule.id, message, remedy or rule.remedy, place, path=_bounded_pointer(path))
        self._found.append((index, found))

    def forget_since(self, count: int) -> None:
        """Drop all but the first `count`: what was found since follows from a finding that is about to be recorded."""
        del self._found[count:]

    def explain(self, index: int) -> bool:
        """Whether what is wrong at `index` only follows from something that was found on the same line."""
        line = self._source.position(index).line
        causes = (found for _, found in self._found if found.rule in _CAUSES_OF_SYNTAX_ERRORS)
        return any(found.position is not None and found.position.line == line for found in causes)

    def between(self, start: int, end: int) -> bool:
        """Whether something was found about the characters from `start` up to, not including, `end`."""
        return any(start <= index < end for index, _ in self._found)

    def in_order(self) -> list[Diagnostic]:
        """All findings by place, and a remark if there are more."""
        found = [diagnostic for _, diagnostic in sorted(self._found, key=lambda item: item[0])]
        if self._left_out:
            message = f"further findings are left out: this file has more than {MAX_FINDINGS}"
            last = found[-1].position
            found.append(Diagnostic(Severity.INFO, rules.LEFT_OUT.id, message, rules.LEFT_OUT.remedy, last))
        return found


def _bounded_pointer(path: Sequence[str | int] | None) -> str | None:
    """The JSON Pointer, unless it is too long; a refused key may hold half a surrogate pair, which is escaped."""
    if path is None or sum(len(str(part)) for part in path) > _LONGEST_POINTER:
        return None
    return pointer(tuple(path)).encode("utf-8", "backslashreplace").decode("utf-8")
