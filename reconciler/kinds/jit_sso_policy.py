"""`JitSsoPolicy`: the SSO app extension policy (Microsoft Entra ID type) that makes just-in-time registration work.

One `iosDeviceFeaturesConfiguration` with an `iosAzureAdSingleSignOnExtension`. Graph replaces that nested object
whole, so it is always sent whole: what the spec mentions exactly as written, the rest carried over from the live one.
Rules about the pairs: Microsoft's article "Set up just-in-time registration in Microsoft Intune".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..assignments import Target, is_direct, live_targets, read_target, write_target
from ..diagnostics import Diagnostic, Severity
from ..facts import REGISTRATION_KEY, REGISTRATION_VALUE, SAFARI_KEY, Fact, SsoPolicy
from ..identity import find, owned_by
from ..kind import Canonical, Comparison, Expressed, Kind, Operation, Phase, Subject, Verb, World
from ..live import Collection, Live
from ..model import Json, JsonObject
from . import common, expressing, settings_catalog, sso_extension
from .reassign import whole
from .sso_extension import EXTENSION, extension_of, live_pairs, objects, read_pair, write_pair

COLLECTION = Collection(
    "deviceFeatures",
    "/beta/deviceManagement/deviceConfigurations",
    "$filter=isof(%27microsoft.graph.iosDeviceFeaturesConfiguration%27)",
    assignments="expanded",
    read_permissions=("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    write_permissions=("DeviceManagementConfiguration.ReadWrite.All",),
)
TYPE = "#microsoft.graph.iosDeviceFeaturesConfiguration"
ASSIGNMENT = "#microsoft.graph.deviceConfigurationAssignment"
_SECRET = re.compile(
    r"passw|secret|credential|private.?key|api.?key|(?:access|refresh|auth|bearer).?token", re.IGNORECASE
)
_SSO_FIELDS = ("jitRegistration", "safariSso", "sharedDeviceMode", "appBundleIds", "additionalConfiguration")


def _wanted_pairs(spec: JsonObject) -> dict[str, Json]:
    """The SSO fields as the spec wants them; the two pairs may be switches or be written out by hand.

    Of pairs by hand that are not exact, doubled or contradicted by a switch the rules have told (`rules.sso_rules`).
    """
    wanted: dict[str, Json] = {
        "jitRegistration": spec.get("jitRegistration", True),
        "safariSso": spec.get("safariSso", True),
    }
    others: list[JsonObject] = []
    for entry in objects(spec.get("additionalConfiguration")):
        if entry["key"] == REGISTRATION_KEY:
            wanted["jitRegistration"] = True
        elif entry["key"] == SAFARI_KEY:
            wanted["safariSso"] = entry["value"] == 1
        else:
            others.append({"key": entry["key"], "type": entry["type"], "value": entry["value"]})
    if "sharedDeviceMode" in spec:
        wanted["sharedDeviceMode"] = spec["sharedDeviceMode"]
    if "appBundleIds" in spec:
        wanted["appBundleIds"] = _bundle_ids(spec["appBundleIds"])
    if "additionalConfiguration" in spec:
        wanted["additionalConfiguration"] = _by_key(others)
    return wanted


def _exact(entry: JsonObject, kind: str, value: Json) -> bool:
    return entry["type"] == kind and entry["value"] == value and not isinstance(entry["value"], bool)


def _found_pairs(live: JsonObject) -> dict[str, Json]:
    """The SSO fields as they are live; a pair that is not exact, or there twice, shows as it is."""
    extension = extension_of(live)
    entries = [read_pair(pair) for pair in live_pairs(extension)]
    return {
        "jitRegistration": _switch(
            [e for e in entries if e["key"] == REGISTRATION_KEY], "string", {REGISTRATION_VALUE: True}
        ),
        "safariSso": _switch([e for e in entries if e["key"] == SAFARI_KEY], "integer", {1: True, 0: False}),
        "sharedDeviceMode": extension.get("enableSharedDeviceMode") is True,
        "appBundleIds": _bundle_ids(extension.get("bundleIdAccessControlList")),
        "additionalConfiguration": _by_key([e for e in entries if e["key"] not in (REGISTRATION_KEY, SAFARI_KEY)]),
    }


def _switch(entries: list[JsonObject], kind: str, meanings: Mapping[str | int, bool]) -> Json:
    """What the live entries of one key mean: a switch where there is one and it is exact, null where there is none."""
    if len(entries) != 1:
        return [*entries] or None
    return next((on for value, on in meanings.items() if _exact(entries[0], kind, value)), entries[0])


def _bundle_ids(value: Json) -> list[Json]:
    return common.texts(value) if isinstance(value, list) else []


def _by_key(pairs: list[JsonObject]) -> list[Json]:
    return [*sorted(pairs, key=lambda pair: str(pair["key"]))]


def compare(subject: Subject) -> Comparison:
    """Both sides, restricted to what the spec mentions, the marker, and the two pairs that the kind is for."""
    spec, names = subject.spec, subject.world.names
    wanted: dict[str, Json] = {key: spec[key] for key in ("displayName",) if key in spec}
    if "description" in spec:
        wanted["description"] = common.wanted_text(spec["description"])
    problems: list[Diagnostic] = []
    wanted |= _wanted_pairs(spec)
    if "scopeTags" in spec:
        wanted["scopeTags"], tag_problems = common.scope_tags_wanted(subject)
        problems += tag_problems
    targets: list[Target] = []
    if "assignments" in spec:
        found, target_problems = subject.targets()
        targets, given = _ours(subject, [target for target, _, _ in found])
        problems += given
        wanted["assignments"] = common.shown_assignments(targets, names)
        problems += target_problems
    wanted[common.MARKER] = common.marker_of(subject, "description").line()
    problems += [*_other_extension(subject), *_shared_mode(subject)]
    return Comparison(wanted, _found(subject, wanted), tuple(problems), basis=targets)


def _ours(subject: Subject, targets: list[Target]) -> tuple[list[Target], list[Diagnostic]]:
    """The targets without those that a policy set assigns already: the service holds each target once."""
    live = subject.live.assignments if subject.live else ()
    theirs = {target.key: target for target in (read_target(a.get("target")) for a in live if not is_direct(a))}
    ours = {target.key for target in live_targets(live)}
    taken = [target for target in targets if target.key in theirs and target.key not in ours]
    problems = [subject.in_policy_set(t) for t in taken if t != theirs[t.key]]
    return [target for target in targets if target not in taken], problems


def _found(subject: Subject, wanted: Canonical) -> Canonical:
    if subject.live is None:
        return {}
    body, names = subject.live.body, subject.world.names
    found: dict[str, Json] = {
        "displayName": body.get("displayName"),
        "description": common.text_of(body.get("description")),
        **_found_pairs(body),
        "scopeTags": common.scope_tags_found(body.get("roleScopeTagIds"), names),
        "assignments": common.shown_assignments(live_targets(subject.live.assignments), names),
        common.MARKER: common.marker_line(subject, "description"),
    }
    return {key: found[key] for key in wanted}


def _other_extension(subject: Subject) -> list[Diagnostic]:
    """An extension of another type is somebody's Kerberos or redirect set-up: never replaced by the way."""
    kind = extension_of(subject.live.body).get("@odata.type") if subject.live else None
    if kind is None or "#" + str(kind).lstrip("#") == EXTENSION:
        return []
    return [
        subject.problem(
            "JIT102",
            f"the live policy holds an SSO extension of another type ({kind})",
            "give this spec another displayName or pin, so that a policy of its own is made",
        )
    ]


def _shared_mode(subject: Subject) -> list[Diagnostic]:
    """Shared device mode that is on and that the spec does not mention stays on; it is nothing for personal devices."""
    live = extension_of(subject.live.body) if subject.live else {}
    if live.get("enableSharedDeviceMode") is not True or "sharedDeviceMode" in subject.spec:
        return []
    found = subject.problem(
        "JIT213",
        "shared device mode is on in the live policy, and people's own devices must not have it",
        "write sharedDeviceMode: false; or true, if the policy is for shared devices that are enrolled automatically",
    )
    return [replace(found, severity=Severity.WARNING)]


def _shows(live: Live) -> Fact | None:
    """An SSO policy in either of its two forms. Of the other policies of the catalog other kinds may tell."""
    if live.collection.key != settings_catalog.COLLECTION.key:
        return sso_extension.shown(live)
    found = settings_catalog.shows(live)
    return found if isinstance(found, SsoPolicy) else None


def expresses(live: Live, world: World) -> Expressed | None:
    """A live policy; None for one of other device features, without an SSO extension.

    A pair that stands for a switch and is not exact is written out by hand, as it is: the rules tell what is wrong.
    """
    extension = extension_of(live.body)
    other = extension or extension_of(live.body, sso_extension.DEPRECATED)
    if not (other or owned_by(live, "description", world.owners)):
        return None
    draft = expressing.Draft(world)
    expressing.described(draft, live)
    if other and not _is_ours(extension):
        draft.problems[""] = f"its SSO extension is of another type ({_type_told(other, deprecated=not extension)})"
    found = _found_pairs(live.body)
    by_hand = [entry for name in ("jitRegistration", "safariSso") for entry in _switch_said(draft, name, found[name])]
    draft.say("sharedDeviceMode", found["sharedDeviceMode"], usual=[False])
    draft.say("appBundleIds", found["appBundleIds"], usual=[[]])
    draft.say("additionalConfiguration", [*by_hand, *objects(found["additionalConfiguration"])], usual=[[]])
    _unsayable_pairs(draft, extension)
    expressing.scope_tags(draft, live.body.get("roleScopeTagIds"))
    expressing.assignments(draft, live_targets(live.assignments), live)
    return draft.done(live.display_name)


def _is_ours(extension: JsonObject) -> bool:
    return "#" + str(extension.get("@odata.type")).lstrip("#") == EXTENSION


def _type_told(extension: JsonObject, *, deprecated: bool) -> str:
    where = f", in the deprecated property {sso_extension.DEPRECATED}" if deprecated else ""
    return str(extension.get("@odata.type")).rpartition(".")[2] + where


def _switch_said(draft: expressing.Draft, name: str, found: Json) -> list[JsonObject]:
    """A switch as its pair has it; the pairs themselves where they are not exact, or several."""
    if found is None or isinstance(found, bool):
        draft.say(name, found)
        return []
    return objects(found if isinstance(found, list) else [found])


def _unsayable_pairs(draft: expressing.Draft, extension: JsonObject) -> None:
    """Pairs of a type that specs have no word for, and what looks like a secret: specs are files that many read."""
    entries = [read_pair(pair) for pair in live_pairs(extension)]
    if strange := [entry for entry in entries if str(entry["type"]).startswith("#")]:
        key, kind = strange[0]["key"], str(strange[0]["type"]).rpartition(".")[2]
        draft.problems["additionalConfiguration"] = (
            f"the value of {key!r} has a type that specs have no word for: {kind}"
        )
    if secret := [entry for entry in entries if _SECRET.search(str(entry["key"])) and isinstance(entry["value"], str)]:
        draft.problems["additionalConfiguration"] = (
            f"{secret[0]['key']!r} looks like a secret, which no file of a repository should hold"
        )


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """POST or PATCH with only what differs, then `/assign` with the full set."""
    changed = set(comparison.changed)
    operations: list[Operation] = []
    body = _body(subject, comparison, changed)
    if subject.live is None:
        operations.append(Operation(Verb.CREATE, "POST", COLLECTION.path, body))
    elif len(body) > 1:
        operations.append(Operation(Verb.UPDATE, "PATCH", COLLECTION.item_path(subject.id), body))
    if "assignments" in changed and (subject.live or comparison.basis):
        operations += _assign(subject, comparison.basis)
    return operations


def _body(subject: Subject, comparison: Comparison, changed: set[str]) -> JsonObject:
    body: JsonObject = {"@odata.type": TYPE}
    if "displayName" in changed:
        body["displayName"] = comparison.wanted["displayName"]
    if changed & {"description", common.MARKER}:
        body["description"] = common.marked_text(subject, "description", common.marker_of(subject, "description"))
    if "scopeTags" in changed:
        body["roleScopeTagIds"] = common.scope_tag_ids(subject)
    if changed & set(_SSO_FIELDS):
        body["iosSingleSignOnExtension"] = _new_extension(subject, comparison.wanted)
    return body


def _new_extension(subject: Subject, wanted: Canonical) -> JsonObject:
    """The whole extension: the live one, with what the spec manages replaced."""
    live = extension_of(subject.live.body) if subject.live else {}
    managed = {REGISTRATION_KEY, SAFARI_KEY}
    kept = [pair for pair in live_pairs(live) if pair.get("key") not in managed]
    if "additionalConfiguration" in wanted:
        kept = [write_pair(entry) for entry in objects(wanted["additionalConfiguration"])]
    pairs: list[JsonObject] = []
    if wanted["jitRegistration"] is True:  # else a waiver tolerates that it is not there
        pairs.append(write_pair({"key": REGISTRATION_KEY, "type": "string", "value": REGISTRATION_VALUE}))
    if wanted["safariSso"] is not None:
        pairs.append(write_pair({"key": SAFARI_KEY, "type": "integer", "value": int(wanted["safariSso"] is True)}))
    extension: JsonObject = {"enableSharedDeviceMode": False, "bundleIdAccessControlList": []}
    extension |= {key: value for key, value in live.items() if key != "configurations"}
    if "sharedDeviceMode" in wanted:
        extension["enableSharedDeviceMode"] = wanted["sharedDeviceMode"]
    if "appBundleIds" in wanted:
        extension["bundleIdAccessControlList"] = wanted["appBundleIds"]
    return {**extension, "@odata.type": EXTENSION, "configurations": [*pairs, *kept]}


def _assign(subject: Subject, wanted: list[Target]) -> list[Operation]:
    """`/assign` replaces the set, so it always gets all of it: what a policy set assigned is carried over unharmed."""
    live = subject.live.assignments if subject.live else ()
    foreign = [common.carried(a, ASSIGNMENT) for a in live if not is_direct(a)]
    kept = {read_target(a.get("target")): common.carried(a, ASSIGNMENT) for a in live if is_direct(a)}
    found = {target.key: common.Entry(body, target) for target, body in kept.items()}
    final = {
        target.key: common.Entry(kept.get(target) or _assignment(target), target, target not in kept)
        for target in sorted(set(wanted), key=lambda t: (t.key, str(t.filter)))
    }
    calls = common.assign_calls(found, final)
    if not calls and len(kept) > len(found):  # one target twice, with different filters: one of them is not wanted
        calls = [(Phase.SHRINK, [entry.body for entry in final.values()])]
    path = COLLECTION.item_path(subject.id) + "/assign"
    return [
        Operation(Verb.ASSIGN, "POST", path, {"assignments": [*foreign, *bodies]}, phase) for phase, bodies in calls
    ]


def _assignment(target: Target) -> JsonObject:
    return {"@odata.type": ASSIGNMENT, "target": write_target(target)}


_WRITABLE = frozenset({
    "displayName", "description", "roleScopeTagIds", "iosSingleSignOnExtension", "singleSignOnExtension",
    "singleSignOnSettings", "airPrintDestinations", "assetTagTemplate", "contentFilterSettings", "homeScreenDockIcons",
    "homeScreenGridHeight", "homeScreenGridWidth", "homeScreenPages", "lockScreenFootnote", "notificationSettings",
    "wallpaperDisplayLocation", "wallpaperImage", "deviceManagementApplicabilityRuleDeviceMode",
    "deviceManagementApplicabilityRuleOsEdition", "deviceManagementApplicabilityRuleOsVersion",
})  # fmt: skip
"""Microsoft Graph: the properties of iosDeviceFeaturesConfiguration and its base types that are not read-only."""

JIT_SSO_POLICY = Kind(
    name="JitSsoPolicy",
    collections=(COLLECTION,),
    find=lambda desired, world: find(desired, world, (COLLECTION,), marker_field="description"),
    compare=compare,
    write=write,
    marker_field="description",
    odata_type=TYPE,
    reassign=whole("assignments", ASSIGNMENT),
    writable=_WRITABLE,
    prepares=frozenset({"EnrollmentProfile"}),
    nouns=(SsoPolicy,),
    also_reads=(settings_catalog.COLLECTION,),
    declares=sso_extension.declared,
    shows=_shows,
    carries=sso_extension.carried,
    expresses=expresses,
)
