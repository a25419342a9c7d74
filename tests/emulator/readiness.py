"""A small tenant with one of everything that a readiness check reads: two people, their devices, failures, licences."""

from __future__ import annotations

from reconciler.model import JsonObject

from .bodies import to

ANN, BOB = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
PHONE, PAD = "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000a2"
IN_ENTRA, ENTRA_ID = "00000000-0000-4000-8000-0000000000b1", "00000000-0000-4000-8000-0000000000b2"
SSO, BASELINE = "00000000-0000-4000-8000-0000000000c1", "00000000-0000-4000-8000-0000000000c2"
APP = "00000000-0000-4000-8000-0000000000d1"
SKU = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"
GRAPH = "#microsoft.graph."


def state(key: str, value: str, user: str) -> JsonObject:
    return {"id": key, "displayName": "a policy", "state": value, "userId": user}


def failure(key: str, user: str, category: str) -> JsonObject:
    kind = f"{GRAPH}enrollmentTroubleshootingEvent"
    at = "2026-02-02T00:00:00Z"
    return {"@odata.type": kind, "id": key, "eventDateTime": at, "userId": user, "failureCategory": category}


def device(key: str, user: str, upn: str, enrolled: str, states: list[JsonObject]) -> JsonObject:
    return {
        "id": key,
        "deviceName": f"{upn}'s device",
        "userId": user,
        "userPrincipalName": f"{upn}@contoso.example",
        "operatingSystem": "iOS",
        "deviceType": "iPhone",
        "enrolledDateTime": enrolled,
        "azureADRegistered": True,
        "deviceConfigurationStates": list(states),
        "deviceCompliancePolicyStates": [state(BASELINE, "nonCompliant", user)],
    }


HISTORY: JsonObject = {
    "@odata.type": f"{GRAPH}mobileAppTroubleshootingAppStateHistory",
    "occurrenceDateTime": "2026-02-02T00:00:00Z",
    "errorCode": "-2016330882",
    "runState": "fail",
}
SEED: JsonObject = {
    "collections": {
        "users": [
            {
                "id": ANN,
                "displayName": "Ann",
                "userPrincipalName": "ann@contoso.example",
                "licenseDetails": [{"id": "l1", "skuId": SKU, "skuPartNumber": "EMS"}],
                "mobileAppIntentAndStates": [
                    {
                        "id": PHONE,
                        "managedDeviceIdentifier": PHONE,
                        "userId": ANN,
                        "mobileAppList": [
                            {"applicationId": APP, "displayName": "Authenticator", "installState": "failed"}
                        ],
                    }
                ],
                "mobileAppTroubleshootingEvents": [{"id": "e1", "applicationId": APP, "history": [HISTORY]}],
            },
            {"id": BOB, "displayName": "Bob", "userPrincipalName": "bob@contoso.example"},
        ],
        "devices": [
            {
                "id": IN_ENTRA,
                "deviceId": ENTRA_ID,
                "displayName": "ann's device",
                "trustType": "Workplace",
                "registeredOwners": [{"id": ANN}],
            }
        ],
        "groups": [
            {"id": "g1", "displayName": "iPads", "members": [{"@odata.type": f"{GRAPH}device", "id": IN_ENTRA}]}
        ],
        "deviceManagement/deviceConfigurations": [
            {"@odata.type": f"{GRAPH}iosDeviceFeaturesConfiguration", "id": SSO, "displayName": "SSO"}
        ],
        "deviceManagement/managedDevices": [
            device(PHONE, ANN, "ann", "2026-02-01T00:00:00Z", [state(SSO, "compliant", ANN)]),
            device(PAD, BOB, "bob", "2025-06-01T00:00:00Z", [state(SSO, "error", BOB)]),
        ],
        "deviceManagement/troubleshootingEvents": [
            failure("t1", ANN, "userValidation"),
            failure("t2", BOB, "enrollmentRestrictionsEnforced"),
        ],
        "deviceManagement/intuneBrandingProfiles": [
            {"id": "b1", "enrollmentAvailability": "unavailable", "assignments": [{"target": to("allLicensedUsers")}]}
        ],
        "deviceManagement/termsAndConditions": [
            {"id": "c1", "displayName": "Rules", "assignments": [{"target": to("allLicensedUsers")}]}
        ],
        "deviceAppManagement/iosManagedAppProtections": [
            {"id": "p1", "displayName": "Apps", "assignments": [{"target": to("group", "g1")}]}
        ],
        "deviceAppManagement/mobileAppConfigurations": [
            {
                "@odata.type": f"{GRAPH}iosMobileAppConfiguration",
                "id": "m1",
                "displayName": "Portal",
                "settings": [{"appConfigKey": "k", "appConfigKeyType": "stringType", "appConfigKeyValue": "v"}],
                "assignments": [{"target": to("allLicensedUsers")}],
            }
        ],
        "subscribedSkus": [{"id": "s1", "skuId": SKU, "consumedUnits": 3, "prepaidUnits": {"enabled": 5}}],
        "identity/conditionalAccess/policies": [
            {
                "id": "a1",
                "displayName": "Compliant",
                "conditions": {"users": {"includeUsers": ["All"]}},
                "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]},
            }
        ],
    }
}
