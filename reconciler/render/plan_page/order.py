"""The order of enrollment profiles before and after, as two lists with lines between them that show who moves where.

The lists are the alternative text of the picture: they are lists for whoever listens, with each move in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model import Json, JsonObject
from .. import page
from ..elements import NOTHING, Html, element, joined
from ..members import entries, member, number, objects
from ..style import plural
from ..values import inline

_STEP, _TALL = 60, 52
"""From one rung to the next, and the height of a rung: in the proportion that `page.css` has on every screen."""
_DEEPEST = 300
"""Rungs up to which lines are drawn."""


def section(document: JsonObject) -> Html:
    """The orders that the plan has; one where there is nothing unusual."""
    found = [change for change in objects(document, "changes") if member(change, "ladder")]
    return page.section("order", "Order of enrollment profiles", *map(_ladder, found))


def _ladder(change: JsonObject) -> Html:
    ladder = member(change, "ladder")
    before, after = _names(entries(ladder, "before")), _names(entries(ladder, "after"))
    steps = objects(ladder, "steps")
    if not steps and before == after:
        return NOTHING
    moved = {inline_name(step.get("moved")) for step in steps}
    picture = element(
        "div",
        _column("Now", before, before, after, moved, now=True),
        _lines(before, after, moved),
        _column("After", after, before, after, moved),
        class_="ladder",
    )
    return element("div", element("p", _said(ladder, steps), class_="soft"), picture, _calls(steps))


def _said(ladder: JsonObject, steps: Sequence[JsonObject]) -> str:
    words = f"A person who is assigned several profiles gets the highest one. {plural(len(steps), 'setPriority call')}"
    strays = number(ladder, "strays", -1)
    if strays == 0:
        return f"{words}; nobody meets a wrong profile on the way."
    if strays > 0:
        least = ", and no other way has less" if ladder.get("fewest") is True else ""
        met = "people meet a profile that is neither their old nor their new one"
        return f"{words}; on the way, {met} {strays} times{least}."
    return f"{words}."


def _names(profiles: Sequence[Json]) -> list[str]:
    return [inline_name(each) for each in profiles]


def inline_name(profile: Json) -> str:
    """A profile's name; what is none, as JSON."""
    return profile if isinstance(profile, str) else inline(profile)


def _column(
    title: str, names: Sequence[str], before: Sequence[str], after: Sequence[str], moved: set[str], *, now: bool = False
) -> Html:
    rungs = [_rung(rank, name, before, after, name in moved, now) for rank, name in enumerate(names, 1)]
    heading = element("p", title)
    return element("div", heading, element("ol", *rungs, role="list", aria_label=title))


def _rung(rank: int, name: str, before: Sequence[str], after: Sequence[str], moved: bool, now: bool) -> Html:
    how, class_ = _how(name, before, after, now)
    number_ = element("span", str(rank), class_="rank")
    label = element("span", page.name(name), class_="label")
    told = element("span", how, class_="how") if how else None
    return element("li", joined([number_, label, told], " "), class_=class_ or ("moved" if moved else None), title=name)


def _how(name: str, before: Sequence[str], after: Sequence[str], now: bool) -> tuple[str, str | None]:
    """What becomes of a rung, in words and as a class."""
    if now:
        return ("leaves", "lost") if name not in after else ("", None)
    if name not in before:
        return "new", "gained"
    by = before.index(name) - after.index(name)
    if not by:
        return "", None
    return (f"\u2191 up {by}" if by > 0 else f"\u2193 down {-by}"), None


def _lines(before: Sequence[str], after: Sequence[str], moved: set[str]) -> Html:
    """From the place of each profile to its new one."""
    rungs = max(len(before), len(after))
    shown = [*_paths(before, after, moved)] if rungs <= _DEEPEST else []
    height = rungs * _STEP
    box = f"0 0 100 {height}"
    drawn = element("svg", *shown, viewBox=box, preserveAspectRatio="none", aria_hidden="true", focusable="false")
    return element("div", drawn, class_="lines")


def _paths(before: Sequence[str], after: Sequence[str], moved: set[str]) -> Iterator[Html]:
    """Those who move last, so that their lines lie on top."""
    for name in sorted((n for n in before if n in after), key=lambda n: (n in moved, before.index(n))):
        top, bottom = (names.index(name) * _STEP + _TALL // 2 for names in (before, after))
        yield element(
            "path", d=f"M0 {top}C50 {top} 50 {bottom} 100 {bottom}", class_="moved" if name in moved else None
        )


def _calls(steps: Sequence[JsonObject]) -> Html:
    if not steps:
        return NOTHING
    told = [
        joined([page.name(inline_name(step.get("moved"))), f"to priority {number(step, 'to')}"], " ") for step in steps
    ]
    return page.fold("The calls, in their order", page.items(told, tag="ol", class_="calls"), class_="more")
