"""Every link of the chain over what is known of one person (`links.yaml`), and which link is accused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.doctor.links import LINKS, Judged, cases, first_broken, judge
from reconciler.doctor.model import Evidence, State, Verdict

from .evidence import evidence

LISTED = yaml.safe_load((Path(__file__).parent / "links.yaml").read_text("utf-8"))
CASES = [pytest.param(link, case, id=f"{link}-{case['name']}") for link, listed in LISTED.items() for case in listed]
RIGHT: dict[str, Any] = {
    "user": {
        "id": "u1",
        "userPrincipalName": "anna@contoso.example",
        "accountEnabled": True,
        "userType": "Member",
        "assignedPlans": [{"servicePlanId": "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "capabilityStatus": "Enabled"}],
    },
    "memberships": [{"id": "sales"}],
    "ownDevices": [
        {
            "id": "d1",
            "deviceName": "Anna's iPhone",
            "operatingSystem": "iOS",
            "enrolledDateTime": "2026-11-03T08:12:00Z",
            "azureADRegistered": True,
            "azureADDeviceId": "e1",
            "complianceState": "compliant",
        }
    ],
    "enrollmentFailures": [],
    "enrollmentConfigurations": [
        {"id": "x_DefaultPlatformRestrictions", "priority": 0, "displayName": "All",
         "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration",
         "iosRestriction": {"platformBlocked": False, "personalDeviceEnrollmentBlocked": False}},
    ],
    "registrationPolicy": {"userDeviceQuota": 50},
    "enrollmentProfiles": [
        {"id": "p1", "displayName": "BYOD", "defaultEnrollmentType": "webDeviceEnrollment", "priority": 1,
         "assignments": ["users"]},
    ],
    "storeApps": [
        {"id": "a1", "displayName": "Authenticator", "@odata.type": "#microsoft.graph.iosStoreApp",
         "bundleId": "com.microsoft.azureauthenticator", "assignments": [{"intent": "required", "target": "users"}]},
    ],
    "vppApps": [],
    "appStates": [
        {"managedDeviceIdentifier": "d1", "mobileAppList": [{"applicationId": "a1", "installState": "installed"}]}
    ],
    "deviceFeatures": [
        {"id": "s1", "displayName": "SSO", "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
         "assignments": ["users"],
         "iosSingleSignOnExtension": {
             "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
             "configurations": [{"@odata.type": "#microsoft.graph.keyStringValuePair", "key": "device_registration",
                                 "value": "{{DEVICEREGISTRATION}}"}],
         }},
    ],
    "settingsCatalog": [],
    "policies:d1": [{"id": "u1_s1_d1", "state": "compliant"}],
    "compliance:d1": [],
    "directory:d1": [{"id": "e1", "deviceId": "e1"}],
}  # fmt: skip
"""A person with whom everything is right."""


def known(case: Any) -> Evidence:
    return evidence({**case, "read": {**RIGHT, **case.get("read", {})}})


@pytest.mark.parametrize(("link", "case"), CASES)
def test_a_link_comes_to_its_verdict(link: str, case: Any) -> None:
    (asked, *_) = cases(known(case), "anna@contoso.example")
    assert (asked.device is not None) is case.get("device", True)
    judged = next(each for each in judge(asked) if each.link.id == link)
    verdict = judged.verdict
    said = "\n".join(filter(None, (verdict.found, verdict.means, verdict.remedy)))
    assert (str(verdict.state), [words for words in case.get("says", ()) if words not in said]) == (case["state"], [])
    if "rule" in case:
        assert judged.to_json()["rule"] == case["rule"]


def test_every_link_has_cases_that_are_right_and_wrong() -> None:
    assert [link.id for link in LINKS] == list(LISTED)
    assert [i for i, listed in LISTED.items() if {"ok", "failing"} - {case["state"] for case in listed}] == []


def test_a_person_with_whom_all_is_right_is_accused_of_nothing() -> None:
    (asked,) = cases(known({}), "anna@contoso.example")
    judged = judge(asked)
    assert {each.verdict.state for each in judged} == {State.OK}
    assert len(judged) == len(LINKS)
    assert first_broken(judged) is None


@pytest.mark.parametrize("key", sorted(RIGHT))
def test_what_cannot_be_read_is_never_accused_of_being_broken(key: str) -> None:
    for asked in cases(known({"read": {key: {"problem": "refused"}}}), "anna@contoso.example"):
        assert State.FAILING not in [each.verdict.state for each in judge(asked)]


@given(st.lists(st.sampled_from(State), min_size=1, max_size=len(LINKS)))
def test_the_accused_is_the_first_that_fails_and_else_the_first_that_is_not_known(states: list[State]) -> None:
    judged = [Judged(link, Verdict(state, "found")) for link, state in zip(LINKS, states, strict=False)]
    accused = first_broken(judged)
    enrolled = State.OK in states[3:4]
    past = {"restriction", "profile"} if enrolled else set()
    unread = [j for j in judged if j.verdict.state is State.UNREAD and j.link.id not in past]
    failing = [j for j in judged if j.verdict.state is State.FAILING]
    assert accused is next(iter([*failing, *unread]), None)
