"""What two revisions of the specs differ in, for the comment of a pull request: the summary first, details folded.

Reads the document of `compare --format json`. At most as long as a comment may be; what has to be left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Json, JsonObject
from . import compare_text as told
from . import field_diff
from .markdown import LIMIT, Piece, Section, block, code, fence, fitted, folded, marker, prose, tag
from .members import entries, member, objects, raw, text, texts

_RANK = {"removed": 0, "renamed": 1, "changed": 2, "added": 3}


def compare(document: JsonObject, *, full: bool = False, limit: int = LIMIT) -> str:
    """The page. `full` unfolds it."""
    sections = [_settings("Workspace", objects(document, "settings"))]
    for group in objects(document, "tenants"):
        sections += _group(group, full)
    sections += _findings(document)
    return fitted(_head(document), [s for s in sections if s.pieces], limit=limit)


def _head(document: JsonObject) -> str:
    before, after = (told.called(member(document, side)) for side in ("before", "after"))
    hidden = marker("compare", owner=raw(document, "owner"), tenant=raw(document, "tenant"))
    lines = [f"**{prose(told.summary(document))}** {hidden}", "", f"From {code(before)} to {code(after)}."]
    lines += [line for note in told.notes(document) for line in ("", f"**Note:** {prose(note)}")]
    return block(lines)


def _group(group: JsonObject, full: bool) -> Iterator[Section]:
    title = prose(told.title(group))
    pieces = [_change(change, full) for change in objects(group, "changes")]
    order = _order(member(group, "order"))
    settings = _settings("", objects(group, "settings")).pieces
    nothing = () if pieces or order or settings else (Piece(("Nothing changes.",)),)
    yield Section((*nothing, *pieces, *order, *settings), title, "`compare` shows all of it.")


def _change(change: JsonObject, full: bool) -> Piece:
    word = raw(change, "change")
    previous = f"{tag(raw(change, 'previous'))} → " if change.get("previous") else ""
    line = f"{tag(told.SIGNS.get(word, '?'), 'b')} {previous}{tag(raw(change, 'address'))} {told.WORDS.get(word, '')}"
    says = [f"- {prose(each)}" for each in (*texts(change, "says"), *told.of_managing(change))]
    diff = field_diff.lines(told.shown_fields(change, full), full=full)
    details = [*says, *(["", *fence(diff, "diff")] if diff else []), "", code(told.place(change))]
    return Piece(
        (block(folded(line, details, unfolded=full)), block(folded(line, says)), f"- {block([line])}"),
        word,
        _RANK.get(word, 4),
    )


def _order(order: JsonObject) -> tuple[Piece, ...]:
    if not order:
        return ()
    before, after = entries(order, "before"), entries(order, "after")
    lines = [f"Order of profiles, the winner first: {_ladder(after)}"] if after else []
    if before != after and before:
        lines = [f"Order of profiles, the winner first, before: {_ladder(before)}", "", f"after: {_ladder(after)}"]
    moves = [f"- {prose(each)}" for each in told.people(order)]
    note = ["", "Who gets another profile:", "", *moves, "", f"<sub>{prose(told.FOOTNOTE)}</sub>"] if moves else []
    return (Piece((block([*lines, *note]),), "order of profiles", -1),)


def _ladder(titles: list[Json]) -> str:
    return " › ".join(code(str(each)) for each in titles)


def _settings(title: str, changes: list[JsonObject]) -> Section:
    return Section(tuple(map(_setting, changes)), title)


def _setting(change: JsonObject) -> Piece:
    loosens = change.get("loosens") is True
    says = text(change, "says")
    meaning = f": {prose(says)}" if says else ""
    mark = "**loosens a guard:** " if loosens else ""
    return Piece((f"- {mark}{code(told.setting(change))}{meaning}",), "settings", -2 if loosens else 0)


def _findings(document: JsonObject) -> Iterator[Section]:
    found = member(document, "findings")
    for key, title in (("new", "New findings"), ("gone", "Findings that are gone")):
        yield Section(tuple(_finding(each) for each in objects(found, key)), title)


def _finding(each: JsonObject) -> Piece:
    where = f" {code(told.place(each))}" if each.get("file") else ""
    help_ = f" {prose(text(each, 'detail'))}" if each.get("detail") else ""
    rank = -3 if raw(each, "severity") == "error" else 5
    head = f"- {prose(told.finding(each))}{where}"
    return Piece((f"{head}<br>{help_.strip()}" if help_ else head, head), "findings", rank)
