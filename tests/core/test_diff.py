"""What changed, in words: cases as data, and the law that the details lead from what is found to what is wanted."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diff import Detail, FieldChange, field_changes
from reconciler.model import Json, pointer

laws = settings(deadline=None, max_examples=50, database=None)


def details(before: Json, after: Json) -> tuple[Detail, ...]:
    """The details of one field."""
    (change,) = field_changes({"field": before}, {"field": after}, ["field"])
    assert (change.path, change.before, change.after) == ("/field", before, after)
    return change.details


def pair(key: str, **more: Json) -> dict[str, Json]:
    return {"key": key, **more}


# Lists

PROMPT, FLAG = pair("prompt", type="integer", value=1), pair("flag", type="boolean", value=True)
LISTS = [
    # before, after, lost, gained, and members changed with their values before and after
    pytest.param(["a", "b"], ["b", "c"], ["a"], ["c"], [], id="texts"),
    pytest.param(["a", "b"], ["b", "a"], [], [], [], id="another order"),
    pytest.param(["1"], [1], ["1"], [1], [], id="a text is no number"),
    pytest.param([None], ["null"], [None], ["null"], [], id="a null is no text"),
    pytest.param([], [PROMPT, FLAG], [], [PROMPT, FLAG], [], id="gained"),
    pytest.param([PROMPT, FLAG], [FLAG], [PROMPT], [], [], id="lost"),
    pytest.param(
        [PROMPT, FLAG],
        [{**FLAG, "value": False}, {**PROMPT, "value": "1", "type": "string"}],
        [],
        [],
        [("/prompt/type", "integer", "string"), ("/prompt/value", 1, "1"), ("/flag/value", True, False)],
        id="members",
    ),
    pytest.param([PROMPT], [pair("prompt")], [], [], [("/prompt/type", "integer", None), ("/prompt/value", 1, None)]),
    pytest.param([pair("a", v=1), FLAG], [pair("a", v=2), PROMPT], [FLAG], [PROMPT], [("/a/v", 1, 2)], id="all three"),
    pytest.param([pair("a/b~c", v=1)], [pair("a/b~c", v=2)], [], [], [("/a~1b~0c/v", 1, 2)], id="a key to escape"),
    pytest.param([{"b": 1, "a": 2}, "x"], [{"a": 2, "b": 1}], ["x"], [], [], id="the order of members"),
    pytest.param([{"a": 1}], [{"a": 2}], [{"a": 1}], [{"a": 2}], [], id="without a key"),
    pytest.param([pair("", v=1)], [pair("", v=2)], [pair("", v=1)], [pair("", v=2)], [], id="an empty key"),
    pytest.param(["a", "a"], ["a"], [], [], [], id="twice before"),
    pytest.param(["a"], ["b", "b"], [], [], [], id="twice after"),
    pytest.param([pair("a", v=1), pair("a", v=2)], [pair("a", v=1)], [], [], [], id="a key twice before"),
    pytest.param([pair("a", v=1)], [pair("a", v=1), pair("a", v=2)], [], [], [], id="a key twice after"),
]


@pytest.mark.parametrize(("before", "after", "lost", "gained", "changed"), LISTS)
def test_entries_of_a_list(
    before: list[Json], after: list[Json], lost: list[Json], gained: list[Json], changed: list[tuple[str, Json, Json]]
) -> None:
    assert details(before, after) == (
        *(Detail("remove", each) for each in lost),
        *(Detail("add", each) for each in gained),
        *(Detail("change", *each) for each in changed),
    )


# Mappings

MEMBERS = [
    pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("/b", 2, 3)], id="a value"),
    pytest.param({"a": 1}, {"a": "1"}, [("/a", 1, "1")], id="another type"),
    pytest.param({"a": 1}, {}, [("/a", 1, None)], id="lost"),
    pytest.param({}, {"a": {"b": 1}}, [("/a", None, {"b": 1})], id="gained"),
    pytest.param({"a": None}, {"a": 1}, [("/a", None, 1)], id="a null before"),
    pytest.param(
        {"b": 1, "a": {"y": 1, "x": 2}}, {"b": 2, "a": {"y": 3}}, [("/a/x", 2, None), ("/a/y", 1, 3), ("/b", 1, 2)]
    ),
    pytest.param({"a/b": {"c~": 1}}, {"a/b": {"c~": 2}}, [("/a~1b/c~0", 1, 2)], id="members to escape"),
    pytest.param({"include": ["G"]}, {"include": []}, [("/include/0", "G", None)], id="an entry lost"),
    pytest.param({"include": []}, {"include": ["G"]}, [("/include/0", None, "G")], id="an entry gained"),
    pytest.param({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [("/a/0/b", 1, 2)], id="a member of an entry"),
]


@pytest.mark.parametrize(("before", "after", "changed"), MEMBERS)
def test_members_of_a_mapping(before: Json, after: Json, changed: list[tuple[str, Json, Json]]) -> None:
    assert details(before, after) == tuple(Detail("change", *each) for each in changed)


# Fields


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, 2), ("a", None), (None, {"a": 1}), ({"a": 1}, None), ([], {}), ({"a": 1}, ["a"]), (["a"], "a")],
)
def test_values_that_are_not_compound_on_both_sides_have_no_details(before: Json, after: Json) -> None:
    assert details(before, after) == ()


def test_fields_come_in_the_order_that_is_asked_for() -> None:
    wanted: dict[str, Json] = {"a": 1, "b": {"x": 1}, "c/d": 3}
    assert field_changes({"b": {"x": 2}}, wanted, ["c/d", "b"]) == (
        FieldChange("/c~1d", None, 3),
        FieldChange("/b", {"x": 2}, {"x": 1}, (Detail("change", "/x", 2, 1),)),
    )


def test_the_documents_have_what_the_schema_names() -> None:
    change = FieldChange("/f", [1], [2], (Detail("remove", 1), Detail("add", 2), Detail("change", "/0/a", 3, 4)))
    assert change.to_json() == {
        "path": "/f",
        "before": [1],
        "after": [2],
        "details": [
            {"op": "remove", "value": 1},
            {"op": "add", "value": 2},
            {"op": "change", "path": "/0/a", "before": 3, "after": 4},
        ],
    }
    assert FieldChange("/f", 1, 2).to_json() == {"path": "/f", "before": 1, "after": 2}


# The law

names = st.text("ab/~ '\"[]", max_size=3)
scalars = st.none() | st.integers(2, 5) | st.booleans() | st.sampled_from(("", "x", "y"))
mappings = st.recursive(scalars, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=6).filter(
    lambda value: isinstance(value, dict)
)
keyed = st.builds(lambda key, more: {**more, "key": key}, names.filter(bool), mappings)
lists = st.lists(
    st.sampled_from(("x", "y", "z", 2, 3)) | keyed,
    max_size=4,
    unique_by=lambda e: e["key"] if isinstance(e, dict) else (e,),
)


def given_up(value: Any) -> Any:
    """A value without its nulls: in a detail, null also means that a member is not there."""
    if not isinstance(value, dict):
        return value
    return {key: given_up(each) for key, each in value.items() if each is not None}


def put(whole: Any, place: Sequence[str], value: Json) -> Any:
    """A value with another one at a place within its mappings."""
    if not place:
        return copy.deepcopy(value)
    name = place[0].replace("~1", "/").replace("~0", "~")
    return {**whole, name: put(whole.get(name), place[1:], value)}


@laws
@given(mappings, mappings)
def test_the_details_of_a_mapping_lead_from_one_to_the_other(before: Any, after: Any) -> None:
    whole = before
    for detail in details(before, after):
        assert detail.op == "change"
        whole = put(whole, str(detail.what).split("/")[1:], detail.after)
    assert given_up(whole) == given_up(after)


@laws
@given(lists, lists)
def test_the_details_of_a_list_lead_from_one_to_the_other(before: list[Any], after: list[Any]) -> None:
    """But for the order of its entries."""
    whole = [*before]
    for detail in details(before, after):
        if detail.op == "remove":
            whole.remove(detail.what)
        elif detail.op == "add":
            whole.append(detail.what)
        else:
            _, key, *place = str(detail.what).split("/")
            (old,) = (each for each in whole if isinstance(each, dict) and pointer((each["key"],)) == f"/{key}")
            whole[whole.index(old)] = put(old, place, detail.after)
    assert sorted(map(repr, map(_sorted, whole))) == sorted(map(repr, map(_sorted, after)))


def _sorted(value: Any) -> Any:
    """A value without nulls whose text tells it from all others."""
    found = given_up(value)
    return {key: _sorted(found[key]) for key in sorted(found)} if isinstance(found, dict) else found
