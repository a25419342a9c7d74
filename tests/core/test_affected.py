"""Whom a plan affects: cases as data, and the law that it is the number that one finds asking everybody."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.affected import affected, concerned
from reconciler.audience import Affected, Census
from reconciler.decide import Planned

from ..kinds.test_cases import OBJECTS
from ..kinds.world import document, plan_of, specs_of, world_of
from .people import Person, census_of, people, really_affected
from .tenants import GROUPS, NAMES, documents, tenants

A, B, C = (GROUPS[f"Group {letter}"] for letter in "ABC")
GONE = "99999999-0000-4000-8000-0000000000ff"
GRAPH = "#microsoft.graph."
SPEC = {"displayName": "iOS - JIT", "assignments": {"include": [{"group": "Group A"}]}}
LAWS = settings(deadline=None, max_examples=25, database=None)

MEMBERS = {A: frozenset("abc"), B: frozenset("cd"), C: frozenset(), GONE: frozenset[str]()}
CENSUS = Census.of(MEMBERS, 100)
"""a, b and c are in A, c and d in B, nobody in C; and 96 others."""
UNREAD = Census.of({A: frozenset("abc"), C: frozenset()}, 100, unread={B: "group 'Group B' could not be read: 403"})
UNCOUNTED = Census.of(MEMBERS, None, uncounted="the number of users could not be read: 403")
WITH_DEVICES = Census.of(MEMBERS, 100, devices={B: "group 'Group B' holds devices"})


def to(*targets: str, **more: Any) -> list[dict[str, Any]]:
    """Live assignments: a group's id, `-` before it for an exclusion, `*` for all users, `#` for all devices."""
    found = []
    for index, text in enumerate(targets):
        special = {"*": "allLicensedUsersAssignmentTarget", "#": "allDevicesAssignmentTarget"}
        kind = special.get(text, "exclusionGroupAssignmentTarget" if text[0] == "-" else "groupAssignmentTarget")
        group = {} if text in special else {"groupId": text.lstrip("-")}
        found.append({"id": f"{index}", "target": {"@odata.type": f"{GRAPH}{kind}", **group}, **more})
    return found


def policy(*targets: str, marked: bool = True, source: str = "direct") -> dict[str, Any]:
    """A live policy that is as the spec above wants it, but for its assignments."""
    line = "[reconciler owner=contoso kind=JitSsoPolicy name=ios]" if marked else ""
    pairs = [
        {"@odata.type": f"{GRAPH}keyStringValuePair", "key": "device_registration", "value": "{{DEVICEREGISTRATION}}"},
        {"@odata.type": f"{GRAPH}keyIntegerValuePair", "key": "browser_sso_interaction_enabled", "value": 1},
    ]
    extension = {"@odata.type": f"{GRAPH}iosAzureAdSingleSignOnExtension", "configurations": pairs}
    return {
        **copy.deepcopy(OBJECTS["policy"]),
        "description": line,
        "displayName": "iOS - JIT",
        "iosSingleSignOnExtension": extension,
        "assignments": to(*targets, source=source, sourceId=None),
    }


def profile(name: str, priority: int, *targets: str, kind: str = "webDeviceEnrollment") -> dict[str, Any]:
    """A live profile of ours."""
    return {
        **copy.deepcopy(OBJECTS["profile"]),
        "id": f"bbbbbbbb-0000-4000-8000-00000000000{priority}",
        "displayName": name.upper(),
        "description": f"[reconciler owner=contoso kind=EnrollmentProfile name={name}]",
        "priority": priority,
        "defaultEnrollmentType": kind,
        "availableEnrollmentTypeOptions": [{"ownerType": "personal", "enrollmentType": kind}],
        "assignments": to(*targets),
    }


def wanted(name: str, *include: Any, **more: Any) -> dict[str, Any]:
    """The spec of a profile as above."""
    spec = {"displayName": name.upper(), "enrollmentType": "webBasedDeviceEnrollment"}
    return document("EnrollmentProfile", name, {**spec, "assignments": {"include": [*include]}, **more})


def order(*names: str) -> dict[str, Any]:
    return document("EnrollmentPriority", "ios", {"order": [*names]})


def jit(include: Sequence[Any] = (), exclude: Sequence[Any] = (), **more: Any) -> list[dict[str, Any]]:
    sides = {"include": [*include], "exclude": [*exclude]}
    return [document("JitSsoPolicy", "ios", {"displayName": "iOS - JIT", "assignments": sides, **more})]


def app(*targets: Any, **more: Any) -> list[dict[str, Any]]:
    spec = {"app": {"source": "store"}, "assignments": {"include": [*targets]}, **more}
    return [document("AuthenticatorAssignment", "store", spec)]


def authenticator(*assignments: dict[str, Any]) -> dict[str, Any]:
    """The live app, with our marker for the pairs (A, required) and (B, required)."""
    return {**copy.deepcopy(OBJECTS["store-app"]), "assignments": [*assignments]}


def filters(rule: str, *objects: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """The spec of a filter with this rule, and the live filter with the objects that may be assigned with it."""
    spec = document("AssignmentFilter", "personal", {"displayName": "Personal devices", "rule": rule})
    return [spec], {"assignmentFilters": [copy.deepcopy(OBJECTS["filter"])], **features(*objects)}


def through_filter(raw: dict[str, Any]) -> dict[str, Any]:
    """An object whose included targets take the live filter."""
    chosen = {
        "deviceAndAppManagementAssignmentFilterId": OBJECTS["filter"]["id"],
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    included = [each for each in raw["assignments"] if "exclusion" not in each["target"]["@odata.type"]]
    for each in included:
        each["target"] |= chosen
    return raw


GROUP_A, GROUP_B, GROUP_C = ({"group": f"Group {letter}"} for letter in "ABC")
FILTERED = {"group": "Group A", "filter": {"include": "Personal"}}
REMOVABLE = {
    "@odata.type": f"{GRAPH}iosStoreAppAssignmentSettings",
    "vpnConfigurationId": None,
    "uninstallOnDeviceRemoval": False,
    "isRemovable": True,
    "preventManagedAppBackup": False,
}


@dataclass(frozen=True)
class Case:
    name: str
    specs: list[dict[str, Any]]
    live: dict[str, list[dict[str, Any]]]
    count: int | None
    census: Census = CENSUS
    unread: tuple[str, ...] = ()
    prune: bool = False
    by_address: dict[str, int | None] = field(default_factory=dict)


def features(*objects: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"deviceFeatures": [*objects]}


def profiles(*objects: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"enrollmentProfiles": [*objects]}


def store(*assignments: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"storeApps": [authenticator(*assignments)]}


B_UNREAD = ("group 'Group B' could not be read: 403",)
ALL_DEVICES = ("whom an assignment to all devices reaches cannot be read",)
HOLDS = ("group 'Group B' holds devices",)
JIT, BYOD, PILOT, IOS = (
    "JitSsoPolicy/ios",
    "EnrollmentProfile/byod",
    "EnrollmentProfile/pilot",
    "EnrollmentPriority/ios",
)
CASES = [
    # -- assignments
    Case("nothing changes", jit([GROUP_A]), features(policy(A)), 0),
    Case("a group is added", jit([GROUP_A, GROUP_B]), features(policy(A)), 1, by_address={JIT: 1}),
    Case("a group goes", jit([GROUP_A]), features(policy(A, B)), 1),
    Case("a group for another", jit([GROUP_B]), features(policy(A)), 3),
    Case("all users for a group", jit(["allUsers"]), features(policy(A)), 97),
    Case("a group for all users", jit([GROUP_A]), features(policy("*")), 97),
    Case("a group of those who are reached", jit(["allUsers", GROUP_B]), features(policy("*")), 0),
    Case("an exclusion comes", jit(["allUsers"], [GROUP_B]), features(policy("*")), 2),
    Case("an exclusion goes", jit(["allUsers"]), features(policy("*", f"-{B}")), 2),
    Case("an exclusion of others", jit([GROUP_A], [GROUP_B]), features(policy(A)), 1),
    Case("an empty group", jit([GROUP_A, GROUP_C]), features(policy(A)), 0),
    Case("a deleted group", jit([GROUP_A]), features(policy(A, GONE)), 0),
    Case("a filter comes", jit([FILTERED]), features(policy(A)), 3),
    Case("in by a filter, and now for sure", jit([FILTERED, GROUP_B]), features(policy(A)), 3),
    Case("a policy set reaches them", jit([GROUP_A]), features(policy("*", source="policySets")), 0),
    Case("a policy set still reaches them", jit([]),
         features({**policy(), "assignments": [*to(A, source="direct"), *to(A, source="policySets")]}), 0),
    # -- settings
    Case("the name is told, not set", jit([GROUP_A], displayName="New"), features(policy(A)), 0),
    Case("so is the description", jit([GROUP_A], description="New"), features(policy(A)), 0),
    Case("a setting", jit([GROUP_A], safariSso=False), features(policy(A)), 3),
    Case("a setting, and a group goes", jit([GROUP_A], safariSso=False), features(policy(A, B)), 4),
    Case("a setting, of a policy set's people too", jit([GROUP_A], safariSso=False),
         features(policy(A, B, source="policySets")), 4),
    Case("a setting, for nobody", jit([], safariSso=False), features(policy()), 0),
    Case("made new", jit([GROUP_A], [GROUP_B]), {}, 2),
    Case("made new for everybody", jit(["allUsers"]), {}, 100),
    Case("taken over", jit([GROUP_A]), features(policy(A, marked=False)), 0),
    Case("replaced", [document("WebClip", "portal", {
        "displayName": "Portal", "url": "https://new.example", "assignments": {"include": [GROUP_A]}})],
         {"webClips": [{**copy.deepcopy(OBJECTS["web-clip"]),
                        "notes": "[reconciler owner=contoso kind=WebClip name=portal]",
                        "assignments": to(B, intent="required", source="direct")}]},
         4, by_address={"WebClip/portal": 4, "WebClip/portal-replaced": 2}),
    Case("pruned", [wanted("byod", GROUP_A)], features(policy(A, B)) | profiles(profile("byod", 1, A)), 4, prune=True),
    Case("a filter's rule, for who is let in by it",
         *filters("(device.model -eq \"iPhone\")", through_filter(policy(A, f"-{B}"))), 2,
         by_address={"AssignmentFilter/personal": 2}),
    Case("a filter's rule, for nobody", *filters("(device.model -eq \"iPhone\")", policy(A)), 0),
    Case("a filter as it is", *filters(OBJECTS["filter"]["rule"], through_filter(policy(A))), 0),
    # -- apps
    Case("required, then available", app({**GROUP_A, "intent": "available"}, unlisted="remove"),
         store(*to(A, intent="required", settings=REMOVABLE, source="direct")), 3),
    Case("settings of one target", app(GROUP_A, GROUP_B, isRemovable=False),
         store(*to(A, intent="required", settings={**REMOVABLE, "isRemovable": False}, source="direct"),
               *to(B, intent="required", settings=REMOVABLE, source="direct")), 2),
    Case("settings of who is not left out", [document("AuthenticatorAssignment", "store", {
        "app": {"source": "store"}, "isRemovable": False,
        "assignments": {"include": [GROUP_A], "exclude": [GROUP_B]}})],
         store(*to(A, f"-{B}", intent="required", settings=REMOVABLE, source="direct")), 2),
    Case("others keep theirs", app(GROUP_A),
         store(*to(A, intent="required", settings=REMOVABLE, source="direct"),
               *to("*", intent="available", settings=REMOVABLE, source="direct")), 0),
    Case("others require it of everybody", app(GROUP_A),
         store(*to("*", intent="required", settings=REMOVABLE, source="direct")), 0),
    Case("one intent beside another", app(GROUP_A),
         store(*to("*", intent="available", settings=REMOVABLE, source="direct")), 3),
    # -- order
    Case("the order is so", [wanted("byod", "allUsers"), wanted("pilot", GROUP_A), order("byod", "pilot")],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, A)), 0),
    Case("the order is turned", [wanted("byod", "allUsers"), wanted("pilot", GROUP_A), order("pilot", "byod")],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, A)), 3, by_address={IOS: 3}),
    Case("turned, for those in both", [wanted("byod", GROUP_B), wanted("pilot", GROUP_A), order("pilot", "byod")],
         profiles(profile("byod", 1, B), profile("pilot", 2, A)), 1),
    Case("turned beneath a winner", [wanted("pilot", GROUP_A), wanted("byod", "allUsers"), order("pilot", "byod")],
         profiles(profile("x", 1, "*"), profile("byod", 2, "*"), profile("pilot", 3, A)), 0),
    Case("a profile for nobody yet", [wanted("byod", "allUsers"), wanted("pilot"), order("pilot", "byod")],
         profiles(profile("byod", 1, "*")), 0),
    Case("a new winner", [wanted("byod", "allUsers"), wanted("pilot", GROUP_A), order("pilot", "byod")],
         profiles(profile("byod", 1, "*")), 3, by_address={PILOT: 3, IOS: 3}),
    Case("another type", [wanted("byod", "allUsers"), wanted("pilot", GROUP_A)],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, A, kind="device")), 3),
    # -- what cannot be read
    Case("a group that changes", jit([GROUP_A, GROUP_B]), features(policy(A)), None, UNREAD, B_UNREAD,
         by_address={JIT: None}),
    Case("a group that goes", jit([GROUP_A]), features(policy(A, B)), None, UNREAD, B_UNREAD),
    Case("a group that stays", jit([GROUP_A, GROUP_B]), features(policy(B)), None, UNREAD, B_UNREAD),
    Case("an empty group beside it", jit([GROUP_B, GROUP_C]), features(policy(B)), 0, UNREAD),
    Case("an exclusion that stays", jit(["allUsers"], [GROUP_B, GROUP_C]), features(policy("*", f"-{B}")), 0, UNREAD),
    Case("an exclusion that comes", jit(["allUsers"], [GROUP_B]), features(policy("*")), None, UNREAD, B_UNREAD),
    Case("everybody anyway", jit(["allUsers", GROUP_B], safariSso=False), features(policy("*")), 100, UNREAD),
    Case("how many everybody is", jit(["allUsers"]), features(policy(A)), None, UNCOUNTED,
         ("the number of users could not be read: 403",)),
    Case("how many does not matter", jit([GROUP_A, GROUP_B]), features(policy(A)), 1, UNCOUNTED),
    Case("all devices", jit(["allDevices"]), features(policy(A)), None, CENSUS, ALL_DEVICES),
    Case("all devices stay", jit(["allDevices"], [GROUP_C]), features(policy("#")), 0),
    Case("all devices may have them already", jit(["allDevices", GROUP_B]), features(policy("#")), None, CENSUS,
         ALL_DEVICES),
    Case("all devices, set otherwise", jit(["allDevices"], safariSso=False), features(policy("#")), None, CENSUS,
         ALL_DEVICES),
    Case("a group with devices", jit([GROUP_A, GROUP_B]), features(policy(A)), None, WITH_DEVICES, HOLDS),
    Case("its devices do not enroll", [wanted("byod", GROUP_A, GROUP_B)], profiles(profile("byod", 1, A)), 1,
         WITH_DEVICES),
    Case("an order over it", [wanted("byod", "allUsers"), wanted("pilot", GROUP_B), order("pilot", "byod")],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, B)), None, UNREAD, B_UNREAD),
    Case("an order beside it", [wanted("byod", "allUsers"), wanted("pilot", GROUP_A), order("pilot", "byod")],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, A), profile("x", 3, B)), 3, UNREAD),
    Case("an order over devices", [wanted("byod", "allUsers"), wanted("pilot", GROUP_B), order("pilot", "byod")],
         profiles(profile("byod", 1, "*"), profile("pilot", 2, B)), 2, WITH_DEVICES),
]  # fmt: skip


def planned(specs: list[dict[str, Any]], live: dict[str, Any], *, prune: bool = False) -> Planned:
    found = specs_of(specs)
    assert found.valid, [d.message for d in found.diagnostics]
    return plan_of(found, world_of(found, live, {**NAMES, "gone": [GONE]}, consent={"prune": prune}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whom_a_plan_affects(case: Case) -> None:
    found = affected(planned(case.specs, case.live, prune=case.prune), case.census)
    assert (found.count, found.unread) == (case.count, case.unread)
    if case.by_address:
        assert {str(address): count for address, count in found.by_address.items()} == case.by_address


def test_the_targets_that_count_are_asked_for_and_no_others() -> None:
    quiet = jit([GROUP_A], displayName="New")
    assert concerned(planned(quiet, features(policy(A)))) == []
    loud = [*jit([GROUP_B]), wanted("byod", GROUP_C)]
    found = concerned(planned(loud, features(policy(A)) | profiles(profile("byod", 1, C), profile("x", 2, "*"))))
    assert [target.group for target in found] == [A, B]


def test_an_order_asks_for_all_that_it_ranks() -> None:
    turned = [wanted("byod", GROUP_A), wanted("pilot", GROUP_B), order("pilot", "byod")]
    live = profiles(profile("byod", 1, A), profile("pilot", 2, B), profile("x", 3, C))
    assert [target.group for target in concerned(planned(turned, live))] == [A, B, C]


# Laws


def plain(value: Any) -> Any:
    """Specs and tenants without filters, devices and settings of app assignments: what is then counted is exact."""
    if isinstance(value, list):
        return [plain(each) for each in value if not _of_devices(each)]
    if not isinstance(value, dict):
        return value
    dropped = {"filter", "settings", "isRemovable", "uninstallOnDeviceRemoval", "preventManagedAppBackup"}
    return {k: plain(v) for k, v in value.items() if k not in dropped and not k.startswith("deviceAndAppManagement")}


def _of_devices(value: Any) -> bool:
    target = value.get("target", value) if isinstance(value, dict) else {}
    kind = str(target.get("@odata.type", "")) if isinstance(target, dict) else ""
    group = target.get("groupId") if isinstance(target, dict) else None
    entry = isinstance(value, dict) and value.get("all") == "devices"
    return value == "allDevices" or entry or "allDevices" in kind or group == "adadadad-808e-44e2-905a-0b7873a8a531"


hidden_groups = st.frozensets(st.sampled_from(sorted(GROUPS.values())))


@LAWS
@given(documents, tenants, people)
def test_it_is_the_number_that_one_finds_asking_everybody(
    specs: list[dict[str, Any]], tenant: dict[str, Any], everyone: list[Person]
) -> None:
    specs, tenant = plain(specs), plain(tenant)
    plan = planned(specs, tenant)
    assert affected(plan, census_of(everyone)).count == really_affected(plan, tenant, everyone)


@LAWS
@given(documents, tenants, people, hidden_groups, st.booleans())
def test_what_cannot_be_read_never_makes_it_another_number(
    specs: list[dict[str, Any]], tenant: dict[str, Any], everyone: list[Person], hidden: frozenset[str], counted: bool
) -> None:
    specs, tenant = plain(specs), plain(tenant)
    plan = planned(specs, tenant)
    found = affected(plan, census_of(everyone, hidden, counted=counted))
    assert found.count in (None, really_affected(plan, tenant, everyone))
    assert (found.count is None) == bool(found.unread)


@LAWS
@given(documents, tenants, people)
def test_with_filters_it_is_the_most_there_can_be(
    specs: list[dict[str, Any]], tenant: dict[str, Any], everyone: list[Person]
) -> None:
    plan = planned(specs, tenant)
    found = affected(plan, census_of(everyone))
    assert found.count is None or found.count >= really_affected(plan, tenant, everyone)


@LAWS
@given(documents, tenants, people)
def test_all_is_no_more_than_its_parts(
    specs: list[dict[str, Any]], tenant: dict[str, Any], everyone: list[Person]
) -> None:
    found: Affected = affected(planned(plain(specs), plain(tenant)), census_of(everyone))
    parts = [count for count in found.by_address.values() if count is not None]
    assert len(parts) == len(found.by_address)
    assert max(parts, default=0) <= (found.count or 0) <= sum(parts)
