"""The document of `apps` for tests of how it is shown: one app of each sort that reads differently."""

from __future__ import annotations

from typing import Any

from reconciler.live import Group, Names, Reading, live_object
from reconciler.tenant_apps import APPS, document

GROUP = "99999999-0000-4000-8000-00000000000a"
TENANT = {"name": "sandbox", "tenantId": "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "graphUrl": "emulator"}


def _assigned(intent: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"intent": intent, "target": {"@odata.type": f"#microsoft.graph.{kind}AssignmentTarget", **members}}


def _app(kind: str, name: str, bundle_id: str | None, *assignments: Any, **members: Any) -> Any:
    body = {
        "@odata.type": f"#microsoft.graph.{kind}",
        "id": name,
        "displayName": name,
        "bundleId": bundle_id,
        **members,
    }
    return live_object(APPS, {**body, "assignments": [*assignments]})


def listed() -> dict[str, Any]:
    """A partial list."""
    chosen = {"deviceAndAppManagementAssignmentFilterId": "f", "deviceAndAppManagementAssignmentFilterType": "include"}
    apps = (
        _app("iosStoreApp", "Salesforce", "com.salesforce.chatter", _assigned("required", "group", groupId=GROUP)),
        _app("iosVppApp", "Box", "com.box.BoxNet", _assigned("available", "allLicensedUsers", **chosen),
             _assigned("available", "exclusionGroup", groupId="gone"), vppTokenDisplayName="Example ABM"),
        _app("iosStoreApp", "Authenticator", "com.microsoft.azureauthenticator",
             notes="[reconciler owner=contoso kind=AuthenticatorAssignment name=store]"),
        _app("iosiPadOSWebClip", "Company Portal", None),
        _app("iosNewApp", "Riddle", None, _assigned("required", "configurationManagerCollection")),
    )  # fmt: skip
    names = Names(groups_by_id={GROUP: Group(GROUP, "Staff")}, problems=("groups could not be looked up: 403",))
    return document(Reading(APPS, apps), names, tenant={**TENANT}, search="o")
