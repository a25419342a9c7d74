"""The order of runs, from the digest of the record before it that each record names; and where that breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from ..model import JsonObject

State = Literal["none", "included", "missing"]
"""Of the record before one: it names none, it is here, or it is not."""


class Break(NamedTuple):
    """A place where the chain is not whole: a run is missing, or two follow the same one."""

    record: str
    """The digest of the record at which it shows."""
    why: Literal["missing", "began-anew", "forked"]
    names: str | None
    """The digest of the record before it, as it says."""


def previous(record: JsonObject) -> str | None:
    """The digest of the record before this one."""
    named = record.get("previousRecord")
    return named if isinstance(named, str) else None


def in_order(records: Iterable[JsonObject]) -> list[JsonObject]:
    """The records, each after the one that it names; else by the instant at which they began."""
    known = {str(each["digest"]): each for each in sorted(records, key=_begun)}
    following: dict[str | None, list[JsonObject]] = {}
    for each in known.values():
        named = previous(each)
        following.setdefault(named if named in known else None, []).append(each)
    ordered: list[JsonObject] = []
    waiting = [*reversed(following.get(None, []))]
    while waiting:
        ordered.append(waiting.pop())
        waiting += reversed(following.get(str(ordered[-1]["digest"]), []))
    return ordered


def _begun(record: JsonObject) -> tuple[str, str]:
    return str(record["startedAt"]), str(record["digest"])


def state(record: JsonObject, known: Iterable[str]) -> State:
    """Whether the record before this one is among the digests."""
    named = previous(record)
    return "none" if named is None else "included" if named in known else "missing"


def breaks(ordered: Sequence[JsonObject]) -> list[Break]:
    """Where records in their order do not follow each other. What was before the first is no break."""
    digests = {str(each["digest"]) for each in ordered}
    found: list[Break] = []
    followed: set[str] = set()
    for index, each in enumerate(ordered):
        named, digest = previous(each), str(each["digest"])
        if named in followed:
            found.append(Break(digest, "forked", named))
        elif index and named not in digests:
            found.append(Break(digest, "missing" if named else "began-anew", named))
        if named:
            followed.add(named)
    return found


def between(given: Iterable[JsonObject], at_hand: Mapping[str, JsonObject]) -> list[JsonObject]:
    """The records that lead from one given record back to another, and the one before the oldest; where at hand."""
    wanted = {str(each["digest"]) for each in given}
    found: dict[str, JsonObject] = {}
    for each in given:
        path: list[JsonObject] = []
        earlier = at_hand.get(previous(each) or "")
        while earlier is not None and str(earlier["digest"]) not in {*wanted, *found}:
            path.append(earlier)
            earlier = at_hand.get(previous(earlier) or "")
        kept = path if earlier is not None else path[:1]
        found |= {str(one["digest"]): one for one in kept}
    return in_order(found.values())
