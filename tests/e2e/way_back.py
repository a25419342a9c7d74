"""From a run to its record and back: what `apply` and `rollback` do, on a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler import records, rollback
from reconciler.basis import said
from reconciler.decide import Planned, plan
from reconciler.engine.people import has_choice, read_people, with_crowds
from reconciler.engine.refresh import refresh
from reconciler.graph.client import Graph
from reconciler.kinds import REGISTRY
from reconciler.model import JsonObject
from reconciler.past import read_past
from reconciler.recorded import settled
from reconciler.run import Run

from .harness import OWNER, TENANT, Ran, Rehearsal
from .scenario import APPS, CONFIGURATIONS, PROFILES


def recorded(stage: Rehearsal, planned: Planned, ran: Ran, *, finished: bool = True) -> JsonObject:
    """The record of a run."""
    now = stage.time.now().replace(microsecond=0)
    run = Run(ran.outcome, ran.results, str(planned.plan.to_json()["digest"]), now, now if finished else None)
    record = records.document(run, records.Circumstances(TENANT, OWNER), duration=1.0)
    whole, problems = records.from_bytes(records.to_bytes(record))
    assert whole == record, problems
    return record


def plan_back(stage: Rehearsal, record: JsonObject) -> Planned:
    """The plan back to what the run of a record found."""
    past = read_past(record, "run.json", REGISTRY)
    assert rollback.check(past, tenant=TENANT, owner=OWNER) == []
    kinds, specs = rollback.restoring_kinds(past, REGISTRY), rollback.specs(past)

    async def planned(graph: Graph) -> Planned:
        world = await refresh(graph, kinds, specs.desired, owner=OWNER, tenant=TENANT.name)
        settings: Any = {"tenant": TENANT, "now": stage.time.now().replace(microsecond=0)}
        made = plan(kinds, specs, world, **settings)
        if has_choice(made):
            made = plan(kinds, specs, with_crowds(made, await read_people(graph, made)), **settings)
        return rollback.as_rollback(made, past)

    found: Planned = stage._run(planned)
    return found


def stopped_after(writes: int | None, stage: Rehearsal, planned: Planned) -> Ran:
    """Apply, but for what comes after so many writes."""
    sent: list[str] = []

    def note(event: str, *_: str) -> None:
        if event == "sent":
            sent.append(event)

    return stage.apply(planned, stop=lambda: writes is not None and len(sent) >= writes, on_event=note)


VOLATILE = frozenset(
    {"id", "createdDateTime", "lastModifiedDateTime", "version", "isAssigned", "priority", "assignments"}
)


def content(tenant: Mapping[str, Any], *, ranks: bool = True) -> list[Any]:
    """What a tenant holds, without what the service changes by itself, ids, and numbers that only say a rank.

    An empty text and none are the same (`settled`), and so are a switch that is off and one that nobody set: what Graph
    makes of null in a PATCH is not documented, so `""` and false are sent where a run found null.
    """
    numbers = sorted(item.get("priority", 0) for item in tenant.get(PROFILES, ()))
    return sorted(
        (
            [
                collection,
                numbers.index(item["priority"]) if ranks and collection == PROFILES else None,
                settled({k: None if v is False else v for k, v in item.items() if k not in VOLATILE}),
                sorted((said(a) for a in item.get("assignments", ())), key=str),
            ]
            for collection in (CONFIGURATIONS, PROFILES, APPS)
            for item in tenant.get(collection, ())
        ),
        key=str,
    )
