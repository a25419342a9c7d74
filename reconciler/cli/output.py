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
from .streams import complain, say


class Output:
    """Prints for one command."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self.style = as_text.Style(color=_colored(arguments.color, sys.stdout), width=_width())

    @property
    def json(self) -> bool:
        return self._arguments.format == "json"

    def document(self, value: JsonObject) -> bool:
        """A JSON document on stdout; whether it was read."""
        return say(sys.stdout, as_json.document(value))

    def text(self, value: str) -> bool:
        """Text on stdout, ending in a line end; whether it was read."""
        return say(sys.stdout, value if value.endswith("\n") else value + "\n")

    def diagnostics_to_stderr(self, findings: Iterable[Diagnostic]) -> None:
        """Findings that end a command before it has a result."""
        style = as_text.Style(color=_colored(self._arguments.color, sys.stderr), width=_width())
        complain(as_text.diagnostics([d.to_json() for d in findings], style=style))

    def progress(self, message: str) -> bool:
        """One line about what is being done, for people who wait; False where they went away."""
        if self._arguments.quiet or os.environ.get("CI") or not sys.stderr.isatty():
            return True
        return complain(safe(message) + "\n")

    def notice(self, message: str) -> None:
        """A sentence that somebody has to read now, such as where to sign in."""
        complain(safe(message) + "\n")

    def remark(self, message: str) -> None:
        """What is good to know after a result, for people who want to hear of it."""
        if not self._arguments.quiet and not self.json:
            self.notice(message)

    def safe(self, text: str, *, lines: bool = False) -> str:
        """Text that may hold anything, made harmless for a terminal."""
        return "\n".join(safe(line) for line in text.split("\n")) if lines else safe(text)


def _colored(choice: str, stream: TextIO) -> bool:
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 140)
