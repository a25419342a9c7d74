"""Assignments as they were, told raw: the requests that bring a live object back to a recorded set. See `restore`.

Other than the kinds' own `write` this knows no specs: what stands in the record is what is sent, and what a policy set
assigned is carried over unharmed. People gain before they lose here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..assignments import Target, is_direct, read_target
from ..kind import Operation, Verb
from ..model import JsonObject
from . import common

Reassign = Callable[[str, Sequence[JsonObject], Sequence[JsonObject]], Sequence[Operation]]
"""From the path of an object, its live assignments, and the direct ones that it is to have."""


def whole(member: str, odata_type: str, *, await_published: bool = False) -> Reassign:
    """For types whose `/assign` replaces the whole set, which is the `member` of its body."""

    def reassign(path: str, live: Sequence[JsonObject], wanted: Sequence[JsonObject]) -> list[Operation]:
        kept = [common.carried(each, odata_type) for each in live if not is_direct(each)]
        found = {
            _key(each): common.Entry(common.carried(each, odata_type), _target(each))
            for each in live
            if is_direct(each)
        }
        final = {
            key: common.Entry(body, _target(body), found.get(key) is None or found[key].body != body)
            for key, body in _bodies(wanted, odata_type)
        }
        return [
            Operation(Verb.ASSIGN, "POST", f"{path}/assign", {member: [*kept, *bodies]}, phase, await_published)
            for phase, bodies in common.assign_calls(found, final)
        ]

    return reassign


def _bodies(wanted: Sequence[JsonObject], odata_type: str) -> list[tuple[str, JsonObject]]:
    return [(_key(each), common.carried(each, odata_type)) for each in wanted]


def _target(assignment: JsonObject) -> Target:
    return read_target(assignment.get("target"))


def _key(assignment: JsonObject) -> str:
    """What makes two assignments the same one; policies have no intent."""
    return f"{_target(assignment).key}:{str(assignment.get('intent') or '').casefold()}"
