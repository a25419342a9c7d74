"""The order of profiles before and after, and whose profile changes with it, as far as targets and order prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..assignments import Target, wanted_targets
from ..chain.declared import named
from ..facts import Order, Profile
from ..kind import Kind
from ..model import Json, JsonObject
from ..spec.load import Desired
from .addresses import assignments, doubtful
from .model import State

_EVERYBODY = "all users"
_NOUNS: frozenset[type] = frozenset({Profile, Order})


@dataclass(frozen=True, slots=True)
class Winner:
    """The profile that a region gets by the specs; None for none, or where they leave it open (`known`)."""

    profile: str | None
    """What people call it."""
    name: str | None = None
    """Its name in the specs."""
    known: bool = True

    def to_json(self) -> JsonObject:
        """As documents tell it."""
        return {"profile": self.profile, "known": self.known}


class Ladder:
    """The profiles of one side in the order that its specs ask for."""

    def __init__(self, state: State | None, kinds: Mapping[str, Kind]) -> None:
        desired = state.specs.desired.values() if state else ()
        facts = [(each, fact) for each in desired if (fact := _declared(each, kinds))]
        self._profiles = {each.address.name: (each, fact) for each, fact in facts if isinstance(fact, Profile)}
        orders = [fact for _, fact in facts if isinstance(fact, Order)]
        self.listed = tuple(dict.fromkeys(str(value.value) for order in orders for value in order.names))
        self._others_last = all(order.unlisted == "last" for order in orders)
        self._targets = {name: _targets(each, state) for name, (each, _) in self._profiles.items()}

    def title(self, name: str) -> str:
        """What people call a profile: its display name; its name in the specs where there is none."""
        return self._profiles[name][1].name if name in self._profiles else name

    @property
    def shown(self) -> list[Json]:
        """The titles, the winner first."""
        return [self.title(name) for name in self.listed]

    def names_before(self, earlier: Ladder) -> dict[str, str]:
        """What profiles of these specs were called in earlier ones, where that was another name: earlier to later."""
        return {
            name: later
            for later, (desired, _) in self._profiles.items()
            for name in desired.previous_names
            if name in earlier._profiles and name not in self._profiles
        }

    @property
    def regions(self) -> set[str]:
        """Every group that a profile is for, and everybody where one is for all users."""
        return {region for targets in self._targets.values() for t in targets if (region := _region(t)) is not None}

    def winner(self, region: str) -> Winner:
        """The first in the order that takes all of a region.

        Profiles without a rank are behind those that have one only where the specs say so, and open among themselves.
        """
        listed = [name for name in self.listed if self._takes(name, region)]
        others = [name for name in self._targets if name not in self.listed and self._takes(name, region)]
        if listed and (not others or self._others_last):
            return self._won(listed[0])
        if listed or len(others) > 1:
            return Winner(None, known=False)
        return self._won(others[0]) if others else Winner(None)

    def _won(self, name: str) -> Winner:
        return Winner(self.title(name), name)

    def _takes(self, name: str, region: str) -> bool:
        whole = [t for t in self._targets.get(name, ()) if t.filter is None and not t.exclude]
        return any(_region(t) in (region, _EVERYBODY) for t in whole)


def _declared(desired: Desired, kinds: Mapping[str, Kind]) -> object:
    kind = kinds.get(desired.address.kind)
    return kind.declares(desired) if kind and _NOUNS & set(kind.nouns) else None


def _targets(desired: Desired, state: State | None) -> Sequence[Target]:
    value = assignments(desired.spec.get("assignments"), state.tenant if state else None)
    return named(wanted_targets(value))


def _region(target: Target) -> str | None:
    if target.exclude:
        return None
    return f"the group {target.group!r}" if target.who == "group" else _EVERYBODY if target.who == "users" else None


def order(before: State | None, after: State | None, kinds: Mapping[str, Kind]) -> JsonObject | None:
    """Both orders, and who would get another profile; None where nothing of that changes, or a document that may say
    otherwise is invalid.
    """
    unclear = doubtful(before, after)
    if unclear is None or any(_NOUNS & set(kinds[name].nouns) for name in unclear & kinds.keys()):
        return None
    old, new = Ladder(before, kinds), Ladder(after, kinds)
    renamed = new.names_before(old)
    moves: list[Json] = [*_moves(old, new, renamed)]
    if [renamed.get(name, name) for name in old.listed] == [*new.listed] and not moves:
        return None
    return {"before": old.shown, "after": new.shown, "people": moves}


def _moves(old: Ladder, new: Ladder, renamed: Mapping[str, str]) -> Iterator[JsonObject]:
    """Regions with another winner, which a profile under another name is not. Those who are in a group that a higher
    profile is for too go with that one.
    """
    regions = sorted(old.regions | new.regions, key=lambda region: (region != _EVERYBODY, region))
    for region in regions:
        was, now = old.winner(region), new.winner(region)
        same = renamed.get(was.name, was.name) if was.name else None
        if (same, was.known) != (now.name, now.known):
            yield {"who": region, "before": was.to_json(), "after": now.to_json()}
