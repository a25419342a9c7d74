"""Sends one request as often as its kind allows, and keeps the record of every exchange. Used by `client` and `batch`.

The loop is thin: `verdict` decides what an outcome means, `throttle` how long to wait, `pacing` when there is room.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from ..model import ABSENT, Absent, Json
from .approval import approval_required
from .complaint import read_complaint
from .errors import GraphError, Interrupted
from .exchange import CHALLENGE, Answer, Broken, Exchange, Outcome, Repeat, Reply, Request
from .pacing import Pacing
from .strictjson import decode
from .throttle import OverBudget, Throttle, stated_wait
from .tokens import TokenSource
from .verdict import (
    ATTEMPTS,
    BOUNDED,
    PAUSES,
    Move,
    failure,
    held_back,
    interrupted,
    next_move,
    unless_carried_out,
)
from .watch import Unwatched, Watch
from .wording import printable, redacted

_log = logging.getLogger("reconciler.graph")
_CLAIMS = re.compile(r'claims="([^"]+)"')

AnyGraphError = TypeVar("AnyGraphError", bound=GraphError)


class Transport(Protocol):
    """What sends one request, once."""

    async def exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Outcome: ...
    async def aclose(self) -> None: ...


class Sender:
    """Requests of one connection, at most `concurrency` of them under way at once."""

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        throttle: Throttle,
        pacing: Pacing,
        *,
        concurrency: int,
        new_id: Callable[[], str],
        stopping: Callable[[], bool] = lambda: False,
        watch: Watch | None = None,
    ) -> None:
        """`stopping` is asked before each attempt at a write: once it is true, none is begun.

        `watch` is told how many requests there are.
        """
        self.exchanges: list[Exchange] = []
        self.throttle = throttle
        self._transport = transport
        self._tokens = tokens
        self._pacing = pacing
        self._slots = asyncio.Semaphore(concurrency)
        self._new_id = new_id
        self._stopping = stopping
        self._watch = watch or Unwatched()

    async def perform(self, request: Request) -> Answer:
        """Send until it is done or `verdict` gives up. Raises the errors of `errors`."""
        count = len(request.parts) or 1
        self._watch.asked(count)
        try:
            if request.repeat is Repeat.READ:
                return await self._perform(request)
            async with self._pacing.writer(request.path):
                return await self._perform(request)
        finally:
            self._watch.answered(count)

    async def _perform(self, request: Request) -> Answer:
        attempt = failed = 0
        renewed = False
        last: tuple[Outcome, Exchange] | None = None
        while True:
            attempt += 1
            try:
                token, outcome, exchange = await self._once(request, attempt)
            except OverBudget as over:
                raise self.clean(unless_carried_out(held_back(request, over.seconds), request, last)) from None
            except Interrupted:
                raise self.clean(unless_carried_out(interrupted(request, last), request, last)) from None
            if asked := approval_required(request, outcome, exchange):
                raise self.clean(asked)
            outcome, body = _read(request, outcome)
            last = outcome, exchange
            move = next_move(request.repeat, outcome)
            if move is Move.DONE and isinstance(outcome, Reply):
                return Answer(outcome.status, body, exchange)
            failed += move in BOUNDED
            if move is Move.NEW_TOKEN and not renewed and isinstance(outcome, Reply):
                renewed = True
                if await self._renewed(token, outcome):
                    continue
            if move is not Move.PAUSE and (move not in BOUNDED or failed >= ATTEMPTS):
                raise self.clean(failure(request, outcome, exchange))
            await self._wait(request, outcome, exchange, attempt, pause=move in PAUSES)

    async def _once(self, request: Request, attempt: int) -> tuple[str, Outcome, Exchange]:
        """One attempt: the token it used, what came of it, and its record."""
        paths = request.parts or (request.path,)
        write = request.repeat is not Repeat.READ
        async with self._pacing.places(paths, write=write), self._slots:
            await self.throttle.until_clear()
            token = (await self._tokens.get_token()).token
            if write and self._stopping():
                raise interrupted(request, None)
            own_id = self._new_id()
            headers = {"Accept": "application/json", "client-request-id": own_id, **dict(request.headers)}
            record = Exchange(request.method, request.path, None, own_id, None, attempt)
            try:
                outcome = await self._transport.exchange(request.method, request.path, headers, request.body)
                if isinstance(outcome, Reply):
                    request_id = printable(outcome.headers.get("request-id", ""), limit=80)
                    record = replace(record, status=outcome.status, request_id=request_id or None)
            finally:
                # Also when this task is cancelled: the request may have gone out.
                self.exchanges.append(record)
        _log.debug("%s %s -> %s (%s)", record.method, record.path, record.status, own_id)
        return token, outcome, record

    async def _renewed(self, token: str, reply: Reply) -> bool:
        """Whether there is a new token after a 401 that is about the token, not about permissions."""
        if read_complaint(reply.body).forbidden:
            return False
        return await self._tokens.renew(token, _claims(reply))

    async def _wait(self, request: Request, outcome: Outcome, exchange: Exchange, attempt: int, *, pause: bool) -> None:
        """Let time pass, or begin a pause that the next attempt waits for. Raises an error where that may not be."""
        try:
            if pause:
                seconds = self.throttle.pause(attempt, _stated(outcome))
                _log.warning("Graph answers %s; all requests wait %.0f s", exchange.status, seconds)
            else:
                _log.warning("%s %s: %s; trying again", request.method, request.path, exchange.status or "no answer")
                await self.throttle.back_off(attempt)
            return
        except OverBudget as over:
            error = failure(request, outcome, exchange, waited_out=over.seconds)
        except Interrupted:
            error = unless_carried_out(interrupted(request, (outcome, exchange)), request, (outcome, exchange))
        raise self.clean(error)

    def clean(self, error: AnyGraphError) -> AnyGraphError:
        """The error without the token, should the service or a proxy have echoed it."""
        error.message = redacted(error.message, self._tokens.secrets)
        error.args = (error.message,)
        return error

    async def aclose(self) -> None:
        """Close connections and forget the token."""
        await self._transport.aclose()
        self._tokens.close()


def _read(request: Request, outcome: Outcome) -> tuple[Outcome, Json | Absent]:
    """The outcome with its value, or as broken where a success has no readable body that it needs."""
    if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
        return outcome, ABSENT
    if not outcome.body.strip():
        if request.repeat is Repeat.READ:
            return Broken(f"the answer ({outcome.status}) has no body"), ABSENT
        return outcome, ABSENT
    media = outcome.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (media.endswith(("/json", "+json")) or (media == "text/plain" and counts(request.path))):
        return Broken(_not_json(outcome, media)), ABSENT
    try:
        return outcome, decode(outcome.body)
    except ValueError as wrong:
        return Broken(f"the answer ({outcome.status}) is not sound JSON: {printable(str(wrong), limit=200)}"), ABSENT


def _stated(outcome: Outcome) -> float | None:
    if not isinstance(outcome, Reply):
        return None
    return stated_wait(outcome.headers, read_complaint(outcome.body).retry_after)


def counts(path: str) -> bool:
    """Whether the path asks for a bare number, which Graph sends as text/plain."""
    return path.partition("?")[0].lower().endswith(("/$count", "/%24count"))


def read_headers(path: str) -> tuple[tuple[str, str], ...]:
    """The headers of a read: real names of new enum members, and what counting and searching the directory need.

    Source: Microsoft Graph documentation, evolvable enumerations; advanced query capabilities on directory objects.
    """
    headers = [("Prefer", "include-unknown-enum-members")]
    query = path.partition("?")[2].lower().replace("%24", "$")
    if counts(path) or "$count=true" in query or "$search=" in query:
        headers.append(("ConsistencyLevel", "eventual"))
    return tuple(headers)


def _not_json(reply: Reply, media: str) -> str:
    said = read_complaint(reply.body).message
    return f"the answer ({reply.status}) is {printable(media, limit=60) or 'of no stated type'}, not JSON: {said}"


def _claims(reply: Reply) -> str | None:
    """The claims that a challenge (continuous access evaluation) asks a new token for."""
    found = _CLAIMS.search(reply.headers.get(CHALLENGE, ""))
    if not found:
        return None
    try:
        return base64.b64decode(found.group(1), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
