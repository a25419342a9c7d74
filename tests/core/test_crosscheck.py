"""Checks between specs: exact rules and places, all at once, and silence where a document is invalid."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.crosscheck import crosscheck
from reconciler.kinds import REGISTRY
from reconciler.spec.load import load

from ..kinds.world import document, specs_of, text_of

SSO = "JitSsoPolicy"
COMPLIANCE = "CompliancePolicyAssignment"


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return document(SSO, name, {"displayName": name, **spec})


def profile(name: str, **spec: Any) -> dict[str, Any]:
    return document(
        "EnrollmentProfile", name, {"displayName": name, "enrollmentType": "webBasedDeviceEnrollment", **spec}
    )


def order(*names: str, name: str = "ios") -> dict[str, Any]:
    return document("EnrollmentPriority", name, {"order": [*names]})


def first(name: str, /, **source: Any) -> dict[str, Any]:
    return document("AppAssignment", name, {"app": source})


def app(name: str, **fields: Any) -> dict[str, Any]:
    source = {key: fields.pop(key) for key in ("source", "token", "createIfMissing") if key in fields}
    return document("AuthenticatorAssignment", name, {"app": source, **fields})


def clip(include: list[Any], exclude: list[Any], **spec: Any) -> dict[str, Any]:
    fields = {"displayName": "Help", "url": "https://help.contoso.example/", **spec}
    return document("WebClip", "help", {**fields, "assignments": {"include": include, "exclude": exclude}})


BOTH_SIDES = [("SPEC106", "WebClip/help", "/spec/assignments")]


def told(*files: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(d.rule, str(d.address), str(d.path)) for d in specs_of(*files).diagnostics]


BROKEN_PROFILE = document("EnrollmentProfile", "web", {"displayName": 7})
CASES: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "nothing wrong": ([policy("a"), policy("b"), profile("web"), order("web")], []),
    "a name twice": (
        [policy("a"), policy("a", displayName="other")],
        [("SPEC101", "JitSsoPolicy/a", "/metadata/name")],
    ),
    "one name in two kinds": ([policy("a"), profile("a")], []),
    "a group on both sides": (
        [policy("a", assignments={"include": [{"group": "A"}], "exclude": [{"group": "A"}]})],
        [("SPEC106", "JitSsoPolicy/a", "/spec/assignments")],
    ),
    "a group on both sides of every intent": (
        [clip([{"group": "A", "intent": "uninstall"}], [{"group": "A"}])],
        BOTH_SIDES,
    ),
    "a group on both sides of the spec's intent": (
        [clip([{"group": "A"}], [{"group": "A", "intent": "available"}], intent="available")],
        BOTH_SIDES,
    ),
    "a group left out of one intent and let into another": (
        [clip(["allUsers", {"group": "A", "intent": "uninstall"}], [{"group": "A", "intent": "required"}])],
        [("ASSIGN104", "WebClip/help", "/spec/assignments/exclude/0")],
    ),
    "another group left out of an intent": (
        [clip(["allUsers", {"group": "A", "intent": "uninstall"}], [{"group": "B", "intent": "required"}])],
        [],
    ),
    "available for all devices": (
        [
            app(
                "a",
                source="store",
                assignments={
                    "include": [
                        {"all": "devices", "intent": "availableWithoutEnrollment"},
                        {"all": "users", "intent": "available"},
                    ]
                },
            ),
            clip(["allUsers", "allDevices"], [], intent="available"),
        ],
        [
            ("ASSIGN103", "AuthenticatorAssignment/a", "/spec/assignments/include/0"),
            ("ASSIGN103", "WebClip/help", "/spec/assignments/include/1"),
        ],
    ),
    "available for all devices, by an audience": (
        [
            app("a", source="store", intent="available", assignments={"audience": "everything"}),
            document("Audience", "everything", {"include": ["allDevices"]}),
        ],
        [("ASSIGN103", "AuthenticatorAssignment/a", "/spec/assignments/include/0")],
    ),
    "an audience of devices, with a filter and an exclusion, for a profile": (
        [
            profile("a", assignments={"audience": "kiosks"}),
            document(
                "Audience",
                "kiosks",
                {
                    "include": ["allDevices", {"all": "users", "filter": {"include": "Own"}}],
                    "exclude": [{"group": "A"}],
                },
            ),
        ],
        [
            ("ASSIGN106", "EnrollmentProfile/a", "/spec/assignments/audience"),
            ("ASSIGN106", "EnrollmentProfile/a", "/spec/assignments/audience"),
            ("JIT304", "EnrollmentProfile/a", "/spec/assignments/audience"),
        ],
    ),
    "required for all devices, available for all users": (
        [clip([{"all": "devices", "intent": "required"}, "allUsers"], [], intent="available")],
        [],
    ),
    "an audience that is not there": (
        [
            policy("a", assignments={"audience": "everybodyy"}),
            document("Audience", "everybody", {"include": ["allUsers"]}),
        ],
        [("SPEC102", "JitSsoPolicy/a", "/spec/assignments/audience")],
    ),
    "a profile that is not there": (
        [profile("web"), order("web", "wob")],
        [("SPEC102", "EnrollmentPriority/ios", "/spec/order/1")],
    ),
    "a profile that is invalid": (
        [BROKEN_PROFILE, order("web")],
        [("SCHEMA106", "EnrollmentProfile/web", "/spec/displayName")],
    ),
    "one display name twice": (
        [policy("a", displayName="Same"), policy("b", displayName="Same")],
        [("SPEC103", "JitSsoPolicy/b", "/metadata/name")],
    ),
    "one display name in two kinds": ([policy("a", displayName="Same"), profile("b", displayName="Same")], []),
    "no display name twice": (
        [document(SSO, name, {"id": f"{name * 8}-0000-4000-8000-000000000001"}) for name in "ab"],
        [],
    ),
    "two orders": (
        [profile("web"), order("web"), order("web", name="zz")],
        [("SPEC103", "EnrollmentPriority/zz", "/metadata/name")],
    ),
    "the store app twice": (
        [app("a", source="store"), app("b", source="store", createIfMissing=True)],
        [("SPEC103", "AuthenticatorAssignment/b", "/metadata/name")],
    ),
    "two sources": (
        [app("a", source="store"), app("b", source="vpp", token="T"), app("c", source="vpp", token="U")],
        [],
    ),
    "one token twice": (
        [app("a", source="vpp", token="T"), app("b", source="vpp", token="T")],
        [("SPEC103", "AuthenticatorAssignment/b", "/metadata/name")],
    ),
    "one app under one way of naming it": (
        [first("a", bundleId="com.Contoso.app"), first("b", bundleId="com.contoso.App", source="any")],
        [("SPEC103", "AppAssignment/b", "/metadata/name")],
    ),
    "copies of one app": (
        [
            first("a", bundleId="com.contoso.app", source="store"),
            first("b", bundleId="com.contoso.app", source="vpp"),
            first("c", bundleId="com.contoso.app", token="T"),
            first("d", name="App"),
            first("e", storeId="12345"),
        ],
        [],
    ),
    "Authenticator as any app": (
        [
            first("a", bundleId="com.microsoft.AzureAuthenticator"),
            first("b", storeId="983156458"),
            first("c", name="x"),
        ],
        [("IDENT114", "AppAssignment/a", "/spec/app/bundleId"), ("IDENT114", "AppAssignment/b", "/spec/app/storeId")],
    ),
    "one compliance policy twice": (
        [document(COMPLIANCE, name, {"policy": "iOS"}) for name in "ab"],
        [("SPEC103", "CompliancePolicyAssignment/b", "/metadata/name")],
    ),
    "two compliance policies of one name": (
        [
            document(COMPLIANCE, name, {"policy": "iOS", "id": {"one": f"{name * 8}-0000-4000-8000-000000000001"}})
            for name in "ab"
        ],
        [],
    ),
    "a name that is kept for what a spec leaves behind": (
        [first("teams-replaced", bundleId="com.contoso.app"), profile("web-replaced")],
        [("SPEC107", "AppAssignment/teams-replaced", "/metadata/name")],
    ),
    "misspelt in the order": (
        [profile("pilots"), profile("web"), order("pilot", "web")],
        [("SPEC102", "EnrollmentPriority/ios", "/spec/order/0")],
    ),
    "not in the order": (
        [profile("web"), profile("new"), order("web")],
        [("SPEC104", "EnrollmentProfile/new", "/metadata/name")],
    ),
    "no order at all": ([profile("web"), profile("new")], []),
}


@pytest.mark.parametrize("case", CASES)
def test_rules_between_specs(case: str) -> None:
    documents, expected = CASES[case]
    assert told(documents) == expected
    spread = told(*([each] for each in documents))
    assert spread == expected


def test_the_order_of_files_changes_nothing() -> None:
    documents, _ = CASES["not in the order"]
    files = [(f"{n}.yaml", text_of([each])) for n, each in enumerate(documents)]
    one, other = (crosscheck(load(each), REGISTRY) for each in (files, files[::-1]))
    assert one.digest == other.digest
    assert one.diagnostics == other.diagnostics
    assert list(one.desired) == list(other.desired)


def test_a_file_that_cannot_be_read_silences_references() -> None:
    """What is missing may stand in it."""
    files = [("a.yaml", text_of([order("web")])), ("b.yaml", b"kind: [")]
    found = crosscheck(load(files), REGISTRY).diagnostics
    assert {d.rule[:4] for d in found} == {"YAML"}


def test_a_finding_names_the_other_place() -> None:
    found = specs_of([policy("a", displayName="Same")], [policy("b", displayName="Same")]).diagnostics
    assert "specs/0.yaml, line" in str(found[0].detail)
    assert found[0].position is not None
    assert found[0].position.file == "specs/1.yaml"
