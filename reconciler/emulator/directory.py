"""The Entra side of Graph, read-only: groups, users, devices, licences, Conditional Access, and who belongs to whom.

Membership is what seeds say (`members` of a group, `registeredOwners` of a device: ids and types); transitive
membership follows nested groups.
"""

from __future__ import annotations

from . import people
from .context import Context
from .errors import GraphError, bad_request, no_segment
from .exchange import Reply, Request
from .membership import KINDS, Members, stubs
from .reading import read_item, read_list
from .resources import DEVICES, DIRECTORY_OBJECTS, GROUPS, USERS, Resource
from .tenant import Entry

CASTS = {f"{prefix}graph.{kind}": kind for prefix in ("", "microsoft.") for kind in KINDS}
NARROWED = {GROUPS.path: ("user", "group"), USERS.path: ("group", "device"), DEVICES.path: ("user", "group")}
"""Collection -> the kinds that a relation of its objects can be narrowed to with a cast segment."""


def answer(context: Context, resource: Resource, request: Request, rest: tuple[str, ...]) -> Reply:
    """A GET of a directory collection; `rest` is what follows its path."""
    match rest:
        case ():
            return read_list(context, resource, request)
        case ("$count",) if resource in (GROUPS, USERS, DEVICES):
            named = len(context.tenant.collection(resource.path))
            return _count(context, request, max(named, context.tenant.everyone if resource is USERS else 0))
        case (key,):
            return read_item(context, resource, request, _object(context, resource, key))
        case (key, relation, *more) if len(more) <= 2:
            return _below(context, resource, request, _object(context, resource, key), relation, more)
    raise no_segment(request.segments[-1])


def _object(context: Context, resource: Resource, key: str) -> Entry:
    """By id; users by their principal name too. Raises `GraphError` 404 as the directory words it."""
    entry = context.tenant.collection(resource.path).read(key)
    if entry is None and resource is USERS:
        entry = context.membership.user(key)
    if entry is None:
        text = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", text)
    return entry


def _below(
    context: Context, resource: Resource, request: Request, entry: Entry, relation: str, rest: list[str]
) -> Reply:
    if resource is USERS and relation in people.INTUNE:
        return people.answer(context, request, entry, relation, rest)
    return _relation(context, resource, request, _related(context, resource, entry, relation), rest)


def _related(context: Context, resource: Resource, entry: Entry, relation: str) -> Members:
    if resource is GROUPS and relation in ("members", "transitiveMembers"):
        return context.membership.members(entry, nested=relation == "transitiveMembers")
    if resource in (GROUPS, USERS, DEVICES) and relation in ("memberOf", "transitiveMemberOf"):
        groups = context.membership.groups_of(entry, nested=relation == "transitiveMemberOf")
        return Members(groups, {"group": groups})
    if resource is DEVICES and relation in ("registeredOwners", "registeredUsers"):
        return _people_of(context, entry, relation)
    if resource is USERS and relation in people.REGISTERED:
        devices = people.registered(context, entry, relation)
        return Members(devices, {"device": devices})
    raise no_segment(relation)


def _people_of(context: Context, device: Entry, relation: str) -> Members:
    held = (context.tenant.collection(USERS.path).get(str(stub["id"])) for stub in stubs(device, relation))
    found = [user for user in held if user is not None]
    return Members(found, {"user": found})


def _relation(context: Context, resource: Resource, request: Request, members: Members, rest: list[str]) -> Reply:
    """Members as directory objects, or narrowed by a cast segment; or their number."""
    cast = CASTS.get(rest[0]) if rest else None
    if rest and rest[0] != "$count" and cast not in NARROWED[resource.path]:
        raise no_segment(rest[0])
    listed = members.all if cast is None else members.by_kind.get(cast, [])
    if rest and rest[-1] == "$count":
        return _count(context, request, len(listed))
    if len(rest) > 1:
        raise no_segment(rest[1])
    return read_list(context, DIRECTORY_OBJECTS if cast is None else KINDS[cast], request, held=listed)


def _count(context: Context, request: Request, number: int) -> Reply:
    """`/$count`: plain text, and only with `ConsistencyLevel: eventual`."""
    if request.headers.get("consistencylevel", "").lower() != "eventual":
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    if request.query:
        raise bad_request("Query options on $count are not supported by the emulator.")
    return Reply(200, str(number).encode(), content_type="text/plain")
