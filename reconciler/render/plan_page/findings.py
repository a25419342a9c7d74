"""Diagnostics on the page: each once, at the change that it concerns, else in a section of their own."""

from __future__ import annotations

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import number, objects, raw, text
from .anchors import Anchors

TONES: dict[str, page.Tone] = {"error": "bad", "warning": "warn", "info": "info"}
SIGNS = {"error": "\u2715", "warning": "!", "info": "i"}


def at_change(document: JsonObject, address: str) -> list[JsonObject]:
    """The findings about one address."""
    return [each for each in objects(document, "diagnostics") if raw(each, "address") == address]


def elsewhere(document: JsonObject, anchors: Anchors) -> list[JsonObject]:
    """The findings that no change shows."""
    return [each for each in objects(document, "diagnostics") if raw(each, "address") not in anchors.told]


def unplaced(document: JsonObject, anchors: Anchors) -> Html:
    """The section of the findings that no change shows."""
    found = elsewhere(document, anchors)
    shown = [finding(each, anchors, identifier=f"finding-{index}") for index, each in enumerate(found, 1)]
    return page.section("findings", "Findings", *shown, count=len(found))


def finding(document: JsonObject, anchors: Anchors, *, identifier: str | None = None, titled: bool = True) -> Html:
    """One finding: how grave, which rule, what is wrong, where, and what to do. Not `titled` at its own change."""
    severity = raw(document, "severity")
    tone = TONES.get(severity, "bad")
    title = joined(
        [page.badge(severity or "error", tone, SIGNS.get(severity, "")), page.code(text(document, "rule"))], " "
    )
    said: list[Child] = [joined([title, raw(document, "message")], " ")]
    detail = element("p", raw(document, "detail")) if raw(document, "detail") else NOTHING
    return page.callout(tone, said[0], detail, _where(document, anchors, titled), id=identifier)


def _where(document: JsonObject, anchors: Anchors, titled: bool) -> Html:
    address, file = raw(document, "address"), raw(document, "file")
    numbers = [str(n) for n in (number(document, "line"), number(document, "column")) if n]
    about = anchors.link(address) if address and titled else None
    path = page.code(raw(document, "path")) if raw(document, "path") else None
    place = page.code(":".join([file, *numbers])) if file else None
    shown = joined([about, path, place], " \u00b7 ")
    return element("p", shown, class_="soft where") if shown else NOTHING
