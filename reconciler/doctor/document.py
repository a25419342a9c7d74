"""The JSON documents of `doctor` (`schemas/v1/doctor.json`), from which every format is rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..model import Json, JsonObject
from .counts import Counts
from .failures import failures
from .links import Judged, cases, first_broken, judge
from .model import Evidence, Finding, State
from .person import EVENTS, OWN_DEVICES, USER, Case, registered

FORMAT_VERSION = 1


def of_tenant(found: Sequence[Finding], counts: Counts, *, tenant: JsonObject, now: datetime) -> JsonObject:
    """Readiness: every check with its state, and the numbers."""
    checks: list[Json] = [each.to_json() for each in found]
    return {
        "formatVersion": FORMAT_VERSION,
        "tenant": tenant,
        "readAt": _instant(now),
        "summary": _summary(each.verdict.state for each in found),
        "checks": checks,
        "counts": counts.to_json(),
    }


def of_person(
    evidence: Evidence, upn: str, *, tenant: JsonObject, now: datetime, wide: Sequence[Finding] = ()
) -> JsonObject:
    """One person: each of their devices with its chain, and the first broken link of it; before that, what keeps every
    device of the tenant out (`wide`).
    """
    chains = [(case, judge(case)) for case in cases(evidence, upn)]
    return {
        "formatVersion": FORMAT_VERSION,
        "tenant": tenant,
        "readAt": _instant(now),
        "summary": _summary([*(e.verdict.state for e in wide), *(e.verdict.state for _, ls in chains for e in ls)]),
        "tenantWide": [each.to_json() for each in wide],
        "user": _user(evidence, upn),
        "devices": _devices(evidence),
        "failures": _failures(evidence),
        "chains": [_chain(case, links) for case, links in chains],
    }


def _instant(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _summary(states: Iterable[State]) -> JsonObject:
    """How many checks or links there are of each state."""
    counted = Counter(states)
    names = {"ok": State.OK, "warning": State.WARNING, "failing": State.FAILING, "unread": State.UNREAD}
    return {**{name: counted[state] for name, state in names.items()}, "notApplicable": counted[State.NOT_APPLICABLE]}


def _user(evidence: Evidence, upn: str) -> JsonObject:
    answer = evidence.answers.get(USER)
    body = answer.body if answer and not answer.problem else None
    held = body or {}
    return {
        "asked": upn,
        "found": None if answer is None or answer.problem else body is not None,
        "id": held.get("id"),
        "userPrincipalName": held.get("userPrincipalName"),
        "displayName": held.get("displayName"),
        "guest": held.get("userType") == "Guest" if held else None,
    }


def _devices(evidence: Evidence) -> JsonObject:
    """Whether the person's devices were read, or why they are not known."""
    answer, user = evidence.answers.get(OWN_DEVICES), evidence.answers.get(USER)
    absent = user is not None and not user.problem and user.body is None
    if answer is None:
        return {"read": absent, "why": None if absent else "the account could not be read"}
    return {"read": answer.problem is None, "why": answer.problem.message if answer.problem else None}


def _failures(evidence: Evidence) -> JsonObject:
    """The failed enrollments of the person, or why they are not known."""
    answer, user = evidence.answers.get(EVENTS), evidence.answers.get(USER)
    if answer is None or user is None or user.body is None:
        return {"read": False, "why": "the account is not known", "events": []}
    if answer.problem:
        return {"read": False, "why": answer.problem.message, "events": []}
    found = failures((live.body for live in answer.objects), user_id=str(user.body.get("id")))
    return {"read": True, "why": None, "events": [each.to_json() for each in found]}


def _chain(case: Case, links: Sequence[Judged]) -> JsonObject:
    broken = first_broken(links)
    before = links[: links.index(broken)] if broken else ()
    unread: list[Json] = [each.link.id for each in before if each.verdict.state is State.UNREAD]
    shown: list[Json] = [each.to_json() for each in links]
    return {
        "device": _device(case),
        "links": shown,
        "firstBroken": broken.link.id if broken and broken.verdict.state is State.FAILING else None,
        "firstUnread": broken.link.id if broken and broken.verdict.state is State.UNREAD else None,
        "unreadBefore": unread,
    }


def _device(case: Case) -> JsonObject | None:
    body = case.device
    if body is None:
        return None
    return {
        "id": body.get("id"),
        "name": body.get("deviceName"),
        "model": body.get("model"),
        "operatingSystem": body.get("operatingSystem"),
        "osVersion": body.get("osVersion"),
        "enrolledAt": body.get("enrolledDateTime"),
        "lastSyncAt": body.get("lastSyncDateTime"),
        "enrollmentType": body.get("deviceEnrollmentType"),
        "byEnrollmentManager": body.get("deviceEnrollmentType") == "deviceEnrollmentManager",
        "owner": body.get("managedDeviceOwnerType"),
        "registered": registered(body),
        "compliance": body.get("complianceState"),
    }


def failed(document: JsonObject) -> bool:
    """Whether something fails: what the exit code says."""
    summary = document["summary"]
    return isinstance(summary, dict) and bool(summary["failing"])
