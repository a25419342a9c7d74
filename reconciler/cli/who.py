"""`explain ADDRESS`, `--user`, `--group`, and `explain` alone: who gets which profile, why, and what they lack.

Reads the tenant and plans: both sides of the plan are told, and whether apply would refuse it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from .. import snapshot
from ..affected import affected, concerned
from ..assignments import Target
from ..audience import Census, Population, reach
from ..chain.people import targets_of
from ..decide import Planned, incomplete, plan
from ..diagnostics import Diagnostic
from ..doctor.sources import GROUPS_OF_PERSON, PEOPLE
from ..engine import explain as reading
from ..engine.chain import survey
from ..graph.errors import Forbidden
from ..kinds import REGISTRY
from ..live import Names
from ..model import Address, JsonObject
from ..render import explain as rendered
from ..spec.load import AUDIENCE, WAIVER, SpecSet
from ..waivers import read as waivers_of
from . import about, logs
from .about import Question, Read
from .arguments import Arguments
from .failure import Code, Failure
from .judging import judged
from .live import Snapshot, open_snapshot, reached
from .online import Connection
from .output import Output
from .planning import counts_people, read_world, weighed
from .project import Project, load_specs, open_project, rule_context
from .reaching import provided, told

_PERMISSIONS = f"{GROUPS_OF_PERSON[0]} and {PEOPLE[0]}"
"""What it takes to read people, beside what a plan takes."""


def call(arguments: Arguments) -> int:
    """0; 3 where the specs are invalid; 4 where something that the answer needs could not be read, whether that ends
    the command or makes the answer partial; 64 where nobody is called so.
    """
    with logs.started(arguments):
        return asyncio.run(_explain(arguments))


async def _explain(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    specs = load_specs(project)
    address = _address(arguments, specs)
    taken = _snapshot(arguments, project)
    async with reached(taken, arguments, project, output) as connection:
        planned = await _planned(arguments, project, specs, connection)
        _, document = await answered(arguments, project, specs, connection, planned, address)
    if taken:
        document = taken.marked(document, project, specs)
        taken.remark(output)
    if output.json:
        output.document(document)
    elif arguments.format == "markdown":
        output.text(rendered.markdown(document))
    else:
        output.text(rendered.text(document, style=output.style))
    return Code.REFUSED if document["partial"] else Code.DONE


async def answered(
    arguments: Arguments,
    project: Project,
    specs: SpecSet,
    connection: Connection,
    planned: Planned,
    address: Address | None = None,
) -> tuple[Planned, JsonObject]:
    """The plan with what is to be said of it, and the answer; about everybody, where the arguments name nobody."""
    surveyed = await survey(connection.graph, planned, provided(project.tenant), everything=True)
    read = Read(planned, surveyed, provided(project.tenant))
    question = await _question(arguments, project, specs, connection, read, address)
    weighed_plan = _weighed(arguments, project, specs, connection, read, question)
    return weighed_plan, about.document(connection.tenant, read, question, weighed_plan)


def _snapshot(arguments: Arguments, project: Project) -> Snapshot | None:
    """The snapshot that is read in place of the tenant. Raises `Failure`: 64 for a person, whom none has."""
    taken = open_snapshot(arguments, project)
    if taken and arguments.user:
        raise Failure(Code.USAGE, "--user goes without --live", "a snapshot has people as numbers only")
    called = project.tenant.names.groups.get(arguments.group or "", arguments.group)
    if taken and called and called not in snapshot.looked_up(taken.document).names:
        message = f"the snapshot does not have the group {called!r}"
        raise Failure(Code.REFUSED, message, "it has those that specs named when it was taken")
    return taken


def _address(arguments: Arguments, specs: SpecSet) -> Address | None:
    """The spec that is asked about. Raises `Failure` (64)."""
    if not arguments.what:
        return None
    try:
        address = Address.parse(arguments.what)
    except ValueError as error:
        raise Failure(Code.USAGE, str(error), "or give the id of a finding, such as JIT115") from error
    if address in specs.waivers:
        of = next(str(each.of) for each in waivers_of(specs) if each.address == address)
        raise Failure(Code.USAGE, f"{address} reaches nobody: it excuses {of}", f"ask for {of}")
    if address not in specs.desired and address not in specs.audiences:
        raise Failure(Code.USAGE, f"no spec has the address {address}", _those_there_are(address.kind, specs))
    return address


def _those_there_are(kind: str, specs: SpecSet) -> str:
    named = [*specs.desired, *specs.audiences]
    known = ", ".join(str(each) for each in sorted(named) if each.kind == kind)
    kinds = sorted({*REGISTRY, AUDIENCE, WAIVER})
    return f"there are: {known}" if known else f"no spec is of kind {kind}; kinds are {', '.join(kinds)}"


async def _planned(arguments: Arguments, project: Project, specs: SpecSet, connection: Connection) -> Planned:
    """The plan as it is before people are counted. Raises `Failure` (4) for an incomplete reading."""
    world = await read_world(project, specs, connection, pins=project.pins)
    if unread := incomplete(world):
        hint = f"`reconciler permissions` lists what a plan takes; explain takes {_PERMISSIONS} beside it"
        raise Failure(Code.REFUSED, "the tenant could not be read: nothing is explained", hint, diagnostics=unread)
    return plan(REGISTRY, specs, world, tenant=connection.tenant, now=arguments.clock.instant())


def _weighed(
    arguments: Arguments, project: Project, specs: SpecSet, connection: Connection, read: Read, question: Question
) -> Planned:
    """The plan with what is to be said of it. Of one person, it says what concerns them, and counts nobody else."""
    tenant = project.tenant
    planned, people = told(read.planned, read.surveyed, question.census, tenant)
    if arguments.user:
        project = replace(project, tenant=replace(tenant, limits=replace(tenant.limits, affected_people=None)))
    elif counts_people(arguments, tenant.limits):
        planned = replace(planned, plan=replace(planned.plan, affected=affected(planned, question.census)))
    live: list[Diagnostic] = judged(planned, rule_context(project.workspace, tenant, project.today))
    return weighed(arguments, project, specs, connection, planned, people, live)


# Whom it is about


@dataclass(frozen=True, slots=True)
class _People:
    """What it takes to count people: further targets, and the limits of the tenant."""

    arguments: Arguments
    project: Project
    connection: Connection
    read: Read

    async def census(self, names: Names, *more: Target) -> Census:
        planned, surveyed = self.read.planned, self.read.surveyed
        counting = counts_people(self.arguments, self.project.tenant.limits)
        targets = [*surveyed.targets, *(concerned(planned) if counting else ())]
        return await reading.census_with(self.connection.graph, targets, names, *more)


async def _question(
    arguments: Arguments,
    project: Project,
    specs: SpecSet,
    connection: Connection,
    read: Read,
    address: Address | None,
) -> Question:
    people = _People(arguments, project, connection, read)
    if arguments.user:
        return await _of_person(connection, read, arguments.user)
    if arguments.group:
        return await _of_group(people, project.tenant.names.groups.get(arguments.group, arguments.group))
    if address and address.kind == AUDIENCE:
        return await _of_audience(people, specs, address)
    more = about.also_asked(read, address) if address else []
    names = await reading.with_groups(connection.graph, read.surveyed.names, more)
    census = await people.census(names, *more)
    everyone = Question({"what": "everybody"}, census.everybody, census, names, partial=tuple(names.problems))
    return _of_address(everyone, read, address) if address else everyone


async def _of_person(connection: Connection, read: Read, user: str) -> Question:
    """Raises `Failure` (64, 4)."""
    try:
        person = await reading.read_person(connection.graph, user)
    except Forbidden as error:
        raise Failure(Code.REFUSED, f"{user} could not be read: {error.message}", f"grant {_PERMISSIONS}") from error
    if person is None:
        raise Failure(Code.USAGE, f"nobody is called {user} in this tenant", "give a user principal name")
    census = reading.census_of(person, targets_of([read.sides.before, read.sides.after]))
    who: JsonObject = {"what": "user", "name": person.name, "principal": person.principal, "id": person.id}
    return Question(who, census.everybody, census, read.surveyed.names, tuple(person.notes))


async def _of_group(people: _People, name: str) -> Question:
    """Raises `Failure` (64)."""
    group, names, why = await reading.find_group(people.connection.graph, people.read.surveyed.names, name)
    if group is None:
        raise Failure(Code.USAGE, str(why), "give the name of one group")
    census = await people.census(names, Target("group", group))
    return Question({"what": "group", "name": name, "id": group}, census.groups[group], census, names)


async def _of_audience(people: _People, specs: SpecSet, address: Address) -> Question:
    tenant = people.project.tenant
    targets, names, why = await reading.targets_of(
        people.connection.graph, people.read.surveyed.names, specs.audiences[address], tenant.name, tenant.names.by_sort
    )
    census = await people.census(names, *targets)
    whom: Population = reach(targets, census)
    found = tuple(targets) if not why else None
    what: JsonObject = {"what": "spec", "address": str(address)}
    return Question(what, whom, census, names, address=address, targets=found, partial=why)


def _of_address(question: Question, read: Read, address: Address) -> Question:
    profile = about.profile_of(read.sides.after, address)
    what: JsonObject = {"what": "spec", "address": str(address)}
    people = question.people
    if profile:
        what["name"] = profile.name
        people = reach(profile.targets, question.census.users_only())
    return replace(question, about=what, people=people, address=address)
