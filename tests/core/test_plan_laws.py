"""Laws of every plan, over generated specs and tenants."""

from __future__ import annotations

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.assignments import is_direct, read_target
from reconciler.crosscheck import crosscheck
from reconciler.decide import Planned
from reconciler.kinds import REGISTRY
from reconciler.plan import Action
from reconciler.spec.load import load
from reconciler.spec.schema import check_value

from ..kinds.service import NEVER_PATCHED, Service, bodies, forbidden
from ..kinds.world import plan_of, specs_of, text_of, world_of
from .tenants import NAMES, documents, tenants

laws = settings(deadline=None, max_examples=40, database=None)


def planned(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> Planned:
    found = specs_of(specs)
    assert found.valid, [d.message for d in found.diagnostics]
    return plan_of(found, world_of(found, tenant, NAMES))


@laws
@given(documents, tenants)
def test_planning_changes_nothing_of_what_it_is_given(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    found, before = specs_of(specs), copy.deepcopy(tenant)
    desired = copy.deepcopy({address: each.spec for address, each in found.desired.items()})
    first = plan_of(found, world_of(found, tenant, NAMES)).plan.to_json()
    assert tenant == before
    assert {address: each.spec for address, each in found.desired.items()} == desired
    assert plan_of(found, world_of(found, tenant, NAMES)).plan.to_json() == first
    assert check_value("plan", first) == []


@laws
@given(documents, tenants, st.randoms(use_true_random=False))
def test_a_plan_knows_no_order_of_files_or_readings(
    specs: list[dict[str, Any]], tenant: dict[str, Any], chance: random.Random
) -> None:
    files = [(f"{index}.yaml", text_of([each])) for index, each in enumerate(specs)]
    mixed = [*files]
    chance.shuffle(mixed)
    shuffled = {key: chance.sample(objects, len(objects)) for key, objects in reversed(tenant.items())}
    plans = []
    for each, live in ((files, tenant), (mixed, shuffled)):
        found = crosscheck(load(each), REGISTRY)
        plans.append(plan_of(found, world_of(found, live, NAMES)).plan.to_json())
    assert plans[0] == plans[1]


@laws
@given(documents, tenants, st.randoms(use_true_random=False))
def test_a_plan_knows_no_order_of_documents(
    specs: list[dict[str, Any]], tenant: dict[str, Any], chance: random.Random
) -> None:
    mixed = chance.sample(specs, len(specs))
    one, other = (planned(each, tenant).plan.to_json() for each in (specs, mixed))
    for name in ("changes", "summary", "orphaned", "unmanaged", "complete"):
        assert one[name] == other[name]


@laws
@given(documents, tenants)
def test_nothing_is_sent_that_graph_sets_itself(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    for method, body in bodies(planned(specs, tenant).plan):
        assert not forbidden(body)
        assert method != "PATCH" or not NEVER_PATCHED & body.keys()


OF_FIELDS = {
    "displayName": {"/displayName"},
    "description": {"/description", "/marker"},
    "notes": {"/marker"},
    "roleScopeTagIds": {"/scopeTags"},
    "iosSingleSignOnExtension": {"/jitRegistration", "/safariSso", "/appBundleIds", "/additionalConfiguration"},
    "defaultEnrollmentType": {"/enrollmentType", "/userChoice"},
    "availableEnrollmentTypeOptions": {"/enrollmentType", "/userChoice"},
    "publisher": {"/publisher"},
    "useManagedBrowser": {"/useManagedBrowser"},
    "fullScreenEnabled": {"/fullScreen"},
    "targetApplicationBundleIdentifier": {"/targetApplicationBundleId"},
}


@laws
@given(documents, tenants)
def test_a_patch_has_only_what_changed(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    for change, step in planned(specs, tenant).plan.steps():
        if step.operation.method != "PATCH":
            continue
        body = step.operation.body
        assert isinstance(body, dict)
        assert body.keys() > {"@odata.type"}
        changed = {field.path for field in change.fields}
        assert all(OF_FIELDS[name] & changed for name in body if name != "@odata.type")


@laws
@given(documents, tenants)
def test_a_second_plan_is_empty(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    first = planned(specs, tenant)
    service = Service(tenant)
    service.carry_out(first.plan)
    again = planned(specs, service.tenant).plan
    assert [(str(c.address), c.fields) for c in again.pending] == []


@laws
@given(documents, tenants)
def test_invariant_20_objects_of_others_are_left_alone(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    first = planned(specs, tenant)
    service = Service(tenant)
    service.carry_out(first.plan)
    ours = {change.live_id for change in first.plan.changes}
    for key, objects in tenant.items():
        for before, after in zip(objects, service.tenant[key], strict=False):
            if before["id"] not in ours:
                assert _unranked(after) == _unranked(before)


def _unranked(body: dict[str, Any]) -> dict[str, Any]:
    """All but the number, which may move by one where a listed profile moves past it."""
    return {key: value for key, value in body.items() if key != "priority"}


@laws
@given(documents, tenants)
def test_invariant_21_what_a_spec_does_not_mention_stays(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    first = planned(specs, tenant)
    service = Service(tenant)
    service.carry_out(first.plan)
    spec = {each["kind"]: each["spec"] for each in specs}
    for before, after in zip(tenant["deviceFeatures"], service.tenant["deviceFeatures"], strict=False):
        if "JitSsoPolicy" in spec:
            _policy_kept(spec["JitSsoPolicy"], before, after)
    for before, after in zip(tenant["storeApps"], service.tenant["storeApps"], strict=False):
        kind = "AppAssignment" if before["bundleId"] == "com.microsoft.skype.teams" else "AuthenticatorAssignment"
        if kind in spec:
            _app_kept(spec[kind], before, after)
    for before, after in zip(tenant["compliancePolicies"], service.tenant["compliancePolicies"], strict=False):
        if "CompliancePolicyAssignment" in spec:
            _compliance_kept(spec["CompliancePolicyAssignment"], before, after)
    for before, after in zip(tenant["webClips"], service.tenant["webClips"], strict=False):
        if "WebClip" in spec:
            _clip_kept(spec["WebClip"], before, after)


def _clip_kept(spec: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    fields = {
        "description": "description",
        "publisher": "publisher",
        "useManagedBrowser": "useManagedBrowser",
        "fullScreen": "fullScreenEnabled",
        "targetApplicationBundleId": "targetApplicationBundleIdentifier",
        "scopeTags": "roleScopeTagIds",
        "assignments": "assignments",
    }
    assert all(after[name] == before[name] for field, name in fields.items() if field not in spec)
    assert {key: v for key, v in after.items() if key not in {*fields.values(), "notes"}} == {
        key: v for key, v in before.items() if key not in {*fields.values(), "notes"}
    }
    held = {_pair(a): a for a in after["assignments"]}
    assert all(held[_pair(a)] == a for a in before["assignments"] if not is_direct(a))


def _policy_kept(spec: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = before["iosSingleSignOnExtension"] or {}, after["iosSingleSignOnExtension"] or {}
    assert new.get("enableSharedDeviceMode", False) == old.get("enableSharedDeviceMode", False)
    if "appBundleIds" not in spec:
        assert new.get("bundleIdAccessControlList", []) == old.get("bundleIdAccessControlList", [])
    if "additionalConfiguration" not in spec:
        assert _others(new) == _others(old)
    if "scopeTags" not in spec:
        assert after["roleScopeTagIds"] == before["roleScopeTagIds"]
    if "assignments" not in spec:
        assert after["assignments"] == before["assignments"]
    kept = [a for a in before["assignments"] if not is_direct(a)]
    assert [a for a in after["assignments"] if not is_direct(a)] == kept


def _others(extension: dict[str, Any]) -> list[dict[str, Any]]:
    own = ("device_registration", "browser_sso_interaction_enabled")
    return [pair for pair in extension.get("configurations", []) if pair["key"] not in own]


def _app_kept(spec: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """Assignments of policy sets stay; those of others stay as they are, unless the spec takes or removes them."""
    held = {_pair(a): a for a in after["assignments"]}
    for assignment in before["assignments"]:
        if not is_direct(assignment):
            assert held[_pair(assignment)] == assignment
        elif "assignments" not in spec:
            assert held[_pair(assignment)]["settings"] == assignment["settings"]
    for assignment in before["assignments"]:
        now = held.get(_pair(assignment))
        if now and assignment["settings"] and "Ddm" in assignment["settings"]["@odata.type"]:
            assert now["settings"] == assignment["settings"]
        elif now and assignment["settings"]:
            assert now["settings"]["vpnConfigurationId"] == assignment["settings"]["vpnConfigurationId"]
    lines = str(before["notes"]).split("\n")
    assert all(line in str(after["notes"]).split("\n") for line in lines if "fabrikam" in line or line == "Shared app")


def _compliance_kept(spec: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """Everything but the assignments and our line; of those, what policy sets and other owners assign."""
    ours = {"description", "assignments"}
    assert {k: v for k, v in after.items() if k not in ours} == {k: v for k, v in before.items() if k not in ours}
    held = {_pair(a): a for a in after["assignments"]}
    theirs = spec.get("unlisted") != "remove" and "fabrikam" in str(before["description"])
    for assignment in before["assignments"]:
        if not is_direct(assignment) or "assignments" not in spec:
            assert held[_pair(assignment)] == assignment
        elif theirs and read_target(assignment["target"]).key == "include:users:":
            assert _pair(assignment) in held
    lines = str(before["description"]).split("\n")
    kept = [line for line in lines if "fabrikam" in line or line == "Shared policy"]
    assert all(line in str(after["description"]).split("\n") for line in kept)


def _pair(assignment: dict[str, Any]) -> tuple[str, str]:
    return read_target(assignment["target"]).key, str(assignment.get("intent", ""))


@laws
@given(documents, tenants)
def test_nobody_is_uninstalled_by_the_way(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    """An assignment with the intent `uninstall` was live, or the spec says so in as many words."""
    said = any("uninstall'" in str(each["spec"]) for each in specs)
    apps = [*tenant["storeApps"], *tenant["webClips"]]
    live = {_pair(a) for app in apps for a in app["assignments"] if a["intent"] == "uninstall"}
    for _, body in bodies(planned(specs, tenant).plan):
        for assignment in body.get("mobileAppAssignments", []) if isinstance(body, dict) else []:
            assert assignment["intent"] != "uninstall" or said or _pair(assignment) in live


@laws
@given(documents, tenants)
def test_the_fields_say_what_changes(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    """No change without fields and requests, and the other way round; but the rank of new profiles may be right."""
    for change in planned(specs, tenant).plan.changes:
        if change.refused:
            continue
        assert bool(change.fields) == (change.action is not Action.NO_OP)
        assert all(field.before != field.after for field in change.fields if change.action is Action.UPDATE)
        ranks = change.ladder is not None and change.action is Action.UPDATE
        assert bool(change.steps) == (change.action is not Action.NO_OP) or ranks
