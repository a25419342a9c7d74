"""`apply`: performs a plan. Shows it, asks, looks again, writes, verifies, reports, and leaves a record."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from .. import guards, planfile, rollback
from ..decide import Planned
from ..diagnostics import Diagnostic, has_errors
from ..engine import preflight
from ..engine.apply import Apply
from ..engine.approvals import LONGEST_TEXT
from ..engine.verify import Looker
from ..graph.throttle import until
from ..kind import Consent
from ..model import Address, Json, JsonObject
from ..past import Past
from ..plan import Plan
from ..run import Outcome, Result, Run, Status, outcome_of
from ..spec.load import SpecSet
from . import consumed, logs
from .approved import must_be_same, must_fit
from .arguments import Arguments
from .failure import Code, Failure
from .history import past_of
from .interrupts import Interrupts
from .online import Connection, Purpose, connected
from .output import Output
from .planning import make_plan
from .project import Project, load_specs, open_project
from .recording import Recording
from .show import open_plan
from .streams import complain, silence

_CHOSEN = "what runs was chosen when the plan was made"


def call(arguments: Arguments) -> int:
    """0 applied or nothing to do, 1 failed, 4 refused, 5 partly applied, 130 and 143 interrupted."""
    run = _Run(arguments)
    try:
        with logs.started(arguments):
            return asyncio.run(run.go())
    except Failure as failure:
        if arguments.format == "text" or failure.code not in (Code.REFUSED, Code.FAILED):
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
        self._record: Path | None = None
        self._saved: str | None = None
        self._past: Past | None = None
        self._on_ended: Callable[[], None] = lambda: None
        self._unchanged: tuple[Address, ...] = ()
        self._whose: JsonObject = {}
        """Owner and tenant, as a plan names them, once they are known."""

    async def go(self) -> int:
        arguments = self._arguments
        if arguments.plan and (arguments.paths or arguments.only or arguments.exclude or arguments.selector):
            raise Failure(Code.USAGE, "--plan goes without a selection", _CHOSEN)
        if arguments.plan and (arguments.prune or arguments.take_over or arguments.allow_replace):
            raise Failure(Code.USAGE, "--plan goes without --prune, --take-over and --allow-replace", _CHOSEN)
        if arguments.justification is not None and not 0 < len(arguments.justification.strip()) <= LONGEST_TEXT:
            raise Failure(Code.USAGE, f"--justification takes 1 to {LONGEST_TEXT} characters")
        project = open_project(arguments)
        self._whose = {"owner": project.workspace.owner, "tenant": {"name": project.tenant.name}}
        must_name_tenant(project, arguments)
        saved = open_plan(arguments.plan) if arguments.plan else None
        self._past = past_of(saved, project) if saved is not None else None
        specs = rollback.specs(self._past) if self._past else load_specs(project)
        if not arguments.dry_run:
            self._refuse(guards.check_freeze(project.tenant.freeze, self._started))
        # A dry run only reads, so it takes the identity that can do no more.
        purpose: Purpose = "plan" if arguments.dry_run else "apply"
        async with connected(project, purpose, self._output, arguments.clock, stop=self._interrupts.stop) as connection:
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
        self._unchanged = () if self._past else planned.as_specified  # what stands in for specs is none
        if saved is not None:
            self._saved = str(saved["digest"])
            await must_be_same(saved, planned, connection.graph)
        if self._arguments.dry_run:
            return self._dry_run(planned.plan, document)
        if not planned.plan.pending and not planned.plan.blocked:
            return self._nothing_to_do(project, connection, document)
        if not self._shown(document) and not planned.plan.blocked:
            raise Failure(Code.FAILED, "nobody reads the plan: nothing was changed")
        await self._may_run(planned, connection, told=planned.plan.diagnostics if self._output.one_document else ())
        if not self._arguments.yes:
            self._ask(project)
            planned = await self._planned(project, specs, connection, approved, agreed)
            await self._may_run(planned, connection, told=planned.plan.diagnostics)
            await must_be_same(document, planned, connection.graph)
        with self._interrupts.watched():
            return await self._carry_out(project, connection, planned, document)

    async def _may_run(self, planned: Planned, connection: Connection, *, told: Sequence[Diagnostic]) -> None:
        """Raises `Failure` (4) where the plan has errors, or where the tenant is known to refuse a write of it."""
        if planned.plan.blocked:
            errors = [d for d in told if d.severity == "error"]
            raise Failure(Code.REFUSED, "apply refuses this plan: nothing was changed", diagnostics=errors)
        justified = self._arguments.justification
        self._refuse(await preflight.check(connection.graph, planned, justification=justified))

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

    def _shown(self, document: JsonObject) -> bool:
        """Show the plan; whether somebody read it. Where stdout is for one document, that is the run's."""
        return self._output.one_document or self._output.plan(document)

    def _ask(self, project: Project) -> None:
        if self._output.one_document:
            message = f"--format {self._output.format} shows no plan to approve"
            raise Failure(Code.REFUSED, message, "run with --yes, or as text")
        if not sys.stdin.isatty():
            raise Failure(
                Code.REFUSED, "nobody is there to approve the plan", "run with --yes, or with --plan and --yes"
            )
        complain(f"Apply this plan to {project.tenant.name}? Only yes is taken as yes: ")
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # the event loop's would wait for the line
        try:
            answer = sys.stdin.readline()
        finally:
            signal.signal(signal.SIGINT, before)
        if not answer.endswith("\n"):
            complain("\n")
        if answer.strip() != "yes":
            raise Failure(Code.REFUSED, "not approved; nothing was changed")

    def refused(self, failure: Failure) -> int:
        """A run that ended before its first request, as the document that programs read."""
        outcome = Outcome.REFUSED if failure.code is Code.REFUSED else Outcome.FAILED
        finished = self._arguments.clock.instant()
        run = Run(outcome, (), self._digest, self._started, finished).to_json()
        diagnostics: list[Json] = [d.to_json() for d in failure.diagnostics]
        document: JsonObject = {**run, "error": failure.to_json(), "diagnostics": diagnostics}
        self._output.run(document, plan=self._whose)
        if not self._output.json:
            self._output.notice(f"reconciler: {failure.message}")
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
            self._output.plan(document, requests=True)
        return Code.REFUSED if made.blocked else Code.DONE

    def _nothing_to_do(self, project: Project, connection: Connection, document: JsonObject) -> int:
        """Leaves a record where one was asked for, and where a saved plan is used up by it."""
        run = self._run(Outcome.NOTHING_TO_DO, (), document)
        if self._saved or self._arguments.record:
            recording = self._recording(project, connection, changes=0)
            with consumed.taken(project.workspace.root, self._saved, at=self._started, record=recording.path):
                recording.write(replace(run, commit=recording.origin.commit, actor=recording.origin.actor))
        return self._report(run, document)

    def _recording(self, project: Project, connection: Connection, *, changes: int) -> Recording:
        recording = Recording(
            self._arguments, project, connection, started=self._started, changes=changes, saved_plan=self._saved,
            unchanged=self._unchanged, goes_back_to=self._past.digest if self._past else None,
        )  # fmt: skip
        path, root = recording.path, project.workspace.root
        self._record = path.relative_to(root) if path.is_relative_to(root) else path
        return recording

    async def _carry_out(self, project: Project, connection: Connection, planned: Planned, document: JsonObject) -> int:
        """Write, with a record that is opened before the first request and true however the run ends."""
        recording = self._recording(project, connection, changes=len(planned.plan.pending))
        apply = Apply(
            connection.graph,
            planned,
            looker=Looker(connection.graph, sleep=until(self._interrupts.stop, self._arguments.clock.sleep)),
            on_event=self._hears,
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
        self._output.applies(len(planned.plan.pending), len(planned.plan.steps()))
        self._on_ended = lambda: recording.follow(lambda: replace(whose, results=apply.results()))
        run = whose
        try:
            results = await apply.run()
            stopped = self._interrupts.stopped
            outcome = Outcome.PARTLY_APPLIED if stopped else outcome_of(results)
            run = replace(whose, outcome=outcome, results=results, interrupted=stopped)
        finally:
            ended = run if run is not whose else replace(whose, results=apply.results())
            unrecorded = self._settled(recording, replace(ended, finished_at=self._arguments.clock.instant()))
        return self._report(replace(run, finished_at=self._arguments.clock.instant()), document, unrecorded)

    def _settled(self, recording: Recording, run: Run) -> Failure | None:
        """Write the record of a run that has ended; tells and gives why not, for the report has to come anyway."""
        try:
            recording.write(run)
        except Failure as failure:
            left = "it says how far the run had come" if recording.path.is_file() else "none of this run is left"
            message = f"the record of this run could not be completed: {failure.message}"
            self._output.notice(f"reconciler: {message}; {left}. Keep this report: nothing else tells what was done")
            return Failure(Code.PARTLY, message, f"{recording.path}: {left}")
        return None

    def _hears(self, event: str, address: Address, message: str) -> None:
        """What `Apply` does: the record is brought up to date after each change, and whoever waits is told."""
        if event == "ended":
            self._on_ended()
        self._interrupts.told(self._output.applied(event))

    def _run(self, outcome: Outcome, results: tuple[Result, ...], document: JsonObject) -> Run:
        finished = self._arguments.clock.instant()
        return Run(outcome, results, str(document["digest"]), self._started, finished)

    def _report(self, run: Run, document: JsonObject, unrecorded: Failure | None = None) -> int:
        """Tell what was done, and give its exit code, which neither a reader who went away nor a full disk changes."""
        try:
            self._tell(run.to_json(), document, unrecorded)
        except OSError as error:
            silence(sys.stdout)
            where = f"; what was done stands in {self._record}" if self._record and not unrecorded else ""
            complain(f"reconciler: the report could not be written: {error.strerror}{where}\n")
        return self._interrupts.exit_code or run.exit_code or (unrecorded.code if unrecorded else Code.DONE)

    def _tell(self, shown: JsonObject, document: JsonObject, unrecorded: Failure | None) -> None:
        """Raises `OSError` where there is no room for it."""
        self._output.run({**shown, "error": unrecorded.to_json()} if unrecorded else shown, plan=document)
        if self._record and not unrecorded:
            self._output.remark(f"record: {self._record}")


def _operations(made: Plan) -> list[JsonObject]:
    """Every request, in the order in which it would be sent."""
    return [{"address": str(change.address), **step.to_json()} for change, step in made.steps()]
