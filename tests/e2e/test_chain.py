"""Gaps in the chain and who wins, over HTTP: found offline where it can be, counted online, gone once mended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.emulator import Emulator, Fault
from tests.e2e.judge import Bodies

from .command import Folder
from .people import (
    EVERYBODY,
    FILTERS,
    GROUPS,
    MEMBERSHIP,
    OLD,
    applied,
    bought_authenticator,
    device_filter,
    explained,
    findings,
    group,
    served,
    spec,
    specs,
    verdicts,
)
from .scenario import APPS, PROFILES


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    with served(folder, bodies) as emulator:
        yield emulator


def read_groups(emulator: Emulator) -> list[str]:
    return [request.path for request in emulator.log if MEMBERSHIP in request.path]


CHAIN = ("JIT110", "JIT401", "JIT501", "JIT503")


def test_a_gap_is_a_warning_offline_an_error_with_the_tenant_and_gone_once_it_is_closed(
    folder: Folder, tenant: Emulator
) -> None:
    folder.write("specs/all.yaml", specs(authenticator=("Staff",)))
    offline = folder("validate", "--format", "json")
    assert (offline.code, findings(offline.document, *CHAIN)) == (
        0,
        [("JIT503", "warning"), ("JIT401", "warning"), ("JIT503", "warning")],
    ), "and whether Field people are in a group of the policy, too"
    online = folder("plan")
    assert "without a required Authenticator" in " ".join(online.out.split())
    assert '1 person in "Sales EMEA"' in " ".join(online.out.split())
    document = folder("plan", "--format", "json").valid("plan")
    assert {(g["profile"]["displayName"], g["people"]["atLeast"]) for g in document["people"]["gaps"]} == {
        ("Field", 2), ("BYOD", 1),
    }  # fmt: skip
    assert findings(document, *CHAIN) == [("JIT503", "error"), ("JIT503", "error")]
    refused = folder("apply", "--yes")
    assert refused.code == 4
    assert not [
        r for r in tenant.log if r.method in ("PATCH", "DELETE") or (r.method == "POST" and "batch" not in r.path)
    ]
    folder.write("specs/all.yaml", specs())
    assert findings(folder("plan", "--format", "json").document, *CHAIN) == []
    assert folder("apply", "--yes").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0


def test_the_summary_counts_who_moves(folder: Folder, tenant: Emulator) -> None:
    said = folder("plan").out
    people = said[said.index("People: ") :].partition("Plan: ")[0]
    assert " ".join(people.split()) == (
        "People: 3 people move from Company Portal to web based enrollment; "
        "2 people move from Company Portal to web based enrollment."
    )


def test_nothing_is_read_where_targets_alone_answer(folder: Folder, tenant: Emulator) -> None:
    every = (*EVERYBODY, "Field")
    folder.write("specs/all.yaml", specs(policy=every, authenticator=every))
    assert folder("apply", "--yes").code == 0
    before = len(read_groups(tenant))
    assert "people" not in folder("plan", "--format", "json").valid("plan")
    assert len(read_groups(tenant)) == before


def test_each_group_is_read_once(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs(authenticator=("Staff",)))
    folder("plan", "--count-people")
    read = read_groups(tenant)
    assert read
    assert len(read) == len(set(read))


@pytest.mark.parametrize("status", [403, 404])
def test_a_group_that_cannot_be_read_is_never_taken_for_reached(folder: Folder, tenant: Emulator, status: int) -> None:
    folder.write("specs/all.yaml", specs(authenticator=("Staff",)))
    tenant.fail(Fault(method="GET", path=f"{GROUPS['Sales EMEA']}/{MEMBERSHIP}", status=status, times=99))
    document = folder("plan", "--format", "json").valid("plan")
    gaps = {g["profile"]["displayName"]: g for g in document["people"]["gaps"]}
    assert gaps["BYOD"]["people"]["atMost"] != 0
    assert document["people"]["partial"]
    assert ("JIT503", "warning") in findings(document, "JIT503")


def test_a_gap_that_was_there_before_does_not_block(folder: Folder, tenant: Emulator) -> None:
    applied(folder, specs(authenticator=("Staff",)))
    folder.write("specs/all.yaml", specs(authenticator=("Staff",)).replace("displayName: JIT", "displayName: JIT 2"))
    document = folder("plan", "--format", "json").valid("plan")
    assert {severity for _, severity in findings(document, "JIT503")} == {"warning"}
    assert [g["new"] for g in document["people"]["gaps"]] == [False, False]
    assert folder("apply", "--yes").code == 0


def test_two_policies_on_one_person(folder: Folder, tenant: Emulator) -> None:
    second = (
        "{apiVersion: intune.reconciler/v1, kind: JitSsoPolicy, metadata: {name: two}, "
        "spec: {displayName: Two, assignments: {include: [{group: Field}]}}}"
    )
    folder.write("specs/all.yaml", specs(more=second))
    document = folder("plan", "--format", "json").valid("plan")
    assert findings(document, "JIT105") == [("JIT105", "error")]
    [meeting] = document["people"]["meetings"]
    assert meeting["people"] == {"atLeast": 2, "atMost": 2}


def test_authenticator_from_two_sources_for_the_same_people(folder: Folder, tenant: Emulator) -> None:
    tenant.put(APPS, bought_authenticator())
    second = spec(
        "AuthenticatorAssignment", "vpp",
        "app: {source: vpp, token: ABM, licensing: user}, assignments: {include: [{group: Field}]}",
    )  # fmt: skip
    folder.write("specs/all.yaml", specs(more=second))
    document = folder("plan", "--format", "json").valid("plan")
    assert findings(document, "JIT504") == [("JIT504", "error")]


def test_what_targets_alone_tell_about_an_app(folder: Folder, tenant: Emulator) -> None:
    text = specs().replace(
        "createIfMissing: true}, assignments: {include: [{group: Staff}",
        "createIfMissing: true}, assignments: {include: [{group: Staff, intent: uninstall}, {group: Staff}",
    )
    folder.write("specs/all.yaml", text)
    document = folder("plan", "--format", "json").document
    assert findings(document, "JIT404") == [("JIT404", "warning")]
    assert "carries out `required`" in str(document["diagnostics"])


def test_a_dynamic_group_of_devices_comes_late(folder: Folder, tenant: Emulator) -> None:
    rule = '(device.deviceModel -eq "iPad")'
    tenant.put("groups", group("Kiosk devices", groupTypes=["DynamicMembership"], membershipRule=rule))
    folder.write("specs/all.yaml", specs(policy=(*EVERYBODY, "Field", "Kiosk devices")))
    assert findings(folder("plan", "--format", "json").document, "JIT403") == [("JIT403", "warning")]


def test_a_profile_without_a_spec_that_stands_above_ours(folder: Folder, tenant: Emulator) -> None:
    folder.write("specs/all.yaml", specs().replace(", unlisted: last", ""))
    document = folder("plan", "--format", "json").document
    assert findings(document, "JIT308") == [("JIT308", "warning"), ("JIT308", "warning")]


def test_a_filter_for_company_devices_reaches_nobody_here(folder: Folder, tenant: Emulator) -> None:
    rule = '(device.deviceOwnership -eq "Corporate")'
    tenant.put(FILTERS, device_filter("Company", rule))
    text = specs().replace(
        "displayName: JIT, assignments: {include: [{group: Staff}",
        "displayName: JIT, assignments: {include: [{group: Staff, filter: {include: Company}}",
    )
    folder.write("specs/all.yaml", text)
    document = folder("plan", "--format", "json").valid("plan")
    assert findings(document, "JIT402") == [("JIT402", "warning")]
    assert findings(document, "JIT401") == [("JIT401", "error")]
    [gap] = document["people"]["gaps"]
    assert (gap["people"], [g["group"] for g in gap["groups"]]) == ({"atLeast": 2, "atMost": 2}, ["Staff"])


def test_nobody_gets_a_profile(folder: Folder, tenant: Emulator) -> None:
    tenant.remove(PROFILES, OLD)
    folder.write("specs/all.yaml", spec("JitSsoPolicy", "jit", "displayName: JIT, assignments: {include: [allUsers]}"))
    assert findings(folder("plan", "--format", "json").document, "JIT301") == [("JIT301", "warning")]


# Who wins


def test_who_wins_for_a_user_before_and_after_a_reorder(folder: Folder, tenant: Emulator) -> None:
    assert folder("apply", "--yes").code == 0
    today = explained(folder, "--user", "cyd@contoso.example")
    assert verdicts(today["today"]) == {"Field": "wins", "BYOD": "outranked", "Company Portal": "outranked"}
    assert today["afterPlan"] is None
    folder.write("specs/all.yaml", specs(order="byod, field"))
    then = explained(folder, "--user", "cyd@contoso.example")
    assert verdicts(then["today"])["Field"] == "wins"
    assert verdicts(then["afterPlan"]) == {"BYOD": "wins", "Field": "outranked", "Company Portal": "outranked"}
    assert {p["part"]: p["state"] for p in then["afterPlan"]["chain"]} == {
        "sso-policy": "reached", "authenticator": "reached", "first-sign-in-app": "not-asked", "compliance": "provided",
    }  # fmt: skip


def test_only_the_persons_own_memberships_are_read(folder: Folder, tenant: Emulator) -> None:
    explained(folder, "--user", "ann@contoso.example")
    assert read_groups(tenant) == []


def test_a_group_and_everybody(folder: Folder, tenant: Emulator) -> None:
    group = explained(folder, "--group", "Sales EMEA")
    assert group["about"]["people"] == {"atLeast": 3, "atMost": 3}
    wins = {r["profile"]["displayName"]: r["wins"]["atLeast"] for r in group["afterPlan"]["ladder"]}
    assert wins == {"Field": 2, "BYOD": 1, "Company Portal": 0}
    everybody = explained(folder)
    assert everybody["about"]["people"] == {"atLeast": 6, "atMost": 6}
    wins = {r["profile"]["displayName"]: r["wins"]["atLeast"] for r in everybody["afterPlan"]["ladder"]}
    assert wins == {"Field": 2, "BYOD": 3, "Company Portal": 1}


def test_a_spec(folder: Folder, tenant: Emulator) -> None:
    profile_ = explained(folder, "EnrollmentProfile/byod")
    assert profile_["about"]["people"] == {"atLeast": 5, "atMost": 5}
    policy = explained(folder, "JitSsoPolicy/jit")
    assert policy["supplies"]["reaches"] == {"atLeast": 5, "atMost": 5}
    reached = {p["profile"]["displayName"]: p["people"]["atLeast"] for p in policy["supplies"]["profiles"]}
    assert reached == {"Field": 2, "BYOD": 3, "Company Portal": 0}


def test_a_dead_profile_is_found(folder: Folder, tenant: Emulator) -> None:
    """`Field` is for people whom `BYOD` does not have by its targets; with the same group it is dead."""
    folder.write("specs/all.yaml", specs(order="byod, field").replace("{group: Field}", "{group: Staff}"))
    assert findings(folder("validate", "--format", "json").document, "JIT307") == [("JIT307", "warning")]
    document = folder("plan", "--format", "json").valid("plan")
    assert [dead["profile"]["displayName"] for dead in document["people"]["neverWin"]] == ["Field"]
    said = explained(folder, "EnrollmentProfile/field")
    assert verdicts(said["afterPlan"])["Field"] == "outranked"


def test_a_guest_without_a_licence_is_named(folder: Folder, tenant: Emulator) -> None:
    notes = explained(folder, "--user", "fay@contoso.example")["about"]["notes"]
    assert len(notes) == 2
    assert "guest" in notes[0]
    assert "licence" in notes[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--user", "nobody@contoso.example"), "nobody is called"),
        (("--group", "Sales"), "Sales EMEA"),
        (("EnrollmentProfile/none",), "EnrollmentProfile/byod"),
    ],
)
def test_who_does_not_exist_is_told(folder: Folder, tenant: Emulator, arguments: tuple[str, ...], told: str) -> None:
    said = folder("explain", *arguments)
    assert (said.code, told in said.err) == (64, True), said.err


def test_text_and_markdown_say_the_same(folder: Folder, tenant: Emulator) -> None:
    text = folder("explain", "--user", "cyd@contoso.example").out
    assert text.startswith("Tenant sandbox\n")
    assert "applies to them: assigned to the group 'Field'" in " ".join(text.split())
    markdown = folder("explain", "--user", "cyd@contoso.example", "--format", "markdown").out
    assert "| **gets it** |" in markdown or "**gets it**" in markdown
