"""What an import wrote, left alone, and could not say, as text. Pure: the document of `import` in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import JsonObject
from .members import entries, member, number, objects, raw, text, texts
from .plan_text import tenant_line
from .safe import quoted, safe
from .style import Style, columns, pad, page, paint_sign, plural, wrap

_LACKING = "lacking"
"""Not a status: what is invalid, and sound by itself."""
_SECTIONS = (
    ("written", "+", "Written", "Would be written"),
    ("unchanged", " ", "In their files already", "In their files already"),
    ("declared", " ", "Left alone, they have a spec", "Left alone, they have a spec"),
    ("foreign", " ", "Left alone, they are not ours", "Left alone, they are not ours"),
    ("in-the-way", "!", "Not written, a file is in the way", "Not to be written, a file is in the way"),
    ("invalid", "!", "Not written, they break a rule", "Not to be written, they break a rule"),
    (_LACKING, "!", "Not written, each lacks something beside it", "Not to be written, each lacks something beside it"),
    ("inexpressible", "!", "Not written, no spec can say what they are", "Not to be written, no spec can say it"),
)
_WIDEST = 70
_INDENT = 6
"""Columns of a line that neither the address nor what stands beside it takes."""
_QUIET = 10
"""Objects that are listed of those that nothing has to be done about."""
_REMEDIES = {
    "invalid": "correct them in the portal, or write them too with --even-if-invalid and correct them there",
    _LACKING: "close the gap in the tenant, or settle it in the workspace (`provided`, `rules`), and import again; or "
    "write them with --even-if-invalid and close it in the specs: `validate` fails until then",
    "in-the-way": "move the file, or write elsewhere with --out; --overwrite replaces what is no spec of this tenant",
}


def imported(document: JsonObject, *, style: Style) -> str:
    """The whole text. What is to be done stands at the end."""
    return page(_lines(document, style))


def _lines(document: JsonObject, style: Style) -> Iterator[str]:
    yield from tenant_line(document, style)
    dry = document.get("dryRun") is True
    for problem in texts(document, "problems"):
        yield from wrap(f"Not read: {problem}", width=style.width, rest="  ")
    for status, sign, done, planned in _SECTIONS:
        found = [each for each in objects(document, "objects") if _sort(each) == status]
        if found:
            yield ""
            yield style.paint(f"{planned if dry else done} ({len(found)})", "bold")
            yield from _section(found, sign, style)
            if remedy := _REMEDIES.get(status):
                yield from wrap(f"To go on: {remedy}.", width=style.width, first="  ", rest="    ")
    yield ""
    yield from _ending(document, style, dry=dry)


def _sort(each: JsonObject) -> str:
    status = text(each, "status")
    return _LACKING if status == "invalid" and each.get("sound") is True else status


def _section(found: Sequence[JsonObject], sign: str, style: Style) -> Iterator[str]:
    width = min(_WIDEST, max(columns(_named(each)) for each in found))
    shown = found if sign.strip() else found[:_QUIET]
    beside = all(width + columns(_aside(each)) + _INDENT <= style.width for each in shown)
    for each in shown:
        lead, aside = f"  {paint_sign(sign, style)} ", _aside(each)
        if beside or not aside:
            yield f"{lead}{pad(_named(each), width)}  {aside}".rstrip()
        else:
            yield lead + _named(each)
            yield f"      {aside}"
        for line in _told(each):
            yield from wrap(line, width=style.width, first="      ", rest="        ")
    if len(shown) < len(found):
        yield f"    and {len(found) - len(shown)} more"


def _named(each: JsonObject) -> str:
    return text(each, "address") or text(each, "kind")


def _aside(each: JsonObject) -> str:
    """What stands beside the address: the file that was written, else the live object."""
    return text(each, "file") if raw(each, "status") in ("written", "unchanged") else _called(each)


def _called(each: JsonObject) -> str:
    """The live object; the order of objects has no name."""
    return quoted(raw(each, "displayName")) if raw(each, "liveId") else ""


def _told(each: JsonObject) -> Iterator[str]:
    """What is to be said of one object, safe."""
    if reason := text(each, "reason"):
        yield reason
    for finding in objects(each, "findings"):
        yield f"{text(finding, 'rule')}: {text(finding, 'message')}"
    yield from texts(each, "notes")
    if each.get("pinned") is True:
        yield f"pinned to its id {text(each, 'liveId')}"


def _ending(document: JsonObject, style: Style, *, dry: bool) -> Iterator[str]:
    for advice in texts(document, "advice"):
        yield from wrap(f"To do: {advice}.", width=style.width, rest="  ")
    summary = member(document, "summary")
    written = number(summary, "written")
    left = sum(number(summary, word) for word in ("unchanged", "declared", "foreign"))
    not_written = sum(number(summary, word) for word in ("inTheWay", "invalid", "inexpressible"))
    begun = ("Would write" if dry else "Wrote") if written else "Nothing to write:" if dry else "Nothing written:"
    told = f"{begun} {plural(written, 'spec')} to {text(document, 'folder')}" if written else f"{begun} no new spec"
    yield f"{told}; {plural(left, 'object')} left alone, {plural(not_written, 'object')} not written."
    if not entries(document, "objects") and document.get("complete") is True:
        yield "There is nothing that was asked for and that a spec could stand for."
    if following := texts(document, "next"):
        yield f"Next: {safe(following[0])}"
        yield from (f"      {safe(each)}" for each in following[1:])
