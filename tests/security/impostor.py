"""Microsoft Entra and Microsoft Graph behind a proxy of our own: answers what a test says, over TLS, on loopback only.

The product is pointed at it by the variables that a company's network uses: `HTTPS_PROXY`, and `SSL_CERT_FILE` for the
authority that vouches for `login.microsoftonline.com` and `graph.microsoft.com` here. So every way to sign in runs as
it would, and whatever it sends can be thrown back at it.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

ENTRA, GRAPH = "login.microsoftonline.com", "graph.microsoft.com"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Asked:
    """One request, as it came out of the tunnel."""

    host: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Reply:
    """What is said to it."""

    status: int
    body: Any
    headers: Mapping[str, str]


Script = Callable[[Asked], Reply]


class Impostor:
    """Serves for as long as its context lasts. `seen` holds every request but those that open tunnels."""

    def __init__(self, folder: Path, script: Script) -> None:
        self.seen: list[Asked] = []
        self.script = script
        self.authority = folder / "authority.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        self.authority.write_bytes(certificate(key, ENTRA, GRAPH) + private(key, NoEncryption()))
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.authority)
        self._http = _Listener(("127.0.0.1", 0), _handler(self, self._tls))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process meet it instead of Microsoft."""
        url = f"http://127.0.0.1:{self._http.server_address[1]}"
        return {"HTTPS_PROXY": url, "https_proxy": url, "SSL_CERT_FILE": str(self.authority), "NO_PROXY": "127.0.0.1"}

    def __enter__(self) -> Impostor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def discovery(asked: Asked) -> Reply | None:
    """What a client of Entra asks first: where its endpoints are."""
    tenant = asked.target.split("/")[1]
    base = f"https://{ENTRA}/{tenant}"
    if "openid-configuration" in asked.target:
        endpoints = {"authorization_endpoint": f"{base}/oauth2/v2.0/authorize", "issuer": f"{base}/v2.0"}
        return Reply(200, {**endpoints, "token_endpoint": f"{base}/oauth2/v2.0/token"}, {})
    if "discovery/instance" in asked.target:
        aliases = {"preferred_network": ENTRA, "preferred_cache": ENTRA, "aliases": [ENTRA]}
        where = f"{base}/v2.0/.well-known/openid-configuration"
        return Reply(200, {"tenant_discovery_endpoint": where, "metadata": [aliases]}, {})
    return None


def certificate(key: Key, *hosts: str) -> bytes:
    """A certificate for these hosts that vouches for itself."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=36500))
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts or ("client.example",)])
    return built.add_extension(names, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def private(key: Key, lock: BestAvailableEncryption | NoEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def client_certificate(folder: Path, password: str) -> Path:
    """A certificate to sign in with, its key locked by a password."""
    key = rsa.generate_private_key(65537, 2048)
    file = folder / "client.pem"
    file.write_bytes(certificate(key) + private(key, BestAvailableEncryption(password.encode())))
    return file


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


def _handler(impostor: Impostor, tls: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        host = ""

        def do_CONNECT(self) -> None:
            self.host = self.path.partition(":")[0]
            self.send_response(200)
            self.end_headers()
            self.close_connection = False  # though it was asked in HTTP/1.0
            self.connection = self.request = tls.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.host, self.command, self.path, headers, body)
            impostor.seen.append(asked)
            reply = impostor.script(asked)
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    return Handler
