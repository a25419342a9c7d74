"""One mistake is one finding, and what is not known is not called missing: plans over a tenant that is told in part."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.emulator import Emulator, Knobs

from . import scenario
from .command import WORKSPACE, Folder
from .scenario import CONFIGURATIONS, PROFILES, marker

WITHOUT_GROUPS = (
    "DeviceManagementApps.Read.All,DeviceManagementConfiguration.Read.All,DeviceManagementServiceConfig.Read.All,"
    "DeviceManagementRBAC.Read.All"
)
NAMELESS = "what it names could not be read"
MISSPELT = "  description: Own devices\n  onboarding: {compliance: [iOS basline]}\n"
EXCEPTIONS = """
rules: {JIT401: {severity: none, reason: a pilot}, JIT204: {severity: error}}
"""


def rules_of(document: Any) -> list[str]:
    return [each["rule"] for each in document["diagnostics"]]


def test_groups_that_cannot_be_read_are_not_called_missing(folder: Folder) -> None:
    with Emulator(seed=scenario.seed(), knobs=Knobs(granted=WITHOUT_GROUPS)) as graph:
        folder.serve(graph)
        said = folder("plan", "--format", "json")
    document = said.valid("plan")
    assert (said.code, document["complete"]) == (4, False)
    assert rules_of(document).count("READ101") == 1
    assert "NAME101" not in rules_of(document)
    refused = {change["address"]: change["reason"] for change in document["changes"] if change.get("refused")}
    assert {refused[f"EnrollmentProfile/{name}"] for name in ("executives", "pilots")} == {NAMELESS}
    assert "EnrollmentProfile/byod" not in refused
    assert not {"JIT105", "JIT308", "JIT401", "JIT503"} & {*rules_of(document)}


def test_exceptions_are_told_by_validate_and_by_plans(folder: Folder) -> None:
    others = "provided: [{part: compliance, by: security team, reason: CHG-1}]"
    folder.write("reconciler.yaml", WORKSPACE.replace("seed: tenant.json", f"seed: tenant.json, {others}") + EXCEPTIONS)
    checked = folder("validate", "--format", "json").valid("diagnostics")
    provided = {"part": "compliance", "by": "security team", "reason": "CHG-1"}
    assert checked["provided"] == [{**provided, "tenants": ["sandbox"]}]
    assert [each["rule"] for each in checked["switchedOff"]] == ["JIT401"]
    planned = folder("plan", "--format", "json").valid("plan")
    assert planned["provided"] == [provided]
    assert planned["switchedOff"] == [{"rule": "JIT401", "reason": "a pilot"}]
    for command in ("validate", "plan"):
        lines = folder(command).out.splitlines()
        assert "Switched off: JIT401 (a pilot)" in lines
        assert any(line.startswith("Provided by others: compliance (security team") for line in lines)


def test_every_document_is_counted(folder: Folder) -> None:
    folder.write("specs/all.yaml", scenario.SPECS + "---\napiVersion: intune.reconciler/v1\nkind: Nothing\n")
    document = folder("validate", "--format", "json").valid("diagnostics")
    assert (document["valid"], document["specs"]) == (False, scenario.SPECS.count("\n---\n") + 2)


def test_a_compliance_policy_that_is_not_there_is_told_at_its_name(folder: Folder) -> None:
    seed = scenario.seed()
    policy = {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "id": scenario.TEAMS,
        "displayName": "iOS baseline",
    }
    seed["collections"]["deviceManagement/deviceCompliancePolicies"] = [{**policy, "assignments": [scenario.to()]}]
    folder.write("tenant.json", seed)
    folder.write("specs/all.yaml", scenario.SPECS.replace("  description: Own devices\n", MISSPELT))
    found = [d for d in folder("plan", "--format", "json").document["diagnostics"] if d["rule"] == "JIT552"]
    assert [(d["path"], d["severity"], d["detail"]) for d in found] == [
        ("/spec/onboarding/compliance/0", "warning", "did you mean 'iOS baseline'?")
    ]


@pytest.mark.parametrize("collection", [CONFIGURATIONS, PROFILES])
def test_what_another_owner_has_is_told_once(folder: Folder, collection: str) -> None:
    """The object is the one that the spec means, so it is neither foreign nor missing."""
    seed = scenario.seed()
    kind, name = ("JitSsoPolicy", "jit") if collection == CONFIGURATIONS else ("EnrollmentProfile", "byod")
    taken = seed["collections"][collection][0]
    taken["description"] = marker(kind, name, owner="somebody-else")
    if collection == CONFIGURATIONS:
        taken["iosSingleSignOnExtension"]["configurations"] = [scenario.pair("device_registration", "nothing")]
    folder.write("tenant.json", seed)
    found = folder("plan", "--format", "json").document
    about = [each for each in found["diagnostics"] if each["severity"] == "error"]
    assert {each["rule"] for each in about} <= {"IDENT105", "PRIO102"}
    told = {each["rule"] for each in found["diagnostics"] if "Kept by another team" not in each["message"]}
    assert not {"JIT105", "JIT111", "JIT112", "JIT308", "JIT401", "PLAN101"} & told


def test_recommendations_about_what_others_have_are_left_to_doctor(folder: Folder) -> None:
    found = folder("plan", "--format", "json").document["diagnostics"]
    foreign = [each for each in found if "Kept by another team" in each["message"]]
    assert [each["rule"] for each in foreign] == ["JIT111"]


def test_a_day_to_come_is_no_day_to_count_from(folder: Folder) -> None:
    said = folder("doctor", "--since", "2099-01-01")
    assert (said.code, "yet to come" in said.err) == (64, True)
