"""Names that want to do harm, through every form of a report and of a manifest; documents that are damaged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.evidence.check import check
from reconciler.render import evidence, report_html, report_markdown, report_text
from reconciler.render.style import Style
from tests.evidence import given
from tests.render.hostile import PAYLOADS, complaints

NUMBER = {"atLeast": 1, "atMost": 2}
PROFILE = {"address": "EnrollmentProfile/a", "displayName": "A", "type": "x", "typeName": "x"}
DOCUMENT: dict[str, Any] = {
    "formatVersion": 1, "tool": {"name": "reconciler", "version": "1"}, "createdAt": "2026-03-01T08:00:00Z",
    "tenant": {"name": "sandbox", "tenantId": "t", "graphUrl": "emulator"}, "owner": "contoso", "complete": False,
    "unknown": ["why"], "specs": {"digest": "sha256:0", "commit": "c0ffee", "dirty": True},
    "summary": {"managed": 2, "asSpecified": 1, "orphaned": 1, "unmanaged": 1, "exceptions": 3, "expired": 1,
                "errors": 1, "warnings": 1, "runs": 1, "outside": 1, "unclear": 1},
    "managed": [{"address": "JitSsoPolicy/a", "displayName": "A", "liveId": "1", "state": "differs",
                 "firstRun": {"record": "sha256:0", "at": "2026-03-01T08:00:00Z"}, "lastRun": None}],
    "orphaned": [{"address": "JitSsoPolicy/b", "displayName": "B", "liveId": "2"}],
    "unmanaged": [{"kind": "JitSsoPolicy", "displayName": "C", "liveId": "3", "owner": "others"}],
    "exceptions": [{"sort": sort, "name": "n", "about": "a", "what": "w", "owner": "o", "reason": "r",
                    "expires": "2026-12-31", "state": "expired"} for sort in ("waiver", "rule", "provided")],
    "coverage": {"everybody": NUMBER, "withoutProfile": NUMBER, "profiles": [
        {"rank": 1, "profile": PROFILE, "assigned": NUMBER, "wins": NUMBER, "parts": [
            {"part": "authenticator", "needed": True, "state": "missing", "missing": NUMBER, "by": ["X"]}]}]},
    "limits": {"deletes": 0, "affectedPeople": None},
    "freeze": {"until": "2026-12-31T00:00:00Z", "reason": "year-end", "active": True},
    "runs": [{"record": "sha256:0", "startedAt": "2026-03-01T08:00:00Z", "finishedAt": None, "outcome": "applied",
              "summary": {"done": 1}, "commit": "c0ffee", "changeRef": "CHG", "runUrl": "https://x.example",
              "previous": {"digest": None, "state": "none"}, "actor": "alex"}],
    "breaks": [{"record": "sha256:0", "why": "missing", "names": "sha256:1"}],
    "findings": [{"severity": "error", "rule": "JIT1", "message": "m", "detail": "d", "address": "JitSsoPolicy/a",
                  "file": "a.yaml", "line": 1, "column": 1, "path": "/spec"}],
    "events": {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z", "complete": False, "why": None,
               "fresh": True, "summary": {"request": 1, "window": 1, "unclear": 1, "outside": 1, "unnamed": 1},
               "byRun": [], "silent": ["sha256:0"], "beside": [
                   {"id": "e", "at": "2026-03-01T08:00:00.5Z", "activity": "Patch", "operation": "Patch",
                    "result": "Failure", "correlationId": "x", "match": match, "run": None,
                    "actor": {"kind": kind, "application": "P", "applicationId": "p", "name": "eve"},
                    "objects": [{"id": "1", "type": "t", "name": "A", "properties": ["p"]}]}
                   for match, kind in (("outside", "person"), ("unclear", "application"), ("unnamed", "unknown"))]},
}  # fmt: skip
STRUCTURE = frozenset({"state", "sort", "match", "kind", "why", "severity", "part"})
RENDERERS: dict[str, Callable[[Any], str]] = {
    "text": lambda document: report_text.report(document, style=Style()),
    "markdown": report_markdown.report,
    "html": report_html.report,
}


def replaced(value: Any, payload: Any, keep: frozenset[str]) -> Any:
    """The document with the payload in place of every text."""
    if isinstance(value, dict):
        return {k: v if k in keep and isinstance(v, str) else replaced(v, payload, keep) for k, v in value.items()}
    if isinstance(value, list):
        return [replaced(each, payload, keep) for each in value]
    return payload if isinstance(value, str) else value


@pytest.mark.parametrize("form", RENDERERS)
def test_hostile_values_in_every_place(form: str) -> None:
    for name, payload in PAYLOADS.items():
        page = RENDERERS[form](replaced(DOCUMENT, payload[:6000], STRUCTURE))
        assert complaints(page) == [], name
        if form == "html":
            assert not re.search(r"<script|<b>|onerror|javascript:", page), name


@pytest.mark.parametrize("form", RENDERERS)
def test_words_that_no_version_knows(form: str) -> None:
    for payload in ("x", *PAYLOADS.values()):
        assert complaints(RENDERERS[form](replaced(DOCUMENT, payload[:40], frozenset()))) == []


@pytest.mark.parametrize("form", RENDERERS)
def test_damaged_documents_are_shown_as_far_as_they_go(form: str) -> None:
    damaged: tuple[Any, ...] = (None, 7, [], {}, "x", [None, 7], [{}])
    for key in DOCUMENT:
        for value in damaged:
            assert RENDERERS[form]({**DOCUMENT, key: value})


def test_a_link_leads_only_where_it_is_safe() -> None:
    page = report_html.report(replaced(DOCUMENT, "javascript:alert(1)", STRUCTURE))
    assert 'href="javascript' not in page


def test_a_manifest_with_hostile_values() -> None:
    manifest = check(given.made()).manifest
    for payload in PAYLOADS.values():
        lines = [*evidence.lines(replaced(manifest, payload, frozenset())), evidence.counted(manifest or {})]
        assert complaints("".join(f"{line}\n" for line in lines)) == []


def test_a_long_report_fits_into_a_comment() -> None:
    long = {**DOCUMENT, "managed": DOCUMENT["managed"] * 3000, "unmanaged": DOCUMENT["unmanaged"] * 3000}
    page = report_markdown.report(long)
    assert len(page.encode()) <= 65_536
    listed = page.split("### Managed")[1].split("### ")[0]
    left = re.search(r"(\d+) managed", listed)
    assert left, "what is left out is counted"
    assert listed.count("- `JitSsoPolicy/a`") + int(left[1]) == 3000
