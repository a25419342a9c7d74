"""Hypothesis strategies: spec sets, and tenants in whatever state their administrators left them.

Live objects are ours (marked), namesakes to adopt, or somebody else's; each holds managed and unmanaged content.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.e2e.scenario import (
    APPS,
    CONFIGURATIONS,
    GROUPS,
    PROFILES,
    authenticator_vpp,
    marker,
    pair,
    policy,
    profile,
    teams,
    to,
)

COMPLIANCE = "deviceManagement/deviceCompliancePolicies"
BASELINE = "iOS baseline"
SHARED = ("Microsoft Authenticator", "Microsoft Teams", BASELINE)
"""What objects are called that others own, and that specs assign."""
POLICIES = ("a", "b")
CLIPS = ("help", "portal")
PROFILE_NAMES = ("p", "q", "r")
GRAPH_TYPES = {
    "webBasedDeviceEnrollment": "webDeviceEnrollment",
    "accountDrivenUserEnrollment": "accountDrivenUserEnrollment",
    "deviceEnrollmentWithCompanyPortal": "device",
}
TEXT = st.sampled_from(
    ["", "one line", "two\nlines", " spaces ", "Ünïcode – 名前", 'it\'s "quoted" %41+#/&', "[reconciler"]
)
BUNDLES = st.lists(st.sampled_from(["com.example.a", "com.example.b", "com.example.c"]), unique=True, max_size=3)
GROUP_NAMES = st.lists(st.sampled_from(["Break glass", "Executives", "iOS pilots"]), unique=True, max_size=3)
"""Not Staff: somebody else assigns the VPP app to it, and one group cannot be let in and kept out of one app."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A spec set and a tenant."""

    documents: tuple[Document, ...]
    seed: dict[str, Any]
    ours: frozenset[str]
    """Ids that some spec may stand for; everything else has to stay as it is."""

    @property
    def specs(self) -> str:
        return text(self.documents)


def text(documents: tuple[Document, ...] | list[Document]) -> str:
    """Documents as one file. JSON is YAML, and keeps every type as it is."""
    return "\n---\n".join(json.dumps(document, ensure_ascii=True) for document in documents)


def document(kind: str, name: str, spec: dict[str, Any]) -> Document:
    return {"apiVersion": "intune.reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@st.composite
def assignments(draw: st.DrawFn, *, exclusions: bool) -> dict[str, Any]:
    """Targets of a spec."""
    names = draw(GROUP_NAMES)
    everybody = draw(st.booleans())
    cut = draw(st.integers(0, len(names))) if exclusions else len(names)
    include: list[Any] = [*(["allUsers"] if everybody else []), *({"group": name} for name in names[:cut])]
    exclude = [{"group": name} for name in names[cut:]]
    return {"include": include or ["allUsers"], **({"exclude": exclude} if exclude else {})}


def some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any subset of these fields: what is not mentioned is not managed."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def policy_spec(draw: st.DrawFn, name: str) -> Document:
    extra = st.just([{"key": "AppPrefixAllowList", "type": "string", "value": "com.apple."}])
    fields = {
        "description": TEXT,
        "safariSso": st.booleans(),
        "appBundleIds": BUNDLES,
        "additionalConfiguration": st.one_of(st.just([]), extra),
        "scopeTags": st.just(["Default"]),
        "assignments": assignments(exclusions=True),
    }
    return document("JitSsoPolicy", name, {"displayName": f"Policy {name}", **draw(some(fields))})


@st.composite
def profile_spec(draw: st.DrawFn, name: str) -> Document:
    spec = {
        "displayName": f"Profile {name}",
        "enrollmentType": draw(st.sampled_from([*GRAPH_TYPES, "determineByUserChoice"])),
    }
    fields = {"description": TEXT, "assignments": assignments(exclusions=False)}
    return document("EnrollmentProfile", name, {**spec, **draw(some(fields))})


@st.composite
def app_spec(draw: st.DrawFn, source: str) -> Document:
    app: dict[str, Any] = {"source": "store", "createIfMissing": True}
    if source == "vpp":
        app = {
            "source": "vpp",
            "token": "Example ABM",
            **draw(some({"licensing": st.sampled_from(["user", "device"])})),
        }
    fields = {
        "intent": st.sampled_from(["required", "available"]),
        "uninstallOnDeviceRemoval": st.booleans(),
        "unlisted": st.sampled_from(["keep", "remove"]),
        "assignments": assignments(exclusions=True),
    }
    return document("AuthenticatorAssignment", source, {"app": app, **draw(some(fields))})


@st.composite
def first_app_spec(draw: st.DrawFn) -> Document:
    fields = {
        "intent": st.sampled_from(["required", "available"]),
        "isRemovable": st.booleans(),
        "unlisted": st.sampled_from(["keep", "remove"]),
        "assignments": st.none() | assignments(exclusions=True),
    }
    app = draw(st.sampled_from([{"bundleId": "com.microsoft.skype.teams"}, {"storeId": "1113153706"}]))
    return document("AppAssignment", "teams", {"app": app, **draw(some(fields))})


@st.composite
def compliance_spec(draw: st.DrawFn) -> Document:
    fields = {
        "unlisted": st.sampled_from(["keep", "remove"]),
        "assignments": st.none() | assignments(exclusions=True),
    }
    return document("CompliancePolicyAssignment", "baseline", {"policy": BASELINE, **draw(some(fields))})


@st.composite
def clip_spec(draw: st.DrawFn, name: str) -> Document:
    fields = {
        "description": TEXT,
        "publisher": st.sampled_from(["", "IT"]),
        "useManagedBrowser": st.booleans(),
        "fullScreen": st.booleans(),
        "targetApplicationBundleId": st.sampled_from([None, "com.apple.mobilesafari"]),
        "scopeTags": st.sampled_from([["Default"], ["Seven"], None]),
        "intent": st.sampled_from(["required", "available", "uninstall"]),
        "assignments": assignments(exclusions=True),
    }
    return document("WebClip", name, {"displayName": f"Clip {name}", "url": clip_url(name), **draw(some(fields))})


def clip_url(name: str) -> str:
    return f"https://{name}.contoso.example/"


@st.composite
def documents(draw: st.DrawFn) -> tuple[Document, ...]:
    """A valid spec set."""
    found = [draw(policy_spec(name)) for name in draw(st.sets(st.sampled_from(POLICIES)))]
    profiles = sorted(draw(st.sets(st.sampled_from(PROFILE_NAMES))))
    found += [draw(profile_spec(name)) for name in profiles]
    if profiles and draw(st.booleans()):
        order = draw(st.permutations(profiles))
        kept = order[: draw(st.integers(1, len(order)))]
        spec = {"order": kept, "unlisted": draw(st.sampled_from(["last", "first", "keep"]))}
        found.append(document("EnrollmentPriority", "ios", spec))
    found += [draw(app_spec(source)) for source in draw(st.sets(st.sampled_from(["store", "vpp"])))]
    found += [draw(clip_spec(name)) for name in draw(st.sets(st.sampled_from(CLIPS)))]
    found += [draw(first_app_spec())] if draw(st.booleans()) else []
    found += [draw(compliance_spec())] if draw(st.booleans()) else []
    return tuple(found) or (draw(policy_spec("a")),)


def _targets(draw: st.DrawFn) -> list[Any]:
    names = draw(GROUP_NAMES)
    return [*map(to, names), *([to()] if draw(st.booleans()) else [])]


@st.composite
def live_policy(draw: st.DrawFn, number: int, name: str) -> dict[str, Any]:
    mark = draw(st.sampled_from(["", marker("JitSsoPolicy", name)]))
    pairs = [pair("whatever", "kept"), pair("browser_sso_interaction_enabled", draw(st.integers(0, 1)))]
    found = policy(
        f"1000000{number}-1111-4222-8333-00000000000{number}",
        f"Policy {name}",
        "\n".join(filter(None, [draw(TEXT), mark])),
        bundleIdAccessControlList=draw(BUNDLES),
        configurations=pairs[: draw(st.integers(0, 2))],
    )
    return {**found, "roleScopeTagIds": draw(st.sampled_from([["0"], ["0", "7"]])), "assignments": _targets(draw)}


@st.composite
def live_profile(draw: st.DrawFn, number: int, name: str, rank: int) -> dict[str, Any]:
    mark = draw(st.sampled_from(["", marker("EnrollmentProfile", name)]))
    kind = draw(st.sampled_from(sorted(GRAPH_TYPES.values())))
    object_id = f"2000000{number}-1111-4222-8333-00000000000{number}"
    found = profile(object_id, f"Profile {name}", "\n".join(filter(None, [draw(TEXT), mark])), rank, kind)
    return {**found, "assignments": _targets(draw)}


@st.composite
def live_compliance(draw: st.DrawFn) -> dict[str, Any]:
    """A policy that somebody made; a group of Staff may be left out of it, which no spec lists."""
    mark = draw(st.sampled_from(["", marker("CompliancePolicyAssignment", "baseline")]))
    return {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "id": "50000001-1111-4222-8333-000000000001",
        "displayName": BASELINE,
        "description": "\n".join(filter(None, [draw(TEXT), mark])),
        "passcodeRequired": draw(st.booleans()),
        "osMinimumVersion": "17.0",
        "roleScopeTagIds": draw(st.sampled_from([["0"], ["0", "7"]])),
        "assignments": draw(st.sampled_from([[], [to("Staff")], [to()], [to("Staff"), to()]])),
    }


@st.composite
def live_clip(draw: st.DrawFn, number: int, name: str) -> dict[str, Any]:
    mark = draw(st.sampled_from(["", marker("WebClip", name)]))
    return {
        "@odata.type": "#microsoft.graph.iosiPadOSWebClip",
        "id": f"3000000{number}-1111-4222-8333-00000000000{number}",
        "displayName": f"Clip {name}",
        "description": draw(TEXT),
        "publisher": "Somebody",
        "notes": "\n".join(filter(None, [draw(TEXT), mark])),
        "appUrl": clip_url(name),
        "useManagedBrowser": draw(st.booleans()),
        "roleScopeTagIds": draw(st.sampled_from([["0"], ["0", "7"]])),
        "assignments": [
            {
                "@odata.type": "#microsoft.graph.mobileAppAssignment",
                "intent": draw(st.sampled_from(["required", "available"])),
                "source": "direct",
                **target,
            }
            for target in _targets(draw)
        ],
    }


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Specs and a tenant that has some of their objects, and some of others."""
    tenant: dict[str, list[Any]] = {
        CONFIGURATIONS: [],
        PROFILES: [],
        APPS: [authenticator_vpp(), {**teams(), "description": ""}],
        COMPLIANCE: [draw(live_compliance())],
    }
    for number, name in enumerate((*POLICIES, "foreign"), start=1):
        if draw(st.booleans()):
            tenant[CONFIGURATIONS].append(draw(live_policy(number, name)))
    for number, name in enumerate((*CLIPS, "foreign"), start=1):
        if draw(st.booleans()):
            tenant[APPS].append(draw(live_clip(number, name)))
    live = draw(st.permutations([name for name in (*PROFILE_NAMES, "foreign", "other") if draw(st.booleans())]))
    ranks = sorted(draw(st.sets(st.integers(1, 9), min_size=len(live), max_size=len(live))))
    for number, (name, rank) in enumerate(zip(live, ranks, strict=True), start=1):
        tenant[PROFILES].append(draw(live_profile(number, name, rank)))
    wanted = draw(documents())
    ours = {*(f"Policy {n}" for n in POLICIES), *(f"Profile {n}" for n in PROFILE_NAMES), *SHARED}
    ours |= {f"Clip {name}" for name in CLIPS}
    return Case(
        wanted,
        {
            "formatVersion": 1,
            "collections": {
                "groups": [{"id": i, "displayName": n, "securityEnabled": True} for n, i in GROUPS.items()],
                "deviceManagement/roleScopeTags": [
                    {"id": "0", "displayName": "Default", "isBuiltIn": True},
                    {"id": "7", "displayName": "Seven"},
                ],
                **tenant,
            },
        },
        frozenset(o["id"] for objects in tenant.values() for o in objects if o["displayName"] in ours),
    )
