"""Who enrolls with what and lacks what, judged on what is stored, person by person: no code of the product is asked.

A filter and a licence that nothing tells may let a person in or not, so answers are of three kinds.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES
from tests.soak.meets import ALL_DEVICES, ALL_USERS, AUTHENTICATOR, COMPLIANCE, OWNER, Body, Tenant, held, markers

PARTS = ("sso-policy", "authenticator", "compliance")


class Has(IntEnum):
    """Whether somebody has something."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True)
class Person:
    """Somebody in the tenant, who has enrolled a device."""

    key: str
    groups: frozenset[str]


def reached(assignments: Iterable[Body], person: Person) -> Has:
    """Whether these assignments, all of one intent, reach a person."""
    best = Has.NO
    for assignment in assignments:
        group, excluded, mode, _ = held(assignment["target"])
        if group not in {ALL_USERS, ALL_DEVICES, *person.groups}:
            continue
        if excluded:
            return Has.NO
        best = max(best, Has.YES if mode == "none" else Has.PERHAPS)
    return best


def wins(tenant: Tenant, person: Person) -> Body | None:
    """The profile with the best rank of those that are for a person."""
    ranked = sorted(tenant[PROFILES], key=lambda body: body["priority"])
    return next((body for body in ranked if reached(body["assignments"], person)), None)


def has(tenant: Tenant, person: Person, part: str, *, account_driven: bool) -> Has:
    """Whether a person has a part of the chain."""
    supplies = {
        "sso-policy": lambda: [reached(p["assignments"], person) for p in policies(tenant) if registers(p)],
        "compliance": lambda: [reached(p["assignments"], person) for p in tenant[COMPLIANCE]],
        "authenticator": lambda: [_installed(app, person, account_driven) for app in tenant[APPS]],
    }
    return max(supplies[part](), default=Has.NO)


def policies(tenant: Tenant) -> list[Body]:
    """The policies with an SSO extension of Microsoft Entra."""
    return [p for p in tenant[CONFIGURATIONS] if p.get("iosSingleSignOnExtension")]


def registers(policy: Body) -> bool:
    """Whether a policy holds the pair that registers devices, to the letter."""
    pairs = [p for p in policy["iosSingleSignOnExtension"]["configurations"] if p["key"] == "device_registration"]
    return [(str(p["@odata.type"]).rpartition(".")[2], p["value"]) for p in pairs] == [
        ("keyStringValuePair", "{{DEVICEREGISTRATION}}")
    ]


def _installed(app: Body, person: Person, account_driven: bool) -> Has:
    if str(app.get("bundleId")).lower() != AUTHENTICATOR:
        return Has.NO
    required = [a for a in app["assignments"] if a["intent"].lower() == "required"]
    if not account_driven:
        return reached(required, person)
    if not str(app["@odata.type"]).endswith("iosVppApp"):
        return Has.NO
    by_user = [a for a in required if held(a["target"])[1] or _by_device(a) is False]
    untold = [a for a in required if held(a["target"])[1] or _by_device(a) is None]
    return max(reached(by_user, person), min(reached(untold, person), Has.PERHAPS))


def _by_device(assignment: Body) -> bool | None:
    told: Any = (assignment.get("settings") or {}).get("useDeviceLicensing")
    return told if isinstance(told, bool) else None


def is_account_driven(profile: Body) -> bool:
    """Whether account driven enrollment is all that a profile offers."""
    return _only(profile) == "accountDrivenUserEnrollment"


def needs_registration(tenant: Tenant) -> set[str]:
    """The ids of the profiles whose enrollment ends half-way without registration."""
    kinds = ("accountDrivenUserEnrollment", "webDeviceEnrollment")
    return {str(profile["id"]) for profile in tenant[PROFILES] if _only(profile) in kinds}


def _only(profile: Body) -> str | None:
    """The one way to enroll that a profile offers; None where people choose."""
    kind = str(profile["defaultEnrollmentType"])
    options = [(o["ownerType"], o["enrollmentType"]) for o in profile["availableEnrollmentTypeOptions"]]
    return kind if options == [("personal", kind)] else None


def lacking(tenant: Tenant, people: Sequence[Person]) -> dict[tuple[str, str], dict[str, Has]]:
    """By id of a profile and part: who wins the profile, and whether they have the part."""
    found: dict[tuple[str, str], dict[str, Has]] = {}
    for person in people:
        profile = wins(tenant, person)
        for part in PARTS if profile else ():
            assert profile
            has_it = has(tenant, person, part, account_driven=is_account_driven(profile))
            found.setdefault((str(profile["id"]), part), {})[person.key] = has_it
    return found


def declared(tenant: Tenant) -> dict[str, str]:
    """The ids of the profiles that have a spec, by address."""
    marked = [(mark, str(body["id"])) for body in tenant[PROFILES] for mark in markers(body, PROFILES)]
    return {f"{kind}/{name}": key for (owner, kind, name), key in marked if owner == OWNER}


def twice(tenant: Tenant, people: Sequence[Person], specs: Container[str]) -> Has:
    """Whether somebody gets two SSO extension policies, of which one at least has one of these specs."""
    worst = Has.NO
    for person in people:
        got = [(reached(p["assignments"], person), _has_spec(p, specs)) for p in policies(tenant)]
        for index, (one, ours) in enumerate(got):
            pairs = [min(one, other) for other, theirs in got[index + 1 :] if ours or theirs]
            worst = max([worst, *pairs])
    return worst


def _has_spec(policy: Body, specs: Container[str]) -> bool:
    return any(o == OWNER and f"{kind}/{name}" in specs for o, kind, name in markers(policy, CONFIGURATIONS))
