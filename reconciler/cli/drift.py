"""`drift`: what in the tenant departs from the specs, which side moved, since when, and by whom. Sends no write.

`--accept` has specs follow the tenant: it writes spec files and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ..decide import Planned
from ..diagnostics import Severity
from ..drift import document
from ..drift.direction import Case
from ..drift.findings import cases, found_in, is_asked, run_of, with_log
from ..drift.model import Finding, Log
from ..engine import audit
from ..engine.inventory import with_namesakes
from ..graph.client import Graph
from ..model import Address, JsonObject
from ..plan import Plan, instant
from . import logs
from .accepting import accepted
from .applied import Known
from .arguments import Arguments
from .auditing import applying
from .failure import Code, Failure
from .online import connected
from .output import Output
from .plan import drift_code
from .planning import make_plan
from .project import load_specs, open_project

_LOOKED_BACK = timedelta(days=30)
"""How far the audit log is looked back where no run says when something was applied last."""


def call(arguments: Arguments) -> int:
    """0 where the tenant is as specified, 2 where it is not, 4 where that is not known.

    With `--accept`: 0 where all of it was accepted or nothing departs, 4 where something was not.
    """
    if not arguments.accept and (arguments.inline or arguments.force or arguments.dry_run):
        raise Failure(Code.USAGE, "--inline, --force and --dry-run go with --accept", "drift by itself writes nothing")
    with logs.started(arguments):
        return asyncio.run(_drift(arguments))


async def _drift(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    specs = load_specs(project)
    async with connected(project, "plan", output, arguments.clock) as connection:
        planned = await make_plan(arguments, project, specs, connection)
        every = cases(planned)
        orphans = [Address.parse(str(each["address"])) for each in planned.plan.orphaned]
        known = Known(project, connection.tenant, _wanted(planned, orphans), arguments.record)
        every = [replace(case, ids=known.ledger.ids) for case in every]
        findings = found_in(planned, every, known.ground, known.known_as)
        log = Log() if arguments.accept else await _log(arguments, connection.graph, findings)
        if arguments.accept:
            _must_be_whole(planned)
            every = await _with_namesakes(connection.graph, every)
    findings = with_log(findings, log, known.ledger.windows, applying(project.tenant))
    if not arguments.accept:
        _show(arguments, output, document.document(planned.plan, findings, history=known.history(), log=log))
        return _code(planned.plan)
    done = accepted(arguments, project, specs, planned, every, findings)
    made = document.document(planned.plan, findings, history=known.history(), log=log, accepted=done.documents())
    _show(arguments, output, made)
    return done.code


def _code(made: Plan) -> int:
    """An exception that has run out is no order of things, even where the tenant came in line before."""
    expired = any(d.rule == "WAIVER101" and d.severity is Severity.ERROR for d in made.diagnostics)
    code = drift_code(made)
    return Code.PENDING if expired and code == Code.DONE else code


def _must_be_whole(planned: Planned) -> None:
    """Raises `Failure` (4): what was not read is no reason to write a spec."""
    if not planned.plan.complete:
        unread = [d for d in planned.plan.diagnostics if d.severity is Severity.ERROR]
        raise Failure(Code.REFUSED, "the tenant could not be read: nothing was accepted", diagnostics=unread)


async def _with_namesakes(graph: Graph, every: Sequence[Case]) -> list[Case]:
    """The cases in a world that knows which group names are those of one group alone: only such a name goes into a
    spec without the id of its group.
    """
    if not every:
        return []
    world = every[0].subject.world
    live = [case.subject.live for case in every if case.subject.live]
    names = await with_namesakes(graph, world.names, live, world.renamed)
    known = replace(world, names=names, indexes={})
    return [replace(case, subject=replace(case.subject, world=known)) for case in every]


def _wanted(planned: Planned, orphans: Sequence[Address]) -> frozenset[Address]:
    """The addresses that records are asked about: what departs, under its earlier names too."""
    named = {change.address: planned.world.desired.get(change.address) for change in planned.plan.pending}
    earlier = {Address(a.kind, name) for a, desired in named.items() if desired for name in desired.previous_names}
    return frozenset({*named, *earlier, *orphans})


async def _log(arguments: Arguments, graph: Graph, findings: Sequence[Finding]) -> Log:
    """What the audit log has of the objects that depart, since the first of them was applied last."""
    asked = [finding for finding in findings if is_asked(finding)]
    ids = {each for finding in asked for each in finding.objects}
    if not ids:
        return Log()
    back = arguments.clock.instant() - _LOOKED_BACK
    since = min((run_of(finding) or back) for finding in asked)
    return await audit.events(graph, ids, since=instant(since))


def _show(arguments: Arguments, output: Output, shown: JsonObject) -> None:
    if output.json:
        output.document(shown)
    elif output.format == "markdown":
        from ..render.drift_markdown import drift as as_markdown

        output.text(as_markdown(shown, names=arguments.with_actors))
    elif output.format == "html":
        from ..render.drift_html import drift as as_html

        output.text(as_html(shown, names=arguments.with_actors))
    else:
        from ..render.drift_text import drift as as_text

        output.text(as_text(shown, style=output.style, full=arguments.full))
