"""The `/assignments` field: who is gained, lost, or treated otherwise, one line a target.

Reads the form in which kinds compare assignments: `{"include": […], "exclude": […]}`, each entry `allUsers`,
`allDevices`, `{"all": …}` or `{"group": NAME, "id": …}` with an optional filter, intent and settings.
"""

from __future__ import annotations

from ..model import Json, JsonObject
from .members import entries, member
from .safe import quoted, safe
from .style import Style, joined, signed
from .values import inline, key

_WHOLE = {"allUsers": "all users", "allDevices": "all devices"}
_TOLD_APART = frozenset({"filter", "settings"})
"""What a target may hold without being another target."""


def lines(before: Json, after: Json, *, style: Style, width: int, full: bool = False) -> list[str]:
    """Targets lost, gained and changed; those that stay are counted, or listed with `full`."""
    old, new = _by_target(before), _by_target(after)
    shown: list[str] = []
    for target in (t for t in old if t not in new):
        shown += _entry("-", target, old[target], style, width)
    for target in (t for t in new if t not in old):
        shown += _entry("+", target, new[target], style, width)
    staying = [t for t in new if t in old]
    for target in (t for t in staying if old[t] != new[t]):
        shown += _altered(target, old[target], new[target], style, width)
    same = [t for t in staying if old[t] == new[t]]
    if full:
        shown += [line for target in same for line in _entry(" ", target, new[target], style, width)]
    elif same:
        shown.append(style.paint(f"  ({len(same)} unchanged)", "dim"))
    return shown or ["nobody"]


def _by_target(assignments: Json) -> dict[str, JsonObject]:
    """Each entry by what it is called: its side and target, and its intent."""
    value: JsonObject = assignments if isinstance(assignments, dict) else {}
    return {
        _name(side, entry): entry if isinstance(entry, dict) else {}
        for side in ("include", "exclude")
        for entry in entries(value, side)
    }


def _name(side: str, entry: Json) -> str:
    return ", ".join([f"{side} {_whom(entry)}", *_others(entry)])


def _whom(entry: Json) -> str:
    if isinstance(entry, str):
        return _WHOLE.get(entry) or quoted(entry)
    if not isinstance(entry, dict):
        return inline(entry)
    if "all" in entry:
        return f"all {safe(str(entry['all']))}"
    if "group" in entry:
        return _group(entry)
    if "other" in entry:
        return f"a target of an unknown type: {safe(str(entry['other']))}"
    return inline({k: v for k, v in entry.items() if k not in _TOLD_APART})


def _group(entry: JsonObject) -> str:
    name, group_id = entry.get("group"), entry.get("id")
    if name is None:
        return f"group {safe(str(group_id))} (its name is not known)"
    return f"group {quoted(str(name))}" + (f" ({safe(str(group_id))})" if group_id else "")


def _others(entry: Json) -> list[str]:
    """The intent, and members that this version does not know."""
    if not isinstance(entry, dict):
        return []
    known = _TOLD_APART | {"all", "group", "id", "other"}
    return [
        safe(value) if k == "intent" and isinstance(value, str) else f"{key(k)} {inline(value)}"
        for k, value in sorted(entry.items())
        if k not in known and ({"all", "group", "other"} & entry.keys() or k == "intent")
    ]


def _filter(entry: JsonObject) -> str:
    modes = member(entry, "filter")
    return " ".join(f"{key(mode)} {inline(name)}" for mode, name in sorted(modes.items())) or "none"


def _entry(sign: str, target: str, entry: JsonObject, style: Style, width: int) -> list[str]:
    parts = [target, *([f"filter {_filter(entry)}"] if member(entry, "filter") else [])]
    settings = [f"{key(k)} {_word(v)}" for k, v in sorted(member(entry, "settings").items())]
    return signed(sign, joined([*parts, *settings], width=width - 2), style)


def _altered(target: str, old: JsonObject, new: JsonObject, style: Style, width: int) -> list[str]:
    parts = []
    if old.get("filter") != new.get("filter"):
        parts.append(f"filter {_filter(old)} -> {_filter(new)}")
    was, now = member(old, "settings"), member(new, "settings")
    differing = [k for k in sorted({**was, **now}) if was.get(k) != now.get(k)]
    parts += [f"{key(k)} {_setting(was, k)} -> {_setting(now, k)}" for k in differing]
    return signed("~", joined([target, *(parts or ["differs"])], width=width - 2), style)


def _setting(settings: JsonObject, name: str) -> str:
    return _word(settings[name]) if name in settings else "(none)"


def _word(value: Json) -> str:
    return safe(value) if isinstance(value, str) and value.isalnum() else inline(value)
