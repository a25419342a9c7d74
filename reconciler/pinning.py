"""What the pins of a tenant should be, by its specs and by what was read. Used by `pin`. Pure.

Names get the id that they stand for; of several things of one name the one that is pinned stays. Objects get the id of
what carries their marker; one that has lost its marker keeps its pin, for that is how it is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from .assignments import wanted_targets
from .decide import match_all
from .diagnostics import Diagnostic, Severity, has_errors
from .identity import noted_id
from .kind import Kind, Subject, World
from .live import Names, Pinned, Sort
from .model import Address
from .pins import OBJECTS, PinChange, Pins, difference
from .resolution import stands_for
from .spec.load import Desired


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pins as they should be, and how they differ from those that there are."""

    pins: Pins
    before: Pins | None
    changes: tuple[PinChange, ...]
    contested: tuple[PinChange, ...]
    """Changes that somebody has to agree to: what was pinned stands for something else now."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def differs(self) -> bool:
        """Whether the file has to be written."""
        return self.pins != self.before

    @property
    def resolved(self) -> bool:
        """Whether every name stands for exactly one thing."""
        return not has_errors(self.diagnostics)

    def refused(self, accepted: Iterable[str]) -> tuple[PinChange, ...]:
        """What is contested and neither named by one of these globs."""
        globs = tuple(accepted)
        return tuple(c for c in self.contested if not any(_names(glob, c) for glob in globs))

    def unmatched(self, accepted: Iterable[str]) -> tuple[str, ...]:
        """Those of these globs that name nothing that is contested."""
        return tuple(glob for glob in accepted if not any(_names(glob, change) for change in self.contested))


def _names(glob: str, change: PinChange) -> bool:
    return change.name == glob or fnmatchcase(change.name, glob)


def propose(kinds: Mapping[str, Kind], world: World, before: Pins | None, *, tenant_id: str | None) -> Proposal:
    """The pins for this world, which was read with the names of `before` and without its objects."""
    names = world.names
    pinned = Pinned(_ids("groups", world), _ids("filters", world), _ids("scopeTags", world))
    objects = _objects(kinds, world, before)
    after = Pins(world.tenant, tenant_id, pinned, objects)
    again = match_all(kinds, replace(world, names=replace(names, pinned=pinned), pins=objects))
    changes = tuple(difference(before, after))
    contested = tuple(c for c in changes if c.word == "changed" and not _is_gone(c, kinds, world))
    found = [*_of_names(again), *_of_objects(again)]
    return Proposal(after, before, changes, contested, tuple(sorted(found, key=lambda d: d.sort_key)))


def _ids(sort: Sort, world: World) -> dict[str, str]:
    used = sorted({name for d in world.desired.values() for name in _used(sort, d, world.tenant)})
    return {name: pinned for name in used if (pinned := _id(sort, name, world.names))}


def _used(sort: Sort, desired: Desired, tenant: str) -> Iterator[str]:
    """The names of one sort that a spec leaves to be resolved."""
    tags = desired.spec.get("scopeTags")
    if sort == "scopeTags":
        yield from map(str, tags if isinstance(tags, list) else [])
        return
    for target in wanted_targets(desired.spec.get("assignments"), tenant):
        if sort == "filters" and target.filter:
            yield target.filter[1]
        elif sort == "groups" and target.group and not target.group_id:
            yield target.group


def _id(sort: Sort, name: str, names: Names) -> str | None:
    """What a name is to be pinned to: what it was pinned to as long as that is, or may be, what it stands for."""
    found, pin = names.ids(sort, name), names.pinned.of(sort).get(name)
    return found[0] if len(found) == 1 and found[0] != pin else pin


def _objects(kinds: Mapping[str, Kind], world: World, before: Pins | None) -> dict[Address, str]:
    noted = replace(world, pins=before.objects if before else {})
    found: dict[Address, str] = {}
    for address, match in sorted(world.matches.items()):
        kind, pin = kinds[address.kind], noted_id(world.desired[address], noted)
        if not kind.marker_field or kind.shared:
            continue
        if match.how == "marker" and match.live:
            found[address] = match.live.id.casefold()
        elif pin and match.how != "pin" and pin in _live_ids(kind, world):
            found[address] = pin
    return found


def _live_ids(kind: Kind, world: World) -> set[str]:
    return {live.id.casefold() for live in world.objects(kind.collections)}


def _is_gone(change: PinChange, kinds: Mapping[str, Kind], world: World) -> bool:
    """Whether an object was pinned that does not exist any more: what carries its marker now has taken its place."""
    return change.section == OBJECTS and change.before not in _live_ids(kinds[Address.parse(change.name).kind], world)


def _of_names(world: World) -> Iterator[Diagnostic]:
    """What plans would say of the names."""
    for _, desired in sorted(world.desired.items()):
        subject = Subject(desired, None, world)
        yield from subject.targets()[1]
        tags = desired.spec.get("scopeTags")
        for index, name in enumerate(tags if isinstance(tags, list) else []):
            found = stands_for("scopeTags", str(name), world.names, ("spec", "scopeTags", index))
            yield from map(subject.name_problem, found[1])


def _of_objects(world: World) -> Iterator[Diagnostic]:
    """What plans would say of the objects: told, but no reason not to pin the others."""
    for _, match in sorted(world.matches.items()):
        for found in match.diagnostics:
            yield replace(found, severity=Severity.WARNING) if found.severity is Severity.ERROR else found
