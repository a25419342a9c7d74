"""The sentences of a report, the same in every format. Texts that come from elsewhere are made safe here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..model import JsonObject
from .drift_words import second
from .members import member, number, objects, raw, text, texts
from .style import plural

STATES: Final[Mapping[str, str]] = {
    "as-specified": "as specified",
    "waived": "as specified but for what a waiver tolerates",
    "differs": "differs from its spec",
    "not-there": "is not in the tenant",
    "not-ours-yet": "is to be taken over, and nobody's until then",
    "refused": "is refused: see the findings",
}
"""How an object compares with its spec."""
EXCEPTION_STATES: Final[Mapping[str, str]] = {
    "holds": "holds",
    "expires-soon": "expires soon",
    "expired": "expired",
    "unused": "holds, and there is nothing that it excuses",
}
PARTS: Final[Mapping[str, str]] = {
    "sso-policy": "SSO policy",
    "authenticator": "Authenticator",
    "first-sign-in-app": "first sign-in app",
    "web-clip": "web clip",
    "compliance": "compliance policy",
}
"""The parts of the chain as people call them."""
MATCHES: Final[Mapping[str, str]] = {
    "outside": "made outside of all runs",
    "unclear": "it may be a run's own; whether it is cannot be told",
    "unnamed": "the event names no object",
}
BREAKS: Final[Mapping[str, str]] = {
    "missing": "the record before {record} is not there: {names}",
    "began-anew": "{record} names no record before it, and is not the first",
    "forked": "two records follow {names}: one of them is {record}",
}


def counts(document: JsonObject) -> str:
    """The first sentence: what there is, by number."""
    summary = member(document, "summary")
    held, right = number(summary, "managed"), number(summary, "asSpecified")
    waived, expired = number(summary, "waived"), number(summary, "expired")
    parts = [
        f"{plural(held, 'object')} managed, {right} as specified" + (f", {waived} but for waivers" if waived else ""),
        f"{number(summary, 'unmanaged')} unmanaged",
        f"{number(summary, 'orphaned')} orphaned",
        plural(number(summary, "exceptions"), "exception") + (f" ({expired} expired)" if expired else ""),
        f"{plural(number(summary, 'errors'), 'error')} and {plural(number(summary, 'warnings'), 'warning')}",
        plural(number(summary, "runs"), "run") + " on record",
    ]
    return "; ".join(parts) + "."


def departing(document: JsonObject) -> Iterator[JsonObject]:
    """Objects that are not as their specs say. What waivers tolerate stands among the exceptions."""
    return (each for each in objects(document, "managed") if raw(each, "state") not in ("as-specified", "waived"))


def exception(entry: JsonObject) -> str:
    """`Waiver/vip of JitSsoPolicy/ios: the value of /appBundleIds, until 2026-12-31, CHG-1 (endpoint team); holds`."""
    name, about = text(entry, "name"), text(entry, "about")
    whose = f" of {about}" if raw(entry, "sort") == "waiver" else ""
    owner = f" ({text(entry, 'owner')})" if raw(entry, "owner") else ""
    until = f", until {text(entry, 'expires')}" if raw(entry, "expires") else ""
    state = EXCEPTION_STATES.get(raw(entry, "state"), "")
    end = f"; {state}" if raw(entry, "sort") == "waiver" else ""
    what = f"{name} {text(entry, 'what')}" if not whose else f"{name}{whose}: {text(entry, 'what')}"
    reason = f": {text(entry, 'reason')}" if raw(entry, "reason") else ""
    return f"{what}{until}{reason}{owner}{end}"


def coverage_lines(document: JsonObject) -> Iterator[str]:
    """A line for each profile, in their order: how many get it, and what they lack."""
    coverage = member(document, "coverage")
    for entry in objects(coverage, "profiles"):
        name = text(member(entry, "profile"), "displayName")
        lacking = [f"{people(member(part, 'missing'))} without {part_name(part)}" for part in lacks(entry)]
        end = f"; {', '.join(lacking)}" if lacking else ""
        yield f'Rank {number(entry, "rank")}, "{name}": {people(member(entry, "wins"))} get it{end}'
    if coverage and (without := member(coverage, "withoutProfile")).get("atMost") != 0:
        yield f"{people(without)} get no profile"


def lacks(entry: JsonObject) -> Iterator[JsonObject]:
    """The parts of the chain that those who get a profile need and do not all have."""
    return (p for p in objects(entry, "parts") if p.get("needed") and member(p, "missing").get("atMost") != 0)


def part_name(part: JsonObject) -> str:
    return PARTS.get(raw(part, "part"), text(part, "part"))


def people(value: JsonObject) -> str:
    """`3 people`, `2 to 5 people`, `at least 2 people`."""
    least, most = number(value, "atLeast"), value.get("atMost")
    if most is None:
        return f"at least {least} people" if least else "an unknown number of people"
    if most == least:
        return f"{least} people" if least != 1 else "1 person"
    return f"{least} to {most} people"


def break_lines(document: JsonObject) -> Iterator[str]:
    """Where runs do not follow each other."""
    for each in objects(document, "breaks"):
        if template := BREAKS.get(raw(each, "why")):
            yield template.format(record=short(text(each, "record")), names=short(text(each, "names")))


def short(digest: str) -> str:
    """A digest as people compare it."""
    return digest[:19]


def event_counts(events: JsonObject) -> str:
    """What became of the events, by number; or why nobody knows."""
    if raw(events, "why"):
        return f"Not known: {text(events, 'why')}."
    summary = member(events, "summary")
    ours = number(summary, "request") + number(summary, "window")
    parts = [f"{plural(ours, 'event')} of runs", f"{number(summary, 'outside')} made outside"]
    parts += [f"{count} unclear" for count in [number(summary, "unclear")] if count]
    parts += [f"{count} without an object" for count in [number(summary, "unnamed")] if count]
    return "; ".join(parts) + "."


def event(entry: JsonObject) -> str:
    """When, what, on which object, by whom."""
    touched = ", ".join(f'"{text(each, "name")}" {text(each, "id")}' for each in objects(entry, "objects"))
    match = MATCHES.get(raw(entry, "match"), "")
    failed = "" if raw(entry, "result") in ("", "Success") else f" ({text(entry, 'result')})"
    return f"{moment(entry)} {text(entry, 'activity')}{failed}: {touched or 'no object'}; by {actor(entry)}; {match}"


def moment(entry: JsonObject) -> str:
    """When an event was, to the second."""
    return second(text(entry, "at"))


def actor(entry: JsonObject) -> str:
    """A person or an application. A person is named only where the document does."""
    who = member(entry, "actor")
    through = f"through {text(who, 'application')}" if raw(who, "application") else ""
    kind = raw(who, "kind")
    if kind == "person":
        return " ".join(filter(None, (text(who, "name") or "a person", through)))
    if kind == "application":
        return f"the application {text(who, 'application') or text(who, 'applicationId')}"
    return "somebody whom the log does not name"


def properties(entry: JsonObject) -> str:
    """The names of the properties that an event says were changed."""
    return ", ".join(name for each in objects(entry, "objects") for name in texts(each, "properties"))


def standing(document: JsonObject) -> Iterator[str]:
    """What holds back every run: limits and freeze."""
    yield f"Limits of a run: {limits(document)}."
    if frozen := freeze(document):
        yield f"Freeze: {frozen}."


def limits(document: JsonObject) -> str:
    """What one run may do at most, by the names of the workspace file."""
    shown = member(document, "limits").items()
    return ", ".join(f"{name} {'unlimited' if value is None else value}" for name, value in shown)


def freeze(document: JsonObject) -> str:
    """Until when apply refuses; empty where it never did."""
    found = member(document, "freeze")
    why = f": {text(found, 'reason')}" if raw(found, "reason") else ""
    over = "" if found.get("active") else ", which is over"
    return f"until {text(found, 'until')}{over}{why}" if found else ""


def period(events: JsonObject) -> Iterator[str]:
    """What the audit log of a period says in all."""
    yield f"From {second(text(events, 'since'))} to {second(text(events, 'until'))}: {event_counts(events)}"
    if silent := len(texts(events, "silent")):
        yield f"Of {plural(silent, 'run')} that wrote in this time the log has no event."
    if events.get("fresh"):
        yield "Events of the last hour may not show yet."


def run(entry: JsonObject) -> Iterator[str]:
    """When it began, how it ended, for which change, from which commit."""
    yield text(entry, "startedAt")
    yield text(entry, "outcome")
    done = member(entry, "summary")
    yield ", ".join(f"{count} {word}" for word, count in done.items() if count) or "nothing done"
    if change := text(entry, "changeRef"):
        yield change
    if commit := text(entry, "commit"):
        yield f"commit {commit[:12]}"
    if who := text(entry, "actor"):
        yield f"by {who}"
    if raw(entry, "finishedAt") == "":
        yield "never completed"
