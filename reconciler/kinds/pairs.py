"""Assignments as (target, intent) pairs: what makes two of them one, what they hold, how they are written.

Only apps have intents and settings; a policy's pair is its target alone (`Form`). Settings of a pair that a spec does
not mention are carried over; a new pair states all of them, with the portal's defaults, because Graph takes an absent
`uninstallOnDeviceRemoval` as true. Who owns which pair of an object that several assign is `sharing`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..assignments import Target, is_direct, read_target, show_target, write_target
from ..diagnostics import Diagnostic
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


@dataclass(frozen=True, slots=True)
class Form:
    """How one type of object is assigned."""

    assignment: str = ASSIGNMENT
    """`@odata.type` of an assignment."""
    member: str = "mobileAppAssignments"
    """What holds the assignments in the body of `/assign`."""
    app: bool = True
    """Whether it is an app: each assignment has an intent, and waits until the app is published."""
    settings: str = ""
    """`@odata.type` of the settings of an assignment; empty: it has none."""
    flags: tuple[str, ...] = ()
    """The settings that there are."""
    licensed: bool = False
    """Whether an assignment chooses between user and device licences."""

    def default(self, desired: Desired) -> str:
        """The intent of targets that have none of their own."""
        return str(desired.spec.get("intent", "required")) if self.app else ""


STORE = Form(
    settings="#microsoft.graph.iosStoreAppAssignmentSettings",
    flags=("uninstallOnDeviceRemoval", "isRemovable", "preventManagedAppBackup"),
)
VPP = Form(settings="#microsoft.graph.iosVppAppAssignmentSettings", flags=tuple(PORTAL_DEFAULTS), licensed=True)
WITHOUT = Form()
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

    def shown(self, names: Names) -> Json:
        """The pair as a spec would write it."""
        target = show_target(self.target, names)
        if not self.intent:
            return target
        entry: JsonObject = dict(target) if isinstance(target, dict) else {"all": self.target.who}
        return {**entry, "intent": self.intent, **({"settings": dict(self.settings)} if self.settings else {})}


@dataclass(frozen=True, slots=True)
class LivePair:
    """A live assignment with what Graph said of it."""

    pair: Pair
    raw: JsonObject
    direct: bool


def wanted_pairs(subject: Subject, form: Form) -> tuple[dict[str, Pair], list[Diagnostic]]:
    """The pairs that a spec lists, by key, and what is wrong with its targets.

    An exclusion without an intent of its own stands for every intent that the spec uses.
    """
    default = form.default(subject.desired)
    targets, problems = subject.targets(default)
    intents = {own or default for target, own, _ in targets if not target.exclude} or {default}
    wanted: dict[str, Pair] = {}
    for target, own, licensing in targets:
        for each in sorted(intents) if target.exclude and not own else [own or default]:
            settings = {} if target.exclude else _mentioned(subject.desired, form, each, licensing)
            pair = Pair(target, each, settings)
            wanted[pair.key] = pair
    return wanted, problems


def _mentioned(desired: Desired, form: Form, intent: str, licensing: str | None) -> dict[str, Json]:
    """The settings that the spec mentions for one pair. `licensing` is that of the target."""
    mentioned = {flag: stated(flag, desired.spec[flag]) for flag in form.flags if flag in desired.spec}
    app = desired.spec.get("app")
    chosen = licensing or (app.get("licensing") if isinstance(app, dict) else None)
    if form.licensed and chosen:
        mentioned["licensing"] = chosen
    return applicable(mentioned, intent)


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


def told(pair: Pair, names: Names) -> str:
    """A pair in a sentence."""
    group = names.groups_by_id.get(pair.target.group)
    called = repr(group.name) if group and group.name else pair.target.group
    who = {"users": "all users", "devices": "all devices"}.get(pair.target.who, f"the group {called}")
    return ("without " if pair.target.exclude else "") + who + (f" ({pair.intent})" if pair.intent else "")


def assign(
    path: str,
    form: Form,
    *,
    wanted: Mapping[str, Pair],
    ours: Mapping[str, LivePair],
    others: Iterable[LivePair],
) -> list[Operation]:
    """`/assign` replaces the set: others' assignments first, as they are, then ours."""
    kept: list[Json] = [common.carried(live.raw, form.assignment) for live in others]
    found = {
        key: common.Entry(common.carried(live.raw, form.assignment), live.pair.target) for key, live in ours.items()
    }
    final = {
        key: common.Entry(write_pair(pair, form, ours.get(key)), pair.target, differs(pair, ours.get(key)))
        for key, pair in wanted.items()
    }
    return [
        Operation(Verb.ASSIGN, "POST", path, {form.member: [*kept, *bodies]}, phase, await_published=form.app)
        for phase, bodies in common.assign_calls(found, final)
    ]


def differs(pair: Pair, live: LivePair | None) -> bool:
    """Whether a wanted pair is not live, or not in this form."""
    return live is None or restricted(live.pair, pair) != pair


def read_pairs(assignments: Iterable[JsonObject], form: Form) -> list[LivePair]:
    """Live assignments with all the settings that this type of app is known to have."""
    return [LivePair(_read(raw, form), raw, is_direct(raw)) for raw in assignments]


def _read(raw: JsonObject, form: Form) -> Pair:
    target, intent = read_target(raw.get("target")), str(raw.get("intent")) if form.app else ""
    settings = raw.get("settings")
    values: dict[str, Json] = {}
    if not target.exclude and (settings is None or _known(settings, form)):
        held = settings if isinstance(settings, dict) else {}
        for flag in form.flags:
            values[flag] = stated(flag, held.get(flag))
        if form.licensed:
            values["licensing"] = "device" if held.get("useDeviceLicensing") is True else "user"
    return Pair(target, _INTENTS.get(intent.casefold(), intent), values)


def _known(settings: Json, form: Form) -> bool:
    """Settings of a type that this version does not know are never touched."""
    found = str(settings.get("@odata.type", "")) if isinstance(settings, dict) else ""
    return ("#" + found.lstrip("#")).casefold() == form.settings.casefold()


def stated(flag: str, value: Json) -> Json:
    """A setting of the spec as it is compared and sent: null is what Intune does where there is none, said aloud."""
    return _WHEN_NULL[flag] if value is None else value


def applicable(settings: Mapping[str, Json], intent: str) -> dict[str, Json]:
    """The settings that Graph takes together with an intent."""
    return {key: value for key, value in settings.items() if key not in _NOT_WITH.get(intent, frozenset())}


def complete(pair: Pair, form: Form) -> Pair:
    """A new pair: every setting stated, what the spec does not mention with the portal's default."""
    if pair.target.exclude:
        return Pair(pair.target, pair.intent, {})
    values: dict[str, Json] = {flag: PORTAL_DEFAULTS[flag] for flag in form.flags}
    if form.licensed:
        values["licensing"] = "user"
    return Pair(pair.target, pair.intent, applicable({**values, **pair.settings}, pair.intent))


def adapted(pair: Pair, live: Pair) -> Pair:
    """A wanted pair that is live already: settings of a type that this version does not know are not managed."""
    return Pair(pair.target, pair.intent, {key: value for key, value in pair.settings.items() if key in live.settings})


def restricted(live: Pair, wanted: Pair | None) -> Pair:
    """A live pair, restricted to the settings that the wanted one mentions."""
    keys = wanted.settings if wanted else {}
    return Pair(live.target, live.intent, {key: live.settings[key] for key in keys if key in live.settings})


def write_pair(pair: Pair, form: Form, live: LivePair | None) -> JsonObject:
    """The Graph form. Exclusions carry neither settings nor a filter; a live pair keeps what is not managed."""
    body: JsonObject = common.carried(live.raw, form.assignment) if live else {"@odata.type": form.assignment}
    if pair.intent:
        body["intent"] = pair.intent
    if not live or live.pair.target != pair.target:
        body["target"] = write_target(pair.target)
    held = live.raw.get("settings") if live else None
    if pair.target.exclude:
        body.pop("settings", None)
    elif form.flags and (not live or (pair.settings and (held is None or _known(held, form)))):
        body["settings"] = _settings(pair, form, live)
    return body


def _settings(pair: Pair, form: Form, live: LivePair | None) -> JsonObject:
    held = live.raw.get("settings") if live else None
    settings: JsonObject = {"@odata.type": form.settings, "vpnConfigurationId": None}
    settings |= dict.fromkeys(form.flags) | (held if isinstance(held, dict) else {})
    settings |= {flag: pair.settings[flag] for flag in form.flags if flag in pair.settings}
    settings |= {flag: None for flag in form.flags if flag in _NOT_WITH.get(pair.intent, frozenset())}
    if form.licensed:
        licensing = pair.settings.get("licensing")
        held_licence = settings.get("useDeviceLicensing") is True
        settings["useDeviceLicensing"] = licensing == "device" if licensing else held_licence
    return settings
