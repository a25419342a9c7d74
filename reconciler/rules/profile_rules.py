"""Rules about enrollment profiles: how people's own devices enroll.

What the schema refuses already (devices as targets, filters, an order that names a profile twice) has its id here and
is reported there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..assignments import wanted_targets
from ..diagnostics import Severity
from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, WEB_BASED, WITHDRAWN, Order, Profile
from ..model import Address, Path
from ..spec.load import Desired
from . import floors, sources
from .model import BOTH, OFFLINE, Context, Estate, Finding, decided, rule

_NAME = ("spec", "displayName")
_TYPE = ("spec", "enrollmentType")


@rule(
    "JIT302", Severity.ERROR, "An enrollment profile has no name, or the name of another one.",
    about=Estate, source=sources.WEB, reported_as=("SPEC103", "IDENT108"),
    says="A profile is created with a name and a description, by which administrators tell it from others.",
)  # fmt: skip
def JIT302(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    taken: dict[str, Profile] = {}
    for desired, profile in estate.of(Profile):
        if "displayName" not in desired.spec:
            continue
        name = " ".join(profile.name.split())
        other = taken.setdefault(name.casefold(), profile) if name else None
        if not name:
            yield Finding("the profile has an empty name", "give it one that says whom it is for", _NAME, about=desired)
        elif other and other.name != profile.name:  # the very same name is SPEC103
            message = f"{profile.name!r} and {other.name!r} differ by blanks or by case alone"
            detail = "administrators cannot tell them apart in the portal: rename one of them"
            yield Finding(message, detail, _NAME, about=desired, severity=Severity.WARNING)


JIT303 = decided(
    "JIT303", Severity.ERROR, "The enrollment type is none that there is, or a new profile names none.",
    by="the schema and plan", decides=BOTH, reported_as=("SCHEMA107",), source=sources.WEB,
    says="A profile has one enrollment type: web based, account driven, with Company Portal, or by the user's choice.",
)  # fmt: skip
JIT304 = decided(
    "JIT304", Severity.ERROR, "An enrollment profile is assigned to devices.",
    by="the schema", decides=OFFLINE, reported_as=("SCHEMA107",), source=sources.WEB,
    says="Enrollment profiles are assigned to all users or to groups of users: a device that has not enrolled is in no "
    "group. The article of 2023 said otherwise and was corrected.",
)  # fmt: skip
JIT305 = decided(
    "JIT305", Severity.ERROR, "A group of an enrollment profile holds devices, or no people.",
    by="doctor", source=sources.ACCOUNT,
    says="Groups of devices are not supported where people enroll their own devices.",
)  # fmt: skip
JIT306 = decided(
    "JIT306", Severity.ERROR, "Two enrollment profiles have the same rank.",
    by="the schema and the checks between specs", decides=OFFLINE, reported_as=("SCHEMA111", "SPEC103"),
    source=sources.WEB,
    says="Profiles are put in one order, and each has a place of its own in it.",
)  # fmt: skip

_SYSTEM = r"(?:ios|ipados)\b"
_OLD = r"\b(?:old|older|legacy|outdated)\b"
_BELOW = r"(?:<=?|≤|up to|below|before|until)"
_FOR_OLD = re.compile(
    rf"{_OLD}[\s(/,-]*\b{_SYSTEM}"
    rf"|\b{_SYSTEM}(?:[\s/,-]+(?:ipados|versions?|devices))*[\s(/,-]+{_OLD}"
    rf"|\b{_SYSTEM}[\s/]*{_BELOW}\s*\d"
    rf"|(?<!\w){_BELOW}\s*{_SYSTEM}[\s/]*\d"
    rf"|\b{_SYSTEM}[\s/]*(?:[89]|1[0-4])\b(?!(?:\.\d+)*\s*(?:\+|(?:and|or)\b))",
    re.IGNORECASE,
)
"""Names of profiles that are meant for devices with an old version: iOS beside a word for old, or beside a version
below the 15 that web based and account driven enrollment need. A word alone may be part of any name.
"""


@rule(
    "JIT309", Severity.WARNING, "A profile for old versions of iOS ranks below another one for the same people.",
    about=Estate, source=sources.WEB,
    says="One profile applies to a person, whatever device it is. A device that is too old for web based or account "
    "driven enrollment is enrolled with Company Portal by Intune itself.",
)  # fmt: skip
def JIT309(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for desired, modern in fallbacks(estate).values():
        message = f"devices with an old iOS never get this profile: {modern.name!r} applies to the same people"
        detail = "Intune enrolls a device that is too old for it with Company Portal by itself: remove this profile"
        yield Finding(message, detail, _TYPE, about=desired)


def fallbacks(estate: Estate) -> Mapping[Address, tuple[Desired, Profile]]:
    """The profiles for old versions that rank in vain, each with the profile that applies instead."""
    return estate.once("fallbacks", lambda: {desired.address: (desired, above) for desired, above in _in_vain(estate)})


def _in_vain(estate: Estate) -> Iterator[tuple[Desired, Profile]]:
    ranked = sorted(_ranked(estate), key=lambda each: each[0])
    modern = [(rank, _included(desired), profile) for rank, desired, profile in ranked if _falls_back(profile)]
    for rank, desired, profile in ranked:
        if profile.type not in (COMPANY_PORTAL, WITHDRAWN) or not (whom := _included(desired)):
            continue
        above = [other for better, those, other in modern if better < rank and ("allUsers" in those or whom <= those)]
        if first := next((other for other in above if _is_for_old(profile, other)), None):
            yield desired, first


def _ranked(estate: Estate) -> Iterator[tuple[int, Desired, Profile]]:
    """The profiles whose rank specs settle, each with a number: the least wins."""
    profiles = {desired.address.name: (desired, profile) for desired, profile in estate.of(Profile)}
    for _, order in estate.of(Order):
        listed = [str(value.value) for value in order.names if str(value.value) in profiles]
        ranks = {name: rank for rank, name in enumerate(listed)}
        if order.unlisted == "last":
            ranks |= {name: len(listed) for name in profiles if name not in ranks}
        yield from ((rank, *profiles[name]) for name, rank in ranks.items())


def _falls_back(profile: Profile) -> bool:
    return profile.type in (WEB_BASED, ACCOUNT_DRIVEN)


def _is_for_old(profile: Profile, modern: Profile) -> bool:
    """By its name, or because it asks for less than the profile above it does or needs."""
    if _FOR_OLD.search(profile.name):
        return True
    lowest, needed = profile.onboarding.minimum_ios, modern.onboarding.minimum_ios
    if lowest is None:
        return False
    bound = floors.version(str(needed.value)) if needed else floors.of_types([str(modern.type)])
    return bound is not None and floors.version(str(lowest.value)) < bound


def _included(desired: Desired) -> frozenset[str]:
    """Whom a spec includes, as far as names tell."""
    targets = wanted_targets(desired.spec.get("assignments"))
    return frozenset(f"group:{t.group}" if t.who == "group" else "allUsers" for t in targets if not t.exclude)


@rule(
    "JIT310", Severity.ERROR, "User enrollment with Company Portal is not available for devices that enroll now.",
    about=Estate, source=sources.USER_ENROLLMENT,
    says="User enrollment with Company Portal was withdrawn: devices that enrolled this way stay, new ones use account "
    "driven user enrollment.",
)  # fmt: skip
def JIT310(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    for desired, profile in estate.of(Profile):
        if profile.type != WITHDRAWN and WITHDRAWN not in [kind for _, kind in profile.options]:
            continue
        path = profile.path if profile.type == WITHDRAWN else _chosen(desired)
        if not _pinned(desired, context):
            message = "Microsoft no longer offers user enrollment with Company Portal for new profiles"
            detail = "use accountDrivenUserEnrollment; to keep a profile that is there, pin it with `id`"
            yield Finding(message, detail, path, about=desired, fixed=True)
        elif _included(desired):
            message = "people of this profile cannot enroll another device: Microsoft has withdrawn its type"
            detail = "use accountDrivenUserEnrollment; devices that are enrolled stay so"
            yield Finding(message, detail, path, about=desired, severity=Severity.WARNING)


def _chosen(desired: Desired) -> Path:
    """Where the user's choice names the withdrawn type."""
    choice = desired.spec.get("userChoice")
    options = choice.get("options") if isinstance(choice, dict) else None
    for index, option in enumerate(options if isinstance(options, list) else ()):
        if isinstance(option, dict) and option.get("type") == WITHDRAWN:
            return ("spec", "userChoice", "options", index, "type")
    return ("spec", "userChoice", "default")


def _pinned(desired: Desired, context: Context) -> bool:
    """Whether the spec pins a live object, in this tenant if there is one."""
    return bool(desired.pin(context.tenant)) if context.tenant else "id" in desired.spec


@rule(
    "JIT315", Severity.ERROR, "What the service discovery file of account driven enrollment has to say is not known.",
    about=Profile, source=sources.ACCOUNT,
    says="An iPhone asks the domain of the work account for a file that names the service and the tenant's id.",
)  # fmt: skip
def JIT315(profile: Profile, context: Context) -> Iterator[Finding]:  # noqa: N802
    domains = profile.onboarding.domains
    if not domains:  # then nobody asks for the file
        return
    path = domains[0].path[:-1]
    if profile.type is not None and ACCOUNT_DRIVEN not in [kind for _, kind in profile.options]:
        message = "no device asks for a discovery file: only account driven enrollment does"
        yield Finding(message, "remove `discoveryDomains`", path, key=True, severity=Severity.WARNING)
    elif context.tenant and not context.tenant_id:
        message = f"the discovery file names the tenant's id, and the workspace has none for {context.tenant}"
        yield Finding(message, "add `tenantId` to the tenant in reconciler.yaml", path, key=True)


JIT316 = decided(
    "JIT316", Severity.ERROR, "The service discovery file is missing, or says something else.",
    by="doctor", source=sources.ACCOUNT,
    says="The file stands at /.well-known/com.apple.remotemanagement of the domain, without an ending, as "
    "application/json, and names Intune's service with the tenant's id.",
)  # fmt: skip


@rule(
    "JIT317", Severity.WARNING, "The lowest iOS version is below what Intune or the enrollment type supports.",
    about=Profile, source=sources.SUPPORTED,
    says="Intune supports the latest versions of iOS; web based and account driven enrollment need iOS 15.",
)  # fmt: skip
def JIT317(profile: Profile, context: Context) -> Iterator[Finding]:  # noqa: N802
    said = profile.onboarding.minimum_ios
    if said is None:
        return
    given, supported = floors.version(str(said.value)), floors.intune()
    needed = floors.of_types(kind for _, kind in profile.options)
    counts = max(supported, needed or supported)
    if given >= counts:
        return
    reasons = [f"{floors.shown(supported)}, the lowest that Intune supports"] if given < supported else []
    if needed and given < needed:
        reasons.append(f"{floors.shown(needed)}, which this enrollment type needs")
    message = f"iOS {said.value} is below {', and below '.join(reasons)}"
    detail = f'write "{floors.shown(counts)}" or more (versions as of {floors.checked()})'
    yield Finding(message, detail, said.path)


JIT318 = decided(
    "JIT318", Severity.WARNING, "An enrollment profile is assigned with a filter.",
    by="the schema", decides=OFFLINE, reported_as=("SCHEMA112",), source=sources.RESTRICTIONS,
    says="Enrollment profiles are not among what is documented to take assignment filters.",
)  # fmt: skip
JIT319 = decided(
    "JIT319", Severity.INFO, "No enrollment profile is assigned, so the tenant's own default applies.",
    by="doctor", source=sources.WEB,
    says="Without a profile, people of a new tenant enroll web based, those of an older one with Company Portal.",
)  # fmt: skip
