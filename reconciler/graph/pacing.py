"""Keeps within the quota that Microsoft publishes for Intune, so that we are never the cause of a 429.

Per application and tenant, in any 20 seconds: 100 requests that write and 1,000 requests of any kind, counted apart for
device configuration, applications and device enrollment (Microsoft Graph documentation: throttling limits, Intune).
Which of them a resource counts for is stated for most; what is not named is counted as device enrollment. Used by
`sender`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from .throttle import Clock, Sleep

PERIOD: Final = 20.0
WRITES: Final = 100
REQUESTS: Final = 1000

_CONFIGURATION = ("deviceconfigurations", "devicecompliancepolicies", "configurationpolicies")


def bucket_of(path: str) -> str | None:
    """The Intune quota that a path counts for; None for the rest of Graph, such as groups."""
    segments = path.partition("?")[0].lower().split("/")[2:4]
    if segments[:1] == ["deviceappmanagement"]:
        return "applications"
    if segments[:1] == ["devicemanagement"]:
        return "configuration" if segments[-1] in _CONFIGURATION else "enrollment"
    return None


class Window:
    """At most `limit` requests in any `period` seconds, wherever in between the service counts them.

    A request is counted by the service at some time between its sending and its answer. It holds its place here from
    before the one until `period` after the other, so no window of the service can hold more than `limit`.
    """

    def __init__(
        self,
        limit: int,
        *,
        clock: Clock,
        sleep: Sleep,
        period: float = PERIOD,
        told: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`told` hears of each wait, in seconds."""
        self._told = told
        self._limit = limit
        self._period = period
        self._clock = clock
        self._sleep = sleep
        self._ended: deque[float] = deque()
        self._under_way = 0
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()

    @asynccontextmanager
    async def places(self, count: int) -> AsyncIterator[None]:
        """Hold `count` places during the body, as soon as they are free, first come first served."""
        async with self._turn:
            await self._until_free(count)
            self._under_way += count
        try:
            yield
        finally:
            self._under_way -= count
            self._ended.extend([self._clock()] * count)
            self._left.set()

    async def _until_free(self, count: int) -> None:
        while True:
            now = self._clock()
            while self._ended and self._ended[0] + self._period <= now:
                self._ended.popleft()
            if self._under_way + len(self._ended) + count <= max(self._limit, count):
                return
            if self._ended:
                wait = self._ended[0] + self._period - now
                self._told(wait)
                await self._sleep(wait)
            else:
                self._left.clear()
                await self._left.wait()


class _Bucket:
    def __init__(self, clock: Clock, sleep: Sleep, told: Callable[[float], None]) -> None:
        self.requests = Window(REQUESTS, clock=clock, sleep=sleep, told=told)
        self.writes = Window(WRITES, clock=clock, sleep=sleep, told=told)
        self.writer = asyncio.Lock()


class Pacing:
    """The quotas of one application in one tenant."""

    def __init__(self, *, clock: Clock, sleep: Sleep, told: Callable[[float], None] = lambda _: None) -> None:
        """`told` hears of each wait, in seconds."""
        self._clock = clock
        self._sleep = sleep
        self._told = told
        self._buckets: dict[str, _Bucket] = {}

    @asynccontextmanager
    async def writer(self, path: str) -> AsyncIterator[None]:
        """One write after another for each quota: Intune is known to lose order and ranks under parallel writes."""
        async with self._bucket(bucket_of(path) or "directory").writer:
            yield

    @asynccontextmanager
    async def places(self, paths: Sequence[str], *, write: bool) -> AsyncIterator[None]:
        """Wait for room in the quotas that the paths count for, and hold it while the request is under way."""
        counts = Counter(name for path in paths if (name := bucket_of(path)))
        async with AsyncExitStack() as held:
            for name, count in sorted(counts.items()):
                bucket = self._bucket(name)
                await held.enter_async_context(bucket.requests.places(count))
                if write:
                    await held.enter_async_context(bucket.writes.places(count))
            yield

    def _bucket(self, name: str) -> _Bucket:
        if name not in self._buckets:
            self._buckets[name] = _Bucket(self._clock, self._sleep, self._told)
        return self._buckets[name]
