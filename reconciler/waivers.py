"""Waivers: departures from a spec, and findings of rules, that are tolerated until a date. Pure.

What a waiver says, whether it can be meant, and how long it still holds. What follows from it is the matter of
`tolerated` (fields) and of `rules.settle` (findings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .diagnostics import Diagnostic, Severity
from .model import ABSENT, Absent, Address, Json, JsonObject
from .spec.load import UNPLANNED, Desired, SpecSet, dangling
from .spec.schema import check_spec

RULES = {
    "WAIVER101": "A waiver has expired.",
    "WAIVER102": "A waiver expires within 30 days.",
    "WAIVER103": "A waiver is for a document that has no object in the tenant.",
    "WAIVER104": "A waiver is for a field, or a value, that its spec cannot have.",
    "WAIVER105": "Two waivers are for the same field or finding.",
    "WAIVER106": "A waiver is for a rule that is not known, or whose findings cannot be waived.",
    "WAIVER107": "A waiver has no effect.",
    "WAIVER108": "What a waiver tolerates cannot be compared with the tenant.",
}
SOON = timedelta(days=30)
"""So long before it expires a waiver warns: time to end the exception, or to agree on a longer one."""
_OF_NO_OBJECT = frozenset({"id", "lifecycle"})
"""Fields of every kind that say how an object is treated, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is tolerated: with `rule` its findings at an address, at a place if there is a `path`; else a field."""

    declared: Desired
    of: Address
    path: str | None
    """JSON Pointer into the spec of `of`."""
    rule: str | None
    value: Json | Absent
    """Of a field, as the spec would write it."""
    owner: str
    reason: str
    expires: date
    """The last day on which it holds, in UTC."""

    @property
    def address(self) -> Address:
        return self.declared.address

    @property
    def parts(self) -> tuple[str, ...]:
        """The path, part by part, as RFC 6901 reads it."""
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in (self.path or "").split("/")[1:])

    def holds(self, today: date) -> bool:
        return today <= self.expires

    def finding(self, severity: Severity, rule: str, message: str, detail: str, member: str = "address") -> Diagnostic:
        """Something to be said of it, at the place of one of its members."""
        return replace(self.declared.problem(rule, message, detail, ("spec", member)), severity=severity)

    def to_json(self) -> JsonObject:
        """What documents say of every waiver."""
        return {
            "waiver": str(self.address),
            "address": str(self.of),
            "path": self.path,
            "rule": self.rule,
            "owner": self.owner,
            "reason": self.reason,
            "expires": self.expires.isoformat(),
        }


def read(specs: SpecSet) -> tuple[Waiver, ...]:
    """The waivers of a spec set, by their addresses."""
    return tuple(_waiver(declared) for _, declared in sorted(specs.waivers.items()))


def _waiver(declared: Desired) -> Waiver:
    said = {name: str(value) for name, value in declared.spec.items()}
    return Waiver(
        declared,
        Address.parse(said["address"]),
        said.get("path"),
        said.get("rule"),
        declared.spec.get("value", ABSENT),
        said["owner"],
        said["reason"],
        date.fromisoformat(said["expires"]),
    )


def of_fields(waivers: Iterable[Waiver]) -> list[Waiver]:
    """Those that tolerate a value."""
    return [waiver for waiver in waivers if waiver.rule is None]


# Whether they can be meant


def check(specs: SpecSet) -> SpecSet:
    """The spec set with what is wrong with its waivers added to its diagnostics, whatever day it is.

    Silent about kinds of which a document is invalid: it may be the very one that is meant.
    """
    waivers = read(specs)
    found = [*specs.diagnostics, *_doubled(waivers)]
    for waiver in waivers:
        found += _without_object(waiver) or _dangling(waiver, specs) or _impossible(waiver, specs)
    return replace(specs, diagnostics=tuple(sorted(found, key=lambda d: d.sort_key)))


def _without_object(waiver: Waiver) -> list[Diagnostic]:
    if waiver.of.kind not in UNPLANNED:
        return []
    message = f"{waiver.of} has no object in the tenant, so there is nothing of it to tolerate"
    return [waiver.finding(Severity.ERROR, "WAIVER103", message, "name the spec whose field or finding is meant")]


def _dangling(waiver: Waiver, specs: SpecSet) -> list[Diagnostic]:
    if waiver.of in specs.desired or not specs.certain(waiver.of.kind):
        return []
    known = [address.name for address in specs.desired if address.kind == waiver.of.kind]
    path = ("spec", "address")
    return [dangling(waiver.declared.document, waiver.address, waiver.of.kind, waiver.of.name, known, path)]


def _impossible(waiver: Waiver, specs: SpecSet) -> list[Diagnostic]:
    """A field that the spec cannot have, or a value that the field cannot have."""
    desired = specs.desired.get(waiver.of)
    if desired is None or waiver.rule is not None:
        return []
    if waiver.parts[0] in _OF_NO_OBJECT:
        message = f"{waiver.path} says nothing of what the live object holds"
        return [waiver.finding(Severity.ERROR, "WAIVER104", message, "name the field that departs", "path")]
    spec = with_value(desired, waiver).spec
    if spec is desired.spec:
        message = f"there is no place {waiver.path} in {waiver.of}"
        return [waiver.finding(Severity.ERROR, "WAIVER104", message, "name a field that the spec has", "path")]
    return [
        waiver.finding(
            Severity.ERROR, "WAIVER104", f"{waiver.of} cannot have this at {place.removeprefix('/spec')}: {why}",
            "write the field and its value as the spec would", "value",
        )
        for place, why in check_spec(_whole(desired, spec))
    ]  # fmt: skip


def _whole(desired: Desired, spec: JsonObject) -> JsonObject:
    document = desired.document.value
    return {**document, "spec": spec} if isinstance(document, dict) else {}


def is_possible(desired: Desired) -> bool:
    """Whether a spec that was made from a declared one has the form of its kind."""
    return not check_spec(_whole(desired, desired.spec))


def _doubled(waivers: Sequence[Waiver]) -> Iterator[Diagnostic]:
    """One field has one exception: of two, nobody could say which holds. A field holds all that is below it."""
    for index, waiver in enumerate(waivers):
        for other in waivers[:index]:
            if (waiver.of, waiver.rule) == (other.of, other.rule) and _overlap(waiver, other):
                what = f"finding of {waiver.rule}" if waiver.rule else "field"
                message = f"{waiver.address} and {other.address} are for the same {what} of {waiver.of}"
                detail = "keep one of them, or name places that do not hold each other"
                yield waiver.finding(Severity.ERROR, "WAIVER105", message, detail, "path" if waiver.path else "rule")


def _overlap(one: Waiver, other: Waiver) -> bool:
    shorter = min(len(one.parts), len(other.parts))
    return one.parts[:shorter] == other.parts[:shorter]


# How long they hold


def aged(waivers: Iterable[Waiver], today: date) -> Iterator[Diagnostic]:
    """Those that have expired, as errors, and those that are about to."""
    for waiver in waivers:
        last = waiver.expires.isoformat()
        if not waiver.holds(today):
            message = f"this waiver expired: its last day was {last}, {_ago((today - waiver.expires).days)}"
            detail = f"bring {waiver.of} in line and remove it; or agree with {waiver.owner} on a later date"
            yield waiver.finding(Severity.ERROR, "WAIVER101", message, detail, "expires")
        elif waiver.expires - today <= SOON:
            message = f"this waiver expires {_ahead((waiver.expires - today).days)}: its last day is {last}"
            detail = (
                f"after that it is an error: bring {waiver.of} in line, or agree with {waiver.owner} on a later date"
            )
            yield waiver.finding(Severity.WARNING, "WAIVER102", message, detail, "expires")


def _ago(days: int) -> str:
    return "yesterday" if days == 1 else f"{days} days ago"


def _ahead(days: int) -> str:
    return "today" if not days else "tomorrow" if days == 1 else f"in {days} days"


# Places in a spec


def value_at(node: Json | Absent, parts: Sequence[str]) -> Json | Absent:
    """What stands there; `ABSENT` where nothing does."""
    for part in parts:
        if isinstance(node, dict):
            node = node.get(part, ABSENT)
        elif isinstance(node, list) and _index(part, node) is not None:
            node = node[int(part)]
        else:
            return ABSENT
    return node


def with_value(desired: Desired, waiver: Waiver) -> Desired:
    """The spec with the tolerated value in place of its own; the very same where there is no such place."""
    value = waiver.value
    return _changed(desired, waiver, lambda _: None if isinstance(value, Absent) else value)


def without(desired: Desired, waiver: Waiver) -> Desired:
    """The spec as if it did not mention the field; the very same where it is no member of a mapping."""
    return _changed(desired, waiver, lambda _: ABSENT)


def _changed(desired: Desired, waiver: Waiver, change: Callable[[Json | Absent], Json | Absent]) -> Desired:
    spec = _edited(desired.spec, waiver.parts, change)
    if not isinstance(spec, dict):
        return desired
    return replace(desired, spec=spec, audience=None if waiver.parts[0] == "assignments" else desired.audience)


def _edited(
    node: Json | Absent, parts: Sequence[str], change: Callable[[Json | Absent], Json | Absent]
) -> Json | Absent:
    """The node with another value, or none, at a place below it; `ABSENT` where it has no such place."""
    if not parts:
        return change(node)
    first, *rest = parts
    if isinstance(node, dict):
        inner = _edited(node.get(first, ABSENT), rest, change)
        if isinstance(inner, Absent):
            return ABSENT if rest else {key: value for key, value in node.items() if key != first}
        return {**node, first: inner}
    index = _index(first, node)
    if index is None or not isinstance(node, list):
        return ABSENT
    inner = _edited(node[index], rest, change)
    return ABSENT if isinstance(inner, Absent) else [*node[:index], inner, *node[index + 1 :]]


def _index(part: str, node: Json | Absent) -> int | None:
    """The index that a part of a path means in a list; None where it has no such entry."""
    if not isinstance(node, list) or not (part.isascii() and part.isdecimal()):
        return None
    if len(part) > len(str(len(node))) or str(int(part)) != part:  # a number of any length may stand in a path
        return None
    return int(part) if int(part) < len(node) else None
