"""What each live object of the tenant is to us: it has a spec, it could get one, or it is not for us and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ..diagnostics import Diagnostic
from ..identity import markers_of
from ..kind import Expressed, Kind, World
from ..ladder.model import LadderError
from ..live import Live
from ..marker import ASIDE
from ..model import Address
from . import naming


class Status(StrEnum):
    """What becomes of one live object."""

    WRITTEN = "written"
    """Its spec is written, or would be."""
    UNCHANGED = "unchanged"
    """Its spec is in the file already, to the letter."""
    DECLARED = "declared"
    """A spec stands for it."""
    IN_THE_WAY = "in-the-way"
    """A file with other content is where its spec would be."""
    INVALID = "invalid"
    """Its spec would break a rule."""
    INEXPRESSIBLE = "inexpressible"
    """No spec can say what it is."""
    FOREIGN = "foreign"
    """It belongs to somebody else, or is not to be managed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One live object, or one order of live objects (`live` is None), and what became of it."""

    kind: Kind
    live: Live | None
    expressed: Expressed
    address: Address | None = None
    status: Status = Status.WRITTEN
    reason: str | None = None
    findings: tuple[Diagnostic, ...] = ()
    sound: bool = True
    """Whether they are not of this spec by itself: it lacks something beside it, as it lives now."""
    file: str | None = None
    adopts: bool = False
    """Whether taking it over needs consent by number (`adoptions`)."""
    pinned: bool = False
    """Whether the spec pins its id."""
    marked: bool = False
    """Whether our marker is on it already."""
    protected: bool = False
    """Whether that marker remembers `lifecycle.preventDestroy`."""


def survey(
    chosen: Iterable[Kind], ranking: Iterable[Kind], world: World, *, passive: frozenset[str] = frozenset()
) -> list[Entry]:
    """Every live object that one of the chosen kinds could have a spec for.

    Those that may get one are `WRITTEN` and have an address; what else is against it is for `adopt` to find. `ranking`
    are the kinds that put objects in order: what takes no part in that may not be ours to change at all. Of `passive`
    kinds, by name, only objects with a spec or with our marker count.
    """
    rankers = [*ranking]
    found: list[Entry] = []
    for kind in chosen:
        entries = _of_kind(kind, [r for r in rankers if kind.name in r.ranks], world)
        found += [e for e in entries if kind.name not in passive or e.marked or e.status is Status.DECLARED]
        found += _in_another_form(kind, world)
    return found


def _in_another_form(kind: Kind, world: World) -> Iterator[Entry]:
    """What a kind could stand for, if it did not live in a form that this kind never writes."""
    for live in world.objects(kind.also_reads):
        if isinstance(kind.shows(live), kind.nouns[:1]):
            reason = f"it has another form, that of {live.collection.path}, which specs of this kind never write"
            yield Entry(kind, live, Expressed({}, live.display_name), status=Status.INEXPRESSIBLE, reason=reason)


def _of_kind(kind: Kind, rankers: list[Kind], world: World) -> list[Entry]:
    if not kind.marker_field:
        return []
    declared = {m.live.id: a for a, m in world.matches.items() if a.kind == kind.name and m.live}
    entries: list[Entry] = []
    for live in world.objects(kind.collections):
        expressed = kind.expresses(live, world)
        if address := declared.get(live.id):
            title = expressed or Expressed({}, live.display_name)
            entries.append(Entry(kind, live, title, address, Status.DECLARED))
        elif expressed:
            entries.append(_judged(kind, live, expressed, rankers, world))
    return _distinct(_named(kind, entries, world), world)


def _judged(kind: Kind, live: Live, expressed: Expressed, rankers: list[Kind], world: World) -> Entry:
    """One object that has no spec, by itself."""
    markers = markers_of(live, kind.marker_field or "")
    own = next((m for m in markers if m.owner in world.owners and m.kind == kind.name), None)
    entry = Entry(kind, live, expressed)
    if own and own.name.endswith(ASIDE):
        return replace(entry, status=Status.FOREIGN, reason="a new object has taken its place")
    if own:
        return replace(entry, address=own.address, protected=own.protected, marked=True)
    if markers and not kind.shared:
        return replace(entry, status=Status.FOREIGN, reason=f"it belongs to {markers[0].address} of {markers[0].owner}")
    if any(_stands_aside(ranker, live) for ranker in rankers):
        return replace(entry, status=Status.FOREIGN, reason="it may be a built-in default, which nobody may change")
    return entry


def _stands_aside(ranker: Kind, live: Live) -> bool:
    try:
        return ranker.rung(live, ()) is None
    except LadderError:
        return False


def _named(kind: Kind, entries: Iterable[Entry], world: World) -> list[Entry]:
    """The entries with names for those that have none."""
    found = [*entries]
    nameless = {e.live.id: e.expressed.title for e in found if e.live and not e.address and e.status is Status.WRITTEN}
    names = naming.named(
        nameless,
        namesakes=[e.expressed.title for e in found if not e.marked],
        taken={a.name for a in (*world.desired, *(e.address for e in found if e.address)) if a.kind == kind.name},
        stem=re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.name).lower(),
    )
    return [
        replace(e, address=Address(kind.name, names[e.live.id])) if e.live and e.live.id in nameless else e
        for e in found
    ]


def _distinct(entries: list[Entry], world: World) -> list[Entry]:
    """Objects whose marker another one carries too, or whose spec is there and stands for something else."""
    often = Counter(e.address for e in entries if e.marked)
    return [_unless_contested(e, often, world) for e in entries]


def _unless_contested(entry: Entry, often: Mapping[Address | None, int], world: World) -> Entry:
    if not entry.marked:
        return entry
    if often[entry.address] > 1:
        reason = "another object carries its marker too: the portal's Duplicate copies it; remove it from the copy"
        return replace(entry, status=Status.INEXPRESSIBLE, reason=reason)
    if entry.address in world.desired:
        return replace(entry, status=Status.DECLARED, reason="its spec cannot be planned; see `reconciler plan`")
    return entry
