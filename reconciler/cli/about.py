"""The document of `explain`: the ladder and the chain, whom a spec reaches or who uses it, and what apply would refuse.

Called by `who`, which has read everything. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..assignments import Target, wanted_targets
from ..audience import Census, Population
from ..chain import specs as of_specs
from ..chain.explain import Asked, explained
from ..chain.filters import rules_of
from ..chain.model import Contender, Side
from ..chain.sides import Holder, filter_rules, holders
from ..chain.specs import Use
from ..chain.verdicts import Sides
from ..decide import Planned
from ..diagnostics import Diagnostic, Severity
from ..engine.chain import Survey
from ..facts import Profile
from ..kind import Kind, reference
from ..live import Names
from ..model import Address, Json, JsonObject
from ..plan import TenantRef
from ..render.members import member, objects, raw
from ..spec.load import AUDIENCE


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the tenant, and the plan that was made of it."""

    planned: Planned
    surveyed: Survey
    provided: frozenset[str]

    @property
    def sides(self) -> Sides:
        return self.surveyed.sides


@dataclass(frozen=True, slots=True)
class Question:
    """Whom a question is about, and what is to be said of them first."""

    about: JsonObject
    people: Population
    census: Census
    names: Names
    notes: tuple[str, ...] = ()
    address: Address | None = None
    targets: tuple[Target, ...] | None = None
    """Of an audience; None where a name of it cannot be told."""
    partial: tuple[str, ...] = ()
    """Why something that was asked for could not be read."""


def document(tenant: TenantRef, read: Read, question: Question, weighed: Planned) -> JsonObject:
    """The whole answer. `weighed` is the plan with its findings."""
    asked = Asked(question.people, question.census, question.names, read.provided)
    answer = _answer(read, question, asked)
    number = asked.count(question.people)
    partial: list[Json] = [*sorted(_partial(read, question))]
    errors = [d for d in weighed.plan.diagnostics if d.severity is Severity.ERROR]
    shown = _shown(answer, question)
    return {
        "formatVersion": 1,
        "tenant": {"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url},
        "about": {**question.about, "people": {**number.to_json()}, "notes": [*question.notes]},
        **answer,
        "blocked": [d.to_json() for d in errors] if weighed.plan.blocked else [],
        "partial": partial,
        "findings": [d.to_json() for d in weighed.plan.diagnostics if _concerns(d, shown)],
    }


def _answer(read: Read, question: Question, asked: Asked) -> JsonObject:
    """What is told of the one who is asked about: both sides for people, else what a spec does for them."""
    address = question.address
    if address is None:
        return _sides(read.sides, asked)
    if address.kind == AUDIENCE:
        return {"uses": of_specs.of_audience(question.targets, _users_of(address, read.planned), asked)}
    kind = read.planned.kinds[address.kind]
    if kind.named == "filters":
        return {"uses": of_specs.of_filter(_filter_uses(kind, address, read), asked)}
    if kind.ranks or (Profile in kind.nouns and profile_of(read.sides.after, address)):
        return _sides(read.sides, asked)
    rules = rules_of(question.names)
    after = filter_rules(read.planned, rules)
    holder, why = _holder(address, read.planned)
    return {"supplies": of_specs.supplied(holder, read.sides.after, after, asked, why)}


def _sides(sides: Sides, asked: Asked) -> JsonObject:
    today, then = explained(sides.before, asked), explained(sides.after, asked)
    return {"today": today, "afterPlan": then if then != today else None}


def profile_of(side: Side, address: Address) -> Contender | None:
    """The profile of a spec; None where it has none on this side."""
    return next((each for each in side.profiles if each.address == address), None)


def _holder(address: Address, planned: Planned) -> tuple[Holder | None, str | None]:
    """The object of a spec after the plan, or why there is none."""
    key = _live_id(address, planned)
    found = holders(planned)
    holder = next((each for each in found if each.address == address), None)
    holder = holder or next((each for each in found if each.key == key), None)
    if holder:
        return holder, None
    change = next((each for each in planned.plan.changes if each.address == address), None)
    return None, f"the plan does not make it: {change.reason}" if change else "it is not in the tenant"


def _live_id(address: Address, planned: Planned) -> str:
    match = planned.world.matches.get(address)
    return match.live.id if match and match.live else reference(address)


def also_asked(read: Read, address: Address) -> list[Target]:
    """The targets of which the people have to be known for a spec, beside those of the chain."""
    kind = read.planned.kinds[address.kind]
    if kind.named == "filters":
        return [target for use in _filter_uses(kind, address, read) for target in use.targets or ()]
    holder, _ = _holder(address, read.planned)
    return [each.target for each in holder.assigned] if holder else []


def _filter_uses(kind: Kind, address: Address, read: Read) -> list[Use]:
    """What uses a filter: objects after the plan, and specs that name it and whose objects the plan does not make."""
    planned = read.planned
    fact = kind.declares(planned.world.desired[address])
    name, live_id = str(getattr(fact, "name", address.name)), _live_id(address, planned)
    named = frozenset(each.casefold() for each in (name, live_id, reference(address), f"{name} ({live_id})"))
    found = of_specs.filter_uses(named, holders(planned), ())
    told = {use.address for use in found}
    return [*found, *(Use(str(each), each, None) for each in _naming(name, planned) if each not in told)]


def _naming(name: str, planned: Planned) -> Iterator[Address]:
    """The specs that name a filter."""
    world = planned.world
    called = world.renamed.get("filters", {})
    for address, desired in sorted(world.desired.items()):
        filters = {each.filter[1] for each in wanted_targets(desired.spec.get("assignments")) if each.filter}
        if name in {called.get(each, each) for each in filters}:
            yield address


def _users_of(address: Address, planned: Planned) -> list[Use]:
    """The specs that use an audience."""
    desired = sorted(planned.world.desired.items())
    return [Use(str(each), each, ()) for each, spec in desired if spec.audience == address.name]


def _partial(read: Read, question: Question) -> set[str]:
    """What could not be read, of everything that the answer rests on."""
    census = question.census
    groups = {why for found in census.groups.values() for why in found.unread}
    sides = {why for side in (read.sides.before, read.sides.after) for why in side.unread.values()}
    uncounted = {census.uncounted} & census.why_not(question.people) if census.uncounted else set()
    return {*read.surveyed.problems, *question.partial, *groups, *sides, *uncounted} - {None}


# Findings

_THEIRS = ("wins", "unknown")
"""Verdicts of profiles that these people get, or may get."""


def _shown(answer: JsonObject, question: Question) -> frozenset[str]:
    """The addresses of the specs that an answer is about."""
    if question.address:
        return frozenset({str(question.address)})
    found = set()
    for side in (member(answer, "today"), member(answer, "afterPlan")):
        rungs = (rung for rung in objects(side, "ladder") if raw(rung, "verdict") in _THEIRS)
        found |= {raw(member(rung, "profile"), "address") for rung in rungs}
        found |= {raw(by, "address") for part in objects(side, "chain") for by in objects(part, "by")}
    return frozenset(found - {""})


def _concerns(found: Diagnostic, addresses: Iterable[str]) -> bool:
    """Whether a finding is at one of these specs, or names one, such as two that meet in one person."""
    shown = {*addresses}
    named = re.findall(r"[A-Za-z]+/[\w.-]*\w", found.message)
    return str(found.address) in shown or not shown.isdisjoint(named)
