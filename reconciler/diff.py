"""Two canonical forms to field changes. The only user of deepdiff, which is imported only when something differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .model import Json, JsonObject, pointer


@dataclass(frozen=True, slots=True)
class Detail:
    """One step from before to after inside a compound value: an entry gained, lost, or a member changed."""

    op: str
    """`add`, `remove` or `change`."""
    what: Json
    """The entry, or the path to the member (a JSON Pointer below the field)."""
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
    """Entries gained and lost; an entry that both sides have under the same name is a change of its members."""
    old, new = _keyed(before), _keyed(after)
    lost = [Detail("remove", value) for key, value in old.items() if key not in new]
    gained = [Detail("add", value) for key, value in new.items() if key not in old]
    moved: list[Detail] = []
    for key in (k for k in old if k in new and old[k] != new[k]):
        moved += [Detail("change", f"/{key}{d.what}", d.before, d.after) for d in _members(old[key], new[key])]
    return (*lost, *gained, *moved)


def _keyed(entries: list[Json]) -> dict[str, Json]:
    return {entry_name(entry): entry for entry in entries}


def entry_name(entry: Json) -> str:
    """What tells an entry of a list from its neighbours: its key, its target with its intent, or its own text."""
    if not isinstance(entry, dict):
        return str(entry)
    parts = [
        str(entry[key]) for key in ("key", "owner", "group", "all", "target", "id", "intent", "other") if entry.get(key)
    ]
    return " ".join(parts) or repr(entry)


def _members(before: Json, after: Json) -> tuple[Detail, ...]:
    from deepdiff import DeepDiff  # 100 ms to import: only where something differs

    tree = DeepDiff(before, after, view="tree", verbose_level=2)
    found: list[Detail] = []
    for level in (level for report in tree.values() for level in report):
        path = pointer(tuple(level.path(output_format="list")))
        found.append(Detail("change", path, _plain(level.t1), _plain(level.t2)))
    return tuple(sorted(found, key=lambda detail: str(detail.what)))


def _plain(value: Any) -> Json:
    from deepdiff.helper import NotPresent

    return None if value is NotPresent or isinstance(value, NotPresent) else value
