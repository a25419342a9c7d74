"""What `explain` says of each kind of spec, of plans that apply would refuse, and of what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, Knobs
from tests.e2e.judge import Bodies

from .command import Folder, Said
from .people import (
    ALL_USERS,
    KIOSK,
    byod,
    explained,
    join,
    seed,
    served,
    spec,
    specs,
    to,
    to_group,
    verdicts,
)
from .scenario import CONFIGURATIONS, policy

ANN, CYD, FAY = (f"{name}@contoso.example" for name in ("ann", "cyd", "fay"))
RULE = "rule: '(device.manufacturer -eq \"Apple\")'"
CLIP = "displayName: Portal, publisher: IT, url: 'https://portal.example/', intent: required"
SECOND = spec("JitSsoPolicy", "two", f"displayName: Two, assignments: {to('Field')}")
MORE = join(
    spec("Audience", "staff", "include: [allUsers], exclude: [{group: Field}]"),
    spec("Audience", "idle", "include: [{group: Kiosk devices}]"),
    spec("WebClip", "portal", f"{CLIP}, assignments: {ALL_USERS}"),
    spec("WebClip", "gone", "displayName: Gone, publisher: IT, url: 'https://gone.example/', intent: uninstall, "
         "assignments: {include: [allUsers]}"),
    spec("WebClip", "staff", "displayName: Staff, publisher: IT, url: 'https://staff.example/', intent: available, "
         "assignments: {audience: staff}"),
    spec("AssignmentFilter", "apple", f"displayName: Apple, {RULE}"),
    spec("AssignmentFilter", "unused", f"displayName: Unused, {RULE}"),
    spec("AppAssignment", "lost", "app: {bundleId: com.contoso.lost}, "
         "assignments: {include: [{group: Staff, filter: {include: Apple}}]}"),
    spec("WebClip", "filtered", "displayName: Filtered, publisher: IT, url: 'https://f.example/', intent: required, "
         "assignments: {include: [{all: users, filter: {include: Apple}}]}"),
)  # fmt: skip
"""Specs of all kinds beside the chain; the tenant has no app `com.contoso.lost`."""


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    with served(folder, bodies) as emulator:
        yield emulator


def exact(number: int) -> dict[str, int]:
    return {"atLeast": number, "atMost": number}


def rules_of(document: Any, severity: str) -> list[str]:
    return [d["rule"] for d in document["findings"] if d["severity"] == severity]


def flat(said: Said) -> str:
    """What was said, without the breaks of lines."""
    return " ".join(said.out.split())


# Each kind of spec


@pytest.mark.parametrize(
    ("address", "reaches", "through"),
    [
        ("WebClip/portal", exact(6), ["all users as required"]),
        ("WebClip/staff", exact(4), ["all users as available", "not the group 'Field' as available"]),
        ("WebClip/gone", exact(0), ["all users to be uninstalled"]),
        ("WebClip/filtered", {"atLeast": 0, "atMost": 6}, ["all users that fit the filter 'Apple' as required"]),
        ("AuthenticatorAssignment/auth", exact(5), None),
    ],
)
def test_whom_an_object_reaches(
    folder: Folder, tenant: Emulator, address: str, reaches: dict[str, int], through: list[str] | None
) -> None:
    folder.write("specs/all.yaml", specs(more=MORE))
    supplies = explained(folder, address)["supplies"]
    assert supplies["reaches"] == reaches
    assert through in (None, supplies["through"])
    assert [p["profile"]["displayName"] for p in supplies["profiles"]] == ["Field", "BYOD", "Company Portal"]


def test_an_object_that_the_plan_does_not_make_reaches_nobody_knows_whom(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(more=MORE))
    document = explained(folder, "AppAssignment/lost")
    assert document["supplies"]["reaches"] is None
    assert [d["rule"] for d in document["blocked"]] == ["IDENT106"]
    said = flat(folder("explain", "AppAssignment/lost"))
    assert "Whom it reaches after the plan is not known: the plan does not make it" in said
    assert "nobody" not in said
    assert "Apply would refuse the plan: IDENT106" in said


def test_who_stands_behind_a_filter(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(more=MORE))
    uses = explained(folder, "AssignmentFilter/apple")["uses"]
    assert {by["address"]: by["people"] for by in uses["by"]} == {
        "WebClip/filtered": {"atLeast": 0, "atMost": 6}, "AppAssignment/lost": None,
    }  # fmt: skip
    assert uses["people"] is None, "one of the two is not known"
    assert "Nothing that was read uses it" in folder("explain", "AssignmentFilter/unused").out


def test_a_filter_that_exists_is_found_by_its_id(folder: Folder, tenant: Emulator) -> None:
    text = join(byod(ALL_USERS), spec("JitSsoPolicy", "jit", f"displayName: JIT, assignments: {ALL_USERS}"),
                spec("AssignmentFilter", "apple", f"displayName: Apple, {RULE}"),
                spec("AuthenticatorAssignment", "auth", "app: {source: store, createIfMissing: true}, "
                     f"assignments: {ALL_USERS}"),
                spec("WebClip", "f", f"{CLIP}, assignments: {{include: [{{group: Staff, filter: {{include: Apple}}}}]}}"))  # fmt: skip # noqa: E501
    folder.write("specs/all.yaml", text)
    for _ in ("before it is created", "afterwards"):
        uses = explained(folder, "AssignmentFilter/apple")["uses"]
        assert (uses["people"], [by["address"] for by in uses["by"]]) == ({"atLeast": 0, "atMost": 2}, ["WebClip/f"])
        assert folder("apply", "--yes").code == 0
    assert "Behind it stand up to 2 people after the plan" in flat(folder("explain", "AssignmentFilter/apple"))


def test_whom_an_audience_stands_for(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(more=MORE))
    uses = explained(folder, "Audience/staff")["uses"]
    assert (uses["people"], uses["through"]) == (exact(4), ["all users", "not the group 'Field'"])
    assert [by["address"] for by in uses["by"]] == ["WebClip/staff"]
    assert "No spec uses it." in folder("explain", "Audience/idle").out, "its group is looked up all the same"


def test_an_audience_with_a_group_that_there_is_not(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(more=spec("Audience", "odd", "include: [{group: Sail}]")))
    said = folder("explain", "Audience/odd", "--format", "json")
    assert (said.code, said.valid("explain")["uses"]["people"]) == (4, None)
    assert "Stands for people not known" in folder("explain", "Audience/odd").out


def test_an_order_is_that_of_everybody(folder: Folder, tenant: Emulator) -> None:
    document = explained(folder, "EnrollmentPriority/ios")
    assert document["about"]["people"] == exact(6)
    assert document["afterPlan"] == explained(folder)["afterPlan"]


def test_markdown_has_targets_and_numbers(folder: Folder, tenant: Emulator) -> None:
    said = folder("explain", "JitSsoPolicy/jit", "--format", "markdown").out
    assert "Reaches 5 people after the plan: the group" in said
    assert "* 3 people of those who get" in said


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("Audience/none", "there are: Audience/idle, Audience/staff"),
        ("Thing/none", "kinds are AppAssignment"),
        ("WebClip", "such as JIT115"),
    ],
)
def test_what_there_is_not_is_wrong_usage(folder: Folder, tenant: Emulator, address: str, told: str) -> None:
    folder.write("specs/all.yaml", specs(more=MORE))
    said = folder("explain", address)
    assert (said.code, told in said.err) == (64, True), said.err


def test_a_waiver_points_to_its_spec(folder: Folder, tenant: Emulator) -> None:
    waiver = spec(
        "Waiver", "w", "address: JitSsoPolicy/jit, rule: JIT401, owner: it, reason: moving, expires: '2026-12-01'"
    )
    folder.write("specs/all.yaml", specs(more=waiver))
    said = folder("explain", "Waiver/w")
    assert (said.code, "JitSsoPolicy/jit" in said.err) == (64, True), said.err


# What apply would refuse


def test_two_policies_on_one_person_are_told_to_that_person(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(more=SECOND))
    document = explained(folder, "--user", CYD)
    assert rules_of(document, "error") == ["JIT105"]
    assert [d["rule"] for d in document["blocked"]] == ["JIT105"]
    text = folder("explain", "--user", CYD)
    after = flat(text).partition("After the plan")[2]
    assert after.startswith(" ! Apply would refuse the plan: JIT105: 1 person gets two SSO extension policies")
    assert "Apply would refuse" in folder("explain", "--user", CYD, "--format", "markdown").out
    other = explained(folder, "--user", ANN)
    assert (rules_of(other, "error"), other["blocked"]) == ([], []), "of one person only what concerns them is asked"


@pytest.mark.parametrize("address", ["JitSsoPolicy/jit", "JitSsoPolicy/two"])
def test_a_meeting_is_told_at_both_specs(folder: Folder, tenant: Emulator, address: str) -> None:
    folder.write("specs/all.yaml", specs(more=SECOND))
    assert [d["rule"] for d in explained(folder, address)["findings"]] == ["JIT105"]


def test_a_gap_is_told_at_its_profile_and_to_its_group(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(authenticator=("Staff",)))
    for question in (("EnrollmentProfile/field",), ("--group", "Field")):
        found = explained(folder, *question)
        assert {(d["rule"], d["address"]) for d in found["findings"]} == {("JIT503", "EnrollmentProfile/field")}
    assert "Apply would refuse the plan: JIT503" in flat(folder("explain"))
    assert explained(folder)["blocked"]


def test_nothing_is_refused_where_nothing_is_wrong(folder: Folder, tenant: Emulator) -> None:
    document = explained(folder)
    assert document["blocked"] == []
    assert "refuse" not in folder("explain").out


# Words


def test_a_policy_that_registers_nobody_is_no_supply(folder: Folder, tenant: Emulator) -> None:
    tenant.put(CONFIGURATIONS, {**policy(KIOSK, "Kiosk SSO", ""), "assignments": [to_group("Field")]})
    folder.write("specs/all.yaml", specs(policy=("Staff",)))
    said = flat(folder("explain", "--user", CYD))
    assert "What they need besides:" in said
    assert "MISSING SSO policy: none works: 'Kiosk SSO' reaches them, but 'Kiosk SSO' does not switch" in said
    assert "applies to them: assigned to the group 'Field'" in said


def test_who_may_enroll_without_is_not_told_that_something_is_missing(folder: Folder, tenant: Emulator) -> None:
    said = flat(folder("explain", "--user", FAY))
    assert verdicts(explained(folder, "--user", FAY)["today"]) == {"Company Portal": "wins"}
    assert "without SSO policy: nothing reaches them; they may enroll without" in said
    assert "MISSING" not in said


# What could not be read


INTUNE = "DeviceManagementApps.Read.All,DeviceManagementConfiguration.Read.All,DeviceManagementServiceConfig.Read.All"


@pytest.mark.parametrize(
    ("granted", "question", "told"),
    [
        ("", (), "GroupMember.Read.All and User.Read.All"),
        (",GroupMember.Read.All", ("--user", ANN), "grant GroupMember.Read.All and User.Read.All"),
        (",GroupMember.Read.All", (), "the number of users could not be read: it takes User.Read.All"),
    ],
)
def test_a_permission_that_is_missing_is_named(
    folder: Folder, granted: str, question: tuple[str, ...], told: str
) -> None:
    folder.write("specs/all.yaml", specs())
    with Emulator(seed=seed(), knobs=Knobs(granted=INTUNE + granted)) as graph:
        folder.serve(graph)
        said = folder("explain", *question)
    assert (said.code, told in " ".join((said.out + said.err).split())) == (4, True), said.out + said.err


def test_the_least_permissions_are_printed(folder: Folder, tenant: Emulator) -> None:
    document: Any = folder("permissions", "--format", "json").document
    assert {"GroupMember.Read.All", "User.Read.All"} <= {*document["explain"]}
    assert "User.Read.All" not in document["plan"]
    assert "To run explain" in folder("permissions").out
