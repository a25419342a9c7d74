"""Foreign text made fit for our messages: bounded, on one line, without control characters or tokens.

Used for everything in an error message that came from the network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LIMIT = 600
"""Characters of foreign text in one message."""

_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?|(?i:\bbearer\s+)[^\s\"'<>,;]{8,}")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, *, limit: int = LIMIT) -> str:
    """One line of at most `limit` characters; what a terminal might obey is written as `\\u{…}`."""
    line = " ".join(text[: 4 * limit].split())
    escaped = "".join(_escaped(character) for character in line[:limit])
    return escaped[: limit - 1] + "…" if len(escaped) > limit or len(line) > limit else escaped


def _escaped(character: str) -> str:
    if unicodedata.category(character) in _UNPRINTABLE:
        return f"\\u{{{ord(character):x}}}"
    return character


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without anything that looks like a bearer token, and without the given secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return _TOKEN.sub("[token]", text)
