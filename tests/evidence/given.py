"""Records, plans and bundles made up for tests: small, whole, and in a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.evidence.bundle import bundle
from reconciler.evidence.content import Content, RunParts, Sources
from reconciler.model import Address, JsonObject
from reconciler.plan import Action, Plan, TenantRef
from reconciler.planfile import from_bytes, to_bytes
from reconciler.records import Circumstances, document
from reconciler.run import Outcome, Result, Run, Sent, Status
from reconciler.spec.load import files_digest

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COMMIT = "c0ffee" + "0" * 34
TENANT = TenantRef("sandbox", None, "emulator")
SPECS = (("specs/a.yaml", b"kind: X\n"), ("specs/\u00fcber uns.yaml", b"kind: Y\n"))
STATE: JsonObject = {"id": "1", "collection": "deviceFeatures", "body": {"displayName": "SSO"}, "assignments": []}


def plan(specs: Sequence[tuple[str, bytes]] = SPECS) -> JsonObject:
    """A saved plan from these specs."""
    made = Plan(TENANT, "contoso", NOW, files_digest([*specs]), (), True)
    found, problems = from_bytes(to_bytes(made.to_json()))
    assert found is not None, problems
    return found


PLAN = plan()


def record(number: int = 1, previous: str | None = None, **more: Any) -> JsonObject:
    """The record of one run; `number` makes it another one, and later."""
    at = NOW + timedelta(hours=number)
    sent = Sent("PATCH", f"/beta/x/{number}", 200, f"ours-{number}", f"theirs-{number}")
    result = Result(
        Address("JitSsoPolicy", "ios"), Action.UPDATE, Status.DONE, "1", (sent,), before=STATE, after=STATE,
        properties=("description",),
    )  # fmt: skip
    run = Run(Outcome.APPLIED, (result,), "sha256:" + "0" * 64, at, at + timedelta(minutes=1), COMMIT, "alex")
    options: Mapping[str, Any] = {"saved_plan": str(PLAN["digest"]), "dirty": False, **more}
    return document(run, Circumstances(TENANT, "contoso", previous=previous, **options), duration=60.0)


def chained(count: int) -> list[JsonObject]:
    """So many records, each after the one before."""
    found: list[JsonObject] = []
    for number in range(1, count + 1):
        found.append(record(number, str(found[-1]["digest"]) if found else None))
    return found


def content(*records: JsonObject, links: Sequence[JsonObject] = (), **more: Any) -> Content:
    """The content of a bundle with plan and specs."""
    runs = tuple(RunParts(each, PLAN) for each in records or (record(),))
    workspace = (("reconciler.yaml", b"kind: Workspace\n"),)
    return Content(runs, tuple(links), {COMMIT: Sources(more.get("specs", SPECS), workspace)})


def made(*records: JsonObject, **more: Any) -> bytes:
    """A whole bundle."""
    return bundle(content(*records, **more), change_ref="CHG-1")
