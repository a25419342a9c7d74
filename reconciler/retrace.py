"""The requests that bring an object back to what a run found, once `restore` has worked out what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .identity import markers_of
from .kind import Comparison, Kind, Operation, Phase, Subject, Verb, World
from .live import Live
from .marker import Marker, compose, parse
from .model import Address, Json, JsonObject
from .past import Entry
from .recorded import pairs_of, writable


@dataclass(frozen=True, slots=True)
class Basis:
    """What `restore` works out: raw values by property, and the direct assignments to have; None: as they are."""

    values: Mapping[str, Json]
    assignments: Sequence[JsonObject] | None = None
    ending: Kind | None = None
    """For an object that goes: the derived kind that ends it, and its own comparison."""
    inner: Comparison | None = None


def requests(
    kind: Kind, entry: Entry, subject: Subject, comparison: Comparison, numbers: Mapping[Address, int]
) -> list[Operation]:
    """In order. `numbers` are those of ranked objects that are made again."""
    basis: Basis = comparison.basis
    if basis.ending:
        return [*basis.ending.write(subject, basis.inner or comparison)]
    if subject.live is None:
        return _create(kind, entry, subject, basis, numbers)
    path = subject.live.collection.item_path(subject.id)
    assigns: Sequence[Operation] = ()
    if "assignments" in comparison.changed:
        assigns = _reassign(kind, path, subject.live.assignments, basis.assignments)
    if kind.shared:
        return _around(kind, entry, subject, subject.live, assigns)
    patch = [_patch(kind, path, subject.live, _cleared(subject.live, writable(basis.values)))] if basis.values else []
    return [*patch, *assigns]


def _create(
    kind: Kind, entry: Entry, subject: Subject, basis: Basis, numbers: Mapping[Address, int]
) -> list[Operation]:
    before = entry.state(entry.before, kind.collections)
    assert before is not None
    body = {"@odata.type": kind.odata_type or before.body.get("@odata.type"), **writable(basis.values)}
    if subject.address in numbers:
        body["priority"] = numbers[subject.address]
    created = Operation(Verb.CREATE, "POST", before.collection.path, body)
    return [created, *_reassign(kind, before.collection.item_path(subject.id), (), basis.assignments)]


def _patch(kind: Kind, path: str, live: Live, values: JsonObject, phase: Phase = Phase.WRITE) -> Operation:
    body = {"@odata.type": kind.odata_type or live.body.get("@odata.type"), **values}
    return Operation(Verb.UPDATE, "PATCH", path, body, phase)


def _cleared(live: Live, values: JsonObject) -> JsonObject:
    """What a property is emptied with: not null, for whether a PATCH with null clears it is not documented.

    An empty text, an empty list and false say what null says in the properties that kinds write (`recorded.same`).
    """
    empty: dict[type, Json] = {str: "", bool: False, list: []}
    return {name: empty.get(type(live.body.get(name))) if value is None else value for name, value in values.items()}


def _reassign(
    kind: Kind, path: str, live: Sequence[JsonObject], wanted: Sequence[JsonObject] | None
) -> Sequence[Operation]:
    if wanted is None or kind.reassign is None or not (live or wanted):
        return []
    return kind.reassign(path, live, wanted)


# Shared objects


def own_marker(kind: Kind, entry: Entry, live: Live, world: World) -> Marker | None:
    """Our line of this address on an object that others mark too."""
    markers = markers_of(live, kind.marker_field or "")
    return next((m for m in markers if m.owner in world.owners and m.address in entry.addresses), None)


def _around(kind: Kind, entry: Entry, subject: Subject, live: Live, assigns: Sequence[Operation]) -> list[Operation]:
    """Around the assignments, the marker: first with the pairs of both sets, so that nothing is ever forgotten."""
    before = entry.state(entry.before, kind.collections)
    assert before is not None
    old, now = (own_marker(kind, entry, each, subject.world) for each in (before, live))
    either = old or now
    both = replace(either, pairs=tuple(sorted({*pairs_of(old), *pairs_of(now)}))) if either else None
    if not assigns:
        both = now
    return [
        *_remark(kind, entry, subject, live, held=now, wanted=both, phase=Phase.WRITE),
        *assigns,
        *_remark(kind, entry, subject, live, held=both, wanted=old, phase=Phase.SHRINK if assigns else Phase.WRITE),
    ]


def _remark(
    kind: Kind, entry: Entry, subject: Subject, live: Live, *, held: Marker | None, wanted: Marker | None, phase: Phase
) -> list[Operation]:
    """The text of the live object with another line of ours; those of others stay as they are."""
    if held == wanted:
        return []
    field = kind.marker_field or ""
    kept, markers = parse(str(live.body.get(field) or ""))
    others = [m for m in markers if not (m.owner in subject.world.owners and m.address in entry.addresses)]
    text = compose(kept, [*others, *([wanted] if wanted else [])])
    return [_patch(kind, live.collection.item_path(subject.id), live, {field: text or ""}, phase)]
