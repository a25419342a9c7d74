"""What the rule pack says of the SSO policies that the tenant has, whoever made them.

The rules are those that a plan asks of live policies. A plan only tells of what no spec stands for; here each finding
counts as the rule does, for the question is whether devices register.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..chain.sides import registers
from ..diagnostics import Severity
from ..facts import REGISTRATION_KEY, SsoPolicy
from ..live import Live
from ..rules import in_fact, weaker
from ..rules.model import Finding as Broken
from ..rules.model import Rule
from . import pages
from .model import Check, Evidence, Finding, State, Verdict, failing, listed, ok, targets, unknown, warning
from .sources import CATALOG, FEATURES

_KEYS = (FEATURES, CATALOG)
_PAIR_MISSING = "JIT111"
"""A policy without the pair may be meant for devices that register otherwise, so that the rule only mentions it."""
_STATES = {Severity.ERROR: State.FAILING, Severity.WARNING: State.WARNING}
_OF_REGISTRATION = frozenset({"JIT111", "JIT112", "JIT113", "JIT114", "JIT115", "JIT116", "JIT117", "JIT118", "JIT805"})
"""Rules about the pair that registers, or about keys and values as such."""
_WHERE = "Devices > Configuration"
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Told:
    """What a rule says of one policy."""

    rule: Rule
    state: State
    text: str
    detail: str | None


def broken(evidence: Evidence) -> list[Finding]:
    """A finding for each rule that policies break, as far as they could be read. What is only worth knowing is left
    out.
    """
    found: dict[str, list[_Told]] = {}
    for live, policy in _readable(evidence):
        for rule, each in in_fact(policy, evidence.context):
            state = _state(rule, each, live, evidence)
            if state is not None:
                text = f"{policy.name!r}{'' if _assigned(live) else ', assigned to nobody'}: {each.message}"
                found.setdefault(rule.id, []).append(_Told(rule, state, text, each.detail))
    return [_finding(told) for _, told in sorted(found.items())]


def of_person(policy: SsoPolicy, evidence: Evidence) -> Verdict:
    """Whether the one policy that reaches a person registers their devices."""
    found = _errors(policy, evidence)
    said = found[0][1].message if found else f"{REGISTRATION_KEY} is not as it has to be"
    reaches = f"the SSO policy {policy.name!r} reaches the person"
    mend = f"correct the policy: {found[0][1].detail or said} ({_WHERE})" if found else f"correct the policy: {_WHERE}"
    if registers(policy):
        means = "it may not do its work on their devices"
        return replace(warning(f"{reaches}, but {said}", means, mend), rule=found[0][0].id) if found else ok(reaches)
    if policy.not_understood:
        return unknown(f"{reaches}; whether it registers devices is not known: {listed(policy.not_understood)}")
    means = "their devices enroll and never register; to remove a device and enroll it again changes nothing"
    told = failing(f"{reaches} and registers no device: {said}", means, mend)
    return replace(told, rule=found[0][0].id if found else None)


def _errors(policy: SsoPolicy, evidence: Evidence) -> list[tuple[Rule, Broken]]:
    """The rules that are errors and that a policy breaks, those about registration first."""
    every = [
        (rule, each)
        for rule, each in in_fact(policy, evidence.context)
        if rule.id == _PAIR_MISSING or weaker(rule.severity, each.severity) is Severity.ERROR
    ]
    return sorted(every, key=lambda pair: pair[0].id not in _OF_REGISTRATION)


def _readable(evidence: Evidence) -> Iterator[tuple[Live, SsoPolicy]]:
    for key in _KEYS:
        if not evidence.answers[key].problem:
            yield from evidence.shown(key, SsoPolicy)


def _assigned(live: Live) -> bool:
    return any(not target.exclude for target in targets(live))


def _state(rule: Rule, found: Broken, live: Live, evidence: Evidence) -> State | None:
    """How a finding counts here: less in a policy that nobody gets; None for what is only worth knowing."""
    severity = weaker(rule.severity, found.severity)
    if not _assigned(live):
        return _STATES.get(weaker(severity, Severity.WARNING))
    if rule.id == _PAIR_MISSING:
        meets = evidence.meet(targets(live), evidence.scope.enrolling)
        return State.UNREAD if meets is None else State.FAILING if meets else _STATES.get(severity)
    return _STATES.get(severity)


def _finding(told: list[_Told]) -> Finding:
    rule = told[0].rule
    worst = next(state for state in (*_STATES.values(), State.UNREAD) if any(each.state is state for each in told))
    more = f"; and {len(told) - _MOST} more" if len(told) > _MOST else ""
    doubt = "; whether people who enroll get it is not known" if worst is State.UNREAD else ""
    details = dict.fromkeys(each.detail for each in told if each.detail)
    remedy = "; ".join([*list(details)[:2], f"in the spec, or in the portal: {_WHERE}"])
    check = Check(rule.id, rule.title.rstrip("."), _KEYS, _judged, rule.source.url if rule.source else pages.JIT)
    found = "; ".join(each.text for each in told[:_MOST]) + more + doubt
    return Finding(check, Verdict(worst, found, (rule.says or rule.title).rstrip("."), remedy))


def _judged(evidence: Evidence) -> Verdict:
    """That all policies were read and judged; what is found stands by itself. Raises `NotRead`."""
    names = [repr(policy.name) for key in _KEYS for _, policy in evidence.shown(key, SsoPolicy)]
    if not names:
        return ok("there is no SSO extension policy that rules could be asked about")
    broken_ones = [finding.check.id for finding in broken(evidence)]
    told = f"what they find is told by their ids: {listed(broken_ones, most=8)}" if broken_ones else "they find nothing"
    return ok(f"the rules for SSO policies were asked about {listed(names)}: {told}")


CHECKS = (Check("DOCTOR102", "SSO policies and the rule pack", _KEYS, _judged, pages.JIT),)
