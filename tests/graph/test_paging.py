"""Lists of many pages: complete, or an error."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.graph.errors import Forbidden, GraphError, IncompleteRead, OutcomeUnknown
from reconciler.graph.origin import Origin
from reconciler.graph.paging import Collection

from .foreign_urls import FOREIGN
from .harness import graph_at, raised, run
from .scripted import Says, Seen, Server

PATH = "/beta/deviceManagement/deviceConfigurations"


def pages(*bodies: Any, path: str = PATH) -> Server:
    """A server with these pages; `NEXT` in a body stands for the URL of the page after it."""

    def answer(seen: Seen) -> Says:
        number = int(seen.target.partition("skiptoken=")[2] or 0)
        body = bodies[number]
        if isinstance(body, dict) and body.get("@odata.nextLink") == "NEXT":
            body = {**body, "@odata.nextLink": f"{server.url}{path}?$skiptoken={number + 1}"}
        return body if isinstance(body, Says) else Says(200, body)

    server = Server(by=answer)
    return server


def read(server: Server, **options: Any) -> Any:
    async def reading() -> Any:
        async with graph_at(server, **options) as graph:
            try:
                return await graph.list(PATH)
            except GraphError as error:
                return error

    with server:
        return run(reading())


def item(number: int) -> dict[str, Any]:
    return {"id": f"id-{number}", "displayName": f"Profile {number}"}


def test_every_page_counts_and_an_empty_one_is_not_the_end() -> None:
    server = pages(
        {"value": [item(1)], "@odata.nextLink": "NEXT"},
        {"value": [], "@odata.nextLink": "NEXT"},
        {"@odata.count": 0, "value": [item(2), item(3)]},
    )
    assert read(server) == [item(1), item(2), item(3)]
    assert len(server.seen) == 3


def test_a_next_link_goes_out_byte_for_byte() -> None:
    query = "$filter=isof('microsoft.graph.x')&$skiptoken=%255Bcosmosdb%255D%2b~a!*()'[x]%20%7e"
    server = Server(
        by=lambda seen: (
            Says(200, {"value": []})
            if "?" in seen.target
            else Says(200, {"value": [], "@odata.nextLink": f"{server.url}{PATH}?{query}"})
        )
    )
    assert read(server) == []
    assert server.seen[1].target == f"{PATH}?{query}"


def test_an_object_that_comes_twice_is_kept_once() -> None:
    server = pages({"value": [item(1), item(2)], "@odata.nextLink": "NEXT"}, {"value": [item(2), item(3)]})
    assert read(server) == [item(1), item(2), item(3)]


def test_values_without_an_id_are_all_kept() -> None:
    assert read(pages({"value": [{"a": 1}, {"a": 1}]})) == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ([{}], "no list of values"),
        ([{"value": None}], "no list of values"),
        ([{"value": {}}], "no list of values"),
        ([{"value": "x"}], "no list of values"),
        ([[]], "not an object"),
        ([None], "not an object"),
        ([7], "not an object"),
        ([{"value": [1]}], "not an object"),
        ([{"value": [None]}], "not an object"),
        ([{"value": [], "@odata.nextLink": ""}], "not a URL"),
        ([{"value": [], "@odata.nextLink": None}], "not a URL"),
        ([{"value": [], "@odata.nextLink": 1}], "not a URL"),
        ([{"value": [], "@odata.nextLink": "NEXT"}, {}], "no list of values"),
        ([{"value": [item(1)], "@odata.nextLink": "NEXT"}, {"value": [{**item(1), "x": 1}]}], "differs"),
    ],
)
def test_a_list_that_is_not_proven_complete_is_refused(bodies: list[Any], why: str) -> None:
    if bodies == [None]:
        bodies = [Says(200, b"null")]
    error = read(pages(*bodies))
    assert type(error) is IncompleteRead
    assert why in error.message
    assert PATH in error.message
    assert error.exchange is not None


@pytest.mark.parametrize("loop", ["", "?$skiptoken=1"])
def test_a_link_to_a_page_that_was_read_is_refused(loop: str) -> None:
    server = Server(
        by=lambda seen: Says(
            200,
            {"value": [], "@odata.nextLink": server.url + PATH + (loop if "?" in seen.target else "?$skiptoken=1")},
        )
    )
    error = read(server)
    assert type(error) is IncompleteRead
    assert "leads back" in error.message
    assert len(server.seen) == 2


def test_a_list_without_an_end_is_refused() -> None:
    collection = Collection(Origin.of("https://graph.microsoft.com"), PATH, page_limit=3)
    links = [f"https://graph.microsoft.com{PATH}?$skiptoken={number}" for number in range(3)]
    assert collection.add({"value": [], "@odata.nextLink": links[0]})
    assert collection.add({"value": [], "@odata.nextLink": links[1]})
    with pytest.raises(IncompleteRead, match="more than 3 pages"):
        collection.add({"value": [], "@odata.nextLink": links[2]})


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Says(403, {"error": {"code": "Forbidden", "message": "no"}}), Forbidden),
        (Says(500), OutcomeUnknown),
        (Says(200, b"<html>", kind="text/html"), OutcomeUnknown),
        (Says(200, b""), OutcomeUnknown),
        (Says(200, {"value": [item(2)]}, framing="short"), OutcomeUnknown),
        (Says(200, {"value": [item(2)]}, framing="close"), OutcomeUnknown),
        (Says(204), OutcomeUnknown),
    ],
)
def test_a_failure_on_a_later_page_fails_the_list(fault: Says, kind: type[GraphError]) -> None:
    assert type(read(pages({"value": [item(1)], "@odata.nextLink": "NEXT"}, fault))) is kind


def test_a_passing_failure_on_a_later_page_is_read_again() -> None:
    server = Server(
        Says(502),
        Says(200, {"value": [item(1)]}, framing="short"),
        Says(200, {"value": [item(1)]}, framing="reset"),
        Says(200, {"value": [item(1)]}, framing="chunked"),
    )
    assert read(server) == [item(1)]


@pytest.mark.parametrize("link", FOREIGN)
def test_no_request_follows_a_foreign_next_link(link: str) -> None:
    """Every foreign URL, with one server in the place of Graph and another in the place of the foreign host."""

    async def reading() -> None:
        async with graph_at(home) as graph:
            await raised(IncompleteRead, graph.list(PATH))

    with Server(Says(200, {"value": []})) as evil, Server(Says(200, {"value": []})) as home:
        here, there = home.url.removeprefix("http://"), evil.url.removeprefix("http://")
        scheme = {"https": "http", "http": "https"}  # this connection is http, so the right and the wrong one swap
        name, colon, rest = link.partition(":")
        link = scheme.get(name, name) + colon + rest
        link = link.replace("graph.microsoft.com", here).replace("evil.example", there).replace("/beta/x", PATH)
        home.answers = [Says(200, {"value": [], "@odata.nextLink": link})]
        run(reading())
        assert len(home.seen) == 1
        assert evil.seen == []


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_follows_a_redirect(status: int, method: str) -> None:
    async def asking() -> None:
        async with graph_at(home) as graph:
            asked = graph.get(PATH) if method == "GET" else graph.send(method, PATH, {})
            error = await raised(OutcomeUnknown, asked)
            assert "redirect" in error.message

    with Server(Says(200, {"value": []})) as evil, Server(Says()) as home:
        home.answers = [Says(status, b"", {"Location": evil.url + PATH})]
        run(asking())
        assert len(home.seen) == 1
        assert evil.seen == []
