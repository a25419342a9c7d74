"""Saved plans as a pipeline uses them: applied as they were shown, once, or refused with the reason.

Every test runs commands against a tenant that somebody else edits in between, and looks at what the service was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.basis import properties
from reconciler.canonical import digest
from reconciler.cli.consumed import FOLDER, consume, refuse_consumed
from reconciler.cli.failure import Failure
from reconciler.decide import Planned
from reconciler.emulator import Emulator, Fault, Knobs
from reconciler.engine.refresh import read_object
from reconciler.graph.client import Graph
from reconciler.live import Live
from reconciler.planfile import to_bytes
from tests.e2e.judge import Bodies

from . import scenario
from .command import Folder, Said
from .harness import Rehearsal, with_knobs
from .scenario import APPS, BYOD, CONFIGURATIONS, EXECUTIVES, FOREIGN_POLICY, KIOSK, POLICY, PROFILES, TEAMS, VPP_APP
from .test_knobs import SETTINGS

Edit = Callable[[Emulator], object]
PLAN = "p.json"


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    """The scenario's tenant, by the clock of the commands: its audit log has their dates."""
    with Emulator(seed=scenario.seed(), clock=folder.time.service) as emulator:
        folder.serve(emulator)
        yield emulator
        bodies.keep_log(emulator.log)


@pytest.fixture
def saved(folder: Folder, tenant: Emulator) -> dict[str, Any]:
    """A plan of everything, saved a moment ago."""
    assert folder("plan", "--out", PLAN).code == 0
    folder.time.seconds += 60
    document: dict[str, Any] = folder.read(PLAN)
    return document


def edit(collection: str, key: str, **members: Any) -> Edit:
    """Somebody edits an object in the portal."""

    def act(tenant: Emulator) -> None:
        held = tenant.object(collection, key)
        assert held is not None
        tenant.put(collection, {**held, **members}, by="alex@contoso.example")

    return act


def assign(collection: str, key: str, *assignments: Any) -> Edit:
    return edit(collection, key, assignments=[*assignments])


def remove(collection: str, key: str) -> Edit:
    return lambda tenant: tenant.remove(collection, key, by="alex@contoso.example")


def apply(folder: Folder, *more: str) -> Said:
    return folder("apply", "--plan", PLAN, "--yes", *more)


# Stale

NEW_PROFILE = scenario.profile("2dd00000-1111-4222-8333-000000000004", "Portal", "Made meanwhile", 7)
REFUSED: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "a managed field": (
        edit(CONFIGURATIONS, POLICY, displayName="By hand"),
        ("JitSsoPolicy/jit: the live object 'SSO - everyone'", POLICY, "/displayName"),
    ),
    "a field that no spec mentions": (
        edit(CONFIGURATIONS, POLICY, lockScreenFootnote="Property of Contoso"),
        ("JitSsoPolicy/jit", "/lockScreenFootnote"),
    ),
    "its assignments": (assign(CONFIGURATIONS, POLICY, scenario.to()), ("JitSsoPolicy/jit", "/assignments")),
    "an app's assignments": (assign(APPS, VPP_APP), ("AuthenticatorAssignment/vpp", "/assignments")),
    "a profile": (edit(PROFILES, BYOD, description="By hand"), ("EnrollmentProfile/byod", "/description")),
    "a profile to adopt": (
        edit(PROFILES, EXECUTIVES, description="Hands off"),
        ("EnrollmentProfile/executives", "/description"),
    ),
    "it is deleted": (remove(CONFIGURATIONS, POLICY), ("JitSsoPolicy/jit: the live object", "was deleted")),
    "the rank of another profile": (
        edit(PROFILES, KIOSK, priority=9),
        ("EnrollmentPriority/ios: 'Kiosk'", "/priority"),
    ),
    "whom another profile catches": (assign(PROFILES, KIOSK, scenario.to()), ("'Kiosk'", "/assignments")),
    "a new profile": (
        lambda tenant: tenant.put(PROFILES, NEW_PROFILE, by="alex@contoso.example"),
        ("EnrollmentPriority/ios: 'Portal'", "appeared"),
    ),
    "another profile goes": (remove(PROFILES, KIOSK), ("EnrollmentPriority/ios: 'Kiosk'", "was deleted")),
    "who is in a group": (
        edit(
            "groups",
            scenario.GROUPS["iOS pilots"],
            groupTypes=["DynamicMembership"],
            membershipRule="(user.city -eq 1)",
        ),
        ("the membership rule of the group 'iOS pilots'",),
    ),
}
QUIET: dict[str, Edit] = {
    "another policy": edit(CONFIGURATIONS, FOREIGN_POLICY, displayName="Theirs", description="Edited"),
    "its assignments": assign(CONFIGURATIONS, FOREIGN_POLICY, scenario.to()),
    "it goes": remove(CONFIGURATIONS, FOREIGN_POLICY),
    "another app": edit(APPS, TEAMS, notes="Edited"),
    "the description of another profile": edit(PROFILES, KIOSK, description="Edited"),
    "licences": edit(APPS, VPP_APP, usedLicenseCount=77),
    "an unrelated group": lambda tenant: tenant.put("groups", {"displayName": "New", "securityEnabled": True}),
}


@pytest.mark.parametrize(("act", "says"), REFUSED.values(), ids=REFUSED)
def test_invariant_16_an_edit_of_what_the_plan_rests_on_refuses_it(
    act: Edit, says: tuple[str, ...], folder: Folder, tenant: Emulator, saved: Any
) -> None:
    act(tenant)
    tenant.clear_log()
    said = apply(folder)
    assert said.code == 4
    assert tenant.writes == []
    told = " ".join(said.err.split())
    assert [part for part in says if part not in told] == [], said.err
    assert "changed by alex@contoso.example on 2026-03-01T08:01:" in told
    assert not (folder.path / FOLDER).exists(), "a refused plan is not used up"


@pytest.mark.parametrize("act", QUIET.values(), ids=QUIET)
def test_an_edit_of_anything_else_does_not(act: Edit, folder: Folder, tenant: Emulator, saved: Any) -> None:
    act(tenant)
    tenant.clear_log()
    said = apply(folder)
    assert said.code == 0, said.err
    assert tenant.writes


def test_only_what_the_plan_holds_counts(folder: Folder, tenant: Emulator) -> None:
    """A plan of one policy rests on nothing of the profiles."""
    assert folder("plan", "--only", "JitSsoPolicy/jit-pilot", "--out", PLAN).code == 0
    edit(PROFILES, KIOSK, priority=9)(tenant)
    edit(CONFIGURATIONS, POLICY, displayName="By hand")(tenant)
    assert apply(folder).code == 0


def test_a_prerequisite_that_stays_as_it_is_counts(folder: Folder, tenant: Emulator) -> None:
    assert folder("apply", "--yes").code == 0
    edit(PROFILES, BYOD, description="Drifted")(tenant)
    assert folder("plan", "--out", PLAN).code == 0
    edit(CONFIGURATIONS, POLICY, lockScreenFootnote="Not managed")(tenant)
    assign(CONFIGURATIONS, POLICY)(tenant)
    tenant.clear_log()
    said = apply(folder)
    assert (said.code, tenant.writes) == (4, [])
    assert "EnrollmentProfile/byod relies on JitSsoPolicy/jit" in said.err
    assert "/assignments" in said.err
    assert "lockScreenFootnote" not in said.err


# Who it was


@pytest.mark.parametrize(
    ("knob", "says"),
    [
        ("403", "who changed it could not be read; plan again"),
        ("empty", "the audit log does not show who changed it, or not yet; plan again"),
    ],
)
def test_a_log_that_says_nothing_changes_nothing(
    knob: Any, says: str, folder: Folder, tenant: Emulator, saved: Any
) -> None:
    tenant.knobs = Knobs(audit_log=knob)
    REFUSED["a managed field"][0](tenant)
    REFUSED["who is in a group"][0](tenant)
    said = apply(folder)
    assert said.code == 4
    assert said.err.count(says) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="html", path="auditEvents", times=9),
        Fault(kind="null", path="auditEvents", times=9),
        Fault(kind="empty", path="auditEvents", times=9),
        Fault(kind="drop-before", path="auditEvents", times=99),
        Fault(status=500, path="auditEvents", times=99),
        Fault(kind="body", path="auditEvents", body={"value": "x"}, times=9),
        Fault(kind="body", path="auditEvents", body={"value": [1, {"resources": 2}, {"actor": []}]}, times=9),
    ],
    ids=lambda fault: f"{fault.kind} {fault.body or ''}",
)
def test_a_log_out_of_order_changes_nothing(fault: Fault, folder: Folder, tenant: Emulator, saved: Any) -> None:
    REFUSED["a managed field"][0](tenant)
    tenant.fail(fault)
    said = apply(folder)
    assert said.code == 4
    assert "/displayName" in said.err
    assert "plan again" in said.err


def test_another_run_of_this_tool_is_told_by_its_application(folder: Folder, tenant: Emulator, saved: Any) -> None:
    assert folder("apply", "--yes", "--only", "JitSsoPolicy/*").code == 0
    said = apply(folder)
    assert said.code == 4
    [event] = [e for e in tenant.objects("deviceManagement/auditEvents") if e["activityOperationType"] == "Create"]
    actor: Any = event["actor"]
    assert actor["userPrincipalName"] is None
    assert f"changed by {actor['applicationDisplayName']} on 2026-03-01T08:01:" in " ".join(said.err.split())


def test_no_log_is_read_for_a_plan_that_fits(folder: Folder, tenant: Emulator, saved: Any) -> None:
    assert apply(folder).code == 0
    assert not [request for request in tenant.log if "udit" in request.path]


def test_the_newest_of_several_edits_is_told_and_earlier_ones_are_not(folder: Folder, tenant: Emulator) -> None:
    edit(CONFIGURATIONS, POLICY, description="before")(tenant)
    folder.time.seconds += 60
    assert folder("plan", "--out", PLAN).code == 0
    folder.time.seconds += 60
    held = tenant.object(CONFIGURATIONS, POLICY)
    assert held is not None
    for minute, person in enumerate(("robin@contoso.example", "sam\x1b[31m@contoso.example")):
        tenant.put(CONFIGURATIONS, {**held, "displayName": f"By hand {minute}"}, by=person)
        folder.time.seconds += 60
    said = apply(folder)
    assert "sam\\u{1b}[31m@contoso.example on 2026-03-01T08:03" in said.err
    assert "robin" not in said.err


# Used up


def test_a_plan_is_applied_once(folder: Folder, tenant: Emulator, saved: Any) -> None:
    assert apply(folder).code == 0
    [taken] = (folder.path / FOLDER).iterdir()
    held = json.loads(taken.read_bytes())
    assert taken.stat().st_mode & 0o777 == 0o600
    assert held["digest"] == saved["digest"] == f"sha256:{taken.stem}"
    assert folder.read(held["record"])["savedPlan"] == saved["digest"]
    tenant.clear_log()
    said = apply(folder)
    assert (said.code, {request.path for request in tenant.log}) == (4, {"/v1.0/organization"})
    assert f"the plan was applied already, by the run begun at {held['at']}" in " ".join(said.err.split())


def test_a_plan_is_applied_once_even_where_nothing_changed(folder: Folder, tenant: Emulator) -> None:
    """The tenant is put back to what it was: the plan fits again, and is refused all the same."""
    assert folder("apply", "--yes").code == 0
    assert folder("plan", "--out", PLAN).code == 0
    assert folder.read(PLAN)["summary"]["update"] == 0
    assert apply(folder).code == 0
    tenant.clear_log()
    for _ in range(2):
        said = apply(folder)
        assert (said.code, tenant.writes) == (4, [])
        assert "applied already" in said.err


def test_the_tenant_put_back_does_not_revive_a_plan(folder: Folder, tenant: Emulator) -> None:
    assert folder("plan", "--only", "JitSsoPolicy/jit", "--out", PLAN).code == 0
    before = tenant.object(CONFIGURATIONS, POLICY)
    assert before is not None
    assert apply(folder).code == 0
    tenant.put(CONFIGURATIONS, before)
    assert apply(folder).code == 4
    for taken in (folder.path / FOLDER).iterdir():
        taken.unlink()
    tenant.clear_log()
    said = apply(folder)
    assert (said.code, tenant.writes) == (4, []), "the record tells it too"
    assert "applied already, by the run begun at 2026-03-01T08:" in " ".join(said.err.split())


def test_what_does_not_write_does_not_use_a_plan_up(folder: Folder, tenant: Emulator, saved: Any) -> None:
    assert apply(folder, "--dry-run").code == 0
    assert folder("apply", "--plan", PLAN).code == 4, "nobody approved it"
    assert apply(folder, "--expect", "adoptions=7").code == 4
    assert tenant.writes == []
    assert not (folder.path / FOLDER).exists()
    assert apply(folder).code == 0


def test_without_a_record_the_plan_is_not_used_up(folder: Folder, tenant: Emulator, saved: Any) -> None:
    folder.write("blocked", "a file, so that nothing can be below it")
    assert apply(folder, "--record", "blocked/run.json").code == 1
    assert tenant.writes == []
    assert apply(folder).code == 0


def test_a_dry_run_of_a_used_plan_says_what_apply_would(folder: Folder, tenant: Emulator, saved: Any) -> None:
    assert apply(folder).code == 0
    assert apply(folder, "--dry-run").code == 4


def test_where_it_cannot_be_noted_nothing_is_written(folder: Folder, tenant: Emulator, saved: Any) -> None:
    folder.write(str(FOLDER), "a file where the folder should be")
    said = apply(folder)
    assert (said.code, tenant.writes) == (1, [])
    assert "cannot be written" in said.err


def test_of_many_runs_at_once_one_gets_the_plan(tmp_path: Path) -> None:
    key, at = "sha256:" + "a" * 64, datetime(2026, 3, 1, tzinfo=UTC)

    def take(_: int) -> bool:
        try:
            consume(tmp_path, key, at=at, record=None)
        except Failure as failure:
            return failure.diagnostics[0].rule != "PLANFILE108"
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(32))) == 1
    with pytest.raises(Failure):
        refuse_consumed(tmp_path, key)
    refuse_consumed(tmp_path, "sha256:" + "b" * 64)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"at": 7}', b"\xff"])
def test_a_note_that_cannot_be_read_counts(tmp_path: Path, content: bytes) -> None:
    """As while another process is writing it."""
    key = "sha256:" + "c" * 64
    consume(tmp_path, key, at=datetime(2026, 3, 1, tzinfo=UTC), record=None).write_bytes(content)
    with pytest.raises(Failure) as caught:
        refuse_consumed(tmp_path, key)
    assert caught.value.diagnostics[0].message.startswith("the plan was applied already")


# Not what was saved


def test_invariant_17_flipped_bytes_are_refused(folder: Folder, tenant: Emulator, saved: Any) -> None:
    data = (folder.path / PLAN).read_bytes()
    tenant.clear_log()
    for position in [*range(0, len(data), len(data) // 40), len(data) - 2, len(data) - 1]:
        folder.write(PLAN, data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert apply(folder).code in (3, 4), position
    assert tenant.log == []


def _set(document: Any, path: str, value: Any) -> None:
    """`object` stands for the first object that the plan rests on."""
    first = next(index for index, entry in enumerate(document["restsOn"]) if entry["what"] == "object")
    numbered = path.replace("object", str(first)).split("/")
    *parents, last = (int(part) if part.isdecimal() else part for part in numbered)
    for part in parents:
        document = document[part]
    document[last] = value


FORGED = {
    "the tool's version": ("tool/version", "0.0.0", "made by version 0.0.0"),
    "the owner": ("owner", "fabrikam", "the owner fabrikam"),
    "the tenant": ("tenant/tenantId", "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10", "the plan is for tenant"),
    "the specs": ("specDigest", "sha256:" + "0" * 64, "the specs changed"),
    "completeness": ("complete", False, "incomplete"),
    "a value that is shown": ("changes/0/fields/0/after", "harmless", "planning anew gives another change"),
    "a value that is sent": ("changes/0/operations/0/body", {"x": 1}, "planning anew gives another change"),
    "a path": ("changes/0/operations/0/path", "/beta/deviceManagement/other", "planning anew gives another change"),
    "what it rests on": ("restsOn/object/properties", {"description": "0" * 16}, "changed since the plan was made"),
    "which object": ("restsOn/object/id", "9aa00000-1111-4222-8333-000000000009", "was deleted since"),
    "less to rest on": ("restsOn", [], "is what it stands for now"),
    "no changes": ("changes", [], "is not what it stands for any more"),
    "a source": ("source", {"record": "sha256:" + "1" * 64}, "the plan's record is not there"),
}


@pytest.mark.parametrize(("path", "value", "says"), FORGED.values(), ids=FORGED)
def test_a_forged_plan_is_refused(
    path: str, value: Any, says: str, folder: Folder, tenant: Emulator, saved: dict[str, Any]
) -> None:
    """The digest fits: only planning anew finds out."""
    _set(saved, path, value)
    whole = {key: member for key, member in saved.items() if key != "digest"}
    folder.write(PLAN, to_bytes({**whole, "digest": digest(whole)}))
    said = apply(folder)
    assert (said.code, tenant.writes) == (3 if path == "source" else 4, [])
    assert says in " ".join(said.err.split())


# Readings

READING = {
    "id_case", "no_filter", "configurations_order", "options_order", "all_users_encoding", "profile_odata_type",
    "expand_assignments", "expand_on_profile_item", "profile_assignment_id", "timestamps", "page_size", "intent_case",
}  # fmt: skip
"""Knobs that change how an object reads though nobody edits it."""


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s[0] in READING], ids=lambda s: f"{s[0]}={s[1]}")
def test_however_an_object_is_read_it_has_the_same_digests(
    setting: tuple[str, Any], rehearse: Callable[..., Rehearsal]
) -> None:
    """From a list, by itself, and after the service changed its ways."""
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        usual = digests(stage.plan())
        assert len(usual) == 7
        with_knobs(stage, **dict([setting]))
        planned = stage.plan()
        assert digests(planned) == usual
        assert {key: shown(live) for key, live in alone(stage, planned).items()} == usual


def digests(planned: Planned) -> dict[str, dict[str, str]]:
    return {live.id.casefold(): shown(live) for live in objects(planned)}


def shown(live: Live) -> dict[str, str]:
    """Lists of apps never show scope tags: what counts is that two lists give the same."""
    return {name: value for name, value in properties(live).items() if name != "roleScopeTagIds"}


def objects(planned: Planned) -> list[Live]:
    return [live for reading in planned.world.readings.values() for live in reading.objects]


def alone(stage: Rehearsal, planned: Planned) -> dict[str, Live]:
    """Every object as it is read by itself."""

    async def read_all(graph: Graph) -> dict[str, Live]:
        read = [await read_object(graph, live.collection, live.id) for live in objects(planned)]
        return {live.id.casefold(): live for live in read if live}

    found: dict[str, Live] = stage._run(read_all)
    return found


# -- what a plan refuses, and what changes while somebody thinks -------------------------------------------------------


def test_a_plan_with_a_refused_change_is_refused_as_a_whole(folder: Folder, tenant: Emulator) -> None:
    specs = (folder.path / "specs" / "all.yaml").read_text(encoding="utf-8")
    folder.write("specs/all.yaml", specs.replace("{group: ", "{group: No such ", 1))
    assert folder("plan", "--out", PLAN).code == 4
    tenant.clear_log()
    said = apply(folder)
    assert (said.code, tenant.writes) == (4, [])
    assert "PLANFILE111" in said.err


class Person:
    """Somebody at a terminal who says yes, after something has happened in the tenant."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._happens = happens

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def readline(self) -> str:
        self._happens()
        return "yes\n"


def test_a_reading_that_fails_after_the_answer_refuses(
    folder: Folder, tenant: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(status=403, method="GET", path="/deviceConfigurations")
    monkeypatch.setattr("sys.stdin", Person(lambda: tenant.fail(fault)))
    tenant.clear_log()
    said = folder("apply")
    assert (said.code, tenant.writes) == (4, []), said.out


def test_people_who_join_before_the_answer_are_counted(
    folder: Folder, tenant: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "reconciler.yaml").write_text(
        (folder.path / "reconciler.yaml").read_text().replace("limits: {", "limits: {affectedPeople: 0, ")
    )
    count = folder("plan", "--format", "json").document["summary"]["affectedPeople"]
    assert count is not None
    text = (folder.path / "reconciler.yaml").read_text().replace("affectedPeople: 0", f"affectedPeople: {count}")
    (folder.path / "reconciler.yaml").write_text(text)

    def joins() -> None:
        tenant.put("users", {"displayName": "New", "userPrincipalName": "new@contoso.example"})

    monkeypatch.setattr("sys.stdin", Person(joins))
    tenant.clear_log()
    said = folder("apply")
    assert (said.code, tenant.writes) == (4, []), said.out
