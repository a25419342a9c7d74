"""Multi Admin Approval: protected writes become requests that a second administrator approves.

Called by `service` before every write below Intune. Not verified against a real tenant. What it follows:

- "Use Multi Admin Approval with the Microsoft Graph API" (Intune documentation, May and August 2026): the headers, the
  sentence that an approval is required, the status codes, resubmitting the same request with the code;
- Microsoft365DSC#7236 and IntuneManagement discussion 426: the text and the shape without a justification (400);
- published reports: 412 with the code `BadRequest`, at most 1024 characters of justification, 409 while a request for
  the same object is open, 403 where the request is not the one that was approved, three days until it expires;
- msgraph-beta-sdk: the types operationApprovalPolicy and operationApprovalRequest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from reconciler.model import Json, JsonObject

from .access import Caller
from .clock import graph_date, stable_guid
from .context import Context
from .errors import GraphError, bad_request
from .exchange import Reply, Request, json_reply
from .resources import (
    APPROVAL_POLICIES,
    APPROVAL_REQUESTS,
    APPS,
    COMPLIANCE,
    CONFIGURATIONS,
    FILTERS,
    PROFILES,
    SCOPE_TAGS,
    Resource,
)
from .seeding import filled_object
from .tenant import Entry, Tenant, changed

JUSTIFICATION = "x-msft-approval-justification"
CODE = "x-msft-approval-code"
LONGEST_JUSTIFICATION = 1024
OPEN_FOR = timedelta(days=3)
OPEN = ("needsApproval", "approved")
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
POLICY_TYPES: Mapping[str, str] = {
    APPS.path: "app",
    CONFIGURATIONS.path: "configurationPolicy",
    COMPLIANCE.path: "compliancePolicy",
    FILTERS.path: "filter",
    PROFILES.path: "enrollmentRestriction",
    SCOPE_TAGS.path: "role",
}
"""Collection -> the policy type that protects it. Only that of apps is certain."""
PROTECTED: Mapping[str, frozenset[str]] = {
    "off": frozenset(),
    "apps": frozenset({APPS.path}),
    "configuration": frozenset({CONFIGURATIONS.path}),
    "all": frozenset(POLICY_TYPES),
}


def readable(context: Context, resource: Resource) -> list[Entry] | None:
    """What a reader of policies or requests sees; None: what is stored. Raises `GraphError` 403 by the knob."""
    if context.knobs.approval_records == "403":
        raise GraphError(403, "Forbidden", f"Application is not authorized to read '{resource.path}'.")
    if resource is APPROVAL_POLICIES:
        return policies(context)
    _expire(context.tenant, context.now)
    return None


def policies(context: Context) -> list[Entry]:
    """The access policies that the knob stands for."""
    return [_policy(context, path) for path in sorted(PROTECTED[context.knobs.multi_admin_approval])]


def _policy(context: Context, path: str) -> Entry:
    kind = POLICY_TYPES[path]
    body: JsonObject = {
        "id": stable_guid(context.tenant.id, "access policy", kind),
        "displayName": f"Two administrators for {kind}",
        "policyType": kind,
        "policySet": {"policyType": kind},
        "approverGroupIds": [stable_guid(context.tenant.id, "approvers")],
        "lastModifiedDateTime": graph_date(context.now, 7),
    }
    return Entry(filled_object(APPROVAL_POLICIES.path, body))


def intercept(context: Context, resource: Resource, request: Request, caller: Caller) -> str | Reply | None:
    """What stands before a write: nothing (None), an approval that it uses up (its id), or an answer in its place.

    Raises `GraphError` where the write is refused, or has become a request that waits for approval.
    """
    if resource.path not in PROTECTED[context.knobs.multi_admin_approval]:
        return None
    _expire(context.tenant, context.now)
    code = request.headers.get(CODE)
    if code is not None:
        return _approved(context, request, code)
    justification = _justification(context, request)
    if _open_for(context.tenant, request):
        raise GraphError(409, "Conflict", "An active Approval Request already exists for this entity")
    key = _file(context, resource, request, justification, caller)
    context.tenant.save()
    return _waiting(context, key)


def complete(tenant: Tenant, key: str, now: datetime) -> None:
    """The write that was approved has been carried out."""
    settle(tenant, key, "completed", now)


def settle(tenant: Tenant, key: str, status: str, now: datetime, *, by: str | None = None, why: str = "") -> None:
    """Gives a request another status; `by` is the approver's principal name. Raises `KeyError` where there is none."""
    held = tenant.collection(APPROVAL_REQUESTS.path)
    entry = held.get(key)
    if entry is None:
        raise KeyError(key)
    members: JsonObject = {"status": status, "lastModifiedDateTime": graph_date(now, 7)}
    if by is not None:
        members |= {"approver": {"user": {"displayName": by, "id": by}}, "approvalJustification": why}
    held.store(Entry(filled_object(APPROVAL_REQUESTS.path, changed(entry, **members).body)))


def _approved(context: Context, request: Request, code: str) -> str | Reply:
    if not GUID.match(code):
        raise bad_request("Invalid approval header format, expected GUID format")
    entry = context.tenant.collection(APPROVAL_REQUESTS.path).get(code)
    if entry is None or context.tenant.filed.get(entry.id) != _asked(request):
        raise GraphError(403, "Forbidden", "An error has occurred")
    if entry.body["status"] == "needsApproval":
        return _waiting(context, entry.id)
    if entry.body["status"] != "approved":
        raise GraphError(403, "Forbidden", "An error has occurred")
    return entry.id


def _waiting(context: Context, key: str) -> Reply:
    """The answer that says: asked for, not done. Raises it where it is an error."""
    status = context.knobs.approval_answer
    if status == 202:
        return json_reply(202, {"id": key, "status": "needsApproval"}, {CODE: key})
    told = f"Approval Required. Request Approval using the request ID returned as part of the {CODE} response header."
    error = "BadRequest" if status == 412 else "ApprovalRequired"
    raise GraphError(status, error, f"{told} {CODE}: {key}", {CODE: key})


def _justification(context: Context, request: Request) -> str:
    sent = request.headers.get(JUSTIFICATION)
    if not sent:
        told = f"Header '{JUSTIFICATION}' is required to request approval"
        raise GraphError(context.knobs.approval_missing, "BadRequest", told)
    try:
        text = base64.b64decode(sent, validate=True).decode()
    except (binascii.Error, ValueError):
        raise bad_request(f"Header '{JUSTIFICATION}' is not encoded in Base64") from None
    if len(text) > LONGEST_JUSTIFICATION:
        most = f"must be no greater than {LONGEST_JUSTIFICATION} characters"
        raise bad_request(f"Decoded content of '{JUSTIFICATION}' header {most}")
    return text


def _file(context: Context, resource: Resource, request: Request, justification: str, caller: Caller) -> str:
    who: JsonObject = {"application": {"id": caller.app_id, "displayName": caller.app_name}}
    if caller.user is not None:
        who = {"user": {"id": caller.user, "displayName": caller.user}}
    body: JsonObject = {
        "requestJustification": justification,
        "requestor": who,
        "requestDateTime": graph_date(context.now, 7),
        "lastModifiedDateTime": graph_date(context.now, 7),
        "expirationDateTime": graph_date(context.now + OPEN_FOR, 7),
        "requiredOperationApprovalPolicyTypes": [POLICY_TYPES[resource.path]],
        "status": "needsApproval",
    }
    key = context.tenant.record(APPROVAL_REQUESTS.path, body).id
    context.tenant.filed[key] = _asked(request)
    return key


def _asked(request: Request) -> str:
    """What a request asks for: the object that it is about (of a create, none), and a digest of all of it."""
    what: Json = [request.method, "/".join(request.segments).lower(), request.body]
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return f"{'/'.join(request.segments[2:3]).lower()} {digest}"


def _open_for(tenant: Tenant, request: Request) -> bool:
    """Whether a request for the same object is open; two creates are about two objects."""
    subject = _asked(request).partition(" ")[0]
    open_now = (
        e for e in tenant.collection(APPROVAL_REQUESTS.path) if e.body["status"] in ("needsApproval", "approved")
    )
    return bool(subject) and any(tenant.filed.get(e.id, "").startswith(f"{subject} ") for e in open_now)


def _expire(tenant: Tenant, now: datetime) -> None:
    stamp = graph_date(now, 7)
    for entry in list(tenant.collection(APPROVAL_REQUESTS.path)):
        due = str(entry.body["expirationDateTime"]) <= stamp
        if due and entry.body["status"] in OPEN:
            settle(tenant, entry.id, "expired", now)
