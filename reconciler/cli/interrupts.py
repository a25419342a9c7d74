"""What stops a run between two writes: signals, and readers of its output that went away. Used by `apply`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .failure import Code, Failure


class AtOnce(KeyboardInterrupt):
    """The second signal: the run ends where it is. `number` is that of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Interrupts:
    """The first signal, or a reader that hangs up, stops before the next write; a second signal ends at once."""

    def __init__(self) -> None:
        self._received: int | None = None
        self._hung_up = False

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._received is not None or self._hung_up

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
        words = "stopping after the request that is under way; a second signal stops at once\n"
        self.tell(lambda: sys.stderr.write(words))

    def tell(self, say: Callable[[], object]) -> None:
        """Say something while the run goes on. Who hears it no more has hung up: nothing further is sent."""
        try:
            say()
            sys.stderr.flush()
        except BrokenPipeError:
            self._hung_up = True
            _abandon(sys.stderr.fileno())


def shown(say: Callable[[], object]) -> None:
    """Show what has to be read before anything is sent. Raises `Failure` (1) where nobody reads it."""
    try:
        say()
        sys.stdout.flush()
    except BrokenPipeError as error:
        _abandon(sys.stdout.fileno())
        raise Failure(Code.FAILED, "nobody reads the plan: nothing was changed") from error


def reported(say: Callable[[], object]) -> None:
    """Report what was done. A reader who went away changes nothing of it: the record and the exit code tell it."""
    with suppress(BrokenPipeError):
        say()
        sys.stdout.flush()
        return
    _abandon(sys.stdout.fileno())


def _abandon(descriptor: int) -> None:
    """Whatever is still written there goes nowhere, without a further error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
