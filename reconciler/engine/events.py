"""Reads Intune's audit log of a period, to its proven end or not at all. Called by `evidence --audit` and `report`.

`audit` asks the same log in passing, for the newest event of a few objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from ..audited import AuditEvent, read
from ..graph.client import Graph
from ..graph.errors import Forbidden, GraphError
from ..permissions import AUDIT_EVENTS

_PATH = "/beta/deviceManagement/auditEvents"
_BESIDE = timedelta(seconds=1)
"""The log is asked for a little more: which ends of a period its filter includes is not documented."""


@dataclass(frozen=True, slots=True)
class Log:
    """What a period of the log holds, the oldest event first; or why it could not be read."""

    events: tuple[AuditEvent, ...] = ()
    why: str | None = None


async def read_log(graph: Graph, since: datetime, until: datetime) -> Log:
    """The events from `since` to `until`, both included. Whatever the log answers beside them is left out."""
    ends = f"activityDateTime gt {_text(since - _BESIDE)} and activityDateTime lt {_text(until + _BESIDE)}"
    try:
        raw = await graph.list(f"{_PATH}?$filter={quote(ends)}")
    except Forbidden as error:
        return Log(why=f"{error.message}; it takes {AUDIT_EVENTS[0]}")
    except GraphError as error:
        return Log(why=error.message)
    events = [read(each) for each in raw]
    if None in events:
        return Log(why="an event of the audit log says no time")
    found = (each for each in events if each is not None and since <= each.at <= until)
    return Log(tuple(sorted(found, key=lambda each: (each.at, each.id))))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
