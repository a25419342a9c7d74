"""Connects a command to its tenant: Microsoft Graph, the embedded Graph, or another one that the environment names."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from ..graph.auth import Auth
from ..graph.client import Graph
from ..graph.connect import Endpoint, connect
from ..graph.errors import GraphError, NotSent, SignInFailed, UntrustedUrl, WrongTenant
from ..graph.jwt import Identity
from ..graph.watch import Watch
from ..model import JsonObject
from ..permissions import excess
from ..plan import TenantRef
from ..workspace import EMULATOR_TENANT_ID, Tenant
from .clock import Clock
from .failure import Code, Failure
from .files import read_regular
from .output import Output
from .project import Project

if TYPE_CHECKING:
    from ..emulator import Emulator

URL_VARIABLE = "RECONCILER_GRAPH_URL"
TOKEN_VARIABLE = "RECONCILER_ACCESS_TOKEN"  # noqa: S105 - the variable's name
_EMULATOR_TOKEN = {TOKEN_VARIABLE: "embedded"}
"""The embedded Graph takes any token; this one says what it is."""

SNAPSHOT = "snapshot"
"""What stands for the address of Graph in a plan that was made from a snapshot."""
Purpose = Literal["plan", "apply"]
_Connecting = Callable[[Endpoint, Auth], Awaitable[Graph]]
_MAX_SEED = 256 << 20
_log = logging.getLogger("reconciler.permissions")


@dataclass(frozen=True, slots=True)
class Connection:
    """A signed-in Graph, and the tenant as plans name it."""

    graph: Graph
    tenant: TenantRef


@asynccontextmanager
async def connected(
    project: Project, purpose: Purpose, output: Output, clock: Clock, *, stop: asyncio.Event | None = None
) -> AsyncIterator[Connection]:
    """The tenant of the project, for as long as the context lasts. Raises `Failure` with 1, 3 or 4.

    Once `stop` is set, nothing is waited for and nothing is written any more (`connect`). Whoever waits at a terminal
    sees how far it has come.
    """
    tenant, url = project.tenant, os.environ.get(URL_VARIABLE)
    async with output.watched() as watch:
        connecting = partial(_connect, output=output, clock=clock, stop=stop, watch=watch)
        at = (
            _embedded(tenant, connecting, clock)
            if tenant.emulated and not url
            else _served(tenant, url, purpose, connecting)
        )
        async with at as connection:
            yield connection


@asynccontextmanager
async def _served(
    tenant: Tenant, url: str | None, purpose: Purpose, connecting: _Connecting
) -> AsyncIterator[Connection]:
    cloud = tenant.cloud
    endpoint = Endpoint(url, cloud, tenant.tenant_id) if url else Endpoint.of_cloud(cloud, tenant.tenant_id)
    try:
        graph = await connecting(endpoint, _auth(tenant, purpose))
    except NotSent as error:
        raise Failure(Code.FAILED, f"{endpoint.url} cannot be reached: {error.message}", error.hint) from error
    except GraphError as error:
        raise failure_of(error) from error
    try:
        async with graph:
            yield Connection(graph, TenantRef(tenant.name, tenant.tenant_id, url or endpoint.url))
    except GraphError as error:
        raise failure_of(error) from error


@asynccontextmanager
async def _embedded(tenant: Tenant, connecting: _Connecting, clock: Clock) -> AsyncIterator[Connection]:
    from ..emulator import Emulator

    try:
        emulator = Emulator(seed=_seed(tenant), state=tenant.state, clock=clock.now)
        emulator.start()
    except (OSError, ValueError) as error:
        raise Failure(
            Code.INVALID, f"the sandbox {tenant.name} cannot be started: {error}", "see `state` and `seed`"
        ) from error
    async with _to(emulator, TenantRef(tenant.name, tenant.tenant_id, "emulator"), connecting) as connection:
        yield connection


@asynccontextmanager
async def copied(snapshot: JsonObject, project: Project, output: Output, clock: Clock) -> AsyncIterator[Connection]:
    """A snapshot of the tenant in its place: no credential, no network. Raises `Failure` (1, 3)."""
    from ..emulator import Emulator

    try:
        emulator = Emulator(seed=snapshot, clock=clock.now, check_responses=False)
        emulator.start()
    except (OSError, ValueError) as error:
        raise Failure(Code.INVALID, f"the snapshot cannot be read as a tenant: {error}", "take it again") from error
    ref = TenantRef(project.tenant.name, emulator.tenant_id, SNAPSHOT)
    async with output.watched() as watch:
        connecting = partial(_connect, output=output, clock=clock, stop=None, watch=watch)
        async with _to(emulator, ref, connecting) as connection:
            yield connection


@asynccontextmanager
async def _to(emulator: Emulator, ref: TenantRef, connecting: _Connecting) -> AsyncIterator[Connection]:
    """A connection to an embedded Graph that was started, which ends with it."""
    try:
        endpoint = Endpoint(emulator.url, "global", emulator.tenant_id)
        auth = Auth.from_workspace({"method": "token"}, _EMULATOR_TOKEN)
        graph = await connecting(endpoint, auth)
        async with graph:
            yield Connection(graph, ref)
    except GraphError as error:
        raise failure_of(error) from error
    finally:
        emulator.stop()


async def _connect(
    endpoint: Endpoint, auth: Auth, *, output: Output, clock: Clock, stop: asyncio.Event | None, watch: Watch | None
) -> Graph:
    graph = await connect(
        endpoint,
        auth,
        clock=clock.monotonic,
        sleep=clock.sleep,
        now=lambda: clock.now().timestamp(),
        announce=output.notice,
        stop=stop,
        watch=watch,
    )
    _tell_excess(graph.identity)
    return graph


def _tell_excess(identity: Identity) -> None:
    """What an application holds and never needs here is worth a warning; a person's tools ask for much on their own."""
    for told in excess(identity.permissions):
        _log.log(logging.INFO if identity.user else logging.WARNING, "more than is ever needed is granted: %s", told)


def _seed(tenant: Tenant) -> JsonObject | None:
    if tenant.seed is None or (tenant.state is not None and tenant.state.exists()):
        return None
    seed = read_seed(os.fspath(tenant.seed))
    if seed.get("complete") is False:
        message = f"the seed {tenant.seed} is a snapshot that lacks what could not be read"
        raise Failure(Code.INVALID, message, "take it again with the permissions that it lists as missing")
    return {**seed, "tenantId": EMULATOR_TENANT_ID} if "digest" in seed else seed


def read_seed(name: str) -> JsonObject:
    """A tenant document. Raises `Failure` (3)."""
    try:
        value = json.loads(read_regular(name, _MAX_SEED))
    except OSError as error:
        raise Failure(Code.INVALID, f"the seed {name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Failure(Code.INVALID, f"the seed {name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Failure(Code.INVALID, f"the seed {name} is not a tenant document")
    return value


def _auth(tenant: Tenant, purpose: Purpose) -> Auth:
    """How to sign in. A sandbox that is served elsewhere takes any token, so none has to be set."""
    if tenant.emulated:
        return Auth.from_workspace({"method": "token"}, {**_EMULATOR_TOKEN, **os.environ})
    if purpose not in tenant.auth:
        message = f"the tenant {tenant.name} does not say how to sign in"
        raise Failure(Code.INVALID, message, "add `auth: {method: …}` to it in reconciler.yaml")
    return Auth.from_workspace(tenant.auth[purpose], os.environ)


def failure_of(error: GraphError) -> Failure:
    """An error of Graph as the end of a command."""
    if isinstance(error, WrongTenant | UntrustedUrl):
        return Failure(Code.REFUSED, error.message, error.hint)
    prefix = "sign-in failed: " if isinstance(error, SignInFailed) else ""
    return Failure(Code.FAILED, prefix + error.message, error.hint)
