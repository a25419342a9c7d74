"""Groups, users and who belongs to whom: the Entra side of Graph, read-only.

Membership is what seeds say (`members` of a group: ids and types); transitive membership follows nested groups.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model import JsonObject

from .context import Context
from .errors import GraphError, bad_request, no_segment
from .exchange import Reply, Request
from .json_values import objects
from .reading import read_item, read_list
from .resources import GROUPS, USERS, Resource
from .tenant import Entry

CASTS = {"microsoft.graph.user": "user", "microsoft.graph.group": "group", "graph.user": "user", "graph.group": "group"}


def answer(context: Context, resource: Resource, request: Request) -> Reply:
    """A GET below `/groups`, `/users` or `/organization`."""
    match request.segments[1:]:
        case ():
            return read_list(context, resource, request)
        case ("$count",):
            return _count(context, request, [*context.tenant.collection(resource.path)])
        case (key,):
            return read_item(context, resource, request, _object(context, resource, key))
        case (key, relation, *rest) if len(rest) <= 2:
            members = _related(context, resource, _object(context, resource, key), relation)
            return _relation(context, request, members, rest)
    raise no_segment(request.segments[-1])


def _object(context: Context, resource: Resource, key: str) -> Entry:
    """By id; users by their principal name too. Raises `GraphError` 404 as the directory words it."""
    entry = context.tenant.collection(resource.path).read(key)
    if entry is None and resource is USERS:
        names = (u for u in context.tenant.collection(USERS.path) if u.body["userPrincipalName"] is not None)
        entry = next((u for u in names if str(u.body["userPrincipalName"]).lower() == key.lower()), None)
    if entry is None:
        text = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", text)
    return entry


def _related(context: Context, resource: Resource, entry: Entry, relation: str) -> list[Entry]:
    if resource is GROUPS and relation == "members":
        return list(_members(context, entry))
    if resource is GROUPS and relation == "transitiveMembers":
        return _closure(context, entry)
    if resource in (GROUPS, USERS) and relation in ("memberOf", "transitiveMemberOf"):
        return _groups_of(context, entry, transitive=relation.startswith("transitive"))
    raise no_segment(relation)


def _stubs(entry: Entry) -> list[JsonObject]:
    return objects(entry.body.get("members"))


def _members(context: Context, group: Entry) -> Iterable[Entry]:
    """Direct members. One whose object is not in the tenant (a device, a deleted user) is shown with its id only."""
    for stub in _stubs(group):
        kind = str(stub["@odata.type"]).rpartition(".")[2]
        held = {"user": USERS, "group": GROUPS}.get(kind)
        known = context.tenant.collection(held.path).get(str(stub["id"])) if held else None
        yield known if known is not None else Entry({**stub, "deletedDateTime": None})


def _closure(context: Context, group: Entry) -> list[Entry]:
    """Direct and nested members, each once; groups that contain each other do not loop."""
    seen: dict[str, Entry] = {}
    waiting = [group]
    while waiting:
        for member in _members(context, waiting.pop(0)):
            if member.id not in seen and member.id != group.id:
                seen[member.id] = member
                waiting.append(member)
    return list(seen.values())


def _groups_of(context: Context, entry: Entry, *, transitive: bool) -> list[Entry]:
    groups = list(context.tenant.collection(GROUPS.path))
    if transitive:
        return [g for g in groups if any(member.id == entry.id for member in _closure(context, g))]
    return [g for g in groups if any(stub["id"] == entry.id for stub in _stubs(g))]


def _type(context: Context, entry: Entry) -> str:
    """Kind of a directory object: groups and users are stored without their type."""
    for resource in (GROUPS, USERS):
        if context.tenant.collection(resource.path).get(entry.id) is entry:
            return resource.type
    return str(entry.body.get("@odata.type", "")).rpartition(".")[2]


def _relation(context: Context, request: Request, members: list[Entry], rest: list[str]) -> Reply:
    """Members as directory objects, or narrowed by a cast segment; or their number."""
    cast = CASTS.get(rest[0]) if rest else None
    if rest and cast is None and rest[0] != "$count":
        raise no_segment(rest[0])
    if cast is not None:
        members = [member for member in members if _type(context, member) == cast]
    if rest and rest[-1] == "$count":
        return _count(context, request, members)
    if len(rest) > 1:
        raise no_segment(rest[1])
    if cast is not None:
        return read_list(context, USERS if cast == "user" else GROUPS, request, held=members)
    typed = [Entry({"@odata.type": f"#microsoft.graph.{_type(context, member)}", **member.body}) for member in members]
    return read_list(context, DIRECTORY_OBJECTS, request, held=typed)


def _count(context: Context, request: Request, members: list[Entry]) -> Reply:
    """`/$count`: plain text, and only with `ConsistencyLevel: eventual`."""
    if request.headers.get("consistencylevel", "").lower() != "eventual":
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    if request.query:
        raise bad_request("Query options on $count are not supported by the emulator.")
    return Reply(200, str(len(members)).encode(), content_type="text/plain")


DIRECTORY_OBJECTS = Resource(
    path="directoryObjects",
    type="directoryObject",
    bucket="directory",
    page=100,
    largest_page=999,
    versions=GROUPS.versions,
    fold_case=True,
)
