"""One decided change and what apply needs beside it. Made by `decide` and `endings`, read by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import unordered_digest
from .diagnostics import Diagnostic
from .kind import Comparison, Kind, Subject
from .live import Live
from .model import Address
from .plan import Change
from .spec.load import Desired

VOLATILE = frozenset({"createdDateTime", "lastModifiedDateTime", "version", "isAssigned"})
"""What the service changes by itself, or also when nothing was changed: no sign of somebody else's edit."""
REFUSED = "refused: see the errors"


@dataclass(slots=True)
class Intent:
    """What apply needs beside the plan to carry out and verify one change. Never saved: it is planned anew."""

    kind: Kind
    subject: Subject
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of one address. `waits_for`: addresses whose first part has to be done before."""

    change: Change
    intent: Intent | None = None
    problems: Sequence[Diagnostic] = ()
    waits_for: tuple[Address, ...] = ()


def name_of(desired: Desired, live: Live | None) -> str | None:
    name = desired.spec.get("displayName")
    return str(name) if name else (live.display_name if live else None)


def fingerprint(live: Live) -> str:
    """A digest of one live object: equal while nobody changed anything that counts."""
    body = {key: value for key, value in live.body.items() if key not in VOLATILE}
    return unordered_digest([live.id, [body], [*live.assignments]])
