"""The output of whole runs, compared with what was reviewed."""

from __future__ import annotations

import json

import pytest

from reconciler.spec.schema import check_value
from tests.e2e.judge import Bodies

from .runs import CODES, COMMANDS, Scenario, run, scenarios


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_the_output_is_as_reviewed(scenario: Scenario, bodies: Bodies) -> None:
    said = run(scenario)
    document = json.loads(said["plan.json"])
    assert check_value("plan", document) == []
    bodies.keep_plan(document)
    for name in (*COMMANDS, CODES):
        expected = (scenario.expected / name).read_bytes().decode()
        assert said[name] == expected, (
            f"{name} differs; if that is meant: python -m tests.golden.rewrite {scenario.name}"
        )
