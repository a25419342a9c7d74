"""`$batch`: limits, dependencies, the order of answers, and that every part is a request of its own in the log."""

from __future__ import annotations

import pytest

from reconciler.emulator import Fault
from reconciler.model import JsonObject

from . import bodies
from .bodies import CONFIGURATIONS
from .conftest import Graph, Serve


def get(key: str, url: str = "/deviceManagement/roleScopeTags", **members: object) -> JsonObject:
    return {"id": key, "method": "GET", "url": url, **members}


def create(key: str, body: JsonObject | None = None, **members: object) -> JsonObject:
    head: JsonObject = {"id": key, "method": "POST", "url": CONFIGURATIONS, "body": body or bodies.sso()}
    return {**head, "headers": {"Content-Type": "application/json"}, **members}


def run(graph: Graph, *parts: JsonObject, version: str = "/beta") -> dict[str, JsonObject]:
    answer = graph.send("POST", f"{version}/$batch", {"requests": list(parts)})
    assert answer.status_code == 200, answer.text
    return {str(part["id"]): part for part in answer.json()["responses"]}


def test_parts_are_answered_one_by_one(graph: Graph) -> None:
    found = run(graph, get("1"), get("2", "/deviceManagement/nothing"), create("3"))
    assert [found[key]["status"] for key in "123"] == [200, 400, 201]
    assert found["1"]["headers"]["Content-Type"] == "application/json"
    assert found["3"]["body"]["displayName"] == "iOS - JIT registration"


def test_plain_text_and_headers_of_a_part(graph: Graph) -> None:
    found = run(graph, get("1", "/users/$count", headers={"ConsistencyLevel": "eventual"}), version="/v1.0")
    assert (found["1"]["status"], found["1"]["body"]) == (200, "0")


def test_an_empty_answer_has_no_body(serve: Serve) -> None:
    graph = serve({"collections": {CONFIGURATIONS[1:]: [bodies.sso()]}})
    key = graph.emulator.objects(CONFIGURATIONS[1:])[0]["id"]
    found = run(graph, {"id": "1", "method": "DELETE", "url": f"{CONFIGURATIONS}/{key}"})
    assert found["1"]["status"] == 200
    assert "body" not in found["1"]


def test_what_depends_on_a_failure_is_not_tried(graph: Graph) -> None:
    found = run(
        graph,
        create("1", {"displayName": "no type"}),
        create("2", dependsOn=["1"]),
        get("3", dependsOn=["2"]),
        get("4"),
    )
    assert [found[key]["status"] for key in "1234"] == [400, 424, 424, 200]
    assert graph.values(CONFIGURATIONS) == []


@pytest.mark.parametrize("count", [20, 21])
def test_limit(graph: Graph, count: int) -> None:
    parts = [get(str(number)) for number in range(count)]
    assert graph.send("POST", "/$batch", {"requests": list(parts)}).status_code == (200 if count == 20 else 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": [1]},
        {"requests": [get("a"), get("A")]},
        {"requests": [{"method": "GET", "url": "/users"}]},
        {"requests": [create("1", headers={})]},
    ],
)
def test_malformed(graph: Graph, body: JsonObject) -> None:
    assert graph.send("POST", "/$batch", body).status_code == 400


def test_answers_may_come_in_any_order(serve: Serve) -> None:
    parts: JsonObject = {"requests": [get(str(number)) for number in range(5)]}
    orders = [
        [part["id"] for part in serve(batch_shuffled=shuffled).send("POST", "/$batch", parts).json()["responses"]]
        for shuffled in (False, True)
    ]
    assert orders[0] == ["0", "1", "2", "3", "4"]
    assert orders[1] != orders[0]
    assert sorted(orders[1]) == orders[0]


def test_parts_are_in_the_log_and_the_envelope_is_no_write(graph: Graph) -> None:
    run(graph, get("1"), create("2"))
    assert [(request.method, request.path, request.inner, request.status) for request in graph.emulator.log] == [
        ("POST", "/beta/$batch", False, 200),
        ("GET", "/beta/deviceManagement/roleScopeTags", True, 200),
        ("POST", f"/beta{CONFIGURATIONS}", True, 201),
    ]
    assert [request.path for request in graph.emulator.writes] == [f"/beta{CONFIGURATIONS}"]


def test_one_part_may_be_throttled(graph: Graph) -> None:
    graph.emulator.fail(Fault(path="roleScopeTags", status=429, headers={"Retry-After": "7"}))
    found = run(graph, get("1"), get("2"))
    assert [found[key]["status"] for key in "12"] == [429, 200]
    assert found["1"]["headers"]["Retry-After"] == "7"
