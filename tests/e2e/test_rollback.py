"""Back to what a run found: the tenant as it was, or a refusal that names what is in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler import records
from reconciler.emulator import Emulator
from reconciler.kind import Consent
from reconciler.model import JsonObject
from reconciler.plan import Action
from reconciler.run import Status

from . import scenario
from .harness import Ran, Rehearsal, pending, told
from .scenario import APPS, BYOD, CONFIGURATIONS, GROUPS, KIOSK, POLICY, PROFILES, VPP_APP, app_assignment, marker, to
from .way_back import content, plan_back, recorded, stopped_after

Rehearse = Callable[..., Rehearsal]
PRUNE = Consent(prune=True)


def applied(stage: Rehearsal, **options: Any) -> JsonObject:
    """Plan, apply, and the record of it."""
    planned = stage.plan(**options)
    ran = stage.apply(planned)
    assert set(ran.statuses().values()) == {Status.DONE}, [(r.address, r.error) for r in ran.results]
    return recorded(stage, planned, ran)


def gone_back(stage: Rehearsal, record: JsonObject) -> Ran:
    back = plan_back(stage, record)
    assert not back.plan.blocked, told(back.plan)
    ran = stage.apply(back)
    assert set(ran.statuses().values()) <= {Status.DONE}, [(r.address, r.error) for r in ran.results]
    return ran


def without_store_app(tenant: dict[str, Any]) -> dict[str, Any]:
    """The tenant but for the app that the run made, which stays: without a text of ours.

    No text is null or empty: what Graph makes of null in a PATCH is not documented, so an empty one is sent.
    """
    kept = [
        app
        for app in tenant[APPS]
        if app["@odata.type"].endswith("iosStoreApp") and "Authenticator" in app["displayName"]
    ]
    assert [(app["assignments"], app["notes"] or None) for app in kept] == [([], None)]
    return {**tenant, APPS: [app for app in tenant[APPS] if app not in kept]}


def test_a_run_and_its_rollback_leave_the_tenant_as_it_was(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        before = stage.tenant()
        record = applied(stage)
        assert content(stage.tenant()) != content(before)
        gone_back(stage, record)
        assert content(without_store_app(stage.tenant())) == content(before)
        again = plan_back(stage, record).plan
        assert (pending(again), again.blocked) == ({}, False)


KNOBS: dict[str, Any] = {
    "expand_assignments": "absent", "no_filter": "zero-guid", "all_users_encoding": "virtual-group",
    "profile_odata_type": "no-hash", "configurations_order": "reversed", "options_order": "reversed",
    "id_case": "upper", "set_priority": "swap", "post_priority": "first", "delete_compacts_priority": True,
    "default_profile_object": True, "stale_reads": 4, "page_size": 1, "patch_nested": "merge", "publishing_reads": 4,
    "patch_null": "ignored", "patch_null=400": "400",
}  # fmt: skip
"""Settings under which readings of one object differ, or an order or a write takes another course."""


@pytest.mark.parametrize("knob", KNOBS)
def test_the_way_back_however_the_service_behaves(rehearse: Rehearse, knob: str) -> None:
    with rehearse(
        scenario.SPECS, seed=scenario.seed(), knobs={knob.partition("=")[0]: KNOBS[knob]}, wired=True
    ) as stage:
        before = stage.tenant()
        record = applied(stage)
        for _ in range(stage.emulator.knobs.stale_reads):
            stage.plan()  # readings catch up
        gone_back(stage, record)
        assert content(without_store_app(stage.tenant())) == content(before)


def test_planning_the_way_back_writes_nothing_and_is_deterministic(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        record = applied(stage)
        writes = len(stage.emulator.writes)
        one, two = plan_back(stage, record).plan, plan_back(stage, record).plan
        assert len(stage.emulator.writes) == writes
        fixed = [replace(each, created_at=one.created_at).to_json() for each in (one, two)]
        assert fixed[0] == fixed[1]
        assert fixed[0]["source"] == {"record": record["digest"], "path": "run.json"}
        assert fixed[0]["specDigest"] == record["digest"]
        assert (fixed[0]["orphaned"], fixed[0]["unmanaged"]) == ([], [])


def test_an_adoption_is_undone(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        record = applied(stage)
        assert marker("EnrollmentProfile", "executives") in str(stage.emulator.object(PROFILES, scenario.EXECUTIVES))
        gone_back(stage, record)
        found: Any = stage.emulator.object(PROFILES, scenario.EXECUTIVES)
        assert found["description"] == "Made by hand"


def test_what_a_run_deleted_is_made_again_in_its_place(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed()) as stage:
        applied(stage)
        before = stage.tenant()
        ladder = stage.ladder()
        documents = [d for d in scenario.SPECS.split("---") if "name: pilots" not in d and "jit-pilot" not in d]
        stage.declare("---".join(documents).replace("order: [executives, pilots, byod]", "order: [byod, executives]"))
        record = applied(stage, consent=PRUNE)
        back = plan_back(stage, record).plan
        made = {str(c.address) for c in back.changes if c.action is Action.CREATE}
        assert made == {"EnrollmentProfile/pilots", "JitSsoPolicy/jit-pilot"}
        assert not [d for d in back.diagnostics if d.rule == "IDENT112"], "nobody renamed a spec"
        gone_back(stage, record)
        assert stage.ladder() == ladder
        assert content(stage.tenant()) == content(before)


def test_a_profile_that_is_made_again_without_a_recorded_order_ranks_last_and_that_is_told(rehearse: Rehearse) -> None:
    specs = """
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: NAME}
spec: {displayName: NAME, enrollmentType: webBasedDeviceEnrollment}
"""
    both = specs.replace("NAME", "one") + "---" + specs.replace("NAME", "two")
    with rehearse(both, seed={"formatVersion": 1, "collections": {}}) as stage:
        applied(stage)
        stage.declare(specs.replace("NAME", "two"))
        record = applied(stage, consent=PRUNE)
        back = plan_back(stage, record).plan
        [finding] = [d for d in back.diagnostics if d.rule == "ROLLBACK108"]
        assert "'one' is made again, and ranks last" in finding.message
        gone_back(stage, record)
        assert stage.ladder() == ["two", "one"]


# What others did since the run


def edit(emulator: Emulator, collection: str, key: str, **members: Any) -> None:
    """An administrator's edit in the portal."""
    held: Any = emulator.object(collection, key)
    emulator.put(collection, {**held, **members})


def by_name(emulator: Emulator, collection: str, name: str) -> str:
    return next(str(o["id"]) for o in emulator.objects(collection) if o["displayName"] == name)


def assign_too(emulator: Emulator, collection: str, key: str, assignment: dict[str, Any], **members: Any) -> None:
    held: Any = emulator.object(collection, key)
    edit(emulator, collection, key, assignments=[*held["assignments"], assignment], **members)


def swap_ranks(emulator: Emulator) -> None:
    """The first two profiles change places."""
    profiles: list[Any] = sorted(emulator.objects(PROFILES), key=lambda p: p["priority"])
    one, two = profiles[:2]
    edit(emulator, PROFILES, one["id"], priority=two["priority"])
    edit(emulator, PROFILES, two["id"], priority=one["priority"])


IN_THE_WAY: dict[str, tuple[Callable[[Emulator], None], str, str, str]] = {
    "a property that the run wrote": (
        lambda e: edit(e, CONFIGURATIONS, POLICY, description="Somebody's words"),
        "JitSsoPolicy/jit", "ROLLBACK101", "/description of 'SSO - everyone' changed since the run",
    ),
    "a property and an assignment": (
        lambda e: assign_too(e, CONFIGURATIONS, POLICY, to("iOS pilots"), description="x"),
        "JitSsoPolicy/jit", "ROLLBACK101", "/description, /assignments of 'SSO - everyone' changed since the run",
    ),
    "an assignment of ours": (
        lambda e: assign_too(e, PROFILES, BYOD, to("Executives")),
        "EnrollmentProfile/byod", "ROLLBACK101", "/assignments of 'BYOD' changed since the run",
    ),
    "a pair of an app that the run wrote": (
        lambda e: edit(e, APPS, VPP_APP, assignments=[app_assignment("required", "Executives", isRemovable=False)]),
        "AuthenticatorAssignment/vpp", "ROLLBACK101", "/assignments of 'Microsoft Authenticator' changed since the run",
    ),
    "an object that the run updated is gone": (
        lambda e: e.remove(CONFIGURATIONS, POLICY),
        "JitSsoPolicy/jit", "ROLLBACK102", f"SSO - everyone ({POLICY}) is gone",
    ),
    "an object that the run made was edited": (
        lambda e: edit(e, CONFIGURATIONS, by_name(e, CONFIGURATIONS, "SSO - pilots"), lockScreenFootnote="Found?"),
        "JitSsoPolicy/jit-pilot", "ROLLBACK101", "/lockScreenFootnote of 'SSO - pilots' changed since the run",
    ),
    "an object that the run made was assigned": (
        lambda e: assign_too(e, PROFILES, by_name(e, PROFILES, "Pilots"), to("Staff")),
        "EnrollmentProfile/pilots", "ROLLBACK101", "/assignments of 'Pilots' changed since the run",
    ),
    "our marker on an app that the run assigned": (
        lambda e: edit(e, APPS, VPP_APP, notes="Bought by the app team"),
        "AuthenticatorAssignment/vpp", "ROLLBACK101", "/notes of 'Microsoft Authenticator' changed since the run",
    ),
    "the order": (swap_ranks, "EnrollmentPriority/ios", "ROLLBACK101", "the order changed since the run"),
    "a group": (
        lambda e: e.remove("groups", GROUPS["Staff"]),
        "EnrollmentProfile/byod", "ROLLBACK106",
        f"the group {GROUPS['Staff']} was assigned and does not exist any more",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_somebody_changed_since_is_refused_by_name_and_never_written_over(rehearse: Rehearse, what: str) -> None:
    change, address, rule, message = IN_THE_WAY[what]
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        record = applied(stage)
        change(stage.emulator)
        back = plan_back(stage, record).plan
        found = {(str(d.address), d.rule, d.message) for d in back.diagnostics if d.severity == "error"}
        assert (address, rule, message) in found
        assert back.blocked
        [refused] = [c for c in back.changes if str(c.address) == address]
        assert (refused.refused, refused.steps) == (True, ())
        others = {str(d.address) for d in back.diagnostics if d.severity == "error"} - {address}
        assert others <= {"JitSsoPolicy/jit"}, "a change in one place refuses nothing else"


NOT_IN_THE_WAY: dict[str, Callable[[Emulator], None]] = {
    "an object that the run did not touch": lambda e: edit(e, PROFILES, KIOSK, description="Edited"),
    "a property that the run did not write": lambda e: edit(e, CONFIGURATIONS, POLICY, lockScreenFootnote="Found?"),
    "a pair of an app that others assign": lambda e: assign_too(
        e, APPS, VPP_APP, app_assignment("available", "iOS pilots", useDeviceLicensing=False)
    ),
}


@pytest.mark.parametrize("what", NOT_IN_THE_WAY)
def test_what_others_changed_beside_it_is_kept(rehearse: Rehearse, what: str) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        before = stage.tenant()
        record = applied(stage)
        NOT_IN_THE_WAY[what](stage.emulator)
        gone_back(stage, record)
        after = stage.tenant()
        NOT_IN_THE_WAY[what](stage.emulator)  # the same edit is the only difference, so it was kept
        assert content(without_store_app(after)) != content(before)
        with Emulator(seed=scenario.seed()) as fresh:
            NOT_IN_THE_WAY[what](fresh)
            edited: Any = fresh.export()["collections"]
        assert content(without_store_app(after)) == content(edited)


def test_an_object_of_the_run_that_is_gone_already_needs_nothing(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        record = applied(stage)
        stage.emulator.remove(CONFIGURATIONS, by_name(stage.emulator, CONFIGURATIONS, "SSO - pilots"))
        back = plan_back(stage, record).plan
        assert not back.blocked
        assert "JitSsoPolicy/jit-pilot" not in pending(back)


def test_a_protected_object_of_the_run_is_not_deleted(rehearse: Rehearse) -> None:
    specs = scenario.SPECS.replace(
        "  displayName: SSO - pilots", "  displayName: SSO - pilots\n  lifecycle: {preventDestroy: true}"
    )
    with rehearse(specs, seed=scenario.seed(), wired=True) as stage:
        back = plan_back(stage, applied(stage)).plan
        assert [(str(d.address), d.rule) for d in back.diagnostics if d.severity == "error"] == [
            ("JitSsoPolicy/jit-pilot", "ROLLBACK107")
        ]


def test_somebody_made_a_deleted_object_again(rehearse: Rehearse) -> None:
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        applied(stage)
        stage.declare("---".join(d for d in scenario.SPECS.split("---") if "jit-pilot" not in d))
        record = applied(stage, consent=PRUNE)
        stage.emulator.put(CONFIGURATIONS, scenario.policy("1ff00000-1111-4222-8333-00000000000f", "SSO - pilots", ""))
        back = plan_back(stage, record).plan
        assert [(d.rule, "1ff00000" in d.message) for d in back.diagnostics if d.severity == "error"] == [
            ("ROLLBACK105", True)
        ]


# What the record says


def test_a_masked_value_is_not_written_again(rehearse: Rehearse) -> None:
    seed = scenario.seed()
    [ours, _] = seed["collections"][CONFIGURATIONS]
    ours["iosSingleSignOnExtension"]["configurations"].append(scenario.pair("shared_secret", "hunter2"))
    with rehearse(scenario.SPECS, seed=seed, wired=True) as stage:
        record = applied(stage)
        assert "hunter2" not in records.to_bytes(record).decode()
        back = plan_back(stage, record).plan
        found = [(str(d.address), d.rule, d.message) for d in back.diagnostics if d.severity == "error"]
        message = "/iosSingleSignOnExtension is masked in the record, so it cannot be written again"
        assert found == [("JitSsoPolicy/jit", "ROLLBACK103", message)]
        assert "hunter2" not in str(back.to_json())


def test_a_run_that_was_cut_off_is_gone_back_from_where_that_is_safe(rehearse: Rehearse) -> None:
    """The record as it stands after `kill -9` at its beginning: no results, and what was written is not known."""
    with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
        planned = stage.plan()
        opened = recorded(stage, planned, _unwritten(stage.apply(planned, stop=lambda: True)), finished=False)
        untouched = plan_back(stage, opened).plan
        assert (pending(untouched), untouched.blocked) == ({}, False)
        stage.apply()
        back = plan_back(stage, opened).plan
        found = {str(d.address): d.rule for d in back.diagnostics if d.severity == "error"}
        order = found.pop("EnrollmentPriority/ios")
        assert order == "ROLLBACK101"
        assert set(found.values()) == {"ROLLBACK104"}
        assert set(found) == {str(c.address) for c in planned.plan.pending} - {"EnrollmentPriority/ios"}


def _unwritten(ran: Ran) -> Ran:
    assert ran.writes == ()
    return ran


def test_a_run_that_failed_half_way_is_undone_as_far_as_it_came(rehearse: Rehearse) -> None:
    for writes in (1, 4, 8, 12):
        with rehearse(scenario.SPECS, seed=scenario.seed(), wired=True) as stage:
            before = stage.tenant()
            planned = stage.plan()
            ran = stopped_after(writes, stage, planned)
            assert len(ran.writes) == writes
            record = recorded(stage, planned, ran)
            gone_back(stage, record)
            after = stage.tenant()
            made = [a for a in after[APPS] if a["displayName"] == "Microsoft Authenticator" and a["id"] != VPP_APP]
            assert content(without_store_app(after) if made else after) == content(before)
