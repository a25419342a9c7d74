"""Run records: whole and unchanged or refused, chained, and without secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import Severity
from reconciler.live import Collection, Live
from reconciler.model import Address, JsonObject
from reconciler.plan import Action, TenantRef
from reconciler.records import (
    RULES,
    SENSITIVE,
    Circumstances,
    document,
    follows,
    from_bytes,
    has_masked,
    ladder_state,
    masked,
    object_state,
    sealed,
    to_bytes,
)
from reconciler.run import Outcome, Result, Run, Sent, Status

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOME = Collection("deviceFeatures", "/beta/deviceManagement/deviceConfigurations")
LIVE = Live("1", HOME, {"displayName": "SSO", "description": None}, ({"id": "a", "target": {"groupId": "g"}},))
SENT = Sent("PATCH", "/beta/x/1", 200, "ours", "theirs")


def record(**more: Any) -> JsonObject:
    results = (
        Result(Address("JitSsoPolicy", "ios"), Action.UPDATE, Status.DONE, "1", (SENT,), before=object_state(LIVE),
               after=None, properties=("assignments", "description")),
        Result(Address("EnrollmentPriority", "ios"), Action.UPDATE, Status.SKIPPED, error="not its turn",
               before=ladder_state([("b", "B", 2), ("a", "A", 1)])),
    )  # fmt: skip
    run = Run(Outcome.PARTLY_APPLIED, results, "sha256:" + "0" * 64, NOW, NOW, "c0ffee", "alex")
    whose = Circumstances(TenantRef("sandbox", None, "emulator"), "contoso", **more)
    return document(run, whose, duration=1.23456)


RECORD = record()
DATA = to_bytes(RECORD)


def refusal(data: bytes) -> str:
    found, problems = from_bytes(data)
    assert found is None
    [problem] = problems
    assert (problem.severity, problem.rule in RULES) == (Severity.ERROR, True)
    assert problem.detail
    return problem.rule


def test_a_record_comes_back_as_it_was_written() -> None:
    assert from_bytes(DATA) == (RECORD, [])
    assert RECORD["duration"] == 1.235
    results: Any = RECORD["results"]
    done, skipped = results
    assert (done["after"], done["before"]["body"]["displayName"]) == (None, "SSO")
    assert "after" not in skipped, "what was not read is not there, which is not null"
    assert [rung["id"] for rung in skipped["before"]["ladder"]] == ["a", "b"]


def test_any_changed_byte_is_refused() -> None:
    for position in range(len(DATA)):
        changed = bytes([DATA[position] ^ 1])
        assert from_bytes(DATA[:position] + changed + DATA[position + 1 :])[0] is None, position


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "RECORD101"),
        (b"[]\n", "RECORD101"),
        (b"{}\n", "RECORD101"),
        (DATA[:-20], "RECORD101"),
        (b'{"a":1,"a":2}', "RECORD101"),
        (b'{"a":NaN}', "RECORD101"),
        (b"[" * 100_000, "RECORD101"),
        ("{}ü".encode(), "RECORD101"),
        (DATA.rstrip(), "RECORD102"),
        (json.dumps(RECORD, indent=1).encode(), "RECORD102"),
        (to_bytes(sealed({**RECORD, "formatVersion": 2})), "RECORD103"),
        (to_bytes(sealed({**RECORD, "owner": 1})), "RECORD101"),
        (to_bytes(sealed({k: v for k, v in RECORD.items() if k != "tenant"})), "RECORD101"),
        (to_bytes({**RECORD, "actor": "somebody else"}), "RECORD102"),
    ],
)
def test_what_is_no_record_or_was_changed(data: bytes, rule: str) -> None:
    assert refusal(data) == rule


def test_a_chain_holds_only_in_its_order() -> None:
    second = record(previous=str(RECORD["digest"]))
    assert follows(second, RECORD) == []
    assert [p.rule for p in follows(RECORD, second)] == ["RECORD105"]
    assert [p.rule for p in follows(second, record(change_ref="another"))] == ["RECORD105"]


# Secrets


CASES: dict[str, tuple[Any, Any]] = {
    "a pair with a telling key": ({"key": "shared_secret", "value": "hunter2"}, {"key": "shared_secret", "value": ...}),
    "an app setting": (
        {"appConfigKey": "apiKey", "appConfigKeyValue": "s"},
        {"appConfigKey": "apiKey", "appConfigKeyValue": ...},
    ),
    "what Graph keeps encrypted": ({"isEncrypted": True, "value": "s"}, {"isEncrypted": True, "value": ...}),
    "pairs of single sign-on": (
        [{"key": "device_registration", "value": "{{DEVICEREGISTRATION}}"}, {"key": "AppAllowList", "value": "c"}],
    ) * 2,
    "a pair without a value": ({"key": "password", "value": None}, {"key": "password", "value": None}),
    "below lists and objects": ({"a": [{"b": {"pfxBlob": "AAAA"}}]}, {"a": [{"b": {"pfxBlob": ...}}]}),
    "whole objects": ({"certificate": {"issuer": "x", "data": "y"}}, {"certificate": ...}),
    **{name: ({name: "s"}, {name: ...}) for name in SENSITIVE},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_masked(case: str) -> None:
    given_, expected = CASES[case]
    found = masked(given_)
    assert _unmasked(found) == expected
    assert masked(found) == found, "masking twice is masking once"
    assert has_masked(found) == ("Ellipsis" in repr(expected))


def _unmasked(value: Any) -> Any:
    """The value with `...` for what is masked."""
    if isinstance(value, dict) and value.keys() == {"masked"}:
        assert value["masked"].startswith("sha256:")
        assert len(value["masked"]) == 19
        return ...
    if isinstance(value, dict):
        return {key: _unmasked(member) for key, member in value.items()}
    return [_unmasked(entry) for entry in value] if isinstance(value, list) else value


def test_a_masked_value_still_tells_whether_it_changed() -> None:
    one, two = ({"key": "token", "value": value} for value in ("a", "b"))
    assert masked(one) != masked(two)
    assert masked(one) == masked(dict(one))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "value", "token", "password", "a", "name"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(value=VALUES)
def test_masking_leaves_no_secret_and_everything_else(value: Any) -> None:
    found = masked(value)
    assert masked(found) == found
    for name, member in _members(found):
        if name in SENSITIVE:
            assert member is None or (isinstance(member, dict) and member.keys() == {"masked"})
    if not has_masked(found):
        assert found == value


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        inner = [pair for member in value.values() for pair in _members(member)]
        return [*value.items(), *inner]
    return [pair for entry in value for pair in _members(entry)] if isinstance(value, list) else []
