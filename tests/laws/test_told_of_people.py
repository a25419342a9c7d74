"""What a plan tells of people is what the tenant holds once it is applied: random specs, tenants and memberships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from reconciler.cli import reaching
from reconciler.decide import Planned
from reconciler.diagnostics import Diagnostic
from reconciler.engine.chain import survey
from reconciler.engine.people import read_people
from reconciler.graph.client import Graph
from reconciler.run import Outcome
from reconciler.workspace import Tenant as TenantOfWorkspace
from reconciler.workspace import load_workspace, tenant
from tests.e2e.command import WORKSPACE
from tests.soak import specs, tenants
from tests.soak.meets import Tenant
from tests.soak.specs import GROUPS
from tests.soak.stage import Stage, _address

from . import coverage
from .chain import Has, Person, declared, lacking, needs_registration, twice

SEEDS = range(7000, 7030)
APPLIED = 12
"""So many of these plans have to be such as nothing blocks."""
DECIDED = 150
"""So many cells of their coverage have to say something."""


def people_of(rng: Random) -> list[Person]:
    return [
        Person(f"9aa00000-1111-4222-8333-{number:012d}", frozenset(g for g in GROUPS.values() if rng.random() < 0.35))
        for number in range(rng.randint(1, 6))
    ]


def peopled(seed: Any, people: list[Person]) -> Any:
    """The tenant with these people in its groups."""
    collections = seed["collections"]
    collections["users"] = [{"id": p.key, "userPrincipalName": f"{p.key}@contoso.example"} for p in people]
    for group in collections["groups"]:
        of_it = [p.key for p in people if group["id"] in p.groups]
        group["members"] = [{"@odata.type": "#microsoft.graph.user", "id": key} for key in of_it]
    return seed


def _tenant() -> TenantOfWorkspace:
    """A tenant for which the workspace says nothing of who provides what."""
    workspace, _ = load_workspace(Path("reconciler.yaml"), WORKSPACE.encode())
    assert workspace
    found = tenant(workspace, None)
    assert isinstance(found, TenantOfWorkspace)
    return found


def told(stage: Stage, planned: Planned) -> tuple[Any, Any, list[Diagnostic]]:
    """The people and the coverage of the plan's document, and the findings about them."""

    async def read_(graph: Graph) -> tuple[Planned, list[Diagnostic]]:
        surveyed = await survey(graph, planned, frozenset())
        census = await read_people(graph, planned, also=surveyed.targets, names=surveyed.names)
        return reaching.told(planned, surveyed, census, _tenant())

    found, findings = stage.rehearsal._run(read_)
    document = found.plan.to_json()
    return document.get("people") or {"gaps": [], "meetings": []}, document.get("coverage"), findings


def test_the_gaps_of_a_plan_are_those_of_the_tenant_after_it() -> None:
    applied = decided = 0
    for seed in SEEDS:
        rng = Random(seed)
        people = people_of(rng)
        with Stage(specs.documents(rng), peopled(tenants.seed(rng), people)) as stage:
            planned = stage.plan()
            if planned.plan.blocked:
                continue
            said, covered, findings = told(stage, planned)
            before = stage.ledger.tenant()
            ran = stage.apply(planned)
            assert ran
            assert ran.outcome in (Outcome.APPLIED, Outcome.NOTHING_TO_DO)
            applied += 1
            after = stage.ledger.tenant()
            wrong = [*_gaps(said["gaps"], stage, people, before, after), *_meetings(said["meetings"], stage, people)]
            wrong += coverage.wrong(covered, people, before, after)
            assert not wrong, (seed, wrong)
            decided += coverage.decided(covered)
            assert not [d for d in findings if d.severity == "error" and not _new(said)], seed
    assert applied >= APPLIED
    assert decided >= DECIDED


def _gaps(told_: Iterable[Any], stage: Stage, people: list[Person], before: Tenant, after: Tenant) -> Iterator[str]:
    """What is wrong with the gaps of a plan: a number that cannot be, or a plan that is blamed wrongly."""
    ids = declared(after)
    gaps = {(ids[gap["profile"]["address"]], gap["part"]): gap for gap in told_}
    asked = {ids[address] for address in map(_address, stage.documents) if address in ids}
    now, then = lacking(after, people), lacking(before, people)
    grown = needs_registration(after) - needs_registration(before)
    for where in gaps.keys() | {each for each in now if each[0] in asked}:
        gap = gaps.get(where, {"people": {"atLeast": 0, "atMost": 0}, "new": False, "partial": []})
        sure = {key for key, has in now.get(where, {}).items() if has is Has.NO}
        may = {key for key, has in now.get(where, {}).items() if has is not Has.YES}
        yield from (f"{where}: {wrong}" for wrong in _number(gap, len(sure), len(may)))
        same = {} if where[0] in grown else then.get(where, {})
        if gap["new"] and all(same.get(key, Has.YES) is Has.NO for key in may):
            yield f"{where}: nobody lacks it who had it before, or did not need it"
        if not gap["new"] and not gap["partial"] and sure - _short_of(where[1], then):
            yield f"{where}: somebody lacks it who had it before, and the plan is not blamed"


def _number(gap: Any, sure: int, may: int) -> Iterator[str]:
    least, most = gap["people"]["atLeast"], gap["people"]["atMost"]
    if least > may or (most is not None and most < sure):
        yield f"{least} to {most}, not {sure} to {may}"
    if least != most and not gap["partial"]:
        yield f"{least} to {most}, and nothing says why"


def _short_of(part: str, before: Mapping[tuple[str, str], Mapping[str, Has]]) -> set[str]:
    """Who may have been without a part already, with whatever profile."""
    return {
        key for (_, each), found in before.items() if each == part for key, has in found.items() if has is not Has.YES
    }


def _meetings(told_: Iterable[Any], stage: Stage, people: list[Person]) -> Iterator[str]:
    """Whether the plan tells that somebody gets two SSO policies, if so it is."""
    met = [m["people"] for m in told_ if m["part"] == "sso-policy"]
    held = twice(stage.ledger.tenant(), people, [_address(each) for each in stage.documents])
    if held is Has.NO and any(each["atLeast"] for each in met):
        yield "nobody has two SSO policies"
    if held is Has.YES and not any(each["atMost"] != 0 for each in met):
        yield "somebody has two SSO policies, and nothing says so"


def _new(said: Any) -> bool:
    """Whether the plan itself leaves somebody out, or gives somebody two."""
    return any(each["new"] for each in (*said["gaps"], *said["meetings"]))
