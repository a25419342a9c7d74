"""The workspace file `reconciler.yaml`: owner, tenants, limits, rule settings, as values that are safe to use.

Read by every command that needs to know a tenant or a spec folder. Pure: bytes in, a workspace and diagnostics out; the
environment, the file system and secrets are other people's business. The shape is the matter of
`schemas/v1/workspace.json`, what ties its parts together is checked here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PureWindowsPath
from typing import Any, Final, cast

from .diagnostics import Diagnostic, Severity, has_errors
from .model import JsonObject
from .model import Path as Place
from .spec import schema, source
from .spec.source import Document

FILE_NAME: Final = "reconciler.yaml"
EMULATOR: Final = "emulator"
EMULATOR_TENANT_ID: Final = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
"""The directory id of every emulated tenant."""
DEFAULT_SPECS: Final = ["specs"]
"""The spec folders of a workspace that names none."""

RULES: Final = {
    "WORKSPACE101": "The file holds not exactly one document.",
    "WORKSPACE102": "`defaultTenant` names no tenant of the workspace.",
    "WORKSPACE103": "A path leaves the folder of the workspace.",
    "WORKSPACE104": "Names of tenants differ by upper and lower case alone.",
    "WORKSPACE105": "A tenant has no `tenantId`.",
    "WORKSPACE106": "No tenant is chosen, or the one that is named is not known.",
    "WORKSPACE107": "Two tenants are one and the same, with different specs.",
}
"""Rule ids of this module, each with what it means."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do at most, in absolute numbers."""

    deletes: int = 0
    assignment_removals: int = 5
    adoptions: int = 0
    affected_people: int | None = None
    """None: no limit."""
    unassigned_profiles: int = 0
    last_profile: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """What a name in the specs is called in this tenant, by sort of name."""

    groups: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    scope_tags: Mapping[str, str] = field(default_factory=dict)
    apps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provided:
    """A part of the chain (`authenticator`, `sso-policy`, `compliance`) that others provide."""

    part: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """Until this instant (with time zone) apply refuses."""

    until: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What a finding of a rule counts as. `severity` None switches the rule off, and then there is a reason."""

    severity: Severity | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant, with what the workspace says for all of them filled in. Paths are below the workspace's root."""

    name: str
    tenant_id: str | None
    """In lower case."""
    cloud: str
    graph: str
    """`emulator` or `graph`."""
    state: Path | None
    seed: Path | None
    auth: Mapping[str, JsonObject]
    """How to sign in, by `plan` and `apply`; empty where the file says nothing."""
    specs: tuple[Path, ...]
    names: Names
    limits: Limits
    provided: tuple[Provided, ...]
    freeze: Freeze | None

    @property
    def emulated(self) -> bool:
        """Whether this is the embedded Graph."""
        return self.graph == EMULATOR


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace file, checked."""

    path: Path
    root: Path
    owner: str
    previous_owners: tuple[str, ...]
    specs: tuple[Path, ...]
    default_tenant: str | None
    support: Mapping[str, str]
    """Some of `name`, `email`, `phone`, `url`."""
    tenants: Mapping[str, Tenant]
    limits: Limits
    rules: Mapping[str, RuleSetting]


def find_workspace(start: Path) -> Path | None:
    """`reconciler.yaml` in this folder or the nearest one above it."""
    folder = start.absolute()
    return next((path for above in (folder, *folder.parents) if (path := above / FILE_NAME).is_file()), None)


def load_workspace(path: Path, data: bytes) -> tuple[Workspace | None, list[Diagnostic]]:
    """The workspace in these bytes, or None with the errors. Warnings may come with a workspace too. Never raises."""
    documents, findings = source.load(str(path), data)
    if has_errors(findings):
        return None, findings
    if len(documents) != 1:
        return None, [*findings, _not_one(str(path), documents)]
    document = documents[0]
    findings = [*findings, *schema.check_workspace(document)]
    if not has_errors(findings):
        findings += _cross_checks(document)
    return (None if has_errors(findings) else _workspace(path, document)), findings


def tenant(workspace: Workspace, name: str | None) -> Tenant | Diagnostic:
    """The tenant of that name; without a name the default one, or the only one."""
    chosen = name or workspace.default_tenant
    if chosen is None and len(workspace.tenants) == 1:
        return next(iter(workspace.tenants.values()))
    known = ", ".join(workspace.tenants)
    if chosen is None:
        message, detail = "no tenant is chosen", f"name one with --tenant, or set `defaultTenant`: {known}"
    elif chosen in workspace.tenants:
        return workspace.tenants[chosen]
    else:
        message, detail = f"no tenant is called {chosen}", f"tenants of this workspace: {known}"
    return Diagnostic(Severity.ERROR, "WORKSPACE106", message, detail)


def _not_one(name: str, documents: list[Document]) -> Diagnostic:
    message = f"a workspace file holds one document, this holds {len(documents) or 'none'}"
    detail = "specs stand in files of their own" if documents else "begin it with `reconciler init`"
    if documents:
        return documents[1].diagnostic(Severity.ERROR, "WORKSPACE101", message, detail=detail)
    return Diagnostic(Severity.ERROR, "WORKSPACE101", f"{name}: {message}", detail)


# What ties the parts together


def _cross_checks(document: Document) -> list[Diagnostic]:
    raw = _fields(document)
    return [
        *_check_default(document, raw),
        *(finding for place, text in _paths(raw) for finding in _check_path(document, place, text)),
        *_check_tenants(document, raw["tenants"]),
        *_check_shared(document, raw),
    ]


def _fields(document: Document) -> dict[str, Any]:
    """The document's value, whose shape the schema has settled."""
    return cast(dict[str, Any], document.value)


def _check_default(document: Document, raw: Mapping[str, Any]) -> Iterator[Diagnostic]:
    default = raw.get("defaultTenant")
    if default is not None and default not in raw["tenants"]:
        yield document.diagnostic(
            Severity.ERROR,
            "WORKSPACE102",
            f"no tenant is called {default}",
            detail=f"tenants of this workspace: {', '.join(raw['tenants'])}",
            path=("defaultTenant",),
        )


def _paths(raw: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every path that the file names, with its place."""
    yield from ((("specs", index), text) for index, text in enumerate(raw.get("specs", [])))
    for name, entry in raw["tenants"].items():
        base: Place = ("tenants", name)
        yield from (((*base, "specs", index), text) for index, text in enumerate(entry.get("specs", [])))
        yield from (((*base, member), entry[member]) for member in ("state", "seed") if member in entry)


def _check_path(document: Document, place: Place, text: str) -> Iterator[Diagnostic]:
    """A path is relative and goes down. Where links lead is for those to see who open the file."""
    rooted = PureWindowsPath(text).anchor or text.startswith(("~", "/"))
    if rooted or "\\" in text or posixpath.normpath(text).split("/")[0] == "..":
        yield document.diagnostic(
            Severity.ERROR,
            "WORKSPACE103",
            f"{text} leaves the folder of the workspace",
            detail="write a path relative to this file, below its folder, with forward slashes",
            path=place,
        )


def _check_tenants(document: Document, tenants: Mapping[str, Any]) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for name, entry in tenants.items():
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            yield document.diagnostic(
                Severity.ERROR,
                "WORKSPACE104",
                f"the tenants {other} and {name} differ by upper and lower case alone",
                detail="rename one of them: files are named after tenants, and some disks do not tell case apart",
                path=("tenants", name),
                key=True,
            )
        if entry.get("graph") != EMULATOR and "tenantId" not in entry:
            yield document.diagnostic(
                Severity.WARNING,
                "WORKSPACE105",
                f"the tenant {name} has no `tenantId`: a sign-in to another tenant would not be noticed",
                detail="add its directory id (Entra admin center > Overview)",
                path=("tenants", name),
                key=True,
            )


def _check_shared(document: Document, raw: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Two names for one tenant: to the specs of either, what the other made is ours and in no spec, so it would go."""
    seen: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for name, entry in raw["tenants"].items():
        real = _real(entry)
        if real is None:
            continue
        folders = frozenset(map(posixpath.normpath, entry.get("specs", raw.get("specs", DEFAULT_SPECS))))
        other, theirs = seen.setdefault(real, (name, folders))
        if theirs != folders:
            yield document.diagnostic(
                Severity.ERROR,
                "WORKSPACE107",
                f"the tenants {other} and {name} have the same `{real[0]}` and different specs: "
                "with --prune, each would delete what the other made",
                detail="give both the same `specs`, or a workspace and an `owner` of their own",
                path=("tenants", name),
                key=True,
            )


def _real(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a tenant is, as far as the file tells: a directory, or the state of an emulator. Every emulator has the
    same directory id, and one without a state begins anew with each run.
    """
    if entry.get("graph") == EMULATOR:
        return ("state", posixpath.normpath(entry["state"])) if "state" in entry else None
    return ("tenantId", entry["tenantId"].lower()) if "tenantId" in entry else None


# Values


def _workspace(path: Path, document: Document) -> Workspace:
    raw = _fields(document)
    limits = _limits(raw.get("limits", {}), Limits())
    specs = raw.get("specs", DEFAULT_SPECS)
    root = path.parent
    return Workspace(
        path=path,
        root=root,
        owner=raw["owner"],
        previous_owners=tuple(raw.get("previousOwners", [])),
        specs=_below(root, specs),
        default_tenant=raw.get("defaultTenant"),
        support=raw.get("support", {}),
        tenants={name: _tenant(name, entry, root, specs, limits) for name, entry in raw["tenants"].items()},
        limits=limits,
        rules={rule: _rule(setting) for rule, setting in raw.get("rules", {}).items()},
    )


def _tenant(name: str, raw: Mapping[str, Any], root: Path, specs: list[str], limits: Limits) -> Tenant:
    graph = raw.get("graph", "graph")
    tenant_id = EMULATOR_TENANT_ID if graph == EMULATOR else raw.get("tenantId")
    return Tenant(
        name=name,
        tenant_id=tenant_id.lower() if tenant_id else None,
        cloud=raw.get("cloud", "global"),
        graph=graph,
        state=root / raw["state"] if "state" in raw else None,
        seed=root / raw["seed"] if "seed" in raw else None,
        auth=_auth(raw.get("auth")),
        specs=_below(root, raw.get("specs", specs)),
        names=_names(raw.get("names", {})),
        limits=_limits(raw.get("limits", {}), limits),
        provided=tuple(Provided(**part) for part in raw.get("provided", [])),
        freeze=_freeze(raw.get("freeze")),
    )


def _below(root: Path, folders: list[str]) -> tuple[Path, ...]:
    return tuple(root / folder for folder in folders)


def _auth(raw: JsonObject | None) -> dict[str, JsonObject]:
    if raw is None:
        return {}
    both = {"plan": raw, "apply": raw} if "method" in raw else raw
    return cast(dict[str, JsonObject], both)


def _names(raw: Mapping[str, Any]) -> Names:
    return Names(raw.get("groups", {}), raw.get("filters", {}), raw.get("scopeTags", {}), raw.get("apps", {}))


def _limits(raw: Mapping[str, Any], default: Limits) -> Limits:
    return Limits(
        deletes=raw.get("deletes", default.deletes),
        assignment_removals=raw.get("assignmentRemovals", default.assignment_removals),
        adoptions=raw.get("adoptions", default.adoptions),
        affected_people=raw.get("affectedPeople", default.affected_people),
        unassigned_profiles=raw.get("unassignedProfiles", default.unassigned_profiles),
        last_profile=raw.get("lastProfile", default.last_profile),
    )


def _freeze(raw: Mapping[str, Any] | None) -> Freeze | None:
    return Freeze(datetime.fromisoformat(raw["until"]), raw.get("reason")) if raw else None


def _rule(raw: Mapping[str, Any]) -> RuleSetting:
    severity = None if raw["severity"] == "none" else Severity(raw["severity"])
    return RuleSetting(severity, raw.get("reason"))
