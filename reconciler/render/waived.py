"""Exceptions as text: what waivers tolerate, until when, and what the workspace takes out of the rules.

Used by the plan and by `validate`. Reads the entries that `schemas/v1/plan.json` calls `waived`, `switchedOff` and
`provided`.
"""

from __future__ import annotations

from ..model import JsonObject
from .members import objects, raw, text, texts
from .style import Style, plural, wrap
from .values import inline


def section(document: JsonObject, style: Style) -> list[str]:
    """All of it, under a title of its own: no waiver is ever folded."""
    entries = objects(document, "waived")
    shown = [f"Waived: {len(entries)}"] * bool(entries)
    for entry in entries:
        shown += wrap(what(entry), width=style.width, first="    ", rest="      ")
        shown += [style.paint(line, "dim") for line in wrap(until(entry), width=style.width, first="      ")]
    return shown


def exceptions(document: JsonObject, style: Style) -> list[str]:
    """What the workspace takes out: rules that are switched off and parts that others provide, a line each."""
    shown = [line for told in taken_out(document) for line in wrap(told, width=style.width, rest="  ")]
    return [style.paint(line, "dim") for line in shown]


def taken_out(document: JsonObject) -> list[str]:
    """The same as sentences."""
    off = [f"{text(entry, 'rule')} ({text(entry, 'reason')})" for entry in objects(document, "switchedOff")]
    by_others = [f"{text(entry, 'part')} ({_by(entry)})" for entry in objects(document, "provided")]
    titles = (("Switched off", off), ("Provided by others", by_others))
    return [f"{title}: {'; '.join(entries)}" for title, entries in titles if entries]


def _by(entry: JsonObject) -> str:
    tenants = texts(entry, "tenants")
    where = f" in {', '.join(tenants)}" if tenants else ""
    return f"{text(entry, 'by')}{where}: {text(entry, 'reason')}"


def what(entry: JsonObject) -> str:
    """What is tolerated: a field with its value, or a finding."""
    place = " ".join(filter(None, (text(entry, "address"), text(entry, "path"))))
    if raw(entry, "rule"):
        return f"{place} {text(entry, 'rule')}: {text(entry, 'message')}"
    return f"{place} is {inline(entry.get('value'))}, specified {inline(entry.get('specified'))}"


def until(entry: JsonObject) -> str:
    """Until when, why, and who answers for it."""
    return f"until {text(entry, 'expires')}: {text(entry, 'reason')} ({text(entry, 'owner')}, {_name(entry)})"


def _name(entry: JsonObject) -> str:
    return text(entry, "waiver")


def at_change(document: JsonObject, change: JsonObject) -> list[str]:
    """The fields of this object that its change leaves alone, in one sentence each."""
    return [
        f"leaves {text(entry, 'path')} alone, waived until {text(entry, 'expires')} ({_name(entry)})"
        for entry in objects(document, "waived")
        if raw(entry, "address") == raw(change, "address") and not raw(entry, "rule")
    ]


def counted(document: JsonObject) -> list[str]:
    """`1 field waived`, `2 findings waived`, `1 rule switched off`; what there is none of is left out."""
    entries = objects(document, "waived")
    findings = sum(bool(raw(entry, "rule")) for entry in entries)
    off, fields = len(objects(document, "switchedOff")), len(entries) - findings
    counts = ((fields, "field", "waived"), (findings, "finding", "waived"), (off, "rule", "switched off"))
    return [f"{plural(count, what)} {done}" for count, what, done in counts if count]
