"""One tenant and specs in which a run does everything: creates, updates, adopts, reorders, lets in, lets go, prunes.

For what enumerates (crashes, lost answers, schedules): small enough to be gone through at every request. In the words
of `tests.soak`, so that its judges know it.
"""

from __future__ import annotations

from typing import Any

from reconciler.kind import Consent
from tests.e2e import scenario
from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES, pair, policy, profile, to
from tests.soak.specs import FILTERS, GROUPS, SHOWN, document
from tests.soak.tenants import FILTER_COLLECTION, marker

PRUNE = Consent(prune=True)


def documents() -> list[dict[str, Any]]:
    everyone = {"include": ["allUsers"], "exclude": [{"group": "Break glass"}]}
    return [
        document(
            "JitSsoPolicy",
            "sso",
            {"displayName": SHOWN["sso"], "appBundleIds": ["com.example.a"], "assignments": everyone},
        ),
        document("JitSsoPolicy", "pilot", {"displayName": SHOWN["pilot"], "assignments": to_groups("iOS pilots")}),
        document("AuthenticatorAssignment", "store", {"app": {"source": "store", "createIfMissing": True}})
        | {"spec": {"app": {"source": "store", "createIfMissing": True}, "assignments": everyone}},
        document(
            "EnrollmentProfile",
            "exec",
            {
                "displayName": SHOWN["exec"],
                "enrollmentType": "accountDrivenUserEnrollment",
                "assignments": to_groups("Executives"),
            },
        ),
        document(
            "EnrollmentProfile",
            "late",
            {
                "displayName": "Pilots",
                "enrollmentType": "determineByUserChoice",
                "assignments": to_groups("iOS pilots"),
            },
        ),
        document(
            "EnrollmentProfile",
            "byod",
            {
                "displayName": SHOWN["byod"],
                "enrollmentType": "webBasedDeviceEnrollment",
                "assignments": {"include": ["allUsers"]},
            },
        ),
        document("EnrollmentPriority", "ios", {"order": ["exec", "late", "byod"], "unlisted": "last"}),
    ]


def to_groups(*names: str) -> dict[str, Any]:
    return {"include": [{"group": name} for name in names]}


def seed() -> dict[str, Any]:
    """The tenant before: one policy and one profile are ours, one profile looks like one, one policy is left behind."""
    ours = policy(
        "1aa00000-1111-4222-8333-000000000001",
        SHOWN["sso"],
        "For all\n" + marker("JitSsoPolicy", "sso"),
        bundleIdAccessControlList=["com.example.b"],
        configurations=[pair("whatever", "kept"), pair("browser_sso_interaction_enabled", 0)],
    )
    gone = policy("1bb00000-1111-4222-8333-000000000002", "Left behind", marker("JitSsoPolicy", "gone"))
    foreign = policy("1cc00000-1111-4222-8333-000000000003", "Kept by another team", "Hands off")
    byod = profile(
        "2aa00000-1111-4222-8333-000000000001", SHOWN["byod"], marker("EnrollmentProfile", "byod"), 1, "device"
    )
    kiosk = profile("2bb00000-1111-4222-8333-000000000002", "Kiosk", "Made in the portal", 2)
    executives = profile("2cc00000-1111-4222-8333-000000000003", SHOWN["exec"], "By hand", 4)
    return {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": key, "displayName": name, "securityEnabled": True} for name, key in GROUPS.items()],
            FILTER_COLLECTION: [
                {"id": key, "displayName": name, "platform": "iOS", "rule": '(device.deviceOwnership -eq "Personal")'}
                for name, key in FILTERS.items()
            ],
            CONFIGURATIONS: [
                {**ours, "assignments": [to(), to("Staff")]},
                {**gone, "assignments": [to("Staff")]},
                {**foreign, "assignments": [to("Executives")]},
            ],
            PROFILES: [
                {**byod, "assignments": [to("Staff")]},
                {**kiosk, "assignments": [to("Staff")]},
                executives,
            ],
            APPS: [scenario.authenticator_vpp()],
        },
    }
