"""The changes on the page: filters, and each object with what becomes of it and why, its findings and requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...model import JsonObject
from .. import page, waived
from ..elements import NOTHING, Child, Html, element, joined, lines
from ..markdown import size
from ..members import entries, member, number, objects, raw, texts
from ..summary import is_pending
from . import fields, findings, requests
from .anchors import Anchors
from .detail import WHOLE, Detail
from .verdict import ACTIONS, action


def section(document: JsonObject, anchors: Anchors, room: int) -> Html:
    """The filters and the list; in as much detail as `room` bytes allow."""
    every = objects(document, "changes")
    if not every:
        return NOTHING
    total = sum(len(objects(change, "operations")) for change in every)
    detail, shown = _fitted(document, every, _Around(anchors, total), room)
    empty = element("p", "No change fits these filters.", class_="soft", data_empty=True, hidden=True)
    listed = element("div", lines([shown, empty]), id="list")
    pending = sum(map(is_pending, every))
    content = (_filters(every, anchors), listed)
    return page.section("changes", "Changes", *content, count=pending, intro=detail.value)


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around one change."""

    anchors: Anchors
    total: int
    """Requests of the whole plan."""
    detail: Detail = Detail.WHOLE


def _fitted(document: JsonObject, every: list[JsonObject], around: _Around, room: int) -> tuple[Detail, Html]:
    """All changes in the most detail that fits; in the least, where nothing does."""
    for detail, share in ((Detail.WHOLE, WHOLE), (Detail.ONCE, 1.0)):
        if size(shown := _list(document, every, replace(around, detail=detail))) <= room * share:
            return detail, shown
    return Detail.BRIEF, _list(document, every, replace(around, detail=Detail.BRIEF))


def _list(document: JsonObject, every: list[JsonObject], around: _Around) -> Html:
    return lines(_change(document, change, around) for change in every)


def _filters(every: list[JsonObject], anchors: Anchors) -> Html:
    """Shown by the script, without which nothing is hidden."""
    actions, kinds = Counter(map(action, every)), Counter(raw(change, "kind") for change in every)
    severities = Counter(s for change in every for s in _severities(change, anchors))
    search = element(
        "input", type="search", placeholder="Find in changes  ( / )", aria_label="Find in changes", autocomplete="off"
    )
    end = element(
        "div",
        element("output", aria_live="polite"),
        element("button", "Fold all", type="button", data_fold="close"),
        element("button", "Unfold all", type="button", data_fold="open"),
        class_="end",
    )
    facets = element(
        "div",
        _facet("Action", "action", [(a, ACTIONS[a][1], actions[a]) for a in ACTIONS if actions[a]], rest="no-op"),
        _facet("Findings", "finding", [(s, s, severities[s]) for s in findings.TONES if severities[s]], least=1),
        _facet("Kind", "kind", [(kind, kind, count) for kind, count in sorted(kinds.items())]),
        class_="facets",
    )
    about = {"class_": "filters", "data_filters": "list", "role": "search", "aria_label": "Filter changes"}
    bar = element("div", search, end, class_="bar")
    return element("form", bar, facets, hidden=True, **about)


def _facet(
    legend: str, name: str, choices: list[tuple[str, str, int]], *, rest: str | None = None, least: int = 2
) -> Html:
    """Boxes of which any may be ticked; one choice is none. What is `rest` shows only where it is asked for."""
    if len(choices) < least:
        return NOTHING
    boxes = [
        element(
            "label",
            element("input", type="checkbox", name=name, value=value, data_rest=value == rest),
            element("span", joined([words, element("span", str(count), class_="count")], " ")),
            class_="chip",
        )
        for value, words, count in choices
    ]
    return element("fieldset", element("legend", legend), *boxes)


def _severities(change: JsonObject, anchors: Anchors) -> set[str]:
    return {raw(each, "severity") for each in anchors.told.get(raw(change, "address"), ())}


def _change(document: JsonObject, change: JsonObject, around: _Around) -> Html:
    """One object. One that stays as it is has a line, any other folds and unfolds."""
    about = {
        "id": around.anchors.changes.get(raw(change, "address")),
        "data_item": True,
        "data_action": action(change),
        "data_kind": raw(change, "kind"),
        "data_finding": " ".join(sorted(_severities(change, around.anchors))) or None,
    }
    if action(change) == "no-op":
        return element("div", element("div", *_head(change)), class_="change still", **about)
    body = lines(_body(document, change, around))
    head = element("summary", *_head(change))
    return element("details", head, element("div", body), open=True, class_="change", **about)


def _head(change: JsonObject) -> Iterator[Html]:
    sign, word, tone = ACTIONS.get(action(change), ("?", raw(change, "action"), "plain"))
    adopted = change.get("adopts") is True and is_pending(change)
    yield page.badge("adopt" if adopted else word, tone, sign)
    name, address = raw(change, "displayName"), page.code(raw(change, "address"))
    yield element("h3", page.name(name) if name else address)
    if objects(change, "operations"):
        yield element("span", f"wave {number(change, 'wave')}", class_="aside")
    if name:
        yield element("span", address, class_="address")


def _body(document: JsonObject, change: JsonObject, around: _Around) -> Iterator[Child]:
    yield _why(change)
    yield from findings.at_change(raw(change, "address"), around.anchors)
    yield page.items([*waived.at_change(document, change), *texts(change, "notes")], class_="soft notes")
    yield fields.table(change, around.detail)
    if member(change, "ladder"):
        yield element("p", element("a", "See the order before and after", href="#order"))
    yield _turn(change, around.anchors)
    yield requests.folded(change, around.total, around.detail)


def _why(change: JsonObject) -> Html:
    reason = raw(change, "reason")
    told = f"Because {reason}" if is_pending(change) else f"{reason[:1].upper()}{reason[1:]}"
    return element("p", told) if reason else NOTHING


def _turn(change: JsonObject, anchors: Anchors) -> Html:
    """Which live object, after which changes, and what else may be needed."""
    before = [anchors.link(each) for each in entries(change, "dependsOn") if isinstance(each, str)]
    live, need = raw(change, "liveId"), raw(change, "mayNeed")
    said: list[Child] = [
        joined(["Live object", page.code(live)], " ") if live else None,
        joined(["After", joined(before, ", ")], " ") if before else None,
        f"May need {need}, if a priority does not land as asked" if need else None,
    ]
    shown = joined(said, " \u00b7 ")
    return element("p", shown, class_="turn") if shown else NOTHING
