"""GET: lists with paging, single objects, what is contained in them. Called by `service` with a parsed address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote

from reconciler.model import Json, JsonObject

from . import quirks
from .access import sees
from .context import Context
from .contract.schema import GraphType
from .errors import bad_request, no_segment, not_found
from .exchange import Reply, Request, json_bytes, json_reply
from .json_values import objects
from .options import ListOptions, Shape, contained_options, list_options, next_query, shape
from .priorities import DEFAULT_PROFILE
from .render import fragment, judged, shown_assignments
from .resources import APPS, CONFIGURATIONS, MANAGED_DEVICES, PROFILES, Resource
from .tenant import Entry, assignments

Item = TypeVar("Item")
PATH_SAFE = "/$@!*,;=:~"


def read_list(
    context: Context,
    resource: Resource,
    request: Request,
    *,
    cast: GraphType | None = None,
    held: Sequence[Entry] | None = None,
) -> Reply:
    """A page of a collection. `cast`: only items of that type; `held`: these items instead of all."""
    static = cast or context.book.types[resource.type]
    options = request.options()
    wanted_shape = shape(request, options, static, resource, context.book)
    if "assignments" in wanted_shape.expand and not resource.expand_on_list:
        raise bad_request(f"Expanding 'assignments' is not supported on '{resource.path}'.")
    eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
    if resource is MANAGED_DEVICES and context.knobs.device_filters == "ignored":
        options.pop("$filter", None)
    wanted = list_options(options, static, resource, context.book, eventual=eventual)
    entries = context.tenant.collection(resource.path).read_all() if held is None else held
    if context.knobs.visible_scope_tags is not None:
        entries = [entry for entry in entries if sees(entry.body, context.knobs)]
    entries = _selected(context, resource, entries, wanted, cast)
    return _page(context, resource, request, entries, wanted, wanted_shape)


def _selected(
    context: Context, resource: Resource, entries: Sequence[Entry], wanted: ListOptions, cast: GraphType | None
) -> Sequence[Entry]:
    if cast is not None:
        entries = [e for e in entries if context.book.derives(str(e.body.get("@odata.type", ""))[17:], cast.name)]
    if wanted.predicate is not None:
        predicate = wanted.predicate
        entries = [entry for entry in entries if predicate(quirks.derived(resource, entry.body))]
    if resource is PROFILES:
        entries = sorted(entries, key=_priority)
    if wanted.order is not None:
        name, descending = wanted.order
        entries = sorted(entries, key=lambda entry: _sort_key(entry.body.get(name)), reverse=descending)
    return entries[wanted.skip :] if wanted.skip else entries


def _priority(entry: Entry) -> int:
    """The list comes in the order of priority; a built-in default (0, lowest precedence) stands last."""
    value = entry.body["priority"]
    assert isinstance(value, int)
    return 2**31 if entry.id == DEFAULT_PROFILE else value


def _sort_key(value: Json) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value).casefold())


def _page(
    context: Context, resource: Resource, request: Request, entries: Sequence[Entry], wanted: ListOptions, look: Shape
) -> Reply:
    here, more = _window(context, request, entries, wanted, resource)
    envelope = _envelope(context, resource, request, look)
    if wanted.count or resource.counts != "on-request":
        counts = {"always-zero": 0, "page": len(here), "on-request": len(entries)}
        envelope["@odata.count"] = counts[resource.counts]
    parts = [fragment(context, resource, entry, look) for entry in here]
    return Reply(200, json_bytes({**envelope, **more})[:-1] + b',"value":[' + b",".join(parts) + b"]}")


def _window(
    context: Context, request: Request, items: Sequence[Item], wanted: ListOptions, resource: Resource
) -> tuple[Sequence[Item], JsonObject]:
    """The items of the page that is asked for, and the link to the next, if there is one."""
    size = min(wanted.top or resource.page, resource.largest_page, context.knobs.page_size or resource.largest_page)
    here, more = items[wanted.offset : wanted.offset + size], None
    if context.knobs.empty_pages and not wanted.lead:
        here, more = items[:0], next_query(request.query, wanted.offset, 1)
    elif wanted.offset + size < len(items):
        more = next_query(request.query, wanted.offset + size, 0)
    if more is None:
        return here, {}
    return here, {"@odata.nextLink": f"{context.base}{quote(request.path, safe=PATH_SAFE)}?{more}"}


def _envelope(context: Context, resource: Resource, request: Request, look: Shape) -> JsonObject:
    selected = look.select if look.select is not resource.default_select else None
    columns = f"({','.join(selected)})" if selected else ""
    where = f"{context.base}/{request.version}/$metadata#{resource.path}{columns}"
    return {"@odata.context": where, **quirks.tips(resource.path, selected is not None)}


def read_item(context: Context, resource: Resource, request: Request, entry: Entry) -> Reply:
    """One object, in its envelope."""
    static = context.book.types[resource.type]
    look = shape(request, request.options(), static, resource, context.book)
    look = Shape(item=True, select=look.select, expand=look.expand, raw_enums=look.raw_enums)
    if resource is PROFILES and look.expand and context.knobs.expand_on_profile_item == "400":
        raise bad_request("Expanding 'assignments' is not supported.")
    return Reply(200, enveloped(context, resource, request, entry, look))


def enveloped(context: Context, resource: Resource, request: Request, entry: Entry, look: Shape) -> bytes:
    """An object with `@odata.context` before its own members."""
    envelope = _envelope(context, resource, request, look)
    envelope["@odata.context"] = f"{envelope['@odata.context']}/$entity"
    return json_bytes(envelope)[:-1] + b"," + fragment(context, resource, entry, look)[1:]


def found(context: Context, resource: Resource, key: str, *, reading: bool) -> Entry:
    """The object of an id: what a reader sees, or what is really there. Raises `GraphError` 404."""
    held = context.tenant.collection(resource.path)
    entry = held.read(key) if reading else held.get(key)
    if entry is None or not sees(entry.body, context.knobs):
        raise not_found(f"The requested resource '{resource.path}/{key}' does not exist.")
    return entry


def read_assignments(context: Context, resource: Resource, request: Request, entry: Entry) -> Reply:
    """The assignments of an object, in pages like any list."""
    here, more = _window(context, request, assignments(entry), contained_options(request.options()), resource)
    return assignment_set(context, resource, entry, here, more)


def assignment_set(
    context: Context, resource: Resource, entry: Entry, held: Sequence[JsonObject], more: JsonObject | None = None
) -> Reply:
    """A collection of assignments in its envelope; those of policies name their type, as captured answers do."""
    listed = [one_assignment(context, resource, assignment) for assignment in held]
    where = f"{context.base}/beta/$metadata#{resource.path}('{entry.id}')/assignments"
    return json_reply(200, {"@odata.context": where, **(more or {}), "value": list[Json](listed)})


def one_assignment(context: Context, resource: Resource, assignment: JsonObject) -> JsonObject:
    """One assignment as `/assignments` shows it."""
    assert resource.assignment is not None
    (told,) = shown_assignments(context, resource, [assignment])
    if resource is CONFIGURATIONS:
        told = {"@odata.type": f"#microsoft.graph.{resource.assignment}", **told}
    return judged(context, resource.assignment, told)


def read_assignment(context: Context, resource: Resource, entry: Entry, key: str) -> Reply:
    """One assignment by its id. Raises `GraphError` 404."""
    for assignment in assignments(entry):
        if str(assignment["id"]).lower() == key.lower():
            where = f"{context.base}/beta/$metadata#{resource.path}('{entry.id}')/assignments/$entity"
            return json_reply(200, {"@odata.context": where, **one_assignment(context, resource, assignment)})
    raise not_found(f"Assignment '{key}' does not exist.")


def read_children(
    context: Context, resource: Resource, request: Request, entry: Entry, name: str, key: str | None
) -> Reply:
    """A contained read-only collection (`enrollmentProfiles`, `settings`), or one of its items."""
    contained = child(resource, entry, name)
    held = [Entry(quirks.contained(name, item, context.knobs)) for item in objects(entry.body.get(name))]
    if key is None:
        return read_list(context, contained, request, held=held)
    for item in held:
        if item.id.lower() == key.lower():
            return read_item(context, contained, request, item)
    raise not_found()


def child(resource: Resource, entry: Entry, name: str) -> Resource:
    """A collection that an object contains, as one to read."""
    path = f"{resource.path}('{entry.id}')/{name}"
    return Resource(path=path, type=resource.children[name], bucket=resource.bucket, counts=resource.counts)


def read_cast(context: Context, resource: Resource, request: Request, segment: str) -> Reply:
    """`/mobileApps/graph.iosStoreApp` and its like. Raises `GraphError` 400 for a type without such a segment."""
    if resource is not APPS or f"/{resource.path}/{segment.replace('microsoft.', '')}" not in context.book.routes:
        raise no_segment(segment)
    return read_list(context, resource, request, cast=context.book.types[segment.rpartition(".")[2]])
