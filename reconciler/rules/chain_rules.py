"""Rules about the chain: whoever a profile sends into enrollment is reached by the rest, and by one of each.

What specs alone prove is found here; what depends on who is in which group is a warning here, which a plan settles
against the tenant (`chain.verdicts`, under the same ids). INTERFACE of both: docs/rules.md, "Gaps in the chain".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..chain.declared import declared, ranked
from ..chain.model import TITLES, Contender, Side
from ..chain.symbolic import EVERYBODY, NOBODY_TAKEN, Open, Taken, Why, never_wins, uncovered
from ..diagnostics import Severity
from ..facts import WEB_BASED, App, Clip, Compliance, Fact, Part, Profile, SsoPolicy
from ..spec.load import Desired
from . import sources
from .model import BOTH, LIVE, Context, Estate, Finding, decided, rule
from .profile_rules import fallbacks

_ASSIGNMENTS = ("spec", "assignments")


@rule(
    "JIT110", Severity.ERROR, "People are sent into enrollment, and no SSO policy is declared.",
    about=Estate, decides=BOTH, source=sources.WEB,
    says="Registration happens through the SSO app extension: without its policy on the device, a web based enrollment "
    "ends half-way, and Company Portal does not recognise the device.",
)  # fmt: skip
def NO_SSO_POLICY(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    yield from _undeclared(estate, context, "sso-policy", SsoPolicy)


@rule(
    "JIT501", Severity.ERROR, "People are sent into enrollment, and Microsoft Authenticator is not declared.",
    about=Estate, source=sources.JIT,
    says="Authenticator carries the SSO extension, so it is assigned as a required app to everybody who enrolls.",
)  # fmt: skip
def NO_AUTHENTICATOR(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    authenticators = any(app.authenticator for _, app in estate.of(App))
    if not authenticators:
        yield from _undeclared(estate, context, "authenticator", App)


@rule(
    "JIT401", Severity.ERROR, "The SSO policies do not reach everybody whom a profile sends into enrollment.",
    about=Estate, decides=BOTH, source=sources.JIT,
    says="The policy is assigned to all users, or to the groups that enroll; a device without it never registers.",
)  # fmt: skip
def SSO_POLICY_GAP(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    yield from _gaps(estate, context, "sso-policy", SsoPolicy)


@rule(
    "JIT503", Severity.ERROR, "Required Authenticator does not reach everybody whom a profile sends into enrollment.",
    about=Estate, decides=BOTH, source=sources.JIT,
    says="Authenticator is assigned as a required app to the same people as the enrollment profile.",
)  # fmt: skip
def AUTHENTICATOR_GAP(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    yield from _gaps(estate, context, "authenticator", App)


@rule(
    "JIT521", Severity.WARNING, "The first sign-in app does not reach everybody who is told to open it.",
    about=Estate, decides=BOTH, source=sources.JIT,
    says="The first sign-in happens in a work app that takes part in single sign-on; whoever lacks it cannot finish.",
)  # fmt: skip
def FIRST_APP_GAP(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    yield from _gaps(estate, context, "first-sign-in-app", App)


@rule(
    "JIT552", Severity.WARNING, "No compliance policy reaches some of the people who enroll.",
    about=Estate, decides=BOTH, source=sources.JIT,
    says="Compliance remediation runs on devices that register just in time and have a compliance policy.",
)  # fmt: skip
def COMPLIANCE_GAP(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    yield from _gaps(estate, context, "compliance", Compliance)


@rule(
    "JIT307", Severity.WARNING, "A profile can never win: those of a higher rank have everybody whom it is for.",
    about=Estate, decides=BOTH, source=sources.WEB,
    says="Of several profiles that a person is assigned, the one with the highest priority applies and no other.",
)  # fmt: skip
def NEVER_WINS(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for profile, taken in _ranked(estate):
        if not taken or profile.address in fallbacks(estate):  # that a fallback is one says more: JIT309
            continue
        if winner := never_wins(profile, taken):
            yield Finding(
                f"nobody ever gets this profile: {winner.name!r} ranks higher and is for the same people",
                "rank it before the other one, assign it to other people, or remove it",
                _ASSIGNMENTS,
                key=True,
                about=_desired(estate, profile),
            )


@rule(
    "JIT530", Severity.WARNING, "No web clip of the Company Portal website is declared.",
    about=Estate, decides=BOTH, source=sources.WEB,
    says="The web app is put on the home screen, so that people find their work apps and help without the Company "
    "Portal app.",
)  # fmt: skip
def NO_WEB_CLIP(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    if context.provides("web-clip") or estate.of(Clip) or estate.doubtful(Clip):
        return
    for desired, profile in estate.of(Profile):
        if profile.type == WEB_BASED:
            yield Finding(
                "people who enroll with this profile have no Company Portal on the home screen",
                "declare a web clip for https://portal.manage.microsoft.com/, or name who provides it "
                "(`provided` in the workspace)",
                ("spec", "enrollmentType"),
                about=desired,
            )
            return


JIT105 = decided(
    "JIT105", Severity.ERROR, "Two SSO extension policies reach the same people.", by="plan",
    source=sources.EXTENSIBLE_SSO,
    says="The URLs of all extensible single sign-on payloads on a device have to be unique, so a device takes one.",
)  # fmt: skip
JIT301 = decided(
    "JIT301", Severity.ERROR, "There is no enrollment profile that anybody could win.", by="plan", source=sources.WEB,
    says="The enrollment profile decides how people's devices enroll, and lets them begin in Safari.",
)  # fmt: skip
JIT308 = decided(
    "JIT308", Severity.WARNING, "A profile that no spec names outranks one of ours for the same people.", by="plan",
    source=sources.WEB,
    says="Of several profiles that a person is assigned, the one with the highest priority applies.",
)  # fmt: skip
JIT402 = decided(
    "JIT402", Severity.ERROR, "A filter takes the policy or Authenticator from people's own devices.", by="plan",
    says="A device is personal unless it comes from Automated Device Enrollment or was registered before.",
    source=sources.RESTRICTIONS,
)  # fmt: skip
JIT403 = decided(
    "JIT403", Severity.WARNING, "A part of the chain is assigned through a dynamic group of devices.", by="plan",
    says="Membership and filters are worked out some minutes after a device has enrolled, not at once.",
    source=sources.RESTRICTIONS,
)  # fmt: skip
JIT404 = decided(
    "JIT404", Severity.WARNING, "One app is assigned to the same people with different intents.", by="plan",
    source=sources.APP_INTENTS, decides=LIVE,
    says="Where intents conflict, one of them wins: required before available and uninstall; between available and "
    "uninstall, uninstall.",
)  # fmt: skip
JIT504 = decided(
    "JIT504", Severity.ERROR, "Two Authenticator apps are required for the same people.", by="plan",
    source=sources.JIT, says="Authenticator is assigned once: from the App Store, or from one volume-purchase token.",
)  # fmt: skip


def _undeclared(estate: Estate, context: Context, part: Part, noun: type[Fact]) -> Iterator[Finding]:
    """No spec provides a part that profiles with a spec need: said once, of the first such profile."""
    if context.provides(part) or estate.doubtful(noun) or (noun is SsoPolicy and estate.of(SsoPolicy)):
        return
    asked = sorted(_asked(estate), key=lambda p: (not p.needs_registration, p.key))
    if not asked:
        return
    first, others = asked[0], len(asked) - 1
    more = f" (and {others} more profile{'s' if others > 1 else ''})" if others else ""
    yield Finding(
        f"{first.name!r} sends people into enrollment{more}, and no spec declares {TITLES[part]}",
        "declare it for the same people (`reconciler kinds`), or name who provides it (`provided` in the workspace)",
        ("spec", "enrollmentType"),
        about=_desired(estate, first),
        also=tuple(p.address for p in asked[1:] if p.address and p.needs_registration == first.needs_registration),
        severity=None if first.needs_registration else Severity.WARNING,
    )


def _asked(estate: Estate) -> list[Contender]:
    """The profiles that the chain is asked for: those that may register just in time, unless nobody is to have them."""
    return [profile for profile in _side(estate).profiles if profile.jit_capable and not _unassigned(estate, profile)]


def _unassigned(estate: Estate, profile: Contender) -> bool:
    """Whether the spec assigns it to nobody. One that leaves the assignments as they are does not say so."""
    desired = _desired(estate, profile)
    included = any(not target.exclude for target in profile.targets)
    return desired is not None and "assignments" in desired.spec and not included


def _gaps(estate: Estate, context: Context, part: Part, noun: type[Fact]) -> Iterator[Finding]:
    if context.provides(part) or estate.doubtful(noun) or estate.doubtful(Profile):
        return
    side = _side(estate)
    for profile, taken in _ranked(estate):
        supplies = side.serving(part, profile)
        if not profile.jit_capable or (not supplies and not _idle(estate, side, part, profile)):
            continue  # that nothing is declared at all is another finding, or nobody's business
        if found := uncovered(profile, supplies, taken or NOBODY_TAKEN):
            yield _finding(estate, profile, part, found)


def _idle(estate: Estate, side: Side, part: Part, profile: Contender) -> bool:
    """Whether specs declare a part without one that could serve this profile: for nobody, or with another intent."""
    if part == "sso-policy":
        return bool(estate.of(SsoPolicy))
    declared_ = any(app.authenticator for _, app in estate.of(App))
    others = any(supply.part == part for supply in side.supplies)  # by another licence: JIT506 says so
    return part == "authenticator" and declared_ and not (others and profile.account_driven)


def _side(estate: Estate) -> Side:
    return estate.once("chain", lambda: declared(estate))


def _ranked(estate: Estate) -> Iterator[tuple[Contender, Taken | None]]:
    """Every profile with whom those of a higher rank have; None where the specs do not settle its rank."""
    known, taken = ranked(estate), Taken()
    for profile in _side(estate).profiles:
        listed = profile.address is not None and profile.address.name in known
        yield profile, taken if listed else None
        if listed:
            taken.add(profile)


def _finding(estate: Estate, profile: Contender, part: Part, found: list[Open]) -> Finding:
    proven = any(each.proven for each in found)
    certain = f"{TITLES[part]} does not reach everybody whom this profile sends into enrollment"
    open_ = f"{TITLES[part]} may not reach everybody whom this profile sends into enrollment"
    reasons = "; ".join(dict.fromkeys(_reason(each) for each in found))
    return Finding(
        f"{_upper(certain if proven else open_)}: {reasons}",
        _remedy(found) + _otherwise(estate, part) + ("" if proven else "; `plan` looks into the groups and counts"),
        _ASSIGNMENTS,
        key=True,
        about=_desired(estate, profile),
        severity=None if proven and profile.needs_registration else Severity.WARNING,
    )


def _otherwise(estate: Estate, part: Part) -> str:
    """What assigns Authenticator with another intent, which does not install it by itself."""
    apps = estate.of(App) if part == "authenticator" else []
    idle = [
        f"{desired.address} has it as `{intent}`"
        for desired, app in apps
        for intent in sorted({d.intent for d in app.deliveries if app.authenticator and not d.wanted.exclude})
        if intent != "required"
    ]
    return f"; {', '.join(idle)}, which does not count" if idle else ""


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _reason(each: Open) -> str:
    """Why a region is open, in words."""
    whom, supply = _region(each.region), each.supply.name if each.supply else "what would reach it"
    return {
        Why.NOTHING: f"nothing includes {whom}",
        Why.GROUPS_ONLY: "it is for all users, and the specs reach groups only",
        Why.EXCLUDED: f"{whom} is excluded from {supply} and included nowhere else",
        Why.EXCLUSION: f"{whom} is excluded from {supply}",
        Why.FILTER: f"a filter on {supply} decides for {whom}",
        Why.DOUBT: f"{supply} may not do its work",
        Why.NESTING: f"it depends on whether the members of {whom} are in the groups that are included",
    }[each.why]


def _region(region: frozenset[str]) -> str:
    if region == EVERYBODY:
        return "everybody"
    names = " and ".join(repr(name) for name in sorted(region))
    return f"the group {names}" if len(region) == 1 else f"who is in {names}"


def _remedy(found: Iterable[Open]) -> str:
    groups = sorted({name for each in found for name in each.region})
    named = ", ".join(f"{{group: {name}}}" for name in groups)
    return f"include {named or 'allUsers'} in one of them, or in one more"


def _desired(estate: Estate, profile: Contender) -> Desired | None:
    by_address = estate.once("by address", lambda: {each.desired.address: each.desired for each in estate.declared})
    return by_address.get(profile.address) if profile.address else None
