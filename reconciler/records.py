"""Run records: what a run found, did and left, sealed with a digest and chained to the record before it.

Made by `apply`, checked offline by `verify`, read by `rollback`. A record holds the raw objects before and after, so
values that look like secrets are masked before they get here. The digest stops accidents and careless edits; it is no
signature.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import __version__
from .canonical import canonical, digest, parsed
from .diagnostics import Diagnostic, Severity
from .live import Live
from .model import ABSENT, Address, Json, JsonObject
from .plan import TenantRef
from .run import FORMAT_VERSION, Result, Run
from .spec.schema import check_value

RULES = {
    "RECORD101": "The file is not a run record.",
    "RECORD102": "The record was changed after it was written.",
    "RECORD103": "The record is of a format that this version does not know.",
    "RECORD104": "The record before it is not there, so the chain cannot be followed.",
    "RECORD105": "The record before it is not the one that the chain names.",
}
_NOT_A_RECORD = "this is not a run record"
_WHERE = "records are written by `reconciler apply`, to .reconciler/runs/ unless --record says otherwise"
_MEMBERS = frozenset({"formatVersion", "results", "tenant", "owner", "previousRecord", "digest"})
"""What only a record has all of: the document of `apply --format json` is none."""

SENSITIVE = {
    "certificate": "certificates and what identifies them",
    "clientSecret": "what an application signs in with",
    "password": "what somebody signs in with",
    "passcode": "what unlocks a device",
    "pfxBlob": "a certificate with its private key",
    "preSharedKey": "the key of a network",
    "privateKey": "a private key",
    "sharedSecret": "the secret of a network",
    "token": "the content of a VPP or enrollment token",
    "trustedRootCertificate": "certificates and what identifies them",
    "vppToken": "the content of a VPP token",
    "vppTokenAppleId": "the Apple Account that bought the apps: a person's address",
}
"""Properties of Graph that are masked wherever they stand, each with the reason."""
_SECRET_KEY = re.compile(
    "pass(word|wd|code|phrase)|secret|credential|token|(private|pre.?shared|api|access|encryption).?key|certificate",
    re.IGNORECASE,
)
"""Keys of key-value pairs (SSO plug-in data, app settings) whose values are masked. Microsoft documents no such key for
the SSO extension; what people add is unknown."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a record says beyond the run itself."""

    tenant: TenantRef
    owner: str
    saved_plan: str | None = None
    """The digest of the saved plan that was applied."""
    dirty: bool | None = None
    """Whether workspace and specs differed from the commit; None where there is none."""
    change_ref: str | None = None
    run_url: str | None = None
    approvals: tuple[JsonObject, ...] = ()
    previous: str | None = None
    """The digest of the record before this one."""
    unchanged: tuple[Address, ...] = ()
    """What the plan found as the specs say."""
    goes_back_to: str | None = None
    """The digest of the record whose run was undone; None where specs were applied."""


def document(run: Run, whose: Circumstances, *, duration: float) -> JsonObject:
    """The record of a run, sealed. `duration` is in seconds."""
    tenant = whose.tenant
    return sealed(
        {
            **run.to_json(),
            "results": [_result(result) for result in run.results],
            "tool": {"name": "reconciler", "version": __version__},
            "tenant": {"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url},
            "owner": whose.owner,
            "savedPlan": whose.saved_plan,
            "dirty": whose.dirty,
            "changeRef": whose.change_ref,
            "runUrl": whose.run_url,
            "approvals": [*whose.approvals],
            "previousRecord": whose.previous,
            **({"unchanged": [*sorted(map(str, whose.unchanged))]} if whose.unchanged else {}),
            **({"goesBackTo": whose.goes_back_to} if whose.goes_back_to else {}),
            "duration": round(duration, 3),
        }
    )


def _result(result: Result) -> JsonObject:
    shown: JsonObject = {**result.to_json(), "before": result.before, "properties": [*result.properties]}
    return shown if result.after is ABSENT else {**shown, "after": result.after}


# States of objects


def object_state(live: Live) -> JsonObject:
    """A live object as records hold it: as it was read, with secrets masked."""
    return {
        "id": live.id,
        "collection": live.collection.key,
        "body": masked(live.body),
        "assignments": [masked(each) for each in live.assignments],
    }


def ladder_state(rungs: Iterable[tuple[str, str, int]]) -> JsonObject:
    """An order as records hold it, from id, name and number of each object: the winner first."""
    ordered = sorted(rungs, key=lambda rung: rung[2])
    return {"ladder": [{"id": i, "displayName": name, "priority": number} for i, name, number in ordered]}


def masked(value: Any) -> Any:
    """A value with everything that may be secret replaced by the beginning of its digest, so that change still shows.

    That is: properties of `SENSITIVE`, values of pairs whose key looks like that of a secret, and values that Graph
    itself keeps encrypted (`isEncrypted`).
    """
    if isinstance(value, list | tuple):
        return [masked(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    hidden = {"value", "appConfigKeyValue"} if _is_secret_pair(value) else set()
    return {
        key: _mask(member) if member is not None and (key in SENSITIVE or key in hidden) else masked(member)
        for key, member in value.items()
    }


def _is_secret_pair(value: JsonObject) -> bool:
    key = value.get("key", value.get("appConfigKey"))
    return value.get("isEncrypted") is True or (isinstance(key, str) and is_secret(key))


def is_secret(key: str) -> bool:
    """Whether the value that goes by this key may be a secret."""
    return bool(_SECRET_KEY.search(key))


def _mask(value: Json) -> JsonObject:
    if isinstance(value, dict) and value.keys() == {"masked"}:
        return value  # it was masked before
    return {"masked": f"sha256:{hashlib.sha256(canonical(value).encode('ascii')).hexdigest()[:12]}"}


def has_masked(value: Json) -> bool:
    """Whether something in a value is masked, so that it cannot be written again."""
    if isinstance(value, dict):
        return value.keys() == {"masked"} or any(has_masked(member) for member in value.values())
    return isinstance(value, list) and any(has_masked(entry) for entry in value)


# Bytes


def sealed(content: JsonObject) -> JsonObject:
    """The content with its digest, which covers everything else."""
    return {**content, "digest": digest({key: value for key, value in content.items() if key != "digest"})}


def to_bytes(record: JsonObject) -> bytes:
    """The bytes of a record. Equal records have equal bytes."""
    return (canonical(record) + "\n").encode("ascii")


def from_bytes(data: bytes) -> tuple[JsonObject | None, list[Diagnostic]]:
    """A record, whole and unchanged; or why the bytes are none."""
    try:
        record = parsed(data)
    except (ValueError, RecursionError):
        return None, [_refused("RECORD101", _NOT_A_RECORD, _WHERE)]
    if not isinstance(record, dict) or not record.keys() >= _MEMBERS:
        return None, [_refused("RECORD101", _NOT_A_RECORD, _WHERE)]
    if record["formatVersion"] != FORMAT_VERSION:
        message = f"the record is of format {record['formatVersion']!r}, this version knows {FORMAT_VERSION}"
        return None, [_refused("RECORD103", message, "use the version that wrote it")]
    if sealed(record)["digest"] != record["digest"]:
        return None, [_refused("RECORD102", "the record was changed after it was written", "look for another copy")]
    if data != to_bytes(record):
        return None, [_refused("RECORD102", "the record was rewritten in another form", "look for another copy")]
    if problems := check_value("run", record):
        path, message = problems[0]
        return None, [_refused("RECORD101", f"the record is damaged at {path or '/'}: {message}", _WHERE)]
    if unreal := next((name for name in ("startedAt", "finishedAt") if not _is_instant(record[name])), None):
        return None, [_refused("RECORD101", f"the record is damaged at /{unreal}: there is no such instant", _WHERE)]
    return record, []


def _is_instant(text: Json) -> bool:
    """Whether there is such a time; null is none that is wrong. The schema sees to the form."""
    with suppress(ValueError):
        return text is None or bool(datetime.fromisoformat(str(text)))
    return False


def follows(record: JsonObject, earlier: JsonObject) -> list[Diagnostic]:
    """Whether `earlier` is the record that `record` names as the one before it."""
    named, found = record.get("previousRecord"), earlier["digest"]
    if named == found:
        return []
    message = f"the record before it is {found}, and it names {named or 'none'}"
    return [_refused("RECORD105", message, "a record is missing, was exchanged, or belongs to another chain")]


def _refused(rule: str, message: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, rule, message, detail)
