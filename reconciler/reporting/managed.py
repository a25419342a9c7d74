"""The objects that specs stand for, with how each compares and which runs wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..model import Json, JsonObject

_STATES: Mapping[str, str] = {"no-op": "as-specified", "create": "not-there", "update": "differs", "replace": "differs"}


def managed(plan: JsonObject, records: Sequence[JsonObject]) -> list[JsonObject]:
    """Every address of the specs, sorted. What is to be deleted is orphaned, and listed there."""
    changes: Any = plan["changes"]
    first, last = _runs(records), _runs(reversed(records))
    waived: Any = plan.get("waived", [])
    excused = {each["address"] for each in waived if each["rule"] is None}
    return [
        {
            "address": each["address"],
            "displayName": each.get("displayName"),
            "liveId": each["liveId"],
            "state": _state(each, excused=each["address"] in excused),
            "firstRun": first.get(each["address"]),
            "lastRun": last.get(each["address"]),
        }
        for each in sorted(changes, key=lambda change: str(change["address"]))
        if each["action"] in _STATES
    ]


def _state(change: Any, *, excused: bool) -> str:
    """An object that is still to be taken over is nobody's yet; of a refused change nobody knows. What differs in
    nothing but waived fields is not as specified either.
    """
    if change.get("refused"):
        return "refused"
    if change["action"] == "no-op" and excused:
        return "waived"
    return "not-ours-yet" if change.get("adopts") else _STATES[change["action"]]


def _runs(records: Iterable[JsonObject]) -> dict[str, Json]:
    """The first of these runs that wrote an address and read it back as wanted, by address."""
    found: dict[str, Json] = {}
    for record in records:
        results: Any = record["results"]
        for result in results:
            if result["status"] == "done" and result["requests"]:
                found.setdefault(result["address"], {"record": record["digest"], "at": record["startedAt"]})
    return found
