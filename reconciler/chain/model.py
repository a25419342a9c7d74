"""The nouns of the chain: profiles that people win, supplies that reach people, one side of a plan, and gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..assignments import Target
from ..facts import ACCOUNT_DRIVEN, JIT_CAPABLE, NEEDS_REGISTRATION, USER_CHOICE, Part
from ..model import Address, Json

TITLES: Mapping[Part, str] = {
    "sso-policy": "an SSO policy",
    "authenticator": "a required Authenticator",
    "first-sign-in-app": "their first sign-in app",
    "web-clip": "a web clip",
    "compliance": "a compliance policy",
}
"""What people call a part of the chain, after "reached by"."""


_UNTOLD = "nothing tells whether it is licensed to the user or to the device"
OFFERED = frozenset({"required", "available", "availablewithoutenrollment"})
"""Intents, in lower case, by which an app can be had."""


@dataclass(frozen=True, slots=True)
class Supply:
    """One object that provides a part of the chain, and whom it is for."""

    part: Part
    key: str
    """The live id, or whatever stands for it; equal on both sides of a plan."""
    name: str
    """What messages call it."""
    targets: tuple[Target, ...]
    """Those that count: of Authenticator the required ones."""
    address: Address | None = None
    """The spec that stands for it."""
    account_driven: bool = True
    """Whether it also serves account-driven enrollment, which takes user-licensed apps only."""
    app: str = ""
    """The bundle id, in lower case, of an app."""
    licence_untold: bool = False
    """Whether nothing tells by which licence it installs, so that it may or may not serve account-driven enrollment."""
    doubt: str | None = None
    """Why it may not do its work although it reaches people; None where nothing speaks against it."""
    works: bool = True
    """False where it surely does not: it is told of, and it may be in the way of another one, but it serves nobody."""
    whole: frozenset[str] = field(init=False, compare=False, repr=False)
    """The groups that it includes without a filter; `part_of` those with one, `out` those that it excludes."""
    part_of: frozenset[str] = field(init=False, compare=False, repr=False)
    out: frozenset[str] = field(init=False, compare=False, repr=False)
    everybody: frozenset[bool] = field(init=False, compare=False, repr=False)
    """Of its targets that include everybody: whether there is one with a filter, and one without."""

    def __post_init__(self) -> None:
        included = [t for t in self.targets if not t.exclude]
        groups = [t for t in included if t.who == "group"]
        found = {
            "whole": frozenset(t.group for t in groups if t.filter is None),
            "part_of": frozenset(t.group for t in groups if t.filter is not None),
            "out": frozenset(t.group for t in self.targets if t.exclude and t.who == "group"),
            "everybody": frozenset(t.filter is not None for t in included if t.who in ("users", "devices")),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def includes(self, region: frozenset[str]) -> bool | None:
        """Whether it includes all of a region (groups that people are all in); None where a filter decides."""
        if False in self.everybody or region & self.whole:
            return True
        return None if True in self.everybody or region & self.part_of else False


@dataclass(frozen=True, slots=True)
class Contender:
    """One enrollment profile."""

    key: str
    name: str
    type: Json
    targets: tuple[Target, ...]
    options: tuple[tuple[str, str], ...] = ()
    address: Address | None = None
    first_app: str | None = None
    """Bundle id in lower case."""
    tied: bool = False
    """Whether another profile holds the same priority, so that nobody can tell which of them wins."""

    @property
    def jit_capable(self) -> bool:
        """Whether its people may register just in time."""
        return self.type in JIT_CAPABLE

    @property
    def needs_registration(self) -> bool:
        """Whether enrollment ends half-way without registration."""
        return self.type in NEEDS_REGISTRATION

    @property
    def account_driven(self) -> bool:
        """Whether only user-licensed apps reach its people."""
        return self.type == ACCOUNT_DRIVEN

    @property
    def chosen(self) -> bool:
        return self.type == USER_CHOICE


@dataclass(frozen=True, slots=True)
class Side:
    """The chain at one time: before a plan, or after it. Profiles stand in their order, the winner first."""

    profiles: tuple[Contender, ...] = ()
    supplies: tuple[Supply, ...] = ()
    unread: Mapping[Part | str, str] = field(default_factory=dict)
    """Parts of which not everything could be read, with the reason: what is missing there is not proven."""

    def serving(self, part: Part, profile: Contender) -> list[Supply]:
        """The supplies that provide this part to the people of a profile."""
        found = [supply for supply in self.supplies if supply.part == part]
        if part == "authenticator" and profile.account_driven:
            fitting = [supply for supply in found if supply.account_driven]
            found = [replace(s, doubt=s.doubt or _UNTOLD) if s.licence_untold else s for s in fitting]
        if part == "first-sign-in-app":
            found = [supply for supply in found if supply.app == profile.first_app]
        return found

    def above(self, profile: Contender) -> tuple[Contender, ...]:
        """The profiles that outrank this one."""
        return self.profiles[: self.profiles.index(profile)]
