"""The logs of who changed what: every write and every edit leaves one event, and clients can find it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from reconciler.model import JsonObject

from . import bodies
from .bodies import APPS, CONFIGURATIONS, FILTERS, GROUP, PROFILES, profile, sso, store_app, to
from .conftest import Graph, Serve

EVENTS = "/deviceManagement/auditEvents"
DIRECTORY = "/v1.0/auditLogs/directoryAudits"


def jwt(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def kinds(graph: Graph) -> list[tuple[str, str]]:
    """Operation and object of every event, the oldest first."""
    return [(e["activityOperationType"], e["resources"][0]["displayName"]) for e in graph.values(EVENTS)]


def test_every_successful_write_is_an_event(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, sso("a"))
    graph.send("PATCH", f"{CONFIGURATIONS}/{key}", {**typed(), "displayName": "b"})
    graph.send("POST", f"{CONFIGURATIONS}/{key}/assign", {"assignments": [{"target": to("group", GROUP)}]})
    one = graph.create(PROFILES, profile("p"))
    graph.send("POST", f"{PROFILES}/{one}/assignments", {"target": to("allLicensedUsers")})
    graph.send("POST", f"{PROFILES}/{one}/setPriority", {"priority": 1})
    graph.send("POST", CONFIGURATIONS, {"displayName": "no type"})
    graph.send("DELETE", f"{CONFIGURATIONS}/{key}")
    assert kinds(graph) == [
        ("Create", "a"), ("Patch", "b"), ("Action", "b"), ("Create", "p"), ("SetReference", "p"), ("Action", "p"),
        ("Delete", "b"),
    ]  # fmt: skip


def typed() -> JsonObject:
    return {"@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration"}


def test_an_event_says_what_changed_and_whose_application_did_it(graph: Graph) -> None:
    key = graph.create(CONFIGURATIONS, sso("a"))
    own_id = "11111111-2222-4333-8444-555555555555"
    graph.send("PATCH", f"{CONFIGURATIONS}/{key}", {**typed(), "displayName": "b"}, client_request_id=own_id)
    event = graph.values(EVENTS)[-1]
    (resource,) = event["resources"]
    assert resource["resourceId"] == key
    assert resource["modifiedProperties"] == [{"displayName": "displayName", "oldValue": "a", "newValue": "b"}]
    assert event["correlationId"] == own_id
    assert event["activityDateTime"] > graph.values(EVENTS)[0]["activityDateTime"]
    assert (event["actor"]["userPrincipalName"], event["actor"]["applicationDisplayName"]) == (
        None,
        "Emulated application",
    )


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"appid": "app-1", "app_displayname": "Pipeline"}, ("app-1", "Pipeline", None)),
        ({"azp": "app-2", "upn": "eva@contoso.example"}, ("app-2", "Emulated application", "eva@contoso.example")),
    ],
)
def test_the_actor_is_who_the_token_says(graph: Graph, claims: dict[str, str], expected: tuple[str, ...]) -> None:
    graph.send("POST", PROFILES, profile("p"), authorization=f"Bearer {jwt(**claims)}")
    actor = graph.values(EVENTS)[0]["actor"]
    assert (actor["applicationId"], actor["applicationDisplayName"], actor["userPrincipalName"]) == expected


def test_edits_behind_the_service_are_events_of_a_person(serve: Serve) -> None:
    graph = serve({"organization": {"displayName": "Woodgrove Bank"}, "collections": {}})
    stored = graph.emulator.put(PROFILES[1:], profile("by hand", priority=3))
    graph.emulator.put(PROFILES[1:], {**stored, "displayName": "renamed"}, by="eva@woodgrove.example")
    graph.emulator.remove(PROFILES[1:], str(stored["id"]))
    graph.emulator.remove(PROFILES[1:], str(stored["id"]))
    events = graph.values(EVENTS)
    assert kinds(graph) == [("Create", "by hand"), ("Patch", "renamed"), ("Delete", "renamed")]
    assert [e["actor"]["userPrincipalName"] for e in events] == [
        "admin@woodgrove.example", "eva@woodgrove.example", "admin@woodgrove.example",
    ]  # fmt: skip
    assert {e["actor"]["auditActorType"] for e in events} == {"ItPro"}


def test_edits_of_the_directory_have_a_log_of_their_own(graph: Graph) -> None:
    graph.emulator.put("groups", {"id": GROUP, "displayName": "Pilots"})
    graph.emulator.put(
        "groups", {"id": GROUP, "displayName": "Pilots", "membershipRule": "x"}, by="eva@contoso.example"
    )
    first, second = graph.values(DIRECTORY)
    assert (first["activityDisplayName"], second["activityDisplayName"]) == ("Add group", "Update group")
    assert second["initiatedBy"]["user"]["userPrincipalName"] == "eva@contoso.example"
    (target,) = second["targetResources"]
    assert target["id"] == GROUP
    assert target["modifiedProperties"] == [{"displayName": "membershipRule", "oldValue": None, "newValue": "x"}]
    assert graph.values(EVENTS) == []


FIRST, LAST = "2026-03-01T08:00:00.0010000Z", "2026-03-01T12:00:00Z"
FILTERED = [
    (f"activityDateTime ge {FIRST}", 3),
    ("activityDateTime gt 2026-03-01", 3),
    (f"activityDateTime gt {LAST}", 0),
    (f"activityDateTime lt {LAST} and activityDateTime ge 2026-03-01T08:00:00+00:00", 3),
    ("activityDateTime le 2026-02-28T23:59:59.9999999Z", 0),
    ("activityOperationType eq 'Create' and activityDateTime ge 2026-03-01T00:00Z", 2),
    ("actor/userPrincipalName eq 'admin@contoso.example'", 1),
]


@pytest.mark.parametrize(("text", "count"), FILTERED)
def test_filters(graph: Graph, text: str, count: int) -> None:
    key = graph.create(APPS, store_app())
    graph.create(FILTERS, bodies.assignment_filter())
    graph.emulator.remove(APPS[1:], key)
    assert len(graph.values(f"{EVENTS}?$filter={quote(text)}")) == count


@pytest.mark.parametrize(
    "text", ["activityDateTime gt 'x'", "activityDateTime gt 2026-13-01", "activityDateTime gt 5", "id gt"]
)
def test_a_filter_that_cannot_be_read_is_refused(graph: Graph, text: str) -> None:
    assert graph.send("GET", f"{EVENTS}?$filter={quote(text)}").status_code == 400


def test_dates_of_other_types_are_not_compared(graph: Graph) -> None:
    query = quote("lastModifiedDateTime gt 2026-01-01")
    assert graph.send("GET", f"{CONFIGURATIONS}?$filter={query}").status_code == 400


def test_the_newest_first_and_so_many(graph: Graph) -> None:
    for name in "abc":
        graph.create(PROFILES, profile(name))
    page = graph.get(f"{EVENTS}?$orderby=activityDateTime%20desc&$top=2")
    assert [event["resources"][0]["displayName"] for event in page["value"]] == ["c", "b"]
    assert graph.get(f"{EVENTS}/{page['value'][0]['id']}")["id"] == page["value"][0]["id"]
    assert graph.send("GET", f"{EVENTS}/nothing").status_code == 404
    assert graph.send("POST", EVENTS, {}).status_code == 405


@pytest.mark.parametrize(("audit_log", "statuses"), [("403", [403, 403]), ("empty", [200, 200])])
def test_a_log_that_tells_nothing(serve: Serve, audit_log: str, statuses: list[int]) -> None:
    graph = serve(audit_log=audit_log)
    graph.create(PROFILES, profile())
    answers = [graph.send("GET", path) for path in (EVENTS, DIRECTORY)]
    assert [answer.status_code for answer in answers] == statuses
    assert all(answer.json().get("value", []) == [] for answer in answers)


def test_events_may_show_late(serve: Serve) -> None:
    graph = serve(audit_log="late")
    graph.create(PROFILES, profile())
    assert [len(graph.values(EVENTS)) for _ in range(3)] == [0, 0, 1]


def test_the_past_is_in_the_state_file_and_in_no_export(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    graph = serve(state=state)
    graph.create(PROFILES, profile("p"))
    graph.emulator.put("groups", {"id": GROUP, "displayName": "Pilots"})
    assert not {EVENTS[1:], DIRECTORY[6:]} & set(graph.emulator.export()["collections"])  # type: ignore[arg-type]
    again = serve(state=state)
    assert again.values(EVENTS) == graph.values(EVENTS)
    assert again.values(DIRECTORY) == graph.values(DIRECTORY)
    again.create(PROFILES, profile("q"))
    assert len({event["id"] for event in again.values(EVENTS)}) == 2
    assert again.emulator.export() != graph.emulator.export()


def test_a_log_forgets_the_oldest(graph: Graph) -> None:
    for number in range(203):
        graph.emulator.put("groups", {"id": GROUP, "displayName": str(number)})
    names = [event["targetResources"][0]["displayName"] for event in graph.values(DIRECTORY)]
    assert (len(names), names[0], names[-1]) == (200, "3", "202")


@pytest.mark.parametrize(("audit_correlation", "kept"), [("client", True), ("service", False)])
def test_an_event_may_have_a_correlation_of_the_services_own(serve: Serve, audit_correlation: str, kept: bool) -> None:
    graph = serve(audit_correlation=audit_correlation)
    own_id = "11111111-2222-4333-8444-555555555555"
    graph.send("POST", CONFIGURATIONS, sso("a"), client_request_id=own_id)
    assert (graph.values(EVENTS)[-1]["correlationId"] == own_id) is kept


@pytest.mark.parametrize(
    ("audit_objects", "named"), [("one", [True]), ("several", [False, True]), ("unnamed", [False])]
)
def test_an_event_may_name_other_objects_or_none(serve: Serve, audit_objects: str, named: list[bool]) -> None:
    graph = serve(audit_objects=audit_objects)
    key = graph.create(CONFIGURATIONS, sso("a"))
    assert [each["resourceId"] == key for each in graph.values(EVENTS)[-1]["resources"]] == named
