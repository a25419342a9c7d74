"""A tenant and specs that touch every kind: creates, updates, an adoption, a reorder, assignments gained and lost.

Names and ids are invented. What stands in the tenant beside ours (`FOREIGN`) must come out of every run as it went in.
"""

from __future__ import annotations

from typing import Any

GROUPS = {
    "Executives": "0aa00000-1111-4222-8333-000000000001",
    "iOS pilots": "0bb00000-1111-4222-8333-000000000002",
    "Staff": "0cc00000-1111-4222-8333-000000000003",
    "Break glass": "0dd00000-1111-4222-8333-000000000004",
}
POLICY = "1aa00000-1111-4222-8333-000000000001"
FOREIGN_POLICY = "1bb00000-1111-4222-8333-000000000002"
BYOD = "2aa00000-1111-4222-8333-000000000001"
EXECUTIVES = "2bb00000-1111-4222-8333-000000000002"
KIOSK = "2cc00000-1111-4222-8333-000000000003"
VPP_APP = "3aa00000-1111-4222-8333-000000000001"
TEAMS = "3bb00000-1111-4222-8333-000000000002"

CONFIGURATIONS = "deviceManagement/deviceConfigurations"
PROFILES = "deviceManagement/appleUserInitiatedEnrollmentProfiles"
APPS = "deviceAppManagement/mobileApps"

SPECS = """
apiVersion: intune.reconciler/v1
kind: Audience
metadata: {name: everyone-but-pilots}
spec:
  include: [allUsers]
  exclude: [{group: Break glass}, {group: iOS pilots}]
---
apiVersion: intune.reconciler/v1
kind: Audience
metadata: {name: everyone-but-executives}
spec:
  include: [allUsers]
  exclude: [{group: Break glass}, {group: Executives}]
---
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO - everyone
  description: For everybody
  appBundleIds: [com.example.crm, com.example.mail]
  scopeTags: [Default]
  assignments: {audience: everyone-but-pilots}
---
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit-pilot}
spec:
  displayName: SSO - pilots
  additionalConfiguration: [{key: AppPrefixAllowList, type: string, value: "com.apple.,com.example."}]
  assignments: {include: [{group: iOS pilots}]}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: store}
spec:
  app: {source: store, createIfMissing: true}
  assignments: {audience: everyone-but-executives}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: vpp}
spec:
  app: {source: vpp, token: Example ABM, licensing: user}
  uninstallOnDeviceRemoval: false
  assignments: {include: [{group: Executives}]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: executives}
spec:
  displayName: Executives
  enrollmentType: accountDrivenUserEnrollment
  assignments: {include: [{group: Executives}]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: pilots}
spec:
  displayName: Pilots
  enrollmentType: determineByUserChoice
  assignments: {include: [{group: iOS pilots}]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: byod}
spec:
  displayName: BYOD
  description: Own devices
  enrollmentType: webBasedDeviceEnrollment
  assignments: {include: [allUsers]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentPriority
metadata: {name: ios}
spec:
  order: [executives, pilots, byod]
  unlisted: last
"""


def marker(kind: str, name: str, owner: str = "contoso") -> str:
    """The line that makes an object ours."""
    return f"[reconciler owner={owner} kind={kind} name={name}]"


def to(group: str | None = None, **more: Any) -> dict[str, Any]:
    """An assignment of a seed, to a group by name, or to all users."""
    if group is None:
        return {"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}, **more}
    return {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUPS[group]}, **more}


def pair(key: str, value: Any) -> dict[str, Any]:
    """A typed key-value pair of an SSO extension."""
    kind = "Integer" if isinstance(value, int) else "String"
    return {"@odata.type": f"#microsoft.graph.key{kind}ValuePair", "key": key, "value": value}


def policy(object_id: str, name: str, description: str, **extension: Any) -> dict[str, Any]:
    """A device features policy with an SSO extension."""
    return {
        "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
        "id": object_id,
        "displayName": name,
        "description": description,
        "iosSingleSignOnExtension": {
            "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
            "enableSharedDeviceMode": False,
            **extension,
        },
    }


def profile(object_id: str, name: str, description: str, priority: int, kind: str = "webDeviceEnrollment") -> Any:
    """An enrollment profile of one type for personal devices."""
    return {
        "id": object_id,
        "displayName": name,
        "description": description,
        "platform": "iOS",
        "priority": priority,
        "defaultEnrollmentType": kind,
        "availableEnrollmentTypeOptions": [{"ownerType": "personal", "enrollmentType": kind}],
        "assignments": [],
    }


def app_assignment(intent: str, group: str | None, kind: str = "iosVppApp", **settings: Any) -> dict[str, Any]:
    """An assignment of an app in a seed."""
    held = {"@odata.type": f"#microsoft.graph.{kind}AssignmentSettings", "vpnConfigurationId": None, **settings}
    return {
        "@odata.type": "#microsoft.graph.mobileAppAssignment",
        "intent": intent,
        "source": "direct",
        **to(group),
        "settings": held,
    }


def authenticator_vpp() -> dict[str, Any]:
    """The app that a VPP token brought, which another team assigns as available."""
    return {
        "@odata.type": "#microsoft.graph.iosVppApp",
        "id": VPP_APP,
        "displayName": "Microsoft Authenticator",
        "publisher": "Microsoft Corporation",
        "bundleId": "com.microsoft.azureauthenticator",
        "notes": "Bought by the app team",
        "vppTokenDisplayName": "Example ABM",
        "totalLicenseCount": 100,
        "assignments": [app_assignment("available", "Staff", useDeviceLicensing=False, uninstallOnDeviceRemoval=True)],
    }


def teams() -> dict[str, Any]:
    """An app of the App Store that somebody assigns to everybody."""
    return {
        "@odata.type": "#microsoft.graph.iosStoreApp",
        "id": TEAMS,
        "displayName": "Microsoft Teams",
        "publisher": "Microsoft Corporation",
        "bundleId": "com.microsoft.skype.teams",
        "appStoreUrl": "https://apps.apple.com/us/app/microsoft-teams/id1113153706",
        "assignments": [app_assignment("required", None, "iosStoreApp", uninstallOnDeviceRemoval=True)],
    }


def seed() -> dict[str, Any]:
    """The tenant before the first run. The ranks have a gap, as after a delete."""
    ours = policy(
        POLICY,
        "SSO - everyone",
        "For all of us\n" + marker("JitSsoPolicy", "jit"),
        bundleIdAccessControlList=["com.example.mail", "com.example.old"],
        configurations=[
            pair("device_registration", "{{DEVICEREGISTRATION}}"),
            pair("browser_sso_interaction_enabled", 0),
            pair("disable_explicit_app_prompt", 1),  # the spec does not mention it: it has to stay
        ],
    )
    ours["assignments"] = [to(), to("Staff")]
    foreign = policy(FOREIGN_POLICY, "Kept by another team", "Hands off", configurations=[pair("whatever", "x")])
    foreign["assignments"] = [to("Staff")]
    byod = profile(BYOD, "BYOD", "Own devices\n" + marker("EnrollmentProfile", "byod"), 1, "device")
    kiosk = {**profile(KIOSK, "Kiosk", "Made in the portal", 2), "assignments": [to("Staff")]}
    executives = profile(EXECUTIVES, "Executives", "Made by hand", 4, "accountDrivenUserEnrollment")
    byod["assignments"] = [to("Staff")]
    return {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": i, "displayName": n, "securityEnabled": True} for n, i in GROUPS.items()],
            "deviceManagement/roleScopeTags": [{"id": "0", "displayName": "Default", "isBuiltIn": True}],
            CONFIGURATIONS: [ours, foreign],
            PROFILES: [byod, kiosk, executives],
            APPS: [authenticator_vpp(), teams()],
        },
    }


FOREIGN = {CONFIGURATIONS: {FOREIGN_POLICY}, PROFILES: {KIOSK}, APPS: {TEAMS}}
"""Objects that no spec names, by collection."""
_MOVED = frozenset({"priority", "lastModifiedDateTime"})
"""What the service itself changes of a profile that others pass."""


def foreign(tenant: dict[str, Any]) -> dict[str, Any]:
    """What is stored of the objects that no spec names; of profiles without what their rank brings about."""
    return {
        item["id"]: {key: value for key, value in item.items() if collection != PROFILES or key not in _MOVED}
        for collection, ids in FOREIGN.items()
        for item in tenant[collection]
        if item["id"] in ids
    }
