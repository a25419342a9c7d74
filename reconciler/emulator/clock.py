"""Instants and identifiers that the emulated service makes up: injected clocks, dates on the wire, stable GUIDs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

Clock = Callable[[], datetime]

NAMESPACE = uuid.UUID("5d2d44b4-3a43-5f7e-9d0a-6d1d6a8f3c11")


def system_clock() -> datetime:
    return datetime.now(UTC)


class SteppingClock:
    """A clock for repeatable runs: every look at it is `step` later than the last."""

    def __init__(self, start: datetime, step: timedelta = timedelta(milliseconds=1)) -> None:
        self._now = start
        self._step = step

    def __call__(self) -> datetime:
        self._now += self._step
        return self._now


def graph_date(instant: datetime, digits: int) -> str:
    """An instant as Graph writes it, with 7, 6 or 0 fractional digits (the seventh is 100 nanoseconds)."""
    whole = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{instant.microsecond:06d}0"[:digits]
    return f"{whole}.{fraction}Z" if digits else f"{whole}Z"


def http_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def stable_guid(*parts: str) -> str:
    """The same GUID for the same parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))
