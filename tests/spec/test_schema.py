"""Specs against the schemas: what is valid, and for every sort of mistake the rule, the place and the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model import Address, Json, pointer
from reconciler.model import Path as Place
from reconciler.spec import schema, source

CASES = Path(__file__).parent / "cases" / "schema"


@dataclass(frozen=True)
class Bare:
    """A document that knows no places: the marks go into the message."""

    value: Json

    def diagnostic(
        self,
        severity: Severity,
        rule: str,
        message: str,
        *,
        detail: str | None = None,
        path: Place = (),
        key: bool = False,
        address: Address | None = None,
    ) -> Diagnostic:
        marked = f"(key) {message}" if key else message
        return Diagnostic(severity, rule, marked, detail, address=address, path=pointer(path))


def documents(path: Path) -> list[Any]:
    found, problems = source.load(path.name, path.read_bytes())
    assert problems == []
    return [document.value for document in found]


def mistakes() -> Iterator[Any]:
    for path in sorted(CASES.glob("mistakes/*.yaml")):
        for case in documents(path):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


def valid() -> Iterator[Any]:
    for path in sorted(CASES.glob("valid/*.yaml")):
        for index, value in enumerate(documents(path)):
            yield pytest.param(value, id=f"{path.stem} {index}")


def envelope(kind: str, spec: Json) -> Json:
    return {"apiVersion": "intune.reconciler/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize("value", list(valid()))
def test_valid(value: Json) -> None:
    assert schema.check(Bare(value)) == []


def test_every_kind_has_valid_cases() -> None:
    assert {value["kind"] for path in CASES.glob("valid/*.yaml") for value in documents(path)} == set(schema.kinds())


@pytest.mark.parametrize("case", list(mistakes()))
def test_mistake(case: dict[str, Any]) -> None:
    value = case["document"] if "document" in case else envelope(case["kind"], case["spec"])
    found = schema.check(Bare(value))
    wanted = case["expect"]
    assert [(d.rule, d.path) for d in found] == [(want["rule"], want["path"]) for want in wanted]
    for diagnostic, want in zip(found, wanted, strict=True):
        assert diagnostic.message.startswith("(key) ") == want.get("key", False)
        assert want["says"] in diagnostic.message
        assert want.get("detail", "") in (diagnostic.detail or "")


def test_every_rule_is_told_somewhere() -> None:
    told = {
        want["rule"] for path in CASES.glob("mistakes/*.yaml") for case in documents(path) for want in case["expect"]
    }
    assert told | {"SCHEMA199"} == set(schema.RULES)


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_no_mapping(value: Json) -> None:
    assert [(d.rule, d.message) for d in schema.check(Bare(value))] == [("SCHEMA106", "a spec is a mapping")]


def test_places_in_the_file() -> None:
    text = """\
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: ipads}
spec:
  appBundleIds: com.adatum.orders
  additionalConfiguration:
    - key: a
      type: integer
      value: true
    - {key: b, type: string}
  colour: blue
"""
    (document,), _ = source.load("ipads.yaml", text.encode())
    found = schema.check(document)
    assert [(d.rule, d.position.line, d.position.column) for d in found if d.position] == [
        ("SCHEMA106", 5, 17),  # the value
        ("SCHEMA106", 9, 14),
        ("SCHEMA104", 10, 7),  # what is missing: the nearest thing that is there
        ("SCHEMA105", 11, 3),  # the key, not its value
    ]
    assert {str(d.address) for d in found} == {"JitSsoPolicy/ipads"}
    assert {d.severity for d in found} == {Severity.ERROR}


@pytest.mark.parametrize("name", ["", 5, None, "a/b", ["a"]])
def test_no_address_without_a_name(name: Json) -> None:
    (found,) = schema.check(Bare({**envelope("JitSsoPolicy", {}), "metadata": {"name": name}}))  # type: ignore[dict-item]
    assert found.address is None


def test_many_problems_are_cut() -> None:
    found = schema.check(Bare(envelope("Audience", {"include": [5] * 250, "exclude": [5] * 250})))
    assert len(found) == schema.LIMIT + 1
    assert found[-1].rule == "SCHEMA199"


def test_exactly_as_many_problems_as_are_told() -> None:
    found = schema.check(Bare(envelope("Audience", {"include": [5] * schema.LIMIT})))
    assert [d.rule for d in found] == ["SCHEMA106"] * schema.LIMIT


def test_at_most_500_pairs() -> None:
    pair = {"key": "a", "type": "string", "value": "b"}
    assert schema.check(Bare(envelope("JitSsoPolicy", {"additionalConfiguration": [pair] * 500}))) == []
    (found,) = schema.check(Bare(envelope("JitSsoPolicy", {"additionalConfiguration": [pair] * 501})))
    assert (found.rule, found.message) == ("SCHEMA110", "at most 500 entries wanted here, this has 501")


def test_long_texts_are_shortened() -> None:
    (found,) = schema.check(Bare(envelope("JitSsoPolicy", {"appBundleIds": "com.adatum.orders," * 10_000})))
    assert len(found.message) < 120
    assert len(found.detail or "") < 120


def hostile() -> Iterator[Any]:
    """Documents on which a quadratic step would take minutes."""
    yield pytest.param({f"key{index}": None for index in range(50_000)}, id="unknown fields")
    yield pytest.param({"scopeTags": [{"a": index} for index in range(30_000)]}, id="mappings that have to differ")
    yield pytest.param({"scopeTags": [index if index % 2 else "a" for index in range(50_000)]}, id="mixed types")
    yield pytest.param({"assignments": {"include": [{"x" * 60: 1}] * 4_000}}, id="targets that are none")
    yield pytest.param({"k" * 1_000_000: 1, "displayName": ["x" * 1_000_000]}, id="long words")


@pytest.mark.parametrize("spec", list(hostile()))
def test_work_is_bounded(spec: Json) -> None:
    assert 0 < len(schema.check(Bare(envelope("JitSsoPolicy", spec)))) <= schema.LIMIT + 1


@pytest.mark.parametrize(
    ("name", "value", "problems"),
    [
        ("diagnostics", {"formatVersion": 1, "valid": True, "diagnostics": []}, []),
        ("diagnostics", {"formatVersion": 2, "valid": True, "diagnostics": []}, ["/formatVersion"]),
        ("diagnostics", {"valid": "yes"}, ["/valid", "/diagnostics", "/formatVersion"]),
    ],
)
def test_check_value(name: str, value: Json, problems: list[str]) -> None:
    assert [path for path, _ in schema.check_value(name, value)] == problems


# Laws

_WORDS = ["allUsers", "allDevices", "users", "none", "string", "integer", "store", "vpp", "", "a", "2026-12-31", "x y"]
_FIELDS = sorted(
    {"apiVersion", "kind", "metadata", "spec", "group", "filter", "include", "exclude", "all", "id", "app", "source"}
    | {"name", "labels", "order", "key", "type", "value", "additionalConfiguration", "scopeTags", "assignments"}
    | {"userChoice", "options", "owner", "enrollmentType", "onboarding", "compliance", "path", "rule", "expires"}
)
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([*_WORDS, *_FIELDS])
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=50)
@given(_JSON, st.none() | st.sampled_from(schema.kinds()))
@example({"metadata": {"name": "a"}, "spec": {"id": {"": float("nan")}, "appBundleIds": "\ud800,"}}, "JitSsoPolicy")
def test_any_value_gives_diagnostics_or_nothing(value: Json, kind: str | None) -> None:
    if kind is not None:
        value = {**(value if isinstance(value, dict) else {"spec": value}), "kind": kind}
        value = {"apiVersion": schema.API_VERSION, **value}
    found = schema.check(Bare(value))
    assert {d.rule for d in found} <= set(schema.RULES)
    assert all(d.message and d.severity is Severity.ERROR for d in found)
    assert len(set(found)) == len(found)
    assert schema.check(Bare(value)) == found


@settings(deadline=None, max_examples=35)
@given(st.data())
def test_a_value_of_another_shape_is_found_at_its_place(data: st.DataObject) -> None:
    value = data.draw(st.sampled_from([param.values[0] for param in valid()]))
    free = ("spec", "value")  # of a waiver: any value at all
    place = data.draw(st.sampled_from([place for place in places(value) if place[:2] != free]))
    old = value
    for part in place:
        old = old[part]
    found = schema.check(Bare(replaced(value, place, ["§"] if isinstance(old, dict) else {"§": 1})))
    assert any(f"{d.path}/".startswith(f"{pointer(place)}/") for d in found)


def places(value: Json, above: Place = ()) -> Iterator[Place]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*above, key)
        yield from places(inner, (*above, key))


def replaced(value: Any, place: Place, new: Json) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy
