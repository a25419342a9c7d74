"""The logs of who changed what: Intune's `auditEvents` and the directory's `directoryAudits`.

`service` records every successful write and every edit behind its back; clients only read. The types are Microsoft's
(`auditEvent`, `directoryAudit`); the words inside them (component, category, operation) follow events that others
published (IntuneCD's tests, exports in public repositories) and are not verified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.model import Json, JsonObject

from .access import Caller
from .clock import graph_date, stable_guid
from .context import Context
from .errors import GraphError
from .resources import (
    APPS,
    AUDIT_EVENTS,
    COMPLIANCE,
    CONFIGURATIONS,
    DIRECTORY_AUDITS,
    FILTERS,
    PROFILES,
    SCOPE_TAGS,
    Resource,
)
from .tenant import Entry

LATE_READS = 2
_WORDS: Mapping[str, tuple[str, str]] = {
    CONFIGURATIONS.path: ("DeviceConfiguration", "DeviceConfiguration"),
    COMPLIANCE.path: ("DeviceConfiguration", "Compliance"),
    APPS.path: ("MobileApp", "Application"),
    PROFILES.path: ("Enrollment", "Enrollment"),
    FILTERS.path: ("AssignmentFilter", "AssignmentFilter"),
    SCOPE_TAGS.path: ("RoleBasedAccessControl", "Role"),
}
"""Component and category of an event, by the collection of its object."""
_QUIET = frozenset({"lastModifiedDateTime", "createdDateTime", "version", "@odata.type"})


def readable(context: Context, resource: Resource) -> list[Entry] | None:
    """What a reader of a log sees instead of all of it; None for all. Raises `GraphError` 403 by the knob."""
    knob = context.knobs.audit_log
    if knob == "403":
        raise GraphError(403, "Forbidden", f"Application is not authorized to read '{resource.path}'.")
    return [] if knob == "empty" else None


def operation(method: str, action: str | None) -> str:
    """The operation type of a write: `action` is the segment after the object's id."""
    if action == "assignments":
        return {"POST": "SetReference", "PATCH": "Patch", "DELETE": "RemoveReference"}.get(method, "Action")
    if action is not None:
        return "Action"
    return {"POST": "Create", "PATCH": "Patch", "DELETE": "Delete"}.get(method, "Action")


def note(
    context: Context,
    resource: Resource,
    kind: str,
    sides: tuple[Entry | None, Entry | None],
    caller: Caller,
    correlation: str,
) -> None:
    """Records one change of one object. `kind` is its operation type; `sides` is it before and after, if it was."""
    log = DIRECTORY_AUDITS if resource.bucket == "directory" else AUDIT_EVENTS
    event = _directory_audit if resource.bucket == "directory" else _audit_event
    before, after = sides
    entry = after or before
    assert entry is not None
    changed = list[Json](_changed(before.body if before else {}, after.body if after else {}))
    body = event(resource, kind, entry, changed, caller)
    if resource.bucket != "directory":
        body["resources"] = _named(body["resources"], context.knobs.audit_objects)
    known = correlation if context.knobs.audit_correlation == "client" else stable_guid("correlation", correlation)
    stamps: JsonObject = {"activityDateTime": graph_date(context.now, 7), "correlationId": known}
    late = LATE_READS if context.knobs.audit_log == "late" else 0
    context.tenant.record(log.path, {**body, **stamps}, late=late)


def _named(resources: Json, knob: str) -> Json:
    """The resources of an event as the knob has them."""
    assert isinstance(resources, list)
    if knob == "unnamed":
        return [{**each, "resourceId": None} for each in resources if isinstance(each, dict)]
    if knob == "several":
        other: JsonObject = {"displayName": None, "type": "assignment", "auditResourceType": "Assignment"}
        return [{**other, "resourceId": stable_guid("assignment"), "modifiedProperties": []}, *resources]
    return resources


def _changed(before: JsonObject, after: JsonObject) -> list[JsonObject]:
    """The properties that differ, as text."""
    names = sorted({*before, *after} - _QUIET)
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [
        {"displayName": name, "oldValue": _text(old), "newValue": _text(new)} for name, old, new in pairs if old != new
    ]


def _text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _name(entry: Entry) -> str | None:
    name = entry.body.get("displayName", entry.body.get("name"))
    return name if isinstance(name, str) else None


def _audit_event(resource: Resource, kind: str, entry: Entry, changed: list[Json], caller: Caller) -> JsonObject:
    component, category = _WORDS.get(resource.path, ("Intune", "Other"))
    object_type = str(entry.body.get("@odata.type", resource.type)).rpartition(".")[2]
    activity = f"{kind} {object_type[0].upper()}{object_type[1:]}"
    shown: JsonObject = {
        "displayName": _name(entry),
        "type": object_type,
        "auditResourceType": f"Microsoft.Management.Services.Api.{object_type[0].upper()}{object_type[1:]}",
        "resourceId": entry.id,
        "modifiedProperties": changed,
    }
    return {
        "displayName": activity,
        "componentName": component,
        "category": category,
        "activity": activity,
        "activityType": activity,
        "activityOperationType": kind,
        "activityResult": "Success",
        "actor": _actor(caller),
        "resources": [shown],
    }


def _actor(caller: Caller) -> JsonObject:
    who: JsonObject = {"auditActorType": "ItPro", "type": "ItPro", "userPrincipalName": caller.user}
    if caller.user is None:
        who = {"auditActorType": "Application", "type": "Application", "servicePrincipalName": caller.app_name}
    return {**who, "applicationId": caller.app_id, "applicationDisplayName": caller.app_name, "userPermissions": ["*"]}


def _directory_audit(resource: Resource, kind: str, entry: Entry, changed: list[Json], caller: Caller) -> JsonObject:
    verb = {"Create": "Add", "Patch": "Update"}.get(kind, kind)
    app: JsonObject = {"appId": caller.app_id, "displayName": caller.app_name}
    by: JsonObject = {"app": app} if caller.user is None else {"user": {"userPrincipalName": caller.user}}
    noun = resource.type[0].upper() + resource.type[1:]
    target: JsonObject = {
        "id": entry.id,
        "displayName": _name(entry),
        "type": noun,
        "modifiedProperties": changed,
    }
    return {
        "activityDisplayName": f"{verb} {resource.type}",
        "category": f"{noun}Management",
        "operationType": verb,
        "loggedByService": "Core Directory",
        "result": "success",
        "initiatedBy": by,
        "targetResources": [target],
    }
