"""A tenant with its specs on which everything is checked: what `plan` and `apply` do, with trouble on the way.

Used by the soak, the state machine, the crashes and the interleavings. Everything runs in one thread on a virtual
clock (`tests.e2e.wire`), unless a socket is asked for; then edits and crashes in the middle are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from reconciler.decide import Planned
from reconciler.emulator import Fault, LoggedRequest
from reconciler.emulator.resources import AUDIT_EVENTS
from reconciler.graph.errors import GraphError
from reconciler.kind import NO_CONSENT, Consent
from reconciler.model import Address
from reconciler.run import Status
from tests.e2e.harness import Ran, Rehearsal, pending
from tests.e2e.wire import Arrival, Killed

from . import laws
from .ledger import Ledger, place
from .meets import Tenant, differences
from .specs import Document, text_of
from .violation import hold

Edit = Callable[[Ledger], object]


@dataclass(frozen=True)
class Trouble:
    """What happens during one apply. Requests are counted from 1."""

    faults: tuple[Fault, ...] = ()
    edits: Mapping[int, Edit] = field(default_factory=dict)
    """Before the request of that number, an administrator does this."""
    stop_after: int | None = None
    """After so many writes somebody interrupts."""
    kill: tuple[Literal["before", "after"], int] | None = None
    """The process dies before the request of that number, or after it has been carried out."""

    @property
    def weight(self) -> int:
        """How many requests it may cost: what bounds go by."""
        return sum(fault.times for fault in self.faults)


CALM = Trouble()


class Stage:
    """A rehearsal that is judged at every step. A context manager."""

    def __init__(
        self,
        documents: Sequence[Document],
        seed: Any,
        knobs: Mapping[str, Any] | None = None,
        *,
        wired: bool = True,
        make: Callable[..., Rehearsal] = Rehearsal.of,
    ) -> None:
        self.documents = list(documents)
        self.rehearsal = make(text_of(documents), seed=seed, knobs=dict(knobs or {}), wired=wired)
        self.ledger = Ledger(self.rehearsal)
        self.applies = 0

    def __enter__(self) -> Self:
        self.rehearsal.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rehearsal.__exit__(kind, error, trace)

    # -- specs and tenant ---------------------------------------------------------------------------------------------

    def declare(self, documents: Sequence[Document]) -> None:
        """Other specs from now on."""
        self.documents = list(documents)
        self.rehearsal.declare(text_of(documents))

    def differences(self) -> dict[str, list[str]]:
        """What each spec misses in the tenant, by rules of the tests' own (`meets`)."""
        return self._differences(self.ledger.tenant())

    def _differences(self, tenant: Tenant) -> dict[str, list[str]]:
        found = {_address(each): differences(tenant, each) for each in self.documents}
        return {address: wrong for address, wrong in found.items() if wrong}

    def settle(self) -> None:
        """Let readers catch up: minutes pass between runs."""
        self.rehearsal.catch_up()

    # -- runs ---------------------------------------------------------------------------------------------------------

    def plan(self, selected: frozenset[Address] | None = None, consent: Consent = NO_CONSENT) -> Planned:
        """What `plan` decides; it writes nothing."""
        before = len(self._log)
        self.ledger.plans()
        planned = self.rehearsal.plan(selected=selected, consent=consent)
        laws.only_reads(self._log[before:])
        return planned

    def apply(self, planned: Planned, trouble: Trouble = CALM, *, may_end: bool = False) -> Ran | None:
        """Carry out a plan that nothing blocks, and judge it; None where the run was killed."""
        self.applies += 1
        self.ledger.open()
        before = len(self._log)
        known, moved = frozenset(self._ids()), self._moves()
        ran = self._carried_out(planned, trouble, may_end)
        self.rehearsal.emulator.heal()
        log = self._log[before:]
        self._judge(planned, log, known, may_end)
        laws.calls_as_announced(planned.plan, len(self._moves() - moved))
        laws.bounded(planned.plan, log, trouble.weight)
        if ran is not None:
            laws.true_report(planned.plan, ran.results, ran.writes)
            laws.true_exit_code(ran.results, ran.writes)
            _stopped(trouble, ran)
            self._done_is_done(ran)
        return ran

    def _carried_out(self, planned: Planned, trouble: Trouble, may_end: bool) -> Ran | None:
        self._listen(trouble, may_end)
        self.rehearsal.emulator.fail(*trouble.faults)
        start, most = len(self.rehearsal.emulator.writes), trouble.stop_after
        try:
            return self.rehearsal.apply(
                planned, stop=lambda: most is not None and len(self.rehearsal.emulator.writes) - start >= most
            )
        except (Killed, GraphError):  # over a socket a fault may keep it from connecting
            return None
        finally:
            if self.rehearsal.wire:
                self.rehearsal.wire.revive()

    def _listen(self, trouble: Trouble, may_end: bool) -> None:
        wire = self.rehearsal.wire
        if wire is None:
            self.ledger.unwatched()
            return

        def before(arrival: Arrival) -> None:
            if trouble.kill == ("before", arrival.number):
                raise Killed
            if edit := trouble.edits.get(arrival.number):
                edit(self.ledger)
            if arrival.method == "GET":
                self.ledger.lists(arrival.path, more="$skiptoken" in arrival.query)
            if arrival.is_write:
                self.ledger.arrives(arrival.path, self.documents, may_end=may_end)

        def after(arrival: Arrival) -> None:
            if trouble.kill == ("after", arrival.number):
                raise Killed

        wire.revive()
        wire.before, wire.after = before, after

    def _judge(self, planned: Planned, log: Sequence[LoggedRequest], known: frozenset[str], may_end: bool) -> None:
        writes = [request for request in log if request.is_write]
        laws.sent_as_shown(planned.plan, writes, known)
        laws.looked_before(log, known)
        laws.never_empty(planned.plan, writes)
        laws.valid_bodies(writes)
        services = self.rehearsal.emulator.knobs.set_priority
        self.ledger.judge(self.documents, may_end=may_end, order=services.startswith("insert"))

    def _done_is_done(self, ran: Ran) -> None:
        """What the report calls done is as its spec says, unless somebody edited meanwhile."""
        if self.ledger.edits:
            return
        wrong = self._differences(self.ledger.seen())
        for result in ran.results:
            missing = wrong.get(str(result.address))
            hold(result.status is not Status.DONE or not missing, 13, f"{result.address} is done, but {missing}")

    def converged(self, planned: Planned) -> bool:
        """Whether a plan says that nothing is left to do; then the tenant must be as all specs say."""
        if planned.plan.blocked or pending(planned.plan):
            return False
        wrong = self.differences()
        hold(not wrong, 3, f"the plan is empty, but {wrong}")
        return True

    def _ids(self) -> set[str]:
        return {str(o["id"]).lower() for objects in self.ledger.tenant().values() for o in objects}

    def _moves(self) -> set[str]:
        """The audit log's events of `setPriority`: one for each that was carried out, whatever was answered."""
        return {
            str(event["id"])
            for event in self.rehearsal.stored(AUDIT_EVENTS.path)
            if (event["componentName"], event["activityOperationType"]) == ("Enrollment", "Action")
        }

    @property
    def _log(self) -> list[LoggedRequest]:
        return self.rehearsal.emulator.log


def _stopped(trouble: Trouble, ran: Ran) -> None:
    """After an interruption no other write goes out; the one that is under way may be tried again."""
    late = ran.writes[trouble.stop_after :] if trouble.stop_after is not None else ()
    last = ran.writes[: trouble.stop_after][-1:]
    hold(
        all(w.path == last[0].path and w.body == last[0].body for w in late) if last else not late, 39, "sent after it"
    )


def _address(each: Document) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


__all__ = ["CALM", "Edit", "Stage", "Trouble", "place"]
