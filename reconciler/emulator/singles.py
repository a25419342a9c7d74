"""GET of what a tenant has one of: the push certificate, the settings of Intune, the device registration policy."""

from __future__ import annotations

from typing import cast

from reconciler.model import JsonObject

from .clock import stable_guid
from .context import Context
from .errors import GraphError
from .exchange import Reply, Request, json_reply
from .reading import read_item
from .render import judged
from .resources import DEVICE_MANAGEMENT, Resource
from .seeding import filled_object
from .tenant import Entry, changed


def read(context: Context, resource: Resource, request: Request, part: str | None) -> Reply:
    """The one object, or one of its complex properties. Raises `GraphError` 404 if there is none."""
    entry = _held(context, resource)
    if resource is DEVICE_MANAGEMENT and not _shows_settings(context, request, part):
        entry = changed(entry, settings=None)
    if part is None:
        return read_item(context, resource, request, entry)
    value = entry.body[part]
    if not isinstance(value, dict):
        return Reply(204)
    shown = judged(context, context.book.types[resource.type].properties[part].type, value)
    where = f"{context.base}/{request.version}/$metadata#{resource.path}/{part}"
    return json_reply(200, {"@odata.context": where, **shown})


def _held(context: Context, resource: Resource) -> Entry:
    for entry in context.tenant.collection(resource.path):
        return entry
    if resource.default is None:
        raise GraphError(404, "ResourceNotFound", f"There is no '{resource.path}'.")
    made_up: JsonObject = {"id": stable_guid(context.tenant.id, resource.path)}
    return Entry(filled_object(resource.path, cast(JsonObject, {**made_up, **resource.default})))


def _shows_settings(context: Context, request: Request, part: str | None) -> bool:
    if context.knobs.tenant_settings == "when-selected":
        return part is not None or "settings" in request.options().get("$select", "").split(",")
    return context.knobs.tenant_settings == "shown"
