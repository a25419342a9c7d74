"""What a snapshot of a real tenant says beside its objects: people by their groups, and what was refused.

People stand in it as numbers (`people`): each class is that many invented members of its groups, and `/users/$count` is
what it was. `unreadable` are requests that the real tenant did not answer: they are refused here in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model import Json, JsonObject

from .clock import stable_guid
from .faults import Fault
from .json_values import objects
from .resources import GROUPS

_ALWAYS = 10**9


def peopled(document: JsonObject) -> JsonObject:
    """The tenant document with invented members in its groups. The same document gives the same people."""
    people = document.get("people")
    collections = document.get("collections")
    if not isinstance(people, dict) or not isinstance(collections, dict):
        return document
    members: dict[str, list[Json]] = {}
    for group, member in _members(str(document.get("tenantId")), people):
        members.setdefault(group, []).append(member)
    groups: list[Json] = [
        {**group, "members": [*objects(group.get("members")), *members.get(str(group.get("id")).lower(), [])]}
        for group in objects(collections.get(GROUPS.path))
    ]
    return {**document, "collections": {**collections, GROUPS.path: groups}}


def _members(tenant: str, people: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for number, each in enumerate(objects(people.get("classes"))):
        groups, count = each.get("groups"), each.get("people")
        for person in range(count if isinstance(count, int) else 0):
            member: JsonObject = {
                "@odata.type": "#microsoft.graph.user",
                "id": stable_guid(tenant, "person", str(number), str(person)),
            }
            for group in groups if isinstance(groups, list) else ():
                yield str(group).lower(), member
    devices = people.get("devices")
    for group in devices if isinstance(devices, list) else ():
        key = stable_guid(tenant, "device", str(group))
        yield str(group).lower(), {"@odata.type": "#microsoft.graph.device", "id": key}


def everyone(document: JsonObject) -> int:
    """How many people the tenant has beside those that it names; 0 where it does not say."""
    people = document.get("people")
    count = people.get("everyone") if isinstance(people, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def refusals(document: JsonObject) -> list[Fault]:
    """What answers the requests that were not answered when the snapshot was taken."""
    return [_refusal(each) for each in objects(document.get("unreadable"))]


def _refusal(each: JsonObject) -> Fault:
    status = each.get("status")
    body: JsonObject = {"error": {"code": each.get("code") or "", "message": str(each.get("message"))}}
    return Fault(
        method="GET",
        path=f"^{re.escape(str(each.get('path')))}$",
        times=_ALWAYS,
        status=status if isinstance(status, int) else 403,
        body=body,
    )
