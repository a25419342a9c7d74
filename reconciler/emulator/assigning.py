"""Writes of assignments: the action `/assign`, which replaces the whole set, and single ones below `/assignments`."""

from __future__ import annotations

import re

from reconciler.model import Json, JsonObject

from .app_rules import judge_assignment, settled_intent
from .context import Context
from .contract.validate import Finding, Purpose, findings
from .errors import bad_request, no_segment, not_found, refused_body
from .exchange import Reply, Request, json_reply
from .reading import assignment_set, one_assignment
from .resources import APPS, FILTERS, PROFILES, Resource
from .seeding import assignment_id, target_group
from .tenant import Entry, assignments, changed
from .writing import deleted_status, store, touched

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
EXCLUSION = "#microsoft.graph.exclusionGroupAssignmentTarget"


def assign(context: Context, resource: Resource, entry: Entry, request: Request) -> Reply:
    """`POST …/assign`: the body's list becomes the set. A target that is there already is silently ignored."""
    if resource.assign is None:
        raise no_segment("assign")
    body = request.body
    sent = body.get(resource.assign) if isinstance(body, dict) else None
    extra = sorted(set(body) - {resource.assign}) if isinstance(body, dict) else []
    if not isinstance(sent, list) or extra:
        raise bad_request(f"The action needs a parameter '{resource.assign}', a list, and no other.")
    held = _carried(context, entry)
    for index, item in enumerate(sent):
        _add(context, resource, entry, held, accepted(context, resource, entry, item, f"/{resource.assign}/{index}"))
    after = changed(entry, assignments=list[Json](held))
    store(context, resource, touched(context, resource, after) if context.knobs.assign_bumps_version else after)
    answers_set = (
        resource.assign_answers_set if context.knobs.assign_answer is None else context.knobs.assign_answer == "set"
    )
    return assignment_set(context, resource, after, held) if answers_set else Reply(204)


def _carried(context: Context, entry: Entry) -> list[JsonObject]:
    """What `/assign` leaves in place: under a knob the assignments that a policy set made."""
    if context.knobs.policy_set_assignments == "replaced":
        return []
    return [assignment for assignment in assignments(entry) if assignment.get("source") == "policySets"]


def _add(context: Context, resource: Resource, entry: Entry, held: list[JsonObject], new: JsonObject) -> None:
    """Adds to the set unless the target is in it. An assignment that a policy set made stays the policy set's."""
    if any(key(resource, known) == key(resource, new) for known in held):
        return
    one_lost = context.knobs.assign_exclusion_and_include == "one-lost"
    if one_lost and any(target_group(known["target"]) == target_group(new["target"]) for known in held):
        return
    origin = next((known for known in assignments(entry) if key(resource, known) == key(resource, new)), None)
    if origin is not None and origin.get("source") == "policySets":
        new = {**new, "source": origin["source"], "sourceId": origin["sourceId"]}
    held.append(new)


def key(resource: Resource, assignment: JsonObject) -> tuple[str, bool, str]:
    """What makes two assignments the same: group, exclusion or not, for apps the intent too."""
    target = assignment["target"]
    assert isinstance(target, dict)
    intent = str(assignment.get("intent", "")).lower() if resource is APPS else ""
    return target_group(target).lower(), target["@odata.type"] == EXCLUSION, intent


def accepted(context: Context, resource: Resource, entry: Entry, sent: Json, path: str) -> JsonObject:
    """An assignment as it will be stored. Raises `GraphError` where the contract or Intune refuses it."""
    assert resource.assignment is not None
    judged = _known_intent(sent) if resource is APPS and isinstance(sent, dict) else sent
    found = [Finding(path + f.path, f.problem, f.detail) for f in findings(judged, resource.assignment, Purpose.CREATE)]
    if not isinstance(sent, dict) or not isinstance(sent.get("target"), dict):
        found.append(Finding(f"{path}/target", "null", "An assignment needs a target."))
    if found:
        raise refused_body(found)
    assert isinstance(sent, dict)
    whole = context.book.filled(sent, resource.assignment)
    _judge_target(context, resource, whole)
    if resource is APPS:
        whole["intent"] = sent.get("intent", "")
        judge_assignment(context, entry.body, whole)
        whole["intent"] = settled_intent(context, str(whole["intent"]))
    elif resource is not PROFILES:
        whole["sourceId"] = entry.id
    whole["id"] = _id(context, resource, entry, whole)
    return whole


def _known_intent(sent: JsonObject) -> JsonObject:
    """The assignment with its intent left to `judge_assignment`: Intune takes any case, and fails on unknown ones."""
    return {name: value for name, value in sent.items() if name != "intent"}


def _judge_target(context: Context, resource: Resource, assignment: JsonObject) -> None:
    target = assignment["target"]
    assert isinstance(target, dict)
    if "groupId" in target and not GUID.match(str(target["groupId"])):
        raise bad_request(f"GroupId '{target['groupId']}' of an assignment target is not a GUID.")
    filter_id, how = (target[f"deviceAndAppManagementAssignmentFilter{part}"] for part in ("Id", "Type"))
    used = how != "none"
    if used and context.tenant.collection(FILTERS.path).get(str(filter_id)) is None:
        raise bad_request(f"Assignment filter '{filter_id}' does not exist.")
    if not used:
        target["deviceAndAppManagementAssignmentFilterId"] = None
    exclusion = target["@odata.type"] == EXCLUSION
    if used and exclusion and resource is not PROFILES:
        raise bad_request("Assignment filters are not supported on exclusions.")
    if resource is PROFILES and (used or exclusion) and context.knobs.profile_exclusions == "400":
        raise bad_request("The assignment target is not supported for this profile.")


def _id(context: Context, resource: Resource, entry: Entry, assignment: JsonObject) -> str:
    if resource is not PROFILES or context.knobs.profile_assignment_id == "guid":
        return assignment_id(resource, entry.id, assignment)
    group = target_group(assignment["target"])
    if context.knobs.profile_assignment_id == "composite":
        return f"{entry.id}_{group}"
    return f"{group}/{key(resource, assignment)[1]:d}='{entry.id[:8]}'+%"


def add_assignment(context: Context, resource: Resource, entry: Entry, request: Request) -> Reply:
    """`POST …/assignments`: one more. The same target again is refused."""
    _allowed(resource, "POST")
    new = accepted(context, resource, entry, request.body, "")
    held = assignments(entry)
    if any(key(resource, known) == key(resource, new) for known in held):
        raise bad_request("An assignment with the same target already exists.")
    if resource is PROFILES and context.knobs.profile_exclusions == "ignored" and _unusual(new):
        return json_reply(201, one_assignment(context, resource, new))
    _replace(context, resource, entry, [*held, new])
    return json_reply(201, one_assignment(context, resource, new))


def _unusual(assignment: JsonObject) -> bool:
    target = assignment["target"]
    assert isinstance(target, dict)
    return target["@odata.type"] == EXCLUSION or target["deviceAndAppManagementAssignmentFilterType"] != "none"


def change_assignment(context: Context, resource: Resource, entry: Entry, request: Request, aid: str) -> Reply:
    """`PATCH …/assignments/{id}`: the members sent replace those held; the id follows the target."""
    _allowed(resource, "PATCH")
    held = assignments(entry)
    index = _index(held, aid)
    sent = request.body if isinstance(request.body, dict) else {}
    kept: JsonObject = {name: held[index][name] for name in ("intent", "target", "settings") if name in held[index]}
    new = accepted(context, resource, entry, {**kept, **sent}, "")
    _replace(context, resource, entry, [*held[:index], new, *held[index + 1 :]])
    return json_reply(200, one_assignment(context, resource, new))


def remove_assignment(context: Context, resource: Resource, entry: Entry, aid: str) -> Reply:
    """`DELETE …/assignments/{id}`."""
    _allowed(resource, "DELETE")
    held = assignments(entry)
    index = _index(held, aid)
    _replace(context, resource, entry, [*held[:index], *held[index + 1 :]])
    return Reply(deleted_status(context, resource))


def _allowed(resource: Resource, method: str) -> None:
    if method not in resource.assignment_writes:
        raise bad_request(f"{method} is not supported on '{resource.path}/assignments'.")


def _index(held: list[JsonObject], aid: str) -> int:
    for index, assignment in enumerate(held):
        if str(assignment["id"]).lower() == aid.lower():
            return index
    raise not_found(f"Assignment '{aid}' does not exist.")


def _replace(context: Context, resource: Resource, entry: Entry, held: list[JsonObject]) -> None:
    store(context, resource, changed(entry, assignments=list[Json](held)))
