"""A saved plan is stale when, and only when, what it rests on changed; and the message names what did.

One small tenant, one plan for it, and one edit each: told, or not worth a word.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.basis import properties, rests_on, short
from reconciler.canonical import digest
from reconciler.decide import Planned
from reconciler.kind import World
from reconciler.kinds import REGISTRY
from reconciler.live import Collection, Group, Names, live_object
from reconciler.model import Address, JsonObject
from reconciler.planfile import addresses, check, from_bytes, to_bytes
from reconciler.spec.load import SpecSet
from reconciler.stale import Stale, compare

from ..kinds.world import NOW, OWNER, TENANT, document, plan_of, specs_of, world_of

POLICY = "1aa00000-1111-4222-8333-000000000001"
PILOTS = "1bb00000-1111-4222-8333-000000000002"
FOREIGN = "1cc00000-1111-4222-8333-000000000003"
BYOD = "2aa00000-1111-4222-8333-000000000001"
KIOSK = "2bb00000-1111-4222-8333-000000000002"
STAFF = "0cc00000-1111-4222-8333-000000000003"
OTHERS = "0dd00000-1111-4222-8333-000000000004"
PHONES = "4aa00000-1111-4222-8333-000000000001"

SPECS = [
    document(  # as specified: a prerequisite of the profile
        "JitSsoPolicy",
        "all",
        {
            "displayName": "SSO - all",
            "appBundleIds": ["com.example.crm"],
            "assignments": {"include": ["allUsers"]},
        },
    ),
    document(  # it gains a bundle id
        "JitSsoPolicy",
        "pilots",
        {
            "displayName": "SSO - pilots",
            "appBundleIds": ["com.example.crm", "com.example.mail"],
            "scopeTags": ["Default"],
            "assignments": {"include": [{"group": "Staff", "filter": {"include": "Phones"}}]},
        },
    ),
    document(  # another description
        "EnrollmentProfile",
        "byod",
        {"displayName": "BYOD", "description": "Own devices", "enrollmentType": "webBasedDeviceEnrollment"},
    ),
    document("EnrollmentPriority", "ios", {"order": ["byod"], "unlisted": "last"}),  # as specified
]
PENDING = {"EnrollmentProfile/byod", "JitSsoPolicy/pilots"}


def to(group: str | None = None, **more: Any) -> dict[str, Any]:
    kind = "groupAssignmentTarget" if group else "allLicensedUsersAssignmentTarget"
    return {
        "id": "x",
        "target": {"@odata.type": f"#microsoft.graph.{kind}", **({"groupId": group} if group else {}), **more},
    }


def policy(object_id: str, name: str, marker: str, *assignments: Any) -> dict[str, Any]:
    pairs = [
        ("device_registration", "String", "{{DEVICEREGISTRATION}}"),
        ("browser_sso_interaction_enabled", "Integer", 1),
    ]
    return {
        "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
        "id": object_id,
        "displayName": name,
        "description": f"[reconciler owner={OWNER} kind=JitSsoPolicy name={marker}]" if marker else "",
        "roleScopeTagIds": ["0"],
        "version": 3,
        "lockScreenFootnote": None,
        "iosSingleSignOnExtension": {
            "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
            "bundleIdAccessControlList": ["com.example.crm"],
            "enableSharedDeviceMode": False,
            "configurations": [
                {"@odata.type": f"#microsoft.graph.key{kind}ValuePair", "key": key, "value": value}
                for key, kind, value in pairs
            ],
        },
        "assignments": [*assignments],
    }


def profile(object_id: str, name: str, priority: int, text: str, *assignments: Any) -> dict[str, Any]:
    kind = "webDeviceEnrollment"
    return {
        "id": object_id,
        "displayName": name,
        "description": text,
        "platform": "iOS",
        "priority": priority,
        "defaultEnrollmentType": kind,
        "availableEnrollmentTypeOptions": [{"ownerType": "personal", "enrollmentType": kind}],
        "assignments": [*assignments],
    }


FILTERED = {"deviceAndAppManagementAssignmentFilterId": PHONES, "deviceAndAppManagementAssignmentFilterType": "include"}
LIVE: dict[str, list[dict[str, Any]]] = {
    "deviceFeatures": [
        policy(POLICY, "SSO - all", "all", to()),
        policy(PILOTS, "SSO - pilots", "pilots", to(STAFF, **FILTERED)),
        policy(FOREIGN, "Others", "", to(OTHERS)),
    ],
    "enrollmentProfiles": [
        profile(BYOD, "BYOD", 1, f"[reconciler owner={OWNER} kind=EnrollmentProfile name=byod]", to()),
        profile(KIOSK, "Kiosk", 2, "Made in the portal", to(STAFF)),
    ],
}
NAMES = Names(
    groups={"Staff": (Group(STAFF, "Staff", "(user.department -eq 1)"),)},
    groups_by_id={STAFF: Group(STAFF, "Staff", "(user.department -eq 1)"), OTHERS: Group(OTHERS, "Others")},
    filters={"Phones": (PHONES,)},
    filters_by_id={PHONES: "Phones"},
    filter_rules={PHONES: "(device.model -contains phone)"},
    scope_tags={"Default": ("0",)},
    scope_tags_by_id={"0": "Default"},
)


@dataclass
class Tenant:
    """What an edit may change."""

    live: dict[str, list[dict[str, Any]]]
    names: Names

    def of(self, object_id: str) -> dict[str, Any]:
        return next(each for objects in self.live.values() for each in objects if each["id"] == object_id)

    def planned(self, selected: frozenset[Address] | None = None, specs: SpecSet | None = None) -> Planned:
        declared = specs or specs_of(SPECS)
        world: World = replace(world_of(declared, self.live, {}), names=self.names)
        return plan_of(declared, world, selected)


def tenant() -> Tenant:
    return Tenant(copy.deepcopy(LIVE), NAMES)


PLAN = tenant().planned()
SAVED = PLAN.plan.to_json()
APPROVED = addresses(SAVED)


def found(edit: Callable[[Tenant], object]) -> list[Stale]:
    """What is said of the saved plan after an edit."""
    held = tenant()
    edit(held)
    return compare(SAVED, held.planned(APPROVED))


def members(object_id: str, **changed: Any) -> Callable[[Tenant], object]:
    return lambda held: held.of(object_id).update(changed)


def extension(**changed: Any) -> Callable[[Tenant], object]:
    return lambda held: held.of(PILOTS)["iosSingleSignOnExtension"].update(changed)


def named(**changed: Any) -> Callable[[Tenant], object]:
    return lambda held: setattr(held, "names", replace(held.names, **changed))


def group(**changed: Any) -> Callable[[Tenant], object]:
    new = replace(NAMES.groups_by_id[STAFF], **changed)
    by_name = {new.name: (new,)} if new.name else {}
    return named(groups=by_name, groups_by_id={**NAMES.groups_by_id, STAFF: new})


def without(object_id: str) -> Callable[[Tenant], object]:
    def edit(held: Tenant) -> None:
        held.live = {key: [each for each in objects if each["id"] != object_id] for key, objects in held.live.items()}

    return edit


def another(key: str, value: dict[str, Any]) -> Callable[[Tenant], object]:
    return lambda held: held.live[key].append(value)


def test_the_plan_is_what_these_cases_need() -> None:
    assert {str(address) for address in APPROVED} == PENDING
    assert not PLAN.plan.blocked


def test_what_a_plan_rests_on() -> None:
    """The shape of it: every sort of thing, by whom it is needed, and nothing of the others' policy."""
    entries: Any = rests_on(PLAN)
    shown = {(e["what"], e["name"]): e for e in entries}
    assert {key: (e["for"], sorted(e["properties"])) for key, e in shown.items()} == {
        ("object", "BYOD"): (
            ["EnrollmentProfile/byod"],
            ["assignments", "availableEnrollmentTypeOptions", "defaultEnrollmentType", "description", "displayName",
             "platform", "priority"],
        ),
        ("object", "SSO - pilots"): (
            ["JitSsoPolicy/pilots"],
            ["assignments", "description", "displayName", "iosSingleSignOnExtension", "roleScopeTagIds"],
        ),
        ("prerequisite", "SSO - all"): (
            ["EnrollmentProfile/byod"],
            ["appBundleIds", "assignments", "displayName", "jitRegistration", "safariSso"],
        ),
        ("ladder", "Kiosk"): (["EnrollmentProfile/byod"], ["assignments", "priority"]),
        ("group", "Staff"): (["JitSsoPolicy/pilots"], ["displayName", "rule"]),
        ("filter", "Phones"): (["JitSsoPolicy/pilots"], ["displayName", "rule"]),
        ("scopeTag", "Default"): (["JitSsoPolicy/pilots"], ["displayName"]),
    }  # fmt: skip
    assert shown["prerequisite", "SSO - all"]["address"] == "JitSsoPolicy/all"
    assert "Made in the portal" not in json.dumps([*shown.values()])


# Edits that say nothing

SSO = LIVE["deviceFeatures"][1]["iosSingleSignOnExtension"]
QUIET: dict[str, Callable[[Tenant], object]] = {
    "nothing": lambda _: None,
    "what the service counts": members(PILOTS, version=9, lastModifiedDateTime="2026-03-02T00:00:00Z"),
    "a null is left out": lambda held: held.of(PILOTS).pop("lockScreenFootnote"),
    "a null more": members(PILOTS, assetTagTemplate=None, homeScreenPages=[], wallpaperImage=""),
    "a type of the root": members(BYOD, **{"@odata.type": "#microsoft.graph.appleUserInitiatedEnrollmentProfile"}),
    "the case of an id": members(PILOTS, assignments=[to(STAFF.upper(), **FILTERED)]),
    "the id of an assignment": members(BYOD, assignments=[{**to(), "id": "other"}]),
    "who made an assignment, in other words": members(BYOD, assignments=[{**to(), "source": "direct"}]),
    "no filter, in other words": members(
        BYOD,
        assignments=[
            to(
                deviceAndAppManagementAssignmentFilterId="00000000-0000-0000-0000-000000000000",
                deviceAndAppManagementAssignmentFilterType="none",
            )
        ],
    ),
    "the group of all users": members(BYOD, assignments=[to("acacacac-9df4-4c7d-9d50-4ef0226f57a9")]),
    "the order of pairs": extension(configurations=SSO["configurations"][::-1]),
    "a type without #": extension(**{"@odata.type": SSO["@odata.type"].lstrip("#")}),
    "an annotation": members(PILOTS, **{"roleScopeTagIds@odata.type": "#Collection(String)"}),
    "an object that nobody manages": members(FOREIGN, description="Edited", displayName="Others too"),
    "its group": named(groups_by_id={**NAMES.groups_by_id, OTHERS: Group(OTHERS, "Renamed", "(rule)")}),
    "a new object that nobody manages": another("deviceFeatures", policy("1dd", "New", "")),
    "it goes": without(FOREIGN),
    "the description of a neighbour": members(KIOSK, description="For the kiosks"),
    "the name of a neighbour": members(KIOSK, displayName="Kiosks"),
    "what a prerequisite does not manage": members(POLICY, lockScreenFootnote="Property of Contoso"),
    "the description of a prerequisite": members(
        POLICY, description=f"By hand\n[reconciler owner={OWNER} kind=JitSsoPolicy name=all]"
    ),
}


@pytest.mark.parametrize("edit", QUIET.values(), ids=QUIET)
def test_says_nothing(edit: Callable[[Tenant], object]) -> None:
    assert found(edit) == []


# Edits that are told

TOLD: dict[str, tuple[Callable[[Tenant], object], str, str]] = {
    # -- the objects themselves
    "a managed field": (
        members(BYOD, displayName="By hand"),
        "PLANFILE107",
        f"EnrollmentProfile/byod: the live object 'BYOD' ({BYOD}) changed since the plan was made: /displayName",
    ),
    "several fields": (
        lambda held: held.of(BYOD).update(description="x", priority=4, assignments=[]),
        "PLANFILE107",
        "/assignments, /description, /priority",
    ),
    "a field that nobody manages": (members(PILOTS, lockScreenFootnote="Mine"), "PLANFILE107", ": /lockScreenFootnote"),
    "inside what is replaced whole": (extension(enableSharedDeviceMode=True), "PLANFILE107", "SignOnExtension"),
    "the value of a pair": (
        extension(configurations=[SSO["configurations"][0], {**SSO["configurations"][1], "value": 0}]),
        "PLANFILE107",
        "/iosSingleSignOnExtension",
    ),
    "a target more": (members(PILOTS, assignments=[to(STAFF, **FILTERED), to()]), "PLANFILE107", "/assignments"),
    "another filter": (members(PILOTS, assignments=[to(STAFF)]), "PLANFILE107", "/assignments"),
    "the other side": (
        members(PILOTS, assignments=[{"target": {"@odata.type": "exclusionGroupAssignmentTarget", "groupId": STAFF}}]),
        "PLANFILE107",
        "/assignments",
    ),
    "the marker": (members(PILOTS, description=""), "PLANFILE107", "/description"),
    "deleted": (without(BYOD), "PLANFILE107", f"the live object 'BYOD' ({BYOD}) was deleted since"),
    # -- what they rely on
    "a prerequisite": (
        lambda held: held.of(POLICY)["iosSingleSignOnExtension"].update(bundleIdAccessControlList=[]),
        "PLANFILE109",
        "EnrollmentProfile/byod relies on JitSsoPolicy/all: the live object 'SSO - all' (1aa00000-1111-4222-8333-"
        "000000000001) changed since the plan was made: /appBundleIds",
    ),
    "whom it reaches": (members(POLICY, assignments=[to(STAFF)]), "PLANFILE109", "JitSsoPolicy/all: the live object"),
    "it goes": (without(POLICY), "PLANFILE109", "was deleted since the plan was made"),
    # -- the ladder
    "where a neighbour stands": (
        members(KIOSK, priority=7),
        "PLANFILE109",
        "EnrollmentProfile/byod: 'Kiosk' (2bb00000-1111-4222-8333-000000000002), in the same ladder, changed since the "
        "plan was made: /priority",
    ),
    "whom it catches": (members(KIOSK, assignments=[to()]), "PLANFILE109", "in the same ladder, changed since"),
    "a new neighbour": (
        another("enrollmentProfiles", profile("2cc", "New", 3, "")),
        "PLANFILE109",
        "EnrollmentProfile/byod: 'New' (2cc), in the same ladder, appeared since the plan was made",
    ),
    "a neighbour goes": (without(KIOSK), "PLANFILE109", "'Kiosk' (2bb00000-1111-4222-8333-000000000002), in the same "
                         "ladder, was deleted since the plan was made"),
    # -- names
    "a membership rule": (
        group(rule="(user.department -eq 2)"),
        "PLANFILE109",
        "JitSsoPolicy/pilots: the membership rule of the group 'Staff' (0cc00000-1111-4222-8333-000000000003) changed",
    ),
    "a renamed group": (
        group(name="Crew"),
        "PLANFILE109",
        "the group 'Staff' (0cc00000-1111-4222-8333-000000000003) was renamed since the plan was made, to 'Crew'",
    ),
    "a deleted group": (group(name=None), "PLANFILE109", "was deleted since the plan was made"),
    "a filter rule": (
        named(filter_rules={PHONES: "(device.model -contains tablet)"}),
        "PLANFILE109",
        "the rule of the assignment filter 'Phones' (4aa00000-1111-4222-8333-000000000001) changed",
    ),
    "a scope tag": (
        named(scope_tags={"Default": ("7",)}, scope_tags_by_id={"7": "Default", "0": "Old"}),
        "PLANFILE109",
        "the scope tag 'Default' (0) was renamed or deleted since the plan was made",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "rule", "says"), TOLD.values(), ids=TOLD)
def test_is_told(edit: Callable[[Tenant], object], rule: str, says: str) -> None:
    told = found(edit)
    assert any(stale.rule == rule and says in stale.message for stale in told), told
    assert {address for stale in told for address in stale.addresses} <= PENDING
    assert told == sorted(told, key=lambda stale: (stale.rule, stale.message))


COUNTS = {PILOTS: None, BYOD: None, KIOSK: {"priority", "assignments"}, FOREIGN: set[str]()}
"""Of each object: the properties that count; None for all."""
KEPT = ("id", "@odata.type", "version")
"""An object keeps these, or the service changes them."""


@pytest.mark.parametrize(
    ("object_id", "name"),
    [
        (raw["id"], n)
        for objects in LIVE.values()
        for raw in objects
        if raw["id"] in COUNTS
        for n in raw
        if n not in KEPT
    ],
)
def test_every_property_of_every_object_in_turn(object_id: str, name: str) -> None:
    counts = COUNTS[object_id]
    told = found(lambda held: held.of(object_id).update({name: _edited(held.of(object_id)[name])}))
    assert bool(told) is (counts is None or name in counts)
    assert {stale.object_id for stale in told} <= {object_id}
    assert all(f"/{name}" in stale.message for stale in told)


def _edited(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "other": 1}
    if isinstance(value, int):
        return value + 5
    return [] if isinstance(value, list) else f"{value or ''} edited"


def test_one_edit_is_one_finding() -> None:
    """An edit of targets brings other groups and another change with it: it is told once."""
    [stale] = found(members(PILOTS, assignments=[to(OTHERS)]))
    assert (stale.object_id, stale.addresses) == (PILOTS, ("JitSsoPolicy/pilots",))
    assert stale.diagnostic().detail == "plan again"
    assert str(stale.diagnostic("changed by alex").address) == "JitSsoPolicy/pilots"


def test_the_name_of_a_neighbour_counts_where_the_plan_shows_the_order() -> None:
    order = document("EnrollmentPriority", "ios", {"order": ["byod"], "unlisted": "first"})
    specs = specs_of([*SPECS[:-1], order])
    saved = tenant().planned(specs=specs).plan.to_json()
    for edit, told in ((members(KIOSK, displayName="Kiosks"), ["displayName"]), (members(KIOSK, description="x"), [])):
        held = tenant()
        edit(held)
        messages = [stale.message for stale in compare(saved, held.planned(addresses(saved), specs))]
        assert [message.rpartition("/")[2] for message in messages] == told


def test_what_would_be_created_appeared_meanwhile() -> None:
    held = tenant()
    held.live["deviceFeatures"] = [each for each in held.live["deviceFeatures"] if each["id"] != PILOTS]
    saved = held.planned().plan.to_json()
    [stale] = compare(saved, tenant().planned(addresses(saved)))
    assert stale.message.startswith("JitSsoPolicy/pilots: the live object 'SSO - pilots'")
    assert stale.message.endswith("is what it stands for now")


def test_a_change_that_nobody_approved_is_refused() -> None:
    """What is planned anew for a plan that was shown: another object needs a change by now."""
    held = tenant()
    held.of(POLICY)["displayName"] = "By hand"
    messages = [stale.message for stale in compare(SAVED, held.planned())]
    assert "JitSsoPolicy/all: a change that the plan does not have is needed now" in messages


# Laws


def test_a_list_and_an_item_give_equal_digests() -> None:
    raw = LIVE["deviceFeatures"][1]
    home = Collection("x", "/beta/x", assignments="expanded")
    listed = live_object(home, {**raw, "assignments@odata.context": "c", "largeIcon": None})
    item = live_object(home, {"@odata.context": "c", **raw, "largeIcon": {"type": "png"}}, raw["assignments"])
    assert properties(listed) == properties(item)


def test_planning_anew_over_a_shuffled_tenant_gives_equal_bytes() -> None:
    held = tenant()
    held.live = {key: objects[::-1] for key, objects in held.live.items()}
    assert held.planned().plan.rests_on == PLAN.plan.rests_on


def test_digests_are_short_and_differ() -> None:
    values: list[Any] = [None, 0, 1, True, False, "", "0", "a", [], ["a"], {"a": 1}, {"a": [1]}]
    assert len({short(value) for value in values}) == len(values)
    assert all(len(short(value)) == 16 for value in values)


# Forgeries: the digest fits, and one value of the file is another one

CHANGES: Any = SAVED["changes"]
HARMLESS = (
    "createdAt", "expiresAt", "summary", "orphaned", "unmanaged", "diagnostics", "tenant.name",
    "restsOn.*.name", "restsOn.*.for", "restsOn.*.address", "changes.*.fingerprint",
)  # fmt: skip
"""Members that apply does nothing by: no request differs, nor whether it is sent."""


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in the document that holds no further ones, and every list."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from places(member, (*path, key))
    elif isinstance(value, list) and value:
        yield path
        for index, entry in enumerate(value):
            yield from places(entry, (*path, index))
    else:
        yield path


def forged(path: tuple[str | int, ...]) -> JsonObject:
    """The saved plan with another value at one place; a list loses its last entry."""
    whole: Any = json.loads(json.dumps(SAVED))
    parent = whole
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = other(parent[path[-1]])
    return {**whole, "digest": digest({key: value for key, value in whole.items() if key != "digest"})}


def other(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1] if value else ["x"]
    return f"{value}x" if isinstance(value, str) else {"x": 1}


def refused(made: JsonObject) -> bool:
    document, problems = from_bytes(to_bytes(made))
    if document is None:
        return bool(problems)
    place: dict[str, Any] = {"tenant_id": TENANT.tenant_id, "graph_url": TENANT.graph_url, "owner": OWNER}
    if check(document, **place, spec_digest=str(SAVED["specDigest"]), now=NOW):
        return True
    return bool(compare(document, tenant().planned(addresses(document))))


def is_harmless(path: tuple[str | int, ...]) -> bool:
    shown = ".".join("*" if isinstance(part, int) else part for part in path)
    if shown == "changes" or (path[0] == "changes" and CHANGES[path[1]]["action"] == "no-op"):  # the last is one too
        return True
    return any(shown == name or shown.startswith(f"{name}.") for name in HARMLESS)


def test_every_forged_value_is_refused_or_harmless() -> None:
    held = [path for path in places(SAVED) if path != ("digest",)]
    assert len(held) > 150
    let_through = [path for path in held if not refused(forged(path))]
    assert [path for path in let_through if not is_harmless(path)] == []


@pytest.mark.parametrize("kind", REGISTRY)
def test_kinds_that_are_ranked_have_a_priority_to_compare(kind: str) -> None:
    """The ladder's entries read `priority`: a kind that is ranked by something else would need another property."""
    assert REGISTRY[kind].ranks <= {"EnrollmentProfile"}
