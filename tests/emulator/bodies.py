"""Request bodies as Microsoft's documentation and published tools send them, with invented ids."""

from __future__ import annotations

from reconciler.model import JsonObject

GROUP = "3f1c2b7a-0d7e-4b2f-9a55-1f0e6f6a9c01"
OTHER_GROUP = "8a4bd0c2-77c5-4f51-8e2b-6d0c94b7e302"
ALL_USERS = "acacacac-9df4-4c7d-9d50-4ef0226f57a9"

CONFIGURATIONS = "/deviceManagement/deviceConfigurations"
COMPLIANCE = "/deviceManagement/deviceCompliancePolicies"
PROFILES = "/deviceManagement/appleUserInitiatedEnrollmentProfiles"
FILTERS = "/deviceManagement/assignmentFilters"
APPS = "/deviceAppManagement/mobileApps"


def to(kind: str, group: str | None = None, **members: object) -> JsonObject:
    """An assignment target: `to("group", GROUP)`, `to("exclusionGroup", …)`, `to("allLicensedUsers")`."""
    target: JsonObject = {"@odata.type": f"#microsoft.graph.{kind}AssignmentTarget", **members}
    return {**target, "groupId": group} if group else target


def sso(name: str = "iOS - JIT registration", **members: object) -> JsonObject:
    pairs = [
        {
            "@odata.type": "#microsoft.graph.keyStringValuePair",
            "key": "device_registration",
            "value": "{{DEVICEREGISTRATION}}",
        },
        {"@odata.type": "#microsoft.graph.keyIntegerValuePair", "key": "browser_sso_interaction_enabled", "value": 1},
    ]
    return {
        "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
        "displayName": name,
        "iosSingleSignOnExtension": {
            "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
            "enableSharedDeviceMode": False,
            "bundleIdAccessControlList": ["com.example.one", "com.example.two"],
            "configurations": pairs,
        },
        **members,
    }


def store_app(**members: object) -> JsonObject:
    return {
        "@odata.type": "#microsoft.graph.iosStoreApp",
        "displayName": "Microsoft Authenticator",
        "publisher": "Microsoft Corporation",
        "appStoreUrl": "https://apps.apple.com/us/app/microsoft-authenticator/id983156458",
        "applicableDeviceType": {"iPad": True, "iPhoneAndIPod": True},
        "minimumSupportedOperatingSystem": {"v16_0": True},
        **members,
    }


def store_settings(**members: object) -> JsonObject:
    return {"@odata.type": "#microsoft.graph.iosStoreAppAssignmentSettings", **members}


def app_assignment(intent: str, target: JsonObject, settings: JsonObject | None = None) -> JsonObject:
    return {
        "@odata.type": "#microsoft.graph.mobileAppAssignment",
        "intent": intent,
        "target": target,
        "settings": settings,
    }


def profile(name: str = "BYOD", kind: str = "webDeviceEnrollment", **members: object) -> JsonObject:
    return {
        "displayName": name,
        "platform": "iOS",
        "defaultEnrollmentType": kind,
        "availableEnrollmentTypeOptions": [{"ownerType": "personal", "enrollmentType": kind}],
        **members,
    }


def compliance(**members: object) -> JsonObject:
    block = {
        "actionType": "block",
        "gracePeriodHours": 0,
        "notificationTemplateId": "",
        "notificationMessageCCList": [],
    }
    return {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "displayName": "iOS baseline",
        "passcodeRequired": True,
        "scheduledActionsForRule": [{"ruleName": "PasswordRequired", "scheduledActionConfigurations": [block]}],
        **members,
    }


def assignment_filter(**members: object) -> JsonObject:
    rule = '(device.deviceOwnership -eq "Personal")'
    return {"displayName": "Personal iOS", "platform": "iOS", "rule": rule, **members}
