"""Checks between specs, offline: references that lead nowhere, specs that stand for the same thing.

Silent about kinds of which a document is invalid: it may be the very one that is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .assignments import wanted_targets
from .diagnostics import Diagnostic, Severity
from .kind import Kind
from .marker import ASIDE
from .model import Address, Json
from .spec.load import Desired, SpecSet, dangling, near

RULES = {
    "SPEC101": "Two specs have the same kind and name.",
    "SPEC102": "A spec names another one that is not declared.",
    "SPEC103": "Two specs stand for the same thing in the tenant.",
    "SPEC104": "A spec is not in the order that other specs of its kind are put in.",
    "SPEC106": "A group is both included and excluded.",
    "SPEC107": "A name is kept for objects that were replaced.",
}


def crosscheck(specs: SpecSet, kinds: Mapping[str, Kind]) -> SpecSet:
    """The spec set with what is found between its documents added to its diagnostics."""
    found = [*specs.diagnostics, *_found(specs, kinds)]
    return replace(specs, diagnostics=tuple(sorted(found, key=lambda d: d.sort_key)))


def _found(specs: SpecSet, kinds: Mapping[str, Kind]) -> Iterator[Diagnostic]:
    for address, desired in specs.desired.items():
        kind = kinds[address.kind]
        yield from kind.check(desired)
        yield from _both_sides(desired)
        yield from _reserved(desired, kind)
        yield from _dangling(desired, kind, specs)
    yield from _claimed_twice(specs, kinds)
    yield from _out_of_order(specs, kinds)


def _reserved(desired: Desired, kind: Kind) -> Iterator[Diagnostic]:
    if (kind.immutable or kind.shared) and desired.address.name.endswith(ASIDE):
        message = f"names that end in {ASIDE} are kept for objects that another one has taken the place of"
        yield desired.problem("SPEC107", message, "choose another name", ("metadata", "name"))


def _dangling(desired: Desired, kind: Kind, specs: SpecSet) -> Iterator[Diagnostic]:
    for index, address in enumerate(kind.references(desired)):
        if address not in specs.desired and specs.certain(address.kind):
            known = _names(specs, address)
            path = ("spec", "order", index)
            yield dangling(desired.document, desired.address, address.kind, address.name, known, path)


def _names(specs: SpecSet, like: Address) -> list[str]:
    """The names of all specs of one kind."""
    return [a.name for a in specs.desired if a.kind == like.kind]


def _both_sides(desired: Desired) -> Iterator[Diagnostic]:
    """A group that is included and excluded: Graph keeps one of the two, and does not say which.

    Not so with different intents, as in "everybody but these, and off the devices of these".
    """
    targets, intent = wanted_targets(desired.spec.get("assignments")), desired.spec.get("intent", "required")
    included: dict[str, set[Json]] = {}
    for target in targets:
        if target.who == "group" and not target.exclude:
            included.setdefault(target.group, set()).add(target.intent or intent)
    for target in targets:
        intents = included.get(target.group, set()) if target.exclude else set()
        if intents and (target.intent is None or target.intent in intents):
            message = f"the group {target.group!r} is both included and excluded"
            yield desired.problem("SPEC106", message, "remove it from one side", ("spec", "assignments"))


def _claimed_twice(specs: SpecSet, kinds: Mapping[str, Kind]) -> Iterator[Diagnostic]:
    first: dict[tuple[str, str], Address] = {}
    for address, desired in sorted(specs.desired.items()):
        claim = kinds[address.kind].claim(desired)
        taken = first.setdefault((address.kind, claim), address)
        if taken != address:
            place = specs.desired[taken].document.position(("metadata", "name"))
            message = f"{address} and {taken} both stand for {claim}"
            detail = (
                f"the other is in {place.file}, line {place.line}: merge them, or let them stand for different things"
            )
            yield desired.problem("SPEC103", message, detail, ("metadata", "name"))


def _out_of_order(specs: SpecSet, kinds: Mapping[str, Kind]) -> Iterator[Diagnostic]:
    """Specs that an order leaves out; not those that a misspelt entry may mean, of which `SPEC102` tells."""
    for address, desired in specs.desired.items():
        kind = kinds[address.kind]
        if not kind.ranks or not specs.certain(address.kind):
            continue
        listed = set(kind.references(desired))
        listed |= {
            Address(a.kind, name) for a in listed - specs.desired.keys() for name in near(a.name, _names(specs, a))
        }
        for other in (d for d in _of(specs.desired, kind.ranks) if d.address not in listed):
            yield other.document.diagnostic(
                Severity.WARNING,
                "SPEC104",
                f"{address} does not name {other.address}, so it ranks among the unlisted profiles",
                detail=f"add {other.address.name} to its order",
                path=("metadata", "name"),
                address=other.address,
            )


def _of(desired: Mapping[Address, Desired], kinds: Iterable[str]) -> list[Desired]:
    wanted = set(kinds)
    return [d for a, d in sorted(desired.items()) if a.kind in wanted]
