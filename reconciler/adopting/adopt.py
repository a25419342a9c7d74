"""Which specs may be written: those that are valid together, and from which a plan changes nothing but the marker.

Every spec is proven before it is written, by what `validate` and `plan` do with it: read back, judged by the rules
among all others, matched, compared. What does not stand the proof is told with the reason and left out, and the rest is
proven again, for specs rely on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..decide import match_all
from ..diagnostics import Diagnostic, Severity, has_errors
from ..kind import Kind, Subject, World
from ..live import Live
from ..model import Address
from ..named import with_named
from ..ownership import MARKER
from ..spec.load import SpecSet
from .drafts import Draft, draft
from .survey import Entry, Status, survey

Judge = Callable[[Sequence[tuple[str, bytes]]], SpecSet]
"""What `validate` says of these files."""


_WITHOUT = "it would be valid beside specs that are not written"
_UNREAD = "what it lacks may be among what could not be read"
_NOT_ASKED_FOR = "what it lacks may be among what was not asked for"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be imported, and where to."""

    kinds: Mapping[str, Kind]
    """All that there are."""
    chosen: frozenset[str]
    """Names of those whose objects are imported."""
    place: Callable[[Address], str]
    """The file of a spec, as spec files of the workspace are named."""
    head: Callable[[str], Sequence[str]]
    """Comments at the head of a file."""
    files: Mapping[str, bytes]
    """The tenant's spec files."""
    found: Callable[[str], bytes | None]
    """What is in a file now; None where there is none."""
    judge: Judge
    lenient: Judge | None = None
    """What it would say if others provided whatever part of the chain these specs lack; None: the same."""
    passive: frozenset[str] = frozenset()
    """Of the chosen, those of which only objects of our own are imported."""
    wanted: Callable[[Address | None], bool] = lambda _: True
    """Whether the spec of this address is asked for, or an object that gets none (None)."""
    whole: bool = True
    """Whether everything is asked for that is imported without being named."""
    overwrite: bool = False
    """Files that are in the way and no spec files of the tenant are replaced."""
    even_if_invalid: bool = False
    """Specs that break rules are written, too."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What becomes of every live object, and the files to write, by name."""

    entries: tuple[Entry, ...]
    files: Mapping[str, str]
    adoptions: int | None
    """Unmarked objects that a plan takes over then, which needs consent by number; of specs that there were, too. None
    where not everything could be read that specs stand for.
    """
    problems: tuple[str, ...] = ()
    """What could not be read of what is imported: nothing of those kinds was written."""
    advice: tuple[str, ...] = ()
    """What has to be done by hand to existing specs."""
    valid: bool = True
    """Whether all specs are valid then, those too that there were."""


@dataclass(slots=True)
class _State:
    drafts: dict[Address, Draft] = field(default_factory=dict)
    settled: list[Entry] = field(default_factory=list)
    """Entries that get no file."""
    invalid: dict[Address, tuple[Diagnostic, ...]] = field(default_factory=dict)
    """Findings of specs that are written all the same."""
    faulty: frozenset[Address] = frozenset()
    """Those of them that are wrong by themselves: the others lack something beside them."""
    valid: bool = True
    reduced: bool = False
    """Whether something that other specs may rely on was left out already."""


def adopt(world: World, terms: Terms) -> Adoption:
    """The specs for a tenant. `world` has been matched with the specs that there are, and names all that is live."""
    world = with_named(terms.kinds, world)
    state = _State()
    asked = [kind for name, kind in terms.kinds.items() if name in terms.chosen]
    chosen = [kind for kind in asked if not _unread(kind, world)]
    for entry in survey(chosen, terms.kinds.values(), world, passive=terms.passive):
        if terms.wanted(entry.address):
            _propose(state, entry, world, terms)
    orders = {kind.name: kind for kind in chosen if kind.ranks and not _declared(kind, world)}
    while True:
        _arrange(state, orders.values(), world, terms)
        matched, failed = _proven(state, world, terms)
        if not failed:
            break
        for entry in [e for e in failed if e.live] or failed:  # an order may stand once what it lists does
            assert entry.address is not None
            orders.pop(entry.address.kind, None)
            del state.drafts[entry.address]
            state.settled.append(entry)
        state.reduced = True
    return _concluded(state, matched, world, terms)


def _declared(kind: Kind, world: World) -> list[Address]:
    return sorted(address for address in world.desired if address.kind == kind.name)


def _propose(state: _State, entry: Entry, world: World, terms: Terms) -> None:
    """A draft for the entry, unless something speaks against it at once."""
    if entry.status is not Status.WRITTEN:
        state.settled.append(entry)
        return
    if entry.expressed.problems:
        reason = "; ".join(dict.fromkeys(entry.expressed.problems.values()))
        state.settled.append(replace(entry, status=Status.INEXPRESSIBLE, reason=reason))
        return
    assert entry.address is not None
    file = terms.place(entry.address)
    made = draft(entry, file, world, terms.head(file))
    if _in_the_way(made, terms):
        state.settled.append(
            replace(entry, status=Status.IN_THE_WAY, file=file, reason=f"{file} exists with other content")
        )
        return
    state.drafts[entry.address] = made


def _in_the_way(made: Draft, terms: Terms) -> bool:
    there = terms.found(made.file)
    if there is None or there == made.text.encode():
        return False
    return not terms.overwrite or made.file in terms.files


def _arrange(state: _State, orders: Iterable[Kind], world: World, terms: Terms) -> None:
    """Drafts for the orders of what is left."""
    for kind in orders:
        ranked: dict[str, Live] = {}
        for address, match in world.matches.items():
            if address.kind in kind.ranks and match.live:
                ranked[address.name] = match.live
        for address, made in state.drafts.items():
            if address.kind in kind.ranks and made.entry.live:
                ranked[address.name] = made.entry.live
        state.drafts = {a: made for a, made in state.drafts.items() if a.kind != kind.name}
        state.settled = [entry for entry in state.settled if entry.kind is not kind]
        if expressed := kind.arranges(ranked):
            order = Address(kind.name, expressed.title)
            if terms.wanted(order):
                _propose(state, Entry(kind, None, expressed, order), world, terms)


def _proven(state: _State, world: World, terms: Terms) -> tuple[World, list[Entry]]:
    """The world matched with all specs, and the entries that fail."""
    files = {**terms.files, **{made.file: made.text.encode() for made in state.drafts.values()}}
    specs = terms.judge([*files.items()])
    matched = match_all(terms.kinds, replace(world, desired=specs.desired, matches={}, indexes={}))
    errors: dict[Address | str, list[Diagnostic]] = {}
    for found in (d for d in specs.diagnostics if d.severity is Severity.ERROR):
        for about in (found.address, *found.also):
            place = found.position.file if found.position else ""
            errors.setdefault(about if about in state.drafts else place, []).append(found)
    state.invalid = {a: tuple(found) for a, found in errors.items() if isinstance(a, Address)}
    state.valid = not errors
    lenient = terms.lenient([*files.items()]) if state.invalid and terms.lenient else specs
    wrong = [d for d in lenient.diagnostics if d.severity is Severity.ERROR]
    state.faulty = frozenset(address for d in wrong for address in (d.address, *d.also) if address)
    judged = (_judged(made, errors, matched, state, terms) for made in state.drafts.values())
    return matched, [entry for entry in judged if entry]


def _judged(
    made: Draft, errors: Mapping[Address | str, list[Diagnostic]], matched: World, state: _State, terms: Terms
) -> Entry | None:
    """The entry of a draft that may not be written; None where it stands the proof."""
    address = made.entry.address
    assert address is not None
    if address not in matched.desired:
        return _unsayable(made, [*errors.get(made.file, ()), *errors.get(address, ())])
    found = [*errors.get(address, ()), *errors.get(made.file, ())]
    if found and not terms.even_if_invalid:
        sound = address not in state.faulty
        reason = _beside(state, matched, terms) if sound or state.reduced else None
        return replace(made.entry, status=Status.INVALID, findings=tuple(found), reason=reason, sound=sound)
    differs = None if found else _differs(made.entry, address, matched)  # what is wrong is there to be changed
    reason = _strays(made.entry, address, matched) or differs
    return replace(made.entry, status=Status.INEXPRESSIBLE, reason=reason) if reason else None


def _beside(state: _State, world: World, terms: Terms) -> str | None:
    """Where a sound spec would find what it lacks, as far as it is not missing in the tenant itself."""
    if state.reduced:
        return _WITHOUT
    if any(_unread(kind, world) for kind in terms.kinds.values()):
        return _UNREAD
    return None if terms.whole else _NOT_ASKED_FOR


def _unsayable(made: Draft, findings: Sequence[Diagnostic]) -> Entry:
    """A spec that the schema or the reader of YAML refuses: the format has no words for what the object holds."""
    told = "; ".join(f"{f.path or 'its text'}: {f.message}" for f in findings[:3]) or "it cannot be read back"
    return replace(made.entry, status=Status.INEXPRESSIBLE, reason=told)


def _strays(entry: Entry, address: Address, world: World) -> str | None:
    """Why the spec would not stand for the object; None where it does."""
    match = world.matches[address]
    if match.refused or (entry.live and (match.live is None or match.live.id != entry.live.id)):
        return next((d.message for d in match.diagnostics), "a spec would not stand for it")
    return None


def _differs(entry: Entry, address: Address, world: World) -> str | None:
    """Why a plan from the spec would not leave the object as it is; None where it does."""
    subject = Subject(world.desired[address], world.matches[address].live, world)
    comparison = entry.kind.compare(subject)
    if has_errors(comparison.diagnostics):
        return next(d.message for d in comparison.diagnostics if d.severity is Severity.ERROR)
    changed = [name for name in comparison.changed if name != MARKER]
    return f"a spec would change {', '.join(changed)}" if changed else None


def _concluded(state: _State, matched: World, world: World, terms: Terms) -> Adoption:
    written = [_written(made, state, matched, terms) for made in state.drafts.values()]
    files = {made.file: made.text for made in state.drafts.values()}
    entries = sorted([*state.settled, *written], key=lambda e: _key(e, terms))
    partly = any(_unread(terms.kinds[address.kind], world) for address in matched.desired)
    adoptions = None if partly else sum(match.adopts for match in matched.matches.values())
    return Adoption(
        tuple(entries),
        files,
        adoptions,
        tuple(_problems(world, terms)),
        tuple(_advice(written, world, terms)),
        state.valid,
    )


def _unread(kind: Kind, world: World) -> bool:
    return any(not world.readings[collection.key].complete for collection in kind.collections)


def _problems(world: World, terms: Terms) -> list[str]:
    """What could not be read of the chosen kinds, and of what their targets name."""
    asked = [kind for name, kind in terms.kinds.items() if name in terms.chosen or kind.named]
    readings = {c.key: world.readings[c.key] for kind in asked for c in kind.collections}.values()
    unread = [f"{reading.collection.path}: {reading.problem}" for reading in readings if reading.problem]
    return [*dict.fromkeys([*unread, *world.names.problems])]


def _written(made: Draft, state: _State, matched: World, terms: Terms) -> Entry:
    address = made.entry.address
    assert address is not None
    same = terms.found(made.file) == made.text.encode()
    status = Status.UNCHANGED if same else Status.WRITTEN
    findings, adopts = state.invalid.get(address, ()), matched.matches[address].adopts
    pinned = matched.desired[address].pin(matched.tenant) if made.entry.live else None
    told = replace(made.entry, status=status, file=made.file, findings=findings, adopts=adopts, pinned=bool(pinned))
    return replace(told, sound=address not in state.faulty)


def _key(entry: Entry, terms: Terms) -> tuple[int, str, str]:
    rank = [*terms.kinds].index(entry.kind.name)
    return rank, str(entry.address or entry.expressed.title), entry.live.id if entry.live else ""


def _advice(written: Sequence[Entry], world: World, terms: Terms) -> Iterator[str]:
    """Orders that are declared already do not name what was written; what was to be read beside may hold more."""
    for reading in (r for r in world.also.values() if r.problem):
        path = reading.collection.path
        yield f"look there whether it has any of this in another form: {path} could not be read: {reading.problem}"
    for kind in terms.kinds.values():
        names = [e.address.name for e in written if e.address and e.kind.name in kind.ranks]
        for address in _declared(kind, world) if names else ():
            now = _in_the_tenant(kind, written, world)
            yield f"add {', '.join(names)} to the order of {address}{f'; in the tenant it is {now}' if now else ''}"


def _in_the_tenant(kind: Kind, written: Sequence[Entry], world: World) -> str:
    """The names that an order is for, as the tenant ranks them; empty where that is not known."""
    ranked = {a.name: match.live for a, match in world.matches.items() if a.kind in kind.ranks and match.live}
    ranked |= {e.address.name: e.live for e in written if e.address and e.live and e.kind.name in kind.ranks}
    arranged = kind.arranges(ranked)
    listed = [value for value in arranged.spec.values() if isinstance(value, list)] if arranged else []
    return ", ".join(str(name) for value in listed for name in value)
