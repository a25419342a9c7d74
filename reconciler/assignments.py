"""Assignment targets: who is meant, as names in specs, as ids in Graph, and as a canonical value between them.

Used by every kind that assigns something. Two encodings of "all users" are read as one (Graph's own target type
and the virtual group that group-only surfaces use), and "no filter" is null, the zero GUID and the filter type
"none" alike, because the service answers with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .canonical import canonical
from .live import Names
from .model import Json, JsonObject, Path

ALL_USERS_GROUP = "acacacac-9df4-4c7d-9d50-4ef0226f57a9"
ALL_DEVICES_GROUP = "adadadad-808e-44e2-905a-0b7873a8a531"
_ZERO = "00000000-0000-0000-0000-000000000000"
_GROUP = "#microsoft.graph.groupAssignmentTarget"
_EXCLUSION = "#microsoft.graph.exclusionGroupAssignmentTarget"
_USERS = "#microsoft.graph.allLicensedUsersAssignmentTarget"
_DEVICES = "#microsoft.graph.allDevicesAssignmentTarget"

Who = Literal["users", "devices", "group", "other"]


@dataclass(frozen=True, slots=True)
class Filter:
    """An assignment filter on a target: which, and whether it lets in or keeps out."""

    mode: Literal["include", "exclude"]
    id: str


@dataclass(frozen=True, slots=True)
class Target:
    """Who an assignment reaches or leaves out, by id. Equal targets mean the same people or devices."""

    who: Who
    group: str = ""
    """The group's id in lower case; for `other` the raw target as canonical JSON."""
    exclude: bool = False
    filter: Filter | None = None

    @property
    def key(self) -> str:
        """A stable text for order and digests; without the filter, which is a setting of the target."""
        return f"{'exclude' if self.exclude else 'include'}:{self.who}:{self.group}"


def read_target(raw: Json) -> Target:
    """The canonical target of a live assignment. Whatever is not known is `other`, told apart by its content."""
    if not isinstance(raw, dict):
        return Target("other", canonical(raw))
    kind = str(raw.get("@odata.type", "")).rpartition(".")[2].casefold()
    group = str(raw.get("groupId") or "").casefold()
    chosen = read_filter(raw)
    if kind == "exclusiongroupassignmenttarget":
        return Target("group", group, exclude=True, filter=chosen)
    if kind == "alllicensedusersassignmenttarget" or (kind == "groupassignmenttarget" and group == ALL_USERS_GROUP):
        return Target("users", filter=chosen)
    if kind == "alldevicesassignmenttarget" or (kind == "groupassignmenttarget" and group == ALL_DEVICES_GROUP):
        return Target("devices", filter=chosen)
    if kind == "groupassignmenttarget":
        return Target("group", group, filter=chosen)
    return Target("other", canonical(raw))


def is_direct(assignment: JsonObject) -> bool:
    """Whether an assignment was made on the object itself; those of a policy set are never ours to change."""
    return str(assignment.get("source") or "direct").casefold() == "direct"


def live_targets(assignments: Iterable[JsonObject]) -> list[Target]:
    """The canonical targets of direct live assignments."""
    return [read_target(a.get("target")) for a in assignments if is_direct(a)]


def read_filter(raw: JsonObject) -> Filter | None:
    """The filter of a live target; the three ways of saying that there is none are one."""
    mode = str(raw.get("deviceAndAppManagementAssignmentFilterType") or "none").casefold()
    chosen = str(raw.get("deviceAndAppManagementAssignmentFilterId") or _ZERO).casefold()
    if mode == "none" or chosen == _ZERO:
        return None
    return Filter("exclude" if mode == "exclude" else "include", chosen)


def write_target(target: Target, *, filters: bool = True) -> JsonObject:
    """The Graph form of a target. `filters=False` leaves the filter members out, for collections that know none.

    Exclusions never carry a filter: Graph does not support it.
    """
    body: JsonObject
    if target.who == "users":
        body = {"@odata.type": _USERS}
    elif target.who == "devices":
        body = {"@odata.type": _DEVICES}
    else:
        body = {"@odata.type": _EXCLUSION if target.exclude else _GROUP, "groupId": target.group}
    if filters and not target.exclude:
        body["deviceAndAppManagementAssignmentFilterId"] = target.filter.id if target.filter else None
        body["deviceAndAppManagementAssignmentFilterType"] = target.filter.mode if target.filter else "none"
    return body


def show_target(target: Target, names: Names) -> Json:
    """A target as a spec would write it, with names for ids where they are known."""
    if target.who == "other":
        return {"other": target.group}
    if target.who == "group":
        group = names.groups_by_id.get(target.group)
        shown: JsonObject = {"group": group.name if group else None, "id": target.group}
    elif not target.filter:
        return "allUsers" if target.who == "users" else "allDevices"
    else:
        shown = {"all": target.who}
    if target.filter:
        shown["filter"] = {target.filter.mode: names.filters_by_id.get(target.filter.id, target.filter.id)}
    return shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as a spec writes it, before names are resolved, and where it stands in the spec."""

    who: Who
    exclude: bool
    group: str = ""
    group_id: str = ""
    filter: tuple[Literal["include", "exclude"], str] | None = None
    intent: str | None = None
    licensing: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class NameProblem:
    """A name that does not resolve to exactly one thing."""

    path: Path
    message: str
    detail: str | None = None


def wanted_targets(assignments: Json, tenant: str | None = None) -> list[Wanted]:
    """The targets of `spec.assignments` (audience already expanded): includes first, both in the spec's order.

    `tenant` picks from pins that differ by tenant.
    """
    if not isinstance(assignments, dict):
        return []
    found: list[Wanted] = []
    for side in ("include", "exclude"):
        entries = assignments.get(side)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            found.append(_wanted(entry, side == "exclude", ("spec", "assignments", side, index), tenant))
    return found


def _wanted(entry: Json, exclude: bool, path: Path, tenant: str | None) -> Wanted:
    if isinstance(entry, str):
        return Wanted("users" if entry == "allUsers" else "devices", exclude, path=path)
    assert isinstance(entry, dict), "the schema lets through text and mappings only"
    chosen = entry.get("filter")
    pair: tuple[Literal["include", "exclude"], str] | None = None
    if isinstance(chosen, dict):
        pair = ("exclude", str(chosen["exclude"])) if "exclude" in chosen else ("include", str(chosen["include"]))
    intent, licensing = entry.get("intent"), entry.get("licensing")
    base = Wanted(
        "group" if "group" in entry else ("users" if entry.get("all") == "users" else "devices"),
        exclude,
        filter=pair,
        intent=str(intent) if intent else None,
        licensing=str(licensing) if licensing else None,
        path=path,
    )
    if base.who != "group":
        return base
    return replace(base, group=str(entry["group"]), group_id=pinned_id(entry.get("id"), tenant))


def pinned_id(pin: Json, tenant: str | None) -> str:
    """A pin, one id or a map by tenant, as an id in lower case; empty where this tenant has none."""
    chosen = pin.get(tenant or "") if isinstance(pin, dict) else pin
    return chosen.casefold() if isinstance(chosen, str) else ""


def resolve(wanted: Wanted, names: Names) -> tuple[Target | None, list[NameProblem]]:
    """The target by id; None with the reasons where a name does not stand for exactly one thing."""
    problems: list[NameProblem] = []
    group = ""
    if wanted.who == "group":
        group = _resolve_group(wanted, names, problems)
    chosen = None
    if wanted.filter:
        mode, name = wanted.filter
        chosen = _resolve_filter(mode, name, wanted.path, names, problems)
    if problems:
        return None, problems
    return Target(wanted.who, group, wanted.exclude, chosen), []


def _resolve_group(wanted: Wanted, names: Names, problems: list[NameProblem]) -> str:
    path = (*wanted.path, "group")
    if wanted.group_id:
        known = names.groups_by_id.get(wanted.group_id)
        if known is None or known.name is None:
            problems.append(
                NameProblem(
                    (*wanted.path, "id"), f"no group has the pinned id {wanted.group_id}", "correct or drop the id"
                )
            )
        return wanted.group_id
    found = names.groups.get(wanted.group, ())
    if len(found) == 1:
        return found[0].id
    if found:
        ids = ", ".join(sorted(group.id for group in found))
        problems.append(
            NameProblem(path, f"{len(found)} groups are called {wanted.group!r}", f"pin one of them with `id`: {ids}")
        )
    else:
        like = names.suggestions.get(wanted.group, ())
        problems.append(
            NameProblem(
                path,
                f"no group is called {wanted.group!r}",
                f"did you mean {' or '.join(repr(name) for name in like)}?"
                if like
                else "check the spelling, or create the group",
            )
        )
    return ""


def _resolve_filter(
    mode: Literal["include", "exclude"], name: str, path: Path, names: Names, problems: list[NameProblem]
) -> Filter | None:
    found = names.filters.get(name, ())
    if len(found) == 1:
        return Filter(mode, found[0])
    problems.append(named_once("assignment filter", name, found, (*path, "filter", mode), names.filters))
    return None


def named_once(what: str, name: str, found: Sequence[str], path: Path, known: Iterable[str]) -> NameProblem:
    """The problem of a name that stands for none or several: with near names, or with the ids."""
    from difflib import get_close_matches  # at call: only problems need it

    if found:
        return NameProblem(
            path, f"{len(found)} {what}s are called {name!r}", f"rename one of them: {', '.join(sorted(found))}"
        )
    like = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return NameProblem(
        path, f"no {what} is called {name!r}", f"did you mean {' or '.join(map(repr, like))}?" if like else None
    )
