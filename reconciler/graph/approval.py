"""Multi Admin Approval on the wire: the two headers of a write, and the answers that ask for a second administrator.

Pure. Used by `client` (headers), `sender` (answers) and `engine.approvals`, which looks for the request that belongs
to a write. Sources: "Use Multi Admin Approval with the Microsoft Graph API" (Intune documentation); reports of others
where that changed or is silent, named below. Nothing of it was verified against a real tenant.

A write to what an access policy protects is not carried out. Without `x-msft-approval-justification` it is refused.
With it an approval request is filed, whose id the answer has in the header `x-msft-approval-code`. Once somebody else
has approved that, the same method, path and body is sent again with the id in that header, in place of the first one.
"""

from __future__ import annotations

import base64
import re
from enum import Enum
from typing import Final

from .complaint import Complaint, read_complaint
from .errors import ApprovalRequired
from .exchange import Exchange, Outcome, Repeat, Reply, Request
from .wording import printable

JUSTIFICATION: Final = "x-msft-approval-justification"
CODE: Final = "x-msft-approval-code"
LONGEST: Final = 1024
"""Characters of a justification before it is encoded; the service refuses longer ones (reported, July 2026)."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def approval_headers(*, justification: str | None, approval: str | None) -> tuple[tuple[str, str], ...]:
    """The headers of a write. An approval goes alone: beside a justification it would file another request.

    Raises `ValueError` for an approval that is no GUID, and for a justification that is empty or too long.
    """
    if approval is not None:
        if not _GUID.fullmatch(approval):
            raise ValueError("an approval is the id of an approval request, a GUID")
        return ((CODE, approval),)
    if justification is None:
        return ()
    if not justification.strip() or len(justification) > LONGEST:
        raise ValueError(f"a justification has 1 to {LONGEST} characters")
    return ((JUSTIFICATION, base64.b64encode(justification.encode()).decode("ascii")),)


def approval_required(request: Request, outcome: Outcome, exchange: Exchange) -> ApprovalRequired | None:
    """The error that an answer to a write stands for, if it is that a second administrator has to approve it.

    Told by the header, whatever the status: 412 and 403 are both documented, and 202 would look like success. A write
    that was sent with its approval and is answered with success has been carried out.
    """
    if request.repeat is Repeat.READ or not isinstance(outcome, Reply):
        return None
    filed = _GUID.fullmatch(outcome.headers.get(CODE, "").strip())
    if outcome.status == 202:
        return _error(request, outcome, _Said.FILED, filed[0], exchange) if filed else None
    if not 400 <= outcome.status < 500 or outcome.status in {401, 408, 429}:
        return None
    complaint = read_complaint(outcome.body)
    said = _Said.FILED if filed else _said(complaint)
    if said is None:
        return None
    found = filed or (_GUID.search(complaint.message) if said is _Said.FILED else None)
    return _error(request, outcome, said, found[0] if found else None, exchange)


class _Said(Enum):
    UNJUSTIFIED = "approval needs a justification, and none was sent"
    FILED = "the write waits for a second administrator"
    OPEN = "another approval request for the object is open"


def _said(complaint: Complaint) -> _Said | None:
    """What an answer without the header says. The one place that reads a text, because no code is known for these.

    - "Header 'x-msft-approval-justification' is required to request approval", 400 `BadRequest`: Microsoft365DSC#7236,
      IntuneManagement discussion 426; 403 by the documentation of May 2026.
    - "Approval Required. Request Approval using the request ID …", `ApprovalRequired` (documentation, May 2026) or
      `BadRequest` (reports of August 2026): for the case that the header was lost on the way.
    - "An active Approval Request already exists for this entity", 409: published scripts and notes of 2026.
    """
    text = complaint.message.casefold()
    if f"header '{JUSTIFICATION}' is required" in text:
        return _Said.UNJUSTIFIED
    if "an active approval request already exists" in text:
        return _Said.OPEN
    if any(code.casefold() == "approvalrequired" for code in complaint.codes) or text.startswith("approval required."):
        return _Said.FILED
    return None


def _error(request: Request, reply: Reply, said: _Said, approval: str | None, exchange: Exchange) -> ApprovalRequired:
    what = f"{request.method} {request.path.partition('?')[0]}"
    named = f" (approval request {printable(approval, limit=40)})" if approval else ""
    return ApprovalRequired(
        f"{what} was not carried out, because {said.value}{named}",
        status=reply.status,
        code=read_complaint(reply.body).code,
        approval_id=approval,
        missing_justification=said is _Said.UNJUSTIFIED,
        exchange=exchange,
        hint=_HINTS[said],
    )


_HINTS: Final = {
    _Said.UNJUSTIFIED: "Multi Admin Approval protects this. Run with --justification TEXT to ask for approval.",
    _Said.FILED: (
        "Another administrator approves it in the Intune admin center (Tenant administration, Multi Admin Approval); "
        "then run again."
    ),
    _Said.OPEN: "It has to be completed, rejected or cancelled first (Tenant administration, Multi Admin Approval).",
}
