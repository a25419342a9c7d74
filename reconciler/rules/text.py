"""What cannot be seen in a text: blanks at its ends, invisible characters, letters that only look like ASCII.

Messages name such characters by their code points, because a reader sees nothing of them otherwise.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SHOWN = 80
"""So many characters of an offending text are repeated in a message."""
_BLANK = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


@lru_cache(4096)
def bare(text: str) -> str:
    """The text without what cannot be seen at its ends: white space, control and format characters."""
    start, end = 0, len(text)
    while start < end and _unseen(text[start]):
        start += 1
    while end > start and _unseen(text[end - 1]):
        end -= 1
    return text[start:end]


@lru_cache(4096)
def padding(text: str) -> str:
    """The unseen characters at both ends; empty where there are none, and for a text that has nothing else."""
    kept = bare(text)
    start = text.find(kept)
    return text[:start] + text[start + len(kept) :] if kept else ""


def ends(text: str) -> str:
    """Where a text has its padding, as a message goes on: `begins with`, `ends in`, …"""
    sides = (_unseen(text[:1]), _unseen(text[-1:])) if text else (False, False)
    return "begins and ends with" if all(sides) else "begins with" if sides[0] else "ends in"


@lru_cache(4096)
def hidden(text: str) -> str:
    """The characters inside the text that are not to be seen, each once; plain blanks are to be seen."""
    return "".join(dict.fromkeys(c for c in bare(text) if c != " " and _unseen(c)))


@lru_cache(4096)
def foreign(text: str) -> str:
    """The characters inside the text that are unseen or not ASCII, each once."""
    if text.isascii() and text.isprintable():
        return ""
    return "".join(dict.fromkeys(c for c in bare(text) if c != " " and (not c.isascii() or _unseen(c))))


def plain(text: str) -> str:
    """The text without its ends and without what `foreign` finds."""
    found = foreign(text)
    return "".join(c for c in bare(text) if c not in found) if found else bare(text)


def code_points(characters: Iterable[str]) -> str:
    """`U+00A0 (no-break space)`, …, each once."""
    return ", ".join(f"U+{ord(c):04X}{_called(c)}" for c in dict.fromkeys(characters))


def shown(text: str) -> str:
    """The text in quotes, with whatever cannot be seen as its code point."""
    if len(text) <= SHOWN and text.isascii() and text.isprintable():
        return f'"{text}"'
    seen = "".join(f"\\u{{{ord(c):x}}}" if c != " " and _unseen(c) else c for c in text[:SHOWN])
    return f'"{seen}"' + ("…" if len(text) > SHOWN else "")


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _BLANK


def _called(character: str) -> str:
    names = {"\n": "line feed", "\r": "carriage return", "\t": "tab"}
    name = names.get(character) or unicodedata.name(character, "").lower()
    return f" ({name})" if name else ""
