"""The apps that an SSO policy lists, in `appBundleIds` or in `AppAllowList`, and what is to be said of each.

An entry is looked at once, whatever the number of rules: the rules of `bundle_rules` and `allowed_rules` word what is
found here. Padding alone does not hide what an entry names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..facts import SsoPolicy
from ..model import Path
from ..workspace import RuleData
from . import keys, vendors
from .keys import ALLOW
from .model import Context
from .sso_rules import of_plugin
from .text import bare, padding

PLAIN = re.compile(r"[A-Za-z0-9.-]+")
STORE_NUMBER = re.compile(r"(id)?[0-9]{6,}")
_ORDINARY = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""What nearly every entry looks like: nothing is to be said of its spelling."""


@dataclass(frozen=True, slots=True)
class Item:
    """One listed app."""

    text: str
    """As it stands there; in a comma-delimited list without the blanks around it, which are legal."""
    id: str
    """What the entry names, apart from its padding, in lower case."""
    path: Path
    field: str
    """`appBundleIds`, or the key of the list."""


@dataclass(frozen=True, slots=True)
class Apps:
    """The entries of one policy."""

    every: Sequence[Item]
    usable: Sequence[Item]
    """Those that need not go or change for themselves."""
    by_rule: dict[str, list[Item]]
    """Those of which a rule has something to say, by its id."""


def apps(policy: SsoPolicy, context: Context) -> Apps:
    """The apps that the policy lists as allowed."""
    key = f"apps {hash(context.data)}"
    if key not in policy.memo:
        policy.memo[key] = _apps(policy, context.data)
    found: Apps = policy.memo[key]
    return found


def _apps(policy: SsoPolicy, data: RuleData) -> Apps:
    every: list[Item] = []
    usable: list[Item] = []
    by_rule: dict[str, list[Item]] = {}
    for text, path, field in _entries(policy):
        name, rules, fit = _looked_at(text, data)
        item = Item(text, name, path, field)
        every.append(item)
        if fit:
            usable.append(item)
        for rule in rules:
            by_rule.setdefault(rule, []).append(item)
    return Apps(every, usable, by_rule)


def _entries(policy: SsoPolicy) -> list[tuple[str, Path, str]]:
    if not of_plugin(policy):
        return []
    given = policy.bundle_ids if policy.encoding != "catalog" else ()  # the catalog has one list, which stands for both
    found = [(v.value, v.path, "appBundleIds") for v in given if isinstance(v.value, str)]
    return found + [(part, entry.at_value, ALLOW) for part, entry in keys.listed(policy, ALLOW)]


@lru_cache(65536)
def _looked_at(text: str, data: RuleData) -> tuple[str, tuple[str, ...], bool]:
    """What an entry names, the ids of rules that have something to say of it, and whether it is usable."""
    if _ORDINARY.fullmatch(text) and vendors.is_unremarkable(text, data):
        return text.casefold(), (), True
    name = bare(text)
    folded = name.casefold()
    spelled, named = _spelled(text, name), _named(folded, data)
    found = ["JIT202" if rule == "padding" else rule for rule in (spelled, named) if rule]
    if "." not in name and not named and spelled in (None, "padding"):
        found.append("JIT203")
    usable = named is None and spelled in (None, "padding")
    if usable:
        found += _marks(folded)
    return folded, tuple(found), usable


def _spelled(text: str, name: str) -> str | None:
    """The rule about what is wrong with the spelling; `padding` where that is all."""
    if "*" in name:
        return "JIT205"
    if not PLAIN.fullmatch(name) or STORE_NUMBER.fullmatch(name):
        return "JIT201"
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return "JIT202"
    return "padding" if padding(text) else None


def _named(folded: str, data: RuleData) -> str | None:
    """The rule about what must not be listed."""
    if vendors.is_authenticator(folded):
        return "JIT207"
    if vendors.not_an_app(folded):
        return "JIT214"
    return "JIT206" if vendors.is_microsoft(folded, data) else None


def _marks(folded: str) -> list[str]:
    apple = ["JIT209"] if vendors.is_apple(folded) else []
    return [*apple, "JIT217"] if vendors.browser(folded) else apple
