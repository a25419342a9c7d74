"""The socket side: HTTP/1.1 on loopback, with scripted faults on the wire, and a stop that leaves nothing open."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import administration
from .clock import Clock, http_date
from .errors import GraphError
from .exchange import Reply, Request, read_body, split_path
from .faults import Fault
from .service import Service

LARGEST_BODY = 8 * 1024 * 1024
DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"Loopback","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"EMULATOR"}}'
)


class Exchange(BaseHTTPRequestHandler):
    """One connection. The base class reads requests; everything else is decided by the service."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LoopbackServer

    def finish(self) -> None:
        with contextlib.suppress(OSError):  # the client may be gone, or `stop` closed the connection
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is printed; `Emulator.log` has it all."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Called by the base class for requests that are not HTTP."""
        self.close_connection = True
        self._send(Reply(code, b""))

    def __getattr__(self, name: str) -> Any:
        """Any method of HTTP is an exchange (`do_GET`, `do_PATCH`, …)."""
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def _exchange(self) -> None:
        service = self.server.service
        request = self._request()
        host = request.headers.get("host", "")
        if request.version == administration.PREFIX:
            self._send(administration.answer(service, request, loopback=self.server.known(host)))
            return
        fault = service.faults.take(self.command, request.path)
        if self.server.latency:
            time.sleep(self.server.latency)
        self._deliver(service.answer(request, self.server.base(host), fault), fault)

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        version, *rest = split_path(path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        raw, unreadable = self._raw_body(headers)
        body, problem = read_body(raw, headers.get("content-type", ""))
        return Request(self.command, version, tuple(rest), query, headers, body, unreadable=unreadable or problem)

    def _raw_body(self, headers: dict[str, str]) -> tuple[bytes, GraphError | None]:
        """The bytes of the body. If they cannot be found or are too many, the connection ends with the answer."""
        length = headers.get("content-length") or "0"
        problem = None
        if "transfer-encoding" in headers or not length.isdecimal():
            problem = GraphError(411, "LengthRequired", "Send Content-Length.")
        elif int(length) > LARGEST_BODY:
            problem = GraphError(413, "RequestEntityTooLarge", "The body is too large.")
        if problem is not None:
            self.close_connection = True
            return b"", problem
        return self.rfile.read(int(length)), None

    def _deliver(self, reply: Reply, fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else None
        if kind == "slow" and fault is not None:
            self.server.pause(fault.seconds)
        if kind == "truncate":
            self._send(reply, cut=len(reply.body) // 2)
        if kind in ("truncate", "drop-before", "drop-after-commit"):
            self._hang_up()
        else:
            self._send(reply)

    def _send(self, reply: Reply, cut: int | None = None) -> None:
        head = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Unknown',))[0]}",
            f"Date: {http_date(self.server.clock())}",
            "Cache-Control: no-store",
            "OData-Version: 4.0",
            f"x-ms-ags-diagnostic: {DIAGNOSTIC}",
        ]
        head.extend(f"{name}: {value}" for name, value in reply.headers.items())
        if reply.body and reply.content_type:
            head.append(f"Content-Type: {reply.content_type}")
        if reply.status != 204:
            head.append(f"Content-Length: {len(reply.body)}")
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + reply.body[:cut])
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only; knows its open connections and threads, so that it can close them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, *, port: int, latency: float, clock: Clock) -> None:
        self.service = service
        self.latency = latency
        self.clock = clock
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._workers: list[threading.Thread] = []
        super().__init__(("127.0.0.1", port), Exchange)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def base(self, host: str) -> str:
        """Scheme and authority of absolute links: as the client addressed the server, if that is a loopback name."""
        return f"http://{host}" if self.known(host) else f"http://127.0.0.1:{self.port}"

    def known(self, host: str) -> bool:
        """Whether a `Host` header names this server by a loopback name."""
        return host in (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    def process_request(self, request: Any, client_address: Any) -> None:
        worker = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._workers = [thread for thread in self._workers if thread.is_alive()]
            self._workers.append(worker)
            self._connections.add(request)
        worker.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def run(self) -> None:
        """Serves until `close`. Unlike `serve_forever` it sleeps until there is something to do."""
        while not self._stopping.is_set():
            self.handle_request()

    def pause(self, seconds: float) -> None:
        """A slow answer, which nobody waits for any more once the server ends."""
        self._stopping.wait(seconds)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self._stopping.is_set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A defect of the emulator ends one connection; it is told when the emulator stops."""
        self.service.violations.append(traceback.format_exc())

    def close(self, runner: threading.Thread) -> None:
        """Stops listening (`runner` is the thread in `run`), ends every connection and waits for its thread."""
        self._stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass  # wakes `run`, which is waiting for a connection
        runner.join()
        self.server_close()
        with self._lock:
            connections, workers = list(self._connections), list(self._workers)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join(timeout=5)
