"""Keeps every request body that tests send or show, and has each shape judged once by two independent opinions.

Microsoft's own beta models (`tests.emulator.oracle`) tell of unknown properties, wrong enum members and dropped
values; the contract tells of what those models let through (booleans for numbers, nulls, numbers out of range).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.emulator import LoggedRequest
from reconciler.emulator.contract.validate import Finding, Purpose, findings
from reconciler.emulator.resources import RESOURCES, Resource

_FREE_TEXT = frozenset(
    {"displayName", "description", "notes", "groupId", "id", "key", "value", "deviceAndAppManagementAssignmentFilterId"}
)
_ID = r"(?:[^/]+)"
_COLLECTIONS = tuple(resource for resource in RESOURCES if not resource.single)
"""A single object has no items: what follows its path are other collections (`deviceManagement`)."""


class Bodies:
    """Distinct shapes of requests, each with the first body that had it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, str, Any]] = {}

    def keep(self, method: str, path: str, body: Any) -> None:
        """Remember a request unless one like it is known."""
        plain = _route(path)
        self._kept.setdefault(json.dumps([method, plain, shape(body)], sort_keys=True), (method, plain, body))

    def keep_log(self, log: Sequence[LoggedRequest]) -> None:
        """Remember the writes of a service's log."""
        for request in log:
            if request.is_write and request.body is not None:
                self.keep(request.method, request.path, request.body)

    def keep_plan(self, document: Any) -> None:
        """Remember what a plan document would send."""
        for change in document["changes"]:
            for step in change["operations"]:
                if "body" in step:
                    self.keep(step["method"], step["path"], step["body"])

    def verdicts(self) -> list[str]:
        """What either judge finds wrong, with the body.

        The contract judges every shape. Microsoft's models take 25 ms a body and look at each property by itself: they
        judge the bodies that have a value, at its place in its type, that none before had.
        """
        from tests.emulator.oracle import judge_request

        found: list[str] = []
        judged: set[str] = set()
        for method, path, body in self._kept.values():
            opinions = list(map(str, contract_findings(method, path, body)))
            if new := set(leaves(body, f"{method} {_route(path)} ")) - judged:
                judged |= new
                opinions += judge_request(method, path, body)
            found += [f"{method} {path}: {opinion}\n  {json.dumps(body)}" for opinion in opinions]
        return found

    def __len__(self) -> int:
        return len(self._kept)


def shape(value: Any, name: str = "") -> Any:
    """A body without its free text, its lists as sets of shapes: equal for bodies that differ in content only."""
    if isinstance(value, dict):
        return {key: shape(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(item), sort_keys=True) for item in value})
    if isinstance(value, str) and (name in _FREE_TEXT or not name):
        return "text"
    return type(value).__name__ if isinstance(value, int | float) else value


def leaves(value: Any, place: str, name: str = "") -> Iterator[str]:
    """Each value of a body, without free text, with the properties and types that it stands in."""
    if isinstance(value, dict):
        place += str(value.get("@odata.type", ""))
        for key, member in value.items():
            yield from leaves(member, f"{place}/{key}", key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{place}[]")
    if not isinstance(value, dict | list) or not value:
        yield f"{place} {json.dumps(shape(value, name))}"


def contract_findings(method: str, path: str, body: Any) -> Iterable[Finding]:
    """What the contract says of the body of a create, an update or an assignment."""
    for resource in _COLLECTIONS:
        if re.fullmatch(rf"/(?:beta|v1\.0)/{resource.path}(?:/{_ID})?", path):
            return findings(body, resource.type, Purpose.CREATE if method == "POST" else Purpose.UPDATE)
        if re.fullmatch(rf"/(?:beta|v1\.0)/{resource.path}/{_ID}/(?:assign|assignments)", path):
            return _assignments(resource, body)
    return []


def _assignments(resource: Resource, body: Any) -> Iterable[Finding]:
    assert resource.assignment is not None
    each = body[resource.assign] if resource.assign and resource.assign in body else [body]
    return [finding for one in each for finding in findings(one, resource.assignment, Purpose.CREATE)]


def _route(path: str) -> str:
    """The path with `x` for every id and reference: two objects of a kind are one route."""
    plain = re.sub(r"\{[^}]*\}", "x", path.partition("?")[0])
    for resource in _COLLECTIONS:
        plain = re.sub(rf"(/{resource.path}/){_ID}", r"\1x", plain)
    return plain
