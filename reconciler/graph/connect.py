"""Makes the one connection of a run: endpoint and way to sign in -> a `Graph` that is signed in to the right tenant.

Called by `cli`. Nothing is sent to a host or read from a tenant before it is known to be the right one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from .auth import Announce, Auth, credential
from .client import Graph
from .errors import IncompleteRead, SignInFailed, UntrustedUrl, WrongTenant
from .jwt import Identity, identity_of
from .origin import CLOUD_HOSTS, Origin, graph_origin
from .pacing import Pacing
from .sender import Sender, Transport
from .throttle import Throttle, until
from .tokens import TokenSource
from .watch import Unwatched, Watch
from .wording import printable

_log = logging.getLogger("reconciler.graph")
_ASKED_TO_WAIT = "Graph asks to wait"
_QUOTA = "the quota of Intune is used up for now"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A tenant's Graph."""

    url: str
    """The Graph of the cloud, or `http://127.0.0.1:PORT` of an emulator."""
    cloud: str
    """global, usgov, usgov-dod or china."""
    tenant_id: str | None
    """The tenant that it must be; None where any is right."""

    @classmethod
    def of_cloud(cls, cloud: str, tenant_id: str | None) -> Endpoint:
        """The Graph of a cloud. Raises `KeyError` for an unknown one."""
        return cls(f"https://{CLOUD_HOSTS[cloud]}", cloud, tenant_id)


async def connect(
    endpoint: Endpoint,
    auth: Auth,
    *,
    concurrency: int = 8,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    jitter: Callable[[], float] = random.random,
    budget: float = 150.0,
    deadline: float = 120.0,
    now: Callable[[], float] = time.time,
    announce: Announce | None = None,
    stop: asyncio.Event | None = None,
    watch: Watch | None = None,
) -> Graph:
    """Sign in and make sure of the tenant.

    `concurrency` bounds the requests under way; `budget` is the waiting, in seconds, that throttling and failures may
    cost the whole run; `deadline` is the time, in seconds, for one attempt at one request. `announce` shows a sentence
    to whoever signs in by device code or browser; without it the sentence is logged as a warning.
    Once `stop` is set, no request is waited for and no write begins: such requests end with `Interrupted`.
    `watch` hears of requests and waits.

    Raises `UntrustedUrl`, `SignInFailed`, `WrongTenant`, or what reading the organization raises.
    """
    from .transport import quiet_libraries

    quiet_libraries()  # before signing in: azure-identity logs what Entra answers, which may repeat what was sent
    origin = _origin(endpoint, auth)
    source = credential(auth, cloud=endpoint.cloud, tenant_id=endpoint.tenant_id, announce=announce or _log.warning)
    tokens = TokenSource(source, f"{origin.url}/.default", now=now)
    try:
        identity = identity_of((await tokens.get_token()).token)
        _check_token(endpoint, origin, identity)
        transport = _transport(origin, tokens, auth, connections=concurrency, deadline=deadline)
    except BaseException:
        tokens.close()
        raise
    stop = stop or asyncio.Event()
    sleep = until(stop, sleep)
    watch = watch or Unwatched()
    throttle = Throttle(clock, sleep, jitter, budget, told=partial(watch.waits, why=_ASKED_TO_WAIT))
    pacing = Pacing(clock=clock, sleep=sleep, told=partial(watch.waits, why=_QUOTA))
    sender = Sender(
        transport,
        tokens,
        throttle,
        pacing,
        concurrency=concurrency,
        new_id=new_id,
        stopping=stop.is_set,
        watch=watch,
    )
    graph = Graph(sender, origin, identity)
    try:
        if identity.tenant_id is None and endpoint.tenant_id is not None:
            found = await _organization(graph)
            _compare(endpoint.tenant_id, found, "the connection is to")
            graph.identity = replace(identity, tenant_id=found)
    except BaseException:
        await graph.aclose()
        raise
    return graph


def _transport(origin: Origin, tokens: TokenSource, auth: Auth, *, connections: int, deadline: float) -> Transport:
    """The SDK, imported only now. The environment's proxies and authorities do not count for loopback."""
    from .transport import SdkTransport

    ca_file = None if origin.loopback else auth.ca_file
    return SdkTransport(origin, tokens, connections=connections, deadline=deadline, ca_file=ca_file)


def _origin(endpoint: Endpoint, auth: Auth) -> Origin:
    """Where to connect to. An emulator gets only a given token, so no credential of a person or pipeline reaches it."""
    origin = graph_origin(endpoint.url, endpoint.cloud)
    if origin.loopback and auth.method != "token":
        raise UntrustedUrl(
            f"{origin.url} is not Microsoft Graph, so signing in by {auth.method} is refused",
            hint="Use auth method token with an invented token, or remove RECONCILER_GRAPH_URL.",
        )
    return origin


def _check_token(endpoint: Endpoint, origin: Origin, identity: Identity) -> None:
    """Before a token is sent: that it is for this tenant, and that a real one goes to the real Graph only."""
    if origin.loopback and identity.issued_by_microsoft:
        raise UntrustedUrl(
            f"the token was issued by Microsoft Entra and is not sent to {origin.url}",
            hint="Use an invented token for an emulator.",
        )
    if endpoint.tenant_id is None or identity.tenant_id is None:
        return
    _compare(endpoint.tenant_id, identity.tenant_id, "the token is for")


async def _organization(graph: Graph) -> str:
    """The id of the tenant, asked of Graph because the token does not say."""
    try:
        found = await graph.list("/v1.0/organization?$select=id,displayName")
    except IncompleteRead as incomplete:
        raise SignInFailed(f"Graph does not say which tenant this is: {incomplete.message}") from None
    identifier = found[0].get("id") if len(found) == 1 else None
    if not isinstance(identifier, str):
        raise SignInFailed("Graph does not say which tenant this is: it names no organization")
    return identifier


def _compare(expected: str, found: str, what: str) -> None:
    if expected.casefold() != found.casefold():
        raise WrongTenant(
            f"{what} tenant {printable(found, limit=60)}, but the workspace names {printable(expected, limit=60)}",
            hint="Sign in to the other tenant, or correct tenantId in the workspace.",
        )
