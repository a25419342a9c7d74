"""Every exception in one list: waivers, rules that the workspace sets, parts of the chain that others provide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from ..model import JsonObject
from ..waivers import SOON, Waiver
from ..workspace import Provided, RuleSetting

EXPIRED = "expired"


def exceptions(
    waivers: Iterable[Waiver],
    rules: Mapping[str, RuleSetting],
    provided: Iterable[Provided],
    plan: JsonObject,
    today: date,
) -> list[JsonObject]:
    """Waivers first, those that end first before the others; then rules, then what others provide."""
    waived: Any = plan.get("waived", [])
    used = {each["waiver"] for each in waived}
    return [
        *(_waiver(each, used, today) for each in sorted(waivers, key=lambda w: (w.expires, w.address))),
        *(_rule(rule, setting) for rule, setting in sorted(rules.items())),
        *(_provided(each) for each in provided),
    ]


def _waiver(waiver: Waiver, used: Collection[str], today: date) -> JsonObject:
    place = waiver.path or ""
    what = f"findings of {waiver.rule}" + (f" at {place}" if place else "") if waiver.rule else f"the value of {place}"
    return {
        "sort": "waiver",
        "name": str(waiver.address),
        "about": str(waiver.of),
        "what": what,
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
        "state": _state(waiver, used, today),
    }


def _state(waiver: Waiver, used: Collection[str], today: date) -> str:
    """`unused`: there is nothing for it to tolerate."""
    if not waiver.holds(today):
        return EXPIRED
    if str(waiver.address) not in used:
        return "unused"
    return "expires-soon" if waiver.expires - today <= SOON else "holds"


def _rule(rule: str, setting: RuleSetting) -> JsonObject:
    what = f"counts as {setting.severity}" if setting.severity else "is switched off"
    return {
        "sort": "rule",
        "name": rule,
        "about": rule,
        "what": what,
        "owner": None,
        "reason": setting.reason,
        "expires": None,
        "state": "holds",
    }


def _provided(each: Provided) -> JsonObject:
    return {
        "sort": "provided",
        "name": each.part,
        "about": each.part,
        "what": "is provided by others",
        "owner": each.by,
        "reason": each.reason,
        "expires": None,
        "state": "holds",
    }
