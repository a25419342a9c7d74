"""Carries out a plan: part by part in the planned order, each object looked at before and after.

A failure skips only what depends on it. What is sent is what the plan shows; a plan whose object changed in the
meantime is refused for that object, before anything is sent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from ..decide import Planned
from ..graph.client import Graph
from ..graph.errors import GraphError, Throttled
from ..identity import markers_of
from ..intent import Intent
from ..kind import Operation, Phase, Ranking, Verb, World, is_reference, reference
from ..ladder.model import Move
from ..marker import parse
from ..model import ABSENT, Absent, Address, Json
from ..named import assignments_in, mentioned, settled
from ..order import Part
from ..plan import Action, Change, Step
from ..run import Result, Sent, Status
from .approvals import Approvals
from .climb import climb
from .verify import Looker
from .witness import before, written
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
    approval: str | None = None
    waits: bool = False
    """For an approval, its own or that of what it needs."""
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
        justification: str | None = None,
    ) -> None:
        """`stop` is asked before each write: once it is true, nothing more is sent.

        `justification` is what another administrator reads where Multi Admin Approval is on.
        """
        self._planned = planned
        self._on_event = on_event
        self._stop = stop
        self._looker = looker or Looker(graph)
        self._writer = Writer(
            graph, self._looker, on_sent=self._sent, stop=stop, approvals=Approvals(graph, justification)
        )
        self._worlds: dict[tuple[str, ...], World] = {}
        self._looks: dict[tuple[str, ...], int] = {}
        phases: dict[Address, list[Phase]] = {}
        for address, phase in planned.schedule.parts:
            phases.setdefault(address, []).append(phase)
        self._states = {
            c.address: _State(c, planned.intents[c.address], tuple(sorted(phases[c.address])), c.live_id)
            for c in planned.plan.pending
        }
        self._before = {
            a: before(s.intent, self._stand_for(s.intent.kind.ranks) if s.intent.kind.ranks else ())
            for a, s in self._states.items()
        }

    def _sent(self, address: Address, sent: Sent) -> None:
        state = self._states[address]
        seen = self._looker.witness.after(state.intent, state.live_id)
        if isinstance(seen, dict) and len(self._writer.sent[address]) == 1 and not state.intent.kind.ranks:
            self._before[address] = seen  # looked at a moment ago, and by itself: lists leave something out
        self._looker.witness.wrote(address.kind, state.live_id)
        self._on_event("sent", address, f"{sent.method} {sent.path} {sent.status}")

    async def run(self) -> tuple[Result, ...]:
        """Carry out every part. Raises nothing of `GraphError`: what failed is in the results."""
        for part in self._planned.schedule.parts:
            state = self._states[part[0]]
            if state.status is None:
                await self._part(part, state)
        await self._look_again()
        return self.results()

    def results(self) -> tuple[Result, ...]:
        """What has become of every change so far; what has not ended is skipped."""
        return tuple(self._result(state) for state in self._states.values())

    async def _look_again(self) -> None:
        """At objects that were written and whose last look failed or was not taken: the record says how they are."""
        for state in self._states.values():
            seen = self._looker.witness.after(state.intent, state.live_id)
            if seen is ABSENT and state.live_id and self._writer.sent.get(state.change.address):
                with suppress(GraphError):
                    await self._looker.current(state.intent, state.live_id)

    async def _part(self, part: Part, state: _State) -> None:
        address, phase = part
        if self._stop():
            return self._end(state, Status.SKIPPED, "interrupted before it was its turn")
        if blocker := self._blocker(part):
            state.waits = self._states[blocker].waits
            why = "waits for approval" if state.waits else "was not done"
            return self._end(state, Status.SKIPPED, f"{blocker} {why}")
        steps = [step for step in state.change.steps if step.operation.phase is phase]
        if not state.looked:
            self._on_event("started", address, str(state.change.action))
        try:
            await self._carry_out(state, phase, steps)
        except Stopped as stopped:
            state.refused = stopped.refused
            if stopped.awaits:
                state.approval, state.waits = stopped.approval, True
                return self._end(state, Status.AWAITING_APPROVAL, stopped.message)
            if stopped.interrupted and self._writer.untouched(address):
                return self._end(state, Status.SKIPPED, stopped.message)
            return self._end(state, Status.UNVERIFIED if stopped.unverified else Status.FAILED, stopped.message)
        except GraphError as error:
            held_back = (isinstance(error, Throttled) or self._stop()) and not self._writer.sent.get(address)
            return self._end(state, Status.SKIPPED if held_back else Status.FAILED, error.message)
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
            if mentioned(step.operation for step in state.change.steps) - {state.change.address}:
                intent = state.intent = settled(intent, self._writer.ids)
            why = await self._looker.unchanged(intent)
            if why and state.change.action is Action.DELETE and await self._gone(state):
                return None  # somebody else deleted it: as wanted
            if why:
                raise Stopped(why, refused=True)
        if not steps and state.change.steps:
            return None
        if state.done:
            await self._still_marked(state)
        if phase is Phase.GROW and state.change.action is Action.CREATE:
            await self._may_gain(state)
        for step in steps:
            await self._step(state, step.operation, phase)
        if why := await self._not_there_yet(state, phase):
            raise Stopped(f"sent, but {why} when read back", unverified=True)
        return None

    async def _not_there_yet(self, state: _State, phase: Phase) -> str | None:
        """What is not as wanted after a part, or None."""
        assert state.live_id is not None
        change = state.change
        if change.replaces and phase is not state.phases[-1]:  # the new object is looked for by what it is called now
            sent = self._writer.last_update.get(change.address, {})
            written = {name: value for name, value in sent.items() if name != "@odata.type"}
            kept = await self._looker.kept(state.intent, state.live_id, written)
            return None if kept else f"/{', /'.join(written)} not as sent"
        if change.action is not Action.DELETE:
            return await self._looker.achieved(state.intent, state.live_id, state.phases, phase)
        return None if await self._looker.until(lambda: self._gone(state)) else "it is still there"

    async def _gone(self, state: _State) -> bool:
        assert state.live_id is not None
        return await self._looker.current(state.intent, state.live_id) is None

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
            await self._still_ours(state, state.live_id, operation.body)
        if operation.verb is Verb.DELETE and Phase.WRITE in state.done:
            await self._still_ours(state, state.live_id, self._writer.last_update.get(address, {}))
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

    async def _still_ours(self, state: _State, live_id: str, body: Json | Absent) -> None:
        """Before properties are written late in a run: that they hold what was planned on, or what this run wrote.

        And that the assignments are those that this run sent: a marker is not dropped before what it stands for is.
        """
        address, live = state.change.address, state.intent.subject.live
        sent = self._writer.last_update.get(address, {})
        names = [name for name in body if name != "@odata.type"] if isinstance(body, dict) else []
        expected = {name: sent.get(name, live.body.get(name) if live else None) for name in names}
        _require(await self._looker.kept(state.intent, live_id, expected), ", ".join(names))
        if (assigned := self._writer.last_assign.get(address)) is not None:
            held = await self._looker.held(state.intent, live_id, assignments_in(assigned))
            _require(held, "its assignments")

    async def _still_marked(self, state: _State) -> None:
        """Before a later part: that the object is still ours. Somebody may have let go of it in the meantime."""
        field, live, live_id = state.intent.kind.marker_field, state.intent.subject.live, state.live_id
        if field is None or live_id is None:
            return
        text = self._writer.last_update.get(state.change.address, {}).get(field, live.body.get(field) if live else None)
        known = parse(text if isinstance(text, str) else None)[1]
        ours = {marker for marker in known if marker.owner in state.intent.subject.world.owners}

        async def look() -> bool:
            now = await self._looker.current(state.intent, live_id)
            return now is not None and ours <= {*markers_of(now, field)}

        if ours and not await look():  # a reading that fails says itself why; one that lags is repeated
            _require(await self._looker.sight(look), "its marker")

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
            status = Status.AWAITING_APPROVAL if state.waits else Status.FAILED
            error = f"begun, then stopped: {error}"
        state.status, state.error = status, error
        self._on_event("ended", state.change.address, str(status) if error is None else f"{status}: {error}")

    def _result(self, state: _State) -> Result:
        address, intent = state.change.address, state.intent
        sent = tuple(self._writer.sent.get(address, ()))
        return Result(
            address,
            state.change.action,
            state.status or (Status.UNVERIFIED if sent else Status.SKIPPED),
            state.live_id,
            sent,
            state.error if state.status else "the run ended before this did",
            state.refused,
            self._before[address],
            self._looker.witness.after(intent, state.live_id) if sent else ABSENT,
            written(state.change),
            state.approval,
        )


def _require(held: bool | None, what: str) -> None:
    """Raises `Stopped` unless something is known to be as it was: writing over it would lose another's edit."""
    if held is None:
        raise Stopped(f"{what} cannot be read before it is replaced")
    if not held:
        raise Stopped(f"{what} changed while the plan was carried out", refused=True)
