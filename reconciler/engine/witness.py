"""Remembers what was read last of every object of a run: the `before` and `after` of run records.

Filled by `verify` and `climb` as they look, so that a record costs no reading of its own; asked by `apply`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from ..intent import Intent
from ..kind import Verb
from ..ladder.model import LadderError
from ..live import Live
from ..model import ABSENT, Absent, JsonObject
from ..plan import Change
from ..records import ladder_state, object_state


@dataclass(slots=True)
class Witness:
    """What the last look since the last write showed: nothing is known of an object that was not looked at since."""

    _objects: dict[str, JsonObject | None] = field(default_factory=dict)
    _ladders: dict[str, JsonObject] = field(default_factory=dict)

    def saw(self, live_id: str, live: Live | None) -> None:
        """An object as it was read; None where it is not there."""
        self._objects[live_id.casefold()] = object_state(live) if live else None

    def saw_ladder(self, kind: str, rungs: Sequence[tuple[str, str, int]]) -> None:
        """The order of the objects that a kind ranks: id, name and number of each."""
        self._ladders[kind] = ladder_state(rungs)

    def wrote(self, kind: str, live_id: str | None) -> None:
        """What was seen of the object, or of the order, holds no longer."""
        self._objects.pop((live_id or "").casefold(), None)
        self._ladders.pop(kind, None)

    def after(self, intent: Intent, live_id: str | None) -> JsonObject | Absent | None:
        """The state as it was read last; ABSENT where it was not read since the last write."""
        if intent.kind.ranks:
            return self._ladders.get(intent.kind.name, ABSENT)
        return self._objects.get((live_id or "").casefold(), ABSENT)


def before(intent: Intent, known: Container[str]) -> JsonObject | None:
    """The state that a change was planned on; None where there was no object.

    `known` are the ids, in lower case, of ranked objects that specs stand for.
    """
    subject = intent.subject
    if not intent.kind.ranks:
        return object_state(subject.live) if subject.live else None
    rungs: list[tuple[str, str, int]] = []
    for live in subject.world.objects(intent.kind.collections):
        try:
            rung = intent.kind.rung(live, known)
        except LadderError:
            return None  # such an order is never written
        if rung:
            rungs.append((rung.id, live.display_name, rung.number))
    return ladder_state(rungs)


_NAMELESS = frozenset({Verb.SET_PRIORITY, Verb.DELETE})


def written(change: Change) -> tuple[str, ...]:
    """The names of the properties that a change writes, and `assignments`."""
    found: set[str] = set()
    for step in change.steps:
        operation = step.operation
        if operation.verb in (Verb.CREATE, Verb.UPDATE):
            found |= (
                {name for name in operation.body if name != "@odata.type"}
                if isinstance(operation.body, dict)
                else set()
            )
        elif operation.verb not in _NAMELESS:
            found.add("assignments")
    return tuple(sorted(found))
