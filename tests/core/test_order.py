"""The schedule: examples as data, and its laws: it is an order, and people gain before they lose."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kind import Operation, Phase, Verb
from reconciler.kinds import REGISTRY
from reconciler.model import ABSENT, Address, Json, JsonObject
from reconciler.order import Draft, Part, meet, merge_assigns, reach, schedule
from reconciler.spec.load import Desired

from ..kinds.world import document, specs_of

laws = settings(deadline=None, max_examples=40, database=None)
GROUPS = ("A", "B", "C")
IOS = Address("EnrollmentPriority", "ios")
VERBS = {Phase.WRITE: Verb.UPDATE, Phase.GROW: Verb.ASSIGN, Phase.SHRINK: Verb.ASSIGN, Phase.RETIRE: Verb.DELETE}
LIVING = st.lists(st.sampled_from((Phase.WRITE, Phase.GROW, Phase.SHRINK)), max_size=4)
phases = LIVING | st.sampled_from(([Phase.RETIRE], [Phase.WRITE, Phase.RETIRE]))
targets = st.lists(st.sampled_from(("allUsers", *GROUPS)), max_size=2, unique=True)


def _spec(kind: str, name: str, include: list[str], order: list[str]) -> JsonObject:
    whole = [each if each == "allUsers" else {"group": each} for each in include]
    by_kind: dict[str, dict[str, Any]] = {
        "JitSsoPolicy": {"displayName": name},
        "AuthenticatorAssignment": {"app": {"source": "vpp", "token": name}},
        "EnrollmentProfile": {"displayName": name, "enrollmentType": "webBasedDeviceEnrollment"},
        "WebClip": {"displayName": name, "url": "https://portal.manage.microsoft.com/"},
    }
    if kind == "EnrollmentPriority":
        return document(kind, name, {"order": order})
    return document(kind, name, {**by_kind[kind], "assignments": {"include": whole}})


@st.composite
def drafts(draw: st.DrawFn) -> dict[Address, Draft]:
    """Changes of all kinds with random operations; the order names some of the profiles."""
    documents = []
    for kind in ("JitSsoPolicy", "AuthenticatorAssignment", "EnrollmentProfile"):
        for name in draw(st.lists(st.sampled_from(("p", "q", "r")), max_size=3, unique=True)):
            documents.append(_spec(kind, name, draw(targets), []))
    desired = specs_of(documents).desired
    held = {address: _draft(each, draw(phases)) for address, each in desired.items()}
    listed = [a.name for a, each in held.items() if a.kind == "EnrollmentProfile" and not each.retiring]
    if listed and draw(st.booleans()):
        names = draw(st.permutations(listed))[: draw(st.integers(1, 3))]
        found = specs_of([*documents, _spec("EnrollmentPriority", "ios", [], names)]).desired
        held[IOS] = _draft(found[IOS], [Phase.WRITE])
    return held


def _draft(desired: Desired, whole: list[Phase], *waits_for: Address) -> Draft:
    operations = [Operation(VERBS[phase], "POST", "/beta/x", ABSENT, phase) for phase in sorted(whole)]
    return Draft(REGISTRY[desired.address.kind], desired, operations, waits_for=waits_for)


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
            staying = not one.retiring and not other.retiring
            if other.kind.name in one.kind.prepares and near and staying:
                assert all(after((there, phase), (here, Phase.GROW)) for phase in Phase)
                assert all(after((here, Phase.SHRINK), (there, phase)) for phase in Phase)
            if other.kind.name in one.kind.ranks and staying:
                assert after((here, Phase.WRITE), (there, Phase.WRITE))
                assert after((there, Phase.GROW), (here, Phase.WRITE))


@laws
@given(drafts())
def test_what_ends_ends_last(changes: dict[Address, Draft]) -> None:
    """Behind all that stays, and behind every part of what relied on its kind, ending or not."""
    made = schedule(changes)
    place = {part: index for index, part in enumerate(made.parts)}
    for here, one in ((address, draft) for address, draft in changes.items() if draft.retiring):
        end = (here, Phase.RETIRE)
        for other in (draft for draft in changes.values() if draft is not one):
            relied = other.kind.name in one.kind.prepares
            behind = [part for part in other.parts() if relied or part[1] is not Phase.RETIRE]
            assert all(place[part] < place[end] for part in behind)
            gained = [part for part in other.parts() if part[1] in (Phase.WRITE, Phase.GROW)]
            needed = behind if relied else gained if other.kind is one.kind else []
            assert made.needs[end] & set(other.parts()) == set(needed)


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


# Examples

LETTERS = {"W": Phase.WRITE, "G": Phase.GROW, "S": Phase.SHRINK, "R": Phase.RETIRE}
KINDS = {"jit": "JitSsoPolicy", "app": "AuthenticatorAssignment", "profile": "EnrollmentProfile"}


def drafted(*lines: str) -> dict[Address, Draft]:
    """Drafts from `kind/name targets phases` and, after `<`, what each waits for; and from `order names`.

    Phases `-` are those of a spec that does not change.
    """
    order = next((line.partition(" ")[2] for line in lines if line.startswith("order ")), "")
    whole = {}
    for line in (line for line in lines if not line.startswith("order ")):
        words, _, waits = line.partition("<")
        short, to, letters = words.split()
        whole[_address(short)] = (to, letters, [*map(_address, waits.split())])
    documents = [_spec(address.kind, address.name, [to], []) for address, (to, _, _) in whole.items()]
    documents += [_spec(IOS.kind, IOS.name, [], order.split())] if order else []
    desired = specs_of(documents).desired
    held = {
        address: _draft(desired[address], [LETTERS[each] for each in letters], *waits)
        for address, (_, letters, waits) in whole.items()
        if letters != "-"
    }
    return {**held, IOS: _draft(desired[IOS], [Phase.WRITE])} if order else held


def _address(short: str) -> Address:
    kind, _, name = short.partition("/")
    return Address(KINDS[kind], name)


def _part(part: Part) -> str:
    short = {name: each for each, name in KINDS.items()}
    name = "order" if part[0] == IOS else f"{short[part[0].kind]}/{part[0].name}"
    return f"{name}.{part[1].name[0]}"


def told(changes: dict[Address, Draft]) -> list[str]:
    """The schedule, a line for each part: its wave, the part, and after `<` what it must not be done without."""
    made = schedule(changes)
    lines = []
    for part in made.parts:
        needs = " ".join(sorted(map(_part, made.needs[part])))
        lines.append(f"{made.waves[part]} {_part(part)}{f' < {needs}' if needs else ''}")
    return lines


EXAMPLES = [
    pytest.param(
        ("profile/b A W", "jit/b A W", "profile/a A W", "jit/a A W", "app/a A W"),
        """
        1 app/a.W
        1 jit/a.W
        1 jit/b.W
        2 profile/a.W < app/a.W jit/a.W jit/b.W
        2 profile/b.W < app/a.W jit/a.W jit/b.W
        """,
        id="by address within a wave",
    ),
    pytest.param(
        ("jit/a A WGS", "profile/a A WGS"),
        """
        1 jit/a.W
        2 jit/a.G < jit/a.W
        3 profile/a.W < jit/a.G jit/a.W
        4 profile/a.G < profile/a.W
        5 profile/a.S < profile/a.G
        6 jit/a.S < jit/a.G profile/a.S
        """,
        id="a prerequisite grows before and shrinks after",
    ),
    pytest.param(
        ("jit/a A G", "jit/b B G", "profile/a A G"),
        """
        1 jit/a.W
        1 jit/b.W
        2 jit/a.G < jit/a.W
        2 jit/b.G < jit/b.W
        3 profile/a.W < jit/a.G jit/a.W
        4 profile/a.G < profile/a.W
        """,
        id="only the prerequisites of the same people",
    ),
    pytest.param(
        ("jit/a A W", "jit/b B W", "app/a C W", "profile/a C W"),
        """
        1 app/a.W
        1 jit/a.W
        1 jit/b.W
        2 profile/a.W < app/a.W jit/a.W jit/b.W
        """,
        id="by nesting they may be the same people",
    ),
    pytest.param(
        ("jit/a allUsers W", "jit/b B W", "profile/a A W"),
        """
        1 jit/a.W
        1 jit/b.W
        2 profile/a.W < jit/a.W
        """,
        id="everybody",
    ),
    pytest.param(
        ("jit/a A GS", "jit/b B GS", "app/a C GS"),
        """
        1 app/a.W
        1 jit/a.W
        1 jit/b.W
        2 app/a.G < app/a.W
        2 jit/a.G < jit/a.W
        2 jit/b.G < jit/b.W
        3 app/a.S < app/a.G
        3 jit/a.S < jit/a.G jit/b.G
        3 jit/b.S < jit/a.G jit/b.G
        """,
        id="all of a kind gain before any loses",
    ),
    pytest.param(
        ("profile/a A WG", "profile/b B WGS", "profile/c C W", "order b a"),
        """
        1 profile/b.W
        2 profile/a.W
        3 profile/c.W
        4 order.W < profile/a.W profile/b.W
        5 profile/a.G < order.W profile/a.W
        5 profile/b.G < order.W profile/b.W
        6 profile/b.S < profile/a.G profile/b.G
        """,
        id="an order waits for those it lists, and those who gain for it",
    ),
    pytest.param(
        ("jit/a A GS", "profile/a B S", "order a"),
        """
        1 jit/a.W
        2 jit/a.G < jit/a.W
        3 profile/a.W < jit/a.G jit/a.W
        4 order.W < profile/a.W
        4 profile/a.S < profile/a.W
        5 jit/a.S < jit/a.G profile/a.S
        """,
        id="an order does not wait for who loses",
    ),
    pytest.param(
        ("jit/a A G", "profile/a A -", "order a"),
        """
        1 jit/a.W
        2 jit/a.G < jit/a.W
        3 order.W
        """,
        id="an order sends people to a profile that has it all",
    ),
    pytest.param(
        ("profile/a A WG", "profile/x A WR", "jit/a A R", "jit/b A GS", "app/a A G"),
        """
        1 app/a.W
        1 profile/x.W
        1 jit/b.W
        2 app/a.G < app/a.W
        2 jit/b.G < jit/b.W
        3 profile/a.W < app/a.G app/a.W jit/b.G jit/b.W
        4 profile/a.G < profile/a.W
        5 jit/b.S < jit/b.G profile/a.G
        6 profile/x.R < profile/a.G profile/a.W profile/x.W
        7 jit/a.R < jit/b.G jit/b.W profile/a.G profile/a.W profile/x.R profile/x.W
        """,
        id="what ends",
    ),
    pytest.param(
        ("jit/a A R", "jit/b B R"),
        """
        1 jit/a.R
        1 jit/b.R
        """,
        id="what ends side by side",
    ),
    pytest.param(
        ("jit/a A W < jit/b jit/gone", "jit/b B WG"),
        """
        1 jit/b.W
        2 jit/a.W < jit/b.W
        2 jit/b.G < jit/b.W
        """,
        id="waiting for the first part of another",
    ),
]


@pytest.mark.parametrize(("lines", "expected"), EXAMPLES)
def test_examples(lines: tuple[str, ...], expected: str) -> None:
    assert told(drafted(*lines)) == [line.strip() for line in expected.strip().splitlines()]


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the changes depend on each other in a circle$"):
        schedule(drafted("jit/a A W < jit/b", "jit/b B W < jit/a"))


# Whom a spec names

GROUP, PINNED = {"group": "A"}, {"group": "B", "id": "ABCDEF00-0000-4000-8000-000000000000"}
REACHES = [
    pytest.param({"include": [GROUP, PINNED]}, {"A", "B", "abcdef00-0000-4000-8000-000000000000"}, id="names and ids"),
    pytest.param({"include": ["allUsers", GROUP]}, {"*", "A"}, id="users"),
    pytest.param({"include": ["allDevices"]}, {"*"}, id="devices"),
    pytest.param({"include": [GROUP], "exclude": [PINNED]}, {"A"}, id="but not whom it excludes"),
    pytest.param({"include": [], "exclude": [GROUP]}, set(), id="nobody"),
    pytest.param(None, set(), id="unmanaged"),
]


@pytest.mark.parametrize(("assignments", "expected"), REACHES)
def test_reach(assignments: Json, expected: set[str]) -> None:
    whole = document("JitSsoPolicy", "p", {"displayName": "P", "assignments": assignments})
    (desired,) = specs_of([whole]).desired.values()
    assert reach(desired) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("A", "A", True), ("AB", "BC", True), ("A", "B", False), ("*", "A", True), ("", "A", False), ("*", "", True)],
)
def test_reaches_meet(one: str, other: str, expected: bool) -> None:
    """In either direction; everybody meets even those whom nothing names: they may be nested in a group."""
    assert meet(frozenset(one), frozenset(other)) is expected
    assert meet(frozenset(other), frozenset(one)) is expected


def test_draft_of_nothing_has_its_first_part_unless_it_ends_something() -> None:
    parts = [[part[1] for part in each.parts()] for each in drafted("jit/a A S", "jit/b A R").values()]
    assert parts == [[Phase.WRITE, Phase.SHRINK], [Phase.RETIRE]]


def test_a_filter_ends_behind_whatever_else_ends() -> None:
    """Nothing is assigned with it any more then; two filters wait for nothing of each other."""
    rule = '(device.deviceOwnership -eq "Personal")'
    filters = [document("AssignmentFilter", name, {"displayName": name, "rule": rule}) for name in ("a", "b")]
    desired = specs_of([*filters, _spec("WebClip", "z", [], [])]).desired
    made = schedule({address: _draft(each, [Phase.RETIRE]) for address, each in desired.items()})
    waves = {address.name: made.waves[(address, Phase.RETIRE)] for address in desired}
    assert waves["z"] < waves["a"] == waves["b"]
