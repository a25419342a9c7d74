"""`kill -9` of a real process after each write in turn: the next run finishes, and nothing is there twice.

The service holds back the answer to write k, so that the process dies after the commit and before it knows.
`KILL_STRIDE=1 pytest tests/laws/test_kill.py -s` prints the table of all points.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reconciler.emulator import Emulator, Fault, LoggedRequest
from tests.e2e import scenario
from tests.e2e.command import VARIABLES, prepare
from tests.e2e.harness import CANARY, Rehearsal, Time, load_specs, pending
from tests.e2e.wire import Wire

ROOT = Path(__file__).parents[2]
HELD_BACK = 1.0
"""Seconds in which the process has to be killed; a point that takes longer is one of a later write."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STRIDE = int(os.environ.get("KILL_STRIDE", "3"))
"""Every third write unless told; the crashes in one process (`test_crash`) go through every one."""


class Nursery:
    """`tests.laws.nursery` in a process of its own."""

    def __init__(self, url: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        surroundings = {"PYTHONPATH": str(ROOT), "RECONCILER_ACCESS_TOKEN": CANARY, "RECONCILER_GRAPH_URL": url}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.laws.nursery"],
            env={**kept, **surroundings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, folder: Path) -> int:
        """Start a run; its process id."""
        assert self._process.stdin
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return int(self._line())

    def ended(self) -> int:
        """Wait for the run that was begun; its exit status, negative for a signal."""
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def graph() -> Iterator[Emulator]:
    with Emulator(seed=scenario.seed()) as emulator:
        yield emulator


@pytest.fixture
def nursery(graph: Emulator) -> Iterator[Nursery]:
    made = Nursery(graph.url)
    yield made
    made.close()


def as_seeded(graph: Emulator) -> None:
    """The tenant as at the beginning."""
    for name in (scenario.CONFIGURATIONS, scenario.PROFILES, scenario.APPS):
        for held in graph.objects(name):
            graph.remove(name, str(held["id"]))
        for body in scenario.seed()["collections"][name]:
            graph.put(name, body)
    graph.heal()
    graph.clear_log()


def healed(graph: Emulator) -> int:
    """One run in this process; how many writes it took."""
    rehearsal = Rehearsal(load_specs(scenario.SPECS), graph, Time(), wire=Wire(graph, CANARY))
    before = len(graph.writes)
    rehearsal.apply()
    assert pending(rehearsal.plan().plan) == {}
    for name, made in ((scenario.CONFIGURATIONS, 1), (scenario.PROFILES, 1), (scenario.APPS, 1)):
        names = [f"{o['displayName']} {o.get('@odata.type')}" for o in graph.objects(name)]
        assert len(set(names)) == len(names) == len(scenario.seed()["collections"][name]) + made, "made twice"
    assert rehearsal.ladder() == ["Executives", "Pilots", "BYOD", "Kiosk"]
    return len(graph.writes) - before


def held_back(writes: Sequence[LoggedRequest], number: int) -> Fault:
    """The fault that meets the write of that number: its method and the shape of its path, after those like it."""
    shapes = [(w.method, _ID.sub("[^/]+", w.path) + "$") for w in writes]
    method, path = shapes[number]
    return Fault(kind="slow", method=method, path=path, after=shapes[:number].count(shapes[number]), seconds=HELD_BACK)


def test_invariant_29_a_process_that_is_killed_after_any_write_is_healed(
    graph: Emulator, nursery: Nursery, tmp_path: Path
) -> None:
    prepare(tmp_path)
    nursery.begin(tmp_path)
    assert nursery.ended() == 0
    writes = graph.writes
    print(f"\n{'killed after write':<120} finished with")
    for number in range(0, len(writes), STRIDE):
        as_seeded(graph)
        graph.fail(held_back(writes, number))
        child = nursery.begin(tmp_path)
        _until(graph, number + 1)
        os.kill(child, signal.SIGKILL)
        assert nursery.ended() == -signal.SIGKILL
        print(f"{number + 1:>3} {writes[number].method:<6} {writes[number].path:<108} {healed(graph)} writes")


def _until(graph: Emulator, writes: int, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while len(graph.writes) < writes:
        assert time.monotonic() < end, "the run does not get there"
        time.sleep(0.002)
