"""What two revisions of the specs differ in, as one page: tenant by tenant, details folded.

Reads the document of `compare --format json`. The page is complete without a script and loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from . import compare_text as told
from . import field_diff, page
from .elements import NOTHING, Html, element, joined
from .members import entries, member, objects, raw, text, texts
from .page import Tone

_TONES: dict[str, Tone] = {"added": "good", "removed": "bad", "renamed": "info", "changed": "warn"}
_SEVERITIES: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "info"}


def compare(document: JsonObject) -> str:
    """The whole page."""
    before, after = (told.called(member(document, side)) for side in ("before", "after"))
    heading = element("h1", "What changes from ", page.code(before), " to ", page.code(after))
    notes = [page.callout("warn", note) for note in told.notes(document)]
    body = [
        element("header", heading, element("p", told.summary(document))),
        *notes,
        page.section("workspace", "Workspace", _settings(objects(document, "settings"))),
        *(_group(group, str(index)) for index, group in enumerate(objects(document, "tenants"), 1)),
        *_findings(document),
    ]
    return page.whole(f"Changes from {before} to {after}", body)


def _group(group: JsonObject, number: str) -> Html:
    changes = [_change(change) for change in objects(group, "changes")]
    parts = [*changes, _order(member(group, "order")), _settings(objects(group, "settings"))]
    nothing = None if any(parts) else element("p", "Nothing changes.")
    return page.section(f"tenant-{number}", told.title(group), *parts, nothing)


def _change(change: JsonObject) -> Html:
    word = raw(change, "change")
    sign = told.SIGNS.get(word, "")
    name = page.name(raw(change, "displayName")) if change.get("displayName") else None
    previous = joined([page.code(raw(change, "previous")), " → "]) if change.get("previous") else None
    head = joined(
        [page.badge(word, _TONES.get(word, "plain"), sign), " ", previous, page.code(raw(change, "address")), " ", name]
    )
    says = page.items([*texts(change, "says"), *told.of_managing(change)])
    diff = field_diff.lines(told.shown_fields(change, full=False))
    block = page.scrolling(page.diff(diff), "fields") if diff else NOTHING
    return page.fold(head, says, block, element("p", page.code(told.place(change)), class_="soft"), opened=True)


def _order(order: JsonObject) -> Html:
    if not order:
        return NOTHING
    before, after = entries(order, "before"), entries(order, "after")
    ranks = range(max(len(before), len(after)))
    rows = [
        [str(i + 1), *(page.name(str(side[i])) if i < len(side) else "" for side in (before, after))] for i in ranks
    ]
    ladder = page.table(["Rank", "Before", "After"], rows, caption="Order of profiles, the winner first")
    moves = [
        [raw(move, "who"), told.profile(member(move, "before")), told.profile(member(move, "after"))]
        for move in objects(order, "people")
    ]
    people = page.table(["Who", "Profile before", "Profile after"], moves, caption="Who gets another profile")
    note = element("p", told.FOOTNOTE, class_="soft") if moves else NOTHING
    return joined([element("h3", "Order of profiles, the winner first"), ladder, people, note])


def _settings(changes: list[JsonObject]) -> Html:
    parts = []
    for change in changes:
        loosens = page.badge("loosens a guard", "warn", "!") if change.get("loosens") is True else None
        says = element("span", " ", text(change, "says"), class_="soft") if change.get("says") else None
        parts.append(joined([loosens, " " if loosens else None, page.code(told.setting(change)), says]))
    return page.items(parts)


def _findings(document: JsonObject) -> Iterator[Html]:
    found = member(document, "findings")
    for key, title in (("new", "New findings"), ("gone", "Findings that are gone")):
        listed = objects(found, key)
        yield page.section(key, title, page.items(map(_finding, listed)), count=len(listed))


def _finding(each: JsonObject) -> Html:
    severity = raw(each, "severity")
    badge = page.badge(severity, _SEVERITIES.get(severity, "plain"))
    where = page.code(told.place(each)) if each.get("file") else None
    help_ = element("p", raw(each, "detail"), class_="soft") if each.get("detail") else None
    return joined([badge, " ", page.code(raw(each, "rule")), " ", raw(each, "message"), " ", where, help_])
