"""What a token says about itself. Read to refuse early and to word errors, never to trust: nothing is verified here.

Used by `connect`. Graph's tokens are opaque by contract; one that is no JWT simply says nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..model import JsonObject
from .strictjson import decode
from .wording import printable

_ISSUERS = frozenset(
    {
        "sts.windows.net",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.windows.net",
        "sts.chinacloudapi.cn",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, as far as the token says."""

    tenant_id: str | None = None
    app_id: str | None = None
    user: str | None = None
    """The user principal name; None for an application."""
    permissions: frozenset[str] | None = None
    """Application roles or delegated scopes; None where the token does not say."""
    delegated: bool = False
    """Whether it acts for a person, whose own rights limit it further. Source: access token claims, `scp`."""
    issued_by_microsoft: bool = False


def identity_of(token: str) -> Identity:
    """What the claims of a token say; an empty `Identity` where it is no JWT."""
    claims = _claims(token)
    if claims is None:
        return Identity()
    return Identity(
        tenant_id=_text(claims, "tid"),
        app_id=_text(claims, "appid") or _text(claims, "azp"),
        user=_text(claims, "upn") or _text(claims, "preferred_username"),
        permissions=_permissions(claims),
        delegated=_text(claims, "scp") is not None,
        issued_by_microsoft=_issuer(claims) in _ISSUERS,
    )


def _claims(token: str) -> JsonObject | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        value = decode(base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return None
    return value if isinstance(value, dict) else None


def _text(claims: JsonObject, name: str) -> str | None:
    value = claims.get(name)
    return printable(value, limit=200) if isinstance(value, str) and value else None


def _permissions(claims: JsonObject) -> frozenset[str] | None:
    roles, scopes = claims.get("roles"), _text(claims, "scp")
    if not isinstance(roles, list) and scopes is None:
        return None
    named = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    return frozenset(named + (scopes or "").split())


def _issuer(claims: JsonObject) -> str | None:
    try:
        return urlsplit(_text(claims, "iss") or "").hostname
    except ValueError:
        return None
