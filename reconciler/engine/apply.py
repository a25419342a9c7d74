"""Carries out a plan: part by part in the planned order, each object looked at before and after.

A failure skips only what depends on it. What is sent is what the plan shows; a plan whose object changed in the
meantime is refused for that object, before anything is sent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..graph.client import Graph
from ..graph.errors import GraphError
from ..kind import Operation, Phase, Ranking, Verb, is_reference, reference
from ..ladder import Move
from ..model import Address
from ..order import Part
from ..plan import Change, Intent, Planned, Step
from ..run import Result, Sent, Status
from .climb import climb
from .verify import Looker, assignments_in
from .write import Stopped, Writer

Event = Literal["started", "sent", "ended"]
OnEvent = Callable[[Event, Address, str], None]


@dataclass(slots=True)
class _State:
    """One address on its way."""

    change: Change
    intent: Intent
    phases: tuple[Phase, ...]
    live_id: str | None
    status: Status | None = None
    error: str | None = None
    refused: bool = False
    looked: bool = False
    done: set[Phase] = field(default_factory=set)


class Apply:
    """One run over one plan. Use once."""

    def __init__(
        self,
        graph: Graph,
        planned: Planned,
        *,
        looker: Looker | None = None,
        on_event: OnEvent = lambda *_: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stop` is asked before each write: once it is true, nothing more is sent."""
        self._planned = planned
        self._on_event = on_event
        self._stop = stop
        self._looker = looker or Looker(graph)
        self._writer = Writer(graph, self._looker, on_sent=self._sent, stop=stop)
        phases: dict[Address, list[Phase]] = {}
        for address, phase in planned.schedule.parts:
            phases.setdefault(address, []).append(phase)
        self._states = {
            c.address: _State(c, planned.intents[c.address], tuple(sorted(phases[c.address])), c.live_id)
            for c in planned.plan.pending
        }

    def _sent(self, address: Address, sent: Sent) -> None:
        self._on_event("sent", address, f"{sent.method} {sent.path} {sent.status}")

    async def run(self) -> tuple[Result, ...]:
        """Carry out every part. Raises nothing of `GraphError`: what failed is in the results."""
        for part in self._planned.schedule.parts:
            state = self._states[part[0]]
            if state.status is None:
                await self._part(part, state)
        return tuple(self._result(state) for state in self._states.values())

    async def _part(self, part: Part, state: _State) -> None:
        address, phase = part
        if self._stop():
            return self._end(state, Status.SKIPPED, "interrupted before it was its turn")
        if blocker := self._blocker(part):
            return self._end(state, Status.SKIPPED, f"{blocker} was not done")
        steps = [step for step in state.change.steps if step.operation.phase is phase]
        if not state.looked:
            self._on_event("started", address, str(state.change.action))
        try:
            await self._carry_out(state, phase, steps)
        except Stopped as stopped:
            state.refused = stopped.refused
            return self._end(state, Status.UNVERIFIED if stopped.unverified else Status.FAILED, stopped.message)
        except GraphError as error:
            return self._end(state, Status.FAILED, error.message)
        state.done.add(phase)
        if phase is state.phases[-1]:
            self._end(state, Status.DONE, None)
        return None

    def _blocker(self, part: Part) -> Address | None:
        """An address that this part needs and that did not get there."""
        for address, phase in sorted(self._planned.schedule.needs[part]):
            if phase not in self._states[address].done:
                return address
        return None

    async def _carry_out(self, state: _State, phase: Phase, steps: Sequence[Step]) -> None:
        intent = state.intent
        if intent.kind.ranks:
            return await self._climb(state, steps)
        if not state.looked:
            state.looked = True
            if why := await self._looker.unchanged(intent):
                raise Stopped(why, refused=True)
        if not steps:
            return None
        for step in steps:
            await self._step(state, step.operation)
        assert state.live_id is not None
        if why := await self._looker.achieved(intent, state.live_id, state.phases, phase):
            raise Stopped(f"sent, but {why} when read back", unverified=True)
        return None

    async def _step(self, state: _State, operation: Operation) -> None:
        if self._stop():
            raise Stopped("interrupted")
        address = state.change.address
        if operation.verb is Verb.CREATE:
            state.live_id = await self._writer.create(address, reference(address), operation, state.intent)
            return
        assert state.live_id is not None
        if operation.verb is Verb.ASSIGN and not await self._held(state, state.live_id):
            raise Stopped("its assignments changed while the plan was carried out", refused=True)
        await self._writer.write(address, state.live_id, operation, state.intent)

    async def _held(self, state: _State, live_id: str) -> bool:
        """Whether the assignments are still those that the planned set was made from: `/assign` replaces them all."""
        sent = self._writer.last_assign.get(state.change.address)
        live = state.intent.subject.live
        if sent is None and (live is None or Phase.WRITE not in state.done):
            return True  # new, or looked at a moment ago
        before = assignments_in(sent) if sent is not None else live.assignments if live else ()
        return await self._looker.held(state.intent, live_id, before)

    async def _climb(self, state: _State, steps: Sequence[Step]) -> None:
        intent = state.intent
        ranking: Ranking = intent.comparison.basis
        await climb(
            self._writer,
            self._looker,
            state.change.address,
            kind=intent.kind,
            order=[self._id_of(a) for a in intent.kind.references(intent.subject.desired)],
            unlisted=ranking.unlisted,
            expected=[i for i in ranking.solution.before if not is_reference(i)],
            created=set(self._writer.ids.values()),
            moves=[self._known(move) for move in ranking.solution.moves],
            bound=len(steps) + state.change.may_need,
        )

    def _known(self, move: Move) -> Move:
        """A planned move with ids for references, in lower case as readings of the ladder have them."""
        ids = self._writer.ids
        ladder = tuple(ids.get(profile, profile).casefold() for profile in move.ladder)
        return Move(ids.get(move.id, move.id).casefold(), move.number, ladder)

    def _id_of(self, address: Address) -> str:
        match = self._planned.world.matches[address]
        return match.live.id if match.live else self._writer.ids[reference(address)]

    def _end(self, state: _State, status: Status, error: str | None) -> None:
        if status is Status.SKIPPED and state.done & set(state.phases) and self._writer.sent.get(state.change.address):
            status, error = Status.FAILED, f"begun, then stopped: {error}"
        state.status, state.error = status, error
        self._on_event("ended", state.change.address, str(status) if error is None else f"{status}: {error}")

    def _result(self, state: _State) -> Result:
        return Result(
            state.change.address,
            state.change.action,
            state.status or Status.SKIPPED,
            state.live_id,
            tuple(self._writer.sent.get(state.change.address, ())),
            state.error,
            state.refused,
        )
