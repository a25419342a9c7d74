"""Whom each part of the chain reaches, target by target, before and after a plan: its member `coverage`.

Nothing is read for it. A state is told where targets alone prove it (`symbolic`), or where the members that other
questions asked for tell it; everything else is not known, and never taken for reached or for absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Final

from ..assignments import Target
from ..audience import NOBODY, Census, Population
from ..facts import Part
from ..live import Names
from ..model import Json, JsonObject
from .model import Contender, Side, Supply
from .people import Number, number, provided, winners
from .symbolic import EVERYBODY, covered
from .verdicts import Sides

PARTS: Final[tuple[Part, ...]] = ("sso-policy", "authenticator", "compliance")
PROFILE: Final = "profile"
"""The first column: whether they get an enrollment profile."""
MOST: Final = 60
"""Rows that are told; those that profiles are for come first."""
_NAMED = 3
"""Objects that a cell names."""


class State(StrEnum):
    """What a part of the chain is to the people of a row."""

    ALL = "all"
    SOME = "some"
    NONE = "none"
    UNKNOWN = "unknown"
    PROVIDED = "provided"
    """Others provide it, the workspace says."""
    EMPTY = "empty"
    """There is nobody in the row, and targets alone do not tell."""


@dataclass(frozen=True, slots=True)
class _Cell:
    state: State
    people: Number | None = None
    """How many are reached, where some are."""
    by: tuple[str, ...] = ()


def coverage(
    sides: Sides, census: Census, names: Names, given: frozenset[str], blind: frozenset[str]
) -> JsonObject | None:
    """The member; None where no spec has a part in it.

    `given` are the parts that others provide, `blind` the columns of which not everything could be read.
    """
    rows = _rows(sides, names)
    ours = any(p.address for p in sides.after.profiles) or any(s.address for s in sides.after.supplies)
    if not rows or not ours:
        return None
    then, now = (_Reach(side, census, given, blind) for side in (sides.before, sides.after))
    return {
        "parts": [PROFILE, *PARTS],
        "rows": [_row(group, then, now, names, census) for group in rows[:MOST]],
        "left": max(len(rows) - MOST, 0),
    }


def _rows(sides: Sides, names: Names) -> list[str]:
    """The groups that count, the empty text for everybody: first whom profiles are for, then by name."""
    both = (sides.before, sides.after)
    enrolled = {t for side in both for p in side.profiles for t in p.targets}
    supplied = {t for side in both for s in side.supplies if s.part in PARTS for t in s.targets}
    first = {t.group for t in enrolled if t.who == "group" and not t.exclude}
    rest = {t.group for t in enrolled | supplied if t.who == "group"} - first
    whole = [""] * any(t.who in ("users", "devices") and not t.exclude for t in enrolled | supplied)
    return [*whole, *(group for some in (first, rest) for group in sorted(some, key=lambda g: (_named(g, names), g)))]


def _named(group: str, names: Names) -> str:
    known = names.groups_by_id.get(group)
    return (known.name if known else None) or ""


def _row(group: str, then: _Reach, now: _Reach, names: Names, census: Census) -> JsonObject:
    whom = census.people(Target("group", group)) if group else census.everybody
    size = number(whom, census) if now.counted and (group in census.groups or not group) else None
    known = whom if size else None
    return {
        "who": "group" if group else "users",
        "name": _named(group, names) or None,
        "id": group or None,
        "people": _json(size),
        "cells": [
            _told(part, then.cell(part, group, known), now.cell(part, group, known)) for part in (PROFILE, *PARTS)
        ],
    }


def _told(part: str, then: _Cell, now: _Cell) -> Json:
    return {"part": part, "before": then.state, "after": now.state, "people": _json(now.people), "by": [*now.by]}


def _json(told: Number | None) -> Json:
    return {**told.to_json()} if told else None


class _Reach:
    """One side of a plan, and whom its parts reach."""

    def __init__(self, side: Side, census: Census, given: frozenset[str], blind: frozenset[str]) -> None:
        self._side, self._census, self._given, self._blind = side, census, given, blind
        self.counted = bool(census.groups)
        self._won = winners(side.profiles, census) if self.counted else {}
        self._anyhow = reduce(or_, self._won.values(), NOBODY)
        self._profiles = _Supplies([_as_supply(profile) for profile in side.profiles])
        # Of Authenticator only user-licensed apps serve account-driven enrollment: where somebody may enroll that way,
        # those alone prove that people are reached.
        strict = next((p for p in side.profiles if p.account_driven), _NO_PROFILE)
        self._supplies: dict[str, _Supplies] = {part: _Supplies(side.serving(part, _NO_PROFILE)) for part in PARTS}
        self._sure: dict[str, _Supplies] = {part: _Supplies(side.serving(part, strict)) for part in PARTS}
        self._served: dict[str, Population] = {part: self._serves(part) for part in PARTS if self.counted}

    def _serves(self, part: Part) -> Population:
        """Who has a part, in a way that serves the profile that they win."""
        by_sort = {False: provided(self._side, part, _NO_PROFILE, self._census)}
        found = (self._census.everybody - self._anyhow) & by_sort[False]
        for profile in self._side.profiles:
            if profile.account_driven not in by_sort:
                by_sort[profile.account_driven] = provided(self._side, part, profile, self._census)
            found |= self._won[profile.key] & by_sort[profile.account_driven]
        return found

    def cell(self, part: str, group: str, whom: Population | None) -> _Cell:
        """What a part is to the people of a group, or to everybody. `whom` are they, where they were read.

        Of a group with nobody in it, what targets prove is told: somebody may come into it.
        """
        if part in self._given:
            return _Cell(State.PROVIDED)
        if part in self._blind or (part == "authenticator" and PROFILE in self._blind):
            return _Cell(State.UNKNOWN)
        if whom is not None and self._census.at_most(whom) == 0:
            found = self._told(part, group, None)
            return found if found.state is not State.UNKNOWN else _Cell(State.EMPTY)
        return self._told(part, group, whom)

    def _told(self, part: str, group: str, whom: Population | None) -> _Cell:
        region = frozenset({group}) if group else EVERYBODY
        if part == PROFILE:
            return self._profile(region, whom)
        supplies = self._supplies[part]
        proven = State.NONE if supplies.empty else State.ALL if self._sure[part].covers(region) else None
        got = self._served[part] if whom is not None else None
        return self._counted(proven, whom, got, supplies.by(region))

    def _profile(self, region: frozenset[str], whom: Population | None) -> _Cell:
        if whom is None:
            profiles = self._profiles
            proven = State.NONE if profiles.empty else State.ALL if profiles.covers(region) else None
            return self._counted(proven, None, None, profiles.by(region)[:1])
        theirs = [p for p in self._side.profiles if self._census.at_most(self._won[p.key] & whom) != 0]
        return self._counted(None, whom, self._anyhow, tuple(p.name for p in theirs[:_NAMED]))

    def _counted(
        self, proven: State | None, whom: Population | None, got: Population | None, by: tuple[str, ...]
    ) -> _Cell:
        """A state that targets prove, else what the people tell, where they were read."""
        if proven or whom is None or got is None:
            state = proven or State.UNKNOWN
            return _Cell(state, None, by if state is not State.NONE else ())
        reached, left = whom & got, whom - got
        if self._census.at_most(left) == 0:
            return _Cell(State.ALL, None, by)
        if self._census.at_most(reached) == 0:
            return _Cell(State.NONE)
        sure = self._census.at_least(reached) and self._census.at_least(left)
        return _Cell(State.SOME if sure else State.UNKNOWN, number(reached, self._census), by)


_NO_PROFILE: Final = Contender("", "", None, ())


def _as_supply(profile: Contender) -> Supply:
    """A profile as something that reaches people, for what targets prove of it."""
    return Supply("sso-policy", profile.key, profile.name, profile.targets)


class _Supplies:
    """The objects that provide one part, in their order, found by the groups that they include."""

    def __init__(self, supplies: Sequence[Supply]) -> None:
        self._supplies = supplies
        self._whole: set[int] = set()
        self._by_group: dict[str, set[int]] = {}
        for place, supply in enumerate(supplies):
            self._whole |= {place} if supply.everybody else set()
            for group in supply.whole | supply.part_of:
                self._by_group.setdefault(group, set()).add(place)
        self.empty = not any(s.works and any(not t.exclude for t in s.targets) for s in supplies)

    def covers(self, region: frozenset[str]) -> bool:
        """Whether targets alone prove that everybody there is reached.

        Only supplies that may include them are looked at, and those that include who is excluded from one of these.
        """
        near = self._including(region)
        also = self._including(group for place in near for group in self._supplies[place].out)
        return covered(region, [self._supplies[place] for place in sorted(near | also)])

    def by(self, region: frozenset[str]) -> tuple[str, ...]:
        """The names of the first that include them."""
        including = (self._supplies[place] for place in sorted(self._including(region)))
        fitting = (s.name for s in including if s.works and not region & s.out)
        return tuple(dict.fromkeys(fitting))[:_NAMED]

    def _including(self, groups: Iterable[str]) -> set[int]:
        return self._whole.union(*(self._by_group.get(group, set()) for group in groups))
