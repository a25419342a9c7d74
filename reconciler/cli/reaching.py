"""What a plan says of people: gaps in the chain, two of what there should be one of, who gets another profile."""

from __future__ import annotations

from dataclasses import replace

from ..audience import Census
from ..chain import matrix, refused, report
from ..chain.filters import rules_of
from ..chain.sides import blind, contradicting, filter_rules, sides
from ..chain.verdicts import Sides, verdict
from ..decide import Planned
from ..diagnostics import Diagnostic, Severity
from ..engine.chain import Survey
from ..rules import REGISTRY as RULES
from ..workspace import Tenant


def provided(tenant: Tenant) -> frozenset[str]:
    """The parts of the chain that others provide in this tenant."""
    return frozenset(each.part for each in tenant.provided)


def unasked(planned: Planned, tenant: Tenant) -> frozenset[str]:
    """The parts of the chain that are no question: others provide them, or what is to supply them is refused."""
    return provided(tenant) | refused.parts(planned)


def told(planned: Planned, surveyed: Survey, census: Census, tenant: Tenant) -> tuple[Planned, list[Diagnostic]]:
    """The plan with its people, and the findings about them.

    What specs left open about the chain is answered here, so those findings of theirs go.
    """
    chain = _chain(planned, surveyed)
    found = verdict(chain, census, surveyed.names, unasked(planned, tenant))
    kept = tuple(d for d in planned.plan.diagnostics if d.rule not in report.SETTLED or d.severity is Severity.ERROR)
    people = report.document(found) if report.says_anything(found) else None
    covered = matrix.coverage(chain, census, surveyed.names, provided(tenant), blind(planned))
    severities = {rule.id: rule.severity for rule in RULES.values()}
    findings = [*report.findings(found, chain.after, planned.world.desired, surveyed.names, severities)]
    findings += report.further(chain.after, contradicting(planned), planned.world.desired, surveyed.names)
    silent = refused.rules(planned)
    findings = [d for d in findings if d.rule not in silent]
    findings += [_unread(problem) for problem in surveyed.problems]
    return replace(planned, plan=replace(planned.plan, diagnostics=kept, people=people, coverage=covered)), findings


def _chain(planned: Planned, surveyed: Survey) -> Sides:
    """The chain of the plan: what was surveyed, unless the order was planned anew since."""
    if planned.intents is surveyed.planned.intents:
        return surveyed.sides
    rules = rules_of(surveyed.names)
    return Sides.of(*sides(planned), rules, filter_rules(planned, rules))


def _unread(problem: str) -> Diagnostic:
    message = f"whom the parts of the chain reach is known in part only: {problem}"
    return Diagnostic(Severity.WARNING, "READ102", message, "what is not known is never taken for reached")
