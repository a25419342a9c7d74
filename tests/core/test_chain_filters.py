"""Which assignment filters keep a target from everybody who enrolls a device of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from reconciler.assignments import Filter, Target
from reconciler.chain.filters import keeps_out_personal, rules_of, without_lost
from reconciler.chain.model import Side, Supply
from reconciler.live import Names

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("chain_filters.yaml").read_text("utf-8"))
Mode = Literal["include", "exclude"]
EVERYBODY = Target("users")
COMPANY = {"f": '(device.deviceOwnership -eq "Corporate")'}


def behind(mode: Mode, name: str = "F") -> Target:
    return replace(EVERYBODY, filter=Filter(mode, name))


@pytest.mark.parametrize("mode", ["include", "exclude"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"] or "empty")
def test_a_filter_is_said_to_keep_out_own_devices_only_where_it_surely_does(case: dict[str, Any], mode: Mode) -> None:
    assert keeps_out_personal(behind(mode), {"f": case["rule"]}) is case[mode]


def test_a_target_without_a_filter_or_with_one_that_was_not_read_keeps_out_nobody() -> None:
    assert not keeps_out_personal(EVERYBODY, COMPANY)
    assert not keeps_out_personal(behind("include", "other"), COMPANY)


def test_a_name_that_two_filters_share_tells_no_rule() -> None:
    names = Names(
        filters_by_id={"1": "Own", "2": "own", "3": "Company", "4": "Unread"},
        filter_rules={"1": "one", "2": "two", "3": COMPANY["f"]},
    )
    assert rules_of(names) == {"1": "one", "2": "two", "3": COMPANY["f"], "company": COMPANY["f"]}


def test_what_nobody_enrolling_gets_is_taken_out_and_told() -> None:
    """An exclusion stays where it is: what a filter takes from it only adds people."""
    left_out = Target("group", "g", True, Filter("include", "F"))
    some = Supply("sso-policy", "1", "some", (behind("include"), Target("group", "h"), left_out))
    none = Supply("sso-policy", "2", "none", (behind("include"), left_out))
    side, lost = without_lost(Side((), (some, none)), COMPANY)
    assert [supply.targets for supply in side.supplies] == [(Target("group", "h"), left_out)]
    assert lost == [(some, behind("include")), (none, behind("include"))]
