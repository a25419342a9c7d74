"""What is said of drift in every format: which side moved, how that is known, since when and by whom, and the summary.

Reads documents of `schemas/v1/drift.json`. Sentences hold foreign text as it is: whoever shows one makes it safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from ..model import JsonObject
from .members import entries, member, number, objects, raw
from .style import plural

DIRECTIONS = {
    "tenant": "the tenant is ahead",
    "repository": "the repository is ahead",
    "both": "both have moved",
    "unknown": "which side moved is not known",
}
WHOLE = {
    "missing": "is not in the tenant",
    "orphaned": "has no spec",
    "refused": "could not be compared",
}
ACCEPTED = {"would-accept": "would be accepted"}
"""What became of an address, where the document's word is none that people use."""
_ACTORS = {"person": "a person", "application": "an application"}
_SEVERITIES = (("error", "error"), ("warning", "warning"), ("info", "note"))


def by_address(document: JsonObject) -> list[list[JsonObject]]:
    """The findings in their order, those of one address together."""
    found: dict[str, list[JsonObject]] = {}
    for finding in objects(document, "findings"):
        found.setdefault(raw(finding, "address"), []).append(finding)
    return [*found.values()]


def as_change(finding: JsonObject) -> JsonObject:
    """A finding as the renderers of changes take one: from what is specified to what is live."""
    field = {"path": finding.get("path"), "before": finding.get("specified"), "after": finding.get("live")}
    details = {"details": finding["details"]} if "details" in finding else {}
    audience = {"audience": finding["audience"]} if "audience" in finding else {}
    return {"fields": [{**field, **details}], **audience}


def direction(finding: JsonObject) -> str:
    """Which side moved, and how that is known."""
    way = raw(finding, "direction")
    said = DIRECTIONS.get(way, way)
    known = _known(member(finding, "knownFrom"), way)
    return f"{said}, {known}" if known else said


def _known(origin: JsonObject, way: str) -> str:
    source, at, commit = raw(origin, "source"), raw(origin, "at"), raw(origin, "commit")[:12]
    if source == "record":
        return f"by the record of the run of {at}"
    if source == "git":
        return f"by the specs of commit {commit}, which the run of {at} found applied"
    if source == "history" and way == "repository":
        return f"for the tenant has what the specs said at commit {commit} ({at})"
    return "for the specs never said anything else, as far as Git knows here" if source == "history" else ""


def changed(finding: JsonObject, *, names: bool) -> Iterator[str]:
    """Since when and by whom. People are named only where that is asked for."""
    told = member(finding, "changed")
    state, events = raw(told, "state"), objects(told, "by")
    if state == "not-readable":
        yield "who changed it could not be read: the audit log is not readable with these permissions"
    elif state == "not-in-log":
        yield "the audit log has no change of it, or not yet"
    elif state == "not-in-newest":
        yield "the newest events of the audit log have no change of it; older ones were not looked at"
    for event in events[:1]:
        more = number(told, "count") - 1
        first = second(raw(told, "first"))
        since = f", the first on {first}" if first else ""
        others = f"; {plural(more, 'more change', 'more changes')}{since}" if more > 0 else ""
        activity = f" ({raw(event, 'activity')})" if raw(event, "activity") else ""
        yield f"changed on {second(raw(event, 'at'))} by {who(event, names=names)}{activity}{others}"


def second(instant: str) -> str:
    """An instant to the second: nobody reads further."""
    return f"{instant.partition('.')[0].removesuffix('Z')}Z" if instant else ""


def said_once(findings: list[JsonObject], *, names: bool) -> tuple[list[list[str]], list[str]]:
    """Which side moved and who changed it, for each finding of one object; and apart what is the same for all."""
    told = [[direction(each)] * (raw(each, "what") != "refused") + [*changed(each, names=names)] for each in findings]
    common = [line for line in told[0] if all(line in lines for lines in told)]
    return [[line for line in lines if line not in common] for lines in told], common


def who(event: JsonObject, *, names: bool) -> str:
    """The actor of an event. Applications are no people."""
    sort, name = raw(event, "actor"), raw(event, "by")
    if sort == "application" and name:
        return f"the application {name}"
    if sort == "person" and name and names:
        return name
    return _ACTORS.get(sort, "somebody")


def basis(document: JsonObject) -> Iterator[str]:
    """What directions are known from, and why not from more."""
    history = member(document, "history")
    newest = member(history, "newest")
    if newest:
        commit = raw(newest, "commit")[:12]
        yield f"Last run recorded here: {raw(newest, 'at')}{f', commit {commit}' if commit else ''}."
    elif any(raw(each, "what") != "refused" for each in objects(document, "findings")):
        yield "No run of this tenant is recorded here; --record FILE names the record of the last one."
    yield from (f"Not used: {problem}." for problem in map(str, entries(history, "problems")))


def findings(document: JsonObject) -> list[list[JsonObject]]:
    """The findings by address; none where the document is about what specs accepted of them."""
    return [] if "accepted" in document else by_address(document)


def summary(document: JsonObject) -> str:
    """The line that says all in numbers."""
    if "accepted" in document:
        return _accepted(objects(document, "accepted"))
    counts = member(document, "summary")
    waived = number(counts, "waived")
    aside = [f"{plural(waived, 'field')} waived"] if waived else []
    findings = number(counts, "findings")
    if document.get("complete") is not True:
        return f"Not known: part of the tenant could not be read; {'; '.join([plural(findings, 'departure'), *aside])}."
    if not findings and (expired := sum(_is_expired(each) for each in objects(document, "diagnostics"))):
        return f"No departure, but {plural(expired, 'waiver has', 'waivers have')} expired: see the errors above."
    if not findings:
        return f"No drift: the tenant is as specified{''.join(f'; {each}' for each in aside)}."
    severities = member(counts, "severity")
    told = [plural(number(severities, key), word) for key, word in _SEVERITIES if number(severities, key)]
    parts = [", ".join(told), ", ".join(_ways(counts)), *aside]
    where = plural(number(counts, "addresses"), "object")
    return f"Drift: {plural(findings, 'departure')} in {where}; {'; '.join(filter(None, parts))}."


def _is_expired(diagnostic: JsonObject) -> bool:
    return (raw(diagnostic, "rule"), raw(diagnostic, "severity")) == ("WAIVER101", "error")


def _accepted(entries_: list[JsonObject]) -> str:
    states = [raw(each, "state") for each in entries_]
    done, would, refused = (states.count(state) for state in ("accepted", "would-accept", "refused"))
    follow = "spec follows" if done == 1 else "specs follow"
    said = [f"{done} {follow} the tenant"] * bool(done) + [f"{plural(would, 'spec')} would follow"] * bool(would)
    left = states.count("unchanged")
    said += [f"{refused} refused"] * bool(refused) + [f"{left} as specified already"] * bool(left)
    return f"Accepted: {', '.join(said) or 'nothing departs'}."


def _ways(counts: JsonObject) -> Iterator[str]:
    ways = member(counts, "direction")
    words = {"tenant": "tenant ahead", "repository": "repository ahead", "both": "both moved", "unknown": "not known"}
    yield from (f"{word} {number(ways, way)}" for way, word in words.items() if number(ways, way))


def what_to_do(document: JsonObject) -> Iterator[str]:
    """The ways on, where there is anything to be done."""
    counts = member(member(document, "summary"), "what")
    if "accepted" in document:
        if any(raw(each, "state") == "accepted" for each in objects(document, "accepted")):
            yield "Look at the difference, and commit it; the tenant was not changed."
        return
    tenant = f"--tenant {quote(raw(member(document, 'tenant'), 'name'))}"
    departing = [*dict.fromkeys(raw(each, "address") for each in objects(document, "findings") if raw(each, "path"))]
    if number(counts, "field") or number(counts, "missing"):
        one = "; for one object alone with --only ADDRESS" if len(by_address(document)) > 1 else ""
        yield f"To have the tenant follow the specs: reconciler apply {tenant}{one}."
    if departing:
        address = departing[0] if len(departing) == 1 else "ADDRESS"
        yield f"To have a spec follow the tenant: reconciler drift {tenant} --accept {address}."
    if number(counts, "orphaned"):
        yield "Of what has no spec: reconciler import writes one, release lets go of it, plan --prune would delete it."


def told_findings(document: JsonObject) -> list[JsonObject]:
    """The diagnostics that concern drift: errors, and what is said of waivers and readings. `plan` tells the rest.

    What would refuse an `apply` (GUARD) is nothing to whoever has specs follow the tenant.
    """
    beside = ("GUARD",) if "accepted" in document else ()
    return [
        each
        for each in objects(document, "diagnostics")
        if (raw(each, "severity") == "error" and not raw(each, "rule").startswith(beside))
        or raw(each, "rule").startswith(("WAIVER", "READ"))
    ]
