"""Foreign text made fit for a terminal and for a pipeline's log. Used for every value that comes from elsewhere.

Names in specs, in Graph and in files are written by others. A terminal obeys control characters (CVE-2021-25743 of
kubectl is that mistake), readers are deceived by invisible and reordering ones, and pipelines take commands from what
is printed: GitHub from lines that begin with `::`, GitHub and Azure Pipelines from `##[` and `##vso[` anywhere in one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LIMIT = 4000
"""Characters of one text that are shown; how many more there are is said."""
_MARKS = 4
"""Combining marks on one character; no script needs more, and piles of them cover other lines."""
_LOOKS_LIKE_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # joiners and fillers that are letters, marks or symbols
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))  # selectors
)
_COMMAND = re.compile(r"#(?=#[A-Za-z]*\[)")
_LINE_COMMAND = re.compile(r"\A(\s*):(?=:)")


def safe(text: str, *, limit: int = LIMIT) -> str:
    """The text on one line, with `\\u{…}` for whatever is not plainly visible; no log takes it for a command."""
    shown = text[:limit]
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(_visible(shown))
    left = len(text) - limit
    return without_commands(shown) + (f"... ({left} more characters)" if left > 0 else "")


def quoted(text: str, *, limit: int = LIMIT) -> str:
    """The text in double quotes, so that its ends are seen; a backslash or quote in it is escaped by a backslash."""
    shown = text[:limit].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    left = len(text) - limit
    return '"' + safe(shown, limit=len(shown)) + ('"' if left <= 0 else f'"... ({left} more characters)')


def visible(character: str) -> str:
    """One character, or its code point where it would not be seen as what it is."""
    category = unicodedata.category(character)
    hidden = category[0] == "C" or category in ("Zl", "Zp") or character in _LOOKS_LIKE_NOTHING
    if hidden or (category == "Zs" and character not in " \u3000"):
        return f"\\u{{{ord(character):x}}}"
    return character


def without_commands(line: str) -> str:
    """A line that no pipeline takes for a command, and that reads the same."""
    if "##" in line:
        line = _COMMAND.sub(r"\\u{23}", line)
    return _LINE_COMMAND.sub(r"\1\\u{3a}", line) if "::" in line else line


def _visible(text: str) -> Iterator[str]:
    marks = _MARKS  # the first character must not combine with what stands before the text
    for character in text:
        if not unicodedata.category(character).startswith("M"):
            marks = 0
            yield visible(character)
        elif marks < _MARKS:
            marks += 1
            yield visible(character)
        else:
            yield f"\\u{{{ord(character):x}}}"
