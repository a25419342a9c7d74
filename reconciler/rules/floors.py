"""The lowest versions of iOS and iPadOS: which Intune supports, and which each enrollment type needs.

They rise over the years, so they stand in `data/ios-floors.json`, each with its source and date.
"""

from __future__ import annotations

from collections.abc import Iterable

from .lists import read

Version = tuple[int, ...]


def version(text: str) -> Version:
    """`17.4.1` as numbers that compare. Zeros at the end do not count: 17 and 17.0 are the same."""
    parts = [int(part) for part in text.split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


def shown(found: Version) -> str:
    """A version as people write it."""
    return ".".join(map(str, found))


def intune() -> Version:
    """The lowest version that Intune supports."""
    return version(read("ios-floors")["intune"]["version"])


def of_types(types: Iterable[str]) -> Version | None:
    """The lowest version with which all of these enrollment types are possible; None where none of them is known."""
    known = read("ios-floors")["types"]
    return max((version(known[each]["version"]) for each in types if each in known), default=None)


def checked() -> str:
    """The day on which the versions were last held against the documentation."""
    return str(read("ios-floors")["date"])
