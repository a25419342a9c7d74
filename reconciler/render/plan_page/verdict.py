"""The top of the page: what this plan does, whether it may be applied, for which tenant, and what is on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import entries, member, number, objects, raw
from ..plan_text import place, source
from ..style import plural
from ..summary import any_pending, is_of_snapshot, is_pending, is_unselected, refusals, summary
from .anchors import Anchors

ACTIONS: dict[str, tuple[str, str, page.Tone]] = {
    "create": ("+", "create", "good"),
    "update": ("~", "update", "info"),
    "replace": ("\u00b1", "replace", "swap"),
    "delete": ("\u2212", "delete", "bad"),
    "refused": ("!", "refused", "bad"),
    "unselected": ("\u25cb", "not selected", "plain"),
    "no-op": ("=", "unchanged", "plain"),
}
"""What happens to an object: its sign, its word and its tone."""
_ERRORS = 20
"""Errors that the top of the page links to."""


def action(change: JsonObject) -> str:
    """What happens to an object, with the no-ops that are none by choice told apart."""
    if is_pending(change):
        return raw(change, "action")
    if change.get("refused") is True:
        return "refused"
    return "unselected" if is_unselected(change) else "no-op"


def header(document: JsonObject, anchors: Anchors, links: Iterable[tuple[str, str]]) -> Html:
    """All of it."""
    tenant = member(document, "tenant")
    eyebrow = joined(["Plan for", page.name(raw(tenant, "name") or "a tenant"), _where(document)], " ")
    contents = [element("a", words, href=f"#{name}") for name, words in links]
    return element(
        "header",
        element("p", eyebrow, class_="eyebrow"),
        element("h1", _headline(document)),
        _source(document),
        *_refused(document, anchors),
        _tally(document),
        _facts(document, tenant),
        element("nav", *contents, class_="contents", aria_label="On this page") if contents else NOTHING,
    )


def _where(document: JsonObject) -> Child:
    where = place(document)
    return f"({where})" if where else None


def _headline(document: JsonObject) -> str:
    if not any_pending(document):
        return summary(document).removesuffix(".")
    pending = sum(map(is_pending, objects(document, "changes")))
    return f"{plural(pending, 'change')}, {_readiness(document)}"


def _readiness(document: JsonObject) -> str:
    severities = [raw(each, "severity") for each in objects(document, "diagnostics")]
    if document.get("complete") is not True:
        return "not to be applied: the reading is incomplete"
    if is_of_snapshot(document):
        return "not to be applied: planned from a snapshot"
    if any(True for _ in refusals(document)):
        return "not to be applied as it is"
    warnings = severities.count("warning")
    return f"and {plural(warnings, 'warning')} to read first" if warnings else "ready to be reviewed"


def _source(document: JsonObject) -> Html:
    """Where a plan comes from that is made of anything but specs and the tenant itself."""
    told = source(document)
    return page.callout("info", told[0], *(element("p", each) for each in told[1:])) if told else NOTHING


def _refused(document: JsonObject, anchors: Anchors) -> Iterator[Html]:
    errors = [each for each in objects(document, "diagnostics") if raw(each, "severity") == "error"]
    elements = [*_links(errors[:_ERRORS], anchors.untold)]
    more = [f"and {len(errors) - _ERRORS} more"] if len(errors) > _ERRORS else []
    for index, (word, why) in enumerate(refusals(document)):
        said = f"{why[:1].upper()}{why[1:]}"
        shown = page.items([*elements, *more], class_="errors") if index == 0 else None
        yield page.callout("bad", word.capitalize(), element("p", said), shown, role="note")


def _links(errors: Iterable[JsonObject], apart: Iterable[JsonObject]) -> Iterator[Html]:
    places = {id(each): f"finding-{index}" for index, each in enumerate(apart, 1)}
    for each in errors:
        target = places.get(id(each)) or raw(each, "address")
        said = joined([page.code(raw(each, "rule")), raw(each, "message")], " ")
        yield element("a", said, href=f"#{target}")


def _tally(document: JsonObject) -> Html:
    """How many of each action, and what counts beside them."""
    counts = member(document, "summary")
    changes = objects(document, "changes")
    by_action = {name: sum(action(change) == name for change in changes) for name in ACTIONS}
    shown = [
        page.badge(f"{count} {ACTIONS[name][1]}", ACTIONS[name][2], ACTIONS[name][0])
        for name, count in by_action.items()
        if count
    ]
    adopted = sum(change.get("adopts") is True for change in changes if is_pending(change))
    waived = len(objects(document, "waived"))
    beside = [f"{adopted} adopted"] * bool(adopted) + [f"{waived} waived"] * bool(waived)
    added, removed = number(counts, "assignmentsAdded"), number(counts, "assignmentsRemoved")
    beside += [f"{plural(added, 'assignment')} added"] * bool(added)
    beside += [f"{plural(removed, 'assignment')} removed"] * bool(removed)
    return page.items([*shown, *map(page.badge, beside)], class_="tally")


def _facts(document: JsonObject, tenant: JsonObject) -> Html:
    counts, offline = member(document, "summary"), raw(tenant, "graphUrl") == "snapshot"
    affected: Child = None
    if "affectedPeople" in counts:
        affected = str(number(counts, "affectedPeople")) if counts["affectedPeople"] is not None else "not known"
    consent = member(document, "consent")
    agreed = [word for word, key in (("prune", "prune"),) if consent.get(key) is True]
    agreed += [
        f"{word} {each}"
        for word, key in (("take over", "takeOver"), ("replace", "allowReplace"), ("release", "release"))
        for each in entries(consent, key)
    ]
    return page.facts(
        [
            ("Directory", page.code(raw(tenant, "tenantId")) if raw(tenant, "tenantId") else None),
            ("Owner", page.name(raw(document, "owner")) if raw(document, "owner") else None),
            ("Tenant read", page.instant(raw(document, "createdAt"))),
            ("May be applied until", None if offline else page.instant(raw(document, "expiresAt"))),
            ("People affected", affected),
            ("Agreed to by name", ", ".join(agreed)),
        ]
    )
