"""Which live object a spec stands for: the pinned id, else our marker, else exactly one unmarked namesake.

Nothing is guessed: several candidates, a foreign marker, or a pin and a marker that disagree are errors that name
every id. The pins file remembers which objects were ours: one that has lost its marker is recognised, and told.
Used by kinds as their `find`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .diagnostics import Diagnostic, Severity
from .kind import Match, World
from .live import Collection, Live
from .marker import Marker, parse, set_aside
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
    kept = _kept(desired, world, index, marker_field)
    if len(marked) > 1:
        detail = "the portal's Duplicate copies it: remove the marker line from the copy"
        if kept in marked:
            detail += f"; the pins say that {kept.id} is the original"
        message = f"{len(marked)} live objects carry the marker of {desired.address}: {_ids(marked)}"
        return _refused(desired, "IDENT102", message, detail)
    if marked and kept and kept.id != marked[0].id:
        message = f"the pins have {kept.id} for {desired.address}, but {marked[0].id} carries its marker"
        detail = "remove the marker line from the one that is not meant"
        accept = f"; if the pins are out of date, run `reconciler pin --accept {desired.address}`"
        return _refused(desired, "IDENT104", message, detail + accept)
    if kept and not marked:
        return _unmarked(desired, kept, world, marker_field)
    match = Match(marked[0], "marker") if marked else _by_name(desired, world, index, marker_field)
    return replace(match, diagnostics=(*match.diagnostics, *_gone(desired, world, collections, kept)))


def noted_id(desired: Desired, world: World) -> str | None:
    """The live id that the pins have for a spec, under its name or an earlier one."""
    names = (desired.address.name, *desired.previous_names)
    return next((pin for name in names if (pin := world.pins.get(Address(desired.address.kind, name)))), None)


def _kept(desired: Desired, world: World, index: Index, marker_field: str) -> Live | None:
    """The live object that the pins have for a spec, unless a new one is taking its place."""
    live = index.by_id.get(noted_id(desired, world) or "")
    return None if live is None or _is_aside(live, desired, world, marker_field) else live


def _unmarked(desired: Desired, live: Live, world: World, marker_field: str) -> Match:
    """An object that was ours and has lost its marker: taken over again with consent, never in silence."""
    if markers := markers_of(live, marker_field):
        return _foreign(desired, live, markers, world)
    line = Marker(world.owner, desired.address.kind, desired.address.name).line()
    message = f"the marker of {desired.address} was removed from {live.display_name!r} ({live.id})"
    detail = f"restore the line {line} at the end of its {marker_field}, or agree to an adoption: --expect adoptions=N"
    found = desired.problem("IDENT111", message, detail, ("metadata", "name"))
    return Match(live, "unmarked", (replace(found, severity=Severity.WARNING),))


def _gone(
    desired: Desired, world: World, collections: Sequence[Collection], kept: Live | None
) -> tuple[Diagnostic, ...]:
    """What is to be said of a pinned object that does not exist any more."""
    noted = noted_id(desired, world)
    if noted is None or kept or not all(world.readings[c.key].complete for c in collections):
        return ()
    message = f"{noted}, which the pins have for {desired.address}, does not exist any more"
    found = desired.problem("IDENT113", message, "run `reconciler pin` once this is settled", ("metadata", "name"))
    return (replace(found, severity=Severity.INFO),)


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
    if (kept := _kept(desired, world, index, marker_field)) and kept.id != live.id:
        message = f"the spec pins {live.id}, the pins have {kept.id} for {desired.address}"
        detail = f"correct the id; if it is right, run `reconciler pin --accept {desired.address}`"
        return _refused(desired, "IDENT104", message, detail, path)
    if live not in marked and (foreign := markers_of(live, marker_field)):
        return _foreign(desired, live, foreign, world)
    return Match(live, "marker" if live in marked else "pin")


def _by_name(desired: Desired, world: World, index: Index, marker_field: str) -> Match:
    name = desired.spec.get("displayName")
    if not isinstance(name, str):
        message, detail = "nothing says which live object this is", "give it a displayName, or pin it with `id`"
        return _refused(desired, "IDENT108", message, detail)
    same = [live for live in index.by_name.get(name, ()) if not _is_aside(live, desired, world, marker_field)]
    if not same:
        return Match()
    if len(same) > 1:
        message = f"{len(same)} live objects are called {name!r}: {_ids(same)}"
        detail = "pin the one that is meant with `id`, or rename the others"
        return _refused(desired, "IDENT101", message, detail, ("spec", "displayName"))
    if markers := markers_of(same[0], marker_field):
        return _foreign(desired, same[0], markers, world)
    return Match(same[0], "name")


def _is_aside(live: Live, desired: Desired, world: World, marker_field: str) -> bool:
    """Whether this is the old object of a spec, whose place a new one takes."""
    aside = set_aside(desired.address)
    return any(m.owner in world.owners and m.address == aside for m in markers_of(live, marker_field))


def _foreign(desired: Desired, live: Live, markers: Sequence[Marker], world: World) -> Match:
    declared = [m for m in markers if m.owner in world.owners and m.address in world.desired]
    if desired.address in world.consent.take_over and not declared:
        return Match(live, "take-over")
    marker = (declared or markers)[0]
    ours = marker.owner in world.owners
    whose = f"{marker.address} of {marker.owner}"
    detail = f"rename this spec's object, or take it over from {marker.owner} with --take-over {desired.address}"
    if ours:
        detail = "rename this spec's object, or remove the other declaration first"
    if not declared and ours and marker.kind == desired.address.kind:
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
