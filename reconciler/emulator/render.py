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
from .json_values import objects
from .knobs import Knobs
from .options import Shape
from .resources import PROFILES, Resource
from .tenant import Entry, assignments

PLAIN = Shape(item=True, select=None, expand=(), raw_enums=False)


def fragment(context: Context, resource: Resource, entry: Entry, shape: Shape) -> bytes:
    """The bytes of one object, without an envelope."""
    known = entry.fragments.get(shape)
    if known is None:
        known = json_bytes(shown(context, resource, entry, shape))
        entry.fragments[shape] = known
    return known


def shown(context: Context, resource: Resource, entry: Entry, shape: Shape) -> JsonObject:
    """One object as a client sees it. Raises `ContractViolationError` if Microsoft's contract does not allow it."""
    body = quirks.derived(resource, entry.body)
    own = quirks.read_back(resource, _without_navigation(context, resource, body), context.knobs)
    if not shape.item:
        own = {**own, **{name: value for name, value in resource.hidden_on_lists.items() if name in own}}
    if shape.select is not None and "*" not in shape.select:
        own = {name: value for name, value in own.items() if name in shape.select or name == "@odata.type"}
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


def _without_navigation(context: Context, resource: Resource, body: JsonObject) -> JsonObject:
    kind = context.book.named(str(body.get("@odata.type", resource.type)))
    known = kind.properties if kind is not None else {}
    hidden = {name for name, prop in known.items() if prop.navigation} | {"assignments", *resource.children}
    return {name: value for name, value in body.items() if name not in hidden}


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
