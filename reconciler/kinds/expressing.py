"""What several kinds do alike to say a live object in a spec: text, scope tags, and targets by name (`Kind.expresses`).

A name is written only where a spec of this tenant surely means the thing by it: the workspace may call it otherwise
(`World.renamed`), several things may have it, and the pins may hold another id for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..assignments import Target, is_direct
from ..kind import Expressed, World
from ..live import FilterScope, Live, Sort
from ..model import Json, JsonObject
from ..ownership import text_of
from ..resolution import WORDS
from ..spec.load import Desired

DEFAULT_TAG = "Default"
IN_POLICY_SET = "a policy set assigns it too; such assignments are not the spec's and stay as they are"


@dataclass(slots=True)
class Draft:
    """What is said of one object so far."""

    world: World
    spec: JsonObject = field(default_factory=dict)
    usual: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def done(self, title: str) -> Expressed:
        """All that was said. `title` is what the spec is named after."""
        return Expressed(self.spec, title, frozenset(self.usual), self.problems, tuple(self.notes))

    def say(self, name: str, value: Json, *, usual: Collection[Json] | bool = False) -> None:
        """One field. `usual`: whether it may be left out, or the values that may."""
        self.spec[name] = value
        if usual is True or (usual is not False and value in usual):
            self.usual.add(name)


def described(draft: Draft, live: Live) -> None:
    """Name and description, which most kinds have."""
    draft.say("displayName", live.body.get("displayName"))
    draft.say("description", text_of(live.body.get("description")), usual=[None])


def scope_tags(draft: Draft, ids: Json) -> None:
    """Scope tags by name; the default tag alone may be left out, and so may none at all."""
    listed = [str(each) for each in ids] if isinstance(ids, list) else []
    names = {each: surely("scopeTags", each.casefold(), draft.world) for each in listed}
    if missing := [each for each, name in names.items() if name is None]:
        draft.problems["scopeTags"] = unnamed("scopeTags", missing[0], draft.world)
    named = sorted(str(name) for name in names.values())
    draft.say("scopeTags", [*named], usual=[[], [DEFAULT_TAG]])


def assignments(draft: Draft, targets: Iterable[Target], live: Live) -> None:
    """Direct targets of an object whose assignments are all its spec's."""
    sides: dict[str, list[JsonObject | str]] = {"include": [], "exclude": []}
    for target in ordered(targets, draft.world):
        said = target_of(draft, target)
        sides["exclude" if target.exclude else "include"].append(said)
    whole(draft, sides, live)


def whole(draft: Draft, sides: Mapping[str, list[JsonObject | str]], live: Live) -> None:
    """Both sides as `assignments`. Where only policy sets assign the object, the spec need not mention any."""
    given = any(not is_direct(each) for each in live.assignments)
    if given:
        draft.notes.append(IN_POLICY_SET)
    said: JsonObject = {"include": [*sides["include"]]}
    if sides["exclude"]:
        said["exclude"] = [*sides["exclude"]]
    draft.say("assignments", said, usual=given and not any(sides.values()))


def ordered(targets: Iterable[Target], world: World) -> list[Target]:
    """Targets as people list them: everybody first, then groups by name."""
    rank = {"users": 0, "devices": 1}
    named = world.names.groups_by_id

    def key(target: Target) -> tuple[int, str, str]:
        group = named.get(target.group)
        name = group.name if group and group.name else ""
        return rank.get(target.who, 2), name.casefold(), target.key

    return sorted(targets, key=key)


def target_of(draft: Draft, target: Target) -> JsonObject | str:
    """One target in the words of a spec; a problem is noted where there are none for it."""
    said: JsonObject = {"all": target.who}
    if target.who == "other":
        draft.problems["assignments"] = "it is assigned to a kind of target that specs have no word for"
    elif target.who == "group":
        said = _group(draft, target.group)
    if target.filter:
        said["filter"] = {target.filter.mode: _filter(draft, target.filter.id)}
        if target.exclude:
            draft.problems["assignments"] = "an excluded group has an assignment filter, which specs cannot say"
    if target.who == "group" or target.filter:
        return said
    return "allUsers" if target.who == "users" else "allDevices"


def _group(draft: Draft, group_id: str) -> JsonObject:
    world = draft.world
    if name := surely("groups", group_id, world):
        return {"group": name}
    known = world.names.groups_by_id.get(group_id)
    if known is None or known.name is None:
        draft.problems["assignments"] = unnamed("groups", group_id, world)
        return {"group": group_id, "id": group_id}
    pins = world.names.pinned.groups
    name = next((n for n in (*_spoken(known.name, world), known.name) if pins.get(n) in (None, group_id)), None)
    if name is None:
        draft.problems["assignments"] = f"the pins hold another id than {group_id} for the group {known.name!r}"
    return {"group": name or known.name, "id": group_id}


def _filter(draft: Draft, filter_id: str) -> str:
    name = surely("filters", filter_id, draft.world)
    scope = draft.world.names.filter_scopes.get(filter_id, FilterScope())
    if name is None:
        draft.problems["assignments"] = unnamed("filters", filter_id, draft.world)
    elif not scope.fits:
        draft.problems["assignments"] = f"the assignment filter {name!r} is for {scope}, not for enrolled iOS devices"
    return name or filter_id


def surely(sort: Sort, object_id: str, world: World) -> str | None:
    """The name by which a spec of this tenant means exactly this thing; None where no name does."""
    names, pinned, renamed = world.names, world.names.pinned.of(sort), world.renamed.get(sort, {})
    for name in sorted(_names_of(sort, world).get(object_id, ()), key=lambda name: (name not in renamed, name)):
        pin = pinned.get(name)
        if pin == object_id or (pin is None and len(names.ids(sort, name)) == 1):
            return name
    return None


def _names_of(sort: Sort, world: World) -> Mapping[str, Sequence[str]]:
    """All names that a spec may use for each id, the ambiguous ones too; made once for the names of a world."""
    key = ("names by id", sort)
    known, found = world.indexes.get(key, (None, {}))
    if known is not world.names:
        found = {}
        for name in world.names.groups if sort == "groups" else world.names.listed(sort):
            for object_id in world.names.ids(sort, name):
                found.setdefault(object_id, []).append(name)
        world.indexes[key] = (world.names, found)
    names: Mapping[str, Sequence[str]] = found
    return names


def _spoken(real: str, world: World) -> list[str]:
    """What the workspace has specs call a group of this name."""
    return sorted(name for name, theirs in world.renamed.get("groups", {}).items() if theirs == real)


def unnamed(sort: Sort, object_id: str, world: World) -> str:
    """Why a thing cannot be named."""
    word, called = WORDS[sort], world.names.called(sort, object_id)
    if sort in world.names.unread:
        return f"what the {word} {object_id} is called could not be read"
    if called is None:
        return f"it refers to the {word} {object_id}, which does not exist any more"
    return f"the {word} {called!r} ({object_id}) cannot be told apart by its name: others have it, or the pins say so"


def standing_for(live: Live, kind: str, world: World) -> Desired | None:
    """The spec of this kind that stands for a live object."""
    found = (a for a, m in world.matches.items() if a.kind == kind and m.live and m.live.id == live.id)
    return next((world.desired[address] for address in found if address in world.desired), None)
