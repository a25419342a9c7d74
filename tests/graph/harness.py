"""What the tests of `graph` share: clocks that only move when somebody waits, and a connection to a scripted server."""

from __future__ import annotations

import asyncio
import base64
import heapq
import itertools
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from reconciler.graph.auth import Auth
from reconciler.graph.client import Graph
from reconciler.graph.connect import Endpoint, connect
from reconciler.graph.errors import GraphError

from .scripted import Server

CANARY = "canary-4f7a91c2d8"
"""A token that must never be seen outside of the Authorization header."""

Result = TypeVar("Result")
Raised = TypeVar("Raised", bound=GraphError)


class Clock:
    """Time that moves by sleeping, at once. `slept` holds the lengths of all sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


class VirtualTime:
    """Time for many tasks: it moves to the next wake-up when every task is asleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._asleep, (self.now + seconds, next(self._count), woken))
        await woken

    async def run(self, *tasks: Coroutine[Any, Any, None]) -> None:
        """Run the tasks to their ends, moving time on whenever they all wait for it."""
        group = asyncio.gather(*tasks)
        while not group.done():
            for _ in range(12):
                await asyncio.sleep(0)
            if self._asleep and not group.done():
                self.now, _, woken = heapq.heappop(self._asleep)
                woken.set_result(None)
        await group


def token_auth(token: str = CANARY) -> Auth:
    return Auth.from_workspace({"method": "token"}, {"RECONCILER_ACCESS_TOKEN": token})


def jwt(**claims: Any) -> str:
    """An unsigned token with these claims."""
    parts = [{"alg": "none"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2ln"])


@asynccontextmanager
async def graph_at(
    server: Server, *, clock: Clock | None = None, jitter: float = 0.0, **options: Any
) -> AsyncIterator[Graph]:
    """A connection to the server, with a clock of its own that never really waits."""
    clock = clock or Clock()
    numbers = itertools.count(1)
    graph = await connect(
        Endpoint(server.url, "global", options.pop("tenant_id", None)),
        token_auth(options.pop("token", CANARY)),
        clock=clock,
        sleep=clock.sleep,
        jitter=lambda: jitter,
        new_id=lambda: f"attempt-{next(numbers)}",
        **options,
    )
    async with graph:
        yield graph


async def raised(kind: type[Raised], coroutine: Coroutine[Any, Any, object]) -> Raised:
    """The error that the coroutine ends with, which must be exactly of this kind."""
    with pytest.raises(kind) as caught:
        await coroutine
    assert type(caught.value) is kind
    assert CANARY not in caught.value.message
    return caught.value


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a test's coroutine in a loop of its own."""
    return asyncio.run(coroutine)
