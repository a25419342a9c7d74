"""Keeps the record of one run on disk: opened before the first write, true whenever the run ends, also by `kill -9`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from .. import records
from ..model import Address
from ..run import Run
from . import history
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_private
from .online import Connection
from .project import Project
from .provenance import provenance

_REWRITES = 100
"""How often a record is written anew during a run at most: a long one is not written after each of its changes."""


class Recording:
    """One record. `write` is called before the first write to the tenant and at the end, `follow` in between."""

    def __init__(
        self,
        arguments: Arguments,
        project: Project,
        connection: Connection,
        *,
        started: datetime,
        changes: int,
        saved_plan: str | None,
        unchanged: tuple[Address, ...] = (),
        goes_back_to: str | None = None,
    ) -> None:
        """Raises `Failure` where the record cannot have a place."""
        workspace, tenant = project.workspace, project.tenant
        self.path = Path(arguments.record) if arguments.record else _free_name(project, started)
        if self.path.exists():
            hint = "a record is never written over: it is the way back from its run"
            raise Failure(Code.REFUSED, f"{self.path} exists already, and nothing was changed", hint)
        self._clock = arguments.clock
        self._began = arguments.clock.monotonic()
        self._every = 1 + changes // _REWRITES
        self._ended = 0
        self.origin = provenance(workspace.root, [workspace.path, *tenant.specs], change_ref=arguments.change_ref)
        previous = history.newest(self.path.parent, tenant.name, but=self.path)
        self._whose = records.Circumstances(
            connection.tenant,
            workspace.owner,
            saved_plan=saved_plan,
            dirty=self.origin.dirty,
            change_ref=self.origin.change_ref,
            run_url=self.origin.run_url,
            approvals=self.origin.approvals,
            previous=str(previous["digest"]) if previous else None,
            unchanged=unchanged,
            goes_back_to=goes_back_to,
        )

    def write(self, run: Run) -> None:
        """Replace the file. Raises `Failure` (1)."""
        document = records.document(run, self._whose, duration=self._clock.monotonic() - self._began)
        write_private(self.path, records.to_bytes(document))

    def follow(self, run: Callable[[], Run]) -> None:
        """One more change has ended: write the run as it is now and then. Whether there is room is told at the end."""
        self._ended += 1
        if self._ended % self._every == 0:
            with suppress(Failure):
                self.write(run())


def _free_name(project: Project, started: datetime) -> Path:
    stamp = started.strftime("%Y%m%dT%H%M%SZ")
    folder = runs_folder(project)
    names = (f"{stamp}-{project.tenant.name}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(folder / name for name in names if not (folder / name).exists())


def runs_folder(project: Project) -> Path:
    """Where records go unless the command line names a file."""
    return project.workspace.root / ".reconciler" / "runs"
