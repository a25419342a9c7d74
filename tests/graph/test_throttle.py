"""How long to wait, and when to stop waiting."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.graph.errors import Interrupted
from reconciler.graph.throttle import OverBudget, Throttle, pause_length, stated_wait, until

from .harness import Clock, run

NOW = "Thu, 05 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "in_body", "seconds"),
    [
        ({}, None, None),
        ({}, 9.0, 9.0),
        ({"retry-after": "7"}, 9.0, 7.0),
        ({"retry-after": " 7 "}, None, 7.0),
        ({"retry-after": "0"}, None, 0.0),
        ({"retry-after": "2.128"}, None, 2.128),
        ({"retry-after": "36000"}, None, 36000.0),
        ({"retry-after": "Thu, 05 Nov 2026 10:00:07 GMT", "date": NOW}, None, 7.0),
        ({"retry-after": "Thu, 05 Nov 2026 09:59:00 GMT", "date": NOW}, None, 0.0),
        ({"retry-after": "Thu, 05 Nov 2026 10:00:07 GMT"}, None, None),
        ({"retry-after": "Thu, 05 Nov 2026 10:00:07 GMT", "date": "soon"}, None, None),
        ({"retry-after": "Thu, 05 Nov 2026 10:00:07 -0000", "date": NOW}, None, None),
        ({"retry-after": "5, 5"}, None, 5.0),
        ({"retry-after": "5,7.5"}, None, 7.5),
        ({"retry-after": "5, soon"}, None, None),
        ({"retry-after": "5,"}, None, None),
        ({"retry-after": "5, nan"}, None, None),
        ({"retry-after": "-3"}, None, None),
        ({"retry-after": "nan"}, None, None),
        ({"retry-after": "inf"}, None, None),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": ""}, 4.0, 4.0),
    ],
)
def test_stated_wait(headers: dict[str, str], in_body: float | None, seconds: float | None) -> None:
    assert stated_wait(headers, in_body) == seconds


@pytest.mark.parametrize(
    ("attempt", "stated", "jitter", "seconds"),
    [
        (1, 10.0, 0.0, 10.0),
        (1, 10.0, 0.5, 10.5),
        (1, 0.0, 0.0, 1.0),
        (2, 0.0, 0.0, 2.0),
        (4, 1.0, 0.0, 8.0),
        (9, 1.0, 0.0, 60.0),
        (9, 90.0, 0.0, 90.0),
        (1, None, 0.0, 1.0),
        (1, None, 0.75, 1.5),
        (5, None, 0.5, 16.0),
        (20, None, 0.5, 30.0),
    ],
)
def test_pause_length(attempt: int, stated: float | None, jitter: float, seconds: float) -> None:
    assert pause_length(attempt, stated, jitter) == pytest.approx(seconds)


@settings(deadline=None, max_examples=35)
@given(
    st.integers(1, 500),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.floats(0, 1, exclude_max=True),
)
def test_a_pause_is_never_shorter_than_stated_nor_than_a_second(
    attempt: int, stated: float | None, jitter: float
) -> None:
    wait = pause_length(attempt, stated, jitter)
    assert wait >= max(1.0, stated or 0.0)
    assert wait <= max(60.0, stated or 0.0) * 1.1


def throttle(clock: Clock, budget: float, jitter: float = 0.0) -> Throttle:
    return Throttle(clock, clock.sleep, lambda: jitter, budget)


def test_a_pause_that_many_share_is_paid_once() -> None:
    clock = Clock()
    shared = throttle(clock, 12.0)
    for _ in range(8):
        shared.pause(1, 10.0)
    assert shared.budget == 2.0
    run(shared.until_clear())
    assert clock.slept == [10.0]


def test_a_longer_pause_costs_only_what_it_adds() -> None:
    clock = Clock()
    shared = throttle(clock, 12.0)
    shared.pause(1, 10.0)
    clock.now += 4
    shared.pause(1, 7.0)
    assert shared.budget == pytest.approx(1.0)


def test_waiting_beyond_the_budget_is_refused_and_nothing_is_sent_meanwhile() -> None:
    clock = Clock()
    shared = throttle(clock, 12.0)
    with pytest.raises(OverBudget) as over:
        shared.pause(1, 36000.0)
    assert over.value.seconds == 36000.0
    assert shared.budget == 12.0
    clock.now += 100.0
    with pytest.raises(OverBudget) as barred:
        run(shared.until_clear())
    assert barred.value.seconds == 35900.0
    clock.now += 35900.0
    run(shared.until_clear())
    assert clock.slept == []


def test_backing_off_grows_and_stops() -> None:
    clock = Clock()
    own = throttle(clock, 20.0, jitter=0.5)

    async def failing() -> None:
        for attempt in range(1, 9):
            await own.back_off(attempt)

    with pytest.raises(OverBudget):
        run(failing())
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


# -- a run that is to end ----------------------------------------------------------------------------------------------


def test_a_sleep_lasts_as_long_as_nobody_stops_it() -> None:
    clock = Clock()

    async def sleeping() -> None:
        await until(asyncio.Event(), clock.sleep)(25.0)

    run(sleeping())
    assert clock.slept == [25.0]


def test_a_stop_ends_a_sleep_and_every_further_one() -> None:
    async def stopped() -> None:
        stop, asleep = asyncio.Event(), asyncio.Event()

        async def sleep(seconds: float) -> None:
            asleep.set()
            await asyncio.Event().wait()

        waiting = asyncio.ensure_future(until(stop, sleep)(25.0))
        await asleep.wait()
        stop.set()
        with pytest.raises(Interrupted):
            await waiting
        with pytest.raises(Interrupted):
            await until(stop, Clock().sleep)(0.0)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "something sleeps on"

    run(stopped())


def test_a_sleep_that_fails_or_is_cancelled_leaves_nothing_behind() -> None:
    async def failing(seconds: float) -> None:
        raise ZeroDivisionError

    async def cancelled() -> None:
        with pytest.raises(ZeroDivisionError):
            await until(asyncio.Event(), failing)(1.0)
        waiting = asyncio.ensure_future(until(asyncio.Event(), asyncio.sleep)(3600.0))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(cancelled())


def test_stopped_tasks_that_wait_for_the_same_pause_all_end() -> None:
    clock = Clock()

    async def waiting() -> list[BaseException | None]:
        stop = asyncio.Event()
        shared = Throttle(clock, until(stop, asyncio.sleep), lambda: 0.0, 100.0)
        shared.pause(1, 60.0)
        tasks = [asyncio.ensure_future(shared.until_clear()) for _ in range(5)]
        await asyncio.sleep(0)
        stop.set()
        await asyncio.wait(tasks)
        return [task.exception() for task in tasks]

    assert [type(each) for each in run(waiting())] == [Interrupted] * 5
