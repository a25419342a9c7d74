"""Counting the people of a plan over HTTP: what is read and what is not, what is shown, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from tests.e2e.judge import Bodies

from . import scenario
from .command import WORKSPACE, Folder
from .scenario import GROUPS

PEOPLE = {name: f"9aa00000-1111-4222-8333-00000000000{n}" for n, name in enumerate(("ann", "bob", "cyd", "dan", "eve"))}
IPAD = "9ff00000-1111-4222-8333-00000000000f"
MEMBERS = {"Executives": ["ann"], "iOS pilots": ["bob", "cyd"], "Break glass": ["eve"]}
COUNT, MEMBERSHIP = "/users/$count", "transitiveMembers"
AFFECTED = 5
"""Everybody: those who are left out of the new policy and app get the new profile."""
LIMIT = "limits: {adoptions: 1, affectedPeople: %s}"


def member(object_id: str, kind: str = "user") -> dict[str, str]:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": object_id}


def seed(**more: list[dict[str, str]]) -> dict[str, Any]:
    """The scenario's tenant with people: `more` members by group."""
    whole = scenario.seed()
    collections = whole["collections"]
    collections["users"] = [
        {"id": i, "displayName": name, "userPrincipalName": f"{name}@contoso.example"} for name, i in PEOPLE.items()
    ]
    for group in collections["groups"]:
        name = group["displayName"]
        group["members"] = [*(member(PEOPLE[p]) for p in MEMBERS.get(name, ())), *more.get(name.replace(" ", "_"), ())]
    collections["groups"][0]["members"].append(member(GROUPS["Staff"], "group"))
    return whole


@pytest.fixture
def peopled(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    with Emulator(seed=seed()) as emulator:
        folder.serve(emulator)
        yield emulator
        bodies.keep_log(emulator.log)


def limited(folder: Folder, limit: object) -> None:
    folder.write("reconciler.yaml", WORKSPACE.replace("limits: {adoptions: 1}", LIMIT % limit))


def asked(graph: Emulator, word: str) -> list[str]:
    """Which groups, or what else, was asked for, in batches too."""
    return [request.path for request in graph.log if word in request.path]


ONE = ("--only", "AuthenticatorAssignment/vpp")
"""A change without an order: the app for the executives."""


def summary(folder: Folder, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = folder("plan", "--format", "json", *arguments).valid("plan")
    return dict(document["summary"])


@pytest.fixture
def plain(peopled: Emulator) -> Emulator:
    """The tenant without what raises questions: nobody enrolls, and no group may have two policies."""
    peopled.remove(scenario.CONFIGURATIONS, scenario.FOREIGN_POLICY)
    peopled.put(scenario.PROFILES, {**(peopled.object(scenario.PROFILES, scenario.BYOD) or {}), "assignments": []})
    return peopled


def test_nobody_is_counted_unasked(folder: Folder, plain: Emulator) -> None:
    assert "affectedPeople" not in summary(folder, *ONE)
    assert asked(plain, COUNT) == asked(plain, MEMBERSHIP) == []
    assert "affected" not in folder("plan", *ONE).out


def test_who_lacks_a_part_is_read_where_targets_do_not_tell(folder: Folder, peopled: Emulator) -> None:
    """Staff enroll and executives get the app: some may be both. Each group is read once, and no number is shown."""
    assert "affectedPeople" not in summary(folder, *ONE)
    read = [path.split("/")[3] for path in asked(peopled, MEMBERSHIP)]
    assert sorted(read) == sorted([GROUPS["Executives"], GROUPS["Staff"]])


def test_people_are_counted_when_asked_for(folder: Folder, peopled: Emulator) -> None:
    assert summary(folder, "--count-people")["affectedPeople"] == AFFECTED
    assert len(asked(peopled, COUNT)) == 1
    read = asked(peopled, MEMBERSHIP)
    assert len(read) == len(set(read)) == len(GROUPS), "each group once, for the order and for the number alike"
    assert f"; {AFFECTED} people affected; " in folder("plan", "--count-people").out.replace("\n", " ")


def test_only_what_counts_is_read(folder: Folder, plain: Emulator) -> None:
    assert summary(folder, "--count-people", *ONE)["affectedPeople"] == 1
    read = sorted(path.split("/")[3] for path in asked(plain, MEMBERSHIP))
    assert read == sorted([GROUPS["Executives"], GROUPS["Staff"]]), "those that the app has, with ours"
    assert asked(plain, COUNT) == []


def test_a_plan_of_nothing_reads_nobody(folder: Folder, plain: Emulator) -> None:
    assert summary(folder, "--count-people", "--only", "JitSsoPolicy/none")["affectedPeople"] == 0
    assert asked(plain, MEMBERSHIP) == asked(plain, COUNT) == []


@pytest.mark.parametrize(("limit", "code"), [(AFFECTED - 1, 4), (AFFECTED, 0), (AFFECTED + 1, 0), ("null", 0)])
def test_a_limit_of_people(folder: Folder, peopled: Emulator, limit: object, code: int) -> None:
    limited(folder, limit)
    said = folder("apply", "--yes")
    assert said.code == code, said
    assert bool(peopled.writes) == (code == 0)
    if code:
        assert f"affects {AFFECTED} people" in said.out.replace("\n", " ")
        assert f"--expect affectedPeople={AFFECTED}" in said.out.replace("\n", " ")


@pytest.mark.parametrize(("number", "code"), [(AFFECTED - 1, 4), (AFFECTED, 0), ("unknown", 4)])
def test_an_expected_number_of_people(folder: Folder, peopled: Emulator, number: object, code: int) -> None:
    limited(folder, 0)
    assert folder("apply", "--yes", "--expect", f"affectedPeople={number}").code == code
    assert bool(peopled.writes) == (code == 0)


UNREADABLE = [
    pytest.param(Fault(method="GET", path=f"{GROUPS['Executives']}/{MEMBERSHIP}", status=403, times=99), id="group"),
    pytest.param(Fault(method="GET", path=f"{GROUPS['Executives']}/{MEMBERSHIP}", status=404, times=99), id="404"),
    pytest.param(
        Fault(method="GET", path=f"{GROUPS['Executives']}/{MEMBERSHIP}", kind="body", body={"value": None}, times=99),
        id="no list",
    ),
]


@pytest.mark.parametrize("fault", UNREADABLE)
def test_who_cannot_be_read_is_not_nobody(folder: Folder, peopled: Emulator, fault: Fault) -> None:
    limited(folder, 1000)
    peopled.fail(fault)
    assert summary(folder, *ONE)["affectedPeople"] is None
    said = folder("apply", "--yes", *ONE)
    assert said.code == 4
    assert "'Executives' could not be read" in said.out.replace("\n", " ").replace("  ", " ")
    assert "people affected: not known" in said.out.replace("\n", " ")
    assert peopled.writes == []
    assert folder("apply", "--yes", "--expect", "affectedPeople=unknown", *ONE).code == 0


def test_the_number_of_all_users_cannot_be_read(folder: Folder, peopled: Emulator) -> None:
    limited(folder, 1000)
    peopled.fail(Fault(method="GET", path="users/.count", status=403, times=99))
    assert summary(folder)["affectedPeople"] is None
    assert summary(folder, *ONE)["affectedPeople"] == 1, "here it does not matter"


def test_a_group_with_devices(folder: Folder) -> None:
    """Its devices have owners that nobody can read; nested groups are no people, and their members are."""
    staff = [member(PEOPLE["dan"])]
    with Emulator(seed=seed(iOS_pilots=[member(IPAD, "device")], Staff=staff)) as emulator:
        folder.serve(emulator)
        policy = ("--only", "JitSsoPolicy/jit-pilot")
        assert summary(folder, "--count-people", *policy)["affectedPeople"] is None
        assert summary(folder, "--count-people", *ONE)["affectedPeople"] == 2, "ann, and dan by way of the Staff"
        profile = ("--only", "EnrollmentProfile/pilots")
        assert summary(folder, "--count-people", *profile)["affectedPeople"] == 2, "devices do not enroll"


def test_a_group_that_was_deleted_is_nobody(folder: Folder) -> None:
    """An enrollment profile that no spec names is still assigned to it."""
    tenant = seed()
    kiosk = next(p for p in tenant["collections"][scenario.PROFILES] if p["id"] == scenario.KIOSK)
    kiosk["assignments"][0]["target"]["groupId"] = "0ee00000-1111-4222-8333-00000000dead"
    with Emulator(seed=tenant) as emulator:
        folder.serve(emulator)
        assert summary(folder, "--count-people")["affectedPeople"] == AFFECTED
        assert asked(emulator, "dead/transitiveMembers") == [], "no group answers to its id"
        assert any("00000000dead" in request.query for request in emulator.log)


def joined(folder: Folder, peopled: Emulator) -> Any:
    """A saved plan for the executives; then one more joins them."""
    folder("plan", "--out", "p.json", "--count-people", *ONE)
    saved = folder.read("p.json")
    executives: Any = peopled.object("groups", GROUPS["Executives"])
    peopled.put("groups", {**executives, "members": [*executives["members"], member(PEOPLE["dan"])]})
    return saved


def test_a_saved_plan_stays_good_when_people_join(folder: Folder, peopled: Emulator) -> None:
    limited(folder, 2)
    assert joined(folder, peopled)["summary"]["affectedPeople"] == 1
    assert folder("apply", "--plan", "p.json", "--yes").code == 0


def test_people_are_counted_again_at_apply(folder: Folder, peopled: Emulator) -> None:
    limited(folder, 1)
    joined(folder, peopled)
    said = folder("apply", "--plan", "p.json", "--yes")
    assert said.code == 4
    assert "affects 2 people" in said.out.replace("\n", " ")
    assert peopled.writes == []


def test_the_last_profile_is_not_taken_away_by_the_way(folder: Folder, peopled: Emulator) -> None:
    """Of all profiles only one is assigned, and its spec forgets the people."""
    peopled.remove(scenario.PROFILES, scenario.KIOSK)
    spec = scenario.SPECS.partition("apiVersion: intune.reconciler/v1\nkind: EnrollmentProfile\nmetadata: {name: byod}")
    text = "".join(spec[1:]).partition("---")[0].replace("include: [allUsers]", "include: []")
    folder.write("specs/all.yaml", text)
    said = folder("apply", "--yes")
    assert said.code == 4
    shown = " ".join(said.out.split())
    assert "leaves 1 enrollment profile without any assignment" in shown
    assert "nobody has one any more" in shown
    assert peopled.writes == []
    consents = ("--expect", "unassignedProfiles=1", "--expect", "lastProfile=1")
    assert folder("apply", "--yes", *consents).code == 0
