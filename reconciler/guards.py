"""Limits of one run, in absolute numbers: a plan in, diagnostics out.

Planning always shows everything; what a guard finds blocks apply. `expected` are the numbers that the person who runs
apply has named: exactly that many are then allowed, and a different number is refused too. A number that is not known
is beyond every limit; `unknown` may be named for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .assigned import Turn, turn, unchanged
from .decide import Planned
from .diagnostics import Diagnostic, Severity
from .kind import Kind
from .model import Address
from .plan import Action, assignment_counts
from .workspace import Freeze, Limits

SETTINGS = {
    "deletes": "limits.deletes",
    "adoptions": "limits.adoptions",
    "assignmentRemovals": "limits.assignmentRemovals",
    "affectedPeople": "limits.affectedPeople",
    "unassignedProfiles": "limits.unassignedProfiles",
    "lastProfile": "limits.lastProfile",
}
_WORDS = {
    "deletes": ("deletes {n} object", "deletes {n} objects"),
    "adoptions": (
        "takes over {n} live object that reconciler did not make",
        "takes over {n} live objects that reconciler did not make",
    ),
    "assignmentRemovals": ("removes {n} assignment", "removes {n} assignments"),
    "affectedPeople": ("affects {n} person", "affects {n} people"),
    "unassignedProfiles": (
        "leaves {n} {what} without any assignment",
        "leaves {n} {what}s without any assignment",
    ),
    "lastProfile": (
        "takes the last assigned {what} away, so that nobody has one any more",
        "takes the last assigned object of {n} kinds away, so that nobody has one any more",
    ),
}
RULES = {
    "GUARD101": "The plan goes beyond a limit of the workspace.",
    "GUARD102": "The plan does not have the number that `--expect` named.",
    "GUARD103": "The tenant is frozen.",
}
UNKNOWN = "unknown"
MAY_BE_UNKNOWN = frozenset({"affectedPeople"})
"""The limits whose number may not be known: `--expect NAME=unknown` allows that."""
_SHOWN = 5
"""So many addresses, or reasons, are named; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a limit counts. `number` is None where it is not known, for the reasons `unread`."""

    number: int | None
    addresses: tuple[Address, ...] = ()
    """Those that it comes from, the ones that matter most first."""
    what: str = ""
    """What people call such an object."""
    unread: tuple[str, ...] = ()


_NOT_COUNTED = Count(None, unread=("nobody counted them",))


def counts(planned: Planned) -> dict[str, Count]:
    """What the limits count, by the name of the limit; people only where they were counted (`Plan.affected`)."""
    plan = planned.plan
    deleted = [c.address for c in plan.pending if c.action is Action.DELETE]
    adopted = [c.address for c in plan.pending if c.adopts]
    removals = {c.address: assignment_counts([c])[1] for c in plan.pending}
    found = {
        "deletes": Count(len(deleted), tuple(deleted)),
        "adoptions": Count(len(adopted), tuple(adopted)),
        "assignmentRemovals": Count(sum(removals.values()), _most_first(removals)),
    }
    if plan.affected:
        of = plan.affected
        found["affectedPeople"] = Count(of.count, _most_first(of.by_address), unread=of.unread)
    return found | _without_assignment(planned)


def check(planned: Planned, limits: Limits, expected: Mapping[str, int | None]) -> list[Diagnostic]:
    """What apply refuses because of its size. `expected`: None is a number that is not known."""
    allowed = {
        "deletes": limits.deletes,
        "adoptions": limits.adoptions,
        "assignmentRemovals": limits.assignment_removals,
        "affectedPeople": limits.affected_people,
        "unassignedProfiles": limits.unassigned_profiles,
        "lastProfile": limits.last_profile,
    }
    found: list[Diagnostic] = []
    asked = limits.affected_people is not None or "affectedPeople" in expected
    missing = {"affectedPeople": _NOT_COUNTED} if asked and planned.plan.pending and not planned.plan.affected else {}
    for name, count in {**counts(planned), **missing}.items():
        limit = allowed[name]
        if name in expected:
            if count.number != expected[name]:
                found.append(_unexpected(name, count, expected[name]))
        elif limit is not None and (count.number is None or count.number > limit):
            found.append(_beyond(name, count, limit))
    return found


def _most_first(numbers: Mapping[Address, int | None]) -> tuple[Address, ...]:
    """Addresses by their numbers; what is not known may be the most."""
    ordered = sorted(numbers.items(), key=lambda pair: (pair[1] is not None, -(pair[1] or 0)))
    return tuple(address for address, number in ordered if number != 0)


# Objects without which nobody enrolls


def _without_assignment(planned: Planned) -> dict[str, Count]:
    """Essential objects that lose their last assignment, and kinds of which no object keeps any."""
    bared: list[Address] = []
    last: list[Address] = []
    ended: list[str] = []
    kinds = [kind for kind in planned.kinds.values() if kind.essential]
    for kind in kinds:
        turns = _turns(kind, planned)
        losing = [address for address, each in turns.items() if _is_assigned(each) == (True, False)]
        bared += losing
        if losing and not any(_is_assigned(each)[1] for each in (*turns.values(), *_unchanged(kind, planned))):
            ended.append(kind.name)
            last += losing
    what = ", ".join(sorted({str(kind.essential) for kind in kinds}))
    return {
        "unassignedProfiles": Count(len(bared), tuple(bared), what),
        "lastProfile": Count(len(ended), tuple(last), what),
    }


def _turns(kind: Kind, planned: Planned) -> dict[Address, Turn]:
    """What becomes of the objects of a kind; the end of a replaced object is no change of its own."""
    changes = [c for c in planned.plan.pending if c.address.kind == kind.name and not c.replaces]
    return {change.address: turn(change, planned) for change in changes}


def _unchanged(kind: Kind, planned: Planned) -> list[Turn]:
    """The live objects of a kind that the plan leaves alone, whosever they are."""
    changed = {change.live_id for change in planned.plan.pending}
    return [unchanged(live) for live in planned.world.objects(kind.collections) if live.id not in changed]


def _is_assigned(one: Turn) -> tuple[bool, bool]:
    """Whether an object is assigned to anybody, before and after; what kinds are essential have no intents."""
    before, after = one.targets()
    return any(not target.exclude for target in before), any(not target.exclude for target in after)


# Words


def _told(name: str, count: Count) -> str:
    """What the plan does, in words, with its number."""
    if count.number is None:
        return "affects a number of people that is not known"
    one, several = _WORDS[name]
    return (one if count.number == 1 else several).format(n=count.number, what=count.what)


def _beyond(name: str, count: Count, limit: int) -> Diagnostic:
    number = UNKNOWN if count.number is None else count.number
    mend = "see to what could not be read; " if count.number is None else ""
    raised = "raise" if count.number is not None else "lift"
    return Diagnostic(
        Severity.ERROR,
        "GUARD101",
        f"the plan {_told(name, count)}, the limit is {limit}{_where(count)}",
        f"{mend}if that is meant, run with --expect {name}={number}, or {raised} {SETTINGS[name]} in reconciler.yaml",
    )


def _unexpected(name: str, count: Count, expected: int | None) -> Diagnostic:
    given = UNKNOWN if expected is None else expected
    message = f"the plan {_told(name, count)}, but --expect {name}={given} was given{_where(count)}"
    return Diagnostic(Severity.ERROR, "GUARD102", message, "look at the plan again")


def _where(count: Count) -> str:
    """Where the number comes from, or why there is none: the first few."""
    named = count.unread if count.number is None else tuple(map(str, count.addresses))
    if not named:
        return ""
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f": {('; ' if count.number is None else ', ').join(named[:_SHOWN])}{more}"


def check_freeze(freeze: Freeze | None, now: datetime) -> list[Diagnostic]:
    """Whether the tenant is frozen at this instant."""
    if freeze is None or now >= freeze.until:
        return []
    why = f": {freeze.reason}" if freeze.reason else ""
    message = f"the tenant is frozen until {freeze.until.isoformat()}{why}"
    return [Diagnostic(Severity.ERROR, "GUARD103", message, "apply after that, or change `freeze` in reconciler.yaml")]
