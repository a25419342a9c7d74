"""Apps that are assigned to the same people with intents that contradict each other.

Source: Microsoft, "Assign apps to groups with Microsoft Intune" (conflicts between app intents): required wins over
uninstall, and uninstall over available. Required beside available contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..assigned import Assigned
from ..assignments import Target
from ..model import Address

_OFFERED = frozenset({"available", "availablewithoutenrollment"})


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One target that an app is assigned to with two intents."""

    name: str
    address: Address | None
    target: Target
    """The narrower of the two."""
    intents: tuple[str, str]
    wins: str


def contradictions(name: str, address: Address | None, assigned: Sequence[Assigned]) -> Iterator[Contradiction]:
    """Pairs that surely meet by their targets alone: the same target, or a group beside everybody."""
    included = [each for each in assigned if not each.target.exclude and each.target.filter is None]
    out = {(each.intent, each.target.group) for each in assigned if each.target.exclude}
    for one, other in combinations(included, 2):
        wins = _winner(one.intent, other.intent)
        narrow = one if one.target.who == "group" else other
        wide = other if narrow is one else one
        meets = narrow.target.key == wide.target.key or (wide.target.who, narrow.target.who) == ("users", "group")
        if wins and meets and (wide.intent, narrow.target.group) not in out:
            yield Contradiction(name, address, narrow.target, (one.intent, other.intent), wins)


def _winner(one: str, other: str) -> str | None:
    """The intent that is carried out; None where both can be."""
    both = {one, other}
    if "uninstall" not in both or len(both) == 1:
        return None
    return "required" if "required" in both else "uninstall" if both & _OFFERED else None
