"""Writes to stdout and stderr, whose readers may go away or run out of room at any time. Used by all that prints.

On a terminal one line of stderr may stand for what is under way (`status`); whatever is written next erases it first.

A reader that went away, such as `head`, is no failure: what a command does and the exit code that says so stay as they
are.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

_ERASE = "\r\x1b[K"
_standing = False
"""Whether the line of `status` stands on the terminal: there is one, as there is one stderr."""


def say(stream: TextIO, text: str) -> bool:
    """Write at once; whether anybody was there to read it. Raises `OSError` where there is no room for it."""
    if _standing and text:
        status("")
    return _written(stream, text)


def complain(text: str) -> bool:
    """Write to stderr; whether anybody can read it. What cannot be said there is no reason to end otherwise."""
    try:
        return say(sys.stderr, text)
    except OSError:
        silence(sys.stderr)
        return False


def status(text: str) -> bool:
    """Put one line in the place of the one before, on a terminal; nothing erases it. Whether anybody can read it."""
    global _standing  # noqa: PLW0603 - what stands on the terminal is one thing for the whole process
    if not (text or _standing):
        return True
    _standing = bool(text)
    try:
        return _written(sys.stderr, _ERASE + text)
    except OSError:
        silence(sys.stderr)
        return False


def _written(stream: TextIO, text: str) -> bool:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(stream)
        return False
    return True


def silence(stream: TextIO) -> None:
    """Whatever is still written there goes nowhere, without a further error; also what the stream holds back."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
