"""Convergence however the service behaves: every setting of every knob of the embedded Graph, one at a time."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.emulator import Knobs
from reconciler.run import Outcome, Status

from . import scenario
from .harness import Rehearsal, pending, told, with_knobs

NUMBERS: dict[str, tuple[int | str, ...]] = {
    "publishing_reads": (1, 4),
    "page_size": (1, 2),
    "stale_reads": (1, 4, 20),
    "quota_writes": (3,),
    "quota_requests": (20,),
    "granted": (
        "DeviceManagementConfiguration.ReadWrite.All,DeviceManagementApps.ReadWrite.All,User.Read.All,"
        "DeviceManagementServiceConfig.ReadWrite.All,DeviceManagementRBAC.Read.All,GroupMember.Read.All",
    ),
    "visible_scope_tags": ("0",),
    "token_requests": (20,),
}
"""What to try of the knobs that are numbers or lists."""

NEVER = {
    ("refuse_writes", True),
    ("set_priority", "duplicate"),
    ("stale_reads", 20),
    ("multi_admin_approval", "apps"),
    ("multi_admin_approval", "configuration"),
    ("multi_admin_approval", "all"),
    ("token_requests", 20),
}
"""Settings under which one run cannot end well; each has a test of its own, below, in `test_approvals` or in
`test_sign_in`."""


EXAMINED = frozenset(
    {
        "app_states",
        "audit_correlation",
        "audit_objects",
        "azure_ad_registered",
        "configuration_statuses",
        "device_filters",
        "device_state_ids",
        "person_reads",
        "tenant_settings",
    }
)
"""Knobs of what only `doctor` or `report` reads: no plan and no run asks for it."""

ENDS = frozenset({"filter_held", "filter_in_use", "filter_payloads"})
"""Knobs of how assignment filters end, which is the matter of `test_filters`."""


def _values(kind: Any, name: str) -> Iterator[Any]:
    if name in NUMBERS:
        yield from NUMBERS[name]
    elif kind is bool:
        yield from (False, True)
    else:
        for option in typing.get_args(kind):
            yield from typing.get_args(option) if typing.get_origin(option) is typing.Literal else [option]


def settings() -> list[tuple[str, Any]]:
    """Every knob with every value but its default; a new knob is in it by itself."""
    hints = typing.get_type_hints(Knobs)
    return [
        (knob.name, value)
        for knob in dataclasses.fields(Knobs)
        for value in _values(hints[knob.name], knob.name)
        if value is not type(None) and value is not None and value != knob.default and knob.name not in EXAMINED | ENDS
    ]


SETTINGS = settings()


def test_every_knob_is_tried() -> None:
    assert {name for name, _ in SETTINGS} == {knob.name for knob in dataclasses.fields(Knobs)} - EXAMINED - ENDS


OVER_HTTP = frozenset({"page_size", "empty_pages", "batch_shuffled", "set_priority_status", "patch_status"})
"""Knobs of what a transport sees: links, batches and answers without a body. The others are turned on the wire."""


def _named(setting: tuple[str, Any]) -> str:
    return f"{setting[0]}={setting[1]}"


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s not in NEVER], ids=_named)
def test_converges(setting: tuple[str, Any], rehearse: Callable[..., Rehearsal]) -> None:
    wired = setting[0] not in OVER_HTTP
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs=dict([setting]), wired=wired) as stage:
        before = scenario.foreign(stage.tenant())
        planned = stage.plan()
        assert not stage.emulator.writes, "planning wrote"
        ran = stage.apply(planned)
        assert set(ran.statuses().values()) == {Status.DONE}, {r.address.name: r.error for r in ran.results if r.error}
        _settle(stage)
        again = stage.plan()
        assert pending(again.plan) == {}
        assert not again.plan.blocked, told(again.plan)
        assert scenario.foreign(stage.tenant()) == before
        # a built-in default holds number 0 and ranks last all the same
        assert [name for name in stage.ladder() if name != "Default"][:3] == ["Executives", "Pilots", "BYOD"]


def _settle(stage: Rehearsal) -> None:
    """Let readers catch up: lag is for the engine to bear during a run, not for the next plan minutes later."""
    for _ in range(stage.emulator.knobs.stale_reads):
        stage.plan()


def test_refused_writes_are_failures_and_change_nothing(rehearse: Callable[..., Rehearsal]) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs={"refuse_writes": True}, wired=True) as stage:
        before = stage.tenant()
        ran = stage.apply()
        assert not set(ran.statuses().values()) & {Status.DONE}
        assert all(result.error for result in ran.results)
        assert stage.tenant() == before
        assert pending(stage.plan().plan).keys() == ran.statuses().keys()


def test_equal_ranks_end_the_run_and_block_the_next(rehearse: Callable[..., Rehearsal]) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs={"set_priority": "duplicate"}, wired=True) as stage:
        before = scenario.foreign(stage.tenant())
        planned = stage.plan()
        ran = stage.apply(planned)
        order = ran.of("EnrollmentPriority/ios")
        assert order.status in (Status.FAILED, Status.UNVERIFIED)
        assert order.error
        assert len(order.requests) == 1, "a ladder with equal ranks is not worked on"
        again = stage.plan().plan
        assert again.blocked
        assert [d.rule for d in again.diagnostics] == ["PRIO101"]
        assert scenario.foreign(stage.tenant()) == before


def test_invariant_34_reads_that_lag_too_long_are_unverified_and_a_later_run_converges(
    rehearse: Callable[..., Rehearsal],
) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), knobs={"stale_reads": 20}, wired=True) as stage:
        before = scenario.foreign(stage.tenant())
        created = {name: len(stage.emulator.objects(name)) for name in (scenario.CONFIGURATIONS, scenario.APPS)}
        ran = stage.apply()
        assert Status.UNVERIFIED in ran.statuses().values()
        assert all(r.error for r in ran.results if r.status is not Status.DONE)
        assert len({(w.method, w.path, str(w.body)) for w in ran.writes}) == len(ran.writes), "something was sent twice"
        _settle(stage)
        with_knobs(stage, stale_reads=0)
        assert stage.apply().outcome is Outcome.APPLIED
        assert pending(stage.plan().plan) == {}
        assert {name: len(stage.emulator.objects(name)) - count for name, count in created.items()} == {
            scenario.CONFIGURATIONS: 1,
            scenario.APPS: 1,
        }
        assert scenario.foreign(stage.tenant()) == before
