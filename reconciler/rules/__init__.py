"""The rule pack: what makes an enrollment right or wrong, by Microsoft's documentation, as small functions over facts.

`REGISTRY` has every rule; `offline` asks those that specs alone can answer. Used by `validate` and by everything that
plans; importing it costs no SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from ..diagnostics import Diagnostic, Severity
from ..facts import AutomatedProfile, Fact, SsoPolicy
from ..kind import Kind
from ..model import Path
from ..spec.load import Desired, SpecSet
from . import chapters
from .model import Check, Context, Decides, Declared, Estate, Finding, Rule, Shown, rules_of

REGISTRY: Mapping[str, Rule] = {
    rule.id: rule for rule in sorted((r for m in chapters.ALL for r in rules_of(m)), key=lambda rule: rule.id)
}
"""Every rule by its id."""
_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def offline(specs: SpecSet, kinds: Mapping[str, Kind], context: Context) -> list[Diagnostic]:
    """What the rules say of the specs alone: each spec by itself, then all together."""
    declared = declarations(specs.desired.values(), kinds)
    asked = _asked("offline")
    found: list[Diagnostic] = []
    for each in declared:
        for rule, check in asked.get(type(each.fact), ()):
            for finding in check(each.fact, context):
                found.append(diagnostic(rule, finding, each.desired))
    estate = Estate(tuple(declared), lambda noun: _doubtful(noun, specs, kinds))
    for rule, check in asked.get(Estate, ()):
        found += (diagnostic(rule, finding, finding.about) for finding in check(estate, context))
    return found


@cache
def _asked(decides: Decides) -> Mapping[type, Sequence[tuple[Rule, Check]]]:
    """The rules that are decided so, by the noun that they are about."""
    nouns: dict[type, list[tuple[Rule, Check]]] = {}
    for rule in REGISTRY.values():
        if rule.check and decides in rule.decides:
            nouns.setdefault(rule.about or Estate, []).append((rule, rule.check))
    return nouns


def declarations(specs: Iterable[Desired], kinds: Mapping[str, Kind]) -> list[Declared]:
    """The facts of these specs, by address."""
    ordered = sorted(specs, key=lambda desired: desired.address)
    facts = ((desired, kinds[desired.address.kind].declares(desired)) for desired in ordered)
    return [Declared(desired, fact) for desired, fact in facts if fact is not None]


def live(shown: Iterable[Shown], context: Context) -> list[Diagnostic]:
    """What the rules say of live objects that no spec stands for. Told, never blocking: they are nobody's to change.

    What a spec stands for is judged by its spec, which the plan carries out, and by `carried`.
    """
    return _in_tenant((each for each in shown if each.managed is None), context)


def carried(shown: Iterable[Shown], context: Context) -> list[Diagnostic]:
    """What the rules say of what specs leave as it is in their live objects (`Kind.carries`): warnings, likewise."""
    return _in_tenant((each for each in shown if each.managed is not None), context)


def _in_tenant(shown: Iterable[Shown], context: Context) -> list[Diagnostic]:
    return [_of_live(rule, finding, each) for each in shown for rule, finding in in_fact(each.fact, context)]


def in_fact(fact: Fact, context: Context) -> Iterator[tuple[Rule, Finding]]:
    """What the rules find in something live, whoever owns it, as they give it."""
    for rule, check in _asked("live").get(type(fact), ()):
        yield from ((rule, finding) for finding in check(fact, context))


def diagnostic(rule: Rule, finding: Finding, desired: Desired | None) -> Diagnostic:
    """A finding with its place. Whatever a rule gives, it is never more than the rule's own severity."""
    severity = weaker(rule.severity, finding.severity)
    if desired is None or not desired.document.file:
        address = desired.address if desired else None
        return Diagnostic(
            severity, rule.id, finding.message, finding.detail, finding.position, address, fixed=finding.fixed
        )
    found = desired.document.diagnostic(
        severity,
        rule.id,
        finding.message,
        detail=finding.detail,
        path=_existing(finding.path),
        key=finding.key,
        address=desired.address,
    )
    return replace(found, fixed=finding.fixed, also=finding.also)


def _existing(path: Path) -> Path:
    return path or ("metadata", "name")


def weaker(one: Severity, other: Severity | None) -> Severity:
    """The weaker of two severities."""
    return one if other is None or _RANK[one] < _RANK[other] else other


def _of_live(rule: Rule, finding: Finding, shown: Shown) -> Diagnostic:
    severity = weaker(weaker(rule.severity, finding.severity), Severity.WARNING)
    message = f"{shown.kind} {shown.name!r} in the tenant: {finding.message}"
    return Diagnostic(severity, rule.id, message, _what_to_do(shown), address=shown.managed)


def _what_to_do(shown: Shown) -> str:
    """Who can correct an object of the tenant: not everything that is read can have a spec."""
    if shown.managed:
        return "its spec does not mention this, so it stays as it is: mention the field, or correct it in the portal"
    if shown.owner:
        return f"it belongs to {shown.owner}, so it is left as it is: have it corrected there"
    if isinstance(shown.fact, AutomatedProfile):
        return "profiles of Automated Device Enrollment are only read here: correct it in the portal"
    if isinstance(shown.fact, SsoPolicy) and shown.fact.encoding == "catalog":
        return (
            "no spec can stand for a policy of the settings catalog, so it is left as it is: correct it in the portal, "
            "or replace it by a device features policy, which a spec can declare"
        )
    return "no spec stands for it, so it is left as it is; correct it in the portal, or write a spec for it"


def _doubtful(noun: type[Fact], specs: SpecSet, kinds: Mapping[str, Kind]) -> bool:
    """Whether an invalid document may be the very one that declares such a fact."""
    return not specs.certain(*(kind.name for kind in kinds.values() if noun in kind.nouns))
