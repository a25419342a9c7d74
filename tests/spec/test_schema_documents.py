"""Plan and run documents against what their schemas promise to readers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic, Position, Severity
from reconciler.model import Address
from reconciler.spec import schema

DIGEST = f"sha256:{'0a' * 32}"
FINDING = Diagnostic(
    Severity.WARNING,
    "JIT122",
    "Safari sign-in is off",
    "leave `safariSso` out",
    Position("specs/phones.yaml", 4, 3),
    Address("JitSsoPolicy", "phones"),
    "/spec/safariSso",
).to_json()

PLAN: dict[str, Any] = {
    "formatVersion": 1,
    "tool": {"name": "reconciler", "version": "0.1.0"},
    "createdAt": "2026-03-01T07:00:00Z",
    "expiresAt": "2026-03-02T07:00:00.125Z",
    "tenant": {"name": "sandbox", "tenantId": "0b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa", "graphUrl": "emulator"},
    "owner": "adatum",
    "specDigest": DIGEST,
    "complete": True,
    "summary": {
        "create": 1,
        "update": 1,
        "replace": 0,
        "delete": 0,
        "noOp": 0,
        "assignmentsAdded": 2,
        "assignmentsRemoved": 0,
    },
    "changes": [
        {
            "address": "EnrollmentProfile/own-web",
            "kind": "EnrollmentProfile",
            "name": "own-web",
            "action": "create",
            "reason": "there is no such object",
            "liveId": None,
            "wave": 3,
            "dependsOn": ["JitSsoPolicy/ipads"],
            "fields": [{"path": "/displayName", "before": None, "after": "Own devices"}],
            "operations": [
                {"method": "POST", "path": "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles", "body": {}}
            ],
            "fingerprint": DIGEST,
        },
        {
            "address": "EnrollmentPriority/phones",
            "kind": "EnrollmentPriority",
            "name": "phones",
            "action": "update",
            "reason": "another order",
            "liveId": None,
            "wave": 4,
            "dependsOn": ["EnrollmentProfile/own-web"],
            "fields": [{"path": "", "before": ["a"], "after": ["b"]}],
            "operations": [
                {"method": "POST", "path": "/beta/x/{EnrollmentProfile/own-web.id}/setPriority", "body": {}, "step": 1}
            ],
            "fingerprint": None,
            "adopts": False,
            "mayNeed": "up to 2 more setPriority calls",
            "notes": ["the service decides"],
            "ladder": {"before": ["a", "b"], "steps": [["b", "a"]], "after": ["b", "a"]},
            "stages": 2,
        },
    ],
    "restsOn": [
        {
            "what": "prerequisite",
            "id": "5c6f54c4-52c8-4e43-9d0a-8a1de8ab54aa",
            "name": "iOS - JIT",
            "address": "JitSsoPolicy/ios",
            "for": ["EnrollmentProfile/own-web"],
            "properties": {"assignments": "0123456789abcdef"},
        },
    ],
    "orphaned": [{"address": "JitSsoPolicy/old", "liveId": "0b6e", "displayName": "Old", "protected": True}],
    "unmanaged": [{"kind": "JitSsoPolicy", "liveId": "0b6f", "displayName": "Someone else's", "owner": "others"}],
    "diagnostics": [FINDING],
    "digest": DIGEST,
}

RUN: dict[str, Any] = {
    "formatVersion": 1,
    "outcome": "partly-applied",
    "summary": {"done": 1, "failed": 0, "skipped": 1, "unverified": 0},
    "results": [
        {
            "address": "EnrollmentProfile/own-web",
            "action": "create",
            "status": "done",
            "liveId": "0b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa",
            "requests": [
                {"method": "POST", "path": "/beta/x", "status": 201, "clientRequestId": "a", "requestId": "b"},
                {"method": "POST", "path": "/beta/x", "status": None, "clientRequestId": "a", "requestId": None},
            ],
            "error": None,
            "properties": ["displayName"],
            "before": None,
            "after": {
                "id": "0b6f",
                "collection": "enrollmentProfiles",
                "body": {"displayName": "A"},
                "assignments": [],
            },
        },
        {
            "address": "EnrollmentPriority/phones",
            "action": "update",
            "status": "skipped",
            "liveId": None,
            "requests": [],
            "error": "depends on what failed",
        },
    ],
    "plan": {"digest": DIGEST},
    "commit": None,
    "actor": "pipeline",
    "startedAt": "2026-03-01T07:00:00Z",
    "finishedAt": "2026-03-01T07:00:09Z",
    "changeRef": "CHG-9",
    "runUrl": None,
    "approvals": [],
    "previousRecord": None,
    "tool": {"name": "reconciler", "version": "1"},
    "tenant": {"name": "sandbox", "tenantId": None, "graphUrl": "emulator"},
    "owner": "contoso",
    "savedPlan": DIGEST,
    "dirty": False,
    "duration": 4.25,
    "digest": DIGEST,
}
RECORDS_ONLY = {
    "changeRef", "runUrl", "approvals", "previousRecord", "tool", "tenant", "owner", "savedPlan", "dirty", "duration",
    "digest",
}  # fmt: skip

VALIDATE = {"formatVersion": 1, "valid": True, "diagnostics": [FINDING]}


@pytest.mark.parametrize(("name", "value"), [("plan", PLAN), ("run", RUN), ("diagnostics", VALIDATE)])
def test_valid(name: str, value: Any) -> None:
    assert schema.check_value(name, value) == []


@pytest.mark.parametrize(("name", "value"), [("plan", PLAN), ("run", RUN), ("diagnostics", VALIDATE)])
def test_members_may_be_added(name: str, value: Any) -> None:
    assert schema.check_value(name, {**value, "added": {"later": 1}}) == []


@pytest.mark.parametrize("name", ["plan", "run", "diagnostics"])
def test_every_promised_member_is_demanded(name: str) -> None:
    whole: Any = {"plan": PLAN, "run": RUN, "diagnostics": VALIDATE}[name]
    for member in set(whole) - (RECORDS_ONLY if name == "run" else set()):
        less = {key: value for key, value in whole.items() if key != member}
        assert schema.check_value(name, less) == [(f"/{member}", f"`{member}` is required here")]


@pytest.mark.parametrize(
    ("name", "place", "value", "path"),
    [
        ("plan", ("formatVersion",), 2, "/formatVersion"),
        ("plan", ("complete",), "yes", "/complete"),
        ("plan", ("createdAt",), "2026-03-01 07:00", "/createdAt"),
        ("plan", ("digest",), "sha256:0", "/digest"),
        ("plan", ("tenant", "graphUrl"), None, "/tenant/graphUrl"),
        ("plan", ("summary", "create"), -1, "/summary/create"),
        ("plan", ("summary", "noOp"), True, "/summary/noOp"),
        ("plan", ("changes", 0, "action"), "destroy", "/changes/0/action"),
        ("plan", ("changes", 0, "address"), "own-web", "/changes/0/address"),
        ("plan", ("changes", 0, "wave"), 1.0, "/changes/0/wave"),
        ("plan", ("changes", 0, "dependsOn"), "JitSsoPolicy/a", "/changes/0/dependsOn"),
        ("plan", ("changes", 0, "fields", 0, "path"), "displayName", "/changes/0/fields/0/path"),
        ("plan", ("changes", 0, "operations", 0, "method"), "GET", "/changes/0/operations/0/method"),
        ("plan", ("changes", 0, "operations", 0, "path"), "https://x/beta/y", "/changes/0/operations/0/path"),
        ("plan", ("changes", 0, "fingerprint"), 5, "/changes/0/fingerprint"),
        ("plan", ("changes", 1, "ladder"), {"before": []}, "/changes/1/ladder/after"),
        ("plan", ("diagnostics", 0, "severity"), "fatal", "/diagnostics/0/severity"),
        ("run", ("outcome",), "done", "/outcome"),
        ("run", ("finishedAt",), "", "/finishedAt"),
        ("run", ("plan",), {}, "/plan/digest"),
        ("run", ("results", 0, "status"), "ok", "/results/0/status"),
        ("run", ("results", 0, "requests", 0, "status"), 99, "/results/0/requests/0/status"),
        ("run", ("results", 0, "requests", 0, "status"), "201", "/results/0/requests/0/status"),
    ],
)
def test_mistakes(name: str, place: tuple[str | int, ...], value: object, path: str) -> None:
    spoilt: Any = deepcopy({"plan": PLAN, "run": RUN}[name])
    inner = spoilt
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    assert path in [found for found, _ in schema.check_value(name, spoilt)]
