"""Rules about an SSO policy as a whole: its type, its name, the two pairs that it is for (JIT101 to JIT122, in part).

What is wrong with a single pair is the matter of `key_rules`. A policy that some other product or Kerberos signs in
with is nobody's mistake: rules about keys and apps ask `of_plugin` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ..diagnostics import Severity
from ..facts import REGISTRATION_KEY, REGISTRATION_VALUE, SAFARI_KEY, SsoPolicy
from ..model import Path
from . import keys, sources
from .model import BOTH, LIVE, OFFLINE, Context, Finding, decided, rule
from .text import bare, code_points, ends, padding, shown

MOST_PAIRS = 500
"""Microsoft Graph: `configurations` of the extension has at most 500 elements."""
_PAIRS: Path = ("spec", "additionalConfiguration")
_MICROSOFT_HOSTS = frozenset({
    "login.microsoftonline.com", "login.microsoft.com", "sts.windows.net", "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn", "login.microsoftonline.us", "login-us.microsoftonline.com",
})  # fmt: skip
"""Where people sign in to Entra: the addresses that the plug-in takes ("Microsoft Enterprise SSO plug-in")."""


def of_plugin(policy: SsoPolicy) -> bool:
    """Whether its pairs are read by Microsoft's plug-in."""
    return policy.extension == "entra"


def in_spec(policy: SsoPolicy) -> bool:
    """Whether a spec says it: only specs have the switches."""
    return policy.registration is not None


JIT101 = decided(
    "JIT101", Severity.ERROR, "Just-in-time registration is for iOS and iPadOS alone.", by="the schema",
    source=sources.JIT, decides=OFFLINE, reported_as=("SCHEMA112",),
    says="The policy is made for the platform iOS/iPadOS; Macs register by Platform SSO, with a setting of its own.",
)  # fmt: skip

JIT103 = decided(
    "JIT103", Severity.WARNING, "Microsoft Azure AD is the former name of Microsoft Entra ID.", by="the schema",
    source=sources.JIT, decides=OFFLINE, reported_as=("SCHEMA112",),
    says="The article of 2023 calls the type of the extension Microsoft Azure AD, today's calls it Microsoft Entra ID; "
    "both are one type of Graph, which a spec of the SSO policy implies.",
)  # fmt: skip


@rule(
    "JIT102", Severity.ERROR, "The SSO app extension is of another type than Microsoft Entra ID.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH, fixed=True, reported_as=("SCHEMA112",),
    says="The type of the SSO app extension is Microsoft Entra ID; only then does Microsoft's plug-in read the keys.",
)  # fmt: skip
def jit102(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """Of a live object that a spec stands for, the kind itself says it: it would have to replace what is there."""
    if of_plugin(policy) or _of_microsoft(policy):
        return
    if any(keys.registers(entry) for entry in keys.entries(policy)):
        yield Finding(
            f"{REGISTRATION_KEY} is set in an SSO extension of type {policy.extension}, where nothing reads it",
            "set the pair in an extension of type Microsoft Entra ID",
        )


@rule(
    "JIT106", Severity.ERROR, "An SSO extension of another type takes the addresses of Microsoft's sign-in.",
    about=SsoPolicy, source=sources.FEATURES, decides=LIVE,
    says="No two SSO extensions on a device may name the same address, and Intune gives Microsoft's sign-in pages to "
    "the extension of type Microsoft Entra ID by itself.",
)  # fmt: skip
def jit106(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    taken = _of_microsoft(policy)
    if policy.encoding == "template" and policy.extension in ("redirect", "credential") and taken:
        yield Finding(
            f"an SSO extension of type {policy.extension} takes {taken[0]}, "
            "which belongs to the extension of type Microsoft Entra ID",
            "a device that gets both has two extensions for one address: remove one of them",
        )


def _of_microsoft(policy: SsoPolicy) -> list[str]:
    """The addresses of Microsoft's sign-in that the policy names by itself."""
    return [url for url in policy.urls if _host(url) in _MICROSOFT_HOSTS]


def _host(url: str) -> str:
    """Of an address with or without its scheme."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


@rule(
    "JIT107", Severity.WARNING, "A live policy uses the property that Graph has deprecated.",
    about=SsoPolicy, source=sources.GRAPH_FEATURES, decides=LIVE,
    says="Graph has deprecated singleSignOnExtension of the device features in favour of iosSingleSignOnExtension.",
)  # fmt: skip
def jit107(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    if policy.encoding == "deprecated":
        yield Finding(
            "the SSO extension stands in the deprecated property singleSignOnExtension",
            "set the extension again in the portal, or in a spec: new policies use iosSingleSignOnExtension",
        )


@rule(
    "JIT108", Severity.ERROR, "An SSO policy has more than 500 pairs.", about=SsoPolicy,
    source=sources.GRAPH_EXTENSION, decides=OFFLINE, fixed=True, reported_as=("SCHEMA110",),
    says="The configurations of the extension are a collection of at most 500 elements.",
)  # fmt: skip
def jit108(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    total = len(policy.pairs) + len(_switched(policy))
    if total > MOST_PAIRS:
        yield Finding(
            f"with the pairs of the switches these are {total} pairs, and Graph takes {MOST_PAIRS}",
            "remove some: lists of apps can stand in appBundleIds",
            _PAIRS,
        )


def _switched(policy: SsoPolicy) -> set[str]:
    """The keys that the switches add to the pairs that are written out."""
    written = {pair.key for pair in policy.pairs}
    wanted = {
        REGISTRATION_KEY: policy.registration is not None and policy.registration.value is True,
        SAFARI_KEY: policy.safari is not None and policy.safari.value is not None,
    }
    return {key for key, on in wanted.items() if on and key not in written}


@rule(
    "JIT109", Severity.WARNING, "The name of an SSO policy is empty or has blanks at its ends.",
    about=SsoPolicy, source=sources.FEATURES,
    says="A profile gets a descriptive name, so that it is found again.",
)  # fmt: skip
def jit109(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """That a name is not unique is an error of its own (SPEC103): two specs would stand for one policy."""
    place: Path = ("spec", "displayName")
    if not bare(policy.name):
        yield Finding("the policy has an empty name", "give it a name that people recognise in the portal", place)
    elif (found := padding(policy.name)) and found != "\n":  # a line break at the end is JIT803
        yield Finding(
            f"the name {shown(policy.name)} {ends(policy.name)} {code_points(found)}",
            "remove what cannot be seen: a search for the name does not find it otherwise",
            place,
        )


@rule(
    "JIT111", Severity.ERROR, "The pair that registers devices is missing.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH, fixed=True,
    says=f"The key {REGISTRATION_KEY} is required: without it the plug-in signs people in and registers no device.",
)  # fmt: skip
def jit111(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    """A pair that is there and wrong is a mistake of its own. Live, an SSO policy may be right without registration."""
    if not of_plugin(policy) or policy.not_understood:
        return
    if policy.registration is not None and policy.registration.value is True:
        return
    if not any(keys.registers(entry) for entry in keys.entries(policy)):
        yield Finding(
            f"the required pair {REGISTRATION_KEY} would not be written, so devices would never register"
            if in_spec(policy)
            else f"the pair {REGISTRATION_KEY} is not set, so it registers no device",
            f'set jitRegistration: true, which writes {REGISTRATION_KEY} = "{REGISTRATION_VALUE}"',
            policy.registration.path if policy.registration else (),
            severity=None if in_spec(policy) else Severity.INFO,
        )


@rule(
    "JIT120", Severity.WARNING, "The pair that Microsoft recommends for Safari is not set.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH,
    says=f"{SAFARI_KEY} = 1 is recommended. It is the plug-in's default too; Microsoft's guides set it all the same.",
)  # fmt: skip
def jit120(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    switched = policy.safari is not None and policy.safari.value is not None
    if not of_plugin(policy) or policy.not_understood or switched or any(keys.entries(policy, SAFARI_KEY)):
        return
    yield Finding(
        f"the recommended pair {SAFARI_KEY} = 1 is not set",
        "set safariSso: true; the plug-in's default is 1 today, and a default may change",
        policy.safari.path if policy.safari else (),
    )


@rule(
    "JIT122", Severity.WARNING, "Single sign-on is taken from Safari.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The plug-in is compatible with Conditional Access and with password changes only while "
    f"{SAFARI_KEY} is enabled; it is turned off only where people cannot sign in otherwise.",
)  # fmt: skip
def jit122(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    off = [e for e in keys.entries(policy, SAFARI_KEY) if keys.is_off(e) and not contradicts(policy, e)]
    by_switch = policy.safari is not None and policy.safari.value is False
    if not of_plugin(policy) or not (off or by_switch):
        return
    yield Finding(
        f"{SAFARI_KEY} = 0 takes single sign-on from Safari, which Conditional Access and password changes rely on",
        "Microsoft recommends 1: set safariSso: true",
        policy.safari.path if policy.safari and not off else off[0].at_value,
    )


def contradicts(policy: SsoPolicy, entry: keys.Entry) -> bool:
    """Whether the switch for Safari stands in the spec and writes another pair than this. Null writes none."""
    switch = policy.safari.value if policy.safari and policy.safari.path else None
    exact = entry.key == SAFARI_KEY and (keys.is_on(entry) or keys.is_off(entry))
    return switch is not None and exact and switch is not keys.is_on(entry)
