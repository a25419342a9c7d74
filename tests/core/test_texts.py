"""Laws of markers, targets and canonical bytes."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.assignments import (
    ALL_DEVICES_GROUP,
    ALL_USERS_GROUP,
    Filter,
    Target,
    read_target,
    show_target,
    write_target,
)
from reconciler.canonical import canonical, digest
from reconciler.kinds.common import shown_assignments
from reconciler.live import Group, Names
from reconciler.marker import Marker, compose, parse, replace
from reconciler.model import Address

quick = settings(deadline=None, max_examples=35, database=None)
labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
kinds = st.sampled_from(("JitSsoPolicy", "EnrollmentProfile", "AuthenticatorAssignment"))
digests = st.lists(st.from_regex(r"[0-9a-f]{8}", fullmatch=True), max_size=3, unique=True).map(
    lambda d: tuple(sorted(d))
)
words = st.dictionaries(st.sampled_from(("note", "since", "x-new")), labels, max_size=2)
markers = st.builds(Marker, labels, kinds, labels, digests, words.map(lambda w: tuple(sorted(w.items()))))
lines = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ("[reconciler]", "[reconciler owner=a]", "x [reconciler owner=a kind=B name=c]", " \t", "", "[reconciler ")
    ),
)
texts = st.lists(lines, max_size=4).map("\n".join)


def unmarked(text: str) -> str:
    """A text as it is compared: without marker lines, with LF line ends."""
    return parse(text)[0]


@quick
@given(texts, st.lists(markers, max_size=3))
@example("ends in CR\r", [])
@example("\n", [Marker("a", "B", "c")])
def test_what_is_composed_is_what_is_parsed(text: str, ours: list[Marker]) -> None:
    text = unmarked(text)
    assert parse(compose(text, ours)) == (text, tuple(ours))


@quick
@given(texts, st.lists(markers, max_size=2))
def test_line_ends_of_the_service_change_nothing(text: str, ours: list[Marker]) -> None:
    composed = compose(unmarked(text), ours) or ""
    assert parse(composed.replace("\n", "\r\n")) == parse(composed)


@quick
@given(texts)
def test_parsing_twice_takes_nothing_more_away(text: str) -> None:
    assert parse(unmarked(text)) == (unmarked(text), ())


@quick
@given(st.lists(markers, max_size=4), markers, labels)
def test_replacing_touches_only_the_own_line(held: list[Marker], ours: Marker, owner: str) -> None:
    replaced = replace(held, ours, owners=[ours.owner, owner], address=ours.address)
    own = [m for m in held if m.address == ours.address and m.owner in (ours.owner, owner)]
    assert replaced == [*(m for m in held if m not in own), ours]
    assert replace(held, None, owners=[ours.owner, owner], address=ours.address) == replaced[:-1]


@pytest.mark.parametrize(
    "line",
    [
        "[reconciler owner=a kind=B name=c]",
        "  [reconciler  owner=a  kind=B name=c ]\t",
        "[reconciler name=c pairs= owner=a kind=B]",
    ],
)
def test_lines_that_are_markers(line: str) -> None:
    assert parse(f"before\n{line}\nafter") == ("before\nafter", (Marker("a", "B", "c"),))


@pytest.mark.parametrize(
    "line",
    [
        "[reconciler owner=a kind=B]",
        "see [reconciler owner=a kind=B name=c]",
        "[reconciler owner=a kind=B name=c] !",
        "[Reconciler owner=a kind=B name=c]",
        "[reconciler owner=a kind=B name=c\u00a0d=e]",
    ],
)
def test_lines_that_are_none(line: str) -> None:
    assert parse(line) == (line, ())


def test_words_of_newer_versions_survive() -> None:
    line = "[reconciler owner=a kind=B name=c pairs=11111111,22222222 note=x]"
    (found,) = parse(line)[1]
    assert (found.line(), found.address) == (line, Address("B", "c"))


IDS = [f"99999999-0000-4000-8000-00000000000{n}" for n in range(3)]
FILTERS = [f"f1111111-0000-4000-8000-00000000000{n}" for n in range(6)]
NAMES = Names(
    groups_by_id={IDS[0]: Group(IDS[0], "One"), IDS[1]: Group(IDS[1], "One")},
    filters_by_id={
        FILTERS[0]: "Personal",
        FILTERS[1]: "Twin",
        FILTERS[2]: "Twin",
        FILTERS[3]: f"Twin ({FILTERS[1]})",
        FILTERS[4]: FILTERS[5].upper(),
    },
)
"""Two filters have one name, two more are named like what others might be shown as, one is not known at all."""
filters = st.none() | st.builds(Filter, st.sampled_from(("include", "exclude")), st.sampled_from(FILTERS))
targets = st.one_of(
    st.builds(Target, st.sampled_from(("users", "devices")), filter=filters),
    st.builds(Target, st.just("group"), st.sampled_from(IDS), filter=filters),
    st.builds(Target, st.just("group"), st.sampled_from(IDS), exclude=st.just(True)),
)


@quick
@given(targets)
def test_a_target_reads_back_as_it_was_written(target: Target) -> None:
    assert read_target(write_target(target)) == target


@quick
@given(st.lists(targets, max_size=4), st.lists(targets, max_size=4))
def test_assignments_look_alike_where_they_are_alike(one: list[Target], other: list[Target]) -> None:
    assert (shown_assignments(one, NAMES) == shown_assignments(other, NAMES)) == ({*one} == {*other})


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [(0, "Personal"), (1, f"Twin ({FILTERS[1]})"), (2, f"Twin ({FILTERS[2]})"), (5, FILTERS[5])],
)
def test_a_filter_is_shown_by_its_name_where_it_is_the_only_one_of_it(chosen: int, shown: str) -> None:
    target = Target("users", filter=Filter("include", FILTERS[chosen]))
    assert show_target(target, NAMES) == {"all": "users", "filter": {"include": shown}}


@quick
@given(st.lists(targets, max_size=4), st.randoms(use_true_random=False))
def test_assignments_have_no_order(held: list[Target], chance: random.Random) -> None:
    mixed = [*held, *held]
    chance.shuffle(mixed)
    assert shown_assignments(mixed, NAMES) == shown_assignments(held, NAMES)


def _raw(kind: str, **members: object) -> dict[str, object]:
    return {"@odata.type": f"#microsoft.graph.{kind}AssignmentTarget", **members}


ZERO = "00000000-0000-0000-0000-000000000000"
FILTER_ID, FILTER_TYPE = "deviceAndAppManagementAssignmentFilterId", "deviceAndAppManagementAssignmentFilterType"


def _filtered(chosen: object, mode: object, raw: dict[str, object]) -> dict[str, object]:
    return {**raw, FILTER_ID: chosen, FILTER_TYPE: mode}


ALL, GROUP = _raw("allLicensedUsers"), _raw("group", groupId=IDS[0])
EXCLUSION = _raw("exclusionGroup", groupId=IDS[0])
COLLECTION = _raw("configurationManagerCollection", collectionId="A")
SAME: list[list[dict[str, object] | None]] = [
    [
        ALL,
        {"@odata.type": "microsoft.graph.allLicensedUsersAssignmentTarget"},
        _raw("group", groupId=ALL_USERS_GROUP),
        _raw("group", groupId=ALL_USERS_GROUP.upper()),
        _filtered(None, "none", ALL),
        _filtered(ZERO, "none", ALL),
        _filtered(ZERO, "include", ALL),
        _filtered(IDS[0], "none", ALL),
        _filtered(None, None, ALL),
    ],
    [_raw("allDevices"), _raw("group", groupId=ALL_DEVICES_GROUP)],
    [GROUP, _raw("group", groupId=IDS[0].upper())],
    [_filtered(IDS[1], "Include", GROUP), _filtered(IDS[1].upper(), "include", GROUP)],
    [_filtered(IDS[1], "exclude", GROUP)],
    [EXCLUSION, _filtered(ZERO, "none", EXCLUSION)],
    [COLLECTION, {"collectionId": "A", "@odata.type": COLLECTION["@odata.type"]}],
    [_raw("configurationManagerCollection", collectionId="B")],
    [None],
]


def test_encodings_of_one_target_are_one_and_others_are_not() -> None:
    found = [{read_target(raw) for raw in encodings} for encodings in SAME]  # type: ignore[arg-type]
    assert [len(each) for each in found] == [1] * len(SAME)
    assert len(set.union(*found)) == len(SAME)


def test_a_deleted_group_is_shown_by_its_id() -> None:
    assert show_target(Target("group", IDS[2]), NAMES) == {"group": None, "id": IDS[2]}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@quick
@given(st.dictionaries(st.text(max_size=5), values, max_size=4), st.randoms(use_true_random=False))
def test_canonical_bytes_know_no_order_of_keys(value: dict[str, object], chance: random.Random) -> None:
    keys = [*value]
    chance.shuffle(keys)
    assert canonical({key: value[key] for key in keys}) == canonical(value)
    assert canonical(value).isascii()
    assert json.loads(canonical(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_that_json_does_not_know(value: object) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(value)


def test_things_that_json_does_not_know() -> None:
    with pytest.raises(TypeError, match="not JSON"):
        canonical({1, 2})


def test_digest_of_a_known_value() -> None:
    """Fixed for all time: markers of plans that are saved today are checked by versions to come."""
    assert digest({"b": [1, True, None], "a": "é"}) == (
        "sha256:fd794d605169756a311c518616825d158b8601f9ff8ff687f57bf810dcf7017f"
    )
