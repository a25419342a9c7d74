"""Reads everything that a plan may read of a tenant, for a snapshot: collections, names, and who is in which group.

Called by `snapshot`. Sends nothing but GET (and `$batch` of GETs). Specs say which names are looked up; every kind is
read, for a change that the snapshot is to judge may add one. What could not be read is told with its request.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from ..assignments import read_target
from ..graph.client import Graph
from ..graph.errors import GraphError, Refused
from ..graph.paging import Objects
from ..kind import Kind
from ..live import ABOVE, Collection, Live, quote_id
from ..model import Json, JsonObject
from ..snapshot import RETRIED, Asked, People, Taken, Unreadable
from .refresh import objects_of

_GROUPS = "/v1.0/groups"
_FIELDS = "$select=id,displayName,membershipRule,visibility"
_SCOPE_TAGS = "/beta/deviceManagement/roleScopeTags"
_COUNT = "/v1.0/users/$count"
_CHUNK = 15
"""Graph's limit of expressions in one `in` filter."""
_AS_IT_WAS = range(400, 500)
_SAME_AGAIN = 400
"""The status that stands for a failure which would be tried again: its message says what it was."""


@dataclass(slots=True)
class _Reading:
    """What is found out, as it comes in."""

    collections: dict[str, list[JsonObject]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)

    def failed(self, path: str, error: GraphError) -> None:
        """A request that was not answered."""
        self.unreadable.append(unreadable(path, error))


def unreadable(path: str, error: GraphError) -> Unreadable:
    """What stands for an error in a snapshot, so that a plan from it is told the same."""
    status, code = (error.status, error.code) if isinstance(error, Refused) else (_SAME_AGAIN, None)
    if status not in _AS_IT_WAS or status in RETRIED:
        status, code = _SAME_AGAIN, None
    text = error.message.partition(f"{status}{f' {code}' if code else ''}: ")[2] or error.message
    return Unreadable(unquote(path.partition("?")[0]), status, code, text.partition(" (request-id ")[0])


async def take(graph: Graph, kinds: Mapping[str, Kind], wanted: Asked) -> Taken:
    """What a plan may read, and the groups that are wanted beside those that objects are assigned to."""
    reading = _Reading()
    every = {c.key: c for kind in kinds.values() for c in (*kind.collections, *kind.also_reads)}
    await asyncio.gather(*(_collection(graph, each, reading) for each in every.values()), _scope_tags(graph, reading))
    live = [each for held in reading.collections.values() for each in held]
    targets = [read_target(a.get("target")) for each in live for a in _assignments(each)]
    every_id = {*wanted.ids, *(target.group for target in targets if target.who == "group")}
    groups = await _groups(graph, sorted(wanted.names), every_id, reading)
    reading.collections["groups"] = list(groups.values())
    people = await _people(graph, sorted(groups), reading)
    collections = {path: _once(held) for path, held in reading.collections.items()}
    return Taken(
        collections, people, tuple(dict.fromkeys(reading.unreadable)), Asked(wanted.names, frozenset(every_id))
    )


def _once(held: Sequence[JsonObject]) -> list[JsonObject]:
    """Each object once: kinds may read one collection by several filters."""
    return [*{str(each["id"]).casefold(): each for each in held}.values()]


async def _collection(graph: Graph, collection: Collection, reading: _Reading) -> None:
    try:
        objects = await objects_of(graph, collection)
        told = await _at_their_end(graph, collection, objects)
    except GraphError as error:
        reading.failed(collection.path, error)
        return
    held = reading.collections.setdefault(collection.path.partition("/beta/")[2], [])
    held += _whole(objects, told) if collection.below is None else _above(objects, collection.below)


async def _at_their_end(graph: Graph, collection: Collection, objects: Sequence[Live]) -> list[JsonObject]:
    """What objects tell only when asked themselves; nothing of one that does not answer, as a plan has it."""
    if not collection.at_its_end:
        return [{} for _ in objects]
    chosen = ",".join(("id", *collection.at_its_end))
    answers = await graph.batch([f"{collection.item_path(quote_id(each.id))}?$select={chosen}" for each in objects])
    return [each if isinstance(each, dict) else {} for each in answers]


def _whole(objects: Sequence[Live], told: Sequence[JsonObject]) -> list[JsonObject]:
    return [
        {**each.body, **more, "id": each.id, "assignments": [*each.assignments]}
        for each, more in zip(objects, told, strict=True)
    ]


def _above(objects: Sequence[Live], name: str) -> list[JsonObject]:
    """What contains the objects, with them inside."""
    found: dict[str, JsonObject] = {}
    inside: dict[str, list[Json]] = {}
    for each in objects:
        above = each.body.get(ABOVE)
        if isinstance(above, dict):
            found[str(above["id"])] = above
            own = {key: value for key, value in each.body.items() if key != ABOVE}
            inside.setdefault(str(above["id"]), []).append({**own, "id": each.id})
    return [{**above, name: inside[key]} for key, above in found.items()]


async def _scope_tags(graph: Graph, reading: _Reading) -> None:
    try:
        listed = await graph.list(f"{_SCOPE_TAGS}?$select=id,displayName")
    except GraphError as error:
        reading.failed(_SCOPE_TAGS, error)
        return
    reading.collections[_SCOPE_TAGS.partition("/beta/")[2]] = [*listed]


def _assignments(raw: JsonObject) -> list[JsonObject]:
    listed = raw.get("assignments")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


async def _groups(graph: Graph, names: Sequence[str], ids: Iterable[str], reading: _Reading) -> dict[str, JsonObject]:
    """The groups of these names and ids, by id in lower case. One that was deleted has none."""
    paths = [*_looked_up("displayName", names), *_looked_up("id", sorted(set(ids)))]
    found: dict[str, JsonObject] = {}
    for answer in await graph.batch_lists(paths) if paths else []:
        if isinstance(answer, GraphError):
            reading.failed(_GROUPS, answer)
            continue
        found |= {str(each.get("id")).casefold(): each for each in answer}
    return found


def _looked_up(member: str, values: Sequence[str]) -> list[str]:
    from urllib.parse import quote

    chunks = [values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK)]
    literals = (",".join("'" + value.replace("'", "''") + "'" for value in chunk) for chunk in chunks)
    return [f"{_GROUPS}?$filter={quote(f'{member} in ({each})')}&{_FIELDS}" for each in literals]


async def _people(graph: Graph, groups: Sequence[str], reading: _Reading) -> People:
    """How many people are in which of these groups, nested ones too."""
    paths = [f"{_GROUPS}/{quote_id(group)}/transitiveMembers?$select=id&$top=999" for group in groups]
    answers: list[Objects | GraphError] = await graph.batch_lists(paths) if paths else []
    of: dict[str, set[str]] = {}
    devices = set()
    for group, path, answer in zip(groups, paths, answers, strict=True):
        if isinstance(answer, GraphError):
            reading.failed(path, answer)
            continue
        if any(not isinstance(member.get("id"), str) for member in answer):
            reading.unreadable.append(Unreadable(path.partition("?")[0], _SAME_AGAIN, None, "a member has no id"))
            continue
        for member in answer:
            sort = str(member.get("@odata.type") or "").rpartition(".")[2]
            if sort == "user":
                of.setdefault(str(member.get("id")).casefold(), set()).add(group)
            elif sort not in ("group", "orgContact", "servicePrincipal"):
                devices.add(group)
    return People(await _everyone(graph, reading), Counter(map(frozenset, of.values())), frozenset(devices))


async def _everyone(graph: Graph, reading: _Reading) -> int | None:
    try:
        count = await graph.get(_COUNT)
    except GraphError as error:
        reading.failed(_COUNT, error)
        return None
    if isinstance(count, int) and not isinstance(count, bool):
        return count
    reading.unreadable.append(Unreadable(_COUNT, _SAME_AGAIN, None, "Graph did not answer with a number"))
    return None
