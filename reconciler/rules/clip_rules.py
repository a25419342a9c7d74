"""Rules about web clips, above all that of the Company Portal website. A clip of any other page is nobody's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache, lru_cache
from urllib.parse import urlsplit

from ..diagnostics import Severity
from ..facts import App, Clip
from . import portals, sources
from .lists import read
from .model import BOTH, LIVE, Context, Estate, Finding, decided, rule

EDGE = "com.microsoft.msedge"
_ALIKE = 0.93
"""From this ratio on a host is taken for a misspelt one: one letter in a dozen or so."""
_NAMES = frozenset({"company portal", "intune company portal", "microsoft intune company portal"})


@rule(
    "JIT531", Severity.ERROR, "A web clip of Company Portal leads elsewhere.",
    about=Clip, decides=BOTH, source=sources.WEB, reported_as=("SCHEMA108",),
    says="The web app leads to the Company Portal website of the cloud, by https.",
)  # fmt: skip
def JIT531(clip: Clip, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    url = str(clip.url.value)
    scheme, host = _parts(url)
    right = portals.portal(context.cloud).home
    remedy = f"the Company Portal website of this cloud is {right}"
    if host in _portal_hosts():
        if scheme != "https":
            yield Finding(f"{url} is not reached by https", remedy, clip.url.path)
        elif host != _parts(right)[1]:
            yield Finding(f"{host} is the Company Portal website of another cloud", remedy, clip.url.path)
    elif near := _misspelt(host):
        yield Finding(f"{host} looks like {near}, and is another website", remedy, clip.url.path)
    elif clip.name.strip().casefold() in _NAMES:
        message = f"{clip.name!r} leads to {host}, which is not the Company Portal website"
        yield Finding(message, remedy, clip.url.path, severity=Severity.WARNING)


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").rstrip(".")
    except ValueError:  # a live value that is no URL
        return "", ""


@cache
def _portal_hosts() -> frozenset[str]:
    """The hosts of all clouds' Company Portal websites."""
    return frozenset(_parts(portals.portal(cloud).home)[1] for cloud in read("portals")["clouds"])


@lru_cache(1024)
def _misspelt(host: str) -> str | None:
    """The host that this one was probably meant to be: a letter or two are missing, doubled or wrong."""
    near = (known for known in sorted(_portal_hosts()) if abs(len(known) - len(host)) <= 2)
    return next((known for known in near if SequenceMatcher(None, host, known).ratio() > _ALIKE), None)


def _is_portal(clip: Clip) -> bool:
    return _parts(str(clip.url.value))[1] in _portal_hosts()


@rule(
    "JIT532", Severity.WARNING, "A web clip opens in a managed browser, and no spec installs one.",
    about=Estate, source=sources.WEB_APPS,
    says="A web app that requires a managed browser needs Microsoft Edge on the device, and does not work with a home "
    "screen layout.",
)  # fmt: skip
def JIT532(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    edge = any((app.bundle_id or EDGE).casefold() == EDGE for _, app in estate.of(App))  # one may be named otherwise
    for desired, clip in [] if edge or estate.doubtful(App) else estate.of(Clip):
        if clip.managed_browser and clip.managed_browser.value is True:
            message = (
                "it opens in Microsoft Edge alone, which no spec puts on the devices; a home screen layout drops it"
            )
            detail = f"assign Edge ({EDGE}) to the same people, or write `useManagedBrowser: false`"
            yield Finding(message, detail, clip.managed_browser.path, about=desired)


JIT533 = decided(
    "JIT533", Severity.ERROR, "The URL of a web clip that is there cannot be changed.", by="plan",
    source=sources.WEB_APPS,
    says="The URL of a web app cannot be changed once the app is deployed: another URL needs another app.",
)  # fmt: skip


@rule(
    "JIT534", Severity.WARNING, "The Company Portal web clip is only offered.",
    about=Estate, source=sources.WEB,
    says="The web app is put on the home screen, where people find it; an app that is available waits for them to "
    "fetch it.",
)  # fmt: skip
def JIT534(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802
    clips = [(desired, clip) for desired, clip in estate.of(Clip) if _is_portal(clip)]
    intents = {d.intent for _, clip in clips for d in clip.deliveries if not d.wanted.exclude}
    unknown = any("assignments" not in desired.spec for desired, _ in clips)
    if "required" in intents or unknown or estate.doubtful(Clip):
        return
    for desired, clip in clips:
        offered = next((d for d in clip.deliveries if d.intent == "available" and not d.wanted.exclude), None)
        if offered:
            own = bool(offered.wanted.intent)
            message = "nobody has it on the home screen by itself: people would have to fetch it where it leads"
            path = (*offered.wanted.path, "intent") if own else ("spec", "intent")
            yield Finding(message, "write `intent: required`", path, about=desired)


JIT535 = decided(
    "JIT535", Severity.WARNING, "A required web clip is withdrawn without having been uninstalled.", by="plan",
    source=sources.WEB_APPS,
    says="A required web app that loses its assignment stays on the devices, where people cannot remove it: it is set "
    "to uninstall first.",
)  # fmt: skip
JIT537 = decided(
    "JIT537", Severity.WARNING, "A web clip that is on devices is renamed.", by="plan", decides=LIVE,
    source=sources.WEB_APPS,
    says="A web app that was renamed after it was deployed takes no commands on the devices that have it.",
)  # fmt: skip
JIT538 = decided(
    "JIT538", Severity.ERROR, "A web clip for another URL would be assigned to nobody.", by="plan", fixed=True,
    source=sources.WEB_APPS,
    says="Another URL needs another app, which begins without assignments.",
)  # fmt: skip
