"""The events of a period of the audit log: those of runs as numbers, all others one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from ..attributed import Attributed, Verdict, window, written
from ..audited import moment
from ..model import Json, JsonObject
from .model import Period

_OF_RUNS = frozenset({"request", "window"})


def period(found: Period, records: Sequence[JsonObject], *, named: bool) -> JsonObject:
    """The document of it. `silent` are runs that wrote in this time and of which the log has no event."""
    counts = Counter(each.verdict for each in found.events)
    beside = [each for each in found.events if each.verdict not in _OF_RUNS]
    return {
        "since": moment(found.since),
        "until": moment(found.until),
        "complete": found.why is None,
        "why": found.why,
        "fresh": found.fresh,
        "summary": {verdict: counts[verdict] for verdict in get_args(Verdict)},
        "byRun": [*_by_run(found.events)],
        "beside": [{**each.event.to_json(named=named), "match": each.verdict, "run": each.run} for each in beside],
        "silent": _silent(found, records) if found.why is None else [],
    }


def _by_run(events: Sequence[Attributed]) -> list[Json]:
    counts = Counter(each.run for each in events if each.verdict in _OF_RUNS)
    return [{"record": run, "events": count} for run, count in sorted(counts.items(), key=lambda pair: str(pair[0]))]


def _silent(found: Period, records: Sequence[JsonObject]) -> list[Json]:
    heard = {each.run for each in found.events if each.verdict in _OF_RUNS}
    wrote = (window(each) for each in records if written(each))
    return [
        each.digest
        for each in wrote
        if found.since <= each.begins and each.ends <= found.until and each.digest not in heard
    ]
