"""Saved plans: one canonical byte sequence, whole and unchanged or refused.

The digest stops accidents. Against a forged file stands that apply plans anew from specs and live state, and requires
equality with what the file shows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from .canonical import canonical, digest
from .diagnostics import Diagnostic, Severity
from .model import Address, Json, JsonObject
from .plan import FORMAT_VERSION
from .spec.schema import check_value

RULES = {
    "PLANFILE101": "The file is not a plan file.",
    "PLANFILE102": "The file was changed after it was written.",
    "PLANFILE103": "The plan is of a format that this version does not know.",
    "PLANFILE104": "The plan has expired.",
    "PLANFILE105": "The plan is for another tenant.",
    "PLANFILE106": "The specs changed since the plan was made.",
    "PLANFILE107": "The live state changed since the plan was made.",
}


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
        return None, [_refused("PLANFILE103", "the plan was made by another version", "plan again with this version")]
    claimed = document.get("digest")
    if claimed != digest({key: value for key, value in document.items() if key != "digest"}):
        return None, [_refused("PLANFILE102", "the plan was changed after it was written", "plan again")]
    problems = check_value("plan", document)
    if problems or not _instant(document["expiresAt"]):
        path, message = problems[0] if problems else ("/expiresAt", "there is no such instant")
        return None, [_refused("PLANFILE101", f"the plan file is damaged at {path or '/'}: {message}", "plan again")]
    return document, []


def check(
    document: JsonObject, *, tenant_id: str | None, graph_url: str, spec_digest: str, now: datetime
) -> list[Diagnostic]:
    """Whether a saved plan may still be applied here and now, before anything is read from the tenant."""
    found: list[Diagnostic] = []
    expires = _instant(document["expiresAt"])
    if expires is None or now >= expires:
        found.append(_refused("PLANFILE104", f"the plan expired at {document['expiresAt']}", "plan again"))
    tenant: Any = document["tenant"]
    if (tenant["tenantId"], tenant["graphUrl"]) != (tenant_id, graph_url):
        found.append(_refused("PLANFILE105", f"the plan is for tenant {tenant['name']}", "choose it with --tenant"))
    if document["specDigest"] != spec_digest:
        found.append(_refused("PLANFILE106", "the specs changed since the plan was made", "plan again"))
    return found


def same(saved: JsonObject, fresh: JsonObject) -> list[Diagnostic]:
    """Whether planning anew gives the same changes. What does nothing may differ: it is not what was approved."""
    old, new = _doing(saved), _doing(fresh)
    found: list[Diagnostic] = []
    for address in sorted({*old, *new}):
        if old.get(address) == new.get(address):
            continue
        found.append(_refused("PLANFILE107", f"{address}: {_why(old.get(address), new.get(address))}", "plan again"))
    return found


def _doing(document: JsonObject) -> dict[str, Any]:
    changes: Any = document["changes"]
    return {change["address"]: _approved(change) for change in changes if change["action"] != "no-op"}


def _approved(change: dict[str, Any]) -> dict[str, Any]:
    """A change without what is only told beside it: how many people an order leads astray changes every day."""
    ladder = change.get("ladder")
    return {**change, "ladder": {k: v for k, v in ladder.items() if k != "strays"}} if ladder else change


def addresses(document: JsonObject) -> frozenset[Address]:
    """The addresses that a saved plan changes."""
    return frozenset(Address.parse(address) for address in _doing(document))


def _why(old: Any, new: Any) -> str:
    if old is None:
        return "a change that the saved plan does not have is needed now"
    if new is None:
        return "nothing is left to do, perhaps because it was applied already, or it is refused now"
    if old["liveId"] != new["liveId"]:
        return "it stands for another live object now"
    members: Sequence[str] = [m for m in sorted({*old, *new}) if old.get(m) != new.get(m)]
    before = {f["path"]: f for f in old["fields"]}
    after = {f["path"]: f for f in new["fields"]}
    fields = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
    return f"the live object changed ({', '.join(fields or members)})"


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
