"""The command line: arguments to one call to an exit code. The only code that prints, reads argv or the environment.

Each command is a module of its own, imported when it is called: `--help` costs argparse and nothing more.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .clock import SYSTEM, Clock
from .streams import complain, say, silence

if TYPE_CHECKING:
    from .arguments import Arguments

FAILED = 1
SIGINT = 2
_MODULES = {"import": "importing"}
"""Commands whose name no module can have."""


def run() -> None:
    """The console script."""
    # One command builds thousands of values that live to its end: looking for garbage among them is work for nothing.
    gc.set_threshold(200_000, 20, 20)
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str], *, clock: Clock = SYSTEM) -> int:
    """Run one command and give its exit code. No exception but `SystemExit` leaves it."""
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started us
        sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
        sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
    try:
        return _ended(replace(_parsed(argv), clock=clock))
    except OSError as error:
        silence(sys.stdout)
        complain(f"reconciler: {error.strerror or type(error).__name__}; is there room where the output goes?\n")
        return FAILED
    except KeyboardInterrupt as interrupt:
        complain("interrupted\n")
        return 128 + getattr(interrupt, "number", SIGINT)
    finally:
        complain("")  # what logs or argparse could not get rid of would make the interpreter end with a code of its own


def _parsed(argv: Sequence[str]) -> Arguments:
    """The arguments. Raises `SystemExit` after `--help`, which may have been asked for by `head`."""
    from .arguments import parse

    try:
        return parse(argv)
    except SystemExit:
        say(sys.stdout, "")
        raise


def _ended(arguments: Arguments) -> int:
    """The exit code of the command, whose failure has been told."""
    from .failure import Failure, report

    try:
        return _call(arguments)
    except Failure as failure:
        return report(failure, arguments)
    except OSError:
        raise
    except Exception as error:  # the last line of defence: no traceback reaches a user
        if arguments.log_level == "debug":
            raise
        return report(Failure.internal(error), arguments)


def _call(arguments: Arguments) -> int:
    from importlib import import_module

    command = import_module(f".{_MODULES.get(arguments.command, arguments.command)}", __package__)
    code: int = command.call(arguments)
    return code
