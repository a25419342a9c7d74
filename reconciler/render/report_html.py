"""A report as one self-contained HTML page, to be read, filed and printed. Pure: the document of `report` in."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import JsonObject
from . import page
from . import report_words as words
from .elements import NOTHING, Child, Html, element, joined
from .members import member, number, objects, raw, text, texts
from .style import plural

_TONES: dict[str, page.Tone] = {
    "as-specified": "good",
    "waived": "info",
    "differs": "warn",
    "not-there": "bad",
    "not-ours-yet": "info",
    "refused": "bad",
    "holds": "plain",
    "expires-soon": "warn",
    "expired": "bad",
    "unused": "info",
    "error": "bad",
    "warning": "warn",
    "info": "info",
}
_SIGNS = {"good": "\u2713", "warn": "!", "bad": "\u2715", "info": "i", "plain": ""}
_SHORT = {"as-specified": "as specified", "not-there": "not there", "not-ours-yet": "not ours yet"}
_EXCEPTIONS = {"waiver": "Waiver", "rule": "Rule setting", "provided": "Provided by others"}


def report(document: JsonObject) -> str:
    """The whole page."""
    sections: list[tuple[str, str, Html]] = [
        ("exceptions", "Exceptions", _exceptions(document)),
        ("coverage", "Coverage", _coverage(member(document, "coverage"))),
        ("audit-log", "Audit log", _events(member(document, "events"))),
        ("managed", "Managed", _managed(document)),
        ("orphaned", "Orphaned", _orphaned(document)),
        ("unmanaged", "Unmanaged", _unmanaged(document)),
        ("runs", "Runs", _runs(document)),
        ("findings", "Findings", _findings(document)),
    ]
    shown = [(name, title, content) for name, title, content in sections if content]
    body = [_header(document, [(name, title) for name, title, _ in shown]), *(content for *_, content in shown)]
    return page.whole(f"Report on tenant {raw(member(document, 'tenant'), 'name')}", body)


def _header(document: JsonObject, links: Iterable[tuple[str, str]]) -> Html:
    contents = [element("a", title, href=f"#{name}") for name, title in links]
    unknown = texts(document, "unknown")
    warning = page.callout("bad", "This report is incomplete.", page.items(unknown)) if unknown else NOTHING
    return element(
        "header",
        element("p", joined(["Report on", page.name(_tenant(document))], " "), class_="eyebrow"),
        element("h1", _headline(document)),
        element("p", words.counts(document)),
        warning,
        page.facts(_facts(document)),
        element("nav", *contents, class_="contents", aria_label="On this page"),
    )


def _tenant(document: JsonObject) -> str:
    return raw(member(document, "tenant"), "name")


def _headline(document: JsonObject) -> str:
    """What has to be seen first. What is not known is never called right."""
    summary = member(document, "summary")
    departing = number(summary, "managed") - number(summary, "asSpecified") - number(summary, "waived")
    beside = number(summary, "outside")
    right = "Everything managed is as specified" + (" but for waivers" if number(summary, "waived") else "")
    first = f"{plural(departing, 'object')} not as specified" if departing else right
    if not number(summary, "managed"):
        first = "Nothing is managed"
    if document.get("complete") is not True:
        first = f"Incomplete: {plural(departing, 'object')} known not to be as specified"
    return first + (f", {plural(beside, 'change')} made outside" if beside else "")


def _facts(document: JsonObject) -> Iterable[tuple[Child, Child]]:
    specs, tool = member(document, "specs"), member(document, "tool")
    commit = raw(specs, "commit")[:12]
    dirty = " with changes that are not committed" if specs.get("dirty") else ""
    return [
        ("Made", page.instant(raw(document, "createdAt"))),
        ("By", f"{raw(tool, 'name')} {raw(tool, 'version')}"),
        ("Owner", page.name(raw(document, "owner"))),
        ("Tenant id", page.code(raw(member(document, "tenant"), "tenantId") or "not named")),
        ("Commit", joined([page.code(commit), dirty]) if commit else None),
        ("Specs", page.code(words.short(raw(specs, "digest")))),
        ("Limits of a run", words.limits(document)),
        ("Freeze", words.freeze(document)),
    ]


def _badge(state: str, word: str | None = None) -> Html:
    tone = _TONES.get(state, "plain")
    return page.badge(word or _SHORT.get(state, state.replace("-", " ")), tone, _SIGNS[tone])


# The sections


def _exceptions(document: JsonObject) -> Html:
    found = objects(document, "exceptions")
    rows = [
        [
            _EXCEPTIONS.get(raw(each, "sort"), raw(each, "sort")),
            joined([page.code(raw(each, "name")), _of(each)], " "),
            raw(each, "reason"),
            page.name(raw(each, "owner")),
            _until(each),
        ]
        for each in found
    ]
    head = ["Sort", "What", "Why", "Who answers", "Until"]
    return page.section("exceptions", "Exceptions", page.table(head, rows, caption="Every exception"), count=len(found))


def _until(each: JsonObject) -> Child:
    """Of a waiver its last day; the others have none."""
    if raw(each, "sort") != "waiver":
        return None
    state, last = raw(each, "state"), raw(each, "expires")
    word = {"expired": f"expired {last}", "expires-soon": f"{last}, soon"}.get(state, last)
    return joined(
        [_badge(state if state != "unused" else "holds", word), _badge(state) if state == "unused" else None], " "
    )


def _of(each: JsonObject) -> Html:
    about = [" of ", page.code(raw(each, "about")), ": "] if raw(each, "sort") == "waiver" else []
    return joined([*about, raw(each, "what")])


def _coverage(coverage: JsonObject) -> Html:
    profiles = objects(coverage, "profiles")
    parts = [*dict.fromkeys(raw(p, "part") for each in profiles for p in objects(each, "parts"))]
    rows = [
        [
            page.name(f"{number(each, 'rank')}. {raw(member(each, 'profile'), 'displayName')}"),
            words.people(member(each, "wins")),
            *(_part(each, part) for part in parts),
        ]
        for each in profiles
    ]
    head = ["Profile", "Get it", *(word[:1].upper() + word[1:] for word in (words.PARTS.get(p, p) for p in parts))]
    without = member(coverage, "withoutProfile")
    left = f"{words.people(without)} get no profile." if without.get("atMost") != 0 else ""
    table = page.table(
        head,
        rows,
        caption="Who gets which profile, the winner first, and whom the parts of the chain reach",
        class_="matrix",
    )
    return page.section("coverage", "Coverage", table, element("p", left, class_="soft") if left and table else None)


def _part(entry: JsonObject, part: str) -> Child:
    """Whom a part does not reach of those who get the profile."""
    found = next((each for each in objects(entry, "parts") if raw(each, "part") == part), None)
    if found is None:
        return None
    lack = member(found, "missing")
    by = ", ".join(texts(found, "by"))
    note = element("small", by, class_="soft") if by else None
    if raw(found, "state") == "provided":
        return joined([_badge("holds", "provided by others"), note], element("br"))
    if lack.get("atMost") == 0:
        return joined([_badge("as-specified", "all"), note], element("br"))
    state = "refused" if found.get("needed") else "holds"
    word = f"{words.people(lack)} without" + ("" if found.get("needed") else ", not needed")
    return joined([_badge(state, word), note], element("br"))


def _events(events: JsonObject) -> Html:
    if not events:
        return NOTHING
    beside = objects(events, "beside")
    rows = [
        [
            page.instant(raw(each, "at")),
            joined([raw(each, "activity"), _failed(each)], " "),
            joined([_touched(o) for o in objects(each, "objects")], element("br")),
            words.properties(each),
            words.actor(each),
            words.MATCHES.get(raw(each, "match"), ""),
        ]
        for each in beside
    ]
    head = ["When", "What", "Object", "Properties", "By", "How it was made"]
    said = [element("p", each) for each in words.period(events)]
    return page.section(
        "audit-log", "Audit log", *said, page.table(head, rows, caption="Events that are of no run"), count=len(beside)
    )


def _failed(event: JsonObject) -> Html | None:
    result = raw(event, "result")
    return _badge("error", result) if result not in ("", "Success") else None


def _touched(each: JsonObject) -> Html:
    return joined([page.name(raw(each, "name")), page.code(raw(each, "id"))], " ")


def _managed(document: JsonObject) -> Html:
    found = objects(document, "managed")
    rows = [
        [
            page.code(raw(each, "address")),
            _named(each),
            _badge(raw(each, "state")),
            page.instant(raw(member(each, "firstRun"), "at")),
            page.instant(raw(member(each, "lastRun"), "at")),
        ]
        for each in found
    ]
    head = ["Spec", "Object", "State", "First written", "Last written"]
    intro = "Times are of the runs on record: an object may have been written before."
    return page.section(
        "managed", "Managed", page.table(head, rows, caption="What specs stand for"), count=len(found), intro=intro
    )


def _named(each: JsonObject) -> Html:
    """The name of an object, and its id below."""
    found = page.code(raw(each, "liveId")) if raw(each, "liveId") else None
    return joined([page.name(raw(each, "displayName")), found], element("br"))


def _orphaned(document: JsonObject) -> Html:
    found = objects(document, "orphaned")
    rows: list[list[Child]] = [
        [page.code(raw(each, "address")), page.name(raw(each, "displayName")), page.code(raw(each, "liveId"))]
        for each in found
    ]
    table = page.table(["Marked as", "Name", "Object id"], rows, caption="Marked objects that no spec names")
    return page.section("orphaned", "Orphaned", table, count=len(found))


def _unmanaged(document: JsonObject) -> Html:
    found = objects(document, "unmanaged")
    rows: list[list[Child]] = [
        [page.name(raw(each, "displayName")), raw(each, "kind"), page.code(raw(each, "liveId")), raw(each, "owner")]
        for each in found
    ]
    head = ["Name", "Kind", "Object id", "Marked by"]
    return page.section(
        "unmanaged", "Unmanaged", page.table(head, rows, caption="Objects that no spec names"), count=len(found)
    )


def _runs(document: JsonObject) -> Html:
    breaks = [page.callout("warn", each) for each in words.break_lines(document)]
    rows = [_run(each) for each in objects(document, "runs")]
    head = ["Began", "Outcome", "Results", "Change", "Commit", "Pipeline", "Record"]
    total = number(member(document, "summary"), "runs")
    return page.section("runs", "Runs", *breaks, page.table(head, rows, caption="The last runs"), count=total)


def _run(entry: JsonObject) -> list[Child]:
    summary = member(entry, "summary")
    done = ", ".join(f"{count} {word}" for word, count in summary.items() if count)
    url = raw(entry, "runUrl")
    outcome = raw(entry, "outcome")
    tone = "as-specified" if outcome in ("applied", "nothing-to-do") else "differs"
    return [
        page.instant(raw(entry, "startedAt")),
        joined([_badge(tone, outcome), raw(entry, "actor")], " "),
        done,
        raw(entry, "changeRef"),
        page.code(raw(entry, "commit")[:12]) if raw(entry, "commit") else None,
        element("a", "run", href=url, rel="noreferrer") if url.startswith("https://") else url,
        page.code(words.short(raw(entry, "record"))),
    ]


def _findings(document: JsonObject) -> Html:
    found = objects(document, "findings")
    rows: list[list[Child]] = [
        [
            joined([_badge(raw(each, "severity")), page.code(raw(each, "rule"))], " "),
            page.code(raw(each, "address")) if raw(each, "address") else None,
            joined([raw(each, "message"), element("small", text(each, "detail"), class_="soft")], element("br")),
        ]
        for each in found
    ]
    return page.section(
        "findings", "Findings", page.table(["Rule", "Where", "What"], rows, caption="Findings"), count=len(found)
    )
