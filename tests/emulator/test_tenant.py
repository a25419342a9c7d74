"""Tenant documents: what a seed may leave out, what is kept on disk, and that equal runs give equal bytes."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.emulator import ContractViolationError, Emulator, Knobs, SteppingClock, serve_forever
from reconciler.emulator.tenant import DEFAULT_TENANT
from reconciler.model import Json, JsonObject

from . import bodies
from .bodies import APPS, CONFIGURATIONS, PROFILES, profile, to
from .conftest import START, Graph, Serve

ONE = "5f0c5d3e-9c76-4a4d-a2ce-97d1a86d1e21"
SEED: JsonObject = {
    "formatVersion": 1,
    "tenantId": "7a1d3f52-0c4b-4e9a-9b1e-2f6d8c7b5a43",
    "organization": {"displayName": "Fabrikam"},
    "collections": {
        CONFIGURATIONS[1:]: [{**bodies.sso(), "id": ONE, "assignments": [{"target": to("allLicensedUsers")}]}],
        PROFILES[1:]: [profile("a", priority=1), profile("b", priority=2)],
    },
}


def test_a_seed_is_filled_in(serve: Serve) -> None:
    graph = serve(SEED)
    stored = graph.emulator.object(CONFIGURATIONS[1:], ONE)
    assert stored is not None
    assert stored["createdDateTime"] == "2025-01-15T08:00:00.0000000Z"
    (assignment,) = stored["assignments"]
    assert isinstance(assignment, dict)
    assert (assignment["id"], assignment["source"]) == (f"{ONE}_{bodies.ALL_USERS}", "direct")
    assert [item["priority"] for item in graph.values(PROFILES)] == [1, 2]
    assert graph.emulator.tenant_id == SEED["tenantId"]


def test_a_date_of_the_year_one_is_kept(serve: Serve) -> None:
    graph = serve({"collections": {APPS[1:]: [{**bodies.store_app(), "lastModifiedDateTime": "0001-01-01T00:00:00Z"}]}})
    (app,) = graph.values(APPS)
    assert app["lastModifiedDateTime"] == "0001-01-01T00:00:00Z"
    assert app["createdDateTime"] == "2025-01-15T08:00:00.0000000Z"


def test_an_export_is_a_seed(serve: Serve) -> None:
    first = serve(SEED).emulator.export()
    assert serve(first).emulator.export() == first
    assert json.loads(json.dumps(first)) == first


def test_a_captured_object_is_a_seed_too(serve: Serve) -> None:
    graph = serve(SEED)
    shown = graph.get(f"{CONFIGURATIONS}/{ONE}?$expand=assignments")
    again = serve({**SEED, "collections": {CONFIGURATIONS[1:]: [shown]}})
    assert again.emulator.object(CONFIGURATIONS[1:], ONE) == graph.emulator.object(CONFIGURATIONS[1:], ONE)


BAD: list[tuple[JsonObject, str]] = [
    ({"formatVersion": 2}, "formatVersion 2"),
    ({"collections": {"deviceManagement/nothing": [{"id": "1"}]}}, "no collection of the emulator"),
    ({"collections": {CONFIGURATIONS[1:]: [{"displayName": "x"}]}}, "needs '@odata.type'"),
    ({"collections": {CONFIGURATIONS[1:]: [1]}}, "JSON objects only"),
    ({"collections": {PROFILES[1:]: [profile(priority="1")]}}, "/priority"),
    (
        {"collections": {PROFILES[1:]: [{**profile(), "assignments": [{"target": {"groupId": "x"}}]}]}},
        "/assignments/0/target",
    ),
    ({"collections": {PROFILES[1:]: [{**profile(), "assignments": [1]}]}}, "assignments are JSON objects"),
    (
        {
            "collections": {
                APPS[1:]: [{**bodies.store_app(), "assignments": [{"intent": "x", "target": to("allDevices")}]}]
            }
        },
        "no assignment intent 'x'",
    ),
]


@pytest.mark.parametrize(("seed", "text"), BAD)
def test_a_seed_that_graph_could_not_show_is_refused(seed: JsonObject, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Emulator(seed=seed)


def test_state_outlives_the_process(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "deep" / "sandbox.json"
    graph = serve(SEED, state=state)
    key = graph.create(PROFILES, profile("c"))
    second = serve({"collections": {}}, state=state)
    assert [item["displayName"] for item in second.values(PROFILES)] == ["a", "b", "c"]
    assert second.emulator.export() == graph.emulator.export()
    assert second.create(PROFILES, profile("d")) != key
    assert [path.name for path in state.parent.iterdir()] == ["sandbox.json"]


def test_reading_writes_no_state(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    graph = serve(SEED, state=state)
    graph.values(PROFILES)
    assert not state.exists()
    graph.emulator.put(PROFILES[1:], profile("by hand", priority=3))
    assert json.loads(state.read_text(encoding="utf-8"))["tenantId"] == SEED["tenantId"]


@pytest.mark.parametrize("text", ["[]", "{", '{"collections": {"x": [{}]}}'])
def test_a_state_file_that_is_none(tmp_path: Path, text: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError):
        Emulator(state=state)


def run(graph: Graph) -> list[Json]:
    """Some requests, and all that came back but the port."""
    port = graph.emulator.url
    sent: list[tuple[str, str, JsonObject | None]] = [
        ("POST", CONFIGURATIONS, bodies.sso()),
        ("POST", APPS, bodies.store_app()),
        ("POST", PROFILES, profile("c")),
        ("GET", f"{CONFIGURATIONS}?$expand=assignments", None),
        ("GET", f"{PROFILES}?$top=1", None),
        ("GET", "/deviceManagement/nothing", None),
    ]
    answers = [graph.send(method, path, body) for method, path, body in sent]
    return [
        [a.status_code, a.text.replace(port, ""), dict(a.headers)["request-id"], a.headers["date"]] for a in answers
    ]


def test_equal_runs_give_equal_bytes(serve: Serve) -> None:
    assert run(serve(SEED)) == run(serve(SEED))


# -- an administrator --------------------------------------------------------------------------------------------------


def test_edits_behind_the_service(graph: Graph) -> None:
    stored = graph.emulator.put(PROFILES[1:], profile("by hand", priority=7))
    key = str(stored["id"])
    assert graph.get(f"{PROFILES}/{key}")["priority"] == 7
    graph.emulator.put(PROFILES[1:], {**stored, "displayName": "renamed"})
    assert [item["displayName"] for item in graph.values(PROFILES)] == ["renamed"]
    graph.emulator.remove(PROFILES[1:], key)
    assert graph.emulator.object(PROFILES[1:], key) is None
    with pytest.raises(ValueError, match="no collection"):
        graph.emulator.object("deviceManagement/nothing", key)


def test_what_is_handed_out_is_a_copy(serve: Serve) -> None:
    graph = serve(SEED)
    stored = graph.emulator.object(CONFIGURATIONS[1:], ONE)
    assert stored is not None
    stored["displayName"] = "changed"
    graph.emulator.export()["collections"].clear()
    assert graph.get(f"{CONFIGURATIONS}/{ONE}")["displayName"] == "iOS - JIT registration"


def test_knobs_can_be_turned_while_it_runs(serve: Serve) -> None:
    graph = serve(SEED)
    assert "@odata.type" not in graph.values(PROFILES)[0]
    graph.emulator.knobs = Knobs(profile_odata_type=True, default_profile_object=True)
    assert [item["displayName"] for item in graph.values(PROFILES)] == ["a", "b", "Default"]
    assert "@odata.type" in graph.values(PROFILES)[0]


def test_log(graph: Graph) -> None:
    graph.get(f"{CONFIGURATIONS}?$top=1&$filter=displayName%20eq%20'x'")
    graph.create(PROFILES, profile())
    read, write = graph.emulator.log
    assert (read.method, read.path, read.body, read.status) == ("GET", f"/beta{CONFIGURATIONS}", None, 200)
    assert read.query == "$top=1&$filter=displayName%20eq%20'x'"
    assert (write.number, write.body, write.is_write, read.is_write) == (1, profile(), True, False)
    assert START.timestamp() < read.at < write.at
    assert graph.emulator.writes == [write]
    graph.emulator.clear_log()
    assert graph.emulator.log == []


# -- life --------------------------------------------------------------------------------------------------------------


def test_stop_frees_the_port_and_start_takes_it_again() -> None:
    emulator = Emulator()
    emulator.start()
    emulator.start()
    url = emulator.url
    emulator.stop()
    emulator.stop()
    with emulator:
        assert emulator.url == url


def test_a_port_may_be_chosen_and_may_be_taken(serve: Serve) -> None:
    port = int(serve().emulator.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Emulator(port=port).start()


def test_a_violation_of_the_contract_is_told_when_it_stops() -> None:
    emulator = Emulator(clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    emulator.start()
    graph = Graph(emulator)
    entry = emulator.put(PROFILES[1:], profile("x", priority=1))
    emulator._service.tenant.collection(PROFILES[1:]).get(str(entry["id"])).body["colour"] = "red"
    assert graph.send("GET", PROFILES).status_code == 500
    graph.close()
    with pytest.raises(ContractViolationError, match="colour"):
        emulator.stop()


def test_a_seed_may_hold_members_that_are_newer_than_the_contract(serve: Serve) -> None:
    newer = profile("x", priority=1, defaultEnrollmentType="somethingNew")
    graph = serve({"collections": {PROFILES[1:]: [newer]}})
    (shown,) = graph.values(PROFILES)
    (asked,) = graph.values(PROFILES, Prefer="include-unknown-enum-members")
    assert (shown["defaultEnrollmentType"], asked["defaultEnrollmentType"]) == ("unknownFutureValue", "somethingNew")
    raw = serve({"collections": {PROFILES[1:]: [newer]}}, unknown_enum="raw")
    assert raw.values(PROFILES)[0]["defaultEnrollmentType"] == "somethingNew"


def test_serving_until_told_to_stop() -> None:
    told: list[str] = []
    emulator = Emulator(clock=SteppingClock(START))

    def announce(url: str) -> None:
        told.append(url)
        raise KeyboardInterrupt

    assert threading.current_thread() is threading.main_thread()
    serve_forever(emulator, announce)
    assert told == [emulator.url]


def test_default_tenant(graph: Graph) -> None:
    assert graph.emulator.tenant_id == DEFAULT_TENANT
    assert graph.emulator.export()["organization"] == {"displayName": "Contoso (emulated)"}


def test_latency(serve: Serve) -> None:
    graph = serve(latency=0.05)
    assert graph.send("GET", "/v1.0/organization").elapsed.total_seconds() >= 0.05


# -- neighbours --------------------------------------------------------------------------------------------------------

TOKEN = "9a0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d"
ADE: JsonObject = {
    "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile",
    "id": f"{TOKEN}_1b2c3d4e-5f60-4718-9a2b-3c4d5e6f7081",
    "displayName": "Modern authentication",
    "requiresUserAuthentication": True,
}
CATALOG = "#microsoft.graph.deviceManagementConfiguration"
NEIGHBOURS: JsonObject = {
    "collections": {
        "deviceManagement/depOnboardingSettings": [
            {"id": TOKEN, "tokenName": "ABM", "enrollmentProfiles": [ADE], "defaultIosEnrollmentProfile": ADE}
        ],
        "deviceManagement/applePushNotificationCertificate": [
            {"id": "c1", "appleIdentifier": "mdm@contoso.example", "expirationDateTime": "2027-01-01T00:00:00Z"}
        ],
        "deviceManagement/configurationPolicies": [
            {
                "id": "2c3d4e5f-6071-4829-8b3c-4d5e6f708192",
                "name": "Enterprise SSO",
                "platforms": "iOS",
                "technologies": "mdm,appleRemoteManagement",
                "settings": [
                    {
                        "id": "0",
                        "settingInstance": {
                            "@odata.type": f"{CATALOG}GroupSettingCollectionInstance",
                            "settingDefinitionId": "com.apple.extensiblesso_com.apple.extensiblesso",
                        },
                    }
                ],
                "assignments": [{"target": to("allDevices")}],
            }
        ],
        "deviceManagement/deviceEnrollmentConfigurations": [
            {
                "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration",
                "id": "account_DefaultPlatformRestrictions",
                "priority": 0,
                "displayName": "All users and all devices",
            }
        ],
    }
}  # fmt: skip


def test_neighbours_are_readable(serve: Serve) -> None:
    graph = serve(NEIGHBOURS)
    dep = "/deviceManagement/depOnboardingSettings"
    assert graph.get(f"{dep}/{TOKEN}")["tokenName"] == "ABM"
    assert [item["id"] for item in graph.values(f"{dep}/{TOKEN}/enrollmentProfiles")] == [ADE["id"]]
    one = graph.get(f"{dep}/{TOKEN}/enrollmentProfiles/{ADE['id']}")
    assert (one["requiresUserAuthentication"], one["enabledSkipKeys"]) == (True, [])
    assert graph.get(f"{dep}/{TOKEN}?$expand=defaultIosEnrollmentProfile")["defaultIosEnrollmentProfile"] is not None
    assert graph.get("/deviceManagement/applePushNotificationCertificate")["appleIdentifier"] == "mdm@contoso.example"
    page = graph.get("/deviceManagement/configurationPolicies?$expand=settings,assignments&$filter=platforms eq 'iOS'")
    (policy,) = page["value"]
    assert isinstance(policy, dict)
    assert (page["@odata.count"], policy["isAssigned"], len(policy["settings"])) == (1, True, 1)
    (restriction,) = graph.values("/deviceManagement/deviceEnrollmentConfigurations?$orderby=priority")
    assert restriction["priority"] == 0


def test_no_push_certificate_is_a_404(graph: Graph) -> None:
    assert graph.send("GET", "/deviceManagement/applePushNotificationCertificate").status_code == 404
