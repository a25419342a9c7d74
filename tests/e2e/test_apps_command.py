"""`apps` as a user meets it: what it lists of a tenant, in every format, whole and in part."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault, Knobs

from .command import Folder
from .scenario import APPS, GROUPS, to

GRAPH = "#microsoft.graph."
FILTER = "99999999-0000-4000-8000-000000000001"
HOSTILE = "x\u202e\x1b[31m | `a` @team <b> ##[error]"


def app(number: int, kind: str, name: str, bundle: str | None = None, **members: Any) -> dict[str, Any]:
    """An app of the tenant."""
    shown = {} if bundle is None else {"bundleId": bundle}
    object_id = f"55555555-0000-4000-8000-{number:012}"
    return {"@odata.type": f"{GRAPH}{kind}", "id": object_id, "displayName": name, **shown, **members}


def through_filter(assignment: dict[str, Any]) -> dict[str, Any]:
    members = {
        "deviceAndAppManagementAssignmentFilterId": FILTER,
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    return {**assignment, "target": {**assignment["target"], **members}}


def left_out(group: str) -> dict[str, Any]:
    target = {"@odata.type": f"{GRAPH}exclusionGroupAssignmentTarget", "groupId": GROUPS[group]}
    return {"id": "out", "intent": "required", "target": target}


def tenant(*more: dict[str, Any]) -> dict[str, Any]:
    return {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": object_id, "displayName": name} for name, object_id in GROUPS.items()],
            "deviceManagement/assignmentFilters": [
                {"id": FILTER, "displayName": "Personal", "platform": "iOS", "rule": "(device.model -eq \"x\")"}
            ],
            APPS: [
                app(1, "iosStoreApp", "Salesforce", "com.salesforce.chatter",
                    appStoreUrl="https://apps.apple.com/us/app/salesforce/id404249815",
                    assignments=[{"id": "a", "intent": "required", **to("Staff")}, left_out("Break glass")]),
                app(2, "iosVppApp", "Box", "com.box.BoxNet", vppTokenDisplayName="Example ABM",
                    assignments=[through_filter({"id": "b", "intent": "available", **to()})]),
                app(3, "iosLobApp", "Field work", "com.contoso.field"),
                app(4, "iosStoreApp", "Microsoft Authenticator", "com.microsoft.azureauthenticator",
                    notes="[reconciler owner=contoso kind=AuthenticatorAssignment name=store]"),
                app(5, "iosStoreApp", "Microsoft Teams", "com.microsoft.skype.teams"),
                app(6, "iosiPadOSWebClip", "Company Portal", appUrl="https://portal.manage.microsoft.com/"),
                app(7, "iosStoreApp", "Riddle"),
                app(8, "iosStoreApp", "Pages", "com.apple.Pages"),
                app(9, "iosVppApp", "Box", "com.box.boxnet"),
                app(10, "win32LobApp", "Notepad"),
                app(11, "managedIOSStoreApp", "Acrobat", "com.adobe.Adobe-Reader", appAvailability="global"),
                *more,
            ],
        },
    }  # fmt: skip


@pytest.fixture
def shop(folder: Folder) -> Folder:
    folder.write("tenant.json", tenant())
    return folder


def test_apps_are_listed_with_what_belongs_into_the_list(shop: Folder) -> None:
    said = shop("apps", "--format", "json")
    document = said.valid("apps")
    assert said.code == 0
    told = {(each["name"], each["bundleId"]): each["appBundleIds"]["belongs"] for each in document["apps"]}
    assert told == {
        ("Box", "com.box.BoxNet"): True,
        ("Box", "com.box.boxnet"): True,
        ("Company Portal", None): False,
        ("Field work", "com.contoso.field"): True,
        ("Microsoft Authenticator", "com.microsoft.azureauthenticator"): False,
        ("Microsoft Teams", "com.microsoft.skype.teams"): False,
        ("Pages", "com.apple.Pages"): False,
        ("Riddle", None): None,
        ("Salesforce", "com.salesforce.chatter"): True,
    }
    assert document["appBundleIds"] == ["com.box.BoxNet", "com.contoso.field", "com.salesforce.chatter"]
    assert document["summary"] == {"inTenant": 9, "shown": 9, "belong": 4, "doNotBelong": 4, "unknown": 1}
    assert (document["complete"], document["problems"]) == (True, [])


def test_an_app_tells_who_manages_it_and_to_whom_it_goes(shop: Folder) -> None:
    found = {each["name"]: each for each in shop("apps", "--format", "json").document["apps"]}
    assert found["Microsoft Authenticator"]["managedBy"] == [
        {"owner": "contoso", "address": "AuthenticatorAssignment/store"}
    ]
    assert found["Salesforce"]["storeId"] == "404249815"
    assert [(a["intent"], a["exclude"], a["group"]) for a in found["Salesforce"]["assignments"]] == [
        ("required", True, "Break glass"),
        ("required", False, "Staff"),
    ]


def test_the_text_names_the_tenant_first_and_gives_the_line_for_a_spec(shop: Folder) -> None:
    said = shop("apps")
    lines = said.out.splitlines()
    assert lines[0].startswith("Tenant sandbox (embedded Graph)")
    assert lines[1] == "9 apps for iPhones and iPads: 4 for appBundleIds, 1 not known, 4 not for it"
    assert "  appBundleIds: [com.box.BoxNet, com.contoso.field, com.salesforce.chatter]" in lines
    assert "    App Store app; required for 'Staff', but not 'Break glass'" in lines
    assert "    VPP app (Example ABM); available for all users (include filter 'Personal')" in lines
    assert "Riddle" in said.out
    assert "Graph does not show its bundle id" in said.out
    assert said.out == shop("apps").out


@pytest.mark.parametrize("search", ["BOX", "com.box", "oXn"])
def test_a_text_narrows_by_name_and_bundle_id(shop: Folder, search: str) -> None:
    document = shop("apps", search, "--format", "json").valid("apps")
    assert {each["name"] for each in document["apps"]} == {"Box"}
    assert (document["search"], document["summary"]["inTenant"], document["summary"]["shown"]) == (search, 9, 2)


def test_nothing_found_is_said(shop: Folder) -> None:
    said = shop("apps", "zebra")
    assert (said.code, said.out.splitlines()[1]) == (
        0,
        "0 of 9 apps for iPhones and iPads have 'zebra' in name or bundle id: "
        "0 for appBundleIds, 0 not known, 0 not for it",
    )


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_hostile_names_stay_text(folder: Folder, form: str) -> None:
    folder.write("tenant.json", tenant(app(99, "iosStoreApp", HOSTILE, f"com.{HOSTILE}")))
    said = folder("apps", "--format", form)
    assert said.code == 0
    assert not {"\u202e", "\x1b"} & set(said.out)
    assert "##[error]" not in said.out
    assert "not a bundle id" in said.out
    if form == "markdown":
        assert r"\<b\>" in said.out
        assert r"\| \`a\` \@team" in said.out
        rows = [line for line in said.out.splitlines() if line.startswith("| ")]
        assert {line.replace(r"\|", "").count("|") for line in rows} == {4}


def test_every_page_is_read_and_the_collection_once(folder: Folder) -> None:
    with Emulator(seed=tenant(), knobs=Knobs(page_size=2)) as graph:
        folder.serve(graph)
        assert len(folder("apps", "--format", "json").document["apps"]) == 9
        lists = [r for r in graph.log if r.path.endswith("/mobileApps") and "skiptoken" not in r.query]
        assert len(lists) == 1
        assert graph.writes == []


@pytest.mark.parametrize(
    ("path", "apps", "said"),
    [
        ("/mobileApps$", 0, "/beta/deviceAppManagement/mobileApps could not be read"),
        ("/mobileApps/.*/assignments", 9, "/beta/deviceAppManagement/mobileApps could not be read"),
        ("/groups$", 9, "groups could not be looked up"),
        ("/assignmentFilters$", 9, "/beta/deviceManagement/assignmentFilters could not be read"),
    ],
)
def test_what_could_not_be_read_makes_the_list_partial(folder: Folder, path: str, apps: int, said: str) -> None:
    with Emulator(seed=tenant(), knobs=Knobs(expand_assignments="absent")) as graph:
        folder.serve(graph)
        graph.fail(Fault(method="GET", path=path, status=403, times=99))
        found = folder("apps", "--format", "json")
        assert found.code == 4
        document = found.valid("apps")
        assert (document["complete"], len(document["apps"])) == (False, apps)
        assert said in document["problems"][0]
        text = folder("apps").out
        assert "(partial)" in text.splitlines()[1]
        assert "Partial: " in text
        assert "**Partial**" in folder("apps", "--format", "markdown").out


def test_the_workspace_may_say_that_an_app_is_microsofts(shop: Folder) -> None:
    workspace = (shop.path / "reconciler.yaml").read_text(encoding="utf-8")
    shop.write("reconciler.yaml", workspace + "ruleData: {microsoftBundleIds: [com.box.BoxNet]}\n")
    found = shop("apps", "box", "--format", "json").document
    assert [each["whose"] for each in found["apps"]] == ["microsoft", "microsoft"]


def test_assignments_that_could_not_be_read_are_not_none(folder: Folder) -> None:
    with Emulator(seed=tenant(), knobs=Knobs(expand_assignments="absent")) as graph:
        folder.serve(graph)
        graph.fail(Fault(method="GET", path="/mobileApps/.*/assignments", status=403, times=99))
        document = folder("apps", "--format", "json").valid("apps")
        assert [each["assignments"] for each in document["apps"]] == [None] * 9
        text = folder("apps").out
        assert ("assignments not known" in text, "assigned to nobody" in text) == (True, False)
