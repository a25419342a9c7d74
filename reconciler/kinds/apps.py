"""Apps as Intune has them: where they live, what tells them apart, and what it demands of their assignments.

Used by every kind that assigns an app. Apps are told apart by bundle id, which Graph does not search by, so that is
done here; one without a bundle id is known by the number of its App Store page. A name is never enough to take one app
for another: administrators rename apps, and each VPP token brings an object of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, cast

from ..assignments import Wanted, wanted_targets
from ..diagnostics import Diagnostic, Severity
from ..facts import AUTHENTICATOR, AUTHENTICATOR_STORE_ID, App, Delivery
from ..identity import owned_by
from ..kind import Match, Subject, World
from ..live import Collection, Live
from ..model import JsonObject
from ..spec.load import Desired
from . import pair_words, pairs
from .expressing import Draft
from .pairs import Form, LivePair

PATH = "/beta/deviceAppManagement/mobileApps"
NOTES = "notes"
"""The property that carries markers: only administrators see it."""
STORE_APPS = Collection(
    "storeApps",
    PATH,
    "$filter=isof(%27microsoft.graph.iosStoreApp%27)",
    assignments="expanded",
    read_permissions=("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    write_permissions=("DeviceManagementApps.ReadWrite.All",),
)
VPP_APPS = replace(STORE_APPS, key="vppApps", query="$filter=isof(%27microsoft.graph.iosVppApp%27)")
_STORE_NUMBER = re.compile(r"/id(\d+)")
_OFFERED = frozenset({"available", "availableWithoutEnrollment"})
"""Intents by which people choose the app themselves."""


# What an app is


def bundle_id(live: Live) -> str | None:
    """The bundle id as it is stored; None where there is none."""
    found = live.body.get("bundleId")
    return found if isinstance(found, str) and found else None


def store_id(live: Live) -> str | None:
    """The number in the App Store address; the service rewrites the rest of it."""
    number = _STORE_NUMBER.search(str(live.body.get("appStoreUrl") or ""))
    return number.group(1) if number else None


def is_authenticator(live: Live) -> bool:
    """By bundle id, else by the number in the App Store address; never by name."""
    bundle = bundle_id(live)
    return bundle.casefold() == AUTHENTICATOR if bundle else store_id(live) == AUTHENTICATOR_STORE_ID


def token(live: Live) -> str:
    """The name of the VPP token that brought the app."""
    return str(live.body.get("vppTokenDisplayName"))


def source(live: Live) -> Literal["store", "vpp"]:
    """Where the app comes from."""
    return "vpp" if live.collection.key == VPP_APPS.key else "store"


def origin(live: Live) -> str:
    """Where it comes from, in words."""
    return f"from the VPP token {token(live)!r}" if source(live) == "vpp" else "from the App Store"


def told(apps: Iterable[Live]) -> str:
    """Apps as messages list them."""
    return ", ".join(sorted(f"{live.display_name!r} {origin(live)} ({live.id})" for live in apps))


def fact(live: Live) -> App:
    """The app in the nouns of enrollment."""
    return App(live.display_name, bundle_id(live), store_id(live), source(live), is_authenticator(live))


# What a spec says of an app


def named(desired: Desired) -> JsonObject:
    """`spec.app`."""
    app = desired.spec["app"]
    assert isinstance(app, dict), "the schema lets through mappings only"
    return app


def form(subject: Subject) -> Form:
    """How the app is assigned: of the live one, or of the one that a spec wants to have created."""
    if subject.live:
        return pairs.VPP if source(subject.live) == "vpp" else pairs.STORE
    return pairs.VPP if named(subject.desired).get("source") == "vpp" else pairs.STORE


def called(name: object, world: World) -> str:
    """What an app or a VPP token of the specs is called in this tenant (`names.apps` of the workspace)."""
    return world.renamed.get("apps", {}).get(str(name), str(name))


def spoken(name: str, world: World) -> str:
    """What specs call an app or a VPP token of this tenant: the inverse of `called`."""
    renamed = world.renamed.get("apps", {})
    return next((ours for ours, theirs in sorted(renamed.items()) if theirs == name), name)


def assigned(draft: Draft, live: Live, held: Sequence[LivePair], app: JsonObject) -> None:
    """`app`, and how it is assigned, from those pairs of a live app that a spec manages."""
    how = pairs.VPP if source(live) == "vpp" else pairs.STORE
    licences = pair_words.licensing(held) if how.licensed else []
    draft.say("app", {**app, "licensing": licences[0]} if len(licences) == 1 else app)
    pair_words.settings(draft, held, how)
    pair_words.assigned(draft, held, live, licensed=len(licences) > 1)
    draft.say("unlisted", "keep", usual=True)


def deliveries(desired: Desired) -> tuple[Delivery, ...]:
    """To whom the spec assigns its app. An exclusion without an intent stands for every intent that the spec uses."""
    default, app = str(desired.spec.get("intent", "required")), desired.spec.get("app")
    of_app = app.get("licensing") if isinstance(app, dict) else None
    targets = wanted_targets(desired.spec.get("assignments"))
    intents = sorted({t.intent or default for t in targets if not t.exclude} or {default})
    return tuple(
        Delivery(target, intent, cast(Literal["user", "device"] | None, target.licensing or of_app))
        for target in targets
        for intent in (intents if target.exclude and not target.intent else [target.intent or default])
    )


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


# Which app is meant


def only(desired: Desired, world: World, fitting: Sequence[Live], pinnable: Sequence[Live]) -> Match | None:
    """The pinned one of `pinnable`, else the only one that fits; None where none does. Never the first of several."""
    if pin := desired.pin(world.tenant):
        return _pinned(desired, world, pinnable, pin)
    if len(fitting) > 1:
        message = f"{len(fitting)} apps of the tenant fit: {told(fitting)}"
        return refused(desired, message, "pin the one that is meant with `id`")
    return Match(fitting[0], "content") if fitting else None


def _pinned(desired: Desired, world: World, apps: Sequence[Live], pin: str) -> Match:
    pinned = next((live for live in apps if live.id.casefold() == pin), None)
    if pinned is None:
        return refused(desired, f"no app that fits has the pinned id {pin}", _fit(apps), "IDENT103", "id")
    others = [live.id for live in apps if live is not pinned and desired.address in owned_by(live, NOTES, world.owners)]
    if others:
        message = f"the spec pins {pinned.id}, but {', '.join(sorted(others))} carries its marker"
        detail = "remove the marker line from the one that is not meant, or correct the pin"
        return refused(desired, message, detail, "IDENT104", "id")
    return Match(pinned, "pin")


def _fit(apps: Sequence[Live]) -> str:
    return f"correct the id, or drop it; these fit: {told(apps)}" if apps else "correct the id, or drop it"


def refused(desired: Desired, message: str, detail: str, rule: str = "IDENT106", member: str = "app") -> Match:
    """No app for this spec, and why."""
    return Match(None, "none", (desired.problem(rule, message, detail, ("spec", member)),))
