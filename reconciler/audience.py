"""Who is reached by what, as populations: pure sets of people, read elsewhere.

Used to choose, among equally short ways to an order of profiles, the one on which the fewest people meet a profile
that is neither their old nor their new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .assignments import Target
from .ladder import Crowd


def groups_of(assigned: Mapping[str, Iterable[Target]]) -> list[str]:
    """The ids of all groups that the assignments name, sorted."""
    return sorted({t.group for targets in assigned.values() for t in targets if t.who == "group"})


def crowds(
    assigned: Mapping[str, Iterable[Target]], members: Mapping[str, frozenset[str]], everyone: int
) -> tuple[Crowd, ...]:
    """The population in atoms: how many people are assigned exactly which objects.

    `assigned` has the targets by object, `members` the people of each group by id; a group that could not be read is
    missing there and its people are not counted. `everyone` is how many people the tenant has, for "all users".
    """
    reached: dict[str, set[str]] = {}
    for_all = frozenset(
        o for o, targets in assigned.items() if any(t.who == "users" and not t.exclude for t in targets)
    )
    left_out: dict[str, set[str]] = {}
    for name, targets in assigned.items():
        for target in targets:
            people = members.get(target.group, frozenset()) if target.who == "group" else frozenset()
            side = left_out if target.exclude else reached
            side.setdefault(name, set()).update(people)
    known = sorted(set().union(*reached.values(), *left_out.values()))
    counted: Counter[frozenset[str]] = Counter()
    for person in known:
        mine = {o for o in assigned if o in for_all or person in reached.get(o, ())}
        counted[frozenset(o for o in mine if person not in left_out.get(o, ()))] += 1
    counted[for_all] += max(everyone - len(known), 0)
    found = [Crowd(people, objects) for objects, people in counted.items() if people and objects]
    return tuple(sorted(found, key=lambda crowd: (sorted(crowd.profiles), crowd.people)))
