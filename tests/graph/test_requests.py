"""Single requests over real HTTP: what is sent, how often, after which waits, and what is raised."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.graph.auth import GivenToken
from reconciler.graph.connect import Endpoint, connect
from reconciler.graph.errors import (
    Forbidden,
    GraphError,
    Interrupted,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unauthorized,
    UntrustedUrl,
)
from reconciler.graph.exchange import Reply
from reconciler.graph.origin import Origin
from reconciler.graph.secret import Secret
from reconciler.graph.tokens import TokenSource
from reconciler.graph.transport import MAX_BODY, SdkTransport
from reconciler.model import ABSENT

from .harness import Clock, graph_at, raised, run, token_auth
from .scripted import Says, Seen, Server

PATH = "/beta/deviceManagement/deviceConfigurations/x"
OK = Says(200, {"id": "x"})


def asked(server: Server, method: str = "GET", *, clock: Clock | None = None, **options: Any) -> Any:
    """The result of one request, or the error it ends with."""
    create = options.pop("create", False)

    async def asking() -> Any:
        async with graph_at(server, clock=clock, **options) as graph:
            try:
                if method == "GET":
                    return await graph.get(PATH)
                return (await graph.send(method, PATH, {"a": 1}, create=create)).body
            except GraphError as error:
                return error

    with server:
        return run(asking())


# --- what is sent


def test_a_read_as_it_goes_out() -> None:
    server = Server(OK)
    assert asked(server) == {"id": "x"}
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("GET", PATH, b"")
    assert seen.headers["authorization"] == "Bearer canary-4f7a91c2d8"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["prefer"] == "include-unknown-enum-members"
    assert seen.headers["client-request-id"] == "attempt-1"
    assert seen.headers["user-agent"].startswith("reconciler/")
    assert "consistencylevel" not in seen.headers


def test_a_write_as_it_goes_out() -> None:
    body = {"displayName": "iOS – Ü", "description": None, "n": [1, 1.5, True]}

    async def sending() -> None:
        async with graph_at(server) as graph:
            answer = await graph.send("PATCH", PATH, body)
            assert (answer.status, answer.body) == (204, ABSENT)
            assert (answer.exchange.method, answer.exchange.request_id) == ("PATCH", "r-1")
            await graph.send("DELETE", PATH, ABSENT)

    with Server(Says(204, headers={"request-id": "r-1"})) as server:
        run(sending())
    patch, delete = server.seen
    assert patch.body == '{"displayName":"iOS – Ü","description":null,"n":[1,1.5,true]}'.encode()
    assert patch.headers["content-type"] == "application/json"
    assert (delete.method, delete.body, "content-type" in delete.headers) == ("DELETE", b"", False)


@pytest.mark.parametrize(
    ("path", "advanced"),
    [
        ("/v1.0/users/$count", True),
        ("/v1.0/groups/x/members/microsoft.graph.user/$count", True),
        ("/v1.0/groups?$count=true&$filter=x", True),
        ("/v1.0/groups?%24search=x", True),
        ("/v1.0/groups?$filter=startswith(displayName,'count')", False),
    ],
)
def test_counting_and_searching_the_directory_ask_for_eventual_consistency(path: str, advanced: bool) -> None:
    async def reading() -> Any:
        async with graph_at(server) as graph:
            return await graph.get(path)

    answer = Says(200, b"\xef\xbb\xbf1234", kind="text/plain") if path.endswith("$count") else Says(200, {})
    with Server(answer) as server:
        assert run(reading()) == (1234 if path.endswith("$count") else {})
    assert (server.seen[0].headers.get("consistencylevel") == "eventual") == advanced


@pytest.mark.parametrize("path", ["", "beta/x", "/other/x", "https://evil.example/beta/x", "//evil.example/beta/x"])
def test_a_path_that_is_none_of_graphs_is_never_sent(path: str) -> None:
    async def asking() -> None:
        async with graph_at(server) as graph:
            for attempt in (graph.get(path), graph.list(path), graph.batch([path]), graph.send("POST", path, {})):
                await raised(UntrustedUrl, attempt)

    with Server(OK) as server:
        run(asking())
    assert server.seen == []


# --- repeating


FAULTS = [Says(status) for status in (500, 502, 503, 504, 408)] + [
    Says(200, {}, framing="reset"),
    Says(200, {}, framing="silent"),
    Says(200, {"a": 1}, framing="short"),
    Says(200, b"<html>", kind="text/html"),
    Says(200, b'{"a": 1'),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda says: f"{says.status}-{says.framing}-{says.kind}")
def test_a_read_is_repeated_after_any_passing_fault(fault: Says) -> None:
    server = Server(fault, OK)
    assert asked(server) == {"id": "x"}
    assert [seen.headers["client-request-id"] for seen in server.seen] == ["attempt-1", "attempt-2"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda says: f"{says.status}-{says.framing}-{says.kind}")
@pytest.mark.parametrize("create", [True, False])
def test_a_write_is_never_repeated_after_an_unknown_outcome(fault: Says, create: bool) -> None:
    server = Server(fault, Says(201, {"id": "second"}))
    result = asked(server, "POST", create=create)
    if fault.status == 503 and not create:
        assert result == {"id": "second"}
        return
    assert type(result) is OutcomeUnknown
    assert "may or may not have been carried out" in result.message
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [429, 509])
def test_every_request_is_repeated_after_throttling(method: str, status: int) -> None:
    clock = Clock()
    server = Server(Says(status, headers={"Retry-After": "3"}), Says(200, {"id": "x"}))
    assert asked(server, method, clock=clock, create=method == "POST") == {"id": "x"}
    assert len(server.seen) == 2
    assert sum(clock.slept) == 3.0


def test_a_read_is_given_up_after_five_attempts() -> None:
    clock = Clock()
    server = Server(Says(500, {"error": {"code": "InternalServerError", "message": "oops"}}))
    error = asked(server, clock=clock, jitter=0.5)
    assert type(error) is OutcomeUnknown
    assert "could not be read: 500 InternalServerError: oops" in error.message
    assert len(server.seen) == 5
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_throttling_does_not_count_as_failing() -> None:
    server = Server(*[Says(429)] * 6, Says(500), Says(429), Says(502), OK)
    assert asked(server) == {"id": "x"}
    assert len(server.seen) == 10


@pytest.mark.parametrize(
    ("wait", "waits"),
    [
        ("0", [1.0, 2.0, 4.0]),
        ("1", [1.0, 2.0, 4.0]),
        ("2.128", [2.128, 2.128, 4.0]),
        ("30", [30.0, 30.0, 30.0]),
        ("soon", [1.0, 1.0, 1.0]),
        (None, [1.0, 1.0, 1.0]),
    ],
)
def test_invariant_32_retry_after_is_obeyed_and_escalates(wait: str | None, waits: list[float]) -> None:
    clock = Clock()
    headers = {} if wait is None else {"Retry-After": wait}
    server = Server(*[Says(429, headers=headers)] * 3, OK)
    assert asked(server, clock=clock) == {"id": "x"}
    assert clock.slept == pytest.approx(waits)


def test_a_wait_inside_the_message_is_obeyed() -> None:
    clock = Clock()
    message = '{"_version": 3, "Message": "Too many - Operation ID x", "RetryAfter": 12}'
    server = Server(Says(429, {"error": {"code": "TooManyRequests", "message": message}}), OK)
    assert asked(server, clock=clock) == {"id": "x"}
    assert clock.slept == [12.0]


def test_a_wait_beyond_the_budget_ends_the_run_at_once() -> None:
    clock = Clock()
    server = Server(Says(429, headers={"Retry-After": "36000"}))
    error = asked(server, "PATCH", clock=clock)
    assert type(error) is Throttled
    assert (error.status, error.resume_after) == (429, 36000.0)
    assert clock.slept == []
    assert len(server.seen) == 1


def test_invariant_33_endless_throttling_ends_when_the_budget_is_spent() -> None:
    clock = Clock()
    server = Server(Says(429, headers={"Retry-After": "40"}))
    error = asked(server, clock=clock, budget=100.0)
    assert type(error) is Throttled
    assert sum(clock.slept) == 80.0
    assert len(server.seen) == 3


def test_one_throttled_task_holds_all_the_others_back() -> None:
    clock = Clock()
    told_at: list[float] = []

    def answer(seen: Seen) -> Says:
        told_at.append(clock.now)
        return Says(429, headers={"Retry-After": "20"}) if len(told_at) == 1 else OK

    async def asking() -> None:
        async with graph_at(server, clock=clock) as graph:
            first = asyncio.create_task(graph.get(PATH))
            while clock.now == 1000.0:
                await asyncio.sleep(0.001)
            await asyncio.gather(first, *(graph.get(PATH) for _ in range(5)))

    with Server(by=answer) as server:
        run(asking())
    assert len(told_at) == 7
    assert min(told_at[1:]) >= 1020.0


def test_after_503_the_retry_goes_over_a_new_connection() -> None:
    server = Server(OK, Says(503, {"error": {"code": "ServiceUnavailable", "message": "later"}}), OK, OK)

    async def asking() -> None:
        async with graph_at(server) as graph:
            for _ in range(3):
                await graph.get(PATH)

    with server:
        run(asking())
    first, refused, retried, last = (seen.connection for seen in server.seen)
    assert first == refused
    assert retried not in {first, refused}
    assert last == retried


SCRIPTS = st.lists(
    st.sampled_from([Says(429, headers={"Retry-After": "2"}), Says(509), Says(401), *FAULTS, Says(403), Says(201)]),
    max_size=5,
)


@settings(deadline=None, max_examples=40)
@given(SCRIPTS, st.booleans())
def test_nothing_that_may_have_been_carried_out_is_sent_again(script: list[Says], create: bool) -> None:
    """The law behind the table: a fault after which the service may have acted is the last thing that is asked."""
    server = Server(*script, Says(201))
    asked(server, "POST", create=create)
    surely_not = {429, 509} if create else {429, 509, 503}
    assert all(says.status in surely_not for says in [*script, Says(201)][: len(server.seen) - 1])


# --- pacing


def test_writes_keep_to_the_published_quota() -> None:
    clock = Clock()

    async def writing() -> None:
        async with graph_at(server, clock=clock) as graph:
            for _ in range(102):
                await graph.send("PATCH", PATH, {})
                at.append(clock.now)
            await graph.get(PATH)
            await graph.send("PATCH", "/beta/deviceAppManagement/mobileApps/x", {})
            at.append(clock.now)

    at: list[float] = []
    with Server(Says(204), Says(200, {})) as server:
        server.answers = [Says(204)] * 102 + [OK, Says(204)]
        run(writing())
    assert at == [1000.0] * 100 + [1020.0] * 3
    assert clock.slept == [20.0]


def test_the_parts_of_batches_keep_to_the_quota_of_reads() -> None:
    clock = Clock()

    async def reading() -> None:
        async with graph_at(server, clock=clock) as graph:
            for _ in range(51):
                await graph.batch([PATH] * 20)

    def answer(seen: Seen) -> Says:
        return Says(
            200, {"responses": [{"id": part["id"], "status": 200, "body": 1} for part in seen.json["requests"]]}
        )

    with Server(by=answer) as server:
        run(reading())
    assert clock.slept == [20.0]


def test_writes_of_one_service_do_not_overlap_and_others_do() -> None:
    under_way: list[str] = []
    most: dict[str, int] = {}
    counting = threading.Lock()
    both = threading.Barrier(2, timeout=10)

    class Counting(Server):
        def answer(self, seen: Seen) -> Says:
            bucket = seen.target.split("/")[3]
            with counting:
                under_way.append(bucket)
                most[bucket] = max(most.get(bucket, 0), under_way.count(bucket))
            both.wait()  # each answer waits for a request of the other service
            with counting:
                under_way.remove(bucket)
            return Says(204)

    async def writing() -> None:
        async with graph_at(server) as graph:
            paths = ["/beta/deviceManagement/deviceConfigurations", "/beta/deviceAppManagement/mobileApps"] * 3
            await asyncio.gather(*(graph.send("POST", path, {}) for path in paths))

    with Counting(Says(204)) as server:
        run(writing())
    assert most == {"deviceConfigurations": 1, "mobileApps": 1}


# --- no connection


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@pytest.mark.parametrize("create", [True, False])
def test_a_request_that_never_left_is_repeated_and_then_reported_as_not_sent(create: bool) -> None:
    clock = Clock()

    async def asking() -> None:
        endpoint = Endpoint(f"http://127.0.0.1:{free_port()}", "global", None)
        async with await connect(endpoint, token_auth(), clock=clock, sleep=clock.sleep, jitter=lambda: 0.5) as graph:
            error = await raised(NotSent, graph.send("POST", PATH, {}, create=create))
            assert "was not sent" in error.message
            assert [exchange.status for exchange in graph.exchanges] == [None] * 5

    run(asking())
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_certificate_that_nobody_vouches_for_is_told_as_such(tmp_path: Path) -> None:
    clock = Clock()

    async def asking(port: int) -> None:
        endpoint = Endpoint(f"https://127.0.0.1:{port}", "global", None)
        async with await connect(endpoint, token_auth(), clock=clock, sleep=clock.sleep) as graph:
            error = await raised(NotSent, graph.send("POST", PATH, {}, create=True))
            assert "certificate is not trusted (self" in error.message
            assert "SSL_CERT_FILE" in (error.hint or "")

    with Server(OK, tls=self_signed(tmp_path)) as server:
        run(asking(int(server.url.rpartition(":")[2])))
    assert server.seen == []


def test_the_authorities_of_a_file_are_trusted(tmp_path: Path) -> None:
    async def asking() -> None:
        tokens = TokenSource(GivenToken(Secret("x")), "scope", now=lambda: 0.0)
        transport = SdkTransport(
            Origin.of(server.url.replace("http:", "https:")),
            tokens,
            connections=1,
            deadline=5.0,
            ca_file=str(tmp_path / "server.pem"),
        )
        outcome = await transport.exchange("GET", PATH, {}, None)
        await transport.aclose()
        assert isinstance(outcome, Reply), outcome

    with Server(OK, tls=self_signed(tmp_path)) as server:
        run(asking())
    assert server.seen[0].target == PATH


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server needs for TLS that no authority stands behind; the certificate is in `server.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=36500))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    pem = built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(("method", "requests"), [("GET", 5), ("POST", 1)])
def test_a_deadline_bounds_a_slow_answer(method: str, requests: int) -> None:
    server = Server(Says(200, {}, delay=0.2))
    started = time.monotonic()
    error = asked(server, method, deadline=0.03)
    assert type(error) is OutcomeUnknown
    assert len(server.seen) == requests
    assert time.monotonic() - started < 5


def test_an_interrupted_write_is_on_record() -> None:
    async def asking() -> None:
        async with graph_at(server) as graph:
            writing = asyncio.create_task(graph.send("POST", PATH, {}, create=True))
            while not server.seen:
                await asyncio.sleep(0.001)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            (exchange,) = graph.exchanges
            assert (exchange.method, exchange.status) == ("POST", None)

    with Server(Says(201, {}, delay=0.1)) as server:
        run(asking())


# --- refusals


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (403, Forbidden), (404, NotFound), (405, Refused), (413, Refused)]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_refusal_is_final(status: int, kind: type[Refused], method: str) -> None:
    server = Server(Says(status, {"error": {"code": "Code", "message": "why"}}, {"request-id": "r-9"}))
    error = asked(server, method)
    assert type(error) is kind
    assert (error.status, error.code) == (status, "Code")
    assert error.message == f"{method} {PATH} was refused with {status} Code: why (request-id r-9)"
    assert len(server.seen) == 1


def test_a_rejected_token_that_cannot_be_renewed_is_not_sent_again() -> None:
    server = Server(Says(401, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}))
    assert type(asked(server)) is Unauthorized
    assert len(server.seen) == 1


def test_a_token_that_is_echoed_does_not_reach_the_message() -> None:
    echo = "<html><title>canary-4f7a91c2d8</title>Authorization: Bearer canary-4f7a91c2d8"
    for fault in (Says(400, echo.encode(), kind="text/html"), Says(400, {"error": {"code": "a", "message": echo}})):
        error = asked(Server(fault))
        assert "canary" not in f"{error} {error!r} {error.message} {error.hint} {error.args}"


# --- bodies


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"id": "1", "id": "2"}', "twice"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": ' + b"1" * 5000 + b"}", "not sound JSON"),
        (b'{"a": 1', "not sound JSON"),
        (b'{"a": 1} {}', "not sound JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b"[" * 200_000 + b"]" * 200_000, "too deeply"),
        (b"", "no body"),
        (b" \n", "no body"),
    ],
    ids=range(13),
)
def test_a_body_that_is_not_sound_json_is_no_answer(body: bytes, why: str) -> None:
    error = asked(Server(Says(200, body)))
    assert type(error) is OutcomeUnknown
    assert why in error.message


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/octet-stream", "", "application/jsonx"])
def test_a_body_of_another_type_is_no_answer(kind: str) -> None:
    error = asked(Server(Says(200, b'{"id": "x"}', kind=kind)))
    assert type(error) is OutcomeUnknown
    assert "not JSON" in error.message


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; odata.metadata=minimal; charset=utf-8", "Application/Problem+JSON"]
)
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("zipped", [True, False])
def test_sound_answers(kind: str, framing: str, zipped: bool) -> None:
    body = b'\xef\xbb\xbf{"name": "\xc3\x9c", "at": "2026-03-12T08:19:05.4757913Z", "n": null}'
    says = Says(
        200,
        gzip.compress(body) if zipped else body,
        {"Content-Encoding": "gzip"} if zipped else {},
        kind=kind,
        framing=framing,
    )
    assert asked(Server(says)) == {"name": "Ü", "at": "2026-03-12T08:19:05.4757913Z", "n": None}


BOMB = gzip.compress(bytes(MAX_BODY + 1), 9)


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (BOMB, "gzip", "longer than 64 MiB"),
        (gzip.compress(b'{"id": "x"}')[:-9], "gzip", "cut off"),
        (gzip.compress(b'{"id": "x"}')[:10], "gzip", "cut off"),
        (b'{"id": "x"}', "gzip", "not the gzip"),
        (b'{"id": "x"}', "br", "not asked for"),
    ],
    ids=["bomb", "cut", "cut-early", "none", "br"],
)
def test_an_encoded_body_is_unpacked_within_bounds(body: bytes, encoding: str, why: str) -> None:
    error = asked(Server(Says(200, body, {"Content-Encoding": encoding})), "POST")
    assert type(error) is OutcomeUnknown
    assert why in error.message


@pytest.mark.parametrize("body", [b"", b'{"id": "x"}'])
def test_an_answer_whose_end_is_not_stated_is_no_answer(body: bytes) -> None:
    error = asked(Server(Says(201, body, framing="close")), "POST", create=True)
    assert type(error) is OutcomeUnknown
    assert "does not state where it ends" in error.message


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_write_may_have_no_body(status: int) -> None:
    assert asked(Server(Says(status)), "POST") is ABSENT


def test_after_a_wait_beyond_the_budget_nothing_more_is_sent() -> None:
    clock = Clock()
    server = Server(Says(429, headers={"Retry-After": "36000"}), OK)

    async def asking() -> None:
        async with graph_at(server, clock=clock) as graph:
            first = await raised(Throttled, graph.send("PATCH", PATH, {}))
            assert "resume after 36000 seconds" in first.message
            clock.now += 60.0
            for later in (graph.get(PATH), graph.send("POST", PATH, {}, create=True), graph.batch([PATH])):
                error = await raised(Throttled, later)
                assert (error.resume_after, error.exchange) == (35940.0, None)
                assert "was not sent" in error.message
                assert "resume after 35940 seconds" in error.message
            clock.now += 35940.0
            assert await graph.get(PATH) == {"id": "x"}

    with server:
        run(asking())
    assert len(server.seen) == 2


# --- a run that is to end


STOPPED: dict[str, tuple[str, bool, Says, type[GraphError], int | None]] = {
    "a write that was put off": ("PATCH", False, Says(429, headers={"Retry-After": "25"}), Interrupted, 429),
    "a create that was put off": ("POST", True, Says(429), Interrupted, 429),
    "a write that may have been done": ("PATCH", False, Says(503), OutcomeUnknown, 503),
    "a write whose token has expired": ("PATCH", False, Says(401), Unauthorized, 401),
    "a read that was put off": ("GET", False, Says(429, headers={"Retry-After": "25"}), Interrupted, 429),
    "a read that failed": ("GET", False, Says(500), Interrupted, 500),
}


@pytest.mark.parametrize("row", STOPPED)
def test_nothing_is_sent_again_once_the_run_is_to_end(row: str) -> None:
    """The signal comes with the first answer. What is raised says whether the request may have been carried out."""
    method, create, says, kind, status = STOPPED[row]
    stop = asyncio.Event()
    server = Server(by=lambda _: stop.set() or says)
    error = asked(server, method, create=create, stop=stop)
    assert type(error) is kind
    assert len(server.seen) == 1
    assert error.exchange.status == status


@pytest.mark.parametrize(("method", "kind"), [("PATCH", Interrupted), ("GET", dict)])
def test_after_a_stop_no_write_begins_and_what_need_not_wait_is_read(method: str, kind: type) -> None:
    stop = asyncio.Event()
    stop.set()
    server = Server(OK)
    assert type(asked(server, method, stop=stop)) is kind
    assert [seen.method for seen in server.seen] == (["GET"] if method == "GET" else [])


def test_a_batch_that_was_put_off_ends_with_the_run() -> None:
    stop = asyncio.Event()
    put_off: Any = {"id": "0", "status": 500, "body": {"error": {"code": "x", "message": "x"}}}
    server = Server(by=lambda _: stop.set() or Says(200, {"responses": [put_off]}))

    async def asking() -> None:
        async with graph_at(server, stop=stop) as graph:
            await raised(Interrupted, graph.batch([PATH]))

    with server:
        run(asking())
    assert len(server.seen) == 1
