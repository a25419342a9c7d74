"""How a spec follows its live object: the fewest fields of it that have to say something else. Pure.

What the live object is in the words of a spec is the kind's to say (`Kind.expresses`). Here it is put into the spec as
its author wrote it: entries of lists that mean what they meant keep their words and their place. Whether a spec says
what the tenant has is never taken for granted: the kind compares it with the live object before it is proposed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..diagnostics import has_errors
from ..kind import Expressed, Subject, World
from ..model import ABSENT, Absent, Address, Json, JsonObject, Path
from ..ownership import MARKER
from ..spec.load import Desired
from ..spec.schema import check_spec
from .direction import Case
from .merge import merged_assignments, merged_list

Fields: TypeAlias = "Mapping[str, Json | Absent]"
"""What fields of a spec are to say; ABSENT: they are not mentioned any more."""
_MEANT = frozenset({"id", "app", "policy", "lifecycle", "onboarding", "unlisted"})
"""Fields that say which object is meant, or how it is treated: they follow nothing in the tenant."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The changes of one document, by path from its root."""

    address: Address
    file: str
    changes: Mapping[Path, Json | Absent]
    fields: tuple[str, ...]
    """The fields that departed and do no more."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a spec cannot follow, and what to do instead."""

    address: Address
    reason: str
    file: str | None = None


def proposed(case: Case, *, waived: Collection[str] = (), inline: bool = False) -> Proposal | Declined:
    """What the spec of a case has to say so that it no longer departs, but for its marker and what is `waived`.

    `inline`: targets that come from an audience are written into the spec.
    """
    desired = case.subject.desired
    departed = [name for name in case.comparison.changed if name != MARKER]
    if why := _why_not(case, departed, waived, inline=inline):
        return Declined(desired.address, why, desired.document.file)
    expressed = _expressed(case)
    if isinstance(expressed, str):
        return Declined(desired.address, expressed, desired.document.file)
    if unsaid := next((name for name in departed if name in expressed.problems), None):
        return Declined(desired.address, f"{unsaid}: {expressed.problems[unsaid]}", desired.document.file)
    for fields in _candidates(case, expressed, departed):
        if _settles(case, fields, waived):
            kept = _fewest(case, fields, waived)
            changes: dict[Path, Json | Absent] = {("spec", name): value for name, value in kept.items()}
            return Proposal(desired.address, desired.document.file, changes, tuple(departed))
    stuck = _stuck(case, expressed, departed, waived)
    reason = f"no valid spec of this kind says what the tenant has at {', '.join('/' + name for name in stuck)}"
    return Declined(desired.address, f"{reason}; a Waiver can tolerate it until a date", desired.document.file)


def _why_not(case: Case, departed: list[str], waived: Collection[str], *, inline: bool) -> str | None:
    if case.subject.live is None and not case.kind.ranks:
        return "it is not in the tenant: remove its spec, or have it made again with `reconciler apply`"
    if not departed:
        return "only its marker departs, which no spec says: `reconciler apply` sets it"
    if both := [name for name in departed if name in waived]:
        return f"a part of /{both[0]} is waived: end the waiver first, or change the spec by hand"
    audience = case.subject.desired.audience
    if audience and "assignments" in departed and not inline:
        return f"its targets are those of the audience {audience}: change that, or write them here with --inline"
    return None


def _expressed(case: Case) -> Expressed | str:
    """The live object in the words of a spec, or why there are none."""
    world, live = case.subject.world, case.subject.live
    expressed = case.kind.expresses(live, world) if live else _arranged(case)
    if isinstance(expressed, str):
        return expressed
    if expressed is None:
        if case.kind.shared:
            return "the tenant has nothing of it yet: remove its spec, or have it made with `reconciler apply`"
        return "the live object is none that a spec of this kind can be for"
    return expressed.problems.get("", expressed)


def _arranged(case: Case) -> Expressed | str | None:
    listed = [Address(kind, str(name)) for kind in case.kind.ranks for name in _order(case.subject.spec)]
    matches = {address: case.subject.world.matches.get(address) for address in listed}
    ranked = {address.name: match.live for address, match in matches.items() if match and match.live}
    if missing := [str(address) for address in listed if address.name not in ranked]:
        return f"{missing[0]} is listed and is not in the tenant"
    return case.kind.arranges(ranked)


def _order(spec: JsonObject) -> list[Json]:
    return [each for value in spec.values() if isinstance(value, list) for each in value]


# What the spec may say


def _candidates(case: Case, expressed: Expressed, departed: list[str]) -> Iterator[Fields]:
    """Ways to say it, the one that leaves most as it is first."""
    said, spec = expressed.spec, case.subject.spec
    for strictly in (False, True):
        merged = {
            name: _merged(case, name, said, strictly=strictly) for name in {*departed, *spec} if name not in _MEANT
        }
        yield {name: value for name, value in merged.items() if name in departed}
        mentioned = {name: value for name, value in merged.items() if name in departed or name in said}
        yield mentioned
        by_hand = {name: said[name] for name in expressed.spec if name not in (*_MEANT, *mentioned)}
        yield {**mentioned, **{n: v for n, v in by_hand.items() if n not in expressed.usual}}
    yield {name: said.get(name, ABSENT) for name in (*departed, "unlisted")}
    yield {**{name: said.get(name, ABSENT) for name in departed}, **_of_app(said, spec)}


def _stuck(case: Case, expressed: Expressed, departed: list[str], waived: Collection[str]) -> list[str]:
    """Of the fields that depart those that could not follow alone either; all, where only their meeting is to blame."""
    found: list[str] = []
    for name in departed:
        others = {*departed} - {name}
        ways = [
            {each: value for each, value in fields.items() if each not in others}
            for fields in _candidates(case, expressed, departed)
        ]
        if not any(_settles(case, way, {*waived, *others}) for way in ways):
            found.append(name)
    return found or departed


def _of_app(said: JsonObject, spec: JsonObject) -> JsonObject:
    """What belongs to the assignments of an app and stands elsewhere in its spec."""
    settings = {name: value for name, value in said.items() if name in spec and name not in _MEANT}
    app, held = said.get("app"), spec.get("app")
    if isinstance(app, dict) and isinstance(held, dict) and "licensing" in app:
        return {**settings, "app": {**held, "licensing": app["licensing"]}}
    return settings


def _merged(case: Case, name: str, said: JsonObject, *, strictly: bool) -> Json | Absent:
    """A field as the live object has it, in the words of today's spec as far as they mean the same."""
    value, held = said.get(name, ABSENT), case.subject.spec.get(name, ABSENT)
    if name == "assignments" and isinstance(value, dict) and isinstance(held, dict):
        return merged_assignments(case.subject, held, value, said, strictly=strictly)
    if isinstance(value, list) and isinstance(held, list) and not case.kind.ranks:
        return merged_list(held, value)
    return value


# Whether it says what the tenant has


def _settles(case: Case, fields: Fields, waived: Collection[str]) -> bool:
    """Whether a spec that says this departs in nothing any more, and is one at all."""
    desired = _with(case.subject.desired, fields)
    if desired is None:
        return False
    comparison = case.kind.compare(replace(case.subject, desired=desired, world=_world(case.subject, desired)))
    new = [d for d in comparison.diagnostics if d not in case.comparison.diagnostics]
    return not has_errors(new) and not set(comparison.changed) - {MARKER, *waived}


def _world(subject: Subject, desired: Desired) -> World:
    return replace(subject.world, desired={**subject.world.desired, desired.address: desired}, indexes={})


def _with(desired: Desired, fields: Fields) -> Desired | None:
    """The spec with these fields; None where its kind has no such spec."""
    spec = {name: value for name, value in desired.spec.items() if name not in fields}
    spec |= {name: value for name, value in fields.items() if not isinstance(value, Absent)}
    whole = desired.document.value
    assert isinstance(whole, dict), "a spec is a mapping"
    if check_spec({**whole, "spec": spec}):
        return None
    return replace(desired, spec=spec)


def _fewest(case: Case, fields: Fields, waived: Collection[str]) -> Fields:
    """The fields without those that can stay as they are."""
    kept = {n: v for n, v in fields.items() if case.subject.spec.get(n, ABSENT) != v}
    for name in [*kept]:
        without = {other: value for other, value in kept.items() if other != name}
        if _settles(case, without, waived):
            kept = without
    return kept
