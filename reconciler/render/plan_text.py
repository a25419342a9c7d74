"""A plan as text: the tenant, each change with what it does and why, what is left alone, findings, and the summary.

Reads the document of `plan --format json`, so a saved plan and a fresh one look the same. The last line is the
summary; whatever makes apply refuse stands right above it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model import JsonObject
from . import dry_run, fields, ladder, people, waived
from .findings import blocks
from .members import member, number, objects, raw, text, texts
from .safe import quoted
from .style import Style, joined, page, paint_sign, wrap
from .summary import any_pending, is_pending, is_unselected, summary, verdict

SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "-/+"}
_WORDS = {
    "create": "will be created",
    "update": "will be updated",
    "delete": "will be deleted",
    "replace": "will be replaced by a new object",
}
_SHORT_LIST = 10
"""Objects that are only mentioned are listed up to this number, and counted beyond it."""


def plan(document: JsonObject, *, style: Style, requests: bool = False, full: bool = False, saved: bool = False) -> str:
    """The whole text. `requests` adds every request in order with its body; `full` lists what is folded otherwise.

    `saved` says when it was made and until when it may be applied.
    """
    pending = [change for change in objects(document, "changes") if is_pending(change)]
    total = sum(len(objects(change, "operations")) for change in pending)
    parts: list[list[str]] = [[*tenant_line(document, style), *_source(document)]]
    if full or saved:
        parts[0] += _provenance(document, style)
    for change in pending:
        parts.append(change_lines(change, waived.at_change(document, change), total=total, style=style, full=full))
    parts += [waived.section(document, style), waived.exceptions(document, style)]
    parts += _left_alone(document, style, full)
    if requests:
        parts.append(dry_run.lines(pending, style=style))
    parts += blocks(objects(document, "diagnostics"), style=style)
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
    url, tenant_id = text(tenant, "graphUrl"), text(tenant, "tenantId")
    where = "embedded Graph" if url == "emulator" else url
    name = style.paint(f"Tenant {text(tenant, 'name')}", "bold")
    return [name + (f" ({where})" if where else "") + (f", {tenant_id}" if tenant_id else "")]


def _source(document: JsonObject) -> list[str]:
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


def change_lines(change: JsonObject, notes: Sequence[str], *, total: int, style: Style, full: bool) -> list[str]:
    """One change: what becomes of what and why, field by field, what is left alone, and when it is its turn."""
    action = raw(change, "action")
    sign = paint_sign(SIGNS.get(action, "?"), style)
    words = (
        "will be adopted and updated" if change.get("adopts") is True else _WORDS.get(action, text(change, "action"))
    )
    shown = [f"  {sign} {subject(change, style)} {words}"]
    shown += _dim(f"because {text(change, 'reason')}", style)
    if change.get("liveId") and (full or change.get("adopts") is True or action in ("delete", "replace")):
        shown += _dim(f"live object {text(change, 'liveId')}", style)
    shown += fields.lines(change, style=style, full=full)
    shown += ladder.lines(member(change, "ladder"), style=style)
    shown += [line for note in (*notes, *texts(change, "notes")) for line in _dim(note, style)]
    return [*shown, *_dim(_turn(change, total), style), *_may_need(change, style)]


def _dim(prose: str, style: Style) -> list[str]:
    indent = " " * fields.INDENT
    lines = wrap(prose, width=style.width, first=indent, rest=indent + "  ")
    return [indent + style.paint(line[len(indent) :], "dim") for line in lines]


def _turn(change: JsonObject, total: int) -> str:
    steps = sorted(number(operation, "step") for operation in objects(change, "operations"))
    parts = [f"wave {number(change, 'wave')}"]
    if steps:
        parts.append(f"{'request' if len(steps) == 1 else 'requests'} {_ranges(steps)} of {total}")
    if before := texts(change, "dependsOn"):
        parts.append(f"after {', '.join(before)}")
    return ", ".join(parts)


def _ranges(numbers: Sequence[int]) -> str:
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
    need = text(change, "mayNeed")
    prose = f"may need {need}, if a priority does not land as asked; apply reports each of them"
    return _dim(prose, style) if need else []


def _left_alone(document: JsonObject, style: Style, full: bool) -> list[list[str]]:
    """What the plan does not change: refused, not selected, unchanged, orphaned, not managed."""
    still = [change for change in objects(document, "changes") if not is_pending(change)]
    refused = [change for change in still if change.get("refused") is True]
    unselected = [change for change in still if is_unselected(change)]
    unchanged = [change for change in still if change not in refused and change not in unselected]
    orphaned, unmanaged = objects(document, "orphaned"), objects(document, "unmanaged")
    parts = [
        _listed("Refused", "!", [f"{subject(c, style)}: {text(c, 'reason')}" for c in refused], style, True),
        _listed("Not selected", " ", [f"{subject(c, style)}: {_otherwise(c)}" for c in unselected], style, full),
        _listed("Orphaned (ours by their marker, but without a spec)", " ", _objects(orphaned), style, full),
    ]
    if full:
        parts.append(_listed("Unchanged", " ", [subject(c, style) for c in unchanged], style, full))
        return [*parts, _listed("Not managed (no spec names them)", " ", _objects(unmanaged), style, full)]
    return [*parts, _folded(len(unchanged) if any_pending(document) else 0, unmanaged, style)]


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


def _otherwise(change: JsonObject) -> str:
    return text(change, "reason").removeprefix("not selected; ")


def _objects(found: list[JsonObject]) -> list[str]:
    return [
        f"{text(each, 'address') or text(each, 'kind')} {quoted(raw(each, 'displayName'))} ({text(each, 'liveId')})"
        + _whose(each)
        + (", protected from deletion" if each.get("protected") is True else "")
        for each in found
    ]


def _listed(title: str, sign: str, items: list[str], style: Style, full: bool) -> list[str]:
    if not items:
        return []
    shown = items if full or len(items) <= _SHORT_LIST else items[:_SHORT_LIST]
    left = len(items) - len(shown)
    return [
        f"{title}: {len(items)}",
        *(f"  {paint_sign(sign, style)} {item}" for item in shown),
        *([f"    and {left} more (--full lists them)"] if left else []),
    ]
