"""Reads what the chain's questions need, and nothing where targets alone answer them.

What cannot be read makes an answer partial, never the plan: nothing is written because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..assignments import Target
from ..chain.filters import rules_of
from ..chain.people import targets_of
from ..chain.sides import filter_rules, sides
from ..chain.verdicts import Sides, asked
from ..decide import Planned
from ..graph.client import Graph
from ..live import Names
from . import names as naming


@dataclass(frozen=True, slots=True)
class Survey:
    """The chain of a plan with the names of all that it speaks of, and whose members have to be known."""

    planned: Planned
    sides: Sides
    names: Names
    targets: tuple[Target, ...]
    problems: tuple[str, ...] = ()
    """Why names or filters could not be read."""


async def survey(graph: Graph, planned: Planned, provided: frozenset[str], *, everything: bool = False) -> Survey:
    """The chain before and after a plan. `everything` asks for all targets, whatever they prove by themselves."""
    before, after = sides(planned)
    names = replace(planned.world.names, problems=())
    names = await with_filters(graph, names, (t for side in (before, after) for s in side.supplies for t in s.targets))
    rules = rules_of(names)
    found = Sides.of(before, after, rules, filter_rules(planned, rules))
    targets = targets_of([found.before, found.after]) if everything else asked(found, provided)
    names = await naming.name_groups(graph, names, (t.group for t in targets if t.who == "group"))
    return Survey(planned, found, replace(names, problems=()), tuple(targets), tuple(names.problems))


async def with_filters(graph: Graph, names: Names, targets: Iterable[Target]) -> Names:
    """The names with the rules of filters, where a target has one that was not read yet. Raises `GraphError`."""
    used = {t.filter.id.casefold() for t in targets if t.filter}
    if used <= rules_of(names).keys():
        return names
    listed = await naming.resolve_listed(graph, filters=True, scope_tags=False, renamed={})
    by_id, rules = {**listed.filters_by_id, **names.filters_by_id}, {**listed.filter_rules, **names.filter_rules}
    return replace(names, filters_by_id=by_id, filter_rules=rules, problems=(*names.problems, *listed.problems))
