"""What run records say of an address: the newest that has it, and nothing where a run wrote and did not see the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.drift.direction import Case, leanings
from reconciler.drift.ledger import Ledger, of
from reconciler.drift.model import Applied, Direction
from reconciler.kinds import REGISTRY
from reconciler.model import Address
from reconciler.records import masked

from . import given

JIT = Address("JitSsoPolicy", "jit")
STATE = {"id": "A1", "collection": "deviceFeatures", "body": {"displayName": "x"}, "assignments": []}
SENT = {"method": "PATCH", "path": "/x", "status": 200, "clientRequestId": "c", "requestId": "r"}


def record(number: int, *results: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A record as far as a ledger reads it; the larger number is the newer run."""
    return {
        "digest": f"sha256:{number:064}",
        "startedAt": f"2026-03-0{number}T08:00:00Z",
        "finishedAt": f"2026-03-0{number}T08:01:00Z",
        "commit": f"{number:040}",
        "dirty": False,
        "results": [*results],
        **members,
    }


def result(**members: Any) -> dict[str, Any]:
    return {"address": str(JIT), "status": "done", "liveId": "A1", "requests": [SENT], **members}


def ledger(*records: Any) -> Ledger:
    return of(REGISTRY, [JIT], records)


def test_the_newest_run_that_wrote_it_counts() -> None:
    old = result(after={**STATE, "body": {"displayName": "old"}})
    applied = ledger(record(2, result(after=STATE)), record(1, old)).entry(JIT).applied
    assert applied is not None
    assert applied.live is not None
    assert (applied.live.body["displayName"], applied.origin.at) == ("x", "2026-03-02T08:01:00Z")
    gone = ledger(record(1, result(after=None))).entry(JIT).applied
    assert gone == Applied(
        replace(applied.origin, at="2026-03-01T08:01:00Z", commit=f"{1:040}", record=f"sha256:{1:064}")
    )


def test_a_run_that_did_not_write_it_leaves_the_older_one_in_force() -> None:
    skipped = result(status="skipped", requests=[])
    assert ledger(record(2, skipped), record(1, result(after=STATE))).entry(JIT).applied is not None


@pytest.mark.parametrize(
    "newest",
    [record(2, result()), record(2, result(status="failed", requests=[]), finishedAt=None)],
    ids=["not looked at", "cut off"],
)
def test_what_a_run_may_have_written_unseen_is_not_known(newest: Any) -> None:
    assert ledger(newest, record(1, result(after=STATE))).entry(JIT).applied is None


def test_a_run_that_found_it_as_specified_vouches_for_its_commit_only() -> None:
    entry = ledger(record(2, unchanged=[str(JIT)]), record(1, result(after=STATE))).entry(JIT)
    assert entry.as_specified is not None
    assert entry.as_specified.commit == f"{2:040}"
    assert entry.applied is not None
    for members in ({"dirty": True}, {"commit": None}, {"dirty": None}):
        assert ledger(record(2, unchanged=[str(JIT)], **members)).entry(JIT).as_specified is None
    settled_by_itself = result(requests=[])
    assert ledger(record(1, settled_by_itself)).entry(JIT).as_specified is not None


def test_no_more_records_are_read_than_it_takes() -> None:
    taken: list[int] = []

    def records() -> Any:
        for number in (3, 2, 1):
            taken.append(number)
            yield record(number, result(after=STATE))

    of(REGISTRY, [JIT], records())
    assert taken == [3]
    of(REGISTRY, [], records())
    assert taken == [3]


def test_what_is_masked_in_a_record_is_compared_behind_its_mask() -> None:
    """A pair that looks like a secret: the record has but a digest, and still tells which side moved."""
    each = next(e for e in given.departures("JitSsoPolicy") for c in e.cases() if c.subject.live)
    case = next(c for c in each.cases() if c.subject.live)
    secret = {"key": "client_secret", "type": "string", "value": "one"}
    assert leaning(case, spec=secret, then="one", now="two") is Direction.TENANT
    assert leaning(case, spec=secret, then="two", now="two") is Direction.REPOSITORY
    assert leaning(case, spec=secret, then="three", now="two") is Direction.BOTH


def leaning(case: Case, *, spec: Any, then: str, now: str) -> Direction:
    def live(value: str) -> Any:
        assert case.subject.live is not None
        raw = {"@odata.type": "#microsoft.graph.keyStringValuePair", "key": "client_secret", "value": value}
        extension: Any = case.subject.live.body["iosSingleSignOnExtension"]
        held = {**case.subject.live.body, "iosSingleSignOnExtension": {**extension, "configurations": [raw]}}
        return replace(case.subject.live, body=held)

    desired = replace(case.subject.desired, spec={**case.subject.spec, "additionalConfiguration": [spec]})
    subject = replace(case.subject, desired=desired, live=live(now))
    left = live(then)
    ground = Applied(given.RUN, replace(left, body=masked(left.body)))
    return leanings(Case(case.kind, subject, case.kind.compare(subject)), ground)("additionalConfiguration").direction
