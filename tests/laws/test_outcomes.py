"""What a run says of itself, and what it sends: exit codes by what happened, bodies by two judges."""

from __future__ import annotations

import itertools

from reconciler.model import Address
from reconciler.plan import Action
from reconciler.run import EXIT_CODES, Result, Sent, Status, outcome_of
from tests.e2e.judge import Bodies
from tests.e2e.scenario import PROFILES
from tests.soak.stage import Stage

from . import estate

SENT = {
    "nothing": (),
    "done": (Sent("POST", "/x", 201, "a", None),),
    "refused": (Sent("POST", "/x", 400, "a", None),),
    "lost": (Sent("POST", "/x", None, "a", None),),
}


def test_invariant_48_the_exit_code_follows_from_what_happened() -> None:
    """All results of up to two changes: 0 all done, 5 something may have been done, 4 refused, 1 failed."""
    singles = [
        Result(Address("Kind", "a"), Action.UPDATE, status, None, SENT[sent], None if done else "why", refused)
        for status in Status
        for sent in SENT
        for refused in (False, True)
        if not ((done := status is Status.DONE) and (refused or sent in ("refused", "lost")))
        and not (status is Status.SKIPPED and sent != "nothing")
    ]
    for results in [(), *itertools.product(singles), *itertools.product(singles, singles)]:
        assert EXIT_CODES[outcome_of(results)] == _code(results), results


def _code(results: tuple[Result, ...]) -> int:
    if all(result.status is Status.DONE for result in results):
        return 0
    open_ = {Status.DONE, Status.UNVERIFIED, Status.AWAITING_APPROVAL}
    wrote = any((sent.status or 999) < 300 for result in results for sent in result.requests)
    if wrote or any(result.status in open_ for result in results):
        return 5
    return 4 if any(result.refused for result in results) else 1


def test_invariant_46_every_body_is_judged_by_the_contract_and_by_microsofts_models() -> None:
    """What one whole run sends passes both judges, and each judge refuses what the other might let through.

    All other bodies that any test sends go the same way at the end of a session (tests/conftest.py).
    """
    kept = Bodies()
    with Stage(estate.documents(), estate.seed()) as stage:
        stage.apply(stage.plan())
        kept.keep_log(stage.rehearsal.emulator.log)
    assert len(kept) > 8
    assert kept.verdicts() == []
    path = f"/beta/{PROFILES}/x"
    for wrong in ({"displayNam": "typo"}, {"defaultEnrollmentType": "byMail"}, {"priority": True}):
        spoiled = Bodies()
        spoiled.keep("PATCH", path, {"@odata.type": "#microsoft.graph.appleUserInitiatedEnrollmentProfile", **wrong})
        assert spoiled.verdicts(), wrong
