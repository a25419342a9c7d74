"""What a change of a spec asks of the tenant, in sentences: as far as specs say it, and nothing beyond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..diff import FieldChange
from ..kind import Kind
from ..model import Json, JsonObject
from ..spec.load import Desired

_WHOLE = {"allUsers": "all users", "allDevices": "all devices"}


def consequences(
    old: Desired | None, new: Desired | None, fields: Sequence[FieldChange], kind: Kind | None
) -> Iterator[str]:
    """The sentences, the gravest first."""
    if new is None:
        yield _removed(kind)
        return
    if old is None:
        yield _added(kind)
        return
    if old.address != new.address:
        yield "the same object under a new name: its marker changes"
    if _protected(old) and not _protected(new):
        yield "its object is no longer protected from deletion"
    for field in fields:
        yield from _of_field(field, kind, "assignments" in old.spec and "assignments" in new.spec)


def _removed(kind: Kind | None) -> str:
    if kind and kind.ranks:
        return "nothing puts these objects in order any more: they keep the order that they have"
    if kind and (kind.shared or not kind.marker_field):
        return "what it assigned stays until a run with --prune withdraws it"
    return "its object stays, without a spec, until a run with --prune deletes it"


def _added(kind: Kind | None) -> str:
    if kind and kind.ranks:
        return "these objects are put into this order"
    if kind and (kind.shared or not kind.marker_field):
        return "it assigns an object that may be there already; assignments of others stay unless it says otherwise"
    return "a new object, unless the tenant has one of its name: that is then taken over, which takes consent"


def _protected(desired: Desired) -> bool:
    lifecycle = desired.spec.get("lifecycle")
    return isinstance(lifecycle, dict) and lifecycle.get("preventDestroy") is True


def _of_field(field: FieldChange, kind: Kind | None, assigned: bool) -> Iterator[str]:
    name = field.path.removeprefix("/")
    if kind and name in kind.immutable and field.before is not None and field.after is not None:
        yield f"{name} never changes in a live object: it has to be replaced, which takes --allow-replace"
    if kind and kind.ranks and name == "order":
        yield "the order changes"
    if name == "id":
        yield "another live object is meant"
    if name == "assignments" and assigned:
        yield from _of_targets(field)


def _of_targets(field: FieldChange) -> Iterator[str]:
    lost = _whom(field.before, "include") - _whom(field.after, "include")
    gained = _whom(field.after, "include") - _whom(field.before, "include")
    kept_out = _whom(field.after, "exclude") - _whom(field.before, "exclude")
    let_in = _whom(field.before, "exclude") - _whom(field.after, "exclude")
    for whom in sorted(lost):
        yield f"no longer for {whom}: whoever no other target reaches loses it"
    for whom in sorted(kept_out):
        yield f"no longer for {whom}, whom it leaves out now"
    for whom in sorted(gained):
        yield f"now also for {whom}"
    for whom in sorted(let_in):
        yield f"{whom} is not left out any more" if whom not in _WHOLE.values() else f"{whom} are not left out any more"


def _whom(assignments: Json, side: str) -> set[str]:
    listed = assignments.get(side) if isinstance(assignments, dict) else None
    return {words for entry in (listed if isinstance(listed, list) else ()) if (words := in_words(entry))}


def in_words(entry: Json) -> str:
    """A target of a spec as people would say it, without its filter."""
    if isinstance(entry, str):
        return _WHOLE.get(entry, entry)
    if not isinstance(entry, dict):
        return ""
    return _group(entry) if "group" in entry else f"all {entry.get('all')}"


def _group(entry: JsonObject) -> str:
    return f"the group {entry['group']!r}"
