"""Web clips over several runs, and which addresses are one; single runs are the cases in `WebClip/`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds.web_clip import PROPERTIES
from reconciler.plan import Plan

from .service import Service
from .test_cases import filled, planned_for, requests

USERS = {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}
GROUPS = {name: f"99999999-0000-4000-8000-00000000000{name}" for name in "abcdef"}
HELP = {"displayName": "Help", "url": "https://help.contoso.example/"}
PRUNE = {"prune": True}
SETTINGS = settings(deadline=None, max_examples=25, derandomize=True)


def assigned(intent: str, group: str | None = None, *, out: bool = False) -> dict[str, Any]:
    kind = "exclusionGroupAssignmentTarget" if out else "groupAssignmentTarget"
    target = {"@odata.type": f"#microsoft.graph.{kind}", "groupId": GROUPS[group]} if group else USERS
    return {"id": f"{intent}_{group}_{out}", "intent": intent, "source": "direct", "target": target, "settings": None}


def next_plan(service: Service, spec: dict[str, Any], consent: dict[str, Any]) -> Plan:
    documents = [{"kind": "WebClip", "metadata": {"name": spec["displayName"].lower()}, "spec": spec}]
    return planned_for({"spec": documents, "names": {"groups": GROUPS}, "consent": consent}, service.tenant).plan


def run(service: Service, spec: dict[str, Any], consent: dict[str, Any]) -> list[tuple[str, str]]:
    """Plan and carry out; gives method and last part of the path of each request."""
    plan = next_plan(service, spec, consent)
    assert not plan.blocked, [d.message for d in plan.diagnostics]
    service.carry_out(plan)
    return [(str(r["method"]), str(r["path"]).rpartition("/")[2]) for r in requests(plan)]


def intents(service: Service, object_id: str) -> list[str]:
    clip = next(o for o in service.tenant["webClips"] if o["id"] == object_id)
    return [str(a["intent"]) for a in clip["assignments"]]


def test_a_clip_is_taken_off_the_devices_before_it_is_deleted() -> None:
    old = filled({"like": "web-clip", "assignments": [assigned("required"), assigned("available", "a")]})
    service = Service({"webClips": [old]})
    assert run(service, HELP, {}) == [("POST", "mobileApps")]
    assert run(service, HELP, PRUNE) == [("POST", "assign")]
    assert intents(service, old["id"]) == ["uninstall", "uninstall"]
    assert run(service, HELP, {}) == []
    assert run(service, HELP, PRUNE) == [("DELETE", old["id"])]
    assert run(service, HELP, PRUNE) == []


def test_a_replaced_clip_goes_the_same_way_behind_the_new_one() -> None:
    old = filled({"like": "web-clip", "assignments": [assigned("required")], "displayName": "Portal"})
    service = Service({"webClips": [old]})
    wanted = {"displayName": "Portal", "url": "https://new.contoso.example/", "assignments": {"include": ["allUsers"]}}
    assert next_plan(service, wanted, {}).blocked
    steps = run(service, wanted, {"allowReplace": ["WebClip/portal"]})
    assert steps == [("PATCH", old["id"]), ("POST", "mobileApps"), ("POST", "assign"), ("POST", "assign")]
    assert intents(service, old["id"]) == ["uninstall"]
    assert [o["address"] for o in next_plan(service, wanted, {}).orphaned] == ["WebClip/portal-replaced"]
    assert run(service, wanted, PRUNE) == [("DELETE", old["id"])]
    assert next_plan(service, wanted, PRUNE).pending == ()


@SETTINGS
@given(
    st.lists(
        st.builds(
            assigned,
            st.sampled_from(["required", "available", "uninstall", "availableWithoutEnrollment"]),
            st.sampled_from([*GROUPS, None]),
        ),
        unique_by=lambda a: (a["intent"], str(a["target"])),
        max_size=6,
    ),
    st.lists(st.builds(assigned, st.just("required"), st.sampled_from([*GROUPS]), out=st.just(True)), max_size=3),
)
def test_parting_sets_everybody_to_uninstall_once(included: list[dict[str, Any]], out: list[dict[str, Any]]) -> None:
    excluded = list({str(a["target"]): a for a in out}.values())
    clip = filled({"like": "web-clip", "assignments": [*included, *excluded]})
    service = Service({"webClips": [clip]})
    run(service, HELP, {})
    run(service, HELP, PRUNE)
    assert not service.tenant["webClips"] or all(
        intent == "uninstall" for o in service.tenant["webClips"] for intent in intents(service, o["id"])
    )
    run(service, HELP, PRUNE)
    assert [o["displayName"] for o in service.tenant["webClips"]] == ["Help"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://portal.manage.microsoft.com", "https://portal.manage.microsoft.com/"),
        ("https://Portal.Manage.Microsoft.com/", "HTTPS://portal.manage.microsoft.com/"),
        ("https://contoso.example?tab=apps", "https://contoso.example/?tab=apps"),
    ],
)
def test_addresses_that_are_one(one: str, other: str) -> None:
    _, form = PROPERTIES["url"]
    assert form(one) == form(other)


@pytest.mark.parametrize(
    "other", ["https://contoso.example/a/", "https://contoso.example/A", "http://contoso.example/a"]
)
def test_addresses_that_differ(other: str) -> None:
    _, form = PROPERTIES["url"]
    assert form("https://contoso.example/a") != form(other)


@pytest.mark.parametrize("odd", [None, "https://[", "no address"])
def test_a_live_value_that_is_no_address_stays_as_it_is(odd: str | None) -> None:
    _, form = PROPERTIES["url"]
    assert form(odd) == odd
