"""The findings of `validate` as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.

Waived findings are results with a suppression, so that they show as dismissed. A fingerprint rests on what a finding is
about and not on its line: GitHub keeps an alert open or dismissed by it while lines move ("SARIF support for code
scanning").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..model import Json, JsonObject
from .members import number, objects, raw
from .safe import safe

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
WORKSPACE = "reconciler.yaml"
"""Stands for the place of a finding that no file holds: GitHub refuses the whole log for one result without a file."""
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_FINGERPRINT = "reconciler/v1"


def sarif(
    document: JsonObject,
    rules: Mapping[str, JsonObject],
    *,
    version: str,
    prefix: str = "",
    failure: str | None = None,
) -> JsonObject:
    """The log. `rules` are those of the findings, by id; `prefix` leads from the top of the repository to the files.

    `failure` is why nothing could be checked.
    """
    ids = sorted(rules)
    findings, waived = objects(document, "diagnostics"), objects(document, "waived")
    seen: dict[str, int] = {}
    results: list[Json] = [_result(each, ids, prefix, seen) for each in findings]
    results += [_suppressed(each, ids, prefix, seen) for each in waived]
    driver: JsonObject = {
        "name": "reconciler",
        "semanticVersion": version,
        "rules": [_rule(rule_id, rules[rule_id]) for rule_id in ids],
    }
    run: JsonObject = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "the top of the repository"}}},
        "invocations": [_invocation(failure)],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(failure: str | None) -> JsonObject:
    if failure is None:
        return {"executionSuccessful": True}
    told: JsonObject = {"level": "error", "message": {"text": safe(failure)}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [told]}


def _rule(rule_id: str, rule: JsonObject) -> JsonObject:
    title = safe(raw(rule, "title") or rule_id)
    says = safe(raw(rule, "says"))
    shown: JsonObject = {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title} {says}".strip()},
        "help": {"text": f"{title} {says} `reconciler explain {rule_id}` says more.".replace("  ", " ")},
        "defaultConfiguration": {"level": LEVELS.get(raw(rule, "severity"), "error")},
    }
    source = rule.get("source")
    if isinstance(source, dict) and raw(source, "url"):
        shown["helpUri"] = raw(source, "url")
    return shown


def _result(finding: JsonObject, ids: Sequence[str], prefix: str, seen: dict[str, int]) -> JsonObject:
    detail = safe(raw(finding, "detail"))
    text = safe(raw(finding, "message")) + (f"\n{detail}" if detail else "")
    shown: JsonObject = {
        "ruleId": raw(finding, "rule"),
        "ruleIndex": ids.index(raw(finding, "rule")) if raw(finding, "rule") in ids else -1,
        "level": LEVELS.get(raw(finding, "severity"), "error"),
        "message": {"text": text},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding, seen)},
    }
    return {**shown, "locations": [_location(finding, prefix)]}


def _suppressed(waived: JsonObject, ids: Sequence[str], prefix: str, seen: dict[str, int]) -> JsonObject:
    """A finding that a waiver tolerates; it counts as a note, for nobody has to do anything until the waiver ends."""
    why = f"{raw(waived, 'reason')} ({raw(waived, 'owner')}, until {raw(waived, 'expires')}; {raw(waived, 'waiver')})"
    suppression: JsonObject = {"kind": "external", "status": "accepted", "justification": safe(why)}
    return {**_result({**waived, "severity": "info"}, ids, prefix, seen), "suppressions": [suppression]}


def _location(finding: JsonObject, prefix: str) -> JsonObject:
    """Where it stands. The address is told as a logical location."""
    place: JsonObject = {"artifactLocation": _artifact(raw(finding, "file") or WORKSPACE, prefix)}
    if line := number(finding, "line"):
        place["region"] = _region(finding, line)
    shown: JsonObject = {"physicalLocation": place}
    if address := raw(finding, "address"):
        name = safe(address + raw(finding, "path"))
        shown["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    return shown


def _artifact(file: str, prefix: str) -> JsonObject:
    if file.startswith("/"):
        return {"uri": f"file://{_quoted(file)}"}
    return {"uri": _quoted(f"{prefix}{file}"), "uriBaseId": ROOT}


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogatepass"))


def _region(finding: JsonObject, line: int) -> JsonObject:
    column = number(finding, "column")
    if not column:
        return {"startLine": line}
    return {"startLine": line, "startColumn": column, "endColumn": column + max(number(finding, "width", 1), 1)}


def _fingerprint(finding: JsonObject, seen: dict[str, int]) -> str:
    """Of rule, place in the specs and message; of several that are equal, the number tells them apart."""
    parts = [raw(finding, name) for name in ("rule", "address", "path", "message")]
    if not raw(finding, "address"):
        parts.append(raw(finding, "file"))
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[key] = seen.get(key, 0) + 1
    return f"{key}:{seen[key]}"
