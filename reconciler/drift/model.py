"""The nouns of drift: which side moved, what was applied last, and one departure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..audited import AuditEvent
from ..diagnostics import Position, Severity
from ..diff import Detail
from ..live import Live
from ..model import ABSENT, Absent, Address, Json, JsonObject
from ..spec.load import Desired


class Direction(StrEnum):
    """Which side has moved away from what was applied last."""

    TENANT = "tenant"
    REPOSITORY = "repository"
    BOTH = "both"
    UNKNOWN = "unknown"
    """Nothing at hand says what was applied last."""

    @classmethod
    def of(cls, *, tenant: bool, repository: bool) -> Direction:
        """By which side moved. Where neither did and both differ, what is known contradicts itself."""
        if tenant:
            return cls.BOTH if repository else cls.TENANT
        return cls.REPOSITORY if repository else cls.UNKNOWN


class What(StrEnum):
    """What departs."""

    FIELD = "field"
    MISSING = "missing"
    """A spec without its object."""
    ORPHANED = "orphaned"
    """An object of ours without a spec."""
    REFUSED = "refused"
    """Whether it departs could not be worked out."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where it is known from what was applied last."""

    source: str
    """`record`: the state that a run left. `git`: the specs at the commit of a run that found it as specified;
    `history`: earlier versions of the specs, none of them known to have been applied.
    """
    at: str | None = None
    """The instant, RFC 3339 in UTC."""
    commit: str | None = None
    record: str | None = None
    """The digest of the run record."""

    def to_json(self) -> JsonObject:
        return {"source": self.source, "at": self.at, "commit": self.commit, "record": self.record}


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run left at an address: an object, an order, or nothing. Secrets are masked."""

    origin: Origin
    live: Live | None = None
    ladder: tuple[tuple[str, str, int], ...] | None = None
    """Of a kind that ranks: id, name and number, the winner first."""
    exact: bool = False
    """Whether the run left it just as the specs of its commit say."""
    desired: Desired | None = None
    """What these said, where they are at hand."""
    superseded: bool = False
    """Whether a newer run found it as specified, by specs that are not known: it may have been another state then."""


@dataclass(frozen=True, slots=True)
class Specified:
    """What the specs said at an address when a run found it so; None: they had no such address then."""

    origin: Origin
    desired: Desired | None
    waived: frozenset[str] = frozenset()
    """Fields that a waiver of that time left as they were."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Earlier versions of a spec, the newest first. Which of them were applied is not known."""

    versions: tuple[tuple[Origin, Desired], ...]
    whole: bool
    """Whether there was none before them."""


Ground = Applied | Specified | Versions
"""What a direction is worked out from."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """The direction of one field, and the value that was applied last, as far as it is known."""

    direction: Direction = Direction.UNKNOWN
    applied: Json | Absent = ABSENT
    origin: Origin | None = None


NOTHING_KNOWN = Leaning()


@dataclass(frozen=True, slots=True)
class Log:
    """What an audit log said of the objects that were asked for."""

    state: str = "not-asked"
    """`read`, `not-readable`, or `not-asked` where nothing had to be."""
    since: str | None = None
    """The instant from which on events were asked for."""
    whole: bool = True
    """Whether all events since then were looked at, or the newest of them only."""
    events: Mapping[str, tuple[AuditEvent, ...]] = field(default_factory=dict)
    """By object id in lower case, the newest first."""

    def to_json(self) -> JsonObject:
        return {"state": self.state, "since": self.since, "whole": self.whole}


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure. `specified` and `live` are in the form in which the kind compares both sides."""

    what: What
    address: Address
    severity: Severity
    because: str
    """Why it has this severity, in a sentence."""
    display_name: str | None = None
    live_id: str | None = None
    path: str | None = None
    """JSON Pointer into `spec`; None where it is about the object as a whole."""
    specified: Json = None
    live: Json = None
    details: tuple[Detail, ...] = ()
    """From specified to live."""
    leaning: Leaning = NOTHING_KNOWN
    place: Position | None = None
    note: str | None = None
    objects: tuple[str, ...] = ()
    """The ids, in lower case, under which an audit log may tell of it."""
    changes: tuple[AuditEvent, ...] = ()
    """Who changed one of these objects since it was applied last, the newest first."""
    audience: str | None = None
    """The audience that the targets come from, for assignments."""
