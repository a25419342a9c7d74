"""Live state as plain data: what was read from Graph, and whether the reading is complete.

Filled by `engine.refresh`, read by kinds and `plan`. An incomplete reading is never taken for an
empty one: a plan that rests on it is marked incomplete and cannot be applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .model import Json, JsonObject

PAGE = 999
"""Objects asked for in one page. Other tools are known to use it on these collections; a service that gives fewer is
read on to its end all the same.
"""


ABOVE = "above"
"""The property under which an object has what it lives below (`Collection.below`)."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A Graph collection that kinds live in."""

    key: str
    """Short name, unique among collections; what readings are filed under."""
    path: str
    """With version, without query: `/beta/deviceManagement/deviceConfigurations`."""
    query: str = ""
    """Already percent-encoded, without `?`."""
    assignments: Literal["expanded", "separate", "none"] = "none"
    """Whether the list may carry assignments (`$expand`), or each object is asked for its own."""
    read_permissions: tuple[str, ...] = ()
    """Graph permissions any one of which lets the collection be read, the least first."""
    write_permissions: tuple[str, ...] = ()
    """Likewise for writing its objects and their assignments. Source of both: the "Permissions" section of each
    operation in the Microsoft Graph reference; application and delegated permissions bear the same names there.
    """
    top: int | None = PAGE
    """Objects asked for in one page; None where it is not known whether the list takes `$top`."""
    concerns: Callable[[JsonObject], bool] = lambda _: True
    """Whether an object that the list shows is one of those that are meant; others are left out of the reading."""
    contains: tuple[str, ...] = ()
    """Collections below each object that belong to it, and that no list shows: each object is asked for them."""
    below: str | None = None
    """The objects that are meant live in this collection below each one of the list, which they get as `ABOVE`."""
    left_out: tuple[str, ...] = ()
    """Properties that kinds build on and that the list shows empty whatever they are: each object is asked for them."""
    at_its_end: tuple[str, ...] = ()
    """Properties that the object itself may tell and the list does not, and that count only where objects may end:
    then those of ours are asked for them. What cannot be read stays as the list has it.
    """

    @property
    def list_path(self) -> str:
        """The request that lists the collection, with its assignments where the list can carry them."""
        expand = "$expand=assignments" if self.assignments == "expanded" else ""
        top = f"$top={self.top}" if self.top else ""
        query = "&".join(part for part in (self.query, expand, top) if part)
        return f"{self.path}?{query}" if query else self.path

    def item_path(self, segment: str) -> str:
        """The path of one object; `segment` is its id by `quote_id`, or a reference to an id not known yet."""
        return f"{self.path}/{segment}"


def same_id(object_id: str) -> str:
    """An id in lower case, for the service may change that; a reference to one that is not known yet as it is."""
    return object_id if object_id.startswith("{") else object_id.casefold()


def quote_id(object_id: str) -> str:
    """An id as a path segment: ids are opaque, so whatever they hold is percent-encoded."""
    from urllib.parse import quote  # at call: only writers need it

    return quote(object_id, safe="")


@dataclass(frozen=True, slots=True)
class Live:
    """One live object. `body` has no annotations at its root and no assignments."""

    id: str
    collection: Collection
    body: JsonObject
    assignments: tuple[JsonObject, ...] = ()

    @property
    def display_name(self) -> str:
        """What people call it; the id where it has no name."""
        name = self.body.get("displayName") or self.body.get("name")
        return name if isinstance(name, str) and name else self.id


@dataclass(frozen=True, slots=True)
class Reading:
    """What one collection gave. `problem` says why a reading is not complete."""

    collection: Collection
    objects: tuple[Live, ...] = ()
    problem: str | None = None

    @property
    def complete(self) -> bool:
        return self.problem is None

    def get(self, object_id: str) -> Live | None:
        """The object of that id; ids are GUIDs whose case the service may change."""
        wanted = object_id.casefold()
        return next((o for o in self.objects if o.id.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class Group:
    """A group as far as plans need it."""

    id: str
    name: str | None
    """None: the group is referenced by an assignment but no longer exists."""
    rule: str | None = None
    """The membership rule of a dynamic group."""
    hidden: bool = False
    """Whether who may not read hidden memberships sees nobody in it."""


Sort = Literal["groups", "filters", "scopeTags"]
"""The sorts of things that specs name, as the workspace and pins call them."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """The ids, in lower case, that names in the specs stood for when `pin` wrote them down."""

    groups: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    scope_tags: Mapping[str, str] = field(default_factory=dict)

    def of(self, sort: Sort) -> Mapping[str, str]:
        """Those of one sort."""
        return {"groups": self.groups, "filters": self.filters, "scopeTags": self.scope_tags}[sort]


@dataclass(frozen=True, slots=True)
class FilterScope:
    """What an assignment filter can be used for. None: Graph did not say."""

    platform: str | None = None
    """`iOS`, `android`, `iOSMobileApplicationManagement`, …"""
    management: str | None = None
    """`devices`, or `apps` for apps on devices that are not enrolled."""

    @property
    def fits(self) -> bool:
        """Whether targets of enrolled iPhones and iPads can have it, as far as Graph said."""
        return (self.platform or "ios").casefold() == "ios" and (self.management or "devices").casefold() == "devices"

    def __str__(self) -> str:
        parts = (self.platform, f"managed {self.management}" if self.management else None)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Names:
    """What names in the specs stand for in this tenant, and what ids found live are called."""

    groups: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    """By name: every group of exactly that name."""
    groups_by_id: Mapping[str, Group] = field(default_factory=dict)
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids by display name."""
    filters_by_id: Mapping[str, str] = field(default_factory=dict)
    filter_rules: Mapping[str, str] = field(default_factory=dict)
    """The rule of each assignment filter that was read, by id in lower case."""
    filter_scopes: Mapping[str, FilterScope] = field(default_factory=dict)
    """What each of them is for, likewise; one that is yet to be created is for our own platform and not among them."""
    scope_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scope_tags_by_id: Mapping[str, str] = field(default_factory=dict)
    suggestions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a group name that nothing answers to: names like it."""
    pinned: Pinned = Pinned()
    problems: Sequence[str] = ()
    """Why names could not be resolved, where that is not the names' fault."""
    unread: frozenset[Sort] = frozenset()
    """Sorts of which a look-up failed: what has no id among them is not known, and never missing."""

    def ids(self, sort: Sort, name: str) -> tuple[str, ...]:
        """Of everything of this sort that is called so, in lower case, sorted. What a plan creates has a reference."""
        if sort == "groups":
            return tuple(sorted(group.id.casefold() for group in self.groups.get(name, ())))
        return tuple(sorted(map(same_id, self.listed(sort).get(name, ()))))

    def called(self, sort: Sort, object_id: str) -> str | None:
        """What the thing of this id is called; None where there is none, or none is known."""
        if sort == "groups":
            group = self.groups_by_id.get(object_id)
            return group.name if group else None
        return next((n for n, ids in self.listed(sort).items() if object_id in map(str.casefold, ids)), None)

    def listed(self, sort: Sort) -> Mapping[str, tuple[str, ...]]:
        """Ids by name, of a sort that is listed whole: all but groups."""
        return self.filters if sort == "filters" else self.scope_tags


def live_object(collection: Collection, raw: JsonObject, assignments: Sequence[JsonObject] | None = None) -> Live:
    """A `Live` from what Graph answered.

    Root annotations (`@odata.context`, `@microsoft.graph.tips`, …) are dropped, `@odata.type` and everything
    nested is kept: nested `@odata.type` is content. Raises `ValueError` where the object has no id.
    """
    object_id = raw.get("id")
    if not isinstance(object_id, str) or not object_id:
        raise ValueError("an object without an id")
    body = {
        key: value for key, value in raw.items() if key == "@odata.type" or ("@" not in key and key != "assignments")
    }
    found = assignments if assignments is not None else raw.get("assignments")
    return Live(object_id, collection, body, tuple(_objects(found)))


def _objects(value: Json | Sequence[JsonObject]) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []
