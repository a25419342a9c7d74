"""The numbers of a tenant: what is counted, and what is said where something is not known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reconciler.doctor.counts import Counts, Number, count
from reconciler.doctor.model import Answer, Problem
from reconciler.facts import SsoPolicy
from reconciler.live import Collection, live_object

from .evidence import answer

SINCE = date(2026, 11, 1)
DEVICES: list[dict[str, Any]] = [
    {"id": "d1", "userId": "u1", "operatingSystem": "iOS", "enrolledDateTime": "2026-11-03T08:00:00Z",
     "azureADRegistered": True, "complianceState": "compliant"},
    {"id": "d2", "userId": "u1", "operatingSystem": "iPadOS", "enrolledDateTime": "2026-11-01T00:00:00.1234567Z",
     "azureADRegistered": False, "complianceState": "noncompliant"},
    {"id": "d3", "userId": "u2", "operatingSystem": "iOS", "enrolledDateTime": "2026-11-04T08:00:00Z"},
    {"id": "d4", "userId": "u3", "operatingSystem": "Windows", "enrolledDateTime": "2026-11-04T08:00:00Z"},
    {"id": "d5", "userId": "u3", "operatingSystem": "iOS", "enrolledDateTime": "2026-10-31T23:59:59Z"},
    {"id": "d6", "userId": "u3", "operatingSystem": "iOS", "enrolledDateTime": "0001-01-01T00:00:00Z"},
]  # fmt: skip
TEMPLATE = [(live_object(Collection("f", "/f"), {"id": "s1", "displayName": "SSO"}), SsoPolicy("SSO"))]
CATALOG = [(live_object(Collection("c", "/c"), {"id": "c1", "name": "SSO"}), SsoPolicy("SSO", encoding="catalog"))]


def policies(*states: Any) -> Answer:
    return answer("states", [{"id": "u_s1_d", "state": state} for state in states])


def apps(device: str, state: str) -> Answer:
    listed = [{"applicationId": "A1", "installState": state}, {"applicationId": "a2", "installState": "installed"}]
    return answer("states", [{"managedDeviceIdentifier": device, "mobileAppList": listed}])


APPLIED = {"d1": policies("compliant"), "d2": policies("error"), "d3": policies("remediated", "conflict")}
APPS = {"d1": apps("D1", "installed"), "d2": apps("d2", "failed"), "d3": Answer(problem=Problem("refused"))}
NO_ANSWER = Answer(problem=Problem("refused"))


def counted(devices: Answer | None = None, **more: Any) -> Counts:
    given = {"policies": TEMPLATE, "applied": APPLIED, "apps": APPS, "copies": frozenset({"a1"}), **more}
    return count(devices or answer("managedDevices", DEVICES), SINCE, **given)


def test_only_iphones_and_ipads_that_enrolled_since_then_are_counted() -> None:
    found = counted()
    numbers = (found.enrolled, found.registered, found.never_registered, found.registration_unknown, found.compliant)
    assert [number.value for number in numbers] == [3, 1, 1, 1, 1]


def test_what_is_not_known_of_some_devices_is_said() -> None:
    found = counted()
    assert found.authenticator_not_installed == Number(1, "of 1 more device Intune does not say")
    assert found.policy_not_applied == Number(2)
    assert not found.complete


def test_what_is_known_of_all_is_complete() -> None:
    found = counted(apps={**APPS, "d3": apps("d3", "notInstalled")})
    assert (found.authenticator_not_installed, found.complete) == (Number(2), True)


@pytest.mark.parametrize(
    ("answers", "assigned", "wanted"),
    [
        ({"d1": policies()}, TEMPLATE, Number(1, "of 2 more devices Intune does not say")),
        ({"d1": policies()}, CATALOG, Number(0, "of 3 more devices Intune does not say")),
        ({"d1": policies("unknown")}, TEMPLATE, Number(0, "of 3 more devices Intune does not say")),
        (
            {"d1": NO_ANSWER, "d2": NO_ANSWER, "d3": NO_ANSWER},
            TEMPLATE,
            Number(0, "of 3 more devices Intune does not say"),
        ),
        ({each: policies("compliant") for each in ("d1", "d2", "d3")}, TEMPLATE, Number(0)),
        ({}, "the policies were refused", Number(None, "the policies were refused")),
    ],
)
def test_a_policy_that_nobody_speaks_of_is_not_known(answers: Any, assigned: Any, wanted: Number) -> None:
    assert counted(policies=assigned, applied=answers).policy_not_applied == wanted


def test_apps_that_could_not_be_listed_leave_no_number() -> None:
    found = counted(copies="the apps were refused")
    assert (found.authenticator_not_installed, found.complete) == (Number(None, "the apps were refused"), False)


def test_devices_that_could_not_be_read_leave_no_number() -> None:
    found = counted(NO_ANSWER)
    assert found.enrolled == found.compliant == found.policy_not_applied == Number(None, "refused")
    assert not found.complete
