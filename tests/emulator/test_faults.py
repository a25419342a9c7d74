"""Scripted faults on the wire, throttling, and what still takes effect behind a failure."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from reconciler.emulator import Emulator, Fault, Knobs
from reconciler.emulator.faults import FaultScript
from reconciler.model import JsonObject

from . import bodies
from .bodies import CONFIGURATIONS, PROFILES, profile
from .conftest import Graph, Serve


def created(graph: Graph) -> int:
    return len(graph.emulator.objects(CONFIGURATIONS[1:]))


ANSWERED = [
    (Fault(kind="status", status=503), 503, 0),
    (Fault(kind="status", status=429), 429, 0),
    (Fault(kind="status", status=403, body={"error": {"code": "Forbidden", "message": "x"}}), 403, 0),
    (Fault(kind="status", status=302, headers={"Location": "http://127.0.0.1:9/x"}, body=""), 302, 0),
    (Fault(kind="status-after-commit", status=504), 504, 1),
    (Fault(kind="html"), 200, 0),
    (Fault(kind="empty"), 200, 0),
    (Fault(kind="null"), 200, 0),
    (Fault(kind="body", body={"value": "no list"}), 200, 0),
    (Fault(kind="body", body='{"id": "1", "id": 2}'), 200, 0),
    (Fault(kind="slow", seconds=0.05), 201, 1),
]


@pytest.mark.parametrize(("fault", "status", "count"), ANSWERED, ids=lambda value: getattr(value, "kind", ""))
def test_answered(graph: Graph, fault: Fault, status: int, count: int) -> None:
    graph.emulator.fail(fault)
    answer = graph.send("POST", CONFIGURATIONS, bodies.sso())
    assert (answer.status_code, created(graph)) == (status, count)
    assert graph.send("POST", CONFIGURATIONS, bodies.sso()).status_code == 201


@pytest.mark.parametrize(
    ("kind", "content_type", "content"),
    [("html", "text/html", b"<!DOCTYPE"), ("null", "application/json", b"null"), ("empty", None, b"")],
)
def test_content_of_a_false_answer(graph: Graph, kind: str, content_type: str | None, content: bytes) -> None:
    graph.emulator.fail(Fault(kind=kind))
    answer = graph.send("GET", CONFIGURATIONS)
    assert answer.content.startswith(content)
    assert (answer.headers.get("content-type") or "").startswith(content_type or "")


@pytest.mark.parametrize(("kind", "count"), [("drop-before", 0), ("drop-after-commit", 1), ("truncate", 1)])
def test_cut_off(graph: Graph, kind: str, count: int) -> None:
    graph.emulator.fail(Fault(kind=kind))
    with pytest.raises(httpx.RemoteProtocolError):
        graph.send("POST", CONFIGURATIONS, bodies.sso())
    assert created(graph) == count
    assert graph.send("GET", CONFIGURATIONS).status_code == 200


def test_slow_takes_its_time(graph: Graph) -> None:
    graph.emulator.fail(Fault(kind="slow", seconds=0.2))
    before = time.monotonic()
    graph.get(CONFIGURATIONS)
    assert time.monotonic() - before >= 0.2


def test_faults_are_picked_counted_and_used_up() -> None:
    script = FaultScript()
    script.add(Fault(method="get", path=r"/groups$", after=1, times=2, status=500))
    script.add(Fault(path="groups", status=400))
    asked = [("GET", "/v1.0/groups")] * 4 + [("POST", "/v1.0/groups"), ("GET", "/beta/users")]
    assert [fault.status if (fault := script.take(*one)) else None for one in asked] == [
        400,
        500,
        500,
        None,
        None,
        None,
    ]


def test_healing_forgets_what_is_to_come(graph: Graph) -> None:
    graph.emulator.fail(Fault(times=100))
    assert graph.send("GET", CONFIGURATIONS).status_code == 503
    graph.emulator.heal()
    assert graph.send("GET", CONFIGURATIONS).status_code == 200


def test_status_of_a_dropped_request_is_in_the_log(graph: Graph) -> None:
    graph.emulator.fail(Fault(kind="drop-after-commit"), Fault(kind="drop-before"))
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            graph.send("POST", CONFIGURATIONS, bodies.sso())
    assert [request.status for request in graph.emulator.log] == [201, 0]


# -- throttling --------------------------------------------------------------------------------------------------------


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_772_352_000.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def test_writes_have_a_quota_of_their_own_by_bucket() -> None:
    hands = Hands()
    with Emulator(knobs=Knobs(quota_writes=2, quota_requests=6), clock=hands) as emulator:
        graph = Graph(emulator)
        assert [graph.send("POST", PROFILES, profile(str(n))).status_code for n in range(3)] == [201, 201, 429]
        assert graph.send("POST", CONFIGURATIONS, bodies.sso()).status_code == 201
        assert [graph.send("GET", PROFILES).status_code for _ in range(4)] == [200, 200, 200, 429]
        hands.now += 20
        assert graph.send("POST", PROFILES, profile("later")).status_code == 201
        graph.close()


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ("seconds", "10"),
        ("zero", "0"),
        ("missing", None),
        ("decimal", "10.000"),
        ("http-date", "date"),
        ("garbage", "soon"),
    ],
)
def test_forms_of_retry_after(serve: Serve, form: str, header: str | None) -> None:
    graph = serve(retry_after=form)
    graph.emulator.fail(Fault(status=429))
    answer = graph.send("GET", CONFIGURATIONS)
    told = answer.headers.get("retry-after")
    if header == "date":
        wait = parsedate_to_datetime(told or "") - parsedate_to_datetime(answer.headers["date"])
        assert 9 <= wait.total_seconds() <= 10
    else:
        assert told == header


def test_a_quota_answers_with_its_waiting_time(serve: Serve) -> None:
    graph = serve(quota_requests=1)
    graph.get(CONFIGURATIONS)
    answer = graph.send("GET", CONFIGURATIONS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")


@pytest.mark.parametrize(("knob", "status"), [("ignored", 201), ("412", 412), ("400", 400)])
def test_if_match(serve: Serve, knob: str, status: int) -> None:
    graph = serve(if_match=knob)
    assert graph.send("POST", CONFIGURATIONS, bodies.sso(), If_Match='"x"').status_code == status


def test_writes_can_be_refused_altogether(serve: Serve) -> None:
    seed: JsonObject = {"collections": {CONFIGURATIONS[1:]: [bodies.sso()]}}
    graph = serve(seed, refuse_writes=True)
    key = graph.emulator.objects(CONFIGURATIONS[1:])[0]["id"]
    assert graph.send("DELETE", f"{CONFIGURATIONS}/{key}").status_code == 500
    assert created(graph) == 1


def test_a_client_that_does_not_wait_is_no_violation(serve: Serve) -> None:
    graph = serve(latency=0.2)
    with pytest.raises(httpx.ReadTimeout):
        graph._http.post(f"/beta{CONFIGURATIONS}", json=bodies.sso(), timeout=0.05)
    graph.emulator.stop()  # waits for the request that is still being served
    assert [request.status for request in graph.emulator.log] == [201]
