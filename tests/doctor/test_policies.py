"""The rule pack over the SSO policies of a tenant (`policies.yaml`): which rules are told, and how they count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.doctor.checks import CHECKS, findings
from reconciler.doctor.model import Evidence, Setting, State
from reconciler.doctor.policies import broken

from .evidence import evidence

CASES = yaml.safe_load((Path(__file__).parent / "policies.yaml").read_text("utf-8"))
GRAPH = "#microsoft.graph."


def known(case: Any, **more: Any) -> Evidence:
    policies = [_policy(each, number) for number, each in enumerate(case["policies"])]
    return evidence({"everyone": 10, **case, "read": {"settingsCatalog": [], **more, "deviceFeatures": policies}})


def _policy(raw: Any, number: int) -> dict[str, Any]:
    old = raw.get("deprecated", False)
    kind = "azureActiveDirectorySingleSignOnExtension" if old else "iosAzureAdSingleSignOnExtension"
    extension = {
        "@odata.type": GRAPH + kind,
        "bundleIdAccessControlList": raw.get("apps", []),
        "configurations": [_pair(pair) for pair in raw["configurations"]],
    }
    return {
        "@odata.type": f"{GRAPH}iosDeviceFeaturesConfiguration",
        "displayName": f"SSO {number}",
        "assignments": raw["assignments"],
        "singleSignOnExtension" if old else "iosSingleSignOnExtension": extension,
    }


def _pair(pair: dict[str, Any]) -> dict[str, Any]:
    kind = "keyStringValuePair" if isinstance(pair["value"], str) else "keyIntegerValuePair"
    return {"@odata.type": GRAPH + kind, **pair}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_rule_that_a_policy_breaks_is_a_finding_of_its_own(case: Any) -> None:
    found = {each.check.id: each.verdict for each in broken(known(case))}
    assert {rule: str(verdict.state) for rule, verdict in found.items()} == case["found"]
    said = " ".join(verdict.found for verdict in found.values())
    assert [words for words in case.get("says", ()) if words not in said] == []
    assert [verdict for verdict in found.values() if not (verdict.means and verdict.remedy)] == []


def test_what_could_not_be_read_hides_nothing_of_the_rest() -> None:
    case = next(each for each in CASES if each["name"] == "a value without braces")
    read = known(case, settingsCatalog={"problem": "refused"})
    assert [(each.check.id, each.verdict.state) for each in broken(read)] == [("JIT114", State.FAILING)]


def test_a_rule_counts_as_the_workspace_has_it() -> None:
    case = next(each for each in CASES if each["name"] == "Safari is not mentioned")
    refused = {key: {"problem": "refused"} for check in CHECKS for key in check.reads}
    read = known(case, **{key: answer for key, answer in refused.items() if key != "deviceFeatures"})
    settled = findings(read, {"JIT120": Setting(None, "ours")})
    assert [each.verdict.state for each in settled if each.check.id == "JIT120"] == [State.NOT_APPLICABLE]
