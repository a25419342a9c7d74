"""Refusals, and the JSON that Graph wraps them in.

Raised anywhere below `service`, which turns them into an answer. Shapes follow error bodies that users published in
the issues of microsoftgraph/microsoft-graph-docs-contrib: Intune nests JSON as a string in `error.message`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model import JsonObject

from .contract.validate import Finding

NO_OPERATION = "00000000-0000-0000-0000-000000000000"


@dataclass(eq=False)
class GraphError(Exception):
    """The service refuses. `status` is the HTTP status, `code` Graph's open set of error codes."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def bad_request(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def not_found(message: str = "Resource not found.") -> GraphError:
    return GraphError(404, "ResourceNotFound", message)


def no_segment(segment: str) -> GraphError:
    """An address that no route serves: Graph says 400 here, not 404."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def refused_body(findings: Iterable[Finding]) -> GraphError:
    """A body that the contract does not allow; names all places at once."""
    return GraphError(400, "ModelValidationFailure", " ".join(f"[{finding}]" for finding in findings))


def error_body(
    error: GraphError, *, nesting: int, intune: bool, date: str, request_id: str, client_request_id: str
) -> JsonObject:
    """The JSON of a refusal. `nesting` 0 to 2: how often Intune's message is JSON in a string."""
    code, message = error.code, error.message
    if intune and nesting >= 1:
        message = _intune_message(message, request_id)
    if intune and nesting >= 2:
        message = json.dumps({"ErrorCode": code, "Message": message})
        code = "UnknownError"
    inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
    return {"error": {"code": code, "message": message, "innerError": dict(inner)}}


def _intune_message(message: str, activity: str) -> str:
    told = (
        f"{message} - Operation ID (for customer support): {NO_OPERATION} - Activity ID: {activity}"
        " - Url: https://fef.emulator.manage.microsoft.com/DeviceConfiguration?api-version=5024-01-01"
    )
    body = {
        "_version": 3,
        "Message": told,
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return json.dumps(body, indent=2).replace("\n", "\r\n")
