"""The verdict of a plan as data: a part of the plan's document, and diagnostics at the specs concerned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..assignments import Target, wanted_targets
from ..diagnostics import Diagnostic, Severity
from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, USER_CHOICE, WEB_BASED, WITHDRAWN, Part
from ..live import Names
from ..model import Address, Json, JsonObject
from ..spec.load import Desired
from .intents import Contradiction
from .model import TITLES, Contender, Side, Supply
from .people import Gap, Meeting, Move, Number
from .verdicts import Found, Verdict
from .words import in_words

TYPES: Mapping[Json, str] = {
    WEB_BASED: "web based enrollment",
    ACCOUNT_DRIVEN: "account driven enrollment",
    COMPANY_PORTAL: "Company Portal",
    USER_CHOICE: "user choice",
    WITHDRAWN: "user enrollment with Company Portal",
}
"""What people call an enrollment type."""
RULE_OF: Mapping[Part, str] = {
    "sso-policy": "JIT401",
    "authenticator": "JIT503",
    "first-sign-in-app": "JIT521",
    "compliance": "JIT552",
}
MEETING_RULE: Mapping[Part, str] = {"sso-policy": "JIT105", "authenticator": "JIT504"}
SETTLED = frozenset({*RULE_OF.values(), "JIT307"})
"""Rules whose offline findings a plan answers itself."""
_SHOWN = 3
"""Groups that a sentence names."""

Place = Callable[[str, str, str, Severity, Address | None], Diagnostic]


def document(verdict: Verdict) -> JsonObject:
    """The member `people` of a plan: moves, gaps and meetings, with numbers; what could not be read."""
    return {
        "moves": [_move(move) for move in verdict.moves],
        "gaps": [_gap(found) for found in verdict.gaps],
        "meetings": [_meeting(met, new) for met, new in verdict.meetings],
        "neverWin": [{"profile": profile_ref(dead), "outrankedBy": profile_ref(above)} for dead, above in verdict.dead],
        "partial": [*verdict.partial],
    }


def says_anything(verdict: Verdict) -> bool:
    """Whether there is anything to tell."""
    return any((verdict.moves, verdict.gaps, verdict.meetings, verdict.dead, verdict.lost, verdict.outranked))


def profile_ref(profile: Contender | None) -> JsonObject | None:
    """A profile as documents show it."""
    if profile is None:
        return None
    return {
        "address": str(profile.address) if profile.address else None,
        "displayName": profile.name,
        "type": profile.type,
        "typeName": TYPES.get(profile.type),
    }


def _move(move: Move) -> JsonObject:
    return {"from": profile_ref(move.before), "to": profile_ref(move.after), "people": {**move.people.to_json()}}


def _gap(found: Found) -> JsonObject:
    gap = found.gap
    return {
        "profile": profile_ref(gap.profile),
        "part": gap.part,
        "people": {**gap.people.to_json()},
        "groups": [
            {"group": s.name, "id": s.group, "people": {**s.people.to_json()}, "whole": s.whole} for s in gap.shares
        ],
        "new": found.new,
        "partial": [*gap.why],
    }


def _meeting(met: Meeting, new: bool) -> JsonObject:
    return {
        "part": met.one.part,
        "between": [met.one.name, met.other.name],
        "people": {**met.people.to_json()},
        "new": new,
    }


# Findings


def findings(
    verdict: Verdict, side: Side, specs: Mapping[Address, Desired], names: Names, severities: Mapping[str, Severity]
) -> Iterator[Diagnostic]:
    """What is to be said, each at its spec. An error only where a plan makes it worse than it is.

    `side` is the chain after the plan, `severities` are those of the rules.
    """
    place = _placer(specs)
    for found in verdict.gaps:
        yield _gap_found(found, side, verdict.lost, place, severities)
    for met, new in verdict.meetings:
        yield _met(met, new, place, severities)
    for dead, above in verdict.dead:
        message = f"nobody gets {dead.name!r} after this plan: {above.name!r} ranks higher and is for the same people"
        yield place(
            "JIT307", message, "rank it before the other one, or assign it to others", Severity.WARNING, dead.address
        )
    for ours, other, _ in verdict.outranked:
        message = f"{other.name!r}, which no spec names, ranks before {ours.name!r} for some of its people"
        detail = "set `unlisted: last` in the order, or declare that profile too"
        yield place("JIT308", message, detail, Severity.WARNING, ours.address)
    for supply, target in verdict.lost:
        if not _is_own(supply, specs):
            continue  # somebody else assigned it, for devices of the company
        name = names.filters_by_id.get(chosen := target.filter.id if target.filter else "", chosen)
        message = f"the filter {name!r} keeps people's own devices from {supply.name}"
        detail = "devices that enroll here are personal: take the filter off this target"
        yield place("JIT402", message, detail, Severity.WARNING, supply.address)


def _is_own(supply: Supply, specs: Mapping[Address, Desired]) -> bool:
    """Whether the filter stands in a spec, and not only on an assignment that others made."""
    desired = specs.get(supply.address) if supply.address else None
    return desired is not None and any(target.filter for target in wanted_targets(desired.spec.get("assignments")))


def further(
    side: Side,
    found: Iterable[Contradiction],
    specs: Mapping[Address, Desired],
    names: Names,
) -> Iterator[Diagnostic]:
    """What is seen without any members: contradicting intents, groups of devices, and that nobody gets a profile."""
    place = _placer(specs)
    for each in found:
        message = f"{each.name} is {each.intents[0]} and {each.intents[1]} for {in_words(each.target, names)}"
        detail = f"Intune carries out `{each.wins}`: assign it once, or exclude the one from the other"
        yield place("JIT404", message, detail, Severity.WARNING, each.address)
    for supply, group in _by_devices(side, names):
        message = f"{supply.name} reaches people through {group!r}, a dynamic group of devices: it comes late"
        detail = "a device is in it minutes after it has enrolled; assign people, or all users"
        yield place("JIT403", message, detail, Severity.WARNING, supply.address)
    ours = next((supply for supply in side.supplies if supply.address), None)
    if ours and not any(not t.exclude for profile in side.profiles for t in profile.targets):
        message = "nobody is assigned an enrollment profile, so the tenant's own default decides how people enroll"
        detail = "declare an enrollment profile for them"
        yield place("JIT301", message, detail, Severity.WARNING, ours.address)


def _by_devices(side: Side, names: Names) -> Iterator[tuple[Supply, str]]:
    for supply in (s for s in side.supplies if s.address and s.part in ("sso-policy", "authenticator")):
        for target in (t for t in supply.targets if t.who == "group" and not t.exclude):
            group = names.groups_by_id.get(target.group)
            if group and group.rule and "device." in group.rule.casefold():
                yield supply, group.name or group.id


def _placer(specs: Mapping[Address, Desired]) -> Place:
    def place(rule: str, message: str, detail: str, severity: Severity, address: Address | None) -> Diagnostic:
        desired = specs.get(address) if address else None
        if desired is None or not desired.document.file:
            return Diagnostic(severity, rule, message, detail, address=address)
        path = ("spec", "assignments")
        return desired.document.diagnostic(severity, rule, message, detail=detail, path=path, key=True, address=address)

    return place


def _gap_found(
    found: Found, side: Side, lost: Sequence[tuple[Supply, Target]], place: Place, severities: Mapping[str, Severity]
) -> Diagnostic:
    gap, rule = found.gap, RULE_OF[found.gap.part]
    blocks = found.new and found.unmeant and gap.profile.needs_registration
    severity = severities.get(rule, Severity.WARNING) if blocks else Severity.WARNING
    verb = "would enroll" if gap.sure else "may enroll"
    message = f"{whom(gap)} {verb} with {gap.profile.name!r} without {TITLES[gap.part]}"
    if gap.sure and not found.new:
        message += ", as it is already"
    return place(rule, message, _remedy(gap, side, lost), severity, gap.profile.address)


def whom(gap: Gap) -> str:
    """The people of a gap: how many, and of which groups."""
    return f"{people(gap.people)}{_in_groups(gap)}"


def people(number: Number) -> str:
    """A number of people in words."""
    if number.exact:
        return f"{number.least} {'person' if number.least == 1 else 'people'}"
    if number.most is None:
        return f"at least {number.least} people" if number.least else "an unknown number of people"
    noun = "person" if number.most == 1 else "people"
    return f"{number.least} to {number.most} people" if number.least else f"up to {number.most} {noun}"


def _in_groups(gap: Gap) -> str:
    """Which groups they are in: all in one, or how many of them in which."""
    if not gap.shares:
        return ""
    first = gap.shares[0]
    if first.people == gap.people:
        return f" in {first.name!r}"
    told = [f"{share.people.least} in {share.name!r}" for share in gap.shares[:_SHOWN]]
    more = len(gap.shares) - len(told)
    return f" ({', '.join(told)}" + (f", and some in {more} more groups" if more else "") + ")"


def _remedy(gap: Gap, side: Side, lost: Sequence[tuple[Supply, Target]]) -> str:
    """What would close a gap: a target, or one exclusion or filter less."""
    filtered = next((s for s, _ in lost if s.part == gap.part and s.address), None)
    supplies = sorted(
        (s for s in side.serving(gap.part, gap.profile) if s.address and s.works),
        key=lambda s: (s.account_driven and s.part == "authenticator" and not gap.profile.account_driven, s.name),
    )
    why = f"; {gap.why[0]}" if gap.why else ""
    if not supplies and filtered:
        return f"take the filter off the targets of {filtered.name}, or include their own devices{why}"
    if not supplies:
        also = " (licensed to the user, from a volume-purchase token)" if gap.profile.account_driven else ""
        return f"declare {TITLES[gap.part]} for them{also}, or name who provides it (`provided` in the workspace){why}"
    groups = gap.closed_by
    targets = ", ".join(f"{{group: {share.name}}}" for share in groups) or "allUsers"
    left_out = {share.group for share in groups}
    excluding = next((s for s in supplies if left_out and left_out <= s.out), None)
    if excluding:
        return f"take {targets} out of the exclusions of {excluding.name}{why}"
    return f"include {targets} in {supplies[0].name}{why}"


def _met(met: Meeting, new: bool, place: Place, severities: Mapping[str, Severity]) -> Diagnostic:
    part = met.one.part
    rule = MEETING_RULE[part]
    ours = met.one.address or met.other.address
    severity = severities.get(rule, Severity.WARNING) if new else Severity.WARNING
    what = "two SSO extension policies" if part == "sso-policy" else "Authenticator from two app objects"
    message = (
        f"{people(met.people)} {'get' if met.people.most != 1 else 'gets'} {what}: {met.one.name} and {met.other.name}"
    )
    detail = "one person gets one: exclude the people of one from the other"
    return place(rule, message + ("" if new else ", as it is already"), detail, severity, ours)
