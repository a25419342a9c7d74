"""Limits of one run, in absolute numbers: a plan in, diagnostics out.

Planning always shows everything; what a guard finds blocks apply. `expected` are the numbers that the person who runs
apply has named: exactly that many are then allowed, and a different number is refused too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .diagnostics import Diagnostic, Severity
from .plan import Action, Plan
from .workspace import Freeze, Limits

SETTINGS = {
    "deletes": "limits.deletes",
    "adoptions": "limits.adoptions",
    "assignmentRemovals": "limits.assignmentRemovals",
}
_WORDS = {
    "deletes": "deletes {n} object(s)",
    "adoptions": "takes over {n} live object(s) that reconciler did not make",
    "assignmentRemovals": "removes {n} assignment(s)",
}
RULES = {
    "GUARD101": "The plan goes beyond a limit of the workspace.",
    "GUARD102": "The plan does not have the number that `--expect` named.",
    "GUARD103": "The tenant is frozen.",
    "GUARD104": "A limit is set that this version cannot count.",
}


def counts(plan: Plan) -> dict[str, int]:
    """What the limits count, by the name of the limit."""
    summary = plan.summary()
    removed = summary["assignmentsRemoved"]
    return {
        "deletes": sum(c.action in (Action.DELETE, Action.REPLACE) for c in plan.changes),
        "adoptions": sum(c.adopts for c in plan.pending),
        "assignmentRemovals": removed if isinstance(removed, int) else 0,
    }


def check(plan: Plan, limits: Limits, expected: Mapping[str, int]) -> list[Diagnostic]:
    """What apply refuses because of its size."""
    allowed = {
        "deletes": limits.deletes,
        "adoptions": limits.adoptions,
        "assignmentRemovals": limits.assignment_removals,
    }
    found: list[Diagnostic] = []
    for name, count in counts(plan).items():
        if name in expected:
            if count != expected[name]:
                found.append(_unexpected(name, count, expected[name]))
        elif count > allowed[name]:
            found.append(_beyond(name, count, allowed[name]))
    if limits.affected_people is not None and plan.pending:
        message = "limits.affectedPeople is set, but this version cannot count the people a plan affects"
        found.append(Diagnostic(Severity.ERROR, "GUARD104", message, "remove the limit, or use a version that can"))
    return found


def _beyond(name: str, count: int, limit: int) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "GUARD101",
        f"the plan {_WORDS[name].format(n=count)}, the limit is {limit}",
        f"if that is meant, run with --expect {name}={count}, or raise {SETTINGS[name]} in reconciler.yaml",
    )


def _unexpected(name: str, count: int, expected: int) -> Diagnostic:
    message = f"the plan {_WORDS[name].format(n=count)}, but --expect {name}={expected} was given"
    return Diagnostic(Severity.ERROR, "GUARD102", message, "look at the plan again")


def check_freeze(freeze: Freeze | None, now: datetime) -> list[Diagnostic]:
    """Whether the tenant is frozen at this instant."""
    if freeze is None or now >= freeze.until:
        return []
    why = f": {freeze.reason}" if freeze.reason else ""
    message = f"the tenant is frozen until {freeze.until.isoformat()}{why}"
    return [Diagnostic(Severity.ERROR, "GUARD103", message, "apply after that, or change `freeze` in reconciler.yaml")]
