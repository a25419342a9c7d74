"""Findings that are there at one revision and not at the other, wherever in the file they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..diagnostics import Diagnostic, has_errors
from ..model import JsonObject
from .model import Side


def of_side(side: Side) -> list[Diagnostic]:
    """All findings of a revision, each once, in the order of files and places."""
    found = [*side.findings, *(d for state in side.states.values() for d in state.specs.diagnostics)]
    unique = {d.sort_key: d for d in found}
    return [unique[key] for key in sorted(unique)]


def is_valid(side: Side) -> bool:
    """Whether nothing at the revision blocks."""
    return side.problem is None and not has_errors(of_side(side))


def compared(before: Side, after: Side) -> JsonObject:
    """`new`: only after; `gone`: only before; `kept`: how many are on both sides."""
    old, new = of_side(before), of_side(after)
    return {
        "new": [d.to_json() for d in _without(new, old)],
        "gone": [d.to_json() for d in _without(old, new)],
        "kept": len(new) - len(_without(new, old)),
    }


def _without(some: Iterable[Diagnostic], others: Iterable[Diagnostic]) -> list[Diagnostic]:
    left = Counter(map(_same, others))
    found = []
    for each in some:
        if left[_same(each)]:
            left[_same(each)] -= 1
        else:
            found.append(each)
    return found


def _same(finding: Diagnostic) -> tuple[str, ...]:
    """What tells findings apart: not their place, for lines move."""
    file = finding.position.file if finding.position and not finding.address else ""
    return (str(finding.severity), finding.rule, finding.message, str(finding.address or ""), file)
