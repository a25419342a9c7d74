"""Who changed something and when, as far as the tenant's audit logs can be read. Called where a plan turned stale.

A courtesy: one bounded reading of each log, and whatever goes wrong with it is a sentence, never a failure. Sources:
Microsoft Graph documentation, auditEvent (Intune) and directoryAudit (Entra). Events may show minutes after the edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ..basis import What
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


async def _told(graph: Graph, log: _Log, ids: set[str], since: str) -> dict[str, str]:
    chosen = quote(f"activityDateTime {log.after} {since}")
    try:
        page = await graph.get(f"{log.path}?$filter={chosen}&$orderby={quote('activityDateTime desc')}&$top={_PAGE}")
    except GraphError:
        return dict.fromkeys(ids, UNREADABLE)
    if not isinstance(page, dict) or not isinstance(page.get("value"), list):
        return dict.fromkeys(ids, UNREADABLE)
    newest = _newest(page["value"], log)
    return {object_id: _sentence(newest[object_id], log) if object_id in newest else UNKNOWN for object_id in ids}


def _newest(events: Json, log: _Log) -> Mapping[str, JsonObject]:
    """The latest event of each object. Times are compared as text: Graph writes all of them in UTC and in one form."""
    found: dict[str, JsonObject] = {}
    for event in sorted(_objects(events), key=lambda event: str(event.get("activityDateTime"))):
        for changed in _objects(event.get(log.objects)):
            found[str(changed.get(log.id)).casefold()] = event
    return found


def _sentence(event: JsonObject, log: _Log) -> str:
    who = printable(log.actor(event) or "somebody", limit=100)
    when = printable(str(event.get("activityDateTime")), limit=40).partition(".")[0].removesuffix("Z")
    activity = printable(str(event.get(log.activity) or ""), limit=100)
    return f"changed by {who} on {when}Z" + (f" ({activity})" if activity else "")


def _first(values: JsonObject, *names: str) -> str | None:
    return next((value for name in names if isinstance(value := values.get(name), str) and value), None)


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
