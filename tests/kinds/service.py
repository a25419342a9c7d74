"""What Graph does with the operations of a plan, on plain data: a `/assign` replaces, a PATCH merges the root.

Strict about what it is sent, and it shares no code with the kinds. After a plan was carried out, the next one has to
be empty; the cases and the laws ask for that.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from reconciler.emulator.contract.validate import Purpose, findings
from reconciler.model import ABSENT
from reconciler.plan import Plan

ROOTS = {
    "/beta/deviceManagement/assignmentFilters": "assignmentFilters",
    "/beta/deviceManagement/deviceConfigurations": "deviceFeatures",
    "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles": "enrollmentProfiles",
    "/beta/deviceAppManagement/mobileApps": "storeApps",
    "/beta/deviceManagement/deviceCompliancePolicies": "compliancePolicies",
}
ROOT_TYPES = {
    "assignmentFilters": "deviceAndAppManagementAssignmentFilter",
    "deviceFeatures": "deviceConfiguration",
    "enrollmentProfiles": "appleUserInitiatedEnrollmentProfile",
    "storeApps": "mobileApp",
    "compliancePolicies": "deviceCompliancePolicy",
}
APPS = ("storeApps", "vppApps", "webClips")
"""The collections that are one in the service."""
NEVER_SENT = frozenset(
    {"id", "createdDateTime", "lastModifiedDateTime", "version", "supportsScopeTags", "source", "sourceId"}
    | {"isAssigned", "uploadState", "publishingState"}
)
NEVER_PATCHED = frozenset({"priority", "platform", "appStoreUrl", "appUrl", "scheduledActionsForRule"})
_PATH = re.compile(r"(/beta/[A-Za-z]+/[A-Za-z]+)(?:/([^/]+)(?:/([A-Za-z]+)(?:/([^/]+))?)?)?")


class Service:
    """A tenant that plans are carried out on."""

    def __init__(self, tenant: Mapping[str, Any]) -> None:
        self.tenant: dict[str, list[dict[str, Any]]] = {key: copy.deepcopy(list(v)) for key, v in tenant.items()}
        self._ids: dict[str, str] = {}
        self._count = 0

    def carry_out(self, plan: Plan) -> None:
        """All steps of all changes, in order."""
        for change, step in plan.steps():
            reference = "{" + f"{change.address}.id" + "}"
            self.send(step.operation.method, step.operation.path, step.operation.body, reference)

    def send(self, method: str, path: str, body: Any, reference: str) -> None:
        for placeholder, object_id in self._ids.items():
            path, body = path.replace(placeholder, object_id), _put_in(body, placeholder, object_id)
        match = _PATH.fullmatch(path)
        assert match, f"no such path: {path}"
        root, object_id, member, member_id = match.groups()
        assert body is ABSENT or not forbidden(body), f"{method} {path} sends {forbidden(body)}"
        key = ROOTS[root]
        if object_id is None:
            assert method == "POST"
            self._ids[reference] = self._create(key, body)
            return
        held = self._held(key, unquote(object_id))
        action = getattr(self, f"_{method.lower()}_{member or 'object'}")
        action(held, body, *([unquote(member_id)] if member_id else []))

    def _create(self, key: str, body: dict[str, Any]) -> str:
        _judged(body, ROOT_TYPES[key], Purpose.CREATE)
        key = "webClips" if str(body.get("@odata.type")).endswith("WebClip") else key
        self._count += 1
        made = {**copy.deepcopy(body), "id": f"00000000-0000-4000-8000-{self._count:012}", "assignments": []}
        self.tenant.setdefault(key, []).append(made)
        return str(made["id"])

    def _held(self, key: str, object_id: str) -> dict[str, Any]:
        keys = APPS if key == "storeApps" else (key,)
        return next(o for k in keys for o in self.tenant.get(k, []) if str(o["id"]).lower() == object_id.lower())

    def _patch_object(self, held: dict[str, Any], body: dict[str, Any]) -> None:
        assert not NEVER_PATCHED & body.keys(), f"PATCH sends {NEVER_PATCHED & body.keys()}"
        _judged(body, str(body["@odata.type"]).rpartition(".")[2], Purpose.UPDATE)
        held |= copy.deepcopy(body)

    def _delete_object(self, held: dict[str, Any], body: object) -> None:
        assert body is ABSENT
        rest = [o for objects in self.tenant.values() for o in objects if o is not held]
        assert not any(held["id"] in str(o.get("assignments")) for o in rest), f"{held['id']} is still assigned with"
        for key, objects in self.tenant.items():
            self.tenant[key] = [o for o in objects if o is not held]

    def _post_assign(self, held: dict[str, Any], body: dict[str, Any]) -> None:
        (sent,) = body.values()
        whole = [_target_of(a) for a in sent]
        assert len({*map(str, whole)}) == len(whole), f"one target twice in {sent}"
        theirs = {_target_of(a): a for a in held.get("assignments") or () if a.get("source") == "policySets"}
        assert theirs.keys() <= {*whole}, "an assignment of a policy set would be lost"
        held["assignments"] = [
            theirs.get(_target_of(a)) or {**copy.deepcopy(a), "id": f"{held['id']}_{n}", "source": "direct"}
            for n, a in enumerate(sent)
        ]

    def _post_assignments(self, held: dict[str, Any], body: dict[str, Any]) -> None:
        self._count += 1
        held.setdefault("assignments", []).append({**copy.deepcopy(body), "id": f"made/{self._count}"})

    def _delete_assignments(self, held: dict[str, Any], body: object, assignment: str) -> None:
        assert body is ABSENT
        before = held["assignments"]
        held["assignments"] = [a for a in before if a["id"] != assignment]
        assert len(held["assignments"]) == len(before) - 1

    def _post_setPriority(self, held: dict[str, Any], body: dict[str, Any]) -> None:  # noqa: N802 - Graph's name
        assert body.keys() == {"priority"}
        profiles = sorted(self.tenant["enrollmentProfiles"], key=lambda p: p["priority"])
        numbers = [p["priority"] for p in profiles]
        assert body["priority"] in numbers, "a number that nobody holds"
        assert body["priority"] != held["priority"], "the number that it has"
        rest = [p for p in profiles if p is not held]
        rest.insert(numbers.index(body["priority"]), held)
        for profile, number in zip(rest, numbers, strict=True):
            profile["priority"] = number


def _put_in(body: Any, placeholder: str, object_id: str) -> Any:
    """A body with an id where a placeholder stands for it."""
    if isinstance(body, dict):
        return {key: _put_in(value, placeholder, object_id) for key, value in body.items()}
    if isinstance(body, list):
        return [_put_in(value, placeholder, object_id) for value in body]
    return object_id if body == placeholder else body


def _target_of(assignment: Mapping[str, Any]) -> tuple[str, str, str]:
    target = assignment["target"]
    kind, group = str(target["@odata.type"]), str(target.get("groupId", "")).lower()
    return kind, group, str(assignment.get("intent", "")).lower()


def forbidden(body: Any) -> set[str]:
    """Members that must not be in any request body, however deep."""
    if isinstance(body, dict):
        own = {key for key in body if key in NEVER_SENT}
        return own.union(*(forbidden(value) for value in body.values()))
    return set().union(*map(forbidden, body)) if isinstance(body, list) else set()


def _judged(body: dict[str, Any], type_name: str, purpose: Purpose) -> None:
    found = findings(body, type_name, purpose)
    assert not found, "; ".join(map(str, found))


def bodies(plan: Plan) -> Iterable[tuple[str, Any]]:
    """Method and body of every step."""
    return [(step.operation.method, step.operation.body) for _, step in plan.steps()]
