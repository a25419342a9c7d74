"""Departures of every kind, from the cases of the kinds: specs, a tenant that departs, and the same tenant in line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reconciler.decide import Planned
from reconciler.drift.direction import Case, rungs
from reconciler.drift.findings import cases
from reconciler.drift.model import Applied, Origin
from reconciler.kinds import REGISTRY
from reconciler.model import Address
from reconciler.records import masked
from tests.kinds.service import Service
from tests.kinds.test_cases import FILES, filled, planned_for
from tests.kinds.world import specs_of

RUN = Origin("record", "2026-03-01T08:00:00Z", "a" * 40, "sha256:" + "b" * 64)
_NOT_ALONE = {"consent", "previousOwners", "unread"}
"""Members of cases that are about something else than a departure."""


@dataclass(frozen=True)
class Departure:
    """A case of a kind that has something to do."""

    name: str
    case: dict[str, Any]
    planned: Planned

    def cases(self) -> list[Case]:
        """What departs, with the ids that a run would have known."""
        return cases(self.planned)

    def in_line(self) -> Planned | None:
        """The plan once this one has been carried out; None where it cannot be."""
        if self.planned.plan.blocked or not specs_of(self.case["spec"]).valid:
            return None
        service = Service(self.case["live"])
        service.carry_out(self.planned.plan)
        return planned_for(self.case, service.tenant)


@cache
def files() -> tuple[Path, ...]:
    """The cases that expect a change of something that departs."""
    return tuple(file for file in FILES if file.parent.name in REGISTRY and _departs(file))


def _departs(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    return ("action: update" in text or "action: create" in text) and not any(f"\n{m}:" in text for m in _NOT_ALONE)


def departure(file: Path) -> Departure:
    """The departure of a case."""
    case = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    live = {key: [filled(each) for each in objects] for key, objects in (case.get("live") or {}).items()}
    case = {**case, "live": live}
    return Departure(f"{file.parent.name}/{file.stem}", case, planned_for(case, live))


@cache
def departures(kind: str) -> tuple[Departure, ...]:
    """All of one kind."""
    return tuple(departure(file) for file in files() if file.parent.name == kind)


def left_by(planned: Planned, address: Address) -> Applied:
    """What a run leaves in a record, had it just ended on this world."""
    intent, match = planned.intents[address], planned.world.matches.get(address)
    if intent.kind.ranks:
        names = {live.id: live.display_name for live in planned.world.objects(intent.kind.collections)}
        ladder = rungs(Case(intent.kind, intent.subject, intent.comparison))
        return Applied(RUN, ladder=tuple((i, names[i], number) for number, i in enumerate(ladder, start=1)))
    live = match.live if match else None
    if live is None:
        return Applied(RUN)
    return Applied(
        RUN, replace(live, body=masked(live.body), assignments=tuple(masked(each) for each in live.assignments))
    )


def ids(planned: Planned) -> dict[Address, str]:
    """The ids of the objects that specs stand for, in lower case."""
    return {a: match.live.id.casefold() for a, match in planned.world.matches.items() if match.live}
