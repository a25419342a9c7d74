"""Apps and their assignments: what the list hides, what `/assign` refuses, what cannot be created."""

from __future__ import annotations

import pytest

from reconciler.model import JsonObject

from . import bodies
from .bodies import APPS, GROUP, OTHER_GROUP, app_assignment, store_settings, to
from .conftest import Graph, Serve

VPP: JsonObject = {
    "@odata.type": "#microsoft.graph.iosVppApp",
    "id": "6d2c1a9e-30b4-4f6e-8f5c-2b7a9d0e1c11",
    "displayName": "Microsoft Authenticator",
    "bundleId": "com.microsoft.azureauthenticator",
    "vppTokenId": "b1d7f0e2-1111-4a8f-8c0f-000000000001",
    "totalLicenseCount": 100,
    "roleScopeTagIds": ["0", "2"],
}
MAM: JsonObject = {
    "@odata.type": "#microsoft.graph.managedIOSStoreApp",
    "id": "7e3d2b0f-41c5-4a7f-9a6d-3c8bae1f2d22",
    "displayName": "Microsoft Authenticator",
    "appAvailability": "global",
}
FOREIGN: JsonObject = {
    "@odata.type": "#microsoft.graph.winGetApp",
    "id": "8f4e3c10-52d6-4b80-8b7e-4d9cbf203e33",
    "displayName": "W",
}
SEED: JsonObject = {"collections": {APPS[1:]: [VPP, MAM, FOREIGN]}}


def kinds(items: list[JsonObject]) -> list[str]:
    return [str(item["@odata.type"]).removeprefix("#microsoft.graph.") for item in items]


LISTS = [
    ("", ["iosVppApp", "managedIOSStoreApp", "winGetApp", "iosStoreApp"]),
    ("/graph.iosStoreApp", ["iosStoreApp"]),
    ("/graph.iosVppApp", ["iosVppApp"]),
    ("/microsoft.graph.iosVppApp", ["iosVppApp"]),
    ("?$filter=isof('microsoft.graph.iosStoreApp')", ["iosStoreApp"]),
    ("?$filter=isof('microsoft.graph.iosStoreApp') or isof('microsoft.graph.iosVppApp')", ["iosVppApp", "iosStoreApp"]),
    ("?$filter=isof('microsoft.graph.managedApp')", ["managedIOSStoreApp"]),
    ("?$filter=(microsoft.graph.managedApp/appAvailability eq null or isAssigned eq true)",
     ["iosVppApp", "winGetApp", "iosStoreApp"]),
    ("?$filter=contains(tolower(displayName),'authenticator')&$orderby=displayName",
     ["iosVppApp", "managedIOSStoreApp", "iosStoreApp"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), LISTS)
def test_lists(serve: Serve, query: str, expected: list[str]) -> None:
    graph = serve(SEED)
    graph.create(APPS, bodies.store_app())
    assert kinds(graph.values(APPS + query)) == expected


@pytest.mark.parametrize("segment", ["graph.iosiPadOSWebClip", "graph.nothing", "iosStoreApp"])
def test_there_is_no_such_cast(graph: Graph, segment: str) -> None:
    assert graph.send("GET", f"{APPS}/{segment}").status_code in (400, 404)


def test_the_list_lies_and_the_item_does_not(serve: Serve) -> None:
    graph = serve(SEED)
    page = graph.get(f"{APPS}/graph.iosVppApp")
    (item,) = page["value"]
    assert isinstance(item, dict)
    assert page["@odata.count"] == 0
    assert (item["roleScopeTagIds"], item["largeIcon"]) == ([], None)
    assert graph.get(f"{APPS}/{VPP['id']}")["roleScopeTagIds"] == ["0", "2"]


def test_form_of_a_created_app(graph: Graph) -> None:
    body = graph.send("POST", APPS, bodies.store_app()).json()
    flags = body["minimumSupportedOperatingSystem"]
    assert (flags["v16_0"], flags["v17_0"], sum(flags.values())) == (True, False, 1)
    assert (body["publishingState"], body["uploadState"], body["isAssigned"]) == ("published", 1, False)


@pytest.mark.parametrize(
    "body",
    [
        {**VPP, "id": None},
        {k: v for k, v in MAM.items() if k != "id"},
        {k: v for k, v in FOREIGN.items() if k != "id"},
        bodies.store_app(minimumSupportedOperatingSystem={"v16_0": True, "v17_0": True}),
        bodies.store_app(minimumSupportedOperatingSystem={}),
        bodies.store_app(displayName=None),
    ],
)
def test_what_cannot_be_created(graph: Graph, body: JsonObject) -> None:
    assert graph.send("POST", APPS, body).status_code == 400


AUTHENTICATOR = "com.microsoft.azureauthenticator"


@pytest.mark.parametrize(
    ("knob", "sent", "shown"),
    [
        ("kept", {}, None),
        ("kept", {"bundleId": "com.example"}, "com.example"),
        ("overwritten", {"bundleId": "com.example"}, AUTHENTICATOR),
        ("overwritten", {}, AUTHENTICATOR),
        ("computed", {}, AUTHENTICATOR),
        ("computed", {"bundleId": "com.example"}, "com.example"),
    ],
)
def test_bundle_id(serve: Serve, knob: str, sent: JsonObject, shown: str | None) -> None:
    graph = serve(bundle_id=knob)
    key = graph.create(APPS, bodies.store_app(**sent))
    assert graph.get(f"{APPS}/{key}")["bundleId"] == shown


def test_store_address_may_read_back_in_another_form(serve: Serve) -> None:
    graph = serve(store_url="itunes")
    key = graph.create(APPS, bodies.store_app())
    assert graph.get(f"{APPS}/{key}")["appStoreUrl"] == "https://itunes.apple.com/us/app/x/id983156458?mt=8"


@pytest.mark.parametrize(("knob", "status"), [("400", 400), ("ignored", 200)])
def test_store_address_is_fixed(serve: Serve, knob: str, status: int) -> None:
    graph = serve(strict_patch_immutable=knob)
    key = graph.create(APPS, bodies.store_app())
    change: JsonObject = {"@odata.type": "#microsoft.graph.iosStoreApp", "appStoreUrl": "https://x.example/id1"}
    assert graph.send("PATCH", f"{APPS}/{key}", change).status_code == status
    assert graph.get(f"{APPS}/{key}")["appStoreUrl"] == bodies.store_app()["appStoreUrl"]


def test_an_app_is_assigned_once_it_is_published(serve: Serve) -> None:
    graph = serve(publishing_reads=2)
    key = graph.create(APPS, bodies.store_app())
    sent: JsonObject = {"mobileAppAssignments": [app_assignment("required", to("allLicensedUsers"))]}
    assert graph.send("POST", f"{APPS}/{key}/assign", sent).status_code == 400
    states = [graph.get(f"{APPS}/{key}")["publishingState"] for _ in range(3)]
    assert states == ["processing", "processing", "published"]
    assert graph.send("POST", f"{APPS}/{key}/assign", sent).status_code == 204


USERS = to("allLicensedUsers")
VPP_SETTINGS: JsonObject = {"@odata.type": "#microsoft.graph.iosVppAppAssignmentSettings", "useDeviceLicensing": True}
ASSIGNS = [
    ("required with settings", app_assignment("required", USERS, store_settings(uninstallOnDeviceRemoval=False)), 204),
    ("any case", app_assignment("Required", USERS), 204),
    ("exclusion", app_assignment("required", to("exclusionGroup", GROUP)), 204),
    ("exclusion with settings", app_assignment("required", to("exclusionGroup", GROUP), store_settings()), 400),
    ("unknown intent", app_assignment("mandatory", USERS), 500),
    ("settings of another type", app_assignment("required", USERS, VPP_SETTINGS), 400),
    ("available", app_assignment("available", USERS, store_settings()), 204),
    ("available and removable", app_assignment("available", USERS, store_settings(isRemovable=True)), 400),
    ("available to devices", app_assignment("available", to("allDevices")), 400),
    ("required on devices", app_assignment("required", to("allDevices")), 204),
    ("uninstall", app_assignment("uninstall", USERS, store_settings()), 204),
    ("uninstall with settings", app_assignment("uninstall", USERS, store_settings(uninstallOnDeviceRemoval=True)), 400),
    ("read-only source", {**app_assignment("required", USERS), "source": "direct"}, 400),
    ("no target", {"intent": "required"}, 400),
]  # fmt: skip


@pytest.mark.parametrize(("assignment", "status"), [case[1:] for case in ASSIGNS], ids=[case[0] for case in ASSIGNS])
def test_assign(graph: Graph, assignment: JsonObject, status: int) -> None:
    key = graph.create(APPS, bodies.store_app())
    answer = graph.send("POST", f"{APPS}/{key}/assign", {"mobileAppAssignments": [assignment]})
    assert answer.status_code == status
    assert len(graph.values(f"{APPS}/{key}/assignments")) == (status == 204)
    assert graph.get(f"{APPS}/{key}")["isAssigned"] is (status == 204)


@pytest.mark.parametrize(("knob", "shown"), [("lower-camel", "required"), ("as-sent", "REQUIRED")])
def test_case_of_an_intent(serve: Serve, knob: str, shown: str) -> None:
    graph = serve(SEED, intent_case=knob)
    sent: JsonObject = {"mobileAppAssignments": [app_assignment("REQUIRED", USERS, VPP_SETTINGS)]}
    graph.send("POST", f"{APPS}/{VPP['id']}/assign", sent)
    (item,) = graph.values(f"{APPS}/{VPP['id']}/assignments")
    assert item["intent"] == shown


def test_form_of_assignments_and_that_the_first_of_equal_targets_wins(graph: Graph) -> None:
    key = graph.create(APPS, bodies.store_app())
    sent = [
        app_assignment("required", to("group", GROUP), store_settings(uninstallOnDeviceRemoval=False)),
        app_assignment("required", to("group", GROUP), store_settings(uninstallOnDeviceRemoval=True)),
        app_assignment("uninstall", to("exclusionGroup", GROUP)),
        app_assignment("available", to("group", OTHER_GROUP)),
    ]
    assert graph.send("POST", f"{APPS}/{key}/assign", {"mobileAppAssignments": list(sent)}).status_code == 204
    found = graph.values(f"{APPS}/{key}/assignments")
    assert [item["id"] for item in found] == [f"{GROUP}_1_0", f"{GROUP}_2_0", f"{OTHER_GROUP}_0_0"]
    assert (found[0]["source"], found[0]["sourceId"]) == ("direct", None)
    assert found[0]["settings"] == {
        "@odata.type": "#microsoft.graph.iosStoreAppAssignmentSettings",
        "isRemovable": None,
        "preventManagedAppBackup": None,
        "uninstallOnDeviceRemoval": False,
        "vpnConfigurationId": None,
    }


def test_single_assignments(graph: Graph) -> None:
    key = graph.create(APPS, bodies.store_app())
    path = f"{APPS}/{key}/assignments"
    first = graph.create(path, app_assignment("required", to("group", GROUP)))
    second = graph.create(path, app_assignment("available", to("group", OTHER_GROUP)))
    assert graph.send("PATCH", f"{path}/{second}", {"settings": store_settings()}).status_code == 200
    assert graph.send("DELETE", f"{path}/{first}").status_code == 204
    assert [item["id"] for item in graph.values(path)] == [second]


def test_deleting_an_app(graph: Graph) -> None:
    key = graph.create(APPS, bodies.store_app())
    assert graph.send("DELETE", f"{APPS}/{key}").status_code == 204
    assert graph.values(APPS) == []


def test_vpp_tokens_and_web_clips(serve: Serve) -> None:
    token: JsonObject = {"id": VPP["vppTokenId"], "displayName": "Contoso ABM", "organizationName": "Contoso"}
    graph = serve({"collections": {"deviceAppManagement/vppTokens": [token], APPS[1:]: [VPP]}})
    (shown,) = graph.values("/deviceAppManagement/vppTokens")
    assert (shown["displayName"], shown["state"]) == ("Contoso ABM", "valid")
    assert graph.send("POST", "/deviceAppManagement/vppTokens", {"displayName": "x"}).status_code == 405
    clip: JsonObject = {
        "@odata.type": "#microsoft.graph.iosiPadOSWebClip",
        "displayName": "Company Portal",
        "appUrl": "https://portal.manage.microsoft.com/",
    }
    key = graph.create(APPS, clip)
    assert graph.get(f"{APPS}/{key}")["useManagedBrowser"] is False
    sent: JsonObject = {"mobileAppAssignments": [app_assignment("required", USERS, store_settings())]}
    assert graph.send("POST", f"{APPS}/{key}/assign", sent).status_code == 400
