"""Which run an event of the audit log comes from, if from any. Pure; used by `report` and `evidence`.

An event is a run's where it has the id of one of its requests, in the time of the run; nothing promises that it has
one. Else it may be a run's where it names an object that the run wrote, in the time of the run, by an actor that is
known to be the run's: one that made an event with an id of a request, or the application that the workspace applies
with, acting for itself. A change beside a run must not pass for one of its own, so what cannot be told apart is
`unclear`: also an event with the id of a request at another time, since clients choose that id and records show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from .audited import Actor, AuditEvent, instant
from .model import JsonObject

SLACK = timedelta(minutes=2)
"""How far the clocks of the service and of the machine that applied may be apart."""

Verdict = Literal["request", "window", "unclear", "outside", "unnamed"]
_Key: TypeAlias = tuple[str | None, ...]
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Between these are all runs, and times may be added to theirs: a record may say any."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a run could have caused: when, on which objects, with which requests. Ids are in lower case."""

    digest: str
    begins: datetime
    ends: datetime
    ids: frozenset[str]
    requests: frozenset[str]

    def lasted_at(self, at: datetime) -> bool:
        return self.begins - SLACK <= at <= self.ends + SLACK

    def may_have(self, event: AuditEvent) -> bool:
        return self.lasted_at(event.at) and bool(event.ids & self.ids)


@dataclass(frozen=True, slots=True)
class Attributed:
    """An event with where it comes from. `run` is the digest of the record; of what is unclear, the likely one."""

    event: AuditEvent
    verdict: Verdict
    run: str | None = None


def window(record: JsonObject) -> Window:
    """What the run of a record could have caused. One that was cut off is over when its record was written last."""
    results: Any = record["results"]
    begins = _within(instant(record["startedAt"]))
    lasted: Any = record.get("duration") or 0
    longest = (_LATEST - begins).total_seconds()
    ends = _within(instant(record["finishedAt"]) or begins + timedelta(seconds=min(lasted, longest)))
    sent = [request for result in results for request in result["requests"]]
    requests = {str(each[key]).casefold() for each in sent for key in ("clientRequestId", "requestId") if each[key]}
    return Window(str(record["digest"]), begins, max(begins, ends), frozenset(written(record)), frozenset(requests))


def _within(at: datetime | None) -> datetime:
    assert at is not None, "records are read with instants only"
    return min(max(at, _EARLIEST), _LATEST)


def written(record: JsonObject) -> set[str]:
    """The ids of the objects that a run wrote, or may have written, in lower case."""
    results: Any = record["results"]
    return {each for result in results if result["requests"] for each in ids_of(result)}


def ids_of(result: Any) -> Iterator[str]:
    """The ids under which the object of a result is or was known; those of an order, where it is one."""
    for state in (result.get("before"), result.get("after")):
        if isinstance(state, dict):
            rungs = state.get("ladder") or [state]
            yield from (str(each["id"]).casefold() for each in rungs if each.get("id"))
    if result["liveId"]:
        yield str(result["liveId"]).casefold()


def attributed(
    events: Iterable[AuditEvent], windows: Sequence[Window], managed: Collection[str], applications: Collection[str]
) -> list[Attributed]:
    """The events that concern managed objects or runs, or that name no object so that nobody can tell.

    `managed` are ids of objects, `applications` those of the applications that the workspace applies with; both in
    lower case.
    """
    listed, held = list(events), frozenset(managed)
    by_request = {each: window for window in windows for each in window.requests}
    ours = _actors(listed, by_request)
    found: list[Attributed] = []
    for event in listed:
        if named := by_request.get(event.correlation or ""):
            found.append(Attributed(event, "request" if named.lasted_at(event.at) else "unclear", named.digest))
        elif not event.ids:
            found.append(Attributed(event, "unnamed"))
        elif (candidates := [w for w in windows if w.may_have(event)]) or event.ids & held:
            found.append(_weighed(event, candidates, ours, applications))
    return found


def _actors(events: Iterable[AuditEvent], by_request: Mapping[str, Window]) -> dict[str, set[_Key]]:
    """By run the actors of its requests, where the log names them."""
    found: dict[str, set[_Key]] = {}
    for event in events:
        named = by_request.get(event.correlation or "")
        if named and named.lasted_at(event.at) and event.actor.kind != "unknown":
            found.setdefault(named.digest, set()).add(_key(event.actor))
    return found


def _weighed(
    event: AuditEvent, candidates: Sequence[Window], ours: Mapping[str, set[_Key]], applications: Collection[str]
) -> Attributed:
    if not candidates:
        return Attributed(event, "outside")
    run, actor = min(candidates, key=lambda w: abs(w.begins - event.at)).digest, event.actor
    through_ours = actor.application_id is not None and actor.application_id in applications
    if any(_key(actor) in keys for keys in ours.values()) or (through_ours and actor.kind == "application"):
        return Attributed(event, "window", run)
    if actor.kind == "unknown" or through_ours:
        return Attributed(event, "unclear", run)
    known = applications or any(each.digest in ours for each in candidates)
    return Attributed(event, "outside") if known else Attributed(event, "unclear", run)


def _key(actor: Actor) -> _Key:
    return (actor.application_id, actor.application, actor.name, actor.user)
