"""`doctor` as a user meets it: a tenant that is ready, one that is not, each person of it, and what may not be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.doctor import document
from reconciler.doctor.checks import CHECKS, findings
from reconciler.doctor.model import Evidence, Verdict
from reconciler.emulator import Emulator, Fault, Knobs
from reconciler.engine.examine import discover, examine
from reconciler.engine.examine_person import examine_person
from reconciler.facts import ACCOUNT_DRIVEN
from reconciler.graph.discovery import NotFetched, Page
from reconciler.kinds import REGISTRY
from reconciler.spec.schema import check_value

from .command import Folder, Said
from .harness import Rehearsal, Time

TENANTS = Path(__file__).parents[1] / "doctor" / "tenants"
SPECS = (TENANTS / "specs.yaml").read_text("utf-8")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PEOPLE = yaml.safe_load((TENANTS.parent / "people.yaml").read_text("utf-8"))
EVERYTHING = (
    "DeviceManagementConfiguration.Read.All,DeviceManagementServiceConfig.Read.All,DeviceManagementApps.Read.All,"
    "DeviceManagementManagedDevices.Read.All,GroupMember.Read.All,User.Read.All,Organization.Read.All,"
    "Policy.Read.All,Policy.Read.DeviceConfiguration,Device.Read.All"
)


def upn(name: str) -> str:
    """The principal name of somebody in the tenants."""
    people = tenant("broken")["collections"]["users"]
    return next(str(p["userPrincipalName"]) for p in people if p["userPrincipalName"].startswith(name))


def tenant(name: str) -> Any:
    return json.loads((TENANTS / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def office(folder: Folder) -> Folder:
    """A workspace with the specs of the healthy tenant, on the day that both tenants are of."""
    folder.write("specs/all.yaml", SPECS)
    folder.time = Time(NOW)
    return folder


@pytest.fixture
def served(office: Folder, request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """A tenant by its name, with knobs, served to the folder."""
    name, knobs = request.param
    with Emulator(seed=tenant(name), knobs=Knobs(**knobs), clock=lambda: NOW) as emulator:
        office.serve(emulator)
        yield emulator


def serving(name: str, **knobs: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("served", [(name, knobs)], indirect=True, ids=[name])


def states(said: Said) -> dict[str, str]:
    """The state of every check."""
    return {check["id"]: check["state"] for check in said.valid("doctor")["checks"]}


def only_read(emulator: Emulator) -> bool:
    return emulator.log != [] and {(r.method, r.path.endswith("$batch")) for r in emulator.log} <= {
        ("GET", False),
        ("POST", True),
    }


@serving("healthy")
def test_a_healthy_tenant_is_ready(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--format", "json")
    assert said.code == 0
    found = states(said)
    assert {i: s for i, s in found.items() if s != "ok"} == {"DOCTOR101": "unread", "JIT316": "not-applicable"}
    counts = said.document["counts"]
    assert {key: entry["value"] for key, entry in counts.items() if isinstance(entry, dict)} == {
        "enrolled": 4, "registered": 4, "neverRegistered": 0, "registrationUnknown": 0, "compliant": 4,
        "policyNotApplied": 0, "authenticatorNotInstalled": 0,
    }  # fmt: skip
    assert counts["since"] == "2026-10-23"
    assert only_read(served)
    assert served.writes == []


@serving("broken")
def test_a_broken_tenant_is_told_what_is_wrong_with_it(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--format", "json", "--since", "2026-11-01")
    assert said.code == 2
    found = states(said)
    listed = PEOPLE["tenant"]
    for state in ("failing", "warning"):
        assert {i for i, s in found.items() if s == state} == {*listed[state], *listed["policies"][state]}
    numbers = said.document["counts"]
    assert (numbers["since"], numbers["enrolled"]["value"]) == ("2026-11-01", 8)
    assert only_read(served)


@serving("broken")
def test_text_names_the_tenant_first_and_markdown_says_the_same(office: Folder, served: Emulator) -> None:
    text, markdown = office("doctor"), office("doctor", "--format", "markdown")
    assert text.code == markdown.code == 2
    assert text.out.startswith("Tenant sandbox (http://127.0.0.1:")
    assert markdown.out.startswith("# Tenant sandbox")
    assert "      6  enrolled and never registered\n" in text.out
    for words in ("expired on 2026-11-15", "MdmAuthorityNotDefined", "11 failing"):
        assert words in text.out
        assert words in markdown.out


@serving("healthy", page_size=1, empty_pages=True)
def test_pages_of_one_object_make_no_difference(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--format", "json")
    assert said.code == 0
    assert set(states(said).values()) == {"ok", "unread", "not-applicable"}
    assert said.document["counts"]["enrolled"] == {"value": 4, "why": None}


def verdicts(granted: str) -> dict[str, Verdict]:
    """What is said of the broken tenant with these permissions."""
    with Rehearsal.of(SPECS, seed=tenant("broken"), knobs={"granted": granted}, wired=True) as rehearsal:
        read = rehearsal._run(lambda graph: examine(graph, REGISTRY, Evidence(NOW), since=NOW.date()))
        return {found.check.id: found.verdict for found in findings(read)}


@pytest.fixture(scope="module")
def whole() -> dict[str, Verdict]:
    return verdicts(EVERYTHING)


@pytest.mark.parametrize("lacking", [each for each in EVERYTHING.split(",") if each != "Device.Read.All"])
def test_what_may_not_be_read_is_never_taken_for_right(lacking: str, whole: dict[str, Verdict]) -> None:
    """Compared with the same tenant, read whole: a check says the same, or says less, and names the permission."""
    found = verdicts(",".join(each for each in EVERYTHING.split(",") if each != lacking))
    changed = {check_id: verdict for check_id, verdict in found.items() if verdict != whole[check_id]}
    assert changed or lacking in ("Organization.Read.All", "Policy.Read.All")
    assert {i: v for i, v in changed.items() if v.state in ("ok", "not-applicable")} == {}
    refused = [v for v in changed.values() if v.permissions]
    assert [v for v in refused if lacking not in v.permissions] == []


def person(rehearsal: Rehearsal, name: str) -> Any:
    """The document about one person."""
    evidence = rehearsal._run(lambda graph: examine_person(graph, REGISTRY, Evidence(NOW), name))
    made = document.of_person(evidence, name, tenant={"name": "t", "tenantId": None, "graphUrl": "emulator"}, now=NOW)
    assert check_value("doctor", made) == []
    return made


def test_every_person_of_the_broken_tenant_has_a_reason_of_their_own() -> None:
    with Rehearsal.of(SPECS, seed=tenant("broken"), wired=True) as rehearsal:
        found = {name: person(rehearsal, upn(name)) for name in PEOPLE["people"]}
        assert rehearsal.emulator.writes == []
    for name, wanted in PEOPLE["people"].items():
        chain = found[name]["chains"][0]
        told = json.dumps(found[name])
        assert (name, chain["firstBroken"]) == (name, wanted["broken"])
        assert [words for words in wanted["says"] if words not in told] == [], name


@serving("broken")
def test_a_person_is_shown_with_the_first_broken_link(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", upn("lena.fischer"))
    assert said.code == 2
    assert "First broken link: SSO policy for the person [JIT401]" in said.out
    document_ = office("doctor", "--user", upn("lena.fischer"), "--format", "json").valid("doctor")
    assert document_["chains"][0]["firstBroken"] == "policy-assigned"
    markdown = office("doctor", "--user", upn("lena.fischer"), "--format", "markdown")
    assert "**First broken link: SSO policy for the person**" in markdown.out
    assert only_read(served)


@serving("healthy")
def test_a_person_costs_few_requests_and_none_about_the_tenant(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", upn("bram.de.vries"))
    assert said.code == 0
    assert "No link of the chain is broken." in said.out
    asked = {r.path for r in served.log}
    assert not [p for p in asked if any(w in p for w in ("subscribedSkus", "conditionalAccess", "branding", "terms"))]


@serving("healthy")
def test_somebody_who_does_not_exist_is_told_so(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", "nobody@tenant.example")
    assert (said.code, "there is no account 'nobody@tenant.example'" in said.out) == (2, True)
    document_ = office("doctor", "--user", "nobody@tenant.example", "--format", "json").valid("doctor")
    assert [len(chain["links"]) for chain in document_["chains"]] == [1]


ODD: list[dict[str, Any]] = [
    {"kind": "null"}, {"kind": "body", "body": []}, {"kind": "body", "body": {}}, {"kind": "body", "body": {"id": ""}}
]  # fmt: skip
"""What `/users/{upn}` may answer with that is no account."""


@serving("healthy")
def test_an_answer_that_is_no_account_is_not_taken_for_none(office: Folder, served: Emulator) -> None:
    for odd in ODD:
        served.heal()
        served.fail(Fault(path=r"/users/[^/]+$", times=9, **odd))
        said = office("doctor", "--user", upn("bram.de.vries"), "--format", "json")
        (chain,) = said.valid("doctor")["chains"]
        assert (said.code, chain["firstBroken"], chain["firstUnread"]) == (0, None, "licence"), odd
        assert said.document["user"]["found"] is None
        explained = office("explain", "--user", upn("bram.de.vries"))
        assert (explained.code, "no object with an id" in explained.err) == (1, True), odd
    assert [r.path for r in served.log if "/users//" in r.path] == []


def test_a_static_group_of_devices_may_hold_the_device() -> None:
    """A policy for phones that the device does not speak of is not known; one that it reports reaches it."""
    seed = tenant("healthy")
    collections = seed["collections"]
    phones = {"id": PHONES, "displayName": "Phones", "members": [
        {"@odata.type": "#microsoft.graph.device", "id": collections["devices"][0]["id"]}
    ]}  # fmt: skip
    collections["groups"].append(phones)
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": PHONES}
    for policy in collections["deviceManagement/deviceConfigurations"]:
        policy["assignments"] = [{"target": target}]
    with Rehearsal.of(SPECS, seed=seed, wired=True) as rehearsal:
        assert link(person(rehearsal, upn("bram.de.vries")), "policy-assigned")["state"] == "ok"
    for device in collections["deviceManagement/managedDevices"]:
        device["deviceConfigurationStates"] = []
    with Rehearsal.of(SPECS, seed=seed, wired=True) as rehearsal:
        told = link(person(rehearsal, upn("bram.de.vries")), "policy-assigned")
    assert (told["state"], "group of devices" in told["found"]) == ("unread", True)


PHONES = "7f3c0000-1111-4222-8333-000000000001"


def link(made: Any, name: str) -> Any:
    """One link of the chain of somebody's first device."""
    return next(each for each in made["chains"][0]["links"] if each["id"] == name)


@serving("healthy", granted="DeviceManagementConfiguration.Read.All")
def test_a_person_of_whom_nothing_may_be_read_is_accused_of_nothing(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", upn("bram.de.vries"), "--format", "json")
    assert said.code == 0
    (chain,) = said.valid("doctor")["chains"]
    assert (chain["firstBroken"], chain["firstUnread"]) == (None, "licence")
    assert "User.Read.All" in chain["links"][0]["permissions"]


@serving("healthy")
def test_a_service_that_fails_is_no_absence(office: Folder, served: Emulator) -> None:
    served.fail(Fault(path=r"applePushNotificationCertificate", status=500, times=50))
    said = office("doctor", "--format", "json")
    assert states(said)["JIT601"] == "unread"


@serving("healthy")
def test_a_filter_that_the_list_refuses_is_done_without(office: Folder, served: Emulator) -> None:
    served.fail(Fault(method="GET", path=r"managedDevices$", status=400, times=1))
    counts = office("doctor", "--format", "json").document["counts"]
    assert counts["enrolled"] == {"value": 4, "why": None}


@serving("broken", app_states="by-device", tenant_settings="absent", configuration_statuses="400")
def test_where_graph_answers_otherwise_the_same_is_said_or_less(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--format", "json")
    assert states(said)["JIT553"] == "unread"
    assert said.document["counts"]["authenticatorNotInstalled"]["value"] == 2
    chain = office("doctor", "--user", upn("chloe.marchand"), "--format", "json").valid("doctor")["chains"][0]
    assert chain["firstBroken"] == "authenticator-installed"


@serving("healthy")
def test_a_tenant_without_a_policy_or_authenticator_has_no_numbers_of_them(office: Folder, served: Emulator) -> None:
    for collection in ("deviceManagement/deviceConfigurations", "deviceAppManagement/mobileApps"):
        for each in served.objects(collection):
            served.remove(collection, str(each["id"]))
    said = office("doctor", "--format", "json")
    assert {i for i, s in states(said).items() if s == "failing"} == {"JIT110", "JIT503", "JIT506"}
    counts = said.document["counts"]
    assert (counts["policyNotApplied"]["value"], counts["authenticatorNotInstalled"]["value"]) == (None, None)


@serving("broken")
def test_rule_settings_of_the_workspace_hold_here_too(office: Folder, served: Emulator) -> None:
    path = office.path / "reconciler.yaml"
    path.write_text(path.read_text() + "rules: {JIT606: {severity: none, reason: it is a test}}\n")
    said = office("doctor", "--format", "json")
    assert states(said)["JIT606"] == "not-applicable"
    assert "it is a test" in said.out


def test_without_specs_a_tenant_can_be_looked_at(office: Folder) -> None:
    with Emulator(seed=tenant("healthy"), clock=lambda: NOW) as emulator:
        office.serve(emulator)
        office.write("specs/all.yaml", "nonsense: [")
        said = office("doctor")
    assert said.code == 0
    assert "without the specs" in said.err


@pytest.mark.parametrize(
    "arguments",
    [["--user", "a@b.example", "--since", "2026-01-01"], ["--user", "a@b.example", "--discovery"], ["--since", "soon"]],
)
def test_usage_is_checked_before_anything_is_asked(office: Folder, arguments: list[str]) -> None:
    assert office("doctor", *arguments).code == 64


def test_domains_are_asked_only_where_specs_name_them() -> None:
    async def fetch(domain: str) -> Page:
        if domain == "b.example":
            raise NotFetched("the domain has no address")
        return Page(200, "application/json", b"{}")

    blank = Evidence(NOW)
    driven = frozenset({ACCOUNT_DRIVEN})
    scope = replace(blank.scope, types=driven, discovery=True, domains=("a.example", "b.example"))
    asked = replace(blank, scope=scope)
    found = asyncio.run(discover(asked, fetch)).discovered
    assert [(f.domain, f.status, f.problem) for f in found] == [
        ("a.example", 200, None),
        ("b.example", None, "the domain has no address"),
    ]
    for other in (blank.scope, replace(scope, types=frozenset()), replace(scope, discovery=False)):
        assert asyncio.run(discover(replace(blank, scope=other), fetch)).discovered == ()


def test_every_check_is_of_the_table_of_the_broken_tenant() -> None:
    listed = PEOPLE["tenant"]
    named = {*listed["failing"], *listed["warning"], *listed["elsewhere"]}
    assert named == {check.id for check in CHECKS}


def spoiled(how: str) -> Any:
    """The healthy tenant with one thing wrong in it, which nobody but the SSO policy or its people would tell of."""
    made = tenant("healthy")
    features = made["collections"]["deviceManagement/deviceConfigurations"]
    policy = next(each for each in features if "iosSingleSignOnExtension" in each)
    extension = policy["iosSingleSignOnExtension"]
    pairs = extension["configurations"]
    pair = next(each for each in pairs if each["key"] == "device_registration")
    if how == "no pair":
        pairs.remove(pair)
    elif how == "no braces":
        pair["value"] = "DEVICEREGISTRATION"
    elif how == "Teams":
        extension["bundleIdAccessControlList"] = ["com.microsoft.skype.teams"]
    else:
        group = next(each["id"] for each in made["collections"]["groups"] if each["displayName"] == "Executives")
        policy["assignments"] = [
            {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}
        ]
    return made


@pytest.mark.parametrize(
    ("how", "failing", "words"),
    [
        ("no pair", {"JIT111", "JIT401"}, "5 people enroll with 'BYOD - web based' without an SSO policy"),
        ("no braces", {"JIT114", "JIT401"}, "has lost its braces"),
        ("Teams", {"JIT206"}, "com.microsoft.skype.teams is Microsoft Teams"),
        ("no cover", {"JIT401"}, "5 people enroll with 'BYOD - web based' without an SSO policy"),
    ],
)
def test_a_policy_that_registers_nobody_is_found(office: Folder, how: str, failing: set[str], words: str) -> None:
    with Emulator(seed=spoiled(how), clock=lambda: NOW) as emulator:
        office.serve(emulator)
        said = office("doctor", "--format", "json")
    assert said.code == 2
    assert {i for i, s in states(said).items() if s == "failing"} == failing
    assert words in " ".join(check["found"] for check in said.document["checks"])


@serving("broken")
def test_what_keeps_everybody_out_is_told_before_any_device(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", upn("bram.de.vries"))
    first, everybody, device = (said.out.index(w) for w in ("Bram", "For everybody in this tenant", "Bram's iPhone ("))
    assert first < everybody < device
    assert "[JIT606]: the MDM authority is not set; set it to Intune" in " ".join(said.out.split())
    assert "failing         SSO policy on the device: " in said.out
    document_ = office("doctor", "--user", upn("bram.de.vries"), "--format", "json").valid("doctor")
    assert [check["id"] for check in document_["tenantWide"]] == ["JIT606", "JIT601"]
    assert "\\[JIT601\\]" in office("doctor", "--user", upn("bram.de.vries"), "--format", "markdown").out


@serving("healthy", granted="DeviceManagementConfiguration.Read.All")
def test_devices_that_were_not_read_are_not_said_to_be_none(office: Folder, served: Emulator) -> None:
    said = office("doctor", "--user", upn("bram.de.vries"))
    assert "iPhones and iPads were not read: the account could not be read" in said.out
    assert "No iPhone or iPad" not in said.out
