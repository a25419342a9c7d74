"""Findings in Markdown, one item each: what has to be seen before what is only noted."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import JsonObject
from . import waived
from .markdown import LIMIT, Piece, block, code, folded, prose
from .members import number, objects, raw
from .safe import LIMIT as LONGEST
from .style import plural

_RANKS = {"error": -2, "warning": -1}
_MOST = LIMIT // 40
"""Findings of one severity that could fit into a page: none is shorter."""
_LONGEST = 200
"""Characters of a place; and of a message, where not all findings fit."""


def pieces(findings: Sequence[JsonObject]) -> tuple[Piece, ...]:
    """Errors, then warnings; those for which no page has room are only counted."""
    return tuple(
        Piece((_item(each), _item(each, short=True)) if index < _MOST else ("",), f"{severity}s", rank)
        for severity, rank in _RANKS.items()
        for index, each in enumerate(each for each in findings if severity_of(each) == severity)
    )


def notes(findings: Sequence[JsonObject], full: bool = False) -> tuple[Piece, ...]:
    """What is neither error nor warning, folded."""
    items = [_item(each) for each in findings if severity_of(each) not in _RANKS]
    if not items:
        return ()
    title = plural(len(items), "note")
    return (Piece((block(folded(title, items, unfolded=full)), f"- {title}, not shown here"), rank=5, stays=True),)


def tolerated(document: JsonObject) -> tuple[Piece, ...]:
    """What waivers tolerate, one by one."""
    return tuple(Piece((_waived(entry), _waived(entry, _LONGEST)), "waived") for entry in objects(document, "waived"))


def _waived(entry: JsonObject, limit: int = LONGEST) -> str:
    return block([f"- {prose(waived.what(entry), limit=limit)}, {prose(waived.until(entry), limit=limit)}"])


def severity_of(finding: JsonObject) -> str:
    """The severity; a word that this version does not know counts as an error."""
    severity = raw(finding, "severity")
    return severity if severity in (*_RANKS, "info") else "error"


def flags(findings: Sequence[JsonObject]) -> dict[str, str]:
    """How many errors and warnings concern which address: `1 error, 2 warnings`."""
    words: dict[str, list[str]] = {}
    for finding in findings:
        words.setdefault(raw(finding, "address"), []).append(severity_of(finding))
    return {
        address: ", ".join(plural(found.count(word), word) for word in _RANKS if word in found)
        for address, found in words.items()
    }


def _item(finding: JsonObject, *, short: bool = False) -> str:
    message, detail = raw(finding, "message"), "" if short else raw(finding, "detail")
    limit = _LONGEST if short else LONGEST
    head = f"- **{severity_of(finding)}** {code(raw(finding, 'rule'), limit=_LONGEST)} {prose(message, limit=limit)}"
    places = [code(place, limit=_LONGEST) for place in (_where(finding), _about(finding)) if place]
    return block([head + f" ({', '.join(places)})" * bool(places) + (f". Help: {prose(detail)}" if detail else "")])


def _where(finding: JsonObject) -> str:
    numbers = (number(finding, "line"), number(finding, "column"))
    return ":".join([raw(finding, "file"), *(str(n) for n in numbers if n)]) if raw(finding, "file") else ""


def _about(finding: JsonObject) -> str:
    return " ".join(filter(None, (raw(finding, "address"), raw(finding, "path"))))
