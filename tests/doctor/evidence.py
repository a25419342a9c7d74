"""Evidence from case files: what Graph answered, by source, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.assignments import read_target
from reconciler.audience import Census
from reconciler.doctor.model import Answer, Evidence, Fetched, Problem, Scope, Single
from reconciler.engine.examine import facts_of, sources_of
from reconciler.facts import Onboarding, Value
from reconciler.kinds import REGISTRY
from reconciler.live import Collection, Group, Names, live_object

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
USERS = {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}
DEVICES = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}
SOURCES = sources_of(REGISTRY)


def evidence(case: Mapping[str, Any]) -> Evidence:
    """What a case says was read. Assignments are short: `users`, `devices`, `-GROUP`, `GROUP`, or a raw one. A group
    has `people`, and may hold `devices` or be `unread`.
    """
    answers = {key: answer(key, raw) for key, raw in (case.get("read") or {}).items()}
    groups = {name: (entry or {}) for name, entry in (case.get("groups") or {}).items()}
    members = {name: frozenset(e.get("people", ())) for name, e in groups.items() if not e.get("unread")}
    unread = {name: f"{name} could not be read" for name, entry in groups.items() if entry.get("unread")}
    devices = {name: f"{name} holds devices" for name, entry in groups.items() if entry.get("devices")}
    everyone = case.get("everyone")
    return Evidence(
        NOW,
        answers,
        {key: facts_of(REGISTRY, each.objects) for key, each in answers.items()},
        scope(case.get("scope") or {}),
        Census.of(members, everyone, unread=unread, devices=devices)
        if groups or everyone is not None
        else Evidence(NOW).census,
        Names(
            groups_by_id={n: Group(n, e.get("name", n), e.get("rule")) for n, e in groups.items()},
            filter_rules=case.get("filters", {}),
        ),
        tenant_id="aaaa0000-1111-4222-8333-000000000001",
        lacking=None if case.get("lacking", ()) is None else tuple(case.get("lacking", ())),
        discovered=tuple(fetched(each) for each in case.get("discovered", ())),
    )


def scope(raw: Mapping[str, Any]) -> Scope:
    """What of enrollment there is."""
    sent = {"enrolling": tuple(read_target(target(t)) for t in raw["enrolling"])} if "enrolling" in raw else {}
    first = {name: Onboarding(first_app=Value(app)) for name, app in raw.get("firstApps", {}).items()}
    return Scope(
        frozenset(raw.get("types", ())),
        raw.get("known", True),
        tuple(raw.get("domains", ())),
        raw.get("discovery", False),
        first_apps=first,
        provided=frozenset(raw.get("provided", ())),
        **sent,
    )


def fetched(raw: Mapping[str, Any]) -> Fetched:
    """What a domain answered."""
    known = {"domain": raw["domain"], "status": raw.get("status"), "problem": raw.get("problem")}
    return Fetched(**known, content_type=raw.get("type", ""), body=raw.get("body", "").encode())


def answer(key: str, raw: Any) -> Answer:
    """The answer of a source: objects, one object, `null` for none, or `{problem: …}`."""
    if isinstance(raw, dict) and "problem" in raw:
        return Answer(problem=Problem(raw["problem"], tuple(raw.get("permissions", ()))))
    if isinstance(raw, list):
        source = SOURCES.get(key)
        collection = source if isinstance(source, Collection) else Collection(key, f"/beta/{key}")
        return Answer(tuple(live_object(collection, whole(each, f"{key}-{n}")) for n, each in enumerate(raw)))
    source = SOURCES.get(key)
    assert source is None or isinstance(source, Single)
    return Answer(body=raw)


def whole(raw: Mapping[str, Any], identity: str) -> dict[str, Any]:
    """An object with an id and its assignments written out."""
    assigned = [each if isinstance(each, dict) else {"target": target(each)} for each in raw.get("assignments", ())]
    written = [{**each, "target": target(each["target"])} for each in assigned]
    return {"id": identity, **raw, "assignments": written}


def target(short: Any) -> Any:
    """A target as Graph writes it."""
    if not isinstance(short, str):
        return short
    if short in ("users", "devices"):
        return USERS if short == "users" else DEVICES
    kind = "exclusionGroupAssignmentTarget" if short.startswith("-") else "groupAssignmentTarget"
    return {"@odata.type": f"#microsoft.graph.{kind}", "groupId": short.removeprefix("-")}
