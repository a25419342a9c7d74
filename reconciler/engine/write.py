"""Carries out single operations: what is sent for each verb, and what is done when the outcome is not known.

An unknown outcome is never answered by sending blindly again: the live state is looked at first. A create is repeated
only when a look over the whole window shows no object that it could have made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..graph.client import Graph
from ..graph.errors import ApprovalRequired, GraphError, Interrupted, NotFound, OutcomeUnknown, Refused
from ..graph.exchange import Answer, Exchange
from ..intent import Intent
from ..kind import Match, Operation, Verb
from ..live import quote_id
from ..marker import Marker, parse
from ..model import ABSENT, Absent, Address, Json, JsonObject
from ..named import filled
from ..run import Sent
from .approvals import Approvals, Permit
from .verify import Looker, home

RESENDS = 2
"""How often a write is sent again after an outcome that is not known."""

PUT_OFF = frozenset({401, 429, 509})
"""Statuses of what is sent again by itself, after a pause or with a new token, because surely nothing has happened."""

HELD = frozenset({400, 409, 423})
"""Statuses of a delete that is refused because something is assigned with the object: which one is not documented."""
_ELSEWHERE = (
    "What this tool does not read may be assigned with it, such as policies of other kinds: take it out of their "
    "targets in the portal, then run again"
)


class Stopped(Exception):  # noqa: N818 - it says what happened, like the errors of `graph`
    """A change cannot go on. `refused`: nothing was sent because something had changed since the plan.

    `awaits`: somebody else has to approve it first; `approval` is the id of the request for that, where it is known.
    """

    def __init__(
        self,
        message: str,
        *,
        refused: bool = False,
        unverified: bool = False,
        interrupted: bool = False,
        awaits: bool = False,
        approval: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.refused = refused
        self.unverified = unverified
        self.interrupted = interrupted
        self.awaits = awaits
        self.approval = approval


@dataclass(slots=True)
class Writer:
    """Sends the operations of one run. `ids` maps references to ids as they become known."""

    graph: Graph
    looker: Looker
    ids: dict[str, str] = field(default_factory=dict)
    sent: dict[Address, list[Sent]] = field(default_factory=dict)
    on_sent: Callable[[Address, Sent], None] = lambda *_: None
    stop: Callable[[], bool] = lambda: False
    """Asked before each request: once it is true, nothing more is sent."""
    last_assign: dict[Address, Json | Absent] = field(default_factory=dict)
    """The `/assign` body that was sent last for an address."""
    last_update: dict[Address, JsonObject] = field(default_factory=dict)
    """The properties that were sent last for an address."""
    approvals: Approvals | None = None
    """Who may approve what; None where nobody was asked."""

    def resolved(self, value: str) -> str:
        """A path with its references replaced by ids."""
        for reference, live_id in self.ids.items():
            value = value.replace(reference, quote_id(live_id))
        return value

    async def send(self, address: Address, operation: Operation, *, further: bool = False) -> Answer:
        """One request, recorded whatever becomes of it.

        Raises `GraphError`, or `Stopped` after an interruption and where somebody else has to approve it first.
        """
        if self.stop():
            raise Stopped("interrupted before it was its turn", interrupted=True)
        path = self.resolved(operation.path)
        create = operation.verb in (Verb.CREATE, Verb.ADD_ASSIGNMENT)
        permit = await self._permit(operation, path)
        try:
            answer = await self.graph.send(
                operation.method,
                path,
                operation.body,
                create=create,
                justification=permit.justification,
                approval=permit.approval,
            )
        except GraphError as error:
            if error.exchange:
                self._record(address, error.exchange, further)
            if isinstance(error, ApprovalRequired):
                raise _asked(error) from error
            if isinstance(error, Interrupted):
                raise Stopped(error.message, interrupted=True) from error
            if isinstance(error, OutcomeUnknown) and self.approvals is not None:
                self.approvals.forget()
            raise
        self._record(address, answer.exchange, further)
        return answer

    async def _permit(self, operation: Operation, path: str) -> Permit:
        """How a write may go out. Raises `Stopped` where it may not, or not yet."""
        if self.approvals is None:
            return Permit()
        permit = await self.approvals.permit(operation.method, path, operation.body)
        if permit.waits:
            raise Stopped(
                f"approval request {permit.waits} waits for another administrator", awaits=True, approval=permit.waits
            )
        if permit.refusal:
            raise Stopped(permit.refusal)
        if permit.approval:
            self.approvals.forget()
        return permit

    def untouched(self, address: Address) -> bool:
        """Whether nothing that was sent for an address was carried out: the service only ever put it off."""
        return all(sent.status in PUT_OFF for sent in self.sent.get(address, ()))

    def may_go_on(self) -> None:
        """Before a request is sent again. Raises `Stopped` after an interruption: whether it took effect stays open."""
        if self.stop():
            raise Stopped("interrupted, and it is not known whether the last request took effect", unverified=True)

    def _record(self, address: Address, exchange: Exchange, further: bool) -> None:
        sent = Sent(
            exchange.method,
            exchange.path,
            exchange.status,
            exchange.client_request_id,
            exchange.request_id,
            further,
        )
        self.sent.setdefault(address, []).append(sent)
        self.on_sent(address, sent)

    async def create(self, address: Address, reference: str, operation: Operation, intent: Intent) -> str:
        """Create the object and give its id; after an unknown outcome, adopt what the request may have made."""
        operation = replace(operation, body=filled(operation.body, self.ids))
        if isinstance(operation.body, dict):
            self.last_update[address] = operation.body
        for _ in range(1 + RESENDS):
            try:
                answer = await self.send(address, operation)
            except OutcomeUnknown:
                if live_id := await self._made(intent, operation):
                    return self._known(reference, live_id)
                self.may_go_on()
                continue
            return self._known(reference, _id_in(answer.body) or await self._made(intent, operation))
        raise Stopped("the create was sent, but no answer came and no object can be found", unverified=True)

    async def _made(self, intent: Intent, operation: Operation) -> str | None:
        """What a create of unknown outcome made; None where a complete look shows that it made nothing.

        Raises `Stopped` where nothing can be read, or where several objects could be it: neither says "nothing".
        """
        match = Match()

        async def look() -> bool:
            nonlocal match
            match = await self.looker.standing(intent)
            return match.live is not None or match.refused

        seen = await self.looker.sight(look)
        if seen is None:
            raise Stopped("the create was sent, and whether it made an object cannot be read", unverified=True)
        if match.refused:
            raise Stopped(f"the create was sent; then {match.diagnostics[0].message}", unverified=True)
        if match.live and _markers(operation.body, intent) != _markers(match.live.body, intent):
            message = f"the create was sent; then {match.live.id} appeared, which does not carry its marker"
            raise Stopped(message, unverified=True)
        return match.live.id if match.live else None

    def _known(self, reference: str, live_id: str | None) -> str:
        if live_id is None:
            raise Stopped("the service did not say which object it created", unverified=True)
        self.ids[reference] = live_id
        return live_id

    async def write(self, address: Address, live_id: str, operation: Operation, intent: Intent) -> None:
        """Any write but a create. Raises `GraphError` where it was refused, `Stopped` where it stays unknown."""
        operation = replace(operation, body=filled(operation.body, self.ids))
        if operation.await_published and not await self.looker.published(live_id, home(intent)):
            raise Stopped("the app did not become published, and Intune assigns no app before that")
        if operation.verb is Verb.ASSIGN:
            self.last_assign[address] = operation.body
        elif operation.verb is Verb.UPDATE and isinstance(operation.body, dict):
            self.last_update[address] = {**self.last_update.get(address, {}), **operation.body}
        for _ in range(1 + RESENDS):
            try:
                await self._send_until_free(address, operation, intent)
            except NotFound:
                if operation.verb in (Verb.REMOVE_ASSIGNMENT, Verb.DELETE):
                    return
                raise
            except OutcomeUnknown:
                shown = await self.looker.shows(intent, live_id, operation)
                if shown:
                    return
                if shown is None:
                    raise Stopped("the write was sent, and its effect cannot be read", unverified=True) from None
                self.may_go_on()
                continue
            return
        raise Stopped("the write was sent, but no answer came and its effect cannot be seen", unverified=True)

    async def _send_until_free(self, address: Address, operation: Operation, intent: Intent) -> None:
        """As `send`; a refused delete of what others are assigned with is tried again within the window of the looker.

        For a while after the last assignment with a filter has gone the service may refuse it as in use.
        """
        held = operation.verb is Verb.DELETE and intent.kind.named is not None
        for pause in (*self.looker.window, None):
            try:
                await self.send(address, operation)
                return
            except Refused as error:
                if not held or error.status not in HELD:
                    raise
                if pause is None or not await self._paused(pause):
                    raise Stopped(f"{error.message}. {_ELSEWHERE}") from error

    async def _paused(self, seconds: float) -> bool:
        """Whether a pause came to its end."""
        try:
            await self.looker.sleep(seconds)
        except Interrupted:
            return False
        return True


def _asked(error: ApprovalRequired) -> Stopped:
    """The end of a change whose write somebody else has to approve; without a justification nothing was asked yet."""
    message = f"{error.message}. {error.hint}" if error.hint else error.message
    if error.missing_justification:
        return Stopped(message, refused=True)
    return Stopped(message, awaits=True, approval=error.approval_id)


def _markers(body: Json | Absent, intent: Intent) -> tuple[Marker, ...]:
    """The markers in a body: by them a run knows what it has made itself."""
    text = body.get(intent.kind.marker_field or "") if isinstance(body, dict) else None
    return parse(text if isinstance(text, str) else None)[1]


def _id_in(body: Json | Absent) -> str | None:
    if body is ABSENT or not isinstance(body, dict):
        return None
    live_id = body.get("id")
    return live_id if isinstance(live_id, str) and live_id else None
