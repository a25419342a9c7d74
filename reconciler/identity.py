"""Which live object a spec stands for: the pinned id, else our marker, else exactly one unmarked namesake.

Nothing is guessed: several candidates, a foreign marker, or a pin and a marker that disagree are errors that name
every id. Used by kinds as their `find`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .kind import Match, World
from .live import Collection, Live
from .marker import Marker, parse
from .model import Address
from .spec.load import Desired


@dataclass(frozen=True, slots=True)
class Index:
    """Live objects by what identifies them. Names are exact, by code points; ids in lower case."""

    by_id: Mapping[str, Live]
    by_name: Mapping[str, tuple[Live, ...]]
    by_marker: Mapping[tuple[str, Address], tuple[Live, ...]]
    """By owner and address."""


def index_of(world: World, collections: Sequence[Collection], marker_field: str) -> Index:
    """The index over these collections, made once for a world."""
    key = (marker_field, *(c.key for c in collections))
    if key not in world.indexes:
        world.indexes[key] = _index(world.objects(collections), marker_field)
    found: Index = world.indexes[key]
    return found


def _index(objects: Sequence[Live], marker_field: str) -> Index:
    by_name: dict[str, list[Live]] = {}
    by_marker: dict[tuple[str, Address], list[Live]] = {}
    for live in objects:
        by_name.setdefault(live.display_name, []).append(live)
        for marker in markers_of(live, marker_field):
            by_marker.setdefault((marker.owner, marker.address), []).append(live)
    return Index(
        {live.id.casefold(): live for live in objects},
        {name: tuple(found) for name, found in by_name.items()},
        {key: tuple(found) for key, found in by_marker.items()},
    )


def find(desired: Desired, world: World, collections: Sequence[Collection], *, marker_field: str) -> Match:
    """Match a spec with one of the live objects of its collections.

    `marker_field` names the property that carries the marker.
    """
    index = index_of(world, collections, marker_field)
    names = (desired.address.name, *desired.previous_names)
    keys = [(owner, Address(desired.address.kind, name)) for owner in world.owners for name in names]
    marked = list({live.id: live for key in keys for live in index.by_marker.get(key, ())}.values())
    if pin := desired.pin(world.tenant):
        return _pinned(pin, desired, world, index, marked, marker_field)
    if len(marked) > 1:
        return _refused(
            desired,
            "IDENT102",
            f"{len(marked)} live objects carry the marker of {desired.address}: {_ids(marked)}",
            "the portal's Duplicate copies it: remove the marker line from the copy",
        )
    if marked:
        return Match(marked[0], "marker")
    return _by_name(desired, world, index, marker_field)


def markers_of(live: Live, marker_field: str) -> tuple[Marker, ...]:
    """The markers that a live object carries."""
    text = live.body.get(marker_field)
    return parse(text)[1] if isinstance(text, str) else ()


def _pinned(pin: str, desired: Desired, world: World, index: Index, marked: Sequence[Live], marker_field: str) -> Match:
    live = index.by_id.get(pin)
    path = ("spec", "id")
    if live is None:
        message, detail = f"no live object has the pinned id {pin}", "correct the id, or drop it to create a new object"
        return _refused(desired, "IDENT103", message, detail, path)
    if others := [o for o in marked if o.id != live.id]:
        message = f"the spec pins {live.id}, but {_ids(others)} carries its marker"
        detail = "remove the marker line from the one that is not meant, or correct the pin"
        return _refused(desired, "IDENT104", message, detail, path)
    if live not in marked and (foreign := markers_of(live, marker_field)):
        return _foreign(desired, live, foreign[0], world.owners)
    return Match(live, "marker" if live in marked else "pin")


def _by_name(desired: Desired, world: World, index: Index, marker_field: str) -> Match:
    name = desired.spec.get("displayName")
    if not isinstance(name, str):
        message, detail = "nothing says which live object this is", "give it a displayName, or pin it with `id`"
        return _refused(desired, "IDENT108", message, detail)
    same = index.by_name.get(name, ())
    if not same:
        return Match()
    if len(same) > 1:
        message = f"{len(same)} live objects are called {name!r}: {_ids(same)}"
        detail = "pin the one that is meant with `id`, or rename the others"
        return _refused(desired, "IDENT101", message, detail, ("spec", "displayName"))
    if markers := markers_of(same[0], marker_field):
        return _foreign(desired, same[0], markers[0], world.owners)
    return Match(same[0], "name")


def _foreign(desired: Desired, live: Live, marker: Marker, owners: Sequence[str]) -> Match:
    whose = f"{marker.address} of {marker.owner}"
    detail = "rename this spec's object, or remove the other declaration first"
    if marker.owner in owners and marker.kind == desired.address.kind:
        detail = f"if this is it under a new name, write metadata.previousNames: [{marker.name}]"
    return _refused(
        desired, "IDENT105", f"the live object {live.display_name!r} ({live.id}) belongs to {whose}", detail
    )


def _ids(objects: Sequence[Live]) -> str:
    return ", ".join(sorted(live.id for live in objects))


def _refused(
    desired: Desired, rule: str, message: str, detail: str, path: tuple[str | int, ...] = ("metadata", "name")
) -> Match:
    return Match(None, "none", (desired.problem(rule, message, detail, path),))


def owned_by(live: Live, marker_field: str, owners: Sequence[str]) -> list[Address]:
    """The addresses under which one of `owners` marked this object."""
    return [m.address for m in markers_of(live, marker_field) if m.owner in owners]
