"""Many reads in few requests: `$batch`, twenty at a time, several batches side by side. Used by `client`.

Only reads are ever put into a batch, so a batch may be repeated like a read. Its parts are answered in any order, each
with a status of its own, and are throttled one by one while the batch itself is answered 200 (Microsoft Graph
documentation: JSON batching).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from ..model import ABSENT, Absent, Json, JsonObject
from .complaint import complaint_of
from .errors import GraphError, OutcomeUnknown, Throttled
from .exchange import Answer, Exchange, Repeat, Request
from .sender import Sender, read_headers
from .strictjson import encode
from .throttle import OverBudget, stated_wait
from .verdict import ATTEMPTS, BOUNDED, PAUSES, Move, answer_error, next_move_after

SIZE: Final = 20

Answers: TypeAlias = "list[Json | GraphError]"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Part:
    """The answer to one path of a batch; a status of 0 where there is none."""

    path: str
    exchange: Exchange
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: Json | Absent = ABSENT

    @property
    def move(self) -> Move:
        if self.status == 0 or (200 <= self.status < 300 and self.body is ABSENT):
            return Move.BACK_OFF
        return next_move_after(Repeat.READ, self.status)

    @property
    def stated(self) -> float | None:
        return stated_wait(dict(self.headers), complaint_of(self._json).retry_after)

    @property
    def _json(self) -> Json:
        return None if isinstance(self.body, Absent) else self.body

    def result(self, *, waited_out: float | None = None) -> Json | GraphError:
        if self.move is Move.DONE:
            return self._json
        what = f"GET {self.path.partition('?')[0]}"
        if self.move is Move.BACK_OFF and self.status < 300:
            return OutcomeUnknown(f"{what} could not be read: its batch has no answer to it", exchange=self.exchange)
        complaint = complaint_of(self._json)
        return answer_error(what, Repeat.READ, self.status, complaint, self.exchange, waited_out=waited_out)


async def read_batch(sender: Sender, paths: Sequence[str]) -> Answers:
    """Read every path. Answers stand in the order of the paths; a part that failed is its error, not raised.

    Raises what ends the whole: `Throttled` when the waiting is used up, and the errors of the batches themselves.
    """
    results: dict[int, Json | GraphError] = {}
    waiting = list(range(len(paths)))
    attempt = 0
    while waiting:
        attempt += 1
        parts = await _round(sender, {index: paths[index] for index in waiting})
        again = {index: part for index, part in parts.items() if _again(part, attempt)}
        settled = {index: part for index, part in parts.items() if index not in again}
        if again:
            settled |= await _wait(sender, again, attempt)
        results |= {index: _cleaned(sender, part.result()) for index, part in settled.items()}
        waiting = [index for index in waiting if index not in results]
    return [results[index] for index in range(len(paths))]


def _again(part: _Part, attempt: int) -> bool:
    return part.move is Move.PAUSE or (part.move in BOUNDED and attempt < ATTEMPTS)


async def _wait(sender: Sender, again: dict[int, _Part], attempt: int) -> dict[int, _Part]:
    """Wait once for all parts that are to be repeated; those that are not, because the waiting is used up.

    Raises `Throttled` where it was throttling that used it up.
    """
    pausing = [part for part in again.values() if part.move in PAUSES]
    try:
        if pausing:
            stated = [seconds for part in pausing if (seconds := part.stated) is not None]
            sender.throttle.pause(attempt, max(stated, default=None))
        else:
            await sender.throttle.back_off(attempt)
        return {}
    except OverBudget as over:
        errors = [part.result(waited_out=over.seconds) for part in pausing]
    for error in errors:
        if isinstance(error, Throttled):
            raise sender.clean(error)
    return again


def _cleaned(sender: Sender, result: Json | GraphError) -> Json | GraphError:
    return sender.clean(result) if isinstance(result, GraphError) else result


async def _round(sender: Sender, paths: dict[int, str]) -> dict[int, _Part]:
    """Send every path once, in as few batches as there can be."""
    batches = _batches(paths)
    done = await together([sender.perform(_request(version, batch)) for version, batch in batches])
    parts: dict[int, _Part] = {}
    for (_, batch), answer in zip(batches, done, strict=True):
        parts |= _parts(batch, answer)
    return parts


async def together(coroutines: Sequence[Coroutine[None, None, Result]]) -> list[Result]:
    """Await all of them, then give all results or raise the first error: none is left running."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]


def _batches(paths: dict[int, str]) -> list[tuple[str, dict[int, str]]]:
    """Batches by API version (`/beta` or `/v1.0`), each of at most twenty paths."""
    versions: dict[str, list[int]] = {}
    for index, path in paths.items():
        versions.setdefault("/" + path.split("/")[1], []).append(index)
    return [
        (version, {index: paths[index] for index in indexes[start : start + SIZE]})
        for version, indexes in versions.items()
        for start in range(0, len(indexes), SIZE)
    ]


def _request(version: str, batch: dict[int, str]) -> Request:
    requests: list[Json] = [_inner(index, path, version) for index, path in batch.items()]
    return Request(
        "POST",
        f"{version}/$batch",
        Repeat.READ,
        encode({"requests": requests}),
        parts=tuple(batch.values()),
    )


def _inner(index: int, path: str, version: str) -> JsonObject:
    inner: JsonObject = {"id": str(index), "method": "GET", "url": path.removeprefix(version)}
    headers: JsonObject = dict(read_headers(path))
    return {**inner, "headers": headers}


def _parts(batch: dict[int, str], answer: Answer) -> dict[int, _Part]:
    """The part of each path. One that is missing, malformed or answered twice has no status."""
    parts = {index: _Part(path, answer.exchange) for index, path in batch.items()}
    responses = answer.body.get("responses") if isinstance(answer.body, dict) else None
    seen: set[int] = set()
    for response in responses if isinstance(responses, list) else []:
        index = _index(response)
        if index not in parts or not isinstance(response, dict):
            continue
        parts[index] = _Part(batch[index], answer.exchange) if index in seen else _part(parts[index], response)
        seen.add(index)
    return parts


def _index(response: Json) -> int:
    identity = response.get("id") if isinstance(response, dict) else None
    return int(identity) if isinstance(identity, str) and identity.isdecimal() and len(identity) < 10 else -1


def _part(asked: _Part, response: JsonObject) -> _Part:
    status, headers = response.get("status"), response.get("headers")
    if not isinstance(status, int) or isinstance(status, bool):
        return asked
    named = headers.items() if isinstance(headers, dict) else ()
    texts = tuple((name.lower(), value) for name, value in named if isinstance(value, str))
    return _Part(asked.path, asked.exchange, status, texts, response.get("body", ABSENT))
