"""What an assignment filter does to people's own devices, as far as its rule says so beyond doubt.

Source: Microsoft, "Assignment filter properties" (deviceOwnership) and "Enrollment restrictions": an iOS device is
personal unless it comes from Automated Device Enrollment or was registered as the company's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ..assignments import Target
from ..live import Names
from .model import Side, Supply

_CLAUSE = re.compile(r"device\.deviceOwnership\s+-(eq|ne)\s+[\"'](\w+)[\"']", re.IGNORECASE)
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_UNSURE = re.compile(r"(?<![\w.])(?:or|not)(?!\w)|[\"']", re.IGNORECASE)
"""Words with which a clause is not a condition that every device has to meet, and a literal without an end."""
_ESCAPES = frozenset("\\`")
"""How quotes in literals are written is not documented, so that a rule with one of these is not taken apart."""


def rules_of(names: Names) -> dict[str, str]:
    """The rules of filters by id and by name, in lower case: what a plan shows names a filter, a live target its id."""
    by_id = {filter_id.casefold(): rule for filter_id, rule in names.filter_rules.items()}
    often = Counter(name.casefold() for name in names.filters_by_id.values())
    named = {
        name.casefold(): by_id[filter_id.casefold()]
        for filter_id, name in names.filters_by_id.items()
        if often[name.casefold()] == 1 and filter_id.casefold() in by_id
    }
    return {**named, **by_id}


def keeps_out_personal(target: Target, rules: Mapping[str, str]) -> bool:
    """Whether a target surely leaves out every personal device; `rules` are those of filters (`rules_of`)."""
    rule = rules.get(target.filter.id.casefold()) if target.filter else None
    if rule is None or target.filter is None or _ESCAPES & {*rule} or _UNSURE.search(_LITERAL.sub(" ", rule)):
        return False
    clauses = _clauses(rule)
    if target.filter.mode == "include":
        return any(clause in (("eq", "corporate"), ("ne", "personal")) for clause in clauses)
    whole = _CLAUSE.fullmatch(rule.strip().strip("()").strip()) is not None
    return whole and clauses[0] in (("eq", "personal"), ("ne", "corporate"))


def _clauses(rule: str) -> list[tuple[str, str]]:
    """The conditions on the ownership, as operator and value in lower case; what stands in a literal is none."""
    literals = [found.span() for found in _LITERAL.finditer(rule)]
    found = (m for m in _CLAUSE.finditer(rule) if not any(start < m.start() < end for start, end in literals))
    return [(m.group(1).lower(), m.group(2).lower()) for m in found]


def without_lost(side: Side, rules: Mapping[str, str]) -> tuple[Side, list[tuple[Supply, Target]]]:
    """The side without targets that no personal device passes, and those targets."""
    lost = [(s, t) for s in side.supplies for t in s.targets if not t.exclude and keeps_out_personal(t, rules)]
    kept = [replace(s, targets=tuple(t for t in s.targets if (s, t) not in lost)) for s in side.supplies]
    left = tuple(s for s in kept if any(not t.exclude for t in s.targets))
    return replace(side, supplies=left), lost
