"""The keys of the Enterprise SSO plug-in, and which of them an entry of a policy means, however it is misspelt.

An entry is judged by the key that it means: `"device_registration "` is that key with padding (one finding), and not an
unknown key beside a missing one (two). So the rules about values and about what is missing go by `Entry.means`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Literal

from ..facts import REGISTRATION_KEY, SAFARI_KEY, Pair, SsoPolicy
from ..model import Json, Path
from .lists import read
from .text import plain

Holds = Literal["token", "switch", "storage", "list", "unknown"]
ALLOW, BLOCK, PREFIXES, COOKIES = "AppAllowList", "AppBlockList", "AppPrefixAllowList", "AppCookieSSOAllowList"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the plug-in knows."""

    name: str
    type: str
    """`string`, `integer`, `boolean or integer`, or `any` where nobody has documented it."""
    holds: Holds
    """`switch`: 0 or 1. `storage`: the one key that takes a boolean too. `list`: bundle ids or prefixes, by commas."""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair of a policy, with the key that it means."""

    pair: Pair
    means: Key | None

    @property
    def key(self) -> str:
        """The key as it stands there."""
        return self.pair.key if isinstance(self.pair.key, str) else str(self.pair.key)

    @property
    def at_key(self) -> Path:
        """Where the key stands; nowhere for what is live."""
        return (*self.pair.path, "key") if self.pair.path else ()

    @property
    def at_value(self) -> Path:
        """Where the value stands; nowhere for what is live."""
        return (*self.pair.path, "value") if self.pair.path else ()


def entries(policy: SsoPolicy, *names: str) -> Sequence[Entry]:
    """The pairs of a policy, all or those that mean one of these keys."""
    if not policy.pairs:
        return ()
    every, by_key = _of(policy)
    if not names:
        return every
    return by_key.get(names[0], ()) if len(names) == 1 else [e for e in every if e.means and e.means.name in names]


def _of(policy: SsoPolicy) -> tuple[Sequence[Entry], Mapping[str, Sequence[Entry]]]:
    """The entries, in order and by the key that they mean: what every rule begins with, so it is made once."""
    if "entries" not in policy.memo:
        every = [Entry(pair, meant(pair.key) if isinstance(pair.key, str) else None) for pair in policy.pairs]
        by_key: dict[str, list[Entry]] = {}
        for entry in every:
            if entry.means:
                by_key.setdefault(entry.means.name, []).append(entry)
        policy.memo["entries"] = (every, by_key)
    found: tuple[Sequence[Entry], Mapping[str, Sequence[Entry]]] = policy.memo["entries"]
    return found


@cache
def known() -> Mapping[str, Key]:
    """Every key by its name, as Microsoft spells it."""
    found = read("extension-keys")["keys"]
    return {n: Key(n, k["type"], k["holds"], k.get("deprecated", False)) for n, k in found.items()}


@cache
def misplaced() -> Mapping[str, str]:
    """Keys, in lower case, that belong elsewhere, each with why."""
    return {name.casefold(): why for name, why in read("extension-keys")["misplaced"].items()}


@lru_cache(4096)
def meant(text: str) -> Key | None:
    """The key that a spelling means, apart from case and from what cannot be seen."""
    return known().get(text) or _by_case().get(plain(text).casefold())


@lru_cache(4096)
def like(text: str) -> str | None:
    """The known key that a spelling is nearest to; None where none is near."""
    near = get_close_matches(plain(text).casefold(), _by_case(), n=1, cutoff=0.75)
    return _by_case()[near[0]].name if near else None


@cache
def _by_case() -> Mapping[str, Key]:
    return {name.casefold(): key for name, key in known().items()}


def is_on(entry: Entry) -> bool:
    """Whether a switch is set to 1."""
    return type(entry.pair.value) is int and entry.pair.value == 1


def is_off(entry: Entry) -> bool:
    """Whether a switch is set to 0."""
    return type(entry.pair.value) is int and entry.pair.value == 0


def listed(policy: SsoPolicy, name: str) -> Iterator[tuple[str, Entry]]:
    """What the comma-delimited list under a key names. Blanks around a comma are legal; empty parts are left out."""
    for entry in entries(policy, name):
        for part in split(entry.pair.value):
            if part:
                yield part, entry


def split(value: Json) -> list[str]:
    """The parts of a comma-delimited list, without the blanks around them."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) and value.strip() else []


def written(entry: Entry) -> bool:
    """Whether the entry means one of the two pairs that the tool writes itself, exactly and once."""
    return entry.means is not None and entry.means.name in (REGISTRATION_KEY, SAFARI_KEY)


def registers(entry: Entry) -> bool:
    """Whether the entry means the key that registers devices."""
    return entry.means is not None and entry.means.name == REGISTRATION_KEY
