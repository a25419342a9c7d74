"""`EnrollmentPriority`: the order of enrollment profiles, where the first that fits a person wins.

It has no object of its own: its live state is the priority of every profile. The order is reached with the fewest
`setPriority` calls (`ladder`); only profiles that the spec lists are ever moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping

from ..diagnostics import Diagnostic
from ..facts import Order, Value
from ..identity import markers_of
from ..kind import (
    Comparison,
    Expressed,
    Kind,
    Match,
    Operation,
    Phase,
    Ranking,
    Subject,
    Verb,
    World,
    is_reference,
    reference,
)
from ..ladder.model import LadderError, Rung, Solution, Unlisted
from ..live import Live, quote_id
from ..model import Address, Json, JsonObject
from ..spec.load import Desired
from .enrollment_profile import COLLECTION, ENROLLMENT_PROFILE, numbers

PROFILE = ENROLLMENT_PROFILE.name
TITLE = "ios"
"""What the order of a tenant is named where it is imported."""


def _references(desired: Desired) -> list[Address]:
    order = desired.spec["order"]
    return [Address(PROFILE, str(name)) for name in order] if isinstance(order, list) else []


def rung(live: Live, known: Container[str]) -> Rung | None:
    """Where a live profile stands. `known` are the ids, in lower case, that specs stand for.

    A profile with number 0 that is nobody's and reaches nobody takes no part: it may be a built-in default, which
    nobody may move, and whose 0 means the lowest rank on the sibling resource. If it is none, ignoring it harms
    nobody until it is assigned. Raises `LadderError` where a profile has no number.
    """
    number = live.body.get("priority")
    if not isinstance(number, int) or isinstance(number, bool):
        raise LadderError("Enrollment profile {} has no priority that could be compared.", [live.id])
    stands_aside = number == 0 and not live.assignments and not markers_of(live, "description")
    return None if stands_aside and live.id.casefold() not in known else Rung(live.id, number)


def rungs(subject: Subject) -> list[Rung]:
    """Every profile as it will stand once new ones are created: live ones by id, new ones by reference."""
    world = subject.world
    known = {m.live.id.casefold() for a, m in world.matches.items() if a.kind == PROFILE and m.live}
    live = [found for o in world.objects((COLLECTION,)) if (found := rung(o, known))]
    return [*live, *(Rung(reference(address), number) for address, number in numbers(world).items())]


def _id(address: Address, world: World) -> str | None:
    """The id or reference of a listed profile; None where it was refused or is not declared."""
    match = world.matches.get(address)
    if match is None or match.refused:
        return None
    return match.live.id if match.live else reference(address)


def unlisted(desired: Desired) -> Unlisted:
    """Where profiles that the order does not name rank."""
    value = desired.spec.get("unlisted")
    return value if value in ("last", "first") else "keep"  # type: ignore[return-value]  # the schema knows three words


def _solution(subject: Subject) -> Solution:
    from ..ladder.solve import solve  # at call: `validate` solves nothing

    order = [profile for address in _references(subject.desired) if (profile := _id(address, subject.world))]
    ladder = rungs(subject)
    return solve(
        ladder,
        order,
        unlisted=unlisted(subject.desired),
        crowds=subject.world.crowds,
        created=[rung.id for rung in ladder if is_reference(rung.id)],
    )


def _name(profile: str, world: World) -> str:
    for address, match in world.matches.items():
        if address.kind == PROFILE and profile in (match.live.id if match.live else None, reference(address)):
            return str(
                world.desired[address].spec.get("displayName") or (match.live.display_name if match.live else address)
            )
    return next((o.display_name for o in world.objects((COLLECTION,)) if o.id == profile), profile)


def _distinct_names(solved: Solution, world: World) -> dict[str, str]:
    """The profiles of a ladder by name; those that share one with their ids, or two ladders would look the same."""
    names = {profile: _name(profile, world) for profile in solved.before}
    often = Counter(names.values())
    return {profile: f"{name} ({profile})" if often[name] > 1 else name for profile, name in names.items()}


def compare(subject: Subject) -> Comparison:
    """The whole ladder by name, before and after; unlisted profiles are shown where they stand."""
    missing = [(i, a, why) for i, a in enumerate(_references(subject.desired)) if (why := _why_not(a, subject.world))]
    if missing:
        chosen = subject.world.selected is None or subject.address in subject.world.selected
        problems = [subject.problem("PRIO102", f"{a} {why[0]}", why[1], ("spec", "order", i)) for i, a, why in missing]
        return Comparison({}, {}, tuple(problems if chosen else ()))
    try:
        solved = _solution(subject)
    except LadderError as error:
        return Comparison({}, {}, (_unsolved(subject, error),))
    created = {reference(address) for address in numbers(subject.world)}
    names = _distinct_names(solved, subject.world)
    before: list[Json] = [names[profile] for profile in solved.before if profile not in created]
    after: list[Json] = [names[profile] for profile in solved.after]
    return Comparison({"order": after}, {"order": before}, basis=Ranking(solved, unlisted(subject.desired)))


def _why_not(address: Address, world: World) -> tuple[str, str] | None:
    """Why a listed profile has no place in the order of this plan, and what to do."""
    if _id(address, world) is None:
        return "is listed but cannot be planned", "see the errors about it"
    if not world.matches[address].live and address not in numbers(world):
        return "is listed, is not in the tenant yet, and is not selected", "select it too, or leave the order out"
    return None


def _unsolved(subject: Subject, error: LadderError) -> Diagnostic:
    names = {o.id: o.display_name for o in subject.world.objects((COLLECTION,))}
    names |= {reference(address): str(address) for address in _references(subject.desired)}
    return subject.problem(
        "PRIO101",
        error.told(names),
        "run again after a minute, for lists may lag; if it stays so, put the profiles in order in the portal once",
        ("spec", "order"),
    )


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """One `setPriority` for each move, in order."""
    return [
        Operation(
            Verb.SET_PRIORITY,
            "POST",
            COLLECTION.item_path(move.id if is_reference(move.id) else quote_id(move.id)) + "/setPriority",
            {"priority": move.number},
            Phase.WRITE,
        )
        for move in comparison.basis.solution.moves
    ]


def _reason(subject: Subject, comparison: Comparison) -> str | None:
    if not comparison.basis:
        return None
    calls = len(comparison.basis.solution.moves)
    if not calls:
        return "new profiles rank where they are created; that is verified before they gain people"
    return f"the profiles are not in this order; {calls} setPriority call{'s reach' if calls > 1 else ' reaches'} it"


def ladder(subject: Subject, comparison: Comparison) -> JsonObject | None:
    """The ladder by name: before, after each call, and at the end; with how many people are led astray on the way."""
    if comparison.basis is None:
        return None
    solved: Solution = comparison.basis.solution
    names = _distinct_names(solved, subject.world)
    steps: list[Json] = [
        {"moved": names[move.id], "to": move.number, "ladder": [names[p] for p in move.ladder]} for move in solved.moves
    ]
    return {
        "before": [names[p] for p in solved.before],
        "steps": steps,
        "after": [names[p] for p in solved.after],
        "strays": solved.strays if subject.world.crowds and subject.world.counted else None,
        "fewest": solved.exact,
    }


def _may_need(subject: Subject, comparison: Comparison) -> int:
    """The bound of the ladder, and one call more where numbers have gaps, which the service may close at the first."""
    if not comparison.basis:
        return 0
    numbers_held = sorted(rung.number for rung in rungs(subject))
    gaps = bool(numbers_held) and numbers_held not in (
        [*range(len(numbers_held))],
        [*range(1, len(numbers_held) + 1)],
    )
    may_need: int = comparison.basis.solution.may_need
    return may_need + (gaps and bool(comparison.basis.solution.before))


def arranges(profiles: Mapping[str, Live]) -> Expressed | None:
    """The order of these profiles, the winner first; None where there are none."""
    if not profiles:
        return None
    try:
        numbered = {name: _number(live) for name, live in profiles.items()}
    except LadderError as error:
        return Expressed({}, TITLE, problems={"order": error.told({o.id: o.display_name for o in profiles.values()})})
    twice = [number for number, count in Counter(numbered.values()).items() if count > 1]
    problems = (
        {"order": f"several profiles have the priority {twice[0]}, so which one wins is not known"} if twice else {}
    )
    order: list[Json] = [*sorted(numbered, key=lambda name: numbered[name])]
    return Expressed({"order": order, "unlisted": "keep"}, TITLE, frozenset({"unlisted"}), problems)


def _number(live: Live) -> int:
    found = rung(live, {live.id.casefold()})
    assert found is not None, "a profile that a spec stands for takes part in the order"
    return found.number


def declares(desired: Desired) -> Order:
    """The order as the spec has it."""
    names = [address.name for address in _references(desired)]
    return Order(tuple(Value(name, ("spec", "order", i)) for i, name in enumerate(names)), unlisted(desired))


ENROLLMENT_PRIORITY = Kind(
    name="EnrollmentPriority",
    collections=(COLLECTION,),
    find=lambda desired, world: Match(None, "order"),
    compare=compare,
    write=write,
    references=_references,
    claim=lambda _: "the order of the enrollment profiles",
    users_only=True,
    ranks=frozenset({PROFILE}),
    rung=rung,
    reason=_reason,
    ladder=ladder,
    may_need=_may_need,
    nouns=(Order,),
    declares=declares,
    arranges=arranges,
)
