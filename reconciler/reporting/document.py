"""The document of `schemas/v1/report.json`. Equal facts have equal documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from .. import __version__
from ..model import Json, JsonObject
from ..plan import instant
from ..workspace import Freeze, Limits
from .coverage import coverage
from .exceptions import EXPIRED, exceptions
from .managed import managed
from .model import Facts
from .period import period
from .runs import breaks, runs

FORMAT_VERSION = 1


def report(facts: Facts) -> JsonObject:
    """All of it. `complete` is false where something that belongs into it is not known."""
    plan, tenant = facts.plan, facts.tenant
    excused = exceptions(facts.waivers, facts.workspace.rules, tenant.provided, plan, facts.now.date())
    held = managed(plan, facts.records)
    events = period(facts.period, facts.records, named=facts.named) if facts.period else None
    unknown = [*_unknown(facts)]
    return {
        "formatVersion": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": __version__},
        "createdAt": instant(facts.now),
        "tenant": plan["tenant"],
        "owner": plan["owner"],
        "complete": not unknown,
        "unknown": [*unknown],
        "specs": {"digest": plan["specDigest"], "commit": facts.commit, "dirty": facts.dirty},
        "summary": _summary(facts, held, excused, events),
        "managed": [*held],
        "orphaned": plan["orphaned"],
        "unmanaged": plan["unmanaged"],
        "exceptions": [*excused],
        "coverage": coverage(facts.answer),
        "limits": _limits(tenant.limits),
        "freeze": _freeze(tenant.freeze, facts),
        "runs": [*runs(facts.records, named=facts.named)],
        "breaks": breaks(facts.records),
        "findings": plan["diagnostics"],
        "events": events,
    }


def _unknown(facts: Facts) -> Iterator[str]:
    """What is not known, in sentences."""
    if not facts.plan["complete"]:
        yield "the tenant could not be read to its end: what is managed, unmanaged and orphaned is known in part"
    partial: Any = facts.answer["partial"] if facts.answer else []
    yield from (f"whom the chain reaches is known in part: {each}" for each in partial)
    yield from facts.problems
    if facts.period and facts.period.why:
        yield f"what was made outside of runs is not known: {facts.period.why}"


def _summary(facts: Facts, held: list[JsonObject], excused: list[JsonObject], events: JsonObject | None) -> JsonObject:
    states = Counter(str(each["state"]) for each in held)
    plan: Any = facts.plan
    severities = Counter(each["severity"] for each in plan["diagnostics"])
    counted: Any = events["summary"] if events else {}
    outside = {"outside": counted["outside"], "unclear": counted["unclear"]} if events else {}
    return {
        "managed": len(held),
        "asSpecified": states["as-specified"],
        "waived": states["waived"],
        "orphaned": len(plan["orphaned"]),
        "unmanaged": len(plan["unmanaged"]),
        "exceptions": len(excused),
        "expired": sum(each["state"] == EXPIRED for each in excused),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "runs": len(facts.records),
        **outside,
    }


def _limits(limits: Limits) -> JsonObject:
    """As the workspace file names them; null is no limit."""
    return {_camel(name): value for name, value in asdict(limits).items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _freeze(freeze: Freeze | None, facts: Facts) -> Json:
    if freeze is None:
        return None
    return {"until": instant(freeze.until), "reason": freeze.reason, "active": facts.now < freeze.until}
