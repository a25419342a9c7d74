"""What crosses HTTP: reading and writing against the embedded Graph in a process of its own."""

from __future__ import annotations

from pathlib import Path

from . import estate
from .processes import COMMAND, emulator, least, requests, run

REPEATS = 3
"""Runs of which the cheapest counts: what is above it is the machine's."""
QUOTA_WRITES = 100
QUOTA_SECONDS = 20.0
"""Microsoft's published quota: writes per app and tenant."""

Row = tuple[str, ...]


def reading(folder: Path, count: int, latency: float, cpu: float) -> Row:
    """A whole `plan` command. `cpu`: the floor of computing, in seconds, without the start of a process."""
    changed = min(10, count)
    estate.write(folder, count, changed=changed)
    with emulator(folder, latency=latency) as (env, log):
        cost = least((*COMMAND, "plan"), cwd=folder, times=REPEATS, env=env)
    seen = requests(log)[-_last_run(requests(log)) :]
    assert all(r["method"] == "GET" or str(r["path"]).endswith("$batch") for r in seen), "planning sent a write"
    trips = serial_trips(seen)
    floor = trips * latency + cpu
    return (
        f"{count:,}",
        f"{latency * 1000:.0f} ms",
        f"{cost.wall:.2f} s",
        f"{cost.cpu:.2f} s",
        str(len(seen)),
        str(trips),
        f"{cost.wall / floor:.2f} of {floor:.2f} s",
        f"{cost.memory:.0f} MiB",
    )


def _last_run(seen: list[dict[str, object]]) -> int:
    """How many requests the last of several equal runs sent."""
    return len(seen) // REPEATS


def serial_trips(seen: list[dict[str, object]]) -> int:
    """The longest chain of requests of which each had to wait for the one before: pages of the longest collection,
    then the names of what was found.
    """
    by_path: dict[str, int] = {}
    for request in seen:
        path = str(request["path"])
        by_path[path] = by_path.get(path, 0) + 1
    pages = max((n for path, n in by_path.items() if "deviceConfigurations" in path), default=1)
    return pages + 1


def few_changes(folder: Path, count: int, latency: float) -> Row:
    """`apply` of ten changes in an estate of this size."""
    changed = min(10, count)
    estate.write(folder, count, changed=changed)
    with emulator(folder, latency=latency) as (env, log):
        cost = run((*COMMAND, "apply", "--yes", "--quiet"), cwd=folder, env=env)
        again = run((*COMMAND, "plan", "--detailed-exitcode"), cwd=folder, env=env)
    writes = [r for r in requests(log) if r["method"] != "GET" and not str(r["path"]).endswith("$batch")]
    assert again.code == 0, "the second plan is not empty"
    return (f"{count:,}", f"{latency * 1000:.0f} ms", f"{changed}", str(len(writes)), f"{cost.wall:.2f} s")


def long_apply(folder: Path, count: int, latency: float) -> Row:
    """`apply` that creates and assigns this many policies, with the quota of Intune enforced by the emulator.

    Quota used: when the write that opens the last window was sent, against the earliest that the quota allows.
    """
    estate.write(folder, count, empty=True)
    with emulator(folder, latency=latency, knobs=[f"quota_writes={QUOTA_WRITES}"]) as (env, log):
        cost = run((*COMMAND, "apply", "--yes", "--quiet"), cwd=folder, env=env)
    seen = requests(log)
    writes = [r for r in seen if r["method"] != "GET" and not str(r["path"]).endswith("$batch")]
    refused = sum(r["status"] == 429 for r in seen)
    times = sorted(float(str(r["at"])) for r in writes)
    last_window = (len(writes) - 1) // QUOTA_WRITES
    least = last_window * QUOTA_SECONDS
    took = times[last_window * QUOTA_WRITES] - times[0]
    used = f"{least / took:.0%}" if least else "burst"
    sent, wall = str(len(writes)), f"{cost.wall:.1f} s"
    return (f"{count:,}", f"{latency * 1000:.0f} ms", sent, wall, f"{least:.1f} s", used, str(refused))
