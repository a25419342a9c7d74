"""Who gets which profile where that is easily told wrongly, and what names and odd answers do to an explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from tests.e2e.judge import Bodies
from tests.render.hostile import complaints

from .command import Folder
from .people import (
    ALL_USERS,
    FILTERS,
    GROUPS,
    KIOSK,
    MEMBERSHIP,
    OLD,
    all_but,
    applied,
    authenticator_for,
    bought_authenticator,
    byod,
    company_portal,
    explained,
    findings,
    group,
    jit,
    join,
    kiosk_policy,
    planned,
    served,
    spec,
    specs,
    to,
    to_all,
    to_group,
    verdicts,
)
from .scenario import APPS, CONFIGURATIONS, PROFILES

STAFF = ("Staff",)


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    with served(folder, bodies) as emulator:
        yield emulator


def test_nobody_is_said_to_win_among_profiles_of_one_priority(folder: Folder, tenant: Emulator) -> None:
    tenant.put(PROFILES, company_portal(1, to_all()))
    twin = {**company_portal(1, to_group("Staff")), "id": OLD[:-1] + "8", "displayName": "Twin"}
    tenant.put(PROFILES, twin)
    folder.write("specs/all.yaml", specs(order=None))
    today = explained(folder, "--user", "ann@contoso.example")["today"]
    assert verdicts(today) == {"Company Portal": "unknown", "Twin": "unknown"}
    assert "hold the same priority" in today["ladder"][0]["because"]


def test_new_profiles_of_an_open_rank_win_nobody_whom_an_older_one_has(folder: Folder, tenant: Emulator) -> None:
    document = planned(folder, specs(authenticator=STAFF, order=None))
    assert "moves" not in document.get("people", {}) or document["people"]["moves"] == []
    assert findings(document, "JIT308", "JIT401", "JIT503") == [("JIT308", "warning")] * 2


def test_a_group_whose_name_nobody_read_is_not_called_deleted(folder: Folder, tenant: Emulator) -> None:
    tenant.put(PROFILES, company_portal(1, to_group("Kiosk devices")))
    document = explained(folder, "--user", "ann@contoso.example")
    [rung] = document["today"]["ladder"]
    assert (rung["verdict"], "deleted" in rung["because"]) == ("not-for-them", False)


def test_a_group_that_is_gone_is_called_deleted(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs())
    tenant.remove("groups", GROUPS["Field"])
    first = explained(folder)["today"]["ladder"][0]
    assert (first["assigned"], first["because"]) == (
        {"atLeast": 0, "atMost": 0},
        f"it is for the deleted group {GROUPS['Field']}",
    )


def test_a_policy_that_excludes_somebody_does_not_serve_them(folder: Folder, tenant: Emulator) -> None:
    tenant.remove(PROFILES, OLD)
    folder.write("specs/all.yaml", join(byod(ALL_USERS), jit(all_but("Staff")), authenticator_for(ALL_USERS)))
    chain = explained(folder, "--user", "ann@contoso.example")["afterPlan"]["chain"]
    parts = {part["part"]: (part["state"], [each["name"] for each in part["by"]]) for part in chain}
    assert parts["sso-policy"] == ("missing", [])
    assert parts["authenticator"] == ("reached", ["AuthenticatorAssignment/auth"])


def test_a_profile_that_excludes_somebody_outranks_nothing_for_them(folder: Folder, tenant: Emulator) -> None:
    tenant.put(PROFILES, company_portal(0, to_all(), to_group("Staff", exclude=True)))
    named = "displayName: {}, enrollmentType: deviceEnrollmentWithCompanyPortal, assignments: {}"
    profiles = [
        spec("EnrollmentProfile", "staff", named.format("Ours", to("Staff"))),
        spec("EnrollmentProfile", "rest", named.format("Rest", ALL_USERS)),
        spec("EnrollmentPriority", "ios", "order: [staff, rest], unlisted: first"),
    ]
    folder.write("specs/all.yaml", join(*profiles))
    ladder = explained(folder, "--user", "ann@contoso.example")["afterPlan"]["ladder"]
    because = {rung["profile"]["displayName"]: rung["because"] for rung in ladder}
    assert because["Rest"] == "'Ours' ranks higher and is for them too"


# What cannot be read, or is odd


def test_how_many_all_users_are_may_be_unreadable(folder: Folder, tenant: Emulator) -> None:
    """Whoever is excluded by name is counted all the same; "everybody else" is a number that nobody knows."""
    tenant.remove(PROFILES, OLD)
    tenant.fail(Fault(method="GET", path="users/.count", status=403, times=99))
    text = join(byod(ALL_USERS), jit(all_but("Field")), authenticator_for(all_but("Sales EMEA")))
    people = planned(folder, text)["people"]
    assert [gap["people"] for gap in people["gaps"]] == [{"atLeast": 2, "atMost": 2}, {"atLeast": 3, "atMost": 3}]
    assert [move["people"] for move in people["moves"]] == [{"atLeast": 3, "atMost": None}]
    everybody = explained(folder, partly=True)
    assert everybody["about"]["people"]["atMost"] is None
    assert any("number of users" in each for each in everybody["partial"])


def test_a_group_that_hides_its_members_is_not_empty(folder: Folder, tenant: Emulator) -> None:
    """Graph answers with an empty list where a token may not read hidden memberships."""
    tenant.put("groups", group("Sales EMEA", visibility="HiddenMembership"))
    document = planned(folder, specs(authenticator=STAFF))
    gaps = {(gap["profile"]["displayName"], gap["part"]): gap for gap in document["people"]["gaps"]}
    assert gaps["BYOD", "authenticator"]["people"] == {"atLeast": 0, "atMost": 2}
    assert gaps["Field", "sso-policy"]["partial"] == [
        "group 'Sales EMEA' hides its members from whoever may not read hidden ones"
    ]
    assert gaps["Field", "authenticator"]["people"] == {"atLeast": 2, "atMost": 2}


def test_without_any_membership_nobody_is_lost_and_nobody_reached(folder: Folder, tenant: Emulator) -> None:
    tenant.fail(Fault(method="GET", path=MEMBERSHIP, status=403, times=99))
    document = planned(folder, specs(authenticator=STAFF))
    assert set(findings(document, "JIT401", "JIT503")) == {("JIT401", "warning"), ("JIT503", "warning")}
    assert {(gap["people"]["atLeast"], gap["people"]["atMost"]) for gap in document["people"]["gaps"]} == {(0, 6)}
    assert len([why for why in document["people"]["partial"] if "could not be read" in why]) == 3


def test_policies_that_could_not_be_listed_may_reach_people(folder: Folder, tenant: Emulator) -> None:
    tenant.fail(Fault(method="GET", path="configurationPolicies", status=403, times=99))
    document = planned(folder, specs(policy=STAFF))
    assert findings(document, "JIT401") == [("JIT401", "warning")] * 2
    assert {gap["people"]["atLeast"] for gap in document["people"]["gaps"]} == {0}


@pytest.mark.parametrize(
    "body",
    [{}, {"value": None}, {"value": "everybody"}, {"value": [None]}, {"value": [3, "x"]}],
    ids=["no list", "null for a list", "a string for a list", "null for a member", "no objects"],
)
def test_an_odd_list_of_members_is_no_list(folder: Folder, tenant: Emulator, body: Any) -> None:
    tenant.fail(Fault(method="GET", path=MEMBERSHIP, status=200, body=body, times=99))
    ladder = explained(folder, partly=True)["afterPlan"]["ladder"]
    assert {rung["verdict"] for rung in ladder} == {"unknown"}
    assert all("is not known to be complete" in rung["because"] for rung in ladder)


@pytest.mark.parametrize("body", [{"value": 6}, "six", "true", "null", "6.5"])
def test_an_odd_number_of_people_is_no_number(folder: Folder, tenant: Emulator, body: Any) -> None:
    tenant.fail(Fault(kind="body", method="GET", path="users/.count", body=body, times=99))
    document = explained(folder, partly=True)
    assert document["about"]["people"]["atMost"] is None
    assert any("number of users could not be read" in why for why in document["partial"])


ODD_OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a policy": (
        CONFIGURATIONS,
        {
            **kiosk_policy(displayName=None),
            "iosSingleSignOnExtension": {
                "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
                "configurations": [None, 3, {"key": 5, "value": None}],
                "bundleIdAccessControlList": 7,
            },
        },
    ),
    "a policy without anything": (CONFIGURATIONS, {"@odata.type": None, "iosSingleSignOnExtension": "none"}),
    "an app": (APPS, bought_authenticator(displayName=None, bundleId=5)),
    "a profile": (
        PROFILES,
        {
            **company_portal(0, displayName=None, defaultEnrollmentType=7),
            "priority": "x",
            "availableEnrollmentTypeOptions": [None, 5, {"ownerType": None}],
        },
    ),
    "a filter": (FILTERS, {"displayName": None, "platform": None, "rule": None}),
}
ODD_ASSIGNMENTS = [{"target": None}, {"target": "everybody"}, {"intent": 7, "settings": [], "target": {"groupId": 5}}]


@pytest.mark.parametrize(("collection", "body"), ODD_OBJECTS.values(), ids=ODD_OBJECTS.keys())
def test_an_odd_object_beside_ours_stops_nothing(
    folder: Folder, tenant: Emulator, collection: str, body: dict[str, Any]
) -> None:
    odd = {**body, "id": KIOSK}
    answers = {"": {"value": [odd]}, f"/{KIOSK}": odd, f"/{KIOSK}/assignments": {"value": ODD_ASSIGNMENTS}}
    for below, answer in answers.items():
        tenant.fail(Fault(method="GET", path=f"{collection}{below}$", status=200, body=answer, times=99))
    document = planned(folder, specs(authenticator=STAFF))
    severity = "warning" if collection == PROFILES else "error"  # whom an odd profile takes is not known
    assert findings(document, "JIT503") == [("JIT503", severity)] * 2
    for whom in ((), ("--user", "ann@contoso.example"), ("--group", "Staff")):
        assert "Field" in verdicts(explained(folder, *whom)["afterPlan"])


HOSTILE = "a|b # <img src=x> @team [l](https://evil.example) `c` *d* \u202e\x1b[31m"


def test_names_from_the_tenant_are_shown_and_never_obeyed(folder: Folder, tenant: Emulator) -> None:
    tenant.put(PROFILES, company_portal(0, to_all(), displayName=HOSTILE))
    tenant.put("groups", group("Staff", "ann") | {"id": GROUPS["Kiosk devices"], "displayName": HOSTILE})
    tenant.put(CONFIGURATIONS, kiosk_policy(to_group("Kiosk devices"), displayName=HOSTILE))
    text = folder("explain", "--user", "ann@contoso.example").out
    assert complaints(text) == []
    assert "a|b # <img src=x> @team" in text
    markdown = folder("explain", "--user", "ann@contoso.example", "--format", "markdown").out
    assert complaints(markdown) == []
    rows = [line for line in markdown.splitlines() if "evil" in line]
    assert rows
    for row in rows:
        assert not re.search(r"(?<!\\)(?:<img|@team|\[l\]|`c`|\*d\*|\|b)|https://", row), row
