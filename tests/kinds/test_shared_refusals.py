"""What is said where a spec does not stand for exactly one app or compliance policy: what there is, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.decide import match_all
from reconciler.kind import Match
from reconciler.kinds import REGISTRY
from reconciler.model import Address

from .test_cases import filled
from .world import document, specs_of, world_of

TEAMS: dict[str, Any] = {"like": "teams"}
VPP: dict[str, Any] = {"like": "teams-vpp"}
POLICY: dict[str, Any] = {"like": "compliance"}
OURS = "[reconciler owner=contoso kind={} name=a]"
ADD = "add the app to Intune first, from the App Store or by syncing its VPP token: only such apps are assigned here"


def found(kind: str, spec: dict[str, Any], live: dict[str, Any], renamed: dict[str, str] | None = None) -> Match:
    specs = specs_of([document(kind, "a", spec)])
    world = world_of(specs, {key: [filled(each) for each in objects] for key, objects in live.items()}, {})
    world = match_all(REGISTRY, replace(world, renamed={"apps": renamed or {}}, matches={}, indexes={}))
    return world.matches[Address(kind, "a")]


Refusal = tuple[dict[str, Any], dict[str, Any], str, str]
APPS: dict[str, Refusal] = {
    "like another": ({"bundleId": "com.microsoft.teams"}, {"storeApps": [TEAMS]},
        "no app of the tenant has the bundle id 'com.microsoft.teams'", "did you mean 'com.microsoft.skype.teams'?"),
    "another case": ({"name": "microsoft teams"}, {"storeApps": [TEAMS]},
        "no app of the tenant has the name 'microsoft teams'", "did you mean 'Microsoft Teams'?"),
    "like none": ({"storeId": "99999"}, {"storeApps": [TEAMS]},
        "no app of the tenant has the App Store number '99999'", ADD),
    "a tenant without apps": ({"name": "Teams"}, {}, "no app of the tenant has the name 'Teams'", ADD),
    "renamed": ({"name": "Teams"}, {"storeApps": [{**TEAMS, "notes": OURS.format("AppAssignment")}]},
        "no app of the tenant has the name 'Teams'",
        "'Microsoft Teams' from the App Store (cccccccc-0000-4000-8000-000000000007) carries the marker of this spec: "
        "if it was renamed, write its new name"),
    "a web clip": ({"name": "Company Portal"}, {"webClips": [{"like": "web-clip"}], "storeApps": [TEAMS]},
        "no app of the tenant has the name 'Company Portal'",
        "a web clip is called so: declare it with `kind: WebClip`"),
    "of another token": ({"storeId": "1113153706", "token": "Schools"}, {"vppApps": [VPP]},
        "the tenant has the app '1113153706', but not from the token 'Schools'",
        "there is 'Microsoft Teams' from the VPP token 'Contoso ABM' (dddddddd-0000-4000-8000-000000000007): "
        "correct `source` or `token`"),
    "several": ({"name": "Microsoft Teams"}, {"vppApps": [VPP], "storeApps": [TEAMS]},
        "2 apps of the tenant fit: 'Microsoft Teams' from the App Store (cccccccc-0000-4000-8000-000000000007), "
        "'Microsoft Teams' from the VPP token 'Contoso ABM' (dddddddd-0000-4000-8000-000000000007)",
        "pin the one that is meant with `id`"),
    "Authenticator": ({"name": "Microsoft Authenticator"}, {"storeApps": [{"like": "store-app"}]},
        "'Microsoft Authenticator' from the App Store (cccccccc-0000-4000-8000-000000000001) is Microsoft "
        "Authenticator, which has a kind of its own", "declare it with `kind: AuthenticatorAssignment`"),
}  # fmt: skip


@pytest.mark.parametrize("case", APPS)
def test_no_app_or_several(case: str) -> None:
    app, live, message, detail = APPS[case]
    [told] = found("AppAssignment", {"app": app}, live).diagnostics
    assert (told.message, told.detail) == (message, detail)


MAC = {**POLICY, "@odata.type": "#microsoft.graph.macOSCompliancePolicy"}
POLICIES: dict[str, Refusal] = {
    "like another": ({}, {"compliancePolicies": [{**POLICY, "displayName": "iOS Baseline"}]},
        "no compliance policy is called 'iOS baseline'", "did you mean 'iOS Baseline'?"),
    "like one of another platform": ({}, {"compliancePolicies": [{**MAC, "displayName": "iOS Baseline"}]},
        "no compliance policy is called 'iOS baseline'", "make the policy in Intune, or correct `policy`"),
    "renamed": ({}, {"compliancePolicies": [
        {**POLICY, "displayName": "Old", "description": OURS.format("CompliancePolicyAssignment")}]},
        "no compliance policy is called 'iOS baseline'",
        "'Old' (11111111-0000-4000-8000-000000000001) carries the marker of this spec: if it was renamed, write "
        "its new name"),
    "another platform": ({}, {"compliancePolicies": [MAC]},
        "the compliance policy 'iOS baseline' is not for iOS: it is of type macOSCompliancePolicy "
        "(11111111-0000-4000-8000-000000000001)",
        "people who enroll iPhones and iPads need one of type iosCompliancePolicy"),
    "pinned to another platform": ({"id": "11111111-0000-4000-8000-000000000001"}, {"compliancePolicies": [MAC]},
        "the pinned policy 11111111-0000-4000-8000-000000000001 is called 'iOS baseline' (macOSCompliancePolicy)",
        "pin a policy for iOS, and name it as it is called in the tenant"),
}  # fmt: skip


@pytest.mark.parametrize("case", POLICIES)
def test_no_policy_or_another_one(case: str) -> None:
    more, live, message, detail = POLICIES[case]
    [told] = found("CompliancePolicyAssignment", {"policy": "iOS baseline", **more}, live).diagnostics
    assert (told.message, told.detail) == (message, detail)


def test_names_of_apps_and_tokens_may_differ_by_tenant() -> None:
    renamed = {"Teams": "Microsoft Teams", "Main": "Contoso ABM"}
    live = {"storeApps": [TEAMS], "vppApps": [VPP, {**VPP, "id": "x", "vppTokenDisplayName": "Schools"}]}
    for app in ({"name": "Teams", "token": "Main"}, {"bundleId": "com.microsoft.skype.teams", "token": "Main"}):
        match = found("AppAssignment", {"app": app}, live, renamed)
        assert match.live is not None
        assert match.live.id == "dddddddd-0000-4000-8000-000000000007"
