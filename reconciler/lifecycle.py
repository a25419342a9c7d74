"""How objects end: deleted, withdrawn from, let go, or set aside for a new one. Used by `decide`.

Each way is a kind derived from a kind: the same collections and the same marker, another comparison and other
requests. So what ends an object is planned, ordered, guarded, carried out and verified like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .assignments import live_targets, show_target
from .identity import markers_of
from .kind import Comparison, Consent, Kind, Operation, Phase, Subject, Verb, World
from .live import Live
from .marker import Marker, set_aside
from .model import Address, Json, JsonObject
from .ownership import MARKER, marked_text, marker_line
from .spec.load import Desired, undeclared

RULES = {
    "PLAN103": "An object is protected from being deleted or replaced (`lifecycle.preventDestroy`).",
    "PLAN104": "A field can only change if the object is replaced, which nobody agreed to.",
    "PLAN105": "An object that no spec names cannot be pruned.",
    "PLAN106": "An address that is to be released has not exactly one object that carries its marker.",
    "PLAN107": "What is released still has a spec.",
    "PLAN108": "An object that is not ours yet cannot be replaced.",
    "PLAN109": "The old object of an earlier replacement is still there.",
}


@dataclass(frozen=True, slots=True)
class Orphan:
    """A live object that carries our marker for an address that no spec has."""

    kind: Kind
    address: Address
    live: Live
    marker: Marker
    left: bool = False
    """Its spec is there, and stands for another object now: the address is that of what is set aside."""

    def to_json(self) -> JsonObject:
        shown: JsonObject = {
            "address": str(self.address),
            "liveId": self.live.id,
            "displayName": self.live.display_name,
        }
        return {**shown, "protected": True} if self.marker.protected else shown


def orphans(kinds: Mapping[str, Kind], world: World) -> list[Orphan]:
    """All orphans, by address and id."""
    specs = {Address(a.kind, name): a for a, d in world.desired.items() for name in d.previous_names}
    specs |= {address: address for address in world.desired}
    found = [
        orphan
        for kind in kinds.values()
        if kind.marker_field
        for live in world.objects(kind.collections)
        for marker in markers_of(live, kind.marker_field)
        if (orphan := _orphan(kind, live, marker, world, specs))
    ]
    return sorted(found, key=lambda o: (o.address, o.live.id))


def _orphan(kind: Kind, live: Live, marker: Marker, world: World, specs: Mapping[Address, Address]) -> Orphan | None:
    """`specs` has the address of the spec for each name that one has or had."""
    if marker.owner not in world.owners or marker.kind != kind.name:
        return None
    if marker.address not in specs:
        taken = not kind.shared and any(m.live and m.live.id == live.id for m in world.matches.values())
        return None if taken else Orphan(kind, marker.address, live, marker)
    spec = specs[marker.address]
    match = world.matches.get(spec)
    left = kind.shared and match is not None and not match.refused and (match.live is None or match.live.id != live.id)
    return Orphan(kind, set_aside(spec), live, marker, left=True) if left else None


def subject_of(orphan: Orphan, world: World) -> Subject:
    """An orphan as something that a kind can be asked about; its marker may have an earlier name."""
    return Subject(replace(undeclared(orphan.address), previous_names=(orphan.marker.name,)), orphan.live, world)


def why_not(orphan: Orphan, others: Sequence[Orphan]) -> str | None:
    """Why an orphan is never pruned, whatever was agreed to."""
    twins = sorted(o.live.id for o in others if o.address == orphan.address and o.live.id != orphan.live.id)
    if twins:
        copied = "the portal's Duplicate copies it; remove it from the copy"
        remedy = "take it off one of them" if orphan.kind.shared else copied
        return f"{', '.join(twins)} carries the same marker: {remedy}"
    assert orphan.kind.marker_field is not None
    foreign = [m for m in markers_of(orphan.live, orphan.kind.marker_field) if m != orphan.marker]
    if foreign and not orphan.kind.shared:
        return f"it carries the marker of {foreign[0].address} of {foreign[0].owner} too"
    return None


# Derived kinds


def deleting(kind: Kind) -> Kind:
    """Deletes the object: everything that is shown of it goes."""
    return replace(kind, compare=_ending(kind), write=_delete)


def parting(kind: Kind) -> Kind | None:
    """Brings the object to where it may go (`Kind.parting`), behind everything else that the plan does."""
    own = kind.parting
    return replace(own, compare=_with_marker(kind, own), write=_late(own.write)) if own else None


def _with_marker(kind: Kind, own: Kind) -> Callable[[Subject], Comparison]:
    """The comparison with our marker on both sides: an object that lost it since the plan is not ours to part from."""

    def compare(subject: Subject) -> Comparison:
        both = own.compare(subject)
        if MARKER in both.wanted or not kind.marker_field:
            return both
        line = marker_line(subject, kind.marker_field)
        return replace(both, wanted={**both.wanted, MARKER: line}, found={**both.found, MARKER: line})

    return compare


def releasing(kind: Kind) -> Kind:
    """Takes our marker off and changes nothing else."""
    return replace(kind, compare=_letting_go(kind), write=_marking(kind, lambda _: None))


def setting_aside(kind: Kind, ending: Kind) -> Kind:
    """Gives the old object a marker of its own before `ending` ends it, so that a run that stops half-way heals.

    The subject has the new address (`marker.set_aside`), and the old one as its previous name.
    """
    marking = _marking(kind, _aside)

    def write(subject: Subject, comparison: Comparison) -> list[Operation]:
        return [*marking(subject, comparison), *ending.write(subject, comparison)]

    def compare(subject: Subject) -> Comparison:
        """With the marker, where the object stays for now."""
        assert kind.marker_field
        found = ending.compare(subject)
        shown = {**found.found, MARKER: marker_line(subject, kind.marker_field)}
        stays = not found.deletes and found.wanted.get(MARKER, "") is not None
        return replace(found, wanted={**found.wanted, MARKER: _aside(subject).line() if stays else None}, found=shown)

    return replace(ending, compare=compare, write=write)


def _ending(kind: Kind) -> Callable[[Subject], Comparison]:
    def compare(subject: Subject) -> Comparison:
        assert subject.live is not None
        assert kind.marker_field
        targets = live_targets(subject.live.assignments)
        names = subject.world.names
        found: dict[str, Json] = {
            "displayName": subject.live.display_name,
            "assignments": {
                "include": [show_target(t, names) for t in sorted(targets, key=lambda t: t.key) if not t.exclude],
                "exclude": [show_target(t, names) for t in sorted(targets, key=lambda t: t.key) if t.exclude],
            },
            MARKER: marker_line(subject, kind.marker_field),
        }
        return Comparison(dict.fromkeys(found), found)

    return compare


def _delete(subject: Subject, comparison: Comparison) -> list[Operation]:
    assert subject.live is not None
    path = subject.live.collection.item_path(subject.id)
    return [Operation(Verb.DELETE, "DELETE", path, phase=Phase.RETIRE)]


def _late(
    write: Callable[[Subject, Comparison], Sequence[Operation]],
) -> Callable[[Subject, Comparison], Sequence[Operation]]:
    return lambda subject, comparison: [replace(o, phase=Phase.RETIRE) for o in write(subject, comparison)]


def _letting_go(kind: Kind) -> Callable[[Subject], Comparison]:
    def compare(subject: Subject) -> Comparison:
        assert kind.marker_field
        return Comparison({MARKER: None}, {MARKER: marker_line(subject, kind.marker_field)})

    return compare


def _aside(subject: Subject) -> Marker:
    return Marker(subject.world.owner, subject.address.kind, subject.address.name)


def _marking(
    kind: Kind, marker: Callable[[Subject], Marker | None]
) -> Callable[[Subject, Comparison], Sequence[Operation]]:
    """PATCH the property that holds the marker, with the text around it as it is."""

    def write(subject: Subject, comparison: Comparison) -> list[Operation]:
        assert subject.live is not None
        assert kind.marker_field
        body: JsonObject = {"@odata.type": kind.odata_type or subject.live.body.get("@odata.type")}
        # An empty text and not null: whether Graph clears a property that is sent as null is not known.
        body[kind.marker_field] = marked_text(subject, kind.marker_field, marker(subject)) or ""
        return [Operation(Verb.UPDATE, "PATCH", subject.live.collection.item_path(subject.id), body)]

    return write


def protection(subject: Subject, kind: Kind) -> bool:
    """Whether the live object, or its spec, says that it must not be destroyed."""
    lifecycle = subject.spec.get("lifecycle")
    if isinstance(lifecycle, dict) and "preventDestroy" in lifecycle:
        return lifecycle["preventDestroy"] is True
    markers = markers_of(subject.live, kind.marker_field) if subject.live and kind.marker_field else ()
    return any(m.protected for m in markers if m.owner in subject.world.owners)


def replaced(desired: Desired, aside: Address) -> Desired:
    """The old object of a spec under its new address."""
    return replace(undeclared(aside), previous_names=(desired.address.name, *desired.previous_names))


def releases(
    consent: Consent, kinds: Mapping[str, Kind], world: World, ended: Sequence[Orphan]
) -> dict[Address, list[Orphan]]:
    """The objects of the addresses that are to be let go: by their markers, or left by specs that moved on."""
    left = [orphan for orphan in ended if orphan.left]
    found: dict[Address, list[Orphan]] = {}
    for address in sorted(consent.release):
        desired, kind = world.desired.get(address), kinds.get(address.kind)
        if kind is None or kind.marker_field is None:
            found[address] = []
            continue
        names = {address.name, *(desired.previous_names if desired else ())}
        elsewhere = {orphan.live.id for orphan in left if orphan.address.kind == address.kind}
        found[address] = [orphan for orphan in left if orphan.address == address] or [
            Orphan(kind, address, live, marker)
            for live in world.objects(kind.collections)
            for marker in markers_of(live, kind.marker_field)
            if live.id not in elsewhere
            and marker.owner in world.owners
            and marker.kind == address.kind
            and marker.name in names
        ]
    return found
