"""A rehearsal: specs, an embedded Graph behind real HTTP, and the parts that `plan` and `apply` are put together from.

Nothing waits: the clock of the client and that of the service are one, and it moves only when somebody sleeps.
Used by every test that crosses HTTP; made by the `rehearse` fixture, so that all bodies that were sent are judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import TracebackType
from typing import Any, Self

from reconciler.crosscheck import crosscheck
from reconciler.decide import Planned, plan
from reconciler.emulator import Emulator, Knobs, LoggedRequest
from reconciler.engine.apply import Apply
from reconciler.engine.people import has_choice, read_people, with_crowds
from reconciler.engine.refresh import refresh
from reconciler.engine.verify import Looker
from reconciler.graph.auth import Auth
from reconciler.graph.client import Graph
from reconciler.graph.connect import Endpoint, connect
from reconciler.kind import NO_CONSENT, Consent
from reconciler.kinds import REGISTRY
from reconciler.model import JsonObject
from reconciler.plan import Action, Plan, TenantRef
from reconciler.run import Outcome, Result, Status, outcome_of
from reconciler.spec.load import SpecSet, load

from .wire import Wire

OWNER = "contoso"
TENANT = TenantRef("sandbox", "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "emulator")
CANARY = "canary-7b1d5e90c4"
"""The token of every connection: nothing that is printed, logged or stored may hold it."""

_LADDER = "deviceManagement/appleUserInitiatedEnrollmentProfiles"

Files = Mapping[str, str | bytes]


class Time:
    """One clock for client and service. It moves by sleeping, and by a millisecond with each look of the service."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)) -> None:
        self._start = start
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def service(self) -> datetime:
        self.seconds += 0.001
        return self.now()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


def load_specs(files: Files | str) -> SpecSet:
    """The spec set of files by name, or of one text, checked as `validate` does. It must be valid."""
    named = {"specs.yaml": files} if isinstance(files, str) else files
    pairs = [(name, text.encode() if isinstance(text, str) else text) for name, text in named.items()]
    specs = crosscheck(load(pairs), REGISTRY)
    assert specs.valid, "\n".join(f"{d.rule} {d.message} {d.path}" for d in specs.diagnostics)
    return specs


@dataclass(frozen=True)
class Ran:
    """What one apply did. `writes` is the service's own log of it."""

    results: tuple[Result, ...]
    writes: tuple[LoggedRequest, ...]
    events: tuple[tuple[str, str, str], ...] = ()

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.results)

    def statuses(self) -> dict[str, Status]:
        return {str(result.address): result.status for result in self.results}

    def of(self, address: str) -> Result:
        return next(result for result in self.results if str(result.address) == address)


@dataclass
class Rehearsal:
    """A tenant, specs for it, and one clock. A context manager: the service runs inside."""

    specs: SpecSet
    emulator: Emulator
    time: Time
    on_close: Callable[[Sequence[LoggedRequest]], None] = lambda _: None
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wire: Wire | None = None
    """Where there is one, no socket is used."""

    @classmethod
    def of(
        cls,
        specs: Files | str,
        *,
        seed: Any = None,
        knobs: Mapping[str, Any] | None = None,
        wired: bool = False,
        **more: Any,
    ) -> Self:
        time = Time()
        emulator = Emulator(seed=seed, knobs=Knobs(**(knobs or {})), clock=time.service)
        return cls(load_specs(specs), emulator, time, wire=Wire(emulator, CANARY) if wired else None, **more)

    def __enter__(self) -> Self:
        if self.wire is None:
            self.emulator.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.on_close(self.emulator.log)
        self.emulator.stop()

    # -- the tenant ---------------------------------------------------------------------------------------------------

    def declare(self, specs: Files | str) -> None:
        """Other specs from now on."""
        self.specs = load_specs(specs)

    def tenant(self) -> dict[str, Any]:
        """The collections of the tenant as they are stored."""
        return dict(self.emulator.export()["collections"])  # type: ignore[arg-type]

    def stored(self, collection: str) -> list[JsonObject]:
        """The objects of a collection as they are stored, not copied: to look at only."""
        return [entry.body for entry in self.emulator._service.tenant.collection(collection)]

    def lagging(self, collection: str) -> dict[str, JsonObject | None]:
        """What readers still see of objects that were written lately, by id in lower case; None: nothing."""
        shadows = self.emulator._service.tenant.collection(collection)._shadows
        return {key: shadow.previous.body if shadow.previous else None for key, shadow in shadows.items()}

    def catch_up(self) -> None:
        """Let minutes pass: replicas that lag show what was written."""
        for name in ("deviceManagement/deviceConfigurations", _LADDER, "deviceAppManagement/mobileApps"):
            for _ in range(self.emulator.knobs.stale_reads):
                self.emulator._service.tenant.collection(name).read_all()

    def ladder(self) -> list[str]:
        """The names of the profiles, the winner first."""
        profiles: list[Any] = self.emulator.objects(_LADDER)
        return [profile["displayName"] for profile in sorted(profiles, key=lambda p: p["priority"])]

    # -- what the commands do -----------------------------------------------------------------------------------------

    def plan(self, **options: Any) -> Planned:
        """What `plan` decides. `options` are those of `plan.plan`, and `consent`."""
        return self._run(lambda graph: self._planned(graph, **options))

    def apply(
        self,
        planned: Planned | None = None,
        *,
        stop: Callable[[], bool] = lambda: False,
        on_event: Callable[[str, str, str], None] = lambda *_: None,
        justification: str | None = None,
    ) -> Ran:
        """Carry out a plan (made now unless given) which nothing blocks. The options are those of `engine.Apply`."""
        planned = planned or self.plan()
        assert not planned.plan.blocked, told(planned.plan)
        before = len(self.emulator.writes)
        events: list[tuple[str, str, str]] = []

        def note(event: str, address: object, message: str) -> None:
            events.append((event, str(address), message))
            on_event(event, str(address), message)

        async def carry_out(graph: Graph) -> tuple[Result, ...]:
            looker = Looker(graph, sleep=self.time.sleep)
            run = Apply(graph, planned, looker=looker, on_event=note, stop=stop, justification=justification)
            return await run.run()

        results = self._run(carry_out)
        return Ran(results, tuple(self.emulator.writes[before:]), tuple(events))

    async def _planned(self, graph: Graph, *, consent: Consent = NO_CONSENT, **options: Any) -> Planned:
        world = await refresh(
            graph,
            REGISTRY,
            self.specs.desired,
            owner=OWNER,
            tenant=TENANT.name,
            renamed=self.renamed,
            consent=consent,
        )
        settings = {"tenant": TENANT, "now": self.time.now().replace(microsecond=0), **options}
        planned = plan(REGISTRY, self.specs, world, **settings)
        if has_choice(planned):
            census = await read_people(graph, planned)
            planned = plan(REGISTRY, self.specs, with_crowds(planned, census), **settings)
        return planned

    def _run(self, task: Callable[[Graph], Any]) -> Any:
        results: list[Any] = []

        async def connected() -> None:
            """Gives nothing: `asyncio.run` would spend its time on the `repr` of it."""
            async with await self._connect() as graph:
                results.append(await task(graph))

        asyncio.run(connected())
        return results[0]

    async def _connect(self) -> Graph:
        if self.wire is not None:
            return self.wire.graph(clock=self.time.monotonic, sleep=self.time.sleep)
        return await connect(
            Endpoint(self.emulator.url, "global", TENANT.tenant_id),
            Auth.from_workspace({"method": "token"}, {"RECONCILER_ACCESS_TOKEN": CANARY}),
            clock=self.time.monotonic,
            sleep=self.time.sleep,
            jitter=Random(0).random,
            now=lambda: self.time.now().timestamp(),
        )


def told(plan_: Plan) -> str:
    """What a plan says against itself, for the message of a failed assertion."""
    return "\n".join(f"{d.severity} {d.rule}: {d.message}" for d in plan_.diagnostics)


def actions(plan_: Plan) -> dict[str, str]:
    """The action of every address."""
    return {str(change.address): str(change.action) for change in plan_.changes}


def pending(plan_: Plan) -> dict[str, Any]:
    """What a plan would still change, with the fields: empty once the tenant has converged."""
    return {str(c.address): [f.to_json() for f in c.fields] for c in plan_.changes if c.action is not Action.NO_OP}


def requests(plan_: Plan, ids: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    """The requests of a plan in order, with `ids` for the references: what the log has to show."""
    return [
        (step.operation.method, _resolved(step.operation.path, ids), step.operation.body) for _, step in plan_.steps()
    ]


def _resolved(path: str, ids: Mapping[str, str]) -> str:
    for address, live_id in ids.items():
        path = path.replace("{" + address + ".id}", live_id)
    return path


def sent(writes: Sequence[LoggedRequest]) -> list[tuple[str, str]]:
    """Writes as method and path."""
    return [(write.method, write.path) for write in writes]


def with_knobs(rehearsal: Rehearsal, **knobs: Any) -> None:
    """Let the service behave differently from now on."""
    rehearsal.emulator.knobs = replace(rehearsal.emulator.knobs, **knobs)
