"""Names of specs from names of live objects: DNS labels, the same each time, in whatever order they are listed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping

from ..marker import ASIDE

LONGEST = 63
"""Characters of a DNS label."""
_DIGITS = 8
"""Hexadecimal digits that tell namesakes apart."""
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")
"""Names that no file may have on Windows, whatever its ending.

Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""
_APART = re.compile(r"[^a-z0-9]+")


def slug(title: str) -> str:
    """A title as a DNS label; empty where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    ascii_only = "".join(character for character in plain if not unicodedata.combining(character))
    return _APART.sub("-", ascii_only).strip("-")[:LONGEST].rstrip("-")


def named(
    titles: Mapping[str, str], *, namesakes: Collection[str], taken: Collection[str], stem: str
) -> dict[str, str]:
    """A name for each id. `titles` has what the objects are called, by id.

    `namesakes` are the titles of all objects of the kind, those that have a spec too: who shares a slug gets a digest
    of the id, so that a name does not depend on what was imported before. `taken` are names that specs or markers have
    already; `stem` is what an object is called of whose title nothing can stand in a name.
    """
    often = Counter(map(slug, namesakes))
    given: dict[str, str] = {}
    for object_id, title in sorted(titles.items()):
        base = slug(title)
        free = base and often[base] < 2 and base not in taken
        alone = free and not base.endswith(ASIDE) and not _DEVICES.fullmatch(base)
        given[object_id] = base if alone else _told_apart(base or stem, object_id, {*taken, *often, *given.values()})
    return given


def _told_apart(base: str, object_id: str, taken: Collection[str]) -> str:
    digest = hashlib.sha256(object_id.casefold().encode()).hexdigest()
    for length in range(_DIGITS, LONGEST):
        name = f"{base[: LONGEST - 1 - length].rstrip('-')}-{digest[:length]}".lstrip("-")
        if name not in taken:
            return name
    raise AssertionError("two ids have one digest")
