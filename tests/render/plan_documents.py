"""Plans for the HTML page: one with something of everything, and one with many changes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.kind import Verb
from reconciler.model import Address, Json
from reconciler.plan import Action, Change

from . import documents as given

BLOCKING = Diagnostic(
    Severity.ERROR,
    "JIT503",
    "12 people in 'Sales EMEA' would enroll with 'BYOD - web based' without a required Authenticator",
    "include {group: Sales EMEA} in AuthenticatorAssignment/authenticator",
    address=given.ADOPTED.address,
    path="/spec/assignments",
)
DOUBTFUL = Diagnostic(
    Severity.WARNING,
    "JIT105",
    "3 people get two SSO extension policies: JitSsoPolicy/ios-jit and 'Legacy SSO'",
    "one person gets one: exclude the people of one from the other",
    address=given.NEW_POLICY.address,
)


def _number(least: int, most: int | None = None) -> dict[str, Json]:
    return {"atLeast": least, "atMost": least if most is None else most}


def _profile(name: str, kind: str) -> dict[str, Json]:
    return {"address": None, "displayName": name, "type": "webBasedDeviceEnrollment", "typeName": kind}


BYOD, PORTAL = _profile("BYOD - web based", "web based enrollment"), _profile("Company Portal", "Company Portal")
PEOPLE: dict[str, Any] = {
    "moves": [
        {"from": PORTAL, "to": BYOD, "people": _number(340)},
        {"from": None, "to": BYOD, "people": _number(2, 17)},
    ],
    "gaps": [
        {
            "profile": BYOD,
            "part": "authenticator",
            "people": _number(12),
            "new": True,
            "partial": [],
            "groups": [{"group": "Sales EMEA", "id": "591620b7", "people": _number(12), "whole": True}],
        },
        {
            "profile": BYOD,
            "part": "sso-policy",
            "people": _number(0, 4),
            "groups": [],
            "new": False,
            "partial": ["a filter decides it by device"],
        },
    ],
    "meetings": [
        {"part": "sso-policy", "between": ["JitSsoPolicy/ios-jit", "Legacy SSO"], "people": _number(3), "new": True}
    ],
    "neverWin": [{"profile": PORTAL, "outrankedBy": BYOD}],
    "partial": ["the members of the group Contractors could not be read: 403"],
}
_PARTS = ("profile", "sso-policy", "authenticator", "compliance")


def _row(name: str | None, people: dict[str, Json] | None, *cells: tuple[str, str, int | None, str]) -> dict[str, Any]:
    """A row of the matrix: for each part the state before and after, how many are reached, and by what."""
    return {
        "who": "group" if name else "users",
        "name": name,
        "id": f"id of {name}" if name else None,
        "people": people,
        "cells": [
            {
                "part": part,
                "before": before,
                "after": after,
                "people": _number(some) if some is not None else None,
                "by": by.split("|") if by else [],
            }
            for part, (before, after, some, by) in zip(_PARTS, cells, strict=True)
        ],
    }


COVERAGE: dict[str, Any] = {
    "parts": [*_PARTS],
    "rows": [
        _row(
            None,
            _number(1042),
            ("some", "all", None, "Executives|BYOD - web based"),
            ("none", "some", 702, "JitSsoPolicy/ios-jit"),
            ("all", "some", 1030, "AuthenticatorAssignment/authenticator"),
            ("provided", "provided", None, ""),
        ),
        _row(
            "Sales EMEA",
            _number(12),
            ("all", "all", None, "BYOD - web based"),
            ("none", "none", None, ""),
            ("all", "none", None, ""),
            ("provided", "provided", None, ""),
        ),
        _row(
            "iOS pilots",
            _number(28),
            ("none", "all", None, "BYOD - web based"),
            ("all", "all", None, "JitSsoPolicy/ios-jit-pilot"),
            ("all", "all", None, "AuthenticatorAssignment/authenticator"),
            ("provided", "provided", None, ""),
        ),
        _row(
            "Contractors",
            None,
            ("unknown", "unknown", None, ""),
            ("unknown", "all", None, "JitSsoPolicy/ios-jit"),
            ("unknown", "unknown", None, ""),
            ("provided", "provided", None, ""),
        ),
        _row("Former staff", _number(0), *[("empty", "empty", None, "")] * 4),
    ],
    "left": 3,
}
WAIVED: list[Json] = [
    {
        "waiver": "Waiver/vip",
        "address": "JitSsoPolicy/ios-jit",
        "path": "/appBundleIds",
        "rule": None,
        "value": ["com.a"],
        "specified": ["com.b"],
        "owner": "endpoint team",
        "reason": "CHG-4711",
        "expires": "2026-12-31",
    },
    {
        "waiver": "Waiver/wait",
        "address": "EnrollmentProfile/byod-web",
        "path": None,
        "rule": "JIT703",
        "message": "the guide does not say to wait",
        "owner": "service desk",
        "reason": "told by mail",
        "expires": "2026-06-30",
    },
]


def reviewed() -> dict[str, Any]:
    """Something of everything that the page shows, and blocked."""
    found = (BLOCKING, DOUBTFUL, given.NOTE, given.PADDED, given.WIDE)
    plan = given.made_plan(*given.ALL_CHANGES, given.REFUSED, given.UNSELECTED, findings=found)
    plan = replace(plan, orphaned=given.ORPHANED, unmanaged=given.UNMANAGED)
    more = {"switchedOff": [{"rule": "JIT210", "reason": "the apps come from elsewhere"}]}
    provided = {"provided": [{"part": "compliance", "by": "security team", "reason": "kept in another workspace"}]}
    document: dict[str, Any] = {**plan.to_json(), "people": PEOPLE, "coverage": COVERAGE, "waived": WAIVED}
    return deepcopy({**document, **more, **provided})


def many(count: int) -> dict[str, Any]:
    """So many changes, each as large as those of a policy with twenty apps, and half as many objects that stay."""
    changes = [_policy(index) for index in range(count)]
    kept = [replace(given.UNCHANGED, address=Address("JitSsoPolicy", f"kept-{n}")) for n in range(count // 2)]
    found = [replace(DOUBTFUL, address=change.address) for change in changes[::10]]
    plan = given.made_plan(*changes, *kept, findings=tuple(found))
    return {**plan.to_json(), "coverage": deepcopy(COVERAGE)}


def _policy(index: int) -> Change:
    apps: list[Json] = [f"com.example.department{index}.app{number}" for number in range(20)]
    pairs: list[Json] = [
        {"key": key, "type": "string", "value": "com.apple.,com.example."} for key in ("AppAllowList", "AppBlockList")
    ]
    wanted: dict[str, Json] = {
        "displayName": f"Policy {index}",
        "description": f"Single sign-on of department {index}",
        "jitRegistration": True,
        "appBundleIds": apps,
        "additionalConfiguration": pairs,
        "assignments": given.audience(given.SALES, given.PILOTS),
        "marker": given.marker("JitSsoPolicy", f"policy-{index}"),
    }
    found: dict[str, Json] = {**wanted, "displayName": "Policy", "appBundleIds": apps[5:]}
    body = {
        "displayName": f"Policy {index}",
        "iosSingleSignOnExtension": {"bundleIdAccessControlList": apps, "configurations": pairs},
    }
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": given.SALES["id"]}
    assign: dict[str, Json] = {
        "assignments": [{"target": target}, {"target": {**target, "groupId": given.PILOTS["id"]}}]
    }
    return Change(
        Address("JitSsoPolicy", f"policy-{index}"),
        Action.UPDATE if index % 2 else Action.CREATE,
        "2 managed fields differ",
        display_name=f"Policy {index}",
        wave=1,
        fields=given.fields(found if index % 2 else {}, wanted),
        steps=(
            given.step(2 * index + 1, Verb.CREATE, "POST", given.POLICIES, body),
            given.step(2 * index + 2, Verb.ASSIGN, "POST", f"{given.POLICIES}/x/assign", assign),
        ),
    )
