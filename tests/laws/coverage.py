"""Whether the coverage that a plan tells is that of the tenant, person by person: no code of the product is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.soak.meets import Tenant

from .chain import PARTS, Has, Person, has, is_account_driven, wins

State = Mapping[str, list[Has]]


def wrong(told: Any, people: Sequence[Person], before: Tenant, after: Tenant) -> Iterator[str]:
    """What is told otherwise than it is, row by row; nothing is asked of what is not known."""
    then, now = ({p.key: _parts(tenant, p) for p in people} for tenant in (before, after))
    for row in told["rows"] if told else ():
        whom = [p for p in people if row["who"] == "users" or row["id"] in p.groups]
        if row["people"] and not _holds(row["people"], len(whom)):
            yield f"{row['name']}: {row['people']}, and they are {len(whom)}"
        for cell in row["cells"]:
            got = [now[p.key][cell["part"]] for p in whom]
            if cell["people"] and not any(_holds(cell["people"], n) for n in _possible(got)):
                yield f"{row['name']} {cell['part']}: {cell['people']} of {got}"
            for side, held in (("before", then), ("after", now)):
                if not _fits(cell[side], [held[p.key][cell["part"]] for p in whom]):
                    yield f"{row['name']} {cell['part']} {side} the plan: {cell[side]}"


def _holds(number: Any, count: int) -> bool:
    return bool(number["atLeast"] <= count and (number["atMost"] is None or count <= number["atMost"]))


def _possible(got: Sequence[Has]) -> range:
    """How many may have it."""
    return range(sum(each is Has.YES for each in got), sum(each is not Has.NO for each in got) + 1)


def decided(told: Any) -> int:
    """How many cells say something."""
    rows: Iterable[Any] = told["rows"] if told else ()
    return sum(cell["after"] not in ("unknown", "empty") for row in rows for cell in row["cells"])


def _parts(tenant: Tenant, person: Person) -> dict[str, Has]:
    profile = wins(tenant, person)
    driven = profile is not None and is_account_driven(profile)
    found = {part: has(tenant, person, part, account_driven=driven) for part in PARTS}
    return {**found, "profile": Has.YES if profile else Has.NO}


def _fits(state: str, held: Sequence[Has]) -> bool:
    """Whether a state can be said of people who have a part, or have not."""
    return {
        "all": all(each is Has.YES for each in held),
        "none": all(each is not Has.YES for each in held),
        "some": any(each is not Has.NO for each in held) and any(each is not Has.YES for each in held),
        "empty": not held,
        "unknown": True,
    }[state]
