"""The order of enrollment profiles as it is, and who of those that get each is reached by what: numbers only."""

from __future__ import annotations

from typing import Any

from ..model import JsonObject


def coverage(answer: JsonObject | None) -> JsonObject | None:
    """From what `explain` says of everybody; None where nothing can be said."""
    today: Any = answer.get("today") if answer else None
    if answer is None or today is None:
        return None
    about: Any = answer["about"]
    return {
        "everybody": about["people"],
        "withoutProfile": today["withoutProfile"],
        "profiles": [_profile(rank, rung, today["chain"]) for rank, rung in enumerate(today["ladder"], 1)],
    }


def _profile(rank: int, rung: Any, chain: Any) -> JsonObject:
    return {
        "rank": rank,
        "profile": rung["profile"],
        "assigned": rung["assigned"],
        "wins": rung["wins"],
        "parts": [_part(each) for each in chain if each["profile"] == rung["profile"]],
    }


def _part(link: Any) -> JsonObject:
    kept = {name: link[name] for name in ("part", "needed", "state", "missing")}
    return {**kept, "by": [each["name"] for each in link["by"] if each["works"]]}
