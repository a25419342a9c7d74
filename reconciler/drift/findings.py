"""What departs: a plan that was made, and what was applied last, to findings. Pure.

A plan that changes nothing has none. Every field that a plan would write is one finding; an object that is not there,
that no spec names, or of which nothing could be worked out is one finding as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..attributed import Window, attributed
from ..audited import AuditEvent, instant
from ..decide import Planned
from ..diagnostics import Severity
from ..diff import FieldChange, field_changes
from ..identity import noted_id
from ..kind import Match, Subject
from ..model import Address, JsonObject
from ..plan import Action, Change
from .direction import Case, leanings, rungs
from .model import NOTHING_KNOWN, Applied, Direction, Finding, Ground, Leaning, Log, Origin, What
from .severity import MISSING, ORPHANED, OTHER, REFUSED, weigh

Grounds = Callable[[Case], Ground | None]
"""What was applied last at the address of a case."""
_SECOND = timedelta(seconds=1)
"""Records tell instants to the second; what ended within it ended by its end."""
Known = Callable[[Address, str], Origin | None]
"""The run that had this object, by its live id, at this address; None where none is known."""


def cases(planned: Planned, ids: Mapping[Address, str] | None = None) -> list[Case]:
    """Every spec that departs and that its kind could compare, in the order of the plan."""
    declared = (c for c in planned.plan.pending if c.replaces is None and c.address in planned.world.desired)
    return [_case(planned, change, ids or {}) for change in declared if change.address in planned.intents]


def _case(planned: Planned, change: Change, ids: Mapping[Address, str]) -> Case:
    """Both sides as they are. Of a replacement apply has another: it makes a new object."""
    intent = planned.intents[change.address]
    live = planned.world.matches.get(change.address, Match()).live
    subject = Subject(intent.subject.desired, live, planned.world)
    kind = planned.kinds[change.address.kind]
    same = intent.subject.live is live
    return Case(kind, subject, intent.comparison if same else kind.compare(subject), ids)


def found_in(planned: Planned, every: Iterable[Case], grounds: Grounds, known_as: Known) -> list[Finding]:
    """All findings: what departs by address, in the order of the plan, then orphans."""
    known = {case.subject.address: case for case in every}
    findings: list[Finding] = []
    for change in planned.plan.changes:
        if case := known.get(change.address):
            findings += _of_case(case, change, grounds)
        elif change.refused:
            findings.append(_refused(planned, change))
    return [*findings, *(_orphan(each, known_as) for each in planned.plan.orphaned)]


def _of_case(case: Case, change: Change, grounds: Grounds) -> list[Finding]:
    ground = grounds(case)
    leaning_of = leanings(case, ground)
    if change.action is Action.CREATE or not case.comparison.found:
        return [_missing(case, change, leaning_of(""))]
    found = {name: case.comparison.found.get(name) for name in case.comparison.changed}
    whole = Finding(
        What.FIELD,
        case.subject.address,
        *OTHER,
        display_name=change.display_name,
        live_id=case.subject.live.id if case.subject.live else None,
        objects=_objects(case, ground),
    )
    return [
        replace(
            whole,
            severity=(weight := weigh(name, each.before, each.after)).severity,
            because=weight.because,
            path=each.path,
            specified=each.before,
            live=each.after,
            details=each.details,
            leaning=leaning_of(name),
            place=case.subject.desired.document.position(("spec", name)),
            audience=change.audience if name == "assignments" else None,
        )
        for name, each in _swapped(case, found)
    ]


def _swapped(case: Case, found: JsonObject) -> Iterator[tuple[str, FieldChange]]:
    """The fields that differ, told from what is specified to what is live."""
    names = case.comparison.changed
    return zip(names, field_changes(case.comparison.wanted, found, names), strict=True)


def _objects(case: Case, ground: Ground | None) -> tuple[str, ...]:
    """The ids, in lower case, of the live objects that the case is about; of an order those that may have moved."""
    live = case.subject.live
    if not case.kind.ranks:
        return (live.id.casefold(),) if live else ()
    now = [each.casefold() for each in rungs(case)]
    if not (isinstance(ground, Applied) and ground.ladder is not None):
        ranked = {a: m for a, m in case.subject.world.matches.items() if a.kind in case.kind.ranks}
        return tuple(sorted({*now, *(case.ids[a] for a, m in ranked.items() if a in case.ids and not m.live)}))
    then = [each.casefold() for each, _, _ in ground.ladder]
    stayed = [each for each in now if each in then] == [each for each in then if each in now]
    return tuple(sorted({*now} ^ {*then} if stayed else {*now, *then}))


def _missing(case: Case, change: Change, leaning: Leaning) -> Finding:
    subject = case.subject
    ids = (case.ids.get(subject.address), noted_id(subject.desired, subject.world))
    was_there = leaning.direction in (Direction.TENANT, Direction.BOTH)
    return Finding(
        What.MISSING,
        subject.address,
        *MISSING,
        display_name=change.display_name,
        leaning=leaning,
        place=subject.desired.document.position(("metadata", "name")),
        note="it was there when it was applied last" if was_there else None,
        objects=tuple(sorted({each for each in ids if each})),
    )


def _refused(planned: Planned, change: Change) -> Finding:
    errors = [d for d in planned.plan.diagnostics if d.address == change.address and d.severity is Severity.ERROR]
    desired = planned.world.desired.get(change.address)
    return Finding(
        What.REFUSED,
        change.address,
        *REFUSED,
        display_name=change.display_name,
        live_id=change.live_id,
        place=desired.document.position(("metadata", "name")) if desired else None,
        note=errors[0].message if errors else change.reason,
    )


def _orphan(orphan: JsonObject, known_as: Known) -> Finding:
    """Its spec is gone from the repository, if a run of ours had it: else somebody may have copied a marker."""
    address, live_id = Address.parse(str(orphan["address"])), str(orphan["liveId"])
    origin = known_as(address, live_id.casefold())
    return Finding(
        What.ORPHANED,
        address,
        *ORPHANED,
        display_name=str(orphan["displayName"]),
        live_id=live_id,
        leaning=Leaning(Direction.REPOSITORY, origin=origin) if origin else NOTHING_KNOWN,
        objects=(live_id.casefold(),),
    )


def with_log(
    findings: Iterable[Finding], log: Log, windows: Sequence[Window], applications: Collection[str] = ()
) -> list[Finding]:
    """The findings with who changed their objects since they were applied last, but for what our own runs did.

    `windows` are those of the runs, `applications` the ids of what applies. Where only the repository moved nobody is
    to be named: what the log has then is no departure of the tenant.
    """
    every = {event for events in log.events.values() for event in events}
    told = attributed(every, windows, log.events.keys(), applications)
    others = {each.event for each in told if each.verdict not in ("request", "window") and not _has_failed(each.event)}
    asked = (replace(each, changes=_changes(each, log, others)) if is_asked(each) else each for each in findings)
    return [_unless_applied_elsewhere(each, applications) for each in asked]


def _has_failed(event: AuditEvent) -> bool:
    """Whether nothing came of it: the log has attempts, too."""
    return event.result.casefold().startswith("fail")


def _unless_applied_elsewhere(finding: Finding, applications: Collection[str]) -> Finding:
    """Without its direction where the application that we apply with wrote the object after the run that it is known
    from: then another run, which is not recorded here, was the last.
    """
    actors = [event.actor for event in finding.changes]
    if not any(actor.kind == "application" and actor.application_id in applications for actor in actors):
        return finding
    note = "a run that is not recorded here wrote it since: name its record with --record"
    return replace(finding, leaning=NOTHING_KNOWN, note=note)


def is_asked(finding: Finding) -> bool:
    """Whether the audit log is asked about a finding."""
    return bool(finding.objects) and finding.leaning.direction is not Direction.REPOSITORY


def _changes(finding: Finding, log: Log, others: Container[AuditEvent]) -> tuple[AuditEvent, ...]:
    ended = run_of(finding)
    every = {event for each in finding.objects for event in log.events.get(each, ())}
    found = [event for event in every if event in others and not (ended and event.at < ended + _SECOND)]
    return tuple(sorted(found, key=lambda event: (event.at, event.id), reverse=True))


def run_of(finding: Finding) -> datetime | None:
    """When the run ended that the direction is known from; None where it is known from something else."""
    origin = finding.leaning.origin
    return instant(origin.at) if origin and origin.source == "record" else None
