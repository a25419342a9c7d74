"""`doctor`: whether the tenant is ready, or why one person's device does not register. Sends nothing but reads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from ..doctor import document
from ..doctor.checks import findings, wide
from ..doctor.discovery import RULE as DISCOVERY
from ..doctor.discovery import domains
from ..doctor.model import Evidence, Scope, Setting, types_of
from ..engine.examine import discover, examine
from ..engine.examine_devices import read_counts
from ..engine.examine_person import examine_person
from ..facts import Profile
from ..graph.discovery import fetch
from ..kinds import REGISTRY
from ..model import JsonObject
from ..permissions import missing, needs
from ..render import doctor as as_text
from ..render.doctor_markdown import markdown
from ..spec.load import Desired
from . import logs
from .arguments import Arguments
from .failure import Code, Failure
from .online import Connection, connected
from .output import Output
from .project import Project, load_specs, open_project, rule_context
from .reaching import provided

DAYS = 30
"""The counts are of devices that enrolled in so many days, unless a date is given."""


def call(arguments: Arguments) -> int:
    """0; 2 where something fails. What could not be read is shown, and changes no exit code."""
    if arguments.user and (arguments.since or arguments.discovery):
        raise Failure(Code.USAGE, "--user goes without --since and --discovery", "they are questions to the tenant")
    if arguments.since and arguments.since > arguments.clock.today():
        raise Failure(Code.USAGE, f"--since {arguments.since}: this day is yet to come", "name one in the past")
    with logs.started(arguments):
        return asyncio.run(_answered(arguments))


async def _answered(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    specs = _specs(project, output)
    async with connected(project, "plan", output, arguments.clock) as connection:
        shown = await _document(arguments, project, specs, connection)
    if output.json:
        output.document(shown)
    elif arguments.format == "markdown":
        output.text(markdown(shown))
    else:
        output.text(as_text.text(shown, style=output.style))
    return Code.PENDING if document.failed(shown) else Code.DONE


def _specs(project: Project, output: Output) -> list[Desired]:
    """The tenant's specs, where there are valid ones: a tenant can be looked at without."""
    try:
        return [*load_specs(project).desired.values()]
    except Failure as failure:
        output.remark(f"without the specs: {failure.message}")
        return []


async def _document(arguments: Arguments, project: Project, specs: list[Desired], connection: Connection) -> JsonObject:
    graph, now = connection.graph, arguments.clock.instant()
    tenant, settings = _tenant(connection), _settings(project)
    asking = arguments.discovery and settings.get(DISCOVERY, Setting("error")).severity is not None
    evidence = Evidence(
        now,
        scope=replace(_scope(specs, discovery=asking), provided=provided(project.tenant)),
        tenant_id=graph.identity.tenant_id or project.tenant.tenant_id,
        cloud=project.tenant.cloud,
        lacking=_lacking(graph.identity.permissions, specs, project),
        context=rule_context(project.workspace, project.tenant, project.today),
    )
    if arguments.user:
        evidence = await examine_person(graph, REGISTRY, evidence, arguments.user)
        first = wide(evidence, settings)
        return document.of_person(evidence, arguments.user, tenant=tenant, now=now, wide=first)
    since = arguments.since or arguments.clock.today() - timedelta(days=DAYS)
    evidence = await examine(graph, REGISTRY, evidence, since=since)
    evidence = await discover(evidence, fetch)
    counts = await read_counts(graph, evidence, since=since)
    return document.of_tenant(findings(evidence, settings), counts, tenant=tenant, now=now)


def _settings(project: Project) -> dict[str, Setting]:
    """What the workspace says that each rule counts as."""
    return {
        rule: Setting(str(each.severity) if each.severity else None, each.reason)
        for rule, each in project.workspace.rules.items()
    }


def _scope(specs: Iterable[Desired], *, discovery: bool) -> Scope:
    """What the specs have of enrollment."""
    declared = [REGISTRY[each.address.kind].declares(each) for each in specs]
    profiles = [fact for fact in declared if isinstance(fact, Profile)]
    types = {each for profile in profiles for each in types_of(profile)}
    first = {each.name: each.onboarding for each in profiles if each.onboarding.first_app}
    return Scope(frozenset(types), domains=domains(profiles), discovery=discovery, first_apps=first)


def _lacking(granted: frozenset[str] | None, specs: list[Desired], project: Project) -> tuple[str, ...] | None:
    if granted is None:
        return None
    wanted = needs(specs, REGISTRY, writing=False, tenant=project.tenant.name)
    return tuple(sorted({need.permission for need in missing(granted, wanted)}))


def _tenant(connection: Connection) -> JsonObject:
    """The tenant as every document names it."""
    tenant = connection.tenant
    return {"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url}
