"""No request goes where an answer of Graph points, whatever it points with and wherever in the answer it stands.

Over real HTTP: one server in the place of Graph gives answers that name a second one, with every URL of
`tests.graph.foreign_urls`. At the end the second server must have heard nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from reconciler.engine.refresh import read, read_object
from reconciler.graph.client import Graph
from reconciler.graph.errors import GraphError
from reconciler.kinds import REGISTRY
from tests.graph.foreign_urls import FOREIGN, aimed
from tests.graph.harness import CANARY, graph_at
from tests.graph.scripted import Says, Seen, Server

COLLECTION = {c.key: c for kind in REGISTRY.values() for c in kind.collections}["deviceFeatures"]
PATH = COLLECTION.path
SOME = FOREIGN[8::9]
"""A spread of the URLs, for places that differ from a tested one only in a method or a status."""

Answer = Callable[[str, Seen], Says]
"""The URL to smuggle in and what was asked -> what Graph says."""
Ask = Callable[[Graph], Awaitable[object]]


@dataclass(frozen=True)
class Place:
    """Where in an answer the URL stands, and what makes the client read that answer."""

    answer: Answer
    ask: Ask
    fails: bool
    """Whether it must end in an error; otherwise the URL is just not looked at."""
    urls: Sequence[str] = tuple(FOREIGN)


# -- what is asked -----------------------------------------------------------------------------------------------------


def listed(graph: Graph) -> Awaitable[object]:
    return graph.list(PATH)


async def batched(graph: Graph) -> None:
    for found in await graph.batch_lists([PATH, PATH + "/a/assignments"]):
        if isinstance(found, GraphError):
            raise found


def sent(method: str) -> Ask:
    return listed if method == "GET" else lambda graph: graph.send(method, PATH, {"a": 1}, create=method == "POST")


async def read_whole(graph: Graph) -> None:
    """The collection with its assignments, and then each object by its id."""
    for live in (await read(graph, COLLECTION)).objects:
        await read_object(graph, COLLECTION, live.id)


# -- what is answered --------------------------------------------------------------------------------------------------


def page(*items: Any, **members: Any) -> Says:
    return Says(200, {"value": [*items], **members})


def next_link(url: str, _: Seen) -> Says:
    return page(**{"@odata.nextLink": url})


def later_next_link(url: str, seen: Seen) -> Says:
    here = f"http://{seen.headers['host']}{PATH}?$skiptoken=2"
    return page(**{"@odata.nextLink": url if "skiptoken" in seen.target else here})


def parts(seen: Seen, **part: Any) -> Says:
    return Says(200, {"responses": [{"id": each["id"], **part} for each in seen.json["requests"]]})


def next_link_in_batch(url: str, seen: Seen) -> Says:
    return parts(seen, status=200, body={"value": [], "@odata.nextLink": url})


def redirect_in_batch(url: str, seen: Seen) -> Says:
    return parts(seen, status=302, headers={"Location": url}, body={"value": []})


def links(url: str, seen: Seen) -> Says:
    """Objects with every sort of link that OData knows, and an expansion that is said to go on elsewhere."""
    names = ("id", "editLink", "readLink", "mediaReadLink", "context", "deltaLink", "type")
    found = {f"@odata.{name}": url for name in names}
    found |= {f"assignments@odata.{name}": url for name in ("navigationLink", "associationLink", "context", "nextLink")}
    return _as_asked(seen, {**found, "id": "a", "assignments": [{"id": "1", "target": {"@odata.id": url}}]})


def an_id(url: str, seen: Seen) -> Says:
    """An object whose id is the URL: it is a quoted segment of a path here, whatever it looks like."""
    return _as_asked(seen, {"id": url or "x", "assignments": []})


def _as_asked(seen: Seen, item: dict[str, Any]) -> Says:
    if seen.target.endswith("/$batch"):
        return parts(seen, status=200, body={"value": []})
    if "/assignments" in seen.target:
        return page()
    return page(item) if seen.target.startswith(PATH + "?") else Says(200, item)


def challenge(url: str, _: Seen) -> Says:
    asks = f'Bearer realm="", authorization_uri="{_in_header(url)}", error="insufficient_claims", claims="e30="'
    return Says(401, {"error": {"code": "InvalidAuthenticationToken", "message": url}}, {"WWW-Authenticate": asks})


def redirect(status: int) -> Answer:
    return lambda url, _: Says(status, b"", {"Location": _in_header(url)})


def header(name: str) -> Answer:
    return lambda url, _: Says(200, {"id": "x", "value": []}, {name: _in_header(url)})


def _in_header(url: str) -> str:
    """The URL as bytes of a header; line ends and null would end it, so they are escaped."""
    for character in "\r\n\x00":
        url = url.replace(character, f"%{ord(character):02x}")
    return url.encode("utf-8").decode("latin-1")


PLACES = {
    "next link": Place(next_link, listed, fails=True),
    "next link of a later page": Place(later_next_link, listed, fails=True),
    "next link in a batch": Place(next_link_in_batch, batched, fails=True),
    "redirect in a batch": Place(redirect_in_batch, batched, fails=True),
    "redirect": Place(redirect(302), listed, fails=True),
    "links of an object": Place(links, read_whole, fails=False),
    "id of an object": Place(an_id, read_whole, fails=False),
    "challenge": Place(challenge, listed, fails=True),
    **{
        f"redirect {status} to {method}": Place(redirect(status), sent(method), True, SOME)
        for status in (300, 301, 303, 307, 308)
        for method in ("GET", "POST", "PATCH", "DELETE", "PUT")
    },
    **{
        f"{name} after {method}": Place(header(name), sent(method), False, SOME)
        for name in ("Location", "Content-Location", "Operation-Location", "Link", "Refresh")
        for method in ("GET", "POST")
    },
}


class Pair:
    """A server in the place of Graph, and one in the place of every foreign host."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Answer = next_link
        self.home = Server(by=lambda seen: self.answer(self.url, seen))
        self.evil = Server(Says(200, {"value": []}))

    async def ask(self, place: Place) -> list[str]:
        """Ask with every URL of a place. The URLs with which it did not end as it must."""
        here, there = (server.url.removeprefix("http://") for server in (self.home, self.evil))
        wrong = []
        self.answer = place.answer
        async with graph_at(self.home) as graph:
            for url in place.urls:
                self.url = aimed(url, home=here, evil=there)
                if await _fails(place.ask(graph)) != place.fails:
                    wrong.append(url)
        return wrong


async def _fails(asked: Awaitable[object]) -> bool:
    (error,) = await asyncio.gather(asked, return_exceptions=True)
    assert CANARY not in str(error)
    assert not isinstance(error, BaseException) or isinstance(error, GraphError)
    return isinstance(error, GraphError)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    made = Pair()
    with made.home, made.evil:
        yield made


@pytest.mark.parametrize("name", PLACES)
def test_invariant_42_nothing_is_sent_to_another_host(name: str, pair: Pair) -> None:
    pair.home.seen.clear()
    assert asyncio.run(pair.ask(PLACES[name])) == []
    assert pair.evil.seen == []
    assert len(pair.home.seen) >= len(PLACES[name].urls)
    assert {seen.headers["host"] for seen in pair.home.seen} == {pair.home.url.removeprefix("http://")}
    assert all(seen.target.startswith((PATH, "/beta/$batch")) for seen in pair.home.seen)


def test_every_sort_of_trick_is_tried() -> None:
    tried = "\n".join(FOREIGN).casefold()
    tricks = ("@", ":444", "http://", ".evil.example", "\\", "xn--", "[::1]", "\n//", "%2f", "com./", "\t", "%00", "..")
    assert [trick for trick in tricks if trick not in tried] == []
    assert len(set(FOREIGN)) > 90


def test_the_other_host_would_hear_of_it(pair: Pair) -> None:
    """The table proves nothing if nobody listens."""
    with httpx.Client(trust_env=False) as client:
        assert client.get(pair.evil.url + "/heard").status_code == 200
    assert pair.evil.seen.pop().target == "/heard"
