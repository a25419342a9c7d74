"""Reads who is assigned which enrollment profiles: only where a plan has a choice that people would notice."""

from __future__ import annotations

from dataclasses import replace

from ..assignments import live_targets
from ..audience import crowds, groups_of
from ..decide import Planned
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..kind import Ranking, World
from ..live import quote_id


def has_choice(planned: Planned) -> bool:
    """Whether an order is reached by several calls, so that ladders in between are met by people."""
    rankings = [i.comparison.basis for i in planned.intents.values() if isinstance(i.comparison.basis, Ranking)]
    return not planned.world.crowds and any(len(ranking.solution.moves) > 1 for ranking in rankings)


async def with_crowds(graph: Graph, planned: Planned) -> World:
    """The world with the people of every ladder of the plan counted, as far as memberships can be read."""
    kinds = {i.kind.name: i.kind for i in planned.intents.values() if isinstance(i.comparison.basis, Ranking)}
    objects = planned.world.objects(c for kind in kinds.values() for c in kind.collections)
    assigned = {live.id: live_targets(live.assignments) for live in objects}
    groups = groups_of(assigned)
    paths = [
        f"/v1.0/groups/{quote_id(group)}/transitiveMembers/microsoft.graph.user?$select=id&$top=999" for group in groups
    ]
    answers = await graph.batch_lists(paths) if paths else []
    members = {
        group: frozenset(str(person.get("id")).casefold() for person in answer)
        for group, answer in zip(groups, answers, strict=True)
        if not isinstance(answer, GraphError)
    }
    everyone = await _everyone(graph)
    found = crowds(assigned, members, everyone or 0)
    return replace(planned.world, crowds=found, counted=len(members) == len(groups) and everyone is not None)


async def _everyone(graph: Graph) -> int | None:
    """How many people the tenant has; None where that cannot be read: the choice is then made on what is known."""
    try:
        count = await graph.get("/v1.0/users/$count")
    except GraphError:
        return None
    return count if isinstance(count, int) else None
