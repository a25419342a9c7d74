"""Saved plans: whole and unchanged, for this tenant, these specs and this instant, or refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.canonical import digest
from reconciler.model import JsonObject
from reconciler.planfile import check, from_bytes, same, to_bytes

from ..kinds.test_cases import OBJECTS
from ..kinds.world import NOW, TENANT, document, plan_of, specs_of, world_of

SPECS = [
    document("JitSsoPolicy", "ios", {"displayName": "iOS – JIT", "assignments": {"include": ["allUsers"]}}),
    document("EnrollmentProfile", "web", {"displayName": "BYOD - web", "enrollmentType": "webBasedDeviceEnrollment"}),
]
LIVE: dict[str, Any] = {"deviceFeatures": [], "enrollmentProfiles": [OBJECTS["profile"]]}


def planned(live: dict[str, Any] | None = None, specs: list[dict[str, Any]] | None = None) -> JsonObject:
    found = specs_of(specs or SPECS)
    return plan_of(found, world_of(found, live or LIVE, {})).plan.to_json()


DOCUMENT = planned()
DATA = to_bytes(DOCUMENT)


def sealed(**members: Any) -> bytes:
    """The document with other members, and a digest that fits."""
    whole = {key: value for key, value in {**DOCUMENT, **members}.items() if key != "digest"}
    return to_bytes({**whole, "digest": digest(whole)})


def refusal(data: bytes) -> str:
    found, problems = from_bytes(data)
    assert found is None
    (problem,) = problems
    assert problem.detail
    return problem.rule


def test_a_plan_comes_back_as_it_was_saved() -> None:
    found, problems = from_bytes(DATA)
    assert problems == []
    assert found == DOCUMENT
    assert to_bytes(found) == DATA


@settings(deadline=None, max_examples=150, database=None)
@given(st.integers(0, len(DATA) - 2), st.integers(0, 255))
def test_any_other_byte_is_refused(position: int, byte: int) -> None:
    """But for the line end: no byte of the document can be another one."""
    changed = DATA[:position] + bytes([byte]) + DATA[position + 1 :]
    if changed != DATA:
        assert refusal(changed) in ("PLANFILE101", "PLANFILE102", "PLANFILE103")


@settings(deadline=None, max_examples=60, database=None)
@given(st.integers(0, len(DATA) - 3))
def test_a_cut_file_is_refused(length: int) -> None:
    assert refusal(DATA[:length]) == "PLANFILE101"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(b"", "PLANFILE101", id="empty"),
        pytest.param(b"apiVersion: v1", "PLANFILE101", id="not JSON"),
        pytest.param(b"[1, 2]", "PLANFILE101", id="not an object"),
        pytest.param(b"{}", "PLANFILE101", id="no version"),
        pytest.param(b'\xff\xfe{"formatVersion": 1}', "PLANFILE101", id="not text"),
        pytest.param('{"formatVersion": 1, "é": 2}'.encode(), "PLANFILE101", id="not ASCII"),
        pytest.param(b"[" * 5_000_000, "PLANFILE101", id="5 MB of brackets"),
        pytest.param(b'{"a":' * 1_000_000, "PLANFILE101", id="5 MB of nested keys"),
        pytest.param(b'{"formatVersion": 1, "n": ' + b"9" * 5000 + b"}", "PLANFILE101", id="a huge number"),
        pytest.param(DATA.replace(b'"owner":', b'"x":NaN,"owner":', 1), "PLANFILE101", id="NaN"),
        pytest.param(DATA.replace(b'"owner":', b'"x":1e999,"owner":', 1), "PLANFILE101", id="overflows to infinity"),
        pytest.param(DATA.replace(b'"owner":', b'"x":-Infinity,"owner":', 1), "PLANFILE101", id="infinity"),
        pytest.param(b'{"formatVersion": 1, "formatVersion": 1}', "PLANFILE101", id="duplicate keys"),
        pytest.param(DATA.replace(b'"owner":', b'"owner":"x","owner":', 1), "PLANFILE101", id="a key twice"),
        pytest.param(b'{"formatVersion": 1}', "PLANFILE101", id="nothing but a version"),
        pytest.param(sealed(formatVersion=2), "PLANFILE103", id="of a newer version"),
        pytest.param(sealed(formatVersion="1"), "PLANFILE103", id="version as text"),
        pytest.param(sealed(formatVersion=True), "PLANFILE101", id="version as boolean"),
        pytest.param(to_bytes({**DOCUMENT, "digest": None}), "PLANFILE102", id="no digest"),
        pytest.param(to_bytes({**DOCUMENT, "owner": "\ud800"}), "PLANFILE102", id="half a character"),
        pytest.param(sealed(changes=[{"address": "x"}]), "PLANFILE101", id="sealed, but no plan"),
        pytest.param(sealed(expiresAt="tomorrow"), "PLANFILE101", id="sealed, but no instant"),
        pytest.param(sealed(expiresAt="2026-99-99T99:99:99Z"), "PLANFILE101", id="sealed, but no such instant"),
        pytest.param(sealed(tenant={"name": "x"}), "PLANFILE101", id="sealed, but no tenant"),
    ],
)
def test_what_is_no_plan_file(data: bytes, rule: str) -> None:
    assert refusal(data) == rule


def checked(document: JsonObject, **given: Any) -> list[str]:
    fitting = {
        "tenant_id": TENANT.tenant_id,
        "graph_url": TENANT.graph_url,
        "spec_digest": str(document["specDigest"]),
        "now": NOW,
    }
    return [d.rule for d in check(document, **{**fitting, **given})]


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({}, []),
        ({"now": NOW + timedelta(hours=24, seconds=-1)}, []),
        ({"now": NOW + timedelta(hours=24)}, ["PLANFILE104"]),
        ({"tenant_id": "22222222-2222-4222-8222-222222222222"}, ["PLANFILE105"]),
        ({"tenant_id": None}, ["PLANFILE105"]),
        ({"graph_url": "https://graph.microsoft.com"}, ["PLANFILE105"]),
        ({"spec_digest": "sha256:" + "0" * 64}, ["PLANFILE106"]),
        (
            {"now": NOW + timedelta(days=2), "tenant_id": "x", "spec_digest": "y"},
            ["PLANFILE104", "PLANFILE105", "PLANFILE106"],
        ),
    ],
)
def test_a_plan_is_for_one_tenant_one_day_and_these_specs(given: dict[str, Any], rules: list[str]) -> None:
    assert checked(DOCUMENT, **given) == rules


def test_planning_anew_gives_the_same() -> None:
    assert same(DOCUMENT, planned()) == []


def _found(live: dict[str, Any]) -> list[str]:
    return [d.message for d in same(DOCUMENT, planned(live))]


def test_an_edit_of_an_object_that_is_not_changed_says_nothing() -> None:
    other = {**OBJECTS["profile"], "priority": 1, "lastModifiedDateTime": "2026-03-01T00:00:00Z", "platform": "iOS"}
    assert _found({"deviceFeatures": [], "enrollmentProfiles": [other]}) == []


@pytest.mark.parametrize(
    ("live", "told"),
    [
        pytest.param(
            {**LIVE, "deviceFeatures": [{**OBJECTS["policy"], "displayName": "iOS – JIT", "description": None}]},
            "JitSsoPolicy/ios: it stands for another live object now",
            id="made meanwhile",
        ),
        pytest.param(
            {**LIVE, "enrollmentProfiles": [{**OBJECTS["profile"], "displayName": "Other"}]},
            "EnrollmentProfile/web: a change that the saved plan does not have is needed now",
            id="changed meanwhile",
        ),
    ],
)
def test_live_state_that_changed_is_told(live: dict[str, Any], told: str) -> None:
    assert told in _found(live)


POLICY = {**OBJECTS["policy"], "description": "[reconciler owner=contoso kind=JitSsoPolicy name=ios]"}


def test_an_edit_behind_the_fields_is_told_and_what_the_service_does_is_not() -> None:
    """The extension is replaced whole, so an edit of what the spec does not mention counts too."""
    extension = POLICY["iosSingleSignOnExtension"]
    reordered = {**extension, "configurations": extension["configurations"][::-1]}
    shared = {**extension, "enableSharedDeviceMode": True}
    saved = planned({"deviceFeatures": [POLICY]})
    for edit, stale in (
        ({"version": 99, "lastModifiedDateTime": "2026-03-02T00:00:00Z"}, False),
        ({"iosSingleSignOnExtension": reordered}, False),
        ({"iosSingleSignOnExtension": shared}, True),
        ({"lockScreenFootnote": "Property of Contoso"}, True),
    ):
        assert bool(same(saved, planned({"deviceFeatures": [{**POLICY, **edit}]}))) is stale


def test_plan_files_are_json_with_the_digest_of_all_else() -> None:
    held = json.loads(DATA)
    assert held.pop("digest") == digest(held)
