"""What a plan does not change, as text: lists that are folded where they are long. Used by the plan's text."""

from __future__ import annotations

from ..model import JsonObject
from .members import objects, raw, text
from .safe import quoted
from .style import Style, joined, wrap
from .summary import any_pending, is_pending, is_unselected

_SHORT_LIST = 10
"""Objects that are only mentioned are listed up to this number, and counted beyond it."""


def parts(document: JsonObject, style: Style, full: bool) -> list[list[str]]:
    """What was not selected, is orphaned, unchanged, not managed; what is of no interest is folded."""
    still = [change for change in objects(document, "changes") if not is_pending(change)]
    still = [change for change in still if change.get("refused") is not True]
    unselected = [change for change in still if is_unselected(change)]
    unchanged = [change for change in still if not is_unselected(change)]
    orphaned, unmanaged = objects(document, "orphaned"), objects(document, "unmanaged")
    shown = [
        _listed("Not selected", [f"{_subject(c, style)}: {_otherwise(c)}" for c in unselected], full, style),
        _listed("Orphaned (ours by their marker, but without a spec)", _objects(orphaned), full, style),
    ]
    if full:
        shown.append(_listed("Unchanged", [_subject(c, style) for c in unchanged], full, style))
        return [*shown, _listed("Not managed (no spec names them)", _objects(unmanaged), full, style)]
    return [*shown, _folded(len(unchanged) if any_pending(document) else 0, unmanaged, style)]


def _folded(unchanged: int, unmanaged: list[JsonObject], style: Style) -> list[str]:
    """What is nobody's business today, in one line each."""
    said = [f"Unchanged: {unchanged} (--full lists them)"] if unchanged else []
    if unmanaged:
        named = [
            f"{text(each, 'kind')} {quoted(raw(each, 'displayName'))}{_whose(each)}" for each in unmanaged[:_SHORT_LIST]
        ]
        left = len(unmanaged) - len(named)
        first, *others = [*named, *([f"{left} more (--full lists them)"] if left else [])]
        said += joined([f"Not managed: {first}", *others], width=style.width)
    return [style.paint(line, "dim") for line in said]


def _whose(unmanaged: JsonObject) -> str:
    owner = text(unmanaged, "owner")
    return f" of {owner}" if owner else ""


def _subject(change: JsonObject, style: Style) -> str:
    name = raw(change, "displayName")
    return style.paint(text(change, "address"), "bold") + (f" {quoted(name)}" if name else "")


def _otherwise(change: JsonObject) -> str:
    return text(change, "reason").removeprefix("not selected; ")


def _objects(found: list[JsonObject]) -> list[str]:
    return [
        f"{text(each, 'address') or text(each, 'kind')} {quoted(raw(each, 'displayName'))} ({text(each, 'liveId')})"
        + _whose(each)
        + (", protected from deletion" if each.get("protected") is True else "")
        for each in found
    ]


def _listed(title: str, items: list[str], full: bool, style: Style) -> list[str]:
    if not items:
        return []
    shown = items if full or len(items) <= _SHORT_LIST else items[:_SHORT_LIST]
    left = len(items) - len(shown)
    return [
        f"{title}: {len(items)}",
        *(line for item in shown for line in wrap(item, width=style.width, first="    ", rest="      ")),
        *([f"    and {left} more (--full lists them)"] if left else []),
    ]
