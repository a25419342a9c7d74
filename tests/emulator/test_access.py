"""Who calls: permissions, tokens that expire, scope tags that limit what is seen; and what may be deleted."""

from __future__ import annotations

import json

import httpx
import pytest

from reconciler.emulator import Fault
from reconciler.model import JsonObject

from . import bodies
from .bodies import APPS, COMPLIANCE, CONFIGURATIONS, FILTERS, GROUP, PROFILES, app_assignment, profile, sso, to
from .conftest import Graph, Serve

TAGS = "/deviceManagement/roleScopeTags"
WEB_CLIP: JsonObject = {
    "@odata.type": "#microsoft.graph.iosiPadOSWebClip",
    "displayName": "Company Portal",
    "publisher": "Contoso",
    "appUrl": "https://portal.manage.microsoft.com/",
    "useManagedBrowser": False,
}

NEEDS = [
    ("GET", CONFIGURATIONS, "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    ("GET", COMPLIANCE, "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    ("GET", FILTERS, "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    ("GET", APPS, "DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    ("GET", PROFILES, "DeviceManagementServiceConfig.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    ("GET", TAGS, "DeviceManagementRBAC.Read.All", "DeviceManagementRBAC.ReadWrite.All"),
    ("GET", "/deviceManagement/auditEvents", "DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    ("GET", "/v1.0/auditLogs/directoryAudits", "AuditLog.Read.All", "AuditLog.Read.All"),
    ("GET", "/v1.0/groups", "GroupMember.Read.All", "Directory.Read.All"),
    ("GET", "/v1.0/users", "User.ReadBasic.All", "User.Read.All"),
]


@pytest.mark.parametrize(("method", "path", "least", "more"), NEEDS, ids=[path for _, path, *_ in NEEDS])
def test_a_permission_of_the_collection_is_needed(serve: Serve, method: str, path: str, least: str, more: str) -> None:
    for granted, status in ((least, 200), (f" {more} , x", 200), ("DeviceManagementManagedDevices.Read.All", 403)):
        assert serve(granted=granted).send(method, path).status_code == status


def test_reading_is_not_writing(serve: Serve) -> None:
    graph = serve(granted="DeviceManagementConfiguration.Read.All,DeviceManagementServiceConfig.ReadWrite.All")
    refused = graph.send("POST", CONFIGURATIONS, sso())
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Forbidden")
    assert "one of the following scopes: DeviceManagementConfiguration.ReadWrite.All" in told(refused)
    assert graph.send("POST", PROFILES, profile()).status_code == 201
    assert graph.values("/v1.0/organization")


def told(answer: httpx.Response) -> str:
    return str(json.loads(answer.json()["error"]["message"])["Message"])


def test_intune_may_answer_401_where_it_means_403(serve: Serve) -> None:
    answer = serve(granted="", forbidden_status=401).send("GET", APPS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Forbidden")
    assert "www-authenticate" not in answer.headers


def test_the_directory_names_no_permission(serve: Serve) -> None:
    error = serve(granted="").send("GET", "/v1.0/groups").json()["error"]
    assert (error["code"], error["message"]) == (
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


# -- tokens ------------------------------------------------------------------------------------------------------------


def statuses(graph: Graph, *tokens: str) -> list[int]:
    return [graph.send("GET", PROFILES, authorization=f"Bearer {token}").status_code for token in tokens]


def test_a_token_may_be_good_for_so_many_requests(serve: Serve) -> None:
    graph = serve(token_requests=2)
    assert statuses(graph, "a", "a", "a", "b", "a", "b", "b") == [200, 200, 401, 200, 401, 200, 401]


def test_a_batch_is_one_request(serve: Serve) -> None:
    graph = serve(token_requests=1)
    parts = [{"id": str(n), "method": "GET", "url": PROFILES} for n in range(3)]
    answer = graph.send("POST", "/$batch", {"requests": parts}).json()
    assert [part["status"] for part in answer["responses"]] == [200, 200, 200]
    assert graph.send("POST", "/$batch", {"requests": parts}).status_code == 401


def test_a_token_expires_at_a_request_of_ones_choice(graph: Graph) -> None:
    graph.emulator.fail(Fault(kind="expire", after=1))
    assert statuses(graph, "a", "a", "a", "b", "a") == [200, 401, 401, 200, 401]
    answer = graph.send("GET", PROFILES, authorization="Bearer a")
    assert "expired" in answer.json()["error"]["message"] or "expired" in told(answer)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_parts_of_a_batch_do_not_expire(graph: Graph) -> None:
    graph.emulator.fail(Fault(kind="expire", method="GET"))
    parts = [{"id": "1", "method": "GET", "url": PROFILES}]
    assert graph.send("POST", "/$batch", {"requests": parts}).json()["responses"][0]["status"] == 200
    assert graph.send("GET", PROFILES).status_code == 401


def test_no_token_is_kept(graph: Graph) -> None:
    graph.emulator.fail(Fault(kind="expire"))
    statuses(graph, "canary-19c4")
    held = graph.emulator._service._tokens
    assert "canary-19c4" not in repr(held)
    assert held._expired


# -- scope tags --------------------------------------------------------------------------------------------------------


def seeded() -> JsonObject:
    objects = {
        CONFIGURATIONS: [sso("mine", roleScopeTagIds=["7"]), sso("both", roleScopeTagIds=["0", "7"]), sso("theirs")],
        FILTERS: [bodies.assignment_filter(displayName="theirs")],
        PROFILES: [profile("untagged", priority=1)],
    }
    return {"collections": {path[1:]: list(held) for path, held in objects.items()}}


def test_only_objects_of_the_callers_scope_tags_are_seen(serve: Serve) -> None:
    graph = serve(seeded(), visible_scope_tags="7, 9")
    assert [item["displayName"] for item in graph.values(CONFIGURATIONS)] == ["mine", "both"]
    assert graph.values(FILTERS) == []
    assert [item["displayName"] for item in graph.values(PROFILES)] == ["untagged"]
    hidden = graph.emulator.objects(CONFIGURATIONS[1:])[2]["id"]
    assert graph.send("GET", f"{CONFIGURATIONS}/{hidden}").status_code == 404
    assert graph.send("DELETE", f"{CONFIGURATIONS}/{hidden}").status_code == 404
    assert graph.send("GET", f"{CONFIGURATIONS}/{hidden}/assignments").status_code == 404


@pytest.mark.parametrize(
    ("asked", "given"), [(None, ["7", "9"]), (["0"], ["7", "9"]), (["9", "0"], ["9"]), (["7"], ["7"])]
)
def test_new_objects_get_the_callers_scope_tags(serve: Serve, asked: list[str] | None, given: list[str]) -> None:
    graph = serve(visible_scope_tags="7,9")
    key = graph.create(CONFIGURATIONS, sso() if asked is None else sso(roleScopeTagIds=asked))
    assert graph.get(f"{CONFIGURATIONS}/{key}")["roleScopeTagIds"] == given


# -- what may be done with a web clip, and what may be deleted ---------------------------------------------------------


def test_a_web_clip_from_its_making_to_its_end(graph: Graph) -> None:
    key = graph.create(APPS, WEB_CLIP)
    one = f"{APPS}/{key}"
    changed = {"@odata.type": WEB_CLIP["@odata.type"], "displayName": "Portal"}
    assert graph.send("PATCH", one, changed).status_code == 200
    fixed = graph.send("PATCH", one, {**changed, "appUrl": "https://other.example/"})
    assert fixed.status_code == 400
    for intent in ("required", "uninstall"):
        body: JsonObject = {"mobileAppAssignments": [app_assignment(intent, to("group", GROUP))]}
        assert graph.send("POST", f"{one}/assign", body).status_code == 204
        assert [a["intent"] for a in graph.values(f"{one}/assignments")] == [intent]
    settings = bodies.store_settings(isRemovable=True)
    refused = {"mobileAppAssignments": [app_assignment("required", to("group", GROUP), settings)]}
    assert graph.send("POST", f"{one}/assign", refused).status_code == 400
    extra = graph.send("POST", f"{one}/assignments", app_assignment("required", to("allLicensedUsers")))
    assert extra.status_code == 201
    assert graph.send("DELETE", f"{one}/assignments/{extra.json()['id']}").status_code == 204
    assert graph.send("DELETE", one).status_code == 204
    assert graph.send("GET", one).status_code == 404


MADE = [
    (CONFIGURATIONS, sso(), 200),
    (COMPLIANCE, bodies.compliance(), 200),
    (APPS, bodies.store_app(), 204),
    (APPS, WEB_CLIP, 204),
    (PROFILES, profile(), 200),
    (FILTERS, bodies.assignment_filter(), 200),
    (TAGS, {"displayName": "Lab"}, 204),
]


@pytest.mark.parametrize(
    ("path", "body", "status"), MADE, ids=[f"{p.rpartition('/')[2]}-{n}" for n, (p, *_) in enumerate(MADE)]
)
@pytest.mark.parametrize("stale", [0, 2])
def test_whatever_can_be_made_can_be_deleted_once(
    serve: Serve, path: str, body: JsonObject, status: int, stale: int
) -> None:
    graph = serve()
    key = graph.create(path, body)
    graph.emulator.knobs = type(graph.emulator.knobs)(stale_reads=stale)
    assert graph.send("DELETE", f"{path}/{key}").status_code == status
    assert graph.send("DELETE", f"{path}/{key}").status_code == 404
    assert graph.send("PATCH", f"{path}/{key}", {"description": "x"}).status_code == 404
    assert [graph.send("GET", f"{path}/{key}").status_code for _ in range(stale + 1)] == [200] * stale + [404]
    assert key not in [item["id"] for item in graph.values(path)]
