"""The embedded Graph without sockets: what goes over the wire, as one call in one thread, for runs by the thousand.

Requests and answers are bytes and headers as over HTTP, and the client above is the real one from `Sender` upwards;
only Microsoft's SDK and the kernel are left out, and with them every thread: a run is the same run each time. Used by
the soak, the crashes and the interleavings; `Rehearsal` is told to use it with `wired=True`.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from reconciler.emulator import Emulator, Fault
from reconciler.emulator.clock import http_date
from reconciler.emulator.exchange import Reply as Answered
from reconciler.emulator.exchange import Request, read_body, split_path
from reconciler.graph.client import Graph
from reconciler.graph.exchange import Broken, Outcome, Reply
from reconciler.graph.jwt import Identity
from reconciler.graph.origin import graph_origin
from reconciler.graph.pacing import Pacing
from reconciler.graph.sender import Sender
from reconciler.graph.throttle import Throttle
from reconciler.graph.tokens import TokenSource

BASE = "http://127.0.0.1:1"


class Killed(BaseException):
    """The process is gone: nothing catches it, and nothing is sent any more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it is about to be served: its number on this wire, from 1."""

    number: int
    method: str
    path: str
    """Decoded, with version, without query."""
    query: str = ""

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not self.path.endswith("/$batch")


async def _at_once() -> None:
    """The turn of one who is alone."""


class Wire:
    """A transport (`graph.sender.Transport`) to one emulator. Several connections may share it.

    `before` and `after` are called around every request that is served; either may raise `Killed`, which ends this
    wire for good. `turn` is awaited first: a scheduler of several connections decides there who goes on.
    """

    def __init__(self, emulator: Emulator, token: str, *, name: str = "request") -> None:
        """`name` begins the ids of the requests, so that the service's log tells connections apart."""
        self.before: Callable[[Arrival], None] = lambda _: None
        self.after: Callable[[Arrival], None] = lambda _: None
        self.turn: Callable[[], Awaitable[None]] = _at_once
        self._emulator = emulator
        self._service = emulator._service
        self._token = token
        self._name = name
        self._count = 0
        self._dead = False

    def revive(self) -> None:
        """A new process: requests are counted from 1, and nobody listens in."""
        self._dead, self._count = False, 0
        self.before = lambda _: None
        self.after = lambda _: None

    def graph(self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> Graph:
        """A signed-in connection over this wire."""
        numbers = itertools.count(1)
        origin = graph_origin(BASE, "global")
        sender = Sender(
            self,
            Tokens(self._token),
            Throttle(clock, sleep, Random(self._count).random, 150.0),
            Pacing(clock=clock, sleep=sleep),
            concurrency=8,
            new_id=lambda: f"{self._name}-{next(numbers)}",
        )
        return Graph(sender, origin, Identity(tenant_id=self._emulator.tenant_id))

    async def exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Outcome:
        """One request, served to its end before anybody else's."""
        await self.turn()
        if self._dead:
            raise Killed
        self._count += 1
        path, _, query = target.partition("?")
        segments = split_path(path)
        arrival = Arrival(self._count, method, "/" + "/".join(segments), query)
        try:
            self.before(arrival)
            outcome = self._served(arrival, segments, query, headers, body or b"")
            self.after(arrival)
        except Killed:
            self._dead = True
            raise
        return outcome

    def _served(
        self, arrival: Arrival, segments: tuple[str, ...], query: str, headers: Mapping[str, str], raw: bytes
    ) -> Outcome:
        fault = self._service.faults.take(arrival.method, arrival.path)
        sent = {name.lower(): value for name, value in headers.items()}
        sent["authorization"] = f"Bearer {self._token}"
        sent.setdefault("content-type", "application/json")
        body, problem = read_body(raw, sent["content-type"])
        request = Request(arrival.method, segments[0], segments[1:], query, sent, body, unreadable=problem)
        return _outcome(self._service.answer(request, BASE, fault), fault, http_date(self._service._clock()))

    async def aclose(self) -> None:
        """Nothing is open."""


def _outcome(reply: Answered, fault: Fault | None, date: str) -> Outcome:
    if fault is not None and fault.kind in ("drop-before", "drop-after-commit", "truncate"):
        return Broken("the connection was closed")
    headers = {"date": date, "content-type": reply.content_type if reply.body else ""}
    return Reply(reply.status, {**headers, **{n.lower(): v for n, v in reply.headers.items()}}, reply.body)


@dataclass(frozen=True, slots=True)
class _Token:
    token: str
    expires_on: int = 2**40


class _Given:
    """A credential that has its token already."""

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> _Token:
        raise AssertionError("not asked: `Tokens` has it")

    def close(self) -> None:
        """Holds nothing."""


class Tokens(TokenSource):
    """One token for good, without the thread in which real credentials wait for somebody."""

    def __init__(self, token: str) -> None:
        super().__init__(_Given(), "", now=lambda: 0.0)
        self._given = _Token(token)

    async def _fetch(self, claims: str | None, *, renew: bool) -> _Token:
        return self._given
