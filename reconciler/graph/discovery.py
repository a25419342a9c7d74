"""Asks a domain for its service discovery file: plain HTTPS to a host that is not Microsoft's, without any credential.

Rules of its own, because specs name the domains and names may be pointed anywhere: https alone, no token, no cookie, no
proxy; the addresses of the domain are looked up once, every one has to be a public one, and the connection goes to that
address; no redirect leaves the host; the answer is short and comes soon. Called by `engine.examine`, only on request.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin, urlsplit

from .transport import import_httpx
from .wording import printable

if TYPE_CHECKING:
    import httpx

PATH: Final = "/.well-known/com.apple.remotemanagement"
MAX_BYTES: Final = 64 << 10
SECONDS: Final = 10.0
_REDIRECTS: Final = 2
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_LOCATION = re.compile(r"[!-~]{1,2000}")
"""An address as it has to be written: nothing that is invisible, and no longer than any server means it."""
_TRANSLATED = ip_network("64:ff9b::/96")
"""NAT64: the last 32 bits are the address that is reached. Source: RFC 6052."""
_NEVER_ASKED = tuple(
    ip_network(each)
    for each in ("::/96", "64:ff9b:1::/48", "fec0::/10", "5f00::/16", "2001:db8::/32", "3fff::/20", "168.63.129.16/32")
)
"""What `is_global` lets through, or did in some version, and is no host of the internet: IPv4-compatible addresses,
translation of a network's own (RFC 8215), site-local ones, segment routing, documentation, the platform of Azure.
"""
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""A host name to its addresses, as text. Raises `OSError`."""


class NotFetched(Exception):  # noqa: N818 - it says what happened
    """The file was not asked for, or no whole answer came. The message is for people."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the domain answered with."""

    status: int
    content_type: str
    body: bytes


async def system_resolve(host: str) -> list[str]:
    """The addresses that this computer finds for a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def fetch(
    domain: str, *, resolve: Resolve = system_resolve, transport: httpx.AsyncBaseTransport | None = None
) -> Page:
    """The discovery file as an iPhone would ask for it. Raises `NotFetched`."""
    host = domain.casefold().rstrip(".")
    if not _DOMAIN.fullmatch(host):
        raise NotFetched(f"{printable(domain, limit=100)} is not a domain name")
    target = f"{PATH}?user-identifier={quote('user@' + host, safe='')}&model-family=iPhone"
    try:
        async with asyncio.timeout(SECONDS):
            address = await _public_address(host, resolve)
            return await _followed(host, address, target, transport)
    except TimeoutError:
        raise NotFetched(f"no complete answer came within {SECONDS:g} seconds") from None


async def _public_address(host: str, resolve: Resolve) -> str:
    """The address to connect to. Raises `NotFetched` where one of them is not public."""
    try:
        found = await resolve(host)
    except (OSError, UnicodeError):
        raise NotFetched("the domain has no address") from None
    if not found:
        raise NotFetched("the domain has no address")
    if any(not _is_public(address) for address in found):
        raise NotFetched("the domain points into a private network, and is not asked")
    return found[0]


def _is_public(text: str) -> bool:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(address)
    return _is_global(address) and (inner is None or _is_global(inner))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in each for each in _NEVER_ASKED)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def _followed(host: str, address: str, target: str, transport: httpx.AsyncBaseTransport | None) -> Page:
    """The answer, after redirects within the host. Raises `NotFetched`.

    Requests go to the transport itself: a client of httpx makes a request of every redirect before it is asked to, and
    fails over addresses that only somebody else's server could think of.
    """
    httpx = import_httpx()
    async with transport or httpx.AsyncHTTPTransport(trust_env=False) as way:
        for _ in range(_REDIRECTS + 1):
            page, location = await _asked(way, host, address, target)
            if location is None:
                return page
            target = _within(host, target, location)
    raise NotFetched("it redirects too often")


async def _asked(way: httpx.AsyncBaseTransport, host: str, address: str, target: str) -> tuple[Page, str | None]:
    """One request, to the address that was checked, in the name of the host: its answer, or where it points to."""
    import httpx

    shown = f"[{address}]" if ":" in address else address
    headers = {"Host": host, "Accept": "application/json", "Accept-Encoding": "identity"}
    extensions = {"sni_hostname": host, "timeout": httpx.Timeout(SECONDS).as_dict()}
    try:
        request = httpx.Request("GET", f"https://{shown}{target}", headers=headers, extensions=extensions)
        response = await way.handle_async_request(request)
        try:
            location = response.headers.get("location") if response.status_code in _REDIRECTING else None
            body = await _body(response) if location is None else b""
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as failed:
        raise NotFetched(f"it cannot be read: {printable(str(failed) or type(failed).__name__, limit=200)}") from None
    return Page(response.status_code, response.headers.get("content-type", ""), body), location


async def _body(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.stream:  # type: ignore[union-attr]  # of an asynchronous transport
        body += piece
        if len(body) > MAX_BYTES:
            raise NotFetched(f"its answer is longer than {MAX_BYTES >> 10} KiB")
    return body


def _within(host: str, target: str, location: str) -> str:
    """Path and query of a redirect, if it stays on this host. Raises `NotFetched`."""
    if not _LOCATION.fullmatch(location):
        raise NotFetched("it redirects to something that is no address")
    try:
        parts = urlsplit(urljoin(f"https://{host}{target}", location))
        other, port = (parts.hostname or "").casefold().rstrip("."), parts.port
    except ValueError:
        raise NotFetched("it redirects to something that is no address") from None
    if parts.scheme != "https" or other != host or port not in (None, 443) or "@" in parts.netloc:
        raise NotFetched(f"it redirects to {printable(other or location, limit=100)}, which is not asked")
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
