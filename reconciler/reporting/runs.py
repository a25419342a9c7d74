"""The last runs as their records have them, and where their chain breaks."""

from __future__ import annotations

from collections.abc import Sequence

from ..evidence import chain
from ..model import Json, JsonObject

SHOWN = 50
"""So many runs are listed, the newest first; how many there are is said."""
_KEPT = ("startedAt", "finishedAt", "outcome", "summary", "commit", "changeRef", "runUrl")


def runs(records: Sequence[JsonObject], *, named: bool) -> list[JsonObject]:
    """The newest first. People are not named unless that is asked for."""
    known = {str(each["digest"]) for each in records}
    return [_run(each, known, named=named) for each in [*reversed(records)][:SHOWN]]


def _run(record: JsonObject, known: set[str], *, named: bool) -> JsonObject:
    shown: JsonObject = {
        "record": record["digest"],
        **{name: record.get(name) for name in _KEPT},
        "previous": {"digest": chain.previous(record), "state": chain.state(record, known)},
    }
    return {**shown, "actor": record["actor"]} if named else shown


def breaks(records: Sequence[JsonObject]) -> list[Json]:
    """Where a run is missing, or two follow the same one."""
    return [{"record": b.record, "why": b.why, "names": b.names} for b in chain.breaks(records)]
