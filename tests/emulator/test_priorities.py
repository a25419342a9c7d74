"""What the order of profiles does under every knob: examples, and laws over all of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.errors import GraphError
from reconciler.emulator.knobs import Knobs, PostPriority, SetPriority
from reconciler.emulator.priorities import moved, numbered, ordered, placed, without

ABC = {"a": 1, "b": 2, "c": 3}

MOVES: list[tuple[SetPriority, str, int, dict[str, int]]] = [
    ("insert", "c", 1, {"c": 1, "a": 2, "b": 3}),
    ("insert", "a", 3, {"b": 1, "c": 2, "a": 3}),
    ("insert", "a", 9, {"b": 1, "c": 2, "a": 3}),
    ("insert-shift", "c", 1, {"c": 1, "a": 2, "b": 3}),
    ("insert-shift", "a", 3, {"b": 2, "a": 3, "c": 4}),
    ("insert-shift", "a", 9, {"b": 2, "c": 3, "a": 9}),
    ("swap", "c", 1, {"c": 1, "b": 2, "a": 3}),
    ("refuse-gap", "c", 1, {"c": 1, "a": 2, "b": 3}),
    ("duplicate", "c", 1, {"a": 1, "c": 1, "b": 2}),
    ("duplicate", "c", 7, {"a": 1, "b": 2, "c": 7}),
]


@pytest.mark.parametrize(("how", "mover", "number", "after"), MOVES)
def test_set_priority(how: SetPriority, mover: str, number: int, after: dict[str, int]) -> None:
    assert moved(ABC, mover, number, Knobs(set_priority=how)) == after


@pytest.mark.parametrize(
    ("knobs", "number"),
    [
        (Knobs(set_priority="swap"), 9),
        (Knobs(set_priority="refuse-gap"), 4),
        (Knobs(set_priority_same="400"), 1),
        (Knobs(), 0),
        (Knobs(numbering_start=0), -1),
        (Knobs(numbering_start=0, default_profile_object=True), 0),
    ],
)
def test_set_priority_refuses(knobs: Knobs, number: int) -> None:
    with pytest.raises(GraphError) as refused:
        moved(ABC, "a", number, knobs)
    assert refused.value.status == 400


CREATES: list[tuple[PostPriority, int | None, dict[str, int]]] = [
    ("as-sent", None, {**ABC, "n": 4}),
    ("as-sent", 7, {**ABC, "n": 7}),
    ("as-sent", 2, {**ABC, "n": 4}),
    ("shift", 2, {"a": 1, "n": 2, "b": 3, "c": 4}),
    ("shift", 9, {**ABC, "n": 9}),
    ("duplicate", 2, {**ABC, "n": 2}),
    ("refuse-occupied", 4, {**ABC, "n": 4}),
    ("last", 1, {**ABC, "n": 4}),
    ("first", 3, {"n": 1, "a": 2, "b": 3, "c": 4}),
    ("first", None, {"n": 1, "a": 2, "b": 3, "c": 4}),
]


@pytest.mark.parametrize(("how", "number", "after"), CREATES)
def test_create(how: PostPriority, number: int | None, after: dict[str, int]) -> None:
    assert placed(ABC, "n", number, Knobs(post_priority=how)) == after


def test_create_on_an_occupied_number_can_be_refused() -> None:
    with pytest.raises(GraphError):
        placed(ABC, "n", 2, Knobs(post_priority="refuse-occupied"))


@pytest.mark.parametrize(("start", "expected"), [(0, 0), (1, 1)])
def test_numbering_starts(start: int, expected: int) -> None:
    assert placed({}, "n", None, Knobs(numbering_start=start)) == {"n": expected}


@pytest.mark.parametrize(("compacts", "after"), [(False, {"a": 1, "c": 3}), (True, {"a": 1, "c": 2})])
def test_delete(compacts: bool, after: dict[str, int]) -> None:
    assert without(ABC, "b", Knobs(delete_compacts_priority=compacts)) == after


orders = st.permutations(["a", "b", "c", "d", "e"]).map(lambda order: numbered(list(order), 1))
movers = st.sampled_from(["a", "b", "c", "d", "e"])


@settings(max_examples=40, deadline=None)
@given(orders, movers, st.integers(1, 5))
def test_insert_keeps_the_others_in_order(ranks: dict[str, int], mover: str, number: int) -> None:
    after = moved(ranks, mover, number, Knobs(set_priority="insert"))
    assert sorted(after.values()) == [1, 2, 3, 4, 5]
    assert after[mover] == number
    assert [key for key in ordered(after) if key != mover] == [key for key in ordered(ranks) if key != mover]


@settings(max_examples=40, deadline=None)
@given(orders, movers, st.integers(1, 5))
def test_swap_is_its_own_undoing(ranks: dict[str, int], mover: str, number: int) -> None:
    knobs = Knobs(set_priority="swap")
    assert moved(moved(ranks, mover, number, knobs), mover, ranks[mover], knobs) == ranks


@settings(max_examples=40, deadline=None)
@given(orders, movers, st.integers(1, 8))
def test_insert_shift_keeps_the_others_in_order_and_no_number_twice(ranks: dict[str, int], mover: str, n: int) -> None:
    after = moved(ranks, mover, n, Knobs(set_priority="insert-shift"))
    assert len(set(after.values())) == 5
    assert [key for key in ordered(after) if key != mover] == [key for key in ordered(ranks) if key != mover]
