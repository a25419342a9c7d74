"""What `plan`, `apply` and `drift` do alike: select, read, plan, guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from .. import guards
from ..decide import Planned, plan
from ..diagnostics import Diagnostic, Severity
from ..engine.people import has_choice, with_crowds
from ..engine.refresh import refresh
from ..kinds import REGISTRY
from ..model import Address
from ..spec.load import Desired, SpecSet
from .arguments import Arguments
from .failure import Code, Failure
from .online import Connection
from .project import Project, read_specs

_EMPTY_SELECTION = Diagnostic(
    Severity.WARNING,
    "PLAN102",
    "the selection leaves no spec, so nothing would be done",
    "addresses are Kind/name, and a glob has to match the whole address",
)


async def make_plan(
    arguments: Arguments,
    project: Project,
    specs: SpecSet,
    connection: Connection,
    *,
    approved: frozenset[Address] | None = None,
) -> Planned:
    """Read the tenant and plan. What apply would refuse is among the plan's diagnostics.

    `approved` are the addresses of a saved plan: nothing else is selected then.
    """
    tenant = project.tenant
    names = tenant.names
    renamed = {"groups": names.groups, "filters": names.filters, "scopeTags": names.scope_tags, "apps": names.apps}
    world = await refresh(
        connection.graph,
        REGISTRY,
        specs.desired,
        owner=project.workspace.owner,
        tenant=tenant.name,
        previous_owners=project.workspace.previous_owners,
        renamed=renamed,
    )
    instant = arguments.clock.instant()
    selected = selection(arguments, project, specs.desired) if approved is None else approved
    planned = plan(REGISTRY, specs, world, tenant=connection.tenant, now=instant, selected=selected)
    if has_choice(planned):
        world = await with_crowds(connection.graph, planned)
        planned = plan(REGISTRY, specs, world, tenant=connection.tenant, now=instant, selected=selected)
    if selected is not None and not selected and approved is None:
        project = replace(project, warnings=(*project.warnings, _EMPTY_SELECTION))
    found = [*project.warnings, *guards.check(planned.plan, tenant.limits, expectations(arguments))]
    diagnostics = tuple(sorted([*planned.plan.diagnostics, *found], key=lambda d: d.sort_key))
    return replace(planned, plan=replace(planned.plan, diagnostics=diagnostics))


def selection(arguments: Arguments, project: Project, desired: Mapping[Address, Desired]) -> frozenset[Address] | None:
    """The addresses whose changes may run; None for all."""
    if not (arguments.paths or arguments.only or arguments.exclude or arguments.selector):
        return None
    kept = dict(desired)
    if arguments.paths:
        names = {name for name, _ in read_specs(map(Path, arguments.paths), project.workspace.root)}
        known = {name for name, _ in read_specs(project.tenant.specs, project.workspace.root)}
        if foreign := sorted(names - known):
            raise Failure(
                Code.INVALID, f"{foreign[0]} is not among the specs of this tenant", "see `specs` in reconciler.yaml"
            )
        kept = {a: d for a, d in kept.items() if d.document.file in names}
    if arguments.only:
        kept = {a: d for a, d in kept.items() if _any(a, arguments.only)}
    kept = {a: d for a, d in kept.items() if not _any(a, arguments.exclude)}
    labels = _labels(arguments.selector)
    return frozenset(a for a, d in kept.items() if labels.items() <= d.labels.items())


def _any(address: Address, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(str(address), glob) for glob in globs)


def _labels(selector: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in selector.split(",")] if selector else []
    if any(not (key and sign) for key, sign, _ in pairs):
        raise Failure(Code.USAGE, f"--selector {selector}: write labels as a=b,c=d")
    return {key.strip(): value.strip() for key, _, value in pairs}


def expectations(arguments: Arguments) -> dict[str, int]:
    """`--expect NAME=N` and its short forms. Raises `Failure` (64)."""
    found: dict[str, int] = {}
    for text in arguments.expect:
        name, _, number = text.partition("=")
        if name not in guards.SETTINGS or not number.isdecimal() or len(number) > 9:
            known = ", ".join(guards.SETTINGS)
            raise Failure(Code.USAGE, f"--expect {text}: write NAME=N, where NAME is one of {known}")
        found[name] = int(number)
    if arguments.expect_deletes is not None:
        found["deletes"] = arguments.expect_deletes
    return found
