"""Completes an object of a tenant document: what a seed leaves out, the service would show with its defaults.

A snapshot of a real tenant may hold more than the contract knows. Annotations at the root and undocumented read-only
properties are dropped (the emulator makes its own); objects of types outside the contract stay as they are.
"""

from __future__ import annotations

import copy

from reconciler.model import Json, JsonObject

from .clock import stable_guid
from .contract.schema import Contract, contract
from .contract.validate import Purpose, findings
from .resources import BY_PATH, DEVICES, Resource

SEED_DATE = "2025-01-15T08:00:00.0000000Z"
ALL_USERS = "acacacac-9df4-4c7d-9d50-4ef0226f57a9"
ALL_DEVICES = "adadadad-808e-44e2-905a-0b7873a8a531"
INTENTS = ("available", "required", "uninstall", "availableWithoutEnrollment")
LOWER_INTENTS = frozenset(intent.lower() for intent in INTENTS)
DATES = ("createdDateTime", "lastModifiedDateTime")
REFERENCES = ("members", "registeredOwners", "registeredUsers")
"""Relations that a seed holds as references. The users of a device are its owners unless it says otherwise, as the
directory has it when somebody registers a device ("List registeredUsers")."""


def filled_object(path: str, body: JsonObject) -> JsonObject:
    """The object with every property of its type. Raises `ValueError` where a value cannot be what it should be."""
    resource = BY_PATH.get(path)
    if resource is None:
        raise ValueError(f"{path!r} is no collection of the emulator; there are {', '.join(sorted(BY_PATH))}")
    book = contract()
    references = {name: body[name] for name in REFERENCES if isinstance(body.get(name), list)}
    body = {name: _own(value) for name, value in body.items() if _kept(name) and name not in REFERENCES}
    given = body.get("@odata.type")
    actual = book.named(str(given)) if given else book.types[resource.type]
    if given is None and actual is not None and actual.abstract:
        raise ValueError(f"{path}: an object needs '@odata.type', because {resource.type} is abstract")
    if actual is not None:
        body = {**book.filled(body, resource.type), **_dates(body, actual.name, book)}
    for name, listed in references.items():
        assert isinstance(listed, list)
        body[name] = [_stub(member) for member in listed]
    if resource is DEVICES:
        body.setdefault("registeredUsers", body.get("registeredOwners", []))
    if resource.assignment is not None:
        body["assignments"] = _assignments(resource, body, book)
    if actual is not None:
        _judge(path, resource, body)
    return body


def _kept(name: str) -> bool:
    return "@" not in name or name == "@odata.type"


def _own(value: Json) -> Json:
    return copy.deepcopy(value) if isinstance(value, dict | list) else value


def _stub(member: Json) -> Json:
    """A reference to a directory object: its id and type (a user unless told)."""
    assert isinstance(member, dict)
    return {"@odata.type": member.get("@odata.type") or "#microsoft.graph.user", "id": member["id"]}


def _dates(body: JsonObject, type_name: str, book: Contract) -> JsonObject:
    """The dates that the object's type has and the seed leaves out. A date of the year 1 is a legal "never"."""
    known = book.types[type_name].properties
    return {name: SEED_DATE for name in DATES if name in known and body.get(name) is None}


def _judge(path: str, resource: Resource, body: JsonObject) -> None:
    shown = contract().evolved(body, resource.type)
    # An intent may stand in any case: Intune takes it so, and a knob lets it read back so.
    found = [f for f in findings(shown, resource.type, Purpose.RESPONSE) if not f.path.endswith("/intent")]
    if found:
        raise ValueError(f"{path}/{body.get('id')}: " + "; ".join(str(finding) for finding in found))


def _assignments(resource: Resource, body: JsonObject, book: Contract) -> list[Json]:
    given = body.get("assignments")
    assert resource.assignment is not None
    result: list[Json] = []
    for item in given if isinstance(given, list) else []:
        if not isinstance(item, dict):
            raise ValueError(f"{resource.path}: assignments are JSON objects")
        whole = book.filled(item, resource.assignment)
        if resource.assignment_id == "group-and-intent" and str(whole["intent"]).lower() not in LOWER_INTENTS:
            raise ValueError(f"{resource.path}/{body['id']}: an app has no assignment intent {whole['intent']!r}")
        if not whole.get("id"):
            whole["id"] = assignment_id(resource, str(body["id"]), whole)
        if whole.get("source") == "direct" and resource.assignment_id == "policy-and-group":
            whole["sourceId"] = body["id"]
        result.append(whole)
    return result


def target_group(target: Json) -> str:
    """The group that an assignment's id names: a real one, or the virtual group of all users or devices."""
    assert isinstance(target, dict)
    kind = str(target.get("@odata.type"))
    if kind.endswith("allLicensedUsersAssignmentTarget"):
        return ALL_USERS
    if kind.endswith("allDevicesAssignmentTarget"):
        return ALL_DEVICES
    return str(target.get("groupId") or target.get("collectionId") or "")


def assignment_id(resource: Resource, parent: str, assignment: JsonObject) -> str:
    """Ids as seen in exports: `{policy}_{group}`, for apps `{group}_{intent ordinal}_0`. For profiles nobody knows."""
    group = target_group(assignment.get("target"))
    if resource.assignment_id == "group-and-intent":
        intent = str(assignment.get("intent"))
        ordinal = next((i for i, known in enumerate(INTENTS) if known.lower() == intent.lower()), 0)
        return f"{group}_{ordinal}_0"
    if resource.assignment_id == "profile":
        return stable_guid(parent, group, str(_exclusion(assignment.get("target"))))
    return f"{parent}_{group}"


def _exclusion(target: Json) -> bool:
    return isinstance(target, dict) and str(target.get("@odata.type")).endswith("exclusionGroupAssignmentTarget")
