"""Administrators at work while a run is: what they lose, and what they do not."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from reconciler.run import Status
from tests.e2e.scenario import CONFIGURATIONS, PROFILES
from tests.soak import admin
from tests.soak.ledger import means, unmanaged
from tests.soak.stage import Stage, Trouble

from . import estate


@pytest.mark.parametrize("edit", ["rewrite", "reassign", "retune", "rename"])
def test_invariant_35_an_edit_at_any_point_costs_nobody_anything_but_in_the_documented_race(edit: str) -> None:
    """Somebody edits an object that the run writes to, before request k. The ledger holds every byte against the run.

    What is lost is lost in the race only: between the last look at the object and the very next write to it.
    """
    collection = {"retune": CONFIGURATIONS, "reassign": CONFIGURATIONS, "rename": PROFILES}.get(edit, PROFILES)
    for number in range(1, 62, 3):
        with Stage(estate.documents(), estate.seed()) as stage:
            planned = stage.plan()

            def act(ledger: Any, number: int = number) -> None:
                body = ledger.tenant()[collection][0]
                admin.EDITS[edit][0](Random(number), ledger, collection, body)

            ran = stage.apply(planned, Trouble(edits={number: act}))
            assert ran
            for result in ran.results:
                assert result.status is Status.DONE or result.error


def test_an_edit_of_what_a_spec_does_not_mention_survives_a_run() -> None:
    with Stage(estate.documents(), estate.seed()) as stage:
        planned = stage.plan()
        policy: Any = stage.rehearsal.stored(CONFIGURATIONS)[0]
        [spec] = means(CONFIGURATIONS, policy, stage.documents)
        admin.EDITS["retune"][0](Random(1), stage.ledger, CONFIGURATIONS, policy)
        edited = unmanaged(CONFIGURATIONS, stage.rehearsal.stored(CONFIGURATIONS)[0], spec)
        ran = stage.apply(planned)
        assert ran
        assert ran.of("JitSsoPolicy/sso").refused
        stage.apply(stage.plan())
        assert unmanaged(CONFIGURATIONS, stage.rehearsal.stored(CONFIGURATIONS)[0], spec) == edited
