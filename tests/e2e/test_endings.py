"""How objects end, over HTTP: pruned, released, protected, taken over; what apply sends, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from reconciler.kind import Consent
from reconciler.run import Outcome, Status

from .command import Folder
from .harness import Rehearsal, pending, sent
from .judge import Bodies

Rehearse = Callable[..., Rehearsal]

POLICIES = "deviceManagement/deviceConfigurations"
PROFILES = "deviceManagement/appleUserInitiatedEnrollmentProfiles"
APPS = "deviceAppManagement/mobileApps"
ONE_POLICY = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: kept}
spec: {displayName: Kept}
"""
TWO = (
    ONE_POLICY
    + """---
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: old}
spec:
  displayName: Old
  description: A policy
  assignments: {include: [allUsers]}
"""
)
PROTECTED = TWO + "  lifecycle: {preventDestroy: true}\n"


OTHERS = {
    "groups": [{"id": "0a3d1f1c-4f0e-4d7e-9b1a-6f5a7c0d2e11", "displayName": "Others"}],
    POLICIES: [
        {
            "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
            "displayName": name,
            "description": description,
        }
        for name, description in {
            "By hand": "nobody's",
            "Theirs": "[reconciler owner=fabrikam kind=JitSsoPolicy name=old]",
        }.items()
    ],
}


@pytest.fixture
def graph(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    """A tenant with policies of others, served to the folder's commands by another server than their own."""
    with Emulator(seed={"formatVersion": 1, "collections": OTHERS}) as emulator:
        folder.serve(emulator)
        yield emulator
        bodies.keep_log(emulator.log)


@pytest.fixture
def two(folder: Folder) -> Folder:
    """A workspace whose specs are a kept and an old policy, both applied to the embedded tenant of the test."""
    folder.write("specs/all.yaml", TWO)
    return folder


def names(graph: Emulator, collection: str) -> list[Any]:
    return sorted(o["displayName"] for o in graph.objects(collection))  # type: ignore[index, call-overload]


def apply(folder: Folder, *arguments: str, code: int = 0) -> str:
    said = folder("apply", "--yes", *arguments)
    assert said.code == code, said.out + said.err
    return said.out + said.err


def test_invariant_22_removing_a_spec_does_nothing_without_prune(two: Folder, graph: Emulator) -> None:
    before = set(names(graph, POLICIES))
    apply(two)
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    said = two("plan", "--detailed-exitcode")
    assert said.code == 0
    assert "Orphaned" in said.out
    apply(two)
    assert sent(graph.writes) == []
    assert set(names(graph, POLICIES)) == before | {"Kept", "Old"}


def test_only_ours_goes_with_prune(two: Folder, graph: Emulator) -> None:
    before = set(names(graph, POLICIES))
    apply(two)
    others = [o for o in graph.objects(POLICIES) if o["displayName"] not in ("Kept", "Old")]  # type: ignore[index, call-overload]
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    assert "the limit is 0" in apply(two, "--prune", code=4)
    assert graph.writes == []
    apply(two, "--prune", "--expect-deletes", "1")
    assert [method for method, _ in sent(graph.writes)] == ["DELETE"]
    assert set(names(graph, POLICIES)) == before | {"Kept"}
    assert [o for o in graph.objects(POLICIES) if o["displayName"] != "Kept"] == others  # type: ignore[index, call-overload]
    assert two("plan", "--prune", "--detailed-exitcode").code == 0


def test_invariant_24_what_was_protected_is_not_pruned(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", PROTECTED)
    apply(two)
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    planned = two("plan", "--prune")
    assert planned.code == 0
    assert "will be deleted" in planned.out
    assert "preventDestroy" in apply(two, "--prune", "--expect-deletes", "1", code=4)
    assert graph.writes == []
    apply(two, "--prune", "--except", "JitSsoPolicy/old")
    assert graph.writes == []


def test_protection_is_lifted_by_a_spec_that_says_so(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", PROTECTED)
    apply(two)
    two.write("specs/all.yaml", PROTECTED.replace("true}", "false}"))
    apply(two)
    two.write("specs/all.yaml", ONE_POLICY)
    apply(two, "--prune", "--expect-deletes", "1")
    assert "Old" not in names(graph, POLICIES)


def test_release_takes_the_marker_off_and_changes_nothing_else(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", PROTECTED)
    apply(two)
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    assert two("release", "JitSsoPolicy/old").code == 4, "nobody is there to approve it"
    assert graph.writes == []
    said = two("release", "JitSsoPolicy/old", "--yes")
    assert said.code == 0, said.out + said.err
    (write,) = graph.writes
    assert write.body == {"@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration", "description": "A policy"}
    assert two("plan", "--prune", "--detailed-exitcode").code == 0
    assert two("release", "JitSsoPolicy/old", "--yes").code == 4, "it carries no marker any more"


def test_prune_withdraws_the_pairs_of_an_app_and_keeps_the_app(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", ONE_POLICY + AUTHENTICATOR)
    apply(two)
    (app,) = graph.objects(APPS)
    theirs = {
        "@odata.type": "#microsoft.graph.mobileAppAssignment",
        "intent": "available",
        "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP},
    }
    graph.put(APPS, {**app, "assignments": [*app["assignments"], theirs]})  # type: ignore[misc, dict-item]
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    apply(two, "--prune")
    assert [method for method, _ in sent(graph.writes)] == ["POST", "PATCH"], "assigned, then the marker dropped"
    (after,) = graph.objects(APPS)
    assert [a["target"]["groupId"] for a in after["assignments"]] == [GROUP]  # type: ignore[union-attr, index, call-overload]
    assert not after["notes"]
    assert two("plan", "--prune", "--detailed-exitcode").code == 0


GROUP = "0a3d1f1c-4f0e-4d7e-9b1a-6f5a7c0d2e11"
AUTHENTICATOR = """---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: authenticator}
spec: {app: {source: store, createIfMissing: true}, assignments: {include: [allUsers]}}
"""


def test_take_over_by_address(two: Folder, graph: Emulator) -> None:
    apply(two)
    two.write("reconciler.yaml", (two.path / "reconciler.yaml").read_text().replace("owner: contoso", "owner: others"))
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    assert "IDENT105" in apply(two, code=4)
    apply(two, "--take-over", "JitSsoPolicy/kept")
    (write,) = graph.writes
    assert write.body is not None
    assert "owner=others" in str(write.body)
    assert "owner=contoso" not in str(write.body)
    assert two("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("flag", ["--take-over", "--allow-replace"])
def test_consent_by_address_names_a_spec(two: Folder, flag: str) -> None:
    assert two("plan", flag, "JitSsoPolicy/nobody").code == 64
    assert two("plan", flag, "nonsense").code == 64


def test_a_saved_plan_keeps_what_was_agreed_to(two: Folder, graph: Emulator) -> None:
    apply(two)
    two.write("specs/all.yaml", ONE_POLICY)
    assert two("plan", "--prune", "--out", "plan.json").code == 0
    assert two("apply", "--plan", "plan.json", "--prune", "--yes").code == 64
    said = two("apply", "--plan", "plan.json", "--yes", "--expect-deletes", "1")
    assert said.code == 0, said.out + said.err
    assert "Old" not in names(graph, POLICIES)


LOST = [
    Fault(kind="drop-after-commit", method="DELETE"),
    Fault(kind="drop-before", method="DELETE"),
    Fault(kind="status-after-commit", status=504, method="DELETE"),
    Fault(status=503, method="DELETE"),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}-{fault.status}")
def test_a_deletion_whose_answer_is_lost_is_carried_out_once(rehearse: Rehearse, fault: Fault) -> None:
    with rehearse(TWO, wired=True) as stage:
        stage.apply()
        stage.declare(ONE_POLICY)
        stage.emulator.fail(fault)
        ran = stage.apply(stage.plan(consent=Consent(prune=True)))
        assert ran.outcome is Outcome.APPLIED
        assert names(stage.emulator, POLICIES) == ["Kept"]


def test_a_deletion_that_somebody_else_did_is_done(rehearse: Rehearse) -> None:
    with rehearse(TWO, wired=True) as stage:
        stage.apply()
        stage.declare(ONE_POLICY)
        planned = stage.plan(consent=Consent(prune=True))
        (change,) = planned.plan.pending
        stage.emulator.remove(POLICIES, str(change.live_id))
        ran = stage.apply(planned)
        assert (ran.outcome, ran.writes) == (Outcome.APPLIED, ())


def test_an_object_that_changed_since_the_plan_is_not_deleted(rehearse: Rehearse) -> None:
    with rehearse(TWO, wired=True) as stage:
        stage.apply()
        stage.declare(ONE_POLICY)
        planned = stage.plan(consent=Consent(prune=True))
        (change,) = planned.plan.pending
        edited = {**stage.emulator.object(POLICIES, str(change.live_id)), "description": "now it is mine"}
        stage.emulator.put(POLICIES, edited)
        ran = stage.apply(planned)
        assert (ran.outcome, ran.writes) == (Outcome.REFUSED, ())


def test_people_gain_before_what_they_relied_on_goes(rehearse: Rehearse) -> None:
    """A profile and a policy make way for others: the old ones go last, the profile before the policy."""
    with rehearse(CHAIN.format(name="old"), wired=True) as stage:
        stage.apply()
        stage.declare(CHAIN.format(name="new"))
        ran = stage.apply(stage.plan(consent=Consent(prune=True)))
        assert ran.outcome is Outcome.APPLIED
        assert [(w.method, w.path.split("/")[3]) for w in ran.writes][-2:] == [
            ("DELETE", "appleUserInitiatedEnrollmentProfiles"),
            ("DELETE", "deviceConfigurations"),
        ]
        assert pending(stage.plan(consent=Consent(prune=True)).plan) == {}


def test_where_people_do_not_gain_nothing_goes(rehearse: Rehearse) -> None:
    with rehearse(CHAIN.format(name="old"), wired=True) as stage:
        stage.apply()
        stage.declare(CHAIN.format(name="new"))
        stage.emulator.fail(Fault(method="POST", path="/assign$", status=400, times=9))
        ran = stage.apply(stage.plan(consent=Consent(prune=True)))
        assert ran.outcome is Outcome.PARTLY_APPLIED
        assert "DELETE" not in {write.method for write in ran.writes}


CHAIN = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {{name: {name}}}
spec: {{displayName: Policy {name}, assignments: {{include: [allUsers]}}}}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {{name: authenticator}}
spec: {{app: {{source: store, createIfMissing: true}}, assignments: {{include: [allUsers]}}}}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {{name: {name}}}
spec:
  displayName: Profile {name}
  enrollmentType: webBasedDeviceEnrollment
  assignments: {{include: [allUsers]}}
"""


# -- what nobody agreed to ---------------------------------------------------------------------------------------------

CLIP = """
apiVersion: intune.reconciler/v1
kind: WebClip
metadata: {{name: help}}
spec:
  displayName: Help
  url: {url}
  assignments: {{include: [allUsers]}}
"""
OLD_URL, NEW_URL, THIRD_URL = (f"https://{host}.contoso.example/" for host in ("help", "service", "desk"))


def test_what_is_not_ours_is_never_replaced(folder: Folder, graph: Emulator) -> None:
    folder.write("specs/all.yaml", CLIP.format(url=OLD_URL))
    apply(folder)
    (clip,) = graph.objects(APPS)
    graph.put(APPS, {**clip, "notes": "made by hand"})  # type: ignore[dict-item]
    folder.write("specs/all.yaml", CLIP.format(url=NEW_URL))
    graph.clear_log()
    told = apply(folder, "--allow-replace", "WebClip/help", "--expect", "adoptions=1", code=4)
    assert "PLAN108" in told
    assert graph.writes == []


def test_one_replacement_after_the_other(folder: Folder, graph: Emulator) -> None:
    for url in (OLD_URL, NEW_URL):
        folder.write("specs/all.yaml", CLIP.format(url=url))
        apply(folder, "--allow-replace", "WebClip/help")
    folder.write("specs/all.yaml", CLIP.format(url=THIRD_URL))
    graph.clear_log()
    for more in ((), ("--prune",)):
        assert "PLAN109" in apply(folder, "--allow-replace", "WebClip/help", *more, code=4)
    assert graph.writes == []
    folder.write("specs/all.yaml", CLIP.format(url=NEW_URL))
    apply(folder, "--prune", "--expect-deletes", "1")
    folder.write("specs/all.yaml", CLIP.format(url=THIRD_URL))
    apply(folder, "--allow-replace", "WebClip/help")


def test_a_name_that_replaced_objects_get_is_refused(folder: Folder) -> None:
    folder.write("specs/all.yaml", CLIP.format(url=OLD_URL).replace("name: help", "name: help-replaced"))
    assert "SPEC107" in folder("validate").out


RENAMED = ONE_POLICY + AUTHENTICATOR.replace("name: authenticator", "name: renamed")


def test_prune_leaves_what_another_spec_wants(two: Folder, graph: Emulator) -> None:
    """A spec under another name wants the pair that the old one had: whatever is selected, people keep the app."""
    two.write("specs/all.yaml", ONE_POLICY + AUTHENTICATOR)
    apply(two)
    two.write("specs/all.yaml", RENAMED)
    apply(two, "--prune", "--only", "AuthenticatorAssignment/authenticator")
    (app,) = graph.objects(APPS)
    assert len(app["assignments"]) == 1  # type: ignore[arg-type]
    apply(two)
    assert two("plan", "--prune", "--detailed-exitcode").code == 0


def test_a_shared_object_is_left_by_one_spec_at_a_time(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", ONE_POLICY + AUTHENTICATOR)
    apply(two)
    two.write("specs/all.yaml", RENAMED)
    said = two("plan", "--prune", "--format", "json").document
    put_off = next(c for c in said["changes"] if c["address"] == "AuthenticatorAssignment/authenticator")
    assert (put_off["action"], "in the next run" in put_off["reason"]) == ("no-op", True)
    apply(two, "--prune")
    apply(two, "--prune")
    assert two("plan", "--prune", "--detailed-exitcode").code == 0
    (app,) = graph.objects(APPS)
    assert str(app["notes"]).count("[reconciler") == 1
    assert len(app["assignments"]) == 1  # type: ignore[arg-type]


def test_release_of_a_copied_marker_is_refused(two: Folder, graph: Emulator) -> None:
    apply(two)
    old = next(o for o in graph.objects(POLICIES) if o["displayName"] == "Old")  # type: ignore[index, call-overload]
    graph.put(POLICIES, {**old, "id": "1bb00000-1111-4222-8333-00000000c0b7", "displayName": "Old - Copy"})  # type: ignore[dict-item]
    two.write("specs/all.yaml", ONE_POLICY)
    graph.clear_log()
    said = two("release", "JitSsoPolicy/old", "--yes")
    assert (said.code, graph.writes) == (4, [])
    assert "1bb00000-1111-4222-8333-00000000c0b7" in said.out + said.err


def test_release_finds_the_marker_under_an_earlier_name(two: Folder, graph: Emulator) -> None:
    apply(two)
    two.write("specs/all.yaml", TWO.replace("{name: old}", "{name: new, previousNames: [old]}"))
    graph.clear_log()
    assert two("release", "JitSsoPolicy/new", "--yes").code == 0
    (write,) = graph.writes
    assert "[reconciler" not in str(write.body)


def test_what_is_taken_over_is_not_pruned_in_the_same_run(two: Folder, graph: Emulator) -> None:
    two.write("specs/all.yaml", TWO)
    apply(two)
    two.write("specs/all.yaml", TWO.replace("name: old", "name: new"))
    said = two("plan", "--prune", "--take-over", "JitSsoPolicy/new", "--format", "json").document
    assert [c["action"] for c in said["changes"] if c["liveId"]].count("delete") == 0


def test_a_look_alike_that_appears_during_a_create_is_not_taken(rehearse: Rehearse) -> None:
    with rehearse(ONE_POLICY, wired=True) as stage:
        stage.emulator.fail(Fault(kind="drop-before", method="POST", path="deviceConfigurations$"))
        planned = stage.plan()
        alike = {**planned.plan.pending[0].steps[0].operation.body, "description": "by hand"}  # type: ignore[dict-item]

        def appears(event: str, address: str, message: str) -> None:
            if event == "sent" and not stage.emulator.objects(POLICIES):
                stage.emulator.put(POLICIES, alike)

        ran = stage.apply(planned, on_event=appears)
        assert ran.results[0].status is Status.UNVERIFIED
        assert len(stage.emulator.objects(POLICIES)) == 1


def test_an_object_that_lost_its_marker_during_the_run_is_left_alone(rehearse: Rehearse) -> None:
    """Somebody lets go of the policy after its text was written and before people lose it: it is nobody's then."""
    with rehearse(TWO, wired=True) as stage:
        stage.apply()
        stage.declare(TWO.replace("A policy", "Another text").replace("[allUsers]", "[]"))

        def lets_go(event: str, address: str, message: str) -> None:
            if event == "sent" and message.startswith("PATCH"):
                (old,) = (o for o in stage.emulator.objects(POLICIES) if o["displayName"] == "Old")  # type: ignore[index, call-overload]
                stage.emulator.put(POLICIES, {**old, "description": "mine now"})  # type: ignore[dict-item]

        ran = stage.apply(on_event=lets_go)
        assert [write.method for write in ran.writes] == ["PATCH"]
        assert ran.results[0].status is not Status.DONE
