"""The one origin that a connection speaks to, and the check of every URL before a token goes with it.

A nextLink is written by the service, so whoever can bend an answer could point it anywhere. Microsoft's own SDK follows
it to any host; here a URL is sent to only if it has the scheme, host and port of the connection, and a nextLink only if
it stays on the collection it continues. Used by `connect` and `client`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from .errors import UntrustedUrl
from .wording import printable

CLOUD_HOSTS: Final = {
    "global": "graph.microsoft.com",
    "usgov": "graph.microsoft.us",
    "usgov-dod": "dod-graph.microsoft.us",
    "china": "microsoftgraph.chinacloudapi.cn",
}
"""Source: Microsoft Graph documentation, national cloud deployments."""

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
VERSIONS: Final = ("/beta/", "/v1.0/")

_PORTS = {"https": 443, "http": 80}
_LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_SLASH = re.compile(r"%2[Ff]")
_STEPS = re.compile(r"/\.{1,2}(?:/|$)")
_PATH_TRICKS = re.compile(r"//|/\.{1,2}(?:/|$)|%(?:2[EeFf]|5[Cc]|[01][0-9A-Fa-f]|7[Ff])|;")
_KEY = re.compile(r"\('?([^'()]*)'?\)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port, in lower case, the port always stated."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of a URL. Raises `UntrustedUrl` where it has parts that none of ours has."""
        if not _LEGAL.fullmatch(url):
            raise _untrusted(url, "it holds a character that no URL of Graph has")
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme, parts.hostname, parts.port
        except ValueError:
            raise _untrusted(url, "it is malformed") from None
        if "@" in parts.netloc:
            raise _untrusted(url, "it carries a user name")
        if scheme not in _PORTS or not host or parts.netloc.endswith(":"):
            raise _untrusted(url, "it is not an http or https URL with a host")
        return cls(scheme, host, _PORTS[scheme] if port is None else port)

    @property
    def loopback(self) -> bool:
        """Whether it is this very computer, by a name that cannot point elsewhere."""
        return self.host in LOOPBACK

    @property
    def url(self) -> str:
        """Without a trailing slash; the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    def target(self, url: str) -> str:
        """Path and query of a URL of this origin, unchanged. Raises `UntrustedUrl` for any other URL."""
        if Origin.of(url) != self:
            raise _untrusted(url, f"it is not on {self.url}")
        parts = urlsplit(url)
        if not parts.path.startswith(VERSIONS) or _PATH_TRICKS.search(parts.path):
            raise _untrusted(url, "its path is not one of Graph's")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def own_target(self, path: str) -> str:
        """A path, perhaps with a query, that we put together ourselves, unchanged. Raises `UntrustedUrl`.

        Ids are opaque, so one may hold a slash, encoded; but it makes no step to another folder, should anything on
        the way decode it.
        """
        place, mark, query = path.partition("?")
        if _STEPS.search(_SLASH.sub("/", place)):
            raise _untrusted(self.url + path, "its path is not one of Graph's")
        self.target(self.url + _SLASH.sub("_", place) + mark + query)
        return path

    def next_target(self, link: str, *, after: str) -> str:
        """Path and query of a nextLink that continues the list at the path `after`."""
        target = self.target(link)
        if _collection(target) != _collection(after):
            raise _untrusted(link, "it leaves the collection that is being read")
        return target


def graph_origin(url: str, cloud: str) -> Origin:
    """The origin of an endpoint: the Graph host of the cloud, or loopback. Raises `UntrustedUrl` for any other."""
    origin = Origin.of(url)
    if origin.loopback and urlsplit(url).path in {"", "/"} and not urlsplit(url).query:
        return origin
    if cloud not in CLOUD_HOSTS:
        raise UntrustedUrl(f"the cloud {printable(cloud, limit=40)} is not one of {', '.join(CLOUD_HOSTS)}")
    expected = Origin("https", CLOUD_HOSTS[cloud], 443)
    if origin != expected or urlsplit(url).path not in {"", "/"} or urlsplit(url).query:
        raise UntrustedUrl(
            f"{printable(url, limit=200)} is not the Graph endpoint of the cloud {cloud}",
            hint=f"Use {expected.url}, or http on 127.0.0.1 for an emulator.",
        )
    return expected


def _collection(target: str) -> str:
    """The collection that a path names, in one of the spellings that OData allows for it."""
    path = target.partition("?")[0].rstrip("/").lower()
    return _KEY.sub(r"/\1", path).replace("/graph.", "/microsoft.graph.")


def _untrusted(url: str, why: str) -> UntrustedUrl:
    return UntrustedUrl(f"the URL {printable(url, limit=200)} is not followed: {why}")
