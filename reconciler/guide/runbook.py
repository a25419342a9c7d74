"""The runbook for administrators: what the specs set up, for whom, what has to be renewed, what is not verified.

In English, as everything else that this tool tells administrators. It says what the specs ask for; what the tenant
holds, a plan tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..facts import (
    ACCOUNT_DRIVEN,
    COMPANY_PORTAL,
    REGISTRATION_KEY,
    REGISTRATION_VALUE,
    SAFARI_KEY,
    USER_CHOICE,
    WEB_BASED,
    WITHDRAWN,
    App,
    Clip,
    Pair,
    Part,
    SsoPolicy,
)
from ..rules import portals, sources, vendors
from ..rules.floors import checked as floors_checked
from .gather import Enrollment, People, Situation, Told, people_of
from .model import Block, Guide, Item, Section, Sentence, Span, code, link, name, paragraph, plain, points, table

_TYPES = {
    WEB_BASED: "web based device enrollment",
    ACCOUNT_DRIVEN: "account driven user enrollment",
    COMPANY_PORTAL: "device enrollment with Company Portal",
    USER_CHOICE: "determine based on user choice",
    WITHDRAWN: "user enrollment with Company Portal, for devices that have it",
}
_PAGES = (
    sources.JIT,
    sources.WEB,
    sources.ACCOUNT,
    sources.PERSONAL,
    sources.PLUGIN,
    sources.COMPLIANCE,
    sources.CERTIFICATE,
    sources.VPP,
    sources.IOS_ERRORS,
)


def runbook(situation: Situation, *, texts_declared: bool = False) -> Guide:
    """The runbook. `texts_declared`: whether the workspace names onboarding texts of its own."""
    where = (Span("Made from the specs of tenant "), name(situation.tenant), Span(f", cloud {situation.cloud}. "))
    says = (Span("It tells what the specs ask for; "), code("reconciler plan"), Span(" tells what the tenant holds."))
    return Guide(
        readers="admins",
        tenant=situation.tenant,
        language="en",
        direction="ltr",
        title="Runbook: enrollment of iPhones and iPads",
        intro=(paragraph((*where, *says)),),
        sections=(
            Section("profiles", plain("Enrollment profiles"), tuple(_profiles(situation))),
            Section("registration", plain("Just-in-time registration"), tuple(_policies(situation))),
            Section("apps", plain("Authenticator and other apps"), tuple(_apps(situation))),
            Section("portal", plain("Company Portal website"), tuple(_portal(situation))),
            Section("compliance", plain("Compliance"), tuple(_compliance(situation))),
            Section("support", plain("Support"), (_support(situation),)),
            Section("renew", plain("What has to be renewed"), (points(*_renewals(situation)),)),
            Section("open", plain("What is not verified"), (points(*_open(situation, texts_declared)),)),
            Section("pages", plain("Documentation"), (points(*((link(s.url, s.title),) for s in _PAGES)),)),
        ),
    )


# Profiles


def _profiles(situation: Situation) -> Iterator[Block]:
    if not situation.enrollments:
        yield paragraph(plain("No spec declares an enrollment profile."))
        return
    head = tuple(map(plain, ("Rank", "Profile", "Enrollment type", "For", "First app", "Minimum iOS")))
    rows = [_profile(rank, each, situation) for rank, each in enumerate(situation.enrollments, 1)]
    yield table(head, *rows)
    yield from _lists(_remarks(situation))


def _profile(rank: int, enrollment: Enrollment, situation: Situation) -> tuple[Sentence, ...]:
    profile, said = enrollment.profile, enrollment.profile.onboarding
    return (
        plain(str(rank) if enrollment.placed else "not settled"),
        (name(profile.name), Span(" ("), code(enrollment.told.address), Span(")")),
        plain(_TYPES.get(str(profile.type), "not managed")),
        _people(enrollment.told, situation),
        _first_app(enrollment),
        plain(str(said.minimum_ios.value) if said.minimum_ios else "not given"),
    )


def _first_app(enrollment: Enrollment) -> Sentence:
    known, chosen = enrollment.first_app_name, enrollment.first_app
    if chosen is None:
        return (name(known),) if known else plain("not given; Microsoft recommends Teams")
    if known is None:
        return (code(chosen), Span(" (the page shows this: no name is known, and the profile gives none)"))
    return (name(known), Span(" ("), code(chosen), Span(")"))


def _remarks(situation: Situation) -> Iterator[Sentence]:
    for each in situation.enrollments:
        own = name(each.told.name)
        if each.profile.type == USER_CHOICE:
            offered = (f"{_TYPES[kind]} ({owner} devices)" for owner, kind in each.profile.options)
            yield (own, Span(f" lets people choose between {' and '.join(offered)}."))
        if each.shadowed_by:
            yield (own, Span(" can never win: everybody gets "), name(each.shadowed_by), Span(" before it."))
        elif each.profile.type is None:
            yield (own, Span(" does not say its enrollment type, so the employees' page leaves it out."))
        elif each.told.assigned and each.people.nobody:
            yield (own, Span(" is assigned to nobody, so the employees' page leaves it out."))
    if situation.unlisted is None and len(situation.enrollments) > 1:
        yield plain("No spec puts the profiles in order: the employees' page cannot say for sure which one wins.")
    elif situation.unlisted == "first":
        yield plain("Profiles that no spec names rank before these and may win over them.")
    elif situation.unlisted == "keep":
        yield plain("Profiles that no spec names keep their rank and may win over these.")


# Policies and apps


def _policies(situation: Situation) -> Iterator[Block]:
    for each in situation.policies:
        yield paragraph((*_named(each.fact.name, each), Span(" for "), *_people(each, situation), Span(".")))
        yield table(tuple(map(plain, ("Key", "Type", "Value"))), *(_pair(pair) for pair in _pairs(each.fact)))
        if each.fact.bundle_ids:
            ids = _joined([(code(str(found.value)),) for found in each.fact.bundle_ids])
            yield paragraph((Span("Apps beside Microsoft's: "), *ids))
    if not situation.policies:
        yield paragraph(_missing("sso-policy", "No spec declares an SSO policy", situation))


def _pairs(policy: SsoPolicy) -> Iterator[Pair]:
    """All pairs that are written, those of the two switches too."""
    if policy.registration and policy.registration.value is True:
        yield Pair(REGISTRATION_KEY, "string", REGISTRATION_VALUE)
    if policy.safari and isinstance(policy.safari.value, bool):
        yield Pair(SAFARI_KEY, "integer", int(policy.safari.value))
    yield from policy.pairs


def _pair(pair: Pair) -> tuple[Sentence, ...]:
    return (code(str(pair.key)),), plain(pair.type), (code(str(pair.value)),)


def _apps(situation: Situation) -> Iterator[Block]:
    head = tuple(map(plain, ("App", "From", "For", "Intent", "Licence")))
    rows = [row for each in situation.apps for row in _app(each, situation)]
    if rows:
        yield table(head, *rows)
    if not any(each.fact.authenticator for each in situation.apps):
        yield paragraph(_missing("authenticator", "No spec assigns Microsoft Authenticator", situation))


def _app(told: Told[App], situation: Situation) -> Iterator[tuple[Sentence, ...]]:
    """A row for each target, because each may have an intent and a licence of its own."""
    origin = {"store": "App Store", "vpp": "Apple Business Manager"}.get(str(told.fact.source), "not said")
    for each in told.fact.deliveries:
        people = _whom(people_of([replace(each.wanted, exclude=False)]), situation)
        intent = "excluded" if each.wanted.exclude else each.intent
        known = vendors.app_name(told.fact.bundle_id or "") or told.fact.name
        yield _named(known, told), plain(origin), people, plain(intent), plain(each.licensing or "-")


def _portal(situation: Situation) -> Iterator[Block]:
    yield paragraph(
        (
            link(situation.portal.home),
            Span(". Web based enrollment begins at "),
            link(situation.portal.start),
            Span("."),
        )
    )
    icons = [each for each in situation.icons if situation.leads_to_portal(each.fact)]
    yield from _lists(_icon(each, situation) for each in icons)
    if not icons:
        yield paragraph(_missing("web-clip", "No spec puts it on the home screen", situation))


def _icon(told: Told[Clip], situation: Situation) -> Sentence:
    targets = {each.intent for each in told.fact.deliveries}
    intents = f" ({', '.join(sorted(targets))})" if targets else ""
    return (Span("Icon "), *_named(told.fact.name, told), Span(" for "), *_people(told, situation), Span(f"{intents}."))


def _compliance(situation: Situation) -> Iterator[Block]:
    yield from _lists(
        (*_named(each.fact.name, each), Span(" for "), *_people(each, situation)) for each in situation.checks
    )
    named = dict.fromkeys(
        str(each.value) for e in situation.enrollments for each in e.profile.onboarding.compliance or ()
    )
    if named:
        yield paragraph((Span("Named by the profiles: "), *_joined([(name(each),) for each in named]), Span(".")))
    if provided := _provided("compliance", situation):
        yield paragraph((Span("Compliance policies are "), *provided))
    elif not (named or situation.checks):
        yield paragraph(plain("No spec names a compliance policy."))


def _missing(part: Part, what: str, situation: Situation) -> Sentence:
    """What is not here, and who provides it instead, if the workspace says so."""
    provided = _provided(part, situation)
    return (Span(f"{what}; it is "), *provided) if provided else plain(f"{what}.")


def _provided(part: Part, situation: Situation) -> Sentence:
    """Who provides a part of the chain; empty where the workspace names nobody."""
    found = next((each for each in situation.provided if each.part == part), None)
    return (Span("provided by "), name(found.by), Span(": "), name(found.reason), Span(".")) if found else ()


def _support(situation: Situation) -> Block:
    given = situation.support
    if not given:
        return paragraph(plain("The workspace names no support, so the employees' page can only say: ask IT support."))
    parts = {"name": "Name", "email": "E-mail", "phone": "Telephone", "url": "Web"}
    told = {part: link(text) if part == "url" else name(text) for part, text in given.items()}
    return points(*((Span(f"{word}: "), told[part]) for part, word in parts.items() if part in told))


# What comes later, and what is open


def _renewals(situation: Situation) -> Iterator[Item]:
    yield Item(
        plain("Every year: the Apple MDM push certificate. Nothing enrolls without it."),
        (
            plain("It lasts 365 days, with 30 days of grace. Renew it with the Apple Account that it was made with."),
            plain("A new one instead of a renewed one means that every device has to enroll again."),
        ),
    )
    if any(each.fact.source == "vpp" for each in situation.apps):
        yield Item(plain("Every year: the token of Apple Business Manager, by which apps are licensed."))
    for domain in _domains(situation):
        file = code(f"https://{domain}/.well-known/com.apple.remotemanagement")
        yield Item((Span("Whenever the website changes, the service discovery file: "), file), (_discovery(situation),))
    yield Item(
        plain(
            f"From time to time: addresses (last held against the documentation on {portals.checked_on()}) and lowest "
            f"versions of iOS ({floors_checked()}) that this tool carries. A newer version of it has newer ones."
        )
    )


def _discovery(situation: Situation) -> Sentence:
    says = "Served as application/json without a file extension, it names Version mdm-byod and BaseURL "
    address = f"{situation.portal.discovery}?aadTenantId="
    if situation.tenant_id:
        return (Span(says), code(address + situation.tenant_id), Span("."))
    return (Span(says), code(f"{address}TENANT"), Span(", with the id of the tenant."))


def _domains(situation: Situation) -> dict[str, None]:
    """Each domain once, in order."""
    return dict.fromkeys(str(each.value) for e in situation.enrollments for each in e.profile.onboarding.domains)


def _open(situation: Situation, texts_declared: bool) -> Iterator[Sentence]:
    kinds = {kind for each in situation.enrollments for _, kind in each.profile.options}
    if situation.portal.web_enrollment is None and WEB_BASED in kinds:
        yield (
            Span(f"For the cloud {situation.cloud} no documentation names the page that begins web based enrollment. "),
            Span("The employees' page sends people to "),
            link(situation.portal.home),
            Span("; try it before you publish the page."),
        )
    if any(each.profile.type == USER_CHOICE for each in situation.enrollments):
        yield plain(
            "Which screens Company Portal shows after a choice is not documented for every enrollment type. "
            "The page tells people where to go on if it does not lead them there."
        )
    yield plain(
        "Words on screens differ by version of iOS and by language. Those of the German and the Hebrew page were not "
        "held against a phone."
    )
    yield plain("Group names do not tell who is in two groups. Who wins for a person: reconciler explain --user UPN.")
    yield plain("Whether networks let Apple's hosts through, and do not inspect their TLS, cannot be read from Graph.")
    if not texts_declared:
        yield plain(
            "The workspace names no onboarding text of your own (onboardingTexts), so none is checked. "
            "The employees' page of reconciler guide can serve as one."
        )


# Words


def _named(shown: str, told: Told[Any]) -> Sentence:
    return (name(shown), Span(" ("), code(told.address), Span(")"))


def _people(told: Told[Any], situation: Situation) -> Sentence:
    return _whom(told.people, situation) if told.assigned else plain("whom the portal says: not managed here")


def _whom(people: People, situation: Situation) -> Sentence:
    """Names as the specs have them, with what they are called in the tenant, if that is something else."""
    parts: list[Sentence] = [plain("all users")] if people.everyone else []
    parts += [plain("all devices")] if people.devices else []
    parts += [_group(each, situation) for each in people.groups]
    left_out = _joined([_group(each, situation) for each in people.without])
    without = (Span(", without " if parts else "without "), *left_out) if people.without else ()
    filtered = (Span(", as far as a filter lets them in"),) if people.filtered else ()
    return (*(_joined(parts) if parts or without else plain("nobody")), *without, *filtered)


def _group(group: str, situation: Situation) -> Sentence:
    called = situation.groups.get(group, group)
    return (name(group),) if called == group else (name(group), Span(" ("), name(called), Span(")"))


def _joined(parts: Iterable[Sentence]) -> Sentence:
    spans: list[Span] = []
    for part in parts:
        spans += [Span(", "), *part] if spans else part
    return tuple(spans)


def _lists(sentences: Iterable[Sentence]) -> Iterator[Block]:
    found = list(sentences)
    if found:
        yield points(*found)
