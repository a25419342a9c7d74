"""Foreign text made fit for our messages: bounded, on one line, without control characters or tokens.

Used for everything in an error message that came from the network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LIMIT = 600
"""Characters of foreign text in one message."""

_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}|(?i:\bbearer\s+)[^\s\"'<>,;]{8,}")
"""A JSON Web Token, cut off or whole, or whatever follows the word bearer."""
_NAMED = re.compile(
    r"""(\b(?:client_secret|client_assertion|(?:access|refresh|id)_token|password|sig)(?:["']?\s*[=:]\s*["']?))"""
    r"""[^\s"'&<>,;}]+""",
    re.IGNORECASE,
)
"""What carries a secret by its name: a parameter of a sign-in, a member of JSON, the signature of a storage address."""
_SHORTEST_PART = 8
"""Characters of a secret that are worth hiding where a message was cut in the middle of it."""
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
    """The text without anything that looks like a token or is named like a secret, and without the given secrets.

    A secret is also found where the text was cut off in the middle of it.
    """
    for secret in secrets:
        if secret:
            text = _without_cut(text.replace(secret, "[secret]"), secret)
    return _NAMED.sub(r"\1[secret]", _TOKEN.sub("[token]", text))


def _without_cut(text: str, secret: str) -> str:
    """The text without the beginning of a secret before an ellipsis or at its end."""
    return "…".join(_without_end(part, secret) for part in text.split("…"))


def _without_end(text: str, secret: str) -> str:
    longest = min(len(secret), len(text))
    cut = next((n for n in range(longest, _SHORTEST_PART - 1, -1) if text.endswith(secret[:n])), 0)
    return f"{text[:-cut]}[secret]" if cut else text
