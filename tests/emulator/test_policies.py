"""Device configurations, compliance policies, filters and scope tags over HTTP, with the quirks of real answers."""

from __future__ import annotations

import re

import pytest

from reconciler.model import Json, JsonObject

from . import bodies
from .bodies import COMPLIANCE, CONFIGURATIONS, FILTERS, GROUP, OTHER_GROUP, to
from .conftest import Graph, Serve

FEATURES = "#microsoft.graph.iosDeviceFeaturesConfiguration"
FOREIGN: JsonObject = {
    "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
    "id": "0b0f7b7e-5a1c-4c63-8b7d-1d2d3e4f5a6b",
    "displayName": "Foreign",
    "omaSettings": [{"anything": None}],
}


def test_create_answers_everything(graph: Graph) -> None:
    answer = graph.send("POST", CONFIGURATIONS, bodies.sso())
    body = answer.json()
    assert answer.status_code == 201
    assert body["@odata.context"].endswith("/beta/$metadata#deviceManagement/deviceConfigurations/$entity")
    assert (body["version"], body["roleScopeTagIds"], body["supportsScopeTags"]) == (1, ["0"], True)
    assert (body["description"], body["homeScreenPages"], body["wallpaperDisplayLocation"]) == (
        None,
        [],
        "notConfigured",
    )
    assert re.fullmatch(r"2026-03-01T08:00:00\.\d{6}0Z", body["createdDateTime"])
    assert "assignments" not in body
    assert "isAssigned" not in body


def test_undocumented_keys_stand_beside_the_schema(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    body = graph.get(f"{CONFIGURATIONS}/{key}")
    assert body["ssoExtensionKey"] == "iosSingleSignOnExtension"
    assert sum(name.endswith("ExtensibleSSOEntities") for name in body) == 8
    assert "@microsoft.graph.tips" in body


@pytest.mark.parametrize(
    ("query", "has_tips", "columns"),
    [("", True, ""), ("?$select=id,displayName", False, "(id,displayName)"), ("?$expand=assignments", True, "")],
)
def test_envelope_of_a_list(graph: Graph, query: str, has_tips: bool, columns: str) -> None:
    page = graph.get(CONFIGURATIONS + query)
    assert ("@microsoft.graph.tips" in page) is has_tips
    assert str(page["@odata.context"]).endswith(f"#deviceManagement/deviceConfigurations{columns}")
    assert "@odata.count" not in page


def test_select_keeps_the_type(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso("one"))
    (item,) = graph.values(
        f"{CONFIGURATIONS}?$select=id,microsoft.graph.iosDeviceFeaturesConfiguration/assetTagTemplate"
    )
    assert item == {"@odata.type": FEATURES, "id": key, "assetTagTemplate": None}


PATCH = {"@odata.type": FEATURES}


@pytest.mark.parametrize(
    ("knobs", "status", "has_body"),
    [({}, 204, False), ({"patch_status": 204}, 204, False), ({"patch_status": 200}, 200, True)],
)
def test_patch_changes_what_is_sent_and_raises_the_version(
    serve: Serve, knobs: JsonObject, status: int, has_body: bool
) -> None:
    graph = serve(**knobs)
    key = graph.create(CONFIGURATIONS, bodies.sso("before", description="kept"))
    answer = graph.send("PATCH", f"{CONFIGURATIONS}('{key}')", {**PATCH, "displayName": "after"})
    assert (answer.status_code, bool(answer.content)) == (status, has_body)
    body = graph.get(f"{CONFIGURATIONS}/{key}")
    assert (body["displayName"], body["description"], body["version"]) == ("after", "kept", 2)
    assert str(body["lastModifiedDateTime"]) > str(body["createdDateTime"])


PATCHES: list[tuple[JsonObject, JsonObject, int, JsonObject]] = [
    ({}, {"description": None}, 204, {"description": None, "version": 2}),
    ({"patch_null": "ignored"}, {"description": None}, 204, {"description": "text"}),
    ({"patch_null": "400"}, {"description": None}, 400, {"description": "text", "version": 1}),
    ({}, {"displayName": None}, 400, {"displayName": "iOS - JIT registration"}),
    ({}, {"displayName": " x "}, 204, {"displayName": " x "}),
    ({"trims_strings": True}, {"displayName": " x "}, 204, {"displayName": "x"}),
    ({}, {"description": "text"}, 204, {"version": 2}),
    ({"noop_patch_bumps_version": False}, {"description": "text"}, 204, {"version": 1}),
    ({"timestamps": 6}, {}, 204, {}),
]


@pytest.mark.parametrize(("knobs", "sent", "status", "after"), PATCHES)
def test_patch_under_knobs(serve: Serve, knobs: JsonObject, sent: JsonObject, status: int, after: JsonObject) -> None:
    graph = serve(**knobs)
    key = graph.create(CONFIGURATIONS, bodies.sso(description="text"))
    assert graph.send("PATCH", f"{CONFIGURATIONS}/{key}", {**PATCH, **sent}).status_code == status
    body = graph.get(f"{CONFIGURATIONS}/{key}")
    assert {name: body[name] for name in after} == after


@pytest.mark.parametrize(("how", "kept"), [("replace", []), ("merge", ["com.example.one", "com.example.two"])])
def test_patch_of_a_part_of_a_complex_value(serve: Serve, how: str, kept: list[str]) -> None:
    graph = serve(patch_nested=how)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    part = {"@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension", "enableSharedDeviceMode": True}
    graph.send("PATCH", f"{CONFIGURATIONS}/{key}", {**PATCH, "iosSingleSignOnExtension": part})
    extension = graph.get(f"{CONFIGURATIONS}/{key}")["iosSingleSignOnExtension"]
    assert isinstance(extension, dict)
    assert (extension["enableSharedDeviceMode"], extension["bundleIdAccessControlList"]) == (True, kept)


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "no type"},
        {**PATCH, "unknown": 1},
        {**PATCH, "supportsScopeTags": True},
        {"@odata.type": "#microsoft.graph.iosStoreApp", "displayName": "x"},
        [1],
    ],
)
def test_refused_patch_changes_nothing(graph: Graph, body: Json) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    before = graph.emulator.export()
    assert graph.send("PATCH", f"{CONFIGURATIONS}/{key}", body).status_code == 400
    assert graph.emulator.export() == before


@pytest.mark.parametrize(("knob", "status"), [(None, 200), (204, 204)])
def test_delete_takes_the_assignments_along(serve: Serve, knob: int | None, status: int) -> None:
    graph = serve(delete_status=knob)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert graph.send("DELETE", f"{CONFIGURATIONS}/{key}").status_code == status
    assert graph.send("GET", f"{CONFIGURATIONS}/{key}").status_code == 404
    assert graph.send("DELETE", f"{CONFIGURATIONS}/{key}").status_code == 404


# -- assignments -------------------------------------------------------------------------------------------------------


def assign(graph: Graph, key: str, *targets: JsonObject, path: str = CONFIGURATIONS) -> int:
    sent: JsonObject = {"assignments": [{"target": target} for target in targets]}
    return graph.send("POST", f"{path}/{key}/assign", sent).status_code


def groups(graph: Graph, key: str, path: str = CONFIGURATIONS) -> list[Json]:
    return [item["target"].get("groupId") for item in graph.values(f"{path}/{key}/assignments")]


def test_assign_replaces_the_whole_set(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert assign(graph, key, to("group", GROUP), to("allDevices")) == 200
    assert assign(graph, key, to("group", OTHER_GROUP)) == 200
    assert groups(graph, key) == [OTHER_GROUP]
    assert assign(graph, key) == 200
    assert groups(graph, key) == []


def test_form_of_an_assignment(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assign(graph, key, to("group", GROUP), to("allLicensedUsers"))
    first, second = graph.values(f"{CONFIGURATIONS}/{key}/assignments")
    target = {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": None,
        "deviceAndAppManagementAssignmentFilterType": "none",
        "groupId": GROUP,
    }
    assert first == {
        "@odata.type": "#microsoft.graph.deviceConfigurationAssignment",
        "id": f"{key}_{GROUP}",
        "intent": "apply",
        "source": "direct",
        "sourceId": key,
        "target": target,
    }
    assert second["id"] == f"{key}_{bodies.ALL_USERS}"


ASSIGNS: list[tuple[JsonObject, list[JsonObject], int, int]] = [
    ({}, [to("group", GROUP), to("group", GROUP)], 200, 1),
    ({}, [to("group", GROUP), to("exclusionGroup", GROUP)], 200, 2),
    ({"assign_exclusion_and_include": "one-lost"}, [to("group", GROUP), to("exclusionGroup", GROUP)], 200, 1),
    ({"assign_answer": "empty204"}, [to("group", GROUP)], 204, 1),
    ({}, [to("group", "not-a-guid")], 400, 0),
    ({}, [to("group")], 400, 0),
    ({}, [{"groupId": GROUP}], 400, 0),
    ({}, [to("group", GROUP, deviceAndAppManagementAssignmentFilterType=None)], 400, 0),
    ({}, [to("group", GROUP, deviceAndAppManagementAssignmentFilterType="include",
             deviceAndAppManagementAssignmentFilterId=OTHER_GROUP)], 400, 0),
]  # fmt: skip


@pytest.mark.parametrize(("knobs", "targets", "status", "count"), ASSIGNS)
def test_assign(serve: Serve, knobs: JsonObject, targets: list[JsonObject], status: int, count: int) -> None:
    graph = serve(**knobs)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert assign(graph, key, *targets) == status
    assert len(groups(graph, key)) == count


@pytest.mark.parametrize("body", [{}, {"assignments": None}, {"mobileAppAssignments": []}, {"assignments": [], "x": 1}])
def test_assign_needs_its_list(graph: Graph, body: JsonObject) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert graph.send("POST", f"{CONFIGURATIONS}/{key}/assign", body).status_code == 400


def with_policy_set(key: str) -> JsonObject:
    own = {
        "target": to("group", OTHER_GROUP),
        "source": "policySets",
        "sourceId": "11111111-2222-4333-8444-555555555555",
    }
    return {**bodies.sso(), "id": key, "assignments": [own]}


@pytest.mark.parametrize(
    ("knob", "targets", "left"),
    [
        ("replaced", [to("group", GROUP)], [("direct", GROUP)]),
        ("replaced", [to("group", GROUP), to("group", OTHER_GROUP)], [("direct", GROUP), ("policySets", OTHER_GROUP)]),
        ("kept", [to("group", GROUP)], [("policySets", OTHER_GROUP), ("direct", GROUP)]),
    ],
)
def test_assignments_of_policy_sets(serve: Serve, knob: str, targets: list[JsonObject], left: list[object]) -> None:
    key = "5f0c5d3e-9c76-4a4d-a2ce-97d1a86d1e21"
    graph = serve({"collections": {CONFIGURATIONS[1:]: [with_policy_set(key)]}}, policy_set_assignments=knob)
    assert assign(graph, key, *targets) == 200
    found = graph.values(f"{CONFIGURATIONS}/{key}/assignments")
    assert [(item["source"], item["target"]["groupId"]) for item in found] == left


def test_single_assignments(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, bodies.sso())
    path = f"{CONFIGURATIONS}/{key}/assignments"
    first = graph.create(path, {"target": to("group", GROUP)})
    assert graph.send("POST", path, {"target": to("group", GROUP)}).status_code == 400
    assert graph.get(f"{path}/{first}")["id"] == first
    assert graph.send("PATCH", f"{path}/{first}", {"target": to("group", OTHER_GROUP)}).status_code == 200
    assert groups(graph, key) == [OTHER_GROUP]
    assert graph.send("DELETE", f"{path}/{first}").status_code == 404
    assert graph.send("DELETE", f"{path}/{key}_{OTHER_GROUP}").status_code == 200
    assert groups(graph, key) == []


@pytest.mark.parametrize(("knob", "expected"), [("filled", [GROUP]), ("empty", []), ("absent", None)])
def test_expanded_assignments_of_a_list(serve: Serve, knob: str, expected: list[str] | None) -> None:
    graph = serve(expand_assignments=knob)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assign(graph, key, to("group", GROUP))
    (item,) = graph.values(f"{CONFIGURATIONS}?$expand=assignments")
    found = item.get("assignments")
    assert (found if found is None else [one["target"]["groupId"] for one in found]) == expected
    assert len(graph.get(f"{CONFIGURATIONS}/{key}?$expand=assignments")["assignments"]) == 1


def test_assign_may_raise_the_version(serve: Serve) -> None:
    for knob, version in ((False, 1), (True, 2)):
        graph = serve(assign_bumps_version=knob)
        key = graph.create(CONFIGURATIONS, bodies.sso())
        assign(graph, key, to("allDevices"))
        assert graph.get(f"{CONFIGURATIONS}/{key}")["version"] == version


def test_no_filter_may_read_as_the_zero_guid(serve: Serve) -> None:
    graph = serve(no_filter="zero-guid")
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assign(graph, key, to("allDevices"))
    (item,) = graph.values(f"{CONFIGURATIONS}/{key}/assignments")
    target = item["target"]
    assert isinstance(target, dict)
    assert target["deviceAndAppManagementAssignmentFilterId"] == "00000000-0000-0000-0000-000000000000"


def test_a_filter_in_use_cannot_be_deleted(graph: Graph) -> None:
    rule = graph.create(FILTERS, bodies.assignment_filter())
    key = graph.create(CONFIGURATIONS, bodies.sso())
    how: JsonObject = {
        "deviceAndAppManagementAssignmentFilterId": rule,
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    assert assign(graph, key, to("exclusionGroup", GROUP, **how)) == 400
    assert assign(graph, key, to("group", GROUP, **how)) == 200
    assert graph.send("DELETE", f"{FILTERS}/{rule}").status_code == 409
    assert assign(graph, key) == 200
    assert graph.send("DELETE", f"{FILTERS}/{rule}").status_code == 200


# -- lists -------------------------------------------------------------------------------------------------------------


def test_objects_outside_the_contract_are_shown_and_filtered(serve: Serve) -> None:
    graph = serve({"collections": {CONFIGURATIONS[1:]: [FOREIGN, bodies.sso()]}})
    assert [item["displayName"] for item in graph.values(CONFIGURATIONS)] == ["Foreign", "iOS - JIT registration"]
    (own,) = graph.values(f"{CONFIGURATIONS}?$filter=isof('microsoft.graph.iosDeviceFeaturesConfiguration')")
    assert own["@odata.type"] == FEATURES
    assert graph.get(f"{CONFIGURATIONS}/{FOREIGN['id']}")["omaSettings"] == [{"anything": None}]
    assert graph.send("PATCH", f"{CONFIGURATIONS}/{FOREIGN['id']}", {"displayName": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("knob", "pairs", "bundles"),
    [
        ("kept", ["device_registration", "browser_sso_interaction_enabled"], ["com.example.one", "com.example.two"]),
        (
            "reversed",
            ["browser_sso_interaction_enabled", "device_registration"],
            ["com.example.two", "com.example.one"],
        ),
    ],
)
def test_order_of_pairs(serve: Serve, knob: str, pairs: list[str], bundles: list[str]) -> None:
    graph = serve(configurations_order=knob)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    extension = graph.get(f"{CONFIGURATIONS}/{key}")["iosSingleSignOnExtension"]
    assert isinstance(extension, dict)
    assert [pair["key"] for pair in extension["configurations"]] == pairs
    assert extension["bundleIdAccessControlList"] == bundles


@pytest.mark.parametrize(("digits", "pattern"), [(7, r"\.\d{7}Z"), (6, r"\.\d{6}Z"), (0, r":\d\dZ")])
def test_dates(serve: Serve, digits: int, pattern: str) -> None:
    graph = serve(timestamps=digits)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert re.search(pattern + r"\Z", str(graph.get(f"{CONFIGURATIONS}/{key}")["createdDateTime"]))


def test_ids_match_in_any_case_and_may_read_in_capitals(serve: Serve) -> None:
    graph = serve(id_case="upper")
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert key == key.upper()
    assign(graph, key.lower(), to("group", GROUP))
    assert groups(graph, key) == [GROUP.upper()]
    assert graph.get(f"{CONFIGURATIONS}/{key}")["displayName"] == "iOS - JIT registration"


# -- compliance, filters, scope tags -----------------------------------------------------------------------------------


def test_compliance_reads_back_without_rule_names(graph: Graph) -> None:
    key = graph.create(COMPLIANCE, bodies.compliance())
    deep = graph.get(
        f"{COMPLIANCE}/{key}?$expand=assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)"
    )
    (rule,) = deep["scheduledActionsForRule"]
    assert isinstance(rule, dict)
    (action,) = rule["scheduledActionConfigurations"]
    assert rule["ruleName"] is None
    assert isinstance(action, dict)
    assert (action["actionType"], action["notificationTemplateId"]) == ("block", "00000000-0000-0000-0000-000000000000")
    (shallow,) = graph.get(f"{COMPLIANCE}/{key}?$expand=scheduledActionsForRule")["scheduledActionsForRule"]
    assert isinstance(shallow, dict)
    assert "scheduledActionConfigurations" not in shallow
    assert "scheduledActionsForRule" not in graph.get(f"{COMPLIANCE}/{key}")


@pytest.mark.parametrize("actions", [[], [{"actionType": "notification", "gracePeriodHours": 1}]])
def test_compliance_needs_one_block_action(graph: Graph, actions: list[JsonObject]) -> None:
    rules = [{"ruleName": "PasswordRequired", "scheduledActionConfigurations": actions}]
    assert graph.send("POST", COMPLIANCE, bodies.compliance(scheduledActionsForRule=rules)).status_code == 400


def test_rules_change_through_their_action(graph: Graph) -> None:
    key = graph.create(COMPLIANCE, bodies.compliance())
    rules = bodies.compliance()["scheduledActionsForRule"]
    patch: JsonObject = {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "scheduledActionsForRule": rules}
    assert graph.send("PATCH", f"{COMPLIANCE}/{key}", patch).status_code == 400
    rules[0]["scheduledActionConfigurations"][0]["gracePeriodHours"] = 24
    action = f"{COMPLIANCE}/{key}/scheduleActionsForRules"
    assert graph.send("POST", action, {"deviceComplianceScheduledActionForRules": rules}).status_code == 204
    (rule,) = graph.values(f"{COMPLIANCE}/{key}/scheduledActionsForRule")
    assert rule["scheduledActionConfigurations"][0]["gracePeriodHours"] == 24
    assert assign(graph, key, to("allDevices"), path=COMPLIANCE) == 200


def test_a_filter_may_be_held_for_a_while_after_its_last_use(serve: Serve) -> None:
    graph = serve(filter_in_use=400, filter_held=2)
    key = graph.create(FILTERS, bodies.assignment_filter())
    assert [graph.send("DELETE", f"{FILTERS}/{key}").status_code for _ in range(3)] == [400, 400, 200]


def test_a_filter_may_name_what_uses_it(serve: Serve) -> None:
    graph = serve(filter_payloads="item")
    key = graph.create(FILTERS, bodies.assignment_filter())
    policy = graph.create(CONFIGURATIONS, bodies.sso())
    assert graph.get(f"{FILTERS}/{key}")["payloads"] == []
    target: JsonObject = {
        "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": key,
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    assert assign(graph, policy, target) == 200
    (use,) = graph.get(f"{FILTERS}/{key}?$select=payloads")["payloads"]
    assert (use["payloadId"], use["assignmentFilterType"]) == (policy, "include")
    assert [each["payloads"] for each in graph.values(FILTERS)] == [[]]


def test_filters(graph: Graph) -> None:
    key = graph.create(FILTERS, bodies.assignment_filter())
    body = graph.get(f"{FILTERS}/{key}")
    assert (body["roleScopeTags"], body["payloads"], body["assignmentFilterManagementType"]) == (["0"], [], "devices")
    assert graph.send("PATCH", f"{FILTERS}/{key}", {"description": "x"}).status_code == 200
    assert graph.send("PATCH", f"{FILTERS}/{key}", {"platform": "iOS"}).status_code == 400
    assert graph.send("POST", FILTERS, {"displayName": "x", "platform": "iOS"}).status_code == 400


def test_the_default_scope_tag_is_built_in(graph: Graph) -> None:
    tags = "/deviceManagement/roleScopeTags"
    (default,) = graph.values(tags)
    assert (default["id"], default["displayName"], default["isBuiltIn"]) == ("0", "Default", True)
    assert graph.send("DELETE", f"{tags}/0").status_code == 400
    key = graph.create(tags, {"displayName": "Sales"})
    assert graph.get(f"{tags}/{key}")["isBuiltIn"] is False
