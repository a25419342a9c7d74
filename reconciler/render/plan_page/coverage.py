"""Whom each part of the chain reaches, after the plan: a row for each target, a column for each part.

A state is a shape, a colour and words at once. Reads the member `coverage` of a plan.
"""

from __future__ import annotations

import re

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import member, number, objects, raw, texts
from ..people import number as people
from .parts import HEADINGS

_WORDS: dict[str, tuple[str, page.Tone]] = {
    "all": ("reached", "good"),
    "some": ("some of them", "warn"),
    "none": ("not reached", "bad"),
    "unknown": ("not known", "plain"),
    "provided": ("provided by others", "info"),
    "empty": ("nobody in it", "plain"),
}
_REACHED = ("all", "some")
_ADDRESS = re.compile(r"\A[A-Z][A-Za-z0-9]*/(?=[a-z0-9][-a-z0-9]*\Z)")
_SHAPES = {
    "all": '<circle class="full" cx="8" cy="8" r="7"/><path class="cut" d="M4.8 8.2l2.2 2.3 4.2-4.7"></path>',
    "some": '<circle cx="8" cy="8" r="6.2"/><path class="full" d="M8 1.8a6.2 6.2 0 0 1 0 12.4z"></path>',
    "none": '<circle cx="8" cy="8" r="6.2"/><path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"></path>',
    "unknown": '<circle cx="8" cy="8" r="6.2" stroke-dasharray="2.4 2"/>',
    "provided": '<rect x="2" y="2" width="12" height="12" rx="3"/><path d="M5.5 8h5M8.4 5.6L10.9 8l-2.5 2.4"></path>',
    "empty": '<path d="M4 8h8"></path>',
}


def section(document: JsonObject) -> Html:
    """The matrix; nothing where the plan has none."""
    coverage = member(document, "coverage")
    parts, rows = texts(coverage, "parts"), objects(coverage, "rows")
    table = page.table(
        ["Who", *(HEADINGS.get(part, part) for part in parts)],
        ([_who(row), *(_cell(cell) for cell in objects(row, "cells"))] for row in rows),
        caption="Whom each part of the chain reaches after the plan",
        class_="matrix",
    )
    if not table:
        return NOTHING
    left = number(coverage, "left")
    more = element("p", f"{left} further targets are not in this table.", class_="soft") if left else None
    return page.section("coverage", "Coverage", _legend(rows), table, more, intro=_INTRO)


_INTRO = (
    "Whom the parts of the chain reach once the plan is applied, whoever made them. "
    "A group is reached where targets prove it, or where its members were read."
)


def _legend(rows: list[JsonObject]) -> Html:
    states = {raw(cell, side) for row in rows for cell in objects(row, "cells") for side in ("before", "after")}
    shown = [_shape(state, _WORDS[state][0]) for state in _WORDS if state in states]
    return page.items(shown, class_="legend")


def _shape(state: str, *words: Child) -> Html:
    tone = _WORDS.get(state, _WORDS["unknown"])[1]
    picture = Html(f'<svg viewBox="0 0 16 16" aria-hidden="true">{_SHAPES.get(state, _SHAPES["unknown"])}</svg>')
    return element("span", picture, element("span", *words), class_=f"cell {tone}")


def _who(row: JsonObject) -> Html:
    name = raw(row, "name") or raw(row, "id")
    label = page.name(name) if raw(row, "who") == "group" else element("span", "All users")
    size = element("small", people(member(row, "people"))) if member(row, "people") else None
    return joined([label, size])


def _cell(cell: JsonObject) -> Html:
    """What reaches them, or that nothing does; and what was before, where that was something else."""
    state, before = raw(cell, "after"), raw(cell, "before")
    by = [_short(each) for each in texts(cell, "by")] if state in _REACHED else []
    words: list[Child] = [page.unseen(f"{_word(state)}: "), *map(page.name, by)] if by else [_word(state)]
    if state == "some" and member(cell, "people"):
        words.append(element("small", f"{people(member(cell, 'people'))} reached"))
    if before != state:
        words.append(element("small", _shape(before, f"before: {_word(before)}")))
    return _shape(state, *words)


def _short(name: str) -> str:
    """An address without its kind, which the column says."""
    return _ADDRESS.sub("", name, count=1)


def _word(state: str) -> str:
    return _WORDS.get(state, _WORDS["unknown"])[0]
