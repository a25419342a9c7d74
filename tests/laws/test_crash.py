"""A run may end at any moment: whatever it had done by then, the next run finishes, and nothing is made twice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.run import Outcome
from tests.e2e.harness import pending, told
from tests.soak.stage import CALM, Stage, Trouble

from . import estate

KNOBS: tuple[dict[str, Any], ...] = (
    {},
    {"set_priority": "swap", "post_priority": "last", "expand_assignments": "empty", "delete_compacts_priority": True},
)
LOST = {
    "connection": {"kind": "drop-after-commit"},
    "answer-cut": {"kind": "truncate"},
    "503": {"kind": "status-after-commit", "status": 503},
    "504": {"kind": "status-after-commit", "status": 504},
}


def staged(knobs: dict[str, Any] | None = None) -> Stage:
    return Stage(estate.documents(), estate.seed(), knobs)


@functools.cache
def course(index: int) -> tuple[tuple[int, bool], ...]:
    """The requests of an undisturbed run by number, each with whether it writes."""
    with staged(KNOBS[index]) as stage:
        planned = stage.plan(consent=estate.PRUNE)
        before = len(stage.rehearsal.emulator.log)
        ran = stage.apply(planned, may_end=True)
        assert ran
        assert ran.outcome is Outcome.APPLIED, [r.error for r in ran.results if r.error]
        outer = [r for r in stage.rehearsal.emulator.log[before:] if not r.inner]
        return tuple((number, request.is_write) for number, request in enumerate(outer, start=1))


def writes_of(index: int) -> list[int]:
    return [number for number, writes in course(index) if writes]


def recovered(stage: Stage, *, applies: int = 1) -> None:
    """After so many further applies everything is as the specs say; the judges of `Stage` saw nothing made twice."""
    for _ in range(applies):
        stage.apply(stage.plan(consent=estate.PRUNE), may_end=True)
    planned = stage.plan(consent=estate.PRUNE)
    assert pending(planned.plan) == {}, told(planned.plan)
    assert stage.converged(planned)
    names = [str(p["displayName"]) for p in stage.rehearsal.stored("deviceManagement/deviceConfigurations")]
    assert len(set(names)) == len(names)
    assert stage.rehearsal.ladder()[:3] == ["Executives' own", "Pilots", "BYOD"]


def test_invariant_29_the_next_run_heals_a_crash_before_any_request() -> None:
    """The process is gone just before request k. What the tenant holds changes with writes only: what it holds before
    a write it held after the commit of the one before (the next test), so k is the first reading and every third write.
    """
    for number in [1, *writes_of(0)[::3]]:
        with staged() as stage:
            planned = stage.plan(consent=estate.PRUNE)
            assert stage.apply(planned, Trouble(kill=("before", number)), may_end=True) is None
            recovered(stage)


@pytest.mark.parametrize("index", range(len(KNOBS)))
def test_invariant_29_the_next_run_heals_a_crash_after_any_commit(index: int) -> None:
    """The service has carried out request k, and the process is gone before the answer comes, for every write k."""
    for number in writes_of(index):
        with staged(KNOBS[index]) as stage:
            planned = stage.plan(consent=estate.PRUNE)
            assert stage.apply(planned, Trouble(kill=("after", number)), may_end=True) is None
            recovered(stage)


def test_invariant_29_two_crashes_in_a_row_are_healed_too() -> None:
    for first, second in zip(writes_of(0)[::3], writes_of(0)[1::3], strict=False):
        with staged() as stage:
            for where, number in (("after", first), ("before", second)):
                kill: Any = (where, number)
                stage.apply(stage.plan(consent=estate.PRUNE), Trouble(kill=kill), may_end=True)
            recovered(stage)


@pytest.mark.parametrize("lost", LOST)
def test_invariant_30_a_write_whose_answer_is_lost_is_carried_out_once(lost: str) -> None:
    """For every write in turn: the service did it and the client does not know. It is found, and done once."""
    for position in range(0, len(writes_of(0)), 1 if lost in ("connection", "503") else 4):
        with staged() as stage:
            planned = stage.plan(consent=estate.PRUNE)
            nth = _nth_write(position, **LOST[lost])
            ran = stage.apply(planned, nth(stage), may_end=True)
            assert ran
            assert ran.outcome is Outcome.APPLIED, (position, [r.error for r in ran.results if r.error])
            recovered(stage, applies=0)


def _nth_write(position: int, **fault: Any) -> Callable[[Stage], Trouble]:
    """A fault for the write at a position, whatever its method."""

    def made(stage: Stage) -> Trouble:
        number = writes_of(0)[position]
        arm = lambda ledger: stage.rehearsal.emulator.fail(Fault(path="/device(App)?Management/", **fault))  # noqa: E731
        return Trouble(edits={number: arm})

    return made


def test_invariant_39_no_write_starts_after_an_interruption_at_any_step() -> None:
    """A signal before write k, for every k: k writes and no more, a true report, and the next run finishes."""
    for most in range(len(writes_of(0)) + 1):
        with staged() as stage:
            ran = stage.apply(stage.plan(consent=estate.PRUNE), Trouble(stop_after=most), may_end=True)
            assert ran
            assert len(ran.writes) == most
            if most < len(writes_of(0)):
                assert ran.outcome is (Outcome.PARTLY_APPLIED if most else Outcome.FAILED)
            recovered(stage)


def test_invariant_02_a_second_apply_sends_nothing() -> None:
    with staged() as stage:
        stage.apply(stage.plan(consent=estate.PRUNE), CALM, may_end=True)
        again = stage.apply(stage.plan(consent=estate.PRUNE), CALM, may_end=True)
        assert again
        assert again.outcome is Outcome.NOTHING_TO_DO
        assert again.writes == ()
