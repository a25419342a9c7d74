"""Documents to render, built by the project's own values, so that they have the shapes that it really writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reconciler.diagnostics import Diagnostic, Position, Severity
from reconciler.diff import FieldChange, field_changes
from reconciler.kind import Operation, Verb
from reconciler.model import ABSENT, Address, Json, JsonObject
from reconciler.pins import PinChange
from reconciler.plan import Action, Change, Plan, Step, TenantRef
from reconciler.run import Outcome, Result, Run, Sent, Status

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TENANT = TenantRef("sandbox", "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "emulator")
SALES = {"group": "Sales EMEA", "id": "591620b7-77f5-4a19-8d56-0d9f3bb1d3a1"}
PILOTS = {"group": "iOS pilots", "id": "e4615285-8e38-4b70-8264-aa66583b04f7"}
PROFILES = "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles"
POLICIES = "/beta/deviceManagement/deviceConfigurations"
POLICY_ID = "bf4a61f8-a327-43a8-906e-ee30cde1d650"
PROFILE_ID = "899ea9d6-fbc8-46d1-81b7-eb77aef6b468"


def fields(found: dict[str, Json], wanted: dict[str, Json]) -> tuple[FieldChange, ...]:
    """The field changes between two canonical forms, as a plan has them."""
    return field_changes(found, wanted, [key for key in wanted if found.get(key, ABSENT) != wanted[key]])


def step(number: int, verb: Verb, method: str, path: str, body: Json | None = None) -> Step:
    return Step(number, Operation(verb, method, path, ABSENT if body is None else body))


def audience(*include: Json, exclude: tuple[Json, ...] = ()) -> JsonObject:
    return {"include": [*include], "exclude": [*exclude]}


def marker(kind: str, name: str, *, owner: str = "contoso-endpoint", pairs: str = "") -> str:
    return f"[reconciler owner={owner} kind={kind} name={name}{f' pairs={pairs}' if pairs else ''}]"


NEW_POLICY = Change(
    Address("JitSsoPolicy", "ios-jit"),
    Action.CREATE,
    "no live object carries its marker or its name",
    display_name="iOS - JIT registration",
    wave=1,
    audience="personal-iphones",
    fields=fields(
        {},
        {
            "displayName": "iOS - JIT registration",
            "description": None,
            "jitRegistration": True,
            "appBundleIds": ["com.box.BoxNet", "com.salesforce.chatter"],
            "additionalConfiguration": [{"key": "AppPrefixAllowList", "type": "string", "value": "com.apple.,com.x."}],
            "assignments": audience({"all": "users", "filter": {"include": "Personal iPhones"}}, exclude=(SALES,)),
            "marker": marker("JitSsoPolicy", "ios-jit"),
        },
    ),
    steps=(
        step(
            1, Verb.CREATE, "POST", POLICIES, {"displayName": "iOS - JIT registration", "description": "Für alle\n##"}
        ),
        step(4, Verb.ASSIGN, "POST", POLICIES + "/{JitSsoPolicy/ios-jit.id}/assign", {"assignments": []}),
    ),
)
DRIFTED_POLICY = Change(
    Address("JitSsoPolicy", "ios-jit-pilot"),
    Action.UPDATE,
    "7 managed fields differ",
    live_id=POLICY_ID,
    display_name="iOS - JIT registration (pilot)",
    wave=1,
    fields=fields(
        {
            "displayName": "iOS - JIT pilot",
            "description": "For pilots.\nAsk before you change it.\nSee the wiki.",
            "jitRegistration": {"key": "device_registration", "type": "string", "value": "{{DEVICEREGISTRATION}} "},
            "safariSso": True,
            "appBundleIds": ["com.box.BoxNet", "com.microsoft.skype.teams"],
            "additionalConfiguration": [{"key": "AppPrefixAllowList", "type": "string", "value": "com.apple."}],
            "assignments": audience(SALES, PILOTS),
            "marker": marker("JitSsoPolicy", "pilot"),
        },
        {
            "displayName": "iOS - JIT registration (pilot)",
            "description": "For pilots.\nAsk the endpoint team before you change it.\nSee the wiki.",
            "jitRegistration": True,
            "safariSso": None,
            "appBundleIds": ["com.box.BoxNet", "com.workday.workdayapp"],
            "additionalConfiguration": [{"key": "AppPrefixAllowList", "type": "string", "value": "com.apple.,com.x."}],
            "assignments": audience({**PILOTS, "filter": {"exclude": "Shared iPads"}}),
            "marker": marker("JitSsoPolicy", "ios-jit-pilot"),
        },
    ),
    steps=(
        step(2, Verb.UPDATE, "PATCH", f"{POLICIES}/{POLICY_ID}", {"displayName": "iOS - JIT registration (pilot)"}),
    ),
)
_SETTINGS: JsonObject = {"uninstallOnDeviceRemoval": False, "isRemovable": True, "licensing": "user"}
APP = Change(
    Address("AuthenticatorAssignment", "authenticator"),
    Action.UPDATE,
    "2 managed fields differ",
    live_id="0c2f4a6e-6a7b-4d5c-9e8f-a1b2c3d4e5f6",
    display_name="Microsoft Authenticator",
    wave=1,
    audience="personal-iphones",
    fields=fields(
        {
            "assignments": audience(
                {**SALES, "intent": "required", "settings": {**_SETTINGS, "uninstallOnDeviceRemoval": True}},
                {"group": None, "id": "0a3abe74-62c3-4b45-bc23-633365fa8d7a", "intent": "available"},
            ),
            "marker": marker("AuthenticatorAssignment", "authenticator", pairs="7e5185e0,8193e48e"),
        },
        {
            "assignments": audience(
                {"all": "users", "intent": "required", "settings": _SETTINGS},
                {**SALES, "intent": "required", "settings": _SETTINGS},
            ),
            "marker": marker("AuthenticatorAssignment", "authenticator", pairs="1b1b1b1b,7e5185e0"),
        },
    ),
    steps=(step(3, Verb.ASSIGN, "POST", "/beta/deviceAppManagement/mobileApps/0c2f4a6e/assign", {}),),
)
ADOPTED = Change(
    Address("EnrollmentProfile", "byod-web"),
    Action.UPDATE,
    "the live object of this name is taken over; 2 managed fields differ",
    live_id=PROFILE_ID,
    display_name="BYOD - web based",
    adopts=True,
    wave=3,
    depends_on=(NEW_POLICY.address, DRIFTED_POLICY.address, APP.address),
    fields=fields(
        {"userChoice": {"default": "webBasedDeviceEnrollment", "options": []}, "marker": None},
        {
            "userChoice": {
                "default": "webBasedDeviceEnrollment",
                "options": [
                    {"owner": "company", "type": "deviceEnrollmentWithCompanyPortal"},
                    {"owner": "personal", "type": "webBasedDeviceEnrollment"},
                ],
            },
            "marker": marker("EnrollmentProfile", "byod-web"),
        },
    ),
    steps=(step(5, Verb.UPDATE, "PATCH", f"{PROFILES}/{PROFILE_ID}", {"description": "x"}),),
)
ORDER = Change(
    Address("EnrollmentPriority", "ios"),
    Action.UPDATE,
    "1 managed field differs",
    wave=4,
    depends_on=(ADOPTED.address,),
    fields=fields({"order": ["Legacy", "Executives", "BYOD"]}, {"order": ["BYOD", "Executives", "Legacy"]}),
    steps=(
        step(6, Verb.SET_PRIORITY, "POST", f"{PROFILES}/{PROFILE_ID}/setPriority", {"priority": 1}),
        step(7, Verb.SET_PRIORITY, "POST", f"{PROFILES}/2/setPriority", {"priority": 2}),
    ),
    may_need=2,
    ladder={
        "before": ["Legacy", "Executives", "BYOD"],
        "steps": [
            {"moved": "BYOD", "to": 1, "ladder": ["BYOD", "Legacy", "Executives"]},
            {"moved": "Executives", "to": 2, "ladder": ["BYOD", "Executives", "Legacy"]},
        ],
        "after": ["BYOD", "Executives", "Legacy"],
        "strays": 3,
        "fewest": True,
    },
)
REPLACED = Change(
    Address("EnrollmentProfile", "executives"),
    Action.REPLACE,
    "its platform cannot be changed",
    live_id="2d2d2d2d-0000-4000-8000-000000000001",
    display_name="Executives",
    wave=5,
    fields=fields({"enrollmentType": "user"}, {"enrollmentType": "accountDrivenUserEnrollment"}),
    steps=(step(8, Verb.DELETE, "DELETE", f"{PROFILES}/2d2d2d2d"), step(9, Verb.CREATE, "POST", PROFILES, {"a": 1})),
)
DELETED = Change(
    Address("EnrollmentProfile", "old"),
    Action.DELETE,
    "no spec names it any more, and --prune was given",
    live_id="3d3d3d3d-0000-4000-8000-000000000001",
    display_name="Old profile",
    wave=6,
    fields=(FieldChange("/assignments", audience("allUsers"), None), FieldChange("/displayName", "Old profile", None)),
    steps=(step(10, Verb.DELETE, "DELETE", f"{PROFILES}/3d3d3d3d"),),
)
UNCHANGED = Change(
    Address("JitSsoPolicy", "kept"), Action.NO_OP, "as specified", live_id="4d4d", display_name="Kept as it is"
)
REFUSED = Change(
    Address("JitSsoPolicy", "twice"),
    Action.NO_OP,
    "refused: see the errors",
    display_name="There are two of these",
    refused=True,
)
UNSELECTED = Change(
    Address("EnrollmentProfile", "later"),
    Action.NO_OP,
    "not selected; otherwise: update, 2 managed fields differ",
    display_name="Later",
)
PADDED = Diagnostic(
    Severity.ERROR,
    "JIT113",
    'device_registration must be exactly string "{{DEVICEREGISTRATION}}"',
    "remove the entry: jitRegistration and safariSso write both pairs exactly, whatever an editor or a web page did",
    Position("specs/ios.yaml", 112, 14, '      value: "{{DEVICEREGISTRATION}}\u00a0\u200b"  # pasted', 26),
    Address("JitSsoPolicy", "ios-jit"),
    "/spec/additionalConfiguration/0/value",
)
WIDE = Diagnostic(
    Severity.WARNING,
    "NAME102",
    "the name 営業チーム is written with another width in the tenant",
    position=Position("specs/営業.yaml", 7, 10, "  group: 営業チーム  # sales", 5),
)
LONG = Diagnostic(
    Severity.ERROR,
    "YAML131",
    "the alias *base is not allowed",
    "write the value out",
    Position("specs/long.yaml", 3, 260, "key: [" + "x, " * 80 + "   oops: *base, " + "y, " * 60 + "]", 5),
)
PLACELESS = Diagnostic(
    Severity.ERROR, "READ101", "/beta/deviceManagement/deviceConfigurations could not be read: 503", "run again"
)
NOTE = Diagnostic(Severity.INFO, "JIT703", "the guide does not say to wait", address=ADOPTED.address)

ALL_CHANGES = (NEW_POLICY, DRIFTED_POLICY, APP, ADOPTED, ORDER, REPLACED, DELETED, UNCHANGED)
ORPHANED: tuple[JsonObject, ...] = (
    {"address": "JitSsoPolicy/former", "liveId": "5d5d5d5d-0000-4000-8000-000000000001", "displayName": "Former"},
)
UNMANAGED: tuple[JsonObject, ...] = tuple(
    {"kind": "EnrollmentProfile", "liveId": f"6d6d-{n}", "displayName": f"Company Portal {n}"} for n in range(1, 13)
)


def made_plan(*changes: Change, complete: bool = True, findings: tuple[Diagnostic, ...] = ()) -> Plan:
    return Plan(TENANT, "contoso-endpoint", NOW, "sha256:" + "5" * 64, changes, complete, diagnostics=findings)


def everything() -> JsonObject:
    """A plan with every action, and something of all that stands beside the changes."""
    plan = made_plan(*ALL_CHANGES, findings=(NOTE,))
    return replace(plan, orphaned=ORPHANED, unmanaged=UNMANAGED).to_json()


def refusing() -> JsonObject:
    """A plan that apply refuses for every reason there is."""
    return made_plan(REFUSED, UNSELECTED, UNCHANGED, ORDER, complete=False, findings=(PADDED, PLACELESS)).to_json()


def sent(method: str, path: str, status: int | None, *, further: bool = False) -> Sent:
    return Sent(method, path, status, "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-5", further)


RESULTS = (
    Result(NEW_POLICY.address, Action.CREATE, Status.DONE, POLICY_ID, (sent("POST", POLICIES, 201),)),
    Result(
        DRIFTED_POLICY.address,
        Action.UPDATE,
        Status.FAILED,
        POLICY_ID,
        (sent("PATCH", f"{POLICIES}/{POLICY_ID}", 204), sent("POST", f"{POLICIES}/{POLICY_ID}/assign", 403)),
        "Graph refused it: Application is not authorized to perform this operation. Application must have one of the "
        "following scopes: DeviceManagementConfiguration.ReadWrite.All",
    ),
    Result(ADOPTED.address, Action.UPDATE, Status.SKIPPED, PROFILE_ID, error="JitSsoPolicy/ios-jit-pilot was not done"),
    Result(
        ORDER.address,
        Action.UPDATE,
        Status.DONE,
        requests=(
            sent("POST", f"{PROFILES}/1/setPriority", 204),
            sent("POST", f"{PROFILES}/2/setPriority", 204, further=True),
        ),
    ),
    Result(
        APP.address,
        Action.UPDATE,
        Status.UNVERIFIED,
        "0c2f4a6e",
        (sent("POST", "/beta/deviceAppManagement/mobileApps/0c2f4a6e/assign", None),),
        "the write was sent, but no answer came and its effect cannot be seen",
    ),
)


def made_run(outcome: Outcome, *results: Result) -> JsonObject:
    return Run(outcome, results, "sha256:" + "7" * 64, NOW, NOW + timedelta(seconds=42)).to_json()


def findings(*found: Diagnostic) -> list[JsonObject]:
    return [each.to_json() for each in found]


def pins(outcome: str, *changes: JsonObject, found: tuple[Diagnostic, ...] = ()) -> JsonObject:
    """What `pin` made of a pins file."""
    words = [change["change"] for change in changes]
    return {
        "formatVersion": 1,
        "tenant": {"name": TENANT.name, "tenantId": TENANT.tenant_id, "graphUrl": TENANT.graph_url},
        "file": "pins/sandbox.yaml",
        "outcome": outcome,
        "summary": {word: words.count(word) for word in ("added", "removed", "changed")},
        "changes": [*changes],
        "diagnostics": [each.to_json() for each in found],
    }


PINNED: tuple[JsonObject, ...] = tuple(
    {**PinChange(section, name, before, after).to_json(), "refused": refused}
    for section, name, before, after, refused in (
        ("groups", "Sales EMEA", None, str(SALES["id"]), False),
        ("groups", "iOS pilots", str(PILOTS["id"]), "0a3abe74-62c3-4b45-bc23-633365fa8d7a", True),
        ("scopeTags", "North", "7", None, False),
        ("objects", "JitSsoPolicy/ios-jit", POLICY_ID, PROFILE_ID, True),
    )
)
