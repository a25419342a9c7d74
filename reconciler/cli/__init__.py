"""The command line: arguments to one call to an exit code. The only code that prints, reads argv or the environment.

Each command is a module of its own, imported when it is called: `--help` costs argparse and nothing more.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from .clock import SYSTEM, Clock

FAILED = 1
SIGINT = 2


def run() -> None:
    """The console script."""
    # One command builds thousands of values that live to its end: looking for garbage among them is work for nothing.
    gc.set_threshold(200_000, 20, 20)
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str], *, clock: Clock = SYSTEM) -> int:
    """Run one command and give its exit code. No exception but `SystemExit` leaves it."""
    from .arguments import parse

    if sys.stdout is None or sys.stderr is None:  # closed by whoever started us
        sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
        sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
    arguments = replace(parse(argv), clock=clock)
    from .failure import Failure, report

    try:
        code = _call(arguments)
        sys.stdout.flush()
    except Failure as failure:
        return report(failure, arguments)
    except BrokenPipeError:
        _close_stdout()
        return 0
    except OSError as error:
        _close_stdout()
        sys.stderr.write(
            f"reconciler: {error.strerror or type(error).__name__}; is there room where the output goes?\n"
        )
        return FAILED
    except KeyboardInterrupt as interrupt:
        sys.stderr.write("interrupted\n")
        return 128 + getattr(interrupt, "number", SIGINT)
    except Exception as error:  # the last line of defence: no traceback reaches a user
        if arguments.log_level == "debug":
            raise
        return report(Failure.internal(error), arguments)
    return code


def _call(arguments: object) -> int:
    from importlib import import_module

    from .arguments import Arguments

    assert isinstance(arguments, Arguments)
    command = import_module(f".{arguments.command}", __package__)
    code: int = command.call(arguments)
    return code


def _close_stdout() -> None:
    """A reader that went away, such as `head`, is no failure; nothing more can be said on stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
