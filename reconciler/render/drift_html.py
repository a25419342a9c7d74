"""What departs, as one self-contained page: the summary, each object with its fields, waivers, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from . import drift_words as words
from . import page, waived
from .elements import NOTHING, Child, Html, element, lines
from .members import member, objects, raw
from .plan_page import fields
from .plan_text import tenant_line
from .style import PLAIN

_TONES: dict[str, page.Tone] = {"error": "bad", "warning": "warn", "info": "info"}
_LABELS = {"error": "error", "warning": "warning", "info": "note"}
_SIGNS = {"error": "!", "warning": "?", "info": "i"}
_ORDER = ("error", "warning", "info")
_INTRO = "Each field from what is specified (before) to what the tenant has (after)."


def drift(document: JsonObject, *, names: bool = False) -> str:
    """The whole page. `names`: whether people are named."""
    name = raw(member(document, "tenant"), "name")
    found = words.findings(document)
    body = [
        element("h1", "Drift in ", page.name(name)),
        page.callout(_tone(document), words.summary(document), page.items(words.what_to_do(document))),
        page.facts(_facts(document)),
        page.section(
            "departures", "Departures", *(_object(each, names) for each in found), count=len(found), intro=_INTRO
        ),
        page.section("accepted", "Accepted into the specs", *map(_accepted, objects(document, "accepted"))),
        page.section("waived", "Waived", page.items(map(_waived, objects(document, "waived")))),
        page.section("findings", "Errors and warnings", page.items(map(_told, words.told_findings(document)))),
        page.section("basis", "What this rests on", page.items(words.basis(document))),
    ]
    return page.whole(f"Drift in {name}", body)


def _tone(document: JsonObject) -> page.Tone:
    """Good only where nothing departs, nothing is refused and nothing failed: an expired waiver is no drift."""
    refused = any(raw(each, "state") == "refused" for each in objects(document, "accepted"))
    if document.get("complete") is not True or refused:
        return "warn"
    failed = any(raw(each, "severity") == "error" for each in objects(document, "diagnostics"))
    return "bad" if objects(document, "findings") or failed else "good"


def _facts(document: JsonObject) -> Iterator[tuple[Child, Child]]:
    yield "Tenant", "".join(tenant_line(document, PLAIN)).removeprefix("Tenant ")
    yield "Owner", raw(document, "owner")
    yield "Read", page.instant(raw(document, "createdAt"))
    yield "Plan", page.code(raw(member(document, "plan"), "digest"))


def _object(findings: list[JsonObject], names: bool) -> Html:
    """One object, unfolded: what departs is what the page is for."""
    first = findings[0]
    file, line = raw(first, "file"), first.get("line")
    told, common = words.said_once(findings, names=names)
    shown = [_finding(each, said) for each, said in zip(findings, told, strict=True)]
    place = element("p", page.code(f"{file}:{line}"), class_="soft") if file else None
    body = element("div", lines([*shown, page.items(common, class_="soft"), place]))
    return element("details", element("summary", *_head(findings)), body, open=True, class_="change")


def _head(findings: list[JsonObject]) -> Iterator[Html]:
    """The worst severity, the name, and which side moved where that is the same for all."""
    first = findings[0]
    worst = next((word for word in _ORDER if any(raw(each, "severity") == word for each in findings)), "error")
    yield page.badge(_LABELS[worst], _TONES[worst], _SIGNS[worst])
    name, address = raw(first, "displayName"), page.code(raw(first, "address"))
    whole = words.WHOLE.get(raw(first, "what"))
    yield element("h3", page.name(name) if name else address, f" {whole}" if whole else None)
    ways = {words.DIRECTIONS.get(raw(each, "direction"), "") for each in findings}
    yield element("span", ways.pop() if len(ways) == 1 else "several directions", class_="aside")
    if name:
        yield element("span", address, class_="address")


def _finding(finding: JsonObject, told: list[str]) -> Html:
    severity = raw(finding, "severity")
    weight = f"{_LABELS.get(severity, severity)}: {raw(finding, 'because')}"
    table = fields.table(words.as_change(finding)) if raw(finding, "path") else NOTHING
    return lines([table, page.items([weight, raw(finding, "note") or None, *told], class_="soft")])


def _accepted(entry: JsonObject) -> Html:
    reason, state = raw(entry, "reason"), words.ACCEPTED.get(raw(entry, "state"), raw(entry, "state"))
    title = element("span", page.code(raw(entry, "address")), f" {state}{f': {reason}' if reason else ''}")
    shown = page.diff(line for line in raw(entry, "diff").split("\n") if line)
    return page.fold(title, shown, opened=True) if shown else element("p", title)


def _waived(entry: JsonObject) -> Html:
    return element("span", f"{waived.what(entry)}, {waived.until(entry)}")


def _told(finding: JsonObject) -> Html:
    detail = raw(finding, "detail")
    return element("span", f"{raw(finding, 'rule')}: {raw(finding, 'message')}{f' ({detail})' if detail else ''}")
