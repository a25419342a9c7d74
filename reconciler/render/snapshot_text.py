"""What a snapshot holds, as text: how many objects of what, what is masked, and what could not be read."""

from __future__ import annotations

from shlex import quote

from ..model import JsonObject
from .members import entries, member, number, objects, text
from .safe import safe
from .style import Style, page, plural, wrap


def snapshot(document: JsonObject, *, path: str, style: Style) -> str:
    """The whole text; the last lines say where it was written, and what plans from it."""
    head = f"Tenant {text(document, 'tenant')}, {text(document, 'tenantId')}, read {text(document, 'createdAt')}"
    people = member(document, "people")
    everyone = people.get("everyone")
    counted = plural(everyone, "person", "people") if isinstance(everyone, int) else "people not counted"
    lines = [style.paint(head, "bold")]
    for name, held in member(document, "collections").items():
        lines.append(f"  {len(held) if isinstance(held, list) else 0:>5}  {safe(name)}")
    lines.append(f"  {counted}, by {plural(len(entries(people, 'classes')), 'combination')} of groups; no names")
    if masked := number(document, "masked"):
        lines.append(f"  {plural(masked, 'value')} masked")
    for each in objects(document, "unreadable"):
        why = f"not readable: {text(each, 'path')}: {text(each, 'message')}"
        lines += [style.paint(line, "yellow") for line in wrap(why, width=style.width, first="  ", rest="    ")]
    whole = "" if document.get("complete") is True else "; it is incomplete, and plans from it say so"
    lines.append(f"Written to {safe(path)}{whole}")
    tenant = quote(text(document, "tenant"))
    return page([*lines, f"Next: reconciler plan --tenant {tenant} --live {safe(quote(path))}"])
