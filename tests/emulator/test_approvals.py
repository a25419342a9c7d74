"""Multi Admin Approval: nothing protected is written before a second administrator has said yes, and then once."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator import Emulator, Knobs

from .bodies import APPS, COMPLIANCE, CONFIGURATIONS, FILTERS, PROFILES, compliance, profile, sso, store_app
from .conftest import START, Graph, Serve

REQUESTS = "/deviceManagement/operationApprovalRequests"
POLICIES = "/deviceManagement/operationApprovalPolicies"
RENAMED = {"@odata.type": "#microsoft.graph.iosStoreApp", "displayName": "renamed"}


def why(text: str = "CHG-1: first roll-out") -> dict[str, str]:
    return {"x_msft_approval_justification": base64.b64encode(text.encode()).decode()}


def code(key: str) -> dict[str, str]:
    return {"x_msft_approval_code": key}


def told(answer: httpx.Response) -> str:
    message = json.loads(answer.json()["error"]["message"])["Message"]
    return str(message.partition(" - Operation ID")[0])


def asked(graph: Graph, answer: httpx.Response) -> str:
    """The id of the request that an answer says there is."""
    key = answer.headers["x-msft-approval-code"]
    assert graph.get(f"{REQUESTS}/{key}")["status"] == "needsApproval"
    return str(key)


def test_without_a_justification_the_write_is_refused(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps")
    answer = graph.send("POST", APPS, store_app())
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"
    assert told(answer) == "Header 'x-msft-approval-justification' is required to request approval"
    assert graph.values(APPS) == []
    assert graph.values(REQUESTS) == []


def test_the_whole_way(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps")
    answer = graph.send("POST", APPS, store_app(), **why())
    key = asked(graph, answer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "BadRequest")
    assert told(answer).endswith(f"x-msft-approval-code: {key}")
    assert graph.values(APPS) == []
    early = graph.send("POST", APPS, store_app(), **code(key))
    assert (early.status_code, early.headers["x-msft-approval-code"]) == (412, key)
    graph.emulator.approve(key, why="fine")
    assert graph.values(APPS) == []
    done = graph.send("POST", APPS, store_app(), **code(key))
    assert done.status_code == 201
    (request,) = graph.values(REQUESTS)
    assert (request["status"], request["requestJustification"]) == ("completed", "CHG-1: first roll-out")
    assert request["approver"]["user"]["displayName"] == "second.admin@contoso.example"
    assert request["requestor"]["application"]["displayName"] == "Emulated application"
    assert graph.send("POST", APPS, store_app(), **code(key)).status_code == 403
    assert len(graph.values(APPS)) == 1


@pytest.mark.parametrize(("status", "error"), [(412, "BadRequest"), (403, "ApprovalRequired")])
def test_forms_of_the_answer(serve: Serve, status: int, error: str) -> None:
    graph = serve(multi_admin_approval="apps", approval_answer=status)
    answer = graph.send("POST", APPS, store_app(), **why())
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, error)
    assert asked(graph, answer)


def test_an_answer_that_looks_like_success(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps", approval_answer=202)
    answer = graph.send("POST", APPS, store_app(), **why())
    assert (answer.status_code, answer.json()["id"]) == (202, asked(graph, answer))
    assert graph.values(APPS) == []


def test_the_refusal_may_be_a_403(serve: Serve) -> None:
    assert serve(multi_admin_approval="apps", approval_missing=403).send("POST", APPS, store_app()).status_code == 403


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({"x_msft_approval_justification": "plain text"}, "Base64"),
        (why("x" * 1025), "no greater than 1024 characters"),
        (code("not-a-guid"), "expected GUID format"),
    ],
)
def test_headers_that_cannot_be_read(serve: Serve, headers: dict[str, str], part: str) -> None:
    answer = serve(multi_admin_approval="apps").send("POST", APPS, store_app(), **headers)
    assert answer.status_code == 400
    assert part in told(answer)


def waiting(graph: Graph) -> tuple[str, str]:
    """An app, and an open request to rename it."""
    app = str(graph.emulator.put(APPS[1:], store_app())["id"])
    return app, asked(graph, graph.send("PATCH", f"{APPS}/{app}", RENAMED, **why()))


def test_one_open_request_for_an_object(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps")
    app, key = waiting(graph)
    second = graph.send("DELETE", f"{APPS}/{app}", **why())
    assert (second.status_code, told(second)) == (409, "An active Approval Request already exists for this entity")
    graph.emulator.reject(key)
    assert graph.send("DELETE", f"{APPS}/{app}", **why()).status_code == 412


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {**RENAMED, "displayName": "other"}), ("DELETE", "", None), ("PATCH", "x", RENAMED)],
)
def test_another_request_than_the_approved_one_is_refused(serve: Serve, method: str, path: str, body: Any) -> None:
    graph = serve(multi_admin_approval="apps")
    app, key = waiting(graph)
    graph.emulator.approve(key)
    assert graph.send(method, f"{APPS}/{app}{path}", body, **code(key)).status_code == 403
    assert graph.send("PATCH", f"{APPS}/{app}", RENAMED, **code(key)).status_code == 200


def test_a_rejected_request_is_of_no_use(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps")
    app, key = waiting(graph)
    graph.emulator.reject(key, by="eva@contoso.example", why="not now")
    request = graph.get(f"{REQUESTS}/{key}")
    assert (request["status"], request["approvalJustification"]) == ("rejected", "not now")
    assert graph.send("PATCH", f"{APPS}/{app}", RENAMED, **code(key)).status_code == 403
    with pytest.raises(KeyError):
        graph.emulator.approve("nothing")


def test_a_request_expires_after_three_days() -> None:
    now = [START]
    emulator = Emulator(knobs=Knobs(multi_admin_approval="apps"), clock=lambda: now[0])
    with emulator:
        graph = Graph(emulator)
        app, key = waiting(graph)
        emulator.approve(key)
        now[0] += timedelta(days=3)
        assert graph.send("PATCH", f"{APPS}/{app}", RENAMED, **code(key)).status_code == 403
        assert graph.get(f"{REQUESTS}/{key}")["status"] == "expired"
        assert graph.send("PATCH", f"{APPS}/{app}", RENAMED, **why()).status_code == 412
        graph.close()


BODIES = {CONFIGURATIONS: sso(), COMPLIANCE: compliance(), APPS: store_app(), PROFILES: profile()}


@pytest.mark.parametrize(
    ("knob", "protected", "types"),
    [
        ("off", set[str](), set[str]()),
        ("apps", {APPS}, {"app"}),
        ("configuration", {CONFIGURATIONS}, {"configurationPolicy"}),
        (
            "all",
            set(BODIES),
            {"app", "configurationPolicy", "compliancePolicy", "filter", "role", "enrollmentRestriction"},
        ),
    ],
)
def test_what_is_protected(serve: Serve, knob: str, protected: set[str], types: set[str]) -> None:
    graph = serve(multi_admin_approval=knob)
    assert {path for path, body in BODIES.items() if graph.send("POST", path, body).status_code == 400} == protected
    shown = graph.values(POLICIES, prefer="include-unknown-enum-members")
    assert {policy["policyType"] for policy in shown} == types
    for policy in shown:
        assert graph.get(f"{POLICIES}/{policy['id']}")["displayName"] == policy["displayName"]


def test_a_type_that_is_newer_than_the_client_is_hidden(serve: Serve) -> None:
    (policy,) = serve(multi_admin_approval="configuration").values(POLICIES)
    assert policy["policyType"] == "unknownFutureValue"


def test_records_that_cannot_be_read(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps", approval_records="403")
    assert [graph.send("GET", path).status_code for path in (POLICIES, REQUESTS)] == [403, 403]
    assert graph.send("POST", APPS, store_app(), **why()).status_code == 412


def test_reads_and_unprotected_writes_pass(serve: Serve) -> None:
    graph = serve(multi_admin_approval="apps")
    assert graph.values(APPS) == []
    assert graph.send("POST", FILTERS, {}).status_code == 400
    assert graph.send("POST", PROFILES, profile(), **why()).status_code == 201
    assert graph.values(REQUESTS) == []


def test_requests_outlive_the_process(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    graph = serve(state=state, multi_admin_approval="apps")
    key = asked(graph, graph.send("POST", APPS, store_app(), **why()))
    again = serve(state=state, multi_admin_approval="apps")
    again.emulator.approve(key)
    assert again.send("POST", APPS, store_app(), **code(key)).status_code == 201
