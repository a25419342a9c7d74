"""The rules as a document: what `rules` and `explain RULE` show, in every format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from ..model import Json, JsonObject
from ..workspace import RuleSetting
from . import REGISTRY, other_ids
from .model import Rule
from .settle import why_fixed

CHAPTERS: Mapping[str, str] = {
    "JIT1": "SSO policy, keys and values",
    "JIT2": "Apps in the SSO policy",
    "JIT3": "Enrollment profiles",
    "JIT4": "Who is reached",
    "JIT50": "Microsoft Authenticator",
    "JIT52": "First sign-in app",
    "JIT53": "Company Portal",
    "JIT55": "Compliance and Conditional Access",
    "JIT56": "Compliance and Conditional Access",
    "JIT6": "Tenant",
    "JIT7": "What people are told",
    "JIT8": "Files",
    "JIT9": "Rule data",
}
"""The beginnings of ids, each with what its rules are about."""
_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "EVIDENCE": ("evidence.check",),
    "FILTER": ("kinds.filter_rule",),
    "FMT": ("spec.style",),
    "GUARD": ("guards",),
    "NAME": ("resolution",),
    "PINS": ("pins",),
    "PLAN": ("lifecycle", "named"),
    "PLANFILE": ("planfile", "stale"),
    "PRE": ("engine.preflight",),
    "RECORD": ("records",),
    "ROLLBACK": ("rollback", "restore"),
    "SCHEMA": ("spec.schema",),
    "SNAPSHOT": ("snapshot",),
    "SPEC": ("crosscheck",),
    "WAIVER": ("waivers",),
    "WORKSPACE": ("workspace", "rules.settle"),
    "YAML": ("spec.yaml_rules",),
}
"""The letters of ids that are of no rule of the pack, each with the modules whose `RULES` say what they mean; those of
further modules have theirs in `other_ids`.
"""
_NEAR = 5
"""How far a number may be from the one that was asked for to be suggested."""

_PROJECT = __name__.partition(".")[0]
_MEMBERS = ("id", "title", "chapter", "severity", "setTo", "reason", "fixed", "decided", "decidedBy", "reportedAs",
            "notDecidable", "says", "source", "example")  # fmt: skip


def chapter(rule: Rule) -> str:
    """What a rule is about, in a few words."""
    return next(title for start, title in CHAPTERS.items() if rule.id.startswith(start))


def catalog(settings: Mapping[str, RuleSetting] | None) -> JsonObject:
    """The document of `rules`. `settings` are those of the workspace; None where there is none."""
    rules: list[Json] = [entry(rule, settings or {}) for rule in REGISTRY.values()]
    return {"formatVersion": 1, "workspace": settings is not None, "rules": rules}


def explained(rule: Rule, settings: Mapping[str, RuleSetting] | None) -> JsonObject:
    """The document of `explain RULE`."""
    shown = {**entry(rule, settings or {}), "example": _examples().get(rule.id)}
    return {"formatVersion": 1, "workspace": settings is not None, "rule": shown}


def entry(rule: Rule, settings: Mapping[str, RuleSetting]) -> JsonObject:
    """One rule. `setTo` is what the workspace makes of its severity: null where it says nothing."""
    setting = settings.get(rule.id)
    source = rule.source
    return {
        "id": rule.id,
        "title": rule.title,
        "chapter": chapter(rule),
        "severity": str(rule.severity),
        "setTo": None if setting is None else str(setting.severity or "none"),
        "reason": setting.reason if setting else None,
        "fixed": why_fixed(rule) if rule.implemented else None,
        "decided": [*sorted(rule.decides, reverse=True)],
        "decidedBy": "rules" if rule.check else rule.decided_by,
        "reportedAs": [*rule.reported_as],
        "notDecidable": rule.undecidable,
        "says": rule.says or None,
        "source": {"title": source.title, "url": source.url} if source else None,
    }


def elsewhere(rule_id: str) -> JsonObject | None:
    """The document of an id that is of no rule of the pack: what its module says it means. None for an unknown id."""
    meaning = _meanings().get(rule_id)
    if meaning is None:
        return None
    fixed = "it is no rule of the pack, and the tool cannot pass over what it finds"
    shown: JsonObject = {"id": rule_id, "title": meaning, "fixed": fixed}
    return {"formatVersion": 1, "workspace": False, "rule": {**dict.fromkeys(_MEMBERS), **shown}}


@cache
def _meanings() -> Mapping[str, str]:
    """What the ids that are of no rule of the pack mean."""
    found = dict(other_ids.RULES)
    for module in (each for modules in _ELSEWHERE.values() for each in modules):
        found |= import_module(f"{_PROJECT}.{module}").RULES
    return found


def like(rule_id: str) -> list[str]:
    """The ids nearest to one that is none: of the same letters and hundred with a number close by, or with one digit
    less, or of the nearest letters with the same number.
    """
    letters, number = _parts(rule_id)
    known = [*REGISTRY, *_meanings()]
    prefixes = {_parts(each)[0] for each in known}
    if letters not in prefixes:
        meant = get_close_matches(letters, sorted(prefixes), n=1, cutoff=0.6)
        return [each for each in known if _parts(each) in [(prefix, number) for prefix in meant]]
    numbers = {each: _parts(each)[1] for each in known if _parts(each)[0] == letters}
    alike = {each: n for each, n in numbers.items() if n // 100 == number // 100 or n == number // 10}
    near = {each: abs(n - number) for each, n in alike.items() if abs(n - number) <= _NEAR or n == number // 10}
    return sorted(near, key=lambda each: (near[each], each))[:3]


def _parts(rule_id: str) -> tuple[str, int]:
    """The letters of an id, and its number."""
    letters = rule_id.rstrip("0123456789")
    return letters, int(rule_id[len(letters) :][:9] or "0")


@cache
def _examples() -> Any:
    """Specs that break a rule and specs that are right, by its id: made from the cases of the tests."""
    return json.loads((files(__package__) / "examples.json").read_text(encoding="utf-8"))
