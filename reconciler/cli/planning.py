"""What `plan`, `apply` and `drift` do alike: select, read, plan, guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from .. import guards, rollback, waivers
from ..affected import affected
from ..decide import Planned, plan
from ..diagnostics import Diagnostic, Severity
from ..engine import preflight
from ..engine.chain import survey
from ..engine.people import has_choice, read_people, with_crowds
from ..engine.refresh import refresh
from ..kind import NO_CONSENT, Consent, Kind, World
from ..kinds import REGISTRY
from ..lifecycle import orphans
from ..model import Address
from ..past import Past
from ..pins import Pins, file_of
from ..rules import settle
from ..spec.load import Desired, SpecSet
from ..tolerated import variants
from ..workspace import Limits
from . import reaching
from .arguments import Arguments
from .failure import Code, Failure
from .judging import judged
from .online import Connection
from .project import Project, read_specs, rule_context

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
    agreed: Consent | None = None,
    past: Past | None = None,
) -> Planned:
    """Read the tenant and plan. What apply would refuse is among the plan's diagnostics.

    `approved` are the addresses of a saved plan: nothing else is selected then. `agreed` is the consent that it was
    made with; else that of the arguments. `past` is that of the run which the plan goes back to, and `specs` are then
    what stands in for it.
    """
    kinds = rollback.restoring_kinds(past, REGISTRY) if past else REGISTRY
    if past and (wrong := rollback.check(past, tenant=connection.tenant, owner=project.workspace.owner)):
        raise Failure(Code.REFUSED, "refused: nothing was planned", diagnostics=wrong)
    agreed = consent(arguments, specs.desired) if agreed is None else agreed
    tenant = project.tenant
    pins = None if past else project.pins
    world = await read_world(project, specs, connection, pins=pins, agreed=agreed, kinds=kinds)
    instant = arguments.clock.instant()
    ended = frozenset(o.address for o in orphans(kinds, world))
    selected = selection(arguments, project, specs.desired, ended) if approved is None else approved
    planned = plan(kinds, specs, world, tenant=connection.tenant, now=instant, selected=selected)
    counting = counts_people(arguments, tenant.limits)
    chain = None if past else await survey(connection.graph, planned, reaching.unasked(planned, tenant))
    also, names = (chain.targets, chain.names) if chain else ((), None)
    census = await read_people(connection.graph, planned, counting=counting, also=also, names=names)
    if has_choice(planned):
        world = with_crowds(planned, census)
        planned = plan(kinds, specs, world, tenant=connection.tenant, now=instant, selected=selected)
    if counting:
        planned = replace(planned, plan=replace(planned.plan, affected=affected(planned, census)))
    if past:
        planned = rollback.as_rollback(planned, past)
    if selected is not None and not selected and approved is None:
        project = replace(project, warnings=(*project.warnings, _EMPTY_SELECTION))
    planned, people = reaching.told(planned, chain, census, tenant) if chain else (planned, [])
    told = [] if past else judged(planned, rule_context(project.workspace, tenant, project.today))
    return weighed(arguments, project, specs, connection, planned, people, told)


def weighed(
    arguments: Arguments,
    project: Project,
    specs: SpecSet,
    connection: Connection,
    planned: Planned,
    people: Iterable[Diagnostic],
    told: Sequence[Diagnostic],
) -> Planned:
    """The plan with all that is to be said of it: what apply would refuse, and what it only tells."""
    tenant, instant, expected = project.tenant, arguments.clock.instant(), expectations(arguments)
    found = [
        *project.warnings,
        *people,
        *(replace(d, severity=Severity.WARNING) for d in guards.check_freeze(tenant.freeze, instant)),
        *guards.check(planned, tenant.limits, expected),
        *preflight.limited_sight(planned, connection.graph.identity, expected),
    ]
    return _settled(planned, project, specs, found, told)


def _settled(
    planned: Planned, project: Project, specs: SpecSet, found: Iterable[Diagnostic], told: Sequence[Diagnostic]
) -> Planned:
    """The plan with these findings beside its own, each as the workspace and the waivers have it.

    What is `told` of live objects never blocks, whatever the workspace says of its rule: no plan would mend it.
    """
    every = (*planned.plan.diagnostics, *found, *told)
    settled = settle.settle(every, project.workspace.rules, waivers.read(specs), project.today)
    live = {(d.rule, d.message) for d in told}
    capped = (d.noted() if (d.rule, d.message) in live else d for d in settled.kept)
    kept = tuple(sorted(capped, key=lambda d: d.sort_key))
    made = replace(
        planned.plan,
        diagnostics=kept,
        waived=(*planned.plan.waived, *settled.documents()),
        switched_off=tuple(settle.switched_off(project.workspace.rules)),
        provided=tuple(each.to_json() for each in project.tenant.provided),
    )
    return replace(planned, plan=made)


def counts_people(arguments: Arguments, limits: Limits) -> bool:
    """Whether the people that the plan affects have to be counted: it is asked for, or a number of them is set."""
    return arguments.count_people or limits.affected_people is not None or "affectedPeople" in expectations(arguments)


async def read_world(
    project: Project,
    specs: SpecSet,
    connection: Connection,
    *,
    pins: Pins | None,
    agreed: Consent = NO_CONSENT,
    kinds: Mapping[str, Kind] = REGISTRY,
) -> World:
    """The tenant as it is now, matched with the specs. Raises `Failure` (4) for pins of another tenant."""
    known = project.tenant.tenant_id or connection.graph.identity.tenant_id
    if pins and pins.tenant_id and known and pins.tenant_id != known.casefold():
        message = f"{file_of(pins.tenant)} has the pins of tenant {pins.tenant_id}, this is {known}"
        hint = "correct tenantId in the workspace; or delete the file and write it with `reconciler pin`"
        raise Failure(Code.REFUSED, message, hint)
    return await refresh(
        connection.graph,
        kinds,
        specs.desired,
        owner=project.workspace.owner,
        tenant=project.tenant.name,
        previous_owners=project.workspace.previous_owners,
        renamed=project.tenant.names.by_sort,
        consent=agreed,
        pins=pins,
        tolerated=variants(specs),
    )


def consent(arguments: Arguments, desired: Mapping[Address, Desired]) -> Consent:
    """What the command line agrees to. Raises `Failure` (64) for what is no address, or of no spec."""
    named = {name: _addresses(name, getattr(arguments, name)) for name in ("take_over", "allow_replace", "release")}
    for name in ("take_over", "allow_replace"):
        if unknown := sorted(named[name] - desired.keys()):
            flag = "--" + name.replace("_", "-")
            raise Failure(Code.USAGE, f"{flag} {unknown[0]}: no spec has this address")
    return Consent(arguments.prune, named["take_over"], named["allow_replace"], named["release"])


def _addresses(name: str, texts: Iterable[str]) -> frozenset[Address]:
    try:
        return frozenset(map(Address.parse, texts))
    except ValueError as error:
        raise Failure(Code.USAGE, f"{name.replace('_', '-')}: {error}") from error


def selection(
    arguments: Arguments,
    project: Project,
    desired: Mapping[Address, Desired],
    ended: frozenset[Address] = frozenset(),
) -> frozenset[Address] | None:
    """The addresses whose changes may run; None for all.

    `ended` are those that only live objects have: a file or a label cannot select them, a glob can.
    """
    if arguments.release:
        return _addresses("release", arguments.release)
    if not (arguments.paths or arguments.only or arguments.exclude or arguments.selector):
        return None
    kept = dict(desired)
    by_glob = frozenset() if arguments.paths or arguments.selector else ended
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
    chosen = frozenset(a for a, d in kept.items() if labels.items() <= d.labels.items())
    globs = arguments.only or ("*",)
    return chosen | {a for a in by_glob if _any(a, globs) and not _any(a, arguments.exclude)}


def _any(address: Address, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(str(address), glob) for glob in globs)


def _labels(selector: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in selector.split(",")] if selector else []
    if any(not (key and sign) for key, sign, _ in pairs):
        raise Failure(Code.USAGE, f"--selector {selector}: write labels as a=b,c=d")
    return {key.strip(): value.strip() for key, _, value in pairs}


def expectations(arguments: Arguments) -> dict[str, int | None]:
    """`--expect NAME=N` and its short forms; None is a number that is not known. Raises `Failure` (64)."""
    names = [*guards.SETTINGS, preflight.BLIND_CREATES]
    found: dict[str, int | None] = {}
    for text in arguments.expect:
        name, _, number = text.partition("=")
        unknown = name in guards.MAY_BE_UNKNOWN and number == guards.UNKNOWN
        if name not in names or not (unknown or (number.isdecimal() and len(number) < 10)):
            raise Failure(Code.USAGE, f"--expect {text}: write NAME=N, where NAME is one of {', '.join(names)}")
        found[name] = None if unknown else int(number)
    if arguments.expect_deletes is not None:
        found["deletes"] = arguments.expect_deletes
    return found
