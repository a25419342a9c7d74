"""What a plan means for people, in numbers: who gets another profile, and who would lack a part of the chain."""

from __future__ import annotations

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import entries, member, objects, raw, texts
from ..people import number
from ..style import plural
from .parts import TITLES

_MOST = 200
"""Pairs of objects that are told: where all of them meet each other, there are as many as their square."""


def section(document: JsonObject) -> Html:
    """All of it; nothing where there is nothing to tell."""
    people = member(document, "people")
    meetings = objects(people, "meetings")
    content = [*map(_gap, objects(people, "gaps")), *map(_meeting, meetings[:_MOST])]
    if (left := len(meetings) - _MOST) > 0:
        content.append(element("p", f"and {plural(left, 'further pair')} of which people get both", class_="soft"))
    content += [_never(people), _moves(people), _partial(people)]
    return page.section("people", "What it means for people", *content)


def _gap(gap: JsonObject) -> Html:
    """Whom a profile sends into enrollment without a part; red where the plan makes it."""
    sure = member(gap, "people").get("atLeast") != 0
    lack = TITLES.get(raw(gap, "part"), raw(gap, "part"))
    new = gap.get("new") is True
    said: list[Child] = [
        f"{number(member(gap, 'people'))} {'would' if sure else 'may'} enroll with",
        profile(member(gap, "profile")),
        f"without {lack}" + ("" if new else ", as it is already"),
    ]
    groups = page.items(_group(each) for each in objects(gap, "groups"))
    return page.callout("bad" if new and sure else "warn", joined(said, " "), groups, *_why(gap))


def _why(gap: JsonObject) -> list[Html]:
    return [element("p", each, class_="soft") for each in texts(gap, "partial")]


def _group(share: JsonObject) -> Html:
    whole = "all of it" if share.get("whole") is True else None
    return joined([number(member(share, "people")), "in", page.name(raw(share, "group")), whole and f"({whole})"], " ")


def _meeting(meeting: JsonObject) -> Html:
    what = TITLES.get(raw(meeting, "part"), raw(meeting, "part"))
    both = joined((page.name(each) for each in entries(meeting, "between") if isinstance(each, str)), " and ")
    new = "" if meeting.get("new") is True else ", as it is already"
    said = joined([f"{number(member(meeting, 'people'))} would get {what} twice{new}:", both], " ")
    return page.callout("warn", said)


def _never(people: JsonObject) -> Html:
    rows = [
        [profile(member(each, "profile")), profile(member(each, "outrankedBy"))] for each in objects(people, "neverWin")
    ]
    return page.table(["Nobody gets", "Because of"], rows, caption="Profiles that nobody gets")


def _moves(people: JsonObject) -> Html:
    rows: list[list[Child]] = [
        [number(member(each, "people")), profile(member(each, "from")), profile(member(each, "to"))]
        for each in objects(people, "moves")
    ]
    return page.table(["Who moves", "From", "To"], rows, caption="People who get another profile")


def profile(document: JsonObject) -> Html:
    """A profile's name and type; no profile where there is none."""
    if not document:
        return element("span", "no profile", class_="none")
    kind = raw(document, "typeName")
    small = element("span", f"({kind})", class_="soft") if kind else None
    return joined([page.name(raw(document, "displayName")), small], " ")


def _partial(people: JsonObject) -> Html:
    found = texts(people, "partial")
    return page.callout("warn", "Not everything could be read", page.items(found)) if found else NOTHING
