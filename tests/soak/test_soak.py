"""Some scenarios of the soak in every run of the tests, and what the soak itself has to be: reproducible, and awake."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.kinds import REGISTRY
from tests.e2e.harness import Rehearsal
from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES
from tests.laws import estate

from . import __main__ as soak
from . import admin, specs, weather
from .laws import sent_as_shown
from .ledger import Ledger
from .play import Played, play
from .stage import Stage, Trouble
from .violation import Violation

SCENARIOS = 80
"""Played in each run of the tests; `make soak` plays as many as its seconds allow."""
GROUPS = 4
FOREIGN = "1cc00000-1111-4222-8333-000000000003"
"""The policy of another team in the estate."""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("group", range(GROUPS))
def test_invariant_31_random_scenarios_hold_every_law(group: int, rehearse: Callable[..., Rehearsal]) -> None:
    """Random specs, tenants, knobs, edits, faults, interruptions and crashes; whatever fails names its seed."""
    for seed in range(1 + group, SCENARIOS + 1, GROUPS):
        try:
            play(seed, make=rehearse)
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


def test_scenarios_are_not_all_alike() -> None:
    """The mix that the soak prints: most converge, some are refused in part, runs fail, are killed and interrupted."""
    total = soak.Tally()
    for seed in range(5000, 5030):
        one: Played = play(seed)
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


def test_edits_in_the_middle_are_not_held_against_the_run() -> None:
    """The documented race: an edit between the last look and the write is lost, and that is all that is lost."""
    for number in range(1, 60, 7):
        with Stage(estate.documents(), estate.seed()) as stage:
            planned = stage.plan()
            edits = {number: lambda ledger, number=number: admin.edit(Random(number), ledger)}
            stage.apply(planned, Trouble(edits=edits, faults=(Fault(method="GET", after=3, status=503),)))
