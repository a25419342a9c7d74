"""What a report makes of plans, records, waivers and settings: the pure parts, case by case."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.attributed import Attributed
from reconciler.audited import read
from reconciler.cli.auditing import is_of
from reconciler.cli.report import _managed, _written
from reconciler.diagnostics import Severity
from reconciler.model import Address, JsonObject
from reconciler.records import from_bytes, sealed, to_bytes
from reconciler.render import report_words
from reconciler.reporting.document import _unknown
from reconciler.reporting.exceptions import exceptions
from reconciler.reporting.managed import managed
from reconciler.reporting.model import Period
from reconciler.reporting.period import period
from reconciler.spec.load import Desired
from reconciler.waivers import Waiver
from reconciler.workspace import RuleSetting
from tests.evidence import given

HOUR = timedelta(hours=1)
RECORD = given.record()
"""It wrote the object `1` from 09:00 to 09:01."""


def change(action: str = "no-op", **more: Any) -> JsonObject:
    return {"address": "JitSsoPolicy/ios", "action": action, "liveId": "1", **more}


@pytest.mark.parametrize(
    ("what", "waived", "state"),
    [
        (change(), [], "as-specified"),
        (change("update"), [], "differs"),
        (change("replace"), [], "differs"),
        (change("create"), [], "not-there"),
        (change("update", adopts={"owner": None}), [], "not-ours-yet"),
        (change("update", refused=["why"]), [], "refused"),
        (change(), [None], "waived"),
        (change(), ["JIT522"], "as-specified"),
        (change("update"), [None], "differs"),
        (change("delete"), [], None),
    ],
)
def test_states(what: JsonObject, waived: list[str | None], state: str | None) -> None:
    listed: Any = [{"waiver": "Waiver/w", "address": "JitSsoPolicy/ios", "rule": rule} for rule in waived]
    found = managed({"changes": [what], "waived": listed}, [])
    assert [each["state"] for each in found] == ([state] if state else [])


def _with(**result: Any) -> JsonObject:
    return {**RECORD, "results": [{**RECORD["results"][0], **result}]}  # type: ignore[index,dict-item]


@pytest.mark.parametrize(
    ("record", "wrote"),
    [(RECORD, True), (_with(status="failed"), False), (_with(status="unverified"), False), (_with(requests=[]), False)],
)
def test_only_what_was_written_and_read_back_counts(record: JsonObject, wrote: bool) -> None:
    [found] = managed({"changes": [change()]}, [record])
    assert (found["firstRun"] is not None, found["lastRun"] is not None) == (wrote, wrote)


def test_an_order_does_not_make_its_members_managed() -> None:
    order: Any = {"ladder": [{"id": "X", "displayName": "A", "priority": 1}]}
    assert _written(_with(before=order, after=order, liveId=None)) == set()
    assert _written(RECORD) == {"1"}


@pytest.mark.parametrize("name", ["startedAt", "finishedAt"])
def test_a_record_of_a_time_that_there_is_not(name: str) -> None:
    found, problems = from_bytes(to_bytes(sealed({**RECORD, name: "2026-99-99T08:00:00Z"})))
    assert (found, [each.rule for each in problems]) == (None, ["RECORD101"])
    assert from_bytes(to_bytes(sealed({**RECORD, "finishedAt": None})))[1] == []


def test_events_on_orphans_count() -> None:
    assert _managed({"changes": [change()], "orphaned": [{"liveId": "AB"}, {"liveId": None}]}) == {"1", "ab"}


def test_people_who_are_known_in_part_make_a_report_incomplete() -> None:
    facts: Any = SimpleNamespace(plan={"complete": True}, answer={"partial": ["why"]}, problems=(), period=None)
    assert [*_unknown(facts)] == ["whom the chain reaches is known in part: why"]


@pytest.mark.parametrize(
    ("since", "until", "more", "silent"),
    [
        (-HOUR, 3 * HOUR, {}, 1),
        (HOUR + timedelta(seconds=1), 3 * HOUR, {}, 0),
        (-HOUR, HOUR, {}, 0),
        (-HOUR, 3 * HOUR, {"why": "403"}, 0),
    ],
)
def test_runs_of_which_the_log_says_nothing(
    since: timedelta, until: timedelta, more: dict[str, Any], silent: int
) -> None:
    """Only where the log would have them: in the period as a whole, and where it was read to its end."""
    shown = period(Period(given.NOW + since, given.NOW + until, **more), [RECORD], named=False)
    assert len(shown["silent"]) == silent  # type: ignore[arg-type]


@pytest.mark.parametrize(("verdict", "silent"), [("request", 0), ("window", 0), ("unclear", 1), ("outside", 1)])
def test_what_is_not_known_to_be_of_a_run_is_not_its_voice(verdict: Any, silent: int) -> None:
    event = read({"activityDateTime": "2026-03-01T09:00:30Z"})
    assert event is not None
    found = Attributed(event, verdict, str(RECORD["digest"]))
    shown = period(Period(given.NOW, given.NOW + 3 * HOUR, (found,)), [RECORD], named=False)
    assert len(shown["silent"]) == silent  # type: ignore[arg-type]


TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("days", "used", "state"),
    [(-1, True, "expired"), (0, True, "expires-soon"), (30, True, "expires-soon"), (31, True, "holds"),
     (31, False, "unused"), (-1, False, "expired")],
)  # fmt: skip
def test_waivers(days: int, used: bool, state: str) -> None:
    declared = Desired(Address("Waiver", "w"), {}, None)  # type: ignore[arg-type]
    until = TODAY + timedelta(days=days)
    waiver = Waiver(declared, Address("JitSsoPolicy", "ios"), "/description", None, "x", "team", "CHG-1", until)
    plan: JsonObject = {"waived": [{"waiver": "Waiver/w"}] if used else []}
    [found] = exceptions([waiver], {}, [], plan, TODAY)
    assert found["state"] == state


def test_a_rule_setting_without_a_reason() -> None:
    [found] = exceptions([], {"JIT1": RuleSetting(Severity.INFO)}, [], {}, TODAY)
    assert report_words.exception(found) == "JIT1 counts as info"


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [("AB", "ab", True), ("ab", "cd", False), (None, "ab", True), ("ab", None, True)],
)
def test_a_name_that_another_tenant_has_now(recorded: str | None, now: str | None, same: bool) -> None:
    assert is_of({"tenant": {"name": "production", "tenantId": recorded}}, now) is same
