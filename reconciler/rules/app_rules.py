"""Rules about apps: Authenticator, the app of the first sign-in, Company Portal.

Whom they reach is the matter of `chain_rules`; here it is how they are assigned, and whether the first app can finish a
registration at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from ..diagnostics import Severity
from ..facts import (
    ACCOUNT_DRIVEN,
    JIT_CAPABLE,
    NEEDS_REGISTRATION,
    WEB_BASED,
    App,
    Delivery,
    Profile,
    SsoPolicy,
    Value,
)
from ..model import Path
from ..spec.load import Desired
from . import keys, sources, vendors
from .model import Context, Estate, Finding, decided, rule

TEAMS = "com.microsoft.skype.teams"
DEFENDER, COMPANY_PORTAL_APP = "com.microsoft.scmx", "com.microsoft.companyportal"
_COMPANY_PORTAL_STORE_ID = "719171358"
_OFFERED = frozenset({"available", "availableWithoutEnrollment"})
_NO_FIRST_APP = {
    DEFENDER: "Defender must not be opened first: registration and compliance then go wrong",
    COMPANY_PORTAL_APP: "Company Portal is no work app: signing in there does not start just-in-time registration",
}
"""Bundle ids, in lower case, that must not be the first app, each with why; Authenticator beside them."""


# Authenticator


@rule(
    "JIT502", Severity.ERROR, "Authenticator is assigned, but not as a required app.",
    about=Estate, source=sources.JIT,
    says="Authenticator is assigned to the groups that enroll as a required app, so that it is there before the first "
    "sign-in.",
)  # fmt: skip
def JIT502(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    found = _authenticators(estate)
    if not context.provides("authenticator") and not estate.doubtful(App) and not _any_required(found):
        weaker = None if _needs_registration(estate) else Severity.WARNING
        for desired, app in found:
            for path, delivery in _intents(app, _OFFERED):
                message = f"Authenticator is {delivery.intent}: who does not install it cannot finish the enrollment"
                yield Finding(message, "write `intent: required`", path, about=desired, severity=weaker)
    for desired, app in found:
        for path, _ in _intents(app, frozenset({"uninstall"})):
            message = "Authenticator is uninstalled: people lose the sign-in methods in it, and single sign-on with it"
            detail = "if that is meant, say so with a waiver; otherwise write `intent: required`, or drop the target"
            yield Finding(message, detail, path, about=desired, severity=Severity.WARNING)


def _authenticators(estate: Estate) -> list[tuple[Desired, App]]:
    return [(desired, app) for desired, app in estate.of(App) if app.authenticator]


def _any_required(found: Iterable[tuple[Desired, App]]) -> bool:
    """Whether anybody is to have it installed. Assignments that a spec does not mention may well do so."""
    return any(
        "assignments" not in desired.spec or any(_is(delivery, "required") for delivery in app.deliveries)
        for desired, app in found
    )


def _is(delivery: Delivery, intent: str) -> bool:
    return not delivery.wanted.exclude and delivery.intent == intent


def _intents(app: App, intents: frozenset[str]) -> Iterator[tuple[Path, Delivery]]:
    """Where a spec says one of these intents: of the target, or once of the spec."""
    told: set[Path] = set()
    for delivery in app.deliveries:
        if delivery.wanted.exclude or delivery.intent not in intents:
            continue
        path: Path = (*delivery.wanted.path, "intent") if delivery.wanted.intent else ("spec", "intent")
        if path not in told:
            told.add(path)
            yield path, delivery


def _needs_registration(estate: Estate) -> bool:
    return any(profile.type in NEEDS_REGISTRATION for _, profile in estate.of(Profile))


JIT505 = decided(
    "JIT505", Severity.ERROR, "The volume-purchase token of Authenticator has expired, or has too few licences.",
    by="doctor", source=sources.VPP,
    says="A token is valid for a year; an app that is licensed to people takes one licence of each of them.",
)  # fmt: skip


@rule(
    "JIT506", Severity.ERROR, "Account driven enrollment is given no Authenticator that its devices can install.",
    about=Estate, source=sources.VPP,
    says="User enrollment takes no App Store apps as managed apps, and no licences of devices: its apps are bought in "
    "volume and licensed to the person.",
)  # fmt: skip
def JIT506(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    found = _authenticators(estate)
    if context.provides("authenticator") or estate.doubtful(App) or not _any_required(found):
        return  # none at all is JIT501, none required JIT502
    if any(_serves_account_driven(desired, app) for desired, app in found):
        return
    for desired, profile in estate.of(Profile):
        if ACCOUNT_DRIVEN in [kind for _, kind in profile.options]:
            yield Finding(
                "these devices install no Authenticator: none of the specs has one that is licensed to people",
                "assign Authenticator with `app: {source: vpp, token: …, licensing: user}` to these people",
                profile.path,
                about=desired,
                severity=None if profile.type == ACCOUNT_DRIVEN else Severity.WARNING,
            )


def _serves_account_driven(desired: Desired, app: App) -> bool:
    """A licence that is not mentioned is the person's: that is what a new assignment gets."""
    required = [delivery for delivery in app.deliveries if _is(delivery, "required")]
    unknown = "assignments" not in desired.spec
    return app.source == "vpp" and (unknown or any(delivery.licensing != "device" for delivery in required))


@rule(
    "JIT507", Severity.WARNING, "Authenticator goes to all devices with licences of people.",
    about=App, source=sources.SHARED_MODE,
    says="Devices without a person, such as shared ones, get Authenticator as a volume-purchased app that is licensed "
    "to the device.",
)  # fmt: skip
def JIT507(app: App, context: Context) -> Iterator[Finding]:  # noqa: N802
    for delivery in app.deliveries if app.authenticator and app.source == "vpp" else ():
        if _is(delivery, "required") and delivery.wanted.who == "devices" and delivery.licensing != "device":
            own = delivery.wanted.licensing is not None
            yield Finding(
                "devices that nobody is signed in to, such as shared ones, get no Authenticator with people's licences",
                "write `licensing: device` for all devices, and `licensing: user` for those who enroll account driven",
                (*delivery.wanted.path, "licensing") if own else delivery.wanted.path,
            )


# The first app

Verdict = Literal["reserved", "alone", "doubtful", "fine"]


@dataclass(frozen=True, slots=True)
class _First:
    """The app in which people of one profile sign in first."""

    desired: Desired
    profile: Profile
    app: Value
    verdict: Verdict

    @property
    def id(self) -> str:
        return str(self.app.value)

    @property
    def weaker(self) -> Severity | None:
        """Enrollment without registration is legal where the type does not rest on it."""
        return None if self.profile.type in NEEDS_REGISTRATION else Severity.WARNING


def _first_apps(estate: Estate, context: Context) -> list[_First]:
    return estate.once("first apps", lambda: [*_judged(estate, context)])


def _judged(estate: Estate, context: Context) -> Iterator[_First]:
    policies = estate.of(SsoPolicy)
    open_ = not policies or context.provides("sso-policy") or estate.doubtful(SsoPolicy)
    served = None if open_ else _served(policy for _, policy in policies)
    certain = all("appBundleIds" in desired.spec for desired, _ in policies)
    for desired, profile in estate.of(Profile):
        app = profile.onboarding.first_app
        if app is not None and (profile.type is None or profile.type in JIT_CAPABLE):
            yield _First(desired, profile, app, _verdict(str(app.value), served, context, certain=certain))


def _verdict(bundle_id: str, served: _Served | None, context: Context, *, certain: bool) -> Verdict:
    """`served` None: what SSO policies serve is not known here."""
    if vendors.is_authenticator(bundle_id) or bundle_id.casefold() in _NO_FIRST_APP:
        return "reserved"
    if vendors.is_microsoft(bundle_id, context.data) or served is None or served.has(bundle_id.casefold()):
        return "fine"
    return "alone" if certain else "doubtful"


@dataclass(frozen=True, slots=True)
class _Served:
    """The apps of other makers that SSO policies serve, by all ways that the plug-in knows; in lower case."""

    listed: frozenset[str]
    prefixes: frozenset[tuple[str, frozenset[str]]]
    """Each with what the block list of its policy takes out again; the empty prefix is every managed app."""

    def has(self, folded: str) -> bool:
        return folded in self.listed or any(
            folded.startswith(prefix) and folded not in blocked for prefix, blocked in self.prefixes
        )


def _served(policies: Iterable[SsoPolicy]) -> _Served:
    listed: set[str] = set()
    prefixes: set[tuple[str, frozenset[str]]] = set()
    for policy in policies:
        blocked = frozenset(_folded(policy, keys.BLOCK))
        named = {str(value.value).casefold() for value in policy.bundle_ids} | _folded(policy, keys.ALLOW)
        every = any(keys.is_on(entry) for entry in keys.entries(policy, "Enable_SSO_On_All_ManagedApps"))
        listed |= named - blocked
        starts = {""} if every else _folded(policy, keys.PREFIXES) or {"com.apple."}
        prefixes |= {(prefix, blocked) for prefix in starts}
    return _Served(frozenset(listed), frozenset(prefixes))


def _folded(policy: SsoPolicy, key: str) -> set[str]:
    return {entry.casefold() for entry, _ in keys.listed(policy, key)}


@rule(
    "JIT520", Severity.ERROR, "The first sign-in app takes no part in single sign-on.",
    about=Estate, source=sources.JIT,
    says="The first sign-in has to happen in a work or school app that the SSO extension is set up for; registration "
    "and compliance checks cannot be completed otherwise.",
)  # fmt: skip
def JIT520(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for first in _first_apps(estate, context):
        if first.verdict in ("alone", "doubtful"):
            yield Finding(
                f"who signs in to {first.id} first never finishes: it is not Microsoft's, and no SSO policy lists it",
                _listed_or_other(first.id, estate),
                first.app.path,
                about=first.desired,
                severity=Severity.WARNING if first.verdict == "doubtful" else first.weaker,
            )


def _listed_or_other(bundle_id: str, estate: Estate) -> str:
    known = [str(value.value) for _, policy in estate.of(SsoPolicy) for value in policy.bundle_ids]
    near = get_close_matches(bundle_id, [TEAMS, *known], n=1, cutoff=0.8)
    if near:
        return f"did you mean {near[0]}?"
    if "." not in bundle_id:
        return f"a bundle id is wanted here, such as {TEAMS} for Teams"
    return f"add it to `appBundleIds` of the SSO policy that these people have, or name another app, such as {TEAMS}"


@rule(
    "JIT522", Severity.INFO, "The first sign-in app is another one than Teams.",
    about=Estate, source=sources.JIT,
    says="Microsoft recommends to point employees to Teams for the first sign-in.",
)  # fmt: skip
def JIT522(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for first in _first_apps(estate, context):
        if first.verdict == "fine" and first.id.casefold() != TEAMS:
            name = vendors.app_name(first.id) or first.id
            message = f"people sign in to {name} first; Microsoft recommends Teams ({TEAMS})"
            yield Finding(
                message, "any app that takes part in single sign-on will do", first.app.path, about=first.desired
            )


@rule(
    "JIT523", Severity.ERROR, "The first sign-in app is one that must not be opened first.",
    about=Estate, source=sources.AUTOMATED,
    says="Defender is not to be the first app that people open. Authenticator and Company Portal are no work apps.",
)  # fmt: skip
def JIT523(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for first in _first_apps(estate, context):
        if first.verdict == "reserved":
            why = _NO_FIRST_APP.get(
                first.id.casefold(),
                "Authenticator is no work app: it carries the sign-in, and people sign in elsewhere",
            )
            yield Finding(
                why, f"name a work app, such as {TEAMS}", first.app.path, about=first.desired, severity=first.weaker
            )


# Company Portal


@rule(
    "JIT536", Severity.WARNING, "Company Portal is a required app, though nobody needs it to enroll.",
    about=Estate, source=sources.JIT,
    says="Company Portal is not required with just-in-time registration; automated enrollment installs it by itself.",
)  # fmt: skip
def JIT536(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    types = {profile.type for _, profile in estate.of(Profile)}
    if WEB_BASED not in types or not types <= NEEDS_REGISTRATION or estate.doubtful(Profile):
        return
    for desired, app in estate.of(App):
        if _is_company_portal(app) and any(_to_people(delivery) for delivery in app.deliveries):
            yield Finding(
                "Company Portal is installed on everybody's device, and these people enroll without it",
                "make it `available`, or drop it; a web clip of its website is enough",
                app.path,
                about=desired,
            )


def _is_company_portal(app: App) -> bool:
    return (app.bundle_id or "").casefold() == COMPANY_PORTAL_APP or app.store_id == _COMPANY_PORTAL_STORE_ID


def _to_people(delivery: Delivery) -> bool:
    """Not to devices, and not by a filter: those may well be devices of automated enrollment, which need the app."""
    return _is(delivery, "required") and delivery.wanted.who != "devices" and delivery.wanted.filter is None
