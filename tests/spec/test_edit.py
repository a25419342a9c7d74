"""Values of a document changed in its text: cases as data in `cases/edit`, and laws over specs written in any way."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, note
from hypothesis import strategies as st

from reconciler.model import ABSENT, Address
from reconciler.spec import source, tree
from reconciler.spec.edit import EditError, edited
from reconciler.spec.splices import changed
from tests.spec import messy
from tests.spec.messy import Writer
from tests.spec.test_style_laws import comments

CASES = [
    pytest.param(case, id=case["name"])
    for path in sorted((Path(__file__).parent / "cases" / "edit").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_cases(case: dict[str, Any]) -> None:
    changes = {tuple(each["path"]): ABSENT if each.get("absent") else each["value"] for each in case["changes"]}
    kind = "Other" if "kind: Other\nmeta" in case["before"] else "JitSsoPolicy"
    if "error" in case:
        with pytest.raises(EditError) as refused:
            edited(case["before"], Address(kind, "a"), changes, name="x.yaml")
        assert str(refused.value) == case["error"]
    else:
        assert edited(case["before"], Address(kind, "a"), changes) == case["after"]


def said(text: str) -> str:
    documents, findings = source.load("x.yaml", text.encode())
    assert findings == []
    return json.dumps([document.value for document in documents], sort_keys=True)


@given(st.integers(0, 2**63), st.booleans())
def test_a_document_becomes_what_is_wanted_and_the_others_keep_every_byte(seed: int, carriage_returns: bool) -> None:
    messy_text, chance = Writer(seed), random.Random(seed)
    text = messy_text.text.replace("\n", "\r\n") if carriage_returns else messy_text.text
    index = chance.randrange(len(messy_text.values))
    before = messy_text.values
    wanted = messy.changed(before[index], chance)
    note(text)
    after = changed(text, index, before[index], wanted)
    note(after)
    assert said(after) == json.dumps([*before[:index], wanted, *before[index + 1 :]], sort_keys=True)
    old, new = tree.roots(text), tree.roots(after)
    assert text[: old[index].start] == after[: new[index].start]
    if index + 1 < len(old):
        assert text[old[index + 1].start :].rstrip() == after[new[index + 1].start :].rstrip()


@given(st.integers(0, 2**63))
def test_to_change_a_single_value_takes_no_comment(seed: int) -> None:
    messy_text, chance = Writer(seed, documents=1), random.Random(seed)
    note(messy_text.text)
    [before] = messy_text.values
    path = chance.choice([*single_values(before)] or [()])
    wanted = with_value(before, path, "changed") if path else before
    after = changed(messy_text.text, 0, before, wanted)
    assert said(after) == json.dumps([wanted], sort_keys=True)
    assert own(after) == own(messy_text.text)


def own(text: str) -> Counter[str]:
    """The comments of a text but those in the head of a text in block style, which is a part of its value."""
    return comments(text.replace("# of the text", ""))


def single_values(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for name, each in parts for found in single_values(each, (*path, name))]


def with_value(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {name: with_value(each, path[1:], new) if name == path[0] else each for name, each in value.items()}
    return [with_value(each, path[1:], new) if place == path[0] else each for place, each in enumerate(value)]
