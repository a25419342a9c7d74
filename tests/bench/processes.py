"""Runs commands as a user does, and says what they cost: wall and processor seconds, and the most memory held."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "reconciler")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process cost."""

    wall: float
    cpu: float
    memory: float
    """MiB at the most."""
    code: int


def environment(**more: str) -> dict[str, str]:
    """Ours, with byte code kept as on a user's machine."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **more}


def run(command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None) -> Cost:
    """Run a command to its end, its output thrown away."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=cwd, env=env or environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    problem = child.stderr.read()
    child.stderr.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 2):
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}: {problem.decode(errors='replace')[-2000:]}")
    wall = time.perf_counter() - start
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def least(command: Sequence[str], *, cwd: Path, times: int, env: dict[str, str] | None = None) -> Cost:
    """The cheapest of several runs: what is above it is the machine's, not the command's."""
    return min((run(command, cwd=cwd, env=env) for _ in range(times)), key=lambda cost: cost.wall)


@contextmanager
def emulator(folder: Path, *, latency: float, knobs: Sequence[str] = ()) -> Iterator[tuple[dict[str, str], Path]]:
    """The embedded Graph in a process of its own: the environment to reach it, and the log that it leaves."""
    log = folder / "log.jsonl"
    options = [
        "--seed",
        "seed.json",
        "--latency",
        str(latency),
        "--log",
        str(log),
        *(f"--knob={knob}" for knob in knobs),
    ]
    command = [*COMMAND, "emulator", "--format", "json", *options]
    server = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE)
    assert server.stdout is not None
    lines = [server.stdout.readline() for _ in range(4)]
    found = re.search(rb'"url": "([^"]+)"', b"".join(lines))
    try:
        assert found, lines
        yield environment(RECONCILER_GRAPH_URL=found.group(1).decode(), RECONCILER_ACCESS_TOKEN="bench"), log
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
        server.stdout.close()


def requests(log: Path) -> list[dict[str, object]]:
    """The requests that the emulator saw, without those inside batches."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return [request for line in lines if not (request := json.loads(line))["inner"]]


def own_memory() -> float:
    """MiB that this process held at the most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
