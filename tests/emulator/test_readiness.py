"""What a readiness check reads: tenant-wide settings, devices and their states, licences, failures; and its knobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reconciler.emulator import Emulator, Knobs, SteppingClock
from reconciler.model import Json

from .conftest import START, Graph, Serve
from .readiness import ANN, APP, BASELINE, BOB, ENTRA_ID, GRAPH, IN_ENTRA, PAD, PHONE, SEED, SSO


@pytest.fixture(scope="module")
def tenant() -> Iterator[Graph]:
    """One emulator for all that only reads; stopping it checks every answer against the contract."""
    with Emulator(seed=SEED, clock=SteppingClock(START)) as emulator:
        graph = Graph(emulator)
        yield graph
        graph.close()


DEVICES = "/deviceManagement/managedDevices"
EVENT = "microsoft.graph.enrollmentTroubleshootingEvent"
LISTS: list[tuple[str, str, list[Any]]] = [
    (DEVICES, "id", [PHONE, PAD]),
    (f"/v1.0{DEVICES}?$select=id,deviceName", "deviceName", ["ann's device", "bob's device"]),
    (f"{DEVICES}?$filter=userPrincipalName eq 'BOB@contoso.example'", "id", [PAD]),
    (f"{DEVICES}?$filter=userId eq '{ANN}' and operatingSystem eq 'iOS'", "id", [PHONE]),
    (f"{DEVICES}?$filter=enrolledDateTime ge 2026-01-01T00:00:00Z&$select=id", "id", [PHONE]),
    (f"{DEVICES}/{PHONE}/deviceConfigurationStates", "state", ["compliant"]),
    (f"{DEVICES}/{PHONE}/deviceConfigurationStates?$select=id", "id", [SSO]),
    (f"{DEVICES}/{PHONE}/deviceCompliancePolicyStates", "state", ["nonCompliant"]),
    (f"/users/{ANN}/managedDevices?$select=id", "id", [PHONE]),
    (f"/users/{ANN}/mobileAppIntentAndStates", "managedDeviceIdentifier", [PHONE]),
    (f"/users/{BOB}/mobileAppIntentAndStates", "id", []),
    (f"/users/{ANN}/mobileAppTroubleshootingEvents", "applicationId", [APP]),
    (f"/v1.0/users/{BOB}/deviceManagementTroubleshootingEvents", "failureCategory", ["enrollmentRestrictionsEnforced"]),
    ("/users/ann@contoso.example/licenseDetails?$select=skuPartNumber", "skuPartNumber", ["EMS"]),
    (f"/deviceManagement/troubleshootingEvents?$filter={EVENT}/userId eq '{ANN}'", "id", ["t1"]),
    ("/deviceManagement/troubleshootingEvents?$filter=eventDateTime gt 2026-03-01", "id", []),
    (f"/deviceManagement/deviceConfigurations/{SSO}/deviceStatuses", "status", ["compliant", "error"]),
    (f"/deviceManagement/deviceConfigurations/{SSO}/userStatuses", "devicesCount", [1, 1]),
    ("/deviceManagement/intuneBrandingProfiles", "enrollmentAvailability", ["unavailable"]),
    ("/v1.0/deviceManagement/termsAndConditions", "version", [1]),
    ("/deviceAppManagement/iosManagedAppProtections", "targetedAppManagementLevels", ["unspecified"]),
    ("/deviceAppManagement/mobileAppConfigurations", "@odata.type", [f"{GRAPH}iosMobileAppConfiguration"]),
    ("/v1.0/subscribedSkus", "consumedUnits", [3]),
    ("/v1.0/identity/conditionalAccess/policies", "state", ["enabled"]),
    ("/v1.0/devices?$filter=trustType eq 'workplace'", "deviceId", [ENTRA_ID]),
    (f"/v1.0/users/{ANN}/ownedDevices", "@odata.type", [f"{GRAPH}device"]),
    (f"/v1.0/users/{ANN}/registeredDevices/microsoft.graph.device", "deviceId", [ENTRA_ID]),
    (f"/v1.0/users/{BOB}/registeredDevices", "id", []),
    (f"/v1.0/devices/{IN_ENTRA}/registeredUsers", "displayName", ["Ann"]),
    (f"/v1.0/devices/{IN_ENTRA}/transitiveMemberOf", "displayName", ["iPads"]),
    ("/v1.0/groups/g1/members", "trustType", ["Workplace"]),
]


@pytest.mark.parametrize(("path", "name", "found"), LISTS, ids=[path for path, *_ in LISTS])
def test_lists(tenant: Graph, path: str, name: str, found: list[Any]) -> None:
    assert [item[name] for item in tenant.values(path)] == found


ASSIGNED = [
    "deviceManagement/intuneBrandingProfiles/b1",
    "deviceManagement/termsAndConditions/c1",
    "deviceAppManagement/iosManagedAppProtections/p1",
    "deviceAppManagement/mobileAppConfigurations/m1",
]


@pytest.mark.parametrize("path", ASSIGNED)
def test_assignments_read_in_both_ways(tenant: Graph, path: str) -> None:
    collection, _, key = path.rpartition("/")
    (told,) = tenant.values(f"/{path}/assignments")
    (listed,) = tenant.values(f"/{collection}?$expand=assignments")
    assert listed["assignments"] == [told]
    assert tenant.get(f"/{path}?$expand=assignments")["id"] == key


ITEMS = [
    (f"{DEVICES}/{PHONE}", "deviceEnrollmentType", "unknown"),
    (f"/users('{ANN}')/mobileAppIntentAndStates('{PHONE}')", "userId", ANN),
    (f"/deviceManagement/deviceConfigurations/{SSO}/deviceStatusOverview", "errorCount", 1),
    ("/deviceManagement/troubleshootingEvents/t1", "userId", ANN),
    ("/v1.0/identity/conditionalAccess/policies/a1", "displayName", "Compliant"),
    ("/v1.0/policies/deviceRegistrationPolicy", "userDeviceQuota", 50),
    ("/beta/policies/deviceRegistrationPolicy", "multiFactorAuthConfiguration", "notRequired"),
    ("/v1.0/deviceManagement", "subscriptionState", "active"),
    ("/deviceManagement/settings", "secureByDefault", False),
]


@pytest.mark.parametrize(("path", "name", "value"), ITEMS, ids=[path for path, *_ in ITEMS])
def test_items(tenant: Graph, path: str, name: str, value: object) -> None:
    assert tenant.get(path)[name] == value


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/deviceManagement/settings/secureByDefault", 400),
        ("/deviceManagement/settings/settings", 400),
        ("/policies/other", 400),
        ("/deviceManagement/applePushNotificationCertificate", 404),
        (f"{DEVICES}?$filter=colour eq 'red'", 400),
        (f"{DEVICES}/{PHONE}/users", 400),
        (f"/users/{ANN}/managedDevices/{PHONE}", 400),
        (f"/users/{ANN}/deviceManagementTroubleshootingEvents/t1", 400),
        (f"/users/{ANN}/licenseDetails/nothing", 404),
        (f"/users/{ANN}/licenseDetails/l1/more", 400),
        (f"/devices/{IN_ENTRA}/registeredOwners/microsoft.graph.device", 400),
        ("/deviceAppManagement/mobileApps/x/deviceStatuses", 404),
    ],
)
def test_what_is_not_there(tenant: Graph, path: str, status: int) -> None:
    assert tenant.send("GET", path).status_code == status


def test_states_of_apps_are_no_longer_below_the_app(serve: Serve) -> None:
    """Microsoft removed the segment in June 2023 (microsoft-graph-docs#21782)."""
    graph = serve()
    key = graph.create("/deviceAppManagement/mobileApps", {
        "@odata.type": f"{GRAPH}iosiPadOSWebClip", "displayName": "x", "publisher": "x", "appUrl": "https://x.example/"
    })  # fmt: skip
    refused = graph.send("GET", f"/deviceAppManagement/mobileApps/{key}/deviceStatuses")
    assert refused.status_code == 400
    assert "Resource not found for the segment 'deviceStatuses'." in refused.text


def test_settings_are_read_only(tenant: Graph) -> None:
    for path in ("/deviceManagement", "/policies/deviceRegistrationPolicy", DEVICES, "/subscribedSkus"):
        assert tenant.send("POST", path, {}).status_code == 405
    assert tenant.send("PATCH", "/v1.0/policies/deviceRegistrationPolicy", {"userDeviceQuota": 0}).status_code == 405
    assert tenant.send("PATCH", "/deviceManagement/settings", {"secureByDefault": True}).status_code == 405


def test_an_export_has_only_what_was_seeded(tenant: Graph) -> None:
    collections = tenant.emulator.export()["collections"]
    assert isinstance(collections, dict)
    assert {"deviceManagement", "policies/deviceRegistrationPolicy"}.isdisjoint(collections)
    with Emulator(seed=tenant.emulator.export()) as again:
        assert again.export()["collections"] == collections


# -- knobs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tenant_settings", "plain", "selected", "alone"),
    [("shown", True, True, 200), ("when-selected", False, True, 200), ("absent", False, False, 204)],
)
def test_where_the_settings_of_a_tenant_show(
    serve: Serve, tenant_settings: str, plain: bool, selected: bool, alone: int
) -> None:
    graph = serve(tenant_settings=tenant_settings)
    assert (graph.get("/deviceManagement")["settings"] is not None) is plain
    assert (graph.get("/deviceManagement?$select=id,settings")["settings"] is not None) is selected
    assert graph.send("GET", "/deviceManagement/settings").status_code == alone


def test_filters_of_devices_may_be_ignored(serve: Serve) -> None:
    graph = serve(SEED, device_filters="ignored")
    assert len(graph.values(f"{DEVICES}?$filter=userId eq '{ANN}'&$select=id")) == 2
    assert len(graph.values(f"/users/{ANN}/managedDevices")) == 1


@pytest.mark.parametrize("name", ["deviceConfigurationStates", "deviceCompliancePolicyStates"])
def test_a_state_may_not_tell_its_policy(serve: Serve, name: str) -> None:
    graph = serve(SEED, device_state_ids="opaque")
    phone, pad = (graph.values(f"{DEVICES}/{key}/{name}")[0] for key in (PHONE, PAD))
    assert {phone["id"], pad["id"]}.isdisjoint({SSO, BASELINE})
    assert phone["id"] != pad["id"]
    assert graph.get(f"{DEVICES}/{PHONE}/{name}/{phone['id']}")["state"] == phone["state"]


def test_registration_may_show_in_the_state_only(serve: Serve) -> None:
    graph = serve(SEED, azure_ad_registered="null")
    assert graph.get(f"{DEVICES}/{PHONE}")["azureADRegistered"] is None
    assert graph.get(f"{DEVICES}/{PHONE}?$select=id") == {
        "@odata.context": f"{graph.emulator.url}/beta/$metadata#deviceManagement/managedDevices(id)/$entity",
        "id": PHONE,
    }


@pytest.mark.parametrize(("configuration_statuses", "status"), [("empty", 200), ("400", 400)])
def test_statuses_of_a_configuration_may_be_gone(serve: Serve, configuration_statuses: str, status: int) -> None:
    graph = serve(SEED, configuration_statuses=configuration_statuses)
    one = f"/deviceManagement/deviceConfigurations/{SSO}"
    answers = [graph.send("GET", f"{one}/{name}") for name in ("deviceStatuses", "userStatuses")]
    assert [answer.status_code for answer in answers] == [status] * 2
    if status == 200:
        assert answers[0].json()["value"] == []
        assert graph.get(f"{one}/deviceStatusOverview")["successCount"] == 0


def test_states_of_apps_may_be_read_by_device_only(serve: Serve) -> None:
    graph = serve(SEED, app_states="by-device")
    assert graph.values(f"/users/{ANN}/mobileAppIntentAndStates") == []
    (app,) = graph.get(f"/users/{ANN}/mobileAppIntentAndStates/{PHONE}")["mobileAppList"]
    assert app["installState"] == "failed"


def test_what_applications_may_not_read_of_a_person(serve: Serve) -> None:
    graph = serve(SEED, person_reads="403")
    names = ("licenseDetails", "ownedDevices", "registeredDevices", "managedDevices", "transitiveMemberOf")
    answers = [graph.send("GET", f"/v1.0/users/{ANN}/{name}").status_code for name in names]
    assert answers == [403, 403, 403, 200, 200]


# -- permissions, quotas, batches --------------------------------------------------------------------------------------

NEEDS = [
    ("/deviceManagement?$select=settings", "DeviceManagementConfiguration.Read.All"),
    ("/deviceManagement/intuneBrandingProfiles", "DeviceManagementApps.Read.All"),
    ("/deviceManagement/termsAndConditions", "DeviceManagementServiceConfig.Read.All"),
    (DEVICES, "DeviceManagementManagedDevices.Read.All"),
    (f"{DEVICES}/{PHONE}/deviceConfigurationStates", "DeviceManagementManagedDevices.Read.All"),
    ("/deviceManagement/troubleshootingEvents", "DeviceManagementManagedDevices.Read.All"),
    ("/deviceAppManagement/iosManagedAppProtections", "DeviceManagementApps.Read.All"),
    ("/deviceAppManagement/mobileAppConfigurations", "DeviceManagementApps.Read.All"),
    (f"/users/{ANN}/mobileAppIntentAndStates", "DeviceManagementConfiguration.Read.All"),
    (f"/users/{ANN}/managedDevices", "DeviceManagementManagedDevices.Read.All"),
    (f"/users/{ANN}/licenseDetails", "LicenseAssignment.Read.All"),
    (f"/users/{ANN}/ownedDevices", "User.Read.All"),
    ("/v1.0/devices", "Device.Read.All"),
    ("/v1.0/subscribedSkus", "LicenseAssignment.Read.All"),
    ("/v1.0/identity/conditionalAccess/policies", "Policy.Read.All"),
    ("/v1.0/policies/deviceRegistrationPolicy", "Policy.Read.DeviceConfiguration"),
]


@pytest.fixture
def limited(tenant: Graph) -> Iterator[Callable[[str, str], httpx.Response]]:
    """Sends a GET as a caller who has these permissions."""

    def get(path: str, granted: str) -> httpx.Response:
        tenant.emulator.knobs = Knobs(granted=granted)
        return tenant.send("GET", path)

    yield get
    tenant.emulator.knobs = Knobs()


@pytest.mark.parametrize(("path", "least"), NEEDS, ids=[path for path, _ in NEEDS])
def test_a_permission_of_its_own_is_needed(
    limited: Callable[[str, str], httpx.Response], path: str, least: str
) -> None:
    assert limited(path, least).status_code == 200
    refused = limited(path, "User.ReadBasic.All,DeviceManagementRBAC.Read.All")
    told = refused.json()["error"]
    assert refused.status_code == 403
    assert least in told["message"] if least.startswith("DeviceManagement") else told["code"].endswith("Denied")


def test_devices_have_a_bucket_of_their_own(serve: Serve) -> None:
    graph = serve(quota_requests=1)
    assert [graph.send("GET", DEVICES).status_code for _ in range(2)] == [200, 429]
    assert graph.send("GET", "/deviceManagement/deviceConfigurations").status_code == 200


def test_a_batch_over_one_person(tenant: Graph) -> None:
    numbers = {"managedDevices": 1, "licenseDetails": 1, "mobileAppIntentAndStates": 1, "transitiveMemberOf": 0}
    parts: list[Json] = [{"id": name, "method": "GET", "url": f"/users/{ANN}/{name}"} for name in numbers]
    answers = tenant.send("POST", "/$batch", {"requests": parts}).json()["responses"]
    assert {part["id"]: len(part["body"]["value"]) for part in answers} == numbers


def test_pages_of_devices(serve: Serve) -> None:
    graph = serve(SEED, page_size=1, empty_pages=True)
    assert [d["id"] for d in graph.values(f"{DEVICES}?$select=id&$top=999")] == [PHONE, PAD]
    assert len(graph.values(f"/users/{ANN}/licenseDetails")) == 1
