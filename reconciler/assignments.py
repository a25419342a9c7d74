"""Assignment targets: who is meant, as names in specs, as ids in Graph, and as a canonical value between them.

Used by every kind that assigns something. Two encodings of "all users" are read as one (Graph's own target type
and the virtual group that group-only surfaces use), and "no filter" is null, the zero GUID and the filter type
"none" alike, because the service answers with all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .canonical import canonical
from .live import Names, Sort, same_id
from .model import Json, JsonObject, Path
from .resolution import NameProblem, contradicted, stands_for, unfit, unread

ALL_USERS_GROUP = "acacacac-9df4-4c7d-9d50-4ef0226f57a9"
ALL_DEVICES_GROUP = "adadadad-808e-44e2-905a-0b7873a8a531"
_ZERO = "00000000-0000-0000-0000-000000000000"
_LIKE_AN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\)?\Z", re.IGNORECASE)
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
    chosen = same_id(str(raw.get("deviceAndAppManagementAssignmentFilterId") or _ZERO))
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
        shown["filter"] = {target.filter.mode: _filter_shown(target.filter.id, names)}
    return shown


def _filter_shown(filter_id: str, names: Names) -> str:
    """The name of a filter, with its id where the name alone is not surely that of no other filter.

    Both sides of a comparison are shown so: different filters must never look the same. So a name that ends like an
    id gets its own as well.
    """
    name = names.filters_by_id.get(filter_id)
    if name is None:
        return filter_id
    namesakes = sum(other == name for other in names.filters_by_id.values()) > 1
    return f"{name} ({filter_id})" if namesakes or _LIKE_AN_ID.search(name) else name


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


def named_sorts(spec: JsonObject) -> frozenset[Sort]:
    """The sorts of names that a spec uses, which have to be resolved before it can be compared."""
    targets = wanted_targets(spec.get("assignments"))
    uses: dict[Sort, bool] = {
        "groups": any(target.who == "group" for target in targets),
        "filters": any(target.filter for target in targets),
        "scopeTags": bool(spec.get("scopeTags")),
    }
    return frozenset(sort for sort, used in uses.items() if used)


def pinned_id(pin: Json, tenant: str | None) -> str:
    """A pin, one id or a map by tenant, as an id in lower case; empty where this tenant has none."""
    chosen = pin.get(tenant or "") if isinstance(pin, dict) else pin
    return chosen.casefold() if isinstance(chosen, str) else ""


def resolve(wanted: Wanted, names: Names) -> tuple[Target | None, list[NameProblem]]:
    """The target by id, with what is to be said of its names; None where one does not stand for exactly one thing."""
    problems: list[NameProblem] = []
    group = ""
    if wanted.who == "group":
        group = _resolve_group(wanted, names, problems)
    chosen = None
    if wanted.filter:
        mode, name = wanted.filter
        filter_id, found = stands_for("filters", name, names, (*wanted.path, "filter", mode))
        problems += found
        if wrong := unfit(name, filter_id, names, (*wanted.path, "filter", mode)):
            problems.append(wrong)
        chosen = Filter(mode, filter_id)
    if any(problem.blocks for problem in problems):
        return None, problems
    return Target(wanted.who, group, wanted.exclude, chosen), problems


def _resolve_group(wanted: Wanted, names: Names, problems: list[NameProblem]) -> str:
    if not wanted.group_id:
        group, found = stands_for("groups", wanted.group, names, (*wanted.path, "group"))
        problems += found
        return group
    path = (*wanted.path, "id")
    known = names.groups_by_id.get(wanted.group_id)
    if known is None and "groups" in names.unread:
        problems.append(unread("groups", wanted.group, path))
    elif known is None or known.name is None:
        problems.append(NameProblem(path, f"no group has the pinned id {wanted.group_id}", "correct or drop the id"))
    elif contradiction := contradicted(wanted.group, wanted.group_id, names, path):
        problems.append(contradiction)
    return wanted.group_id
