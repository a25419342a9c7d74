"""What Graph tells of one person beside the directory: licences, managed devices, apps, failures. Read-only.

Called by `directory`. Sources: the operations of the Microsoft Graph reference that are named below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .context import Context
from .errors import GraphError, no_segment
from .exchange import Reply, Request
from .membership import stubs
from .reading import child, read_children, read_list
from .resources import DEVICES, MANAGED_DEVICES, TROUBLESHOOTING, USERS
from .tenant import Entry

REGISTERED: Mapping[str, str] = {"ownedDevices": "registeredOwners", "registeredDevices": "registeredUsers"}
"""Relation of a person -> the relation of a device that says the same."""
UNSUPPORTED = frozenset({"licenseDetails", *REGISTERED})
"""Relations whose pages say of application permissions: not supported ("List licenseDetails", "List ownedDevices")."""


def registered(context: Context, user: Entry, relation: str) -> list[Entry]:
    """The devices that a person owns or uses in Entra. Raises `GraphError` 403 by the knob."""
    _readable(context, relation)
    mirror = REGISTERED[relation]
    devices = context.tenant.collection(DEVICES.path)
    return [device for device in devices if any(stub["id"] == user.id for stub in stubs(device, mirror))]


def _readable(context: Context, relation: str) -> None:
    if relation in UNSUPPORTED and context.knobs.person_reads == "403":
        text = "Insufficient privileges to complete the operation."
        raise GraphError(403, "Authorization_RequestDenied", text)


def answer(context: Context, request: Request, user: Entry, relation: str, rest: list[str]) -> Reply:
    """A GET below `/users/{id}/{relation}`."""
    _readable(context, relation)
    if len(rest) > 1:
        raise no_segment(rest[1])
    return INTUNE[relation](context, request, user, rest[0] if rest else None)


def _managed_devices(context: Context, request: Request, user: Entry, key: str | None) -> Reply:
    """The devices that a person enrolled. Source: "List managedDevices"."""
    if key is not None:
        raise no_segment(key)
    held = [d for d in context.tenant.collection(MANAGED_DEVICES.path) if d.body["userId"] == user.id]
    return read_list(context, MANAGED_DEVICES, request, held=held)


def _failures(context: Context, request: Request, user: Entry, key: str | None) -> Reply:
    """The enrollments of a person that failed. Source: "List enrollmentTroubleshootingEvents"."""
    if key is not None:
        raise no_segment(key)
    held = [e for e in context.tenant.collection(TROUBLESHOOTING.path) if e.body.get("userId") == user.id]
    return read_list(context, TROUBLESHOOTING, request, held=held)


def _app_states(context: Context, request: Request, user: Entry, key: str | None) -> Reply:
    """The apps meant for a person's devices and what became of them; an item has its device's id. Source: "List
    mobileAppIntentAndStates"."""
    if key is None and context.knobs.app_states == "by-device":
        return read_list(context, child(USERS, user, "mobileAppIntentAndStates"), request, held=[])
    return read_children(context, USERS, request, user, "mobileAppIntentAndStates", key)


def _licences(context: Context, request: Request, user: Entry, key: str | None) -> Reply:
    """The licences of a person, those that come with a group too. Source: "List licenseDetails"."""
    return read_children(context, USERS, request, user, "licenseDetails", key)


def _app_failures(context: Context, request: Request, user: Entry, key: str | None) -> Reply:
    """What happened to a person's apps, with error codes. Source: "List mobileAppTroubleshootingEvents"."""
    return read_children(context, USERS, request, user, "mobileAppTroubleshootingEvents", key)


INTUNE: Mapping[str, Callable[[Context, Request, Entry, str | None], Reply]] = {
    "deviceManagementTroubleshootingEvents": _failures,
    "licenseDetails": _licences,
    "managedDevices": _managed_devices,
    "mobileAppIntentAndStates": _app_states,
    "mobileAppTroubleshootingEvents": _app_failures,
}
