"""What is read beside the kinds' own collections, over the wire: the settings catalog, and automated enrollment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.emulator import Fault
from reconciler.facts import AutomatedProfile, SsoPolicy
from reconciler.kinds import automated_enrollment, settings_catalog
from reconciler.live import Live
from tests.kinds import catalog

from .command import Folder
from .harness import Rehearsal, told
from .scenario import to

Rehearse = Callable[..., Rehearsal]
CATALOG = "deviceManagement/configurationPolicies"
TOKENS = "deviceManagement/depOnboardingSettings"
JIT = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: SSO, assignments: {include: [allUsers]}}
"""
PROFILE = """
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: web}
spec: {displayName: BYOD, enrollmentType: webBasedDeviceEnrollment, assignments: {include: [allUsers]}}
"""
APP = """
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: store}
spec: {app: {source: store, createIfMissing: true}, assignments: {include: [allUsers]}}
"""
IOS_PROFILE = {
    "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile",
    "id": "t1_1",
    "displayName": "Kiosks",
    "requiresUserAuthentication": False,
    "isDefault": True,
}


def mac(number: int) -> dict[str, Any]:
    return {"id": f"66666666-0000-4000-8000-{number:012}", "name": f"Mac {number}", "platforms": "macOS"}


SEED: dict[str, Any] = {
    "formatVersion": 1,
    "collections": {
        CATALOG: [
            *(mac(number) for number in range(3)),
            catalog.policy(catalog.payload(), assignments=[{"id": "a", **to()}]),
        ],
        TOKENS: [
            {"id": "t1", "tokenName": "Example ABM", "enrollmentProfiles": [
                IOS_PROFILE,
                {**IOS_PROFILE, "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "id": "t1_2"},
            ]},
            {"id": "t2", "tokenName": "Spare", "enrollmentProfiles": []},
        ],
    },
}  # fmt: skip


def beside(stage: Rehearsal, key: str) -> Iterator[Live]:
    yield from stage.plan().world.also[key].objects


@pytest.mark.parametrize("knobs", [{}, {"page_size": 1}, {"empty_pages": True}], ids=str)
def test_the_settings_of_policies_for_iphones_are_read(rehearse: Rehearse, knobs: dict[str, Any]) -> None:
    with rehearse(JIT, seed=SEED, knobs=knobs, wired=True) as stage:
        (live,) = beside(stage, "settingsCatalog")
        found = settings_catalog.shows(live)
        assert isinstance(found, SsoPolicy)
        assert [pair.key for pair in found.pairs] == ["device_registration", "browser_sso_interaction_enabled"]
        assert len(live.assignments) == 1
        asked = [r.path for r in stage.emulator.log if r.path.endswith("/settings")]
        assert asked
        assert all(catalog.POLICY in path for path in asked)


@pytest.mark.parametrize("knobs", [{}, {"page_size": 1}], ids=str)
def test_profiles_are_read_below_their_tokens(rehearse: Rehearse, knobs: dict[str, Any]) -> None:
    with rehearse(PROFILE, seed=SEED, knobs=knobs, wired=True) as stage:
        found = [automated_enrollment.shows(live) for live in beside(stage, "automatedProfiles")]
        assert found == [AutomatedProfile("Kiosks", "none", False, False, default=True, token="Example ABM")]


def test_only_what_a_spec_asks_for_is_read(rehearse: Rehearse) -> None:
    with rehearse(APP, seed=SEED, wired=True) as stage:
        assert stage.plan().world.also == {}
        assert not [r for r in stage.emulator.log if CATALOG in r.path]


@pytest.mark.parametrize(
    ("spec", "path", "why"),
    [
        (JIT, f"/{CATALOG}$", CATALOG),
        (JIT, f"/{CATALOG}/.*/settings", CATALOG),
        (JIT, f"/{CATALOG}/.*/assignments", CATALOG),
        (PROFILE, f"/{CATALOG}$", CATALOG),
        (PROFILE, f"/{TOKENS}$", TOKENS),
        (PROFILE, f"/{TOKENS}/t2/enrollmentProfiles", TOKENS),
    ],
)
def test_what_cannot_be_read_is_told_and_blocks_nothing(rehearse: Rehearse, spec: str, path: str, why: str) -> None:
    with rehearse(spec, seed=SEED, wired=True) as stage:
        stage.emulator.fail(Fault(method="GET", path=path, status=403, times=99))
        planned = stage.plan()
        (problem,) = [d for d in planned.plan.diagnostics if d.rule == "READ102"]
        assert (str(problem.severity), why in problem.message) == ("warning", True)
        assert planned.plan.complete, told(planned.plan)
        assert not planned.plan.blocked
        assert [r.objects for r in planned.world.also.values() if r.collection.path.endswith(why)] == [()]


def test_no_second_sso_extension_is_made_beside_the_one_of_the_catalog(folder: Folder) -> None:
    users = [{"id": f"33333333-0000-4000-8000-00000000000{n}", "displayName": f"Person {n}"} for n in range(3)]
    folder.write("specs/all.yaml", JIT)
    folder.write("tenant.json", {**SEED, "collections": {**SEED["collections"], "users": users}})
    document = folder("plan", "--format", "json").document
    (found,) = [d for d in document["diagnostics"] if d["rule"] == "JIT105"]
    assert (found["severity"], found["address"]) == ("error", "JitSsoPolicy/jit")
    assert "Enterprise SSO" in found["message"]
    assert folder("apply", "--yes").code == 4
