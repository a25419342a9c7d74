"""How much a departure matters: every field of every kind was decided about, and who loses something is an error."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import Severity
from reconciler.drift.severity import FIELDS, OTHER, weigh
from reconciler.kinds import REGISTRY

from . import given

ALL, STAFF, PILOTS = "allUsers", {"group": "Staff", "id": "a"}, {"group": "Pilots", "id": "b"}


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_field_that_may_depart_has_a_weight_of_its_own(kind: str) -> None:
    compared = {name for each in given.departures(kind) for case in each.cases() for name in case.comparison.wanted}
    assert compared
    assert {name for name in compared if name != "assignments"} <= FIELDS.keys()
    assert all(weight != OTHER for weight in FIELDS.values())


@pytest.mark.parametrize(
    ("specified", "live", "severity", "because"),
    [
        ([ALL], [], "error", "are not reached"),
        ([STAFF], [ALL], "error", "are not reached"),
        ([ALL], [ALL, STAFF], "warning", "more people"),
        ([{**STAFF, "intent": "required"}], [{**STAFF, "intent": "uninstall"}], "error", "are not reached"),
        ([{**STAFF, "filter": {"include": "f"}}], [STAFF], "warning", "other settings or filters"),
    ],
)
def test_targets(specified: Any, live: Any, severity: str, because: str) -> None:
    weight = weigh("assignments", {"include": specified, "exclude": []}, {"include": live, "exclude": []})
    assert (weight.severity, because in weight.because) == (severity, True)


@pytest.mark.parametrize(("specified", "live", "because"), [([], [PILOTS], "left out"), ([PILOTS], [], "leaves out")])
def test_exclusions(specified: Any, live: Any, because: str) -> None:
    weight = weigh("assignments", {"include": [ALL], "exclude": specified}, {"include": [ALL], "exclude": live})
    assert (weight.severity, because in weight.because) == (Severity.ERROR, True)


def test_a_field_that_nobody_decided_about_is_no_trifle() -> None:
    assert weigh("yetUnknown", 1, 2) == OTHER
    assert OTHER.severity is Severity.WARNING
