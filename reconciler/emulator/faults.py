"""Scripted faults: what a network, a proxy or a tired service does to one request.

`Emulator.fail` takes them in order; each is used up after `times` matches. The server asks
`FaultScript.take` once for every HTTP request and once for every part of a `$batch`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model import Json

from .exchange import Reply, json_reply

PAGE = b"<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body><h1>Sign in</h1></body></html>"

FaultKind = Literal[
    "status",
    "status-after-commit",
    "drop-before",
    "drop-after-commit",
    "truncate",
    "html",
    "empty",
    "null",
    "body",
    "slow",
    "expire",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted fault.

    `method` and `path` (a regular expression searched in the decoded path with `/beta`; None matches all) pick
    requests; the first `after` of those pass, the next `times` meet the fault. By `kind`:

    - `status`: answers `status` with `headers` and `body` without doing anything (a Graph error body if None)
    - `status-after-commit`: does it, then answers so
    - `drop-before`, `drop-after-commit`: closes the connection without an answer
    - `truncate`: does it, then sends half of the answer and closes
    - `html`, `empty`, `null`: 200 with a web page, nothing, `null`; nothing is done
    - `body`: 200 with `body` (text is sent as it is, anything else as JSON); nothing is done
    - `slow`: does it, answers `seconds` later
    - `expire`: 401, and the token of this request is never taken again; another one is

    In a part of a `$batch` only the kinds with a status apply; the others count as `status` 500. A part has the token
    of its envelope, so `expire` passes parts by.
    """

    kind: FaultKind = "status"
    method: str | None = None
    path: str | None = None
    after: int = 0
    times: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    seconds: float = 0.0

    @property
    def commits(self) -> bool:
        """Whether the request takes effect although the client sees a failure."""
        return self.kind in ("status-after-commit", "drop-after-commit", "truncate", "slow")

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is about."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or re.search(self.path, path) is not None

    def scripted(self) -> Reply | None:
        """What is answered instead of the service; None if the service or nobody answers."""
        match self.kind:
            case "html":
                return Reply(200, PAGE, content_type="text/html")
            case "empty":
                return Reply(200, headers=self.headers)
            case "null":
                return Reply(200, b"null", self.headers)
            case "body":
                return self._own_body(200)
            case "status" | "status-after-commit" if self.body is not None:
                return self._own_body(self.status)
        return None

    def _own_body(self, status: int) -> Reply:
        if isinstance(self.body, str):
            return Reply(status, self.body.encode(), self.headers)
        return json_reply(status, self.body, self.headers)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0


class FaultScript:
    """The faults that are still to come, in order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def take(self, method: str, path: str, *, inner: bool = False) -> Fault | None:
        """The fault that this request meets. Every matching fault before it counts the request as seen."""
        with self._lock:
            for armed in self._armed:
                if not armed.fault.matches(method, path) or (inner and armed.fault.kind == "expire"):
                    continue
                armed.seen += 1
                if armed.seen <= armed.fault.after:
                    continue
                if armed.seen >= armed.fault.after + armed.fault.times:
                    self._armed.remove(armed)
                return armed.fault
        return None
