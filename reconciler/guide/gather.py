"""What specs say that a guide tells: who enrolls how, in which order, with which app first, and whom to ask.

Pure, from the facts that kinds declare. Nothing is known of the tenant: groups are names, and whether one lies within
another is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from ..assignments import Wanted, wanted_targets
from ..facts import App, Clip, Compliance, Fact, Order, Profile, SsoPolicy
from ..rules.model import Declared
from ..rules.portals import Portal
from ..rules.vendors import app_name
from ..workspace import Provided

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class People:
    """Whom an assignment reaches, by the names in the specs."""

    everyone: bool = False
    groups: tuple[str, ...] = ()
    devices: bool = False
    without: tuple[str, ...] = ()
    """Groups that are left out."""
    filtered: bool = False

    @property
    def nobody(self) -> bool:
        return not (self.everyone or self.groups or self.devices)

    def surely_hold(self, others: People) -> bool:
        """Whether names alone prove that none of the others is left out."""
        if self.without or self.filtered:
            return False
        return self.everyone or (not others.everyone and set(others.groups) <= set(self.groups))


@dataclass(frozen=True, slots=True)
class Told(Generic[F]):
    """A fact of a spec, and whom it is for."""

    address: str
    name: str
    fact: F
    people: People
    assigned: bool
    """Whether the spec says anything of assignments; else they are not managed, and the people are not known here."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A profile, and whether anybody can come to it."""

    told: Told[Profile]
    placed: bool = True
    """Whether the specs say where it ranks."""
    shadowed_by: str | None = None
    """A profile before it that everybody gets."""

    @property
    def profile(self) -> Profile:
        return self.told.fact

    @property
    def people(self) -> People:
        return self.told.people

    @property
    def first_app(self) -> str | None:
        """The bundle id of the app for the first sign-in."""
        chosen = self.profile.onboarding.first_app
        return str(chosen.value) if chosen else None

    @property
    def first_app_name(self) -> str | None:
        """What people know that app by: as the spec says, or as its maker calls it."""
        return self.profile.onboarding.first_app_name or (app_name(self.first_app) if self.first_app else None)

    @property
    def reachable(self) -> bool:
        """Whether, as far as the specs tell, somebody may enroll by it, in a way that they say."""
        nobody = self.told.assigned and self.people.nobody
        return self.profile.type is not None and self.shadowed_by is None and not nobody


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a guide is made of."""

    tenant: str
    cloud: str
    portal: Portal
    enrollments: tuple[Enrollment, ...] = ()
    """The winner first, as far as the specs say."""
    unlisted: str | None = None
    """Where profiles rank that no spec names; None where no spec puts profiles in order."""
    policies: tuple[Told[SsoPolicy], ...] = ()
    apps: tuple[Told[App], ...] = ()
    icons: tuple[Told[Clip], ...] = ()
    checks: tuple[Told[Compliance], ...] = ()
    provided: tuple[Provided, ...] = ()
    support: Mapping[str, str] = field(default_factory=dict)
    """Some of `name`, `email`, `phone`, `url`."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What groups of the specs are called in this tenant, where that is something else."""
    tenant_id: str | None = None
    """As the workspace gives it."""

    @property
    def reachable(self) -> tuple[Enrollment, ...]:
        return tuple(each for each in self.enrollments if each.reachable)

    @property
    def ordered(self) -> bool:
        """Whether the specs say in which order all of their profiles rank."""
        return len(self.enrollments) < 2 or all(each.placed for each in self.enrollments)

    def icon_for(self, enrollment: Enrollment) -> str | None:
        """The icon of the Company Portal website that all these people surely have on their home screen."""
        icons = (each.fact for each in self.icons if self.leads_to_portal(each.fact))
        return next((icon.name for icon in icons if _brought_by(icon).surely_hold(enrollment.people)), None)

    def leads_to_portal(self, clip: Clip) -> bool:
        """Whether an icon leads to the Company Portal website of this cloud."""
        return urlsplit(str(clip.url.value)).hostname == self.portal.host


def gather(declared: Sequence[Declared], *, tenant: str, cloud: str, portal: Portal) -> Situation:
    """The situation that these specs make in a tenant, without what the workspace says beside them."""
    order = next((each.fact for each in declared if isinstance(each.fact, Order)), None)
    return Situation(
        tenant,
        cloud,
        portal,
        enrollments=_ranked(_all(declared, Profile, tenant), order),
        unlisted=order.unlisted if order else None,
        policies=_all(declared, SsoPolicy, tenant),
        apps=_all(declared, App, tenant),
        icons=_all(declared, Clip, tenant),
        checks=_all(declared, Compliance, tenant),
    )


def people_of(targets: Iterable[Wanted]) -> People:
    """Whom these targets reach."""
    all_ = list(targets)
    included = [each for each in all_ if not each.exclude]
    return People(
        everyone=any(each.who == "users" for each in included),
        groups=_names(each.group for each in included if each.who == "group"),
        devices=any(each.who == "devices" for each in included),
        without=_names(each.group for each in all_ if each.exclude),
        filtered=any(each.filter for each in included),
    )


def _names(groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(groups))


def _all(declared: Sequence[Declared], noun: type[F], tenant: str) -> tuple[Told[F], ...]:
    return tuple(_told(each, each.fact, tenant) for each in declared if isinstance(each.fact, noun))


def _told(declared: Declared, fact: F, tenant: str) -> Told[F]:
    spec, address = declared.desired.spec, declared.desired.address
    people = people_of(wanted_targets(spec.get("assignments"), tenant))
    return Told(str(address), address.name, fact, people, "assignments" in spec)


def _ranked(profiles: Iterable[Told[Profile]], order: Order | None) -> tuple[Enrollment, ...]:
    """The profiles as the order has them, each with the one that keeps everybody from it, if one does."""
    listed = [str(each.value) for each in order.names] if order else []
    placed = {name: rank for rank, name in enumerate(listed)}
    elsewhere = -1 if order and order.unlisted == "first" else len(placed)
    sure = order is not None and order.unlisted != "keep"
    every = [Enrollment(each, placed=sure or each.name in placed) for each in profiles]
    every.sort(key=lambda each: (placed.get(each.told.name, elsewhere), each.told.name))
    return tuple(_shadowed(every))


def _shadowed(ranked: Iterable[Enrollment]) -> Iterable[Enrollment]:
    winner: str | None = None
    for each in ranked:
        yield replace(each, shadowed_by=winner)
        if winner is None and each.placed and each.people.everyone:
            winner = each.told.name


def _brought_by(clip: Clip) -> People:
    """Whom an icon reaches without their doing anything."""
    return people_of(each.wanted for each in clip.deliveries if each.intent == "required" or each.wanted.exclude)
