"""What a plan means for people, in one sentence: who gets another profile, and who would lack a part of the chain."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from .members import member, objects, raw, text
from .safe import quoted
from .style import Style, plural, wrap

_MOVES = 4
"""Moves that are told one by one."""
_LACKS = {
    "sso-policy": "an SSO policy",
    "authenticator": "Authenticator",
    "first-sign-in-app": "their first sign-in app",
    "compliance": "a compliance policy",
}
_NAMED = 2


def lines(document: JsonObject, *, style: Style) -> list[str]:
    """The sentence, wrapped; nothing where there is nothing to tell."""
    told = [*_moves(document), *_gaps(document)]
    return wrap(f"{'; '.join(told)}.", width=style.width, first="People: ", rest="  ") if told else []


def _moves(document: JsonObject) -> Iterator[str]:
    moves = objects(document, "moves")
    for move in moves[:_MOVES]:
        yield f"{number(member(move, 'people'))} {_moved(move)}"
    if len(moves) > _MOVES:
        yield f"{plural(len(moves) - _MOVES, 'further move')} (--format json has all)"


def _moved(move: JsonObject) -> str:
    before, after = member(move, "from"), member(move, "to")
    one = member(move, "people").get("atMost") == 1
    if not before:
        return f"{'gets' if one else 'get'} a profile for the first time, {_profile(after)}"
    if not after:
        return f"{'is' if one else 'are'} left without a profile (before: {_profile(before)})"
    verb = "moves" if one else "move"
    if before.get("type") != after.get("type"):
        return f"{verb} from {_type(before)} to {_type(after)}"
    return f"{verb} from {_profile(before)} to {_profile(after)}"


def _type(profile: JsonObject) -> str:
    return raw(profile, "typeName") or _profile(profile)


def _profile(profile: JsonObject) -> str:
    return quoted(raw(profile, "displayName"))


def _gaps(document: JsonObject) -> Iterator[str]:
    for gap in objects(document, "gaps"):
        sure = member(gap, "people").get("atLeast") != 0
        where = _where(gap)
        what = _LACKS.get(raw(gap, "part"), text(gap, "part"))
        yield f"{number(member(gap, 'people'))}{where} {'would' if sure else 'may'} enroll without {what}"


def _where(gap: JsonObject) -> str:
    """The groups that they are in: all in one, or how many of them in which."""
    groups = objects(gap, "groups")
    if groups and member(groups[0], "people") == member(gap, "people"):
        return f" in {quoted(raw(groups[0], 'group'))}"
    told = [f"{number(member(each, 'people'))} in {quoted(raw(each, 'group'))}" for each in groups[:_NAMED]]
    more = [plural(len(groups) - len(told), "more group")] if len(groups) > len(told) else []
    return f" ({', '.join([*told, *more])})" if told else ""


def number(people: JsonObject) -> str:
    """A number of people: exact, a range, or how many at least."""
    least, most = people.get("atLeast"), people.get("atMost")
    if least == most:
        return plural(least if isinstance(least, int) else 0, "person", "people")
    if most is None:
        return f"at least {least} people" if least else "an unknown number of people"
    noun = "person" if most == 1 else "people"
    return f"{least} to {most} people" if least else f"up to {most} {noun}"
