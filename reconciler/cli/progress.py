"""How far a command has come, as one line on the terminal of whoever waits: updated in place, gone at the end.

`Progress` keeps count and words the line; it is told by the connection (`graph.watch.Watch`) and by `apply`. Nothing is
shown of what is over within half a second, and nothing at all where nobody watches (`Output.progress`).
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TextIO

from ..render.style import plural
from .streams import status

QUIET = 0.5
"""Seconds at the beginning of which nothing is shown."""
EVERY = 0.1
"""Seconds between two lines."""
_USUAL = 80
"""Columns of a terminal that does not say."""
_TICK = 0.25
_RATED = 2.0
"""Seconds after which a rate means something."""


class Progress:
    """What one command has asked, written and waited for so far. `clock` gives seconds, and must be monotonic."""

    def __init__(self, clock: Callable[[], float], *, width: int, show: Callable[[str], bool] = status) -> None:
        self._clock = clock
        self._width = width
        self._show = show
        self._began = clock()
        self._shown_at = -math.inf
        self._signing_in = False
        self._asked = self._answered = 0
        self._changes = self._done = 0
        self._writes = self._sent = 0
        self._sent_at = self._began
        self._wait: tuple[float, str] = (-math.inf, "")
        self.heard = True
        """Whether the last line could be read by anybody."""

    def asked(self, count: int) -> None:
        """As `Watch`."""
        if not (self._asked or self._changes):
            self._began = self._clock()
        self._signing_in = False
        self._asked += count
        self.draw()

    def answered(self, count: int) -> None:
        """As `Watch`."""
        self._answered += count
        self.draw()

    def waits(self, seconds: float, why: str) -> None:
        """As `Watch`."""
        self._wait = max(self._wait, (self._clock() + seconds, why))
        self._shown_at = -math.inf
        self.draw()

    def applies(self, changes: int, writes: int) -> None:
        """From now on so many changes are carried out, by so many writes as far as that was planned."""
        self._began = self._sent_at = self._clock()
        self._changes, self._done, self._writes, self._sent = changes, 0, writes, 0

    def sent(self) -> None:
        """One write has been sent."""
        self._sent_at, self._sent = self._clock(), self._sent + 1
        self.draw()

    def ended(self) -> None:
        """One change has ended, however it ended."""
        self._done += 1
        self.draw()

    def rests(self) -> None:
        """What was under way is over; what comes next is counted anew."""
        self._signing_in = False
        self._changes = self._asked = self._answered = 0
        self._show("")

    def draw(self) -> None:
        """Show the line, if there is one and it is time to."""
        now = self._clock()
        if now - self._began < QUIET or now - self._shown_at < EVERY:
            return
        if line := self.line():
            self._shown_at = now
            self.heard = self._show(line)

    def line(self) -> str:
        """What is under way now, in less than the width of the terminal; empty where nothing is."""
        told = [*self._under_way(), *self._waiting()]
        return "; ".join(told)[: self._width - 1]

    def _under_way(self) -> list[str]:
        if self._changes:
            left = self._left()
            time = f", about {_time(left)} left" if left > 0 else ""
            return [f"applying: {self._done} of {plural(self._changes, 'change')}{time}"]
        if self._signing_in:
            return ["signing in"]
        if self._answered >= self._asked:
            return []
        elapsed = self._clock() - self._began
        pace = round(self._answered / elapsed) if elapsed > _RATED else 0
        rate = f", {pace}/s" if pace else ""
        return [f"reading: {self._answered} of {plural(self._asked, 'request')}{rate}"]

    def _left(self) -> float:
        """The seconds that the writes which are left take at the pace so far; 0 where there is no telling."""
        elapsed = self._sent_at - self._began
        if elapsed < _RATED:
            return 0.0
        return elapsed / self._sent * (self._writes - self._sent) - (self._clock() - self._sent_at)

    def _waiting(self) -> list[str]:
        until, why = self._wait
        left = until - self._clock()
        return [f"{why}, {_time(left)} left"] if left > 0 else []

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """From the sign-in on, keep the line fresh also while nothing happens; it is gone after the body."""
        self._began, self._signing_in = self._clock(), True
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            self.rests()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.draw()


def width_of(terminal: TextIO) -> int:
    """The columns of the terminal that the line is on: results may go to a file, which has none."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or _USUAL
    except OSError:
        return _USUAL


def _time(seconds: float) -> str:
    """`20 s`, `4 min`."""
    return f"{math.ceil(seconds)} s" if seconds < 100 else f"{math.ceil(seconds / 60)} min"
