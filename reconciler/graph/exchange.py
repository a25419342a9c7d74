"""What went over the wire, as values: one HTTP exchange, one answer, and what may come instead of one.

Made by `transport` and `sender`; `client` hands `Exchange` and `Answer` on to the engine and its run record.
Nothing here holds a header of a request, so nothing here can hold a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from ..model import Absent, Json


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and what became of it; a repeated request is several of these."""

    method: str
    path: str
    """Path and query as they were sent, without scheme and host."""
    status: int | None
    """None where no answer came."""
    client_request_id: str
    """Ours, new for each attempt; Microsoft support finds a request by it."""
    request_id: str | None
    """Graph's own."""
    attempts: int
    """Which attempt at this request it was, from 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request that was carried out."""

    status: int
    body: Json | Absent
    """ABSENT where the service sent none, which is usual for PATCH and DELETE."""
    exchange: Exchange


class Repeat(Enum):
    """What may happen when a request is sent a second time although the first was carried out."""

    READ = "nothing"
    WRITE = "the same state is written again"
    CREATE = "a second object comes to be"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to be sent, as often as its kind allows."""

    method: str
    path: str
    repeat: Repeat
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()
    """The paths inside a `$batch`: the service counts them one by one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


CHALLENGE: Final = "x-reconciler-challenge"
"""The header of a `Reply` in which `transport` hands on a claims challenge, out of the SDK's sight."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """No connection was made, so surely nothing happened."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The request went out, but no answer came that can be read: it may have been carried out."""

    reason: str


Outcome: TypeAlias = Reply | Unsent | Broken
