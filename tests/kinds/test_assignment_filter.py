"""The rule of a filter: which white space makes no difference, which does, and what is a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Severity
from reconciler.kinds.assignment_filter import settled
from reconciler.kinds.filter_rule import RULES, mistakes

CASES = yaml.safe_load((Path(__file__).parent / "filter_rules.yaml").read_text(encoding="utf-8"))

blank = st.text(" \t\n\r", min_size=1, max_size=4)
PIECES = ("(", "device.model", "-eq", '"iPhone  15"', ")", "and", "(", "device.osVersion", "-startsWith", "'17 '", ")")
RULE = "(device.model -eq \"iPhone  15\") and (device.osVersion -startsWith '17 ')"


@given(st.lists(blank, min_size=len(PIECES) + 1, max_size=len(PIECES) + 1))
def test_white_space_between_words_is_one(blanks: list[str]) -> None:
    spaced = "".join(space + piece for space, piece in zip(blanks, PIECES, strict=False)) + blanks[-1]
    assert settled(spaced) == RULE


@given(st.text("()'\"\\` abc\n", max_size=30))
def test_a_settled_rule_is_settled(rule: str) -> None:
    assert settled(settled(rule)) == settled(rule)


@given(st.text("()'\"\\` abc\n", max_size=30))
def test_nothing_but_white_space_is_lost(rule: str) -> None:
    assert "".join(str(settled(rule)).split()) == "".join(rule.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('(device.model -eq "a b")', '(device.model -eq "a  b")'),
        ('(device.model -eq "a\\" b  c")', '(device.model -eq "a\\" b c")'),
        ('(device.model -eq "a`" b  c")', '(device.model -eq "a`" b c")'),
        ('(device.model -eq "a)  b', '(device.model -eq "a) b'),
        ("(device.model -eq 'it''s  b')", "(device.model -eq 'it''s b')"),
        ('(device.model -eq "a")', '(device.model -eq "A")'),
    ],
)
def test_what_may_be_a_value_is_kept(one: str, other: str) -> None:
    assert settled(one) != settled(other)


@pytest.mark.parametrize("value", [None, 5, ["x"]])
def test_what_is_no_text_stays(value: object) -> None:
    assert settled(value) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_mistakes_of_a_rule_are_found_in_its_text(case: dict[str, Any]) -> None:
    found = mistakes(case["rule"])
    assert [each.rule for each in found] == case["finds"]
    severities = {"FILTER102": Severity.ERROR, "FILTER103": Severity.WARNING}
    assert all(each.severity is severities[each.rule] for each in found)
    for part in case.get("says", ()):
        assert any(part in f"{each.message} {each.detail}" for each in found)


@given(st.text(alphabet="()[]\"'=-device.model eq,\\", max_size=60))
def test_whatever_a_rule_holds_it_is_answered(rule: str) -> None:
    assert {each.rule for each in mistakes(rule)} <= RULES.keys()
