"""A tiny simulated priority service, strict about what it is asked, and the cases that pin it down.

The other ladder tests judge the solver by this service and by the predicates below; neither shares code with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations

import pytest

from reconciler.ladder.model import Rung

Ladder = tuple[str, ...]
MODES = ("last", "first", "keep")
KNOWN = ("insert", "insert-compact", "insert-shift", "shift-compact", "shift-refuse", "swap")
"""Behaviours that a climb has to come through with; `compact` ones renumber everything from the start, and
`shift-refuse` takes no number beyond the last."""


class RefusedError(Exception):
    """What a service answers that does not do what it is asked."""


class Service:
    """Profiles with numbers; `set_priority` fails the test where a call is not one that we ever want to send."""

    def __init__(
        self, ladder: Sequence[str], behaviour: str, *, start: int = 0, step: int = 1, movable: str = ""
    ) -> None:
        self.numbers = {profile: start + step * place for place, profile in enumerate(ladder)}
        self.behaviour = behaviour
        self.start = start
        self.movable = set(movable) if movable else {i for i in ladder if i.islower()}
        self.calls: list[tuple[str, int]] = []

    @property
    def rungs(self) -> list[Rung]:
        """A reading, in an order that says nothing."""
        return [Rung(profile, number) for profile, number in sorted(self.numbers.items())]

    @property
    def ladder(self) -> Ladder:
        return tuple(sorted(self.numbers, key=lambda profile: self.numbers[profile]))

    def set_priority(self, profile: str, number: int) -> None:
        self.calls.append((profile, number))
        holder = next((i for i, n in self.numbers.items() if n == number and i != profile), None)
        assert profile in self.movable, f"{profile} is unlisted and was moved"
        if len(self.calls) > 1 and number == max(self.numbers.values()) + 1:
            return self.set_last(profile, number)
        assert holder is not None, f"nobody but {profile} holds {number}"
        assert self.numbers[profile] != number
        return REACTIONS[self.behaviour](self, profile, holder)

    def set_last(self, profile: str, number: int) -> None:
        """The first number after the last: only ever asked for once an earlier call has shown what it is good for."""
        if self.behaviour in ("swap", "refuse", "shift-refuse"):
            raise RefusedError
        if self.behaviour != "ignore":
            self.numbers[profile] = number
        if self.behaviour.endswith("compact"):
            self.renumber(self.ladder, range(self.start, self.start + len(self.numbers)))

    def renumber(self, ladder: Sequence[str], numbers: Sequence[int]) -> None:
        self.numbers = dict(zip(ladder, numbers, strict=True))


def _insert(service: Service, profile: str, holder: str) -> None:
    place, rest = service.ladder.index(holder), [i for i in service.ladder if i != profile]
    service.renumber([*rest[:place], profile, *rest[place:]], sorted(service.numbers.values()))


def _shift(service: Service, profile: str, holder: str) -> None:
    number = service.numbers[holder]
    service.numbers = {i: n + 1 if n >= number else n for i, n in service.numbers.items()} | {profile: number}


def _swap(service: Service, profile: str, holder: str) -> None:
    numbers = service.numbers
    numbers[profile], numbers[holder] = numbers[holder], numbers[profile]


def _duplicate(service: Service, profile: str, holder: str) -> None:
    service.numbers[profile] = service.numbers[holder]


def _ignore(service: Service, profile: str, holder: str) -> None:
    """Says yes and does nothing."""


def _refuse(service: Service, profile: str, holder: str) -> None:
    raise RefusedError


def _compact(reaction: Callable[[Service, str, str], None]) -> Callable[[Service, str, str], None]:
    def react(service: Service, profile: str, holder: str) -> None:
        reaction(service, profile, holder)
        service.renumber(service.ladder, range(service.start, service.start + len(service.numbers)))

    return react


REACTIONS = {
    "insert": _insert,
    "insert-compact": _compact(_insert),
    "insert-shift": _shift,
    "shift-compact": _compact(_shift),
    "shift-refuse": _shift,
    "swap": _swap,
    "duplicate": _duplicate,
    "ignore": _ignore,
    "refuse": _refuse,
}


def ladders(size: int) -> Iterator[Ladder]:
    """Every ladder of that size, up to names: listed are a, b, … in the wanted order, unlisted A, B, … from the top.

    Which names profiles have cannot matter (a law below), so these stand for all permutations and all subsets.
    """
    for count in range(size + 1):
        for places in combinations(range(size), count):
            for listed in permutations("abcdefgh"[:count]):
                names, others = iter(listed), iter("ABCDEFGH")
                yield tuple(next(names if place in places else others) for place in range(size))


def order_of(ladder: Ladder) -> list[str]:
    return sorted(i for i in ladder if i.islower())


def is_goal(ladder: Ladder, mode: str) -> bool:
    """Listed in order and on their side, unlisted in order among themselves."""
    listed = [i for i in ladder if i.islower()]
    others = [i for i in ladder if i.isupper()]
    sides = {"last": listed + others, "first": others + listed}
    on_side = mode == "keep" or list(ladder) == sides[mode]
    return on_side and listed == sorted(listed) and others == sorted(others)


def neighbours(ladder: Ladder, behaviour: str) -> Iterator[tuple[str, str, Ladder]]:
    """Every call that may be sent: who moves, who holds the number, and the ladder afterwards."""
    for profile in filter(str.islower, ladder):
        for holder in ladder:
            if holder != profile:
                service = Service(ladder, behaviour)
                service.set_priority(profile, service.numbers[holder])
                yield profile, holder, service.ladder


@pytest.mark.parametrize(
    ("behaviour", "mover", "number", "expected"),
    [
        ("insert", "d", 10, {"d": 10, "a": 12, "b": 14, "c": 16}),
        ("insert", "a", 14, {"b": 10, "c": 12, "a": 14, "d": 16}),
        ("insert-compact", "a", 14, {"b": 10, "c": 11, "a": 12, "d": 13}),
        ("insert-shift", "d", 12, {"a": 10, "d": 12, "b": 13, "c": 15}),
        ("insert-shift", "a", 14, {"b": 12, "a": 14, "c": 15, "d": 17}),
        ("insert-shift", "a", 12, {"a": 12, "b": 13, "c": 15, "d": 17}),
        ("shift-compact", "a", 14, {"b": 10, "a": 11, "c": 12, "d": 13}),
        ("swap", "a", 14, {"c": 10, "b": 12, "a": 14, "d": 16}),
        ("duplicate", "a", 14, {"a": 14, "b": 12, "c": 14, "d": 16}),
        ("ignore", "a", 14, {"a": 10, "b": 12, "c": 14, "d": 16}),
    ],
)
def test_what_the_service_makes_of_a_call(behaviour: str, mover: str, number: int, expected: dict[str, int]) -> None:
    service = Service("abcd", behaviour, start=10, step=2)
    service.set_priority(mover, number)
    assert service.numbers == expected


@pytest.mark.parametrize(("mover", "number"), [("a", 0), ("a", 7), ("A", 0)])
def test_the_service_fails_the_test_on_calls_that_are_never_ours(mover: str, number: int) -> None:
    with pytest.raises(AssertionError):
        Service("aAb", "insert").set_priority(mover, number)
