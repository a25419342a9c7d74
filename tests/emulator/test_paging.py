"""Pages, next links, and readers that lag behind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.exchange import Request
from reconciler.emulator.options import next_query
from reconciler.model import JsonObject

from . import bodies
from .bodies import CONFIGURATIONS, PROFILES, profile
from .conftest import Graph, Serve

SEVEN: JsonObject = {"collections": {CONFIGURATIONS[1:]: [bodies.sso(f"policy {n}") for n in range(7)]}}
ALL = [f"policy {n}" for n in range(7)]


def pages(graph: Graph, path: str) -> list[list[object]]:
    page = graph.get(path)
    found = [[item["displayName"] for item in page["value"]]]
    while "@odata.nextLink" in page:
        page = graph.get(str(page["@odata.nextLink"]))
        found.append([item["displayName"] for item in page["value"]])
    return found


@pytest.mark.parametrize(
    ("knobs", "query", "sizes"),
    [
        ({}, "", [7]),
        ({}, "?$top=3", [3, 3, 1]),
        ({}, "?$top=7", [7]),
        ({"page_size": 2}, "", [2, 2, 2, 1]),
        ({"page_size": 2}, "?$top=5", [2, 2, 2, 1]),
        ({"page_size": 4, "empty_pages": True}, "", [0, 4, 0, 3]),
        ({}, "?$skip=5", [2]),
        (
            {"page_size": 1},
            "?$filter=displayName eq 'policy 3' or displayName eq 'policy 5'&$select=displayName",
            [1, 1],
        ),
    ],
)
def test_sizes(serve: Serve, knobs: JsonObject, query: str, sizes: list[int]) -> None:
    found = pages(serve(SEVEN, **knobs), CONFIGURATIONS + query)
    assert [len(page) for page in found] == sizes


def test_assignments_come_in_pages_too(serve: Serve) -> None:
    graph = serve(page_size=1, empty_pages=True)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    targets = [bodies.to("group", bodies.GROUP), bodies.to("allDevices"), bodies.to("allLicensedUsers")]
    graph.send("POST", f"{CONFIGURATIONS}/{key}/assign", {"assignments": [{"target": target} for target in targets]})
    assert graph.get(f"{CONFIGURATIONS}/{key}/assignments")["value"] == []
    assert len(graph.values(f"{CONFIGURATIONS}/{key}/assignments")) == 3
    assert graph.send("GET", f"{CONFIGURATIONS}/{key}/assignments?$filter=id eq 'x'").status_code == 400


def test_next_link_is_absolute_and_encoded_twice(serve: Serve) -> None:
    graph = serve(SEVEN)
    link = str(graph.get(f"{CONFIGURATIONS}?$select=displayName&$top=3")["@odata.nextLink"])
    assert link.startswith(f"{graph.emulator.url}/beta{CONFIGURATIONS}?$select=displayName&$top=3&$skiptoken=")
    assert "%255B" in link
    assert [item["displayName"] for item in graph.values(link)] == ALL[3:]


@pytest.mark.parametrize("token", ["", "x", "%255Bemulator%255D", "%5Bemulator%5Doffset%3Dx"])
def test_a_token_that_was_made_up_is_refused(serve: Serve, token: str) -> None:
    assert serve(SEVEN).send("GET", f"{CONFIGURATIONS}?$skiptoken={token}").status_code == 400


@settings(max_examples=25, deadline=None)
@given(st.text(), st.integers(0, 10**6), st.integers(0, 1))
def test_a_page_token_survives_its_encoding(value: str, offset: int, lead: int) -> None:
    from urllib.parse import quote

    from reconciler.emulator.options import _skip_token

    query = next_query(f"$filter={quote(value)}&$skiptoken=old", offset, lead)
    options = Request("GET", "beta", (), query, {}).options()
    assert _skip_token(options["$skiptoken"]) == (offset, lead)
    assert options["$filter"] == value


def test_counts(serve: Serve) -> None:
    graph = serve(SEVEN)
    assert graph.get(f"{CONFIGURATIONS}?$count=true&$top=2")["@odata.count"] == 7


@pytest.mark.parametrize(
    "query", ["?$top=x", "?$expand=deviceStatuses", "?$orderby=nothing", "?$apply=x", "?$filter=x eq 1"]
)
def test_options_that_are_refused(graph: Graph, query: str) -> None:
    assert graph.send("GET", CONFIGURATIONS + query).status_code == 400


def test_order(serve: Serve) -> None:
    graph = serve(SEVEN)
    found = [item["displayName"] for item in graph.values(f"{CONFIGURATIONS}?$orderby=displayName desc")]
    assert found == ALL[::-1]


# -- readers that lag behind -------------------------------------------------------------------------------------------


def test_a_new_object_is_missing_for_a_while(serve: Serve) -> None:
    graph = serve(stale_reads=2)
    key = graph.create(CONFIGURATIONS, bodies.sso())
    assert [graph.send("GET", f"{CONFIGURATIONS}/{key}").status_code for _ in range(3)] == [404, 404, 200]
    graph.create(CONFIGURATIONS, bodies.sso("second"))
    assert [len(graph.values(CONFIGURATIONS)) for _ in range(3)] == [1, 1, 2]


def test_a_change_shows_late_and_a_deleted_object_stays_for_a_while(serve: Serve) -> None:
    graph = serve({"collections": {CONFIGURATIONS[1:]: [bodies.sso("before")]}}, stale_reads=1)
    ((first,),) = (pages(graph, f"{CONFIGURATIONS}?$select=displayName"),)
    assert first == ["before"]
    key = graph.emulator.objects(CONFIGURATIONS[1:])[0]["id"]
    change: JsonObject = {"@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration", "displayName": "after"}
    graph.send("PATCH", f"{CONFIGURATIONS}/{key}", change)
    assert [graph.get(f"{CONFIGURATIONS}/{key}")["displayName"] for _ in range(2)] == ["before", "after"]
    graph.send("DELETE", f"{CONFIGURATIONS}/{key}")
    assert [len(graph.values(CONFIGURATIONS)) for _ in range(2)] == [1, 0]


def test_assignments_lag_too(serve: Serve) -> None:
    graph = serve(stale_reads=1)
    key = graph.create(PROFILES, profile())
    graph.send("GET", f"{PROFILES}/{key}")
    graph.create(f"{PROFILES}/{key}/assignments", {"target": bodies.to("allLicensedUsers")})
    assert [len(graph.values(f"{PROFILES}/{key}/assignments")) for _ in range(2)] == [0, 1]


def test_writes_go_by_what_is_really_there(serve: Serve) -> None:
    graph = serve(stale_reads=5)
    key = graph.create(PROFILES, profile())
    graph.create(f"{PROFILES}/{key}/assignments", {"target": bodies.to("allLicensedUsers")})
    assert graph.send("DELETE", f"{PROFILES}/{key}").status_code == 200
