"""Ways to sign in: what each needs, what it becomes, and what never shows."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from pathlib import Path
from typing import Any, cast

import azure.identity
import pytest
from azure.core.exceptions import ClientAuthenticationError

from reconciler.graph.assertion import (
    AzurePipelinesAssertion,
    FileAssertion,
    GitHubAssertion,
    find_assertion,
)
from reconciler.graph.auth import AUTHORITIES, METHODS, Auth, EntraCredential, credential
from reconciler.graph.errors import SignInFailed
from reconciler.graph.origin import CLOUD_HOSTS
from reconciler.graph.secret import Secret

from .scripted import Says, Server

TENANT = "b0a1c2d3-0000-4000-8000-00000000000a"
CLIENT = "a0b1c2d3-0000-4000-8000-00000000000b"
HIDDEN = "hidden-8d1f"
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://runner.example/token?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": HIDDEN}
PIPELINES = {"SYSTEM_OIDCREQUESTURI": "https://dev.example/oidc", "SYSTEM_ACCESSTOKEN": HIDDEN}


def auth(method: str, environ: dict[str, str] | None = None, **members: Any) -> Auth:
    return Auth.from_workspace({"method": method, **members}, environ or {})


# --- secrets


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(HIDDEN)
    shown = f"{secret} {secret!r} {secret!s} {secret:>20} {[secret]} {f'{secret}'}"
    assert HIDDEN not in shown
    assert secret.reveal() == HIDDEN
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither copied nor pickled"):
            copying(secret)
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize(
    ("method", "environ"),
    [
        ("token", {"RECONCILER_ACCESS_TOKEN": HIDDEN}),
        ("client-secret", {"AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": HIDDEN}),
        (
            "certificate",
            {
                "AZURE_CLIENT_ID": CLIENT,
                "AZURE_CLIENT_CERTIFICATE_PATH": "c.pem",
                "AZURE_CLIENT_CERTIFICATE_PASSWORD": HIDDEN,
            },
        ),
        ("workload-identity", {"AZURE_CLIENT_ID": CLIENT, **GITHUB}),
        ("workload-identity", {"AZURE_CLIENT_ID": CLIENT, "AZURE_SERVICE_CONNECTION_ID": "s", **PIPELINES}),
    ],
)
def test_an_auth_shows_no_secret(method: str, environ: dict[str, str]) -> None:
    if "SYSTEM_ACCESSTOKEN" in environ:
        environ = {**environ, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s"}
    made = auth(method, environ)
    assert HIDDEN not in repr(made)
    assert HIDDEN not in str([getattr(made, field.name) for field in dataclasses.fields(made)])


# --- what is missing


@pytest.mark.parametrize(
    ("method", "environ", "named"),
    [
        ("token", {}, "RECONCILER_ACCESS_TOKEN"),
        ("token", {"RECONCILER_ACCESS_TOKEN": ""}, "RECONCILER_ACCESS_TOKEN"),
        ("client-secret", {"AZURE_CLIENT_ID": CLIENT}, "AZURE_CLIENT_SECRET"),
        ("client-secret", {"AZURE_CLIENT_SECRET": HIDDEN}, "clientId"),
        ("certificate", {"AZURE_CLIENT_ID": CLIENT}, "certificatePath"),
        ("device-code", {}, "AZURE_CLIENT_ID"),
        ("browser", {}, "AZURE_CLIENT_ID"),
        ("workload-identity", {}, "AZURE_CLIENT_ID"),
        ("workload-identity", {"AZURE_CLIENT_ID": CLIENT}, "ACTIONS_ID_TOKEN_REQUEST_URL"),
        ("workload-identity", {"AZURE_CLIENT_ID": CLIENT, "GITHUB_ACTIONS": "true"}, "may not request"),
        (
            "workload-identity",
            {"AZURE_CLIENT_ID": CLIENT, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://runner.example"},
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ),
        ("workload-identity", {"AZURE_CLIENT_ID": CLIENT, **PIPELINES}, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
        (
            "workload-identity",
            {
                "AZURE_CLIENT_ID": CLIENT,
                "SYSTEM_OIDCREQUESTURI": "https://x",
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s",
            },
            "SYSTEM_ACCESSTOKEN",
        ),
        ("password", {}, "none of workload-identity, managed-identity"),
    ],
)
def test_what_is_missing_is_named(method: str, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SignInFailed, match=named):
        auth(method, environ)


@pytest.mark.parametrize("mapping", [{}, {"method": None}, {"method": 1}, {"method": ["token"]}])
def test_an_auth_without_a_method(mapping: dict[str, Any]) -> None:
    with pytest.raises(SignInFailed, match=r"auth\.method"):
        Auth.from_workspace(mapping, {})


def test_the_workspace_goes_before_the_environment() -> None:
    environ = {"AZURE_CLIENT_ID": "other", "AZURE_CLIENT_SECRET": HIDDEN}
    assert auth("client-secret", environ, clientId=CLIENT).client_id == CLIENT
    assert auth("client-secret", environ).client_id == "other"


@pytest.mark.parametrize(
    ("environ", "file"),
    [
        ({}, None),
        ({"SSL_CERT_FILE": "a.pem", "REQUESTS_CA_BUNDLE": "b.pem"}, "a.pem"),
        ({"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": "b.pem"}, "b.pem"),
        ({"CURL_CA_BUNDLE": "c.pem"}, "c.pem"),
    ],
)
def test_certificate_authorities_come_from_the_usual_variables(environ: dict[str, str], file: str | None) -> None:
    assert auth("azure-cli", environ).ca_file == file


# --- what it becomes

KINDS = {
    "workload-identity": (azure.identity.ClientAssertionCredential, {"AZURE_CLIENT_ID": CLIENT, **GITHUB}),
    "managed-identity": (azure.identity.ManagedIdentityCredential, {}),
    "client-secret": (
        azure.identity.ClientSecretCredential,
        {"AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": HIDDEN},
    ),
    "azure-cli": (azure.identity.AzureCliCredential, {}),
    "device-code": (azure.identity.DeviceCodeCredential, {"AZURE_CLIENT_ID": CLIENT}),
    "browser": (azure.identity.InteractiveBrowserCredential, {"AZURE_CLIENT_ID": CLIENT}),
}


@pytest.mark.parametrize("method", KINDS)
def test_each_method_is_one_credential_of_azure_identity(method: str) -> None:
    kind, environ = KINDS[method]
    made = credential(auth(method, environ), cloud="usgov", tenant_id=TENANT, announce=lambda _: None)
    inner = made._make()  # type: ignore[attr-defined]
    try:
        assert type(inner) is kind
        if hasattr(inner, "_authority"):
            assert "login.microsoftonline.us" in str(inner._authority)
    finally:
        inner.close()


def test_every_method_is_tried() -> None:
    assert {*KINDS, "certificate", "token"} == set(METHODS)
    assert AUTHORITIES.keys() == CLOUD_HOSTS.keys()


@pytest.mark.parametrize("method", ["client-secret", "device-code", "workload-identity"])
def test_a_method_that_needs_the_tenant_says_so(method: str) -> None:
    with pytest.raises(SignInFailed, match="tenantId"):
        credential(auth(method, KINDS[method][1]), cloud="global", tenant_id=None, announce=lambda _: None)


def test_a_certificate_that_is_not_there_or_none_is_a_failed_sign_in(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for path in (tmp_path / "none.pem", wrong):
        made = credential(
            auth("certificate", {"AZURE_CLIENT_ID": CLIENT}, certificatePath=str(path)),
            cloud="global",
            tenant_id=TENANT,
            announce=lambda _: None,
        )
        with pytest.raises(SignInFailed, match="signing in by certificate failed"):
            made.fetch("scope", None, renew=False)


class Fake:
    """In the place of a credential of azure-identity."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.closed = False
        self._error = error

    def get_token(self, *scopes: str, **options: Any) -> Any:
        self.asked.append({"scopes": scopes, **options})
        if self._error:
            raise self._error
        return object()

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("method", "claims", "made"), [("client-secret", None, 2), ("client-secret", "{}", 1), ("browser", None, 1)]
)
def test_a_new_token_is_asked_for_without_asking_a_person_again(method: str, claims: str | None, made: int) -> None:
    fakes: list[Fake] = []

    def make() -> Any:
        fakes.append(Fake())
        return fakes[-1]

    entra = EntraCredential(auth(method, KINDS[method][1]), make)
    entra.fetch("scope", None, renew=False)
    entra.fetch("scope", claims, renew=True)
    assert len(fakes) == made
    assert fakes[-1].asked[-1] == {"scopes": ("scope",), "claims": claims, "enable_cae": True}
    assert [fake.closed for fake in fakes] == [True] * (made - 1) + [False]
    entra.close()
    assert fakes[-1].closed


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ClientAuthenticationError("AADSTS7000215: Invalid secret\n" + HIDDEN),
            "AADSTS7000215: Invalid secret [secret]",
        ),
        (azure.identity.CredentialUnavailableError("Please run 'az login'"), "Please run 'az login'"),
        (ValueError(), "ValueError"),
        (OSError(2, "No such file", "c.pem"), "No such file"),
    ],
)
def test_what_azure_identity_raises_is_a_failed_sign_in(error: Exception, told: str) -> None:
    entra = EntraCredential(auth("client-secret", KINDS["client-secret"][1]), lambda: cast("Any", Fake(error)))
    with pytest.raises(SignInFailed) as failed:
        entra.fetch("scope", None, renew=False)
    assert failed.value.message.startswith("signing in by client-secret failed: ")
    assert told in failed.value.message
    assert HIDDEN not in failed.value.message


def test_a_device_code_is_announced() -> None:
    said: list[str] = []
    made = credential(
        auth("device-code", {"AZURE_CLIENT_ID": CLIENT}), cloud="global", tenant_id=TENANT, announce=said.append
    )
    inner = made._make()  # type: ignore[attr-defined]
    inner._prompt_callback("https://login.example/device", "ABC\x1b123", None)
    inner.close()
    assert said == ["To sign in, open https://login.example/device and enter the code ABC\\u{1b}123"]


# --- assertions


def test_github_gives_a_new_token_each_time() -> None:
    with Server(Says(200, {"value": "one"}), Says(200, {"value": "two"})) as server:
        assertion = GitHubAssertion(f"{server.url}/token?api-version=2", Secret(HIDDEN))
        assert (assertion.fetch(), assertion.fetch()) == ("one", "two")
    seen = server.seen[0]
    assert seen.target == "/token?api-version=2&audience=api%3A%2F%2FAzureADTokenExchange"
    assert seen.headers["authorization"] == f"Bearer {HIDDEN}"


def test_azure_pipelines_gives_a_token_of_the_service_connection() -> None:
    with Server(Says(200, {"oidcToken": "one"})) as server:
        assert AzurePipelinesAssertion(f"{server.url}/oidc", "s/1", Secret(HIDDEN)).fetch() == "one"
    seen = server.seen[0]
    assert (seen.method, seen.target) == ("POST", "/oidc?api-version=7.1&serviceConnectionId=s%2F1")
    assert seen.headers["authorization"] == f"Bearer {HIDDEN}"


@pytest.mark.parametrize(
    "answer",
    [
        Says(401, {"message": HIDDEN}),
        Says(200, {"value": ""}),
        Says(200, {}),
        Says(200, b"<html>"),
        Says(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Says(200, {}, framing="silent"),
    ],
    ids=range(6),
)
def test_no_token_from_github_is_a_failed_sign_in(answer: Says) -> None:
    with Server(answer) as server, pytest.raises(SignInFailed) as failed:
        GitHubAssertion(f"{server.url}/token", Secret(HIDDEN)).fetch()
    assert HIDDEN not in f"{failed.value} {failed.value.message}"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://runner.example/token", "is not https"),
        ("ftp://x/", "no usable address"),
        ("https://a@b/", "carries a user name"),
        ("https://runner.example/ x", "no usable address"),
        ("nonsense", "no usable address"),
    ],
)
def test_the_jobs_own_token_goes_to_https_only(url: str, why: str) -> None:
    with pytest.raises(SignInFailed, match=why):
        GitHubAssertion(url, Secret(HIDDEN)).fetch()


def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    assertion = FileAssertion(str(file))
    for content in ("one\n", "two"):
        file.write_text(content)
        assert assertion.fetch() == content.strip()
    file.write_text(" \n")
    with pytest.raises(SignInFailed, match="is empty"):
        assertion.fetch()
    file.unlink()
    with pytest.raises(SignInFailed, match="cannot be read: No such file"):
        assertion.fetch()
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SignInFailed, match="not text"):
        assertion.fetch()


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({**GITHUB, "AZURE_FEDERATED_TOKEN_FILE": "f"}, GitHubAssertion),
        ({**PIPELINES, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s"}, AzurePipelinesAssertion),
        ({"AZURE_FEDERATED_TOKEN_FILE": "f"}, FileAssertion),
        ({"AZURE_FEDERATED_TOKEN_FILE": "f", "GITHUB_ACTIONS": "true"}, FileAssertion),
    ],
)
def test_the_environment_tells_where_the_token_comes_from(environ: dict[str, str], kind: type) -> None:
    assert type(find_assertion(environ)) is kind
