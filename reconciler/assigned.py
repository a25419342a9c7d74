"""Which assignments an object has before and after a change: from a plan's own data, whatever the kind.

Used by `affected`, `guards` and `engine.verify`. Assignments that others made on a shared object, and those of policy
sets, stand on both sides: a plan never changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .assignments import Filter, Target, is_direct, read_target
from .canonical import canonical
from .decide import Planned
from .live import Live
from .model import Json, JsonObject
from .plan import Action, Change

FIELD = "/assignments"
_APPLY = "apply"
"""The intent of a policy's assignment that is in force: policies have no intents otherwise, and specs name none."""
_TOLD = 3
"""Assignments that a message names."""
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
    target, intent = read_target(raw.get("target")), str(raw.get("intent") or "").casefold()
    return Assigned(target, "" if intent == _APPLY else intent, canonical(raw.get("settings")))


def _shown(assignments: Json) -> tuple[Assigned, ...]:
    """The assignments of an `/assignments` field as plans show it; another form is a target of another sort."""
    if assignments is None:
        return ()
    if not isinstance(assignments, dict):
        return (Assigned(Target("other", canonical(assignments))),)
    return tuple(each for _, _, each in _sided(assignments))


def lacking(wanted: Json, found: Json) -> str | None:
    """In words, which of the wanted assignments are not there, of two `/assignments` fields; None where all are.

    A group that is there in another way is told of: no document says that an app may hold one group twice.
    """
    held = _shown(found)
    pairs, groups = {each.pair for each in held}, {each.target.group for each in held} - {""}
    lost = [(side, entry, each) for side, entry, each in _sided(wanted) if each.pair not in pairs]
    if not lost:
        return None
    named = [_words(side, entry, each) for side, entry, each in lost[:_TOLD]]
    more = [f"{len(lost) - _TOLD} more"] if len(lost) > _TOLD else []
    twice = any(each.target.group in groups for _, _, each in lost)
    why = "; the same group is there in another way, and the service may keep a group of an app only once"
    return f"missing: {', '.join([*named, *more])}{why if twice else ''}"


def _sided(assignments: Json) -> Iterator[tuple[str, Json, Assigned]]:
    for side, entries in (assignments if isinstance(assignments, dict) else {}).items():
        for entry in entries if isinstance(entries, list) else []:
            yield side, entry, _entry(entry, exclude=side == "exclude")


def _words(side: str, entry: Json, each: Assigned) -> str:
    """Such as `exclude group 'Kiosks' from required`."""
    whole = entry if isinstance(entry, dict) else {}
    whom = f"all {each.target.who}" if each.target.who in ("users", "devices") else "a target of another kind"
    if each.target.who == "group":
        whom = f"group {str(whole.get('group') or each.target.group)!r}"
    intent = f" {'from' if each.target.exclude else 'as'} {whole['intent']}" if "intent" in whole else ""
    return f"{side} {whom}{intent}"


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
