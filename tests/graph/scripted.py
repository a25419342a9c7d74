"""A scripted HTTP server on loopback: answers what a test told it to, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request as it came in. `target` is the request line's, byte for byte."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    """The client's port: another one is another connection."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """One answer. A body that is neither bytes nor None is sent as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    framing: str = "length"
    """length | chunked | close (nothing tells the end) | short (announces more than it sends) | reset | silent."""
    delay: float = 0.0

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Seen], Says]


class Server:
    """Answers with `answers` in order, then with the last of them; or with what a function says."""

    def __init__(self, *answers: Says, by: Script | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.answers = list(answers)
        self._by = by
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", 0), _handler_for(self))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, seen: Seen) -> Says:
        with self._lock:
            self.seen.append(seen)
            if self._by is not None:
                return self._by(seen)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


def _handler_for(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 5

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, body, self.client_address[1])
            self._say(server.answer(seen))

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_CONNECT = _serve  # noqa: N815

        def _say(self, says: Says) -> None:
            time.sleep(says.delay)
            if says.framing == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close_connection = True
                return
            if says.framing == "silent":
                self.close_connection = True
                return
            content = says.content
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            if says.body is not None and says.kind:
                self.send_header("Content-Type", says.kind)
            if says.framing in {"length", "short"} and says.status != 204:
                self.send_header("Content-Length", str(len(content) + 5 * (says.framing == "short")))
            if says.framing == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
                content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
            self.close_connection = self.close_connection or says.framing in {"close", "short"}
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    return Handler
