"""Microsoft's SDK as an independent client: it drives the emulator and understands all that it says.

One scenario, run once over real HTTP (the SDK's first parse takes seconds); the tests look at what came back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.emulator import Emulator, SteppingClock

from . import bodies, readiness
from .conftest import START
from .oracle import additional, judge, judge_request

SEED = {
    "organization": {"displayName": "Contoso"},
    "collections": {
        "groups": [{"id": bodies.GROUP, "displayName": "Pilots"}],
        "users": [{"id": bodies.OTHER_GROUP, "displayName": "Ann", "userPrincipalName": "ann@contoso.example"}],
        "deviceManagement/depOnboardingSettings": [{"id": "9a0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d", "tokenName": "ABM"}],
        "deviceAppManagement/vppTokens": [{"id": "b1d7f0e2-1111-4a8f-8c0f-000000000001", "displayName": "ABM"}],
    },
}
DOCUMENTED_EXTRAS = {"ssoExtensionKey"}


class _Token:
    """A token provider without an identity behind it."""

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        return "any"

    def get_allowed_hosts_validator(self) -> Any:
        from kiota_abstractions.authentication import AllowedHostsValidator

        return AllowedHostsValidator(["127.0.0.1"])


async def _client(url: str) -> tuple[Any, Any]:
    import httpx
    from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
    from msgraph_beta import GraphRequestAdapter, GraphServiceClient

    http = httpx.AsyncClient(verify=False, timeout=30)
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(_Token()), client=http)
    adapter.base_url = f"{url}/beta"
    return GraphServiceClient(request_adapter=adapter), http


async def _policies(graph: Any, kept: dict[str, Any]) -> None:
    from msgraph_beta.generated.device_management.device_configurations.item.assign.assign_post_request_body import (
        AssignPostRequestBody,
    )
    from msgraph_beta.generated.models.all_licensed_users_assignment_target import AllLicensedUsersAssignmentTarget
    from msgraph_beta.generated.models.device_configuration_assignment import DeviceConfigurationAssignment
    from msgraph_beta.generated.models.group_assignment_target import GroupAssignmentTarget
    from msgraph_beta.generated.models.ios_azure_ad_single_sign_on_extension import IosAzureAdSingleSignOnExtension
    from msgraph_beta.generated.models.ios_device_features_configuration import IosDeviceFeaturesConfiguration
    from msgraph_beta.generated.models.key_integer_value_pair import KeyIntegerValuePair
    from msgraph_beta.generated.models.key_string_value_pair import KeyStringValuePair

    pairs = [
        KeyStringValuePair(key="device_registration", value="{{DEVICEREGISTRATION}}"),
        KeyIntegerValuePair(key="browser_sso_interaction_enabled", value=1),
    ]
    extension = IosAzureAdSingleSignOnExtension(configurations=pairs, enable_shared_device_mode=False)
    policies = graph.device_management.device_configurations
    new = IosDeviceFeaturesConfiguration(display_name="JIT", ios_single_sign_on_extension=extension)
    kept["policy created"] = await policies.post(new)
    one = policies.by_device_configuration_id(kept["policy created"].id)
    targets = [AllLicensedUsersAssignmentTarget(), GroupAssignmentTarget(group_id=bodies.GROUP)]
    assignments = [DeviceConfigurationAssignment(target=target) for target in targets]
    kept["policy assigned"] = await one.assign.post(AssignPostRequestBody(assignments=assignments))
    await one.patch(IosDeviceFeaturesConfiguration(description="changed"))
    kept["policy"] = await one.get()
    kept["policies"] = await policies.get()
    kept["policy assignments"] = await one.assignments.get()
    await one.delete()
    kept["policies left"] = await policies.get()


async def _apps(graph: Any, kept: dict[str, Any]) -> None:
    from msgraph_beta.generated.device_app_management.mobile_apps.item.assign.assign_post_request_body import (
        AssignPostRequestBody,
    )
    from msgraph_beta.generated.models.all_licensed_users_assignment_target import AllLicensedUsersAssignmentTarget
    from msgraph_beta.generated.models.install_intent import InstallIntent
    from msgraph_beta.generated.models.ios_device_type import IosDeviceType
    from msgraph_beta.generated.models.ios_minimum_operating_system import IosMinimumOperatingSystem
    from msgraph_beta.generated.models.ios_store_app import IosStoreApp
    from msgraph_beta.generated.models.ios_store_app_assignment_settings import IosStoreAppAssignmentSettings
    from msgraph_beta.generated.models.mobile_app_assignment import MobileAppAssignment

    apps = graph.device_app_management.mobile_apps
    new = IosStoreApp(
        display_name="Microsoft Authenticator",
        app_store_url="https://apps.apple.com/us/app/microsoft-authenticator/id983156458",
        applicable_device_type=IosDeviceType(i_pad=True, i_phone_and_i_pod=True),
        minimum_supported_operating_system=IosMinimumOperatingSystem(v16_0=True),
    )
    kept["app created"] = await apps.post(new)
    one = apps.by_mobile_app_id(kept["app created"].id)
    assignment = MobileAppAssignment(
        intent=InstallIntent.Required,
        target=AllLicensedUsersAssignmentTarget(),
        settings=IosStoreAppAssignmentSettings(uninstall_on_device_removal=False),
    )
    kept["app assigned"] = await one.assign.post(AssignPostRequestBody(mobile_app_assignments=[assignment]))
    kept["app"] = await one.get()
    kept["apps by cast"] = await apps.graph_ios_store_app.get()
    kept["app assignments"] = await one.assignments.get()
    kept["vpp tokens"] = await graph.device_app_management.vpp_tokens.get()


async def _profiles(graph: Any, kept: dict[str, Any]) -> None:
    from msgraph_beta.generated.device_management.apple_user_initiated_enrollment_profiles.item.set_priority import (
        set_priority_post_request_body as action,
    )
    from msgraph_beta.generated.models.all_licensed_users_assignment_target import AllLicensedUsersAssignmentTarget
    from msgraph_beta.generated.models.apple_enrollment_profile_assignment import AppleEnrollmentProfileAssignment
    from msgraph_beta.generated.models.apple_owner_type_enrollment_type import AppleOwnerTypeEnrollmentType
    from msgraph_beta.generated.models.apple_user_initiated_enrollment_profile import (
        AppleUserInitiatedEnrollmentProfile,
    )
    from msgraph_beta.generated.models.apple_user_initiated_enrollment_type import AppleUserInitiatedEnrollmentType
    from msgraph_beta.generated.models.device_platform_type import DevicePlatformType
    from msgraph_beta.generated.models.managed_device_owner_type import ManagedDeviceOwnerType

    web = AppleUserInitiatedEnrollmentType.WebDeviceEnrollment
    option = AppleOwnerTypeEnrollmentType(owner_type=ManagedDeviceOwnerType.Personal, enrollment_type=web)
    profiles = graph.device_management.apple_user_initiated_enrollment_profiles
    for name in ("first", "second"):
        new = AppleUserInitiatedEnrollmentProfile(
            display_name=name,
            platform=DevicePlatformType.IOS,
            default_enrollment_type=web,
            available_enrollment_type_options=[option],
        )
        kept[f"profile {name}"] = await profiles.post(new)
    one = profiles.by_apple_user_initiated_enrollment_profile_id(kept["profile second"].id)
    await one.set_priority.post(action.SetPriorityPostRequestBody(priority=1))
    await one.patch(AppleUserInitiatedEnrollmentProfile(description="changed"))
    kept["profiles"] = await profiles.get()
    target = AllLicensedUsersAssignmentTarget()
    kept["profile assigned"] = await one.assignments.post(AppleEnrollmentProfileAssignment(target=target))
    kept["profile assignments"] = await one.assignments.get()
    key = kept["profile assigned"].id
    await one.assignments.by_apple_enrollment_profile_assignment_id(key).delete()
    kept["profile assignments left"] = await one.assignments.get()
    await one.delete()


async def _neighbours(graph: Any, kept: dict[str, Any]) -> None:
    from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError

    kept["groups"] = await graph.groups.get()
    kept["users"] = await graph.users.get()
    kept["organization"] = await graph.organization.get()
    kept["ade tokens"] = await graph.device_management.dep_onboarding_settings.get()
    kept["scope tags"] = await graph.device_management.role_scope_tags.get()
    try:
        await graph.device_management.device_configurations.by_device_configuration_id("nothing").get()
    except ODataError as error:
        kept["error"] = error


async def _readiness(graph: Any, kept: dict[str, Any]) -> None:
    management, apps = graph.device_management, graph.device_app_management
    ann, phone = graph.users.by_user_id(readiness.ANN), management.managed_devices.by_managed_device_id(readiness.PHONE)
    policy = management.device_configurations.by_device_configuration_id(readiness.SSO)
    kept["management"] = await management.get()
    kept["devices"] = await management.managed_devices.get()
    kept["device states"] = await phone.device_configuration_states.get()
    kept["compliance states"] = await phone.device_compliance_policy_states.get()
    kept["statuses"] = await policy.device_statuses.get()
    kept["overview"] = await policy.device_status_overview.get()
    kept["failures"] = await management.troubleshooting_events.get()
    kept["branding"] = await management.intune_branding_profiles.get()
    kept["terms"] = await management.terms_and_conditions.get()
    kept["app protection"] = await apps.ios_managed_app_protections.get()
    kept["app configurations"] = await apps.mobile_app_configurations.get()
    kept["licences"] = await ann.license_details.get()
    kept["own devices"] = await ann.managed_devices.get()
    kept["app states"] = await ann.mobile_app_intent_and_states.get()
    kept["app failures"] = await ann.mobile_app_troubleshooting_events.get()
    kept["registered devices"] = await ann.registered_devices.get()
    kept["entra devices"] = await graph.devices.get()
    kept["access policies"] = await graph.identity.conditional_access.policies.get()
    kept["registration policy"] = await graph.policies.device_registration_policy.get()
    kept["skus"] = await graph.subscribed_skus.get()


async def _play_readiness(url: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    graph, http = await _client(url)
    try:
        await _readiness(graph, kept)
    finally:
        await http.aclose()
    return kept


async def _play(url: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    graph, http = await _client(url)
    try:
        for scene in (_policies, _apps, _profiles, _neighbours):
            await scene(graph, kept)
    finally:
        await http.aclose()
    return kept


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[dict[str, Any], Emulator]]:
    with Emulator(seed=SEED, clock=SteppingClock(START)) as emulator:
        yield asyncio.run(_play(emulator.url)), emulator


def test_nothing_surprises_the_sdk(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    for name, value in kept.items():
        if name != "error" and value is not None:
            unknown = {path.rpartition("/")[2] for path in additional(value)}
            unknown = {key for key in unknown if "@" not in key and not key.endswith("ExtensibleSSOEntities")}
            assert unknown <= DOCUMENTED_EXTRAS, name
    assert any(path == "/ssoExtensionKey" for path in additional(kept["policy"]))


def test_policies_come_back_as_typed(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    policy = kept["policy"]
    assert type(policy).__name__ == "IosDeviceFeaturesConfiguration"
    pairs = policy.ios_single_sign_on_extension.configurations
    assert [(type(pair).__name__, pair.value) for pair in pairs] == [
        ("KeyStringValuePair", "{{DEVICEREGISTRATION}}"),
        ("KeyIntegerValuePair", 1),
    ]
    assert (policy.description, policy.version, policy.created_date_time.year) == ("changed", 2, 2026)
    kinds = [type(item.target).__name__ for item in kept["policy assignments"].value]
    assert kinds == ["AllLicensedUsersAssignmentTarget", "GroupAssignmentTarget"]
    assert len(kept["policy assigned"].value) == 2
    assert kept["policies left"].value == []


def test_apps_come_back_as_typed(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    assert type(kept["app"]).__name__ == "IosStoreApp"
    assert (kept["app"].is_assigned, kept["app assigned"]) == (True, None)
    (assignment,) = kept["app assignments"].value
    assert type(assignment.settings).__name__ == "IosStoreAppAssignmentSettings"
    assert (assignment.intent.value, assignment.settings.uninstall_on_device_removal) == ("required", False)
    assert [app.id for app in kept["apps by cast"].value] == [kept["app"].id]


def test_profiles_come_back_as_typed(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    assert [(p.display_name, p.priority) for p in kept["profiles"].value] == [("second", 1), ("first", 2)]
    assert kept["profiles"].value[0].default_enrollment_type.value == "webDeviceEnrollment"
    (assignment,) = kept["profile assignments"].value
    assert type(assignment.target).__name__ == "AllLicensedUsersAssignmentTarget"
    assert kept["profile assignments left"].value == []


def test_neighbours_come_back_as_typed(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    assert [group.display_name for group in kept["groups"].value] == ["Pilots"]
    assert [user.user_principal_name for user in kept["users"].value] == ["ann@contoso.example"]
    assert kept["organization"].value[0].display_name == "Contoso"
    assert [token.token_name for token in kept["ade tokens"].value] == ["ABM"]
    assert [tag.display_name for tag in kept["scope tags"].value] == ["Default"]


def test_what_a_readiness_check_reads_comes_back_as_typed() -> None:
    with Emulator(seed=readiness.SEED, clock=SteppingClock(START)) as emulator:
        kept = asyncio.run(_play_readiness(emulator.url))
    unknown = [path for value in kept.values() for path in additional(value) if "@" not in path]
    assert unknown == []
    assert kept["management"].settings.secure_by_default is False
    assert [device.device_type.value for device in kept["devices"].value] == ["iPhone", "iPhone"]
    assert [state.state.value for state in kept["device states"].value] == ["compliant"]
    assert kept["overview"].error_count == 1
    assert kept["failures"].value[0].failure_category.value == "userValidation"
    assert type(kept["app configurations"].value[0]).__name__ == "IosMobileAppConfiguration"
    assert kept["app states"].value[0].mobile_app_list[0].install_state.value == "failed"
    assert kept["app failures"].value[0].history[0].error_code == "-2016330882"
    assert type(kept["registered devices"].value[0]).__name__ == "Device"
    assert kept["access policies"].value[0].grant_controls.built_in_controls[0].value == "compliantDevice"
    assert kept["registration policy"].user_device_quota == 50
    assert kept["skus"].value[0].prepaid_units.enabled == 5


def test_a_refusal_is_the_sdks_error(played: tuple[dict[str, Any], Emulator]) -> None:
    kept, _ = played
    assert kept["error"].response_status_code == 404
    assert kept["error"].error.code == "ResourceNotFound"
    assert "does not exist" in kept["error"].error.message


def test_the_oracle_agrees_with_what_the_sdk_sent(played: tuple[dict[str, Any], Emulator]) -> None:
    _, emulator = played
    sent = [request for request in emulator.writes if request.body is not None]
    assert len(sent) == 10
    assert [judge_request(request.method, request.path, request.body) for request in sent] == [[]] * len(sent)


BODIES = [
    ("deviceConfiguration", bodies.sso(), []),
    ("mobileApp", bodies.store_app(), []),
    ("appleUserInitiatedEnrollmentProfile", bodies.profile(priority=1), []),
    ("deviceCompliancePolicy", bodies.compliance(), []),
    ("deviceAndAppManagementAssignmentFilter", bodies.assignment_filter(), []),
    ("deviceConfiguration", bodies.sso(colour=1), ["/colour: unknown property"]),
    ("deviceConfiguration", bodies.sso(wallpaperDisplayLocation="x"), ["/wallpaperDisplayLocation: dropped"]),
    ("deviceConfiguration", bodies.sso(displayName=5), ["/displayName: dropped"]),
    ("mobileApp", bodies.store_app(isAssigned=True), ["/isAssigned: dropped"]),
    ("deviceConfigurationAssignment", {"target": {"@odata.type": "#microsoft.graph.none", "groupId": bodies.GROUP}},
     ["/target/groupId: unknown property"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "verdict"), BODIES, ids=[f"{b[0]}-{len(b[2])}" for b in BODIES])
def test_verdicts_of_the_oracle(kind: str, body: Any, verdict: list[str]) -> None:
    assert judge(body, kind) == verdict


def test_the_oracle_knows_which_requests_there_are() -> None:
    path = "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles/x"
    assert judge_request("POST", f"{path}/setPriority", {"priority": 1}) == []
    assert judge_request("POST", f"{path}/assign", {"assignments": []}) == [
        f"POST {path}/assign: the SDK has no such request"
    ]
    assert judge_request("DELETE", path, None) == []
    batch: Any = {
        "requests": [
            {"id": "1", "method": "POST", "url": path.removeprefix("/beta") + "/setPriority", "body": {"a": 1}}
        ]
    }
    assert judge_request("POST", "/beta/$batch", batch) == ["1: /a: unknown property"]
