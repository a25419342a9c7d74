"""Laws of the YAML loader, over any bytes, any text, edited specs, and JSON written as YAML."""

from __future__ import annotations

import json
import random
import re

from fuzz_source import FRAGMENTS, SPEC, check, mutated, walk
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.model import Json
from reconciler.spec.source import load
from reconciler.spec.text import hidden

quick = settings(deadline=None, max_examples=40, database=None)

printable = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
"""What `str.isprintable` is true of: drawn, and not sifted out of all of Unicode."""
strings = st.text(printable, max_size=20).filter(lambda text: not list(hidden(text)) and text.isprintable())
# Fractions whose digits are written out; the others are refused.
fractions = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: re.fullmatch(r"-?\d+\.\d+", repr(number))
)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | fractions | strings
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(strings, children, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(strings, values, max_size=5)


def token(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def block(value: Json, indentation: str = "") -> str:
    """A value in block style below its key or dash; strings in double quotes, as JSON writes them."""
    if isinstance(value, dict) and value:
        return "".join(
            f"\n{indentation}{token(key)}:{block(child, indentation + '  ')}" for key, child in value.items()
        )
    if isinstance(value, list) and value:
        return "".join(f"\n{indentation}-{block(child, indentation + '  ')}" for child in value)
    return f" {token(value)}"


@quick
@given(st.binary(max_size=200))
@example(b"")
@example(b"\xef\xbb\xbf")
def test_invariant_43_any_bytes(data: bytes) -> None:
    check(data)


@quick
@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@quick
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
def test_any_heap_of_fragments(fragments: list[str]) -> None:
    check("".join(fragments).encode())


@quick
@given(st.randoms(use_true_random=False))
def test_edited_specs(choose: random.Random) -> None:
    check(mutated(SPEC, choose))


def test_the_spec_that_is_edited_is_valid() -> None:
    assert len(check(SPEC.encode())) == 2


@quick
@given(objects, st.sampled_from([None, 1, 4]))
@example({"a": '"', "'": "'", "\\": "\\"}, None)
def test_json_is_yaml(value: dict[str, Json], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    assert_round_trip(text, value)


@quick
@given(objects)
def test_block_style(value: dict[str, Json]) -> None:
    assert_round_trip(block(value).removeprefix("\n").removeprefix(" ") + "\n", value)


def assert_round_trip(text: str, value: dict[str, Json]) -> None:
    """Equal values of equal types, and every value and key at the place where its text stands."""
    documents, findings = load("a.yaml", text.encode())
    assert findings == []
    [document] = documents
    assert repr(document.value) == repr(value)
    lines = text.split("\n")
    for path, part in walk((), document.value):
        place = document.position(path)
        written = lines[place.line - 1][place.column - 1 :]
        if not isinstance(part, dict | list):
            assert written.startswith(token(part))
            assert place.width == (len(token(part)) if part != "" else 2)
        if path and isinstance(path[-1], str):
            key = document.position(path, key=True)
            assert lines[key.line - 1][key.column - 1 :].startswith(token(path[-1]))
    check(text.encode())


@quick
@given(st.lists(objects.filter(bool), min_size=1, max_size=4))
def test_documents_of_a_file_are_independent(contents: list[dict[str, Json]]) -> None:
    """One in the middle that is refused takes no other with it, and moves no place of the others."""
    texts = [block(value) + "\n" for value in contents]
    documents, findings = load("a.yaml", "---".join(["", *texts, "\na: yes\n", *texts]).encode())
    assert [finding.rule for finding in findings] == ["YAML130"]
    assert repr([document.value for document in documents]) == repr(contents * 2)
    count = len(contents)
    assert [document.index for document in documents] == [*range(count), *range(count + 1, 2 * count + 1)]
    shift = documents[count].position(()).line - documents[0].position(()).line
    for first, second in zip(documents[:count], documents[count:], strict=True):
        for path, _ in walk((), first.value):
            assert second.position(path).line - first.position(path).line == shift
