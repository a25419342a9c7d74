"""Objects by their pins: which live object a spec stands for, what the pins should be, and the laws of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.decide import match_all
from reconciler.kind import World
from reconciler.kinds import REGISTRY
from reconciler.model import Address
from reconciler.pinning import Proposal, propose
from reconciler.pins import Pins
from reconciler.plan import Change

from ..kinds.test_cases import OBJECTS
from ..kinds.world import TENANT, document, plan_of, specs_of, world_of
from .tenants import NAMES, documents, tenants

X, Y, Z = (f"bbbbbbbb-0000-4000-8000-00000000000{digit}" for digit in "123")
WEB = Address("EnrollmentProfile", "web")
OURS = "[reconciler owner=contoso kind=EnrollmentProfile name=web]"
THEIRS = "[reconciler owner=fabrikam kind=EnrollmentProfile name=web]"
BEFORE = "[reconciler owner=contoso kind=EnrollmentProfile name=byod]"
ASIDE = "[reconciler owner=contoso kind=EnrollmentProfile name=web-replaced]"
laws = settings(deadline=None, max_examples=25, database=None)


def with_pins(world: World, pins: Pins) -> World:
    """The world that `refresh` would have given with this file."""
    names = replace(world.names, pinned=pins.names)
    return match_all(REGISTRY, replace(world, names=names, pins=pins.objects, matches={}, indexes={}))


def proposal(world: World, before: Pins | None = None) -> Proposal:
    """What `pin` would write, with this file before it."""
    read = with_pins(world, replace(before, objects={})) if before else world
    return propose(REGISTRY, read, before, tenant_id=TENANT.tenant_id)


def pins_of(objects: Mapping[str, str]) -> Pins:
    return Pins(TENANT.name, TENANT.tenant_id, objects={Address.parse(text): i for text, i in objects.items()})


# Which object a spec stands for


@dataclass(frozen=True)
class Row:
    """`live` are profiles: id to name and text. `web` is pinned to X unless `pins` says otherwise."""

    name: str
    live: Mapping[str, tuple[str, str | None]]
    action: str
    live_id: str | None = None
    rule: str | None = None
    says: tuple[str, ...] = ()
    adopts: bool = False
    refused: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=lambda: {str(WEB): X})
    pinned_then: Mapping[str, str] = field(default_factory=lambda: {str(WEB): X})
    """What `pin` makes of the objects."""
    contested: bool = False


RESTORE = (f"the marker of {WEB} was removed from", X, OURS, "--expect adoptions")
ROWS = [
    Row("marked as pinned", {X: ("BYOD", OURS)}, "no-op", X),
    Row("renamed in the portal", {X: ("Renamed", OURS)}, "update", X),
    Row("its marker is gone", {X: ("BYOD", "Text")}, "update", X, "IDENT111", RESTORE, adopts=True),
    Row("marker and name are gone", {X: ("Renamed", None)}, "update", X, "IDENT111", RESTORE, adopts=True),
    Row(
        "its marker is gone and another has its name",
        {X: ("Renamed", None), Y: ("BYOD", None)},
        "update",
        X,
        "IDENT111",
        RESTORE,
        adopts=True,
    ),
    Row(
        "its marker is gone and two others have its name",
        {X: ("Renamed", None), Y: ("BYOD", None), Z: ("BYOD", None)},
        "update",
        X,
        "IDENT111",
        RESTORE,
        adopts=True,
    ),
    Row(
        "another carries its marker",
        {X: ("BYOD", None), Y: ("BYOD", OURS)},
        "no-op",
        None,
        "IDENT104",
        (X, Y, f"reconciler pin --accept {WEB}"),
        refused=True,
        pinned_then={str(WEB): Y},
        contested=True,
    ),
    Row(
        "a copy carries its marker too",
        {X: ("BYOD", OURS), Y: ("BYOD copy", OURS)},
        "no-op",
        None,
        "IDENT102",
        (X, Y, f"{X} is the original"),
        refused=True,
    ),
    Row(
        "two copies carry its marker, and it does not",
        {X: ("BYOD", None), Y: ("BYOD", OURS), Z: ("BYOD", OURS)},
        "no-op",
        None,
        "IDENT102",
        (Y, Z),
        refused=True,
    ),
    Row("another owner marked it", {X: ("BYOD", THEIRS)}, "no-op", None, "IDENT105", ("fabrikam",), refused=True),
    Row("it was deleted", {}, "create", None, "IDENT113", (X, "does not exist any more"), pinned_then={}),
    Row(
        "it was deleted, and another has its name",
        {Y: ("BYOD", None)},
        "update",
        Y,
        "IDENT113",
        (X,),
        adopts=True,
        pinned_then={},
    ),
    Row(
        "it was deleted, and made anew by us",
        {Y: ("BYOD", OURS)},
        "no-op",
        Y,
        "IDENT113",
        (X, "reconciler pin"),
        pinned_then={str(WEB): Y},
    ),
    Row("a new one is taking its place", {X: ("BYOD", ASIDE)}, "create", None, "IDENT113"),
    Row(
        "its name in the specs changed, with the old one declared",
        {X: ("BYOD", None)},
        "update",
        X,
        "IDENT111",
        RESTORE,
        adopts=True,
        metadata={"previousNames": ["byod"]},
        pins={"EnrollmentProfile/byod": X},
    ),
    Row(
        "its name in the specs changed, and it still has the old marker",
        {X: ("BYOD", BEFORE)},
        "update",
        X,
        metadata={"previousNames": ["byod"]},
        pins={"EnrollmentProfile/byod": X},
    ),
    Row("pins of other specs are nobody's business", {Y: ("BYOD", OURS)}, "no-op", Y, pins={"EnrollmentProfile/b": X},
        pinned_then={str(WEB): Y}),
    Row("the spec pins it too", {X: ("BYOD", OURS)}, "no-op", X, spec={"id": X}),
    Row(
        "the spec pins another",
        {X: ("BYOD", OURS), Y: ("Other", None)},
        "no-op",
        None,
        "IDENT104",
        (X, Y),
        refused=True,
        spec={"id": Y},
    ),
    Row(
        "the spec pins another, and both are unmarked",
        {X: ("BYOD", None), Y: ("Other", None)},
        "no-op",
        None,
        "IDENT104",
        (f"the spec pins {Y}, the pins have {X}", "reconciler pin --accept"),
        refused=True,
        spec={"id": Y},
        pinned_then={},
    ),
    Row("the spec pins another, and it was deleted", {Y: ("BYOD", OURS)}, "no-op", Y, spec={"id": Y},
        pinned_then={str(WEB): Y}),
]  # fmt: skip


def world_for(row: Row) -> tuple[Any, World]:
    spec = {"displayName": "BYOD", "enrollmentType": "webBasedDeviceEnrollment", **row.spec}
    specs = specs_of([document(WEB.kind, WEB.name, spec, **row.metadata)])
    assert specs.valid, specs.diagnostics
    live = [
        {**OBJECTS["profile"], "id": i, "displayName": name, "description": text, "priority": rank}
        for rank, (i, (name, text)) in enumerate(row.live.items())
    ]
    return specs, world_of(specs, {"enrollmentProfiles": live}, {})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_spec_stands_for(row: Row) -> None:
    specs, world = world_for(row)
    made = plan_of(specs, with_pins(world, pins_of(row.pins))).plan
    change = next(c for c in made.changes if c.address == WEB)
    assert (str(change.action), change.live_id, change.adopts, change.refused) == (
        row.action,
        row.live_id,
        row.adopts,
        row.refused,
    )
    found = [d for d in made.diagnostics if d.rule.startswith("IDENT")]
    assert [d.rule for d in found] == ([row.rule] if row.rule else [])
    assert [d.severity for d in found] == [_severity(row)] * len(found)
    for each in found:
        assert [part for part in row.says if part not in f"{each.message}; {each.detail}"] == []
        assert each.position is not None


def _severity(row: Row) -> str:
    return "error" if row.refused else {"IDENT111": "warning", "IDENT113": "info"}.get(row.rule or "", "")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_pin_makes_of_it(row: Row) -> None:
    before = pins_of(row.pins)
    _, world = world_for(row)
    made = proposal(world, before)
    assert {str(address): i for address, i in made.pins.objects.items()} == row.pinned_then
    assert [c.name for c in made.contested] == [str(WEB)] * row.contested
    assert made.resolved


def test_what_is_contested_takes_a_name_or_a_glob() -> None:
    row = next(row for row in ROWS if row.contested)
    made = proposal(world_for(row)[1], pins_of(row.pins))
    assert made.refused([]) == made.contested
    assert made.refused(["EnrollmentProfile/byod"]) == made.contested
    assert made.refused([str(WEB)]) == made.refused(["EnrollmentProfile/*"]) == ()


def test_an_app_of_others_is_not_pinned() -> None:
    spec = {"app": {"source": "store", "createIfMissing": True}}
    specs = specs_of([document("AuthenticatorAssignment", "store", spec)])
    notes = "[reconciler owner=contoso kind=AuthenticatorAssignment name=store]"
    world = world_of(specs, {"storeApps": [{**OBJECTS["store-app"], "notes": notes}]}, {})
    assert proposal(world).pins.objects == {}


# Laws


@laws
@given(documents, tenants)
def test_pin_then_pin_changes_nothing_and_plans_are_the_same(
    specs: list[dict[str, Any]], tenant: dict[str, Any]
) -> None:
    found = specs_of(specs)
    world = world_of(found, tenant, NAMES)
    first = proposal(world)
    assert first.resolved
    assert first.contested == ()
    again = proposal(world, first.pins)
    assert not again.differs
    assert again.changes == again.contested == ()
    assert plan_of(found, with_pins(world, first.pins)).plan.to_json() == plan_of(found, world).plan.to_json()


@laws
@given(documents, tenants)
def test_an_object_that_lost_its_marker_is_never_ours_in_silence(
    specs: list[dict[str, Any]], tenant: dict[str, Any]
) -> None:
    """Nor is another made in its place: it is recognised, told, and taken over with consent only."""
    found = specs_of(specs)
    pins = proposal(world_of(found, tenant, NAMES)).pins
    bare = {
        key: [{**o, "description": None, "notes": None} if o["id"] in pins.objects.values() else o for o in held]
        for key, held in tenant.items()
    }
    made = plan_of(found, with_pins(world_of(found, bare, NAMES), pins)).plan
    told = {d.address for d in made.diagnostics if d.rule == "IDENT111"}
    assert told == set(pins.objects)
    assert [c for c in made.changes if c.address in told and not _taken_over(c, pins)] == []


def _taken_over(change: Change, pins: Pins) -> bool:
    return change.refused or (change.adopts and change.live_id == pins.objects[change.address])


@laws
@given(documents.filter(bool), tenants, st.sampled_from(["groups", "filters", "scopeTags"]))
def test_names_that_stand_for_others_are_refused_and_contested(
    specs: list[dict[str, Any]], tenant: dict[str, Any], sort: str
) -> None:
    """Everything of one sort was deleted and made anew under its old name."""
    found = specs_of(specs)
    pins = proposal(world_of(found, tenant, NAMES)).pins
    used = dict(pins.sections())[sort]
    moved = {**NAMES, sort: {name: _other(i) for name, i in {"Default": "0", **NAMES[sort]}.items()}}
    world = world_of(found, tenant, moved)
    made = plan_of(found, with_pins(world, pins)).plan
    refused = {c.address for c in made.changes if c.refused}
    assert {d.address for d in made.diagnostics if d.rule == "NAME103"} <= refused
    assert any(d.rule == "NAME103" for d in made.diagnostics) == bool(used)
    again = proposal(world, pins)
    assert {c.name for c in again.contested} == set(used)
    assert plan_of(found, with_pins(world, again.pins)).plan.to_json() == plan_of(found, world).plan.to_json()


def _other(object_id: str) -> str:
    return f"8{object_id[1:]}" if len(object_id) > 1 else f"4{object_id}"
