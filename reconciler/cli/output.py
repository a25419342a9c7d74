"""What is printed: results on stdout, progress and logs on stderr, colour where it is wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from ..diagnostics import Diagnostic
from ..model import JsonObject
from ..render import json as as_json
from ..render import text as as_text
from ..render.safe import safe
from .arguments import Arguments


class Output:
    """Prints for one command."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self.style = as_text.Style(color=_colored(arguments.color, sys.stdout), width=_width())

    @property
    def json(self) -> bool:
        return self._arguments.format == "json"

    def document(self, value: JsonObject) -> None:
        """A JSON document on stdout."""
        sys.stdout.write(as_json.document(value))

    def text(self, value: str) -> None:
        """Text on stdout, ending in a line end."""
        sys.stdout.write(value if value.endswith("\n") else value + "\n")

    def diagnostics_to_stderr(self, findings: Iterable[Diagnostic]) -> None:
        """Findings that end a command before it has a result."""
        style = as_text.Style(color=_colored(self._arguments.color, sys.stderr), width=_width())
        sys.stderr.write(as_text.diagnostics([d.to_json() for d in findings], style=style))

    def progress(self, message: str) -> None:
        """One line about what is being done, for people who wait."""
        if not self._arguments.quiet and not os.environ.get("CI") and sys.stderr.isatty():
            sys.stderr.write(safe(message) + "\n")
            sys.stderr.flush()

    def notice(self, message: str) -> None:
        """A sentence that somebody has to read now, such as where to sign in."""
        sys.stderr.write(safe(message) + "\n")
        sys.stderr.flush()

    def safe(self, text: str, *, lines: bool = False) -> str:
        """Text that may hold anything, made harmless for a terminal."""
        return "\n".join(safe(line) for line in text.split("\n")) if lines else safe(text)


def _colored(choice: str, stream: TextIO) -> bool:
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 140)
