"""What real answers hold beside the schema, and the knobs that change how stored values read back.

Source of the shapes: a published GET of an iosDeviceFeaturesConfiguration (terraform-provider-microsoft365) shows nine
computed keys at the root, whatever the SSO extension holds; portal traces show `@microsoft.graph.tips`.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.model import Json, JsonObject

from .clock import stable_guid
from .knobs import Knobs
from .resources import APPS, CATALOG_POLICIES, CONFIGURATIONS, MANAGED_DEVICES, PROFILES, Resource
from .seeding import ALL_USERS

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STORE_NUMBER = re.compile(r"/id(\d+)")
ID_KEYS = frozenset({"id", "groupId", "deviceAndAppManagementAssignmentFilterId", "sourceId"})
POLICY_STATES = frozenset({"deviceConfigurationStates", "deviceCompliancePolicyStates"})

KERBEROS = ["blockAutomaticLogin", "cacheName", "isDefaultRealm", "passwordMinimumLength", "requireUserPresence"]
SSO_KEYS: JsonObject = {
    "ssoExtensionKey": "iosSingleSignOnExtension",
    "commonCredentialKerberosExtensibleSSOEntities": ["realm", "domains"],
    "kerberosExtensibleSSOEntities": list[Json](KERBEROS),
    "commonCredentialRedirectExtensibleSSOEntities": ["extensionIdentifier", "teamIdentifier"],
    "nonKerberosExtensibleSSOEntities": ["configurations"],
    "redirectExtensibleSSOEntities": ["urlPrefixes"],
    "azureAdExtensibleSSOEntities": ["enableSharedDeviceMode", "bundleIdAccessControlList"],
    "nonAzureAdExtensibleSSOEntities": ["realm", "domains", *KERBEROS, "extensionIdentifier", "urlPrefixes"],
    "allExtensibleSSOEntities": ["enableSharedDeviceMode", "bundleIdAccessControlList", "realm", "configurations"],
}


def tips(path: str, selected: bool) -> JsonObject:
    """The advice that Graph puts beside an answer from Intune which was not narrowed with `$select`."""
    if selected or not path.startswith(("deviceManagement", "deviceAppManagement")):
        return {}
    text = (
        "Use $select to choose only the properties your app needs, as this can lead to performance improvements. "
        f"For example: GET {path}?$select=<property>"
    )
    return {"@microsoft.graph.tips": text}


def read_back(resource: Resource, body: JsonObject, knobs: Knobs) -> JsonObject:
    """The object's own properties (no navigation) as they read under the knobs, with what the schema does not know."""
    kind = body.get("@odata.type")
    if resource is CONFIGURATIONS and kind == "#microsoft.graph.iosDeviceFeaturesConfiguration":
        return {**_sso_order(body, knobs), **SSO_KEYS}
    if resource is PROFILES:
        return _profile(body, knobs)
    if resource is APPS and knobs.store_url == "itunes":
        return _itunes(body)
    if resource is MANAGED_DEVICES and knobs.azure_ad_registered == "null" and "azureADRegistered" in body:
        return {**body, "azureADRegistered": None}
    return body


def contained(name: str, item: JsonObject, knobs: Knobs) -> JsonObject:
    """One item of a collection that an object contains, as it reads under the knobs."""
    if name in POLICY_STATES and knobs.device_state_ids == "opaque":
        return {**item, "id": stable_guid("state", str(item["id"]), str(item["userId"]))}
    return item


def _sso_order(body: JsonObject, knobs: Knobs) -> JsonObject:
    extension = body.get("iosSingleSignOnExtension")
    if knobs.configurations_order == "kept" or not isinstance(extension, dict):
        return body
    lists = {name: value[::-1] for name, value in extension.items() if isinstance(value, list)}
    return {**body, "iosSingleSignOnExtension": {**extension, **lists}}


def _profile(body: JsonObject, knobs: Knobs) -> JsonObject:
    options = body.get("availableEnrollmentTypeOptions")
    if knobs.options_order == "reversed" and isinstance(options, list):
        body = {**body, "availableEnrollmentTypeOptions": options[::-1]}
    if knobs.profile_odata_type is False:
        return body
    hash_sign = "" if knobs.profile_odata_type == "no-hash" else "#"
    return {"@odata.type": f"{hash_sign}microsoft.graph.appleUserInitiatedEnrollmentProfile", **body}


def _itunes(body: JsonObject) -> JsonObject:
    number = STORE_NUMBER.search(str(body.get("appStoreUrl")))
    if number is None:
        return body
    return {**body, "appStoreUrl": f"https://itunes.apple.com/us/app/x/id{number[1]}?mt=8"}


def assignment_read_back(resource: Resource, assignment: JsonObject, knobs: Knobs) -> JsonObject:
    """One assignment as it reads under the knobs."""
    target = assignment.get("target")
    assert isinstance(target, dict)
    if resource is PROFILES:
        target = _all_users(target, knobs)
    if knobs.no_filter == "zero-guid" and target.get("deviceAndAppManagementAssignmentFilterId") is None:
        target = {**target, "deviceAndAppManagementAssignmentFilterId": ZERO_GUID}
    return {**assignment, "target": target}


def _all_users(target: JsonObject, knobs: Knobs) -> JsonObject:
    licensed = str(target.get("@odata.type")).endswith("allLicensedUsersAssignmentTarget")
    virtual = target.get("groupId") == ALL_USERS
    if not (licensed or virtual):
        return target
    rest = {name: value for name, value in target.items() if name.startswith("deviceAndApp")}
    if knobs.all_users_encoding == "licensed":
        return {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget", **rest}
    return {"@odata.type": "#microsoft.graph.groupAssignmentTarget", **rest, "groupId": ALL_USERS}


def derived(resource: Resource, body: JsonObject) -> JsonObject:
    """Properties that the service computes when it is asked."""
    held = body.get("assignments")
    if resource in (APPS, CATALOG_POLICIES) and "isAssigned" in body:
        return {**body, "isAssigned": bool(held)}
    return body


def upper_ids(value: Any) -> Any:
    """The value with the GUIDs in its ids in capitals."""
    if isinstance(value, list):
        return [upper_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _upper(item) if name in ID_KEYS else upper_ids(item) for name, item in value.items()}


def _upper(value: Any) -> Any:
    return GUID.sub(lambda match: match[0].upper(), value) if isinstance(value, str) else value
