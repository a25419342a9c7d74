"""Carries out a plan: part by part in the planned order, each object looked at before and after.

A failure skips only what depends on it. What is sent is what the plan shows; a plan whose object changed in the
meantime is refused for that object, before anything is sent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..decide import Intent, Planned
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..kind import Operation, Phase, Ranking, Verb, World, is_reference, reference
from ..ladder import Move
from ..model import Address
from ..order import Part
from ..plan import Action, Change, Step
from ..run import Result, Sent, Status
from .climb import climb
from .verify import Looker, assignments_in
from .write import Stopped, Writer

CREATES_A_LOOK = 25
"""Creates in a collection after which it is read again for what others may have made: some seconds' worth."""

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
        self._worlds: dict[tuple[str, ...], World] = {}
        self._looks: dict[tuple[str, ...], int] = {}
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
        return self.results()

    def results(self) -> tuple[Result, ...]:
        """What has become of every change so far; what has not ended is skipped."""
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
            if stopped.interrupted and not self._writer.sent.get(address):
                return self._end(state, Status.SKIPPED, stopped.message)
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
        if not steps and state.change.steps:
            return None
        if phase is Phase.GROW and state.change.action is Action.CREATE:
            await self._may_gain(state)
        for step in steps:
            await self._step(state, step.operation, phase)
        assert state.live_id is not None
        if why := await self._looker.achieved(intent, state.live_id, state.phases, phase):
            raise Stopped(f"sent, but {why} when read back", unverified=True)
        return None

    async def _may_gain(self, state: _State) -> None:
        """Before a new object gains people: that it does not catch them out of turn."""
        kind = state.intent.kind
        if any(kind.name in other.intent.kind.ranks for other in self._states.values()):
            return  # its rank has just been verified
        world = await self._looker.reread(state.intent)
        objects = world.objects(kind.collections)
        made = next((live for live in objects if live.id.casefold() == (state.live_id or "").casefold()), None)
        created = {i.casefold() for i in self._writer.ids.values()}
        why = kind.may_gain(made, [o for o in objects if o.id.casefold() not in created]) if made else None
        if why:
            raise Stopped(why)

    async def _step(self, state: _State, operation: Operation, phase: Phase) -> None:
        if self._stop():
            raise Stopped("interrupted before it was its turn", interrupted=True)
        address = state.change.address
        if operation.verb is Verb.CREATE:
            await self._still_missing(state)
            state.live_id = await self._writer.create(address, reference(address), operation, state.intent)
            return
        assert state.live_id is not None
        if operation.verb is Verb.ASSIGN:
            _require(await self._held(state, state.live_id), "its assignments")
        if operation.verb is Verb.UPDATE and phase is not Phase.WRITE:
            await self._still_ours(state, state.live_id, operation)
        await self._writer.write(address, state.live_id, operation, state.intent)

    async def _still_missing(self, state: _State) -> None:
        """Before a create: that nobody else made the object since the plan. Looked at again after some creates."""
        collections = tuple(c.key for c in state.intent.kind.collections)
        uses = self._looks.get(collections, CREATES_A_LOOK)
        if uses >= CREATES_A_LOOK:
            self._worlds[collections] = await self._looker.reread(state.intent)
            uses = 0
        self._looks[collections] = uses + 1
        match = state.intent.kind.find(state.intent.subject.desired, self._worlds[collections])
        if match.live or match.refused:
            what = match.diagnostics[0].message if match.refused else f"{match.live.id if match.live else ''} appeared"
            raise Stopped(f"{what} since the plan was made", refused=True)

    async def _still_ours(self, state: _State, live_id: str, operation: Operation) -> None:
        """Before properties are written late in a run: that they hold what was planned on, or what this run wrote."""
        live, body = state.intent.subject.live, operation.body
        sent = self._writer.last_update.get(state.change.address, {})
        names = [name for name in body if name != "@odata.type"] if isinstance(body, dict) else []
        expected = {name: sent.get(name, live.body.get(name) if live else None) for name in names}
        _require(await self._looker.kept(state.intent, live_id, expected), ", ".join(names))

    async def _held(self, state: _State, live_id: str) -> bool | None:
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
            known=self._stand_for(intent.kind.ranks),
            moves=[self._known(move) for move in ranking.solution.moves],
            bound=len(steps) + state.change.may_need,
        )

    def _stand_for(self, kinds: frozenset[str]) -> set[str]:
        """The ids, in lower case, of all live objects of these kinds that a spec stands for."""
        matches = {a: m for a, m in self._planned.world.matches.items() if a.kind in kinds}
        live = {m.live.id if m.live else self._writer.ids.get(reference(a), "") for a, m in matches.items()}
        return {i.casefold() for i in live if i}

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
            state.status or (Status.UNVERIFIED if self._writer.sent.get(state.change.address) else Status.SKIPPED),
            state.live_id,
            tuple(self._writer.sent.get(state.change.address, ())),
            state.error if state.status else "the run ended before this did",
            state.refused,
        )


def _require(held: bool | None, what: str) -> None:
    """Raises `Stopped` unless something is known to be as it was: writing over it would lose another's edit."""
    if held is None:
        raise Stopped(f"{what} cannot be read before it is replaced")
    if not held:
        raise Stopped(f"{what} changed while the plan was carried out", refused=True)
