"""What a run did: one result per address, as a value. Made by `engine.apply`, rendered and recorded afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .model import ABSENT, Absent, Address, JsonObject
from .plan import Action, instant

FORMAT_VERSION = 1


class Status(StrEnum):
    """How the change of one address ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNVERIFIED = "unverified"
    """Sent and not refused, but not (yet) read back as wanted."""
    AWAITING_APPROVAL = "awaiting-approval"
    """Not carried out yet: another administrator has to approve it (Multi Admin Approval); a later run goes on."""


class Outcome(StrEnum):
    """How the whole run ended."""

    APPLIED = "applied"
    PARTLY_APPLIED = "partly-applied"
    REFUSED = "refused"
    FAILED = "failed"
    NOTHING_TO_DO = "nothing-to-do"
    DRY_RUN = "dry-run"


EXIT_CODES = {
    Outcome.APPLIED: 0,
    Outcome.NOTHING_TO_DO: 0,
    Outcome.DRY_RUN: 0,
    Outcome.FAILED: 1,
    Outcome.REFUSED: 4,
    Outcome.PARTLY_APPLIED: 5,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One write that went out."""

    method: str
    path: str
    status: int | None
    client_request_id: str
    request_id: str | None
    further: bool = False
    """Whether it is one of the further requests that the plan announced as `mayNeed`."""

    def to_json(self) -> JsonObject:
        shown: JsonObject = {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "clientRequestId": self.client_request_id,
            "requestId": self.request_id,
        }
        return {**shown, "further": True} if self.further else shown


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one address. `error` says why it is not `done`."""

    address: Address
    action: Action
    status: Status
    live_id: str | None = None
    requests: tuple[Sent, ...] = ()
    error: str | None = None
    refused: bool = False
    """Not tried because something had changed since the plan: a new plan helps."""
    before: JsonObject | None = None
    """For the record: the live state that the plan was made on (`records`); None where there was no object."""
    after: JsonObject | Absent | None = ABSENT
    """Likewise as it was read last; ABSENT where nothing was written, or where it could not be read."""
    properties: tuple[str, ...] = ()
    """Names of the properties that the change writes, and `assignments`."""
    approval: str | None = None
    """The approval request that waits for another administrator, where it is known."""

    def to_json(self) -> JsonObject:
        approval: JsonObject = {"approval": self.approval} if self.approval else {}
        return {
            "address": str(self.address),
            "action": str(self.action),
            "status": str(self.status),
            "liveId": self.live_id,
            "requests": [sent.to_json() for sent in self.requests],
            "error": self.error,
            **approval,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run."""

    outcome: Outcome
    results: tuple[Result, ...]
    plan_digest: str | None
    """None where the run ended before there was a plan."""
    started_at: datetime
    finished_at: datetime | None
    """None while it goes on, and in the record of a run that was killed."""
    commit: str | None = None
    actor: str | None = None
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome]

    def to_json(self) -> JsonObject:
        """The document of `apply --format json` and of run records."""
        more: JsonObject = {"interrupted": True} if self.interrupted else {}
        counts = {status: sum(r.status is status for r in self.results) for status in Status}
        if not counts[Status.AWAITING_APPROVAL]:
            del counts[Status.AWAITING_APPROVAL]  # few tenants know the word
        return {
            "formatVersion": FORMAT_VERSION,
            "outcome": str(self.outcome),
            "summary": {str(status): count for status, count in counts.items()},
            "results": [result.to_json() for result in self.results],
            "plan": {"digest": self.plan_digest} if self.plan_digest else None,
            "commit": self.commit,
            "actor": self.actor,
            "startedAt": instant(self.started_at),
            "finishedAt": instant(self.finished_at) if self.finished_at else None,
            **more,
        }


def outcome_of(results: Sequence[Result]) -> Outcome:
    """The outcome of a run that was carried out, from its results."""
    if not results:
        return Outcome.NOTHING_TO_DO
    statuses = {result.status for result in results}
    if statuses == {Status.DONE}:
        return Outcome.APPLIED
    if Status.AWAITING_APPROVAL in statuses:
        return Outcome.PARTLY_APPLIED
    if Status.DONE in statuses or Status.UNVERIFIED in statuses or any(result.requests for result in results):
        wrote = any(s.status is not None and s.status < 300 for r in results for s in r.requests)
        if wrote or statuses & {Status.DONE, Status.UNVERIFIED}:
            return Outcome.PARTLY_APPLIED
    return Outcome.REFUSED if any(result.refused for result in results) else Outcome.FAILED
