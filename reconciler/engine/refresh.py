"""Reads live state: every collection once, side by side, and the names that specs use in one batched round.

Called by every command that looks at a tenant. Sends nothing but GET (and `$batch` of GETs). A collection that could
not be read to its proven end is a reading with a problem, never a short list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from ..decide import match_all
from ..graph.client import Graph
from ..graph.errors import GraphError, NotFound, OutcomeUnknown
from ..identity import owned_by
from ..kind import NO_CONSENT, Consent, Kind, World
from ..lifecycle import orphans
from ..live import ABOVE, Collection, Live, Pinned, Reading, live_object, quote_id
from ..model import Address, Json, JsonObject
from ..pins import Pins
from ..spec.load import Desired
from . import names as naming


async def refresh(
    graph: Graph,
    kinds: Mapping[str, Kind],
    desired: Mapping[Address, Desired],
    *,
    owner: str,
    tenant: str,
    previous_owners: tuple[str, ...] = (),
    renamed: Mapping[str, Mapping[str, str]] | None = None,
    consent: Consent = NO_CONSENT,
    pins: Pins | None = None,
    tolerated: Iterable[Desired] = (),
    beside: Iterable[str] = (),
) -> World:
    """The live side of a plan, with every spec matched and every id named. Raises nothing of `GraphError`.

    `tolerated` are specs of which only the names are wanted, beside those of `desired` (`tolerated.variants`).
    `beside` are kinds whose `also_reads` are read although they may have no spec.
    """
    pinned = pins.names if pins else Pinned()
    asked = naming.asked((*desired.values(), *tolerated), tenant, renamed or {}, pinned)
    collections = {c.key: c for kind in kinds.values() for c in kind.collections}
    also_read_ = also_read(kinds, {address.kind for address in desired} | {*beside})
    own = next((kind.collections[0].key for kind in kinds.values() if kind.named == "filters"), None)
    readings, also, groups, listed = await asyncio.gather(
        _read_all(graph, collections.values()),
        _read_all(graph, also_read_.values()),
        naming.resolve_groups(graph, asked.groups),
        naming.resolve_listed(
            graph, filters=asked.filters and own is None, scope_tags=asked.scope_tags, renamed=renamed or {}
        ),
    )
    if consent.prune or consent.replace:
        readings = await _at_their_end(graph, kinds, readings, (owner, *previous_owners))
    if own:
        filters = [{**live.body, "id": live.id} for live in readings[own].objects]
        known = naming.filter_names(filters, renamed or {})
        listed = naming.joined(listed, replace(known, unread=naming.unread("filters", readings[own].problem)))
    names = replace(naming.joined(groups, listed), pinned=pinned)
    read_ = World(owner, tenant, names, readings, desired, previous_owners, renamed or {}, consent=consent, also=also)
    world = match_all(kinds, replace(read_, pins=pins.objects if pins else {}))
    matched = {m.live.id: m.live for m in world.matches.values() if m.live}
    matched |= {live.id: live for reading in also.values() for live in reading.objects}
    matched |= {o.live.id: o.live for o in orphans(kinds, world)}
    names = await naming.name_ids(graph, names, matched.values(), asked.pinned_groups, filters=own is None)
    names = await naming.suggest(graph, names, asked.groups)
    return replace(world, names=names)


def also_read(kinds: Mapping[str, Kind], specified: Container[str]) -> dict[str, Collection]:
    """What is read beside the kinds' own collections, for those kinds that have a spec: by key."""
    return {c.key: c for name, kind in kinds.items() if name in specified for c in kind.also_reads}


async def _read_all(graph: Graph, collections: Iterable[Collection]) -> dict[str, Reading]:
    readings = await asyncio.gather(*(read(graph, collection) for collection in collections))
    return {reading.collection.key: reading for reading in readings}


async def _at_their_end(
    graph: Graph, kinds: Mapping[str, Kind], readings: Mapping[str, Reading], owners: tuple[str, ...]
) -> dict[str, Reading]:
    """The readings with what objects of ours tell only when asked themselves (`Collection.at_its_end`)."""
    found = dict(readings)
    for kind in (k for k in kinds.values() if k.marker_field):
        for reading in (found[c.key] for c in kind.collections if c.at_its_end):
            ours = [live for live in reading.objects if owned_by(live, kind.marker_field or "", owners)]
            told = await _told(graph, reading.collection, ours)
            objects = tuple(replace(o, body={**o.body, **told.get(o.id, {})}) for o in reading.objects)
            found[reading.collection.key] = replace(reading, objects=objects)
    return found


async def _told(graph: Graph, collection: Collection, objects: Sequence[Live]) -> dict[str, JsonObject]:
    """Those properties by id, of objects that could be read."""
    chosen = ",".join(("id", *collection.at_its_end))
    paths = [f"{collection.item_path(quote_id(live.id))}?$select={chosen}" for live in objects]
    try:
        answers = await graph.batch(paths) if paths else []
    except GraphError:  # of the batch itself: no more is known than the list says
        return {}
    return {
        live.id: {name: answer.get(name) for name in collection.at_its_end}
        for live, answer in zip(objects, answers, strict=True)
        if isinstance(answer, dict)
    }


async def read(graph: Graph, collection: Collection) -> Reading:
    """One collection with the assignments of its objects."""
    try:
        return Reading(collection, await objects_of(graph, collection))
    except GraphError as error:
        return Reading(collection, problem=error.message)


async def objects_of(graph: Graph, collection: Collection) -> tuple[Live, ...]:
    """The objects of a collection with their assignments. Raises `GraphError`."""
    listed = await _below(graph, collection, await graph.list(collection.list_path))
    raw = await _whole_objects(graph, collection, [each for each in listed if collection.concerns(each)])
    assignments = await _assignments(graph, collection, raw)
    try:
        return tuple(live_object(collection, each, assignments.get(index)) for index, each in enumerate(raw))
    except ValueError as error:
        raise OutcomeUnknown(f"Graph answered with {error}") from error


async def _below(graph: Graph, collection: Collection, raw: Sequence[JsonObject]) -> list[JsonObject]:
    """What lives below the listed objects, where that is meant. Raises `GraphError` where one cannot be asked."""
    if collection.below is None:
        return [*raw]
    lists = await _lists(graph, collection, raw, collection.below)
    return [{**each, ABOVE: above} for above, found in zip(raw, lists, strict=True) for each in found]


async def _lists(
    graph: Graph, collection: Collection, raw: Sequence[JsonObject], name: str
) -> list[Sequence[JsonObject]]:
    """A collection below each object. Raises `GraphError` where one cannot be read."""
    paths = [f"{collection.item_path(quote_id(str(each.get('id'))))}/{name}" for each in raw]
    answers = await graph.batch_lists(paths) if paths else []
    for answer in answers:
        if isinstance(answer, GraphError):
            raise answer
    return [answer for answer in answers if not isinstance(answer, GraphError)]


async def _whole_objects(graph: Graph, collection: Collection, raw: Sequence[JsonObject]) -> list[JsonObject]:
    """The objects with what the list does not tell of them. Raises `GraphError` where one cannot be read."""
    for name in collection.contains:
        lists = await _lists(graph, collection, raw, name)
        raw = [{**each, name: [*held]} for each, held in zip(raw, lists, strict=True)]
    if not collection.left_out:
        return [*raw]
    chosen = ",".join(("id", *collection.left_out))
    paths = [f"{collection.item_path(quote_id(str(each.get('id'))))}?$select={chosen}" for each in raw]
    answers = await graph.batch(paths) if paths else []
    return [
        {**each, **{name: _answered(answer, path).get(name) for name in collection.left_out}}
        for each, answer, path in zip(raw, answers, paths, strict=True)
    ]


def _answered(answer: Json | GraphError, path: str) -> JsonObject:
    if isinstance(answer, GraphError):
        raise answer
    if not isinstance(answer, dict):
        raise OutcomeUnknown(f"{path} answered with something that is not an object")
    return answer


async def _assignments(graph: Graph, collection: Collection, raw: Sequence[JsonObject]) -> dict[int, list[JsonObject]]:
    """Assignments that the list does not carry, by index.

    An expansion is believed once it has shown an assignment; while it has shown none at all, it may be that the
    service does not fill it, and every object is asked. Raises `GraphError` where one cannot be read.
    """
    if collection.assignments == "none":
        return {}
    expanded = collection.assignments == "expanded"
    proven = expanded and any(each.get("assignments") for each in raw)
    doubtful = [index for index, each in enumerate(raw) if not (proven and _whole(each))]
    paths = [f"{collection.item_path(quote_id(str(raw[index].get('id'))))}/assignments" for index in doubtful]
    answers = await graph.batch_lists(paths) if paths else []
    found: dict[int, list[JsonObject]] = {}
    for index, answer in zip(doubtful, answers, strict=True):
        if isinstance(answer, GraphError):
            raise answer
        found[index] = answer
    return found


def _whole(raw: JsonObject) -> bool:
    return isinstance(raw.get("assignments"), list) and "assignments@odata.nextLink" not in raw


async def read_object(graph: Graph, collection: Collection, object_id: str) -> Live | None:
    """One object as it is now, with its assignments; None where it does not exist. Raises `GraphError`.

    That there is no such object is said by the object alone: what asking for its assignments gives then means nothing.
    """
    path = collection.item_path(quote_id(object_id))
    body, assignments = await asyncio.gather(
        graph.get(path), _assignments_of(graph, collection, path), return_exceptions=True
    )
    for answer in (body, assignments):
        if isinstance(answer, BaseException) and not isinstance(answer, GraphError):
            raise answer
    if isinstance(body, NotFound):
        return None
    for answer in (body, assignments):
        if isinstance(answer, BaseException):
            raise answer
    if not isinstance(body, dict) or not isinstance(assignments, list):
        raise OutcomeUnknown(f"{path} answered with something that is not an object")
    try:
        return live_object(collection, body, assignments)
    except ValueError as error:
        raise OutcomeUnknown(f"{path} answered with {error}") from error


async def _assignments_of(graph: Graph, collection: Collection, path: str) -> list[JsonObject]:
    return [] if collection.assignments == "none" else await graph.list(f"{path}/assignments")
