"""What `validate` found, as the comment of a pull request. The first line is the summary and the hidden marker."""

from __future__ import annotations

from ..model import JsonObject
from . import waived
from .findings import counted
from .findings_markdown import notes, pieces, tolerated
from .markdown import LIMIT, Section, block, fitted, marker, sentence
from .members import objects

_ALL = "`reconciler validate` shows all."


def validation(document: JsonObject, *, owner: str = "", limit: int = LIMIT) -> str:
    """The page, of at most `limit` bytes. `owner` is the workspace's, by which the comment is found again."""
    findings = objects(document, "diagnostics")
    word = "Valid" if document.get("valid") is True else "Invalid"
    sections = [
        Section((*pieces(findings), *notes(findings)), see=_ALL),
        Section(tolerated(document), "Waived", _ALL),
        Section(tuple(map(sentence, waived.taken_out(document)))),
    ]
    head = block([f"**{word}: {counted(document)}.** {marker('validate', owner=owner)}"])
    return fitted(head, sections, limit=limit)
