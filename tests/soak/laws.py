"""What has to hold between a plan, what was sent, and what was reported, whatever happened on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from reconciler.emulator import LoggedRequest
from reconciler.engine.write import PUT_OFF
from reconciler.model import ABSENT
from reconciler.plan import Plan
from reconciler.run import EXIT_CODES, Outcome, Result, Status, outcome_of
from tests.e2e.judge import contract_findings

from .ledger import place
from .violation import hold

_REFERENCE = re.compile(r"\{[^}]*\}")
_NEW = "{new}"


def only_reads(log: Sequence[LoggedRequest]) -> None:
    """Planning sends reads, and batches of reads."""
    wrote = [f"{r.method} {r.path}" for r in log if r.is_write]
    hold(not wrote, 10, f"planning sent {wrote}")


def sent_as_shown(plan: Plan, writes: Sequence[LoggedRequest], known: frozenset[str]) -> None:
    """Every write is one that the plan shows, in its order; `setPriority` calls are counted (`calls_as_announced`).

    `known` are the ids, in lower case, of what existed before.
    """
    shown = [
        (s.operation.method, _REFERENCE.sub(_NEW, s.operation.path), _body(s.operation.body)) for _, s in plan.steps()
    ]
    last = -1
    for write in writes:
        if write.path.endswith("/setPriority"):
            continue
        request = (write.method, _generic(write.path, known), _body(write.body))
        places = [i for i, step in enumerate(shown) if (step[0], _plain(step[1]), step[2]) == request]
        hold(places, 14, f"{write.method} {write.path} {write.body} is not in the plan")
        hold(places[-1] >= last, 14, f"{write.method} {write.path} was sent out of order")
        last = max(last, places[0])


def calls_as_announced(plan: Plan, calls: int) -> None:
    """As many `setPriority` calls were carried out as were shown and announced, at most.

    One that is sent again because no answer told what became of it, and nothing had, is still one.
    """
    planned = sum(step.operation.path.endswith("/setPriority") for _, step in plan.steps())
    further = sum(change.may_need for change in plan.pending)
    hold(calls <= planned + further, 27, f"{calls} setPriority calls where {planned}+{further} were shown")


def _generic(path: str, known: frozenset[str]) -> str:
    _, key, _ = place(path)
    return _plain(re.sub(re.escape(key), _NEW, path, flags=re.IGNORECASE) if key and key not in known else path)


def _plain(path: str) -> str:
    """A path with its escapes decoded, in lower case: ids match in any case."""
    return unquote(path).lower()


def _body(body: Any) -> str:
    return "" if body in (ABSENT, None) else json.dumps(body, sort_keys=True)


def looked_before(log: Sequence[LoggedRequest], known: frozenset[str]) -> None:
    """Before a run's first write to an object that replaces something, the object was read."""
    seen: set[str] = set()
    for request in log:
        _, key, rest = place(request.path)
        if request.method == "GET" and request.status == 200:
            seen.add(key)
        elif request.is_write and key in known and rest != "/setPriority":
            hold(key in seen, 35, f"{request.method} {request.path} was sent without a look")


def never_empty(plan: Plan, writes: Sequence[LoggedRequest]) -> None:
    """No `/assign` takes everybody out on the way to a set that has somebody."""
    final: dict[str, int] = {}
    sets: dict[str, list[int]] = {}
    for _, step in plan.steps():
        if step.operation.path.endswith("/assign"):
            final[step.operation.path] = _count(step.operation.body)
    for write in writes:
        if write.path.endswith("/assign"):
            sets.setdefault(write.path, []).append(_count(write.body))
    for path, counts in sets.items():
        hold(0 not in counts or final.get(path, 0) == 0, 26, f"{path} was emptied on the way")


def _count(body: Any) -> int:
    """How many targets of an `/assign` body let somebody in."""
    whole = [a for v in body.values() if isinstance(v, list) for a in v] if isinstance(body, dict) else []
    return sum("exclusion" not in str(a["target"]["@odata.type"]) for a in whole)


def valid_bodies(writes: Sequence[LoggedRequest]) -> None:
    """Every body is one that Microsoft's contract allows."""
    for write in writes:
        if write.body is not None:
            found = [str(finding) for finding in contract_findings(write.method, write.path, write.body)]
            hold(not found, 46, f"{write.method} {write.path}: {found}")


def true_report(plan: Plan, results: Sequence[Result], writes: Sequence[LoggedRequest]) -> None:
    """What the results say is what the service saw."""
    reported = {(s.method, _plain(s.path)) for r in results for s in r.requests}
    unsaid = [f"{w.method} {w.path}" for w in writes if (w.method, _plain(w.path)) not in reported]
    hold(not unsaid, 31, f"not reported: {unsaid}")
    own = {w.headers.get("client-request-id") for w in writes}
    answered = [s for r in results for s in r.requests if s.status is not None]
    hold(all(s.client_request_id in own for s in answered), 31, "reported, but never sent")
    hold({r.address for r in results} == {c.address for c in plan.pending}, 31, "a change is missing in the report")
    for result in results:
        done = result.status is Status.DONE
        hold(done is (result.error is None), 31, f"{result.address}: {result.status}, {result.error}")
        tried = any(s.status not in PUT_OFF for s in result.requests)
        hold(result.status is not Status.SKIPPED or not tried, 31, f"{result.address} is no skipped change")
        hold(not result.refused or not done, 31, f"{result.address} is done and refused")


def true_exit_code(results: Sequence[Result], writes: Sequence[LoggedRequest]) -> None:
    """The exit code by what happened, worked out from the service's log."""
    outcome = outcome_of(results)
    code = EXIT_CODES[outcome]
    statuses = {result.status for result in results}
    wrote = any(200 <= write.status < 300 for write in writes)
    if statuses <= {Status.DONE}:
        hold(code == 0, 48, f"all is done, and the code is {code}")
    elif wrote:
        said = any(s.status is None or s.status < 300 or s.status >= 500 for r in results for s in r.requests)
        hold(code == 5 or not said or not _known_writes(results), 48, f"something was written, and the code is {code}")
    else:
        hold(code in (1, 4, 5), 48, f"not all is done, and the code is {code}")
    hold(outcome is not Outcome.NOTHING_TO_DO or not writes, 48, "nothing to do, and yet something was sent")


def _known_writes(results: Sequence[Result]) -> bool:
    """Whether the run itself could know that something was written: an answer came, or a look showed it."""
    return any(s.status is not None and s.status < 300 for r in results for s in r.requests)


def bounded(plan: Plan, log: Sequence[LoggedRequest], faults: int) -> None:
    """No storm: the requests of a run are bounded by its steps and the faults that it met."""
    steps = len(plan.steps()) + sum(change.may_need for change in plan.pending)
    outer = [r for r in log if not r.inner]
    bound = 40 + 60 * (steps + len(plan.pending)) + 40 * faults
    hold(len(outer) <= bound, 33, f"{len(outer)} requests for {steps} steps and {faults} faults")
    identical: dict[str, int] = {}
    for write in (r for r in log if r.is_write and 200 <= r.status < 300):
        key = f"{write.method} {write.path} {_body(write.body)}"
        identical[key] = identical.get(key, 0) + 1
    most = max(identical.values(), default=0)
    hold(most <= 3 + faults, 33, f"a write was carried out {most} times")
