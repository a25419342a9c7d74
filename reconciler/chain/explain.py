"""Why somebody gets the profile that they get, and whether the rest of the chain reaches them: as data.

The same questions for one person, a group, or everybody: a population of one census. Called by `explain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..assignments import Target
from ..audience import NOBODY, Census, Population
from ..facts import PARTS, Part
from ..ladder.model import listing
from ..live import Names
from ..model import Json, JsonObject
from .model import Contender, Side, Supply
from .people import Number, number, provided, reached, shares, winners
from .report import profile_ref
from .words import in_words

_WEB_CLIP: Part = "web-clip"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a question is about."""

    people: Population
    census: Census
    names: Names
    provided: frozenset[str] = frozenset()

    def count(self, found: Population) -> Number:
        return number(found, self.census)


def explained(side: Side, asked: Asked) -> JsonObject:
    """One side of a plan for these people: the ladder with each rung's verdict, and the chain for each winner."""
    won = winners(side.profiles, asked.census)
    everywhere = NOBODY
    for each in won.values():
        everywhere = everywhere | each
    rungs = [_rung(side, profile, won[profile.key] & asked.people, asked) for profile in side.profiles]
    chains = [chain for p in side.profiles for chain in _chain(side, p, won[p.key] & asked.people, asked)]
    return {
        "ladder": [*rungs],
        "withoutProfile": {**asked.count(asked.people - everywhere).to_json()},
        "chain": [*chains],
    }


def _rung(side: Side, profile: Contender, mine: Population, asked: Asked) -> JsonObject:
    people = asked.census.users_only()
    assigned = reached(profile.targets, people) & asked.people
    word, why = _verdict(side, profile, assigned, mine, asked)
    return {
        "profile": profile_ref(profile),
        "assigned": {**asked.count(assigned).to_json()},
        "wins": {**asked.count(mine).to_json()},
        "verdict": word,
        "because": why,
    }


def _verdict(side: Side, profile: Contender, assigned: Population, mine: Population, asked: Asked) -> tuple[str, str]:
    """A word for what becomes of a rung, and why."""
    has, wins = asked.count(assigned), asked.count(mine)
    if not profile.targets:
        return "not-assigned", "it is assigned to nobody"
    if has.none:
        return "not-for-them", f"it is for {_for(profile, asked.names)}"
    if wins.least:
        through = listing(_through(profile.targets, assigned, asked))
        return "wins", f"assigned to {through}, and nothing that they are assigned ranks higher"
    people = asked.census.users_only()
    for other in side.above(profile):
        if wins.none and asked.census.anybody(assigned & reached(other.targets, people)):
            return "outranked", f"{other.name!r} ranks higher and is for them too"
    why = sorted(assigned.unread | mine.unread)
    return "unknown", why[0] if why else "whether it is for them could not be read"


def _through(targets: Iterable[Target], people: Population, asked: Asked) -> list[str]:
    """The targets that really reach these people, in words."""
    whom = [(t, reached([t], asked.census, enrolled=True) & people) for t in targets if not t.exclude]
    return [in_words(target, asked.names) for target, found in whom if not asked.count(found).none]


def _for(profile: Contender, names: Names) -> str:
    """Whom a profile is for."""
    return listing(in_words(target, names) for target in profile.targets)


# The chain


def _chain(side: Side, profile: Contender, mine: Population, asked: Asked) -> Iterator[JsonObject]:
    """Each part of the chain for the people who win a profile; nothing for a profile that none of them wins."""
    if asked.count(mine).none or not profile.jit_capable:
        return
    for part in (p for p in PARTS if p != _WEB_CLIP):
        yield _part(side, part, profile, mine, asked)


def _part(side: Side, part: Part, profile: Contender, mine: Population, asked: Asked) -> JsonObject:
    supplies = side.serving(part, profile)
    by = [found for supply in supplies if (found := _supplied(supply, mine, asked))]
    working = any(supply.works and not asked.count(_reach(supply, mine, asked)).none for supply in supplies)
    left = mine - provided(side, part, profile, asked.census)
    missing = asked.count(left)
    return {
        "profile": profile_ref(profile),
        "part": part,
        "state": _state(part, profile, missing, working, asked, part in side.unread),
        "by": [*by],
        "needed": profile.needs_registration,
        "missing": {**missing.to_json()},
        "groups": [share.name for share in shares(left, asked.census, asked.names)],
        "partial": [*sorted({*left.unread, *([side.unread[part]] if part in side.unread else [])})],
    }


def _state(part: Part, profile: Contender, missing: Number, some: bool, asked: Asked, unread: bool) -> str:
    if part in asked.provided:
        return "provided"
    if part == "first-sign-in-app" and profile.first_app is None:
        return "not-asked"
    if missing.none:
        return "reached"
    if missing.least and not unread:
        return "partly" if some else "missing"
    return "unknown"


def _reach(supply: Supply, mine: Population, asked: Asked) -> Population:
    return reached(supply.targets, asked.census, enrolled=True) & mine


def _supplied(supply: Supply, mine: Population, asked: Asked) -> JsonObject | None:
    """How one supply reaches some of these people; None where it reaches none."""
    both = _reach(supply, mine, asked)
    if asked.count(both).none:
        return None
    through: list[Json] = [*_through(supply.targets, both, asked)]
    return {
        "name": supply.name,
        "address": str(supply.address) if supply.address else None,
        "through": through,
        "people": {**asked.count(both).to_json()},
        "works": supply.works,
        "doubt": supply.doubt,
    }
