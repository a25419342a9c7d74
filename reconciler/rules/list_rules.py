"""Rules about the comma-delimited lists of an SSO policy: prefixes of apps, cookies, blocked apps (JIT126 to JIT134).

Blanks around the commas are legal: Microsoft's own examples have them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Severity
from ..facts import SsoPolicy
from . import keys, sources
from .keys import ALLOW, BLOCK, COOKIES, PREFIXES, Entry
from .model import BOTH, Context, Finding, decided, rule
from .sso_rules import of_plugin
from .text import shown
from .vendors import APPLE_PREFIX

_LISTS = (ALLOW, BLOCK, PREFIXES, COOKIES)


def _listed(policy: SsoPolicy, name: str) -> list[tuple[str, Entry]]:
    return [*keys.listed(policy, name)] if policy.pairs and of_plugin(policy) else []


@rule(
    "JIT126", Severity.ERROR, "A prefix for cookies is not among the allowed prefixes.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Whatever stands in AppCookieSSOAllowList has to be added to AppPrefixAllowList too.",
)  # fmt: skip
def jit126(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    allowed = [prefix for prefix, _ in _listed(policy, PREFIXES)] or [APPLE_PREFIX]
    for app, entry in _listed(policy, COOKIES):
        if not app.startswith(tuple(allowed)):
            yield Finding(
                f"{shown(app)} is not covered by {PREFIXES}, so {COOKIES} has no effect on it",
                f"add it to {PREFIXES}",
                entry.at_value,
            )


@rule(
    "JIT127", Severity.WARNING, "Single sign-on by cookies does not go with Conditional Access.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="AppCookieSSOAllowList is not compatible with Conditional Access, takes one account, and is for apps with "
    "sign-in failures that Microsoft has looked at.",
)  # fmt: skip
def jit127(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in {id(entry.pair): entry for _, entry in _listed(policy, COOKIES)}.values():
        yield Finding(
            f"{COOKIES} is not compatible with Conditional Access", "use it only on Microsoft's advice", entry.at_key
        )


@rule(
    "JIT128", Severity.WARNING, "The allowed prefixes leave Apple's apps out.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The default of AppPrefixAllowList is com.apple. and a list replaces it.",
)  # fmt: skip
def jit128(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """A list that has a part of `com.apple.` has decided about Apple's apps."""
    found = _listed(policy, PREFIXES)
    covered = any(prefix.startswith(APPLE_PREFIX) or APPLE_PREFIX.startswith(prefix) for prefix, _ in found)
    if found and not covered:
        yield Finding(
            f"{PREFIXES} replaces its default {APPLE_PREFIX}, so Apple's apps lose single sign-on, Mail among them",
            f"add {APPLE_PREFIX} to it",
            found[0][1].at_value,
        )


@rule(
    "JIT129", Severity.WARNING, "A prefix covers apps that are not meant.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Every app whose bundle id begins with a prefix is allowed; the documented prefixes end in a dot. (What "
    "others match is inferred.)",
)  # fmt: skip
def jit129(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in keys.entries(policy, PREFIXES) if of_plugin(policy) else ():
        for prefix in keys.split(entry.pair.value):
            if why := _too_wide(prefix):
                yield Finding(f"the prefix {shown(prefix)} {why}", "name whole parts: com.contoso.", entry.at_value)


def _too_wide(prefix: str) -> str | None:
    if not prefix:
        return "between two commas, or after the last, is empty and may match every app"
    if len([part for part in prefix.split(".") if part]) < 2:
        return "is the beginning of the bundle ids of very many apps"
    if not prefix.endswith("."):
        return f"does not end in a dot, so it matches {prefix}anything too"
    return None


@rule(
    "JIT208", Severity.WARNING, "Microsoft's apps are among the allowed prefixes.",
    about=SsoPolicy, source=sources.PLUGIN_INTUNE, decides=BOTH,
    says="The article about just-in-time registration says not to add Microsoft apps; the guide to the plug-in has "
    "com.microsoft. in an example. Its recommended value is com.apple. alone.",
)  # fmt: skip
def jit208(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for prefix, entry in _listed(policy, PREFIXES):
        if f"{prefix.casefold()}.".startswith("com.microsoft."):
            yield Finding(
                f"{shown(prefix)} in {PREFIXES} adds Microsoft's apps, which take part by themselves",
                "leave it out: Microsoft's articles contradict one another on whether it does harm",
                entry.at_value,
            )


@rule(
    "JIT134", Severity.ERROR, "A key that takes a comma-delimited text has something else.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH, reported_as=("SCHEMA106",),
    says="The lists of apps are each one String, with commas between the bundle ids.",
)  # fmt: skip
def jit134(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """A YAML list below `type: string` is a matter of the schema."""
    for entry in keys.entries(policy, *_LISTS) if policy.pairs and of_plugin(policy) else ():
        if entry.pair.type != "string" and entry.means:
            yield Finding(
                f"{entry.means.name} takes one text with commas, not type {entry.pair.type}",
                'write type: string, value: "com.contoso.one,com.contoso.two"',
                entry.at_value,
            )


JIT130 = decided(
    "JIT130", Severity.WARNING, "Prompts of apps are disabled for people whom an app protection policy is for.",
    by="doctor", source=sources.PLUGIN,
    says="disable_explicit_native_app_prompt and its variant with autologin are not recommended where app protection "
    "policies are in use.",
)  # fmt: skip


def disables_prompts(policy: SsoPolicy) -> tuple[str, ...]:
    """The keys of JIT130 that the policy turns on; what is left to ask is whom app protection policies are for."""
    names = ("disable_explicit_native_app_prompt", "disable_explicit_native_app_prompt_and_autologin")
    found = keys.entries(policy, *names) if of_plugin(policy) else ()
    return tuple(entry.means.name for entry in found if entry.means and keys.is_on(entry))
