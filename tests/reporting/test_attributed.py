"""Which run an event of the audit log comes from: cases of `attributed.yaml`, and events as Graph shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.attributed import Window, attributed, window
from reconciler.audited import AuditEvent, instant, moment, read
from reconciler.model import JsonObject
from tests.evidence import given

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "attributed.yaml").read_text("utf-8"))
DAY = "2026-03-01T"


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}{time}:00").replace(tzinfo=UTC)


WINDOWS = [
    Window(str(number), at(f"{hour}:00"), at(f"{hour}:05"), frozenset({f"o{number}"}), frozenset({f"r{number}"}))
    for number, hour in ((1, "10"), (2, "11"))
]


def event(raw: dict[str, Any]) -> AuditEvent:
    """As Graph would show it."""
    objects = raw.get("of", [])
    by = raw.get("by")
    application, person, user = [*(by if isinstance(by, list) else [by]), None, None][:3]
    found = read(
        {
            "id": "e",
            "activityDateTime": f"{DAY}{raw['at']}:00.1234567Z",
            "correlationId": raw.get("id"),
            "actor": {"applicationId": application, "userPrincipalName": person, "userId": user},
            "resources": [{"resourceId": each} for each in ([objects] if isinstance(objects, str) else objects)],
        }
    )
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_events_and_runs(case: dict[str, Any]) -> None:
    events = [event(each) for each in case["events"]]
    found = attributed(events, WINDOWS, {"o1", "o2", "o3"}, case.get("applications", []))
    assert [" ".join(filter(None, (each.verdict, each.run))) for each in found] == case["are"]


def test_what_a_run_could_have_caused() -> None:
    record = given.record()
    found = window(record)
    assert (set(found.ids), set(found.requests)) == ({"1"}, {"ours-1", "theirs-1"})
    assert found.ends - found.begins == timedelta(minutes=1)
    cut_off = {**record, "finishedAt": None, "duration": 90.0}
    assert window(cut_off).ends - found.begins == timedelta(seconds=90)


@pytest.mark.parametrize(
    "more",
    [
        {"startedAt": "0001-01-01T00:00:00Z"},
        {"startedAt": "9999-12-31T23:59:59Z", "finishedAt": None},
        {"finishedAt": None, "duration": 1e300},
        {"finishedAt": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_record_may_say_any_time(more: JsonObject) -> None:
    found = window({**given.record(), **more})
    assert not found.lasted_at(found.begins - timedelta(days=1))
    assert found.ends + timedelta(days=1) > found.begins


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00.1234567Z", "2026-03-01T08:00:00.123456Z"),
        ("2026-03-01T08:00:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
        ("yesterday", None),
        (None, None),
        (7, None),
    ],
)
def test_instants(text: Any, says: str | None) -> None:
    found = instant(text)
    assert (moment(found) if found else None) == says


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ({"userPrincipalName": "eve@x.example", "applicationDisplayName": "Portal"}, "person"),
        ({"userPrincipalName": "", "applicationDisplayName": "Pipeline"}, "application"),
        ({"servicePrincipalName": "Pipeline"}, "application"),
        ({}, "unknown"),
        (None, "unknown"),
        ("eve", "unknown"),
    ],
)
def test_people_are_named_only_where_that_is_asked_for(actor: Any, kind: str) -> None:
    found = read({"activityDateTime": "2026-03-01T08:00:00Z", "actor": actor, "resources": None})
    assert found is not None
    assert found.actor.kind == kind
    assert "eve" not in str(found.to_json(named=False))
    assert ("eve" in str(found.to_json(named=True))) == (kind == "person")


def test_events_show_no_values() -> None:
    changed: list[Any] = [
        {"displayName": "PassCode", "oldValue": "1234", "newValue": "4321"},
        {"displayName": "PassCode"},
        None,
    ]
    raw: JsonObject = {"resourceId": "A", "modifiedProperties": changed}
    found = read({"activityDateTime": "2026-03-01T08:00:00Z", "resources": [raw, "x"]})
    assert found is not None
    assert found.to_json(named=True)["objects"] == [{"id": "a", "type": None, "name": None, "properties": ["PassCode"]}]
