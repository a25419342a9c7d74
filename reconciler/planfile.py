"""Saved plans: one canonical byte sequence, whole and unchanged or refused.

The digest stops accidents. Against a forged file stands that apply plans anew from specs and live state, and requires
equality with what the file shows (`stale`). A plan is good for one run: `cli.consumed`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from . import __version__
from .canonical import canonical, digest
from .diagnostics import Diagnostic, Severity
from .model import Address, Json, JsonObject
from .plan import FORMAT_VERSION
from .spec.schema import check_value

RULES = {
    "PLANFILE101": "The file is not a plan file.",
    "PLANFILE102": "The file was changed after it was written.",
    "PLANFILE103": "The plan was made by another version of the tool.",
    "PLANFILE104": "The plan has expired, or is dated in the future.",
    "PLANFILE105": "The plan is for another tenant or another owner.",
    "PLANFILE106": "The specs, or the record that the plan goes back to, are not those that it was made from.",
    "PLANFILE108": "The plan was applied already.",
    "PLANFILE110": "The plan rests on an incomplete reading.",
    "PLANFILE111": "The plan has a refused change.",
    "PLANFILE112": "The plan was made from a snapshot.",
}
_SKEW = timedelta(minutes=10)
"""How far the clocks of the machines that plan and apply may be apart."""


def to_bytes(document: JsonObject) -> bytes:
    """The bytes of a plan document. Equal documents have equal bytes."""
    return (canonical(document) + "\n").encode("ascii")


def from_bytes(data: bytes) -> tuple[JsonObject | None, list[Diagnostic]]:
    """A plan document, or why the bytes are none. Duplicate keys and numbers that JSON does not know are refused."""
    try:
        document = json.loads(
            data.decode("ascii"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except (ValueError, RecursionError):
        return None, [_refused("PLANFILE101", "this is not a plan file", "make one with `reconciler plan --out FILE`")]
    if not isinstance(document, dict) or not {"formatVersion", "digest", "changes"} <= document.keys():
        return None, [_refused("PLANFILE101", "this is not a plan file", "make one with `reconciler plan --out FILE`")]
    if document["formatVersion"] != FORMAT_VERSION:
        found = canonical(document["formatVersion"])[:40]
        message = f"the plan was made by another version: it has format {found}, and this one knows {FORMAT_VERSION}"
        return None, [_refused("PLANFILE103", message, "plan again with this version")]
    claimed = document.get("digest")
    sealed = digest({key: value for key, value in document.items() if key != "digest"})
    if claimed != sealed or to_bytes(document) != data:
        return None, [_refused("PLANFILE102", "the plan was changed after it was written", "plan again")]
    problems = check_value("plan", document)
    if problems or not _instant(document["expiresAt"]):
        path, message = problems[0] if problems else ("/expiresAt", "there is no such instant")
        return None, [_refused("PLANFILE101", f"the plan file is damaged at {path or '/'}: {message}", "plan again")]
    return document, []


def check(
    document: JsonObject,
    *,
    tenant_id: str | None,
    graph_url: str,
    owner: str,
    spec_digest: str,
    now: datetime,
    record: str | None = None,
) -> list[Diagnostic]:
    """Whether a saved plan may still be applied here and now, before anything is read from the tenant.

    A plan that goes back to what a run found (`source`) rests on the record of that run and on no spec: `record` is
    the digest of the one at hand, None where there is none.
    """
    return [
        *_check_versions(document),
        *_check_time(document, now),
        *_check_place(document, (tenant_id, graph_url), owner),
        *_check_source(document, spec_digest, record),
    ]


def _check_versions(document: JsonObject) -> list[Diagnostic]:
    tool: Any = document["tool"]
    found: list[Diagnostic] = []
    if tool["version"] != __version__:
        message = f"the plan was made by version {tool['version']}, and this is {__version__}"
        found.append(_refused("PLANFILE103", message, "plan again with this version"))
    if document["complete"] is not True:
        found.append(_refused("PLANFILE110", "the plan rests on an incomplete reading", "plan again"))
    changes: Any = document["changes"]
    if refused := [change["address"] for change in changes if change.get("refused") is True]:
        message = f"the plan refuses {', '.join(refused)}, and one refused change blocks the whole apply"
        consent: Any = document.get("consent") or {}
        selects = source_record(document) is None and not consent.get("release")
        leave_out = ", or leave it out with --except" if selects else ""
        found.append(_refused("PLANFILE111", message, f"mend what it says{leave_out}; plan again"))
    return found


def _check_time(document: JsonObject, now: datetime) -> list[Diagnostic]:
    created, expires = _instant(document["createdAt"]), _instant(document["expiresAt"])
    if expires is None or now >= expires:
        return [_refused("PLANFILE104", f"the plan expired at {document['expiresAt']}", "plan again")]
    if created is None or created > now + _SKEW:
        message = f"the plan is dated in the future, {document['createdAt']}"
        return [_refused("PLANFILE104", message, "set the clock of one of the machines right")]
    return []


def _check_place(document: JsonObject, place: tuple[str | None, str], owner: str) -> list[Diagnostic]:
    tenant: Any = document["tenant"]
    found: list[Diagnostic] = []
    if tenant["tenantId"] != place[0]:
        found.append(_refused("PLANFILE105", f"the plan is for tenant {tenant['name']}", "choose it with --tenant"))
    elif tenant["graphUrl"] != place[1]:
        message = f"the plan was made against {tenant['graphUrl']}, and this is {place[1]}"
        found.append(_refused("PLANFILE105", message, "set RECONCILER_GRAPH_URL as it was then, or plan again"))
    if document["owner"] != owner:
        message = f"the plan is for the owner {document['owner']}, and the workspace's is {owner}"
        found.append(_refused("PLANFILE105", message, "plan again"))
    return found


def _check_source(document: JsonObject, spec_digest: str, record: str | None) -> list[Diagnostic]:
    wanted = source_record(document)
    if wanted is None and document["specDigest"] != spec_digest:
        return [_refused("PLANFILE106", "the specs changed since the plan was made", "plan again")]
    if wanted is not None and wanted != record:
        message = f"the plan goes back to a run whose record is not at hand, {wanted}"
        return [_refused("PLANFILE106", message, "make it again from the record that is meant")]
    return []


def source_record(document: JsonObject) -> str | None:
    """The digest of the run record that a plan goes back to; None for a plan that comes from specs."""
    source = document.get("source")
    record = source.get("record") if isinstance(source, dict) else None
    return record if isinstance(record, str) else None


def pending(document: JsonObject) -> dict[str, Any]:
    """The changes of a plan that do something, by address."""
    changes: Any = document["changes"]
    return {change["address"]: change for change in changes if change["action"] != "no-op"}


def addresses(document: JsonObject) -> frozenset[Address]:
    """The addresses that a plan changes."""
    return frozenset(Address.parse(address) for address in pending(document))


def _refused(rule: str, message: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, rule, message, detail)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_constant(text)


def _instant(text: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
