"""Each rule with specs that break it and specs that are right, as data: `cases/JITnnn.yaml`.

A file is a list of cases. `specs` is the text of one or more YAML documents, `finds` the texts that the findings of
this rule underline, in order (empty: it finds nothing; null for a finding without a place). Optional are `severity`,
`says` (a part of message or detail), `reports` (the id under which others report it), `context` (fields of
`rules.model.Context`; `provided` as a list of parts, `onboarding` as texts by name). `live` has live objects instead of
`specs`: a list of {kind, collection, body, assignments}, or of {fact, …} for what no kind reads; `finds` then counts by
messages.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import facts, rules
from reconciler.crosscheck import crosscheck
from reconciler.diagnostics import Diagnostic
from reconciler.kinds import REGISTRY
from reconciler.live import Live
from reconciler.rules.model import Context, OnboardingText, Shown
from reconciler.spec.load import load
from reconciler.workspace import Provided, RuleData

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 22)


def cases() -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}-{case['name'].replace(' ', '-')}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in read(path)
    ]


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    found: list[dict[str, Any]] = yaml.load(
        path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return found


@pytest.mark.parametrize(("rule", "case"), cases())
def test_a_rule_finds_what_it_should_and_nothing_else(rule: str, case: dict[str, Any]) -> None:
    every = diagnostics(case)
    found = [d for d in every if d.rule == case.get("reports", rule)]
    assert "reports" not in case or (
        case["reports"] in rules.REGISTRY[rule].reported_as and rule not in {d.rule for d in every}
    )
    assert [underlined(d) for d in found] == (case["finds"] if "live" not in case else [None] * len(case["finds"]))
    if "live" in case:
        assert all(part in d.message for d, part in zip(found, case["finds"], strict=True))
    if "severity" in case:
        assert {str(d.severity) for d in found} == {case["severity"]}
    for part in [case["says"]] if isinstance(case.get("says"), str) else case.get("says", ()):
        assert any(part in f"{d.message}\n{d.detail}" for d in found)


def diagnostics(case: dict[str, Any]) -> list[Diagnostic]:
    """What the rules say of a case."""
    context = context_of(case.get("context", {}))
    if "live" in case:
        return rules.live((shown(each) for each in case["live"]), context)
    more = "".join(f"    - {{key: k{n}, type: integer, value: 1}}\n" for n in range(case.get("pairs", 0)))
    specs = crosscheck(load([("specs.yaml", (case["specs"] + more).encode())]), REGISTRY)
    return sorted([*specs.diagnostics, *rules.offline(specs, REGISTRY, context)], key=lambda d: d.sort_key)


def context_of(given: dict[str, Any]) -> Context:
    provided = tuple(Provided(part, "others", "a reason") for part in given.get("provided", ()))
    today = date.fromisoformat(given["today"]) if "today" in given else TODAY
    data = RuleData(**{name: frozenset(listed) for name, listed in given.get("data", {}).items()})
    texts = tuple(OnboardingText(name, content) for name, content in given.get("onboarding", {}).items())
    made = {"provided": provided, "today": today, "data": data, "onboarding": texts}
    return Context(**{"tenant": "sandbox", **given, **made})


def shown(each: dict[str, Any]) -> Shown:
    if "fact" in each:
        made = getattr(facts, each["fact"])(**{key: value for key, value in each.items() if key != "fact"})
        return Shown(made, made.name, each["fact"], "7b0f0e0a-0000-4000-8000-000000000002")
    kind = REGISTRY[each["kind"]]
    collections = {c.key: c for c in (*kind.collections, *kind.also_reads)}
    live = Live("7b0f0e0a-0000-4000-8000-000000000001", collections[each["collection"]], each["body"])
    fact = kind.shows(live)
    assert fact is not None
    return Shown(fact, live.display_name, kind.name, live.id)


def underlined(finding: Diagnostic) -> str | None:
    place = finding.position
    return place.text[place.column - 1 :][: place.width] if place else None


def test_every_rule_that_specs_decide_has_a_case_that_breaks_it_and_one_that_is_right() -> None:
    lacking = []
    for rule in rules.REGISTRY.values():
        path = CASES / f"{rule.id}.yaml"
        listed = read(path) if path.exists() else []
        reported = rule.reported_as and "offline" in rule.decides
        if (rule.check or reported) and not ({bool(case["finds"]) for case in listed} >= {True, False}):
            lacking.append(rule.id)
    assert lacking == []
