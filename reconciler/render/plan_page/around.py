"""What is around the changes: objects left alone, exceptions, and where the plan comes from."""

from __future__ import annotations

from ...model import JsonObject
from .. import page
from ..elements import NOTHING, Child, Html, element, joined
from ..members import entries, member, objects, raw
from ..style import plural
from ..values import inline
from .anchors import Anchors

_MANY = 25
"""Rows that are shown unfolded."""


def left_alone(document: JsonObject) -> Html:
    """Objects of ours that no spec names, and objects that are not ours."""
    orphaned, unmanaged = objects(document, "orphaned"), objects(document, "unmanaged")
    return page.section(
        "left-alone",
        "Left alone",
        _objects(
            "Orphaned",
            "Ours by their marker, but without a spec. They stay unless the plan is made with --prune.",
            orphaned,
        ),
        _objects("Not managed", "No spec names them, and no change here concerns them.", unmanaged),
    )


def _objects(title: str, said: str, found: list[JsonObject]) -> Html:
    if not found:
        return NOTHING
    rows = [_object(each) for each in found]
    listed = page.table(["Object", "Kind", "Id"], rows, caption=title)
    count = element("span", str(len(found)), class_="count")
    head = element("h3", joined([title, count], " "))
    shown = listed if len(found) <= _MANY else page.fold(plural(len(found), "object"), listed, class_="more")
    return element("div", head, element("p", said, class_="soft"), shown, class_="block")


def _object(document: JsonObject) -> list[Child]:
    owner = raw(document, "owner")
    remarks = [f"of {owner}"] * bool(owner) + ["protected from deletion"] * (document.get("protected") is True)
    small = element("small", f"({', '.join(remarks)})", class_="soft") if remarks else None
    kind = raw(document, "address") or raw(document, "kind")
    return [
        joined([page.name(raw(document, "displayName")), small], " "),
        page.code(kind),
        page.code(raw(document, "liveId")),
    ]


def exceptions(document: JsonObject, anchors: Anchors) -> Html:
    """Waivers, rules that the workspace switches off, and parts of the chain that others provide."""
    waived = [_waived(each, anchors) for each in objects(document, "waived")]
    off: list[list[Child]] = [
        [page.code(raw(each, "rule")), raw(each, "reason")] for each in objects(document, "switchedOff")
    ]
    others: list[list[Child]] = [
        [raw(each, "part"), raw(each, "by"), raw(each, "reason")] for each in objects(document, "provided")
    ]
    return page.section(
        "exceptions",
        "Exceptions",
        _titled("Waived", page.table(["Waiver", "Where", "What", "Until", "Why", "Who"], waived, caption="Waived")),
        _titled("Rules switched off", page.table(["Rule", "Why"], off, caption="Rules switched off")),
        _titled("Provided by others", page.table(["Part", "By", "Why"], others, caption="Provided by others")),
    )


def _titled(title: str, content: Html) -> Html:
    return element("div", element("h3", title), content, class_="block") if content else NOTHING


def _waived(entry: JsonObject, anchors: Anchors) -> list[Child]:
    where = joined([anchors.link(raw(entry, "address")), page.code(raw(entry, "path"))], " ")
    if raw(entry, "rule"):
        what = joined([page.code(raw(entry, "rule")), raw(entry, "message")], " ")
    else:
        what = joined(
            ["is", page.code(inline(entry.get("value"))), "specified", page.code(inline(entry.get("specified")))], " "
        )
    name = page.code(raw(entry, "waiver"))
    return [name, where, what, raw(entry, "expires"), raw(entry, "reason"), page.name(raw(entry, "owner"))]


def provenance(document: JsonObject) -> Html:
    """What the plan was made of and by, with the digests that tell it from any other."""
    tool = member(document, "tool")
    made: list[tuple[Child, Child]] = [
        ("Made by", " ".join(filter(None, (raw(tool, "name"), raw(tool, "version"))))),
        ("Specs", _digest(document, "specDigest")),
        ("Plan", _digest(document, "digest")),
        ("Run record", _digest(member(document, "source"), "record")),
    ]
    rests = objects(document, "restsOn")
    rows = [
        [page.name(raw(e, "name") or raw(e, "id")), raw(e, "what"), page.code(raw(e, "id")), _for(e)] for e in rests
    ]
    table = page.table(["What", "Sort", "Id", "For"], rows, caption="What the plan rests on")
    title = f"What it rests on: {plural(len(rests), 'object')}. Apply refuses the saved plan where one of them changed."
    return page.section(
        "provenance", "Provenance", page.facts(made), page.fold(title, table, class_="more") if rows else NOTHING
    )


def _digest(document: JsonObject, key: str) -> Html | None:
    return page.code(raw(document, key)) if raw(document, key) else None


def _for(basis: JsonObject) -> Html:
    addresses = [each for each in entries(basis, "for") if isinstance(each, str)]
    more = f"and {len(addresses) - 3} more" if len(addresses) > 3 else None
    return joined([joined(map(page.code, addresses[:3]), ", "), more], " ")
