"""Whether a tenant is as a spec says, judged on what is stored, by rules of its own: no code of the product is asked.

So a comparison of the product that overlooks something cannot call a tenant converged that is not. Gives what is
wrong in words, nothing where all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES

from .specs import FILTERS, GROUPS, SCOPE_TAGS, SINGLE_TYPES, SWITCHES, TEAMS, TOKEN, USER_CHOICE, Document

Body = Mapping[str, Any]
Tenant = Mapping[str, Sequence[Body]]
MARKER = re.compile(r"^[ \t]*\[reconciler owner=(\S+) kind=(\S+) name=([^\s\]]+)[^\]]*\][ \t]*$", re.MULTILINE)
AUTHENTICATOR = "com.microsoft.azureauthenticator"
ALL_USERS, ALL_DEVICES = "acacacac-9df4-4c7d-9d50-4ef0226f57a9", "adadadad-808e-44e2-905a-0b7873a8a531"
COMPLIANCE = "deviceManagement/deviceCompliancePolicies"
DEVICE_FILTERS = "deviceManagement/assignmentFilters"
COLLECTION = {
    "AssignmentFilter": DEVICE_FILTERS,
    "JitSsoPolicy": CONFIGURATIONS,
    "EnrollmentProfile": PROFILES,
    "AuthenticatorAssignment": APPS,
    "AppAssignment": APPS,
    "WebClip": APPS,
    "CompliancePolicyAssignment": COMPLIANCE,
}
WEB_CLIP = "#microsoft.graph.iosiPadOSWebClip"
FIELD = {
    CONFIGURATIONS: "description",
    PROFILES: "description",
    APPS: "notes",
    COMPLIANCE: "description",
    DEVICE_FILTERS: "description",
}
OWNER = "contoso"


def markers(body: Body, collection: str) -> list[tuple[str, str, str]]:
    """Owner, kind and name of every marker of an object."""
    return MARKER.findall(str(body.get(FIELD[collection]) or "").replace("\r\n", "\n"))


def text(body: Body, field: str) -> str:
    """What people wrote, without markers and without the spaces that a service may trim."""
    lines = str(body.get(field) or "").replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in lines if not MARKER.fullmatch(line)).strip()


def owned(tenant: Tenant, each: Document) -> list[Body]:
    """The objects that carry our marker for a spec."""
    collection = COLLECTION[each["kind"]]
    wanted = (OWNER, each["kind"], each["metadata"]["name"])
    return [body for body in tenant.get(collection, ()) if wanted in markers(body, collection)]


def differences(tenant: Tenant, each: Document) -> list[str]:
    """What of one spec the tenant does not hold."""
    if each["kind"] == "EnrollmentPriority":
        return _order(tenant, each)
    found = owned(tenant, each)
    if len(found) != 1:
        return [f"{len(found)} objects carry its marker"]
    return list(_CHECKS[each["kind"]](found[0], each["spec"]))


def _policy(body: Body, spec: Body) -> Iterable[str]:
    extension = body.get("iosSingleSignOnExtension") or {}
    pairs = {p["key"]: (p["@odata.type"].rpartition(".")[2], p["value"]) for p in extension.get("configurations", ())}
    yield from _common(body, spec)
    if pairs.pop("device_registration", None) != ("keyStringValuePair", "{{DEVICEREGISTRATION}}"):
        yield "device_registration"
    safari = spec.get("safariSso", True)
    wanted = None if safari is None else ("keyIntegerValuePair", int(safari))
    if pairs.pop("browser_sso_interaction_enabled", None) != wanted:
        yield "safariSso"
    bundles = sorted(extension.get("bundleIdAccessControlList", ()))
    if "appBundleIds" in spec and bundles != sorted(spec["appBundleIds"] or ()):
        yield "appBundleIds"
    extra = {
        p["key"]: (f"key{p['type'].title()}ValuePair", p["value"]) for p in spec.get("additionalConfiguration") or ()
    }
    if "additionalConfiguration" in spec and pairs != extra:
        yield f"additionalConfiguration: {pairs} for {extra}"
    yield from _scope_tags(body, spec)
    yield from _assignments(body, spec)


def _scope_tags(body: Body, spec: Body) -> Iterable[str]:
    tags = sorted(SCOPE_TAGS[name] for name in spec.get("scopeTags") or ["Default"])
    if "scopeTags" in spec and sorted(body["roleScopeTagIds"]) != tags:
        yield "scopeTags"


def _common(body: Body, spec: Body) -> Iterable[str]:
    if str(body["displayName"]).strip() != spec["displayName"].strip():
        yield "displayName"
    if "description" in spec and text(body, "description") != (spec["description"] or "").strip():
        yield f"description: {body['description']!r}"


def _profile(body: Body, spec: Body) -> Iterable[str]:
    yield from _common(body, spec)
    options = {(o["ownerType"], o["enrollmentType"]) for o in body["availableEnrollmentTypeOptions"]}
    if spec["enrollmentType"] != USER_CHOICE:
        kind = SINGLE_TYPES[spec["enrollmentType"]]
        if (body["defaultEnrollmentType"], options) != (kind, {("personal", kind)}):
            yield "enrollmentType"
    elif len(body["availableEnrollmentTypeOptions"]) < 2:
        yield "no choice"
    elif "userChoice" in spec:
        choice = spec["userChoice"]
        if body["defaultEnrollmentType"] != SINGLE_TYPES[choice["default"]] or options != {
            (o["owner"], SINGLE_TYPES[o["type"]]) for o in choice["options"]
        }:
            yield "userChoice"
    yield from _assignments(body, spec)


Key = tuple[str, bool, str, str]
"""Group, whether it is left out, mode and id of the filter."""


def held(target: Body) -> Key:
    """A live target."""
    kind = str(target["@odata.type"]).rpartition(".")[2]
    whole = {"allLicensedUsersAssignmentTarget": ALL_USERS, "allDevicesAssignmentTarget": ALL_DEVICES}.get(kind)
    mode = str(target.get("deviceAndAppManagementAssignmentFilterType") or "none")
    chosen = "" if mode == "none" else str(target.get("deviceAndAppManagementAssignmentFilterId")).lower()
    group = whole or str(target["groupId"]).lower()
    return group, kind.startswith("exclusion"), mode if chosen else "none", chosen


def wanted_keys(spec: Body) -> dict[Key, Body]:
    """The targets of a spec, with their entries."""
    whole = spec.get("assignments") or {}
    return {
        _wanted(entry, side): (entry if isinstance(entry, dict) else {})
        for side in ("include", "exclude")
        for entry in whole.get(side, ())
    }


def _wanted(entry: Any, side: str) -> Key:
    plain = (
        {"allUsers": {"all": "users"}, "allDevices": {"all": "devices"}}.get(entry) if isinstance(entry, str) else entry
    )
    assert plain is not None
    group = GROUPS[plain["group"]] if "group" in plain else {"users": ALL_USERS, "devices": ALL_DEVICES}[plain["all"]]
    mode, name = next(iter(plain.get("filter", {"none": ""}).items()))
    return group, side == "exclude", mode, FILTERS.get(name, "")


def _assignments(body: Body, spec: Body) -> Iterable[str]:
    if "assignments" in spec:
        live = {held(a["target"]) for a in body["assignments"] if a.get("source", "direct") == "direct"}
        if live != set(wanted_keys(spec)):
            yield f"assignments: {sorted(live)} for {sorted(wanted_keys(spec))}"


def is_app_of(body: Body, spec: Body) -> bool:
    """Whether an app is the Authenticator that a spec is about, or the app of the first sign-in."""
    if "bundleId" in spec["app"]:
        return str(body.get("bundleId")).lower() == TEAMS
    vpp = spec["app"]["source"] == "vpp"
    kind = "iosVppApp" if vpp else "iosStoreApp"
    mine = str(body["@odata.type"]).endswith(kind) and str(body.get("bundleId")).lower() == AUTHENTICATOR
    return mine and (not vpp or body.get("vppTokenDisplayName") == TOKEN)


def _app(body: Body, spec: Body) -> Iterable[str]:
    if not is_app_of(body, spec):
        yield "another app carries the marker"
    if "assignments" not in spec:
        return
    live = {(held(a["target"]), a["intent"].lower()): a for a in body["assignments"]}
    default = spec.get("intent", "required")
    wanted = {(key, default): entry for key, entry in wanted_keys(spec).items()}
    yield from _listed(spec, wanted, live)
    for (key, intent), assignment in live.items():
        if (key, intent) in wanted and not key[1]:
            yield from _settings(assignment, intent, spec)


def _compliance(body: Body, spec: Body) -> Iterable[str]:
    if not is_policy_of(body, spec):
        yield "another policy carries the marker"
    if "assignments" in spec:
        yield from _listed(spec, wanted_keys(spec), {held(a["target"]): a for a in body["assignments"]})


def is_policy_of(body: Body, spec: Body) -> bool:
    """Whether a compliance policy is the one that a spec names."""
    return body["displayName"] == spec["policy"] and str(body["@odata.type"]).endswith(".iosCompliancePolicy")


def _listed(spec: Body, wanted: Mapping[Any, Body], live: Mapping[Any, Body]) -> Iterable[str]:
    """What others assigned may stay, unless the spec says otherwise."""
    if missing := [key for key in wanted if key not in live]:
        yield f"assignments: {missing} are missing"
    if spec.get("unlisted") == "remove" and live.keys() - wanted.keys():
        yield f"assignments: {sorted(live.keys() - wanted.keys())} are left"


def _settings(assignment: Body, intent: str, spec: Body) -> Iterable[str]:
    settings = assignment.get("settings") or {}
    mentioned = {name: spec[name] for name in ("uninstallOnDeviceRemoval", "isRemovable") if name in spec}
    if intent != "required":
        mentioned.pop("isRemovable", None)
    for name, value in mentioned.items():
        if _effective(settings.get(name)) is not _effective(value):
            yield f"{name}: {settings.get(name)}"
    if (licensing := spec["app"].get("licensing")) and settings.get("useDeviceLicensing") is not (
        licensing == "device"
    ):
        yield "licensing"


def _web_clip(body: Body, spec: Body) -> Iterable[str]:
    yield from _common(body, spec)
    yield from _scope_tags(body, spec)
    if body["appUrl"] != spec["url"]:
        yield f"url: {body['appUrl']}"
    if "publisher" in spec and body["publisher"] != spec["publisher"]:
        yield "publisher"
    for field, name in SWITCHES.items():
        if field in spec and bool(body.get(name)) is not spec[field]:
            yield field
    if "assignments" in spec:
        live = {(held(a["target"]), a["intent"].lower()) for a in body["assignments"]}
        wanted = {(key, spec.get("intent", "required")) for key in wanted_keys(spec)}
        if live != wanted:
            yield f"assignments: {sorted(live)} for {sorted(wanted)}"


def _device_filter(body: Body, spec: Body) -> Iterable[str]:
    yield from _common(body, spec)
    yield from _scope_tags({"roleScopeTagIds": body["roleScopeTags"]}, spec)
    if (body["rule"], body["platform"]) != (spec["rule"], "iOS"):
        yield f"rule: {body['rule']}"


def _effective(value: Any) -> Any:
    """What Intune does where a setting is null."""
    return True if value is None else value


def _order(tenant: Tenant, each: Document) -> list[str]:
    ladder = sorted(tenant.get(PROFILES, ()), key=lambda p: p["priority"])
    names = [name_of(p) for p in ladder if not _stands_aside(p)]
    order = [name for name in each["spec"]["order"] if name in names]
    unlisted = each["spec"].get("unlisted", "keep")
    if [name for name in names if name in order] != order:
        return [f"the order is {names}, not {order}"]
    edge = {"last": names[: len(order)], "first": names[len(names) - len(order) :]}.get(unlisted, order)
    return [] if edge == order else [f"{unlisted}: the order is {names}, the listed {order}"]


def name_of(profile: Body) -> str:
    """The name of the spec that a profile carries the marker of, else its id."""
    own = [name for owner, kind, name in markers(profile, PROFILES) if (owner, kind) == (OWNER, "EnrollmentProfile")]
    return own[0] if own else str(profile["id"])


def _stands_aside(profile: Body) -> bool:
    """The built-in default, which nobody may move."""
    return profile["priority"] == 0 and not profile["assignments"] and not markers(profile, PROFILES)


_CHECKS: Mapping[str, Callable[[Body, Body], Iterable[str]]] = {
    "AssignmentFilter": _device_filter,
    "JitSsoPolicy": _policy,
    "EnrollmentProfile": _profile,
    "AuthenticatorAssignment": _app,
    "AppAssignment": _app,
    "WebClip": _web_clip,
    "CompliancePolicyAssignment": _compliance,
}
