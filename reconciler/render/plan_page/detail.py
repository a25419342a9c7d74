"""How much of a change the page shows: all of it, unless the plan is so large that no browser would like it."""

from __future__ import annotations

from enum import Enum
from typing import Final

LIMIT: Final = 5 << 20
"""Bytes of a page of up to 1,000 changes; of more, the page may be larger in proportion."""
WHOLE: Final = 0.75
"""The share of the room beyond which nothing is said twice."""
_MANY: Final = 1000
_ASIDE: Final = 64 << 10
"""Bytes that a page takes beside its sections, at most: style sheet, script, and the top."""
_ALL: Final = "`reconciler show FILE --format json` has all of a saved plan, and so does `plan --format json`."


class Detail(Enum):
    """From the most to the least. The value is what is said of it above the changes."""

    WHOLE = ""
    ONCE = f"The plan is large: what stands in the table of a change is not repeated in its requests. {_ALL}"
    BRIEF = f"The plan is very large: bodies of requests and long values are cut short. {_ALL}"


def room(limit: int, changes: int, taken: int) -> int:
    """Bytes for the changes of a plan, of which all other sections took so many."""
    return limit * max(changes, _MANY) // _MANY - taken - _ASIDE
