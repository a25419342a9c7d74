"""A tenant with people, secrets and devices wherever Graph may show any, each with a word that is found again."""

from __future__ import annotations

from typing import Any

from tests.e2e import people
from tests.e2e.scenario import APPS, CONFIGURATIONS, authenticator_vpp, pair, policy

CANARIES = (
    "Ann Canary", "ann.canary@contoso.example", "CanarySurname", "+1 555 canary", "CANARYSERIAL", "Ann's iPhone",
    "owner-canary", "developer-canary", "footnote-canary", "apple-canary@contoso.example", "dep-canary@contoso.example",
    "s3cret-canary", "phone-canary", "wifi-canary", "rule.canary@contoso.example", "layout-canary",
    *people.PEOPLE.values(),
)  # fmt: skip
SPECS = people.join(
    people.byod(people.to("Staff", "Sales EMEA")),
    people.jit(people.all_but("Field")),
    people.spec("AuthenticatorAssignment", "store", "app: {source: store, createIfMissing: true}, assignments: "
                "{include: [{group: Staff}]}"),
)  # fmt: skip
_DEP = "deviceManagement/depOnboardingSettings"
_CATALOG = "deviceManagement/configurationPolicies"


def seed() -> dict[str, Any]:
    """The tenant of `people`, with personal data added to it."""
    found: dict[str, Any] = people.seed()
    held = found["collections"]
    for user in held["users"]:
        user |= {"displayName": "Ann Canary", "surname": "CanarySurname", "mobilePhone": "+1 555 canary"}
    held["users"][0] |= {"userPrincipalName": "ann.canary@contoso.example", "mail": "ann.canary@contoso.example"}
    held["groups"][0]["membershipRule"] = 'user.userPrincipalName -eq "rule.canary@contoso.example"'
    secret = pair("client_secret", "s3cret-canary")
    held[CONFIGURATIONS] = [policy("1ca0", "SSO", "Ask ann.canary@contoso.example", configurations=[secret])]
    held[CONFIGURATIONS][0] |= {"lockScreenFootnote": "footnote-canary", "homeScreenDockIcons": [_icon()]}
    app = authenticator_vpp()
    app |= {"owner": "owner-canary", "developer": "developer-canary", "vppTokenAppleId": "apple-canary@contoso.example"}
    held.setdefault(APPS, []).append({**app, "id": "3ba00000-1111-4222-8333-0000000000ca"})
    held[_DEP] = [_dep()]
    held[_CATALOG] = [_catalog()]
    held["deviceManagement/managedDevices"] = [_device()]
    return found


def _icon() -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.iosHomeScreenApp", "displayName": "layout-canary", "bundleID": "com.a"}


def _dep() -> dict[str, Any]:
    profile = {
        "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile", "id": "d1", "displayName": "Company phones",
        "supportPhoneNumber": "phone-canary",
    }  # fmt: skip
    about = {"id": "d0", "tokenName": "Contoso ADE", "appleIdentifier": "dep-canary@contoso.example"}
    return {**about, "enrollmentProfiles": [profile]}


def _catalog() -> dict[str, Any]:
    choice = {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": "com.apple.wifi.managed_password",
        "simpleSettingValue": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue", "value": "wifi-canary",
        },
    }  # fmt: skip
    about = {"id": "c0", "name": "Wi-Fi", "platforms": "iOS", "technologies": "mdm"}
    return {**about, "settings": [{"id": "0", "settingInstance": choice}]}


def _device() -> dict[str, Any]:
    about = {"id": "e0", "deviceName": "Ann's iPhone", "serialNumber": "CANARYSERIAL"}
    return {**about, "userId": people.PEOPLE["ann"], "operatingSystem": "iOS"}
