"""What is surely wrong with the text of an assignment filter's rule, before anything is sent.

Source: Microsoft, "Assignment filter properties and operators reference": operators are written with or without a
dash, in any case; round brackets may be nested, square ones hold the values of `-in`. How a quotation mark is written
inside a value is not documented, so a rule that may hold one is not taken apart. What is not listed there, but may be
known to the service (`not`, `-equals`), is let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from ..diagnostics import Severity

RULES = {
    "FILTER102": "The rule of an assignment filter has a mistake in its syntax.",
    "FILTER103": "The rule of an assignment filter asks for a property that iPhones and iPads do not have.",
}
"""Rule ids of this module, each with what it means."""
_ESCAPES = re.compile(r"[\\`]")
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_TOKEN = re.compile(
    r"(?P<sign>[=<>!&|~+]+)|(?P<bracket>[()\[\]])|(?P<property>device\.\w*)|(?P<word>[^\s()\[\],=<>!&|~+]+)", re.I
)
_PAIRS = {")": "(", "]": "["}
_COMPARING = ("eq", "ne", "startsWith", "in", "notIn", "contains", "notContains", "gt", "ge", "lt", "le")
_JOINING = ("and", "or")
_TOLERATED = ("not", "equals", "notEquals")
_KNOWN = frozenset(word.casefold() for word in (*_COMPARING, *_JOINING, *_TOLERATED))
_SIGNS = {"=": "-eq", "==": "-eq", "!=": "-ne", "<>": "-ne", ">": "-gt", ">=": "-ge", "<": "-lt", "<=": "-le"}
_SIGNS |= {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "-ne"}
_PROPERTIES = (
    "deviceCategory", "deviceName", "deviceOwnership", "enrollmentProfileName", "isRooted", "manufacturer", "model",
    "operatingSystemVersion", "osVersion",
)  # fmt: skip
"""Those of iOS/iPadOS."""
_ELSEWHERE = ("cpuArchitecture", "deviceManagementType", "deviceTrustType", "operatingSystemSKU")
"""Those of other platforms alone."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong with a rule: an error for its syntax, a warning for a property."""

    rule: str
    severity: Severity
    message: str
    detail: str


def mistakes(rule: str) -> list[Mistake]:
    """Everything that is wrong, as far as the text says so beyond doubt."""
    if _ESCAPES.search(rule):
        return []
    bare = _LITERAL.sub(" '' ", rule)
    if "'" in (rest := bare.replace("''", "")) or '"' in rest:
        return [_syntax("a quotation mark in the rule has no end", 'write each value as "…"')]
    tokens = [(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(bare)]
    return [*_brackets(tokens), *_operators(tokens), *_properties(tokens)]


def _syntax(message: str, detail: str) -> Mistake:
    return Mistake("FILTER102", Severity.ERROR, message, detail)


def _brackets(tokens: list[tuple[str, str]]) -> Iterator[Mistake]:
    opened: list[str] = []
    for bracket in (text for sort, text in tokens if sort == "bracket"):
        if bracket not in _PAIRS:
            opened.append(bracket)
        elif not opened or opened.pop() != _PAIRS[bracket]:
            yield _syntax(f"the {bracket} in the rule closes nothing", "write a pair of brackets around each condition")
            return
    if opened:
        yield _syntax(f"the {opened[-1]} in the rule is not closed", "write a pair of brackets around each condition")


def _operators(tokens: list[tuple[str, str]]) -> Iterator[Mistake]:
    """Signs and words with a dash wherever they are, and whatever else stands right behind a property."""
    before = ""
    for sort, text in tokens:
        name = text.removeprefix("-")
        is_operator = sort == "word" and (text.startswith("-") or before == "property")
        if sort == "sign" or (is_operator and name.casefold() not in _KNOWN):
            yield _syntax(f"there is no operator {text}", _meant(text))
        before = sort


def _meant(text: str) -> str:
    near = [_SIGNS[text]] if text in _SIGNS else [f"-{n}" for n in _nearest(text.removeprefix("-"), _COMPARING)]
    known = f"there are {', '.join(f'-{each}' for each in _COMPARING)}, and, or"
    return f"did you mean {near[0]}? {known}" if near else known


def _properties(tokens: list[tuple[str, str]]) -> Iterator[Mistake]:
    known = {name.casefold() for name in _PROPERTIES}
    elsewhere = {name.casefold() for name in _ELSEWHERE}
    for text in dict.fromkeys(text for sort, text in tokens if sort == "property"):
        name = text.partition(".")[2]
        if name.casefold() in known:
            continue
        why = "is not one of iPhones and iPads" if name.casefold() in elsewhere else "is not known"
        near = _nearest(name, _PROPERTIES)
        detail = f"did you mean device.{near[0]}?" if near else f"known are {', '.join(_PROPERTIES)}"
        yield Mistake("FILTER103", Severity.WARNING, f"the property {text} {why}", detail)


def _nearest(name: str, known: tuple[str, ...]) -> list[str]:
    folded = {each.casefold(): each for each in known}
    return [folded[each] for each in get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)]
