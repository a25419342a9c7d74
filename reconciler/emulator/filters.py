"""Assignment filters and what uses them: whether one can be deleted, and what its `payloads` say."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import JsonObject

from .context import Context
from .errors import GraphError
from .resources import APPS, ENROLLMENT_CONFIGURATIONS, RESOURCES, Resource
from .tenant import Entry, assignments

_ID, _MODE = "deviceAndAppManagementAssignmentFilterId", "deviceAndAppManagementAssignmentFilterType"
_TYPES = {APPS.path: "application", ENROLLMENT_CONFIGURATIONS.path: "enrollmentConfiguration"}
"""`associatedAssignmentPayloadType` of the collections that are not of policies."""


def require_unused(context: Context, filter_id: str) -> None:
    """Raises `GraphError` where a filter cannot be deleted: in use, or held as such for some more requests."""
    waits = context.tenant.held_filters
    if any(_uses(context, filter_id)):
        waits[filter_id] = context.knobs.filter_held
    elif waits.setdefault(filter_id, context.knobs.filter_held) > 0:
        waits[filter_id] -= 1
    else:
        return
    status = context.knobs.filter_in_use
    code = "Conflict" if status == 409 else "BadRequest"
    raise GraphError(status, code, "The assignment filter is in use by an assignment and cannot be deleted.")


def payloads(context: Context, filter_id: str) -> list[JsonObject]:
    """What is assigned with a filter, as `payloadByFilter`."""
    return [
        {
            "payloadId": entry.id,
            "payloadType": _TYPES.get(resource.path, "deviceConfigurationAndCompliance"),
            "groupId": target.get("groupId"),
            "assignmentFilterType": target[_MODE],
        }
        for resource, entry, target in _uses(context, filter_id)
    ]


def _uses(context: Context, filter_id: str) -> Iterator[tuple[Resource, Entry, JsonObject]]:
    for resource in RESOURCES:
        for entry in context.tenant.collection(resource.path):
            for assignment in assignments(entry):
                target = assignment.get("target")
                if isinstance(target, dict) and str(target.get(_ID)).lower() == filter_id.lower():
                    yield resource, entry, target
