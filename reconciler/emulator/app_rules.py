"""What Intune demands of apps and their assignments beyond the schema.

Sources: error texts and workarounds in CIPP (`Set-CIPPAssignedApplication.ps1`), IntuneTools, Intune-Toolkit#48,
IntuneGet#340, Microsoft365WP (`mobile_app.go`), and the property texts of the Graph reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.model import Json, JsonObject

from .context import Context
from .errors import GraphError, bad_request
from .seeding import INTENTS

STORE_NUMBER = re.compile(r"/id(\d+)")
STORE_BUNDLES: Mapping[str, str] = {
    "983156458": "com.microsoft.azureauthenticator",
    "719171358": "com.microsoft.CompanyPortal",
    "951937596": "com.microsoft.Office.Outlook",
    "1113153706": "com.microsoft.skype.teams",
}
"""Store number -> bundle id, as the store itself would say."""
SETTINGS: Mapping[str, frozenset[str]] = {
    "iosStoreApp": frozenset({"iosStoreAppAssignmentSettings", "iosDdmStoreAppAssignmentSettings"}),
    "iosVppApp": frozenset({"iosVppAppAssignmentSettings", "iosDdmVppAppAssignmentSettings"}),
}
UNSET_FOR: Mapping[str, tuple[str, ...]] = {
    "available": ("isRemovable",),
    "availablewithoutenrollment": ("isRemovable",),
    "uninstall": ("isRemovable", "preventAutoAppUpdate", "preventManagedAppBackup", "uninstallOnDeviceRemoval"),
}


def new_app(context: Context, body: JsonObject) -> JsonObject:
    """The body of a created app with what the service sets itself. Raises `GraphError` 400."""
    if not str(body.get("@odata.type")).endswith("iosStoreApp"):
        return body
    flags = body.get("minimumSupportedOperatingSystem")
    chosen = [name for name, value in flags.items() if value is True] if isinstance(flags, dict) else []
    if len(chosen) != 1:
        raise bad_request("MinimumSupportedOperatingSystem has to name exactly one version.")
    return {**body, "bundleId": _bundle(context, body)}


def _bundle(context: Context, body: JsonObject) -> Json:
    sent = body.get("bundleId")
    number = STORE_NUMBER.search(str(body.get("appStoreUrl")))
    stored = STORE_BUNDLES.get(number[1]) if number else None
    if context.knobs.bundle_id == "overwritten":
        return stored
    return stored if context.knobs.bundle_id == "computed" and sent is None else sent


def judge_assignment(context: Context, app: JsonObject, assignment: JsonObject) -> None:
    """Refuses what Intune refuses in an app's assignment. Raises `GraphError` 400, 500 for an unknown intent."""
    intent = str(assignment.get("intent", ""))
    if intent.lower() not in {known.lower() for known in INTENTS}:
        raise GraphError(500, "InternalServerError", "An error has occurred.")
    if app.get("publishingState") != "published":
        raise bad_request("The app cannot be assigned unless it is published.")
    target = assignment["target"]
    assert isinstance(target, dict)
    settings = assignment.get("settings")
    if str(target["@odata.type"]).endswith("exclusionGroupAssignmentTarget") and settings is not None:
        raise bad_request("Exclusion assignment does not support MobileAppAssignment Settings.")
    if intent.lower() == "available" and str(target["@odata.type"]).endswith("allDevicesAssignmentTarget"):
        raise bad_request("The intent 'available' is not supported for all devices.")
    if isinstance(settings, dict):
        _judge_settings(str(app.get("@odata.type")), intent, settings)


def _judge_settings(app_type: str, intent: str, settings: JsonObject) -> None:
    kind = app_type.removeprefix("#microsoft.graph.")
    given = str(settings.get("@odata.type")).removeprefix("#").removeprefix("microsoft.graph.")
    if given not in SETTINGS.get(kind, frozenset()):
        raise bad_request(f"Settings of type '{given}' are not valid for an app of type '{kind}'.")
    wrong = [name for name in UNSET_FOR.get(intent.lower(), ()) if settings.get(name) is not None]
    if wrong:
        raise bad_request(f"'{wrong[0]}' cannot be set for the intent '{intent}'.")


def settled_intent(context: Context, intent: str) -> str:
    """How an accepted intent reads back."""
    if context.knobs.intent_case == "as-sent":
        return intent
    return next((known for known in INTENTS if known.lower() == intent.lower()), intent)
