"""Rules about the apps that an SSO policy lists, in `appBundleIds` or in `AppAllowList` (JIT201 to JIT214, in part).

One mistake is one finding. Of an entry is said, by the first of these that fits: a wildcard (JIT205), characters that
a bundle id has not (JIT201), dots and padding (JIT202), Authenticator (JIT207), what is no app of iOS (JIT214), a
Microsoft app (JIT206), no reverse DNS (JIT203). Padding alone does not hide what the entry names. What is said of an
app as such, and of two lists together, is the matter of `allowed_rules`: it asks only of those that are usable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnostics import Severity
from ..facts import SsoPolicy
from . import sources, vendors
from .keys import ALLOW
from .listed import PLAIN, STORE_NUMBER, Item, apps
from .model import BOTH, Context, Finding, rule
from .text import bare, code_points, ends, foreign, padding, shown

_LISTED = "`reconciler apps` lists the bundle ids of the tenant's apps"


def _each(policy: SsoPolicy, context: Context, rule: str, say: Callable[[Item], Finding]) -> Iterator[Finding]:
    return map(say, apps(policy, context).by_rule.get(rule, ()))


# How they are spelled


@rule(
    "JIT205", Severity.ERROR, "A bundle id has a wildcard.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The list takes whole bundle ids, and AppPrefixAllowList takes prefixes; wildcards belong to the Kerberos "
    "extension.",
)  # fmt: skip
def jit205(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT205", _wildcard)


def _wildcard(item: Item) -> Finding:
    message = f"{shown(item.text)} has a wildcard, and {item.field} takes whole bundle ids"
    return Finding(message, "write the prefix, with its dot at the end, into AppPrefixAllowList", item.path)


@rule(
    "JIT201", Severity.ERROR, "An entry is no bundle id.",
    about=SsoPolicy, source=sources.BUNDLE_ID, decides=BOTH,
    says="A bundle id has letters and digits of ASCII, hyphens and dots, and nothing else.",
)  # fmt: skip
def jit201(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT201", _no_bundle_id)


def _no_bundle_id(item: Item) -> Finding:
    text = bare(item.text)
    return Finding(f"{shown(item.text)} is no bundle id: {_why_not(text)}", _bundle_id_help(text), item.path)


def _why_not(text: str) -> str:
    if not text:
        return "it is empty"
    if STORE_NUMBER.fullmatch(text) or "://" in text:
        return "it looks like the number or address of an App Store page"
    if odd := foreign(text):
        return f"it contains {code_points(odd)}"
    others = "".join(dict.fromkeys(c for c in text if not PLAIN.fullmatch(c)))
    return f"only letters, digits, '-' and '.' are possible, not {' '.join(map(repr, others))}"


def _bundle_id_help(text: str) -> str:
    if "," in text:
        return "write one entry for each app"
    return _LISTED


@rule(
    "JIT202", Severity.ERROR, "A bundle id has padding, or dots where none can be.",
    about=SsoPolicy, source=sources.BUNDLE_ID, decides=BOTH,
    says="A bundle id is parts with dots between them; the article about just-in-time registration warns of blanks.",
)  # fmt: skip
def jit202(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT202", _dots)


def _dots(item: Item) -> Finding:
    text = bare(item.text)
    if found := padding(item.text):
        return Finding(f"{shown(item.text)} {ends(item.text)} {code_points(found)}", f"write {text}", item.path)
    where = "at its end" if text.endswith(".") else "at its beginning" if text.startswith(".") else "twice in a row"
    prefix = "a prefix of bundle ids belongs in AppPrefixAllowList" if text.endswith(".") else "remove the dot"
    return Finding(f"{shown(item.text)} is no bundle id: it has a dot {where}", prefix, item.path)


@rule(
    "JIT203", Severity.WARNING, "A bundle id is not in reverse-DNS form.",
    about=SsoPolicy, source=sources.BUNDLE_ID, decides=BOTH,
    says="A bundle id should have the form of a domain name read backwards, such as com.contoso.app.",
)  # fmt: skip
def jit203(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT203", _single)


def _single(item: Item) -> Finding:
    message = f"{shown(item.text)} has no dot: bundle ids look like com.contoso.app"
    return Finding(message, _LISTED, item.path)


# Which must not be listed


@rule(
    "JIT207", Severity.ERROR, "Microsoft Authenticator is listed.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH,
    says="Authenticator is not to be added to the list: it is assigned as a required app.",
)  # fmt: skip
def jit207(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT207", _authenticator)


def _authenticator(item: Item) -> Finding:
    message = f"{bare(item.text)} is Microsoft Authenticator, which carries the extension and must not be listed"
    return Finding(message, "remove it; people get Authenticator as a required app", item.path)


@rule(
    "JIT206", Severity.ERROR, "A Microsoft app is listed.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH,
    says="The extension applies to all Microsoft apps by itself; to add them causes problems with authentication.",
)  # fmt: skip
def jit206(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT206", _microsoft)


def _microsoft(item: Item) -> Finding:
    """That `AppAllowList` is the same list is inferred, and so no more than a warning."""
    name = vendors.app_name(item.id)
    return Finding(
        f"{bare(item.text)} is {name or 'a Microsoft app'}: the SSO extension covers Microsoft's apps by itself, "
        "and to list them causes authentication problems",
        "remove it; if it is no Microsoft app, add it to ruleData.notMicrosoftBundleIds of the workspace",
        item.path,
        severity=Severity.WARNING if item.field == ALLOW else None,
    )


@rule(
    "JIT214", Severity.WARNING, "An entry identifies no app of iOS.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The list is of apps for iOS; an SSO extension and an app for Macs have identifiers of their own.",
)  # fmt: skip
def jit214(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _each(policy, context, "JIT214", _elsewhere)


def _elsewhere(item: Item) -> Finding:
    ios = vendors.ios_counterpart(item.id)
    detail = f"on iOS the app is {ios}" if ios else "remove it, or name the app of iOS"
    return Finding(f"{bare(item.text)} is {vendors.not_an_app(item.id)}, and no app of iOS", detail, item.path)
