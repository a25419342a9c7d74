"""The order of enrollment profiles: what `setPriority`, a create and a delete do to the numbers, under every knob.

Pure functions over ranks (profile id -> number). Nothing here is documented by Microsoft ("Not yet documented"); the
variants are what the sibling resource deviceEnrollmentConfigurations was seen to do, and what a reader of the schema
("Priority, 0 is highest") would expect.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import bad_request
from .knobs import Knobs

Ranks = Mapping[str, int]

DEFAULT_PROFILE = "00000000-0000-4000-8000-000000000001"


def start(knobs: Knobs) -> int:
    """The number of the first profile. A built-in default profile holds 0."""
    return max(knobs.numbering_start, 1 if knobs.default_profile_object else 0)


def ordered(ranks: Ranks) -> list[str]:
    """Ids, the winner first; equal numbers in the order in which they are held."""
    return sorted(ranks, key=lambda key: ranks[key])


def numbered(order: list[str], first: int) -> dict[str, int]:
    return {key: first + index for index, key in enumerate(order)}


def moved(ranks: Ranks, mover: str, number: int, knobs: Knobs) -> dict[str, int]:
    """All ranks after `setPriority(mover, number)`. Raises `GraphError` 400 where the service would refuse."""
    if number < start(knobs):
        raise bad_request(f"Priority {number} is out of range.")
    if ranks[mover] == number:
        if knobs.set_priority_same == "400":
            raise bad_request("An error has occurred.")
        return dict(ranks)
    if knobs.set_priority == "duplicate":
        return {**ranks, mover: number}
    if knobs.set_priority == "swap":
        return _swapped(ranks, mover, number)
    if knobs.set_priority == "insert-shift":
        shifted = {key: held + 1 if held >= number else held for key, held in ranks.items()}
        return {**shifted, mover: number}
    if knobs.set_priority == "refuse-gap" and number > max(ranks.values()):
        raise bad_request(f"Priority {number} would leave a gap.")
    return _inserted(ranks, mover, number, start(knobs))


def _swapped(ranks: Ranks, mover: str, number: int) -> dict[str, int]:
    holder = next((key for key, held in ranks.items() if held == number), None)
    if holder is None:
        raise bad_request(f"No profile has priority {number}.")
    return {**ranks, mover: number, holder: ranks[mover]}


def _inserted(ranks: Ranks, mover: str, number: int, first: int) -> dict[str, int]:
    order = [key for key in ordered(ranks) if key != mover]
    order.insert(min(number - first, len(order)), mover)
    return numbered(order, first)


def placed(ranks: Ranks, new: str, number: int | None, knobs: Knobs) -> dict[str, int]:
    """All ranks after a create with that number, or without one. Raises `GraphError` 400."""
    taken = set(ranks.values())
    last = max(taken) + 1 if taken else start(knobs)
    how = knobs.post_priority
    if how == "first":
        return {**{key: held + 1 for key, held in ranks.items()}, new: start(knobs)}
    if number is None or how == "last":
        return {**ranks, new: last}
    if number < start(knobs):
        raise bad_request(f"Priority {number} is out of range.")
    if number not in taken or how == "duplicate":
        return {**ranks, new: number}
    if how == "refuse-occupied":
        raise bad_request(f"Priority {number} is already in use.")
    if how == "shift":
        return {**{key: held + 1 if held >= number else held for key, held in ranks.items()}, new: number}
    return {**ranks, new: next(free for free in range(number, last + 1) if free not in taken)}


def without(ranks: Ranks, gone: str, knobs: Knobs) -> dict[str, int]:
    """All ranks after a delete."""
    rest = {key: held for key, held in ranks.items() if key != gone}
    return numbered(ordered(rest), start(knobs)) if knobs.delete_compacts_priority else rest
