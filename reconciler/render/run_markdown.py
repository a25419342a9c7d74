"""A run as the comment of a pull request: how it ended, what was not done and why, and what was.

Reads the document of `apply --format json` and of run records. The first line is the summary and the hidden marker.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import JsonObject
from .findings_markdown import notes, pieces
from .markdown import LIMIT, Piece, Section, block, code, fence, fitted, folded, marker, prose, sentence
from .members import member, objects, raw
from .plan_text import SIGNS, tenant_line
from .run_text import OUTCOMES, STATUS, advice, request_lines, summary, why
from .safe import LIMIT as LONGEST
from .safe import quoted
from .style import PLAIN, plural

_NAME = 120
_RECORD = "The run record has all of it."


def run(document: JsonObject, *, plan: JsonObject | None = None, limit: int = LIMIT) -> str:
    """The page, of at most `limit` bytes. With the plan, it names the tenant and the objects."""
    given = plan or document
    changes = {raw(change, "address"): change for change in objects(given, "changes")}
    results = [] if raw(document, "outcome") == "dry-run" else objects(document, "results")
    done = [result for result in results if raw(result, "status") == "done"]
    findings, error = objects(document, "diagnostics"), member(document, "error")
    sections = [
        Section(tuple(map(sentence, [*tenant_line(given, PLAIN), *_error(error), *advice(document, results)]))),
        Section((*pieces(findings), *notes(findings)), "Findings"),
        Section(tuple(_result(each, changes) for each in results if each not in done), "Not done", _RECORD),
        Section(tuple(_result(each, changes) for each in done), "Done", _RECORD),
    ]
    told = (
        summary(document)
        if results or not error
        else f"{OUTCOMES.get(raw(document, 'outcome'), 'Ended')}: nothing was done."
    )
    hidden = marker("apply", owner=raw(given, "owner"), tenant=raw(member(given, "tenant"), "name"))
    return fitted(block([f"**{told}** {hidden}"]), sections, limit=limit)


def _error(error: JsonObject) -> list[str]:
    """What ended the command, beside what became of the changes."""
    told = ": ".join(filter(None, (raw(error, "message"), raw(error, "hint"))))
    return [f"Why: {told}"] if told else []


def _result(result: JsonObject, changes: Mapping[str, JsonObject]) -> Piece:
    """One change: with what was sent, where it is not known to be done; then in one line, ever shorter."""
    status = raw(result, "status")
    sent = objects(result, "requests")
    whole, short = (block([_line(result, changes, len(sent), limit)]) for limit in (LONGEST, _NAME))
    if status == "done" or not sent:
        return Piece((whole, short), _counted(status), rank=int(status == "done"))
    lines = [line for each in sent for line in request_lines(each, everything=status == "unverified")]
    requests = block(folded(plural(len(sent), "request"), fence(lines, "text")))
    return Piece((f"{whole}\n\n{requests}", whole, short), _counted(status))


def _line(result: JsonObject, changes: Mapping[str, JsonObject], sent: int, limit: int) -> str:
    known = changes.get(raw(result, "address"), result)
    name, action, reason = raw(known, "displayName"), raw(result, "action"), why(result)
    told = f"- **{_word(raw(result, 'status'))}** {SIGNS.get(action, '')} {code(raw(known, 'address'), limit=_NAME)}"
    told += f" {code(quoted(name, limit=_NAME))}" if name else ""
    return (
        told + (f", {plural(sent, 'request')}" if sent else "") + (f": {prose(reason, limit=limit)}" if reason else "")
    )


def _word(status: str) -> str:
    return STATUS[status][0] if status in STATUS else code(status, limit=_NAME)


def _counted(status: str) -> str:
    return status.replace("-", " ") if status in STATUS else "other"
