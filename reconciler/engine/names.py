"""What names in specs stand for, and what live ids are called: groups, assignment filters, scope tags.

Resolved in batched, de-duplicated rounds. Group names are looked up by Entra, which compares without case; what
counts here is the exact name. A look-up that failed is a problem of the reading, never a missing name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from urllib.parse import quote

from ..assignments import Target, read_target, wanted_targets
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..live import FilterScope, Group, Live, Names, Pinned, Sort
from ..model import JsonObject
from ..spec.load import Desired

_GROUP_FIELDS = "$select=id,displayName,membershipRule,visibility"
_VALUES_IN_FILTER = 15
"""Graph's limit of expressions in one `in` filter."""
_FILTER_FIELDS = "$select=id,displayName,platform,rule,assignmentFilterManagementType"
_FILTERS = f"/beta/deviceManagement/assignmentFilters?{_FILTER_FIELDS}"
_SCOPE_TAGS = "/beta/deviceManagement/roleScopeTags?$select=id,displayName"


_NOTHING = Pinned()


@dataclass(frozen=True, slots=True)
class Asked:
    """The names that specs use. `groups` and `filters` map a spec's name to what it is called in this tenant."""

    groups: Mapping[str, str]
    filters: bool
    scope_tags: bool
    pinned_groups: frozenset[str]


def asked(
    desired: Iterable[Desired], tenant: str, renamed: Mapping[str, Mapping[str, str]], noted: Pinned = _NOTHING
) -> Asked:
    """What the specs ask for in this tenant. `renamed` is its `names` in the workspace, by sort of name.

    `noted` is what the pins have for names: those groups are asked for as well, under whatever name.
    """
    groups: set[str] = set()
    pinned: set[str] = set()
    filters = scope_tags = False
    for each in desired:
        scope_tags = scope_tags or "scopeTags" in each.spec
        for target in wanted_targets(each.spec.get("assignments"), tenant):
            filters = filters or target.filter is not None
            if target.group_id:
                pinned.add(target.group_id)
            elif target.group:
                groups.add(target.group)
    called = renamed.get("groups", {})
    pinned |= {noted.groups[name] for name in groups & noted.groups.keys()}
    return Asked({name: called.get(name, name) for name in sorted(groups)}, filters, scope_tags, frozenset(pinned))


async def resolve_groups(graph: Graph, groups: Mapping[str, str]) -> Names:
    """Groups by the names of the specs. `groups` maps each to the name to look for."""
    wanted = sorted(set(groups.values()))
    found, problems = await _groups(graph, "displayName", wanted)
    by_name: dict[str, list[Group]] = {}
    for group in found:
        by_name.setdefault(group.name or "", []).append(group)
    return Names(
        groups={name: tuple(sorted(by_name.get(real, []), key=lambda g: g.id)) for name, real in groups.items()},
        groups_by_id={group.id: group for group in found},
        problems=tuple(problems),
        unread=unread("groups", problems),
    )


def unread(sort: Sort, problems: Sequence[str] | None) -> frozenset[Sort]:
    """`Names.unread` of one sort, by what went wrong with it."""
    return frozenset({sort}) if problems else frozenset()


async def _groups(graph: Graph, member: str, values: Sequence[str]) -> tuple[list[Group], list[str]]:
    chunks = [values[at : at + _VALUES_IN_FILTER] for at in range(0, len(values), _VALUES_IN_FILTER)]
    paths = [f"/v1.0/groups?$filter={quote(f'{member} in ({_literals(chunk)})')}&{_GROUP_FIELDS}" for chunk in chunks]
    found: dict[str, Group] = {}
    problems: list[str] = []
    for answer in await graph.batch_lists(paths) if paths else []:
        if isinstance(answer, GraphError):
            problems.append(f"groups could not be looked up: {answer.message}")
            continue
        for raw in answer:
            group = _group(raw)
            found[group.id] = group
    return list(found.values()), sorted(set(problems))


def _literals(values: Iterable[str]) -> str:
    return ",".join("'" + value.replace("'", "''") + "'" for value in values)


def _group(raw: JsonObject) -> Group:
    name, rule = raw.get("displayName"), raw.get("membershipRule")
    return Group(
        str(raw.get("id")).casefold(),
        name if isinstance(name, str) else None,
        rule if isinstance(rule, str) else None,
        hidden=str(raw.get("visibility") or "").casefold() == "hiddenmembership",
    )


async def resolve_listed(
    graph: Graph, *, filters: bool, scope_tags: bool, renamed: Mapping[str, Mapping[str, str]]
) -> Names:
    """Assignment filters and scope tags: few in any tenant, so each is one listing."""
    problems: list[str] = []
    found = filter_names(await _listed(graph, _FILTERS, problems) if filters else [], renamed)
    filters_unread = unread("filters", problems)
    tag_problems: list[str] = []
    real_tags = _by_name(await _listed(graph, _SCOPE_TAGS, tag_problems)) if scope_tags else {}
    return replace(
        found,
        scope_tags=_called(real_tags, renamed.get("scopeTags", {})),
        scope_tags_by_id={i: name for name, ids in real_tags.items() for i in ids if len(ids) == 1},
        problems=(*problems, *tag_problems),
        unread=filters_unread | unread("scopeTags", tag_problems),
    )


def filter_names(listed: Sequence[JsonObject], renamed: Mapping[str, Mapping[str, str]]) -> Names:
    """The names of assignment filters, from a listing of all."""
    real = _by_name(listed)
    return Names(
        filters=_called(real, renamed.get("filters", {})),
        filters_by_id={i.casefold(): name for name, ids in real.items() for i in ids},
        filter_rules={str(raw.get("id")).casefold(): str(raw.get("rule") or "") for raw in listed},
        filter_scopes={str(raw.get("id")).casefold(): _scope(raw) for raw in listed},
    )


def _scope(raw: JsonObject) -> FilterScope:
    platform, management = raw.get("platform"), raw.get("assignmentFilterManagementType")
    return FilterScope(
        platform if isinstance(platform, str) else None, management if isinstance(management, str) else None
    )


def _called(real: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Ids by the names that specs use: those of this tenant, and over them what the workspace calls otherwise."""
    return {
        name: tuple(sorted(ids)) for name, ids in {**real, **{n: real.get(r, []) for n, r in renamed.items()}}.items()
    }


async def _listed(graph: Graph, path: str, problems: list[str]) -> list[JsonObject]:
    try:
        return await graph.list(path)
    except GraphError as error:
        problems.append(f"{path.partition('?')[0]} could not be read: {error.message}")
        return []


def _by_name(listed: Iterable[JsonObject]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for raw in listed:
        found.setdefault(str(raw.get("displayName")), []).append(str(raw.get("id")))
    return found


async def name_ids(
    graph: Graph, names: Names, objects: Iterable[Live], pinned: frozenset[str], *, filters: bool = True
) -> Names:
    """Names for the group ids of these objects and of pins; an id that no group answers to was deleted.

    `filters` says whether assignment filters are looked up too: not if all have been listed.
    """
    every = [*objects]
    named = await name_groups(graph, names, group_ids(every) | pinned)
    if filters and any(target.filter for target in _targets(every)) and not names.filters_by_id:
        listed = await resolve_listed(graph, filters=True, scope_tags=False, renamed={})
        named = replace(
            named,
            filters_by_id=listed.filters_by_id,
            filter_rules=listed.filter_rules,
            problems=(*named.problems, *listed.problems),
            unread=named.unread | listed.unread,
        )
    return named


def group_ids(objects: Iterable[Live]) -> set[str]:
    """The groups that these objects are assigned to, or leave out."""
    return {target.group for target in _targets(objects) if target.who == "group" and target.group}


def _targets(objects: Iterable[Live]) -> list[Target]:
    return [read_target(a.get("target")) for live in objects for a in live.assignments]


async def name_groups(graph: Graph, names: Names, ids: Iterable[str]) -> Names:
    """Names for these group ids, of which one that no group answers to was deleted.

    Where groups could not be looked up before, they are not asked for again: what failed is told once.
    """
    if "groups" in names.unread:
        return names
    unknown = sorted({i for i in ids if i not in names.groups_by_id})
    found, problems = await _groups(graph, "id", unknown)
    known = {group.id: group for group in found}
    gone = {} if problems else {i: Group(i, None) for i in unknown if i not in known}
    by_id = {**names.groups_by_id, **known, **gone}
    failed = unread("groups", problems)
    return replace(names, groups_by_id=by_id, problems=(*names.problems, *problems), unread=names.unread | failed)


async def suggest(graph: Graph, names: Names, groups: Mapping[str, str]) -> Names:
    """For names that no group has: groups whose name begins alike, nearest first."""
    missing = [name for name in groups if not names.groups.get(name)]
    if not missing or names.problems:
        return names
    paths = [
        f"/v1.0/groups?$filter={quote(f'startswith(displayName,{_literals([groups[name][:4]])})')}&{_GROUP_FIELDS}&$top=50"
        for name in missing
    ]
    like: dict[str, tuple[str, ...]] = {}
    for name, answer in zip(missing, await graph.batch_lists(paths), strict=True):
        if not isinstance(answer, GraphError):
            known = sorted({str(raw.get("displayName")) for raw in answer})
            like[name] = tuple(get_close_matches(groups[name], known, n=3, cutoff=0.4))
    return replace(names, suggestions=like)


def joined(a: Names, b: Names) -> Names:
    """Two resolutions of different kinds of names, as one."""
    return Names(
        groups={**a.groups, **b.groups},
        groups_by_id={**a.groups_by_id, **b.groups_by_id},
        filters={**a.filters, **b.filters},
        filters_by_id={**a.filters_by_id, **b.filters_by_id},
        filter_rules={**a.filter_rules, **b.filter_rules},
        filter_scopes={**a.filter_scopes, **b.filter_scopes},
        scope_tags={**a.scope_tags, **b.scope_tags},
        scope_tags_by_id={**a.scope_tags_by_id, **b.scope_tags_by_id},
        suggestions={**a.suggestions, **b.suggestions},
        problems=(*a.problems, *b.problems),
        unread=a.unread | b.unread,
    )
