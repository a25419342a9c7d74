"""The examples that `explain RULE` shows, made from the cases: `python -m tests.rules.examples` writes them.

Of each rule the first case that breaks it and the first that is right, both as specs and without settings of their
own; the right one has nothing that the reader of files refuses. A case with `example: false` is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import reconciler.rules
from reconciler import rules

from .test_cases import CASES, diagnostics, read

FILE = Path(reconciler.rules.__file__).parent / "examples.json"
LONGEST = 40
"""Lines of specs that still show something."""
WIDEST = 100
"""Columns of a line that people read."""


def examples() -> dict[str, Any]:
    """By rule: `breaks`, `message`, `help` and `right`."""
    return {rule: example for rule in rules.REGISTRY if (example := _example(rule))}


def _example(rule: str) -> dict[str, Any] | None:
    path = CASES / f"{rule}.yaml"
    usable = list(_usable(read(path))) if path.exists() else []
    breaking = next((case for case in usable if case["finds"]), None)
    right = min((case for case in usable if not case["finds"]), key=lambda c: (refused(c), "beside" in c), default=None)
    if breaking is None or right is None:
        return None
    found = next(d for d in diagnostics(breaking) if d.rule == breaking.get("reports", rule))
    breaks, fits = readable(breaking["specs"]), readable(right["specs"])
    severity = str(found.severity)
    return {"breaks": breaks, "severity": severity, "message": found.message, "help": found.detail, "right": fits}


def refused(case: dict[str, Any]) -> bool:
    """Whether specs of a case cannot be used whatever the rules of the pack say."""
    return any(d.severity == "error" and not d.rule.startswith("JIT") for d in diagnostics(case))


def readable(specs: str) -> str:
    """The documents as people write them, where a case has them on one line each."""
    if max(map(len, specs.splitlines())) <= WIDEST:
        return specs
    documents = yaml.safe_load_all(specs)
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=WIDEST)


def _usable(cases: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for case in cases:
        plain = "specs" in case and not case.keys() & {"context", "pairs"}
        if plain and case.get("example", True) and case["specs"].count("\n") <= LONGEST:
            yield case


def text() -> str:
    return json.dumps(examples(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
