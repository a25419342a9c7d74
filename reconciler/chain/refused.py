"""What specs whose changes are refused leave open: the plan says why they are, and nothing that merely follows from it.

Such a plan cannot be applied, so no gap is hidden that anybody could fall into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..decide import Planned
from ..facts import App, Compliance, Fact, Part, Profile, SsoPolicy
from ..identity import markers_of
from ..kind import Kind
from ..live import Live
from ..model import Address
from ..spec.load import Desired

_OF_PROFILES = frozenset({"JIT301", "JIT307", "JIT308"})
"""Findings about profiles among each other, which say nothing while one of the specs is not settled."""
_OF_TWO: Mapping[Part, str] = {"sso-policy": "JIT105", "authenticator": "JIT504"}
"""Likewise of two supplies that meet: one of them may be the very object that the spec means."""


def addresses(planned: Planned) -> frozenset[Address]:
    """The specs whose changes are refused."""
    return frozenset(change.address for change in planned.plan.changes if change.refused)


def parts(planned: Planned) -> frozenset[Part]:
    """The parts of the chain that these specs are to supply."""
    return frozenset(part for fact in _facts(planned) if (part := _part(fact)))


def rules(planned: Planned) -> frozenset[str]:
    """The rules whose findings may be about nothing but what is refused."""
    of_profiles = _OF_PROFILES if any(isinstance(fact, Profile) for fact in _facts(planned)) else frozenset()
    return of_profiles | {_OF_TWO[part] for part in parts(planned) if part in _OF_TWO}


def unmatched(planned: Planned) -> list[Desired]:
    """The refused specs of which nobody knows which live object they stand for."""
    world = planned.world
    found = [a for a in sorted(addresses(planned)) if a in world.matches and world.matches[a].live is None]
    return [world.desired[address] for address in found if address in world.desired]


def may_mean(desired: Desired, kind: Kind, live: Live, tenant: str) -> bool:
    """Whether a spec of this kind may stand for an object: by its pin, by a marker, or by its name."""
    if desired.address.kind != kind.name:
        return False
    markers = markers_of(live, kind.marker_field) if kind.marker_field else ()
    marked = any(marker.address == desired.address for marker in markers)
    return marked or live.display_name == desired.spec.get("displayName") or live.id.casefold() == desired.pin(tenant)


def _facts(planned: Planned) -> Iterator[Fact]:
    for address in sorted(addresses(planned)):
        desired, kind = planned.world.desired.get(address), planned.kinds.get(address.kind)
        fact = kind.declares(desired) if kind and desired else None
        if fact is not None:
            yield fact


def _part(fact: Fact) -> Part | None:
    if isinstance(fact, App):
        return "authenticator" if fact.authenticator else "first-sign-in-app"
    return "sso-policy" if isinstance(fact, SsoPolicy) else "compliance" if isinstance(fact, Compliance) else None
