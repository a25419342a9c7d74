"""What was asked of the emulator: one record per HTTP request and per part of a `$batch`.

Read by tests and by `Emulator.log`. Never holds a token: the Authorization header is left out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model import Json

WRITE_METHODS = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request. `path` is decoded and starts with the version (`/beta/…`); `query` is raw, without `?`.

    `status` is what the service decided, 0 if a fault kept it from answering. `at` is in seconds since the epoch by
    the emulator's clock. `inner` marks a part of a `$batch`; `headers` have lower-case names.
    """

    number: int
    method: str
    path: str
    query: str
    body: Json
    status: int
    at: float
    inner: bool
    headers: Mapping[str, str]

    @property
    def is_write(self) -> bool:
        """Whether it may change the tenant. A `$batch` envelope is none; its parts are judged one by one."""
        return self.method in WRITE_METHODS and not self.path.endswith("/$batch")


class RequestLog:
    """Appends records and gives copies. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[LoggedRequest] = []

    def open(self, record: LoggedRequest) -> int:
        """Adds a request as it arrives; gives its number. `close` tells later how it ended."""
        with self._lock:
            number = len(self._records)
            self._records.append(replace(record, number=number))
            return number

    def close(self, number: int, status: int) -> None:
        with self._lock:
            self._records[number] = replace(self._records[number], status=status)

    def copy(self) -> list[LoggedRequest]:
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        with self._lock:
            self._records.clear()
