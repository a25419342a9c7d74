"""Logging on stderr, for commands that talk to a tenant. Libraries stay quiet: some print tokens when they debug."""

from __future__ import annotations

import json
import logging
import sys

from ..render.safe import safe
from .arguments import Arguments


def start(arguments: Arguments) -> None:
    """Log what `reconciler` itself says, at the level and in the form that the arguments name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if arguments.log_format == "json" else _Text())
    log = logging.getLogger("reconciler")
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(arguments.log_level.upper())


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {safe(record.getMessage())}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(fields, ensure_ascii=True)
