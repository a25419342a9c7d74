"""`POST /$batch`: up to 20 requests in one, answered one by one (Graph documentation: "Combine multiple requests")."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from reconciler.model import Json, JsonObject

from .errors import bad_request
from .exchange import Reply, Request, json_bytes, split_path
from .log import WRITE_METHODS

LARGEST = 20
Answer = Callable[[Request], Reply]


def answer(request: Request, inner: Answer, *, shuffled: bool) -> Reply:
    """Runs the parts in order (one that depends on a failed one gets 424) and gathers the answers."""
    parts = _parts(request.body)
    statuses: dict[str, int] = {}
    answers: list[bytes] = []
    for part in parts:
        key = str(part["id"])
        reply = _run(request, part, statuses, inner)
        statuses[key.lower()] = reply.status
        answers.append(_answer(key, reply))
    if shuffled:
        answers = answers[1::2] + answers[::2][::-1]
    return Reply(200, b'{"responses":[' + b",".join(answers) + b"]}")


def _parts(body: Json) -> list[JsonObject]:
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise bad_request("Invalid batch payload format.")
    if len(requests) > LARGEST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {LARGEST}.")
    parts = [part for part in requests if isinstance(part, dict)]
    keys = [str(part.get("id", "")).lower() for part in parts]
    if len(parts) != len(requests) or "" in keys or len(set(keys)) != len(keys):
        raise bad_request("Every request of a batch needs an id of its own.")
    return parts


def _run(envelope: Request, part: JsonObject, statuses: Mapping[str, int], inner: Answer) -> Reply:
    needed = part.get("dependsOn")
    for key in needed if isinstance(needed, list) else []:
        if not 200 <= statuses.get(str(key).lower(), 0) < 300:
            error: JsonObject = {"error": {"code": "FailedDependency", "message": f"The request '{key}' failed."}}
            return Reply(424, json_bytes(error))
    return inner(_request(envelope, part))


def _request(envelope: Request, part: JsonObject) -> Request:
    """One part as a request of its own; the token of the envelope holds for it."""
    method, url = str(part.get("method", "")).upper(), str(part.get("url", ""))
    headers = part.get("headers")
    own = {str(k).lower(): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {}
    body = part.get("body")
    if method in WRITE_METHODS and body is not None and "json" not in own.get("content-type", ""):
        raise bad_request("Write request with a body needs a Content-Type header.")
    path, _, query = url.partition("?")
    kept = {name: envelope.headers[name] for name in ("authorization", "client-request-id") if name in envelope.headers}
    return Request(method, envelope.version, split_path(path), query, {**kept, **own}, body, inner=True)


def _answer(key: str, reply: Reply) -> bytes:
    """One element of `responses`. The body is put in as it is: it is JSON already, or plain text."""
    headers: JsonObject = dict(reply.headers)
    content = reply.body
    if content:
        headers["Content-Type"] = "application/json" if "json" in reply.content_type else reply.content_type
        content = content if "json" in reply.content_type else json.dumps(content.decode()).encode()
    head = json_bytes({"id": key, "status": reply.status, "headers": headers})
    return head[:-1] + b',"body":' + content + b"}" if content else head
