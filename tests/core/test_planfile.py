"""Saved plans: whole and unchanged, for this tenant, these specs and this instant, or refused.

That they are refused when, and only when, what they rest on changed is in `test_stale`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import __version__
from reconciler.canonical import digest
from reconciler.model import JsonObject
from reconciler.planfile import check, from_bytes, to_bytes

from ..kinds.test_cases import OBJECTS
from ..kinds.world import NOW, OWNER, TENANT, document, plan_of, specs_of, world_of

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


def _blank() -> bytes:
    """A small plan: nothing to do, and nothing declared."""
    whole = {name: value for name, value in DOCUMENT.items() if name != "digest"}
    whole |= {name: [] for name in ("changes", "restsOn", "orphaned", "unmanaged", "diagnostics")}
    return to_bytes({**whole, "digest": digest(whole)})


SMALL = _blank()


def test_every_bit_of_a_small_plan_counts() -> None:
    """Every bit of every byte, the line end too."""
    assert from_bytes(SMALL)[1] == []
    for position in range(len(SMALL)):
        for bit in range(8):
            flipped = SMALL[:position] + bytes([SMALL[position] ^ 1 << bit]) + SMALL[position + 1 :]
            assert refusal(flipped) in ("PLANFILE101", "PLANFILE102", "PLANFILE103"), (position, bit)


@settings(deadline=None, max_examples=50, database=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_any_other_byte_is_refused(position: int, byte: int) -> None:
    changed = DATA[:position] + bytes([byte]) + DATA[position + 1 :]
    if changed != DATA:
        assert refusal(changed) in ("PLANFILE101", "PLANFILE102", "PLANFILE103")


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(DATA.replace(b"\n", b"\r\n"), id="other line end"),
        pytest.param(DATA.rstrip(), id="no line end"),
        pytest.param(DATA + b"\n", id="one more line end"),
        pytest.param(json.dumps(DOCUMENT, indent=1).encode(), id="set out"),
        pytest.param(DATA.replace(b'"owner":"c', b'"owner":"\\u0063'), id="another way to write a letter"),
    ],
)
def test_the_same_document_in_other_bytes_is_refused(rewritten: bytes) -> None:
    assert refusal(rewritten) == "PLANFILE102"


@settings(deadline=None, max_examples=25, database=None)
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
        "owner": OWNER,
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
        ({"owner": "fabrikam"}, ["PLANFILE105"]),
        ({"now": NOW - timedelta(minutes=10)}, []),
        ({"now": NOW - timedelta(minutes=10, seconds=1)}, ["PLANFILE104"]),
        ({"spec_digest": "sha256:" + "0" * 64}, ["PLANFILE106"]),
        (
            {"now": NOW + timedelta(days=2), "tenant_id": "x", "spec_digest": "y"},
            ["PLANFILE104", "PLANFILE105", "PLANFILE106"],
        ),
    ],
)
def test_invariant_18_a_plan_is_for_one_tenant_one_day_and_these_specs(given: dict[str, Any], rules: list[str]) -> None:
    assert checked(DOCUMENT, **given) == rules


def other(**members: Any) -> JsonObject:
    """What the file would hold with these members, were its digest right."""
    return {**DOCUMENT, **members}


def test_invariant_50_a_plan_of_another_version_is_refused_with_both_names() -> None:
    made = other(tool={"name": "reconciler", "version": "9.9.9"})
    place: dict[str, Any] = {"tenant_id": TENANT.tenant_id, "graph_url": TENANT.graph_url, "owner": OWNER}
    [problem] = check(made, **place, spec_digest=str(made["specDigest"]), now=NOW)
    assert problem.rule == "PLANFILE103"
    assert "9.9.9" in problem.message
    assert __version__ in problem.message


def test_an_unknown_format_is_named() -> None:
    _, [problem] = from_bytes(sealed(formatVersion=7))
    assert "format 7" in problem.message


def test_an_incomplete_plan_is_refused() -> None:
    assert checked(other(complete=False)) == ["PLANFILE110"]


RECORD = "sha256:" + "4" * 64


@pytest.mark.parametrize(
    ("source", "given", "rules"),
    [
        pytest.param({"record": RECORD}, {"record": RECORD}, [], id="its record"),
        pytest.param({"record": RECORD}, {"record": RECORD, "spec_digest": "other"}, [], id="whatever the specs"),
        pytest.param({"record": RECORD}, {}, ["PLANFILE106"], id="no record"),
        pytest.param({"record": RECORD}, {"record": "sha256:" + "5" * 64}, ["PLANFILE106"], id="another record"),
        pytest.param(None, {"record": RECORD, "spec_digest": "other"}, ["PLANFILE106"], id="comes from specs"),
        pytest.param({"snapshot": "x"}, {"spec_digest": "other"}, ["PLANFILE106"], id="another source"),
    ],
)
def test_a_plan_that_goes_back_rests_on_its_record(source: Any, given: dict[str, Any], rules: list[str]) -> None:
    made = other(source=source) if source else DOCUMENT
    assert checked(made, **given) == rules


def test_plan_files_are_json_with_the_digest_of_all_else() -> None:
    held = json.loads(DATA)
    assert held.pop("digest") == digest(held)
