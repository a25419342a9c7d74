"""What run records say of an address: the newest that has it, and nothing where a run wrote and did not see the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.audited import Actor, AuditEvent, Touched
from reconciler.diagnostics import Severity
from reconciler.drift.direction import Case, leanings
from reconciler.drift.findings import with_log
from reconciler.drift.ledger import Ledger, of
from reconciler.drift.model import Applied, Direction, Finding, Leaning, Log, What
from reconciler.kinds import REGISTRY
from reconciler.live import Group
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
        replace(applied.origin, at="2026-03-01T08:01:00Z", commit=f"{1:040}", record=f"sha256:{1:064}"), exact=True
    )


def test_a_run_that_did_not_write_it_leaves_the_older_one_in_force() -> None:
    skipped = result(status="skipped", requests=[])
    assert ledger(record(2, skipped), record(1, result(after=STATE))).entry(JIT).applied is not None


@pytest.mark.parametrize(
    "newest",
    [
        record(2, result()),
        record(2, result(status="failed", requests=[]), finishedAt=None),
        record(2, result(status="unverified", after=STATE)),
        record(2, result(status="awaiting-approval", after=STATE)),
        record(2, result(status="failed", after=STATE, requests=[{**SENT, "status": None}])),
        record(2, result(status="failed", after=STATE, requests=[SENT, {**SENT, "status": 504}])),
    ],
    ids=["not looked at", "cut off", "unverified", "awaiting approval", "no answer", "gateway"],
)
def test_what_a_run_may_have_written_unseen_is_not_known(newest: Any) -> None:
    """Also where it was read once more: what was sent may have come into force after that."""
    entry = ledger(newest, record(1, result(after=STATE))).entry(JIT)
    assert (entry.applied, entry.unseen) == (None, True)


def test_what_a_failed_run_left_is_known_where_every_request_was_answered() -> None:
    failed = result(status="failed", after=STATE, requests=[SENT, {**SENT, "status": 400}])
    applied = ledger(record(1, failed)).entry(JIT).applied
    assert applied is not None
    assert not applied.exact, "it is not as the specs of its commit say"


def test_a_run_that_went_back_is_not_as_the_specs_of_its_commit_say() -> None:
    back = {"goesBackTo": f"sha256:{7:064}"}
    entry = ledger(record(2, result(requests=[]), **back), record(1, result(after=STATE), **back)).entry(JIT)
    assert entry.as_specified is None
    assert entry.applied is not None
    assert not entry.applied.exact


@pytest.mark.parametrize("members", [{}, {"dirty": True}, {"commit": None}])
def test_what_a_newer_run_agreed_with_is_told(members: Any) -> None:
    entry = ledger(record(2, unchanged=[str(JIT)], **members), record(1, result(after=STATE))).entry(JIT)
    assert entry.applied is not None
    assert entry.applied.superseded
    assert (entry.as_specified is not None) == (members == {})


def test_a_run_that_found_it_as_specified_vouches_for_its_commit_only() -> None:
    entry = ledger(record(2, unchanged=[str(JIT)]), record(1, result(after=STATE))).entry(JIT)
    assert entry.as_specified is not None
    assert entry.as_specified.commit == f"{2:040}"
    assert entry.applied is not None
    for members in ({"dirty": True}, {"commit": None}, {"dirty": None}):
        assert ledger(record(2, unchanged=[str(JIT)], **members)).entry(JIT).as_specified is None
    settled_by_itself = result(requests=[])
    assert ledger(record(1, settled_by_itself)).entry(JIT).as_specified is not None


def event(**members: Any) -> AuditEvent:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    actor = Actor("application", "Pipeline", "app-1", None)
    return AuditEvent("e", at, "Patch", "Patch", **{"result": "Success", "correlation": None, "actor": actor,
        "objects": (Touched("a1", None, None),), **members})  # fmt: skip


@pytest.mark.parametrize(
    ("members", "direction", "count"),
    [
        ({}, Direction.UNKNOWN, 1),
        ({"actor": Actor("person", "Pipeline", "app-1", "eve@contoso.example")}, Direction.TENANT, 1),
        ({"actor": Actor("application", "Other", "app-2", None)}, Direction.TENANT, 1),
        ({"result": "Failure"}, Direction.TENANT, 0),
        ({"at": datetime(2026, 2, 1, tzinfo=UTC)}, Direction.TENANT, 0),
    ],
    ids=["ours, elsewhere", "a person", "another application", "an attempt", "before the run"],
)
def test_a_run_elsewhere_takes_a_direction_back(members: Any, direction: Direction, count: int) -> None:
    """What the application that applies wrote, and no record here knows, was applied last."""
    before = Finding(
        What.FIELD, JIT, Severity.INFO, "", objects=("a1",), leaning=Leaning(Direction.TENANT, 1, given.RUN)
    )
    log = Log("read", events={"a1": (replace(event(), **members),)})
    (after,) = with_log([before], log, [], {"app-1"})
    assert (after.leaning.direction, len(after.changes)) == (direction, count)
    assert (after.note is None) == (direction is Direction.TENANT)


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


def test_an_object_that_is_gone_is_no_edit_of_what_is_masked() -> None:
    case, ground = with_secret("one", then="one")
    gone = replace(case, subject=replace(case.subject, live=None, world=emptied(case)))
    assert leanings(gone, ground)("").direction is Direction.TENANT
    hidden = replace(case, subject=replace(case.subject, live=None))
    assert leanings(hidden, ground)("").direction is Direction.UNKNOWN, "it is there, and the spec does not mean it"


def test_a_group_that_is_not_there_any_more_is_no_edit_of_the_spec() -> None:
    """Somebody made a group anew: the spec, as it was, means the new one, and the tenant is as the run left it."""
    each = next(e for e in given.departures("JitSsoPolicy") for c in e.cases() if c.subject.live)
    case = next(c for c in each.cases() if c.subject.live)
    assert case.subject.live is not None
    group = "0cc00000-1111-4222-8333-00000000dead"
    target: Any = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
    live = replace(case.subject.live, assignments=({"target": target},))
    desired = replace(case.subject.desired, spec={**case.subject.spec, "assignments": {"include": ["allUsers"]}})
    subject = replace(case.subject, desired=desired, live=live)
    now = Case(case.kind, subject, case.kind.compare(subject))
    assert "assignments" in now.comparison.changed
    ground = Applied(given.RUN, replace(live, body=masked(live.body)))
    assert leanings(now, ground)("assignments").direction is Direction.UNKNOWN
    by_id = {**subject.world.names.groups_by_id, group: Group(group, "Staff")}
    there = replace(subject.world, names=replace(subject.world.names, groups_by_id=by_id))
    known = replace(now, subject=replace(subject, world=there))
    assert leanings(known, ground)("assignments").direction is Direction.REPOSITORY


def emptied(case: Case) -> Any:
    readings = {key: replace(found, objects=()) for key, found in case.subject.world.readings.items()}
    return replace(case.subject.world, readings=readings, indexes={})


def with_secret(now: str, *, then: str) -> tuple[Case, Applied]:
    """A policy that matches its spec but for a pair that a record masks."""
    each = next(e for e in given.departures("JitSsoPolicy") for c in e.cases() if c.subject.live)
    case = next(c for c in each.cases() if c.subject.live)
    assert case.subject.live is not None
    raw = {"@odata.type": "#microsoft.graph.keyStringValuePair", "key": "client_secret", "value": then}
    extension: Any = case.subject.live.body["iosSingleSignOnExtension"]
    held = {**case.subject.live.body, "iosSingleSignOnExtension": {**extension, "configurations": [raw]}}
    pair: Any = {"key": "client_secret", "type": "string", "value": now}
    spec = {"displayName": case.subject.live.display_name, "jitRegistration": None, "safariSso": None}
    desired = replace(case.subject.desired, spec={**spec, "additionalConfiguration": [pair]})
    subject = replace(case.subject, desired=desired)
    left = replace(case.subject.live, body=held)
    return Case(case.kind, subject, case.comparison), Applied(given.RUN, replace(left, body=masked(left.body)))


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
