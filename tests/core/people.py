"""Small tenants of people, and the number of people that a plan affects, found one by one from two tenant states.

The oracle of `affected`: it carries the plan out on plain data and asks for every single person what they have before
and after. It shares nothing with `audience` but how a target is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from reconciler.assignments import Target, read_target
from reconciler.audience import Census
from reconciler.canonical import canonical
from reconciler.decide import Planned

from ..kinds.service import Service
from .tenants import FILTERS, GROUPS

PEOPLE = tuple(f"person-{n}" for n in range(7))
_TOLD = ("@odata.type", "displayName", "description", "notes", "priority", "assignments")
"""What nobody's device notices, and what is looked at for itself."""


@dataclass(frozen=True)
class Person:
    """Somebody, with what decides whom targets reach: groups by id, filters that their device fits, devices."""

    groups: frozenset[str]
    fits: frozenset[str]
    has_device: bool

    def is_in(self, target: Target) -> bool:
        if target.filter and (target.filter.id in self.fits) != (target.filter.mode == "include"):
            return False
        alone = {"users": True, "devices": self.has_device, "other": False}
        return target.group in self.groups if target.who == "group" else alone[target.who]

    def has(self, body: Mapping[str, Any], intent: str | None) -> bool:
        """Whether an object is assigned to them."""
        targets = [read_target(a["target"]) for a in body["assignments"] if a.get("intent") == intent]
        reached = [target.exclude for target in targets if self.is_in(target)]
        return bool(reached) and not any(reached)


people = st.lists(
    st.builds(
        Person,
        st.frozensets(st.sampled_from(sorted(GROUPS.values()))),
        st.frozensets(st.sampled_from(sorted(FILTERS.values()))),
        st.booleans(),
    ),
    max_size=len(PEOPLE),
)


def census_of(everyone: list[Person], hidden: frozenset[str] = frozenset(), *, counted: bool = True) -> Census:
    """What would be read of these people, where some groups, or the number of all, cannot be read."""
    members = {
        group: frozenset(name for name, person in zip(PEOPLE, everyone, strict=False) if group in person.groups)
        for group in GROUPS.values()
    }
    return Census.of(
        {group: found for group, found in members.items() if group not in hidden},
        len(everyone) if counted else None,
        unread={group: f"group {group} could not be read" for group in hidden},
    )


def really_affected(planned: Planned, tenant: Mapping[str, Any], everyone: list[Person]) -> int:
    """How many of these people have something else after the plan than before."""
    service = Service(tenant)
    service.carry_out(planned.plan)
    return sum(_view(tenant, person) != _view(service.tenant, person) for person in everyone)


def _view(tenant: Mapping[str, Any], person: Person) -> tuple[Any, ...]:
    held = {}
    for key, objects in tenant.items():
        for each in objects:
            for intent in {a.get("intent") for a in each["assignments"]}:
                if person.has(each, intent):
                    held[(each["id"], intent)] = _settings(key, each)
    ladder = sorted(tenant["enrollmentProfiles"], key=lambda profile: profile["priority"])
    return held, next((profile["id"] for profile in ladder if person.has(profile, None)), None)


def _settings(key: str, body: Mapping[str, Any]) -> str:
    """What an object sets; that of an app is its assignments' matter."""
    return "" if key == "storeApps" else canonical({name: v for name, v in body.items() if name not in _TOLD})
