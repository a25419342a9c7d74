"""`plan`: shows what would change, and why. Sends nothing but reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .. import planfile
from ..past import Past
from ..plan import Plan
from ..spec.load import SpecSet
from . import logs
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_private
from .live import open_snapshot, reached
from .output import Output
from .planning import make_plan
from .project import load_specs, open_project


def call(arguments: Arguments) -> int:
    """0, or 2 with `--detailed-exitcode` where changes are pending; 4 where the reading is incomplete."""
    with logs.started(arguments):
        return asyncio.run(show_plan(arguments, lambda made: exit_code(made, detailed=arguments.detailed_exitcode)))


async def show_plan(
    arguments: Arguments, code: Callable[[Plan], int], *, back: tuple[SpecSet, Past] | None = None
) -> int:
    """Plan, print and save. `code` gives the exit code of the plan; `back` is what a rollback plans from."""
    output = Output(arguments)
    if arguments.out:
        _must_be_free(Path(arguments.out))
    project = open_project(arguments)
    specs, past = back or (load_specs(project), None)
    taken = open_snapshot(arguments, project)
    async with reached(taken, arguments, project, output) as connection:
        planned = await make_plan(arguments, project, specs, connection, past=past)
    if taken:
        planned = taken.told(planned, project, specs)
    made = planned.plan
    document = made.to_json()
    if arguments.out:
        write_private(arguments.out, planfile.to_bytes(document))
        until = "to be looked at only" if taken else f"may be applied until {document['expiresAt']}"
        output.remark(f"saved to {arguments.out}; {until}{'' if taken else _again(arguments)}")
    output.plan(document)
    return code(made)


def _again(arguments: Arguments) -> str:
    """Consent by number is not part of a plan: whoever applies it gives it."""
    deletes = [] if arguments.expect_deletes is None else [f"deletes={arguments.expect_deletes}"]
    given = [f"--expect {each}" for each in (*arguments.expect, *deletes)]
    return f", with {' '.join(given)} again" if given else ""


def _must_be_free(path: Path) -> None:
    """A plan is written over an older plan, and over nothing else. Raises `Failure` (64)."""
    with suppress(OSError):
        if path.stat().st_size and planfile.from_bytes(path.read_bytes())[1][:1] == planfile.from_bytes(b"")[1]:
            raise Failure(Code.USAGE, f"--out {path}: the file exists, and is not a plan", "name another file")


def exit_code(made: Plan, *, detailed: bool) -> int:
    """A plan exits as its changes say, whatever apply would refuse; but not where it does not know enough."""
    if _is_unknown(made):
        return Code.REFUSED
    unsettled = made.pending or any(change.refused for change in made.changes)
    return Code.PENDING if detailed and unsettled else Code.DONE


def drift_code(made: Plan) -> int:
    """What drift exits with: objects of ours that no spec names are drift, what is refused is not known."""
    if _is_unknown(made) or any(change.refused for change in made.changes):
        return Code.REFUSED
    return Code.PENDING if made.pending or made.orphaned else Code.DONE


def _is_unknown(made: Plan) -> bool:
    return not made.complete or any(d.rule in UNRESOLVED and d.severity == "error" for d in made.diagnostics)


UNRESOLVED = frozenset({"SNAPSHOT107", "NAME101", "NAME103", "NAME104", "NAME105", "READ101"})
"""Rules that mean: the plan rests on a name or a reading that is not there."""
