"""Random tenants, in whatever state their administrators and other tools left them.

Each object that a spec may mean is missing, ours, ours under another name, a look-alike without a marker, another
owner's, or there twice; beside them stand objects that are nobody's business.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from tests.e2e.scenario import APPS, CONFIGURATIONS, pair, policy, profile
from tests.e2e.scenario import PROFILES as LADDER

from .specs import (
    BASELINE,
    BUNDLES,
    FILTERS,
    GROUPS,
    POLICIES,
    PROFILES,
    RULES,
    SCOPE_TAGS,
    SHOWN,
    SINGLE_TYPES,
    SWITCHES,
    TEAMS,
    TEXTS,
    TOKEN,
    URLS,
    subset,
)

Body = dict[str, Any]
COMPLIANCE = "deviceManagement/deviceCompliancePolicies"
FILTER_COLLECTION = "deviceManagement/assignmentFilters"
COLLECTIONS = (CONFIGURATIONS, LADDER, APPS, COMPLIANCE, FILTER_COLLECTION)
ROLES = ("missing", "ours", "renamed", "look-alike", "foreign", "twice", "copied")
WEIGHTS = (30, 42, 6, 12, 4, 2, 2)
AUTHENTICATOR = "com.microsoft.azureauthenticator"


def marker(kind: str, name: str, owner: str = "contoso", more: str = "") -> str:
    """The line that makes an object somebody's."""
    return f"[reconciler owner={owner} kind={kind} name={name}{more}]"


def seed(rng: Random) -> Body:
    """A tenant document."""
    return {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": key, "displayName": name, "securityEnabled": True} for name, key in GROUPS.items()],
            "deviceManagement/roleScopeTags": [{"id": key, "displayName": name} for name, key in SCOPE_TAGS.items()],
            FILTER_COLLECTION: [
                {"id": key, "displayName": name, "platform": "iOS", "rule": '(device.deviceOwnership -eq "Personal")'}
                for name, key in FILTERS.items()
            ]
            + device_filters(rng),
            CONFIGURATIONS: configurations(rng),
            LADDER: ladder(rng),
            APPS: apps(rng),
            COMPLIANCE: compliance(rng),
        },
    }


def guid(rng: Random) -> str:
    return f"{rng.getrandbits(32):08x}-1111-4222-8333-{rng.getrandbits(48):012x}"


def target(rng: Random, group: str | None, *, exclusions: bool, filters: bool) -> Body:
    """One target in one of its encodings; None is everybody."""
    graph = "#microsoft.graph."
    if group is None:
        found: Body = {"@odata.type": f"{graph}allLicensedUsersAssignmentTarget"}
    elif exclusions and rng.random() < 0.25:
        return {"@odata.type": f"{graph}exclusionGroupAssignmentTarget", "groupId": group}
    else:
        found = {"@odata.type": f"{graph}groupAssignmentTarget", "groupId": group}
    if filters and rng.random() < 0.15:
        found |= {
            "deviceAndAppManagementAssignmentFilterId": rng.choice(sorted(FILTERS.values())),
            "deviceAndAppManagementAssignmentFilterType": rng.choice(["include", "exclude"]),
        }
    return found


def assigned(rng: Random, *, exclusions: bool = True, filters: bool = True) -> list[Body]:
    """The assignments of an object: each group once."""
    groups: list[str | None] = [None, *GROUPS.values()]
    chosen = rng.sample(groups, rng.choice([0, 1, 1, 2, 3]))
    return [{"target": target(rng, group, exclusions=exclusions, filters=filters)} for group in chosen]


def with_roles(rng: Random, kind: str, name: str, make: Callable[[str, str], Body], field: str) -> list[Body]:
    """The live objects that a spec may mean, by the role that is drawn. `make` gets a display name and a marker."""
    role = rng.choices(ROLES, WEIGHTS)[0]
    own = marker(kind, name, more=rng.choice(["", "", "", " protected=true"]))
    if role == "missing":
        return []
    if role == "foreign":
        return [make(SHOWN[name], marker(kind, name, "fabrikam"))]
    if role == "look-alike":
        return [make(SHOWN[name], "")]
    if role == "twice":
        return [make(SHOWN[name], ""), make(SHOWN[name], "")]
    first = make("Renamed by hand" if role == "renamed" else SHOWN[name], own)
    return [first, {**make("Copy of it", ""), field: first[field]}] if role == "copied" else [first]


def lines(rng: Random, mark: str) -> str:
    return "\n".join(part for part in (rng.choice(TEXTS), mark) if part)


def one_policy(rng: Random, name: str, mark: str) -> Body:
    pairs = [
        pair("whatever", "kept"),
        pair("device_registration", rng.choice(["{{DEVICEREGISTRATION}}", "{{DEVICEREGISTRATION}} "])),
        pair("browser_sso_interaction_enabled", rng.randint(0, 1)),
        pair("AppPrefixAllowList", "com.apple."),
    ]
    extension = {"bundleIdAccessControlList": subset(rng, BUNDLES), "configurations": subset(rng, pairs, 4)}
    made = policy(guid(rng), name, lines(rng, mark), **extension)
    if rng.random() < 0.1:
        made["iosSingleSignOnExtension"] = None
    tags = rng.choice([["0"], ["0"], ["0", "7"], ["7"]])
    return {**made, "roleScopeTagIds": tags, "assignments": assigned(rng)}


def configurations(rng: Random) -> list[Body]:
    found: list[Body] = []
    for name in POLICIES:
        found += with_roles(rng, "JitSsoPolicy", name, lambda n, m: one_policy(rng, n, m), "description")
    if rng.random() < 0.5:
        found.append(one_policy(rng, "Kept by another team", ""))
    if rng.random() < 0.15:
        found.append(one_policy(rng, "Left behind", marker("JitSsoPolicy", "gone")))
    if rng.random() < 0.3:
        found.append(
            {"@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration", "id": guid(rng), "displayName": "Layout"}
        )
    return rng.sample(found, len(found))


def one_profile(rng: Random, name: str, mark: str) -> Body:
    kind = rng.choice(sorted(SINGLE_TYPES.values()))
    made = profile(guid(rng), name, lines(rng, mark), 0, kind)
    if rng.random() < 0.2:
        options = [{"ownerType": o, "enrollmentType": rng.choice(["device", kind])} for o in ("personal", "company")]
        made["availableEnrollmentTypeOptions"] = options
    return {**made, "assignments": assigned(rng, exclusions=False, filters=False)}


def ladder(rng: Random) -> list[Body]:
    """Profiles with ranks that have gaps now and then."""
    found: list[Body] = []
    for name in PROFILES:
        found += with_roles(rng, "EnrollmentProfile", name, lambda n, m: one_profile(rng, n, m), "description")
    found += [one_profile(rng, name, "") for name in ("Kiosk", "Made in the portal") if rng.random() < 0.35]
    if rng.random() < 0.1:
        found.append(one_profile(rng, "Left behind", marker("EnrollmentProfile", "gone")))
    top = len(found) + (rng.randint(0, 3) if rng.random() < 0.3 else 0)
    ranks = rng.sample(range(1, top + 1), len(found))
    return [{**each, "priority": rank} for each, rank in zip(found, ranks, strict=True)]


def one_app(rng: Random, kind: str, name: str, bundle: str, **more: Any) -> Body:
    return {
        "@odata.type": f"#microsoft.graph.{kind}",
        "id": guid(rng),
        "displayName": name,
        "publisher": "Somebody",
        "bundleId": bundle,
        "notes": rng.choice(["", " Bought by the app team ", marker("AuthenticatorAssignment", "theirs", "fabrikam")]),
        "assignments": app_assignments(rng, kind),
        **more,
    }


def app_assignments(rng: Random, kind: str | None) -> list[Body]:
    """Assignments of a type of app; None has no settings."""
    settings = {
        "@odata.type": f"#microsoft.graph.{kind}AssignmentSettings",
        "vpnConfigurationId": rng.choice([None, "55555555-0000-4000-8000-000000000001"]),
        "uninstallOnDeviceRemoval": rng.choice([True, False, None]),
        **({"useDeviceLicensing": rng.random() < 0.5} if kind == "iosVppApp" else {}),
    }
    return [
        {
            "@odata.type": "#microsoft.graph.mobileAppAssignment",
            "intent": rng.choice(["required", "available"]),
            "source": "direct",
            "settings": copy.deepcopy(settings) if kind and "exclusion" not in each["target"]["@odata.type"] else None,
            **each,
        }
        for each in assigned(rng)
    ]


def one_filter(rng: Random, name: str, mark: str) -> Body:
    return {
        "id": guid(rng),
        "displayName": name,
        "description": lines(rng, mark),
        "platform": "iOS",
        "rule": rng.choice(RULES),
        "roleScopeTags": rng.choice([["0"], ["0", "7"]]),
    }


def device_filters(rng: Random) -> list[Body]:
    """What may be the filter of a spec, and sometimes one that has lost its spec."""
    left = [one_filter(rng, "Left behind", marker("AssignmentFilter", "gone"))] if rng.random() < 0.1 else []
    return [*with_roles(rng, "AssignmentFilter", "phones", lambda n, m: one_filter(rng, n, m), "description"), *left]


def one_web_clip(rng: Random, name: str, mark: str) -> Body:
    return {
        "@odata.type": "#microsoft.graph.iosiPadOSWebClip",
        "id": guid(rng),
        "displayName": name,
        "description": rng.choice(TEXTS),
        "publisher": "Contoso",
        "appUrl": rng.choice([URLS[0], URLS[0], URLS[0], URLS[1]]),
        "notes": lines(rng, mark),
        "roleScopeTagIds": rng.choice([["0"], ["0", "7"]]),
        **{name: rng.random() < 0.5 for name in SWITCHES.values()},
        "assignments": app_assignments(rng, None),
    }


def apps(rng: Random) -> list[Body]:
    store = {"appStoreUrl": "https://apps.apple.com/us/app/microsoft-authenticator/id983156458"}
    teams = {"appStoreUrl": "https://apps.apple.com/us/app/microsoft-teams/id1113153706"}
    found: list[Body] = []
    if rng.random() < 0.5:
        found.append(one_app(rng, "iosStoreApp", "Microsoft Authenticator", AUTHENTICATOR, **store))
    for token in (TOKEN, *(["Other ABM"] if rng.random() < 0.2 else [])):
        if rng.random() < 0.8:
            more = {"vppTokenDisplayName": token, "totalLicenseCount": 100}
            found.append(one_app(rng, "iosVppApp", "Microsoft Authenticator", AUTHENTICATOR, **more))
    if rng.random() < 0.85:
        found.append(one_app(rng, "iosStoreApp", "Microsoft Teams", TEAMS, **teams))
    found += with_roles(rng, "WebClip", "portal", lambda n, m: one_web_clip(rng, n, m), "notes")
    if rng.random() < 0.1:
        found.append(one_web_clip(rng, "Left behind", marker("WebClip", "gone")))
    return found


def compliance(rng: Random) -> list[Body]:
    """Policies that others made: the one that specs name, as a rule, and another one; some with an owner."""
    kind, found = "CompliancePolicyAssignment", list[Body]()
    for name in [BASELINE, *([BASELINE] if rng.random() < 0.05 else []), "iOS strict"]:
        if rng.random() < 0.1:
            continue
        mark = rng.choice(["", "", marker(kind, "baseline"), marker(kind, "theirs", "fabrikam")])
        found.append(
            {
                "@odata.type": "#microsoft.graph.iosCompliancePolicy",
                "id": guid(rng),
                "displayName": name,
                "description": lines(rng, mark if name == BASELINE else ""),
                "passcodeRequired": rng.random() < 0.5,
                "osMinimumVersion": "17.0",
                "roleScopeTagIds": ["0"],
                "assignments": assigned(rng),
            }
        )
    return rng.sample(found, len(found))
