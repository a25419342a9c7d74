"""The order of execution: what has to be done before what, and what falls away when something fails.

A change has up to three parts (`Phase`): its object is written, then people gain, then people lose. Prerequisites
grow before the profile that sends people into enrollment, and shrink after it; profiles are created before their
order is settled, and gain people after it. Knows kinds only by what they declare (`prepares`, `ranks`, `references`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .assignments import wanted_targets
from .kind import Kind, Operation, Phase, Verb
from .model import Address
from .spec.load import Desired

Part = tuple[Address, Phase]


@dataclass(slots=True)
class Draft:
    """A change whose operations are not in order yet. `kind` and `desired` say what it depends on."""

    kind: Kind
    desired: Desired
    operations: list[Operation] = field(default_factory=list)
    reach: frozenset[str] = frozenset()
    waits_for: tuple[Address, ...] = ()
    """Changes whose first part has to be done before, whatever the kinds say."""
    names: tuple[Address, ...] = ()
    """Changes whose ids, not known yet, stand in the operations."""
    drops: frozenset[Address] = frozenset()
    """Changes that end what the live object is assigned with: they must not be done unless this one has let go."""

    def __post_init__(self) -> None:
        self.reach = reach(self.desired)

    @property
    def address(self) -> Address:
        return self.desired.address

    @property
    def retiring(self) -> bool:
        """Whether the change ends an object: nobody relies on it."""
        return any(o.phase is Phase.RETIRE for o in self.operations)

    def parts(self) -> list[Part]:
        """The parts that have something to do. Unless it ends something it always has its first: others may wait."""
        always = set() if self.retiring else {Phase.WRITE}
        return [(self.address, phase) for phase in sorted({*always, *(o.phase for o in self.operations)})]


@dataclass(frozen=True, slots=True)
class Schedule:
    """All parts in the order of execution, each with its wave and what it must not be done without."""

    parts: tuple[Part, ...]
    waves: Mapping[Part, int]
    needs: Mapping[Part, frozenset[Part]]


def schedule(drafts: Mapping[Address, Draft]) -> Schedule:
    """Order the parts of all changes. Equal inputs give an equal order, whatever the order of `drafts`."""
    ordered = {address: drafts[address] for address in sorted(drafts)}
    providers = _all_providers(ordered)
    hard: set[tuple[Part, Part]] = set()
    soft: set[tuple[Part, Part]] = set()
    for draft in ordered.values():
        hard |= set(_own(draft))
        hard |= set(_prepared(draft, providers.get(draft.address, ())))
        _ranked(draft, ordered, hard, soft)
        hard |= {(_first(ordered[a]), _first(draft)) for a in draft.waits_for if a in ordered}
    hard |= set(_relieved(ordered.values()))
    for draft in (d for d in ordered.values() if d.retiring):
        _retired(draft, ordered.values(), hard, soft)
    parts = [part for draft in ordered.values() for part in draft.parts()]
    waves = _waves(parts, hard | soft)
    needs: dict[Part, set[Part]] = {}
    for before, after in hard:
        needs.setdefault(after, set()).add(before)
    in_order = tuple(sorted(parts, key=lambda p: (waves[p], p[1], p[0])))
    return Schedule(in_order, waves, {part: frozenset(needs.get(part, ())) for part in parts})


def merge_assigns(drafts: Mapping[Address, Draft]) -> None:
    """Where nobody has to leave in between, gaining and giving up are one call: the last, which has the final set."""
    followed = {
        provider.address
        for follower, providers in _all_providers(drafts).items()
        if drafts[follower].operations
        for provider in providers
    }
    for draft in drafts.values():
        assigns = [o for o in draft.operations if o.verb is Verb.ASSIGN]
        if {Phase.GROW, Phase.SHRINK} <= {o.phase for o in assigns} and draft.address not in followed:
            draft.operations = [o for o in draft.operations if not (o.verb is Verb.ASSIGN and o.phase is Phase.GROW)]


def _own(draft: Draft) -> Iterable[tuple[Part, Part]]:
    parts = draft.parts()
    return pairwise(parts)


def _first(draft: Draft) -> Part:
    return draft.parts()[0]


def _retired(draft: Draft, drafts: Iterable[Draft], hard: set[tuple[Part, Part]], soft: set[tuple[Part, Part]]) -> None:
    """An object goes last: once those of its kind have gained, and all that relied on its kind are where they go.

    One that others are assigned with goes behind all that end too, and stays where one that uses it could not let go.
    """
    here: Part = (draft.address, Phase.RETIRE)
    for other in (d for d in drafts if d.address != draft.address):
        for part in other.parts():
            if (
                other.kind.name in draft.kind.prepares
                or draft.address in other.drops
                or (other.kind.name == draft.kind.name and part[1] in (Phase.WRITE, Phase.GROW))
            ):
                hard.add((part, here))
            elif part[1] is not Phase.RETIRE or (draft.kind.named and not other.kind.named):
                soft.add((part, here))


def _all_providers(drafts: Mapping[Address, Draft]) -> dict[Address, list[Draft]]:
    """For each change that sends people into enrollment: the prerequisites in this plan that it relies on.

    Those for the same people; where no prerequisite of a kind is, it may be by nesting, and all of that kind count.
    """
    by_kind: dict[str, list[Draft]] = {}
    for draft in (d for d in drafts.values() if not d.retiring):
        by_kind.setdefault(draft.kind.name, []).append(draft)
    found: dict[Address, list[Draft]] = {}
    for every in by_kind.values():
        for follower in (d for name in every[0].kind.prepares for d in by_kind.get(name, ())):
            near = [d for d in every if meet(d.reach, follower.reach)]
            found.setdefault(follower.address, []).extend(near or every)
    return found


def reach(desired: Desired) -> frozenset[str]:
    """Whom a spec names: group names and ids, and `*` for all users or all devices."""
    found: set[str] = set()
    for target in wanted_targets(desired.spec.get("assignments")):
        if not target.exclude:
            found |= {name for name in (target.group, target.group_id) if name} if target.who == "group" else {"*"}
    return frozenset(found)


def _relieved(drafts: Iterable[Draft]) -> Iterable[tuple[Part, Part]]:
    """Among objects of one kind all gain before any loses: people may move from one to the other."""
    gaining: dict[str, list[Part]] = {}
    losing: dict[str, list[Part]] = {}
    for draft in drafts:
        for part in draft.parts():
            sides = {Phase.GROW: gaining, Phase.SHRINK: losing}
            if part[1] in sides:
                sides[part[1]].setdefault(draft.kind.name, []).append(part)
    for kind, before in gaining.items():
        yield from ((a, b) for a in before for b in losing.get(kind, ()) if a[0] != b[0])


def meet(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two reaches name the same people: equal groups, or everybody on either side."""
    return bool(a & b) or "*" in a or "*" in b


def _prepared(draft: Draft, providers: Iterable[Draft]) -> Iterable[tuple[Part, Part]]:
    for provider in providers:
        for part in provider.parts():
            if part[1] is Phase.SHRINK:
                yield draft.parts()[-1], part
            else:
                yield part, (draft.address, Phase.WRITE)


def _ranked(
    draft: Draft, drafts: Mapping[Address, Draft], hard: set[tuple[Part, Part]], soft: set[tuple[Part, Part]]
) -> None:
    if not draft.kind.ranks:
        return
    references = [address for address in draft.kind.references(draft.desired) if address in drafts]
    listed = set(references)
    here: Part = (draft.address, Phase.WRITE)
    staying = [d for d in drafts.values() if not d.retiring]
    unlisted = [d.address for d in staying if d.kind.name in draft.kind.ranks and d.address not in listed]
    for before, after in pairwise([*references, *unlisted]):  # numbers are given in this order, without gaps
        soft.add(((before, Phase.WRITE), (after, Phase.WRITE)))
    for other in staying:
        edges = hard if other.address in listed else soft
        if other.kind.name in draft.kind.ranks:
            edges.add(((other.address, Phase.WRITE), here))
            hard |= {(here, part) for part in other.parts() if part[1] is Phase.GROW}
        elif other.kind.prepares & draft.kind.ranks:
            soft |= {(part, here) for part in other.parts() if part[1] is not Phase.SHRINK}


def _waves(parts: Sequence[Part], edges: Iterable[tuple[Part, Part]]) -> dict[Part, int]:
    """The longest way to each part. Raises `ValueError` on a cycle, which the kinds' declarations exclude."""
    after: dict[Part, list[Part]] = {part: [] for part in parts}
    waiting = dict.fromkeys(parts, 0)
    for before, part in edges:
        after[before].append(part)
        waiting[part] += 1
    ready = [part for part in parts if not waiting[part]]
    waves = dict.fromkeys(ready, 1)
    done = 0
    while ready:
        part = ready.pop()
        done += 1
        for following in after[part]:
            waves[following] = max(waves.get(following, 1), waves[part] + 1)
            waiting[following] -= 1
            if not waiting[following]:
                ready.append(following)
    if done != len(parts):
        raise ValueError("the changes depend on each other in a circle")
    return waves
