"""Lists and targets of a spec with what the tenant has: what means the same keeps its words and its place. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..assignments import Target, resolve, wanted_targets
from ..canonical import canonical
from ..kind import Subject
from ..model import Json, JsonObject

_INTENT = "required"
"""The intent of an app's targets where its spec says none."""


def merged_list(held: list[Json], wanted: list[Json]) -> list[Json]:
    """The wanted entries: those that are there already where they are, changed ones in the place of the old."""
    left = {_key(entry): entry for entry in wanted}
    kept = [left.pop(_key(entry)) for entry in held if _key(entry) in left]
    return [*kept, *left.values()]


def _key(entry: Json) -> str:
    """What tells an entry from its neighbours: its key, or all of it."""
    key = entry.get("key") if isinstance(entry, dict) else None
    return f"key {key}" if isinstance(key, str) else canonical(entry)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of `include` or `exclude`, and what it stands for."""

    value: Json
    target: Target | None
    intent: str | None
    licensing: str | None

    @property
    def whom(self) -> object:
        """Who is meant, however: the service has each group once for an intent."""
        return (self.target.who, self.target.group, self.intent) if self.target else canonical(self.value)

    def means(self, other: _Entry, *, strictly: bool) -> bool:
        same = self.target is not None and (self.target, self.intent) == (other.target, other.intent)
        return same and (not strictly or self.licensing == other.licensing)


def merged_assignments(
    subject: Subject, held: JsonObject, wanted: JsonObject, said: JsonObject, *, strictly: bool
) -> JsonObject:
    """The wanted targets in the words of the held ones. `said` is the spec that `wanted` comes from, which may have
    another intent for targets without one of their own. `strictly`: the licensing counts too.
    """
    ours = str(subject.spec.get("intent", _INTENT)) if "intent" in said else None
    theirs = str(said.get("intent", _INTENT)) if "intent" in said else None
    merged: JsonObject = {}
    for side in ("include", "exclude"):
        own = _entries(subject, side, held, ours)
        new = [_under(entry, ours) for entry in _entries(subject, side, wanted, theirs)]
        entries = [*_merged(own, new, strictly=strictly)]
        if entries or side in held or side == "include":
            merged[side] = entries
    return {side: entries for side, entries in merged.items() if entries or side == "include" or held.get(side) == []}


def _entries(subject: Subject, side: str, assignments: JsonObject, intent: str | None) -> list[_Entry]:
    listed = assignments.get(side)
    values = listed if isinstance(listed, list) else []
    found = wanted_targets({side: values}, subject.world.tenant)
    default = intent if side == "include" else None  # an exclusion stands for every intent that the spec uses
    return [
        _Entry(value, resolve(wanted, subject.world.names)[0], wanted.intent or default, wanted.licensing)
        for value, wanted in zip(values, found, strict=True)
    ]


def _under(entry: _Entry, default: str | None) -> _Entry:
    """The entry as it is written in a spec with another intent for targets without one of their own."""
    if entry.intent is None or default is None:
        return entry
    whole: JsonObject = {**entry.value} if isinstance(entry.value, dict) else {"all": str(entry.value)[3:].lower()}
    value: JsonObject = {name: each for name, each in whole.items() if name != "intent"}
    if entry.intent != default:
        value["intent"] = entry.intent
    plain = {"all": "users"}, {"all": "devices"}
    short = f"all{str(value['all']).capitalize()}" if value in plain else value
    return _Entry(short, entry.target, entry.intent, entry.licensing)


def _merged(own: Iterable[_Entry], new: list[_Entry], *, strictly: bool) -> Iterable[Json]:
    left = [*new]
    kept: list[Json] = []
    for entry in own:
        same = next((each for each in left if entry.means(each, strictly=strictly)), None)
        changed = same or next((each for each in left if each.whom == entry.whom), None)
        if changed is not None:
            left.remove(changed)
            kept.append(entry.value if same else changed.value)
    return [*kept, *(each.value for each in left)]
