"""The service discovery file of account-driven enrollment: what it has to say, and whether a domain's does.

Source: "Set up account driven Apple User Enrollment" (Intune documentation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from ..facts import ACCOUNT_DRIVEN, Profile
from . import pages
from .model import Check, Evidence, Fetched, Scope, Verdict, failing, listed, ok, types_of, unknown

VERSION = "mdm-byod"
HOSTS = {
    "global": "manage.microsoft.com",
    "usgov": "manage.microsoft.us",
    "usgov-dod": "manage.microsoft.us",
    "china": "manage.microsoft.cn",
}
PATH = "/enrollmentserver/postreportdeviceinfoforuev2"
RULE = "JIT316"
_TYPE = "application/json"
_VISIBLE = re.compile(r"[!-~]+")


def domains(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The domains whose discovery files matter: those of account-driven profiles alone."""
    driven = [profile for profile in profiles if ACCOUNT_DRIVEN in types_of(profile)]
    return tuple(sorted({str(each.value) for profile in driven for each in profile.onboarding.domains}))


def wrong(fetched: Fetched, *, cloud: str, tenant_id: str | None) -> str | None:
    """What is wrong with a discovery file; None where it leads to this tenant."""
    if fetched.problem:
        return fetched.problem
    if fetched.status != 200:
        return f"answers with status {fetched.status}"
    kind = fetched.content_type.partition(";")[0].strip().casefold()
    if kind != _TYPE:
        return f"is sent as {kind[:100] or 'no Content-Type at all'} and not as {_TYPE}"
    try:
        document: Any = json.loads(fetched.body)
    except (ValueError, RecursionError):  # the latter: nested so deeply that nothing reads it
        return "is not JSON"
    servers = document.get("Servers") if isinstance(document, dict) else None
    entries = [each for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    ours = [each for each in entries if each.get("Version") == VERSION]
    if not ours:
        return f"names no server of Version {VERSION}"
    found = (_url_problem(str(each.get("BaseURL") or ""), cloud, tenant_id) for each in ours)
    return next((problem for problem in found if problem), None)


def _url_problem(url: str, cloud: str, tenant_id: str | None) -> str | None:
    if not _VISIBLE.fullmatch(url):
        return "has a BaseURL that is no address"
    try:
        parts = urlsplit(url)
        leads = _leads_to_intune(parts, HOSTS[cloud])
    except ValueError:
        return "has a BaseURL that is no address"
    if not leads:
        return f"has a BaseURL that does not lead to https://{HOSTS[cloud]}/EnrollmentServer/…"
    query = parse_qs(parts.query, keep_blank_values=True).items()
    named = [value for key, values in query if key.casefold() == "aadtenantid" for value in values]
    if len(named) > 1:
        return "has a BaseURL that names a tenant more than once"
    if not any(named) or (tenant_id and named[0].casefold() != tenant_id.casefold()):
        return "has a BaseURL that names another tenant, or none"
    return None


def _leads_to_intune(parts: SplitResult, host: str) -> bool:
    """Raises `ValueError` for a port that is none."""
    plain = "@" not in parts.netloc and parts.port in (None, 443)
    return parts.scheme == "https" and plain and parts.hostname == host and parts.path.casefold() == PATH


def _discovery(evidence: Evidence) -> Verdict:
    found = [(each, wrong(each, cloud=evidence.cloud, tenant_id=evidence.tenant_id)) for each in evidence.discovered]
    unread = [f"{each.domain}: {each.problem}" for each, _ in found if each.status is None]
    bad = [f"{each.domain} {why}" for each, why in found if why and each.status is not None]
    if bad:
        return failing(
            "the discovery file is wrong: " + "; ".join(bad[:3]),
            "people see that their Apple Account does not support the expected services",
            "serve /.well-known/com.apple.remotemanagement as Microsoft describes it, without a file extension",
        )
    if unread:
        return unknown("the discovery file could not be read: " + "; ".join(unread[:3]))
    return ok(f"the discovery files lead to this tenant ({listed(each.domain for each, _ in found)})")


def is_asked(scope: Scope) -> bool:
    """Whether the domains are to be asked at all."""
    return scope.discovery and bool(scope.domains) and scope.may_have(ACCOUNT_DRIVEN)


CHECKS = (
    Check(
        RULE, "discovery file of account-driven enrollment", (), _discovery, pages.ACCOUNT, is_asked,
        "not asked for: it takes --discovery, an account-driven profile, and `onboarding.discoveryDomains` in its spec",
    ),
)  # fmt: skip
