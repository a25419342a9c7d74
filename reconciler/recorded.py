"""Raw objects as they are compared and shown when a run is gone back to: live ones, and those of its record.

Readings of one object differ in ways that say nothing (`basis.plain`); secrets are masked on both sides, as in the
record. Used by `restore`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .assignments import Target, is_direct, read_filter, read_target, show_target
from .basis import plain, said
from .canonical import canonical
from .live import Live, Names
from .marker import Marker, parse
from .model import Json, JsonObject
from .records import masked


def member(live: Live, name: str) -> Json:
    """One property in the form in which readings of it are equal; secrets masked, as in the record."""
    shown: Any = masked({name: live.body.get(name)})
    return settled(shown[name])


def same(one: Json, other: Json) -> bool:
    """Whether two settled values say the same: a switch that nobody set is null in answers of Graph, and off."""
    first, second = (None if value is False else value for value in (one, other))
    return first == second


def settled(value: Json) -> Json:
    """A value as all readings of it give it: in which order Graph answers with a list says nothing."""
    return _sorted(plain(value))


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    return sorted(map(_sorted, value), key=canonical) if isinstance(value, list) else value


def marker_lines(text: Json) -> str | None:
    """The marker lines of a text."""
    markers = parse(text if isinstance(text, str) else None)[1]
    return "\n".join(m.line() for m in markers) or None


def pairs_of(marker: Marker | None) -> tuple[str, ...]:
    return marker.pairs if marker else ()


def key_of(assignment: JsonObject) -> tuple[str, str]:
    """What makes two assignments of an object the same one."""
    return read_target(assignment.get("target")).key, str(assignment.get("intent") or "").casefold()


def by_key(assignments: Sequence[JsonObject]) -> dict[tuple[str, str], JsonObject]:
    return {key_of(each): each for each in assignments if is_direct(each)}


def refiltered(live: Live, gone: Mapping[str, str], names: Names) -> tuple[JsonObject, ...]:
    """The assignments with the ids that filters have now which are gone under their old ones: by what they are called.

    `gone` are their names, by those old ids.
    """
    found = {i: now[0] for i, name in gone.items() if len(now := names.ids("filters", name)) == 1}
    return tuple(_with_filter(each, found) for each in live.assignments)


def _with_filter(assignment: JsonObject, found: Mapping[str, str]) -> JsonObject:
    target = assignment.get("target")
    chosen = read_filter(target) if isinstance(target, dict) else None
    if not isinstance(target, dict) or chosen is None or chosen.id not in found:
        return assignment
    return {**assignment, "target": {**target, "deviceAndAppManagementAssignmentFilterId": found[chosen.id]}}


def said_of(assignment: JsonObject | None) -> Json:
    return said(assignment) if assignment else None


def direct(live: Live) -> dict[tuple[str, str], Json]:
    return {key: said(each) for key, each in by_key(live.assignments).items()}


def indirect(live: Live) -> list[Json]:
    """What the assignments say that policy sets made, sorted."""
    return sorted((said(each) for each in live.assignments if not is_direct(each)), key=canonical)


def shown(assignments: Sequence[JsonObject], names: Names) -> JsonObject:
    """Assignments as plans show them, sorted; with intent and settings where they have any."""
    ordered = sorted(assignments, key=key_of)
    pairs = [(read_target(each.get("target")), each) for each in ordered]
    return {
        "include": [_show(target, each, names) for target, each in pairs if not target.exclude],
        "exclude": [_show(target, each, names) for target, each in pairs if target.exclude],
    }


def _show(target: Target, assignment: JsonObject, names: Names) -> Json:
    shown, intent = show_target(target, names), assignment.get("intent")
    if intent in (None, "", "apply"):  # policies and profiles are assigned to no other end
        return shown
    entry: JsonObject = dict(shown) if isinstance(shown, dict) else {"all": target.who}
    settings = plain(assignment.get("settings"))
    told = {k: v for k, v in settings.items() if k != "@odata.type"} if isinstance(settings, dict) else {}
    return {**entry, "intent": intent, **({"settings": told} if told else {})}


def writable(value: Any) -> Any:
    """A value as it was read, without the annotations that only answers have."""
    if isinstance(value, list | tuple):
        return [writable(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    return {k: writable(v) for k, v in value.items() if "@" not in k or k.endswith("@odata.type")}
