"""A sanitised copy of what a plan reads of a tenant: what is in it, how it is sealed, whether it may be planned from.

Made by `engine.snapshot` and `cli.snapshot`; a seed of the embedded Graph, which is how `plan --live` reads it. Only
properties that decide a plan, a rule or the chain are in it (`KEPT`), people are counted by the groups that they are
in, and what could not be read stands there as unreadable. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

from . import __version__, sanitised
from .canonical import digest
from .diagnostics import Diagnostic, Severity
from .model import Json, JsonObject
from .plan import instant
from .spec.schema import check_value

RULES: Final = {
    "SNAPSHOT101": "The file is not a snapshot.",
    "SNAPSHOT102": "The snapshot was changed after it was written.",
    "SNAPSHOT103": "The snapshot is of a format that this version does not know.",
    "SNAPSHOT104": "The snapshot is of another tenant.",
    "SNAPSHOT105": "The snapshot is older than a day, or dated in the future.",
    "SNAPSHOT106": "Values are masked in the snapshot.",
    "SNAPSHOT107": "The snapshot was made before the specs named a group.",
    "SNAPSHOT108": "The snapshot was made by a person, who may see a part of the tenant only.",
}
FORMAT_VERSION: Final = 1
STALE: Final = timedelta(hours=24)
"""From this age on a snapshot warns."""
_SKEW = timedelta(minutes=10)
RETRIED: Final = frozenset({401, 408, 429})
"""Of the statuses that refuse a request those after which it is sent again."""
MAX_MEMBERSHIPS: Final = 5_000_000
"""Of all people together; each is made up anew where a snapshot is planned from."""
_EVERYWHERE = frozenset({"id", "@odata.type", "displayName", "description", "roleScopeTagIds"})
_ASSIGNMENT = frozenset({"@odata.type", "id", "intent", "settings", "source", "sourceId", "target"})
KEPT: Final[Mapping[str, frozenset[str]]] = {
    "deviceManagement/assignmentFilters": frozenset(
        {"platform", "rule", "assignmentFilterManagementType", "roleScopeTags", "payloads"}
    ),
    "deviceManagement/deviceConfigurations": frozenset({"iosSingleSignOnExtension", "singleSignOnExtension"}),
    "deviceManagement/deviceCompliancePolicies": frozenset(),
    "deviceManagement/appleUserInitiatedEnrollmentProfiles": frozenset(
        {"platform", "priority", "defaultEnrollmentType", "availableEnrollmentTypeOptions"}
    ),
    "deviceManagement/configurationPolicies": frozenset(
        {"name", "platforms", "technologies", "creationSource", "settings"}
    ),
    "deviceManagement/depOnboardingSettings": frozenset({"tokenName", "enrollmentProfiles"}),
    "deviceManagement/roleScopeTags": frozenset({"isBuiltIn"}),
    "deviceAppManagement/mobileApps": frozenset(
        {
            "appStoreUrl", "appUrl", "bundleId", "fullScreenEnabled", "ignoreManifestScope", "notes",
            "preComposedIconEnabled", "publisher", "targetApplicationBundleIdentifier", "useManagedBrowser",
            "vppTokenDisplayName",
        }
    ),
    "groups": frozenset({"membershipRule", "visibility"}),
}  # fmt: skip
"""By collection, as seeds name it: the properties that a snapshot holds, beside those of every object."""
_PROFILE = frozenset(
    {"requiresUserAuthentication", "enableSingleAppEnrollmentMode", "userlessSharedAadModeEnabled", "isDefault"}
)
"""Of a profile of automated enrollment."""
_SHOWN: Final[Mapping[str, Callable[[Json], Json]]] = {
    "iosSingleSignOnExtension": sanitised.extension,
    "membershipRule": sanitised.membership_rule,
    "rule": sanitised.filter_rule,
    "singleSignOnExtension": sanitised.extension,
}
"""Properties of which a part is kept."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A request that was not answered: what is behind it is not known, and never absent."""

    path: str
    """With version, decoded, without query."""
    status: int
    code: str | None
    message: str

    def to_json(self) -> JsonObject:
        """As snapshots hold it."""
        return {"path": self.path, "status": self.status, "code": self.code, "message": sanitised.text(self.message)}


@dataclass(frozen=True, slots=True)
class People:
    """Who is in the groups that count, as numbers."""

    everyone: int | None = None
    """How many the tenant has; None where that could not be read."""
    classes: Mapping[frozenset[str], int] = field(default_factory=dict)
    """Groups by id -> how many people are in exactly these of them."""
    devices: frozenset[str] = frozenset()
    """Groups that hold devices too."""

    def to_json(self) -> JsonObject:
        """As snapshots hold it, in an order that follows from the content."""
        ordered = sorted((sorted(groups), count) for groups, count in self.classes.items())
        classes: list[Json] = [{"groups": [*groups], "people": count} for groups, count in ordered]
        return {"everyone": self.everyone, "classes": classes, "devices": [*sorted(self.devices)]}


@dataclass(frozen=True, slots=True)
class Asked:
    """The groups that were looked up, whether there are any or not: by what the tenant calls them, and by id."""

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def __sub__(self, other: Asked) -> Asked:
        return Asked(self.names - other.names, self.ids - other.ids)

    def __bool__(self) -> bool:
        return bool(self.names or self.ids)

    def to_json(self) -> JsonObject:
        """As snapshots hold it."""
        return {"names": [*sorted(self.names)], "ids": [*sorted(self.ids)]}


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read of a tenant. Objects are raw, with their assignments and what they contain."""

    collections: Mapping[str, Sequence[JsonObject]]
    people: People = People()
    unreadable: Sequence[Unreadable] = ()
    asked: Asked = Asked()


def document(taken: Taken, *, tenant: str, tenant_id: str, at: datetime, delegated: bool) -> JsonObject:
    """The snapshot, sealed. `delegated`: it was read as a person, not as an application."""
    shown = {path: _objects(path, held) for path, held in sorted(taken.collections.items())}
    collections: JsonObject = {path: [*held] for path, held in shown.items()}
    content: JsonObject = {
        "formatVersion": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": __version__},
        "createdAt": instant(at),
        "tenant": tenant,
        "tenantId": tenant_id,
        "delegated": delegated,
        "complete": not taken.unreadable,
        "masked": sum(sanitised.masks([*value]) for value in shown.values()),
        "collections": collections,
        "people": taken.people.to_json(),
        "lookedUp": taken.asked.to_json(),
        "unreadable": [each.to_json() for each in sorted(taken.unreadable, key=lambda u: (u.path, u.status))],
    }
    return {**content, "digest": digest(content)}


def _objects(path: str, held: Sequence[JsonObject]) -> list[JsonObject]:
    return sorted((_object(path, each) for each in held), key=lambda each: str(each["id"]))


def _object(path: str, raw: JsonObject) -> JsonObject:
    """What is kept of an object, with what may be secret or name a person masked."""
    known = KEPT[path] | _EVERYWHERE
    kept: JsonObject = {name: raw[name] for name in sorted(known & raw.keys()) if raw[name] is not None}
    if isinstance(listed := raw.get("assignments"), list):
        kept["assignments"] = [_only(each, _ASSIGNMENT) for each in listed]
    if isinstance(listed := kept.get("settings"), list):
        kept["settings"] = sanitised.settings(listed)
    if isinstance(listed := kept.get("enrollmentProfiles"), list):
        kept["enrollmentProfiles"] = [_only(each, _PROFILE | _EVERYWHERE) for each in listed]
    return sanitised.sanitised({name: _SHOWN.get(name, _as_it_is)(value) for name, value in kept.items()})


def _as_it_is(value: Json) -> Json:
    return value


def _only(raw: Json, names: frozenset[str]) -> Json:
    return {name: raw[name] for name in sorted(names & raw.keys())} if isinstance(raw, dict) else {}


# Bytes


def to_bytes(shown: JsonObject) -> bytes:
    """The bytes of a snapshot, to be read and compared by people. Equal snapshots have equal bytes."""
    return (json.dumps(shown, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def from_bytes(data: bytes) -> tuple[JsonObject | None, list[Diagnostic]]:
    """A snapshot, whole and unchanged; or why the bytes are none."""
    try:
        shown = json.loads(
            data, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=lambda text: _finite(float(text))
        )
    except (ValueError, RecursionError):
        return None, [_refused("SNAPSHOT101", "this is not a snapshot", _WHERE)]
    if not isinstance(shown, dict) or not {"formatVersion", "collections", "people", "digest"} <= shown.keys():
        return None, [_refused("SNAPSHOT101", "this is not a snapshot", _WHERE)]
    if shown["formatVersion"] != FORMAT_VERSION:
        message = f"the snapshot is of format {str(shown['formatVersion'])[:40]}, this version knows {FORMAT_VERSION}"
        return None, [_refused("SNAPSHOT103", message, "take it again with this version")]
    if digest({key: value for key, value in shown.items() if key != "digest"}) != shown["digest"]:
        return None, [_refused("SNAPSHOT102", "the snapshot was changed after it was written", "take it again")]
    if damage := _damage(shown):
        return None, [_refused("SNAPSHOT101", f"the snapshot is damaged at {damage}", _WHERE)]
    return shown, []


def _damage(shown: JsonObject) -> str | None:
    """What `snapshot` never writes: whoever changes a snapshot can seal it again, so all of it is foreign."""
    if problems := check_value("snapshot", shown):
        path, message = problems[0]
        return f"{path or '/'}: {message}"
    try:
        json.dumps(shown, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "/: a text holds half a character"
    unreadable: Any = shown["unreadable"]
    if any(each["status"] in RETRIED for each in unreadable):
        return "/unreadable: a request that would be tried again"
    people: Any = shown["people"]
    if sum(each["people"] * len(each["groups"]) for each in people["classes"]) > MAX_MEMBERSHIPS:
        return f"/people: more than {MAX_MEMBERSHIPS:,} memberships, which nothing here can count"
    return None


_WHERE = "make one with `reconciler snapshot --out FILE`"


def check(shown: JsonObject, *, tenant: str, tenant_id: str | None, now: datetime) -> list[Diagnostic]:
    """What is to be said of a snapshot before it is planned from: errors refuse it."""
    if tenant_id is not None and str(shown["tenantId"]).casefold() != tenant_id.casefold():
        message = f"the snapshot is of tenant {shown['tenantId']}, and {tenant} is {tenant_id}"
        return [_refused("SNAPSHOT104", message, "choose its tenant with --tenant, or take a snapshot of this one")]
    return [*_age(shown, now), *_limits(shown)]


def _age(shown: JsonObject, now: datetime) -> list[Diagnostic]:
    made = datetime.fromisoformat(str(shown["createdAt"]))
    if made > now + _SKEW:
        message = f"the snapshot is dated in the future, {shown['createdAt']}"
        return [_warning("SNAPSHOT105", message, "set the clock of one of the machines right")]
    hours = int((now - made) / timedelta(hours=1))
    if now - made < STALE:
        return []
    old = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    message = f"the snapshot is {old} old: the tenant may have changed since"
    return [_warning("SNAPSHOT105", message, "take it again: `reconciler snapshot`")]


def _limits(shown: JsonObject) -> list[Diagnostic]:
    found = []
    if count := shown["masked"]:
        message = f"{count} {'value is' if count == 1 else 'values are'} masked in the snapshot"
        detail = "a field that holds one shows as changed although it may not be"
        found.append(Diagnostic(Severity.INFO, "SNAPSHOT106", message, detail))
    if shown["delegated"] is True:
        message = "the snapshot was made by a person, who may see a part of the tenant only"
        found.append(_warning("SNAPSHOT108", message, "take it with an application's identity"))
    return found


def looked_up(shown: JsonObject) -> Asked:
    """The groups that the snapshot answers for."""
    listed: Any = shown["lookedUp"]
    return Asked(frozenset(listed["names"]), frozenset(listed["ids"]))


def not_known(finding: Diagnostic, unknown: Asked) -> Diagnostic:
    """The finding, where it rests on a group that nobody looked for: it is not known to be absent."""
    if not finding.rule.startswith("NAME"):
        return finding
    said = f"{finding.message} {finding.detail}"
    name = next((n for n in unknown.names if finding.message == f"no group is called {n!r}"), None)
    which = repr(name) if name is not None else next((i for i in sorted(unknown.ids) if i in said), None)
    if which is None:
        return finding
    return replace(finding, rule="SNAPSHOT107", message=f"the snapshot does not have the group {which}", detail=_AGAIN)


_AGAIN = "whether it exists is not known: take the snapshot again with these specs"


def source(shown: JsonObject) -> JsonObject:
    """What a plan says of the snapshot that it was made from."""
    return {"snapshot": shown["digest"], "createdAt": shown["createdAt"]}


def _refused(rule: str, message: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, rule, message, detail)


def _warning(rule: str, message: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, rule, message, detail)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(number: float) -> float:
    return number if isfinite(number) else float(_no_number(str(number)))
