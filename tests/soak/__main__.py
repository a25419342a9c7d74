"""`python -m tests.soak`: plays random scenarios until the seconds are over, or one of them.

`--seed N` plays scenario N and tells how it went; `--seconds S` plays as many as fit, on `--processes P`, from
`--from N` on or from a number that is drawn and printed. Exits with 1 where an invariant did not hold, and prints the
line that plays the scenario again.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from .play import play

CHUNK = 25
"""Scenarios that a process plays before it reports."""


@dataclass
class Tally:
    """What a number of scenarios came to."""

    played: int = 0
    requests: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.played += other.played
        self.requests += other.requests
        self.endings += other.endings
        self.happened += other.happened
        self.violations += other.violations


def play_all(seeds: range) -> Tally:
    """Play these scenarios; a defect of the product or of the tests counts as a violation and is told."""
    logging.getLogger("reconciler").setLevel(logging.CRITICAL)
    tally = Tally()
    for seed in seeds:
        tally.played += 1
        try:
            one = play(seed)
        except Exception:  # whatever it is, the seed has to be told, and the others go on
            tally.violations.append((seed, traceback.format_exc(limit=-3)))
            tally.endings["VIOLATION"] += 1
            continue
        tally.requests += one.requests
        tally.endings[one.ending] += 1
        tally.happened += one.happened
    return tally


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this one scenario")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--from", type=int, dest="first", default=random.SystemRandom().randrange(10**8))
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    if given.seed is not None:
        one = play(given.seed)
        print(f"{one.ending}; {one.requests} requests, log {one.digest}; {_shown(one.happened)}")
        return 0
    start = time.monotonic()
    tally = _soak(given.first, given.seconds, given.processes)
    _tell(tally, given.first, time.monotonic() - start, given.processes)
    return 1 if tally.violations else 0


def _soak(first: int, seconds: float, processes: int) -> Tally:
    total = Tally()
    end = time.monotonic() + seconds
    with ProcessPoolExecutor(processes) as pool:
        chunks = (range(n, n + CHUNK) for n in itertools.count(first, CHUNK))
        waiting = [pool.submit(play_all, next(chunks)) for _ in range(2 * processes)]
        while waiting:
            total.add(waiting.pop(0).result())
            if time.monotonic() < end and len(total.violations) < 20:
                waiting.append(pool.submit(play_all, next(chunks)))
    return total


def _tell(tally: Tally, first: int, seconds: float, processes: int) -> None:
    rate = tally.played / seconds
    print(f"{tally.played} scenarios from seed {first} on, {tally.requests} requests")
    print(f"{seconds:.0f} s, {rate:.1f} scenarios a second on {processes} processes")
    print(f"endings:  {_shown(tally.endings)}")
    for line in _wrapped(tally.happened):
        print(line)
    for seed, message in tally.violations:
        print(f"\nVIOLATION  play it again: python -m tests.soak --seed {seed}\n{message}", file=sys.stderr)
    print(f"{len(tally.violations)} violations" if tally.violations else "no violation")


def _shown(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _wrapped(counts: Counter[str]) -> Iterator[str]:
    for name, count in sorted(counts.items()):
        yield f"  {name:<28} {count}"


if __name__ == "__main__":
    sys.exit(main())
