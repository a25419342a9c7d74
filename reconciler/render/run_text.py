"""A run as text: what became of each change, what was sent where it went wrong, and the summary as the last line.

Reads the document of `apply --format json` and of run records. Requests that failed are named with their ids, which
is what Microsoft's support asks for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import JsonObject
from .members import member, number, objects, raw, text
from .plan_text import SIGNS, subject, tenant_line
from .safe import safe
from .style import Ink, Style, pad, page, paint_sign, plural, wrap
from .values import inline

STATUS: dict[str, tuple[str, Ink]] = {
    "done": ("done", "green"),
    "failed": ("FAILED", "red"),
    "skipped": ("skipped", "yellow"),
    "unverified": ("UNVERIFIED", "red"),
    "awaiting-approval": ("waiting", "yellow"),
}
"""A status -> its word, which stands out where something is not as it should be, and its colour."""
_WIDEST = max(len(word) for word, _ in STATUS.values())
_INDENT = " " * (_WIDEST + 6)
_ASSIGNS = re.compile(r"/(assign|assignments(/[^/]+)?)$")
OUTCOMES = {
    "applied": "Applied",
    "partly-applied": "Partly applied",
    "refused": "Refused",
    "failed": "Failed",
    "running": "Never ended",
}


def run(document: JsonObject, *, style: Style, plan: JsonObject | None = None) -> str:
    """The whole report. With the plan, it names the tenant and the objects."""
    changes = {raw(change, "address"): change for change in objects(plan or {}, "changes")}
    parts = [tenant_line(plan or {}, style)]
    if raw(document, "outcome") != "dry-run":
        results = objects(document, "results")
        parts.append([line for result in results for line in _result(result, changes, style)])
        parts.append([line for told in advice(document, results) for line in wrap(told, width=style.width, rest="  ")])
    parts.append([summary(document)])
    return page(line for index, part in enumerate(filter(None, parts)) for line in [""] * bool(index) + part)


def _result(result: JsonObject, changes: dict[str, JsonObject], style: Style) -> list[str]:
    status = raw(result, "status")
    word, ink = STATUS.get(status, (safe(status), "red"))
    known = changes.get(raw(result, "address"), result)
    sign = paint_sign(SIGNS.get(raw(result, "action"), " "), style)
    sent = objects(result, "requests")
    count = f", {plural(len(sent), 'request')}" if sent else ""
    shown = [f"  {style.paint(pad(word, _WIDEST), ink)}  {sign} {subject(known, style)}{count}"]
    if reason := why(result):
        shown += wrap(reason, width=style.width, first=_INDENT)
    if status != "done":
        every = status == "unverified"
        shown += [_INDENT + line for each in sent for line in request_lines(each, everything=every)]
    return [*shown, *_further(sent)]


def why(result: JsonObject) -> str:
    """What went wrong with a change, or why it was skipped; empty where neither is so."""
    error = result.get("error")
    if isinstance(error, str):
        return safe(error)
    return inline(error) if error is not None else text(result, "reason")


def request_lines(sent: JsonObject, *, everything: bool) -> list[str]:
    """A request, and its ids where it failed or nobody knows what came of it."""
    status = number(sent, "status")
    line = f"{text(sent, 'method')} {text(sent, 'path')}: {status or 'no answer'}"
    if not everything and 200 <= status < 400:
        return [line]
    ids = [("request-id", text(sent, "requestId")), ("client-request-id", text(sent, "clientRequestId"))]
    return [line, *(f"  {name} {value}" for name, value in ids if value)]


def _further(sent: Sequence[JsonObject]) -> list[str]:
    further = [each for each in sent if each.get("further") is True]
    if not further:
        return []
    verb = "was" if len(further) == 1 else "were"
    return [
        f"{_INDENT}{plural(len(further), 'further setPriority call')} {verb} needed, as the plan announced:",
        *(
            f"{_INDENT}  {text(each, 'method')} {text(each, 'path')}: {number(each, 'status') or 'no answer'}"
            for each in further
        ),
    ]


def advice(document: JsonObject, results: Sequence[JsonObject]) -> list[str]:
    """What to do next, and what to wait for, in paragraphs."""
    statuses = {raw(result, "status") for result in results}
    said = []
    if any(_assigned(sent) for result in results for sent in objects(result, "requests")):
        said.append(
            "Intune works out assignments and filters within about fifteen minutes: wait that long before a test "
            "enrollment (JIT610)."
        )
    if "unverified" in statuses:
        said.append(
            "Unverified means: sent and not refused, but not read back as wanted in time. "
            "Plan again in a few minutes: it shows whether anything is left to do."
        )
    if "awaiting-approval" in statuses:
        said.append(
            "Waiting means: not carried out, because another administrator has to approve it first, in the Intune "
            "admin center (Tenant administration, Multi Admin Approval). Then apply again: it goes on from there."
        )
    if document.get("finishedAt", "") is None:
        said.append("This run never ended: its record was left open. Plan again to see what it did.")
    elif "failed" in statuses or "skipped" in statuses:
        said.append("What was done stays. Plan again: it shows what is left, and applying it goes on from there.")
    return said


def _assigned(sent: JsonObject) -> bool:
    """Whether a request has assigned something to somebody, or to nobody any more."""
    return bool(_ASSIGNS.search(raw(sent, "path"))) and 200 <= number(sent, "status") < 300


def summary(document: JsonObject) -> str:
    """The last line: how the run ended, in numbers."""
    outcome = raw(document, "outcome")
    counts = member(document, "summary")
    if outcome == "nothing-to-do":
        return "Nothing to do. The tenant is as specified."
    if outcome == "dry-run":
        return f"Dry run: nothing was sent; {plural(number(counts, 'skipped'), 'change')} would be made."
    words = [word for word in STATUS if word in counts or word != "awaiting-approval"]
    told = ", ".join(f"{number(counts, word)} {word.replace('-', ' ')}" for word in words)
    return f"{OUTCOMES.get(outcome, safe(outcome))}: {told}."
