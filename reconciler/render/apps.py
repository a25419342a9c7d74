"""The tenant's apps as text and as Markdown. Pure: the document of `apps` in, text out."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from .markup import plain
from .members import entries, member, number, objects, raw, texts
from .plan_text import tenant_line
from .safe import safe
from .style import Style, columns, pad, page, plural, wrap

_SECTIONS = ((True, "belong", "Belong into appBundleIds"), (None, "unknown", "Not known whether they belong there"),
             (False, "doNotBelong", "Do not belong there"))  # fmt: skip
_SORTS = {
    "store": "App Store app",
    "vpp": "VPP app",
    "lob": "line-of-business app",
    "web-clip": "web clip",
    "web-link": "web link",
    "app-protection": "app protection only",
}
_WHO = {"users": "all users", "devices": "all devices"}
_WIDEST = 45
_ROOM = 65_000
"""Characters, with some to spare: comments of pull requests take 65,536."""


def text(document: JsonObject, *, style: Style) -> str:
    """Which apps belong into the list, then the others, with the reason."""
    return page(_text(document, style))


def _text(document: JsonObject, style: Style) -> Iterator[str]:
    yield from tenant_line(document, style)
    yield _tally(document)
    for problem in texts(document, "problems"):
        yield style.paint(f"Partial: {problem}", "red")
    for belongs, _, title in _SECTIONS:
        apps = [app for app in objects(document, "apps") if _belongs(app) is belongs]
        if apps:
            yield ""
            yield style.paint(f"{title} ({len(apps)})", "bold")
            width = min(_WIDEST, max(columns(safe(raw(app, "name"))) for app in apps))
            for app in apps:
                yield from _lines(app, width, style)
    if listed := texts(document, "appBundleIds"):
        yield ""
        yield "For a spec:"
        yield from wrap(f"appBundleIds: [{', '.join(listed)}]", width=style.width, first="  ", rest="    ")


def _lines(app: JsonObject, width: int, style: Style) -> Iterator[str]:
    name, bundle = safe(raw(app, "name")), safe(raw(app, "bundleId"))
    yield f"  {pad(name, width)}  {bundle}".rstrip()
    yield from wrap(_details(app), width=style.width, first="    ")


def _details(app: JsonObject) -> str:
    """In one sentence: what it is, whose, to whom it is assigned, and why it belongs into the list or not."""
    managed = [f"{raw(each, 'address')} of {raw(each, 'owner')}" for each in objects(app, "managedBy")]
    parts = [_sort(app), _assigned(app), *([f"managed by {', '.join(managed)}"] if managed else [])]
    if _belongs(app) is not True:
        parts.append(raw(member(app, "appBundleIds"), "reason"))
    return safe("; ".join(parts))


def _sort(app: JsonObject) -> str:
    sort, token = raw(app, "type"), raw(app, "vppToken")
    named = _SORTS.get(sort, raw(app, "graphType") or "app of another sort")
    return f"{named} ({token})" if token else named


def _assigned(app: JsonObject) -> str:
    """To whom in short: by intent, exclusions last."""
    by_intent: dict[str, list[str]] = {}
    for each in objects(app, "assignments"):
        by_intent.setdefault(raw(each, "intent"), []).append(_whom(each))
    if not by_intent:
        return (
            "assigned to nobody" if entries(app, "assignments") == app.get("assignments") else "assignments not known"
        )
    return "; ".join(f"{intent} for {', '.join(sorted(whom, key=_excluded))}" for intent, whom in by_intent.items())


def _excluded(words: str) -> bool:
    return words.startswith("but not ")


def _whom(assignment: JsonObject) -> str:
    who = _WHO.get(raw(assignment, "who"))
    group = raw(assignment, "group")
    named = who or (
        repr(group) if group else f"group {raw(assignment, 'groupId')}" if raw(assignment, "groupId") else ""
    )
    chosen = member(assignment, "filter")
    through = f" ({raw(chosen, 'mode')} filter {raw(chosen, 'name') or raw(chosen, 'id')!r})" if chosen else ""
    lead = "but not " if assignment.get("exclude") is True else ""
    return lead + (named or "a target of another sort") + through


def _belongs(app: JsonObject) -> bool | None:
    value = member(app, "appBundleIds").get("belongs")
    return value if isinstance(value, bool) else None


def _tally(document: JsonObject) -> str:
    summary, search = member(document, "summary"), raw(document, "search")
    shown, every = number(summary, "shown"), number(summary, "inTenant")
    what = f"{plural(every, 'app')} for iPhones and iPads"
    if search:
        what = f"{shown} of {what} {'has' if shown == 1 else 'have'} {search!r} in name or bundle id"
    told = [f"{number(summary, key)} {words}" for key, words in (
        ("belong", "for appBundleIds"), ("unknown", "not known"), ("doNotBelong", "not for it"))]  # fmt: skip
    partial = "" if document.get("complete") is True else " (partial)"
    return safe(f"{what}{partial}: {', '.join(told)}")


# Markdown


def markdown(document: JsonObject) -> str:
    """The same as tables, as far as a comment has room. The first line names the tenant."""
    room, kept, left = _ROOM, list[str](), 0
    for line in _markdown(document):
        room -= len(line) + 1
        if room >= 0:
            kept.append(line)
        left += room < 0 and line.startswith("| ") and not line.startswith(("| app ", "| ---"))
    if left:
        kept += ["", f"{plural(left, 'app')} more: a TEXT after `apps` narrows the list."]
    return "\n".join(kept).rstrip("\n") + "\n"


def _markdown(document: JsonObject) -> Iterator[str]:
    title = "".join(tenant_line(document, Style()))
    yield from (f"# {plain(title)}", "", plain(_tally(document)), "")
    for problem in entries(document, "problems"):
        yield from (f"**Partial**: {plain(str(problem))}", "")
    for belongs, _, heading in _SECTIONS:
        apps = [app for app in objects(document, "apps") if _belongs(app) is belongs]
        if apps:
            yield from (f"## {heading}", "", "| app | bundle id | what |", "| --- | --- | --- |")
            yield from (
                f"| {plain(raw(a, 'name'))} | {plain(raw(a, 'bundleId'))} | {plain(_details(a))} |" for a in apps
            )
            yield ""
