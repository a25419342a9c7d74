"""Logging on stderr, for commands that talk to a tenant. Libraries stay quiet: some print tokens when they debug.

What looks like a token or a secret is taken out of every line all the same: no message of ours is meant to hold one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..graph.wording import redacted
from ..render.safe import safe
from .arguments import Arguments
from .streams import complain


@contextmanager
def started(arguments: Arguments) -> Iterator[None]:
    """Log what `reconciler` itself says, at the level and in the form that the arguments name, until the end."""
    handler = _Stderr()
    handler.setFormatter(_Json() if arguments.log_format == "json" else _Text())
    log = logging.getLogger("reconciler")
    before = log.level
    log.addHandler(handler)
    log.setLevel(arguments.log_level.upper())
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


class _Stderr(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complain(self.format(record) + "\n")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {safe(redacted(record.getMessage()))}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        return json.dumps(fields, ensure_ascii=True)
