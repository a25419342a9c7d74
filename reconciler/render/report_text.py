"""A report as text: short, since the document and the page have everything. What needs somebody is told one by one."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from . import report_words as words
from .members import member, number, objects, raw, text, texts
from .style import Style, page, wrap


def report(document: JsonObject, *, style: Style) -> str:
    """The whole text."""
    return page(_lines(document, style))


def _lines(document: JsonObject, style: Style) -> Iterator[str]:
    named = f"Report on tenant {text(member(document, 'tenant'), 'name')}"
    yield from wrap(f"{named}, owner {text(document, 'owner')}, {text(document, 'createdAt')}", width=style.width)
    for sentence in texts(document, "unknown"):
        told = wrap(f"Not known: {sentence}", width=style.width, rest="  ")
        yield from (style.paint(line, "yellow") for line in told)
    yield ""
    yield from wrap(words.counts(document), width=style.width)
    yield from _section("Not as specified", map(_object, words.departing(document)), style)
    yield from _section("Orphaned", map(_orphaned, objects(document, "orphaned")), style)
    yield from _section("Exceptions", map(words.exception, objects(document, "exceptions")), style)
    yield from _section("Coverage", words.coverage_lines(document), style)
    yield from _section("Chain of runs", words.break_lines(document), style)
    yield from _events(document, style)
    if number(member(document, "summary"), "errors") + number(member(document, "summary"), "warnings"):
        yield ""
        more = "The findings are those of `reconciler plan`; --format html has them, and every object."
        yield from wrap(more, width=style.width)


def _section(title: str, entries: Iterator[str], style: Style) -> Iterator[str]:
    shown = [*entries]
    if shown:
        yield ""
        yield style.paint(f"{title}: {len(shown)}", "bold")
        for entry in shown:
            yield from wrap(entry, width=style.width, first="  ", rest="    ")


def _object(entry: JsonObject) -> str:
    return f"{text(entry, 'address')} {words.STATES.get(raw(entry, 'state'), '')}"


def _orphaned(entry: JsonObject) -> str:
    return f"{text(entry, 'address')} {text(entry, 'liveId')}"


def _events(document: JsonObject, style: Style) -> Iterator[str]:
    events = member(document, "events")
    if not events:
        return
    yield ""
    yield style.paint("Audit log", "bold")
    for told in words.period(events):
        yield from wrap(told, width=style.width, first="  ")
    for entry in objects(events, "beside"):
        if raw(entry, "match") != "unnamed":
            yield from wrap(words.event(entry), width=style.width, first="  ! ", rest="    ")
