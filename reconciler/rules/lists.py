"""The lists that rules build on and that age: `data/*.json`, each with its date and its sources.

They are shipped with the package, read when a rule first asks, and once. `date` is the day on which a list was last
held against its sources; what becomes of an old one is the matter of `age_rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """What one of the files says of itself."""

    name: str
    title: str
    date: date
    extend: str | None
    """The field of the workspace that extends it, if there is one."""


@cache
def read(name: str) -> Any:
    """The JSON of `data/<name>.json`. Shared: not to be changed."""
    return json.loads((files(__package__) / "data" / f"{name}.json").read_text(encoding="utf-8"))


def listed() -> Iterator[Listed]:
    """Every list that has a date."""
    names = (each.name for each in (files(__package__) / "data").iterdir())
    for name in sorted(each.removesuffix(".json") for each in names if each.endswith(".json")):
        found = read(name)
        if "date" in found:
            title, extend = found.get("title", name), found.get("extend")
            yield Listed(name, title, date.fromisoformat(found["date"]), extend)
