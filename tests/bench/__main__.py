"""`make bench`: measures, prints, and writes docs/bench.md in about ten minutes; `--quick` leaves the long runs out."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from . import home, offline, online, people
from .folders import apart, in_folder

ROOT = Path(__file__).parent.parent.parent
SIZES = (10, 100, 1000, 5000)
LATENCIES = (0.0, 0.05)


def main() -> None:
    """Run everything and write the report."""
    options = argparse.ArgumentParser(prog="python -m tests.bench")
    options.add_argument("--quick", action="store_true", help="small sizes only, nothing written")
    quick = options.parse_args().quick
    sizes = SIZES[:2] if quick else SIZES
    text = "\n".join([_head(), *_sections(sizes, quick=quick)]) + "\n"
    if not quick:
        (ROOT / "docs" / "bench.md").write_text(text, encoding="utf-8")


def _head() -> str:
    packages = ("msgraph-sdk", "azure-identity", "httpx", "pyyaml", "jsonschema", "deepdiff")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        "# Benchmarks\n\nWritten by `make bench`. Ratios carry over to other machines, seconds do not. A *floor* is"
        " what the work cannot cost less than with these libraries; *bound* is the ratio that we hold ourselves to."
        " Nothing here was measured against a real tenant: the service is the embedded Graph in a process of its"
        " own.\n\n"
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()},"
        f" Python {platform.python_version()}; {versions}.\n"
    )


def _sections(sizes: Sequence[int], *, quick: bool) -> Iterable[str]:
    rows: list[Sequence[str]] = [*apart(offline.startup)]
    yield _table("Start-up", ("command", "wall", "ratio to its floor", "bound"), rows)
    rows = [apart(offline.validation, size) for size in sizes if size <= 1000]
    rows.append(apart(offline.memory, 100 if quick else 10_000))
    rows.append(apart(offline.planning, sizes[-1] if quick else 1000, 10))
    yield _table("Computing", ("what", "CPU", "ratio to its floor", "bound"), rows)
    yield from _network(sizes, quick=quick)


def _network(sizes: Sequence[int], *, quick: bool) -> Iterable[str]:
    head = ("objects", "latency", "wall", "CPU", "requests", "serial", "wall to (serial x latency + CPU)", "memory")
    rows: list[Sequence[str]] = []
    for size in sizes:
        cpu = apart(offline.floor, size)
        rows += [in_folder(online.reading, size, latency, cpu) for latency in LATENCIES]
    yield _table("Plan (bounds: 3 times at 50 ms for 1,000; 250 MiB for 5,000)", head, rows)
    head = ("objects", "latency", "changes", "writes", "wall")
    rows = [in_folder(online.few_changes, size, latency) for size in sizes for latency in LATENCIES]
    yield _table("Apply of ten changes, each verified", head, rows)
    head = ("created", "latency", "writes", "wall", "last window opens at", "quota used", "429")
    rows = [in_folder(online.long_apply, 20 if quick else 150, latency) for latency in LATENCIES]
    yield _table("Long apply, 100 writes in 20 s allowed (bound: 90 %, no 429)", head, rows)

    head = ("people", "nested groups", "latency", "wall", "CPU", "requests", "memory")
    size = (1_000, 20) if quick else (100_000, 2_000)
    rows = [in_folder(people.coverage, *size, latency) for latency in LATENCIES]
    yield _table("Coverage and winners of everybody (bounds: 10 s, 500 MiB)", head, rows)

    head = ("objects", "latency", "command", "wall", "CPU", "times the first of its group", "bound", "memory")
    size = 100 if quick else 1_000
    rows = [row for latency in LATENCIES for row in in_folder(home.beside_a_plan, size, latency)]
    rows += [*in_folder(home.in_git, size), *in_folder(home.page, size)]
    yield _table("Around a plan", head, rows)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"\n## {title}\n", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    text = "\n".join(lines)
    print(text, flush=True)
    return text


if __name__ == "__main__":
    main()
