"""Two runs side by side in one event loop, with a scheduler that decides at each request which of them goes on.

Nothing is left to chance: a schedule is a function of what has happened so far, so a run of two is the same each time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from reconciler.engine.apply import Apply
from reconciler.engine.verify import Looker
from reconciler.graph.client import Graph
from reconciler.run import Result
from tests.e2e.harness import CANARY, Rehearsal
from tests.e2e.wire import Arrival, Wire

Choice = Callable[[int, tuple[str, ...]], str]
"""Of the runs that wait for their turn, at this decision: who goes on."""
SPINS = 30
"""Rounds of the loop after which a run that asks for nothing is taken to be waiting or done."""


@dataclass
class Scheduler:
    """Lets one request through at a time."""

    choose: Choice
    decisions: int = 0
    _waiting: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)

    def turn_of(self, name: str) -> Callable[[], Awaitable[None]]:
        """What the wire of a run awaits before each request."""

        async def turn() -> None:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(name, deque()).append(place)
            await place

        return turn

    async def run(self, tasks: dict[str, asyncio.Task[tuple[Result, ...]]]) -> None:
        """Until all tasks are done."""
        while not all(task.done() for task in tasks.values()):
            await self._quiet(tasks)
            ready = tuple(sorted(name for name, queue in self._waiting.items() if queue))
            if ready:
                chosen = self.choose(self.decisions, ready)
                self.decisions += 1
                self._waiting[chosen].popleft().set_result(None)

    async def _quiet(self, tasks: dict[str, asyncio.Task[tuple[Result, ...]]]) -> None:
        """Let everybody go on until each is done or asks for its turn."""
        for _ in range(SPINS):
            await asyncio.sleep(0)
            if all(task.done() or self._waiting.get(name) for name, task in tasks.items()):
                return


def both(rehearsal: Rehearsal, choose: Choice, *, on_write: Callable[[Arrival], None]) -> dict[str, tuple[Result, ...]]:
    """Plan and apply twice, side by side; the results of each. A run that may not apply its plan has none."""

    async def together() -> dict[str, tuple[Result, ...]]:
        scheduler = Scheduler(choose)
        tasks = {name: asyncio.create_task(_one(rehearsal, scheduler, name, on_write)) for name in ("a", "b")}
        await scheduler.run(tasks)
        return {name: task.result() for name, task in tasks.items()}

    return asyncio.run(together())


async def _one(
    rehearsal: Rehearsal, scheduler: Scheduler, name: str, on_write: Callable[[Arrival], None]
) -> tuple[Result, ...]:
    wire = Wire(rehearsal.emulator, CANARY, name=name)
    wire.turn = scheduler.turn_of(name)
    wire.before = lambda arrival: on_write(arrival) if arrival.is_write else None
    graph = wire.graph(clock=rehearsal.time.monotonic, sleep=rehearsal.time.sleep)
    async with graph:
        return await _plan_and_apply(rehearsal, graph)


async def _plan_and_apply(rehearsal: Rehearsal, graph: Graph) -> tuple[Result, ...]:
    planned = await rehearsal._planned(graph)
    if planned.plan.blocked:
        return ()
    return await Apply(graph, planned, looker=Looker(graph, sleep=rehearsal.time.sleep)).run()


def switching(first: str, *after: int) -> Choice:
    """`first` goes on for so many turns, then the other for so many more, and so on; the last to the end."""
    turns = [*after]
    state = {"current": first, "left": turns.pop(0) if turns else -1}

    def choose(_: int, ready: tuple[str, ...]) -> str:
        if state["left"] == 0:
            state["current"] = "b" if state["current"] == "a" else "a"
            state["left"] = turns.pop(0) if turns else -1
        chosen = str(state["current"]) if state["current"] in ready else ready[0]
        if chosen == state["current"]:
            state["left"] = int(state["left"]) - 1
        return chosen

    return choose
