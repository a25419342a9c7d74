"""What a name stands for, with and without pins: one table, for groups, assignment filters and scope tags alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.assignments import resolve, wanted_targets
from reconciler.diagnostics import Severity
from reconciler.live import Group, Names, Pinned, Sort
from reconciler.resolution import RULES, stands_for

A, B, C = (f"{digit}aaaaaaa-1111-4222-8333-000000000001" for digit in "123")
SORTS: tuple[Sort, ...] = ("groups", "filters", "scopeTags")
PATH = ("spec", "name")


@dataclass(frozen=True)
class Row:
    """`held` is what the tenant has: name to ids. `says` must stand in message and detail together."""

    name: str
    held: Mapping[str, tuple[str, ...]]
    pins: Mapping[str, str]
    stands_for: str
    rule: str | None = None
    says: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


ROWS = [
    Row("one, not pinned", {"X": (A,)}, {}, A),
    Row("one, pinned", {"X": (A,)}, {"X": A}, A),
    Row("pins of other names are nobody's business", {"X": (A,)}, {"Y": B, "Z": C}, A),
    Row("none, not pinned", {"Y": (A,)}, {}, "", "NAME101", ("is called 'X'",)),
    Row("two, not pinned", {"X": (A, B)}, {}, "", "NAME101", ("2 ", "are called 'X'", A, B)),
    Row("two, one of them pinned", {"X": (A, B)}, {"X": B}, B, "NAME106", (B, f"rename the others: {A}")),
    Row("case counts", {"x": (A,)}, {}, "", "NAME101"),
    Row(
        "another one has the name now",
        {"X": (B,), "Old X": (A,)},
        {"X": A},
        "",
        "NAME103",
        (f"stood for {A} when it was pinned", f"stands for {B} now", "'Old X'", "reconciler pin --accept X"),
    ),
    Row(
        "deleted, and made anew",
        {"X": (B,)},
        {"X": A},
        "",
        "NAME103",
        (A, B, f"{A} does not exist any more", "--accept"),
    ),
    Row(
        "two others have the name now", {"X": (B, C)}, {"X": A}, "", "NAME103", (f"{B}, {C} now", "rename all but one")
    ),
    Row(
        "renamed",
        {"New X": (A,)},
        {"X": A},
        "",
        "NAME104",
        ("pinned under 'X' is called 'New X' now", "rename it back", "correct the name"),
    ),
    Row("deleted", {"Y": (B,)}, {"X": A}, "", "NAME101", ("is called 'X'", f"{A} does not exist any more")),
    Row(
        "nobody could look",
        {"X": (B,)},
        {"X": A},
        "",
        "NAME103",
        (f"whether {A} still exists could not be read",),
        problems=("403",),
    ),
]


def names(sort: Sort, row: Row) -> Names:
    """The names of a tenant that has `row.held` of one sort."""
    pinned = Pinned(**{{"scopeTags": "scope_tags"}.get(sort, sort): row.pins})
    if sort != "groups":
        return Names(**{{"scopeTags": "scope_tags"}.get(sort, sort): row.held}, pinned=pinned, problems=row.problems)  # type: ignore[arg-type]
    held = {name: tuple(Group(i, name) for i in ids) for name, ids in row.held.items()}
    by_id = {group.id: group for same in held.values() for group in same}
    gone = {} if row.problems else {i: Group(i, None) for i in row.pins.values() if i not in by_id}
    asked = {name: same for name, same in held.items() if name == "X"}
    return Names(groups=asked, groups_by_id={**by_id, **gone}, pinned=pinned, problems=row.problems)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_name_stands_for(row: Row, sort: Sort) -> None:
    found, problems = stands_for(sort, "X", names(sort, row), PATH)
    assert found == row.stands_for
    assert [problem.rule for problem in problems] == ([row.rule] if row.rule else [])
    assert [problem.blocks for problem in problems] == [not row.stands_for] * bool(row.rule)
    for problem in problems:
        assert problem.path == PATH
        assert problem.rule in RULES
        said = f"{problem.message}; {problem.detail}"
        assert [part for part in row.says if part not in said] == []


@pytest.mark.parametrize("written", [A, A.upper()])
def test_the_case_of_an_id_means_nothing(written: str) -> None:
    held = Names(filters={"X": (written,)}, pinned=Pinned(filters={"X": A}))
    assert stands_for("filters", "X", held, PATH) == (A, [])


def test_a_name_is_quoted_for_the_shell() -> None:
    held = Names(filters={"it's (new)": (B,)}, pinned=Pinned(filters={"it's (new)": A}))
    [problem] = stands_for("filters", "it's (new)", held, PATH)[1]
    assert """--accept 'it'"'"'s (new)'""" in str(problem.detail)


def test_near_names_are_proposed_beside_what_became_of_the_pinned_one() -> None:
    held = Names(filters={"iOS personal": (B,)}, pinned=Pinned(filters={"iOS persona": A}))
    [problem] = stands_for("filters", "iOS persona", held, PATH)[1]
    assert problem.detail == f"{A} does not exist any more; did you mean 'iOS personal'?"


@dataclass(frozen=True)
class Given:
    """A target whose `id` the spec gives, and what the pins have for its name."""

    name: str
    pins: Mapping[str, str]
    rule: str | None
    called: str | None = "X"
    says: tuple[str, ...] = field(default=())


GIVEN = [
    Given("not pinned", {}, None),
    Given("pinned alike", {"X": A}, None),
    Given("pinned otherwise", {"X": B}, "NAME105", says=(A, B, "correct the id", "reconciler pin")),
    Given("gone, which matters more than the pin", {"X": B}, "NAME101", called=None, says=(A,)),
    Given("called otherwise: the id decides", {}, None, called="Y"),
]


@pytest.mark.parametrize("row", GIVEN, ids=lambda row: row.name)
def test_an_id_in_the_spec_wins_and_is_not_contradicted(row: Given) -> None:
    held = Names(groups_by_id={A: Group(A, row.called)}, pinned=Pinned(groups=row.pins))
    [wanted] = wanted_targets({"include": [{"group": "X", "id": A}]})
    target, problems = resolve(wanted, held)
    assert [p.rule for p in problems] == ([row.rule] if row.rule else [])
    assert (target is None) == (row.rule is not None)
    for problem in problems:
        assert problem.path == ("spec", "assignments", "include", 0, "id")
        assert [part for part in row.says if part not in f"{problem.message}; {problem.detail}"] == []


def test_what_does_not_block_comes_with_the_target() -> None:
    """A name that a pin decides is told, and used."""
    held: Any = {
        "groups": {"X": (Group(A, "X"), Group(B, "X"))},
        "filters": {"F": (C,)},
        "pinned": Pinned(groups={"X": B}),
    }
    [wanted] = wanted_targets({"include": [{"group": "X", "filter": {"include": "F"}}]})
    target, [problem] = resolve(wanted, Names(**held))
    assert target is not None
    assert (target.group, target.filter.id if target.filter else None) == (B, C)
    assert (problem.rule, problem.severity) == ("NAME106", Severity.INFO)


@pytest.mark.parametrize("sort", SORTS)
def test_what_could_not_be_read_is_not_missing(sort: Sort) -> None:
    found, [problem] = stands_for(sort, "X", Names(unread=frozenset({sort})), PATH)
    assert (found, problem.rule, problem.blocks) == ("", "READ101", True)


def test_a_pinned_group_that_could_not_be_read_is_not_missing() -> None:
    [wanted] = wanted_targets({"include": [{"group": "X", "id": A}]})
    for unread, rule in ((frozenset[Sort]({"groups"}), "READ101"), (frozenset[Sort](), "NAME101")):
        assert [problem.rule for problem in resolve(wanted, Names(unread=unread))[1]] == [rule]
