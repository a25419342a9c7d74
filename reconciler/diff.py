"""Two canonical forms to field changes. The only user of deepdiff, which is imported only when something differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .canonical import canonical
from .model import Json, JsonObject, pointer


@dataclass(frozen=True, slots=True)
class Detail:
    """One step from before to after inside a compound value: an entry gained, lost, or a member changed."""

    op: str
    """`add`, `remove` or `change`."""
    what: Json
    """The entry, or the path to what changed: a JSON Pointer below the field, empty where that is all of it."""
    before: Json = None
    after: Json = None

    def to_json(self) -> JsonObject:
        if self.op == "change":
            return {"op": self.op, "path": self.what, "before": self.before, "after": self.after}
        return {"op": self.op, "value": self.what}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One managed field, from what to what. `path` is a JSON Pointer into `spec`; null also means: not there."""

    path: str
    before: Json
    after: Json
    details: tuple[Detail, ...] = ()

    def to_json(self) -> JsonObject:
        shown: JsonObject = {"path": self.path, "before": self.before, "after": self.after}
        if self.details:
            shown["details"] = [detail.to_json() for detail in self.details]
        return shown


def field_changes(
    found: Mapping[str, Json], wanted: Mapping[str, Json], changed: Sequence[str]
) -> tuple[FieldChange, ...]:
    """The field changes for the top-level fields named by `changed`, in that order."""
    return tuple(
        FieldChange(pointer((name,)), found.get(name), wanted[name], _details(found.get(name), wanted[name]))
        for name in changed
    )


def _details(before: Json, after: Json) -> tuple[Detail, ...]:
    if isinstance(before, list) and isinstance(after, list):
        return _entries(before, after)
    if isinstance(before, dict) and isinstance(after, dict):
        return _members(before, after)
    return ()


def _entries(before: list[Json], after: list[Json]) -> tuple[Detail, ...]:
    """Entries gained and lost; an entry that both sides have under the same key is a change of its members.

    Where one side has a key or an entry twice nothing is told: the details would be of one of them alone.
    """
    old, new = _by_name(before), _by_name(after)
    if len(old) < len(before) or len(new) < len(after):
        return ()
    lost = [Detail("remove", value) for name, value in old.items() if name not in new]
    gained = [Detail("add", value) for name, value in new.items() if name not in old]
    changed: list[Detail] = []
    for name in (each for each in old if each in new and old[each] != new[each]):
        place = pointer((name,))
        changed += [Detail("change", f"{place}{d.what}", d.before, d.after) for d in _members(old[name], new[name])]
    return (*lost, *gained, *changed)


def _by_name(entries: list[Json]) -> dict[str, Json]:
    return {_name(entry): entry for entry in entries}


def _name(entry: Json) -> str:
    """What tells an entry of a list from its neighbours: its key, or all of it."""
    key = entry.get("key") if isinstance(entry, dict) else None
    return str(key) if key else canonical(entry)


def _members(before: Json, after: Json) -> tuple[Detail, ...]:
    from deepdiff import DeepDiff  # 100 ms to import: only where something differs

    tree = DeepDiff(before, after, view="tree")
    found: list[Detail] = []
    for level in (level for report in tree.values() for level in report):
        path = pointer(tuple(level.path(output_format="list")))
        found.append(Detail("change", path, _plain(level.t1), _plain(level.t2)))
    return tuple(sorted(found, key=lambda detail: str(detail.what)))


def _plain(value: Any) -> Json:
    from deepdiff.helper import NotPresent

    return None if isinstance(value, NotPresent) else value
