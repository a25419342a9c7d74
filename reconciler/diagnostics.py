"""What people are told about their input: one value per finding, with its place and the line itself.

Made by every layer, printed only by `render` and `cli`. A finding has a rule id, so that it can be
looked up, configured and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from .model import Address, JsonObject


class Severity(StrEnum):
    """Errors block; warnings and infos never change an exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file. `line` and `column` start at 1; `column` counts characters, not bytes."""

    file: str
    line: int
    column: int
    text: str = ""
    """The whole line, without its line end, as it stands in the file."""
    width: int = 1
    """How many characters from `column` on the finding is about."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` says what is wrong, `detail` what to do about it."""

    severity: Severity
    rule: str
    message: str
    detail: str | None = None
    position: Position | None = None
    address: Address | None = None
    path: str | None = None
    """JSON Pointer into the document."""
    fixed: bool = False
    """Whether no waiver and no setting of its rule takes it out or changes its severity."""
    also: tuple[Address, ...] = ()
    """Other specs that it holds for, where it is told once for all of them."""

    def noted(self) -> Diagnostic:
        """The same where it must not block: an error becomes a warning."""
        return replace(self, severity=Severity.WARNING) if self.severity is Severity.ERROR else self

    def to_json(self) -> JsonObject:
        """The shape that `validate --format json` promises; what is not known is null. `text` is the line itself."""
        place = self.position
        return {
            "severity": str(self.severity),
            "rule": self.rule,
            "message": self.message,
            "detail": self.detail,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "text": place.text if place else None,
            "width": place.width if place else None,
            "address": str(self.address) if self.address else None,
            "path": self.path,
        }

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Files in order, then places, so that output does not depend on who found what first."""
        place = self.position or Position("", 0, 0)
        return (place.file, place.line, place.column, self.rule, self.message)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them blocks."""
    return any(d.severity is Severity.ERROR for d in diagnostics)
