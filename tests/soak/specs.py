"""Random specs of every kind. Takes a `random.Random`: the soak gives one with a seed, Hypothesis one that shrinks.

Names and ids are few, so that specs and tenants (`tenants`) meet: what a spec wants is often there already, as ours,
as a look-alike or as somebody else's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

Document = dict[str, Any]

GROUPS = {
    "Executives": "0aa00000-1111-4222-8333-000000000001",
    "iOS pilots": "0bb00000-1111-4222-8333-000000000002",
    "Staff": "0cc00000-1111-4222-8333-000000000003",
    "Break glass": "0dd00000-1111-4222-8333-000000000004",
}
FILTERS = {
    "Personal devices": "f1100000-1111-4222-8333-000000000001",
    "Company devices": "f2200000-1111-4222-8333-000000000002",
}
SCOPE_TAGS = {"Default": "0", "Mobile": "7"}
SINGLE_TYPES = {
    "webBasedDeviceEnrollment": "webDeviceEnrollment",
    "accountDrivenUserEnrollment": "accountDrivenUserEnrollment",
    "deviceEnrollmentWithCompanyPortal": "device",
}
USER_CHOICE = "determineByUserChoice"
POLICIES = ("sso", "pilot")
PROFILES = ("byod", "exec", "late")
SHOWN = {
    "sso": "SSO - everyone",
    "pilot": "O'Brien's 100% + #1 / ünï 名前 & \"more\"",
    "byod": "BYOD",
    "exec": "Executives' own",
    "late": "P" * 256,
    "portal": "Company Portal",
    "phones": "Phones",
}
"""What objects are called, by the name of their spec."""
NEW_NAME = " (new)"
TEXTS = ("", "One line", "Two\nlines", " spaces ", "[reconciler] says hello", 'ünï "quoted" %41+#/&')
BUNDLES = ("com.example.a", "com.example.b", "com.example.c")
TOKEN = "Example ABM"
TEAMS = "com.microsoft.skype.teams"
BASELINE = "iOS baseline"
URLS = ("https://portal.manage.microsoft.com/", "https://portal.manage.microsoft.us/")
RULES = ('(device.deviceOwnership -eq "Personal")', '(device.model -startsWith "iPhone")')
SWITCHES = {
    "useManagedBrowser": "useManagedBrowser",
    "fullScreen": "fullScreenEnabled",
    "ignoreManifestScope": "ignoreManifestScope",
    "preComposedIcon": "preComposedIconEnabled",
}
"""Switches of a web clip: the field of a spec, and Graph's property."""


def text_of(documents: Iterable[Document]) -> str:
    """Documents as one file. JSON is YAML, and keeps every type as it is."""
    return "\n---\n".join(json.dumps(document) for document in documents)


def document(kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Document:
    return {
        "apiVersion": "intune.reconciler/v1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": dict(spec),
    }


def some(rng: Random, chance: float, fields: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Any subset of these fields: what is not mentioned is not managed."""
    return {name: make() for name, make in fields.items() if rng.random() < chance}


def subset(rng: Random, values: Sequence[Any], most: int = 3) -> list[Any]:
    return rng.sample(list(values), rng.randint(0, min(most, len(values))))


def targets(rng: Random, *, exclusions: bool = True, filters: bool = True, devices: bool = True) -> Any:
    """`spec.assignments`: each group on one side, once; sometimes nobody."""
    names = rng.sample(sorted(GROUPS), rng.randint(0, 3))
    cut = rng.randint(0, len(names)) if exclusions else len(names)
    include: list[Any] = [_filtered(rng, {"group": name}, filters) for name in names[:cut]]
    if rng.random() < 0.5:
        whole = _filtered(rng, {"all": "users"}, filters)
        include.append("allUsers" if whole == {"all": "users"} else whole)
    if devices and rng.random() < 0.15:
        include.append("allDevices")
    exclude = [{"group": name} for name in names[cut:]]
    return {"include": include, **({"exclude": exclude} if exclude else {})}


def _filtered(rng: Random, target: dict[str, Any], filters: bool) -> dict[str, Any]:
    if not filters or rng.random() > 0.2:
        return target
    return {**target, "filter": {rng.choice(["include", "exclude"]): rng.choice(sorted(FILTERS))}}


def policy(rng: Random, name: str) -> Document:
    extra = {"key": "AppPrefixAllowList", "type": "string", "value": "com.apple."}
    prompt = {"key": "disable_explicit_app_prompt", "type": "integer", "value": 1}
    fields: dict[str, Callable[[], Any]] = {
        "description": lambda: rng.choice([*TEXTS, None]),
        "safariSso": lambda: rng.choice([True, False, None]),
        "appBundleIds": lambda: rng.choice([subset(rng, BUNDLES), None]),
        "additionalConfiguration": lambda: rng.choice([[extra], [extra, prompt], [], None]),
        "scopeTags": lambda: rng.choice([["Default"], ["Mobile", "Default"], ["Mobile"], None]),
        "assignments": lambda: targets(rng),
        "lifecycle": lambda: {"preventDestroy": rng.random() < 0.5},
    }
    return document("JitSsoPolicy", name, {"displayName": _shown(rng, name), **some(rng, 0.5, fields)})


def _shown(rng: Random, name: str) -> str:
    return SHOWN[name][:200] + NEW_NAME if rng.random() < 0.08 else SHOWN[name]


def profile(rng: Random, name: str) -> Document:
    kind = rng.choice([*SINGLE_TYPES, USER_CHOICE])
    spec: dict[str, Any] = {"displayName": _shown(rng, name), "enrollmentType": kind}
    if kind == USER_CHOICE and rng.random() < 0.5:
        spec["userChoice"] = user_choice(rng)
    fields: dict[str, Callable[[], Any]] = {
        "description": lambda: rng.choice([*TEXTS, None]),
        "assignments": lambda: targets(rng, exclusions=False, filters=False, devices=False),
        "lifecycle": lambda: {"preventDestroy": rng.random() < 0.5},
    }
    return document("EnrollmentProfile", name, {**spec, **some(rng, 0.6, fields)})


def user_choice(rng: Random) -> dict[str, Any]:
    pairs = [{"owner": owner, "type": kind} for owner in ("personal", "company") for kind in SINGLE_TYPES]
    return {"default": rng.choice(sorted(SINGLE_TYPES)), "options": rng.sample(pairs, rng.randint(2, 3))}


def authenticator(rng: Random, source: str) -> Document:
    app: dict[str, Any] = {"source": "store", "createIfMissing": rng.random() < 0.9}
    if source == "vpp":
        app = {"source": "vpp", "token": TOKEN, **some(rng, 0.5, {"licensing": lambda: rng.choice(["user", "device"])})}
    intent = rng.choice([{}, {}, {"intent": "available"}])
    fields: dict[str, Callable[[], Any]] = {
        "uninstallOnDeviceRemoval": lambda: rng.choice([True, False, None]),
        "isRemovable": lambda: rng.choice([True, False]),
        "unlisted": lambda: rng.choice(["keep", "keep", "remove"]),
        "assignments": lambda: targets(rng, devices="intent" not in intent),  # no app is available for all devices
    }
    return document("AuthenticatorAssignment", source, {"app": app, **intent, **some(rng, 0.6, fields)})


def first_app(rng: Random) -> Document:
    intent = rng.choice([{}, {}, {"intent": "available"}])
    fields: dict[str, Callable[[], Any]] = {
        "uninstallOnDeviceRemoval": lambda: rng.choice([True, False, None]),
        "isRemovable": lambda: rng.choice([True, False]),
        "unlisted": lambda: rng.choice(["keep", "keep", "remove"]),
        "assignments": lambda: targets(rng, devices="intent" not in intent),
    }
    return document("AppAssignment", "teams", {"app": {"bundleId": TEAMS}, **intent, **some(rng, 0.6, fields)})


def compliance(rng: Random) -> Document:
    fields: dict[str, Callable[[], Any]] = {
        "unlisted": lambda: rng.choice(["keep", "keep", "remove"]),
        "assignments": lambda: targets(rng),
    }
    return document("CompliancePolicyAssignment", "baseline", {"policy": BASELINE, **some(rng, 0.6, fields)})


def priority(rng: Random, profiles: Sequence[str]) -> Document:
    order = rng.sample(list(profiles), rng.randint(1, len(profiles)))
    spec = {"order": order, **some(rng, 0.7, {"unlisted": lambda: rng.choice(["last", "first", "keep"])})}
    return document("EnrollmentPriority", "ios", spec)


def web_clip(rng: Random, name: str) -> Document:
    intent = rng.choice([{}, {}, {"intent": "available"}, {"intent": "uninstall"}])
    fields: dict[str, Callable[[], Any]] = {
        "description": lambda: rng.choice([*TEXTS, None]),
        "publisher": lambda: rng.choice(["Contoso", "Contoso IT"]),
        **{switch: lambda: rng.random() < 0.5 for switch in SWITCHES},
        "scopeTags": lambda: rng.choice([["Default"], ["Mobile", "Default"], None]),
        "assignments": lambda: targets(rng, devices=intent != {"intent": "available"}),
        "lifecycle": lambda: {"preventDestroy": rng.random() < 0.5},
    }
    url = URLS[rng.random() < 0.1]
    return document("WebClip", name, {"displayName": _shown(rng, name), "url": url, **intent, **some(rng, 0.4, fields)})


def device_filter(rng: Random, name: str) -> Document:
    fields: dict[str, Callable[[], Any]] = {
        "description": lambda: rng.choice([*TEXTS, None]),
        "platform": lambda: "iOS",
        "scopeTags": lambda: rng.choice([["Default"], ["Mobile", "Default"], None]),
        "lifecycle": lambda: {"preventDestroy": rng.random() < 0.5},
    }
    spec = {"displayName": _shown(rng, name), "rule": rng.choice(RULES), **some(rng, 0.5, fields)}
    return document("AssignmentFilter", name, spec)


def _policies(rng: Random) -> list[Document]:
    return [policy(rng, name) for name in POLICIES if rng.random() < 0.5]


def _profiles(rng: Random) -> list[Document]:
    return [profile(rng, name) for name in PROFILES if rng.random() < 0.5]


def _apps(rng: Random) -> list[Document]:
    return [authenticator(rng, source) for source in ("store", "vpp") if rng.random() < 0.4]


def _web_clips(rng: Random) -> list[Document]:
    return [web_clip(rng, "portal")] if rng.random() < 0.35 else []


KINDS: Mapping[str, Callable[[Random], list[Document]]] = {
    "AssignmentFilter": lambda rng: [device_filter(rng, "phones")] if rng.random() < 0.25 else [],
    "JitSsoPolicy": _policies,
    "AuthenticatorAssignment": _apps,
    "AppAssignment": lambda rng: [first_app(rng)] if rng.random() < 0.2 else [],
    "WebClip": _web_clips,
    "CompliancePolicyAssignment": lambda rng: [compliance(rng)] if rng.random() < 0.2 else [],
    "EnrollmentProfile": _profiles,
    "EnrollmentPriority": lambda _: [],  # made of the profiles that there are: see `documents`
}
"""What to draw of each kind; a test holds that every kind of the registry is here."""


def documents(rng: Random) -> list[Document]:
    """A valid spec set of at least one document."""
    found = [each for make in KINDS.values() for each in make(rng)] or [policy(rng, "sso")]
    profiles = [each["metadata"]["name"] for each in found if each["kind"] == "EnrollmentProfile"]
    if profiles and rng.random() < 0.6:
        found.append(priority(rng, profiles))
    return found


def edited(rng: Random, before: Sequence[Document]) -> list[Document]:
    """Another spec set, as after a commit: one document drawn anew, dropped or added; the order follows."""
    fresh = documents(rng)
    known = {_key(each): each for each in before}
    if rng.random() < 0.5 and known:
        known.pop(rng.choice(sorted(known)))
    for each in rng.sample(fresh, min(len(fresh), rng.randint(1, 2))):
        known[_key(each)] = each
    profiles = [name for kind, name in known if kind == "EnrollmentProfile"]
    known.pop(("EnrollmentPriority", "ios"), None)
    kept = list(known.values()) or [policy(rng, "sso")]
    return [*kept, priority(rng, profiles)] if profiles and rng.random() < 0.6 else kept


def _key(each: Document) -> tuple[str, str]:
    return each["kind"], each["metadata"]["name"]
