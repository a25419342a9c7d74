"""Reads who the people of a tenant are: each group once, and nothing that is not needed.

Called by all that plans: for the order of profiles, where a plan has a choice that people would notice, and to count
whom a plan affects, where that is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..affected import concerned
from ..assignments import Target, live_targets
from ..audience import Census, crowds, reach
from ..decide import Planned
from ..graph.client import Graph
from ..graph.errors import Forbidden, GraphError, NotFound
from ..graph.paging import Objects
from ..kind import Kind, Ranking, World
from ..live import Names, quote_id
from ..permissions import GROUPS, USERS

_PERSON = "user"
_NOBODY = frozenset({"group", "orgContact", "servicePrincipal"})
"""Members of groups that are nobody: nested groups, whose members are listed too, mail contacts and applications."""


def has_choice(planned: Planned) -> bool:
    """Whether an order is reached by several calls, so that ladders in between are met by people."""
    rankings = [i.comparison.basis for i in planned.intents.values() if isinstance(i.comparison.basis, Ranking)]
    return not planned.world.crowds and any(len(ranking.solution.moves) > 1 for ranking in rankings)


async def read_people(
    graph: Graph, planned: Planned, *, counting: bool = False, also: Iterable[Target] = (), names: Names | None = None
) -> Census:
    """The people that the plan has to know of; with `counting` also all those whom it may affect.

    `also` are further targets that somebody asks for, `names` those of their groups. Each group is read once.
    """
    targets = {*also, *(concerned(planned) if counting else ())}
    if has_choice(planned):
        targets |= {target for assigned in _ladder(planned).values() for target in assigned}
    return await read_census(graph, targets, names or planned.world.names)


def with_crowds(planned: Planned, census: Census) -> World:
    """The world with the people of every ladder of the plan counted, as far as memberships could be read."""
    ladder = _ladder(planned)
    if all(kind.users_only for kind in _ranking_kinds(planned)):
        census = census.users_only()
    counted = all(census.count(reach(targets, census)) is not None for targets in ladder.values())
    return replace(planned.world, crowds=crowds(ladder, census), counted=counted)


def _ladder(planned: Planned) -> Mapping[str, list[Target]]:
    """The live targets of everything that the plan puts in order, by id."""
    objects = planned.world.objects(c for kind in _ranking_kinds(planned) for c in kind.collections)
    return {live.id: live_targets(live.assignments) for live in objects}


def _ranking_kinds(planned: Planned) -> Iterable[Kind]:
    return {i.kind.name: i.kind for i in planned.intents.values() if isinstance(i.comparison.basis, Ranking)}.values()


async def read_census(graph: Graph, targets: Iterable[Target], names: Names) -> Census:
    """The people of these targets. What cannot be read is unknown in the census, with the reason."""
    asked = list(targets)
    groups = sorted({t.group for t in asked if t.who == "group"})
    living = [g for g in groups if not _is_gone(g, names)]
    paths = [f"/v1.0/groups/{quote_id(group)}/transitiveMembers?$select=id&$top=999" for group in living]
    answers, (everyone, why) = await asyncio.gather(
        graph.batch_lists(paths) if paths else _nothing(), _everyone(graph, any(t.who == "users" for t in asked))
    )
    members: dict[str, frozenset[str]] = {group: frozenset() for group in groups if group not in living}
    unread: dict[str, str] = {}
    devices: dict[str, str] = {}
    for group, answer in zip(living, answers, strict=True):
        if not isinstance(answer, GraphError) and not answer and _is_hidden(group, names):
            unread[group] = f"group {_called(group, names)} hides its members from whoever may not read hidden ones"
        elif not isinstance(answer, GraphError) and any(not isinstance(m.get("id"), str) for m in answer):
            unread[group] = f"the members of group {_called(group, names)} could not be read: one has no id"
        elif not isinstance(answer, GraphError):
            members[group] = _people(answer)
            if any(_sort(member) not in {_PERSON, *_NOBODY} for member in answer):
                devices[group] = f"group {_called(group, names)} holds devices, whose people cannot be read"
        elif isinstance(answer, NotFound) and group not in names.groups_by_id:
            members[group] = frozenset()  # it was deleted, and nothing that the plan names told us so before
        else:
            unread[group] = f"the members of group {_called(group, names)} could not be read: {_why(answer, GROUPS)}"
    return Census.of(members, everyone, unread=unread, devices=devices, uncounted=why)


async def _nothing() -> list[Objects | GraphError]:
    return []


async def _everyone(graph: Graph, asked: bool) -> tuple[int | None, str]:
    """How many people the tenant has; None, with the reason, where that cannot be read or does not matter."""
    if not asked:
        return None, "the number of users was not asked for"
    try:
        count = await graph.get("/v1.0/users/$count")
    except GraphError as error:
        return None, f"the number of users could not be read: {_why(error, USERS)}"
    if isinstance(count, int) and not isinstance(count, bool):
        return count, ""
    return None, "the number of users could not be read: Graph did not answer with a number"


def _why(error: GraphError, permissions: tuple[str, ...]) -> str:
    """Why a reading failed; where the identity may not read it, the permission that it takes."""
    takes = (error.scopes or permissions)[0] if isinstance(error, Forbidden) else None
    return f"it takes {takes}; {error.message}" if takes else error.message


def _is_gone(group: str, names: Names) -> bool:
    known = names.groups_by_id.get(group)
    return known is not None and known.name is None


def _is_hidden(group: str, names: Names) -> bool:
    known = names.groups_by_id.get(group)
    return known is not None and known.hidden


def _people(members: Objects) -> frozenset[str]:
    return frozenset(str(member.get("id")).casefold() for member in members if _sort(member) == _PERSON)


def _sort(member: Mapping[str, object]) -> str:
    """What a member is: `user`, `group`, `device`, …; Graph tells it of members that it may not show, too."""
    return str(member.get("@odata.type") or "").rpartition(".")[2]


def _called(group: str, names: Names) -> str:
    known = names.groups_by_id.get(group)
    return repr(known.name) if known and known.name else group
