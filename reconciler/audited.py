"""Events of Intune's audit log as values: who changed which objects, and when. Pure; read by `engine.events`.

Used by `evidence` and by `report`. Values that an event shows are left out: what an object had before and after is in
run records, with secrets masked, and an event masks nothing. Source: Microsoft Graph documentation, auditEvent,
auditActor, auditResource. Intune keeps events for a year and deletes them then; source: "Audit, export, or delete
personal data in Intune", https://learn.microsoft.com/mem/intune/protect/privacy-data-audit-export-delete
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from .model import Json, JsonObject

RETENTION = timedelta(days=365)
LATE = timedelta(hours=1)
"""Events show minutes after the change, at times; Microsoft gives no number. What is younger may not be there yet."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change. A person has a principal name, an application acting for itself has none."""

    kind: Literal["person", "application", "unknown"]
    application: str | None
    """What the application is called that the change came through."""
    application_id: str | None
    """In lower case."""
    name: str | None
    """Of the person; shown only where that is asked for."""
    user: str | None = None
    """The id of whoever signed in, in lower case; tells people apart whom the log does not name. Never shown."""

    def to_json(self, *, named: bool) -> JsonObject:
        """As documents show it. People are not named unless that is asked for."""
        shown: JsonObject = {
            "kind": self.kind, "application": self.application, "applicationId": self.application_id
        }  # fmt: skip
        return {**shown, "name": self.name} if named else shown


@dataclass(frozen=True, slots=True)
class Touched:
    """An object that an event names, and the properties that changed."""

    id: str | None
    """In lower case; None where the event does not say."""
    type: str | None
    name: str | None
    properties: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        return {"id": self.id, "type": self.type, "name": self.name, "properties": [*self.properties]}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event."""

    id: str
    at: datetime
    activity: str
    operation: str
    result: str
    correlation: str | None
    """In lower case. Where the service hands the client's request id on, it is that; nothing promises it."""
    actor: Actor
    objects: tuple[Touched, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The objects that it names."""
        return frozenset(each.id for each in self.objects if each.id)

    def to_json(self, *, named: bool) -> JsonObject:
        return {
            "id": self.id,
            "at": moment(self.at),
            "activity": self.activity,
            "operation": self.operation,
            "result": self.result,
            "correlationId": self.correlation,
            "actor": self.actor.to_json(named=named),
            "objects": [each.to_json() for each in self.objects],
        }


def is_fresh(until: datetime, now: datetime) -> bool:
    """Whether events of a period up to then may not show yet."""
    return until > now - LATE


def moment(at: datetime) -> str:
    """An instant as documents have it: in UTC, to the microsecond where it has any."""
    shown = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{shown}Z"


def read(raw: JsonObject) -> AuditEvent | None:
    """An event as Graph shows it; None where it says no time, so that nobody can tell what it belongs to."""
    at = instant(raw.get("activityDateTime"))
    if at is None:
        return None
    return AuditEvent(
        id=_text(raw.get("id")) or "",
        at=at,
        activity=_text(raw.get("activity")) or _text(raw.get("activityType")) or "",
        operation=_text(raw.get("activityOperationType")) or "",
        result=_text(raw.get("activityResult")) or "",
        correlation=_lower(raw.get("correlationId")),
        actor=_actor(raw.get("actor")),
        objects=tuple(_touched(each) for each in _objects(raw.get("resources"))),
    )


def instant(value: Json) -> datetime | None:
    """An instant in UTC; one without a zone is taken for UTC, as Graph writes all of them."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found and (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))


def _actor(value: Json) -> Actor:
    shown = value if isinstance(value, dict) else {}
    person = _text(shown.get("userPrincipalName"))
    application = _text(shown.get("applicationDisplayName")) or _text(shown.get("servicePrincipalName"))
    application_id, user = _lower(shown.get("applicationId")), _lower(shown.get("userId"))
    if person:
        return Actor("person", application, application_id, person, user)
    return Actor("application" if application or application_id else "unknown", application, application_id, None, user)


def _touched(resource: JsonObject) -> Touched:
    names = (_text(each.get("displayName")) for each in _objects(resource.get("modifiedProperties")))
    return Touched(
        _lower(resource.get("resourceId")),
        _text(resource.get("type")),
        _text(resource.get("displayName")),
        tuple(sorted({name for name in names if name})),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _lower(value: Json) -> str | None:
    text = _text(value)
    return text.casefold() if text else None


def _objects(value: Json) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
