"""Waivers and rule settings as users meet them: an exception from its first day to the day after its last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator
from tests.e2e.judge import Bodies

from .command import WORKSPACE, Folder
from .scenario import CONFIGURATIONS, GROUPS, marker, pair, policy, to

POLICY = "1aa00000-1111-4222-8333-000000000001"
SPEC = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO - everyone
  appBundleIds: [com.example.crm]
  assignments: {include: [allUsers]}
"""
WAIVER = """
apiVersion: intune.reconciler/v1
kind: Waiver
metadata: {name: board}
spec:
  address: JitSsoPolicy/jit
  %s
  owner: workplace team
  reason: CHG-4711
  expires: "%s"
"""
APPS = "path: /appBundleIds\n  value: [com.example.vip]"
PILOTS = "path: /assignments\n  value: {include: [{group: iOS pilots}]}"
LAST = "2026-12-31"
PAIRS = [pair("device_registration", "{{DEVICEREGISTRATION}}"), pair("browser_sso_interaction_enabled", 1)]


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    """Our policy with an app that the spec does not list, assigned to pilots alone. It is 2026-03-01."""
    held = policy(
        POLICY,
        "SSO - everyone",
        marker("JitSsoPolicy", "jit"),
        bundleIdAccessControlList=["com.example.vip"],
        configurations=PAIRS,
    )
    seed: Any = {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": key, "displayName": name, "securityEnabled": True} for name, key in GROUPS.items()],
            CONFIGURATIONS: [{**held, "assignments": [to("iOS pilots")]}],
        },
    }
    folder.write("specs/all.yaml", SPEC)
    with Emulator(seed=seed, clock=folder.time.service) as emulator:
        folder.serve(emulator)
        yield emulator
        bodies.keep_log(emulator.log)


def waive(folder: Folder, what: str, expires: str = LAST, name: str = "board") -> None:
    folder.write(f"specs/{name}.yaml", (WAIVER % (what, expires)).replace("name: board", f"name: {name}"))


def workspace(folder: Folder, more: str) -> None:
    folder.write("reconciler.yaml", WORKSPACE + more)


def a_day_later(folder: Folder, days: int = 1) -> None:
    folder.time.seconds += days * 86400


def live(tenant: Emulator) -> Any:
    return tenant.object(CONFIGURATIONS, POLICY)


def test_what_is_tolerated_is_shown_and_not_written(folder: Folder, tenant: Emulator) -> None:
    waive(folder, APPS)
    waive(folder, PILOTS, name="pilots")
    said = folder("plan", "--detailed-exitcode")
    assert said.code == 0, said.out
    shown = " ".join(said.out.split())
    assert 'JitSsoPolicy/jit /appBundleIds is ["com.example.vip"], specified ["com.example.crm"]' in shown
    assert "until 2026-12-31: CHG-4711 (workplace team, Waiver/board)" in shown
    assert said.out.endswith("No changes. The tenant is as specified; 2 fields waived.\n")
    assert folder("drift").code == 0
    assert folder("apply", "--yes").code == 0
    assert tenant.writes == []
    waived = folder("plan", "--format", "json").valid("plan")["waived"]
    assert [(w["waiver"], w["path"], w["rule"], w["expires"]) for w in waived] == [
        ("Waiver/board", "/appBundleIds", None, LAST),
        ("Waiver/pilots", "/assignments", None, LAST),
    ]


def test_another_change_of_the_object_carries_it_over(folder: Folder, tenant: Emulator) -> None:
    waive(folder, APPS)
    extra = "  additionalConfiguration: [{key: AppPrefixAllowList, type: string, value: com.example.}]\n"
    folder.write("specs/all.yaml", SPEC + extra)
    said = folder("apply", "--yes")
    assert said.code == 0, said.out
    assert "leaves /appBundleIds alone, waived until 2026-12-31 (Waiver/board)" in said.out
    extension = live(tenant)["iosSingleSignOnExtension"]
    assert extension["bundleIdAccessControlList"] == ["com.example.vip"]
    assert {each["key"] for each in extension["configurations"]} > {"AppPrefixAllowList"}
    assert folder("drift").code == 0


def test_a_name_that_only_the_waiver_has_is_looked_up(folder: Folder, tenant: Emulator) -> None:
    """And where it has none, nothing is written over what was tolerated until the waiver is mended."""
    waive(folder, PILOTS)
    assert "/assignments" not in str(folder("plan", "--format", "json").document["changes"])
    waive(folder, PILOTS.replace("iOS pilots", "iOS pilot"))
    said = folder("plan")
    assert "error[WAIVER108]: what is tolerated at /assignments cannot be compared" in said.out
    assert folder("apply", "--yes").code == 4
    assert tenant.writes == []


def test_once_expired_it_is_an_error_and_the_field_is_drift(folder: Folder, tenant: Emulator) -> None:
    waive(folder, APPS, "2026-03-01")
    assert "warning[WAIVER102]: this waiver expires today" in folder("validate").out
    a_day_later(folder)
    checked = folder("validate")
    assert checked.code == 3
    assert "error[WAIVER101]: this waiver expired: its last day was 2026-03-01, yesterday" in checked.out
    planned = folder("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert '- "com.example.vip"' in planned.out
    assert "BLOCKED: apply refuses this plan because of 1 error (" in planned.out
    assert folder("drift").code == 2
    assert folder("apply", "--yes").code == 4
    assert tenant.writes == []


def test_it_blocks_nothing_that_it_is_not_about(folder: Folder, tenant: Emulator) -> None:
    waive(folder, APPS, "2026-02-01")
    other = SPEC.replace("name: jit", "name: other").replace("SSO - everyone", "SSO - others")
    folder.write("specs/other.yaml", other)
    said = folder("apply", "--yes", "--only", "JitSsoPolicy/other")
    assert said.code == 0, said.out
    assert "warning[WAIVER101]" in said.out
    assert [write.method for write in tenant.writes] == ["POST", "POST"]
    said = folder("release", "JitSsoPolicy/jit", "--yes")
    assert said.code == 0, said.out
    assert tenant.writes[-1].method == "PATCH"


def test_a_saved_plan_does_not_outlive_the_waivers_that_it_was_made_under(folder: Folder, tenant: Emulator) -> None:
    """The plan leaves the field alone; on the next morning it would be changed."""
    waive(folder, APPS, "2026-03-01")
    folder.time.seconds += 15 * 3600  # it is 23:00
    folder.write("specs/all.yaml", SPEC.replace("SSO - everyone", "SSO - all"))
    assert folder("plan", "--out", "p.json").code == 0
    folder.time.seconds += 2 * 3600
    said = folder("apply", "--plan", "p.json", "--yes")
    assert said.code == 4
    assert "PLANFILE107" in said.err
    assert "/appBundleIds" in said.err
    assert tenant.writes == []


def test_a_saved_plan_shows_what_it_leaves_alone(folder: Folder, tenant: Emulator) -> None:
    waive(folder, APPS)
    assert folder("plan", "--out", "p.json").code == 0
    shown = folder("show", "p.json")
    assert "Waived: 1" in shown.out
    assert folder("apply", "--plan", "p.json", "--yes").code == 0
    assert live(tenant)["iosSingleSignOnExtension"]["bundleIdAccessControlList"] == ["com.example.vip"]


# Rules of the pack

PROFILE = """
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: web}
spec: {displayName: Web, enrollmentType: webBasedDeviceEnrollment, assignments: {include: [allUsers]}}
"""
TENANTS = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
defaultTenant: a
tenants:
  a:
    graph: emulator
    provided:
      - {part: sso-policy, by: desktop team, reason: it is in the baseline}
      - {part: web-clip, by: desktop team, reason: it is in the baseline}
  b:
    graph: emulator
    provided:
      - {part: sso-policy, by: desktop team, reason: it is in the baseline}
      - {part: web-clip, by: desktop team, reason: it is in the baseline}
      - {part: authenticator, by: desktop team, reason: it is in the baseline}
"""


def test_a_finding_of_one_tenant_names_it(folder: Folder) -> None:
    folder.write("specs/all.yaml", PROFILE)
    folder.write("reconciler.yaml", TENANTS)
    found = folder("validate", "--format", "json").valid("diagnostics")["diagnostics"]
    missing = [each for each in found if "Authenticator" in each["message"]]
    assert missing
    assert all(each["message"].endswith("(in a, not in b)") for each in missing)
    assert folder("validate", "--tenant", "b").code == 0
    assert folder("validate", "--tenant", "a").code == 3


def test_what_is_switched_off_or_waived_is_counted(folder: Folder) -> None:
    folder.write("specs/all.yaml", PROFILE)
    folder.write("reconciler.yaml", TENANTS)
    [broken] = {
        d["rule"] for d in folder("validate", "--format", "json").document["diagnostics"] if d["severity"] == "error"
    }
    off = f"rules: {{{broken}: {{severity: none, reason: it comes with the devices}}}}\n"
    folder.write("reconciler.yaml", TENANTS + off)
    said = folder("validate")
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("1 rule switched off")
    document = folder("validate", "--format", "json").valid("diagnostics")
    assert document["switchedOff"] == [{"rule": broken, "reason": "it comes with the devices", "findings": 1}]

    folder.write("reconciler.yaml", TENANTS)
    folder.write(
        "specs/w.yaml", WAIVER.replace("JitSsoPolicy/jit", "EnrollmentProfile/web") % (f"rule: {broken}", LAST)
    )
    said = folder("validate")
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("1 finding waived")
    [waived] = folder("validate", "--format", "json").valid("diagnostics")["waived"]
    assert (waived["rule"], waived["waiver"], waived["expires"]) == (broken, "Waiver/board", LAST)
    assert "Authenticator" in waived["message"]
    planned = folder("plan", "--tenant", "a", "--format", "json").valid("plan")
    assert [each["rule"] for each in planned["waived"]] == [broken]
    assert broken not in {each["rule"] for each in planned["diagnostics"]}


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("{YAML105: {severity: info, reason: a}}", "error[WORKSPACE108]: YAML105 is no rule of the pack"),
        ("{JIT100999: {severity: none, reason: a}}", "error[WORKSPACE108]: no rule is called JIT100999"),
    ],
)
def test_settings_of_what_is_no_rule_are_refused_everywhere(folder: Folder, rules: str, says: str) -> None:
    workspace(folder, f"rules: {rules}\n")
    for command in ("validate", "plan"):
        said = folder(command)
        assert said.code == 3
        assert says in said.err
