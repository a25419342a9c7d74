"""The published quota of Intune is used well and never overstepped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.graph.pacing import PERIOD, WRITES, Pacing, Window, bucket_of

from .harness import VirtualTime, run

WRITE = "/beta/deviceManagement/deviceConfigurations/x/assign"


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        ("/beta/deviceManagement/deviceConfigurations", "configuration"),
        ("/beta/deviceManagement/deviceConfigurations?$top=1", "configuration"),
        ("/beta/DeviceManagement/DeviceConfigurations/x/assign", "configuration"),
        ("/beta/deviceManagement/deviceCompliancePolicies/x", "configuration"),
        ("/beta/deviceAppManagement/mobileApps/x/assign", "applications"),
        ("/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles/x/setPriority", "enrollment"),
        ("/beta/deviceManagement", "enrollment"),
        ("/v1.0/groups/deviceManagement", None),
        ("/v1.0/organization", None),
    ],
)
def test_bucket(path: str, bucket: str | None) -> None:
    assert bucket_of(path) == bucket


def most_in_a_window(instants: Sequence[float], period: float = PERIOD) -> int:
    """The most instants that any window of this length holds, both ends included but for one."""
    ordered = sorted(instants)
    return max(sum(start <= instant < start + period for instant in ordered) for start in ordered)


def test_a_burst_is_free_and_a_long_apply_uses_the_quota() -> None:
    time = VirtualTime()
    pacing = Pacing(clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def write() -> None:
        async with pacing.writer(WRITE), pacing.places([WRITE], write=True):
            sent.append(time.now)
            await time.sleep(0.1)

    run(time.run(*(write() for _ in range(500))))
    assert sent[WRITES - 1] == pytest.approx(0.1 * (WRITES - 1)), "the first hundred wait for nothing but each other"
    assert most_in_a_window(sent) == WRITES
    ideal = (len(sent) - WRITES) / WRITES * PERIOD
    assert ideal / (sent[-1] - sent[WRITES - 1]) >= 0.9


def test_writes_of_one_quota_go_one_after_another_and_quotas_side_by_side() -> None:
    time = VirtualTime()
    pacing = Pacing(clock=time, sleep=time.sleep)
    under_way: set[str] = set()
    most: list[int] = []

    async def write(path: str) -> None:
        bucket = str(bucket_of(path))
        async with pacing.writer(path), pacing.places([path], write=True):
            assert bucket not in under_way
            under_way.add(bucket)
            most.append(len(under_way))
            await time.sleep(1.0)
            under_way.remove(bucket)

    paths = [WRITE, "/beta/deviceAppManagement/mobileApps", "/beta/deviceManagement/x", "/v1.0/groups"]
    run(time.run(*(write(path) for path in paths * 5)))
    assert max(most) == 4
    assert time.now == 5.0


def test_the_parts_of_a_batch_count_one_by_one() -> None:
    time = VirtualTime()
    pacing = Pacing(clock=time, sleep=time.sleep)
    sent: list[float] = []

    async def read() -> None:
        async with pacing.places([WRITE] * 19 + ["/v1.0/groups/x"], write=False):
            sent.extend([time.now] * 19)
            await time.sleep(0.5)

    run(time.run(*(read() for _ in range(120))))
    assert most_in_a_window(sent) <= 1000
    assert time.now < 3 * (PERIOD + 1)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 7),
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 6), st.floats(0, 1), st.integers(1, 3)), max_size=25),
)
def test_no_window_of_the_service_ever_holds_more_than_the_limit(
    limit: int, requests: list[tuple[float, float, float, int]]
) -> None:
    """Wherever between sending and answer the service counts each request, and however long they take."""
    time = VirtualTime()
    counted: list[float] = []

    async def send(window: Window, start: float, length: float, where: float, count: int) -> None:
        await time.sleep(start)
        async with window.places(min(count, limit)):
            counted.extend([time.now + length * where] * min(count, limit))
            await time.sleep(length)

    async def all_of_them() -> None:
        window = Window(limit, clock=time, sleep=time.sleep)
        await time.run(*(send(window, *request) for request in requests))

    run(all_of_them())
    assert len(counted) == sum(min(request[3], limit) for request in requests)
    if counted:
        # A nanosecond is left to the rounding of sums.
        assert most_in_a_window(counted, PERIOD - 1e-9) <= limit


def test_a_cancelled_wait_gives_its_place_back() -> None:
    time = VirtualTime()

    async def scenario() -> None:
        window = Window(1, clock=time, sleep=time.sleep)
        holding = asyncio.Event()

        async def hold() -> None:
            async with window.places(1):
                holding.set()
                await asyncio.Event().wait()

        first = asyncio.create_task(hold())
        await holding.wait()
        second = asyncio.create_task(hold())
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        holding.clear()
        time.now += PERIOD
        async with asyncio.timeout(1), window.places(1):
            pass

    run(scenario())
