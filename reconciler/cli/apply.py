"""`apply`: performs a plan. Shows it, asks, looks again, writes, verifies, reports, and leaves a record."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .. import guards, planfile
from ..canonical import canonical
from ..decide import Planned
from ..diagnostics import Diagnostic, has_errors
from ..engine.apply import Apply
from ..engine.verify import Looker
from ..model import Address, JsonObject
from ..plan import Plan
from ..render import text
from ..run import Outcome, Result, Run, Status, outcome_of
from ..spec.load import SpecSet
from . import logs, provenance
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_private
from .online import Connection, connected
from .output import Output
from .planning import make_plan
from .project import Project, load_specs, open_project
from .show import open_plan


def call(arguments: Arguments) -> int:
    """0 applied or nothing to do, 1 failed, 4 refused, 5 partly applied, 130 and 143 interrupted."""
    run = _Run(arguments)
    try:
        with logs.started(arguments):
            return asyncio.run(run.go())
    except Failure as failure:
        if arguments.format != "json" or failure.code not in (Code.REFUSED, Code.FAILED):
            raise
        return run.refused(failure)


@dataclass(slots=True)
class _Signals:
    """The first signal stops before the next write; the second ends at once."""

    received: int | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows: Ctrl-C then ends the process
                loop.add_signal_handler(number, self._receive, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                with suppress(NotImplementedError):
                    loop.remove_signal_handler(number)

    def _receive(self, number: int) -> None:
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
        sys.stderr.write("stopping after the request that is under way; a second signal stops at once\n")


class _Run:
    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._output = Output(arguments)
        self._signals = _Signals()
        self._started = arguments.clock.instant()
        self._digest: str | None = None

    async def go(self) -> int:
        arguments = self._arguments
        if arguments.plan and (arguments.paths or arguments.only or arguments.exclude or arguments.selector):
            raise Failure(Code.USAGE, "--plan goes without a selection", "what runs was chosen when the plan was made")
        project = open_project(arguments)
        self._must_name_tenant(project)
        specs = load_specs(project)
        saved = open_plan(arguments.plan) if arguments.plan else None
        if not arguments.dry_run:
            self._refuse(guards.check_freeze(project.tenant.freeze, self._started))
        async with connected(project, "apply", self._output, arguments.clock) as connection:
            return await self._apply(project, specs, connection, saved)

    def _must_name_tenant(self, project: Project) -> None:
        several = len(project.workspace.tenants) > 1
        if several and not self._arguments.tenant and not sys.stdin.isatty() and not self._arguments.dry_run:
            raise Failure(Code.REFUSED, "the workspace has several tenants", "name the one to change with --tenant")

    async def _apply(self, project: Project, specs: SpecSet, connection: Connection, saved: JsonObject | None) -> int:
        if saved is not None:
            tenant = connection.tenant
            self._refuse(
                planfile.check(
                    saved,
                    tenant_id=tenant.tenant_id,
                    graph_url=tenant.graph_url,
                    spec_digest=specs.digest,
                    now=self._started,
                )
            )
        approved = planfile.addresses(saved) if saved is not None else None
        planned = await make_plan(self._arguments, project, specs, connection, approved=approved)
        document = planned.plan.to_json()
        self._digest = str(document["digest"])
        if saved is not None:
            self._refuse(planfile.same(saved, document))
        if self._arguments.dry_run:
            return self._dry_run(planned.plan, document)
        if not planned.plan.pending and not planned.plan.blocked:
            return self._report(self._run(Outcome.NOTHING_TO_DO, (), document), document)
        self._show(document)
        if has_errors(planned.plan.diagnostics):
            told = () if not self._output.json else planned.plan.diagnostics
            raise Failure(Code.REFUSED, "apply refuses this plan: nothing was changed", diagnostics=told)
        if not self._arguments.yes:
            self._ask()
            fresh = await make_plan(self._arguments, project, specs, connection, approved=approved)
            self._refuse(planfile.same(document, fresh.plan.to_json()))
            planned = fresh
        with self._signals.watched():
            return await self._carry_out(project, connection, planned, document)

    def _refuse(self, found: list[Diagnostic] | tuple[Diagnostic, ...], message: str = "") -> None:
        if has_errors(found):
            errors = [d for d in found if d.severity == "error"]
            raise Failure(Code.REFUSED, message or "refused: nothing was changed", diagnostics=errors)

    def _show(self, document: JsonObject) -> None:
        if not self._output.json:
            self._output.text(text.plan(document, style=self._output.style, full=self._arguments.full))
            sys.stdout.flush()

    def _ask(self) -> None:
        if self._output.json:
            raise Failure(Code.REFUSED, "--format json shows no plan to approve", "run with --yes, or as text")
        if not sys.stdin.isatty():
            raise Failure(
                Code.REFUSED, "nobody is there to approve the plan", "run with --yes, or with --plan and --yes"
            )
        sys.stderr.write("Apply this plan? Only yes is taken as yes: ")
        sys.stderr.flush()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # the event loop's would wait for the line
        try:
            answer = sys.stdin.readline()
        finally:
            signal.signal(signal.SIGINT, before)
        if not answer.endswith("\n"):
            sys.stderr.write("\n")
        if answer.strip() != "yes":
            raise Failure(Code.REFUSED, "not approved; nothing was changed")

    def refused(self, failure: Failure) -> int:
        """A run that ended before its first request, as the document that programs read."""
        outcome = Outcome.REFUSED if failure.code is Code.REFUSED else Outcome.FAILED
        finished = self._arguments.clock.instant()
        run = Run(outcome, (), self._digest, self._started, finished).to_json()
        error: JsonObject = {"message": failure.message, "hint": failure.hint}
        self._output.document({**run, "error": error, "diagnostics": [d.to_json() for d in failure.diagnostics]})
        return failure.code

    def _dry_run(self, made: Plan, document: JsonObject) -> int:
        run = self._run(
            Outcome.DRY_RUN,
            tuple(
                Result(c.address, c.action, Status.SKIPPED, c.live_id, error="dry run: nothing is sent")
                for c in made.pending
            ),
            document,
        )
        if self._output.json:
            self._output.document({**run.to_json(), "operations": [*_operations(made)]})
        else:
            self._output.text(text.plan(document, style=self._output.style, requests=True, full=self._arguments.full))
        return Code.REFUSED if made.blocked else Code.DONE

    async def _carry_out(self, project: Project, connection: Connection, planned: Planned, document: JsonObject) -> int:
        """Write, with a record that is opened before the first request and true however the run ends."""
        record = self._record(project)
        apply = Apply(
            connection.graph,
            planned,
            looker=Looker(connection.graph, sleep=self._arguments.clock.sleep),
            on_event=self._progress,
            stop=lambda: self._signals.received is not None,
        )
        whose = replace(
            self._run(Outcome.PARTLY_APPLIED, apply.results(), document),
            commit=provenance.commit(project.workspace.root),
            actor=provenance.actor(),
            interrupted=True,
        )
        self._write(record, whose)
        run = whose
        try:
            results = await apply.run()
            stopped = self._signals.received is not None
            outcome = Outcome.PARTLY_APPLIED if stopped else outcome_of(results)
            run = replace(whose, outcome=outcome, results=results, interrupted=stopped)
        finally:
            ended = run if run is not whose else replace(whose, results=apply.results())
            self._write(record, replace(ended, finished_at=self._arguments.clock.instant()))
        return self._report(replace(run, finished_at=self._arguments.clock.instant()), document)

    def _write(self, record: Path, run: Run) -> None:
        write_private(record, (canonical(run.to_json()) + "\n").encode("ascii"))

    def _record(self, project: Project) -> Path:
        if self._arguments.record:
            return Path(self._arguments.record)
        stamp = self._started.strftime("%Y%m%dT%H%M%SZ")
        folder = project.workspace.root / ".reconciler" / "runs"
        names = (f"{stamp}-{project.tenant.name}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(folder / name for name in names if not (folder / name).exists())

    def _progress(self, event: str, address: Address, message: str) -> None:
        self._output.progress(f"{address}: {event if event != 'sent' else ''} {message}".replace(":  ", ": "))

    def _run(self, outcome: Outcome, results: tuple[Result, ...], document: JsonObject) -> Run:
        finished = self._arguments.clock.instant()
        return Run(outcome, results, str(document["digest"]), self._started, finished)

    def _report(self, run: Run, document: JsonObject) -> int:
        if self._output.json:
            self._output.document(run.to_json())
        else:
            self._output.text(text.run(run.to_json(), style=self._output.style, plan=document))
        if self._signals.received is not None:
            return 128 + self._signals.received
        return run.exit_code


def _operations(made: Plan) -> list[JsonObject]:
    """Every request, in the order in which it would be sent."""
    return [{"address": str(change.address), **step.to_json()} for change, step in made.steps()]
