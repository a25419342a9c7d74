"""The time by which a command lives: what it dates, how long it waits. One value, so that a run can be repeated."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime


async def _sleep(seconds: float) -> None:
    import asyncio  # at call: commands that stay offline never sleep

    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` dates plans and records, `monotonic` and `sleep` pace requests and looks."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = _sleep

    def instant(self) -> datetime:
        """Now, to the second."""
        return self.now().replace(microsecond=0)

    def today(self) -> date:
        """The day it is in UTC, wherever the machine stands."""
        return self.now().astimezone(UTC).date()


SYSTEM = Clock()
