"""Brings objects back to what a run found: from a kind and its past, a kind that restores. Used by `rollback`.

A restoring kind compares raw properties with what the record holds, and writes them raw. So a rollback is planned,
ordered, guarded, carried out and verified like everything else. What somebody changed since the run is never written
over: each property must still be what the run left, or be what it found already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .assignments import is_direct, read_target
from .basis import BY_ITSELF
from .diagnostics import Diagnostic, has_errors
from .identity import Index, index_of, markers_of
from .kind import Comparison, Kind, Match, Operation, Phase, Subject, World
from .lifecycle import deleting, parting, protection, setting_aside
from .live import Live
from .model import Address, Json, JsonObject
from .ownership import MARKER, text_of
from .past import Entry, Past, Way, masked_parts
from .recorded import (
    by_key,
    direct,
    indirect,
    key_of,
    marker_lines,
    member,
    pairs_of,
    refiltered,
    said_of,
    same,
    settled,
    shown,
)
from .retrace import Basis, own_marker, requests
from .spec.load import Desired

RULES = {
    "ROLLBACK101": "The object, or the order, was changed since the run.",
    "ROLLBACK102": "The object is gone.",
    "ROLLBACK103": "A value that would have to be written is masked in the record.",
    "ROLLBACK104": "The run was cut off, and whether it wrote the object is not known.",
    "ROLLBACK105": "An object that would be made again is there already.",
    "ROLLBACK106": "A group that was assigned is gone.",
    "ROLLBACK107": "The object is protected from being deleted (`lifecycle.preventDestroy`).",
    "ROLLBACK108": "What the rollback does not bring back.",
}
_BY_HAND = "look at what changed, and mend it by hand or with specs"


def restoring(kind: Kind, past: Past, numbers: Callable[[World], Mapping[Address, int]]) -> Kind:
    """The kind that brings its objects back. `numbers` gives those of ranked objects that are made again."""
    restorer = _Restorer(kind, past, numbers)
    return replace(
        kind,
        find=restorer.find,
        compare=restorer.compare,
        write=restorer.write,
        reason=restorer.reason,
        references=lambda _: (),
        immutable={},
        parting=None,
    )


class _Restorer:
    def __init__(self, kind: Kind, past: Past, numbers: Callable[[World], Mapping[Address, int]]) -> None:
        self._kind = kind
        self._past = past
        self._numbers = numbers
        self._endings: dict[Address, tuple[Kind, bool]] = {}
        """How objects go, as it was planned: while one is withdrawn, it looks more and more like one to delete."""
        self._compare: Mapping[Way, Callable[[Entry, Subject], Comparison]] = {
            Way.RESTORE: self._restored,
            Way.END: self._ended,
            Way.RECREATE: self._recreated,
            Way.UNKNOWN: self._unwritten,
            Way.KEEP: lambda entry, subject: Comparison({}, {}),
        }

    def find(self, desired: Desired, world: World) -> Match:
        """By id; what was deleted by the marker that it carried. See `_standing_in`."""
        entry = self._past.entry(desired.address)
        if entry.live_id is None:
            return self._standing_in(entry, desired, world)
        live = self._index(world).by_id.get(entry.live_id)
        if live is None and entry.way is not Way.END:
            message = f"{desired.spec.get('displayName') or entry.live_id} ({entry.live_id}) is gone"
            return Match(None, "none", (desired.problem("ROLLBACK102", message, _BY_HAND),))
        return Match(live, "pin" if live else "none")

    def _standing_in(self, entry: Entry, desired: Desired, world: World) -> Match:
        """An object that was made again already: one that carries the marker, and that no entry stands for."""
        past = entry.state(entry.before, self._kind.collections)
        recorded = {m.address for m in markers_of(past, self._kind.marker_field or "")} if past else entry.addresses
        index = self._index(world)
        found = [o for owner in world.owners for a in recorded for o in index.by_marker.get((owner, a), ())]
        marked = list({o.id: o for o in found if o.id.casefold() not in self._past.held}.values())
        if len(marked) > 1:
            ids = ", ".join(sorted(o.id for o in marked))
            message = f"{ids} carry the marker of {desired.address}"
            return Match(None, "none", (desired.problem("ROLLBACK105", message, _BY_HAND),))
        return Match(marked[0], "marker") if marked else Match()

    def _index(self, world: World) -> Index:
        return index_of(world, self._kind.collections, self._kind.marker_field or "")

    def compare(self, subject: Subject) -> Comparison:
        entry = self._past.entry(subject.address)
        return self._compare[entry.way](entry, subject)

    def write(self, subject: Subject, comparison: Comparison) -> list[Operation]:
        """The requests of whichever way it is."""
        numbers = self._numbers(subject.world)
        return requests(self._kind, self._past.entry(subject.address), subject, comparison, numbers)

    def reason(self, subject: Subject, comparison: Comparison) -> str | None:
        """Why, in terms of the run."""
        way = self._past.entry(subject.address).way
        if way is Way.END:
            stays = "it stays" if self._kind.shared else "a later rollback may delete it"
            return "the run made it" if comparison.deletes else f"the run made it: it is withdrawn, and {stays}"
        return (
            "the run deleted it: it is made again, with a new id"
            if way is Way.RECREATE
            else "back to what the run found"
        )

    def _before(self, entry: Entry, subject: Subject) -> Live | None:
        """What the run found; a filter that it deleted is made again under another id, and assignments take that."""
        found = entry.state(entry.before, self._kind.collections)
        return found and replace(found, assignments=refiltered(found, self._past.filters, subject.world.names))

    # -- restored ------------------------------------------------------------------------------------------------------

    def _restored(self, entry: Entry, subject: Subject) -> Comparison:
        before, after = self._before(entry, subject), entry.state(entry.after, self._kind.collections)
        live = subject.live
        if before is None or after is None or live is None:
            return _unreadable(subject)
        if self._kind.shared:
            return self._withdrawn(entry, subject, before, after, live)
        wanted: dict[str, Json] = {}
        found: dict[str, Json] = {}
        values: dict[str, Json] = {}
        moved: list[str] = []
        for name in sorted(entry.properties - {"assignments"}):
            old, left, now = (member(each, name) for each in (before, after, live))
            moved += [] if same(now, old) or same(now, left) else [name]
            key = self._shown_as(name, before, live)
            wanted[key], found[key] = (marker_lines(old), marker_lines(now)) if key == MARKER else (old, now)
            if same(old, now):
                found[key] = wanted[key]
            else:
                values[name] = before.body.get(name)
        assigned, strange = self._assigned(entry, before, after, live)
        moved += ["assignments"] if strange else []
        if assigned is not None:
            wanted["assignments"] = shown(assigned, subject.world.names)
            found["assignments"] = shown([a for a in live.assignments if is_direct(a)], subject.world.names)
        problems = [*_changed(subject, moved), *_masks(subject, values), *_lost(subject, assigned, live)]
        return Comparison(wanted, found, tuple(problems), basis=Basis(values, assigned))

    def _shown_as(self, name: str, before: Live, live: Live) -> str:
        """The marker is shown as such, where nothing else of its property changes."""
        alike = text_of(before.body.get(name)) == text_of(live.body.get(name))
        return MARKER if name == self._kind.marker_field and alike else name

    def _assigned(self, entry: Entry, before: Live, after: Live, live: Live) -> tuple[list[JsonObject] | None, bool]:
        """The direct assignments to have, and whether there are some that neither run left nor found."""
        if "assignments" not in entry.properties:
            return None, False
        old, left, now = (by_key(each.assignments) for each in (before, after, live))
        wanted: list[JsonObject] = []
        strange = False
        for key in {**old, **left, **now}:
            was, since, held = (said_of(side.get(key)) for side in (old, left, now))
            if self._kind.shared and was == since:
                wanted += [now[key]] if key in now else []
                continue
            strange = strange or held not in (was, since)
            wanted += [now[key] if held == was else old[key]] if key in old else []
        return wanted, strange

    # -- shared objects ------------------------------------------------------------------------------------------------

    def _withdrawn(self, entry: Entry, subject: Subject, before: Live, after: Live, live: Live) -> Comparison:
        """Only what this address wrote goes back: its pairs and its own marker line. Others work on the object too."""
        field = self._kind.marker_field or ""
        assigned, strange = self._assigned(entry, before, after, live)
        old, left, now = (own_marker(self._kind, entry, each, subject.world) for each in (before, after, live))
        strange_marker = now is not None and not {*now.pairs} <= {*pairs_of(old), *pairs_of(left)}
        if now is None and left is not None:  # whose pairs these are, nothing says any more
            strange_marker = old is not None or (assigned is not None and by_key(assigned) != by_key(live.assignments))
        wanted: dict[str, Json] = {MARKER: old.line() if old else None}
        found: dict[str, Json] = {MARKER: now.line() if now else None}
        if assigned is not None:
            wanted["assignments"] = shown(assigned, subject.world.names)
            found["assignments"] = shown([a for a in live.assignments if is_direct(a)], subject.world.names)
        moved = [*(["assignments"] if strange else []), *([field] if strange_marker else [])]
        problems = [*_changed(subject, moved), *_lost(subject, assigned, live)]
        return Comparison(wanted, found, tuple(problems), basis=Basis({}, assigned))

    # -- ended ---------------------------------------------------------------------------------------------------------

    def _ended(self, entry: Entry, subject: Subject) -> Comparison:
        """What the run made goes: deleted, or first withdrawn, as with objects that no spec names any more."""
        live, after = subject.live, entry.state(entry.after, self._kind.collections)
        if live is None or after is None:
            return Comparison({}, {})
        ending, deletes = self._endings.setdefault(entry.address, self._ending(entry, subject))
        comparison = ending.compare(subject)
        problems = [*comparison.diagnostics, *self._may_end(entry, subject, after, live)]
        problems += self._not_ours(entry, subject, live) if comparison.changed else []
        return replace(
            comparison,
            diagnostics=tuple(problems),
            basis=Basis({}, ending=ending, inner=comparison),
            deletes=deletes,
        )

    def _ending(self, entry: Entry, subject: Subject) -> tuple[Kind, bool]:
        """How the object goes now, and whether that deletes it: what is assigned may have to be withdrawn first."""
        first = parting(self._kind)
        if first is None:
            return deleting(self._kind), True
        found = first.compare(subject)
        if self._kind.shared or found.changed or has_errors(found.diagnostics):
            aside = entry.earlier and not self._kind.shared  # the marker of a shared object records what is ours in it
            return (_stepping_back(self._kind, first) if aside else first), False
        return deleting(self._kind), True

    def _not_ours(self, entry: Entry, subject: Subject, live: Live) -> list[Diagnostic]:
        """What a record says is not enough to end an object: it has to carry our marker now."""
        markers = markers_of(live, self._kind.marker_field or "")
        if any(m.owner in subject.world.owners and m.address in entry.addresses for m in markers):
            return []
        message = f"{live.display_name!r} ({live.id}) does not carry the marker of {entry.address}"
        return [subject.problem("ROLLBACK101", message, "only what is ours now is ended: see to it by hand")]

    def _may_end(self, entry: Entry, subject: Subject, after: Live, live: Live) -> list[Diagnostic]:
        if self._kind.shared:
            message = f"{live.display_name!r} stays, although the run made it: others may rely on it by now"
            return [subject.problem("ROLLBACK108", message, "delete it in the portal if nobody does").noted()]
        field, found = self._kind.marker_field or "", list[Diagnostic]()
        if protection(subject, self._kind):
            detail = f"let go of it with `reconciler release {subject.address}`, or apply preventDestroy: false"
            found.append(
                subject.problem("ROLLBACK107", f"{live.display_name!r} is protected by preventDestroy", detail)
            )
        both = after.body.keys() & live.body.keys() - BY_ITSELF - {"priority"}
        moved = sorted(name for name in both if member(after, name) != member(live, name))
        if entry.earlier and text_of(after.body.get(field)) == text_of(live.body.get(field)):
            moved = [name for name in moved if name != field]  # a rollback that was cut short has set it aside
        if self._assigned_since(subject, after, live):
            moved.append("assignments")
        return [*found, *_changed(subject, moved)]

    def _assigned_since(self, subject: Subject, after: Live, live: Live) -> bool:
        """Whether the assignments are neither what the run left, nor what withdrawing makes of that."""
        if indirect(after) != indirect(live):
            return True
        first = parting(self._kind)
        if first is None or direct(after) == direct(live):
            return direct(after) != direct(live)
        left, now = (first.compare(replace(subject, live=each)) for each in (after, live))
        return left.wanted.get("assignments") != now.found.get("assignments")

    # -- recreated -----------------------------------------------------------------------------------------------------

    def _recreated(self, entry: Entry, subject: Subject) -> Comparison:
        before = self._before(entry, subject)
        if before is None:
            return _unreadable(subject)
        values = {k: v for k, v in before.body.items() if v is not None and k in self._kind.writable}
        assigned = [a for a in before.assignments if is_direct(a)]
        wanted = {name: settled(value) for name, value in values.items()}
        wanted["assignments"] = shown(assigned, subject.world.names)
        live = subject.live
        found: dict[str, Json] = {}
        if live:
            found = {name: member(live, name) for name in wanted}
            found["assignments"] = shown([a for a in live.assignments if is_direct(a)], subject.world.names)
            values = {name: value for name, value in values.items() if wanted.get(name) != found.get(name)}
        problems = [*self._taken(subject), *_masks(subject, values), *_lost(subject, assigned, live)]
        problems += self._ranked_last(subject)
        return Comparison(wanted, found, tuple(problems), basis=Basis(values, assigned))

    def _ranked_last(self, subject: Subject) -> list[Diagnostic]:
        """A ranked object of a run whose record has no order: nothing says between which others it stood."""
        if subject.live or subject.address not in self._numbers(subject.world) or self._past.order:
            return []
        message = f"{subject.spec.get('displayName')!r} is made again, and ranks last: the record has no order"
        return [subject.problem("ROLLBACK108", message, "put the objects in order with a spec, or by hand").noted()]

    def _taken(self, subject: Subject) -> list[Diagnostic]:
        """An object of the same name that is none of ours: somebody made it again by hand."""
        name = subject.spec.get("displayName")
        others = [
            o
            for o in self._index(subject.world).by_name.get(str(name), ())
            if o.id.casefold() not in self._past.ending and not markers_of(o, self._kind.marker_field or "")
        ]
        if subject.live or not others:
            return []
        message = f"an object called {name!r} ({others[0].id}) is there, which does not carry our marker"
        return [subject.problem("ROLLBACK105", message, _BY_HAND)]

    # -- unknown -------------------------------------------------------------------------------------------------------

    def _unwritten(self, entry: Entry, subject: Subject) -> Comparison:
        """Of a run that was cut off: what still is as it was before was never written, or needs nothing."""
        live, before = subject.live, entry.state(entry.before, self._kind.collections)
        if live is None:
            return Comparison({}, {})
        if before is None:
            message = (
                f"{live.display_name!r} ({live.id}) carries the marker of {subject.address}: the run may have made it"
            )
            return Comparison({}, {}, (subject.problem("ROLLBACK104", message, _BY_HAND),))
        moved = sorted(n for n in entry.properties - {"assignments"} if member(before, n) != member(live, n))
        if "assignments" in entry.properties and direct(before) != direct(live):
            moved.append("assignments")
        if not moved:
            return Comparison({}, {})
        message = (
            f"{_paths(moved)} of {live.display_name!r} are not as before, and the record does not say what the run left"
        )
        return Comparison({}, {}, (subject.problem("ROLLBACK104", message, _BY_HAND),))


def _stepping_back(kind: Kind, withdrawing: Kind) -> Kind:
    """Withdraws a new object in favour of the old one, whose address it leaves; behind everything else."""
    aside = setting_aside(kind, withdrawing)
    return replace(aside, write=lambda s, c: [replace(o, phase=Phase.RETIRE) for o in aside.write(s, c)])


# Findings


def _unreadable(subject: Subject) -> Comparison:
    message = f"the record does not say what {subject.address} was"
    return Comparison({}, {}, (subject.problem("ROLLBACK104", message, _BY_HAND),))


def _changed(subject: Subject, names: Sequence[str]) -> list[Diagnostic]:
    if not names:
        return []
    what = subject.live.display_name if subject.live else str(subject.address)
    return [subject.problem("ROLLBACK101", f"{_paths(names)} of {what!r} changed since the run", _BY_HAND)]


def _paths(names: Sequence[str]) -> str:
    return ", ".join(f"/{name}" for name in names)


def _masks(subject: Subject, values: Mapping[str, Json]) -> list[Diagnostic]:
    names = masked_parts(values)
    message = f"{_paths(names)} is masked in the record, so it cannot be written again"
    return [subject.problem("ROLLBACK103", message, "set it by hand")] if names else []


def _lost(subject: Subject, wanted: Sequence[JsonObject] | None, live: Live | None) -> list[Diagnostic]:
    """Groups that are to be assigned again and that nobody finds."""
    held = by_key(live.assignments) if live else {}
    names = subject.world.names.groups_by_id
    gained = [read_target(a.get("target")) for a in wanted or () if key_of(a) not in held]
    gone = sorted(t.group for t in gained if t.who == "group" and (t.group not in names or names[t.group].name is None))
    return [
        subject.problem("ROLLBACK106", f"the group {group} was assigned and does not exist any more", _BY_HAND)
        for group in gone
    ]
