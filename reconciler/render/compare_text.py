"""What two revisions of the specs differ in, as text: tenant by tenant, each address with its fields and what it means.

Reads the document of `compare --format json`. Fields look as in a plan; the last line is the summary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Json, JsonObject
from . import fields
from .findings import blocks
from .members import entries, member, number, objects, raw, text, texts
from .safe import quoted, safe
from .style import Style, columns, pad, page, paint_sign, plural, wrap
from .values import inline

SIGNS = {"added": "+", "removed": "-", "renamed": "~", "changed": "~"}
WORDS = {
    "added": "is new",
    "removed": "has no spec any more",
    "renamed": "has a new name",
    "changed": "is specified otherwise",
}
_UNSET = "unset"
FOOTNOTE = (
    "as far as specs tell: whoever is also in a group that a higher profile is for goes with that one, and profiles "
    "without a spec are not known here"
)


def compare(document: JsonObject, *, style: Style, full: bool = False) -> str:
    """The whole text."""
    parts: list[list[str]] = [_head(document, style)]
    parts.append(_settings("Workspace", objects(document, "settings"), style))
    for group in objects(document, "tenants"):
        parts += _group(group, style, full)
    parts += _findings(document, style, full)
    parts.append([summary(document)])
    shown: list[str] = []
    for part in filter(None, parts):
        shown += ["", *part] if shown else part
    return page(shown)


def called(side: JsonObject) -> str:
    """A revision as people name it, with the commit that it stands for."""
    name, commit = text(side, "revision"), text(side, "commit")[:12]
    if not name:
        changed = number(side, "uncommitted")
        return f"the files here ({plural(changed, 'file')} not committed)" if changed else "the files here"
    return name if commit.startswith(name) else f"{name} ({commit})"


def notes(document: JsonObject) -> Iterator[str]:
    """What limits the comparison."""
    before = member(document, "before")
    if problem := text(before, "problem"):
        yield f"{called(before)} cannot be compared with: {problem}"
    elif before.get("workspace") is False:
        yield f"{called(before)} has no workspace: everything is new"
    if document.get("valid") is not True:
        yield f"{called(member(document, 'after'))} is invalid: see the findings"


def _head(document: JsonObject, style: Style) -> list[str]:
    before, after = called(member(document, "before")), called(member(document, "after"))
    shown = [style.paint(f"From {before} to {after}", "bold")]
    for note in notes(document):
        shown += [style.paint(line, "yellow") for line in wrap(note, width=style.width)]
    return shown


def title(group: JsonObject) -> str:
    """The tenants of a group."""
    names = [text(tenant, "name") for tenant in objects(group, "tenants")]
    change = {raw(tenant, "change") for tenant in objects(group, "tenants")}
    suffix = " (new)" if change == {"added"} else " (no longer in the workspace)" if change == {"removed"} else ""
    return f"{'Tenant' if len(names) == 1 else 'Tenants'} {', '.join(names)}{suffix}"


def _group(group: JsonObject, style: Style, full: bool) -> list[list[str]]:
    parts = [[style.paint(title(group), "bold")]]
    parts += [_change(change, style, full) for change in objects(group, "changes")]
    parts.append(_order(member(group, "order"), style))
    parts.append(_settings("Settings", objects(group, "settings"), style))
    parts.append(_uncertain(group, style))
    if len(list(filter(None, parts))) == 1:
        parts[0].append(f"  nothing changes; {plural(number(group, 'unchanged'), 'spec')} as before")
    return parts


def _uncertain(group: JsonObject, style: Style) -> list[str]:
    if "uncertain" in group and group["uncertain"] is None:
        told = "A file cannot be read to its end, so it is not told which specs came or went."
    elif kinds := texts(group, "uncertain"):
        told = f"A document of {', '.join(kinds)} is invalid, so it is not told which of these came or went."
    else:
        return []
    return [style.paint(line, "yellow") for line in wrap(told, width=style.width)]


def subject(change: JsonObject, style: Style) -> str:
    """The address with the name that it had, and the display name."""
    previous = text(change, "previous")
    address = f"{previous} -> {text(change, 'address')}" if previous else text(change, "address")
    name = raw(change, "displayName")
    return style.paint(address, "bold") + (f" {quoted(name)}" if name else "")


def place(change: JsonObject) -> str:
    """Where the spec stands."""
    return f"{text(change, 'file')}:{number(change, 'line')}" if change.get("file") else ""


def shown_fields(change: JsonObject, full: bool) -> JsonObject:
    """The change with the fields that say something: no order, which is shown beside them; of a spec that is gone, none
    unless everything is asked for."""
    hidden = raw(change, "change") == "removed" and not full
    return {**change, "ladder": {}, "fields": [] if hidden else [*objects(change, "fields")]}


def of_managing(change: JsonObject) -> Iterator[str]:
    """What it means that a field is mentioned now, or no longer."""
    for field in objects(change, "fields"):
        name = text(field, "path").removeprefix("/")
        if raw(field, "managed") == "ends":
            yield f"{name} is not managed any more: the tenant keeps what it has"
        elif raw(field, "managed") == "begins":
            yield f"{name} is managed from now on"


def _change(change: JsonObject, style: Style, full: bool) -> list[str]:
    word = raw(change, "change")
    sign = paint_sign(SIGNS.get(word, "?"), style)
    shown = [f"  {sign} {subject(change, style)} {WORDS.get(word, safe(word))}"]
    indent = " " * fields.INDENT
    for told in (*texts(change, "says"), *of_managing(change)):
        lines = wrap(told, width=style.width, first=indent, rest=indent + "  ")
        shown += [style.paint(line, "dim") for line in lines]
    shown += fields.lines(shown_fields(change, full), style=style, full=full)
    return [*shown, indent + style.paint(place(change), "dim")] if place(change) else shown


def _order(order: JsonObject, style: Style) -> list[str]:
    if not order:
        return []
    before, after = entries(order, "before"), entries(order, "after")
    shown = ["  Order of profiles, the winner first:"] if before or after else []
    shown += _ladder(before, after, style) if before != after else _ladder(after, [], style)
    moves = [*people(order)]
    if moves:
        shown.append("  Who gets another profile:")
        shown += [f"    {paint_sign('~', style)} {move}" for move in moves]
        shown += [style.paint(line, "dim") for line in wrap(FOOTNOTE, width=style.width, first="    ")]
    return shown


def people(order: JsonObject) -> Iterator[str]:
    """Who would get which profile, in a sentence each."""
    for move in objects(order, "people"):
        yield f"{text(move, 'who')}: {profile(member(move, 'before'))} -> {profile(member(move, 'after'))}"


def profile(winner: JsonObject) -> str:
    """A profile, that there is none, or that specs leave it open."""
    if winner.get("known") is False:
        return "left open by the specs"
    return quoted(raw(winner, "profile")) if winner.get("profile") is not None else "no profile of the specs"


def _ladder(before: Sequence[Json], after: Sequence[Json], style: Style) -> list[str]:
    """Both orders side by side, or one where nothing moved; what has another place has a `>`."""
    old, new = [_title(each) for each in before], [_title(each) for each in after]
    widest = max(map(columns, ["before", *old]))
    rows = [("", "before", "after")] if new else []
    for index in range(max(len(old), len(new))):
        left, right = _cell(old, index), _cell(new, index)
        moved = bool(new) and left != right
        rows.append((str(index + 1), left, f"{'>' if moved and right else ' '} {right}"))
    return [f"    {number_:>2}  {pad(left, widest)}  {right}".rstrip() for number_, left, right in rows]


def _title(each: Json) -> str:
    return quoted(each) if isinstance(each, str) else inline(each)


def _cell(column: list[str], index: int) -> str:
    return column[index] if index < len(column) else ""


def setting(change: JsonObject) -> str:
    """A setting from what to what."""
    name = text(change, "path").removeprefix("/")
    before, after = change.get("before"), change.get("after")
    return f"{name}: {_value(before)} -> {_value(after)}"


def _value(value: Json) -> str:
    return _UNSET if value is None else inline(value)


def _settings(heading: str, changes: Sequence[JsonObject], style: Style) -> list[str]:
    shown = [f"  {heading}:"] if changes else []
    for change in changes:
        loosens = change.get("loosens") is True
        lines = wrap(setting(change), width=style.width, first="      ", rest="        ")
        shown.append(f"    {paint_sign('!' if loosens else '~', style)} {lines[0].lstrip()}")
        shown += lines[1:]
        if says := text(change, "says"):
            told = f"{says} (loosens a guard)" if loosens else says
            shown += [style.paint(line, "dim") for line in wrap(told, width=style.width, first="        ")]
    return shown


def _findings(document: JsonObject, style: Style, full: bool) -> Iterator[list[str]]:
    found = member(document, "findings")
    new, gone = objects(found, "new"), objects(found, "gone")
    if new:
        yield [style.paint(f"New findings: {len(new)}", "bold")]
        yield from blocks(new, style=style)
    if gone:
        yield [style.paint(f"Findings that are gone: {len(gone)}", "bold")]
        yield from blocks(gone, style=style) if full else [[f"  {finding(each)}" for each in gone]]


def finding(each: JsonObject) -> str:
    """A finding on one line."""
    where = f"{text(each, 'address') or text(each, 'file')}: " if each.get("address") or each.get("file") else ""
    return f"{text(each, 'severity')}[{text(each, 'rule')}] {where}{text(each, 'message')}"


def summary(document: JsonObject) -> str:
    """The last line, in numbers."""
    counts = member(document, "summary")
    changes = [f"{number(counts, word)} {word}" for word in SIGNS if number(counts, word) or word != "renamed"]
    total = sum(number(counts, word) for word in SIGNS)
    more = [
        *(["another order of profiles"] if number(counts, "reordered") else []),
        *([f"{plural(number(counts, 'settings'), 'setting')} changed"] if number(counts, "settings") else []),
        *([f"{number(counts, 'loosened')} of them loosening a guard"] if number(counts, "loosened") else []),
        *([plural(number(counts, "newFindings"), "new finding")] if number(counts, "newFindings") else []),
        *([f"{plural(number(counts, 'goneFindings'), 'finding')} gone"] if number(counts, "goneFindings") else []),
    ]
    if member(document, "before").get("problem"):
        return f"Not compared{': ' if more else ''}{'; '.join(more)}."
    if not total and not more:
        return "No changes. Both revisions ask the same of every tenant."
    return f"Compared: {'; '.join([', '.join(changes), *more])}."
