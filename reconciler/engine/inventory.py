"""Reads a tenant for `import`: every object of some kinds, with a name for every id that they refer to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..graph.client import Graph
from ..kind import Kind, World
from ..live import Live, Names
from ..model import Address
from ..pins import Pins
from ..spec.load import Desired
from . import names as naming
from .refresh import refresh


async def inventory(
    graph: Graph,
    kinds: Mapping[str, Kind],
    desired: Mapping[Address, Desired],
    *,
    owner: str,
    tenant: str,
    previous_owners: tuple[str, ...] = (),
    renamed: Mapping[str, Mapping[str, str]] | None = None,
    pins: Pins | None = None,
    beside: Iterable[str] = (),
) -> World:
    """The live objects of these kinds, matched with the specs, all of their names known. Raises no `GraphError`.

    The kinds must hold those of all specs that are given, and the one of assignment filters. What could not be read is
    told as `refresh` tells it. `beside` as there.
    """
    world = await refresh(
        graph,
        kinds,
        desired,
        owner=owner,
        tenant=tenant,
        previous_owners=previous_owners,
        renamed=renamed,
        pins=pins,
        beside=beside,
    )
    known, renamed = world.names, renamed or {}
    objects = [live for reading in world.readings.values() for live in reading.objects]
    named, tagged = await asyncio.gather(
        naming.name_ids(graph, known, objects, frozenset(), filters=False),
        naming.resolve_listed(graph, filters=False, scope_tags=not known.scope_tags, renamed=renamed),
    )
    names = replace(naming.joined(tagged, named), pinned=known.pinned)
    return replace(world, names=await with_namesakes(graph, names, objects, renamed))


async def with_namesakes(
    graph: Graph, names: Names, objects: Iterable[Live], renamed: Mapping[str, Mapping[str, str]]
) -> Names:
    """The names with every group that is called as one of those that these objects are assigned to.

    `names` knows those by id already. After it, a name of theirs is known to stand for one group or for several.
    """
    ids = naming.group_ids(objects)
    real = {group.name for each in ids if (group := names.groups_by_id.get(each)) and group.name}
    spoken = {ours: theirs for ours, theirs in renamed.get("groups", {}).items() if theirs in real}
    taken = renamed.get("groups", {})
    wanted = {name: name for name in real if name not in taken} | spoken
    missing = {name: theirs for name, theirs in wanted.items() if name not in names.groups}
    if not missing or "groups" in names.unread:
        return names
    found = naming.joined(names, await naming.resolve_groups(graph, missing))
    return replace(found, pinned=names.pinned)
