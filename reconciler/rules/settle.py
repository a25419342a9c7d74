"""What a workspace and its waivers make of findings: another severity, or none. Pure.

Only rules of the pack can be settled, and of these only the ones whose finding the tool could work with: everything
else (of YAML, schemas, identity, plans, guards) says that it cannot do what is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import NamedTuple

from ..diagnostics import Diagnostic, Severity
from ..model import JsonObject
from ..waivers import Waiver
from ..workspace import RuleSetting, Workspace
from . import REGISTRY, weaker
from .model import Rule

RULES = {
    "WORKSPACE108": "`rules` names a rule that does not exist.",
    "WORKSPACE109": "`rules` sets a rule whose severity cannot be changed.",
    "WORKSPACE110": "`rules` makes a rule weaker without a reason.",
}
"""Rule ids of this module, each with what it means."""

_NEVER = "the tool never writes what such a spec says"
_STAYS = f"no waiver and no setting holds here: {_NEVER}"


@dataclass(frozen=True, slots=True)
class Exempt:
    """A finding that does not count, and by what: a waiver, or the workspace, which switches its rule off."""

    finding: Diagnostic
    by: Waiver | RuleSetting

    def to_json(self) -> JsonObject:
        """What documents say of a waived finding. Raises `TypeError` where it is no waiver that takes it out."""
        if not isinstance(self.by, Waiver):
            raise TypeError("only waivers have an owner and a date")
        shown = {**self.by.to_json(), "message": self.finding.message}
        return {**shown, "path": _in_spec(self.finding)}


class Settled(NamedTuple):
    """Findings that count, in the severity that the workspace gives them, and those that do not."""

    kept: tuple[Diagnostic, ...]
    waived: tuple[Exempt, ...]

    def documents(self) -> tuple[JsonObject, ...]:
        """The findings that waivers take out, as plans show them."""
        return tuple(each.to_json() for each in self.waived if isinstance(each.by, Waiver))

    def silenced(self) -> Counter[str]:
        """How many findings of which rule the workspace switches off."""
        return Counter(each.finding.rule for each in self.waived if isinstance(each.by, RuleSetting))


def settle(
    diagnostics: Iterable[Diagnostic],
    rules: Mapping[str, RuleSetting],
    waivers: Iterable[Waiver],
    today: date,
    *,
    registry: Mapping[str, Rule] = REGISTRY,
) -> Settled:
    """The findings as they count. A waiver that does not hold any more takes nothing out.

    A finding that is both waived and switched off is waived: somebody answers for it until a date. Findings of rules
    that cannot be settled stay as they are, whatever `rules` says: `check_settings` tells of them.
    """
    holding = [w for w in waivers if w.rule is not None and w.holds(today)]
    kept: list[Diagnostic] = []
    exempt: list[Exempt] = []
    for finding in diagnostics:
        rule = registry.get(finding.rule)
        if rule is None or why_fixed(rule):
            kept.append(finding)
            continue
        setting = rules.get(rule.id)
        by = next((w for w in holding if _covers(w, finding)), None) or setting
        if finding.fixed:
            kept.append(_staying(finding) if by else finding)
        elif isinstance(by, Waiver) or (by is not None and by.severity is None):
            exempt.append(Exempt(finding, by))
        else:
            kept.append(_in_severity(finding, rule, setting.severity if setting else None))
    return Settled(tuple(kept), tuple(exempt))


def _staying(finding: Diagnostic) -> Diagnostic:
    """A finding that somebody wanted to settle and that stays: it says why."""
    detail = finding.detail or ""
    return finding if detail.endswith(_STAYS) else replace(finding, detail=f"{detail}; {_STAYS}" if detail else _STAYS)


def _covers(waiver: Waiver, finding: Diagnostic) -> bool:
    if (waiver.rule, waiver.of) != (finding.rule, finding.address):
        return False
    return waiver.path is None or f"{_in_spec(finding) or ''}/".startswith(f"{waiver.path}/")


def _in_spec(finding: Diagnostic) -> str | None:
    """Where a finding is, as a JSON Pointer into `spec`; None where it is elsewhere."""
    path = finding.path or ""
    return path.removeprefix("/spec") if path.startswith("/spec/") else None


def _in_severity(finding: Diagnostic, rule: Rule, wanted: Severity | None) -> Diagnostic:
    """A rule that is made weaker makes no finding stronger that it holds for possible only."""
    if wanted is None or wanted is rule.severity:
        return finding
    is_weaker = weaker(wanted, rule.severity) is wanted
    return replace(finding, severity=weaker(finding.severity, wanted) if is_weaker else wanted)


def switched_off(rules: Mapping[str, RuleSetting]) -> list[JsonObject]:
    """The rules that a workspace switches off, with the reason, as documents tell them."""
    return [{"rule": rule, "reason": setting.reason} for rule, setting in rules.items() if setting.severity is None]


def why_fixed(rule: Rule) -> str | None:
    """Why the severity of a rule cannot be changed, nor its findings be waived; None where they can."""
    if rule.fixed:
        return _NEVER
    if rule.undecidable:
        return f"it never finds anything: {rule.undecidable}"
    if rule.reported_as and rule.check is None:
        return f"its findings are those of {', '.join(rule.reported_as)}, which say that the tool cannot go on"
    return None


# Whether settings and waivers can be meant


def check_settings(workspace: Workspace, registry: Mapping[str, Rule] = REGISTRY) -> list[Diagnostic]:
    """What is wrong with the `rules` of a workspace."""
    return [
        found for name, setting in workspace.rules.items() for found in _of_setting(workspace, name, setting, registry)
    ]


def _of_setting(
    workspace: Workspace, name: str, setting: RuleSetting, registry: Mapping[str, Rule]
) -> Iterator[Diagnostic]:
    rule = registry.get(name)
    if rule is None:
        yield workspace.problem("WORKSPACE108", *_unknown(name, registry), ("rules", name), key=True)
    elif why := why_fixed(rule):
        message = f"the severity of {name} cannot be changed: {why}"
        yield workspace.problem("WORKSPACE109", message, "remove the entry", ("rules", name), key=True)
    elif setting.reason is None and setting.severity is not rule.severity and _is_weaker(setting, rule):
        message = f"{name} is {_a(rule.severity)}, and is made weaker without a reason"
        detail = f"write why: {{severity: {setting.severity}, reason: …}}"
        yield workspace.problem("WORKSPACE110", message, detail, ("rules", name, "severity"))


def _is_weaker(setting: RuleSetting, rule: Rule) -> bool:
    return setting.severity is None or weaker(setting.severity, rule.severity) is setting.severity


def _a(severity: Severity) -> str:
    return f"{'a' if severity is Severity.WARNING else 'an'} {severity}"


def _unknown(name: str, registry: Mapping[str, Rule]) -> tuple[str, str]:
    """About an id that is not in the pack: it may be a slip, or that of something which no setting changes."""
    like = get_close_matches(name, registry, n=3, cutoff=0.6)
    if _chapter(name) in {_chapter(known) for known in registry} or like:
        detail = f"did you mean {' or '.join(like)}?" if like else "`reconciler rules` lists those that there are"
        return f"no rule is called {name}", detail
    message = f"{name} is no rule of the pack"
    return message, "only those can be set, for what else is found the tool cannot pass over; see `reconciler rules`"


def _chapter(name: str) -> str:
    return name.rstrip("0123456789")


def check_waivers(waivers: Iterable[Waiver], registry: Mapping[str, Rule] = REGISTRY) -> list[Diagnostic]:
    """Waivers for rules that are not known, or whose findings cannot be waived."""
    found: list[Diagnostic] = []
    for waiver in (w for w in waivers if w.rule is not None):
        name = str(waiver.rule)
        rule = registry.get(name)
        if rule is None:
            found.append(waiver.finding(Severity.ERROR, "WAIVER106", *_unknown(name, registry), "rule"))
        elif why := why_fixed(rule):
            message = f"findings of {name} cannot be waived: {why}"
            found.append(waiver.finding(Severity.ERROR, "WAIVER106", message, "correct the spec", "rule"))
    return found


def unused(
    waivers: Iterable[Waiver], exempt: Iterable[Exempt], today: date, *, registry: Mapping[str, Rule] = REGISTRY
) -> list[Diagnostic]:
    """Waivers without a finding, of rules that specs alone answer: of others nobody knows before a plan."""
    used = {each.by.address for each in exempt if isinstance(each.by, Waiver)}
    return [
        waiver.finding(
            Severity.INFO, "WAIVER107", f"{waiver.rule} finds nothing here any more, so this waiver has no effect",
            "remove it", "rule",
        )
        for waiver in waivers
        if waiver.rule in registry and waiver.address not in used and waiver.holds(today)
        and registry[str(waiver.rule)].decides == {"offline"}
    ]  # fmt: skip
