"""Enrollment profiles: single assignments only, and an order that nobody documented."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from reconciler.model import JsonObject

from . import bodies
from .bodies import ALL_USERS, GROUP, PROFILES, profile, to
from .conftest import Graph, Serve


def order(graph: Graph) -> list[tuple[object, object]]:
    return [(item["displayName"], item["priority"]) for item in graph.values(PROFILES)]


def three(graph: Graph) -> dict[str, str]:
    return {name: graph.create(PROFILES, profile(name)) for name in ("a", "b", "c")}


def test_form_of_a_profile(graph: Graph) -> None:
    key = graph.create(PROFILES, profile(description="x"))
    body = graph.get(f"{PROFILES}/{key}")
    assert {name for name in body if "@" not in name} == {
        "id", "displayName", "description", "platform", "priority", "defaultEnrollmentType",
        "availableEnrollmentTypeOptions", "createdDateTime", "lastModifiedDateTime",
    }  # fmt: skip
    assert body["availableEnrollmentTypeOptions"] == [
        {"enrollmentType": "webDeviceEnrollment", "ownerType": "personal"}
    ]


@pytest.mark.parametrize(
    ("knob", "shown"),
    [
        (False, None),
        (True, "#microsoft.graph.appleUserInitiatedEnrollmentProfile"),
        ("no-hash", "microsoft.graph.appleUserInitiatedEnrollmentProfile"),
    ],
)
def test_type_of_a_profile(serve: Serve, knob: object, shown: str | None) -> None:
    graph = serve(profile_odata_type=knob)
    graph.create(PROFILES, profile())
    (item,) = graph.values(PROFILES)
    assert item.get("@odata.type") == shown


@pytest.mark.parametrize(
    ("knobs", "call", "status", "after"),
    [
        ({}, ("c", 1), 204, [("c", 1), ("a", 2), ("b", 3)]),
        ({"set_priority_status": 200}, ("c", 1), 200, [("c", 1), ("a", 2), ("b", 3)]),
        ({"set_priority": "swap"}, ("c", 1), 204, [("c", 1), ("b", 2), ("a", 3)]),
        ({"set_priority": "duplicate"}, ("c", 1), 204, [("a", 1), ("c", 1), ("b", 2)]),
        ({"set_priority": "refuse-gap"}, ("a", 4), 400, [("a", 1), ("b", 2), ("c", 3)]),
        ({"set_priority_same": "400"}, ("a", 1), 400, [("a", 1), ("b", 2), ("c", 3)]),
        ({"numbering_start": 0}, ("c", 0), 204, [("c", 0), ("a", 1), ("b", 2)]),
    ],
)
def test_set_priority(
    serve: Serve, knobs: JsonObject, call: tuple[str, int], status: int, after: list[tuple[str, int]]
) -> None:
    graph = serve(**knobs)
    ids = three(graph)
    answer = graph.send("POST", f"{PROFILES}/{ids[call[0]]}/setPriority", {"priority": call[1]})
    assert (answer.status_code, answer.content if status < 300 else b"") == (status, b"")
    assert order(graph) == after


@pytest.mark.parametrize("body", [{}, {"priority": None}, {"priority": "1"}, {"priority": True}, {"rank": 1}])
def test_set_priority_needs_a_number(graph: Graph, body: JsonObject) -> None:
    key = graph.create(PROFILES, profile())
    assert graph.send("POST", f"{PROFILES}/{key}/setPriority", body).status_code == 400


def test_create_with_an_occupied_number(serve: Serve) -> None:
    graph = serve(post_priority="shift")
    three(graph)
    graph.create(PROFILES, profile("n", priority=2))
    assert order(graph) == [("a", 1), ("n", 2), ("b", 3), ("c", 4)]


@pytest.mark.parametrize(("compacts", "after"), [(False, [("a", 1), ("c", 3)]), (True, [("a", 1), ("c", 2)])])
def test_delete(serve: Serve, compacts: bool, after: list[tuple[str, int]]) -> None:
    graph = serve(delete_compacts_priority=compacts)
    ids = three(graph)
    assert graph.send("DELETE", f"{PROFILES}/{ids['b']}").status_code == 200
    assert order(graph) == after


def test_a_built_in_profile_stands_last_and_stays(serve: Serve) -> None:
    graph = serve(default_profile_object=True)
    three(graph)
    assert order(graph) == [("a", 1), ("b", 2), ("c", 3), ("Default", 0)]
    key = graph.values(PROFILES)[-1]["id"]
    for method, path, body in [
        ("DELETE", "", None),
        ("PATCH", "", {"displayName": "x"}),
        ("POST", "/setPriority", {"priority": 1}),
    ]:
        assert graph.send(method, f"{PROFILES}/{key}{path}", body).status_code == 400


@pytest.mark.parametrize(
    ("knob", "member", "status"),
    [
        ("400", {"priority": 3}, 400),
        ("400", {"platform": "iOS"}, 400),
        ("ignored", {"priority": 3, "platform": "macOS"}, 200),
        ("400", {"defaultEnrollmentType": "device"}, 200),
    ],
)
def test_patch(serve: Serve, knob: str, member: JsonObject, status: int) -> None:
    graph = serve(strict_patch_immutable=knob)
    key = graph.create(PROFILES, profile())
    assert graph.send("PATCH", f"{PROFILES}/{key}", {**member, "displayName": "new"}).status_code == status
    body = graph.get(f"{PROFILES}/{key}")
    assert (body["priority"], body["platform"], body["displayName"] == "new") == (1, "iOS", status == 200)


def test_options_may_read_back_in_another_order(serve: Serve) -> None:
    graph = serve(options_order="reversed")
    options = [{"ownerType": owner, "enrollmentType": "device"} for owner in ("personal", "company")]
    key = graph.create(PROFILES, profile(availableEnrollmentTypeOptions=options))
    shown = graph.get(f"{PROFILES}/{key}")["availableEnrollmentTypeOptions"]
    assert [option["ownerType"] for option in shown] == ["company", "personal"]


# -- assignments -------------------------------------------------------------------------------------------------------


def test_there_is_no_assign_action(graph: Graph) -> None:
    key = graph.create(PROFILES, profile())
    answer = graph.send("POST", f"{PROFILES}/{key}/assign", {"assignments": []})
    assert answer.status_code == 400
    assert "Resource not found for the segment 'assign'" in answer.json()["error"]["message"]


def test_the_list_does_not_expand_assignments(graph: Graph) -> None:
    assert graph.send("GET", f"{PROFILES}?$expand=assignments").status_code == 400


@pytest.mark.parametrize(("knob", "status", "count"), [("works", 200, 1), ("empty", 200, 0), ("400", 400, None)])
def test_expand_on_an_item(serve: Serve, knob: str, status: int, count: int | None) -> None:
    graph = serve(expand_on_profile_item=knob)
    key = graph.create(PROFILES, profile())
    graph.create(f"{PROFILES}/{key}/assignments", {"target": to("group", GROUP)})
    answer = graph.send("GET", f"{PROFILES}/{key}?$expand=assignments")
    assert answer.status_code == status
    assert count is None or len(answer.json()["assignments"]) == count


@pytest.mark.parametrize("sent", [to("allLicensedUsers"), to("group", ALL_USERS)])
@pytest.mark.parametrize(
    ("knob", "shown"),
    [("licensed", ("allLicensedUsersAssignmentTarget", None)), ("virtual-group", ("groupAssignmentTarget", ALL_USERS))],
)
def test_all_users_has_two_encodings(serve: Serve, sent: JsonObject, knob: str, shown: tuple[str, str | None]) -> None:
    graph = serve(all_users_encoding=knob)
    key = graph.create(PROFILES, profile())
    graph.create(f"{PROFILES}/{key}/assignments", {"target": sent})
    (item,) = graph.values(f"{PROFILES}/{key}/assignments")
    target = item["target"]
    assert isinstance(target, dict)
    assert (str(target["@odata.type"]).rpartition(".")[2], target.get("groupId")) == shown
    assert set(item) == {"id", "target"}


@pytest.mark.parametrize("knob", ["composite", "guid", "opaque"])
def test_ids_of_assignments_are_opaque(serve: Serve, knob: str) -> None:
    graph = serve(profile_assignment_id=knob)
    key = graph.create(PROFILES, profile())
    path = f"{PROFILES}/{key}/assignments"
    ids = [graph.create(path, {"target": to(kind, GROUP)}) for kind in ("group", "exclusionGroup")]
    for one in ids if knob != "composite" else ids[:1]:
        where = f"{path}/{quote(one, safe='')}"
        assert graph.get(where)["id"] == one
        assert graph.send("DELETE", where).status_code == 200
    assert len(graph.values(path)) == (1 if knob == "composite" else 0)


@pytest.mark.parametrize(("knob", "status", "count"), [("kept", 201, 1), ("ignored", 201, 0), ("400", 400, 0)])
def test_exclusions(serve: Serve, knob: str, status: int, count: int) -> None:
    graph = serve(profile_exclusions=knob)
    key = graph.create(PROFILES, profile())
    path = f"{PROFILES}/{key}/assignments"
    assert graph.send("POST", path, {"target": to("exclusionGroup", GROUP)}).status_code == status
    assert len(graph.values(path)) == count


def test_assignments_change_and_go(graph: Graph) -> None:
    key = graph.create(PROFILES, profile())
    path = f"{PROFILES}/{key}/assignments"
    one = graph.create(
        path, {"@odata.type": "#microsoft.graph.appleEnrollmentProfileAssignment", "target": to("group", GROUP)}
    )
    assert graph.send("PATCH", f"{path}/{one}", {"target": to("group", bodies.OTHER_GROUP)}).status_code == 200
    assert graph.send("GET", f"{path}/{one}").status_code == 404
    assert graph.send("POST", path, {"target": to("group", bodies.OTHER_GROUP)}).status_code == 400
    assert graph.send("POST", path, {"intent": "required", "target": to("group", GROUP)}).status_code == 400
