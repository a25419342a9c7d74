"""Who changed something and when, as far as the tenant's audit logs can be read. Asked where a plan turned stale, and
by `drift` of everything that departs.

A courtesy: one bounded reading of each log, and whatever goes wrong with it is a sentence, never a failure. Sources:
Microsoft Graph documentation, auditEvent (Intune) and directoryAudit (Entra). Events may show minutes after the edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ..audited import AuditEvent, read
from ..basis import What
from ..drift.model import Log
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..graph.wording import printable
from ..model import Json, JsonObject
from ..stale import Stale

_PAGE = 200
"""The newest events of a log that are looked at."""
UNREADABLE = "who changed it could not be read"
UNKNOWN = "the audit log does not show who changed it, or not yet"


@dataclass(frozen=True, slots=True)
class _Log:
    """One audit log, and how its events are read."""

    path: str
    after: str
    """The comparison that its `$filter` is documented for."""
    objects: str
    """The member that lists what an event changed, and below it the member that has the id."""
    id: str
    activity: str
    actor: Callable[[JsonObject], str | None]


def _intune_actor(event: JsonObject) -> str | None:
    return _first(_object(event.get("actor")), "userPrincipalName", "applicationDisplayName", "servicePrincipalName")


def _directory_actor(event: JsonObject) -> str | None:
    by = _object(event.get("initiatedBy"))
    user = _first(_object(by.get("user")), "userPrincipalName", "displayName")
    return user or _first(_object(by.get("app")), "displayName", "servicePrincipalName")


_INTUNE = _Log("/beta/deviceManagement/auditEvents", "gt", "resources", "resourceId", "activity", _intune_actor)
_DIRECTORY = _Log(
    "/v1.0/auditLogs/directoryAudits", "ge", "targetResources", "id", "activityDisplayName", _directory_actor
)


async def who_changed(graph: Graph, found: Iterable[Stale], *, since: str) -> dict[str, str]:
    """What can be told of who changed each of these objects after the instant `since`, by object id in lower case."""
    asked: dict[_Log, set[str]] = {}
    for stale in found:
        if stale.object_id is not None:
            asked.setdefault(_DIRECTORY if stale.what is What.GROUP else _INTUNE, set()).add(stale.object_id)
    answers = await asyncio.gather(*(_told(graph, log, ids, since) for log, ids in asked.items()))
    return {object_id: text for answer in answers for object_id, text in answer.items()}


async def events(graph: Graph, ids: Iterable[str], *, since: str) -> Log:
    """What Intune's log has of these objects (ids in lower case) after the instant `since`: one request."""
    page = await _page(graph, _INTUNE, since)
    if page is None:
        return Log("not-readable", since)
    found: dict[str, list[AuditEvent]] = {object_id: [] for object_id in ids}
    for event in filter(None, map(read, page)):
        for object_id in event.ids & found.keys():
            found[object_id].append(event)
    return Log("read", since, whole=len(page) < _PAGE, events={each: tuple(told) for each, told in found.items()})


async def _page(graph: Graph, log: _Log, since: str) -> list[JsonObject] | None:
    """The newest events of a log after an instant, the newest first; None where it cannot be read.

    Times are compared as text: Graph writes all of them in UTC and in one form.
    """
    chosen = quote(f"activityDateTime {log.after} {since}")
    try:
        page = await graph.get(f"{log.path}?$filter={chosen}&$orderby={quote('activityDateTime desc')}&$top={_PAGE}")
    except GraphError:
        return None
    if not isinstance(page, dict) or not isinstance(page.get("value"), list):
        return None
    found = _objects(page["value"])
    return sorted(found, key=lambda event: str(event.get("activityDateTime")), reverse=True)


async def _told(graph: Graph, log: _Log, ids: set[str], since: str) -> dict[str, str]:
    page = await _page(graph, log, since)
    if page is None:
        return dict.fromkeys(ids, UNREADABLE)
    newest = _newest(page, log)
    return {object_id: _sentence(newest[object_id], log) if object_id in newest else UNKNOWN for object_id in ids}


def _newest(events: Iterable[JsonObject], log: _Log) -> Mapping[str, JsonObject]:
    """The latest event of each object, of events the newest first."""
    found: dict[str, JsonObject] = {}
    for event in events:
        for changed in _objects(event.get(log.objects)):
            found.setdefault(_id(changed, log), event)
    return found


def _id(changed: JsonObject, log: _Log) -> str:
    return str(changed.get(log.id)).casefold()


def _sentence(event: JsonObject, log: _Log) -> str:
    who = printable(log.actor(event) or "somebody", limit=100)
    activity = printable(str(event.get(log.activity) or ""), limit=100)
    return f"changed by {who} on {_when(event)}" + (f" ({activity})" if activity else "")


def _when(event: JsonObject) -> str:
    """The instant to the second, as text: what is none is shown as it is."""
    return printable(str(event.get("activityDateTime")), limit=40).partition(".")[0].removesuffix("Z") + "Z"


def _first(values: JsonObject, *names: str) -> str | None:
    return next((value for name in names if isinstance(value := values.get(name), str) and value), None)


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
