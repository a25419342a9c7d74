"""Who calls, and what that changes: permissions, tokens that expire, and scope tags that limit what is seen.

Called by `service` for every request, by `reading` and `writing` for what a limited role sees. Sources: the permission
tables of the Microsoft Graph reference for each collection; the wording of Intune's refusal from IntuneAssistant#6; the
401 that says `Forbidden` from msgraph-sdk-powershell#1257; scope tags from "Use RBAC and scope tags" (Intune
documentation). What the real service does with a new object whose scope tags its creator does not have is not known.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model import JsonObject

from .clock import stable_guid
from .errors import GraphError
from .exchange import Request
from .knobs import Knobs
from .log import WRITE_METHODS
from .resources import (
    APPROVAL_POLICIES,
    APPROVAL_REQUESTS,
    APPS,
    AUDIT_EVENTS,
    BRANDING,
    CONDITIONAL_ACCESS,
    DEVICE_MANAGEMENT,
    DEVICES,
    DIRECTORY_AUDITS,
    GROUPS,
    MANAGED_DEVICES,
    ORGANIZATION,
    PROFILES,
    REGISTRATION_POLICY,
    SCOPE_TAGS,
    SKUS,
    USERS,
    VPP_TOKENS,
    Resource,
)
from .tenant import Tenant

CHALLENGE = {"WWW-Authenticate": "Bearer"}
PORTAL = "5926fc8e-304e-4f59-8bed-58ca97cc39a4"
"""The application id of the Intune admin center, as published audit events show it."""
TAG_LISTS = ("roleScopeTagIds", "roleScopeTags")
"""What the list of scope tags is called: on assignment filters the latter."""

_APPROVALS = ("DeviceManagementConfiguration", "DeviceManagementRBAC")
_DEVICES = ("DeviceManagementManagedDevices", "DeviceManagementConfiguration")
_AREAS: Mapping[str, tuple[str, ...]] = {
    BRANDING.path: ("DeviceManagementApps",),
    DEVICE_MANAGEMENT.path: ("DeviceManagementConfiguration", "DeviceManagementServiceConfig"),
    APPS.path: ("DeviceManagementApps",),
    PROFILES.path: ("DeviceManagementServiceConfig", "DeviceManagementConfiguration"),
    VPP_TOKENS.path: ("DeviceManagementServiceConfig", "DeviceManagementApps"),
    SCOPE_TAGS.path: ("DeviceManagementConfiguration", "DeviceManagementRBAC"),
    AUDIT_EVENTS.path: ("DeviceManagementApps",),
    APPROVAL_POLICIES.path: _APPROVALS,
    APPROVAL_REQUESTS.path: _APPROVALS,
}
_DIRECTORY: Mapping[str, tuple[str, ...]] = {
    GROUPS.path: ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"),
    USERS.path: ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"),
    DEVICES.path: ("Device.Read.All", "Device.ReadWrite.All", "Directory.Read.All"),
    SKUS.path: ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"),
    CONDITIONAL_ACCESS.path: ("Policy.Read.ConditionalAccess", "Policy.Read.All"),
    REGISTRATION_POLICY.path: ("Policy.Read.DeviceConfiguration", "Policy.ReadWrite.DeviceConfiguration"),
    DIRECTORY_AUDITS.path: ("AuditLog.Read.All",),
}
_PERSON = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All")
_RELATED: Mapping[tuple[str, str], tuple[str, ...]] = {
    (USERS.path, "licenseDetails"): ("LicenseAssignment.Read.All", *_PERSON),
    (USERS.path, "ownedDevices"): _PERSON,
    (USERS.path, "registeredDevices"): _PERSON,
}
"""Relations of directory objects that need other permissions than their collection."""
_RELATED_AREAS: Mapping[tuple[str, str], tuple[str, ...]] = {
    (MANAGED_DEVICES.path, "deviceCompliancePolicyStates"): _DEVICES,
    (MANAGED_DEVICES.path, "deviceConfigurationStates"): _DEVICES,
    (USERS.path, "deviceManagementTroubleshootingEvents"): _DEVICES[:1],
    (USERS.path, "managedDevices"): _DEVICES[:1],
    (USERS.path, "mobileAppIntentAndStates"): _DEVICES,
    (USERS.path, "mobileAppTroubleshootingEvents"): _DEVICES,
}
"""The same of what Intune answers for."""
_BY_BUCKET: Mapping[str, tuple[str, ...]] = {
    "configuration": ("DeviceManagementConfiguration",),
    "applications": ("DeviceManagementApps",),
    "enrollment": ("DeviceManagementServiceConfig",),
    "devices": ("DeviceManagementManagedDevices",),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, as far as the token says; an application that is made up where it says nothing."""

    app_id: str
    app_name: str
    user: str | None = None
    """The user principal name; None for an application."""


def caller_of(request: Request, tenant_id: str) -> Caller:
    """The caller of a request that is authorized."""
    claims = token_claims(request)
    app = claims.get("appid") or claims.get("azp")
    user = claims.get("upn") or claims.get("preferred_username")
    name = claims.get("app_displayname")
    return Caller(
        str(app) if app else stable_guid(tenant_id, "application"),
        str(name) if name else "Emulated application",
        str(user) if user else None,
    )


def in_portal(user: str) -> Caller:
    """A person in the Intune admin center."""
    return Caller(PORTAL, "Microsoft Intune portal extension", user)


def administrator(tenant: Tenant) -> str:
    """The principal name of whoever edits in the portal: an invented one of the tenant's organization."""
    name = str(tenant.organization["displayName"]).split()[0].lower()
    return f"admin@{''.join(letter for letter in name if letter.isalnum()) or 'tenant'}.example"


# -- tokens ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tokens:
    """Which tokens are still good. Holds digests, never a token."""

    _used: Counter[str] = field(default_factory=Counter)
    _expired: set[str] = field(default_factory=set)

    def expire(self, request: Request) -> None:
        """From now on the token of this request is not taken any more."""
        self._expired.add(_digest(request))

    def judge(self, request: Request, tenant_id: str, knobs: Knobs) -> None:
        """Any bearer token will do that has not expired; one that is a JWT has to be for this tenant. Raises 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized("Access token is empty.")
        tid = token_claims(request).get("tid")
        if tid is not None and str(tid).lower() != tenant_id.lower():
            raise _unauthorized("Access token validation failure. Invalid tenant.")
        if request.inner:  # a batch is one request: its parts have the envelope's token
            return
        key = _digest(request)
        self._used[key] += 1
        if knobs.token_requests is not None and self._used[key] > knobs.token_requests:
            self._expired.add(key)
        if key in self._expired:
            raise _unauthorized("Lifetime validation failed, the token is expired.")


def _digest(request: Request) -> str:
    return hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()


def _unauthorized(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, CHALLENGE)


def token_claims(request: Request) -> JsonObject:
    """The payload of a JWT; empty for any other token. The signature is of no interest here."""
    parts = request.headers.get("authorization", "").partition(" ")[2].strip().split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return payload if isinstance(payload, dict) else {}


# -- permissions -------------------------------------------------------------------------------------------------------


def permitted(resource: Resource, method: str, knobs: Knobs, *, relation: str | None = None) -> None:
    """Whether the caller may do this; `relation` is the segment after an object's id. Raises `GraphError` 403 (or 401)
    that names the permissions, as Intune does."""
    if knobs.granted is None or resource is ORGANIZATION:
        return
    wanted = needed(resource, relation, writing=method in WRITE_METHODS)
    if set(_names(knobs.granted)) & set(wanted):
        return
    if not wanted[0].startswith("DeviceManagement"):
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    told = (
        "Application is not authorized to perform this operation. "
        f"Application must have one of the following scopes: {', '.join(wanted)}"
    )
    raise GraphError(knobs.forbidden_status, "Forbidden", told)


def needed(resource: Resource, relation: str | None, *, writing: bool) -> tuple[str, ...]:
    """The permissions of which any one is enough."""
    key = (resource.path, relation or "")
    areas = _RELATED_AREAS.get(key)
    if areas is None and resource.path in _DIRECTORY:
        return _RELATED.get(key, _DIRECTORY[resource.path])
    areas = areas or _AREAS.get(resource.path) or _BY_BUCKET[resource.bucket]
    forms = ("ReadWrite",) if writing else ("Read", "ReadWrite")
    return tuple(f"{area}.{form}.All" for area in areas for form in forms)


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


# -- scope tags --------------------------------------------------------------------------------------------------------


def sees(body: JsonObject, knobs: Knobs) -> bool:
    """Whether the caller's role reaches an object. Types without scope tags are seen by everybody."""
    if knobs.visible_scope_tags is None:
        return True
    held = next((body[name] for name in TAG_LISTS if name in body), None)
    return not isinstance(held, list) or bool(set(map(str, held)) & set(_names(knobs.visible_scope_tags)))


def tagged(body: JsonObject, knobs: Knobs) -> JsonObject:
    """A new object with scope tags of its creator: those that were asked for among them, or all of them."""
    name = next((name for name in TAG_LISTS if name in body), None)
    if knobs.visible_scope_tags is None or name is None:
        return body
    mine, asked = _names(knobs.visible_scope_tags), body[name]
    kept = [tag for tag in mine if isinstance(asked, list) and tag in asked]
    return {**body, name: list(kept or mine)}
