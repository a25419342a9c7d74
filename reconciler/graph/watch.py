"""What a connection tells of itself while it works: for people who wait, and for nothing else.

Given to `connect`; called from one event loop. Whatever is told changes nothing of what is sent.
"""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Who is told."""

    def asked(self, count: int) -> None:
        """So many requests are to be sent. Those of a batch count one by one, a repeated one counts once."""

    def answered(self, count: int) -> None:
        """So many of them have ended, however they ended."""

    def waits(self, seconds: float, why: str) -> None:
        """Nothing is sent for so long, because of `why`."""


class Unwatched:
    """Nobody waits."""

    def asked(self, count: int) -> None:
        """Not told."""

    def answered(self, count: int) -> None:
        """Not told."""

    def waits(self, seconds: float, why: str) -> None:
        """Not told."""
