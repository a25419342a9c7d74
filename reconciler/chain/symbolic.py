"""What targets alone prove: coverage, rungs that nobody can win, supplies that cannot meet.

A region is what several groups have in common, or everybody. It is covered by a supply that includes all of it and
excludes none of its groups; what that supply excludes besides is a smaller region, to be covered by others. Nothing
here knows who is in a group, so it works on names and on ids alike, and says which question is left open where it
takes members to answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..assignments import Target
from .model import Contender, Supply

EVERYBODY: frozenset[str] = frozenset()
"""The region of all people; any other is a set of groups, and means those who are in all of them."""
_DEEP = 6
"""Groups in one region that are followed: beyond it a question stays open, and members answer it."""
_MANY = 200
"""Regions that are followed for one target: exclusions of exclusions multiply."""


class Why(StrEnum):
    """Why a region is not seen to be covered. The first two are proven by the targets alone."""

    NOTHING = "nothing"
    """No supply provides the part."""
    GROUPS_ONLY = "groups-only"
    """Everybody is to be reached, and all supplies are for groups."""
    EXCLUDED = "excluded"
    """Every supply that could reach the group excludes it by name."""
    EXCLUSION = "exclusion"
    """A group is excluded from the supply that reaches the others."""
    FILTER = "filter"
    """A filter stands on the only target that includes them."""
    DOUBT = "doubt"
    """What reaches them may not do its work."""
    NESTING = "nesting"
    """It depends on who is in which group."""


PROVEN = frozenset({Why.NOTHING, Why.GROUPS_ONLY})


@dataclass(frozen=True, slots=True)
class Open:
    """A region that is not seen to be covered."""

    region: frozenset[str]
    why: Why
    supply: Supply | None = None
    """What would cover it, but for the reason."""

    @property
    def proven(self) -> bool:
        """Whether the targets alone prove that it is not covered."""
        return self.why in PROVEN


@dataclass(slots=True)
class Taken:
    """Whom the profiles of a higher rank have, by the first that has them whole. Filled from the winner on."""

    groups: dict[str, Contender] = field(default_factory=dict)
    everybody: Contender | None = None

    def add(self, profile: Contender) -> None:
        """The next profile in the order. One with exclusions or filters, or of an uncertain rank, has nobody whole.

        "All devices" is no target that a profile is known to take (Microsoft: users and groups of users).
        """
        if profile.tied or any(target.exclude for target in profile.targets):
            return
        for target in profile.targets:
            if target.filter is None and target.who == "group":
                self.groups.setdefault(target.group, profile)
            elif target.filter is None and target.who == "users":
                self.everybody = self.everybody or profile

    def winner(self, region: frozenset[str]) -> Contender | None:
        """Who has a region whole already."""
        return next((self.groups[group] for group in sorted(region) if group in self.groups), self.everybody)


NOBODY_TAKEN = Taken()


def uncovered(profile: Contender, supplies: Sequence[Supply], taken: Taken = NOBODY_TAKEN) -> list[Open]:
    """The regions of a profile's people that are not seen to be covered; whom others win first is not asked for."""
    known: dict[frozenset[str], tuple[Open, ...]] = {}
    found: list[Open] = []
    for target in profile.targets:
        region = _region(target)
        if not target.exclude and region is not None and target.who != "devices":
            found += _open(region, supplies, taken, known)
    return list(dict.fromkeys(found))


def covered(region: frozenset[str], supplies: Sequence[Supply]) -> bool:
    """Whether targets alone prove that these supplies reach everybody in a region."""
    return _open(region, supplies, NOBODY_TAKEN, {}) == ()


def _region(target: Target) -> frozenset[str] | None:
    if target.who == "group":
        return frozenset({target.group})
    return EVERYBODY if target.who in ("users", "devices") else None


def _open(
    region: frozenset[str],
    supplies: Sequence[Supply],
    taken: Taken,
    known: dict[frozenset[str], tuple[Open, ...]],
) -> tuple[Open, ...]:
    """What of a region is open; empty where it is covered."""
    if region not in known:
        known[region] = (Open(region, Why.NESTING),)  # a region that leads back to itself answers nothing
        known[region] = _answered(region, supplies, taken, known)
    return known[region]


def _answered(
    region: frozenset[str],
    supplies: Sequence[Supply],
    taken: Taken,
    known: dict[frozenset[str], tuple[Open, ...]],
) -> tuple[Open, ...]:
    if taken.winner(region):
        return ()
    if not supplies:
        return (Open(region, Why.NOTHING),)
    if len(region) > _DEEP or len(known) > _MANY:
        return (Open(region, Why.NESTING),)
    best: tuple[Open, ...] | None = None
    for supply in supplies:
        left = _left_by(supply, region, supplies, taken, known)
        if left == ():
            return ()
        if left is not None and (best is None or len(left) < len(best)):
            best = left
    return best or (Open(region, _why(region, supplies), _excluding(region, supplies)),)


def _left_by(
    supply: Supply,
    region: frozenset[str],
    supplies: Sequence[Supply],
    taken: Taken,
    known: dict[frozenset[str], tuple[Open, ...]],
) -> tuple[Open, ...] | None:
    """What one supply leaves of a region; None where it does not include it."""
    includes = supply.includes(region)
    if includes is False or region & supply.out or not supply.works:
        return None
    if includes is None:
        return (Open(region, Why.FILTER, supply),)
    if supply.doubt:
        return (Open(region, Why.DOUBT, supply),)
    left = [each for group in sorted(supply.out) if (each := _beside(region | {group}, supply, supplies, taken, known))]
    return tuple(left)


def _beside(
    region: frozenset[str],
    supply: Supply,
    supplies: Sequence[Supply],
    taken: Taken,
    known: dict[frozenset[str], tuple[Open, ...]],
) -> Open | None:
    """The region that a supply excludes, where no other one covers it."""
    return Open(region, Why.EXCLUSION, supply) if _open(region, supplies, taken, known) else None


def _excluding(region: frozenset[str], supplies: Sequence[Supply]) -> Supply | None:
    """A supply that would reach the region, were it not excluded there."""
    return next((s for s in supplies if region & s.out and s.includes(region) is not False), None)


def _why(region: frozenset[str], supplies: Sequence[Supply]) -> Why:
    """Why no supply includes a region."""
    reaching = [s for s in supplies if s.works and not region & s.out]
    by_group = any(s.whole or s.part_of for s in reaching)
    if any(t.who == "other" for s in supplies for t in s.targets):
        return Why.NESTING
    if region == EVERYBODY and by_group:
        return Why.GROUPS_ONLY
    if by_group:
        return Why.NESTING
    return Why.EXCLUDED if _excluding(region, supplies) else Why.NOTHING


def never_wins(profile: Contender, taken: Taken) -> Contender | None:
    """A profile of a higher rank, where those have everybody whom this one is for; None where that is not certain."""
    included = [target for target in profile.targets if not target.exclude]
    if profile.tied or any(t.who not in ("users", "group") for t in included):
        return None
    winners = [taken.winner(region) if (region := _region(t)) is not None else None for t in included]
    return winners[0] if winners and all(winners) else None


def apart(one: Supply, other: Supply) -> bool:
    """Whether targets alone prove that no one is reached by both: each target of one is excluded from the other."""
    return all(
        _region(a) is not None and (_keeps_out(other, a) or _keeps_out(one, b))
        for a in one.targets
        if not a.exclude
        for b in other.targets
        if not b.exclude
    )


def _keeps_out(supply: Supply, target: Target) -> bool:
    return target.who == "group" and target.group in supply.out
