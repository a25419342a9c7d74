"""Signing in: to the right host, to the right tenant, with a token that shows nowhere and is renewed once."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
import itertools
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.graph.auth import Auth
from reconciler.graph.client import Graph
from reconciler.graph.connect import Endpoint, connect
from reconciler.graph.errors import (
    Forbidden,
    GraphError,
    OutcomeUnknown,
    SignInFailed,
    Throttled,
    Unauthorized,
    UntrustedUrl,
    WrongTenant,
)
from reconciler.graph.jwt import identity_of
from reconciler.graph.origin import Origin
from reconciler.graph.pacing import Pacing
from reconciler.graph.sender import Sender
from reconciler.graph.throttle import Throttle
from reconciler.graph.tokens import EARLY, TokenSource
from reconciler.graph.transport import SdkTransport

from .harness import CANARY, Clock, graph_at, jwt, raised, run, token_auth
from .scripted import Says, Seen, Server

TENANT = "b0a1c2d3-0000-4000-8000-00000000000a"
OTHER = "c0d1e2f3-0000-4000-8000-00000000000c"
PATH = "/beta/deviceManagement/deviceConfigurations/x"
OK = Says(200, {"id": "x"})


def organization(*ids: str) -> Says:
    return Says(200, {"value": [{"id": identifier, "displayName": "Contoso"} for identifier in ids]})


def opened(server: Server, **options: Any) -> Graph | GraphError:
    async def opening() -> Graph | GraphError:
        try:
            async with graph_at(server, **options) as graph:
                return graph
        except GraphError as error:
            return error

    with server:
        return run(opening())


# --- which tenant


def test_a_token_of_another_tenant_is_never_sent() -> None:
    server = Server(OK)
    error = opened(server, tenant_id=TENANT, token=jwt(tid=OTHER))
    assert type(error) is WrongTenant
    assert TENANT in error.message
    assert OTHER in error.message
    assert server.seen == []


def test_a_token_of_the_tenant_needs_no_question() -> None:
    server = Server(OK)
    graph = opened(
        server, tenant_id=TENANT.upper(), token=jwt(tid=TENANT, appid="app", roles=["Group.Read.All"], iss="https://x/")
    )
    assert isinstance(graph, Graph)
    assert (graph.identity.tenant_id, graph.identity.app_id) == (TENANT, "app")
    assert graph.identity.permissions == {"Group.Read.All"}
    assert server.seen == []


def test_an_opaque_token_is_asked_whose_it_is() -> None:
    server = Server(organization(TENANT))
    graph = opened(server, tenant_id=TENANT)
    assert isinstance(graph, Graph)
    assert graph.identity.tenant_id == TENANT
    assert [seen.target for seen in server.seen] == ["/v1.0/organization?$select=id,displayName"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (organization(OTHER), WrongTenant),
        (organization(), SignInFailed),
        (organization(TENANT, OTHER), SignInFailed),
        (Says(200, {"value": [{"displayName": "Contoso"}]}), SignInFailed),
        (Says(200, {}), SignInFailed),
        (Says(403, {}), Forbidden),
        (Says(401, {}), Unauthorized),
        (Says(200, b"<html>", kind="text/html"), OutcomeUnknown),
        (Says(429, headers={"Retry-After": "9999"}), Throttled),
    ],
    ids=range(9),
)
def test_without_proof_of_the_tenant_there_is_no_connection(answer: Says, kind: type[GraphError]) -> None:
    assert type(opened(Server(answer), tenant_id=TENANT)) is kind


def test_where_any_tenant_is_right_nothing_is_asked() -> None:
    server = Server(OK)
    assert isinstance(opened(server), Graph)
    assert server.seen == []


# --- which host


@pytest.mark.parametrize(
    ("method", "environ"),
    [
        ("azure-cli", {}),
        ("managed-identity", {}),
        ("client-secret", {"AZURE_CLIENT_ID": "a", "AZURE_CLIENT_SECRET": "b"}),
    ],
)
def test_an_emulator_gets_no_real_credential(method: str, environ: dict[str, str]) -> None:
    server = Server(OK)
    with server:
        endpoint = Endpoint(server.url, "global", TENANT)
        error = run(raised(UntrustedUrl, connect(endpoint, Auth.from_workspace({"method": method}, environ))))
    assert "127.0.0.1" in error.message
    assert server.seen == []


@pytest.mark.parametrize("issuer", ["https://sts.windows.net/t/", "https://login.microsoftonline.com/t/v2.0"])
def test_an_emulator_gets_no_real_token(issuer: str) -> None:
    server = Server(OK)
    assert type(opened(server, token=jwt(tid=TENANT, iss=issuer), tenant_id=TENANT)) is UntrustedUrl
    assert server.seen == []


@pytest.mark.parametrize("url", ["https://graph.example", "http://graph.microsoft.com", "https://graph.microsoft.us"])
def test_a_token_goes_to_the_host_of_its_cloud_only(url: str) -> None:
    run(raised(UntrustedUrl, connect(Endpoint(url, "global", None), token_auth())))


def test_loopback_is_reached_without_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(OK) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(opened(Server(OK), tenant_id=None), Graph)

        async def asking(server: Server) -> Any:
            async with graph_at(server) as graph:
                return await graph.get(PATH)

        with Server(OK) as server:
            assert run(asking(server)) == {"id": "x"}
    assert proxy.seen == []


def test_graph_is_reached_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is asked for a tunnel and refuses: nothing was sent, and it has not seen the token."""
    with Server(Says(407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        clock = Clock()

        async def asking() -> str:
            endpoint = Endpoint.of_cloud("global", None)
            async with await connect(endpoint, token_auth(), clock=clock, sleep=clock.sleep, budget=0.0) as graph:
                with pytest.raises(GraphError) as failed:
                    await graph.send("POST", PATH, {}, create=True)
                return type(failed.value).__name__

        assert run(asking()) == "NotSent"
    (seen,) = proxy.seen
    assert (seen.method, seen.target) == ("CONNECT", "graph.microsoft.com:443")
    assert CANARY not in str(seen.headers)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_told_before_anything_is_sent(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    environ = {"RECONCILER_ACCESS_TOKEN": CANARY, "SSL_CERT_FILE": str(file)}
    auth = Auth.from_workspace({"method": "token"}, environ)
    error = run(raised(SignInFailed, connect(Endpoint.of_cloud("global", None), auth)))
    assert "ca.pem cannot be read: " in error.message


# --- what a token says


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b", "a.b.c", "a.!!!.c", "a.W10.c", "..", "a." + base64.b64encode(b"\xff").decode() + ".c"],
)
def test_a_token_that_is_no_jwt_says_nothing(token: str) -> None:
    assert identity_of(token).tenant_id is None
    assert identity_of(token).permissions is None


def test_delegated_permissions_and_odd_claims() -> None:
    identity = identity_of(
        jwt(tid=5, scp="User.Read Group.Read.All", upn="a@contoso.example", roles="x", iss="http://[")
    )
    assert (identity.tenant_id, identity.user) == (None, "a@contoso.example")
    assert identity.permissions == {"User.Read", "Group.Read.All"}
    assert not identity.issued_by_microsoft


# --- renewal


@dataclass(frozen=True)
class Granted:
    token: str
    expires_on: int


@dataclass
class Issuer:
    """A credential that gives token-1, token-2, and so on, each good for an hour of `now`."""

    now: float = 0.0
    asked: list[tuple[str | None, bool]] = field(default_factory=list)
    stuck: bool = False
    failing: bool = False
    closed: bool = False

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Any:
        from azure.core.credentials import AccessToken

        self.asked.append((claims, renew))
        if self.failing and renew:
            raise SignInFailed("Entra refused")
        return AccessToken(f"token-{1 if self.stuck else len(self.asked)}", int(self.now) + 3600)

    def close(self) -> None:
        self.closed = True


async def with_issuer(server: Server, issuer: Issuer, *, method: str = "GET", times: int = 1) -> Any:
    """The results of requests under way together, on a connection whose tokens the issuer gives."""
    clock = Clock()
    origin = Origin.of(server.url)
    tokens = TokenSource(issuer, "scope", now=lambda: issuer.now)
    numbers = itertools.count()
    sender = Sender(
        SdkTransport(origin, tokens, connections=4, deadline=5.0),
        tokens,
        Throttle(clock, clock.sleep, lambda: 0.0, 10.0),
        Pacing(clock=clock, sleep=clock.sleep),
        concurrency=4,
        new_id=lambda: str(next(numbers)),
    )
    async with Graph(sender, origin, identity_of("")) as graph:
        one = graph.get if method == "GET" else lambda path: graph.send(method, path, {}, create=True)
        return await asyncio.gather(*(one(PATH) for _ in range(times)), return_exceptions=True)


def accepting(token: str, challenge: str | None = None) -> Server:
    def answer(seen: Seen) -> Says:
        if seen.headers["authorization"] == f"Bearer {token}":
            return OK
        return Says(401, {}, {"WWW-Authenticate": challenge} if challenge else {})

    return Server(by=answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_rejected_token_is_renewed_once(method: str) -> None:
    issuer = Issuer()
    with accepting("token-2") as server:
        (result,) = run(with_issuer(server, issuer, method=method))
    assert not isinstance(result, Exception)
    assert issuer.asked == [(None, False), (None, True)]
    assert [seen.headers["client-request-id"] for seen in server.seen] == ["0", "1"]
    assert issuer.closed


@pytest.mark.parametrize("issuer", [Issuer(), Issuer(stuck=True)], ids=["renewed", "stuck"])
def test_a_token_that_is_rejected_again_ends_the_request(issuer: Issuer) -> None:
    with accepting("never") as server:
        (result,) = run(with_issuer(server, issuer))
    assert type(result) is Unauthorized
    assert len(server.seen) == (1 if issuer.stuck else 2)


def test_a_renewal_that_fails_ends_the_request() -> None:
    with accepting("never") as server:
        (result,) = run(with_issuer(server, Issuer(failing=True)))
    assert type(result) is SignInFailed
    assert len(server.seen) == 1


def test_tasks_that_are_rejected_together_renew_once() -> None:
    issuer = Issuer()
    with accepting("token-2") as server:
        results = run(with_issuer(server, issuer, times=4))
    assert results == [{"id": "x"}] * 4
    assert issuer.asked == [(None, False), (None, True)]


def test_a_challenge_is_passed_on() -> None:
    claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    challenge = f'Bearer realm="", error="insufficient_claims", claims="{base64.b64encode(claims.encode()).decode()}"'
    issuer = Issuer()
    with accepting("token-2", challenge) as server:
        (result,) = run(with_issuer(server, issuer))
    assert result == {"id": "x"}
    assert issuer.asked == [(None, False), (claims, True)]
    assert len(server.seen) == 2


@pytest.mark.parametrize("claims", ["!!!", base64.b64encode(b"\xff").decode(), ""])
def test_a_challenge_that_cannot_be_read_is_a_plain_rejection(claims: str) -> None:
    issuer = Issuer()
    with accepting("token-2", f'Bearer claims="{claims}"') as server:
        run(with_issuer(server, issuer))
    assert issuer.asked == [(None, False), (None, True)]


def test_a_401_about_permissions_renews_nothing() -> None:
    inner = json.dumps({"ErrorCode": "Forbidden", "Message": "not allowed"})
    issuer = Issuer()
    with Server(Says(401, {"error": {"code": "UnknownError", "message": inner}})) as server:
        (result,) = run(with_issuer(server, issuer))
    assert type(result) is Forbidden
    assert issuer.asked == [(None, False)]
    assert len(server.seen) == 1


def test_a_token_is_used_until_it_is_about_to_end() -> None:
    issuer = Issuer()
    tokens = TokenSource(issuer, "scope", now=lambda: issuer.now)

    async def using() -> list[str]:
        used = []
        for now in (0.0, 3600 - EARLY, 3600 - EARLY + 1, 3700.0):
            issuer.now = now
            used.append((await tokens.get_token()).token)
        return used

    assert run(using()) == ["token-1", "token-1", "token-2", "token-2"]


def test_a_sign_in_that_waits_for_a_person_can_be_interrupted() -> None:
    release = threading.Event()

    class Slow(Issuer):
        def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Any:
            release.wait(5)
            return super().fetch(scope, claims, renew=renew)

    async def waiting() -> None:
        problems: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        tokens = TokenSource(Slow(), "scope", now=lambda: 0.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await tokens.get_token()
        (thread,) = (thread for thread in threading.enumerate() if thread.name == "sign-in")
        assert thread.daemon, "the end of the program must not wait for it"
        release.set()
        thread.join()
        await asyncio.sleep(0)
        assert problems == [], "a sign-in that ends after all is nobody's concern"

    run(waiting())


def test_a_credential_that_breaks_is_a_failed_sign_in() -> None:
    class Broken(Issuer):
        def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Any:
            raise ZeroDivisionError(CANARY)

    error = run(raised(SignInFailed, TokenSource(Broken(), "scope", now=lambda: 0.0).get_token()))
    assert error.message == "signing in failed: ZeroDivisionError"


# --- what shows and what is left behind


def test_the_token_shows_in_no_log_and_no_repr() -> None:
    written = io.StringIO()
    capture = logging.StreamHandler(written)
    root = logging.getLogger()
    before = root.level
    root.addHandler(capture)
    root.setLevel(logging.DEBUG)
    try:
        server = Server(Says(429, headers={"Retry-After": "1"}), Says(500, {"error": {"message": CANARY}}))

        async def asking() -> str:
            async with graph_at(server) as graph:
                error = await raised(OutcomeUnknown, graph.get(PATH))
                return f"{graph!r} {vars(graph)} {graph.exchanges} {error!r} {error.__context__!r} {error.__cause__!r}"

        with server:
            shown = run(asking())
    finally:
        root.removeHandler(capture)
        root.setLevel(before)
    assert f"GET {PATH} -> 429" in written.getvalue()
    assert "HTTP Request" not in written.getvalue(), "what httpx says about each request"
    assert CANARY not in written.getvalue()
    assert CANARY not in shown


def test_the_sdk_below_has_no_token_for_another_host() -> None:
    """The second fence: no code of ours sends there, so this goes around it."""
    from reconciler.graph.transport import _information

    async def asking() -> None:
        origin = Origin.of(home.url)
        transport = SdkTransport(origin, TokenSource(Issuer(), "scope", now=lambda: 0.0), connections=1, deadline=5.0)
        for url in (home.url, evil.url.replace("127.0.0.1", "localhost")):
            await transport._adapter.send_primitive_async(_information("GET", f"{url}/beta/x", {}, None), "bytes", {})
        await transport.aclose()

    with Server(OK) as evil, Server(OK) as home:
        run(asking())
    assert "authorization" in home.seen[0].headers
    assert "authorization" not in evil.seen[0].headers


def test_closing_closes_every_connection() -> None:
    async def using() -> None:
        async with graph_at(server) as graph:
            await asyncio.gather(*(graph.get(PATH) for _ in range(4)))
        gc.collect()  # an open socket would warn, and a warning is an error

    with Server(OK) as server:
        run(using())
    assert len({seen.connection for seen in server.seen}) > 1


def test_the_clients_request_id_is_ours_for_real_hosts_too() -> None:
    """The SDK sets one of its own for Graph's hosts; judged on its middleware, for nothing is sent there."""
    from kiota_http.middleware import MiddlewarePipeline
    from msgraph_core.middleware import GraphTelemetryHandler
    from msgraph_core.middleware.async_graph_transport import AsyncGraphTransport

    sent: list[httpx.Request] = []

    class Recorder(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(200)

    async def sending() -> None:
        pipeline = MiddlewarePipeline(Recorder())
        pipeline.add_middleware(GraphTelemetryHandler())
        request = httpx.Request(
            "GET",
            "https://graph.microsoft.com/beta/x",
            headers={"client-request-id": "ours"},
            extensions={"kiota_request_options": {}},
        )
        await AsyncGraphTransport(Recorder(), pipeline).handle_async_request(request)

    run(sending())
    assert sent[0].headers["client-request-id"] == "ours"


@pytest.mark.parametrize(
    "modules", ["reconciler.graph", "reconciler.graph.errors", "reconciler.graph.auth, reconciler.graph.connect"]
)
def test_importing_costs_no_sdk(modules: str) -> None:
    code = f"import {modules}, sys; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "msgraph",
        "msgraph_core",
        "kiota_http",
        "kiota_abstractions",
        "azure",
        "msal",
        "httpx",
        "aiohttp",
        "requests",
    }
    assert heavy.isdisjoint(loaded)
    if "connect" not in modules:
        assert "asyncio" not in loaded
