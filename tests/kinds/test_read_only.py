"""What is only read: policies of the settings catalog, and profiles of Automated Device Enrollment, as facts."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.emulator.contract.validate import Purpose, findings
from reconciler.facts import AutomatedProfile, Fact, Pair, SsoPolicy, Value
from reconciler.kinds import automated_enrollment, settings_catalog
from reconciler.live import ABOVE, live_object

from .catalog import ENTRA, JIT_PAIRS, SSO, choice, enrollment, group, payload, policy, simple

PAIRS = tuple(Pair(key, kind, value) for key, kind, value in JIT_PAIRS)
REDIRECT = "com.example.sso"


def catalog_fact(raw: dict[str, Any]) -> Fact | None:
    return settings_catalog.shows(live_object(settings_catalog.COLLECTION, raw))


def sso(*pairs: Pair, **more: Any) -> SsoPolicy:
    return SsoPolicy("Enterprise SSO", pairs, encoding="catalog", **more)


def signing_in(method: str) -> dict[str, Any]:
    """A policy for Automated Device Enrollment with users, who sign in so."""
    return enrollment(choice("ade_useraffinity", "ade_useraffinity_1", choice("ade_authenticationmethod", method)))


LISTED = ("AppAllowList", "string", "com.example.crm, com.example.mail,")
CASES: dict[str, tuple[dict[str, Any], Fact | None]] = {
    "registration": (policy(payload()), sso(*PAIRS)),
    "bundle ids": (
        policy(payload([LISTED])),
        sso(Pair(*LISTED), bundle_ids=(Value("com.example.crm"), Value("com.example.mail"))),
    ),
    "booleans": (
        policy(payload([("sharedDeviceMode", "boolean", True)])),
        sso(Pair("sharedDeviceMode", "boolean", True)),
    ),
    "padding is kept": (policy(payload([("a ", "string", " x")])), sso(Pair("a ", "string", " x"))),
    "case of the id": (policy(payload(identifier=ENTRA.upper())), sso(*PAIRS)),
    "another extension": (policy(payload([], identifier=REDIRECT)), sso(extension="redirect")),
    "no extension data": (policy(group(f"{SSO}_{SSO}", [simple(f"{SSO}_extensionidentifier", ENTRA)])), sso()),
    "urls say nothing": (policy(payload(JIT_PAIRS, simple(f"{SSO}_urls", "https://login.microsoft.com"))), sso(*PAIRS)),
    "an unknown setting is told": (
        policy(payload(JIT_PAIRS, simple(f"{SSO}_new", "x"))),
        sso(*PAIRS, not_understood=(f"{SSO}_new",)),
    ),
    "an unknown type is told": (
        policy(payload([("a", "date", "2026-01-01")])),
        sso(not_understood=("the value of a",)),
    ),
    "the extension of Entra of two": (
        policy(payload([], identifier=REDIRECT), payload()),
        sso(*PAIRS, not_understood=("1 more SSO payloads in the same policy",)),
    ),
    "kerberos": (
        policy(group(f"{SSO}_{SSO}-kerberos_kerberos", [])),
        sso(extension="other", not_understood=(f"{SSO}_{SSO}-kerberos_kerberos",)),
    ),
    "no settings at all": (policy(), None),
    "settings of a form that is not known": (policy(settings=[{"id": "0"}, None, {"settingInstance": "x"}]), None),
    "something else": (policy(choice("com.apple.applicationaccess_allowcamera", "x_true")), None),
    "without users": (
        enrollment(choice("ade_useraffinity", "ade_useraffinity_0")),
        AutomatedProfile("ADE - staff", "none", token="abc"),
    ),
    "modern": (
        signing_in("ade_authenticationmethod_2"),
        AutomatedProfile("ADE - staff", "modern", token="abc"),
    ),
    "another sign-in": (
        signing_in("ade_authenticationmethod_1"),
        AutomatedProfile("ADE - staff", "unknown", token="abc"),
    ),
    "nothing of it is known": (enrollment(creationSource=None), AutomatedProfile("ADE - staff", "unknown")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_policy_of_the_catalog_is_read_as(name: str) -> None:
    raw, expected = CASES[name]
    assert catalog_fact(raw) == expected


@pytest.mark.parametrize(
    ("platforms", "meant"),
    [
        ("iOS", True),
        ("macOS,iOS", True),
        ("macOS", False),
        ("windows10", False),
        (None, True),
        ("unknownFutureValue", True),
    ],
)
def test_only_what_may_reach_iphones_is_asked_for_its_settings(platforms: str | None, meant: bool) -> None:
    assert settings_catalog.concerns_ios({"platforms": platforms}) is meant


AUTOMATED: dict[str, tuple[dict[str, Any], AutomatedProfile]] = {
    "without users": ({"requiresUserAuthentication": False}, AutomatedProfile("Kiosk", "none")),
    "how people sign in is not documented": (
        {"requiresUserAuthentication": True, "enableAuthenticationViaCompanyPortal": False},
        AutomatedProfile("Kiosk", "unknown"),
    ),
    "whatever the second flag says": (
        {"requiresUserAuthentication": True, "enableAuthenticationViaCompanyPortal": True},
        AutomatedProfile("Kiosk", "unknown"),
    ),
    "nothing is told": ({}, AutomatedProfile("Kiosk", "unknown")),
    "all of it": (
        {
            "requiresUserAuthentication": False,
            "enableSingleAppEnrollmentMode": True,
            "userlessSharedAadModeEnabled": False,
            "isDefault": True,
            ABOVE: {"id": "t", "tokenName": "Example ABM"},
        },
        AutomatedProfile("Kiosk", "none", single_app_mode=True, shared_mode=False, default=True, token="Example ABM"),
    ),
}


@pytest.mark.parametrize("name", AUTOMATED)
def test_a_profile_of_automated_enrollment_is_read_as(name: str) -> None:
    raw, expected = AUTOMATED[name]
    live = live_object(automated_enrollment.COLLECTION, {"id": "t_p", "displayName": "Kiosk", **raw})
    assert automated_enrollment.shows(live) == expected


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("#microsoft.graph.depIOSEnrollmentProfile", True),
        ("#microsoft.graph.depMacOSEnrollmentProfile", False),
        (None, True),
    ],
)
def test_profiles_for_other_devices_are_left_out(kind: str | None, meant: bool) -> None:
    assert automated_enrollment.concerns_ios({"@odata.type": kind}) is meant


@pytest.mark.parametrize("name", ["registration", "booleans", "modern"])
def test_the_settings_of_these_tests_are_what_graph_may_answer(name: str) -> None:
    held = CASES[name][0]["settings"]
    assert [
        str(f) for each in held for f in findings(each, "deviceManagementConfigurationSetting", Purpose.RESPONSE)
    ] == []
