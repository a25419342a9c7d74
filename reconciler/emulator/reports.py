"""What Intune adds up from what devices report: the state of a configuration by device and by person. Read-only.

Called by `service` for `…/deviceConfigurations/{id}/deviceStatuses` and its neighbours. The truth is what the devices
hold (`managedDevices/{id}/deviceConfigurationStates`); the reference says that these views lose support from May 2026.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from reconciler.model import Json, JsonObject

from .context import Context
from .errors import no_segment
from .exchange import Reply, Request
from .json_values import objects
from .reading import read_item, read_list
from .resources import MANAGED_DEVICES, Resource
from .tenant import Entry

STATES = "deviceConfigurationStates"
COUNTED: Mapping[str, str] = {
    "compliant": "successCount",
    "remediated": "successCount",
    "nonCompliant": "failedCount",
    "error": "errorCount",
    "conflict": "conflictCount",
    "notApplicable": "notApplicableCount",
    "unknown": "pendingCount",
    "notAssigned": "notApplicableCount",
}
"""Status of a device -> where the overview counts it. No page says so; the names suggest it."""
Rows = list[JsonObject]


def answer(context: Context, resource: Resource, request: Request, policy: Entry, name: str) -> Reply:
    """A report below a configuration. Raises `GraphError` 400 where it is no longer supported, by the knob."""
    how = context.knobs.configuration_statuses
    if how == "400":
        raise no_segment(name)
    kind = resource.reports[name]
    rows = list(_reported(context, policy)) if how == "served" else []
    report = Resource(path=f"{resource.path}('{policy.id}')/{name}", type=kind.strip("[]"), bucket=resource.bucket)
    held = [Entry(context.book.filled(row, report.type)) for row in ROWS[name](policy, rows)]
    if kind.startswith("["):
        return read_list(context, report, request, held=held)
    return read_item(context, report, request, held[0])


def _reported(context: Context, policy: Entry) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Every device that has the policy, with its state of it."""
    for device in context.tenant.collection(MANAGED_DEVICES.path):
        for state in objects(device.body.get(STATES)):
            if state["id"] == policy.id:
                yield device.body, state


Reported = list[tuple[JsonObject, JsonObject]]


def _by_device(policy: Entry, rows: Reported) -> Rows:
    return [
        {
            "id": f"{policy.id}_{device['userId']}_{device['id']}",
            "deviceDisplayName": device["deviceName"],
            "deviceModel": device["model"],
            "lastReportedDateTime": device["lastSyncDateTime"],
            "status": state["state"],
            "userName": device["userDisplayName"],
            "userPrincipalName": device["userPrincipalName"],
        }
        for device, state in rows
    ]


def _by_user(policy: Entry, rows: Reported) -> Rows:
    """A person's status is that of the device that was reported last."""
    people: dict[Json, JsonObject] = {}
    numbers: Counter[Json] = Counter(device["userId"] for device, _ in rows)
    for device, state in rows:
        key = device["userId"]
        people[key] = {
            "id": f"{policy.id}_{key}",
            "userDisplayName": device["userDisplayName"],
            "userPrincipalName": device["userPrincipalName"],
            "devicesCount": numbers[key],
            "lastReportedDateTime": device["lastSyncDateTime"],
            "status": state["state"],
        }
    return list(people.values())


def _overview(policy: Entry, rows: Reported) -> Rows:
    counts: Counter[str] = Counter(COUNTED[str(state["state"])] for _, state in rows)
    version = policy.body.get("version")
    return [{"id": policy.id, "configurationVersion": version, **counts}]


ROWS: Mapping[str, Callable[[Entry, Reported], Rows]] = {
    "deviceStatuses": _by_device,
    "userStatuses": _by_user,
    "deviceStatusOverview": _overview,
}
