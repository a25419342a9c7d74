"""Who belongs to whom in the directory, computed once for each state of it.

Called by `directory` and `people`. A tenant of 100,000 people in 2,000 nested groups is read page by page, and every
page asks for the same members again: what was found is kept until a group, a person or a device changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model import JsonObject

from .json_values import objects
from .resources import DEVICES, GROUPS, USERS
from .tenant import Entry, Tenant

KINDS = {"user": USERS, "group": GROUPS, "device": DEVICES}
MOST_KEPT = 2_000_000
"""Members in all lists that are kept; beyond, what was found so far is forgotten. A reference takes 8 bytes."""


@dataclass(slots=True)
class Members:
    """Members in the order in which they were found; `by_kind` has those that are a `user`, a `group`, a `device`."""

    all: list[Entry] = field(default_factory=list)
    by_kind: dict[str, list[Entry]] = field(default_factory=dict)

    def add(self, entry: Entry, kind: str) -> None:
        self.all.append(entry)
        self.by_kind.setdefault(kind, []).append(entry)


class Membership:
    """Answers about one tenant. The caller holds the service's lock."""

    def __init__(self, tenant: Tenant, *, most_kept: int = MOST_KEPT) -> None:
        self._held = {kind: tenant.collection(resource.path) for kind, resource in KINDS.items()}
        self._most_kept = most_kept
        self._seen: tuple[int, ...] = ()
        self._kept: dict[tuple[str, bool], Members] = {}
        self._size = 0
        self._absent: dict[str, Entry] = {}
        self._parents: dict[str, list[Entry]] | None = None
        self._names: dict[str, Entry] | None = None

    def members(self, group: Entry, *, nested: bool) -> Members:
        """Direct members of a group; with `nested` those of the groups in it too, each once and never itself."""
        self._refresh()
        key = (group.id, nested)
        found = self._kept.get(key)
        if found is None:
            found = self._closure(group) if nested else self._direct(group)
            if self._size + len(found.all) > self._most_kept:
                self._kept.clear()
                self._size = 0
            self._kept[key] = found
            self._size += len(found.all)
        return found

    def groups_of(self, entry: Entry, *, nested: bool) -> list[Entry]:
        """The groups that an object is a member of, in the order of their creation."""
        self._refresh()
        parents = self._by_member()
        seen = {group.id: group for group in parents.get(entry.id.lower(), ())}
        waiting = deque(seen.values() if nested else ())
        while waiting:
            for group in parents.get(waiting.popleft().id.lower(), ()):
                if group.id not in seen:
                    seen[group.id] = group
                    waiting.append(group)
        return [group for group in self._held["group"] if group.id in seen] if seen else []

    def user(self, name: str) -> Entry | None:
        """The person of a principal name, in any case."""
        self._refresh()
        if self._names is None:
            named = ((user.body["userPrincipalName"], user) for user in self._held["user"])
            self._names = {str(name).lower(): user for name, user in named if name is not None}
        return self._names.get(name.lower())

    def kind(self, entry: Entry) -> str:
        """`user`, `group` or `device`: such objects are stored without their type. Of others what they say."""
        for kind, held in self._held.items():
            if held.get(entry.id) is entry:
                return kind
        return str(entry.body.get("@odata.type", "")).rpartition(".")[2]

    # -- what is kept -------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        now = tuple(held.changes for held in self._held.values())
        if now != self._seen:
            self._seen = now
            self._kept.clear()
            self._absent.clear()
            self._size = 0
            self._parents = self._names = None

    def _by_member(self) -> dict[str, list[Entry]]:
        """Id of a member -> the groups that have it directly."""
        if self._parents is None:
            self._parents = {}
            for group in self._held["group"]:
                for stub in stubs(group):
                    self._parents.setdefault(str(stub["id"]).lower(), []).append(group)
        return self._parents

    def _direct(self, group: Entry) -> Members:
        found = Members()
        for stub in stubs(group):
            kind = str(stub["@odata.type"]).rpartition(".")[2]
            found.add(self._resolved(stub, kind), kind)
        return found

    def _resolved(self, stub: JsonObject, kind: str) -> Entry:
        """The object of a reference. One that is not in the tenant (a deleted user) is shown with its id only."""
        held, key = self._held.get(kind), str(stub["id"])
        known = held.get(key) if held is not None else None
        return known or self._absent.setdefault(key, Entry({**stub, "deletedDateTime": None}))

    def _closure(self, group: Entry) -> Members:
        """Breadth first. Objects are told apart by identity, so that whole lists are merged at once."""
        everyone: dict[Entry, None] = {}
        kinds: dict[str, dict[Entry, None]] = {}
        seen, waiting = {group}, deque([group])
        while waiting:
            direct = self.members(waiting.popleft(), nested=False)
            everyone.update(dict.fromkeys(direct.all))
            for kind, listed in direct.by_kind.items():
                kinds.setdefault(kind, {}).update(dict.fromkeys(listed))
            inner = [each for each in direct.by_kind.get("group", ()) if each not in seen]
            seen.update(inner)
            waiting.extend(dict.fromkeys(inner))
        everyone.pop(group, None)
        kinds.get("group", {}).pop(group, None)
        return Members(list(everyone), {kind: list(listed) for kind, listed in kinds.items()})


def stubs(entry: Entry, name: str = "members") -> Sequence[JsonObject]:
    """References to directory objects, each with its id and type."""
    return objects(entry.body.get(name))
