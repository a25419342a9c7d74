"""Writes the expected files of the golden runs anew: `python -m tests.golden.rewrite [SCENARIO…]`."""

from __future__ import annotations

import sys

from .runs import run, scenarios


def main() -> None:
    """Rewrite the named scenarios, or all of them."""
    for scenario in scenarios():
        if sys.argv[1:] and scenario.name not in sys.argv[1:]:
            continue
        scenario.expected.mkdir(exist_ok=True)
        for name, text in run(scenario).items():
            (scenario.expected / name).write_bytes(text.encode())
        print(f"wrote {scenario.name}")


if __name__ == "__main__":
    main()
