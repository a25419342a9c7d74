"""Rules about apps that an SSO policy lists and that are spelled right: twice, blocked too, unknown (JIT204 to JIT217).

How entries are spelled, and which must not be listed, is the matter of `bundle_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ..assignments import wanted_targets
from ..diagnostics import Severity
from ..facts import App, Profile, SsoPolicy
from ..model import Path
from ..spec.load import Desired
from . import keys, sources, vendors
from .keys import ALLOW, BLOCK
from .listed import Item, apps
from .model import BOTH, LIVE, Context, Estate, Finding, decided, rule
from .sso_rules import of_plugin
from .text import bare


def _blocked(policy: SsoPolicy) -> list[tuple[str, Path]]:
    found = keys.listed(policy, BLOCK) if of_plugin(policy) else ()
    return [(part, entry.at_value) for part, entry in found]


@rule(
    "JIT204", Severity.WARNING, "A bundle id is listed twice.",
    about=SsoPolicy, source=sources.PLUGIN_TROUBLE, decides=BOTH,
    says="The plug-in tells upper and lower case apart in bundle ids; Apple's pages differ on it.",
)  # fmt: skip
def jit204(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    first: dict[tuple[str, str], Item] = {}
    for item in apps(policy, context).usable:
        other = first.setdefault((item.field, item.id), item)
        if other is item:
            continue
        if bare(other.text) == bare(item.text):
            yield Finding(f"{bare(item.text)} is listed twice", "remove one of the entries", item.path)
        else:
            message = f"{bare(item.text)} and {bare(other.text)} differ by upper and lower case alone"
            yield Finding(message, "keep the one that is spelled as the app has it", item.path)


@rule(
    "JIT215", Severity.WARNING, "A bundle id is in both lists of allowed apps.",
    about=SsoPolicy, source=sources.PLUGIN_INTUNE, decides=BOTH,
    says="The app bundle ids of the policy and AppAllowList serve the same purpose. (Inferred.)",
)  # fmt: skip
def jit215(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    both = {item.id for item in apps(policy, context).usable if item.field == ALLOW}
    for item in apps(policy, context).usable if both else ():
        if item.field != ALLOW and item.id in both:
            yield Finding(f"{bare(item.text)} is in {ALLOW} too", "keep one of the two", item.path)


@rule(
    "JIT211", Severity.ERROR, "A bundle id is both allowed and blocked.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="AppBlockList takes apps out; which of the two lists would win is not documented. An app whose prefix is "
    "allowed may be blocked: that is what the list is for.",
)  # fmt: skip
def jit211(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    blocked = {part.casefold() for part, _ in _blocked(policy)}
    for item in apps(policy, context).every if blocked else ():
        if item.id in blocked:
            yield Finding(
                f"{bare(item.text)} is allowed by {item.field} and blocked by {BLOCK}", "remove one of them", item.path
            )


@rule(
    "JIT209", Severity.INFO, "An Apple app is listed, which is allowed by default.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Apps whose bundle ids begin with com.apple. take part by default.",
)  # fmt: skip
def jit209(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """Where a list of prefixes has replaced that default, an Apple app that is listed is no superfluous one."""
    if any(keys.listed(policy, keys.PREFIXES)):
        return
    for item in apps(policy, context).by_rule.get("JIT209", ()):
        what = vendors.app_name(item.id)
        yield Finding(
            f"{bare(item.text)} is {f'{what}, ' if what else ''}an Apple app, which takes part by default",
            "it can be left out",
            item.path,
        )


@rule(
    "JIT217", Severity.INFO, "A browser with a network layer of its own is listed.",
    about=SsoPolicy, source=sources.PLUGIN_TROUBLE, decides=BOTH,
    says="Only apps that use Apple's networking can take part; the guide, which is written for Macs, names Chrome and "
    "Firefox as apps that do not.",
)  # fmt: skip
def jit217(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for item in apps(policy, context).by_rule.get("JIT217", ()):
        name = vendors.browser(item.id)
        message = f"{name} brings a network layer of its own on some platforms, so single sign-on may not work"
        yield Finding(message, "try it out; it does no harm in the list", item.path)


# Which are blocked


@rule(
    "JIT212", Severity.WARNING, "Safari is blocked.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Safari and Safari View Service take part by default and can be taken out by AppBlockList.",
)  # fmt: skip
def jit212(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for part, path in _blocked(policy):
        if vendors.is_safari(part):
            yield Finding(
                f"{part} is in {BLOCK}: sign-in and registration in the browser lose single sign-on",
                f"remove it from {BLOCK}, unless that is what is wanted",
                path,
            )


@rule(
    "JIT216", Severity.INFO, "An app is blocked that the list cannot block.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="AppBlockList has no effect on apps that use Microsoft's authentication library, as Microsoft's own do.",
)  # fmt: skip
def jit216(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for part, path in _blocked(policy):
        if vendors.is_microsoft(part, context.data):
            message = f"{BLOCK} cannot take single sign-on from {part}, which uses Microsoft's authentication library"
            yield Finding(message, "it can be left out", path)


# Beside other objects


@rule(
    "JIT213", Severity.ERROR, "Shared device mode is on for people's own devices.",
    about=Estate, source=sources.PLUGIN_INTUNE, decides=BOTH,
    says="Shared device mode is for devices that several people use, enrolled automatically; for personal devices the "
    "setting is left as not configured.",
)  # fmt: skip
def jit213(estate: Estate, context: Context) -> Iterator[Finding]:
    """Enrollment profiles are for devices of one person each. A policy for other groups, or for devices that a filter
    chooses, is the documented way to shared devices.
    """
    shared = [desired for desired, policy in estate.of(SsoPolicy) if policy.shared_device]
    for desired in shared:
        other = next((each for each, _ in estate.of(Profile) if _reach_the_same(desired, each)), None)
        if other:
            yield Finding(
                f"shared device mode is on for people whom {other.address} sends into enrollment on their own devices",
                "write sharedDeviceMode: false; shared devices get a policy of their own, by their group or a filter",
                ("spec", "sharedDeviceMode"),
                about=desired,
            )


def _reach_the_same(policy: Desired, profile: Desired) -> bool:
    """Whether specs alone prove that the policy reaches devices of people whom the profile is for."""
    theirs = [t for t in wanted_targets(profile.spec.get("assignments")) if not t.exclude]
    ours = [t for t in wanted_targets(policy.spec.get("assignments")) if not t.exclude and not t.filter]
    groups = {t.group for t in theirs if t.who == "group"}
    return bool(theirs) and any(t.who != "group" or t.group in groups for t in ours)


JIT210 = decided(
    "JIT210", Severity.WARNING, "A bundle id is that of no app in the tenant.", by="plan", source=sources.JIT,
    decides=LIVE,
    says="The bundle id of an app that was added to Intune is found in the admin center; the plug-in tells case apart.",
)  # fmt: skip


_LISTS = "`reconciler apps` lists those of its apps"
_NAMED = 5
"""Bundle ids that one finding names."""


def unknown_bundle_ids(
    policy: SsoPolicy, present: Iterable[App], context: Context, *, told: Collection[str] = ()
) -> Iterator[Finding]:
    """JIT210: what the policy lists and no app of the tenant is called. `present`: all that were read, completely.

    One that differs by case alone is surely wrong, so each is told. All others are one finding: people may have those
    apps from elsewhere. Apps whose bundle id the tenant does not show leave the question open only for themselves.
    `told` are ids in lower case that another policy was asked about.
    """
    known = {app.bundle_id for app in present if app.bundle_id}
    by_case = {each.casefold(): each for each in known}
    items = {item.id: item for item in reversed(apps(policy, context).usable) if item.id not in told}
    absent = [i for i in reversed(items.values()) if bare(i.text) not in known and not vendors.is_apple(i.id)]
    for item in (i for i in absent if i.id in by_case):
        message = f"{bare(item.text)} is the bundle id of no app in the tenant"
        yield Finding(message, f"upper and lower case differ from {by_case[item.id]}", item.path)
    if others := [item for item in absent if item.id not in by_case]:
        yield Finding(_of_no_app([bare(i.text) for i in others]), "check the spelling: " + _LISTS, others[0].path)


def _of_no_app(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"{ids[0]} is the bundle id of no app in the tenant"
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{len(ids)} bundle ids are those of no app in the tenant: {', '.join(ids[:_NAMED])}{more}"
