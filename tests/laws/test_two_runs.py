"""Two runs of one workspace at the same time, with their requests interleaved in every way that matters.

Pipelines are told to run one at a time; correctness must not rest on it. What remains is documented: two runs that
both look for an object, see none, and both create it before either looks again, make it twice, and the next run
refuses the two by their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from reconciler.emulator import LoggedRequest
from tests.e2e.harness import pending, told
from tests.soak import laws
from tests.soak.ledger import place
from tests.soak.meets import COLLECTION, owned
from tests.soak.side_by_side import Choice, both, switching
from tests.soak.stage import Stage
from tests.soak.violation import hold

from . import estate

RANDOM_SCHEDULES = 25
TURNS = 92
"""Requests of one undisturbed run, plan included; a test below holds that it is no fewer."""


def side_by_side(choose: Choice) -> Stage:
    """Both runs to their ends, on a new tenant; the judges hold for both together."""
    stage = Stage(estate.documents(), estate.seed())
    with stage:
        both(
            stage.rehearsal,
            choose,
            on_write=lambda arrival: stage.ledger.arrives(arrival.path, stage.documents, may_end=False),
        )
        log = stage.rehearsal.emulator.log
        laws.valid_bodies([r for r in log if r.is_write])
        twice = [each for each in stage.documents if each["kind"] in COLLECTION and len(_made(stage, each)) > 1]
        for each in twice:
            _residual(log, COLLECTION[each["kind"]], each["spec"].get("displayName", "Microsoft Authenticator"))
        if twice:
            _refused_by_id(stage)
        else:
            stage.ledger.judge(stage.documents)
            _settles(stage)
    return stage


def _made(stage: Stage, each: dict[str, object]) -> list[str]:
    return [str(body["id"]) for body in owned(stage.ledger.tenant(), each)]


def _residual(log: Sequence[LoggedRequest], collection: str, name: str) -> None:
    """An object that was made twice: each run had its last look at the list before the other's create."""
    creates = [r for r in log if r.method == "POST" and place(r.path) == (collection, "", "")]
    same = [r for r in creates if isinstance(r.body, dict) and r.body.get("displayName") == name]
    hold(len(same) == 2, 36, f"{name} was created {len(same)} times")
    first, second = same
    looks = [
        r.number
        for r in log
        if r.method == "GET"
        and place(r.path) == (collection, "", "")
        and _lists(r, str(second.body["@odata.type"]))
        and _run_of(r) == _run_of(second)
        and r.number < second.number
    ]
    hold(_run_of(first) != _run_of(second), 36, f"one run made {name} twice")
    hold(max(looks) < first.number, 36, f"{name} was made again by a run that had seen it")


def _lists(request: LoggedRequest, odata_type: str) -> bool:
    """Whether a list of the collection shows objects of a type: some are narrowed to one."""
    return "isof" not in request.query or odata_type.rpartition(".")[2] in request.query


def _run_of(request: LoggedRequest) -> str:
    return request.headers["client-request-id"].partition("-")[0]


def _refused_by_id(stage: Stage) -> None:
    """The next run deletes neither, and names both."""
    findings = [d for d in stage.plan().plan.diagnostics if d.severity == "error"]
    assert findings
    assert {"IDENT102", "IDENT106", "PRIO102"} >= {d.rule for d in findings}, findings


def _settles(stage: Stage) -> None:
    """Both may have stopped at what the other did; one more run finishes, and then nothing is left."""
    planned = stage.plan()
    for _ in range(2):
        if not pending(planned.plan):
            break
        assert not planned.plan.blocked, told(planned.plan)
        stage.apply(planned)
        planned = stage.plan()
    assert not planned.plan.blocked, told(planned.plan)
    assert pending(planned.plan) == {}
    assert stage.converged(planned)
    assert stage.rehearsal.ladder() == ["Executives' own", "Pilots", "BYOD", "Kiosk"]


def test_invariant_36_one_run_in_the_middle_of_another() -> None:
    """One run goes up to its k-th request, the other runs to its end, and the first goes on: for every third k."""
    for turns in range(1, TURNS, 3):
        side_by_side(switching("a", turns))


def test_invariant_36_a_run_that_is_overtaken_twice() -> None:
    """The first goes up to its k-th request, the second up to its n-th, the first to its end, then the second."""
    for first in range(10, TURNS, 16):
        for second in range(12, TURNS, 15):
            side_by_side(switching("a", first, second, 1000))


@pytest.mark.parametrize("seed", range(RANDOM_SCHEDULES))
def test_invariant_36_any_schedule(seed: int) -> None:
    """Who goes on is drawn at every request."""
    rng = Random(seed)
    side_by_side(lambda _, ready: rng.choice(ready))


def test_the_schedules_reach_to_the_end_of_a_run() -> None:
    with Stage(estate.documents(), estate.seed()) as stage:
        stage.apply(stage.plan())
        outer = [r for r in stage.rehearsal.emulator.log if not r.inner]
        assert TURNS - 12 <= len(outer) <= TURNS
