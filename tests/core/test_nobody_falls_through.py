"""The law that matters most to people: who has something before and after a run has it all the way through.

People are atoms: members of one group or of none, with a device that the filter fits or does not. After every single
request of a plan, whoever keeps an SSO policy, a required Authenticator or some enrollment profile in the end has one.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings

from reconciler.assignments import Target, read_target

from ..kinds.service import Service
from ..kinds.world import plan_of, specs_of, world_of
from .tenants import GROUPS, NAMES, documents, tenants

Person = tuple[str, bool]
PEOPLE: frozenset[Person] = frozenset(product((*GROUPS.values(), "no group"), (True, False)))


def reached(target: Target) -> frozenset[Person]:
    """The people of a target; devices are nobody here."""
    fits = {None: (True, False), "include": (True,), "exclude": (False,)}[target.filter.mode if target.filter else None]
    whom = {"users": None, "group": target.group}.get(target.who, "")
    return frozenset(p for p in PEOPLE if (whom is None or p[0] == whom) and p[1] in fits)


def covered(objects: list[dict[str, Any]], intent: str | None = None) -> frozenset[Person]:
    """Whom at least one of the objects reaches."""
    found: set[Person] = set()
    for each in objects:
        targets = [read_target(a["target"]) for a in each["assignments"] if intent in (None, a.get("intent"))]
        out = frozenset[Person]().union(*(reached(t) for t in targets if t.exclude))
        found |= frozenset[Person]().union(*(reached(t) for t in targets if not t.exclude)) - out
    return frozenset(found)


def standing(tenant: dict[str, list[dict[str, Any]]]) -> dict[str, frozenset[Person]]:
    return {
        "an SSO policy": covered(tenant["deviceFeatures"]),
        "a required Authenticator": covered(tenant["storeApps"], "required"),
        "an enrollment profile": covered(tenant["enrollmentProfiles"]),
    }


def without_profile_filters(tenant: dict[str, Any]) -> dict[str, Any]:
    """Graph holds a target once, so one with a filter has to go before it can come without: a gap that is known.

    Intune applies no filter to enrollment profiles, so it takes somebody who wrote one past the portal.
    """
    profiles = [
        {**each, "assignments": [a for a in each["assignments"] if not read_target(a["target"]).filter]}
        for each in tenant["enrollmentProfiles"]
    ]
    return {**tenant, "enrollmentProfiles": profiles}


@settings(deadline=None, max_examples=40, database=None)
@given(documents, tenants)
def test_who_keeps_something_has_it_all_the_way(specs: list[dict[str, Any]], tenant: dict[str, Any]) -> None:
    found, tenant = specs_of(specs), without_profile_filters(tenant)
    plan = plan_of(found, world_of(found, tenant, NAMES)).plan
    service = Service(tenant)
    states = [standing(service.tenant)]
    for change, step in plan.steps():
        operation = step.operation
        service.send(operation.method, operation.path, operation.body, "{" + f"{change.address}.id" + "}")
        states.append(standing(service.tenant))
    for what, before in states[0].items():
        keeping = before & states[-1][what]
        assert all(keeping <= state[what] for state in states), what
