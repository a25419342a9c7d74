"""A tenant with people, secrets and devices wherever Graph may show any, each with a word that is found again."""

from __future__ import annotations

from typing import Any

from tests.e2e import people
from tests.e2e.scenario import APPS, CONFIGURATIONS, authenticator_vpp, pair, policy

CANARIES = (
    "Ann Canary", "ann.canary@contoso.example", "CanarySurname", "+1 555 canary", "CANARYSERIAL", "Ann's iPhone",
    "owner-canary", "developer-canary", "footnote-canary", "apple-canary@contoso.example", "dep-canary@contoso.example",
    "s3cret-canary", "phone-canary", "wifi-canary", "rule.canary@contoso.example", "layout-canary", "kerberos-canary",
    "catalog-canary", "account-canary", "setting-canary", "filtered-canary", "basic-canary", "query-canary",
    "department-canary",
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
_FILTERS = "deviceManagement/assignmentFilters"
_SSO = "com.apple.extensiblesso"


def seed() -> dict[str, Any]:
    """The tenant of `people`, with personal data added to it."""
    found: dict[str, Any] = people.seed()
    held = found["collections"]
    for user in held["users"]:
        user |= {"displayName": "Ann Canary", "surname": "CanarySurname", "mobilePhone": "+1 555 canary"}
    held["users"][0] |= {"userPrincipalName": "ann.canary@contoso.example", "mail": "ann.canary@contoso.example"}
    rule = 'user.userPrincipalName -eq "rule.canary@contoso.example" or user.department -eq "department-canary\\" x"'
    held["groups"][0]["membershipRule"] = rule
    secret = pair("client_secret", "s3cret-canary")
    held[CONFIGURATIONS] = [policy("1ca0", "SSO", "Ask ann.canary@contoso.example", configurations=[secret])]
    held[CONFIGURATIONS][0] |= {"lockScreenFootnote": "footnote-canary", "homeScreenDockIcons": [_icon()]}
    held[CONFIGURATIONS].append({**policy("1ca1", "Kerberos", ""), "iosSingleSignOnExtension": _kerberos()})
    held[_FILTERS] = [_filter()]
    clip = {"@odata.type": "#microsoft.graph.iosiPadOSWebClip", "id": "3ca1", "displayName": "Clip"}
    held.setdefault(APPS, []).append({**clip, "appUrl": "https://basic-canary:x@a.example/?sig=query-canary"})
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


def _kerberos() -> dict[str, Any]:
    kind = "#microsoft.graph.iosKerberosSingleSignOnExtension"
    return {"@odata.type": kind, "realm": "CONTOSO.EXAMPLE", "userPrincipalName": "kerberos-canary"}


def _filter() -> dict[str, Any]:
    about = {"id": "f0", "displayName": "One phone", "platform": "iOS", "assignmentFilterManagementType": "devices"}
    return {**about, "rule": "(device.deviceName -in ['filtered-canary'])"}


def _catalog() -> dict[str, Any]:
    wifi = _simple("com.apple.wifi.managed_password", "wifi-canary")
    pair = [
        _simple(f"{_SSO}_extensiondata_generickey_keytobereplaced", "client_secret"),
        _choice(f"{_SSO}_extensiondata_generickey_$typepicker", _simple(f"{_SSO}_extensiondata_generickey_string",
                                                                        "catalog-canary")),
    ]  # fmt: skip
    payload = [
        _simple(f"{_SSO}_extensionidentifier", "com.microsoft.azureauthenticator.ssoextension"),
        _simple(f"{_SSO}_platformsso_accountdisplayname", "account-canary"),
        _grouped(f"{_SSO}_extensiondata", *pair),
    ]
    affinity = _choice("ade_useraffinity", _simple("ade_supportdepartment", "setting-canary"))
    instances = [wifi, _grouped(f"{_SSO}_{_SSO}", *payload), affinity, _simple("enrollment_contact", "setting-canary")]
    about = {"id": "c0", "name": "Wi-Fi", "platforms": "iOS", "technologies": "mdm"}
    return {**about, "settings": [{"id": str(at), "settingInstance": each} for at, each in enumerate(instances)]}


def _instance(sort: str, definition: str, **value: Any) -> dict[str, Any]:
    kind = f"#microsoft.graph.deviceManagementConfiguration{sort}Instance"
    return {"@odata.type": kind, "settingDefinitionId": definition, **value}


def _simple(definition: str, value: str) -> dict[str, Any]:
    kind = "#microsoft.graph.deviceManagementConfigurationStringSettingValue"
    return _instance("SimpleSetting", definition, simpleSettingValue={"@odata.type": kind, "value": value})


def _choice(definition: str, *children: dict[str, Any]) -> dict[str, Any]:
    value = {"value": f"{definition}_1", "children": [*children]}
    return _instance("ChoiceSetting", definition, choiceSettingValue=value)


def _grouped(definition: str, *children: dict[str, Any]) -> dict[str, Any]:
    return _instance("GroupSettingCollection", definition, groupSettingCollectionValue=[{"children": [*children]}])


def _device() -> dict[str, Any]:
    about = {"id": "e0", "deviceName": "Ann's iPhone", "serialNumber": "CANARYSERIAL"}
    return {**about, "userId": people.PEOPLE["ann"], "operatingSystem": "iOS"}
