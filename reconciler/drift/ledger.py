"""What run records say of the addresses that they have: what was applied last, as far as they know it.

Pure: records, whole and unchanged, in; one entry an address out. The newest record that has an address counts. A run
that wrote it and did not see what became of it leaves it unknown, whatever older records say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..attributed import Window, window
from ..kind import Kind
from ..live import Live
from ..model import ABSENT, Address, JsonObject
from .model import Applied, Origin


@dataclass(frozen=True, slots=True)
class Entry:
    """What records say of one address."""

    as_specified: Origin | None = None
    """A run found it as the specs of its commit said; newer than `applied`."""
    applied: Applied | None = None
    unseen: bool = False
    """A run wrote it and did not see what became of it, so nothing is known of it."""
    seen_again: bool = False
    """A run found it as specified, newer than `applied`, and what specified is not known."""


@dataclass(slots=True)
class Ledger:
    """Entries by address, filled by `add` with the newest record first."""

    kinds: Mapping[str, Kind]
    wanted: frozenset[Address]
    """The addresses that are asked about."""
    newest: Origin | None = None
    """The newest record."""
    commit: Origin | None = None
    """The same, where it names a commit that its specs were the same as."""
    ids: dict[Address, str] = field(default_factory=dict)
    """The id, in lower case, under which a run last knew the object of an address."""
    windows: list[Window] = field(default_factory=list)
    """What each run could have caused: an audit log has that too."""
    listed: frozenset[str] = frozenset()
    """The addresses that the newest record has in any way."""
    _entries: dict[Address, Entry] = field(default_factory=dict)
    _closed: set[Address] = field(default_factory=set)

    @property
    def settled(self) -> bool:
        """Whether older records can add nothing."""
        return self._closed >= self.wanted

    def entry(self, address: Address) -> Entry:
        return self._entries.get(address, Entry())

    def add(self, record: JsonObject) -> None:
        """One more record, older than all before."""
        origin = _origin(record)
        exact = _is_exact(record)
        results: Any = record["results"]
        if self.newest is None:
            unchanged: Any = record.get("unchanged", ())
            self.newest, self.commit = origin, origin if exact else None
            self.listed = frozenset({*unchanged, *(result["address"] for result in results)})
        self.windows.append(window(record))
        by_address = {Address.parse(result["address"]): result for result in results}
        for address, result in by_address.items():
            if result.get("liveId"):
                self.ids.setdefault(address, str(result["liveId"]).casefold())
        as_specified = _as_specified(record)
        for address in self.wanted - self._closed:
            if str(address) in as_specified:
                entry = self.entry(address)
                known = replace(entry, as_specified=entry.as_specified or origin) if exact else entry
                self._entries[address] = replace(known, seen_again=True)
            elif address in by_address:
                self._result(address, by_address[address], origin, record)

    def _result(self, address: Address, result: Any, origin: Origin, record: JsonObject) -> None:
        after, entry = result.get("after", ABSENT), self.entry(address)
        if after is ABSENT and record["finishedAt"] is not None and not result["requests"]:
            return  # it was never written: what older records say still holds
        self._closed.add(address)
        if after is ABSENT or not _is_settled(result):
            self._entries[address] = replace(entry, unseen=True)
        elif applied := _applied(self.kinds.get(address.kind), after, origin):
            exact = result["status"] == "done" and _is_exact(record) and "goesBackTo" not in record
            self._entries[address] = replace(entry, applied=replace(applied, exact=exact, superseded=entry.seen_again))


def _is_exact(record: JsonObject) -> bool:
    """Whether the specs of the run were those of the commit that it names."""
    return record.get("commit") is not None and record.get("dirty") is False


def _is_settled(result: Any) -> bool:
    """Whether what was read afterwards is what the run left: no request of it is still on its way, or may be."""
    if result["status"] in ("unverified", "awaiting-approval"):
        return False
    answers = [each["status"] for each in result["requests"]]
    return result["status"] == "done" or all(answer is not None and answer < 500 for answer in answers)


def _as_specified(record: Any) -> set[str]:
    """The addresses that the run found as the specs say: from the start, or at their turn, so that nothing was sent.

    Of a run that went back to an earlier state there are none: it did not look at the specs.
    """
    if "goesBackTo" in record:
        return set()
    nothing_sent = (each for each in record["results"] if each["status"] == "done" and not each["requests"])
    return {*record.get("unchanged", ()), *(each["address"] for each in nothing_sent if "after" not in each)}


def _origin(record: Any) -> Origin:
    commit = record.get("commit")
    at = record.get("finishedAt") or record.get("startedAt")
    return Origin("record", at, commit if isinstance(commit, str) else None, str(record["digest"]))


def _applied(kind: Kind | None, after: Any, origin: Origin) -> Applied | None:
    """What the run left; None where this version does not know it."""
    if kind is None:
        return None
    if after is None:
        return Applied(origin)
    if "ladder" in after:
        return Applied(origin, ladder=tuple((r["id"], r["displayName"], r["priority"]) for r in after["ladder"]))
    collection = next((c for c in kind.collections if c.key == after["collection"]), None)
    if collection is None:
        return None
    return Applied(origin, Live(after["id"], collection, after["body"], tuple(after["assignments"])))


def of(kinds: Mapping[str, Kind], wanted: Iterable[Address], records: Iterable[JsonObject]) -> Ledger:
    """The ledger of some addresses. `records` are those of one tenant and owner, the newest first; no more of them
    are taken than it needs.
    """
    ledger = Ledger(kinds, frozenset(wanted))
    found = iter(records)
    while not ledger.settled and (record := next(found, None)):
        ledger.add(record)
    return ledger
