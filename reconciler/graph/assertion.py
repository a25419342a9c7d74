"""Where a workload proves who it is: the tokens of GitHub Actions, of Azure Pipelines, or in a file. Used by `auth`.

Such a token lives a few minutes and is good for one exchange, so it is fetched anew for each and never kept.
Sources: GitHub documentation, OpenID Connect reference; Azure DevOps REST API, OIDC token; Microsoft Entra
documentation, workload identity federation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from ..model import Json
from .errors import SignInFailed, UntrustedUrl
from .origin import Origin
from .secret import Secret
from .strictjson import decode
from .wording import printable

AUDIENCE: Final = "api://AzureADTokenExchange"
_DEADLINE = 30.0


class Assertion(Protocol):
    """Something that gives a new token each time. Blocks; raises `SignInFailed`."""

    def fetch(self) -> str: ...


@dataclass(frozen=True, slots=True)
class GitHubAssertion:
    """The OIDC token of a GitHub Actions job."""

    url: str
    token: Secret

    def fetch(self) -> str:
        """Ask the runner for a token whose audience is Entra's."""
        joint = "&" if "?" in self.url else "?"
        url = f"{self.url}{joint}audience={quote(AUDIENCE, safe='')}"
        return _ask("GET", url, self.token, member="value", who="GitHub")


@dataclass(frozen=True, slots=True)
class AzurePipelinesAssertion:
    """The OIDC token of an Azure Pipelines job, by way of a service connection."""

    url: str
    service_connection: str
    token: Secret

    def fetch(self) -> str:
        """Ask Azure DevOps for a token of the service connection."""
        url = f"{self.url}?api-version=7.1&serviceConnectionId={quote(self.service_connection, safe='')}"
        return _ask("POST", url, self.token, member="oidcToken", who="Azure Pipelines")


@dataclass(frozen=True, slots=True)
class FileAssertion:
    """A projected token, as Kubernetes keeps it in a file and renews it there."""

    path: str

    def fetch(self) -> str:
        """Read the file as it is now."""
        try:
            token = Path(self.path).read_text("utf-8").strip()
        except (OSError, ValueError) as failed:
            why = getattr(failed, "strerror", None) or "it is not text"
            raise SignInFailed(f"the token file {printable(self.path, limit=200)} cannot be read: {why}") from None
        if not token:
            raise SignInFailed(f"the token file {printable(self.path, limit=200)} is empty")
        return token


def _ask(method: str, url: str, token: Secret, *, member: str, who: str) -> str:
    from .transport import import_httpx

    httpx = import_httpx()
    origin = _safe(url, who)
    try:
        with httpx.Client(timeout=_DEADLINE, trust_env=not origin.loopback, follow_redirects=False) as client:
            answer = client.request(
                method,
                url,
                headers={"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"},
                content=b"" if method == "POST" else None,
            )
            status, body = answer.status_code, answer.content
    except httpx.HTTPError as failed:
        problem = type(failed).__name__
    else:
        if status == 200 and (value := _member(body, member)):
            return value
        problem = f"it answered {status}"
    raise SignInFailed(
        f"{who} gave no identity token: {problem}", hint="Check that the job may request one and run it again."
    )


def _safe(url: str, who: str) -> Origin:
    """The origin of a URL that a job's token may be sent to: https, or this computer."""
    try:
        origin = Origin.of(url)
    except UntrustedUrl as untrusted:
        raise SignInFailed(f"{who} gave no usable address for identity tokens: {untrusted.message}") from None
    if origin.scheme != "https" and not origin.loopback:
        raise SignInFailed(f"the address for {who}'s identity tokens is not https")
    return origin


def _member(body: bytes, member: str) -> str | None:
    try:
        value: Json = decode(body)
    except ValueError:
        return None
    found = value.get(member) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found else None


def find_assertion(environ: Mapping[str, str]) -> Assertion:
    """The assertion that the environment of this job offers. Raises `SignInFailed` with what is missing."""
    if url := environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        return GitHubAssertion(url, Secret(_needed(environ, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")))
    if environ.get("GITHUB_ACTIONS") == "true" and "AZURE_FEDERATED_TOKEN_FILE" not in environ:
        raise SignInFailed(
            "this GitHub Actions job may not request an identity token: ACTIONS_ID_TOKEN_REQUEST_URL is not set",
            hint="Give the job `permissions: {id-token: write, contents: read}`.",
        )
    if url := environ.get("SYSTEM_OIDCREQUESTURI"):
        connection = _needed(environ, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")
        return AzurePipelinesAssertion(url, connection, Secret(_needed(environ, "SYSTEM_ACCESSTOKEN")))
    if path := environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return FileAssertion(path)
    raise SignInFailed(
        "method workload-identity finds no identity token: none of ACTIONS_ID_TOKEN_REQUEST_URL (GitHub Actions), "
        "SYSTEM_OIDCREQUESTURI (Azure Pipelines) and AZURE_FEDERATED_TOKEN_FILE (Kubernetes) is set",
        hint="Outside of a pipeline use the method azure-cli, device-code or browser.",
    )


def _needed(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SignInFailed(f"method workload-identity needs the environment variable {name}, which is not set")
    return environ[name]
