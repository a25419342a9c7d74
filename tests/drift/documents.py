"""A document of `drift` with everything that one can have."""

from __future__ import annotations

from typing import Any

DIGEST = "sha256:" + "ab" * 32
GROUP = {"group": "Staff", "id": "0cc00000-1111-4222-8333-000000000003"}
RECORD = {"source": "record", "at": "2026-03-01T08:00:00Z", "commit": "a" * 40, "record": DIGEST}
HISTORY = {"source": "history", "at": "2026-02-01T08:00:00Z", "commit": "b" * 40, "record": None}
QUIET: dict[str, Any] = {"state": "not-asked", "first": None, "last": None, "count": 0, "by": []}
PERSON = {"at": "2026-03-01T09:00:00.5Z", "actor": "person", "by": "eve@contoso.example", "activity": "Patch policy"}
APPLICATION = {"at": "2026-03-01T08:30:00Z", "actor": "application", "by": "Other tool", "activity": "Patch policy"}
CHANGED = {
    "state": "found", "first": "2026-03-01T08:30:00Z", "last": PERSON["at"], "count": 2, "by": [PERSON, APPLICATION],
}  # fmt: skip


def finding(address: str, **members: Any) -> dict[str, Any]:
    """A finding; members that are not given are those of a field that the tenant changed."""
    return {
        "what": "field",
        "address": address,
        "displayName": "BYOD",
        "liveId": "2aa00000-1111-4222-8333-000000000001",
        "path": "/description",
        "direction": "tenant",
        "severity": "info",
        "because": "it is a text for people",
        "file": "specs/ios.yaml",
        "line": 7,
        "knownFrom": RECORD,
        "changed": CHANGED,
        "specified": "Own devices",
        "live": "Theirs",
        "applied": "Own devices",
        **members,
    }


def whole(address: str, what: str, **members: Any) -> dict[str, Any]:
    """A finding about an object as a whole."""
    left_out = ("specified", "live", "applied")
    about = finding(address, what=what, path=None, severity="error", **members)
    return {name: value for name, value in about.items() if name not in left_out}


def everything(**members: Any) -> dict[str, Any]:
    """Every sort of finding, a waiver, and a diagnostic."""
    findings = [
        finding("EnrollmentProfile/byod"),
        finding(
            "EnrollmentProfile/byod", path="/assignments", severity="error", direction="both", audience="everyone",
            specified={"include": ["allUsers"], "exclude": []}, live={"include": [GROUP], "exclude": []},
        ),
        finding(
            "JitSsoPolicy/jit", path="/appBundleIds", severity="error", direction="repository", knownFrom=HISTORY,
            changed=QUIET, specified=["a", "b"], live=["b"], details=[{"op": "remove", "value": "a"}],
        ),
        finding("EnrollmentPriority/ios", path="/order", specified=["A", "B"], live=["B", "A"],
                changed={**QUIET, "state": "not-in-log"}),
        whole("WebClip/portal", "missing", note="it was there when it was applied last"),
        whole("JitSsoPolicy/old", "orphaned", direction="repository", file=None, line=None),
        whole("AppAssignment/x", "refused", direction="unknown", knownFrom=None, note="nothing says which app it is",
              changed={**QUIET, "state": "not-readable"}),
    ]  # fmt: skip
    waiver = {
        "waiver": "Waiver/board", "address": "JitSsoPolicy/jit", "path": "/description", "rule": None,
        "owner": "a team", "reason": "CHG-1", "expires": "2026-12-31", "value": "x", "specified": "y",
    }  # fmt: skip
    diagnostic = {
        "severity": "error", "rule": "READ101", "message": "apps could not be read", "detail": "run again",
        "file": None, "line": None, "column": None, "text": None, "width": None, "address": None, "path": None,
    }  # fmt: skip
    return {
        "formatVersion": 1,
        "tool": {"name": "reconciler", "version": "1.0.0"},
        "createdAt": "2026-03-01T10:00:00Z",
        "tenant": {"name": "sandbox", "tenantId": None, "graphUrl": "emulator"},
        "owner": "contoso",
        "specDigest": DIGEST,
        "complete": True,
        "plan": {"digest": DIGEST, "summary": {"update": 3}},
        "history": {"newest": RECORD, "problems": ["run.json: the record was changed after it was written"]},
        "audit": {"state": "read", "since": "2026-03-01T08:00:00Z", "whole": True},
        "summary": {
            "findings": 7, "addresses": 6, "severity": {"error": 5, "warning": 0, "info": 2},
            "direction": {"tenant": 3, "repository": 2, "both": 1, "unknown": 1},
            "what": {"field": 4, "missing": 1, "orphaned": 1, "refused": 1}, "waived": 1,
        },
        "findings": findings,
        "waived": [waiver],
        "diagnostics": [diagnostic],
        "digest": DIGEST,
        **members,
    }  # fmt: skip


def accepting() -> dict[str, Any]:
    """One where specs were to follow the tenant."""
    diff = "--- a/specs/ios.yaml\n+++ b/specs/ios.yaml\n@@ -1 +1 @@\n-description: a\n+description: b\n"
    entry = {"address": "EnrollmentProfile/byod", "file": "specs/ios.yaml", "fields": ["/description"]}
    return everything(
        findings=[],
        accepted=[
            {**entry, "state": "accepted", "reason": None, "diff": diff},
            {**entry, "state": "refused", "reason": "its targets are those of an audience", "fields": [], "diff": None},
        ],
    )


def many(count: int) -> dict[str, Any]:
    """So many departures."""
    return everything(findings=[finding(f"EnrollmentProfile/p-{n}", displayName="x" * 60) for n in range(count)])
