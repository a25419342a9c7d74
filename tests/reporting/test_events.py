"""The audit log of a period, whatever the service makes of the filter."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from reconciler.engine.events import Log, read_log
from reconciler.graph.errors import IncompleteRead

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


class Service:
    """Answers every list with these events, or with an error."""

    def __init__(self, *events: dict[str, Any], error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._events, self._error = [*events], error

    async def list(self, path: str) -> list[dict[str, Any]]:
        self.asked.append(unquote(path))
        if self._error:
            raise self._error
        return self._events


def read(service: Any) -> Log:
    return asyncio.run(read_log(service, SINCE, UNTIL))


def test_a_filter_that_is_not_honoured() -> None:
    times = ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00.1Z", "2026-03-01T00:00:00Z", "2026-02-28T23:59:59.9Z")
    service = Service(*({"id": str(number), "activityDateTime": time} for number, time in enumerate(times)))
    assert [event.id for event in read(service).events] == ["2", "0"], "the oldest first"
    [asked] = service.asked
    assert "activityDateTime gt 2026-02-28T23:59:59Z and activityDateTime lt 2026-03-02T00:00:01Z" in asked


def test_an_event_without_a_time_makes_the_log_unknown() -> None:
    found = read(Service({"id": "a", "activityDateTime": "2026-03-01T08:00:00Z"}, {"id": "b"}))
    assert (found.events, found.why) == ((), "an event of the audit log says no time")


def test_a_log_that_is_not_known_to_be_whole() -> None:
    assert read(Service(error=IncompleteRead("a page has no list of values"))).why == "a page has no list of values"
