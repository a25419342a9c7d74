"""What an administrator does behind Graph's back, over HTTP: for a served emulator what `Emulator.put`, `remove`,
`approve` and `reject` are for tests.

    GET    /emulator/tenant                           the whole tenant, as a seed
    PUT    /emulator/collections/{collection}         stores the object of the body, replacing the one of its id
    PATCH  /emulator/collections/{collection}/{id}    replaces the members that are sent
    DELETE /emulator/collections/{collection}/{id}
    POST   /emulator/approvals/{id}                   {"decision": "approved" or "rejected", "by": …, "why": …}

`server` sends requests here before anything of Graph sees them: they need no token, cost no quota, meet no fault and
stand in no log of requests. The audit log names `?by=…`, or an invented administrator. A web page cannot get here: its
browser would name the page in `Origin`, or another host than loopback.
"""

from __future__ import annotations

from reconciler.model import Json, JsonObject

from .context import ContractViolationError
from .errors import GraphError, bad_request, no_segment, not_found
from .exchange import Reply, Request, json_reply
from .resources import BY_PATH
from .service import Service

PREFIX = "emulator"
DECISIONS = ("approved", "rejected")


def answer(service: Service, request: Request, *, loopback: bool) -> Reply:
    """The answer to a request below `/emulator/`. `loopback`: the client addressed the server by a loopback name."""
    try:
        if not loopback or "origin" in request.headers:
            raise GraphError(403, "Forbidden", "This is for programs on the machine of the emulator.")
        if request.unreadable is not None:
            raise request.unreadable
        return _decide(service, request)
    except GraphError as error:
        return json_reply(error.status, {"error": {"code": error.code, "message": error.message}})
    except (ValueError, ContractViolationError) as error:
        return json_reply(400, {"error": {"code": "BadRequest", "message": str(error)}})


def _decide(service: Service, request: Request) -> Reply:
    match request.method, request.segments:
        case "GET", ("tenant",):
            with service.lock:
                return json_reply(200, service.tenant.export())
        case "POST", ("approvals", key):
            return _settle(service, key, _object(request.body))
        case _, ("collections", *rest):
            return _edit(service, request, *_address(rest))
    raise no_segment("/".join(request.segments))


def _object(body: Json) -> JsonObject:
    if not isinstance(body, dict):
        raise bad_request("A JSON object is wanted.")
    return body


def _settle(service: Service, key: str, body: JsonObject) -> Reply:
    decision, by, why = body.get("decision"), body.get("by"), body.get("why")
    if decision not in DECISIONS:
        raise bad_request(f"'decision' is one of {', '.join(DECISIONS)}.")
    try:
        service.decide(key, str(decision), str(by) if by else None, str(why or ""))
    except KeyError:
        raise not_found(f"There is no approval request '{key}'.") from None
    return Reply(204)


def _address(segments: list[str]) -> tuple[str, str | None]:
    """The collection that segments name, and the id after it."""
    for rest in (0, 1):
        path = "/".join(segments[: len(segments) - rest])
        if path in BY_PATH:
            return path, segments[-1] if rest else None
    raise not_found(f"'{'/'.join(segments)}' is no collection; there are {', '.join(sorted(BY_PATH))}.")


def _edit(service: Service, request: Request, path: str, key: str | None) -> Reply:
    by = request.options().get("by")
    if (request.method, key) == ("PUT", None):
        return _stored(service, path, _object(request.body), by)
    if key is None or request.method not in ("PATCH", "DELETE"):
        raise GraphError(405, "MethodNotAllowed", f"{request.method} is not supported here.")
    with service.lock:
        held = service.tenant.collection(path).get(key)
        if held is None:
            raise not_found(f"'{path}' has no object '{key}'.")
        if request.method == "DELETE":
            service.edit(path, held.id, by)
            return Reply(204)
        return _stored(service, path, {**held.body, **_object(request.body), "id": held.id}, by)


def _stored(service: Service, path: str, body: JsonObject, by: str | None) -> Reply:
    entry = service.edit(path, body, by)
    assert entry is not None
    return json_reply(200, entry.body)
