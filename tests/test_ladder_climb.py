"""The climb of apply against services of every behaviour: it reaches the order or stops with a sentence, in time."""

from __future__ import annotations

import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.ladder.behaviour import Behaviour, observe
from reconciler.ladder.climb import Climb, expected_moves, next_move
from reconciler.ladder.model import LadderError, Move, Rung, Solution, Stuck, Unlisted
from reconciler.ladder.solve import solve

from .test_ladder_service import KNOWN, MODES, Ladder, RefusedError, Service, is_goal, ladders, neighbours, order_of

NUMBERINGS = [(0, 1), (1, 1), (3, 4)]
"""First number and distance between numbers."""


def climb(service: Service, mode: str, *, solution: Solution | None = None) -> Solution:
    """Drive a whole run as apply does; gives the solution it started from, raises what the climb raises."""
    order = order_of(service.ladder)
    solution = solution or solve(service.rungs, order, unlisted=mode)
    reading = service.rungs
    state = Climb.start(reading, order, unlisted=mode, planned=solution.moves, bound=solution.bound)
    while (move := state.next_move(reading)) is not None:
        with suppress(RefusedError):
            service.set_priority(move.id, move.number)
        assert len(service.calls) <= solution.bound
        state, reading = state.saw(reading, move, service.rungs), service.rungs
    assert state.calls == len(service.calls)
    return solution


@cache
def reachable(ladder: Ladder, mode: str, behaviour: str) -> bool:
    """Whether any sequence of calls at all leads to the goal."""
    seen, todo = {ladder}, [ladder]
    while todo:
        now = todo.pop()
        if is_goal(now, mode):
            return True
        fresh = {after for _, _, after in neighbours(now, behaviour)} - seen
        seen |= fresh
        todo.extend(fresh)
    return False


def check(ladder: Ladder, mode: str, behaviour: str, start: int, step: int) -> None:
    """The law of every known behaviour: the goal is reached, but where no calls at all could reach it."""
    service = Service(ladder, behaviour, start=start, step=step)
    try:
        solution = climb(service, mode)
    except Stuck:
        assert behaviour == "shift-refuse"
        assert not reachable(ladder, mode, behaviour), (ladder, mode, behaviour)
        return
    assert is_goal(service.ladder, mode), (ladder, mode, behaviour)
    if behaviour.startswith("insert") and behaviour != "insert-shift":
        assert service.calls == [(m.id, m.number) for m in solution.moves] or "compact" in behaviour
        assert len(service.calls) == len(solution.moves)


@pytest.mark.parametrize(("start", "step"), NUMBERINGS)
@pytest.mark.parametrize("behaviour", KNOWN)
def test_every_ladder_of_up_to_four_under_every_behaviour(behaviour: str, start: int, step: int) -> None:
    for size in range(5):
        for ladder in ladders(size):
            for mode in MODES:
                check(ladder, mode, behaviour, start, step)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("behaviour", ["insert-shift", "swap"])
def test_every_ladder_of_five(behaviour: str, mode: str) -> None:
    for ladder in ladders(5):
        check(ladder, mode, behaviour, 1, 1)


@st.composite
def mixed(draw: st.DrawFn, most: int = 12) -> Ladder:
    listed, others = draw(st.integers(1, 8)), draw(st.integers(0, most - 8))
    names = iter("ABCDEFGH")
    order = draw(st.permutations("abcdefgh"[:listed] + "U" * others))
    return tuple(next(names) if i == "U" else i for i in order)


@settings(deadline=None, max_examples=40)
@given(
    ladder=mixed(), mode=st.sampled_from(("last", "keep")), behaviour=st.sampled_from(KNOWN), start=st.integers(-3, 3)
)
def test_longer_ladders_are_reached_under_every_behaviour(
    ladder: Ladder, mode: str, behaviour: str, start: int
) -> None:
    service = Service(ladder, behaviour, start=start, step=3)
    climb(service, mode)
    assert is_goal(service.ladder, mode)


@settings(deadline=None, max_examples=40)
@given(ladder=mixed(), behaviour=st.sampled_from(KNOWN))
def test_unlisted_first_is_reached_or_impossible(ladder: Ladder, behaviour: str) -> None:
    """Where profiles only ever land above others, none gets below an unlisted profile at the bottom, unless the
    service takes a number after the last one. What is reached is not written again."""
    service = Service(ladder, behaviour)
    try:
        climb(service, "first")
    except Stuck:
        assert behaviour == "shift-refuse"
        assert ladder[-1].isupper()
        return
    assert is_goal(service.ladder, "first")
    service.calls.clear()
    climb(service, "first")
    assert service.calls == []


@pytest.mark.parametrize("numbers", [{"a": 0, "A": 1}, {"a": 4, "A": 9}])
def test_the_number_after_the_last_is_asked_for_once_a_call_has_shown_shifting(numbers: dict[str, int]) -> None:
    service = Service("aA", "insert-shift")
    service.numbers = dict(numbers)
    climb(service, "first")
    last = numbers["A"]
    assert service.calls == [("a", last), ("a", last + 2)]
    assert service.ladder == tuple("Aa")


def test_a_service_that_refuses_the_number_after_the_last_is_told_of() -> None:
    with pytest.raises(Stuck, match=r"takes no number after the last one: .* enrollment profile A, .* Drag b below"):
        climb(Service("abA", "shift-refuse"), "first")


# -- exchanges are as few as they can be -------------------------------------------------------------------------------


def exchanges(ladder: Ladder, mode: str) -> int:
    """How many calls a climb takes that knows of the exchange.

    The unlisted belong in alphabetical order; under `keep`, where no call touches them, in the order they have.
    """
    service = Service(ladder, "swap")
    order, original = order_of(ladder), [i for i in ladder if i.isupper()]
    original = original if mode == "keep" else sorted(original)
    while True:
        move = next_move(service.rungs, order, unlisted=mode, original=original, behaviour=Behaviour.SWAP)
        if move is None:
            return len(service.calls)
        service.set_priority(move.id, move.number)
        assert service.ladder == move.ladder
        assert len(service.calls) <= 2 * len(ladder), ladder


@cache
def fewest_exchanges(target: Ladder) -> dict[Ladder, int]:
    """Breadth first from the target; an exchange undoes itself."""
    found, layer = {target: 0}, [target]
    while layer:
        nearer, layer = layer, []
        for ladder in nearer:
            for _, _, other in neighbours(ladder, "swap"):
                if other not in found:
                    found[other] = found[ladder] + 1
                    layer.append(other)
    return found


@pytest.mark.parametrize("profiles", ["a", "ab", "abcd", "aA", "aAB", "abA", "aABC", "abAB", "aABCD", "abABC", "abcAB"])
@pytest.mark.parametrize("mode", MODES)
def test_no_sequence_of_exchanges_is_shorter(profiles: str, mode: str) -> None:
    """From every ladder, also those where unlisted profiles were displaced among themselves."""
    for ladder in permutations(profiles):
        listed, others = iter(order_of(ladder)), sorted(filter(str.isupper, ladder))
        if mode == "keep":
            target = tuple(next(listed) if i.islower() else i for i in ladder)
        else:
            target = (*listed, *others) if mode == "last" else (*others, *listed)
        assert exchanges(ladder, mode) == fewest_exchanges(target)[ladder], ladder


def test_keep_never_touches_an_unlisted_profile_where_calls_exchange() -> None:
    for ladder in ladders(5):
        service = Service(ladder, "swap")
        climb(service, "keep")
        assert [i if i.isupper() else "" for i in service.ladder] == [i if i.isupper() else "" for i in ladder]


# -- services that cannot be worked with -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("behaviour", ["ignore", "refuse", "duplicate"])
def test_a_service_that_does_not_move_profiles_stops_the_climb(behaviour: str, mode: str) -> None:
    for ladder in ladders(4):
        service = Service(ladder, behaviour)
        if is_goal(ladder, mode):
            climb(service, mode)
            assert service.calls == []
            continue
        with pytest.raises(LadderError) as error:
            climb(service, mode)
        assert 1 <= len(service.calls) <= 2
        told = error.value.told({i: f"Profile {i.upper()}" for i in ladder})
        assert told.endswith(".")
        assert "{" not in told
        assert "Profile " in told


@settings(deadline=None, max_examples=40)
@given(
    ladder=mixed(),
    mode=st.sampled_from(MODES),
    seed=st.randoms(use_true_random=False),
    reactions=st.lists(st.sampled_from([*KNOWN, "ignore", "shuffle"]), min_size=1, max_size=6),
)
def test_a_service_that_contradicts_itself_never_makes_a_climb_go_on_forever(
    ladder: Ladder, mode: str, seed: random.Random, reactions: list[str]
) -> None:
    service = Moody(ladder, reactions, seed)
    try:
        climb(service, mode)
    except LadderError:
        return
    assert is_goal(service.ladder, mode)


class Moody(Service):
    """Reacts differently from call to call; `shuffle` is somebody else who reorders everything."""

    def __init__(self, ladder: Ladder, reactions: list[str], seed: random.Random) -> None:
        super().__init__(ladder, reactions[0])
        self.reactions = reactions
        self.seed = seed

    def set_priority(self, profile: str, number: int) -> None:
        self.behaviour = self.reactions[len(self.calls) % len(self.reactions)]
        if self.behaviour == "shuffle":
            self.calls.append((profile, number))
            self.renumber(self.seed.sample(self.ladder, len(self.ladder)), range(len(self.ladder)))
        else:
            super().set_priority(profile, number)


@pytest.mark.parametrize("mode", ["last", "keep"])
def test_after_a_contradiction_every_rank_is_settled_one_by_one(mode: str) -> None:
    """Somebody reorders everything once; from then on nothing is taken for granted, and the order is reached."""
    for ladder in permutations("abcde"):
        service = Moody(ladder, ["shuffle", "insert", "swap", "insert", "swap", "insert"], random.Random(7))
        climb(service, mode)
        assert is_goal(service.ladder, mode)


def test_a_service_that_fits_nothing_has_to_settle_a_rank_with_every_call() -> None:
    before, after = Service("bca", "insert").rungs, Service("cba", "insert").rungs
    state = Climb.start(before, list("abc"), unlisted="last", planned=(), bound=9)
    state = replace(state, behaviour=Behaviour.UNKNOWN)
    move = state.next_move(before)
    assert move is not None
    assert (move.id, move.number) == ("a", 0)
    assert state.saw(before, move, Service("acb", "insert").rungs).behaviour is Behaviour.UNKNOWN
    with pytest.raises(Stuck, match="profile a did not come to stand where priority 0 is"):
        state.saw(before, move, after)


@pytest.mark.parametrize("reading", ["abcX", "ab"])
def test_profiles_that_come_or_go_during_the_run_stop_it(reading: str) -> None:
    before = Service("cba", "insert")
    state = Climb.start(before.rungs, list("abc"), unlisted="last", planned=(), bound=3)
    move = state.next_move(before.rungs)
    assert move is not None
    other = Service(reading, "insert").rungs
    for attempt in (lambda: state.next_move(other), lambda: state.saw(before.rungs, move, other)):
        with pytest.raises(Stuck, match=r"profiles [Xc] (dis)?appeared during the run\. Plan again\.$"):
            attempt()


@pytest.mark.parametrize(
    ("mode", "behaviour"),
    [("last", Behaviour.ANY), ("last", Behaviour.INSERT_SHIFT), ("last", Behaviour.UNKNOWN), ("keep", Behaviour.SWAP)],
)
def test_unlisted_profiles_that_were_displaced_are_named(mode: Unlisted, behaviour: Behaviour) -> None:
    """Moving listed profiles cannot put these right, but where moves exchange and may touch unlisted profiles."""
    rungs = Service("abBA", "insert").rungs
    with pytest.raises(Stuck, match="profiles B and A, which it does not name, changed places"):
        next_move(rungs, ["a", "b"], unlisted=mode, original=["A", "B"], behaviour=behaviour)


def test_a_climb_sends_no_more_than_the_approved_plan_allows() -> None:
    service = Service("cba", "insert")
    order = list("abc")
    state = Climb.start(service.rungs, order, unlisted="last", planned=(), bound=1)
    move = state.next_move(service.rungs)
    assert move is not None
    before = service.rungs
    service.set_priority(move.id, move.number)
    state = state.saw(before, move, service.rungs)
    with pytest.raises(Stuck, match="not reached after 1 calls, all that the plan allows"):
        state.next_move(service.rungs)


def test_a_saved_plan_is_followed_call_by_call() -> None:
    """Its moves are read back from its calls; they need not be those that a new solution would choose."""
    service = Service("cbaA", "insert", start=1, step=5)
    calls = [("b", 1), ("c", 11)]
    planned = expected_moves(service.rungs, calls)
    assert [move.ladder for move in planned] == [tuple("bcaA"), tuple("bacA")]
    state, reading = (
        Climb.start(service.rungs, ["b", "a", "c"], unlisted="last", planned=planned, bound=2),
        service.rungs,
    )
    while (move := state.next_move(reading)) is not None:
        service.set_priority(move.id, move.number)
        state, reading = state.saw(reading, move, service.rungs), service.rungs
    assert service.calls == calls


@settings(deadline=None, max_examples=40)
@given(ladder=mixed(), mode=st.sampled_from(MODES))
def test_a_plan_is_read_back_from_its_calls(ladder: Ladder, mode: Unlisted) -> None:
    rungs = Service(ladder, "insert", start=2, step=3).rungs
    moves = solve(rungs, order_of(ladder), unlisted=mode).moves
    assert expected_moves(rungs, [(move.id, move.number) for move in moves]) == moves


def test_a_saved_call_for_a_number_that_nobody_holds_is_refused() -> None:
    with pytest.raises(LadderError, match="held the priority 7"):
        expected_moves(Service("ab", "insert").rungs, [("b", 7)])


def test_a_plan_for_another_ladder_is_not_followed_blindly() -> None:
    """The tenant moved on between plan and apply: the climb starts from what it reads, not from what it remembers."""
    planned = solve(Service("dabc", "insert").rungs, list("abcd"), unlisted="last")
    service = Service("abdc", "insert")
    climb(service, "last", solution=planned)
    assert service.ladder == tuple("abcd")
    assert len(service.calls) == 1


# -- what two readings say ---------------------------------------------------------------------------------------------


def readings(before: str, after: str) -> tuple[Collection[Rung], Collection[Rung]]:
    return Service(before, "insert").rungs, Service(after, "insert", start=5, step=2).rungs


@pytest.mark.parametrize(
    ("mover", "number", "after", "seen"),
    [
        ("d", 0, "dabc", Behaviour.INSERT | Behaviour.INSERT_SHIFT),
        ("d", 0, "dbca", Behaviour.SWAP),
        ("b", 0, "bacd", Behaviour.ANY),
        ("a", 3, "bcda", Behaviour.INSERT),
        ("a", 3, "bcad", Behaviour.INSERT_SHIFT),
        ("a", 3, "dbca", Behaviour.SWAP),
        ("a", 1, "bacd", Behaviour.INSERT | Behaviour.SWAP),
        ("a", 1, "abcd", Behaviour.INSERT_SHIFT),
        ("a", 3, "abcd", Behaviour.UNKNOWN),
        ("a", 3, "dcba", Behaviour.UNKNOWN),
    ],
)
def test_what_two_readings_say_of_a_service(mover: str, number: int, after: str, seen: Behaviour) -> None:
    old, new = readings("abcd", after)
    assert observe(old, Move(mover, number, ()), new) == seen


@pytest.mark.parametrize("number", [0, 9])
def test_a_number_that_nobody_else_holds_is_never_explained(number: int) -> None:
    old, new = readings("abcd", "abcd")
    with pytest.raises(Stuck, match="No other enrollment profile held the priority"):
        observe(old, Move("a", number, ()), new)


def test_a_second_reading_with_equal_numbers_is_refused() -> None:
    old = Service("ab", "insert").rungs
    with pytest.raises(LadderError, match="a and b hold the same priority 3"):
        observe(old, Move("b", 0, ()), [Rung("a", 3), Rung("b", 3)])
