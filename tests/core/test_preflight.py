"""What is known before the first write: permissions, access policies, and who cannot see all there is."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.preflight import POLICY_TYPES, lacking, unjustified
from reconciler.graph.jwt import Identity
from reconciler.kinds import REGISTRY
from tests.graph.harness import jwt

APPS = "DeviceManagementApps.ReadWrite.All"
CONFIGURATION = "DeviceManagementConfiguration.ReadWrite.All"
SERVICE = "DeviceManagementServiceConfig.ReadWrite.All"
ALL = frozenset({APPS, CONFIGURATION, SERVICE})

PERMISSIONS: list[tuple[frozenset[str] | None, set[str], list[str]]] = [
    (None, set(REGISTRY), []),
    (ALL, set(REGISTRY), []),
    (ALL, set(), []),
    (frozenset(), {"JitSsoPolicy"}, [CONFIGURATION]),
    (frozenset({"DeviceManagementConfiguration.Read.All"}), {"JitSsoPolicy"}, [CONFIGURATION]),
    (ALL - {APPS}, {"AuthenticatorAssignment", "JitSsoPolicy"}, [APPS]),
    (frozenset({APPS}), {"EnrollmentPriority"}, [SERVICE]),
    (ALL - {SERVICE}, {"EnrollmentPriority", "JitSsoPolicy"}, []),
]


@pytest.mark.parametrize(("granted", "names", "expected"), PERMISSIONS)
def test_permissions(granted: frozenset[str] | None, names: set[str], expected: list[str]) -> None:
    found = lacking(Identity(permissions=granted), {name: REGISTRY[name] for name in names})
    assert [d.rule for d in found] == ["PRE101"] * len(expected)
    for diagnostic, permission in zip(found, expected, strict=True):
        assert f"the token does not have {permission}" in diagnostic.message
        assert permission in str(diagnostic.detail)


POLICIES: list[tuple[list[dict[str, Any]], set[str], list[str]]] = [
    ([], set(REGISTRY), []),
    ([{"policyType": "app", "displayName": "Two of us"}], {"AuthenticatorAssignment"}, ["mobileApps"]),
    ([{"policyType": "app"}], {"JitSsoPolicy"}, []),
    ([{"policyType": "configurationPolicy"}], {"JitSsoPolicy"}, ["deviceConfigurations"]),
    ([{"policyType": "deviceEnrollment"}], {"EnrollmentPriority"}, ["appleUserInitiatedEnrollmentProfiles"]),
    ([{"policyType": "script"}, {"policyType": "unknownFutureValue"}, {}, {"policyType": None}], set(REGISTRY), []),
]


@pytest.mark.parametrize(("policies", "names", "expected"), POLICIES)
def test_access_policies(policies: list[dict[str, Any]], names: set[str], expected: list[str]) -> None:
    found = unjustified(policies, {name: REGISTRY[name] for name in names})
    assert [d.rule for d in found] == ["PRE102"] * len(expected)
    for diagnostic, segment in zip(found, expected, strict=True):
        assert f"protects {segment} " in diagnostic.message
        assert "--justification TEXT" in str(diagnostic.detail)


def test_every_collection_has_its_policy_types() -> None:
    """A new collection has to say what may protect it."""
    segments = {c.path.rpartition("/")[2] for kind in REGISTRY.values() for c in kind.collections}
    assert segments <= set(POLICY_TYPES)


@pytest.mark.parametrize(
    ("claims", "delegated"),
    [({"scp": "User.Read"}, True), ({"roles": ["x"]}, False), ({"roles": [], "scp": ""}, False), ({}, False)],
)
def test_who_acts_for_a_person(claims: dict[str, Any], delegated: bool) -> None:
    from reconciler.graph.jwt import identity_of

    assert identity_of(jwt(**claims)).delegated is delegated
