"""Random surroundings: how the service behaves where nobody knows how it does (knobs), and what goes wrong (faults)."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from random import Random
from typing import Any

from reconciler.emulator import Fault, Knobs

from . import admin
from .stage import Edit, Trouble

NUMBERS: dict[str, tuple[int, ...]] = {
    "publishing_reads": (1, 4),
    "page_size": (1, 2),
    "stale_reads": (1, 4),
    "quota_writes": (3,),
    "quota_requests": (20,),
}
"""What to try of the knobs that are numbers."""
LEFT_ALONE = {
    "refuse_writes": "no run can end well; tests/e2e/test_knobs.py",
    "granted": "who may do what is not the weather; tests/e2e and tests/emulator",
    "forbidden_status": "goes with granted",
    "visible_scope_tags": "goes with the sign-in",
    "token_requests": "the wire has one token for good; over HTTP in tests/graph",
    "multi_admin_approval": "no run can end well without a second person",
    "approval_missing": "goes with multi_admin_approval",
    "approval_answer": "goes with multi_admin_approval",
    "approval_records": "goes with multi_admin_approval",
    "audit_log": "read for messages only",
    "audit_correlation": "no run reads the log; tests/reporting",
    "audit_objects": "no run reads the log; tests/reporting",
    "filter_held": "no filter of a scenario is in use when it goes; tests/e2e and tests/emulator",
}
"""Knobs that stay as they are, and why."""
HOPELESS = {"set_priority": ("duplicate",), "assign_exclusion_and_include": ("one-lost",)}
"""Settings under which a run may have no good end: equal ranks, a target that gets lost. Drawn now and then."""
KINDS = (
    "status",
    "status",
    "status-after-commit",
    "drop-before",
    "drop-after-commit",
    "truncate",
    "html",
    "empty",
    "null",
)
STATUSES = (400, 401, 403, 404, 409, 423, 429, 429, 500, 502, 503, 504, 509)
UNKNOWN = (408, 500, 502, 503, 504)
"""What a gateway may answer after the service behind it has done what was asked. Other statuses say that it has not."""
PATHS = (
    None,
    "/device(App)?Management/",
    "deviceConfigurations",
    "appleUserInitiated",
    "mobileApps",
    "assign",
    "^/v1.0/",
)


def values(name: str, kind: Any) -> Iterator[Any]:
    """What a knob may be set to."""
    if name in NUMBERS:
        yield from NUMBERS[name]
    elif kind is bool:
        yield from (False, True)
    else:
        for option in typing.get_args(kind):
            yield from typing.get_args(option) if typing.get_origin(option) is typing.Literal else [option]


def settings() -> dict[str, list[Any]]:
    """Every knob that takes part, with every value but its default. A new knob takes part by itself."""
    hints = typing.get_type_hints(Knobs)
    return {
        knob.name: [
            value
            for value in values(knob.name, hints[knob.name])
            if value is not None and value is not type(None) and value != knob.default
        ]
        for knob in dataclasses.fields(Knobs)
        if knob.name not in LEFT_ALONE
    }


SETTINGS = settings()


def knobs(rng: Random) -> dict[str, Any]:
    """A random mix; often none at all."""
    share = rng.choice([0.0, 0.05, 0.15, 0.4])
    chosen = {name: rng.choice(options) for name, options in SETTINGS.items() if rng.random() < share}
    for name, hopeless in HOPELESS.items():
        if chosen.get(name) in hopeless and rng.random() < 0.8:
            del chosen[name]
    return chosen


def fault(rng: Random) -> Fault:
    kind = rng.choice(KINDS)
    return Fault(
        kind=kind,
        method=rng.choice(["GET", "POST", "PATCH", "DELETE", None, None]),
        path=rng.choice(PATHS),
        after=rng.randint(0, 20),
        times=rng.choice([1, 1, 1, 2, 4, 7]),
        status=rng.choice(UNKNOWN if kind == "status-after-commit" else STATUSES),
    )


def trouble(rng: Random, *, wired: bool = True) -> Trouble:
    """What happens during one apply: nothing, or several things at once."""
    faults = tuple(fault(rng) for _ in range(rng.choice([0, 0, 1, 2, 3])))
    edits: dict[int, Edit] = {}
    if wired and rng.random() < 0.35:
        edits = {rng.randint(1, 40): _edit(rng.getrandbits(32)) for _ in range(rng.choice([1, 1, 2, 4]))}
    stop = rng.randint(0, 12) if rng.random() < 0.15 else None
    where = rng.choice(["before", "after"])
    kill = (where, rng.randint(1, 50)) if wired and rng.random() < 0.2 else None
    return Trouble(faults, edits, stop, kill)  # type: ignore[arg-type]


def _edit(seed: int) -> Edit:
    return lambda ledger: admin.edit(Random(seed), ledger)
