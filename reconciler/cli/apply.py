"""`apply`: performs a plan. Shows it, asks, looks again, writes, verifies, reports, and leaves a record."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from .. import guards, planfile, rollback
from ..decide import Planned
from ..diagnostics import Diagnostic, has_errors
from ..engine import preflight
from ..engine.apply import Apply
from ..engine.approvals import LONGEST_TEXT
from ..engine.verify import Looker
from ..kind import Consent
from ..model import Address, JsonObject
from ..past import Past
from ..plan import Plan
from ..render import text
from ..run import Outcome, Result, Run, Status, outcome_of
from ..spec.load import SpecSet
from . import consumed, logs
from .approved import must_be_same, must_fit
from .arguments import Arguments
from .failure import Code, Failure
from .history import past_of
from .interrupts import Interrupts, reported, shown
from .online import Connection, connected
from .output import Output
from .planning import make_plan
from .project import Project, load_specs, open_project
from .recording import Recording
from .show import open_plan

_CHOSEN = "what runs was chosen when the plan was made"


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


def must_name_tenant(project: Project, arguments: Arguments) -> None:
    """Nobody is there to ask, and there are several tenants: raises `Failure` (4) unless one is named."""
    several = len(project.workspace.tenants) > 1
    if several and not arguments.tenant and not sys.stdin.isatty() and not arguments.dry_run:
        raise Failure(Code.REFUSED, "the workspace has several tenants", "name the one to change with --tenant")


class _Run:
    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._output = Output(arguments)
        self._interrupts = Interrupts()
        self._started = arguments.clock.instant()
        self._digest: str | None = None
        self._saved: str | None = None
        self._past: Past | None = None
        self._on_ended: Callable[[], None] = lambda: None

    async def go(self) -> int:
        arguments = self._arguments
        if arguments.plan and (arguments.paths or arguments.only or arguments.exclude or arguments.selector):
            raise Failure(Code.USAGE, "--plan goes without a selection", _CHOSEN)
        if arguments.plan and (arguments.prune or arguments.take_over or arguments.allow_replace):
            raise Failure(Code.USAGE, "--plan goes without --prune, --take-over and --allow-replace", _CHOSEN)
        if arguments.justification is not None and not 0 < len(arguments.justification.strip()) <= LONGEST_TEXT:
            raise Failure(Code.USAGE, f"--justification takes 1 to {LONGEST_TEXT} characters")
        project = open_project(arguments)
        must_name_tenant(project, arguments)
        saved = open_plan(arguments.plan) if arguments.plan else None
        self._past = past_of(saved, project) if saved is not None else None
        specs = rollback.specs(self._past) if self._past else load_specs(project)
        if not arguments.dry_run:
            self._refuse(guards.check_freeze(project.tenant.freeze, self._started))
        async with connected(project, "apply", self._output, arguments.clock) as connection:
            return await self._apply(project, specs, connection, saved)

    async def _apply(self, project: Project, specs: SpecSet, connection: Connection, saved: JsonObject | None) -> int:
        if saved is not None:
            record = self._past.digest if self._past else None
            must_fit(saved, project, connection.tenant, spec_digest=specs.digest, now=self._started, record=record)
        approved = planfile.addresses(saved) if saved is not None else None
        agreed = Consent.from_json(saved.get("consent") or {}) if saved is not None else None
        planned = await self._planned(project, specs, connection, approved, agreed)
        document = planned.plan.to_json()
        self._digest = str(document["digest"])
        if saved is not None:
            self._saved = str(saved["digest"])
            await must_be_same(saved, planned, connection.graph)
        if self._arguments.dry_run:
            return self._dry_run(planned.plan, document)
        if not planned.plan.pending and not planned.plan.blocked:
            if self._saved:
                consumed.consume(project.workspace.root, self._saved, at=self._started, record=None)
            return self._report(self._run(Outcome.NOTHING_TO_DO, (), document), document)
        self._show(document)
        if has_errors(planned.plan.diagnostics):
            told = () if not self._output.json else planned.plan.diagnostics
            raise Failure(Code.REFUSED, "apply refuses this plan: nothing was changed", diagnostics=told)
        justified = self._arguments.justification
        self._refuse(await preflight.check(connection.graph, planned, justification=justified))
        if not self._arguments.yes:
            self._ask()
            fresh = await self._planned(project, specs, connection, approved, agreed)
            await must_be_same(document, fresh, connection.graph)
            planned = fresh
        with self._interrupts.watched():
            return await self._carry_out(project, connection, planned, document)

    async def _planned(
        self,
        project: Project,
        specs: SpecSet,
        connection: Connection,
        approved: frozenset[Address] | None,
        agreed: Consent | None,
    ) -> Planned:
        return await make_plan(
            self._arguments, project, specs, connection, approved=approved, agreed=agreed, past=self._past
        )

    def _refuse(self, found: list[Diagnostic] | tuple[Diagnostic, ...], message: str = "") -> None:
        if has_errors(found):
            errors = [d for d in found if d.severity == "error"]
            raise Failure(Code.REFUSED, message or "refused: nothing was changed", diagnostics=errors)

    def _show(self, document: JsonObject) -> None:
        if self._output.json:
            return
        shown(lambda: self._output.text(text.plan(document, style=self._output.style, full=self._arguments.full)))

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
        recording = Recording(
            self._arguments,
            project,
            connection,
            started=self._started,
            changes=len(planned.plan.pending),
            saved_plan=self._saved,
        )
        apply = Apply(
            connection.graph,
            planned,
            looker=Looker(connection.graph, sleep=self._arguments.clock.sleep),
            on_event=self._progress,
            stop=lambda: self._interrupts.stopped,
            justification=self._arguments.justification,
        )
        whose = replace(
            self._run(Outcome.PARTLY_APPLIED, apply.results(), document),
            commit=recording.origin.commit,
            actor=recording.origin.actor,
            interrupted=True,
            finished_at=None,
        )
        with consumed.taken(project.workspace.root, self._saved, at=self._started, record=recording.path):
            recording.write(whose)
        self._on_ended = lambda: recording.follow(lambda: replace(whose, results=apply.results()))
        run = whose
        try:
            results = await apply.run()
            stopped = self._interrupts.stopped
            outcome = Outcome.PARTLY_APPLIED if stopped else outcome_of(results)
            run = replace(whose, outcome=outcome, results=results, interrupted=stopped)
        finally:
            ended = run if run is not whose else replace(whose, results=apply.results())
            recording.write(replace(ended, finished_at=self._arguments.clock.instant()))
        return self._report(replace(run, finished_at=self._arguments.clock.instant()), document)

    def _progress(self, event: str, address: Address, message: str) -> None:
        if event == "ended":
            self._on_ended()
        line = f"{address}: {event if event != 'sent' else ''} {message}".replace(":  ", ": ")
        self._interrupts.tell(lambda: self._output.progress(line))

    def _run(self, outcome: Outcome, results: tuple[Result, ...], document: JsonObject) -> Run:
        finished = self._arguments.clock.instant()
        return Run(outcome, results, str(document["digest"]), self._started, finished)

    def _report(self, run: Run, document: JsonObject) -> int:
        shown_run = run.to_json()
        if self._output.json:
            reported(lambda: self._output.document(shown_run))
        else:
            reported(lambda: self._output.text(text.run(shown_run, style=self._output.style, plan=document)))
        return self._interrupts.exit_code or run.exit_code


def _operations(made: Plan) -> list[JsonObject]:
    """Every request, in the order in which it would be sent."""
    return [{"address": str(change.address), **step.to_json()} for change, step in made.steps()]
