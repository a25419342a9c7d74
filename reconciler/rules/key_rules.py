"""Rules about single pairs of an SSO policy: how keys and values are spelled, and what they do (JIT112 to JIT134).

One mistake is one finding. What is wrong is said by the first of these that fits, and the later ones leave it alone:

* of a key: what cannot be seen at its ends (JIT115) or inside it (JIT116), a key for something else (JIT133), upper and
  lower case (JIT118), a key that nobody knows (JIT119). Rules about values go by the key that is meant.
* of the registration token: its type (JIT112), an empty value (JIT805), its ends (JIT115), what cannot be seen or is
  not ASCII (JIT116), braces and blanks (JIT114), anything else (JIT113).
* of a switch: JIT121 alone, whatever is wrong with it.
* a key twice (JIT117) is one of the same spelling; what is said of the spelling of either is said beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ..diagnostics import Severity
from ..facts import REGISTRATION_KEY, REGISTRATION_VALUE, SAFARI_KEY, SsoPolicy
from ..model import Json, Path
from . import keys, sources
from .keys import Entry
from .model import BOTH, Context, Finding, rule
from .sso_rules import contradicts, of_plugin
from .text import bare, code_points, ends, foreign, hidden, padding, plain, shown

_HAND = "or leave the entry out: jitRegistration and safariSso write both pairs exactly"


def _entries(policy: SsoPolicy, *names: str) -> Iterable[Entry]:
    return keys.entries(policy, *names) if policy.pairs and of_plugin(policy) else ()


def _told(value: Json) -> str:
    return shown(value) if isinstance(value, str) else "null" if value is None else str(value).lower()


# The registration token


@rule(
    "JIT112", Severity.ERROR, "The registration token is not of type String.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH, fixed=True,
    says=f"{REGISTRATION_KEY} is of type String.",
)  # fmt: skip
def jit112(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy, REGISTRATION_KEY):
        if entry.pair.type != "string" or not isinstance(entry.pair.value, str):
            yield Finding(
                f"{REGISTRATION_KEY} must be of type string, not {entry.pair.type} {_told(entry.pair.value)}",
                f'write type: string, value: "{REGISTRATION_VALUE}", {_HAND}',
                entry.at_value,
            )


@rule(
    "JIT113", Severity.ERROR, "The registration token is another text.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH, fixed=True,
    says=f"The value is exactly {REGISTRATION_VALUE}; whether any other spelling works is not documented.",
)  # fmt: skip
def jit113(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry, text in _tokens(policy):
        if text != REGISTRATION_VALUE and not _mangled(text):
            yield Finding(
                f"{REGISTRATION_KEY} must be exactly {REGISTRATION_VALUE}, not {shown(text)}",
                f'quote it in YAML: "{REGISTRATION_VALUE}" - {_HAND}',
                entry.at_value,
            )


@rule(
    "JIT114", Severity.ERROR, "The registration token has lost its braces, or has something between or around them.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH, fixed=True,
    says=f"The value is exactly {REGISTRATION_VALUE}, with two braces on either side and nothing between.",
)  # fmt: skip
def jit114(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry, text in _tokens(policy):
        if why := _mangled(text):
            yield Finding(
                f"{REGISTRATION_KEY} must be exactly {REGISTRATION_VALUE}; {shown(text)} {why}",
                f'quote it in YAML: "{REGISTRATION_VALUE}" - {_HAND}',
                entry.at_value,
            )


def _tokens(policy: SsoPolicy) -> Iterator[tuple[Entry, str]]:
    """The values of the registration key whose type and characters are right, without what stands at their ends."""
    for entry in _entries(policy, REGISTRATION_KEY):
        value = entry.pair.value
        if entry.pair.type == "string" and isinstance(value, str) and bare(value) and not foreign(value):
            yield entry, bare(value)


_AROUND = re.compile(r"[\s{}()\[\]<>$%#\"'`_-]+")
_WORD = REGISTRATION_VALUE.strip("{}").casefold()


def _mangled(text: str) -> str | None:
    """What is wrong with a text that is the token but for braces, blanks and quotes; None where that is not all."""
    word = _AROUND.sub("", text)
    if word.casefold() != _WORD or text == f"{{{{{word}}}}}":
        return None
    if "{" not in text and "}" not in text:
        return "has lost its braces"
    inside = text.strip("{}")
    if inside != inside.strip():
        return "has blanks inside its braces"
    return "has not two braces on either side" if inside == word else "has something else between or around its braces"


# Characters


@rule(
    "JIT115", Severity.ERROR, "A key or a value has white space at its ends.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH,
    says="Blanks before and after key and value have to be removed: just-in-time registration does not work otherwise.",
)  # fmt: skip
def jit115(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _spelled(policy, padding, _padded)


def _padded(entry: Entry, what: str, text: str, found: str, path: Path) -> Finding:
    block = "; a block scalar adds the line feed: write |- or quotes" if found == "\n" and what == "the value" else ""
    so = "registration does not work with it" if keys.registers(entry) else "the plug-in reads every character"
    return Finding(
        f"{what} {shown(text)} {ends(text)} {code_points(found)}: {so}",
        f"write {shown(bare(text))}{block}",
        path,
        fixed=keys.written(entry),
    )


@rule(
    "JIT116", Severity.ERROR, "A key or a value has a character that cannot be seen, or that is not ASCII.",
    about=SsoPolicy, source=sources.JIT, decides=BOTH,
    says="Keys and values are compared character by character: what looks like a blank, a brace or a letter and is "
    "another character makes them others. (Inferred from what the article says of blanks.)",
)  # fmt: skip
def jit116(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    return _spelled(policy, foreign, _foreign)


def _foreign(entry: Entry, what: str, text: str, found: str, path: Path) -> Finding:
    message = f"{what} {shown(text)} contains {code_points(found)}"
    return Finding(message, f"write {shown(plain(text))}, if that is meant", path, fixed=keys.written(entry))


def _spelled(
    policy: SsoPolicy, find: Callable[[str], str], say: Callable[[Entry, str, str, str, Path], Finding]
) -> Iterator[Finding]:
    """Keys and values in which `find` finds characters. The text of a key that nobody knows may be in any script."""
    for entry in _entries(policy):
        if isinstance(entry.pair.key, str) and (found := find(entry.key)):
            yield say(entry, "the key", entry.key, found, entry.at_key)
        value = entry.pair.value
        if not isinstance(value, str) or entry.pair.type != "string" or (entry.means and _is_switch(entry)):
            continue
        if found := find(value) if entry.means or find is not foreign else hidden(value):
            yield say(entry, "the value", value, found, entry.at_value)


def _is_switch(entry: Entry) -> bool:
    return entry.means is not None and entry.means.holds in ("switch", "storage")


# Keys


@rule(
    "JIT117", Severity.ERROR, "A key stands twice.",
    about=SsoPolicy, source=sources.EXTENSIBLE_SSO, decides=BOTH,
    says="The extension's data is a dictionary, in which a key stands once; which of two would win is not documented.",
)  # fmt: skip
def jit117(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    seen: set[Json] = set()
    for entry in _entries(policy):
        if entry.key in seen:
            message = f"the key {entry.key} stands twice"
            yield Finding(message, "remove one of the entries", entry.at_key, fixed=keys.written(entry))
        seen.add(entry.key)
        if contradicts(policy, entry):
            message = f"safariSso says otherwise than this {SAFARI_KEY}"
            yield Finding(message, "remove one of the two", entry.at_value, fixed=True)


def _misspelt(entry: Entry) -> bool:
    """Whether characters of the key are the mistake, so that nothing else is to be said of its spelling."""
    return bool(padding(entry.key) or foreign(entry.key))


@rule(
    "JIT118", Severity.ERROR, "A key differs from a known one by upper and lower case.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The keys are documented in mixed styles, some in lower case and some not, and nowhere is it said that case "
    "does not matter.",
)  # fmt: skip
def jit118(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy):
        if entry.means and entry.key != entry.means.name and not _misspelt(entry):
            yield Finding(
                f"the key {entry.key} differs from {entry.means.name} by upper and lower case alone",
                f"write {entry.means.name}: keys are spelled exactly",
                entry.at_key,
            )


@rule(
    "JIT119", Severity.WARNING, "A key is not known.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Microsoft documents the keys that the plug-in reads; what becomes of any other is not said.",
)  # fmt: skip
def jit119(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy):
        if entry.means and entry.means.holds == "unknown":
            why = f"the key {entry.key} is seen in logs of the plug-in and documented nowhere"
            yield Finding(why, "set it only if Microsoft's support says so", entry.at_key)
        elif _is_unknown(entry, context):
            near = keys.like(entry.key)
            more = "add it to ruleData.extensionKeys of the workspace, if Microsoft documents it"
            message = f"the key {shown(entry.key)} is not one that the plug-in is known to read"
            yield Finding(message, f"did you mean {near}? Else {more}" if near else more, entry.at_key)


def _is_unknown(entry: Entry, context: Context) -> bool:
    if entry.means or entry.key in context.data.extension_keys or _misspelt(entry):
        return False
    return plain(entry.key).casefold() not in keys.misplaced()


@rule(
    "JIT133", Severity.ERROR, "A key does not belong in the data of this extension.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Shared device mode is a setting of the policy, Platform SSO is for Macs, and what identifies the extension "
    "is filled in by Intune: none of them is data of the extension.",
)  # fmt: skip
def jit133(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy):
        why = keys.misplaced().get(entry.key.casefold())
        if why and entry.key not in context.data.extension_keys:
            yield Finding(f"the key {entry.key} does not belong here: {why}", "remove the entry", entry.at_key)


# Values


@rule(
    "JIT121", Severity.ERROR, "A switch of the plug-in is no Integer 0 or 1.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The switches are of type Integer, 1 or 0. The plug-in logs the type that it finds; a text is not a number.",
)  # fmt: skip
def jit121(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy):
        if not entry.means or entry.means.holds != "switch":
            continue
        if entry.pair.type != "integer" or type(entry.pair.value) is not int or entry.pair.value not in (0, 1):
            more = "; safariSso: true writes the pair exactly" if entry.means.name == SAFARI_KEY else ""
            yield Finding(
                f"{entry.means.name} must be integer 0 or 1, not {entry.pair.type} {_told(entry.pair.value)}",
                f"write type: integer, value: 1 or 0, without quotes{more}",
                entry.at_value,
                fixed=keys.written(entry),
            )


@rule(
    "JIT123", Severity.WARNING, "Two switches that exclude one another are both on.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="Either the prompt of an app gives way to the account picker, or the account is chosen by itself: one of the "
    "two settings is to be enabled.",
)  # fmt: skip
def jit123(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for name in ("disable_explicit_app_prompt", "disable_explicit_native_app_prompt"):
        both = f"{name}_and_autologin"
        on = [e for e in _entries(policy, name, both) if keys.is_on(e)]
        if len({e.means.name for e in on if e.means}) == 2:
            yield Finding(f"{name} and {both} are both 1", "choose one: set the other to 0", on[-1].at_value)


@rule(
    "JIT124", Severity.WARNING, "A key is deprecated.",
    about=SsoPolicy, source=sources.PLUGIN_TROUBLE, decides=BOTH,
    says="browser_sso_disable_mfa is called deprecated in the troubleshooting guide, and is not among the documented "
    "keys any more.",
)  # fmt: skip
def jit124(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    for entry in _entries(policy):
        if entry.means and entry.means.deprecated:
            yield Finding(f"the key {entry.means.name} is deprecated", "remove the entry", entry.at_key)


@rule(
    "JIT125", Severity.WARNING, "The plug-in's debug mode is on.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="The mode writes bundle ids of apps to the log so that they are found, and is to be disabled afterwards.",
)  # fmt: skip
def jit125(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    name = "admin_debug_mode_enabled"
    for entry in filter(keys.is_on, _entries(policy, name)):
        yield Finding(f"{name} is 1, and is meant for the search for bundle ids alone", "set it to 0", entry.at_value)


@rule(
    "JIT131", Severity.WARNING, "The most secure storage is turned off, or the setting for it has a wrong type.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="use_most_secure_storage takes a Boolean or an Integer; it is turned off for troubleshooting alone, and acts "
    "on new registrations only.",
)  # fmt: skip
def jit131(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    name = "use_most_secure_storage"
    for entry in _entries(policy, name):
        value = entry.pair.value
        if entry.pair.type not in ("boolean", "integer") or not isinstance(value, int) or value not in (0, 1):
            message = f"{name} must be boolean, or integer 0 or 1, not {entry.pair.type} {_told(value)}"
            yield Finding(message, "write type: boolean, value: true", entry.at_value)
        elif not value:
            message = f"{name} is off: devices that register from now on keep their keys elsewhere"
            yield Finding(message, "turn it off for troubleshooting alone: remove the entry", entry.at_value)


@rule(
    "JIT132", Severity.WARNING, "Interactive sign-in is sent to Authenticator.",
    about=SsoPolicy, source=sources.PLUGIN, decides=BOTH,
    says="With disable_inapp_sso_signin = 1 apps with Microsoft's library open Authenticator for every sign-in that "
    "asks people something. That this works against registration in the first work app is inferred.",
)  # fmt: skip
def jit132(policy: SsoPolicy, context: Context) -> Iterator[Finding]:
    name = "disable_inapp_sso_signin"
    for entry in filter(keys.is_on, _entries(policy, name)):
        message = f"{name} is 1: people leave the app in which they sign in first, and finish in Authenticator"
        yield Finding(message, "set it to 0, unless Microsoft's support advised it", entry.at_value)
