"""Which approval request belongs to a write, and what that means for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.engine.approvals import LONGEST_TEXT, Permit, permit, write_tag
from reconciler.graph.approval import approval_headers
from reconciler.model import ABSENT

TAG = write_tag("PATCH", "/beta/deviceAppManagement/mobileApps/x", {"notes": "y"})
OTHER = write_tag("PATCH", "/beta/deviceAppManagement/mobileApps/x", {"notes": "z"})
APPS = "/beta/deviceAppManagement/mobileApps"
APP = "11111111-2222-4333-8444-555555555555"


def record(key: str, status: Any, *, tag: str = TAG, why: str = "CHG-1", at: str = "01", **more: Any) -> dict[str, Any]:
    return {
        "id": key, "status": status, "requestJustification": f"{why} {tag}",
        "requestDateTime": f"2026-03-{at}T08:00:00Z", **more,
    }  # fmt: skip


def by(app: str) -> dict[str, Any]:
    return {"requestor": {"application": {"id": app}}}


ASK = Permit(justification=f"CHG-1 {TAG}")
CASES: dict[str, tuple[list[dict[str, Any]], Permit]] = {
    "nothing was asked": ([], ASK),
    "another write was approved": ([record("a", "approved", tag=OTHER)], ASK),
    "it was approved": ([record("a", "approved")], Permit(approval="a")),
    "asked with other words, it was approved": ([record("a", "approved", why="CHG-0")], Permit(approval="a")),
    "it waits": ([record("a", "needsApproval")], Permit(waits="a")),
    "a state newer than this": ([record("a", "unknownFutureValue")], Permit(waits="a")),
    "approved once, and asked again": (
        [record("a", "approved"), record("b", "needsApproval", at="02")], Permit(waits="b"),
    ),
    "approved once, then rejected with other words": (
        [record("a", "approved"), record("b", "rejected", why="CHG-0", at="02")], ASK,
    ),
    "rejected once, then approved": (
        [record("a", "rejected"), record("b", "approved", at="02")], Permit(approval="b"),
    ),
    "approved once, then asked again in vain": (
        [record("a", "approved"), record("b", "cancelled", at="02")], ASK,
    ),
    "approved, and asked again half a second later": (
        [record("a", "approved"), record("b", "needsApproval", requestDateTime="2026-03-01T08:00:00.5000000Z")],
        Permit(waits="b"),
    ),
    "approved, and asked again at that very instant": (
        [record("z", "approved"), record("b", "needsApproval")], Permit(waits="b"),
    ),
    "the newest approval": (
        [record("a", "approved", at="01"), record("c", "approved", at="03"), record("b", "approved", at="02")],
        Permit(approval="c"),
    ),
    "it was carried out, and is wanted again": ([record("a", "completed")], ASK),
    "it ran out": ([record("a", "expired")], ASK),
    "it was cancelled": ([record("a", "cancelled")], ASK),
    "it was rejected with other words": ([record("a", "rejected", why="CHG-0")], ASK),
    "it was rejected, then ran out": ([record("a", "rejected"), record("b", "expired", at="02")], ASK),
    "it is another application's": ([record("a", "approved", **by("99999999-2222-4333-8444-555555555555"))], ASK),
    "it is ours, in capitals": ([record("a", "approved", **by(APP.upper()))], Permit(approval="a")),
    "a person asked in the portal": (
        [record("a", "needsApproval", requestor={"user": {"id": "x"}, "application": None})], Permit(waits="a"),
    ),
    "records that make no sense": ([{}, {"id": 5, "requestJustification": None}, {"requestor": []}], ASK),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_permit(name: str) -> None:
    records, expected = CASES[name]
    assert permit(TAG, "CHG-1", records, APP) == expected
    assert permit(TAG, " CHG-1\n", list(reversed(records)), APP) == expected


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"approver": {"user": {"displayName": "Eva"}}, "approvalJustification": "no"}, "by Eva, saying: no;"),
        ({"approver": None}, "by another administrator;"),
        ({"approver": {"user": None}, "approvalJustification": ""}, "by another administrator;"),
    ],
)
def test_a_rejection_is_told(more: dict[str, Any], told: str) -> None:
    found = permit(TAG, "CHG-1", [record("a", "rejected", **more)], APP)
    assert found.refusal
    assert told in found.refusal
    assert (found.justification, found.approval, found.waits) == (None, None, None)


def test_a_rejection_holds_whatever_was_approved_before_it() -> None:
    records = [record("a", "approved"), record("b", "rejected", at="02"), record("c", "needsApproval", tag=OTHER)]
    for listed in (records, records[::-1]):
        found = permit(TAG, "CHG-1", listed, APP)
        assert found.refusal
        assert "request b " in found.refusal
        assert found == Permit(refusal=found.refusal)


def test_an_unknown_sender_takes_any_request() -> None:
    assert permit(TAG, "CHG-1", [record("a", "approved", **by("x"))], None) == Permit(approval="a")


@given(st.text(min_size=1, max_size=LONGEST_TEXT).filter(str.strip))
@settings(deadline=None, max_examples=50)
def test_a_justification_fits_with_its_mark(text: str) -> None:
    asked = permit(TAG, text, [], None).justification
    assert asked is not None
    assert TAG in asked
    assert len(asked) <= 1024


def test_the_longest_justification_is_accepted_on_the_wire() -> None:
    asked = permit(TAG, "x" * LONGEST_TEXT, [], None).justification
    assert approval_headers(justification=asked, approval=None)


def test_a_write_is_known_by_its_method_its_path_and_its_body() -> None:
    base = write_tag("PATCH", f"{APPS}/{APP}", {"a": 1, "b": [1, 2]})
    assert base == write_tag("PATCH", f"{APPS}/{APP.upper()}", {"b": [1, 2], "a": 1})
    others = [
        write_tag("POST", f"{APPS}/{APP}", {"a": 1, "b": [1, 2]}),
        write_tag("PATCH", APPS, {"a": 1, "b": [1, 2]}),
        write_tag("PATCH", f"{APPS}/{APP}", {"a": 1, "b": [2, 1]}),
        write_tag("PATCH", f"{APPS}/{APP}", ABSENT),
    ]
    assert len({base, *others}) == 5
    assert all(len(tag) < 60 and tag.isascii() for tag in others)
