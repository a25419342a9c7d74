"""Laws of the schedule: over random drafts it is an order, and people gain before they lose."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kind import Operation, Phase, Verb
from reconciler.kinds import REGISTRY
from reconciler.model import ABSENT, Address, JsonObject
from reconciler.order import Draft, Part, merge_assigns, schedule
from reconciler.spec.load import Desired

from ..kinds.world import document, specs_of

laws = settings(deadline=None, max_examples=80, database=None)
GROUPS = ("A", "B", "C")
phases = st.lists(st.sampled_from((Phase.WRITE, Phase.GROW, Phase.SHRINK)), max_size=4)
targets = st.lists(st.sampled_from(("allUsers", *GROUPS)), max_size=2, unique=True)


def _spec(kind: str, name: str, include: list[str], order: list[str]) -> JsonObject:
    whole = [each if each == "allUsers" else {"group": each} for each in include]
    by_kind: dict[str, dict[str, Any]] = {
        "JitSsoPolicy": {"displayName": name},
        "AuthenticatorAssignment": {"app": {"source": "vpp", "token": name}},
        "EnrollmentProfile": {"displayName": name, "enrollmentType": "webBasedDeviceEnrollment"},
    }
    if kind == "EnrollmentPriority":
        return document(kind, name, {"order": order})
    return document(kind, name, {**by_kind[kind], "assignments": {"include": whole}})


@st.composite
def drafts(draw: st.DrawFn) -> dict[Address, Draft]:
    """Changes of all kinds with random operations; the order names some of the profiles."""
    documents, held = [], {}
    for kind in ("JitSsoPolicy", "AuthenticatorAssignment", "EnrollmentProfile"):
        for name in draw(st.lists(st.sampled_from(("p", "q", "r")), max_size=3, unique=True)):
            documents.append(_spec(kind, name, draw(targets), []))
    listed = [str(d["metadata"]["name"]) for d in documents if d["kind"] == "EnrollmentProfile"]
    if listed and draw(st.booleans()):
        documents.append(
            _spec("EnrollmentPriority", "ios", [], draw(st.permutations(listed))[: draw(st.integers(1, 3))])
        )
    desired = specs_of(documents).desired
    for address in desired:
        whole = draw(phases) if address.kind != "EnrollmentPriority" else [Phase.WRITE]
        held[address] = _draft(desired[address], whole)
    return held


def _draft(desired: Desired, whole: list[Phase]) -> Draft:
    verb = {Phase.WRITE: Verb.UPDATE, Phase.GROW: Verb.ASSIGN, Phase.SHRINK: Verb.ASSIGN}
    operations = [Operation(verb[phase], "POST", "/beta/x", ABSENT, phase) for phase in sorted(whole)]
    return Draft(REGISTRY[desired.address.kind], desired, operations)


@laws
@given(drafts())
def test_invariant_12_a_schedule_is_an_order_of_all_parts(changes: dict[Address, Draft]) -> None:
    made = schedule(changes)
    parts = [part for draft in changes.values() for part in draft.parts()]
    assert sorted(made.parts) == sorted(parts)
    place = {part: index for index, part in enumerate(made.parts)}
    for part in made.parts:
        assert all(place[before] < place[part] and made.waves[before] < made.waves[part] for before in made.needs[part])


@laws
@given(drafts(), st.randoms(use_true_random=False))
def test_a_schedule_knows_no_order_of_changes(changes: dict[Address, Draft], chance: random.Random) -> None:
    addresses = [*changes]
    chance.shuffle(addresses)
    assert schedule({address: changes[address] for address in addresses}) == schedule(changes)


@laws
@given(drafts())
def test_people_gain_before_they_lose(changes: dict[Address, Draft]) -> None:
    place = {part: index for index, part in enumerate(schedule(changes).parts)}

    def after(one: Part, other: Part) -> bool:
        return one not in place or other not in place or place[one] > place[other]

    for here, one in changes.items():
        for there, other in changes.items():
            if one.kind is other.kind:
                assert after((here, Phase.SHRINK), (there, Phase.GROW))
            near = one.reach & other.reach or "*" in one.reach | other.reach
            if other.kind.name in one.kind.prepares and near:
                assert all(after((there, phase), (here, Phase.GROW)) for phase in Phase)
                assert all(after((here, Phase.SHRINK), (there, phase)) for phase in Phase)
            if other.kind.name in one.kind.ranks:
                assert after((here, Phase.WRITE), (there, Phase.WRITE))
                assert after((there, Phase.GROW), (here, Phase.WRITE))


@laws
@given(drafts())
def test_merging_leaves_the_last_set_and_every_other_operation(changes: dict[Address, Draft]) -> None:
    before = {address: list(draft.operations) for address, draft in changes.items()}
    merge_assigns(changes)
    for address, draft in changes.items():
        gone = [o for o in before[address] if o not in draft.operations]
        assert all((o.verb, o.phase) == (Verb.ASSIGN, Phase.GROW) for o in gone)
        if gone:
            assert any((o.verb, o.phase) == (Verb.ASSIGN, Phase.SHRINK) for o in draft.operations)
        assert [o for o in draft.operations if o.verb is not Verb.ASSIGN] == [
            o for o in before[address] if o.verb is not Verb.ASSIGN
        ]
