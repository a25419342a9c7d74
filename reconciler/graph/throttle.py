"""How long to wait before a request is repeated: one policy, one pause and one budget for a whole connection.

When the service throttles one request it means the application, and requests sent meanwhile count against its limits
(Microsoft Graph documentation: throttling). So a 429 pauses every task of the connection. Used by `sender` and `batch`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from .errors import Interrupted

LONGEST_BACKOFF: Final = 60.0
SHORTEST: Final = 1.0
"""Seconds. Graph answers `Retry-After: 0` often, and a request at once would be refused again."""

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Jitter = Callable[[], float]
"""A number from 0 up to 1."""


def until(stop: asyncio.Event, sleep: Sleep) -> Sleep:
    """A `sleep` that does not outlast `stop`: it raises `Interrupted` as soon as that is set."""

    async def sleep_unless_stopped(seconds: float) -> None:
        if stop.is_set():
            raise Interrupted(_INTERRUPTED)
        slept, stopped = asyncio.ensure_future(sleep(seconds)), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({slept, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not slept.done():
                raise Interrupted(_INTERRUPTED)
            slept.result()
        finally:
            slept.cancel()
            stopped.cancel()
            await asyncio.gather(slept, stopped, return_exceptions=True)

    return sleep_unless_stopped


_INTERRUPTED = "interrupted while waiting; nothing more is sent"


class OverBudget(Exception):  # noqa: N818 - a signal between modules
    """A wait that the run does not allow itself; `seconds` is how long it would have been."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(slots=True)
class Throttle:
    """The waiting of one connection. Times are seconds of `clock`, which must be monotonic."""

    clock: Clock
    sleep: Sleep
    jitter: Jitter
    budget: float
    """Seconds of waiting that are left for the whole run."""
    clear_at: float = -math.inf
    """Until then every task holds its requests back."""
    barred_until: float = -math.inf
    """Until then the service wants no request, and this run does not wait so long."""
    told: Callable[[float], None] = lambda _: None
    """Hears of each pause, in seconds."""

    async def until_clear(self) -> None:
        """Wait until no pause is on; it may grow meanwhile. Raises `OverBudget` while the service wants nothing."""
        if (barred := self.barred_until - self.clock()) > 0:
            raise OverBudget(barred)
        while (left := self.clear_at - self.clock()) > 0:
            await self.sleep(left)

    def pause(self, attempt: int, stated: float | None) -> float:
        """Hold every task back after a throttled `attempt` (from 1), for the seconds that it gives.

        Raises `OverBudget`; then nothing more is sent until the time that was asked for is over: further requests
        would only count against the limits.
        """
        wait = pause_length(attempt, stated, self.jitter())
        until = self.clock() + wait
        longer = until - max(self.clock(), self.clear_at)
        if longer > self.budget:
            self.barred_until = max(self.barred_until, until)
        if longer > 0:
            self._spend(longer, wait)
            self.clear_at = until
            self.told(wait)
        return wait

    async def back_off(self, attempt: int) -> None:
        """Hold this task back after a failed `attempt` (from 1). Raises `OverBudget` without waiting."""
        wait = self.jitter() * min(LONGEST_BACKOFF, 2.0**attempt)
        self._spend(wait, wait)
        await self.sleep(wait)

    def _spend(self, seconds: float, wait: float) -> None:
        if seconds > self.budget:
            raise OverBudget(wait)
        self.budget -= seconds


def pause_length(attempt: int, stated: float | None, jitter: float) -> float:
    """Seconds to pause: never less than stated, and longer each time; without a statement full jitter above a floor.

    Up to a tenth is added to a stated wait, so that runs which were throttled together do not return together.
    """
    if stated is None:
        return max(SHORTEST, jitter * min(LONGEST_BACKOFF, 2.0**attempt))
    escalated = min(LONGEST_BACKOFF, SHORTEST * 2.0 ** (attempt - 1))
    return max(stated, escalated) * (1 + jitter / 10)


def stated_wait(headers: Mapping[str, str], in_body: float | None = None) -> float | None:
    """The seconds that an answer states, from `Retry-After` or else from its body; None where it states none.

    Whole and fractional seconds (Graph sends 2.128) and HTTP-dates, which are compared with the answer's own `Date`, so
    that a wrong clock on this side does no harm; the longest, where a proxy has joined two headers to one ("5, 5").
    Header names are in lower case.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return in_body
    try:
        seconds = [float(part) for part in text.split(",")]
    except ValueError:
        return _until(text, headers.get("date", ""))
    return max(seconds) if all(math.isfinite(each) and each >= 0 for each in seconds) else None


def _until(date: str, now: str) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError):
        return None
