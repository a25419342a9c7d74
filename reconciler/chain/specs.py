"""Whom the object of one spec reaches, and who uses a filter or an audience: as data. Called by `explain`.

Where the plan leaves no object, or names cannot be told, the numbers are null: not known is never nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from ..assigned import Assigned
from ..assignments import Target
from ..audience import NOBODY, Population
from ..model import Address, Json, JsonObject
from .explain import Asked
from .filters import keeps_out_personal
from .model import OFFERED, Side
from .people import reached, winners
from .report import profile_ref
from .sides import Holder
from .words import in_words

_GETS = OFFERED | {""}
"""Intents by which people get an object; policies have none."""
_AS = {
    "required": " as required",
    "available": " as available",
    "availablewithoutenrollment": " as available without enrollment",
    "uninstall": " to be uninstalled",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A spec, or an object without one, that uses a filter or an audience."""

    name: str
    address: Address | None
    targets: tuple[Target, ...] | None
    """Those that do; None: not known, as of a spec whose object the plan does not make."""


def supplied(holder: Holder | None, side: Side, rules: Mapping[str, str], asked: Asked, why: str | None) -> JsonObject:
    """Whom an object reaches after the plan, and how many of each profile's people. `why` says why there is none."""
    if holder is None:
        return {"reaches": None, "through": [], "profiles": [], "why": why}
    whom = _whom(holder.assigned, rules, asked)
    return {
        "reaches": {**asked.count(whom).to_json()},
        "through": _through(holder.assigned, rules, asked),
        "profiles": _profiles(side, whom, asked),
        "why": None,
    }


def _whom(assigned: Sequence[Assigned], rules: Mapping[str, str], asked: Asked) -> Population:
    """The people who get an object: an exclusion counts for the intent that it stands beside."""
    intents = sorted({each.intent for each in assigned if each.intent in _GETS})
    kept = [each for each in assigned if not keeps_out_personal(each.target, rules)]
    every = ([each.target for each in kept if each.intent == intent] for intent in intents)
    return reduce(or_, (reached(targets, asked.census, enrolled=True) for targets in every), NOBODY)


def _through(assigned: Iterable[Assigned], rules: Mapping[str, str], asked: Asked) -> list[Json]:
    ordered = sorted(assigned, key=lambda each: (each.target.exclude, each.target.key, each.intent))
    return [*dict.fromkeys(_said(each, rules, asked) for each in ordered)]


def _said(each: Assigned, rules: Mapping[str, str], asked: Asked) -> str:
    personal = " (a filter that no personal device passes)" if keeps_out_personal(each.target, rules) else ""
    return in_words(each.target, asked.names) + personal + _AS.get(each.intent, "")


def _profiles(side: Side, whom: Population, asked: Asked) -> list[Json]:
    won = winners(side.profiles, asked.census)
    return [
        {"profile": profile_ref(p), "people": {**asked.count(won[p.key] & whom).to_json()}}
        for p in side.profiles
        if not asked.count(won[p.key]).none
    ]


# Filters and audiences


def filter_uses(named: frozenset[str], found: Iterable[Holder], unmade: Iterable[Address]) -> list[Use]:
    """What uses a filter after the plan. `named` are its name and ids in lower case, `unmade` specs without object."""
    uses = []
    for holder in found:
        using = [each.target for each in holder.assigned if _is_behind(each.target, named)]
        if using:
            name = str(holder.address) if holder.address else repr(holder.name)
            uses.append(Use(name, holder.address, tuple(dict.fromkeys(using))))
    return [*uses, *(Use(str(address), address, None) for address in unmade)]


def _is_behind(target: Target, named: frozenset[str]) -> bool:
    return target.filter is not None and target.filter.id.casefold() in named


def of_filter(uses: Sequence[Use], asked: Asked) -> JsonObject:
    """Who stands behind a filter: at most, for whether it lets somebody in hangs on their device."""
    by: list[Json] = []
    everybody: list[Population] = []
    for use in uses:
        whom = _behind(use, asked)
        everybody += [whom] if whom is not None else []
        by.append(_use(use, whom, asked))
    people = asked.count(reduce(or_, everybody, NOBODY))
    known = all(use.targets is not None for use in uses)
    return {"of": "filter", "people": {**people.to_json()} if known else None, "through": [], "by": by}


def _behind(use: Use, asked: Asked) -> Population | None:
    if use.targets is None:
        return None
    whole = reached([replace(t, filter=None) for t in use.targets], asked.census, enrolled=True)
    unread = whole.unread | {"a filter decides it by device"}
    return Population(0, whole.possibly, unread) if whole.possibly else whole


def of_audience(targets: Sequence[Target] | None, uses: Sequence[Use], asked: Asked) -> JsonObject:
    """Whom an audience stands for, and the specs that use it. `targets`: None where a name cannot be told."""
    whom = None if targets is None else reached(targets, asked.census, enrolled=True)
    ordered = sorted(targets or (), key=lambda target: target.exclude)
    return {
        "of": "audience",
        "people": None if whom is None else {**asked.count(whom).to_json()},
        "through": [in_words(target, asked.names) for target in ordered],
        "by": [_use(use, whom, asked) for use in uses],
    }


def _use(use: Use, whom: Population | None, asked: Asked) -> JsonObject:
    return {
        "name": use.name,
        "address": str(use.address) if use.address else None,
        "through": [in_words(target, asked.names) for target in use.targets or ()],
        "people": None if whom is None else {**asked.count(whom).to_json()},
    }
