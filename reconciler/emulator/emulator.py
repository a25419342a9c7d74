"""`Emulator`: an Intune tenant behind a real HTTP server on loopback. The only thing that others use."""

from __future__ import annotations

import copy
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from reconciler.model import JsonObject

from .clock import Clock, system_clock
from .context import ContractViolationError
from .faults import Fault
from .knobs import Knobs
from .log import LoggedRequest
from .resources import BY_PATH
from .server import LoopbackServer
from .service import Service
from .snapshots import refusals
from .tenant import load


class Emulator:
    """A tenant, served at `url` below `/beta` and `/v1.0` between `start` and `stop`; a context manager too.

    `seed` is a tenant document, or a snapshot of a real tenant; `state` a file that is read instead if it exists, and
    written after every change.
    `latency` in seconds is added to every HTTP request. Raises `ValueError` for a seed that Graph could not show.
    With `check_responses`, `stop` raises `ContractViolationError` if an answer departed from Microsoft's contract.
    """

    def __init__(
        self,
        *,
        seed: JsonObject | None = None,
        state: Path | None = None,
        knobs: Knobs | None = None,
        latency: float = 0.0,
        port: int = 0,
        clock: Clock = system_clock,
        check_responses: bool = True,
    ) -> None:
        tenant = load(seed, state)
        self._service = Service(tenant, knobs or Knobs(), clock, check=check_responses)
        self._latency = latency
        self._port = port
        self._clock = clock
        self._server: LoopbackServer | None = None
        self._thread: threading.Thread | None = None
        self._service.settle()
        self.fail(*refusals(seed or {}))

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Binds 127.0.0.1 and serves in a daemon thread. Raises `OSError` if the port is taken."""
        if self._server is not None:
            return
        self._server = LoopbackServer(self._service, port=self._port, latency=self._latency, clock=self._clock)
        self._port = self._server.port
        self._thread = threading.Thread(target=self._server.run, name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections and waits for their threads. Raises `ContractViolationError`."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.close(self._thread)
        violations, self._service.violations = self._service.violations, []
        if violations:
            raise ContractViolationError("\n".join(violations))

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what it is ---------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end. The port is known once started."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def tenant_id(self) -> str:
        return self._service.tenant.id

    @property
    def knobs(self) -> Knobs:
        return self._service.knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        with self._service.lock:
            self._service.knobs = knobs
            self._service.tenant.forget_renderings()
            self._service.settle()

    # -- what was asked -----------------------------------------------------------------------------------------------

    @property
    def log(self) -> list[LoggedRequest]:
        """Every request so far, parts of `$batch` after their envelope; a copy."""
        return self._service.log.copy()

    @property
    def writes(self) -> list[LoggedRequest]:
        """Requests that may change the tenant: POST, PATCH, PUT, DELETE, without `$batch` envelopes."""
        return [request for request in self.log if request.is_write]

    def clear_log(self) -> None:
        self._service.log.clear()

    # -- an administrator behind Graph's back -------------------------------------------------------------------------

    def export(self) -> JsonObject:
        """The whole tenant as a seed document."""
        with self._service.lock:
            return self._service.tenant.export()

    def object(self, collection: str, key: str) -> JsonObject | None:
        """A stored object with everything it contains; None if there is none."""
        with self._service.lock:
            entry = self._service.tenant.collection(_known(collection)).get(key)
            return copy.deepcopy(entry.body) if entry is not None else None

    def objects(self, collection: str) -> list[JsonObject]:
        """All stored objects of a collection, in the order of their creation."""
        with self._service.lock:
            return [copy.deepcopy(entry.body) for entry in self._service.tenant.collection(_known(collection))]

    def put(self, collection: str, value: JsonObject, *, by: str | None = None) -> JsonObject:
        """Stores an object (with its assignments), replacing the one of the same id; gives it as stored.

        `by` is the principal name that the audit log names; an invented administrator unless given.
        """
        entry = self._service.edit(_known(collection), value, by)
        assert entry is not None
        return copy.deepcopy(entry.body)

    def remove(self, collection: str, key: str, *, by: str | None = None) -> None:
        """Removes an object, if it is there. `by` as for `put`."""
        self._service.edit(_known(collection), key, by)

    def approve(self, request: str, *, by: str | None = None, why: str = "") -> None:
        """A second administrator approves an approval request. Raises `KeyError` where there is none."""
        self._service.decide(request, "approved", by, why)

    def reject(self, request: str, *, by: str | None = None, why: str = "") -> None:
        """A second administrator rejects an approval request. Raises `KeyError` where there is none."""
        self._service.decide(request, "rejected", by, why)

    def fail(self, *faults: Fault) -> None:
        """Adds scripted faults; they are met in order."""
        for fault in faults:
            self._service.faults.add(fault)

    def heal(self) -> None:
        """Forgets the faults that are still to come."""
        self._service.faults.clear()


def _known(collection: str) -> str:
    if collection not in BY_PATH:
        raise ValueError(f"{collection!r} is no collection of the emulator; there are {', '.join(sorted(BY_PATH))}")
    return collection


def serve_forever(emulator: Emulator, announce: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM. `announce` gets the URL once the port is open. For the main thread only."""
    done = threading.Event()
    emulator.start()
    before = signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    try:
        announce(emulator.url)
        while not done.wait(0.5):
            pass
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        emulator.stop()
