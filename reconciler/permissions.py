"""The Graph permissions that specs need, to plan and to apply, and what a token has too few or too many of.

Pure. `cli.permissions` shows them, `engine.preflight` holds a token against them before the first write, `cli.online`
logs those that are far more than any run needs. What a kind's collections need they declare themselves
(`live.Collection`); what names and counts need stands here. Source of every line: the "Permissions" section of the
operation in the Microsoft Graph reference. Application and delegated permissions bear the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from .assignments import wanted_targets
from .doctor import sources as doctor
from .kind import Kind
from .live import Collection
from .model import Json, JsonObject
from .spec.load import Desired

GROUPS = (
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
"""Sources: "List groups", "List group transitive members"."""
USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
"""Source: "List users". User.ReadBasic.All is not among those that an application may do it with."""
_CONFIGURATION = ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All")
FILTERS = _CONFIGURATION
"""Source: "List assignmentFilters"."""
SCOPE_TAGS = (*_CONFIGURATION, "DeviceManagementRBAC.Read.All", "DeviceManagementRBAC.ReadWrite.All")
"""Source: "List roleScopeTags" (beta)."""
APPROVALS = SCOPE_TAGS
"""Source: "List operationApprovalPolicies" (beta)."""
AUDIT_EVENTS = ("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All")
"""Source: "List auditEvents"."""
DIRECTORY_AUDITS = ("AuditLog.Read.All",)
"""Source: "List directoryAudits", which asks for Directory.Read.All beside it."""

DANGEROUS: Mapping[str, str] = {
    "AppRoleAssignment.ReadWrite.All": "grants any permission to any application",
    "Application.ReadWrite.All": "adds credentials to any application, and so becomes it",
    "DeviceManagementManagedDevices.PrivilegedOperations.All": "wipes devices",
    "DeviceManagementManagedDevices.ReadWrite.All": "retires and deletes devices",
    "DeviceManagementRBAC.ReadWrite.All": "changes who may do what in Intune",
    "DeviceManagementScripts.ReadWrite.All": "runs scripts on devices",
    "Directory.ReadWrite.All": "writes the whole directory",
    "Group.ReadWrite.All": "changes every group, those that other access hangs on too",
    "GroupMember.ReadWrite.All": "changes who is in every group",
    "Policy.ReadWrite.ConditionalAccess": "changes who may sign in how",
    "PrivilegedAccess.ReadWrite.AzureAD": "grants directory roles",
    "RoleAssignmentSchedule.ReadWrite.Directory": "grants directory roles",
    "RoleEligibilitySchedule.ReadWrite.Directory": "grants directory roles",
    "RoleManagement.ReadWrite.All": "grants any role",
    "RoleManagement.ReadWrite.Directory": "grants directory roles, global administrator among them",
    "User.ReadWrite.All": "changes every user",
    "UserAuthenticationMethod.ReadWrite.All": "changes how anybody signs in",
}
"""Permissions that nothing here ever needs and that a stolen token would do great harm with; each with what it does.

Source: the descriptions in the Microsoft Graph permissions reference.
"""

_COUNTED = "people are counted"
_PRUNED = "--prune deletes what no spec names"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a run does. Any one of the permissions lets it."""

    any_of: tuple[str, ...]
    """The one to grant first."""
    why: str
    only_if: str | None = None
    """When it is needed at all; None: always. Without it such a run is incomplete or says less, but does no harm."""
    counts: bool = False
    """Whether it is for counting people: always needed where their number is limited."""

    @property
    def permission(self) -> str:
        """The one to grant."""
        return self.any_of[0]

    def met_by(self, granted: frozenset[str]) -> bool:
        return any(permission in granted for permission in self.any_of)

    def to_json(self) -> JsonObject:
        any_of: list[Json] = [*self.any_of]
        return {"permission": self.permission, "anyOf": any_of, "why": self.why, "onlyIf": self.only_if}


def needs(
    desired: Iterable[Desired], kinds: Mapping[str, Kind], *, writing: bool, tenant: str | None = None
) -> tuple[Need, ...]:
    """What planning these specs needs and, with `writing`, applying them too. `tenant` picks pins that differ by it.

    Every kind's collections are read, whatever the specs are: objects of ours that no spec names any more are looked
    for there. Written are those of the kinds that have a spec; `writes` has those of others, for pruning them.
    """
    specs = list(desired)
    found = [*_reads(kinds), *_names(specs, tenant), *_courtesies()]
    if writing:
        named = {each.address.kind for each in specs}
        found += writes(named, kinds)
        found += [replace(need, only_if=_PRUNED) for need in writes(kinds.keys() - named, kinds)]
        found.append(Need(APPROVALS, "sees what needs a second administrator", "Multi Admin Approval is on"))
    return tuple(found)


def examining() -> tuple[Need, ...]:
    """What `doctor` reads beside what planning does. Without one of these, the checks that rest on it are not known."""
    tenant = [Need(source.read_permissions, f"reads {_told(source.path)}") for source in doctor.SOURCES]
    people = explaining()
    person = [Need(permissions, why, "doctor is asked about one person") for permissions, why in doctor.PERSON]
    return (*tenant, *people, *person)


def explaining() -> tuple[Need, ...]:
    """What `explain` reads of people beside what planning does. Without one of these, its answers are partial; of one
    person the same permissions read the account and its groups.
    """
    return Need(GROUPS, "counts the people in groups"), Need(USERS, "counts the people of the tenant")


def writes(names: Iterable[str], kinds: Mapping[str, Kind]) -> tuple[Need, ...]:
    """What writing objects of these kinds needs. Names that are no kind of objects (audiences) need nothing."""
    written = {name: kinds[name] for name in kinds if name in set(names)}
    return tuple(
        Need(permissions, f"writes {_told(path)} ({', '.join(of)})")
        for (path, permissions), of in _by_path(written, lambda collection: collection.write_permissions).items()
    )


def least(wanted: Iterable[Need]) -> tuple[str, ...]:
    """The permissions to grant for what is always needed, in order; one that reads is left out beside its ReadWrite."""
    chosen = {need.permission for need in wanted if need.only_if is None}
    return tuple(sorted(each for each in chosen if each.replace(".Read.", ".ReadWrite.") not in chosen - {each}))


def missing(granted: frozenset[str] | None, wanted: Iterable[Need]) -> tuple[Need, ...]:
    """What is always needed and not granted. None, a token that does not say, misses nothing that can be known."""
    if granted is None:
        return ()
    return tuple(need for need in wanted if need.only_if is None and not need.met_by(granted))


def excess(granted: frozenset[str] | None, wanted: Iterable[Need] = ()) -> tuple[str, ...]:
    """Granted permissions that are dangerous and that none of this is granted by, each with what it does."""
    used = {need.permission for need in wanted}
    return tuple(f"{each}: it {DANGEROUS[each]}" for each in sorted(granted or ()) if each in DANGEROUS.keys() - used)


def _reads(kinds: Mapping[str, Kind]) -> list[Need]:
    return [
        Need(permissions, f"reads {_told(path)} ({', '.join(of)})")
        for (path, permissions), of in _by_path(kinds, lambda collection: collection.read_permissions).items()
    ]


def _by_path(
    kinds: Mapping[str, Kind], permissions: Callable[[Collection], tuple[str, ...]]
) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """The kinds that live at each path, with what it takes to get there: collections may differ by filter alone."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for kind in kinds.values():
        for collection in kind.collections:
            users = found.setdefault((collection.path, permissions(collection)), [])
            if kind.name not in users:
                users.append(kind.name)
    return found


def _told(path: str) -> str:
    parts = path.partition("?")[0].split("/")
    return "/".join(parts[-2:]) if parts[-1] == "policies" else parts[-1]


def _names(desired: Iterable[Desired], tenant: str | None) -> list[Need]:
    """What the names in specs take. Groups are looked up for what is live, too: assignments hold their ids alone."""
    targets = [t for each in desired for t in wanted_targets(each.spec.get("assignments"), tenant)]
    tagged = any("scopeTags" in each.spec for each in desired)
    group, chosen = any(t.who == "group" for t in targets), any(t.filter for t in targets)
    return [
        Need(GROUPS, "looks groups up by name and id", None if group else "an object is assigned to a group"),
        Need(FILTERS, "looks assignment filters up", None if chosen else "an object is assigned with a filter"),
        *([Need(SCOPE_TAGS, "looks scope tags up by name")] if tagged else []),
    ]


def _courtesies() -> list[Need]:
    """What makes a run say more. Never part of the least that is needed."""
    return [
        Need(GROUPS, "counts the people in groups", _COUNTED, counts=True),
        Need(USERS, "counts the people of the tenant", _COUNTED, counts=True),
        Need(AUDIT_EVENTS, "tells who changed an object since the plan", "a saved plan is stale"),
        Need(DIRECTORY_AUDITS, "tells who changed a group since the plan", "a saved plan is stale"),
    ]
