"""What a refusal looks like, who is let in, and the headers of every answer."""

from __future__ import annotations

import base64
import json
import socket

import pytest

from reconciler.model import Json

from . import bodies
from .bodies import APPS, CONFIGURATIONS, PROFILES
from .conftest import Graph, Serve


def message(answer: object) -> str:
    error = answer.json()["error"]
    return str(error["message"])


def test_intune_nests_json_in_its_message(graph: Graph) -> None:
    error = graph.send("GET", f"{CONFIGURATIONS}/nothing", client_request_id="my-own").json()["error"]
    inner = json.loads(error["message"])
    assert set(inner) == {
        "_version",
        "Message",
        "CustomApiErrorPhrase",
        "RetryAfter",
        "ErrorSourceService",
        "HttpHeaders",
    }
    assert inner["Message"].startswith(
        "The requested resource 'deviceManagement/deviceConfigurations/nothing' does not exist."
    )
    assert " - Operation ID (for customer support): " in inner["Message"]
    assert error["innerError"]["client-request-id"] == "my-own"


@pytest.mark.parametrize("nesting", [0, 1, 2])
def test_depth_of_nesting(serve: Serve, nesting: int) -> None:
    graph = serve(error_nesting=nesting)
    error = graph.send("GET", f"{CONFIGURATIONS}/nothing").json()["error"]
    text, depth = error["message"], 0
    while text.startswith("{"):
        text, depth = json.loads(text)["Message"], depth + 1
    assert depth == nesting
    assert error["code"] == ("UnknownError" if nesting == 2 else "ResourceNotFound")


def test_the_directory_speaks_plainly(graph: Graph) -> None:
    error = graph.send("GET", "/v1.0/groups/3f1c2b7a-0d7e-4b2f-9a55-1f0e6f6a9c01").json()["error"]
    assert error["code"] == "Request_ResourceNotFound"
    assert error["message"].startswith("Resource '3f1c2b7a")


def test_all_findings_of_a_body_are_told(graph: Graph) -> None:
    told = message(graph.send("POST", CONFIGURATIONS, bodies.sso(colour=1, version=2)))
    assert "/colour" in told
    assert "/version" in told


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/deviceManagement/nothing", 400, "Resource not found for the segment 'nothing'."),
        ("GET", f"{CONFIGURATIONS}/x/y", 404, "does not exist"),
        ("POST", f"{CONFIGURATIONS}/x/assign", 404, "does not exist"),
        ("PUT", CONFIGURATIONS, 405, "PUT is not supported"),
        ("PATCH", CONFIGURATIONS, 405, "PATCH is not supported"),
        ("POST", "/deviceManagement/configurationPolicies", 405, "POST is not supported"),
        ("GET", "/v2.0/groups", 400, "Invalid version"),
        ("GET", "/deviceAppManagement", 400, "Resource not found"),
        ("POST", "/deviceManagement", 405, "POST is not supported"),
        ("GET", "", 400, "Resource not found"),
    ],
)
def test_addresses_that_are_not_served(graph: Graph, method: str, path: str, status: int, text: str) -> None:
    answer = graph.send(method, path if not path.startswith("/v2") else graph.emulator.url + path)
    assert answer.status_code == status
    assert text in message(answer)


def test_actions_that_an_object_lacks(graph: Graph) -> None:
    key = graph.create(PROFILES, bodies.profile())
    app = graph.create(APPS, bodies.store_app())
    for path in (f"{PROFILES}/{key}/assign", f"{PROFILES}/{key}/enable", f"{APPS}/{app}/setPriority"):
        assert graph.send("POST", path, {}).status_code == 400


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b"{", "Unable to read JSON"),
        (b'{"a": 1, "a": 2}', "occurs twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"\xff", "Unable to read JSON"),
    ],
)
def test_bodies_that_are_no_json(graph: Graph, raw: bytes, content: str) -> None:
    answer = graph._http.post(f"/beta{CONFIGURATIONS}", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert content in message(answer)


# -- who is let in -----------------------------------------------------------------------------------------------------


def token(claims: Json) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)
    ]
    return ".".join([*parts, "signature"])


TENANT = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer opaque", 200),
        ("bearer a.b.c", 200),
        (f"Bearer {token({'tid': TENANT})}", 200),
        (f"Bearer {token({'tid': TENANT.upper()})}", 200),
        (f"Bearer {token({'aud': 'x'})}", 200),
        (f"Bearer {token({'tid': '11111111-2222-4333-8444-555555555555'})}", 401),
        (f"Bearer {token([1])}", 200),
        ("Bearer", 401),
        ("Basic dXNlcjpwYXNz", 401),
        ("", 401),
    ],
)
def test_authorization(graph: Graph, authorization: str, status: int) -> None:
    assert graph.send("GET", "/v1.0/organization", Authorization=authorization).status_code == status


def test_a_batch_needs_a_token_too(graph: Graph) -> None:
    parts = {"requests": [{"id": "1", "method": "GET", "url": "/organization"}]}
    assert graph.send("POST", "/v1.0/$batch", parts, Authorization="").status_code == 401


def test_the_log_never_holds_a_token(graph: Graph) -> None:
    graph.send("GET", "/v1.0/organization", Authorization="Bearer secret-value")
    graph.send("POST", "/v1.0/$batch", {"requests": [{"id": "1", "method": "GET", "url": "/organization"}]})
    assert "secret-value" not in repr(graph.emulator.log)
    assert "any" not in repr([request.headers.get("authorization") for request in graph.emulator.log])


# -- the wire ----------------------------------------------------------------------------------------------------------


def test_headers_of_an_answer(graph: Graph) -> None:
    headers = graph.send("GET", CONFIGURATIONS).headers
    assert headers["content-type"].startswith("application/json;odata.metadata=minimal")
    assert headers["request-id"] == headers["client-request-id"]
    assert headers["date"].endswith("GMT")
    assert "x-ms-ags-diagnostic" in headers
    assert graph.send("GET", CONFIGURATIONS, client_request_id="mine").headers["client-request-id"] == "mine"


def test_an_empty_answer_has_no_content(graph: Graph) -> None:
    key = graph.create(APPS, bodies.store_app())
    answer = graph.send("DELETE", f"{APPS}/{key}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_links_follow_the_name_by_which_the_server_was_called(graph: Graph) -> None:
    port = graph.emulator.url.rpartition(":")[2]
    called = graph.send("GET", "/v1.0/organization", Host=f"localhost:{port}").json()
    foreign = graph.send("GET", "/v1.0/organization", Host="graph.example").json()
    assert called["@odata.context"].startswith(f"http://localhost:{port}/")
    assert foreign["@odata.context"].startswith(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"POST /beta/$batch HTTP/1.1\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer x\r\n\r\n", b"411"),
        (b"POST /beta/$batch HTTP/1.1\r\nContent-Length: 99999999\r\nAuthorization: Bearer x\r\n\r\n", b"413"),
        (b"POST /beta/$batch HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"401"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"401"),
    ],
)
def test_bytes_that_no_client_should_send(graph: Graph, raw: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(graph.emulator.url.rpartition(":")[2])), timeout=5) as wire:
        wire.sendall(raw)
        assert status in wire.recv(4096).split(b"\r\n")[0]
    assert graph.send("GET", "/v1.0/organization").status_code == 200


def test_a_body_has_to_call_itself_json(graph: Graph) -> None:
    answer = graph._http.post(f"/beta{CONFIGURATIONS}", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
