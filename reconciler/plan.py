"""The plan: a value, made by pure functions from desired and live state, and read by everything that follows.

What is rendered, saved, checked by guards and applied is this one value. Planning sends nothing and reads no clock:
the instant is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from . import __version__
from .audience import Affected
from .canonical import digest
from .diagnostics import Diagnostic, has_errors
from .diff import FieldChange
from .kind import NO_CONSENT, Consent, Operation
from .model import ABSENT, Address, Json, JsonObject
from .order import Part

FORMAT_VERSION = 1
EXPIRY = timedelta(hours=24)


class Action(StrEnum):
    """What a change does to its object."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    """An operation in its place: `number` counts through the whole plan, in the order of execution."""

    number: int
    operation: Operation
    needs: frozenset[Part] = frozenset()
    """Parts of other changes that must have succeeded."""

    def to_json(self) -> JsonObject:
        shown: JsonObject = {"step": self.number, "method": self.operation.method, "path": self.operation.path}
        if self.operation.body is not ABSENT:
            shown["body"] = self.operation.body
        return shown


@dataclass(frozen=True, slots=True)
class Change:
    """Everything about one address. `operations` are what is expected to be sent, in order."""

    address: Address
    action: Action
    reason: str
    live_id: str | None = None
    display_name: str | None = None
    wave: int = 0
    depends_on: tuple[Address, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    steps: tuple[Step, ...] = ()
    fingerprint: str | None = None
    adopts: bool = False
    refused: bool = False
    audience: str | None = None
    may_need: int = 0
    ladder: JsonObject | None = None
    replaces: Address | None = None
    """For the old object of a replacement: the address whose new object takes its place."""

    def to_json(self) -> JsonObject:
        shown: JsonObject = {
            "address": str(self.address),
            "kind": self.address.kind,
            "name": self.address.name,
            "displayName": self.display_name,
            "action": str(self.action),
            "reason": self.reason,
            "liveId": self.live_id,
            "wave": self.wave,
            "dependsOn": [str(address) for address in self.depends_on],
            "fields": [change.to_json() for change in self.fields],
            "operations": [step.to_json() for step in self.steps],
            "fingerprint": self.fingerprint,
        }
        if self.adopts:
            shown["adopts"] = True
        if self.refused:
            shown["refused"] = True
        if self.audience:
            shown["audience"] = self.audience
        if self.may_need:
            shown["mayNeed"] = f"up to {self.may_need} more setPriority call{'s' if self.may_need > 1 else ''}"
        if self.ladder:
            shown["ladder"] = self.ladder
        if self.replaces:
            shown["replaces"] = str(self.replaces)
        return shown


@dataclass(frozen=True, slots=True)
class TenantRef:
    """The tenant that a plan is for. `graph_url` is `emulator` for the embedded Graph."""

    name: str
    tenant_id: str | None
    graph_url: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one tenant, and why."""

    tenant: TenantRef
    owner: str
    created_at: datetime
    spec_digest: str
    changes: tuple[Change, ...]
    complete: bool
    orphaned: tuple[JsonObject, ...] = ()
    unmanaged: tuple[JsonObject, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    expires_after: timedelta = EXPIRY
    consent: Consent = NO_CONSENT
    people: JsonObject | None = None
    """Who of the chain's people gain, lose or lack what (`chain.report`); None where there is nothing to tell."""
    coverage: JsonObject | None = None
    """Whom each part of the chain reaches (`chain.matrix`); None where no spec has a part in it."""
    affected: Affected | None = None
    """Whom it affects; None where nobody asked."""
    source: JsonObject | None = None
    """Where it comes from, if not from specs: `record`, the digest of the run that it goes back to, and its `path`."""
    rests_on: tuple[JsonObject, ...] = ()
    """What would make it another plan if it changed (`basis`)."""
    waived: tuple[JsonObject, ...] = ()
    """Fields and findings that waivers tolerate: none of the fields is in any change."""
    switched_off: tuple[JsonObject, ...] = ()
    """Rules that the workspace switches off, with the reason."""
    provided: tuple[JsonObject, ...] = ()
    """Parts of the chain that others provide in this tenant: by whom, and why."""

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.NO_OP)

    @property
    def blocked(self) -> bool:
        """Whether apply refuses the plan as it is."""
        return not self.complete or has_errors(self.diagnostics) or any(change.refused for change in self.changes)

    def steps(self) -> list[tuple[Change, Step]]:
        """All operations of all changes, in the order of execution."""
        return sorted(((c, s) for c in self.changes for s in c.steps), key=lambda pair: pair[1].number)

    def summary(self) -> JsonObject:
        """The counts that people look at first."""
        counts = {action: sum(c.action is action for c in self.changes) for action in Action}
        added, removed = assignment_counts(self.changes)
        return {
            "create": counts[Action.CREATE],
            "update": counts[Action.UPDATE],
            "replace": counts[Action.REPLACE],
            "delete": counts[Action.DELETE],
            "noOp": counts[Action.NO_OP],
            "adopt": sum(c.adopts for c in self.changes),
            "refused": sum(c.refused for c in self.changes),
            "assignmentsAdded": added,
            "assignmentsRemoved": removed,
            **({"affectedPeople": self.affected.count} if self.affected else {}),
        }

    def to_json(self) -> JsonObject:
        """The document of `plan --format json` and of plan files, with its digest."""
        document: JsonObject = {
            "formatVersion": FORMAT_VERSION,
            "tool": {"name": "reconciler", "version": __version__},
            "createdAt": instant(self.created_at),
            "expiresAt": instant(self.created_at + self.expires_after),
            "tenant": {"name": self.tenant.name, "tenantId": self.tenant.tenant_id, "graphUrl": self.tenant.graph_url},
            "owner": self.owner,
            "specDigest": self.spec_digest,
            "complete": self.complete,
            "summary": self.summary(),
            "changes": [change.to_json() for change in self.changes],
            "restsOn": list(self.rests_on),
            "orphaned": list(self.orphaned),
            "unmanaged": list(self.unmanaged),
            "diagnostics": [d.to_json() for d in self.diagnostics],
        }
        for name, listed in (("waived", self.waived), ("switchedOff", self.switched_off), ("provided", self.provided)):
            if listed:
                document[name] = list(listed)
        if self.people:
            document["people"] = self.people
        if self.coverage:
            document["coverage"] = self.coverage
        if consent := self.consent.to_json():
            document["consent"] = consent
        if self.source:
            document["source"] = self.source
        return {**document, "digest": digest(document)}


def instant(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def assignment_counts(changes: Iterable[Change]) -> tuple[int, int]:
    """Targets gained and lost over all changes."""
    added = removed = 0
    for change in changes:
        for each in change.fields:
            if each.path == "/assignments" and change.action is not Action.NO_OP:
                before, after = targets_shown(each.before), targets_shown(each.after)
                added += len(after - before)
                removed += len(before - after)
    return added, removed


def targets_shown(assignments: Json) -> set[str]:
    """The targets of an `/assignments` value as comparable texts, without their settings and filters."""
    found: set[str] = set()
    for side, entries in (assignments if isinstance(assignments, dict) else {}).items():
        for entry in entries if isinstance(entries, list) else ():
            whole = entry if isinstance(entry, dict) else {"all": str(entry).removeprefix("all").lower()}
            found.add(f"{side}:{ {k: v for k, v in whole.items() if k not in ('settings', 'filter')} }")
    return found
