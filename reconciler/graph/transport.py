"""Microsoft's SDK as our transport: its client, adapter, authentication provider and middleware, without its models.

The only module that imports msgraph, kiota and httpx for Graph; `connect` imports it when a connection is made, because
it costs about a quarter of a second. What of the SDK is left out, and why:

- the retry middleware: it repeats a create after 503 and 504, and ignores a fractional Retry-After; `sender` decides;
- the redirect middleware: no redirect is followed;
- the middleware that decodes parameter names and replaces URLs: a nextLink is opaque and goes out as it came;
- the second try after a claims challenge: `sender` makes it, with a client-request-id of its own;
- HTTP/2: its library writes headers, tokens included, into debug logs;
- the models: they lose nulls, unknown enum members and precision of dates.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from .. import __version__
from .errors import SignInFailed, UntrustedUrl
from .exchange import CHALLENGE, Broken, Outcome, Reply, Unsent
from .origin import Origin
from .tokens import TokenSource
from .wording import printable

if TYPE_CHECKING:
    import httpx

MAX_BODY: Final = 64 << 20
"""Bytes of a decoded body; a page of 1,000 configurations is about 3 MiB."""

_NOISY = ("httpx", "httpcore", "h11", "azure", "msal", "urllib3", "requests", "kiota_http", "opentelemetry")


def import_httpx() -> ModuleType:
    """httpx without its command line, which it imports (45 ms) where click, rich and pygments are installed."""
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        try:
            import httpx
        finally:
            del sys.modules["httpx._main"]
    import httpx

    return httpx


def quiet_libraries() -> None:
    """Keep the libraries below us from logging URLs, headers and failures that we report ourselves."""
    for name in _NOISY:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    azure = logging.getLogger("azure.identity")
    azure.setLevel(max(azure.level, logging.ERROR))


class SdkTransport:
    """One connection pool to one origin. Every URL is formed from that origin here, and from nothing else."""

    def __init__(
        self,
        origin: Origin,
        tokens: TokenSource,
        *,
        connections: int,
        deadline: float,
        ca_file: str | None = None,
    ) -> None:
        httpx = import_httpx()
        from kiota_authentication_azure.azure_identity_authentication_provider import (
            AzureIdentityAuthenticationProvider,
        )
        from msgraph import GraphRequestAdapter, GraphServiceClient
        from msgraph_core import GraphClientFactory
        from msgraph_core.middleware import GraphTelemetryHandler

        self._origin = origin
        self._deadline = deadline
        plain = httpx.AsyncClient(
            timeout=httpx.Timeout(deadline, connect=min(10.0, deadline)),
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60
            ),
            trust_env=not origin.loopback,
            follow_redirects=False,
            verify=_trust(origin, ca_file),
            headers={"Accept-Encoding": "gzip", "User-Agent": f"reconciler/{__version__}"},
        )
        self._pools = [plain._transport, *(pool for pool in plain._mounts.values() if pool is not None)]
        client = GraphClientFactory.create_with_custom_middleware(
            [GraphTelemetryHandler(), _whole_body()], client=plain
        )
        auth = AzureIdentityAuthenticationProvider(
            tokens, scopes=[f"{origin.url}/.default"], allowed_hosts=[origin.host], is_cae_enabled=True
        )
        adapter = GraphRequestAdapter(auth, client=client)
        adapter.base_url = origin.url
        self._adapter = GraphServiceClient(request_adapter=adapter).request_adapter

    async def exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Outcome:
        """Send one request, once. `target` is a path with its query, already checked and percent-encoded.

        Raises `UntrustedUrl` before anything is sent, and `SignInFailed`; what the network does is an outcome.
        """
        import httpx

        url = self._origin.url + target
        if str(httpx.URL(url)) != url:
            raise UntrustedUrl(f"the URL {printable(url, limit=200)} is not sent: it would not go out as it stands")
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._adapter.send_primitive_async(
                    _information(method, url, headers, body), "bytes", {}
                )
        except _unsent_errors(httpx) as failed:
            return Unsent(_reason(failed))
        except httpx.HTTPError as failed:
            return Broken(_reason(failed))
        except TimeoutError:
            return Broken(f"no complete answer came within {self._deadline:g} seconds")
        return Reply(
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.content,
        )

    async def aclose(self) -> None:
        """Close every connection. The SDK's transport has no `aclose`, so closing its client closes nothing."""
        for pool in self._pools:
            await pool.aclose()


def _trust(origin: Origin, ca_file: str | None) -> ssl.SSLContext | bool:
    """Which certificates to trust. Plain http is loopback and needs none, and their context would cost 25 ms."""
    if origin.scheme == "http":
        return False
    if ca_file is None:
        return True
    folder = Path(ca_file).is_dir()
    try:
        return ssl.create_default_context(cafile=None if folder else ca_file, capath=ca_file if folder else None)
    except OSError as failed:
        why = failed.strerror or type(failed).__name__
    raise SignInFailed(
        f"the certificate authorities in {printable(ca_file, limit=200)} cannot be read: {why}",
        hint="Correct the variable that names them: SSL_CERT_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE.",
    )


def _unsent_errors(httpx: ModuleType) -> tuple[type[Exception], ...]:
    return (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    )


def _reason(failed: Exception) -> str:
    """What a network error says, and its type where it says nothing."""
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted ({printable(cause.verify_message, limit=200)})"
        cause = cause.__cause__ or cause.__context__
    name = type(failed).__name__
    text = printable(str(failed), limit=300)
    return f"{text} ({name})" if text else name


def _information(method: str, url: str, headers: dict[str, str], body: bytes | None) -> Any:
    from kiota_abstractions.method import Method
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_abstractions.request_information import RequestInformation
    from kiota_http.middleware.options import ResponseHandlerOption

    information = RequestInformation(Method(method))
    information.url = url
    for name, value in headers.items():
        information.headers.add(name, value)
    if body is not None:
        information.set_stream_content(body, "application/json")
    information.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
    return information


def _whole_body() -> Any:
    """The last middleware: reads the body, within bounds, and refuses one whose end cannot be told."""
    import httpx
    from kiota_http.middleware import BaseMiddleware

    class WholeBody(BaseMiddleware):  # type: ignore[misc]
        async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
            response = await super().send(request, transport)
            try:
                content = await _content(response)
                if response.status_code == 503:
                    # Microsoft Graph best practices: after 503, retry over a new connection.
                    await response.extensions["network_stream"].aclose()
            finally:
                await response.aclose()
            return httpx.Response(
                response.status_code, headers=_passed_on(response.headers), content=content, request=request
            )

    return WholeBody()


def _passed_on(headers: httpx.Headers) -> list[tuple[bytes, bytes]]:
    """The headers without those that the body no longer matches; a challenge and a redirect out of others' sight.

    As bytes: httpx reads headers that are not ASCII, but does not write them. It would also parse the address of a
    redirect that nobody follows, and fail where it is none.
    """
    dropped = {"content-encoding", "content-length", "transfer-encoding", "location", "www-authenticate", CHALLENGE}
    kept = [(name, value) for name, value in headers.raw if name.decode("latin-1").lower() not in dropped]
    challenge = headers.get("www-authenticate")
    return [*kept, (CHALLENGE.encode(), challenge.encode("latin-1", "replace"))] if challenge else kept


async def _content(response: httpx.Response) -> bytes:
    """The decoded body. Raises `httpx.RemoteProtocolError` where it is too long, cut, or without a stated end."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise _broken(f"the answer is encoded as {printable(encoding, limit=40)}, which was not asked for")
    if response.status_code != 204 and not {"content-length", "transfer-encoding"} & set(response.headers):
        raise _broken("the answer does not state where it ends, so it may be cut off")
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    pieces: list[bytes] = []
    size = 0
    async for raw in response.aiter_raw():
        piece = _unpacked(unpack, raw, MAX_BODY + 1 - size) if unpack else raw
        size += len(piece)
        if size > MAX_BODY:
            raise _broken(f"the answer is longer than {MAX_BODY >> 20} MiB")
        pieces.append(piece)
    if unpack is not None and pieces and not unpack.eof:
        raise _broken("the answer is cut off")
    return b"".join(pieces)


def _unpacked(unpack: zlib._Decompress, raw: bytes, at_most: int) -> bytes:
    try:
        return unpack.decompress(raw, at_most)
    except zlib.error:
        raise _broken("the answer is not the gzip it says it is") from None


def _broken(reason: str) -> httpx.HTTPError:
    import httpx

    return httpx.RemoteProtocolError(reason)
