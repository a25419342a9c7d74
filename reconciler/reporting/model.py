"""What a report is made of: everything was read before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..attributed import Attributed
from ..model import JsonObject
from ..waivers import Waiver
from ..workspace import Tenant, Workspace


@dataclass(frozen=True, slots=True)
class Period:
    """The audit log of a period, matched with runs; `why` says that it could not be read, or not whole."""

    since: datetime
    until: datetime
    events: tuple[Attributed, ...] = ()
    why: str | None = None
    fresh: bool = False
    """Whether its last events may not show yet."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report tells of. Documents are as `schemas/v1` has them."""

    plan: JsonObject
    answer: JsonObject | None
    """What `explain` says of everybody; None where the tenant could not be read to its end."""
    records: tuple[JsonObject, ...]
    """Of the tenant, in the order of their chain."""
    waivers: tuple[Waiver, ...]
    workspace: Workspace
    tenant: Tenant
    now: datetime
    problems: tuple[str, ...] = ()
    """Why something that belongs into the report is not in it."""
    commit: str | None = None
    dirty: bool | None = None
    period: Period | None = None
    named: bool = False
    """Whether people are named who ran or changed something."""
