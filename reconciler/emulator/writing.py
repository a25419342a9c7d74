"""POST, PATCH and DELETE of objects, and `setPriority`: judged by the contract, filled in, stored.

Rules that hold for one collection only stand beside it: apps in `app_rules`, the order of profiles in `priorities`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

from reconciler.model import Json, JsonObject

from . import priorities
from .access import tagged
from .app_rules import new_app
from .context import Context
from .contract.validate import Finding, Purpose, action_findings, findings
from .errors import GraphError, bad_request, refused_body
from .exchange import Reply, Request
from .filters import require_unused
from .json_values import objects
from .priorities import DEFAULT_PROFILE
from .reading import enveloped
from .render import PLAIN
from .resources import APPS, COMPLIANCE, FILTERS, PROFILES, SCOPE_TAGS, Resource
from .tenant import Entry, changed

TRIMMED = ("displayName", "description", "notes", "publisher")


def store(context: Context, resource: Resource, entry: Entry) -> None:
    """Puts an object into the tenant; readers may lag behind."""
    context.tenant.collection(resource.path).store(entry, stale_reads=context.knobs.stale_reads)


def touched(context: Context, resource: Resource, entry: Entry) -> Entry:
    """The entry with a new modification date, and a higher version where the type has one."""
    members: JsonObject = {}
    if "lastModifiedDateTime" in entry.body:
        members["lastModifiedDateTime"] = context.stamp
    version = entry.body.get("version")
    if resource.versioned and isinstance(version, int):
        members["version"] = version + 1
    return changed(entry, **members)


def deleted_status(context: Context, resource: Resource) -> int:
    return context.knobs.delete_status or resource.delete_status


# -- create ----------------------------------------------------------------------------------------------------------


def create(context: Context, resource: Resource, request: Request) -> Reply:
    """`POST` of a new object: 201 with all of it."""
    _writable(resource, "POST")
    body = _judged(resource, request.body, Purpose.CREATE)
    _judge_new(context, resource, body)
    body = _trimmed(context, body)
    rule = NEW.get(resource.path)
    whole = tagged(context.book.filled(rule(context, body) if rule else body, resource.type), context.knobs)
    whole["id"] = context.tenant.new_id(resource.path)
    for name in ("createdDateTime", "lastModifiedDateTime"):
        if name in whole:
            whole[name] = context.stamp
    if resource.assignment is not None:
        whole["assignments"] = []
    entry = Entry(whole)
    if resource is PROFILES:
        entry = _ranked(context, entry, body.get("priority"))
    if resource is APPS and context.knobs.publishing_reads:
        context.tenant.publishing[entry.id] = context.knobs.publishing_reads
        entry = changed(entry, publishingState="processing")
    store(context, resource, entry)
    return Reply(201, enveloped(context, resource, request, entry, PLAIN))


def _writable(resource: Resource, method: str) -> None:
    if method not in resource.writes:
        raise GraphError(405, "MethodNotAllowed", f"{method} is not supported on '{resource.path}'.")


def _judged(resource: Resource, body: Json, purpose: Purpose) -> JsonObject:
    found = findings(body, resource.type, purpose)
    if found:
        raise refused_body(found)
    assert isinstance(body, dict)
    return body


def _judge_new(context: Context, resource: Resource, body: JsonObject) -> None:
    missing = sorted(name for name in resource.required if body.get(name) in (None, ""))
    if missing:
        raise refused_body(Finding(f"/{name}", "null", f"'{name}' is required.") for name in missing)
    kind = context.book.named(str(body.get("@odata.type", resource.type)))
    if resource.creatable is not None and kind is not None and kind.name not in resource.creatable:
        raise bad_request(f"An object of type '{kind.name}' cannot be created here.")
    if resource is COMPLIANCE:
        _judge_rules(body)


def _judge_rules(body: JsonObject) -> None:
    """A compliance policy needs one rule with exactly one block action."""
    rules = objects(body.get("scheduledActionsForRule"))
    actions = [action for rule in rules for action in objects(rule.get("scheduledActionConfigurations"))]
    if sum(action.get("actionType") == "block" for action in actions) != 1:
        raise bad_request("A compliance policy needs exactly one scheduled action of type 'block'.")


def _new_policy(context: Context, body: JsonObject) -> JsonObject:
    """The rules of a new compliance policy as they read back: with ids, and without a rule name."""
    body = copy.deepcopy(body)
    for rule in objects(body.get("scheduledActionsForRule")):
        rule.update(id=context.tenant.new_id(COMPLIANCE.path), ruleName=None)
        for action in objects(rule.get("scheduledActionConfigurations")):
            action["id"] = context.tenant.new_id(COMPLIANCE.path)
            if not action.get("notificationTemplateId"):
                action["notificationTemplateId"] = "00000000-0000-0000-0000-000000000000"
    return body


def schedule_actions(context: Context, entry: Entry, request: Request) -> Reply:
    """`POST …/scheduleActionsForRules`: replaces the rules of a compliance policy."""
    name = "deviceComplianceScheduledActionForRules"
    found = action_findings(request.body, {name: "[deviceComplianceScheduledActionForRule]"})
    if found or not isinstance(request.body, dict):
        raise refused_body(found)
    rules: JsonObject = {"scheduledActionsForRule": request.body.get(name)}
    _judge_rules(rules)
    settled = context.book.filled({**entry.body, **_new_policy(context, rules)}, COMPLIANCE.type)
    store(context, COMPLIANCE, touched(context, COMPLIANCE, Entry({**settled, **_contained(entry)})))
    return Reply(204)


NEW: Mapping[str, Callable[[Context, JsonObject], JsonObject]] = {APPS.path: new_app, COMPLIANCE.path: _new_policy}


def _trimmed(context: Context, body: JsonObject) -> JsonObject:
    if not context.knobs.trims_strings:
        return body
    return {
        name: value.strip() if name in TRIMMED and isinstance(value, str) else value for name, value in body.items()
    }


# -- update ----------------------------------------------------------------------------------------------------------


def update(context: Context, resource: Resource, entry: Entry, request: Request) -> Reply:
    """`PATCH`: members that are sent replace those held; complex values as a whole, unless a knob merges them."""
    _writable(resource, "PATCH")
    _protected(resource, entry)
    body = _judged(resource, request.body, Purpose.UPDATE)
    given = body.get("@odata.type")
    if given is not None and context.book.named(str(given)) != context.book.named(_kind(resource, entry)):
        raise bad_request(f"The type '{given}' is not the type of the object.")
    sent = _trimmed(context, _settable(context, resource, entry, body))
    merged = {**entry.body, **{name: _merged(context, entry.body.get(name), value) for name, value in sent.items()}}
    after = Entry({**context.book.filled(merged, resource.type), **_contained(entry)})
    if after.body != entry.body or context.knobs.noop_patch_bumps_version:
        after = touched(context, resource, after)
    store(context, resource, after)
    status = context.knobs.patch_status or resource.patch_status
    return Reply(204) if status == 204 else Reply(200, enveloped(context, resource, request, after, PLAIN))


def _kind(resource: Resource, entry: Entry) -> str:
    return str(entry.body.get("@odata.type", resource.type))


def _contained(entry: Entry) -> JsonObject:
    """What an object contains and PATCH cannot reach."""
    return {"assignments": entry.body["assignments"]} if "assignments" in entry.body else {}


def _settable(context: Context, resource: Resource, entry: Entry, body: JsonObject) -> JsonObject:
    """What of a PATCH takes effect: not the type, not what is fixed at creation, nulls by their knob."""
    kind = context.book.named(_kind(resource, entry))
    assert kind is not None
    fixed = {name for name in body if name in kind.properties and kind.properties[name].fixed}
    if fixed and context.knobs.strict_patch_immutable == "400":
        raise bad_request(f"The property '{min(fixed)}' cannot be changed after creation.")
    nulls = {name for name, value in body.items() if value is None}
    if nulls and context.knobs.patch_null == "400":
        raise bad_request(f"The property '{min(nulls)}' cannot be set to null.")
    ignored = fixed | {"@odata.type"} | (nulls if context.knobs.patch_null == "ignored" else set())
    return {name: value for name, value in body.items() if name not in ignored}


def _merged(context: Context, held: Json, sent: Json) -> Json:
    if context.knobs.patch_nested != "merge" or not isinstance(held, dict) or not isinstance(sent, dict):
        return sent
    if sent.get("@odata.type", held.get("@odata.type")) != held.get("@odata.type"):
        return sent
    return {**held, **sent}


def _protected(resource: Resource, entry: Entry) -> None:
    if (resource is PROFILES and entry.id == DEFAULT_PROFILE) or (resource is SCOPE_TAGS and entry.body["isBuiltIn"]):
        raise bad_request("A built-in object cannot be changed or deleted.")


# -- delete ----------------------------------------------------------------------------------------------------------


def delete(context: Context, resource: Resource, entry: Entry) -> Reply:
    """`DELETE`: the object goes with its assignments. A filter that is in use stays."""
    _writable(resource, "DELETE")
    _protected(resource, entry)
    if resource is FILTERS:
        require_unused(context, entry.id)
    if resource is PROFILES:
        store_ranks(context, priorities.without(ranks(context), entry.id, context.knobs))
    context.tenant.collection(resource.path).remove(entry.id, stale_reads=context.knobs.stale_reads)
    return Reply(deleted_status(context, resource))


def publish(context: Context) -> None:
    """Called before every GET of apps: those that were shown as processing often enough are published now."""
    for key, left in list(context.tenant.publishing.items()):
        entry = context.tenant.collection(APPS.path).get(key)
        context.tenant.publishing[key] = left - 1
        if left == 0 or entry is None:
            del context.tenant.publishing[key]
            if entry is not None:
                context.tenant.collection(APPS.path).store(changed(entry, publishingState="published"))


# -- order of profiles -----------------------------------------------------------------------------------------------


def ranks(context: Context) -> dict[str, int]:
    """Profile id -> priority, without the built-in default."""
    found: dict[str, int] = {}
    for entry in context.tenant.collection(PROFILES.path):
        number = entry.body["priority"]
        if entry.id != DEFAULT_PROFILE and isinstance(number, int):
            found[entry.id] = number
    return found


def store_ranks(context: Context, after: Mapping[str, int]) -> None:
    """Writes the numbers that changed."""
    held = context.tenant.collection(PROFILES.path)
    for key, number in after.items():
        entry = held.get(key)
        if entry is not None and entry.body["priority"] != number:
            store(context, PROFILES, changed(entry, priority=number, lastModifiedDateTime=context.stamp))


def _ranked(context: Context, entry: Entry, number: Json) -> Entry:
    asked = number if isinstance(number, int) else None
    after = priorities.placed(ranks(context), entry.id, asked, context.knobs)
    store_ranks(context, {key: value for key, value in after.items() if key != entry.id})
    return changed(entry, priority=after[entry.id])


def set_priority(context: Context, entry: Entry, request: Request) -> Reply:
    """`POST …/setPriority` with `{"priority": n}`."""
    found = action_findings(request.body, {"priority": "Int32"})
    number = request.body.get("priority") if isinstance(request.body, dict) else None
    if found or not isinstance(number, int):
        raise refused_body(found or [Finding("/priority", "null", "'priority' is required.")])
    _protected(PROFILES, entry)
    store_ranks(context, priorities.moved(ranks(context), entry.id, number, context.knobs))
    return Reply(context.knobs.set_priority_status)
