"""Writes to stdout and stderr, whose readers may go away or run out of room at any time. Used by all that prints.

A reader that went away, such as `head`, is no failure: what a command does and the exit code that says so stay as they
are.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO


def say(stream: TextIO, text: str) -> bool:
    """Write at once; whether anybody was there to read it. Raises `OSError` where there is no room for it."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(stream)
        return False
    return True


def complain(text: str) -> bool:
    """Write to stderr; whether anybody can read it. What cannot be said there is no reason to end otherwise."""
    try:
        return say(sys.stderr, text)
    except OSError:
        silence(sys.stderr)
        return False


def silence(stream: TextIO) -> None:
    """Whatever is still written there goes nowhere, without a further error; also what the stream holds back."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
