"""A report as Markdown, for a ticket or a wiki: summary first, what needs somebody next, then every object.

At most as long as a comment may be: what does not fit is counted, object by object, and stands in the page and in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import JsonObject
from . import findings_markdown
from . import report_words as words
from .markdown import LIMIT, Piece, Section, block, code, fitted, marker, prose, sentence
from .members import member, objects, raw, text, texts

_ALL = "`reconciler report --format html` has all of it, and so has `--format json`."


def report(document: JsonObject, *, limit: int = LIMIT) -> str:
    """The page, of at most `limit` bytes."""
    findings = objects(document, "findings")
    sections = [
        Section(tuple(sentence(f"INCOMPLETE: {each}") for each in texts(document, "unknown"))),
        Section(tuple(map(sentence, words.standing(document)))),
        _listed("Exceptions", map(words.exception, objects(document, "exceptions"))),
        _listed("Coverage", words.coverage_lines(document)),
        Section(_events(member(document, "events")), "Audit log", _ALL),
        _listed("Chain of runs", words.break_lines(document)),
        Section(findings_markdown.pieces(findings), "Errors and warnings", _ALL),
        Section(tuple(map(_managed, objects(document, "managed"))), "Managed", _ALL),
        Section(tuple(map(_orphaned, objects(document, "orphaned"))), "Orphaned", _ALL),
        Section(tuple(map(_unmanaged, objects(document, "unmanaged"))), "Unmanaged", _ALL),
        Section(tuple(map(_run, objects(document, "runs"))), "Runs", _ALL),
        Section(findings_markdown.notes(findings)),
    ]
    return fitted(_head(document), sections, _tail(document), limit=limit)


def _head(document: JsonObject) -> str:
    tenant = raw(member(document, "tenant"), "name")
    hidden = marker("report", owner=raw(document, "owner"), tenant=tenant)
    return block([f"**Report on tenant {code(tenant)}: {prose(words.counts(document))}** {hidden}"])


def _tail(document: JsonObject) -> str:
    tool, specs = member(document, "tool"), member(document, "specs")
    made = f"Made {text(document, 'createdAt')} by {text(tool, 'name')} {text(tool, 'version')}"
    return block([f"{prose(made)}; specs {code(raw(specs, 'digest'))}."])


def _listed(title: str, entries: Iterable[str]) -> Section:
    return Section(tuple(Piece((block([f"- {prose(each)}"]),)) for each in entries), title, _ALL)


def _events(events: JsonObject) -> tuple[Piece, ...]:
    if not events:
        return ()
    beside = [each for each in objects(events, "beside") if raw(each, "match") != "unnamed"]
    said = [sentence(each) for each in words.period(events)]
    return (*said, *(Piece((block([f"- {prose(words.event(each))}"]),), "events") for each in beside))


def _managed(entry: JsonObject) -> Piece:
    state = words.STATES.get(raw(entry, "state"), "")
    name = f' "{prose(raw(entry, "displayName"))}"' if raw(entry, "displayName") else ""
    live = f", {code(raw(entry, 'liveId'))}" if raw(entry, "liveId") else ""
    short = f"- {code(raw(entry, 'address'))}{name}: {state}"
    last = member(entry, "lastRun")
    run = f", last written {text(last, 'at')}" if last else ", written by no run on record"
    rank = 0 if raw(entry, "state") != "as-specified" else 2
    return Piece((block([short + live + run]), block([short])), "managed", rank)


def _orphaned(entry: JsonObject) -> Piece:
    return Piece((block([f"- {code(raw(entry, 'address'))}, {code(raw(entry, 'liveId'))}"]),), "orphaned")


def _unmanaged(entry: JsonObject) -> Piece:
    owner = f", of {prose(raw(entry, 'owner'))}" if raw(entry, "owner") else ""
    name = prose(raw(entry, "displayName"))
    return Piece(
        (block([f'- {prose(raw(entry, "kind"))} "{name}", {code(raw(entry, "liveId"))}{owner}']),), "unmanaged", 3
    )


def _run(entry: JsonObject) -> Piece:
    told = [*words.run(entry)]
    return Piece((block([f"- {prose(', '.join(told))}, {code(raw(entry, 'record'))}"]),), "runs", 4)
