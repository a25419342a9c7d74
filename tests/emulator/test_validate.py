"""The validator refuses what Graph refuses, and takes bodies that documentation and tools send."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.contract.schema import contract
from reconciler.emulator.contract.validate import Purpose, action_findings, findings
from reconciler.model import Json, JsonObject

from . import bodies

FINE: list[tuple[str, JsonObject]] = [
    ("deviceConfiguration", bodies.sso()),
    ("deviceConfiguration", {**bodies.sso(), "roleScopeTagIds": ["0"], "description": None}),
    ("appleUserInitiatedEnrollmentProfile", bodies.profile(priority=1)),
    ("appleUserInitiatedEnrollmentProfile",
     {"@odata.type": "#microsoft.graph.appleUserInitiatedEnrollmentProfile", **bodies.profile()}),
    ("mobileApp", bodies.store_app(largeIcon={"type": "image/png", "value": "iVBORw0KGgo="})),
    ("mobileApp", {"@odata.type": "#microsoft.graph.iosiPadOSWebClip", "displayName": "Portal", "appUrl": "https://x"}),
    ("deviceCompliancePolicy", bodies.compliance()),
    ("deviceAndAppManagementAssignmentFilter", bodies.assignment_filter()),
    ("mobileAppAssignment", bodies.app_assignment("required", bodies.to("allLicensedUsers"), bodies.store_settings())),
    ("deviceConfigurationAssignment", {"target": bodies.to("group", bodies.GROUP)}),
    # The documentation's nested examples leave the # out.
    ("appleEnrollmentProfileAssignment", {"target": {"@odata.type": "microsoft.graph.allDevicesAssignmentTarget"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), FINE)
def test_accepts_what_tools_send(kind: str, body: JsonObject) -> None:
    assert findings(body, kind, Purpose.CREATE) == []


def changed(body: JsonObject, path: str, value: Json) -> JsonObject:
    """The body with the value at a JSON Pointer replaced or added."""
    result: Any = copy.deepcopy(body)
    *way, last = path.strip("/").split("/")
    here = result
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if isinstance(here, list):
        here[int(last)] = value
    else:
        here[last] = value
    assert isinstance(result, dict)
    return result


SSO = bodies.sso()
PAIR = "/iosSingleSignOnExtension/configurations/1"
REFUSED: list[tuple[str, JsonObject, str, Json, str]] = [
    ("deviceConfiguration", SSO, "/colour", 1, "unknown-property"),
    ("deviceConfiguration", SSO, "/iosSingleSignOnExtension/teamIdentifier", "x", "unknown-property"),
    ("deviceConfiguration", SSO, "/@odata.context", "x", "unknown-property"),
    ("deviceConfiguration", SSO, "/ssoExtensionKey", "iosSingleSignOnExtension", "unknown-property"),
    ("deviceConfiguration", SSO, "/displayName", None, "null"),
    ("deviceConfiguration", SSO, "/displayName", 5, "wrong-type"),
    ("deviceConfiguration", SSO, "/roleScopeTagIds", None, "null"),
    ("deviceConfiguration", SSO, "/roleScopeTagIds", "0", "wrong-type"),
    ("deviceConfiguration", {**SSO, "roleScopeTagIds": ["0"]}, "/roleScopeTagIds/0", 0, "wrong-type"),
    ("deviceConfiguration", SSO, "/homeScreenGridWidth", True, "wrong-type"),
    ("deviceConfiguration", SSO, "/homeScreenGridWidth", 2**31, "range"),
    ("deviceConfiguration", SSO, "/homeScreenGridWidth", 4.0, "wrong-type"),
    ("deviceConfiguration", SSO, "/wallpaperDisplayLocation", "ceiling", "enum"),
    ("deviceConfiguration", SSO, "/wallpaperDisplayLocation", "LockScreen", "enum"),
    ("deviceConfiguration", SSO, "/supportsScopeTags", True, "read-only"),
    ("deviceConfiguration", SSO, "/version", 3, "read-only"),
    ("deviceConfiguration", SSO, "/id", "x", "read-only"),
    ("deviceConfiguration", SSO, "/createdDateTime", "2026-01-01T00:00:00Z", "read-only"),
    ("deviceConfiguration", SSO, "/assignments", [], "read-only"),
    ("deviceConfiguration", SSO, "/@odata.type", "#microsoft.graph.iosFeatures", "unknown-type"),
    ("deviceConfiguration", SSO, "/@odata.type", "#microsoft.graph.iosStoreApp", "unknown-type"),
    ("deviceConfiguration", SSO, "/@odata.type", "#microsoft.graph.deviceConfiguration", "unknown-type"),
    ("deviceConfiguration", SSO, "/iosSingleSignOnExtension/@odata.type", "#microsoft.graph.x", "unknown-type"),
    ("deviceConfiguration", SSO, "/iosSingleSignOnExtension/enableSharedDeviceMode", None, "null"),
    ("deviceConfiguration", SSO, f"{PAIR}/value", True, "wrong-type"),
    ("deviceConfiguration", SSO, f"{PAIR}/value", "1", "wrong-type"),
    ("deviceConfiguration", SSO, f"{PAIR}/value", None, "null"),
    ("deviceConfiguration", SSO, f"{PAIR}/key", None, "null"),
    ("appleUserInitiatedEnrollmentProfile", bodies.profile(), "/priority", None, "null"),
    ("appleUserInitiatedEnrollmentProfile", bodies.profile(), "/platform", "ios", "enum"),
    ("appleUserInitiatedEnrollmentProfile", bodies.profile(), "/roleScopeTagIds", ["0"], "unknown-property"),
    ("mobileApp", bodies.store_app(), "/isAssigned", True, "read-only"),
    ("mobileApp", bodies.store_app(), "/publishingState", "published", "read-only"),
    ("mobileApp", bodies.store_app(largeIcon={"type": "x/y", "value": ""}), "/largeIcon/value", "no!", "wrong-type"),
    ("mobileAppAssignment", {"target": bodies.to("group", bodies.GROUP)}, "/source", "direct", "read-only"),
    ("deviceConfigurationAssignment", {"target": bodies.to("group", bodies.GROUP)},
     "/target/deviceAndAppManagementAssignmentFilterType", None, "null"),
    ("deviceConfigurationAssignment", {"target": bodies.to("group", bodies.GROUP)},
     "/target/@odata.type", "#microsoft.graph.deviceAndAppManagementAssignmentTarget", "unknown-type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "body", "path", "value", "problem"), REFUSED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_refuses_and_says_where(kind: str, body: JsonObject, path: str, value: Json, problem: str) -> None:
    assert findings(body, kind, Purpose.CREATE) == []
    (found,) = findings(changed(body, path, value), kind, Purpose.CREATE)
    assert (found.path, found.problem) == (path, problem)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("deviceConfiguration", {"displayName": "x"}),
        ("deviceConfigurationAssignment", {"target": {"groupId": bodies.GROUP}}),
    ],
)
def test_abstract_types_need_their_name(kind: str, body: JsonObject) -> None:
    assert [found.problem for found in findings(body, kind, Purpose.CREATE)] == ["missing-type"]


def test_deep_insert_is_for_creates_only() -> None:
    rules = bodies.compliance()
    assert findings(rules, "deviceCompliancePolicy", Purpose.CREATE) == []
    (found,) = findings(rules, "deviceCompliancePolicy", Purpose.UPDATE)
    assert (found.path, found.problem) == ("/scheduledActionsForRule", "read-only")


def test_all_findings_are_told_at_once() -> None:
    body = changed(changed(SSO, "/colour", 1), f"{PAIR}/value", "1")
    assert {found.path for found in findings(body, "deviceConfiguration", Purpose.CREATE)} == {
        "/colour",
        f"{PAIR}/value",
    }


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"priority": 1}, []),
        ({"priority": "1"}, ["wrong-type"]),
        ({"priority": True}, ["wrong-type"]),
        ({"Priority": 1}, ["unknown-property"]),
        ([1], ["wrong-type"]),
    ],
)
def test_action_parameters(body: Json, problems: list[str]) -> None:
    assert [found.problem for found in action_findings(body, {"priority": "Int32"})] == problems


CONCRETE = sorted(name for name, kind in contract().types.items() if not kind.abstract)


@pytest.mark.parametrize("name", CONCRETE)
def test_defaults_of_every_type_are_a_legal_answer(name: str) -> None:
    book = contract()
    whole = book.filled({"@odata.type": book.types[name].odata_type}, name)
    assert findings(whole, name, Purpose.RESPONSE) == []
    assert book.filled(whole, name) == whole


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(CONCRETE), st.text(st.characters(exclude_characters="@"), min_size=1, max_size=8))
def test_an_unknown_property_is_found_in_every_type(name: str, extra: str) -> None:
    book = contract()
    if extra in book.types[name].properties or extra in book.types[name].undocumented:
        return
    whole = book.filled({"@odata.type": book.types[name].odata_type}, name)
    (found,) = findings({**whole, extra: None}, name, Purpose.RESPONSE)
    assert found.problem == "unknown-property"


@settings(max_examples=35, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(SSO)), inner),
    )
)
def test_any_json_gets_a_verdict(value: Json) -> None:
    first = findings(value, "deviceConfiguration", Purpose.CREATE)
    assert first == findings(value, "deviceConfiguration", Purpose.CREATE)
    assert first  # nothing that random is a policy


HIDDEN = [
    ("deviceAndAppManagementAssignmentFilter", "platform", "windowsMobileApplicationManagement", "unknownFutureValue"),
    ("deviceAndAppManagementAssignmentFilter", "platform", "iOS", "iOS"),
    ("appleUserInitiatedEnrollmentProfile", "defaultEnrollmentType", "somethingNew", "unknownFutureValue"),
    ("deviceManagementConfigurationPolicy", "technologies", "mdm,appleRemoteManagement", "mdm,appleRemoteManagement"),
    ("deviceManagementConfigurationPolicy", "technologies", "mdm,android", "mdm,unknownFutureValue"),
]


@pytest.mark.parametrize(("kind", "name", "value", "shown"), HIDDEN)
def test_members_newer_than_the_sentinel_are_hidden(kind: str, name: str, value: str, shown: str) -> None:
    assert contract().evolved({name: value}, kind) == {name: shown}
