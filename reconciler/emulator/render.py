"""Objects as they go over the wire: navigation cut, expansions put in, selected, judged by the contract, cached.

Used by `reading` and `writing`. An object is rendered once per shape; a page of a list is a join of those bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model import Json, JsonObject

from . import quirks
from .context import Context, ContractViolationError
from .contract.validate import Finding, Purpose, findings
from .exchange import json_bytes
from .filters import payloads
from .json_values import objects
from .knobs import Knobs
from .options import Shape
from .resources import DIRECTORY_OBJECTS, FILTERS, PROFILES, Resource
from .tenant import Entry, assignments

ONLY_ID = ("id",)
PLAIN = Shape(item=True, select=None, expand=(), raw_enums=False)


def fragment(context: Context, resource: Resource, entry: Entry, shape: Shape) -> bytes:
    """The bytes of one object, without an envelope."""
    if shape.select == ONLY_ID and resource.bucket == "directory":
        return _only_id(context, resource, entry)
    if resource is FILTERS and _tells_use(context, shape):  # follows from other objects, so it is never kept
        return json_bytes(shown(context, resource, entry, shape))
    key = (resource.type, shape)
    known = entry.fragments.get(key)
    if known is None:
        known = json_bytes(shown(context, resource, entry, shape))
        entry.fragments[key] = known
    return known


def _tells_use(context: Context, shape: Shape) -> bool:
    """Whether an answer of this shape has what uses a filter."""
    asked = shape.narrow is None or "payloads" in shape.narrow
    return shape.item and asked and context.knobs.filter_payloads == "item"


def _only_id(context: Context, resource: Resource, entry: Entry) -> bytes:
    """What the members of a large group are asked for. It is made faster than it is found in a cache, and needs no
    judging: every stored object has a text for an id."""
    only: JsonObject = {"id": entry.body["id"]}
    if context.knobs.id_case == "upper":
        only = quirks.upper_ids(only)
    if resource is not DIRECTORY_OBJECTS:
        return b'{"id":' + json_bytes(only["id"]) + b"}"
    kind = context.membership.kind(entry)
    return b'{"@odata.type":"#microsoft.graph.' + kind.encode() + b'","id":' + json_bytes(only["id"]) + b"}"


def shown(context: Context, resource: Resource, entry: Entry, shape: Shape) -> JsonObject:
    """One object as a client sees it. Raises `ContractViolationError` if Microsoft's contract does not allow it."""
    body = quirks.derived(resource, _typed(context, resource, entry))
    wanted = shape.narrow
    own = quirks.read_back(resource, _columns(context, resource, body, wanted), context.knobs)
    if not shape.item:
        own = {**own, **{name: value for name, value in resource.hidden_on_lists.items() if name in own}}
    if resource is FILTERS and _tells_use(context, shape):
        own = {**own, "payloads": list[Json](payloads(context, entry.id))}
    if wanted is not None:  # what is made up beside the stored properties may not have been asked for
        own = {name: value for name, value in own.items() if name in wanted}
    for name in shape.expand:
        own.update(_expansion(context, resource, entry, name, shape))
    return judged(context, resource.type, own, raw_enums=shape.raw_enums)


def judged(context: Context, static: str, value: JsonObject, *, raw_enums: bool = False) -> JsonObject:
    """The value with the knobs for enums and ids applied, and checked."""
    raw = raw_enums or context.knobs.unknown_enum == "raw"
    value = value if raw else context.book.evolved(value, static)
    if context.check:
        found = [f for f in findings(value, static, Purpose.RESPONSE) if not _meant(f, context.knobs, raw)]
        if found:
            raise ContractViolationError(f"{static}: " + "; ".join(str(finding) for finding in found))
    if context.knobs.id_case == "upper":
        value = quirks.upper_ids(value)
    return value


def _meant(finding: Finding, knobs: Knobs, raw: bool) -> bool:
    """Whether a knob wants an answer to depart from the contract just there."""
    return finding.problem == "enum" and (raw or (knobs.intent_case == "as-sent" and finding.path.endswith("/intent")))


def _typed(context: Context, resource: Resource, entry: Entry) -> JsonObject:
    """The object; in the lists of relations with its type, which nothing else tells there."""
    if resource is not DIRECTORY_OBJECTS:
        return entry.body
    return {"@odata.type": f"#microsoft.graph.{context.membership.kind(entry)}", **entry.body}


def _columns(context: Context, resource: Resource, body: JsonObject, wanted: frozenset[str] | None) -> JsonObject:
    """The properties that are asked for. Nothing that an object contains or refers to is among them."""
    kind = context.book.named(str(body.get("@odata.type", resource.type)))
    known = kind.navigation if kind is not None else frozenset()
    return {
        name: value
        for name, value in body.items()
        if (wanted is None or name in wanted)
        and name not in known
        and name != "assignments"
        and name not in resource.children
    }


def _expansion(context: Context, resource: Resource, entry: Entry, name: str, shape: Shape) -> JsonObject:
    if name == "assignments":
        return _expanded_assignments(context, resource, entry, item=shape.item)
    if name.startswith("scheduledActionsForRule"):
        return {"scheduledActionsForRule": _rules(entry, deep=name.endswith("()"))}
    return {name: entry.body.get(name, None if name.startswith("default") else [])}


def _rules(entry: Entry, *, deep: bool) -> list[Json]:
    held = objects(entry.body.get("scheduledActionsForRule"))
    return [
        {name: value for name, value in rule.items() if deep or name != "scheduledActionConfigurations"}
        for rule in held
    ]


def _expanded_assignments(context: Context, resource: Resource, entry: Entry, *, item: bool) -> JsonObject:
    how = context.knobs.expand_assignments if not item else "filled"
    if item and resource is PROFILES and context.knobs.expand_on_profile_item == "empty":
        how = "empty"
    if how == "absent":
        return {}
    listed: list[Json] = [] if how == "empty" else list[Json](shown_assignments(context, resource, assignments(entry)))
    where = f"{context.base}/beta/$metadata#{resource.path}('{entry.id}')/assignments"
    return {"assignments@odata.context": where, "assignments": listed}


def shown_assignments(context: Context, resource: Resource, held: Iterable[JsonObject]) -> list[JsonObject]:
    """Assignments as they read back."""
    return [quirks.assignment_read_back(resource, assignment, context.knobs) for assignment in held]
