"""Whether a saved plan still fits: what it rests on, and what planning anew gives, against what it says. Pure.

`apply` calls `compare` with a plan that it has made anew, restricted to the addresses of the saved one. What the plan
does not rest on (`basis`) may have changed as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .basis import NAME, RULE, What, rests_on
from .decide import Planned
from .diagnostics import Diagnostic, Severity
from .kind import World
from .model import Address, JsonObject
from .planfile import addresses, pending

TOUCHED, RESTED_ON = "PLANFILE107", "PLANFILE109"
RULES = {
    TOUCHED: "A live object that the plan changes was edited since it was made, or other changes are needed now.",
    RESTED_ON: "Something else that the plan rests on was changed since the plan was made.",
}
_SINCE = "since the plan was made"
_WORDS = {What.GROUP: "group", What.FILTER: "assignment filter", What.SCOPE_TAG: "scope tag"}
_RULE_WORDS = {What.GROUP: "membership rule", What.FILTER: "rule"}
_TOLD_ONLY = frozenset({"fingerprint", "strays"})
"""Members that are told beside a change: what it rests on says more than the first, and how many people an order leads
astray changes every day."""
_PLACE = frozenset({"wave", "step", "dependsOn"})
"""Members that differ for every change once one of them does."""


@dataclass(frozen=True, slots=True)
class Stale:
    """One reason why a saved plan is not to be applied any more."""

    rule: str
    message: str
    addresses: tuple[str, ...]
    """The changes that it concerns."""
    what: What | None = None
    object_id: str | None = None
    """What changed, in lower case; None where the change itself comes out otherwise."""

    def diagnostic(self, who: str | None = None) -> Diagnostic:
        """The finding. `who` says who changed it, as far as that is known."""
        address = Address.parse(self.addresses[0]) if len(self.addresses) == 1 else None
        detail = f"{who}; plan again" if who else "plan again"
        return Diagnostic(Severity.ERROR, self.rule, self.message, detail, address=address)


def compare(saved: JsonObject, fresh: Planned) -> list[Stale]:
    """Every reason why the plan does not fit, sorted; none where it does.

    `saved` is a document that `planfile.from_bytes` let through, or one that was shown a moment ago.
    """
    then = _by_key(saved["restsOn"])
    now = _by_key(rests_on(fresh, addresses(saved)))
    found = [s for key in {**then, **now} if (s := _entry(then.get(key), now.get(key), fresh.world))]
    edited = {address for s in found if s.what not in _WORDS for address in s.addresses}
    found = [s for s in found if not (_came_or_went(s, then, now) and edited.issuperset(s.addresses))]
    explained = {address for s in found for address in s.addresses}
    found += [s for s in _changes(saved, fresh, _TOLD_ONLY | _PLACE) if not explained.issuperset(s.addresses)]
    return sorted(found or _changes(saved, fresh, _TOLD_ONLY), key=lambda s: (s.rule, s.message))


_Entries = dict[tuple[What, str], dict[str, Any]]


def _by_key(entries: Any) -> _Entries:
    return {(What(entry["what"]), entry["id"].casefold()): entry for entry in entries}


def _came_or_went(stale: Stale, then: _Entries, now: _Entries) -> bool:
    """Whether a name is there on one side only: where the object was edited as well, its targets are others now."""
    key = (stale.what, stale.object_id)
    return stale.what in _WORDS and not (key in then and key in now)


# What the plan rests on


def _entry(then: Any, now: Any, world: World) -> Stale | None:
    """The finding about one thing, as it was and as it is; None where it is as it was."""
    if then and now and then["properties"] == now["properties"]:
        return None
    entry = then or now
    what = What(entry["what"])
    told = _named(what, then, now) if what in _WORDS else _object(what, then, now, world)
    rule = TOUCHED if what is What.OBJECT else RESTED_ON
    return Stale(rule, f"{_few(entry['for'])}{told}", tuple(entry["for"]), what, entry["id"].casefold())


def _object(what: What, then: Any, now: Any, world: World) -> str:
    entry = then or now
    shown = f"{entry['name']!r} ({entry['id']})"
    if what is What.LADDER:
        return f": {shown}, in the same ladder, {_happened(what, then, now, world)}"
    relied_on = f" relies on {entry['address']}" if what is What.PREREQUISITE else ""
    return f"{relied_on}: the live object {shown} {_happened(what, then, now, world)}"


def _happened(what: What, then: Any, now: Any, world: World) -> str:
    if then and now:
        return f"changed {_SINCE}: {_paths(then['properties'], now['properties'])}"
    if now:
        return f"appeared {_SINCE}" if what is What.LADDER else "is what it stands for now"
    there = any(reading.get(then["id"]) for reading in world.readings.values())
    return "is not what it stands for any more" if there else f"was deleted {_SINCE}"


def _paths(old: Any, new: Any) -> str:
    return ", ".join(f"/{name}" for name in sorted({*old, *new}) if old.get(name) != new.get(name))


def _named(what: What, then: Any, now: Any) -> str:
    """About a group, a filter or a scope tag."""
    entry = then or now
    thing = f"the {_WORDS[what]} {entry['name'] or '?'!r} ({entry['id']})"
    if not (then and now):
        return f": {thing} {f'was renamed or deleted {_SINCE}' if then else 'bears a name of the spec now'}"
    old, new = then["properties"], now["properties"]
    if NAME in old and NAME not in new:
        return f": {thing} was deleted {_SINCE}"
    if old.get(RULE) != new.get(RULE):
        return f": the {_RULE_WORDS[what]} of {thing} changed {_SINCE}"
    return f": {thing} was renamed {_SINCE}, to {now['name']!r}"


def _few(concerned: list[str]) -> str:
    shown = ", ".join(concerned[:3])
    return f"{shown} and {len(concerned) - 3} more" if len(concerned) > 3 else shown


# The changes themselves


def _changes(saved: JsonObject, fresh: Planned, but: frozenset[str]) -> list[Stale]:
    """Changes that come out otherwise, in other members than `but`.

    What does nothing may differ: it is not what was approved.
    """
    old, new = (
        {address: _approved(change, but) for address, change in pending(document).items()}
        for document in (saved, fresh.plan.to_json())
    )
    return [
        Stale(TOUCHED, f"{address}: {_why(address, old.get(address), new.get(address), fresh)}", (address,))
        for address in sorted({*old, *new})
        if old.get(address) != new.get(address)
    ]


def _approved(change: dict[str, Any], but: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in change.items() if name not in but}
    kept["operations"] = [{k: v for k, v in step.items() if k not in but} for step in change["operations"]]
    if ladder := change.get("ladder"):
        kept["ladder"] = {name: value for name, value in ladder.items() if name not in but}
    return kept


def _why(address: str, old: Any, new: Any, fresh: Planned) -> str:
    if old is None:
        return "a change that the plan does not have is needed now"
    if new is None:
        return _why_not(address, fresh)
    if old["liveId"] != new["liveId"]:
        return "it stands for another live object now"
    before, after = ({field["path"]: field for field in change["fields"]} for change in (old, new))
    fields = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    members = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return f"planning anew gives another change ({', '.join(fields or members)})"


def _why_not(address: str, fresh: Planned) -> str:
    problems = [d for d in fresh.plan.diagnostics if d.severity is Severity.ERROR and str(d.address) == address]
    if problems:
        return f"it is refused now: {problems[0].message}"
    return "nothing is left to do, perhaps because it was applied already"
