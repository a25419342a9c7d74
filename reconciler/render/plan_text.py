"""A plan as text: the tenant, each change with what it does, why and what was found, what is left alone, the summary.

Reads the document of `plan --format json`, so a saved plan and a fresh one look the same. The last line is the
summary; whatever makes apply refuse stands right above it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..model import JsonObject
from . import dry_run, fields, ladder, left_alone, people, waived
from .findings import Found, beside
from .members import member, number, objects, raw, text, texts
from .safe import quoted
from .style import Style, columns, page, paint_sign, plural, wrap
from .summary import is_pending, summary, verdict

SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "-/+"}
_WORDS = {
    "create": "will be created",
    "update": "will be updated",
    "delete": "will be deleted",
    "replace": "will be replaced by a new object",
}
_WHOLE, _LISTED = 100, 1000
"""So many changes are shown whole, and so many in one line; of more there are only numbers."""
_SIGNED = 6
"""Columns before the address, with the longest sign."""
_NAMED = 10
"""Addresses that a change comes after are named up to this number."""


def plan(document: JsonObject, *, style: Style, requests: bool = False, full: bool = False, saved: bool = False) -> str:
    """The whole text. `requests` adds every request in order with its body; `full` lists what is folded otherwise.

    `saved` says when it was made and until when it may be applied.
    """
    pending = [change for change in objects(document, "changes") if is_pending(change)]
    found = Found.of(document)
    parts: list[list[str]] = [[*tenant_line(document, style), *_source(document, style)]]
    if full or saved:
        parts[0] += _provenance(document, style)
    parts += _changes(document, pending, found, style, full)
    parts += [_refused(document, found, style), waived.section(document, style), waived.exceptions(document, style)]
    parts += left_alone.parts(document, style, full)
    if requests:
        parts.append(dry_run.lines(pending, style=style))
    parts += found.elsewhere(style, full)
    parts.append(verdict(document, style))
    parts.append([*people.lines(member(document, "people"), style=style), summary(document)])
    return page(_separated(parts))


def _separated(parts: Sequence[list[str]]) -> list[str]:
    shown: list[str] = []
    for part in parts:
        if part:
            shown += ["", *part] if shown else part
    return shown


def tenant_line(document: JsonObject, style: Style) -> list[str]:
    """Which tenant this is about."""
    tenant = member(document, "tenant")
    if not tenant:
        return []
    tenant_id, where = text(tenant, "tenantId"), place(document)
    name = style.paint(f"Tenant {text(tenant, 'name')}", "bold")
    return [name + (f" ({where})" if where else "") + (f", {tenant_id}" if tenant_id else "")]


def place(document: JsonObject) -> str:
    """Where the tenant was read; empty where that is not told."""
    url = text(member(document, "tenant"), "graphUrl")
    return {"emulator": "embedded Graph", "snapshot": _snapshot(document)}.get(url, url)


def _snapshot(document: JsonObject) -> str:
    return f"snapshot of {text(member(document, 'source'), 'createdAt') or 'an unknown time'}"


def _source(document: JsonObject, style: Style) -> list[str]:
    return [line for told in source(document) for line in wrap(told, width=style.width, rest="  ")]


def source(document: JsonObject) -> list[str]:
    """Where a plan comes from that does not come from specs."""
    record = text(member(document, "source"), "path")
    return [f"Back to what the run found that is recorded in {record}"] if record else []


def _provenance(document: JsonObject, style: Style) -> list[str]:
    tool = member(document, "tool")
    made = f"made {text(document, 'createdAt')} by {text(tool, 'name')} {text(tool, 'version')}"
    return [
        style.paint(f"{made}, may be applied until {text(document, 'expiresAt')}", "dim"),
        style.paint(f"owner {text(document, 'owner')}, specs {text(document, 'specDigest')}", "dim"),
    ]


def subject(change: JsonObject, style: Style) -> str:
    """The address, and the display name where there is one."""
    name = raw(change, "displayName")
    return style.paint(text(change, "address"), "bold") + (f" {quoted(name)}" if name else "")


def _changes(
    document: JsonObject, pending: Sequence[JsonObject], found: Found, style: Style, full: bool
) -> list[list[str]]:
    """Each change; of very many, most in one line, and the rest of those as numbers."""
    total = sum(len(objects(change, "operations")) for change in pending)
    parts: list[list[str]] = []
    brief: list[str] = []
    left: Counter[str] = Counter()
    for index, change in enumerate(pending):
        told = found.at(change)
        if full or index < _WHOLE or _stands_out(change, told):
            notes = waived.at_change(document, change)
            lines = change_lines(change, notes, total=total, style=style, full=full)
            about = raw(change, "address")
            parts.append([*lines, *beside(told, style=style, about=about, indent=fields.INDENT, full=full)])
        elif len(brief) < _LISTED:
            brief.append(_brief(change, style))
        else:
            left[text(change, "action")] += 1
    if brief:
        parts.append(["In short, because there are so many (--full shows them whole):", *brief])
    if left:
        more = ", ".join(f"{count} to {action}" for action, count in left.items())
        parts[-1].append(f"    and {more} more (--full lists them)")
    return parts


def _stands_out(change: JsonObject, told: Sequence[JsonObject]) -> bool:
    """Whether it takes something away or over, moves an order, or has something found about it."""
    takes = raw(change, "action") in ("delete", "replace") or change.get("adopts") is True
    return takes or bool(told) or bool(member(change, "ladder"))


def _brief(change: JsonObject, style: Style) -> str:
    sign = paint_sign(SIGNS.get(raw(change, "action"), "?"), style)
    return f"  {sign} {subject(change, style)}: {plural(len(objects(change, 'fields')), 'field')}"


def _refused(document: JsonObject, found: Found, style: Style) -> list[str]:
    """What apply refuses, with the reasons; never folded."""
    refused = [change for change in objects(document, "changes") if change.get("refused") is True]
    shown = [f"Refused: {len(refused)}"] * bool(refused)
    for change in refused:
        shown.append(f"  {paint_sign('!', style)} {subject(change, style)}: {text(change, 'reason')}")
        shown += beside(found.at(change), style=style, about=raw(change, "address"), indent=fields.INDENT, full=True)
    return shown


def change_lines(change: JsonObject, notes: Sequence[str], *, total: int, style: Style, full: bool) -> list[str]:
    """One change: what becomes of what and why, field by field, what is left alone, and when it is its turn."""
    action = raw(change, "action")
    sign = paint_sign(SIGNS.get(action, "?"), style)
    words = (
        "will be adopted and updated" if change.get("adopts") is True else _WORDS.get(action, text(change, "action"))
    )
    shown = _head(f"  {sign} ", change, words, style)
    shown += _dim(f"because {text(change, 'reason')}", style)
    if change.get("liveId") and (full or change.get("adopts") is True or action in ("delete", "replace")):
        shown += _dim(f"live object {text(change, 'liveId')}", style)
    shown += fields.lines(change, style=style, full=full)
    shown += ladder.lines(member(change, "ladder"), style=style)
    shown += [line for note in (*notes, *texts(change, "notes")) for line in _dim(note, style)]
    return [*shown, *_dim(turn(change, total, full=full), style), *_may_need(change, style)]


def _head(sign: str, change: JsonObject, words: str, style: Style) -> list[str]:
    """The first line; on a narrow screen the name goes below the address, and the words below the name."""
    address, name = text(change, "address"), raw(change, "displayName")
    parts = [address, *([quoted(name)] if name else []), words]
    lines = [[parts[0]]]
    for part in parts[1:]:
        if columns(" ".join([*lines[-1], part])) + _SIGNED > style.width:
            lines.append([])
        lines[-1].append(part)
    first, *rest = [" ".join(line) for line in lines]
    painted = style.paint(address, "bold") + first[len(address) :]
    return [sign + painted, *(" " * fields.INDENT + line for line in rest)]


def _dim(prose: str, style: Style) -> list[str]:
    indent = " " * fields.INDENT
    lines = wrap(prose, width=style.width, first=indent, rest=indent + "  ")
    return [indent + style.paint(line[len(indent) :], "dim") for line in lines]


def turn(change: JsonObject, total: int, *, full: bool = True) -> str:
    """When it is its turn: its wave, its requests of `total`, and what has to be done before."""
    steps = sorted(number(operation, "step") for operation in objects(change, "operations"))
    parts = [f"wave {number(change, 'wave')}"]
    if steps:
        parts.append(f"{'request' if len(steps) == 1 else 'requests'} {ranges(steps)} of {total}")
    if before := texts(change, "dependsOn"):
        named = before if full else before[:_NAMED]
        left = [f"{len(before) - len(named)} more"] if len(before) > len(named) else []
        parts.append(f"after {', '.join([*named, *left])}")
    return ", ".join(parts)


def ranges(numbers: Sequence[int]) -> str:
    """`1-3 and 7`."""
    runs: list[list[int]] = []
    for each in numbers:
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    *most, last = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return f"{', '.join(most)} and {last}" if most else last


def _may_need(change: JsonObject, style: Style) -> list[str]:
    told = may_need(change)
    return _dim(told, style) if told else []


def may_need(change: JsonObject) -> str:
    """What the service may need beyond the requests that are planned; empty where that is nothing."""
    need = text(change, "mayNeed")
    return f"may need {need}, if a priority does not land as asked; apply reports each of them" if need else ""
