"""What is printed: results on stdout, progress and logs on stderr, colour where it is wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TextIO

from ..diagnostics import Diagnostic
from ..model import JsonObject
from ..render import json as as_json
from ..render.findings import diagnostics
from ..render.safe import safe
from ..render.style import Style
from .arguments import Arguments
from .streams import complain, say

if TYPE_CHECKING:
    from .progress import Progress


class Output:
    """Prints for one command."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._progress: Progress | None = None
        self.style = Style(color=_colored(arguments.color, sys.stdout), width=_width())

    @property
    def format(self) -> str:
        """What results are written as: `text`, `json`, and more where the command offers it."""
        return self._arguments.format

    @property
    def json(self) -> bool:
        return self.format == "json"

    @property
    def one_document(self) -> bool:
        """Whether stdout is for one document, so that nothing can be shown and asked before it."""
        return self.format != "text"

    def document(self, value: JsonObject) -> bool:
        """A JSON document on stdout; whether it was read."""
        return self._said(as_json.document(value))

    def text(self, value: str) -> bool:
        """Text on stdout, ending in a line end; whether it was read."""
        return self._said(value if value.endswith("\n") else value + "\n")

    def _said(self, text: str) -> bool:
        if self._progress:
            self._progress.rests()
        return say(sys.stdout, text)

    def plan(self, document: JsonObject, *, requests: bool = False, saved: bool = False) -> bool:
        """A plan's document, for its readers; whether it was read. `requests` and `saved` are as for text."""
        full = self._arguments.full
        if self.format == "markdown":
            from ..render import plan_markdown

            return self.text(plan_markdown.plan(document, full=full))
        if self.format == "html":
            from ..render import plan_html

            return self.text(plan_html.plan(document))
        if self.json:
            return self.document(document)
        from ..render import plan_text

        return self.text(plan_text.plan(document, style=self.style, requests=requests, full=full, saved=saved))

    def run(self, document: JsonObject, *, plan: JsonObject | None) -> bool:
        """A run's document, for its readers; whether it was read. `plan` names the objects for people."""
        if self.format == "markdown":
            from ..render import run_markdown

            return self.text(run_markdown.run(document, plan=plan))
        if self.json:
            return self.document(document)
        from ..render import run_text

        return self.text(run_text.run(document, style=self.style, plan=plan))

    def diagnostics_to_stderr(self, findings: Iterable[Diagnostic]) -> None:
        """Findings that end a command before it has a result."""
        style = Style(color=_colored(self._arguments.color, sys.stderr), width=_width())
        complain(diagnostics([d.to_json() for d in findings], style=style))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Progress | None]:
        """Show during the body how far it has come, where somebody watches: on a terminal that no pipeline is."""
        if self._arguments.quiet or self._arguments.log_format == "json" or not _is_watched(sys.stderr):
            yield None
            return
        from .progress import Progress, width_of

        self._progress = Progress(self._arguments.clock.monotonic, width=width_of(sys.stderr))
        async with self._progress.shown():
            yield self._progress

    def applies(self, changes: int, writes: int) -> None:
        """From now on so many changes are carried out, by so many writes as far as that was planned."""
        if self._progress:
            self._progress.applies(changes, writes)

    def applied(self, event: str) -> bool:
        """A write was `sent`, or a change `ended`; False where whoever watched went away."""
        if self._progress is None:
            return True
        if event == "sent":
            self._progress.sent()
        elif event == "ended":
            self._progress.ended()
        return self._progress.heard

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


def _is_watched(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def _colored(choice: str, stream: TextIO) -> bool:
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 140)
