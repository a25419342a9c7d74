"""The table of invariants names every number, and only tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \|$", (ROOT / "docs" / "invariants.md").read_text("utf-8"), re.MULTILINE)
PENDING = {8}
"""What the table says is not there yet."""


def test_every_number_has_a_row() -> None:
    assert [int(number) for number, _, _ in ROWS] == [*range(1, 51)]


@pytest.mark.parametrize(("number", "proof"), [(n, p) for n, _, p in ROWS], ids=[n for n, _, _ in ROWS])
def test_a_row_names_tests_that_there_are(number: str, proof: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
    if int(number) in PENDING:
        assert "not yet" in proof
        return
    for file, test in named:
        assert re.search(rf"^(?:def|class) {test}\b", (ROOT / file).read_text("utf-8"), re.MULTILINE), f"{file}::{test}"
    assert "`" not in re.sub(r"`tests/[\w/]+\.py::\w+`", "", proof), "something that is no test"
    assert any(_is_named(test, int(number)) for _, test in named) or _elsewhere(number), (
        f"none says {number} in its name"
    )


def _is_named(test: str, number: int) -> bool:
    return f"invariant_{number:02}_" in test or f"Invariant{number:02}" in test


def _elsewhere(number: str) -> bool:
    """Whether some test outside of the row's own says the number in its name."""
    names = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return any(f"def test_invariant_{int(number):02}_" in text for text in names)
