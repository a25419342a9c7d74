"""Laws of names that specs provide: whatever filters are made, renamed, replaced and dropped, whoever uses them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.plan import Plan

from ..kinds.service import Service
from ..kinds.test_cases import OBJECTS
from ..kinds.world import document, plan_of, specs_of, world_of

TITLES = ("Own", "Phones", "Tablets")
RULES = ('(device.deviceOwnership -eq "Personal")', '(device.model -startsWith "iPhone")')
FILTER_IDS = {f"f{number}": f"99999999-0000-4000-8000-00000000000{number}" for number in (1, 2)}
POLICY_IDS = {f"p{number}": f"aaaaaaaa-0000-4000-8000-00000000000{number}" for number in (1, 2)}
CONSENT = {"prune": True, "allowReplace": [f"AssignmentFilter/{name}" for name in FILTER_IDS]}
NAMES: dict[str, Any] = {"filters": {}, "groups": {"Staff": "99999999-0000-4000-8000-00000000000a"}}


def marker(kind: str, name: str) -> str:
    return f"[reconciler owner=contoso kind={kind} name={name}]"


@st.composite
def specs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to two filters of different names, and up to two policies that may name them, or others."""
    titles = draw(st.permutations(TITLES))
    found = [
        document("AssignmentFilter", name, {"displayName": title, "rule": draw(st.sampled_from(RULES))})
        for name, title in zip(FILTER_IDS, titles, strict=False)
        if draw(st.booleans())
    ]
    for name in POLICY_IDS:
        chosen = draw(st.none() | st.sampled_from(TITLES))
        target: Any = {"all": "users", "filter": {draw(st.sampled_from(("include", "exclude"))): chosen}}
        spec = {"displayName": name, "assignments": {"include": [target if chosen else "allUsers"]}}
        found += [document("JitSsoPolicy", name, spec)] if draw(st.booleans()) else []
    return found


@st.composite
def tenants(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Live filters, ours and others', and policies that are assigned with some of them."""
    filters = [
        {
            **OBJECTS["filter"],
            "id": object_id,
            "displayName": title,
            "description": draw(st.sampled_from((None, marker("AssignmentFilter", name)))),
            "platform": draw(st.sampled_from(("iOS", "iOS", "macOS"))),
        }
        for (name, object_id), title in zip(FILTER_IDS.items(), draw(st.permutations(TITLES)), strict=False)
        if draw(st.booleans())
    ]
    policies = [
        {
            **copy.deepcopy(OBJECTS["policy"]),
            "id": object_id,
            "displayName": name,
            "description": draw(st.sampled_from((None, marker("JitSsoPolicy", name)))),
            "assignments": [assigned(draw(st.sampled_from([None, *(f["id"] for f in filters)])))],
        }
        for name, object_id in POLICY_IDS.items()
        if draw(st.booleans())
    ]
    return {"assignmentFilters": filters, "deviceFeatures": policies}


def assigned(filter_id: str | None) -> dict[str, Any]:
    target = {
        "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": filter_id,
        "deviceAndAppManagementAssignmentFilterType": "include" if filter_id else "none",
    }
    return {"id": f"a_{filter_id}", "source": "direct", "target": target}


def planned(documents: list[dict[str, Any]], tenant: dict[str, Any]) -> Plan:
    found = specs_of(documents)
    return plan_of(found, world_of(found, tenant, NAMES, consent=CONSENT)).plan


@settings(deadline=None)
@given(specs(), tenants())
def test_what_is_not_refused_can_be_carried_out_and_converges(
    documents: list[dict[str, Any]], tenant: dict[str, list[dict[str, Any]]]
) -> None:
    """The service takes no id that it does not know, and deletes no filter that is assigned with."""
    made = planned(documents, tenant)
    if made.blocked:
        return
    service = Service(tenant)
    service.carry_out(made)
    again = planned(documents, service.tenant)
    assert [(str(c.address), str(c.action)) for c in again.pending] == []
    known = {each["id"] for each in service.tenant["assignmentFilters"]}
    for policy in service.tenant["deviceFeatures"]:
        for each in policy["assignments"]:
            assert each["target"]["deviceAndAppManagementAssignmentFilterId"] in {None, *known}


@settings(deadline=None)
@given(specs(), tenants())
def test_a_name_stands_for_the_filter_of_its_spec(
    documents: list[dict[str, Any]], tenant: dict[str, list[dict[str, Any]]]
) -> None:
    made = planned(documents, tenant)
    if made.blocked:
        return
    service = Service(tenant)
    service.carry_out(made)
    titles = {each["id"]: each["displayName"] for each in service.tenant["assignmentFilters"]}
    policies = {each["displayName"]: each for each in service.tenant["deviceFeatures"]}
    for each in (d for d in documents if d["kind"] == "JitSsoPolicy"):
        (wanted,) = each["spec"]["assignments"]["include"]
        (held,) = policies[each["spec"]["displayName"]]["assignments"]
        asked = next(iter(wanted["filter"].values())) if isinstance(wanted, dict) else None
        assert titles.get(held["target"]["deviceAndAppManagementAssignmentFilterId"]) == asked
