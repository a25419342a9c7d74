"""The document of `drift` (`schemas/v1/drift.json`): `--format json` prints it, and every other format shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import __version__
from ..audited import AuditEvent, moment
from ..canonical import digest
from ..diagnostics import Severity
from ..model import ABSENT, JsonObject
from ..plan import Plan, instant
from ..records import has_masked, masked
from .findings import is_asked
from .model import Direction, Finding, Log, Origin, What

FORMAT_VERSION = 1
NEWEST = 5
"""Events of one finding that are listed; how many there are is told."""


@dataclass(frozen=True, slots=True)
class History:
    """What the directions rest on."""

    newest: Origin | None = None
    """The run that was recorded last; None where there is no record of this tenant."""
    problems: tuple[str, ...] = ()
    """Why records or earlier specs could not be used, in sentences."""

    def to_json(self) -> JsonObject:
        return {"newest": self.newest.to_json() if self.newest else None, "problems": [*self.problems]}


def document(
    made: Plan, findings: Sequence[Finding], *, history: History, log: Log, accepted: Sequence[JsonObject] | None = None
) -> JsonObject:
    """The whole document, sealed by a digest. `accepted` is there where specs were to follow the tenant."""
    plan = made.to_json()
    shown: JsonObject = {
        "formatVersion": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": __version__},
        "createdAt": instant(made.created_at),
        "tenant": plan["tenant"],
        "owner": made.owner,
        "specDigest": made.spec_digest,
        "complete": made.complete,
        "plan": {"digest": plan["digest"], "summary": plan["summary"]},
        "history": history.to_json(),
        "audit": log.to_json(),
        "summary": _summary(made, findings),
        "findings": [_shown(finding, log) for finding in findings],
        "waived": [*made.waived],
        "diagnostics": plan["diagnostics"],
    }
    if accepted is not None:
        shown["accepted"] = [*accepted]
    return {**shown, "digest": digest(shown)}


def _summary(made: Plan, findings: Sequence[Finding]) -> JsonObject:
    """Numbers: of all findings, by severity, by direction, and by what departs."""
    return {
        "findings": len(findings),
        "addresses": len({each.address for each in findings}),
        "severity": {word: sum(each.severity == word for each in findings) for word in Severity},
        "direction": {way: sum(each.leaning.direction is way for each in findings) for way in Direction},
        "what": {what: sum(each.what is what for each in findings) for what in What},
        "waived": sum(each.get("rule") is None for each in made.waived),
    }


def _shown(finding: Finding, log: Log) -> JsonObject:
    leaning, place = finding.leaning, finding.place
    shown: JsonObject = {
        "what": str(finding.what),
        "address": str(finding.address),
        "displayName": finding.display_name,
        "liveId": finding.live_id,
        "path": finding.path,
        "direction": str(leaning.direction),
        "severity": str(finding.severity),
        "because": finding.because,
        "file": place.file if place and place.file else None,
        "line": place.line if place and place.file else None,
        "knownFrom": leaning.origin.to_json() if leaning.origin else None,
        "changed": _changed(finding, log),
    }
    hidden = False
    if finding.path is not None:
        sides = {"specified": finding.specified, "live": finding.live}
        shown |= masked(sides)
        hidden = has_masked(masked(sides))
        if leaning.applied is not ABSENT:
            shown["applied"] = masked(leaning.applied)
    if finding.details and not hidden:  # steps show values without the keys that tell what they are
        shown["details"] = [detail.to_json() for detail in finding.details]
    if finding.audience:
        shown["audience"] = finding.audience
    return {**shown, "note": finding.note} if finding.note else shown


def _changed(finding: Finding, log: Log) -> JsonObject:
    """Since when, and by whom: what the audit log has of it."""
    events = finding.changes
    state = log.state if is_asked(finding) else "not-asked"
    if state == "read":
        state = "found" if events else "not-in-log" if log.whole else "not-in-newest"
    return {
        "state": state,
        "first": moment(events[-1].at) if events and log.whole else None,
        "last": moment(events[0].at) if events else None,
        "count": len(events),
        "by": [_event(event) for event in events[:NEWEST]],
    }


def _event(event: AuditEvent) -> JsonObject:
    actor = event.actor
    name = actor.name if actor.kind == "person" else actor.application
    return {"at": moment(event.at), "actor": actor.kind, "by": name, "activity": event.activity}
