"""Many reads in few requests."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.graph.errors import Forbidden, GraphError, IncompleteRead, NotFound, OutcomeUnknown, Throttled

from .harness import Clock, graph_at, raised, run
from .scripted import Says, Seen, Server

Inner = Callable[[str], dict[str, Any] | None]


def answering(inner: Inner, *, seed: int = 1) -> Server:
    """A server whose batches answer each part with `inner(url)`, shuffled; None leaves a part out."""
    order = random.Random(seed)

    def answer(seen: Seen) -> Says:
        if seen.method == "GET":
            return Says(200, {"value": [{"id": seen.target}]})
        version = seen.target.removesuffix("/$batch")
        parts = [(part["id"], inner(version + part["url"])) for part in seen.json["requests"]]
        responses = [{"id": key, **part} for key, part in parts if part is not None]
        order.shuffle(responses)
        return Says(200, {"responses": responses})

    return Server(by=answer)


def batched(
    server: Server, paths: list[str], *, lists: bool = False, clock: Clock | None = None, **options: Any
) -> Any:
    async def reading() -> Any:
        async with graph_at(server, clock=clock, **options) as graph:
            return await (graph.batch_lists(paths) if lists else graph.batch(paths))

    with server:
        return run(reading())


def ok(path: str) -> dict[str, Any]:
    return {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"path": path}}


def test_answers_stand_in_the_order_of_the_paths() -> None:
    paths = [f"/{'beta' if number % 3 else 'v1.0'}/things/{number}?$select=id" for number in range(65)]
    server = answering(ok)
    assert batched(server, paths) == [{"path": path} for path in paths]
    sizes = {seen.target: [] for seen in server.seen}
    for seen in server.seen:
        sizes[seen.target].append(len(seen.json["requests"]))
    assert {version: sorted(counts) for version, counts in sizes.items()} == {
        "/beta/$batch": [3, 20, 20],
        "/v1.0/$batch": [2, 20],
    }


def test_a_batch_carries_reads_only_and_relative() -> None:
    server = answering(ok)
    batched(server, ["/beta/a?$filter=displayName%20eq%20'x'", "/beta/users/$count"])
    first, second = server.seen[0].json["requests"]
    assert (first["method"], first["url"]) == ("GET", "/a?$filter=displayName%20eq%20'x'")
    assert first["headers"] == {"Prefer": "include-unknown-enum-members"}
    assert second["headers"]["ConsistencyLevel"] == "eventual"


def test_nothing_asked_nothing_sent() -> None:
    server = answering(ok)
    assert batched(server, []) == []
    assert server.seen == []


def test_a_part_that_failed_is_its_error() -> None:
    faults = {
        "/beta/gone": {"status": 404, "body": {"error": {"code": "NotFound", "message": "no such thing"}}},
        "/beta/secret": {"status": 403, "body": {"error": {"code": "Forbidden", "message": "needs Device.Read.All"}}},
    }
    good, gone, secret = batched(
        answering(lambda path: faults.get(path) or ok(path)), ["/beta/good", "/beta/gone", "/beta/secret"]
    )
    assert good == {"path": "/beta/good"}
    assert (type(gone), gone.code, gone.exchange.path) == (NotFound, "NotFound", "/beta/$batch")
    assert gone.message.startswith("GET /beta/gone was refused with 404")
    assert (type(secret), secret.scopes) == (Forbidden, ("Device.Read.All",))


def test_throttled_and_failed_parts_are_read_again_together() -> None:
    clock = Clock()
    tries = itertools.count()
    waits = {"/beta/t/3": "7", "/beta/t/44": "2.5", "/beta/t/20": None}

    def inner(path: str) -> dict[str, Any] | None:
        if next(tries) < 45:
            if path in waits:
                headers = {} if waits[path] is None else {"retry-AFTER": waits[path]}
                return {"status": 429, "headers": headers, "body": {}}
            if path == "/beta/t/9":
                return {"status": 502}
            if path == "/beta/t/10":
                return None
        return ok(path)

    paths = [f"/beta/t/{number}" for number in range(45)]
    server = answering(inner)
    assert batched(server, paths, clock=clock) == [{"path": path} for path in paths]
    assert len(server.seen) == 4
    assert len(server.seen[-1].json["requests"]) == 5
    assert clock.slept == [7.0]


@pytest.mark.parametrize(
    "part",
    [
        {"status": 500},
        {"status": 503, "headers": {"Retry-After": "1"}},
        {"status": 502, "body": "<html>"},
        {"status": 200},
        {"status": "200", "body": {}},
        {"status": True, "body": {}},
        {},
        None,
    ],
    ids=str,
)
def test_a_part_that_is_never_answered_is_unknown(part: dict[str, Any] | None) -> None:
    server = answering(lambda path: part if path == "/beta/bad" else ok(path))
    good, bad = batched(server, ["/beta/good", "/beta/bad"])
    assert good == {"path": "/beta/good"}
    assert type(bad) is OutcomeUnknown
    assert [len(seen.json["requests"]) for seen in server.seen] == [2, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "responses",
    [
        None,
        {},
        "x",
        [1, None, "x", []],
        [{"id": "99", "status": 200, "body": {}}],
        [{"id": 0, "status": 200, "body": {}}],
        [{"id": "0", "status": 200, "body": {"a": 1}}, {"id": "0", "status": 200, "body": {"a": 2}}],
    ],
    ids=range(7),
)
def test_an_answer_that_fits_no_part_is_no_answer(responses: Any) -> None:
    (result,) = batched(Server(Says(200, {"responses": responses})), ["/beta/a"])
    assert type(result) is OutcomeUnknown


def test_a_part_may_be_null() -> None:
    assert batched(answering(lambda path: {"status": 200, "body": None}), ["/beta/a"]) == [None]


def test_throttling_beyond_the_budget_ends_the_batch() -> None:
    async def reading() -> None:
        async with graph_at(server) as graph:
            error = await raised(Throttled, graph.batch(["/beta/a", "/beta/b"]))
            assert error.resume_after == 9000.0

    with answering(lambda path: {"status": 429, "headers": {"Retry-After": "9000"}}) as server:
        run(reading())


def test_a_fault_that_outlasts_the_budget_is_the_error_of_its_part() -> None:
    server = answering(lambda path: {"status": 503} if path == "/beta/bad" else ok(path))
    good, bad = batched(server, ["/beta/good", "/beta/bad"], budget=0.5)
    assert good == {"path": "/beta/good"}
    assert type(bad) is OutcomeUnknown
    assert len(server.seen) == 1


def test_a_batch_that_fails_as_a_whole_is_repeated_like_a_read() -> None:
    good = answering(ok)
    failing = iter([Says(504), Says(200, {}, framing="reset")])
    server = Server(by=lambda seen: next(failing, None) or good.answer(seen))
    with good:
        assert batched(server, ["/beta/a"]) == [{"path": "/beta/a"}]
    assert len(server.seen) == 3


def test_throttling_beyond_the_budget_ends_the_reading_of_lists() -> None:
    async def reading() -> None:
        async with graph_at(server) as graph:
            await raised(Throttled, graph.batch_lists(["/beta/a", "/beta/b"]))

    first = answering(lambda path: {"status": 200, "body": {"value": [], "@odata.nextLink": f"{server.url}{path}?x"}})
    throttled = Says(429, headers={"Retry-After": "9000"})
    with first, Server(by=lambda seen: throttled if seen.method == "GET" else first.answer(seen)) as server:
        run(reading())


def test_lists_are_read_to_their_ends() -> None:
    def inner(path: str) -> dict[str, Any]:
        page: dict[str, Any] = {"value": [{"id": path}]}
        if path.endswith("2/assignments"):
            page["@odata.nextLink"] = f"{server.url}{path}?$skiptoken=1"
        if path.endswith("3/assignments"):
            page["@odata.nextLink"] = "https://evil.example/beta/x"
        if path.endswith("4/assignments"):
            return {"status": 404, "body": {}}
        return {"status": 200, "body": {} if path.endswith("5/assignments") else page}

    server = answering(inner)
    paths = [f"/beta/profiles/{number}/assignments" for number in range(1, 6)]
    one, two, three, four, five = batched(server, paths, lists=True)
    assert one == [{"id": paths[0]}]
    assert two == [{"id": paths[1]}, {"id": f"{paths[1]}?$skiptoken=1"}]
    assert [type(error) for error in (three, four, five)] == [IncompleteRead, NotFound, IncompleteRead]
    assert all(isinstance(error, GraphError) for error in (three, four, five))
