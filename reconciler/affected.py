"""How many distinct people a plan affects: whose assignments or settings from managed objects change, or whose winner.

Pure; `engine.people` reads the census. Called where the number is asked for: by a limit, by `--expect`, or to be shown.
A change of settings affects everybody whom the object reaches before or after; a change of assignments those who gain
or lose them, or get them with other settings; a change of order those whose first object in it becomes another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import islice
from operator import or_

from .assigned import FIELD, Turn, turn, unchanged
from .assignments import Target, live_targets
from .audience import NOBODY, Affected, Census, Population, losing, reach, union
from .decide import Planned
from .kind import Ranking, reference
from .plan import Action, Change

_TOLD = frozenset({"/marker", "/displayName", "/description", FIELD})
"""Fields that are no settings: a name, a text, and the assignments, which are counted for themselves."""


def affected(planned: Planned, census: Census) -> Affected:
    """Whom the plan affects. `census` has been read for `concerned(planned)`."""
    found = {change.address: _by_change(change, planned, census) for change in planned.plan.pending}
    every = reduce(or_, found.values(), NOBODY)
    counts = {address: census.count(people) for address, people in found.items()}
    return Affected(
        census.count(every),
        {address: count for address, count in counts.items() if count != 0},
        tuple(sorted(census.why_not(every))),
    )


def concerned(planned: Planned) -> list[Target]:
    """The targets whose people have to be known to count whom the plan affects."""
    found: set[Target] = set()
    for change in planned.plan.pending:
        turns = [turn(change, planned)] if _acts(change) else []
        if (ranking := _ranking(change, planned)) is not None and ranking.solution.moves:
            turns += _ladder(change, planned).values()
        found |= {each.target for one in turns for each in (*one.before, *one.after, *one.kept)}
        found |= {target for targets in _through(change, planned) for target in targets}
    return sorted(found, key=lambda t: (t.key, str(t.filter)))


def _by_change(change: Change, planned: Planned, census: Census) -> Population:
    ranking = _ranking(change, planned)
    if ranking is not None:
        return _reordered(ranking, _ladder(change, planned), _of(change, planned, census))
    if not _acts(change):
        return NOBODY
    if planned.intents[change.address].kind.named:
        return reduce(or_, (reach(targets, census) for targets in _through(change, planned)), NOBODY)
    one, counted = turn(change, planned), _of(change, planned, census)
    return _reached(one, counted) if _is_set_anew(change) else _moved(one, counted)


def _of(change: Change, planned: Planned, census: Census) -> Census:
    """The census as it is for this kind of object."""
    return census.users_only() if planned.intents[change.address].kind.users_only else census


def _ranking(change: Change, planned: Planned) -> Ranking | None:
    basis = planned.intents[change.address].comparison.basis
    return basis if isinstance(basis, Ranking) else None


def _is_set_anew(change: Change) -> bool:
    """Whether settings change, or the object itself comes or goes."""
    return change.action is not Action.UPDATE or any(field.path not in _TOLD for field in change.fields)


def _acts(change: Change) -> bool:
    return _is_set_anew(change) or any(field.path == FIELD for field in change.fields)


def _through(change: Change, planned: Planned) -> list[list[Target]]:
    """Of each live object that is assigned with a filter whose rule changes: those targets, and who is left out."""
    if not planned.intents[change.address].kind.named or not _is_set_anew(change) or change.live_id is None:
        return []
    used = change.live_id.casefold()
    every = (live_targets(live.assignments) for live in planned.world.everything)
    found = ([t for t in targets if t.exclude or (t.filter and t.filter.id == used)] for targets in every)
    return [targets for targets in found if any(not t.exclude for t in targets)]


def _reached(one: Turn, census: Census) -> Population:
    """Everybody whom the object reaches before or after."""
    sides = (side for intent in one.intents for side in one.targets(intent))
    return reduce(or_, (reach(side, census) for side in sides), NOBODY)


def _moved(one: Turn, census: Census) -> Population:
    """Who gains or loses an assignment, and who keeps one that is set otherwise."""
    found = NOBODY
    for intent in one.intents:
        before, after = one.targets(intent)
        out = [union((t for t in side if t.exclude), census, surely=True) for side in (before, after)]
        reset = union((t for t in _set_otherwise(one, intent) if not t.exclude), census) - (out[0] & out[1])
        found |= losing(before, after, census) | losing(after, before, census) | reset
    return found


def _set_otherwise(one: Turn, intent: str) -> Iterator[Target]:
    """The targets of one intent that the plan sets otherwise than they were."""
    settings: list[dict[tuple[str, str], set[str]]] = []
    for side in (one.before, one.after):
        held: dict[tuple[str, str], set[str]] = {}
        for each in side:
            held.setdefault(each.pair, set()).add(each.settings)
        settings.append(held)
    old, new = settings
    yield from (e.target for e in one.after if e.intent == intent and old.get(e.pair, new[e.pair]) != new[e.pair])


# The order


def _ladder(change: Change, planned: Planned) -> Mapping[str, Turn]:
    """The assignments of everything that is put in order, by live id, or by the reference of what is created."""
    ranked = planned.intents[change.address].kind
    found = {live.id: unchanged(live) for live in planned.world.objects(ranked.collections)}
    for each in planned.plan.pending:
        if each.address.kind in ranked.ranks and not each.replaces:
            found[each.live_id or reference(each.address)] = turn(each, planned)
    return found


def _reordered(ranking: Ranking, turns: Mapping[str, Turn], census: Census) -> Population:
    """Whose winner is overtaken by something that they have after the plan too.

    A winner changes also where people gain or lose something in the order; those count by the change that does that.
    What is ranked has no intents.
    """
    before, after = ranking.solution.before, ranking.solution.after
    place = {ranked: index for index, ranked in enumerate(after)}
    afterwards = {ranked: reach(turns.get(ranked, Turn()).targets()[1], census) for ranked in after}
    found = above = NOBODY
    for index, winner in enumerate(before):
        old = turns.get(winner, Turn()).targets()[0]
        wins = reach(old, census) - above
        above |= reach(old, census, surely=True)
        for other in islice(before, index + 1, None):
            if place[other] < place[winner]:
                found |= wins & afterwards[other]
    return found
