"""Whose app a bundle id is, as far as its spelling and the lists in `data/` tell.

Prohibitions compare without regard to case: Apple's own pages differ on whether bundle ids are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..facts import AUTHENTICATOR
from ..workspace import RuleData
from .lists import read

NOTHING = RuleData()
APPLE_PREFIX = "com.apple."
"""Of all of Apple's apps, and the default of the allowed prefixes ("Microsoft Enterprise SSO plug-in")."""


def is_microsoft(bundle_id: str, data: RuleData = NOTHING) -> bool:
    """Whether it is an app of Microsoft's: by prefix, by the list of exceptions, or because the workspace says so."""
    folded = bundle_id.casefold()
    if folded in data.not_microsoft:
        return False
    return folded.startswith(_microsoft_prefixes()) or folded in _microsoft_names() or folded in data.microsoft


def is_authenticator(bundle_id: str) -> bool:
    """Whether it is Microsoft Authenticator, or the SSO extension in it."""
    return bundle_id.casefold() in (AUTHENTICATOR, f"{AUTHENTICATOR}{_apple()['extensionSuffix']}")


def is_apple(bundle_id: str) -> bool:
    """Whether it is an app of Apple's."""
    return bundle_id.casefold().startswith(APPLE_PREFIX)


def is_safari(bundle_id: str) -> bool:
    """Whether it is Safari, or the view of it that other apps show."""
    return bundle_id.casefold() in _safari()


def is_unremarkable(bundle_id: str, data: RuleData = NOTHING) -> bool:
    """Whether nothing here has anything to say of it: what is so of nearly every app, and is soon known."""
    folded = bundle_id.casefold()
    prefixes, suffix, names = _remarkable()
    return not (folded.startswith(prefixes) or folded.endswith(suffix) or folded in names or folded in data.microsoft)


def app_name(bundle_id: str) -> str | None:
    """What people call the app, where a list knows it."""
    return _names().get(bundle_id.casefold())


def browser(bundle_id: str) -> str | None:
    """The name of a browser with a network layer of its own; None for any other app."""
    return _browsers().get(bundle_id.casefold())


def not_an_app(bundle_id: str) -> str | None:
    """Why this identifies no app of iOS: it is an app extension or a Mac app. None where it may be one."""
    folded = bundle_id.casefold()
    if folded.endswith(_apple()["extensionSuffix"]):
        return "an app extension"
    return "a Mac app" if folded in _mac() else None


def ios_counterpart(bundle_id: str) -> str | None:
    """The bundle id that a Mac app has on iOS, where a list knows it."""
    return _mac().get(bundle_id.casefold())


def _folded(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in names.items()}


@cache
def _microsoft_prefixes() -> tuple[str, ...]:
    return tuple(read("microsoft-apps")["prefixes"])


@cache
def _microsoft_names() -> dict[str, str]:
    return _folded(read("microsoft-apps")["names"])


@cache
def _apple() -> Mapping[str, str]:
    found: Mapping[str, str] = read("apple-apps")
    return found


@cache
def _remarkable() -> tuple[tuple[str, ...], str, frozenset[str]]:
    """All prefixes, the suffix and all whole ids that the lists know."""
    names = frozenset((*_microsoft_names(), *_mac(), *_browsers(), *_safari()))
    return (*_microsoft_prefixes(), APPLE_PREFIX), _apple()["extensionSuffix"], names


@cache
def _safari() -> frozenset[str]:
    return frozenset(map(str.casefold, read("apple-apps")["safari"]))


@cache
def _mac() -> dict[str, str | None]:
    return _folded(read("apple-apps")["mac"])


@cache
def _browsers() -> dict[str, str]:
    return _folded(read("browsers")["names"])


@cache
def _names() -> dict[str, str]:
    return {**_microsoft_names(), **_folded(read("apple-apps")["names"]), **_browsers()}
