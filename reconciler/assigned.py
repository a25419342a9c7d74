"""Which assignments an object has before and after a change: from a plan's own data, whatever the kind.

Used by `affected` and `guards`. Assignments that others made on a shared object, and those of policy sets, stand on
both sides: a plan never changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .assignments import Filter, Target, is_direct, read_target
from .canonical import canonical
from .decide import Planned
from .live import Live
from .model import Json, JsonObject
from .plan import Action, Change

FIELD = "/assignments"
_WHOM = frozenset({"group", "id", "all", "other", "filter", "intent"})


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assignment: whom it is for, with which intent (apps have one), and how it is set, as canonical JSON."""

    target: Target
    intent: str = ""
    settings: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """What makes two assignments of an object the same one; filter and settings are how it is set."""
        return self.target.key, self.intent


@dataclass(frozen=True, slots=True)
class Turn:
    """The assignments of one object before and after a change, and those that stand on both sides."""

    before: tuple[Assigned, ...] = ()
    after: tuple[Assigned, ...] = ()
    kept: tuple[Assigned, ...] = ()

    @property
    def intents(self) -> list[str]:
        """The intents that it has on either side."""
        return sorted({each.intent for each in (*self.before, *self.after, *self.kept)})

    def targets(self, intent: str = "") -> tuple[list[Target], list[Target]]:
        """All targets of one intent, before and after."""
        sides = ((*self.before, *self.kept), (*self.after, *self.kept))
        old, new = ([each.target for each in side if each.intent == intent] for side in sides)
        return old, new


def turn(change: Change, planned: Planned) -> Turn:
    """What becomes of the assignments of a pending change's object."""
    intent = planned.intents[change.address]
    live = intent.subject.live or _old_object(change, planned)
    before = _live(live.assignments if live else ())
    if change.action is Action.DELETE:
        return Turn(before)
    if change.action in (Action.CREATE, Action.REPLACE):
        return Turn(before, _shown(intent.comparison.wanted.get("assignments")))
    field = next((f for f in change.fields if f.path == FIELD), None)
    if field is None:
        return Turn(kept=before)
    ours = _shown(field.before)
    return Turn(ours, _shown(field.after), _others(live, {each.pair for each in ours}))


def unchanged(live: Live) -> Turn:
    """The assignments of an object that the plan leaves alone."""
    return Turn(kept=_live(live.assignments))


def _old_object(change: Change, planned: Planned) -> Live | None:
    """The object that a new one is to replace."""
    subjects = (intent.subject for intent in planned.intents.values())
    return next((s.live for s in subjects if s.live and s.live.id == change.live_id), None)


def _others(live: Live | None, ours: set[tuple[str, str]]) -> tuple[Assigned, ...]:
    """The live assignments that a change does not speak of: they stay."""
    raw = live.assignments if live else ()
    return tuple(each for a in raw if (each := _read(a)).pair not in ours or not is_direct(a))


def _live(assignments: Iterable[JsonObject]) -> tuple[Assigned, ...]:
    return tuple(map(_read, assignments))


def _read(raw: JsonObject) -> Assigned:
    target = read_target(raw.get("target"))
    return Assigned(target, str(raw.get("intent") or "").casefold(), canonical(raw.get("settings")))


def _shown(assignments: Json) -> tuple[Assigned, ...]:
    """The assignments of an `/assignments` field as plans show it; another form is a target of another sort."""
    if assignments is None:
        return ()
    if not isinstance(assignments, dict):
        return (Assigned(Target("other", canonical(assignments))),)
    return tuple(
        _entry(entry, exclude=side == "exclude")
        for side, entries in assignments.items()
        for entry in (entries if isinstance(entries, list) else [])
    )


def _entry(entry: Json, *, exclude: bool) -> Assigned:
    """One target as `assignments.show_target` gives it, with what a kind adds to it."""
    whole: Mapping[str, Json] = entry if isinstance(entry, dict) else {"all": str(entry).removeprefix("all").lower()}
    settings = canonical({key: value for key, value in whole.items() if key not in _WHOM})
    chosen = whole.get("filter")
    mode, name = next(iter(chosen.items())) if isinstance(chosen, dict) else ("", None)
    filtered = Filter("exclude" if mode == "exclude" else "include", str(name)) if mode else None
    if "id" in whole:
        target = Target("group", str(whole["id"]), exclude, filtered)
    elif whole.get("all") in ("users", "devices"):
        target = Target("users" if whole["all"] == "users" else "devices", "", exclude, filtered)
    else:
        target = Target("other", str(whole.get("other") or canonical(entry)), exclude, filtered)
    return Assigned(target, str(whole.get("intent") or "").casefold(), settings)
