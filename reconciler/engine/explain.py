"""Reads who a question is about: one person with their groups, or one group with its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..assignments import Target, resolve, wanted_targets
from ..audience import Census
from ..chain.people import one_person
from ..graph.client import Graph
from ..graph.errors import NotFound
from ..live import Names, quote_id
from ..model import JsonObject
from ..resolution import stands_for
from ..spec.load import Desired
from . import names as naming
from .answers import read_entity
from .people import read_census

_PERSON = "id,displayName,userPrincipalName,userType,accountEnabled,assignedLicenses"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the directory. None: not told."""

    id: str
    name: str
    principal: str
    groups: frozenset[str]
    """The ids of all groups that they are in, nested ones too, in lower case."""
    guest: bool | None = None
    enabled: bool | None = None
    licensed: bool | None = None

    @property
    def notes(self) -> list[str]:
        """What is to be known of them before anything else."""
        found = {
            "is a guest, and guests do not enroll devices here": self.guest is True,
            "has no licence, and `all users` means licensed users: assignments to all users may not reach them":
                self.licensed is False,
            "may not sign in: the account is disabled": self.enabled is False,
        }  # fmt: skip
        return [f"{self.name} {note}" for note, holds in found.items() if holds]


async def read_person(graph: Graph, user: str) -> Person | None:
    """The person of this user principal name or id; None where there is none. Raises `GraphError`."""
    try:
        found = await read_entity(graph, f"/v1.0/users/{quote_id(user)}?$select={_PERSON}")
    except NotFound:
        return None
    object_id = str(found["id"])
    path = f"/v1.0/users/{quote_id(object_id)}/transitiveMemberOf?$select=id&$top=999"
    groups = [each for each in await graph.list(path) if str(each.get("@odata.type", "")).endswith("group")]
    licences = found.get("assignedLicenses")
    return Person(
        object_id,
        str(found.get("displayName") or user),
        str(found.get("userPrincipalName") or user),
        frozenset(str(group.get("id")).casefold() for group in groups),
        guest=found["userType"] == "Guest" if found.get("userType") else None,
        enabled=enabled if isinstance(enabled := found.get("accountEnabled"), bool) else None,
        licensed=bool(licences) if isinstance(licences, list) else None,
    )


def census_of(person: Person, targets: Iterable[Target]) -> Census:
    """The census of this one person."""
    return one_person(person.groups, targets)


async def find_group(graph: Graph, names: Names, name: str) -> tuple[str | None, Names, str | None]:
    """The id of the one group of this name, or why there is none; with the names as they are known then."""
    found = await naming.resolve_groups(graph, {name: name})
    joined = naming.joined(replace(names, problems=()), found)
    if joined.problems:
        return None, joined, "; ".join(joined.problems)
    group, problems = stands_for("groups", name, joined, ())
    blocking = [problem for problem in problems if problem.blocks]
    if blocking:
        suggested = await naming.suggest(graph, joined, {name: name})
        like = suggested.suggestions.get(name, ())
        hint = f"; did you mean {' or '.join(repr(each) for each in like)}?" if like else ""
        return None, joined, blocking[0].message + hint
    return group, joined, None


async def census_with(graph: Graph, targets: Iterable[Target], names: Names, *more: Target) -> Census:
    """The people of these targets and of these further ones, and how many there are in all."""
    return await read_census(graph, [*targets, *more, Target("users")], names)


async def with_groups(graph: Graph, names: Names, targets: Iterable[Target]) -> Names:
    """The names with those of the groups of these targets; `problems` are why some could not be looked up."""
    groups = {target.group for target in targets if target.who == "group"}
    return await naming.name_groups(graph, replace(names, problems=()), groups)


async def targets_of(
    graph: Graph, names: Names, audience: Desired, tenant: str, renamed: Mapping[str, Mapping[str, str]]
) -> tuple[list[Target], Names, tuple[str, ...]]:
    """The targets of an audience, the names as they are known then, and why a target could not be told."""
    listed: JsonObject = {"assignments": audience.spec}
    asked = naming.asked([replace(audience, spec=listed)], tenant, renamed)
    found = naming.joined(replace(names, problems=()), await naming.resolve_groups(graph, asked.groups))
    if asked.filters and not found.filters:
        filters = await naming.resolve_listed(graph, filters=True, scope_tags=False, renamed=renamed)
        found = naming.joined(found, filters)
    found = await naming.name_groups(graph, found, asked.pinned_groups)
    told = [resolve(wanted, found) for wanted in wanted_targets(audience.spec, tenant)]
    problems = [p.message for target, each in told if target is None for p in each if p.blocks]
    targets = [target for target, _ in told if target]
    return targets, replace(found, problems=()), (*found.problems, *problems)
