"""How to sign in to Microsoft Entra: the workspace's `auth` as a value, and the credential that it stands for.

The only module that imports azure.identity, and only when a credential is made. The environment is given to it; what
azure-identity itself reads there (managed identity, the path of the Azure CLI) is beyond it. Used by `connect`, `cli`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..model import Json
from .assertion import Assertion, find_assertion
from .errors import SignInFailed
from .secret import Secret
from .tokens import Credential, Token
from .wording import printable, redacted

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["AUTHORITIES", "METHODS", "Announce", "Auth", "Secret", "credential"]

AUTHORITIES: Final = {
    "global": "login.microsoftonline.com",
    "usgov": "login.microsoftonline.us",
    "usgov-dod": "login.microsoftonline.us",
    "china": "login.chinacloudapi.cn",
}
"""Source: Microsoft Graph documentation, national cloud deployments."""

CA_VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""What names the certificate authorities. The libraries below heed different ones of these; here all hold for all."""

Announce = Callable[[str], None]
"""Shows a sentence to the person who is to sign in."""


@dataclass(frozen=True, slots=True)
class Auth:
    """One way to sign in, with all that it needs but the tenant."""

    method: str
    client_id: str | None = None
    certificate_path: str | None = None
    certificate_password: Secret | None = None
    client_secret: Secret | None = None
    access_token: Secret | None = None
    assertion: Assertion | None = None
    ca_file: str | None = None
    """The certificate authorities to trust instead of the usual ones: a PEM file, or a folder as OpenSSL makes it."""

    @classmethod
    def from_workspace(cls, mapping: Mapping[str, Json], environ: Mapping[str, str]) -> Auth:
        """The value of a workspace's `auth` for one purpose (plan or apply).

        Members: `method`, `clientId` (else AZURE_CLIENT_ID), `certificatePath` (else AZURE_CLIENT_CERTIFICATE_PATH).
        Secrets, and what a pipeline knows of itself, come from the environment only.
        Raises `SignInFailed` with the name of what is missing.
        """
        method = mapping.get("method")
        if not isinstance(method, str) or method not in _READERS:
            raise SignInFailed(
                f"auth.method is {printable(str(method), limit=60)!r}, which is none of {', '.join(METHODS)}"
            )
        read = _READERS[method](_Settings(method, mapping, environ))
        return replace(read, ca_file=next((environ[name] for name in CA_VARIABLES if environ.get(name)), None))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        held = (self.certificate_password, self.client_secret, self.access_token)
        return tuple(secret.reveal() for secret in held if secret is not None)


@dataclass(frozen=True, slots=True)
class _Settings:
    """Where the members of one `auth` are looked up."""

    method: str
    mapping: Mapping[str, Json]
    environ: Mapping[str, str]

    def find(self, member: str, variable: str) -> str | None:
        value = self.mapping.get(member)
        return value if isinstance(value, str) and value else self.environ.get(variable) or None

    def need(self, member: str, variable: str) -> str:
        value = self.find(member, variable)
        if value is None:
            raise SignInFailed(
                f"method {self.method} needs {member} in the workspace's auth, or the environment variable {variable}"
            )
        return value

    def secret(self, variable: str) -> Secret:
        value = self.environ.get(variable)
        if not value:
            raise SignInFailed(f"method {self.method} needs the environment variable {variable}, which is not set")
        return Secret(value.strip())

    @property
    def client_id(self) -> str:
        return self.need("clientId", "AZURE_CLIENT_ID")


def _read_certificate(settings: _Settings) -> Auth:
    password = "AZURE_CLIENT_CERTIFICATE_PASSWORD"  # noqa: S105 - the variable's name
    return Auth(
        settings.method,
        client_id=settings.client_id,
        certificate_path=settings.need("certificatePath", "AZURE_CLIENT_CERTIFICATE_PATH"),
        certificate_password=settings.secret(password) if settings.environ.get(password) else None,
    )


def _read_workload(settings: _Settings) -> Auth:
    return Auth(settings.method, client_id=settings.client_id, assertion=find_assertion(settings.environ))


_READERS: Final[dict[str, Callable[[_Settings], Auth]]] = {
    "workload-identity": _read_workload,
    "managed-identity": lambda s: Auth(s.method, client_id=s.find("clientId", "AZURE_CLIENT_ID")),
    "certificate": _read_certificate,
    "client-secret": lambda s: Auth(s.method, client_id=s.client_id, client_secret=s.secret("AZURE_CLIENT_SECRET")),
    "azure-cli": lambda s: Auth(s.method),
    "device-code": lambda s: Auth(s.method, client_id=s.client_id),
    "browser": lambda s: Auth(s.method, client_id=s.client_id),
    "token": lambda s: Auth(s.method, access_token=s.secret("RECONCILER_ACCESS_TOKEN")),
}

METHODS: Final = tuple(_READERS)
"""In the order in which to prefer them in a pipeline; the last four are for people and for tests."""


def credential(auth: Auth, *, cloud: str, tenant_id: str | None, announce: Announce) -> Credential:
    """What gives tokens for `auth`. Imports azure.identity for every method but `token`."""
    if auth.access_token is not None:
        return GivenToken(auth.access_token)
    maker = _MAKERS[auth.method]
    if tenant_id is None and auth.method not in {"managed-identity", "azure-cli"}:
        raise SignInFailed(f"method {auth.method} needs the tenant's tenantId in the workspace")
    options: dict[str, Any] = {"authority": AUTHORITIES[cloud]}
    if auth.ca_file is not None:
        options["connection_verify"] = auth.ca_file
    return EntraCredential(auth, lambda: maker(auth, tenant_id, options, announce))


class GivenToken:
    """A token that somebody else got; it cannot be renewed."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Token:
        from azure.core.credentials import AccessToken

        return AccessToken(self._token.reveal(), 1 << 40)

    def close(self) -> None:
        """Holds nothing."""


class EntraCredential:
    """A credential of azure-identity, made again where a new token is asked for: it would give its kept one."""

    def __init__(self, auth: Auth, make: Callable[[], TokenCredential]) -> None:
        self._auth = auth
        self._make = make
        self._credential: TokenCredential | None = None

    def fetch(self, scope: str, claims: str | None, *, renew: bool) -> Token:
        from azure.core.exceptions import AzureError

        # A person is not asked again for what they just did; a challenge goes past what azure-identity keeps.
        if renew and claims is None and self._auth.method not in {"device-code", "browser"}:
            self.close()
        try:
            if self._credential is None:
                self._credential = self._make()
            return self._credential.get_token(scope, claims=claims, enable_cae=True)
        except (AzureError, ValueError, OSError) as failed:
            reason = printable(redacted(str(failed), self._auth.secrets)) or type(failed).__name__
        raise SignInFailed(f"signing in by {self._auth.method} failed: {reason}")

    def close(self) -> None:
        held, self._credential = self._credential, None
        if held is not None and hasattr(held, "close"):
            held.close()


_Maker = Callable[[Auth, str | None, dict[str, Any], Announce], "TokenCredential"]


def _workload(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import ClientAssertionCredential

    assert tenant_id is not None
    assert auth.client_id is not None
    assert auth.assertion is not None
    return ClientAssertionCredential(tenant_id, auth.client_id, auth.assertion.fetch, **options)


def _managed(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=auth.client_id)


def _certificate(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import CertificateCredential

    assert tenant_id is not None
    assert auth.client_id is not None
    password = auth.certificate_password.reveal() if auth.certificate_password else None
    return CertificateCredential(tenant_id, auth.client_id, auth.certificate_path, password=password, **options)


def _client_secret(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import ClientSecretCredential

    assert tenant_id is not None
    assert auth.client_id is not None
    assert auth.client_secret is not None
    return ClientSecretCredential(tenant_id, auth.client_id, auth.client_secret.reveal(), **options)


def _azure_cli(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=tenant_id or "")


def _device_code(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import DeviceCodeCredential

    assert tenant_id is not None
    assert auth.client_id is not None

    def prompt(url: str, code: str, _expires: object) -> None:
        announce(f"To sign in, open {printable(url, limit=200)} and enter the code {printable(code, limit=40)}")

    return DeviceCodeCredential(auth.client_id, tenant_id=tenant_id, prompt_callback=prompt, **options)


def _browser(auth: Auth, tenant_id: str | None, options: dict[str, Any], announce: Announce) -> TokenCredential:
    from azure.identity import InteractiveBrowserCredential

    announce("A browser window opens for signing in")
    return InteractiveBrowserCredential(tenant_id=tenant_id, client_id=auth.client_id, **options)


_MAKERS: Final[dict[str, _Maker]] = {
    "workload-identity": _workload,
    "managed-identity": _managed,
    "certificate": _certificate,
    "client-secret": _client_secret,
    "azure-cli": _azure_cli,
    "device-code": _device_code,
    "browser": _browser,
}
