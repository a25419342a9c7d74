"""Failures on their way to a person: one clear message, one exit code, never a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from ..diagnostics import Diagnostic
from ..model import JsonObject
from .arguments import Arguments
from .streams import complain


class Code(IntEnum):
    """Exit codes, as the interface has them."""

    DONE = 0
    FAILED = 1
    PENDING = 2
    INVALID = 3
    REFUSED = 4
    PARTLY = 5
    USAGE = 64


class Failure(Exception):  # noqa: N818 - it ends a command, it is not an error of the program
    """Ends a command with a message and an exit code."""

    def __init__(
        self, code: Code, message: str, hint: str | None = None, diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.diagnostics = tuple(diagnostics)

    def to_json(self) -> JsonObject:
        """What documents say of it."""
        return {"message": self.message, "hint": self.hint}

    @classmethod
    def internal(cls, error: Exception) -> Failure:
        """An error of this program. Its text may hold anything, so only its type and place are told."""
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
            trace = trace.tb_next
        message = f"internal error: {type(error).__name__} at {place}"
        return cls(Code.FAILED, message, "please report it; --log-level debug shows the traceback")


def report(failure: Failure, arguments: Arguments) -> int:
    """Tell the failure in the format that was asked for."""
    from .output import Output

    output = Output(arguments)
    if arguments.format == "json":
        output.document(
            {
                "formatVersion": 1,
                "error": {**failure.to_json(), "exitCode": int(failure.code)},
                "diagnostics": [d.to_json() for d in failure.diagnostics],
            }
        )
    elif failure.diagnostics:
        output.diagnostics_to_stderr(failure.diagnostics)
    if failure.message:
        hint = f"\n  {failure.hint}" if failure.hint else ""
        complain(f"reconciler: {output.safe(failure.message)}{output.safe(hint, lines=True)}\n")
    return int(failure.code)
