"""Waivers: what they can be meant for, how long they hold, and what they make of a plan.

What a plan does under single waivers stands in `tests/kinds/Waiver`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler import waivers
from reconciler.diagnostics import Severity
from reconciler.plan import Action, Change
from reconciler.spec.load import SpecSet
from reconciler.tolerated import variants

from ..kinds.service import Service
from ..kinds.world import document, plan_of, specs_of, world_of
from .tenants import NAMES, documents, tenants

CASES = yaml.safe_load((Path(__file__).parent / "waivers.yaml").read_text(encoding="utf-8"))
SPECS = [
    document("Audience", "everyone", {"include": ["allUsers"]}),
    document(
        "JitSsoPolicy",
        "ios",
        {
            "displayName": "iOS",
            "appBundleIds": ["com.box.BoxNet"],
            "additionalConfiguration": [{"key": "AppPrefixAllowList", "type": "string", "value": "com.apple."}],
            "assignments": {"audience": "everyone"},
        },
    ),
    document("EnrollmentProfile", "web", {"displayName": "Web", "enrollmentType": "webBasedDeviceEnrollment"}),
    document("EnrollmentProfile", "other", {"displayName": "Other", "enrollmentType": "webBasedDeviceEnrollment"}),
    document("EnrollmentPriority", "ios", {"order": ["web", "other"]}),
]


def waiver(name: str, expires: str = "2026-12-31", **spec: Any) -> dict[str, Any]:
    return document("Waiver", name, {"owner": "workplace", "reason": "CHG-1", "expires": expires, **spec})


def of(*given: dict[str, Any]) -> SpecSet:
    return specs_of([*SPECS, *(waiver(f"w{index}", **spec) for index, spec in enumerate(given))])


def test_a_place_of_five_thousand_digits_is_none() -> None:
    place = f"/appBundleIds/{'9' * 5000}"
    [found] = of({"address": "JitSsoPolicy/ios", "path": place, "value": "com.other"}).diagnostics
    assert (found.rule, found.path) == ("WAIVER104", "/spec/path")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_what_a_waiver_can_be_meant_for(case: dict[str, Any]) -> None:
    found = of(*case["waivers"]).diagnostics
    told = [{"rule": d.rule, "member": str(d.path).removeprefix("/spec/")} for d in found]
    assert told == [{"rule": e["rule"], "member": e["member"]} for e in case["expect"]]
    for diagnostic, expected in zip(found, case["expect"], strict=True):
        assert diagnostic.severity is Severity.ERROR
        assert expected["says"] in diagnostic.message
        assert expected.get("detail", "") in str(diagnostic.detail)
        assert diagnostic.position is not None
        assert diagnostic.address in {w.address for w in waivers.read(of(*case["waivers"]))}


def test_where_a_document_is_invalid_no_spec_is_missed() -> None:
    broken = {"kind": "JitSsoPolicy", "metadata": {"name": "other"}, "spec": {"displayName": 1}}
    found = specs_of([*SPECS, broken, waiver("w", address="JitSsoPolicy/other", path="/displayName", value="A")])
    assert [d.rule for d in found.diagnostics] == ["SCHEMA106"]


def test_every_rule_has_a_meaning_and_every_case_a_rule() -> None:
    told = {each["rule"] for case in CASES for each in case["expect"]}
    assert told - {"SPEC102"} <= waivers.RULES.keys()
    assert list(waivers.RULES) == sorted(waivers.RULES)


# How long they hold

LAST = date(2026, 3, 31)


def aged(today: date) -> list[tuple[str, str]]:
    specs = of({"address": "JitSsoPolicy/ios", "path": "/appBundleIds", "value": [], "expires": LAST.isoformat()})
    found = [*waivers.aged(waivers.read(specs), today)]
    assert all(d.position and d.path == "/spec/expires" for d in found)
    return [(d.rule, d.message) for d in found]


@pytest.mark.parametrize(
    ("days", "rule", "says"),
    [
        (-31, None, ""),
        (-30, "WAIVER102", "in 30 days: its last day is 2026-03-31"),
        (-2, "WAIVER102", "in 2 days"),
        (-1, "WAIVER102", "tomorrow"),
        (0, "WAIVER102", "today"),
        (1, "WAIVER101", "its last day was 2026-03-31, yesterday"),
        (2, "WAIVER101", "2 days ago"),
        (400, "WAIVER101", "400 days ago"),
    ],
)
def test_a_waiver_holds_to_the_end_of_its_last_day(days: int, rule: str | None, says: str) -> None:
    found = aged(LAST + timedelta(days))
    assert [each[0] for each in found] == ([rule] if rule else [])
    assert all(says in message for _, message in found)


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_it_is_an_error_exactly_when_it_does_not_hold(today: date) -> None:
    [one] = waivers.read(of({"address": "JitSsoPolicy/ios", "path": "/a", "value": 1, "expires": LAST.isoformat()}))
    assert one.holds(today) == ("WAIVER101" not in {rule for rule, _ in aged(today)})


# Places


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("/a", 1, {"a": 1, "b": [{"c": 1}, 2], "x/y~z": 3}),
        ("/b/0/c", None, {"a": 0, "b": [{"c": None}, 2], "x/y~z": 3}),
        ("/b/1", [], {"a": 0, "b": [{"c": 1}, []], "x/y~z": 3}),
        ("/x~1y~0z", 4, {"a": 0, "b": [{"c": 1}, 2], "x/y~z": 4}),
        ("/new", 5, {"a": 0, "b": [{"c": 1}, 2], "x/y~z": 3, "new": 5}),
        ("/b/2", 5, None),
        ("/b/-", 5, None),
        ("/b/\u0661", 5, None),
        ("/new/deep", 5, None),
        ("/a/b", 5, None),
    ],
)
def test_a_value_is_put_where_the_path_leads(path: str, value: Any, expected: Any) -> None:
    specs = of({"address": "JitSsoPolicy/ios", "path": path, "value": value})
    [one] = waivers.read(specs)
    spec: Any = {"a": 0, "b": [{"c": 1}, 2], "x/y~z": 3}
    desired = replace(specs.desired[one.of], spec=spec)
    assert waivers.with_value(desired, one).spec == (expected if expected is not None else spec)
    assert spec == {"a": 0, "b": [{"c": 1}, 2], "x/y~z": 3}
    if expected is not None:
        assert waivers.value_at(waivers.with_value(desired, one).spec, one.parts) == value


def test_a_waived_audience_is_none_any_more() -> None:
    specs = of({"address": "JitSsoPolicy/ios", "path": "/assignments/exclude", "value": [{"group": "Board"}]})
    [variant] = variants(specs)
    assert variant.spec["assignments"] == {"include": ["allUsers"], "exclude": [{"group": "Board"}]}
    assert (specs.desired[variant.address].audience, variant.audience) == ("everyone", None)


# What they make of a plan

laws = settings(deadline=None, max_examples=40, database=None)


def fields(change: Change) -> dict[str, Any]:
    return {f.path: (f.before, f.after) for f in change.fields}


@laws
@given(documents, tenants, st.data())
def test_what_is_tolerated_stays_as_it_is_and_the_rest_as_specified(
    specs: list[dict[str, Any]], tenant: dict[str, Any], data: st.DataObject
) -> None:
    """Any field that would change is waived with the value that it has: nothing of it is sent, whatever else is."""
    bare = specs_of(specs)
    plain = plan_of(bare, world_of(bare, tenant, NAMES)).plan
    departing = [
        (change, field)
        for change in plain.changes
        for field in change.fields
        if change.action is Action.UPDATE and field.path != "/marker"
    ]
    assume(departing)
    change, field = data.draw(st.sampled_from(departing))
    exception = waiver("w", address=str(change.address), path=field.path, value=field.before)
    found = specs_of([*specs, exception])
    assume(found.valid)  # a value that no spec could have, such as a target of a kind that is not known
    made = plan_of(found, world_of(found, tenant, NAMES)).plan
    assume("WAIVER108" not in {d.rule for d in made.diagnostics})
    of_app = field.path == "/assignments" and change.address.kind.endswith("Assignment")
    assume(made.waived or not of_app)  # settings of the spec are part of the targets that it would tolerate
    assert [each["path"] for each in made.waived] == [field.path]
    after = {each.address: fields(each) for each in made.changes}
    assert field.path not in after[change.address]
    others = {each.address: fields(each) for each in plain.changes if each.address.kind != change.address.kind}
    assert others == {address: after[address] for address in others}

    service = Service(tenant)
    service.carry_out(made)
    assert plan_of(found, world_of(found, service.tenant, NAMES)).plan.pending == ()
    again = {c.address: fields(c) for c in plan_of(bare, world_of(bare, service.tenant, NAMES)).plan.changes}
    assert again[change.address].get(field.path) == (field.before, field.after)
