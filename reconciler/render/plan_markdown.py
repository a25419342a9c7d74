"""A plan as the comment of a pull request: the summary, what blocks it, what to look at, and each change folded.

Reads the document of `plan --format json`. The first line is the summary and, behind it, the hidden marker: a comment
that stood first in it would make the rest of the line HTML, in which Markdown is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model import JsonObject
from . import dry_run, field_diff, ladder, people, waived
from .findings_markdown import flags, notes, pieces, tolerated
from .markdown import LIMIT, Piece, Section, block, code, fence, fitted, folded, marker, prose, sentence, tag
from .members import member, objects, raw, text, texts
from .plan_text import SIGNS, may_need, source, tenant_line, turn
from .safe import LIMIT as LONGEST
from .safe import quoted
from .style import PLAIN, Style, plural
from .summary import goes_back, is_pending, is_unselected, summary, verdict

_LINE = Style(width=1 << 30)
"""Prose is not wrapped: whoever shows a page does that."""
_TABLE = Style(width=92)
_VERBS = {"create": "create", "update": "update", "delete": "delete", "replace": "replace"}
_NAME = 120
"""Characters of a name, an address or a sentence where room is short."""
_ENDS = (LONGEST, _NAME)
_CLIPS = (1000, 200, 20)
_WIDEST = 300
"""Lines of a block and characters of a line that are left where the whole does not fit."""
_SMALLEST = 150
"""Bytes that a change takes at least, with its fields behind a line that unfolds them."""
_NAMED = 24
"""Objects of a list that is shortened."""
_ALL = "`reconciler show --full FILE` shows all of a saved plan, and so does `plan --full`."


def plan(document: JsonObject, *, full: bool = False, limit: int = LIMIT) -> str:
    """The page, of at most `limit` bytes. `full` unfolds what is folded; where it does not fit, less is shown."""
    changes = objects(document, "changes")
    pending = [change for change in changes if is_pending(change)]
    findings = objects(document, "diagnostics")
    sections = [
        Section(_introduction(document)),
        Section((*pieces(findings), *notes(findings, full)), "Findings", _ALL),
        Section(_refused(changes), "Refused", _ALL),
        Section(tolerated(document), "Waived", _ALL),
        Section(_changes(document, pending, flags(findings), full, limit), "Changes", _ALL),
        Section(tuple(_left_alone(document, full)), "Left alone"),
    ]
    return fitted(_summary(document), sections, _provenance(document), limit=limit)


def _summary(document: JsonObject) -> str:
    what = "rollback" if goes_back(document) else "plan"
    hidden = marker(what, owner=raw(document, "owner"), tenant=raw(member(document, "tenant"), "name"))
    return block([f"**{summary(document)}** {hidden}"])


def _introduction(document: JsonObject) -> tuple[Piece, ...]:
    """Which tenant, whether apply refuses the plan, what it means for people, and what is taken out of it."""
    told = [
        *tenant_line(document, PLAIN),
        *source(document),
        *verdict(document, _LINE),
        *people.lines(member(document, "people"), style=_LINE),
        *waived.taken_out(document),
    ]
    return tuple(map(sentence, told))


def _provenance(document: JsonObject) -> str:
    tool, digest = member(document, "tool"), raw(document, "digest")
    made = f"Made {text(document, 'createdAt')} by {text(tool, 'name')} {text(tool, 'version')}"
    told = f"{made}, may be applied until {text(document, 'expiresAt')}"
    return block([f"{prose(told, limit=_NAME)}; digest {code(digest, limit=_NAME)}."]) if digest else ""


def _changes(
    document: JsonObject, pending: Sequence[JsonObject], flagged: Mapping[str, str], full: bool, limit: int
) -> tuple[Piece, ...]:
    """Each change; only as many of them in more than one line as there could be room for."""
    total = sum(len(objects(change, "operations")) for change in pending)
    flag = [flagged.get(raw(change, "address"), "") for change in pending]
    ranks = [_rank(change, found) for change, found in zip(pending, flag, strict=True)]
    first = {*sorted(range(len(pending)), key=ranks.__getitem__)[: limit // _SMALLEST + 1]}
    made = []
    for index, change in enumerate(pending):
        forms = _forms(document, change, flag[index], total, full) if index in first else []
        line = block([f"- **{_verb(change)}** {_subject(change)}{_told(change, flag[index])}"])
        made.append(Piece((*forms, line), _counted(change), ranks[index]))
    return tuple(made)


def _forms(document: JsonObject, change: JsonObject, flag: str, total: int, full: bool) -> list[str]:
    """One change unfolded fully, without its requests, and clipped more and more."""
    why, asides = prose(f"because {raw(change, 'reason')}"), _asides(document, change, total, full)
    blocks = _blocks(change, full)
    whole = [why, "", *_fenced(blocks), *asides]
    bodies = [[*whole, *_requests(change, full)], whole]
    most = max((len(lines) for lines, _ in blocks), default=0)
    for count in (each for each in _CLIPS if each < most):
        clipped = [(_clipped(lines, count), language) for lines, language in blocks]
        bodies.append([why, "", *_fenced(clipped), *asides])
    return [_folded(change, flag, body, full) for body in bodies]


def _folded(change: JsonObject, flag: str, body: Sequence[str], full: bool) -> str:
    name = raw(change, "displayName")
    named = f" {tag(quoted(name, limit=_NAME))}" if name else ""
    address = tag(raw(change, "address"), limit=_NAME)
    return block(folded(f"{tag(_verb(change), 'b')} {address}{named}{_told(change, flag)}", body, unfolded=full))


def _verb(change: JsonObject) -> str:
    action = raw(change, "action")
    adopts = "adopt and " if change.get("adopts") is True else ""
    return f"{SIGNS.get(action, '?')} {adopts}{_VERBS.get(action, action)}"


def _subject(change: JsonObject) -> str:
    name = raw(change, "displayName")
    return code(raw(change, "address"), limit=_NAME) + (f" {code(quoted(name, limit=_NAME))}" if name else "")


def _told(change: JsonObject, flagged: str) -> str:
    """How much of it there is, and what to look at."""
    counts = (("fields", "field"), ("operations", "request"))
    told = [plural(len(objects(change, key)), what) for key, what in counts if objects(change, key)]
    return ": " + ", ".join([*told, *([flagged] if flagged else [])])


def _counted(change: JsonObject) -> str:
    return f"to {_VERBS.get(raw(change, 'action'), 'change')}"


def _rank(change: JsonObject, flagged: str) -> int:
    """What takes something away first, then what is to be looked at, then what changes, then what is new."""
    action = raw(change, "action")
    if action in ("delete", "replace") or change.get("adopts") is True or "error" in flagged:
        return 1
    return 2 if flagged or member(change, "ladder") else 3 if action == "update" else 4


def _blocks(change: JsonObject, full: bool) -> list[tuple[list[str], str]]:
    """The fields and the order, as lines with the language that they are coloured as."""
    steps = ladder.lines(member(change, "ladder"), style=_TABLE)
    cut = [line.removeprefix(" " * ladder.INDENT) for line in steps]
    return [found for found in ((field_diff.lines(change, full=full), "diff"), (cut, "text")) if found[0]]


def _fenced(blocks: Sequence[tuple[list[str], str]]) -> list[str]:
    return [line for lines, language in blocks for line in (*fence(lines, language), "")]


def _clipped(lines: Sequence[str], count: int) -> list[str]:
    kept = [line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…" for line in lines[:count]]
    left = len(lines) - len(kept)
    return [*kept, f"… and {plural(left, 'line')} more"] if left else kept


def _asides(document: JsonObject, change: JsonObject, total: int, full: bool) -> list[str]:
    """What else there is to say of a change, as a list."""
    live = raw(change, "liveId")
    told = [
        *([prose(f"live object {live}")] if live else []),
        *(prose(note) for note in (*waived.at_change(document, change), *texts(change, "notes"))),
        prose(turn(change, total, full=full)),
        *([prose(may_need(change))] if may_need(change) else []),
    ]
    return [f"- {each}" for each in told]


def _requests(change: JsonObject, full: bool) -> list[str]:
    sent = objects(change, "operations")
    if not sent:
        return []
    lines = [line for operation in sent for line in dry_run.request(operation)]
    return ["", *folded(plural(len(sent), "request"), fence(lines, "text"), unfolded=full)]


def _refused(changes: Sequence[JsonObject]) -> tuple[Piece, ...]:
    return tuple(
        Piece(
            tuple(block([f"- {_subject(change)}: {prose(raw(change, 'reason'), limit=n)}"]) for n in _ENDS), "refused"
        )
        for change in changes
        if change.get("refused") is True
    )


def _left_alone(document: JsonObject, full: bool) -> list[Piece]:
    """What the plan does not change, each kind of it behind a line that counts."""
    still = [change for change in objects(document, "changes") if not is_pending(change)]
    kept = [change for change in still if change.get("refused") is not True]
    unselected = [f"{_subject(change)}: {prose(raw(change, 'reason'))}" for change in kept if is_unselected(change)]
    unchanged = [_subject(change) for change in kept if not is_unselected(change)]
    lists = (
        ("not selected", unselected),
        ("orphaned: ours by their marker, but without a spec", _objects(objects(document, "orphaned"))),
        ("unchanged", unchanged),
        ("not managed: no spec names them", _objects(objects(document, "unmanaged"))),
    )
    return [_list(f"{len(items)} {title}", items, full) for title, items in lists if items]


def _list(title: str, items: Sequence[str], full: bool) -> Piece:
    """A folded list: whole, its beginning, or only how many there are."""
    begun = [*items[:_NAMED], f"and {len(items) - _NAMED} more"] if len(items) > _NAMED else items
    forms = [block(folded(title, [f"- {item}" for item in some], unfolded=full)) for some in (items, begun)]
    return Piece((*forms, f"- {title}"), rank=5, stays=True)


def _objects(found: Sequence[JsonObject]) -> list[str]:
    return [f"{_named(each)}{_besides(each)}" for each in found]


def _named(found: JsonObject) -> str:
    address, name = raw(found, "address") or raw(found, "kind"), quoted(raw(found, "displayName"), limit=_NAME)
    return f"{code(address, limit=_NAME)} {code(name)}"


def _besides(found: JsonObject) -> str:
    identity, owner = raw(found, "liveId"), raw(found, "owner")
    return (
        (f" {code(identity, limit=_NAME)}" if identity else "")
        + (f" of {prose(owner, limit=_NAME)}" if owner else "")
        + (", protected from deletion" if found.get("protected") is True else "")
    )
