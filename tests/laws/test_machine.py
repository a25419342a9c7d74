"""Anybody does anything in any order, and after every step the laws hold; left alone, the tenant converges.

A state machine over `tests.soak`: specs are edited, administrators edit, plans are made, kept, and applied late, things
fail, runs are interrupted and killed. Hypothesis chooses the steps and shrinks what breaks a law.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.decide import Planned
from reconciler.kind import NO_CONSENT, Consent
from tests.soak import admin, laws, specs, tenants, weather
from tests.soak.play import Played, appliable, settled
from tests.soak.stage import CALM, Stage, Trouble

chances = st.randoms(use_true_random=False)


class Workspace(RuleBasedStateMachine):
    """One workspace, one tenant, several hands."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage | None = None
        self.planned: Planned | None = None
        self.consent = NO_CONSENT
        self.trouble = CALM

    @initialize(chance=chances)
    def begin(self, chance: Random) -> None:
        self.stage = Stage(specs.documents(chance), tenants.seed(chance), weather.knobs(chance))
        self.stage.__enter__()

    @property
    def here(self) -> Stage:
        assert self.stage
        return self.stage

    @rule(chance=chances)
    def commit_specs(self, chance: Random) -> None:
        self.here.declare(specs.edited(chance, self.here.documents))
        self.planned = None  # a plan of other specs is refused by their digest

    @rule(chance=chances)
    def administer(self, chance: Random) -> None:
        admin.edit(chance, self.here.ledger)

    @rule(chance=chances)
    def run_into_trouble(self, chance: Random) -> None:
        self.trouble = weather.trouble(chance)

    @rule(prune=st.booleans())
    def plan(self, prune: bool) -> None:
        self.consent = Consent(prune=prune)
        self.planned = appliable(self.here, self.consent)

    @precondition(lambda self: self.planned)
    @rule()
    def apply(self) -> None:
        """At once, or a while after the plan was made."""
        assert self.planned
        planned, trouble, self.planned, self.trouble = self.planned, self.trouble, None, CALM
        self.here.apply(planned, trouble, may_end=self.consent.prune)

    @precondition(lambda self: self.planned)
    @rule(where=st.sampled_from(["before", "after"]), number=st.integers(1, 60))
    def crash(self, where: Any, number: int) -> None:
        assert self.planned
        planned, self.planned = self.planned, None
        self.here.apply(planned, Trouble(kill=(where, number)), may_end=self.consent.prune)

    @rule()
    def wait(self) -> None:
        self.here.settle()

    @invariant()
    def bodies_are_valid(self) -> None:
        if self.stage:
            laws.valid_bodies(self.stage.rehearsal.emulator.writes)

    def teardown(self) -> None:
        if self.stage:
            try:
                assert settled(self.stage, Played(0))
            finally:
                self.stage.__exit__(None, None, None)


Workspace.TestCase.settings = settings(
    deadline=None,
    max_examples=20,
    stateful_step_count=10,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


class TestInvariant03ConvergesFromAnything(Workspace.TestCase):  # type: ignore[name-defined,misc]
    """Invariants 3, 20, 21, 25 and 31: the laws of `tests.soak` after every step, and convergence at the end."""
