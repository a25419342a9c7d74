"""The order of profiles where readings lag, show half of a write, or are all that tells what became of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.engine.apply import Apply
from reconciler.engine.verify import Looker
from reconciler.graph.client import Graph
from reconciler.graph.throttle import until
from reconciler.run import Outcome, Result, Status

from . import scenario
from .harness import Rehearsal, pending
from .scenario import BYOD, EXECUTIVES, KIOSK, PROFILES

Rehearse = Callable[..., Rehearsal]

LOST = (
    Fault(kind="drop-after-commit", path="/setPriority$"),
    Fault(kind="status-after-commit", path="/setPriority$", status=504),
)
TWO_PROFILES = "---".join(
    each for each in scenario.SPECS.split("---") if "name: executives}" in each or "name: byod}" in each
)
ORDER = """
---
apiVersion: intune.reconciler/v1
kind: EnrollmentPriority
metadata: {name: ios}
spec: {order: [executives, byod]}
"""
BYOD_BELOW = ORDER.replace("{order: [executives, byod]}", "{order: [byod], unlisted: first}")


def _two_profiles(first: int, second: int) -> dict[str, Any]:
    """A tenant in which BYOD holds the first number and Executives the second, and nobody else any."""
    seed = scenario.seed()
    numbers = {BYOD: first, EXECUTIVES: second}
    held = [profile for profile in seed["collections"][PROFILES] if profile["id"] != KIOSK]
    seed["collections"][PROFILES] = [{**profile, "priority": numbers[profile["id"]]} for profile in held]
    return seed


def _calls(stage: Rehearsal) -> list[Any]:
    return [write.body for write in stage.emulator.writes if write.path.endswith("/setPriority")]


@pytest.mark.parametrize("post", ["first", "shift"])
@pytest.mark.parametrize("reads", [1, 4])
def test_a_list_that_shows_half_of_a_create_is_read_again(rehearse: Rehearse, post: str, reads: int) -> None:
    """The new profile is listed with its number beside the old numbers of those that it pushed down."""
    knobs = {"post_priority": post, "stale_reads": reads}
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs=knobs, wired=True) as stage:
        ran = stage.apply()
        assert ran.outcome is Outcome.APPLIED, [(r.address, r.error) for r in ran.results if r.error]
        stage.catch_up()
        assert pending(stage.plan().plan) == {}
        assert stage.ladder() == ["Executives", "Pilots", "BYOD", "Kiosk"]


def test_an_interruption_ends_the_wait_and_is_what_is_told(rehearse: Rehearse) -> None:
    """Nothing of what a lagging list shows is called wrong in the tenant."""
    knobs = {"post_priority": "first", "stale_reads": 6}
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs=knobs, wired=True) as stage:
        planned, stop = stage.plan(), asyncio.Event()

        async def sleep(seconds: float) -> None:
            if stage.emulator.log[-1].path.endswith(PROFILES):  # the list of all: the order is waited for
                stop.set()
            await until(stop, stage.time.sleep)(seconds)

        async def carry_out(graph: Graph) -> tuple[Result, ...]:
            return await Apply(graph, planned, looker=Looker(graph, sleep=sleep), stop=stop.is_set).run()

        results = {str(result.address): result for result in stage._run(carry_out)}
        order = results["EnrollmentPriority/ios"]
        assert order.status is Status.SKIPPED
        assert order.error == "interrupted before the list showed what this run has created"
        assert not _calls(stage)


def test_equal_numbers_that_stay_are_told_when_the_window_is_over(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs={"set_priority": "duplicate"}, wired=True) as stage:
        ran = stage.apply()
        assert "hold the same priority" in str(ran.of("EnrollmentPriority/ios").error)
        assert len(_calls(stage)) == 1
        assert 60 < stage.time.seconds < 120


@pytest.mark.parametrize("lost", LOST, ids=lambda fault: fault.kind)
@pytest.mark.parametrize(
    ("service", "order", "numbers", "sent"),
    [
        ("insert", ORDER, (3, 4), [3, 1]),
        ("insert-shift", BYOD_BELOW, (1, 2), [2, 4]),
        ("swap", ORDER, (3, 4), [3]),
        ("duplicate", ORDER, (1, 2), [1]),
    ],
)
def test_a_lost_call_that_was_carried_out_is_not_sent_again(
    rehearse: Rehearse, lost: Fault, service: str, order: str, numbers: tuple[int, int], sent: list[int]
) -> None:
    """Under `insert` the first call closes the gaps and moves nobody, under `insert-shift` it shifts numbers and moves
    nobody, under `duplicate` it leaves equal numbers."""
    knobs = {"set_priority": service} if service != "insert" else {}
    with rehearse(TWO_PROFILES + order, seed=_two_profiles(*numbers), knobs=knobs, wired=True) as stage:
        stage.emulator.fail(lost)
        stage.apply()
        assert _calls(stage) == [{"priority": number} for number in sent]


@pytest.mark.parametrize("kind", ["html", "drop-before"])
def test_a_call_that_was_not_carried_out_is_sent_again(rehearse: Rehearse, kind: Any) -> None:
    """No answer of Graph's came, and nothing shows: that uses up none of the calls that the plan allows."""
    with rehearse(TWO_PROFILES + ORDER, seed=_two_profiles(1, 2), wired=True) as stage:
        stage.emulator.fail(Fault(kind=kind, path="/setPriority$"))
        assert stage.apply().outcome is Outcome.APPLIED
        assert stage.ladder() == ["Executives", "BYOD"]
