"""Who may enroll what, and how many: platform restrictions, device limits of Intune and of Entra.

Of the restrictions that are assigned to a person the one with the least priority number applies, and the default where
none is ("Users are subject only to the configuration with the lowest priority value", Graph reference); the default
itself bears the number 0 and comes last all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..assignments import Target
from ..audience import NOBODY, Census, Population, reach
from ..facts import COMPANY_PORTAL, USER_CHOICE, WEB_BASED
from ..live import Live
from ..model import Json, JsonObject
from . import pages
from .model import Check, Evidence, Scope, State, Verdict, failing, listed, ok, targets, unknown, warning
from .sources import QUOTA, RESTRICTIONS

_PLATFORM = "deviceEnrollmentPlatformRestrictionConfiguration"
_PLATFORMS = "deviceEnrollmentPlatformRestrictionsConfiguration"
_LIMIT = "deviceEnrollmentLimitConfiguration"
_IOS = frozenset({"ios", "allplatforms"})
_WHERE = "Devices > Enrollment > Apple > Device platform restriction"
_LOOK = f"look in {_WHERE}"
_LOOK_LIMIT = "look in Devices > Enrollment > Device limit restriction"
_LOOK_QUOTA = "look in Entra admin center > Devices > Device settings"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What one restriction says of iOS and iPadOS."""

    name: str
    default: bool
    rank: tuple[bool, int]
    """The least one that is assigned to a person applies."""
    targets: tuple[Target, ...]
    blocked: bool | None
    """Whether iOS and iPadOS are blocked; None where Graph does not say."""
    personal_blocked: bool | None
    """Likewise, for those that are personally owned."""
    minimum: str = ""
    maximum: str = ""

    @property
    def stops(self) -> bool | None:
        """Whether personal iPhones and iPads of its people cannot enroll; None where Graph does not say."""
        if self.blocked or self.personal_blocked:
            return True
        return None if None in (self.blocked, self.personal_blocked) else False


def restrictions(configurations: Iterable[Live]) -> list[Restriction]:
    """What the platform restrictions say of iOS, in the order in which they apply: the default last."""
    found = [_restriction(live, rules) for live in configurations for rules in [_ios(live)] if rules is not None]
    return sorted(found, key=lambda each: each.rank)


def limits(configurations: Iterable[Live]) -> list[tuple[Live, int]]:
    """The device limits, in the order in which they apply: the default last."""
    found = [(live, live.body.get("limit")) for live in configurations if _type(live) == _LIMIT]
    ordered = sorted(((live, n) for live, n in found if _is_number(n)), key=lambda pair: _rank(pair[0]))
    return [(live, int(str(number))) for live, number in ordered]


def untold(configurations: Iterable[Live]) -> list[str]:
    """What may be a restriction of platforms, and does not say so: the names, for people."""
    return [repr(live.display_name or live.id) for live in configurations if _is_unclear(live)]


def _is_unclear(live: Live) -> bool:
    if _type(live) == _PLATFORM:
        return not isinstance(live.body.get("platformType"), str)
    return not _type(live)


def _ios(live: Live) -> JsonObject | None:
    """The part about iOS, empty where Graph leaves it out; None where the object is not about iOS."""
    if _type(live) == _PLATFORMS:
        held = live.body.get("iosRestriction")
    elif _type(live) == _PLATFORM and str(live.body.get("platformType") or "").casefold() in _IOS:
        held = live.body.get("platformRestriction")
    else:
        return None
    return held if isinstance(held, dict) else {}


def _restriction(live: Live, rules: JsonObject) -> Restriction:
    return Restriction(
        live.display_name,
        is_default(live),
        _rank(live),
        tuple(targets(live)),
        _flag(rules.get("platformBlocked")),
        _flag(rules.get("personalDeviceEnrollmentBlocked")),
        str(rules.get("osMinimumVersion") or ""),
        str(rules.get("osMaximumVersion") or ""),
    )


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def is_default(live: Live) -> bool:
    """Whether it is what applies to people without any other: known by its id, or by its number."""
    return "_default" in live.id.casefold() or live.body.get("priority") == 0


def _rank(live: Live) -> tuple[bool, int]:
    priority = live.body.get("priority")
    return is_default(live), int(str(priority)) if _is_number(priority) else 2**31


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _type(live: Live) -> str:
    return str(live.body.get("@odata.type") or "").rpartition(".")[2]


def _platform(evidence: Evidence) -> Verdict:
    """Whom of those who are to enroll a restriction keeps out: each person has the first one that is theirs."""
    census, configurations = evidence.census, evidence.objects(RESTRICTIONS.key)
    found = restrictions(configurations)
    left, kept_out, unclear = reach(evidence.scope.enrolling, census), NOBODY, untold(configurations)
    for each in found:
        reached = left if each.default else left & reach(each.targets, census)
        if each.stops:
            kept_out |= reached
        elif each.stops is None and _is_anybody(reached, census):
            unclear.append(repr(each.name))
        left -= reached
    if _is_anybody(kept_out, census):
        return _kept_out(evidence, found, kept_out)
    if unclear:
        return unknown(f"Graph does not say what these restrictions allow on iOS/iPadOS: {listed(unclear)}", _LOOK)
    if _is_anybody(left, census):
        return unknown("Graph shows no platform restriction of everybody else, which each tenant has", _LOOK)
    return ok("no platform restriction keeps out personal iPhones and iPads of those who are to enroll")


def _is_anybody(people: Population, census: Census) -> bool:
    return bool(people.possibly) and census.count(people) != 0


def _kept_out(evidence: Evidence, found: Iterable[Restriction], people: Population) -> Verdict:
    told = listed(_blocks(each, evidence) for each in found if each.stops and (each.default or each.targets))
    means = "their enrollment ends with Invalid Profile, or with a message that the device is not allowed"
    remedy = f"allow iOS/iPadOS and personally owned devices for those who are to enroll: {_WHERE}"
    if people.surely:
        number = _people(evidence.census.count(people))
        return failing(f"{told}: {number} of those who are to enroll", means, remedy)
    return warning(f"{told}; whether they are to enroll is not known", means, f"if they are, {remedy}")


def _blocks(each: Restriction, evidence: Evidence) -> str:
    what = "iOS/iPadOS" if each.blocked else "personally owned iPhones and iPads"
    include = [evidence.called(t) for t in each.targets if not t.exclude]
    whom = "everybody without another restriction" if each.default else listed(include)
    return f"{each.name!r} blocks {what} for {whom}"


def _people(number: int | None) -> str:
    return "some" if number is None else f"{number} {'person' if number == 1 else 'people'}"


def _versions(evidence: Evidence) -> Verdict:
    found = restrictions(evidence.objects(RESTRICTIONS.key))
    versioned = [each for each in found if each.minimum or each.maximum]
    if not versioned:
        return ok("no platform restriction relies on an iOS version")
    told = listed(f"{e.name!r} ({_span(e)})" for e in versioned)
    return warning(
        f"platform restrictions ask for iOS versions: {told}",
        "web based enrollment does not enforce them: older devices enroll all the same",
        "ask for the version in a compliance policy: Devices > Compliance > Device properties",
    )


def _span(each: Restriction) -> str:
    low, high = each.minimum and f"from {each.minimum}", each.maximum and f"up to {each.maximum}"
    return " ".join(part for part in (low, high) if part)


def quota_of(policy: JsonObject | None) -> int | None:
    """How many devices Entra lets a person register; None where the answer does not say."""
    found = (policy or {}).get("userDeviceQuota")
    return int(str(found)) if _is_number(found) and int(str(found)) >= 0 else None


def _untold_quota(policy: JsonObject | None) -> Verdict:
    if policy is None:
        return unknown("Graph shows no device registration policy", _LOOK_QUOTA)
    return unknown("Graph does not say how many devices Entra lets a person register", _LOOK_QUOTA)


def _quota(evidence: Evidence) -> Verdict:
    policy = evidence.one(QUOTA.key)
    quota = quota_of(policy)
    if quota is None:
        return _untold_quota(policy)
    if quota == 0:
        return failing(
            "Entra lets a person register 0 devices",
            "no device can register; an update of the policy that leaves the number out does this",
            "set it again: Entra admin center > Devices > Device settings > Maximum number of devices per user",
        )
    return ok(f"Entra lets a person register {quota} device{'' if quota == 1 else 's'}")


def _limit(evidence: Evidence) -> Verdict:
    policy, configurations = evidence.one(QUOTA.key), evidence.objects(RESTRICTIONS.key)
    quota, found = quota_of(policy), [number for _, number in limits(configurations)]
    if quota is None:
        return _untold_quota(policy)
    if not quota:
        return Verdict(State.NOT_APPLICABLE, "Entra lets nobody register a device, which JIT605 tells")
    if not found or len(found) < sum(_type(live) == _LIMIT for live in configurations) or untold(configurations):
        return unknown("Graph does not say which device limits Intune has", _LOOK_LIMIT)
    if quota < max(found):
        return warning(
            f"Entra lets a person register {quota}, Intune enroll up to {max(found)}: the lower limit wins",
            "people at the Entra limit enroll a device that then does not register",
            "bring the two together: Entra admin center > Devices > Device settings; "
            "Intune > Devices > Enrollment > Device limit restriction",
        )
    shown = str(max(found)) if max(found) == min(found) else f"{min(found)} to {max(found)}"
    return ok(f"Intune lets a person enroll {shown} devices, and Entra does not allow fewer")


def _app_or_web(scope: Scope) -> bool:
    return not scope.types or scope.may_have(WEB_BASED, COMPANY_PORTAL, USER_CHOICE)


CHECKS = (
    Check(
        "JIT602", "platform and ownership restrictions", (RESTRICTIONS.key,), _platform, pages.RESTRICTIONS,
        _app_or_web,
    ),
    Check(
        "JIT608", "iOS versions in restrictions", (RESTRICTIONS.key,), _versions, pages.RESTRICTIONS,
        lambda scope: not scope.types or scope.may_have(WEB_BASED),
    ),
    Check("JIT605", "device quota of Entra", (QUOTA.key,), _quota, pages.QUOTA),
    Check("JIT604", "device limits of Intune and Entra", (QUOTA.key, RESTRICTIONS.key), _limit, pages.LIMITS),
)  # fmt: skip
