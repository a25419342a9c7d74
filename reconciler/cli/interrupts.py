"""What stops a run between two writes: signals, and readers of its output that went away. Used by `apply`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .streams import complain


class AtOnce(KeyboardInterrupt):
    """The second signal: the run ends where it is. `number` is that of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Interrupts:
    """The first signal, or a reader that hangs up, stops before the next write; a second signal ends at once."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        """Set once nothing more is to be sent; waits end by it."""
        self._received: int | None = None

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.stop.is_set()

    @property
    def exit_code(self) -> int | None:
        """130 after SIGINT, 143 after SIGTERM; None where no signal came."""
        return None if self._received is None else 128 + self._received

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Signals are received for as long as the context lasts."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows: Ctrl-C then ends the process
                loop.add_signal_handler(number, self._receive, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                with suppress(NotImplementedError):
                    loop.remove_signal_handler(number)

    def _receive(self, number: int) -> None:
        if self._received is not None:
            raise AtOnce(number)
        self._received = number
        self.stop.set()
        complain("stopping after the request that is under way; a second signal stops at once\n")

    def told(self, heard: bool) -> None:
        """Take note of whether somebody still listens. Who does not has hung up: nothing further is sent."""
        if not heard:
            self.stop.set()
