"""Assignments of an app, as (target, intent) pairs: who owns which, what they hold, how they are written.

An app is shared: several specs, policy sets and administrators assign it side by side, while `/assign` replaces the
whole set. So a spec owns the pairs that it wrote, known by digests in the app's marker; everything else is carried
over as it is. Settings of a pair that a spec does not mention are carried over too; a new pair states all of them,
with the portal's defaults, because Graph takes an absent `uninstallOnDeviceRemoval` as true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..assignments import Target, Wanted, is_direct, read_target, show_target, wanted_targets, write_target
from ..diagnostics import Diagnostic, Severity
from ..kind import Operation, Subject, Verb
from ..live import Names
from ..model import Json, JsonObject
from ..spec.load import Desired
from . import common

ASSIGNMENT = "#microsoft.graph.mobileAppAssignment"
_INTENTS = {name.casefold(): name for name in ("available", "required", "uninstall", "availableWithoutEnrollment")}
PORTAL_DEFAULTS: Mapping[str, bool] = {
    "uninstallOnDeviceRemoval": False,
    "isRemovable": True,
    "preventManagedAppBackup": False,
    "preventAutoAppUpdate": False,
}
"""What the portal writes into a new assignment of a store or VPP app."""
_WHEN_NULL: Mapping[str, bool] = {**PORTAL_DEFAULTS, "uninstallOnDeviceRemoval": True}
"""What Intune does where a setting is null."""
_NOT_WITH: Mapping[str, frozenset[str]] = {
    "available": frozenset({"isRemovable"}),
    "availableWithoutEnrollment": frozenset({"isRemovable"}),
    "uninstall": frozenset(PORTAL_DEFAULTS),
}
"""Settings that Graph refuses with an intent: they have to be null there."""
_OFFERED = frozenset({"available", "availableWithoutEnrollment"})
"""Intents by which people choose the app themselves."""


@dataclass(frozen=True, slots=True)
class SettingsType:
    """The assignment settings of one type of app."""

    odata_type: str
    flags: tuple[str, ...]
    """The settings that there are; none at all: an assignment has no `settings`."""
    licensed: bool = False
    """Whether an assignment chooses between user and device licences."""


STORE = SettingsType(
    "#microsoft.graph.iosStoreAppAssignmentSettings",
    ("uninstallOnDeviceRemoval", "isRemovable", "preventManagedAppBackup"),
)
VPP = SettingsType("#microsoft.graph.iosVppAppAssignmentSettings", tuple(PORTAL_DEFAULTS), licensed=True)
WITHOUT = SettingsType("", ())
"""An app that Graph knows no assignment settings for, such as a web clip."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One assignment of an app. `settings` has only what is managed, in the words of the spec."""

    target: Target
    intent: str
    settings: Mapping[str, Json]

    @property
    def key(self) -> str:
        """What makes two assignments the same one; the filter is a setting of the target, not part of it."""
        return f"{self.target.key}:{self.intent}"

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits for the marker: short, and says nothing about the tenant."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:8]

    def shown(self, names: Names) -> JsonObject:
        """The pair as a spec would write it."""
        target = show_target(self.target, names)
        entry: JsonObject = dict(target) if isinstance(target, dict) else {"all": self.target.who}
        return {**entry, "intent": self.intent, **({"settings": dict(self.settings)} if self.settings else {})}


@dataclass(frozen=True, slots=True)
class LivePair:
    """A live assignment with what Graph said of it."""

    pair: Pair
    raw: JsonObject
    direct: bool


def wanted_pairs(
    subject: Subject, settings: Callable[[str, str | None], Mapping[str, Json]] = lambda *_: {}
) -> tuple[dict[str, Pair], list[Diagnostic]]:
    """The pairs that a spec lists, by key, and what is wrong with its targets.

    `settings` gives those that the spec mentions, for an intent and a licensing. An exclusion without an intent of its
    own stands for every intent that the spec uses.
    """
    intent = str(subject.spec.get("intent", "required"))
    targets, problems = subject.targets(intent)
    intents = {own or intent for target, own, _ in targets if not target.exclude} or {intent}
    wanted: dict[str, Pair] = {}
    for target, own, licensing in targets:
        for each in sorted(intents) if target.exclude and not own else [own or intent]:
            pair = Pair(target, each, {} if target.exclude else settings(each, licensing))
            wanted[pair.key] = pair
    return wanted, problems


def check(desired: Desired) -> list[Diagnostic]:
    """What Intune refuses of a spec's targets, and what nobody knows whether it keeps. `Kind.check` of apps."""
    default = str(desired.spec.get("intent", "required"))
    targets = wanted_targets(desired.spec.get("assignments"))
    return [*_offered_to_devices(desired, targets, default), *_on_both_sides(desired, targets, default)]


def _offered_to_devices(desired: Desired, targets: Iterable[Wanted], default: str) -> Iterator[Diagnostic]:
    """Source: Microsoft, "Assign apps to groups": available assignments are for groups of users only."""
    for target in targets:
        intent = target.intent or default
        if target.who == "devices" and intent in _OFFERED:
            message = f"`intent: {intent}` is for users only, never for all devices"
            detail = "offer it to `allUsers` or to groups of users, or make it `required`"
            yield desired.problem("ASSIGN103", message, detail, target.path)


def _on_both_sides(desired: Desired, targets: Iterable[Wanted], default: str) -> Iterator[Diagnostic]:
    """A group that one intent reaches and that is left out of another; with one intent it is `SPEC106`."""
    reached = {(t.group, t.intent or default) for t in targets if t.group and not t.exclude}
    for target in targets:
        intents = sorted(i for group, i in reached if target.exclude and group == target.group and i != target.intent)
        if intents and target.intent:
            message = f"the group {target.group!r} is left out of {target.intent} and included as {', '.join(intents)}"
            detail = (
                "Microsoft does not document whether Intune keeps both for one group: should apply end unverified "
                "here, give one side a group of its own with the same people"
            )
            found = desired.problem("ASSIGN104", message, detail, target.path)
            yield replace(found, severity=Severity.INFO)


def given(subject: Subject, wanted: dict[str, Pair], live: Iterable[LivePair]) -> list[Diagnostic]:
    """Takes out of `wanted` what a policy set assigns already: the service holds each pair once."""
    live = [*live]
    direct = {found.pair.key for found in live if found.direct}
    problems: list[Diagnostic] = []
    for found in (each for each in live if not each.direct and each.pair.key not in direct):
        pair = wanted.pop(found.pair.key, None)
        if pair and restricted(found.pair, pair) != adapted(pair, found.pair):
            problems.append(subject.in_policy_set(pair.target))
    return problems


def opposed(subject: Subject, wanted: Mapping[str, Pair], others: Iterable[LivePair]) -> list[Diagnostic]:
    """Pairs whose very group an assignment that stays has on the other side: the service could not hold both."""
    sides = {(e.pair.intent, e.pair.target.who, e.pair.target.group): e.pair.target.exclude for e in others}
    found: list[Diagnostic] = []
    for pair in wanted.values():
        target = pair.target
        if sides.get((pair.intent, target.who, target.group), target.exclude) != target.exclude:
            name = subject.world.names.groups_by_id.get(target.group)
            message = f"somebody else assigned the group {name.name if name else target.group!r} the other way round"
            detail = "one includes it and one leaves it out: remove that assignment, or set `unlisted: remove`"
            found.append(subject.problem("IDENT110", message, detail, ("spec", "assignments")))
    return found


def shown(pairs: Iterable[Pair], names: Names) -> JsonObject:
    """Pairs in the form of a spec, sorted, as both sides compare them."""
    ordered = sorted(pairs, key=lambda pair: pair.key)
    return {
        "include": [pair.shown(names) for pair in ordered if not pair.target.exclude],
        "exclude": [pair.shown(names) for pair in ordered if pair.target.exclude],
    }


def assign(
    path: str,
    kind: SettingsType,
    *,
    wanted: Mapping[str, Pair],
    ours: Mapping[str, LivePair],
    others: Iterable[LivePair],
) -> list[Operation]:
    """`/assign` replaces the set: others' assignments first, as they are, then ours."""
    kept: list[Json] = [common.carried(live.raw, ASSIGNMENT) for live in others]
    found = {key: common.Entry(common.carried(live.raw, ASSIGNMENT), live.pair.target) for key, live in ours.items()}
    final = {
        key: common.Entry(write_pair(pair, kind, ours.get(key)), pair.target, differs(pair, ours.get(key)))
        for key, pair in wanted.items()
    }
    return [
        Operation(Verb.ASSIGN, "POST", path, {"mobileAppAssignments": [*kept, *bodies]}, phase, await_published=True)
        for phase, bodies in common.assign_calls(found, final)
    ]


def differs(pair: Pair, live: LivePair | None) -> bool:
    """Whether a wanted pair is not live, or not in this form."""
    return live is None or restricted(live.pair, pair) != pair


def read_pairs(assignments: Iterable[JsonObject], kind: SettingsType) -> list[LivePair]:
    """Live assignments with all the settings that this type of app is known to have."""
    return [LivePair(_read(raw, kind), raw, is_direct(raw)) for raw in assignments]


def _read(raw: JsonObject, kind: SettingsType) -> Pair:
    target, intent = read_target(raw.get("target")), str(raw.get("intent"))
    settings = raw.get("settings")
    values: dict[str, Json] = {}
    if not target.exclude and (settings is None or _known(settings, kind)):
        held = settings if isinstance(settings, dict) else {}
        for flag in kind.flags:
            values[flag] = stated(flag, held.get(flag))
        if kind.licensed:
            values["licensing"] = "device" if held.get("useDeviceLicensing") is True else "user"
    return Pair(target, _INTENTS.get(intent.casefold(), intent), values)


def _known(settings: Json, kind: SettingsType) -> bool:
    """Settings of a type that this version does not know are never touched."""
    found = str(settings.get("@odata.type", "")) if isinstance(settings, dict) else ""
    return ("#" + found.lstrip("#")).casefold() == kind.odata_type.casefold()


def stated(flag: str, value: Json) -> Json:
    """A setting of the spec as it is compared and sent: null is what Intune does where there is none, said aloud."""
    return _WHEN_NULL[flag] if value is None else value


def applicable(settings: Mapping[str, Json], intent: str) -> dict[str, Json]:
    """The settings that Graph takes together with an intent."""
    return {key: value for key, value in settings.items() if key not in _NOT_WITH.get(intent, frozenset())}


def complete(pair: Pair, kind: SettingsType) -> Pair:
    """A new pair: every setting stated, what the spec does not mention with the portal's default."""
    if pair.target.exclude:
        return Pair(pair.target, pair.intent, {})
    values: dict[str, Json] = {flag: PORTAL_DEFAULTS[flag] for flag in kind.flags}
    if kind.licensed:
        values["licensing"] = "user"
    return Pair(pair.target, pair.intent, applicable({**values, **pair.settings}, pair.intent))


def adapted(pair: Pair, live: Pair) -> Pair:
    """A wanted pair that is live already: settings of a type that this version does not know are not managed."""
    return Pair(pair.target, pair.intent, {key: value for key, value in pair.settings.items() if key in live.settings})


def restricted(live: Pair, wanted: Pair | None) -> Pair:
    """A live pair, restricted to the settings that the wanted one mentions."""
    keys = wanted.settings if wanted else {}
    return Pair(live.target, live.intent, {key: live.settings[key] for key in keys if key in live.settings})


def write_pair(pair: Pair, kind: SettingsType, live: LivePair | None) -> JsonObject:
    """The Graph form. Exclusions carry neither settings nor a filter; a live pair keeps what is not managed."""
    body: JsonObject = common.carried(live.raw, ASSIGNMENT) if live else {"@odata.type": ASSIGNMENT}
    body["intent"] = pair.intent
    if not live or live.pair.target != pair.target:
        body["target"] = write_target(pair.target)
    held = live.raw.get("settings") if live else None
    if pair.target.exclude:
        body.pop("settings", None)
    elif kind.flags and (not live or (pair.settings and (held is None or _known(held, kind)))):
        body["settings"] = _settings(pair, kind, live)
    return body


def _settings(pair: Pair, kind: SettingsType, live: LivePair | None) -> JsonObject:
    held = live.raw.get("settings") if live else None
    settings: JsonObject = {"@odata.type": kind.odata_type, "vpnConfigurationId": None}
    settings |= dict.fromkeys(kind.flags) | (held if isinstance(held, dict) else {})
    settings |= {flag: pair.settings[flag] for flag in kind.flags if flag in pair.settings}
    settings |= {flag: None for flag in kind.flags if flag in _NOT_WITH.get(pair.intent, frozenset())}
    if kind.licensed:
        licensing = pair.settings.get("licensing")
        held_licence = settings.get("useDeviceLicensing") is True
        settings["useDeviceLicensing"] = licensing == "device" if licensing else held_licence
    return settings
