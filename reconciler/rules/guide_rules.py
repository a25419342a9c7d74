"""Rules about what employees are given to read: JIT701 to JIT706.

The texts are files that the workspace names (`onboardingTexts`), in any language. So they are searched for words that
every translation keeps: addresses, Safari, Authenticator. What a text says of them cannot be judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..diagnostics import Position, Severity
from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, WEB_BASED, Profile
from . import sources
from .model import OFFLINE, Context, Estate, Finding, OnboardingText, decided, not_decidable, rule
from .portals import portal, superseded

_SOON: Final = re.compile(
    r"\b(?:8|eight|acht)\s+(?:minutes|minuten)\b|8\s+דקות|\b(?:right away|promptly|immediately|at once)\b"
    r"|\b(?:sofort|umgehend)\b|מיד",
    re.IGNORECASE,
)
"""Words by which a text says that something does not wait."""


def _kinds(estate: Estate) -> frozenset[str]:
    """The single enrollment types that people may come to by these specs."""
    return frozenset(kind for _, profile in estate.of(Profile) for _, kind in profile.options)


@rule(
    "JIT702",
    Severity.WARNING,
    "A text for employees has an address that has changed, or does not say that web based enrollment takes Safari.",
    about=Estate,
    says="People open the enrollment page in Safari, which is the only browser that can download the profile; the page "
    "to share has changed twice since 2023.",
    source=sources.WEB,
)
def outdated(estate: Estate, context: Context) -> Iterable[Finding]:
    """Each old address at its place; Safari once a text."""
    web = WEB_BASED in _kinds(estate)
    for text in context.onboarding:
        yield from _old_addresses(text, context)
        if web and "safari" not in text.content.casefold():
            yield Finding(
                f"{text.name} does not say that the page has to be opened in Safari",
                "no other browser can download the management profile: say so beside the address",
                position=Position(text.name, 1, 1),
            )


def _old_addresses(text: OnboardingText, context: Context) -> Iterator[Finding]:
    for number, line in enumerate(text.content.splitlines(), 1):
        for old, why in superseded().items():
            at = line.casefold().find(old.casefold())
            if at >= 0:
                yield Finding(
                    f"{text.name} sends people to {old}: {why}",
                    f"today it is {portal(context.cloud).start}",
                    position=Position(text.name, number, at + 1, line, len(old)),
                )


@rule(
    "JIT703",
    Severity.WARNING,
    "A text for employees does not tell them to wait for Authenticator.",
    about=Estate,
    says="A device is not ready for work until Microsoft Authenticator is on it, which takes a few minutes; who "
    "signs in to a work app before sees an error.",
    source=sources.WEB,
)
def does_not_wait(estate: Estate, context: Context) -> Iterable[Finding]:
    """A text that does not even name Authenticator cannot tell people to wait for it."""
    if not _kinds(estate) & {WEB_BASED, ACCOUNT_DRIVEN, COMPANY_PORTAL}:
        return
    for text in context.onboarding:
        if "authenticator" not in text.content.casefold():
            yield Finding(
                f"{text.name} does not name Microsoft Authenticator",
                "tell people to wait until it is on the device before they sign in to a work app",
                position=Position(text.name, 1, 1),
            )


@rule(
    "JIT704",
    Severity.INFO,
    "A text for employees does not say that a downloaded profile has to be installed promptly.",
    about=Estate,
    says="Once the management profile is downloaded, people have a limited time to install it; then it has to be "
    "downloaded again. Apple: iOS deletes it after 8 minutes.",
    source=sources.PERSONAL,
)
def does_not_hurry(estate: Estate, context: Context) -> Iterable[Finding]:
    """Judged by words of the languages that the guide is written in; a text in another language is not judged."""
    if not _kinds(estate) & {WEB_BASED, COMPANY_PORTAL}:
        return
    for text in context.onboarding:
        if _is_known_language(text.content) and not _SOON.search(text.content):
            yield Finding(
                f"{text.name} does not say that the downloaded profile has to be installed promptly",
                "iOS deletes it after 8 minutes, and people wonder where it went",
                position=Position(text.name, 1, 1),
            )


def _is_known_language(content: str) -> bool:
    """Whether the words look like English, German or Hebrew."""
    words = set(re.findall(r"\w+", content.casefold()))
    return bool(words & {"the", "and", "der", "die", "und", "את", "על", "של"})


NO_TEXT = decided(
    "JIT701",
    Severity.INFO,
    "No text for employees is named in the workspace.",
    by="guide --admin",
    decides=OFFLINE,
    says="Microsoft recommends to put the steps of enrollment into the organization's own onboarding documentation.",
    source=sources.WEB,
)
SWITCH = decided(
    "JIT705",
    Severity.WARNING,
    "A change of the enrollment type does not convert devices that are enrolled.",
    by="plan",
    says="A device has to be removed from management before it enrolls in another way, and its work data is erased.",
    source=sources.ACCOUNT,
)
NETWORK = not_decidable(
    "JIT706",
    Severity.INFO,
    "Networks keep devices from Apple's and Microsoft's hosts, or inspect their TLS.",
    why="no reading of Graph or of the specs tells what a network lets through",
    says="Some hosts of Apple have to be reachable without TLS inspection, or single sign-on fails.",
    source=sources.PLUGIN,
)
