"""The nouns of the ladder: rungs, moves, crowds, a solution, and what can go wrong. Used by everything in `ladder`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unlisted: TypeAlias = Literal["last", "first", "keep"]
"""Where profiles rank that the order does not name: below all that it names, above them, or wherever they are."""

Ladder: TypeAlias = tuple[str, ...]
"""Profile ids, the winner first. Numbers are not part of it: only the order decides who wins."""


class LadderError(Exception):
    """The live ladder or the wanted order cannot be worked with. `told` gives the sentence with names for ids."""

    def __init__(self, sentence: str, *profiles: Collection[str]) -> None:
        """`sentence` has a `{}` for each element of `profiles`; each is a collection of profile ids."""
        super().__init__(sentence)
        self.sentence = sentence
        self.profiles = tuple(tuple(ids) for ids in profiles)

    def told(self, names: Mapping[str, str]) -> str:
        """The sentence for people; ids that `names` does not know stand as they are."""
        return self.sentence.format(*(listing(names.get(i, i) for i in ids) for ids in self.profiles))

    def __str__(self) -> str:
        return self.told({})


class Stuck(LadderError):  # noqa: N818 - the name of a state that runs end in, as in "stuck"
    """The service does not do what a further call would need; what was reached so far stays as it is."""


def listing(words: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True, slots=True)
class Rung:
    """One live profile and its priority number; numbers may start anywhere and have gaps."""

    id: str
    number: int


@dataclass(frozen=True, slots=True)
class Move:
    """One call `setPriority(id, number)`, where another profile holds `number` at that moment."""

    id: str
    number: int
    ladder: Ladder
    """The ladder expected afterwards: in a plan under insertion, in a climb under what was observed so far."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """An atom of the population: `people` who are assigned exactly these profiles."""

    people: int
    profiles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Solution:
    """The calls that a plan shows, and what they mean for people on the way."""

    before: Ladder
    after: Ladder
    moves: tuple[Move, ...]
    """As few as insertion allows."""
    changed: int
    """People whose winning profile is another one in the end."""
    strays: int
    """People-steps on the way that meet a profile which is neither their old nor their new one."""
    exact: bool
    """Whether `changed` and, after it, `strays` are proven to be the least of all sequences with as few calls."""
    may_need: int
    """No more than this many further calls are ever sent, whatever the service does."""

    @property
    def bound(self) -> int:
        """The most calls that a climb with this solution sends."""
        return len(self.moves) + self.may_need


def ladder_of(rungs: Collection[Rung]) -> Ladder:
    """The ids in the order in which they win.

    Raises `LadderError` where two profiles hold one number (which of them wins is undefined) or an id comes twice.
    """
    twice = [i for i, count in Counter(rung.id for rung in rungs).items() if count > 1]
    if twice:
        raise LadderError("The list of live enrollment profiles names {} twice; read it again.", twice)
    holders: dict[int, list[str]] = defaultdict(list)
    for rung in rungs:
        holders[rung.number].append(rung.id)
    shared = min((number for number, ids in holders.items() if len(ids) > 1), default=None)
    if shared is not None:
        raise LadderError(
            "Enrollment profiles {} hold the same priority "
            f"{shared}, so which of them wins is undefined. Drag them into order in the Intune admin center, "
            "then run again.",
            sorted(holders[shared]),
        )
    return tuple(rung.id for rung in sorted(rungs, key=lambda rung: rung.number))
