"""The rules as text and as Markdown: the list of `rules`, and one of them for `explain RULE`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ..model import JsonObject
from .markup import plain
from .members import member, objects, raw, texts
from .safe import safe
from .style import Ink, Style, columns, pad, page, plural, wrap

_INKS: dict[str, Ink] = {"error": "red", "warning": "yellow", "info": "cyan", "none": "dim"}
_WIDEST_SEVERITY, _WIDEST_WHERE = 7, 13
_LEAST = 30
"""Columns that a title has at least; where there are fewer beside the rest, it stands below."""


def text(document: JsonObject, *, style: Style) -> str:
    """The list, by chapter: id, severity, where it is decided, title."""
    return page(_list(document, style))


def _list(document: JsonObject, style: Style) -> Iterator[str]:
    rules = objects(document, "rules")
    for title, listed in groupby(rules, key=lambda rule: raw(rule, "chapter")):
        yield style.paint(safe(title), "bold")
        for rule in listed:
            yield from _row(rule, style)
        yield ""
    yield from wrap(_summary(rules), width=style.width)
    yield "`reconciler explain ID` says more of one."


def _row(rule: JsonObject, style: Style) -> Iterator[str]:
    severity = safe(_counts(rule))
    where = pad(_where(rule), _WIDEST_WHERE)
    first = f"  {safe(raw(rule, 'id'))}  {style.paint(pad(severity, _WIDEST_SEVERITY), _INKS.get(severity, 'red'))}  "
    margin = " " * (2 + columns(safe(raw(rule, "id"))) + 2 + _WIDEST_SEVERITY + 2 + columns(where) + 2)
    if style.width < columns(margin) + _LEAST:
        margin = "    "
        yield (first + where).rstrip()
        yield from wrap(safe(raw(rule, "title")), width=style.width, first=margin)
    else:
        lines = wrap(safe(raw(rule, "title")), width=style.width, first=margin)
        yield first + where + "  " + lines[0].removeprefix(margin)
        yield from lines[1:]
    for note in _notes(rule):
        yield from wrap(safe(note), width=style.width, first=margin)


def _notes(rule: JsonObject) -> Iterator[str]:
    """What else has to be said of a rule in a list: what the workspace made of it, and why nobody can decide it."""
    if _is_set(rule):
        because = f": {raw(rule, 'reason')}" if raw(rule, "reason") else ""
        yield f"set to {raw(rule, 'setTo')} here, {raw(rule, 'severity')} as shipped{because}"
    if reported := texts(rule, "reportedAs"):
        yield f"reported as {', '.join(reported)}"
    if why := raw(rule, "notDecidable"):
        yield f"not decided: {why}"


def _is_set(rule: JsonObject) -> bool:
    return bool(raw(rule, "setTo")) and raw(rule, "setTo") != raw(rule, "severity")


def _counts(rule: JsonObject) -> str:
    """The severity that counts here."""
    return raw(rule, "setTo") or raw(rule, "severity")


def _where(rule: JsonObject) -> str:
    return ", ".join(texts(rule, "decided")) or "not decidable"


def _summary(rules: list[JsonObject]) -> str:
    decided = [set(texts(rule, "decided")) for rule in rules]
    parts = [
        f"{decided.count({'offline'})} decided offline",
        f"{decided.count({'live'})} with the tenant",
        f"{decided.count({'offline', 'live'})} both ways",
        f"{decided.count(set())} not decidable",
    ]
    changed = sum(map(_is_set, rules))
    here = f" The workspace sets {plural(changed, 'rule')}." if changed else ""
    return f"{plural(len(rules), 'rule')}: {', '.join(parts)}.{here}"


def markdown(document: JsonObject) -> str:
    """The list as one table for each chapter."""
    lines: list[str] = []
    rules = objects(document, "rules")
    for title, listed in groupby(rules, key=lambda rule: raw(rule, "chapter")):
        lines += [f"### {plain(title)}", "", "| rule | severity | decided | finds |", "| --- | --- | --- | --- |"]
        lines += [_cells(rule) for rule in listed]
        lines.append("")
    return page([*lines, plain(_summary(rules))])


def _cells(rule: JsonObject) -> str:
    said = " ".join(f"({plain(note)})" for note in _notes(rule))
    finds = f"{plain(raw(rule, 'title'))} {said}".strip()
    return f"| {plain(raw(rule, 'id'))} | {plain(_counts(rule))} | {plain(_where(rule))} | {finds} |"


# One rule


def explained(document: JsonObject, *, style: Style) -> str:
    """One rule: what it finds, why, what to do, and an example."""
    rule = member(document, "rule")
    lines = wrap(f"{safe(raw(rule, 'id'))}: {safe(raw(rule, 'title'))}", width=style.width)
    lines = [style.paint(line, "bold") for line in lines]
    for sentence in _status(document, rule):
        lines += wrap(safe(sentence), width=style.width)
    lines += _says(rule, style)
    example = member(rule, "example")
    if example:
        lines += ["", style.paint("Finds it here", "bold"), *_source(example, "breaks"), ""]
        severity = raw(rule, "setTo") or raw(example, "severity") or _counts(rule)
        found = f"{severity}[{raw(rule, 'id')}]: {raw(example, 'message')}"
        lines += wrap(safe(found), width=style.width, first="  ", rest="    ")
        lines += wrap(f"help: {safe(raw(example, 'help'))}", width=style.width, first="  ", rest="    ")
        lines += ["", style.paint("Finds nothing here", "bold"), *_source(example, "right")]
    return page(lines)


def _status(document: JsonObject, rule: JsonObject) -> Iterator[str]:
    """Severity, where it is decided and by what, in sentences."""
    severity = raw(rule, "severity")
    yield f"Severity: {severity}.{_here(document, rule)}" if severity else _elsewhere(rule)
    if why := raw(rule, "notDecidable"):
        yield f"Not decided: {why}."
    elif places := texts(rule, "decided"):
        words = {"offline": "from the specs alone", "live": "with the tenant"}
        yield f"Decided {' and '.join(words[each] for each in places if each in words)}{_by(rule)}."
    if reported := texts(rule, "reportedAs"):
        yield f"What the reader of files refuses already is reported as {', '.join(reported)}."


def _by(rule: JsonObject) -> str:
    """Which part of the program decides it, where it is none of the rules themselves."""
    by = raw(rule, "decidedBy")
    if not by or by == "rules":
        return ""
    return f", by {by}" + ("" if texts(rule, "reportedAs") else ", which says what to do")


def _elsewhere(rule: JsonObject) -> str:
    """Of an id that is of no rule: every finding of the program has one."""
    return f"Its severity cannot be changed: {raw(rule, 'fixed')}."


def _here(document: JsonObject, rule: JsonObject) -> str:
    if fixed := raw(rule, "fixed"):
        return f" It cannot be changed: {fixed}."
    if document.get("workspace") is not True:
        return ""
    if not raw(rule, "setTo"):
        return " The workspace leaves it so."
    reason = f": {raw(rule, 'reason')}" if raw(rule, "reason") else ""
    return f" The workspace sets it to {raw(rule, 'setTo')}{reason}."


def _says(rule: JsonObject, style: Style) -> list[str]:
    if not raw(rule, "says"):
        return []
    source = member(rule, "source")
    lines = ["", style.paint("Why", "bold")]
    lines += wrap(safe(raw(rule, "says")), width=style.width, first="  ")
    return [*lines, f"  {safe(raw(source, 'title'))}", f"  {safe(raw(source, 'url'))}"] if source else lines


def _source(example: JsonObject, side: str) -> list[str]:
    return [f"  {safe(line)}" for line in raw(example, side).splitlines()]


def explained_markdown(document: JsonObject) -> str:
    """The same as Markdown."""
    rule = member(document, "rule")
    lines = [f"### {plain(raw(rule, 'id'))}: {plain(raw(rule, 'title'))}", ""]
    lines += [plain(" ".join(_status(document, rule))), ""]
    if says := raw(rule, "says"):
        source = member(rule, "source")
        link = f" ([{plain(raw(source, 'title'))}](<{safe(raw(source, 'url'))}>))" if source else ""
        lines += [f"{plain(says)}{link}", ""]
    example = member(rule, "example")
    if example:
        lines += ["Finds it here:", "", *_fenced(example, "breaks"), ""]
        lines += [f"> {plain(raw(example, 'message'))}", ">", f"> {plain(raw(example, 'help'))}", ""]
        lines += ["Finds nothing here:", "", *_fenced(example, "right")]
    return page(lines)


def _fenced(example: JsonObject, side: str) -> list[str]:
    return ["```yaml", *(safe(line) for line in raw(example, side).splitlines()), "```"]
