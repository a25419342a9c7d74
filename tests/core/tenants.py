"""Generated specs and tenants for the laws: small, but with everything that the kinds tell apart."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..kinds.test_cases import OBJECTS
from ..kinds.world import document

GROUPS = {f"Group {letter}": f"99999999-0000-4000-8000-00000000000{letter.lower()}" for letter in "ABC"}
FILTERS = {"Personal": "f1111111-0000-4000-8000-000000000001"}
NAMES: dict[str, Any] = {"groups": GROUPS, "filters": FILTERS, "scopeTags": {"North": "7"}}
USERS, DEVICES = "acacacac-9df4-4c7d-9d50-4ef0226f57a9", "adadadad-808e-44e2-905a-0b7873a8a531"
GRAPH = "#microsoft.graph."
ZERO = "00000000-0000-0000-0000-000000000000"
INTENTS = ("required", "available", "uninstall", "availableWithoutEnrollment")

groups = st.sampled_from(sorted(GROUPS))
texts = st.sampled_from(("", "One line", "Two\nlines\n", " [reconciler] ", "ends\n\n"))
descriptions = st.none() | texts
maybe = st.none() | st.booleans()


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these members."""
    return st.fixed_dictionaries({}, optional=members)


# Specs

_filter = st.sampled_from(({"include": "Personal"}, {"exclude": "Personal"}))
_included = st.one_of(
    st.sampled_from(("allUsers", "allDevices")),
    groups.map(lambda name: {"group": name}),
    st.tuples(groups, _filter).map(lambda pair: {"group": pair[0], "filter": pair[1]}),
)


def _who(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry["group"])


def _assignments(include: st.SearchStrategy[Any], exclude: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Targets that stand once each, on one side."""
    whole = st.tuples(st.lists(include, max_size=3, unique_by=_who), st.lists(exclude, max_size=1, unique_by=_who)).map(
        lambda sides: {
            "include": sides[0],
            "exclude": [e for e in sides[1] if _who(e) not in map(_who, sides[0])],
        }
    )
    return st.none() | whole


_exclusion = groups.map(lambda name: {"group": name})
_pairs = st.lists(
    st.sampled_from(
        (
            {"key": "AppPrefixAllowList", "type": "string", "value": "com.apple."},
            {"key": "prompt", "type": "integer", "value": 1},
            {"key": "flag", "type": "boolean", "value": True},
            {"key": "ratio", "type": "real", "value": 0.5},
        )
    ),
    max_size=3,
    unique_by=lambda pair: pair["key"],
)
policies = optional(
    description=descriptions,
    safariSso=maybe,
    appBundleIds=st.none() | st.lists(st.sampled_from(("com.a", "com.b", "com.c")), max_size=3, unique=True),
    additionalConfiguration=st.none() | _pairs,
    scopeTags=st.none() | st.lists(st.sampled_from(("Default", "North")), max_size=2, unique=True),
    assignments=_assignments(_included, _exclusion),
).map(lambda spec: document("JitSsoPolicy", "ios", {"displayName": "iOS - JIT", **spec}))
_for_app = st.tuples(_included, st.none() | st.sampled_from(INTENTS)).map(
    lambda pair: (
        pair[0]
        if pair[1] is None
        else {**({"all": pair[0][3:].lower()} if isinstance(pair[0], str) else pair[0]), "intent": pair[1]}
    )
)


def _app_who(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry.get("group") or f"all{entry['all'].capitalize()}")


_app_targets = st.none() | st.tuples(
    st.lists(_for_app, max_size=3, unique_by=_app_who), st.lists(_exclusion, max_size=1)
).map(
    lambda sides: {"include": sides[0], "exclude": [e for e in sides[1] if _app_who(e) not in map(_app_who, sides[0])]}
)


def _offered_to_users(spec: dict[str, Any]) -> dict[str, Any]:
    """Without the targets that `validate` refuses: no app is available for all devices."""
    targets = spec.get("assignments") or {"include": []}

    def fits(entry: Any) -> bool:
        own = entry.get("intent") if isinstance(entry, dict) else None
        offered = str(own or spec.get("intent", "required")).startswith("available")
        return not (offered and _app_who(entry) == "allDevices")

    include = [entry for entry in targets["include"] if fits(entry)]
    return {**spec, **({"assignments": {**targets, "include": include}} if spec.get("assignments") else {})}


_app_fields = optional(
    intent=st.sampled_from(INTENTS),
    uninstallOnDeviceRemoval=maybe,
    isRemovable=maybe,
    preventManagedAppBackup=maybe,
    unlisted=st.sampled_from(("keep", "remove")),
    assignments=_app_targets,
)
apps = _app_fields.map(
    lambda spec: document(
        "AuthenticatorAssignment",
        "store",
        {"app": {"source": "store", "createIfMissing": True}, **_offered_to_users(spec)},
    )
)
first_apps = _app_fields.map(
    lambda spec: document(
        "AppAssignment", "teams", {"app": {"bundleId": "com.microsoft.skype.teams"}, **_offered_to_users(spec)}
    )
)
compliance = optional(
    unlisted=st.sampled_from(("keep", "remove")), assignments=_assignments(_included, _exclusion)
).map(lambda spec: document("CompliancePolicyAssignment", "baseline", {"policy": "iOS baseline", **spec}))
CLIP_INTENTS = ("required", "available", "uninstall")
_for_clip = st.tuples(_included, st.none() | st.sampled_from(CLIP_INTENTS)).map(
    lambda pair: (
        pair[0]
        if pair[1] is None
        else {**({"all": pair[0][3:].lower()} if isinstance(pair[0], str) else pair[0]), "intent": pair[1]}
    )
)
_clip_targets = st.none() | st.tuples(
    st.lists(_for_clip, max_size=3, unique_by=_app_who), st.lists(_exclusion, max_size=1)
).map(
    lambda sides: {"include": sides[0], "exclude": [e for e in sides[1] if _app_who(e) not in map(_app_who, sides[0])]}
)
clips = optional(
    description=descriptions,
    publisher=st.sampled_from(("", "Contoso", "IT")),
    useManagedBrowser=st.booleans(),
    fullScreen=st.booleans(),
    targetApplicationBundleId=st.none() | st.just("com.apple.mobilesafari"),
    scopeTags=st.none() | st.lists(st.sampled_from(("Default", "North")), max_size=2, unique=True),
    intent=st.sampled_from(CLIP_INTENTS),
    assignments=_clip_targets,
).map(
    lambda spec: document(
        "WebClip",
        "portal",
        {"displayName": "Company Portal", "url": "https://portal.manage.microsoft.com", **_offered_to_users(spec)},
    )
)
TYPES = ("webBasedDeviceEnrollment", "accountDrivenUserEnrollment", "deviceEnrollmentWithCompanyPortal")
_choice = optional(
    default=st.sampled_from(TYPES),
    options=st.lists(
        st.builds(
            lambda o, t: {"owner": o, "type": t}, st.sampled_from(("personal", "company")), st.sampled_from(TYPES)
        ),
        min_size=1,
        max_size=3,
        unique_by=str,
    ),
).filter(bool)
_type = st.one_of(
    st.sampled_from(TYPES).map(lambda kind: {"enrollmentType": kind}),
    st.just({"enrollmentType": "determineByUserChoice"}),
    _choice.map(lambda choice: {"enrollmentType": "determineByUserChoice", "userChoice": choice}),
)
_people = st.sampled_from(("allUsers",)) | _exclusion
_profile = st.tuples(
    optional(
        description=descriptions,
        assignments=st.none() | st.lists(_people, max_size=3, unique_by=_who).map(lambda who: {"include": who}),
    ),
    _type,
)


@st.composite
def profiles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to three profiles, and perhaps their order."""
    names = draw(st.lists(st.sampled_from(("p1", "p2", "p3")), max_size=3, unique=True))
    found = [
        document("EnrollmentProfile", name, {"displayName": name.upper(), **fields, **kind})
        for name in names
        for fields, kind in [draw(_profile)]
    ]
    if names and draw(st.booleans()):
        order = draw(st.permutations(names))[: draw(st.integers(1, len(names)))]
        found.append(
            document(
                "EnrollmentPriority",
                "ios",
                {"order": order, "unlisted": draw(st.sampled_from(("last", "first", "keep")))},
            )
        )
    return found


documents = st.tuples(
    st.lists(policies, max_size=1),
    st.lists(apps, max_size=1),
    st.lists(first_apps, max_size=1),
    st.lists(clips, max_size=1),
    st.lists(compliance, max_size=1),
    profiles(),
).map(lambda parts: [each for part in parts for each in part])


# Live objects


@st.composite
def live_targets(draw: st.DrawFn, group: str) -> dict[str, Any]:
    """One target of the group, all users or all devices, in one of its encodings."""
    virtual = {USERS: "allLicensedUsers", DEVICES: "allDevices"}
    if group in virtual and draw(st.booleans()):
        target: dict[str, Any] = {"@odata.type": f"{GRAPH}{virtual[group]}AssignmentTarget"}
    elif group not in virtual and draw(st.integers(0, 3)) == 0:
        return {"@odata.type": f"{GRAPH}exclusionGroupAssignmentTarget", "groupId": group}
    else:
        target = {"@odata.type": f"{GRAPH}groupAssignmentTarget", "groupId": group}
    chosen = draw(st.sampled_from((None, (None, "none"), (ZERO, "none"), (FILTERS["Personal"].upper(), "include"))))
    if chosen:
        id_member, type_member = (f"deviceAndAppManagementAssignmentFilter{word}" for word in ("Id", "Type"))
        target |= {id_member: chosen[0], type_member: chosen[1]}
    return target


_settings = st.none() | st.one_of(
    st.fixed_dictionaries(
        {
            "@odata.type": st.just(f"{GRAPH}iosStoreAppAssignmentSettings"),
            "vpnConfigurationId": st.sampled_from((None, "55555555-0000-4000-8000-000000000001")),
            "uninstallOnDeviceRemoval": maybe,
            "isRemovable": maybe,
            "preventManagedAppBackup": maybe,
        }
    ),
    st.just({"@odata.type": f"{GRAPH}iosDdmStoreAppAssignmentSettings", "associatedDomains": []}),
)


@st.composite
def assigned(draw: st.DrawFn, *, app: bool = False, sources: tuple[str, ...] = ("direct",)) -> list[dict[str, Any]]:
    """Assignments of one object; a group has one at most, as no group can be on both sides."""
    found: list[dict[str, Any]] = []
    for group in draw(st.lists(st.sampled_from((USERS, DEVICES, *GROUPS.values())), max_size=4, unique=True)):
        entry: dict[str, Any] = {"id": f"{group}/{len(found)}", "target": draw(live_targets(group))}
        if sources:
            entry |= {"source": draw(st.sampled_from(sources)), "sourceId": None}
        if app:
            excluded = "exclusion" in entry["target"]["@odata.type"]
            entry |= {"intent": draw(st.sampled_from(INTENTS)), "settings": None if excluded else draw(_settings)}
        found.append(entry)
    return found


def marked(kind: str, name: str) -> st.SearchStrategy[str | None]:
    """A text with our marker, with somebody else's on a shared object, or with none."""
    line = f"[reconciler owner=contoso kind={kind} name={name}]"
    return st.tuples(descriptions, st.sampled_from(("", line))).map(
        lambda pair: "\n".join(part for part in pair if part) or None
    )


SOURCES = ("direct", "direct", "policySets")
_live_pairs = st.lists(
    st.sampled_from(
        (
            {
                "@odata.type": f"{GRAPH}keyStringValuePair",
                "key": "device_registration",
                "value": "{{DEVICEREGISTRATION}}",
            },
            {
                "@odata.type": f"{GRAPH}keyStringValuePair",
                "key": "device_registration",
                "value": "{{DEVICEREGISTRATION}} ",
            },
            {"@odata.type": f"{GRAPH}keyIntegerValuePair", "key": "browser_sso_interaction_enabled", "value": 1},
            {"@odata.type": f"{GRAPH}keyStringValuePair", "key": "browser_sso_interaction_enabled", "value": "1"},
            {"@odata.type": f"{GRAPH}keyStringValuePair", "key": "AppPrefixAllowList", "value": "com.apple."},
            {"@odata.type": f"{GRAPH}keyBooleanValuePair", "key": "prompt", "value": True},
        )
    ),
    max_size=4,
)
_extensions = st.none() | st.builds(
    lambda shared, ids, pairs: {
        "@odata.type": f"{GRAPH}iosAzureAdSingleSignOnExtension",
        "enableSharedDeviceMode": shared,
        "bundleIdAccessControlList": ids,
        "configurations": pairs,
    },
    st.booleans(),
    st.lists(st.sampled_from(("com.b", "com.a")), max_size=2, unique=True),
    _live_pairs,
)
live_policies = st.builds(
    lambda text, extension, tags, whole: {
        **OBJECTS["policy"],
        "description": text,
        "iosSingleSignOnExtension": extension,
        "roleScopeTagIds": tags,
        "assignments": whole,
    },
    marked("JitSsoPolicy", "ios"),
    _extensions,
    st.lists(st.sampled_from(("0", "7")), min_size=1, max_size=2, unique=True),
    assigned(sources=SOURCES),
)
OTHERS = "[reconciler owner=fabrikam kind=AuthenticatorAssignment name=theirs pairs=7e5185e0,deadbeef]"
OURS = "[reconciler owner=contoso kind=AuthenticatorAssignment name=store pairs=64246196,7e5185e0,c00174bc]"


def _of_teams(line: str, name: str) -> str:
    """The marker of the app of the first sign-in, after that of Authenticator."""
    return line.replace("AuthenticatorAssignment", "AppAssignment").replace(f"name={name}", "name=teams")


live_apps = st.builds(
    lambda notes, whole: {**OBJECTS["store-app"], "notes": "\n".join(notes) or None, "assignments": whole},
    st.lists(st.sampled_from(("Shared app", OURS, OTHERS)), max_size=3, unique=True),
    assigned(app=True, sources=SOURCES),
)
live_first_apps = st.builds(
    lambda notes, whole: {**OBJECTS["teams"], "notes": "\n".join(notes) or None, "assignments": whole},
    st.lists(st.sampled_from(("Shared app", _of_teams(OURS, "store"), _of_teams(OTHERS, "theirs"))), unique=True),
    assigned(app=True, sources=SOURCES),
)
OTHER_TARGETS = "[reconciler owner=fabrikam kind=CompliancePolicyAssignment name=theirs pairs=643f4795]"
OUR_TARGETS = (
    "[reconciler owner=contoso kind=CompliancePolicyAssignment name=baseline pairs=1e9b427d,2b4ccca9,643f4795]"
)
live_compliance = st.builds(
    lambda text, whole: {**OBJECTS["compliance"], "description": "\n".join(text) or None, "assignments": whole},
    st.lists(st.sampled_from(("Shared policy", OUR_TARGETS, OTHER_TARGETS)), unique=True),
    assigned(sources=SOURCES),
)
live_clips = st.builds(
    lambda notes, text, browser, full, tags, whole: {
        **OBJECTS["web-clip"],
        "notes": notes,
        "description": text,
        "useManagedBrowser": browser,
        "fullScreenEnabled": full,
        "roleScopeTagIds": tags,
        "assignments": whole,
    },
    marked("WebClip", "portal"),
    descriptions,
    st.booleans(),
    maybe,
    st.lists(st.sampled_from(("0", "7")), min_size=1, max_size=2, unique=True),
    assigned(app=True, sources=SOURCES),
)
_graph_types = st.sampled_from(("device", "user", "accountDrivenUserEnrollment", "webDeviceEnrollment"))


@st.composite
def live_profiles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Profiles with numbers that have gaps, some marked, some nobody's."""
    names = draw(st.lists(st.sampled_from(("p1", "p2", "p3", "x", "y")), max_size=4, unique=True))
    numbers = draw(st.lists(st.integers(0, 9), min_size=len(names), max_size=len(names), unique=True))
    return [
        {
            **OBJECTS["profile"],
            "id": f"bbbbbbbb-0000-4000-8000-00000000000{index}",
            "displayName": name.upper(),
            "description": draw(marked("EnrollmentProfile", name) if name[0] == "p" else descriptions),
            "priority": number,
            "defaultEnrollmentType": draw(_graph_types),
            "availableEnrollmentTypeOptions": draw(
                st.lists(
                    st.builds(
                        lambda owner, kind: {"ownerType": owner, "enrollmentType": kind},
                        st.sampled_from(("personal", "company")),
                        _graph_types,
                    ),
                    max_size=2,
                )
            ),
            "assignments": draw(assigned(sources=())),
        }
        for index, (name, number) in enumerate(zip(names, numbers, strict=True))
    ]


tenants = st.fixed_dictionaries(
    {
        "deviceFeatures": st.lists(live_policies, max_size=1),
        "storeApps": st.tuples(st.lists(live_apps, max_size=1), st.lists(live_first_apps, max_size=1)).map(
            lambda both: [*both[0], *both[1]]
        ),
        "compliancePolicies": st.lists(live_compliance, max_size=1),
        "webClips": st.lists(live_clips, max_size=1),
        "enrollmentProfiles": live_profiles(),
    }
)
