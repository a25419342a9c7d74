"""Runs the command line in processes of their own, without starting Python anew: `python -m tests.laws.nursery`.

Reads one folder a line from its input and forks; the child goes to the folder and runs `reconciler apply --yes` there.
The parent prints the child's process id, and its exit status when it has ended. Everything heavy is imported before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reconciler.cli import main

WARM = (
    "reconciler.cli.apply",
    "reconciler.engine.apply",
    "reconciler.graph.transport",
    "msgraph",
    "httpx",
    "jsonschema",
)


def _child(folder: str) -> None:
    os.chdir(folder)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        code = main(("apply", "--yes", "--quiet"))
    except SystemExit as ended:
        code = int(str(ended.code))
    os._exit(code)


def serve() -> None:
    """Until the input ends."""
    for name in WARM:
        __import__(name)
    for line in sys.stdin:
        folder = line.strip()
        if not Path(folder).is_dir():
            raise SystemExit(f"{folder} is no folder")
        if (child := os.fork()) == 0:
            _child(folder)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
