"""One mistake is one finding, and what Microsoft's own pages show is not complained of (`documented.yaml`).

The other findings that a case of chapters 1, 2 and 8 has stand in it as `beside`: what is not listed there is silent.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .test_cases import CASES, cases, diagnostics, read

HERE = Path(__file__).parent
CHAPTERS = ("JIT1", "JIT2", "JIT8", "SCHEMA", "YAML")
ACROSS = frozenset({"JIT104", "JIT105", "JIT110"})
"""Rules of the chain, whose cases have several objects."""
OF_ONE_POLICY = [each for each in cases() if each.values[0][:4] in ("JIT1", "JIT2") and each.values[0] not in ACROSS]
DOCUMENTED = read(HERE / "documented.yaml")


@pytest.mark.parametrize(("rule", "case"), OF_ONE_POLICY)
def test_one_mistake_is_one_finding(rule: str, case: dict[str, Any]) -> None:
    own = {rule, case.get("reports", rule)}
    others = {d.rule for d in diagnostics(case) if d.rule.startswith(CHAPTERS)} - own
    assert others == set(case.get("beside", ()))


@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: case["name"])
def test_what_microsoft_documents_is_right(case: dict[str, Any]) -> None:
    found = Counter(d.rule for d in diagnostics(case) if d.rule.startswith(CHAPTERS))
    assert found == Counter(case.get("finds", {}))


def test_all_cases_are_found() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == {each.values[0] for each in cases()}
    assert len(DOCUMENTED) >= 10
