"""Diagnostics on the page: each once, at the change that it concerns, else in a section of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import number, raw, text
from ..style import plural
from .anchors import Anchors

TONES: dict[str, page.Tone] = {"error": "bad", "warning": "warn", "info": "info"}
_MOST, _AT_CHANGE = 1000, 25
"""Findings that no change shows, and those of one change, that are told beside every error."""
SIGNS = {"error": "\u2715", "warning": "!", "info": "i"}


def unplaced(anchors: Anchors) -> Html:
    """The section of the findings that no change shows."""
    numbered = [(f"finding-{index}", each) for index, each in enumerate(anchors.untold, 1)]
    shown = [finding(each, anchors, identifier=name) for name, each in numbered[:_MOST]]
    shown += [finding(each, anchors, identifier=name) for name, each in numbered[_MOST:] if _is_error(each)]
    return page.section("findings", "Findings", *shown, _more(len(numbered) - len(shown)), count=len(numbered))


def at_change(address: str, anchors: Anchors) -> Iterator[Child]:
    """The findings about one address; of very many the first, and every error."""
    found = anchors.told.get(address, ())
    shown = [*found[:_AT_CHANGE], *filter(_is_error, found[_AT_CHANGE:])]
    yield from (finding(each, anchors, titled=False) for each in shown)
    yield _more(len(found) - len(shown))


def _is_error(document: JsonObject) -> bool:
    return raw(document, "severity") not in ("warning", "info")


def _more(left: int) -> Html | None:
    told = f"and {plural(left, 'more finding')}, which `--format json` has"
    return element("p", told, class_="soft") if left else None


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
