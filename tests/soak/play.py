"""One scenario, all of it from one number: a tenant, specs, weather, and what people do, until the tenant has settled.

`play` raises `Violation` where an invariant does not hold, and tells how a scenario ended otherwise: converged, or
refused for a reason that was there.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from reconciler.decide import Planned
from reconciler.kind import NO_CONSENT, Consent
from reconciler.model import Address
from reconciler.plan import Plan
from tests.e2e.harness import Rehearsal, pending, told

from . import admin, specs, tenants, weather
from .refusals import unjustified
from .stage import Stage
from .violation import hold

LAST_APPLIES = 3
"""How many applies may follow the last trouble until the tenant is as the specs say."""
ON_A_SOCKET = 40
"""Of so many scenarios one goes over HTTP instead of the wire; there the order of requests side by side may differ."""


@dataclass
class Played:
    """How a scenario went."""

    seed: int
    ending: str = ""
    """converged, refused, or in-part: what could be done is done, the rest is refused."""
    happened: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    digest: str = ""
    """Of the whole log: equal for equal seeds."""


def play(seed: int, *, make: Callable[..., Rehearsal] = Rehearsal.of) -> Played:
    """Play a scenario to its end. Raises `Violation`."""
    rng = Random(seed)
    documents, tenant, knobs = specs.documents(rng), tenants.seed(rng), weather.knobs(rng)
    wired = seed % ON_A_SOCKET != 0
    played = Played(seed)
    with Stage(documents, tenant, knobs, wired=wired, make=make) as stage:
        for _ in range(rng.choice([1, 1, 2, 3])):
            _round(rng, stage, played, wired=wired)
        played.ending = settled(stage, played)
        log = stage.rehearsal.emulator.log
        played.requests = len(log)
        played.digest = digest_of(log)
    return played


def digest_of(log: list[Any]) -> str:
    """Of what was asked and answered, in order, with the instants."""
    shown = [(r.number, r.method, r.path, r.query, r.body, r.status, round(r.at, 3), r.inner) for r in log]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def _round(rng: Random, stage: Stage, played: Played, *, wired: bool) -> None:
    """People edit, somebody plans, people edit, and the plan is applied while all sorts of things go wrong."""
    if rng.random() < 0.2:
        stage.declare(specs.edited(rng, stage.documents))
    for _ in range(rng.choice([0, 0, 1, 2])):
        admin.edit(rng, stage.ledger)
    consent = _consent(rng, stage)
    planned = appliable(stage, consent)
    if planned is None:
        played.happened["plan refused"] += 1
        return
    if rng.random() < 0.25:
        for _ in range(rng.randint(1, 2)):
            admin.edit(rng, stage.ledger)
        played.happened["edited after the plan"] += 1
    trouble = weather.trouble(rng, wired=wired)
    ran = stage.apply(planned, trouble, may_end=consent != NO_CONSENT)
    played.happened[f"apply {'killed' if ran is None else ran.outcome}"] += 1
    if rng.random() < 0.7:
        stage.settle()


def _consent(rng: Random, stage: Stage) -> Consent:
    """What somebody agreed to: mostly nothing."""
    addresses = frozenset(Address(each["kind"], each["metadata"]["name"]) for each in stage.documents)
    return Consent(prune=rng.random() < 0.15, replace=addresses if rng.random() < 0.15 else frozenset())


def appliable(stage: Stage, consent: Consent = NO_CONSENT) -> Planned | None:
    """A plan that nothing blocks: of everything, or without what is refused, as with `--except`."""
    planned = stage.plan(consent=consent)
    if not planned.plan.blocked:
        return planned
    _justified(stage, planned.plan)
    selected = _rest(planned.plan)
    if not selected:
        return None
    rest = stage.plan(selected, consent)
    return None if rest.plan.blocked else rest


def _rest(plan: Plan) -> frozenset[Address]:
    refused = {d.address for d in plan.diagnostics if d.severity == "error"}
    if None in refused:
        return frozenset()
    return frozenset(c.address for c in plan.changes if c.address not in refused and not c.refused)


def _justified(stage: Stage, plan: Plan) -> None:
    """What blocks a plan has a reason in the tenant or the specs."""
    for finding in plan.diagnostics:
        if finding.severity == "error":
            why = unjustified(finding, stage)
            hold(not why, 25, f"{finding.rule} {finding.address}: {finding.message}: {why}")


def settled(stage: Stage, played: Played) -> str:
    """Trouble has ended: within a few applies all that can be done is done, and then nothing more is sent."""
    for count in range(LAST_APPLIES + 1):
        stage.settle()
        planned = appliable(stage)
        if planned is None:
            return "refused"
        if not pending(planned.plan):
            played.happened[f"settled after {count}"] += 1
            if planned.world.selected is None:
                hold(stage.converged(planned), 3, told(planned.plan))
            else:
                _selected_converged(stage, planned)
            ran = stage.apply(planned)
            hold(ran and not ran.writes, 2, "an apply of an empty plan wrote")
            return "converged" if planned.world.selected is None else "in part"
        hold(
            count < LAST_APPLIES or _hopeless(stage),
            4,
            f"after {count} applies: {[*pending(planned.plan)]}",
        )
        if count < LAST_APPLIES:
            ran = stage.apply(planned)
            played.happened[f"last apply {ran.outcome if ran else 'killed'}"] += 1
    return "hopeless"


def _selected_converged(stage: Stage, planned: Planned) -> None:
    """What was selected is as its specs say."""
    wrong = stage.differences()
    for address in planned.world.selected or ():
        hold(str(address) not in wrong, 3, f"nothing is planned for {address}, but {wrong.get(str(address))}")


def _hopeless(stage: Stage) -> bool:
    """Whether the service does not do what the specs ask for, which a run tells and does not bring about."""
    knobs = stage.rehearsal.emulator.knobs
    return any(getattr(knobs, name) in options for name, options in weather.HOPELESS.items())
