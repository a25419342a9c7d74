"""Some scenarios of the soak in every run of the tests, and what the soak itself has to be: reproducible, and awake."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.kinds import REGISTRY
from tests.e2e.harness import Rehearsal
from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES, profile
from tests.laws import estate

from . import __main__ as soak
from . import admin, specs, weather
from .laws import calls_as_announced, sent_as_shown
from .ledger import Ledger
from .play import Played, play
from .refusals import unjustified
from .stage import Stage, Trouble
from .violation import Violation

SCENARIOS = 50
"""Played in each run of the tests, and those of `MIX`; `make soak` plays as many as its seconds allow."""
MIX = range(5000, 5030)
GROUPS = 4
FOREIGN = "1cc00000-1111-4222-8333-000000000003"
"""The policy of another team in the estate."""
COPY = "5cc00000-1111-4222-8333-000000000009"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("group", range(GROUPS))
def test_invariant_31_random_scenarios_hold_every_law(group: int, rehearse: Callable[..., Rehearsal]) -> None:
    """Random specs, tenants, knobs, edits, faults, interruptions and crashes; whatever fails names its seed."""
    for seed in range(1 + group, SCENARIOS + 1, GROUPS):
        lawful(seed, rehearse)


def lawful(seed: int, rehearse: Callable[..., Rehearsal]) -> Played:
    """A scenario that holds every law."""
    try:
        return play(seed, make=rehearse)
    except Violation as violation:
        pytest.fail(f"python -m tests.soak --seed {seed}\n{violation}")


def test_invariant_49_a_seed_is_one_run() -> None:
    """Equal seeds give equal logs, instants included, in this process and in one with another hash seed."""
    seeds = [41, 42, 43]
    first = [play(seed) for seed in seeds]
    assert [one.digest for one in first] == [play(seed).digest for seed in seeds]
    surroundings = {**os.environ, "PYTHONHASHSEED": "4242", "TZ": "Asia/Kolkata", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.soak", "--seed", str(seeds[0])]
    told = subprocess.run(command, env=surroundings, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert f"log {first[0].digest}" in told.stdout


def test_invariant_49_a_violation_prints_the_line_that_plays_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    tally = soak.Tally(played=1, violations=[(4711, "invariant 20: something was touched")])
    soak._tell(tally, 1, 1.0, 1)
    assert "python -m tests.soak --seed 4711" in capsys.readouterr().err


def test_every_kind_is_drawn() -> None:
    assert specs.KINDS.keys() == REGISTRY.keys()


def test_every_knob_is_drawn_or_left_alone_for_a_reason() -> None:
    from dataclasses import fields

    from reconciler.emulator import Knobs

    assert weather.SETTINGS.keys() | weather.LEFT_ALONE.keys() == {knob.name for knob in fields(Knobs)}
    assert all(weather.SETTINGS.values())


def test_scenarios_are_not_all_alike(rehearse: Callable[..., Rehearsal]) -> None:
    """The mix that the soak prints: most converge, some are refused in part, runs fail, are killed and interrupted."""
    total = soak.Tally()
    for seed in MIX:
        one = lawful(seed, rehearse)
        total.endings[one.ending] += 1
        total.happened += one.happened
    assert total.endings["converged"] > 10
    assert total.endings["in part"] > 2
    assert {"apply applied", "apply killed", "apply partly-applied"} <= total.happened.keys()


# -- the judges see what they are there for ----------------------------------------------------------------------------


def _touched(collection: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Stage], None]:
    """Somebody writes past the ledger, as a run that goes astray would."""

    def act(stage: Stage) -> None:
        body: Any = copy.deepcopy(stage.rehearsal.stored(collection)[-1])
        change(body)
        stage.rehearsal.emulator.put(collection, body)

    return act


ASTRAY: dict[str, tuple[int, Callable[[Stage], None]]] = {
    "another team's policy": (20, _touched(CONFIGURATIONS, lambda body: body.update(description="overwritten"))),
    "a deleted object": (
        20,
        lambda stage: stage.rehearsal.emulator.remove(CONFIGURATIONS, "1cc00000-1111-4222-8333-000000000003"),
    ),
    "an unmanaged setting": (
        21,
        lambda stage: stage.rehearsal.emulator.put(
            CONFIGURATIONS,
            {
                **(body := copy.deepcopy(stage.rehearsal.stored(CONFIGURATIONS)[0])),
                "iosSingleSignOnExtension": {**body["iosSingleSignOnExtension"], "configurations": []},  # type: ignore[dict-item]
            },
        ),
    ),
    "a policy that was there": (
        30,
        lambda stage: _copy(stage, stage.rehearsal.stored(CONFIGURATIONS)[0]),
    ),
    "an app that is there twice": (
        30,
        lambda stage: (
            [
                stage.rehearsal.emulator.put(APPS, {**_store_app(), "id": f"5aa00000-1111-4222-8333-00000000000{n}"})
                for n in (1, 2)
            ]
            and None
        ),
    ),
}


def _copy(stage: Stage, body: Any) -> None:
    stage.rehearsal.emulator.put(CONFIGURATIONS, {**body, "id": COPY})


def _store_app() -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.iosStoreApp",
        "displayName": "Microsoft Authenticator",
        "publisher": "Somebody",
        "bundleId": "com.microsoft.azureauthenticator",
        "notes": "[reconciler owner=contoso kind=AuthenticatorAssignment name=store]",
        "appStoreUrl": "https://apps.apple.com/us/app/microsoft-authenticator/id983156458",
    }


@pytest.mark.parametrize("what", ASTRAY)
def test_the_ledger_notices(what: str) -> None:
    invariant, act = ASTRAY[what]
    with Stage(estate.documents(), estate.seed()) as stage:
        stage.ledger.open()
        act(stage)
        with pytest.raises(Violation) as caught:
            stage.ledger.judge(stage.documents)
        assert caught.value.invariant == invariant


def test_the_ledger_notices_a_write_to_somebody_elses_object() -> None:
    with Stage(estate.documents(), estate.seed()) as stage:
        ledger = Ledger(stage.rehearsal)
        with pytest.raises(Violation):
            ledger.arrives(f"/beta/{PROFILES}/2bb00000-1111-4222-8333-000000000002", stage.documents, may_end=False)


def test_a_write_that_the_plan_does_not_show_is_noticed() -> None:
    with Stage(estate.documents(), estate.seed()) as stage:
        planned = stage.plan()
        ran = stage.apply(planned)
        assert ran
        shown, known = stage.plan().plan, frozenset[str]()
        with pytest.raises(Violation):
            sent_as_shown(shown, ran.writes[:1], known)
        with pytest.raises(Violation):
            sent_as_shown(
                planned.plan, ran.writes[::-1], frozenset(str(w.path.split("/")[4]).lower() for w in ran.writes[:0])
            )


def test_calls_beyond_the_announced_are_noticed() -> None:
    with Stage(estate.documents(), estate.seed()) as stage:
        plan = stage.plan().plan
        shown = sum(step.operation.path.endswith("/setPriority") for _, step in plan.steps())
        most = shown + sum(change.may_need for change in plan.pending)
        calls_as_announced(plan, most)
        with pytest.raises(Violation):
            calls_as_announced(plan, most + 1)


# -- what readers were not shown ---------------------------------------------------------------------------------------


@contextmanager
def _crash(
    document: dict[str, Any], *more: dict[str, Any], seed: Any = None, looks: int = 0, **knobs: Any
) -> Iterator[Stage]:
    """A tenant in which a run died with the answer to its create, the second request, or so many readings later."""
    tenant = {"formatVersion": 1, "collections": seed or {}}
    with Stage([document, *more], tenant, {"stale_reads": 4, **knobs}) as stage:
        stage.apply(stage.plan(), Trouble(kill=("after", 2 + looks)))
        (write,) = stage.rehearsal.emulator.writes
        assert write.method == "POST"
        yield stage


SSO = specs.document("JitSsoPolicy", "sso", {"displayName": specs.SHOWN["sso"]})
BYOD = specs.document(
    "EnrollmentProfile", "byod", {"displayName": "BYOD", "enrollmentType": "webBasedDeviceEnrollment"}
)
BYOD_FIRST = specs.document("EnrollmentPriority", "ios", {"order": ["byod"], "unlisted": "last"})


def test_a_create_beside_one_that_no_list_shows_is_the_documented_race() -> None:
    with _crash(SSO) as stage:
        ran = stage.apply(stage.plan())
        assert ran
        assert len(stage.rehearsal.stored(CONFIGURATIONS)) == 2
        stage.settle()
        again = stage.plan().plan
        assert [d.rule for d in again.diagnostics if d.severity == "error"] == ["IDENT102"], "the next run finds it"


def test_a_create_beside_one_that_the_list_shows_is_noticed() -> None:
    with _crash(SSO) as stage:
        stage.ledger.open()
        stage.settle()
        stage.ledger.lists(f"/beta/{CONFIGURATIONS}", more=False)
        stage.ledger.arrives(f"/beta/{CONFIGURATIONS}", stage.documents, may_end=False)
        _copy(stage, stage.rehearsal.stored(CONFIGURATIONS)[0])
        with pytest.raises(Violation) as caught:
            stage.ledger.judge(stage.documents)
        assert caught.value.invariant == 30


def test_equal_numbers_are_a_reason_where_a_list_that_lags_shows_them_and_only_there() -> None:
    kiosk = {PROFILES: [profile("2cc00000-1111-4222-8333-000000000003", "Kiosk", "By hand", 1)]}
    with _crash(BYOD, BYOD_FIRST, seed=kiosk, looks=4, post_priority="first") as stage:
        (finding,) = [d for d in stage.plan().plan.diagnostics if d.severity == "error"]
        assert finding.rule == "PRIO101"
        assert unjustified(finding, stage) is None
        stage.settle()
        assert not stage.plan().plan.blocked
        assert unjustified(finding, stage) == "nothing of the kind is there"


def test_edits_in_the_middle_are_not_held_against_the_run() -> None:
    """The documented race: an edit between the last look and the write is lost, and that is all that is lost."""
    for number in range(1, 60, 7):
        with Stage(estate.documents(), estate.seed()) as stage:
            planned = stage.plan()
            edits = {number: lambda ledger, number=number: admin.edit(Random(number), ledger)}
            stage.apply(planned, Trouble(edits=edits, faults=(Fault(method="GET", after=3, status=503),)))
