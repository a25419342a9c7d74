"""The service without sockets: a parsed request in, an answer out. One lock around all of it.

Order: authorization, quota, faults are the server's; then the address picks an operation. Refusals become Graph's
error JSON here, for HTTP and for parts of a `$batch` alike.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

from reconciler.model import JsonObject

from . import access, approvals, assigning, audit, batch, directory, reports, singles, writing
from .access import Tokens, administrator, caller_of, in_portal
from .clock import Clock, graph_date, stable_guid
from .context import Context, ContractViolationError
from .contract.schema import contract
from .errors import GraphError, bad_request, error_body, no_segment, not_found
from .exchange import Reply, Request, json_reply
from .faults import Fault, FaultScript
from .knobs import Knobs
from .log import LoggedRequest, RequestLog
from .membership import Membership
from .priorities import DEFAULT_PROFILE
from .quota import Quota, throttled
from .reading import found, read_assignment, read_assignments, read_cast, read_children, read_item, read_list
from .resources import APPS, BY_PATH, COMPLIANCE, HISTORY, PROFILES, Resource
from .tenant import Entry, Tenant

DEFAULT_PROFILE_BODY: JsonObject = {
    "description": "The enrollment type of everyone whom no other profile reaches.",
    "priority": 0,
    "platform": "iOS",
    "defaultEnrollmentType": "device",
    "availableEnrollmentTypeOptions": [{"ownerType": "personal", "enrollmentType": "device"}],
}


class Service:
    """Everything behind the socket. `answer` may be called from several threads."""

    def __init__(self, tenant: Tenant, knobs: Knobs, clock: Clock, *, check: bool) -> None:
        self.lock = threading.RLock()
        self.tenant = tenant
        self.knobs = knobs
        self.log = RequestLog()
        self.faults = FaultScript()
        self.violations: list[str] = []
        self._clock = clock
        self._check = check
        self._quota = Quota()
        self._tokens = Tokens()
        self._membership = Membership(tenant)
        self._served = 0

    # -- one request ------------------------------------------------------------------------------------------------

    def answer(self, request: Request, base: str, fault: Fault | None = None) -> Reply:
        """The answer to a request, in its final form. `base`: scheme, host and port as the client addressed them."""
        with self.lock:
            self._served += 1
            context = self._context(base)
            number = self.log.open(self._record(request, context))
            request_id = stable_guid(self.tenant.id, "request", str(self._served))
            own_id = request.headers.get("client-request-id", request_id)
            try:
                reply = self._decide(request, context, fault)
            except GraphError as error:
                reply = self._refusal(error, request, context, request_id, own_id)
            except ContractViolationError as violation:
                self.violations.append(f"{request.method} {request.path}: {violation}")
                told = GraphError(500, "EmulatorContractViolation", str(violation))
                reply = self._refusal(told, request, context, request_id, own_id)
            self.log.close(number, reply.status)
            ids = {"request-id": request_id, "client-request-id": own_id}
            return replace(reply, headers={**ids, **reply.headers})

    def settle(self) -> None:
        """Puts in place what the knobs say a tenant is born with."""
        held = self.tenant.collection(PROFILES.path)
        if self.knobs.default_profile_object and held.get(DEFAULT_PROFILE) is None:
            self.tenant.put(PROFILES.path, {"id": DEFAULT_PROFILE, "displayName": "Default", **DEFAULT_PROFILE_BODY})

    def _context(self, base: str) -> Context:
        return Context(self.tenant, self.knobs, contract(), self._clock(), base, self._check, self._membership)

    def _record(self, request: Request, context: Context) -> LoggedRequest:
        shown = {name: value for name, value in request.headers.items() if name != "authorization"}
        at = context.now.timestamp()
        return LoggedRequest(0, request.method, request.path, request.query, request.body, 0, at, request.inner, shown)

    def _decide(self, request: Request, context: Context, fault: Fault | None) -> Reply:
        if fault is not None and request.inner and not fault.kind.startswith("status"):
            raise GraphError(500, "InternalServerError", "An error has occurred.")
        if fault is not None and fault.kind == "expire":
            self._tokens.expire(request)
        elif fault is not None and not fault.commits:
            return self._faulty(fault, context)
        self._tokens.judge(request, self.tenant.id, self.knobs)
        if request.unreadable is not None:
            raise request.unreadable
        reply = self._operate(request, context)
        return self._faulty(fault, context) if fault is not None and fault.kind == "status-after-commit" else reply

    def _faulty(self, fault: Fault, context: Context) -> Reply:
        """The answer that a fault scripts; a status without a body of its own looks like Graph's."""
        scripted = fault.scripted()
        if scripted is not None or not fault.kind.startswith("status"):
            return scripted or Reply(0)
        if fault.status == 429 and not fault.headers:
            raise throttled(context, 10)
        raise GraphError(fault.status, "ServiceUnavailable", "The service is temporarily unavailable.", fault.headers)

    def _refusal(self, error: GraphError, request: Request, context: Context, request_id: str, own_id: str) -> Reply:
        body = error_body(
            error,
            nesting=self.knobs.error_nesting,
            intune=request.segments[:1] in (("deviceManagement",), ("deviceAppManagement",)),
            date=graph_date(context.now, 0).rstrip("Z"),
            request_id=request_id,
            client_request_id=own_id,
        )
        return json_reply(error.status, body, error.headers)

    def _part(self, base: str, part: Request) -> Reply:
        return self.answer(part, base, self.faults.take(part.method, part.path, inner=True))

    # -- operations ---------------------------------------------------------------------------------------------------

    def _operate(self, request: Request, context: Context) -> Reply:
        if request.version not in ("beta", "v1.0"):
            raise bad_request("Invalid version.")
        if request.segments == ("$batch",) and request.method == "POST" and not request.inner:
            return batch.answer(request, partial(self._part, context.base), shuffled=self.knobs.batch_shuffled)
        resource, rest = _resource(request)
        self._quota.spend(context, resource.bucket, request.method)
        access.permitted(resource, request.method, self.knobs, relation=rest[1] if rest[1:] else None)
        if request.method == "GET":
            return self._get(request, context, resource, rest)
        if self.knobs.refuse_writes:
            raise GraphError(500, "WritesRefused", "The emulator was told to refuse every write.")
        if self.knobs.if_match != "ignored" and "if-match" in request.headers:
            raise GraphError(int(self.knobs.if_match), "PreconditionFailed", "If-Match is not met.")
        return self._approved_write(request, context, resource, rest)

    def _approved_write(self, request: Request, context: Context, resource: Resource, rest: tuple[str, ...]) -> Reply:
        """A write with what surrounds it: approval before, the audit log after."""
        caller = caller_of(request, self.tenant.id)
        approval = approvals.intercept(context, resource, request, caller)
        if isinstance(approval, Reply):
            return approval
        held = self.tenant.collection(resource.path)
        known = set() if rest else {entry.id for entry in held}
        before = held.get(rest[0]) if rest else None
        reply = self._write(request, context, resource, rest)
        if approval is not None:
            approvals.complete(self.tenant, approval, context.now)
        after = held.get(rest[0]) if rest else next(entry for entry in held if entry.id not in known)
        kind = audit.operation(request.method, rest[1] if rest[1:] else None)
        audit.note(context, resource, kind, (before, after), caller, correlation_of(request, self._served))
        self.tenant.save()
        return reply

    def edit(self, path: str, value: JsonObject | str, by: str | None) -> Entry | None:
        """An administrator's edit behind Graph's back: stores an object, or removes the one of an id."""
        with self.lock:
            context, resource = self._context(""), BY_PATH[path]
            held = self.tenant.collection(path)
            key = value if isinstance(value, str) else str(value.get("id", ""))
            before = held.get(key)
            if isinstance(value, str):
                held.remove(value)
            after = None if isinstance(value, str) else self.tenant.put(path, value)
            if (before or after) and path not in HISTORY:
                kind = "Delete" if after is None else "Patch" if before else "Create"
                who = in_portal(by or administrator(self.tenant))
                audit.note(context, resource, kind, (before, after), who, stable_guid(self.tenant.id, context.stamp))
            self.tenant.save()
            return after

    def decide(self, key: str, status: str, by: str | None, why: str) -> None:
        """What a second administrator says to an approval request."""
        with self.lock:
            now = self._clock()
            approvals.settle(self.tenant, key, status, now, by=by or f"second.{administrator(self.tenant)}", why=why)
            self.tenant.save()

    def _get(self, request: Request, context: Context, resource: Resource, rest: tuple[str, ...]) -> Reply:
        if resource.single:
            return singles.read(context, resource, request, rest[0] if rest else None)
        if resource.bucket == "directory":
            return directory.answer(context, resource, request, rest)
        if resource.bucket in ("audit", "approval"):
            return self._get_log(request, context, resource, rest)
        if resource is APPS:
            writing.publish(context)
        if not rest:
            return read_list(context, resource, request)
        if len(rest) == 1 and "graph." in rest[0]:
            return read_cast(context, resource, request, rest[0])
        entry = found(context, resource, rest[0], reading=True)
        match rest[1:]:
            case ():
                return read_item(context, resource, request, entry)
            case ("assignments",) if resource.assignment:
                return read_assignments(context, resource, request, entry)
            case ("assignments", key) if resource.assignment:
                return read_assignment(context, resource, entry, key)
            case (name, *key) if name in resource.children and len(key) <= 1:
                return read_children(context, resource, request, entry, name, key[0] if key else None)
            case (name,) if name in resource.reports:
                return reports.answer(context, resource, request, entry, name)
        raise no_segment(rest[1])

    def _get_log(self, request: Request, context: Context, resource: Resource, rest: tuple[str, ...]) -> Reply:
        """The history of the tenant, and who has to approve what."""
        held = (audit if resource.bucket == "audit" else approvals).readable(context, resource)
        if not rest:
            return read_list(context, resource, request, held=held)
        if rest[1:]:
            raise no_segment(rest[1])
        known = self.tenant.collection(resource.path) if held is None else held
        entry = next((entry for entry in known if entry.id.lower() == rest[0].lower()), None)
        if entry is None:
            raise not_found(f"The requested resource '{resource.path}/{rest[0]}' does not exist.")
        return read_item(context, resource, request, entry)

    def _write(self, request: Request, context: Context, resource: Resource, rest: tuple[str, ...]) -> Reply:
        if not rest and request.method == "POST":
            return writing.create(context, resource, request)
        if not rest or resource.single or resource.bucket == "directory":
            raise GraphError(405, "MethodNotAllowed", f"{request.method} is not supported on '{resource.path}'.")
        entry = found(context, resource, rest[0], reading=False)
        match request.method, rest[1:]:
            case "PATCH", ():
                return writing.update(context, resource, entry, request)
            case "DELETE", ():
                return writing.delete(context, resource, entry)
            case "POST", ("assign" | "microsoft.graph.assign",):
                return assigning.assign(context, resource, entry, request)
            case "POST", ("setPriority" | "microsoft.graph.setPriority",) if resource is PROFILES:
                return writing.set_priority(context, entry, request)
            case "POST", ("scheduleActionsForRules",) if resource is COMPLIANCE:
                return writing.schedule_actions(context, entry, request)
            case _, ("assignments", *key) if resource.assignment:
                return self._write_assignment(request, context, resource, entry, key)
        if not rest[1:]:
            raise GraphError(405, "MethodNotAllowed", f"{request.method} is not supported on '{resource.path}'.")
        raise no_segment(rest[1])

    def _write_assignment(
        self, request: Request, context: Context, resource: Resource, entry: Entry, key: list[str]
    ) -> Reply:
        match request.method, key:
            case "POST", []:
                return assigning.add_assignment(context, resource, entry, request)
            case "PATCH", [one]:
                return assigning.change_assignment(context, resource, entry, request, one)
            case "DELETE", [one]:
                return assigning.remove_assignment(context, resource, entry, one)
        raise GraphError(405, "MethodNotAllowed", f"{request.method} is not supported on assignments.")


def _resource(request: Request) -> tuple[Resource, tuple[str, ...]]:
    """The collection that an address is in (the longest that fits), and what follows it. Raises `GraphError` 400 as
    Graph does."""
    for length in range(min(3, len(request.segments)), 0, -1):
        resource = BY_PATH.get("/".join(request.segments[:length]))
        rest = request.segments[length:]
        if resource is not None and (not resource.single or rest in resource.addresses):
            if request.version not in resource.versions:
                raise no_segment(request.segments[length - 1])
            return resource, rest
    raise no_segment(request.segments[-1] if request.segments else "")


def correlation_of(request: Request, number: int) -> str:
    """The id that an audit event names: the client's own, if it is a GUID."""
    own = request.headers.get("client-request-id", "")
    return own if approvals.GUID.match(own) else stable_guid("request", str(number))
