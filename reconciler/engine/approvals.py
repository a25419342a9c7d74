"""Finds the approval request that belongs to a write, where Multi Admin Approval is on. Used by `write`.

Nothing is remembered between runs. The justification of a request that we file ends with a mark of the very write
(`write_tag`); any later run of the same plan recognises it there, whatever machine it is on, and sends
the write again once somebody has approved it. So no write is asked for twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..canonical import canonical
from ..graph.approval import LONGEST
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..model import Absent, Json, JsonObject


def write_tag(method: str, path: str, body: Json | Absent) -> str:
    """A mark of one write, to stand in the justification of its approval request, by which a later run finds it.

    Equal for equal requests, whatever the case of ids in the path; another body is another write.
    """
    told: list[Json] = [method, path.casefold(), None if isinstance(body, Absent) else body]
    return f"[reconciler {hashlib.sha256(canonical(told).encode()).hexdigest()[:32]}]"


REQUESTS: Final = "/beta/deviceManagement/operationApprovalRequests"
LONGEST_TEXT: Final = LONGEST - len(write_tag("", "", None)) - 1
"""Characters that are left for a person's own justification."""

_ENDED: Final = frozenset({"rejected", "cancelled", "expired", "completed"})
"""States after which a request is of no use any more. Source: operationApprovalRequestStatus."""


@dataclass(frozen=True, slots=True)
class Permit:
    """How one write may go out: with a justification, with an approval, as it is, or not at all."""

    justification: str | None = None
    approval: str | None = None
    """The approved request that this write completes."""
    waits: str | None = None
    """The request that somebody else has to approve before the write is sent."""
    refusal: str | None = None
    """Why nothing is sent or asked for."""


@dataclass(slots=True)
class Approvals:
    """The approvals of one run. Without a justification nothing is looked up, and writes go out as they are."""

    graph: Graph
    justification: str | None = None
    _records: Sequence[JsonObject] | None = field(default=None)

    async def permit(self, method: str, path: str, body: Json | Absent) -> Permit:
        """How this write may go out. Raises nothing of `GraphError`: what cannot be read is asked of the service."""
        if self.justification is None:
            return Permit()
        if self._records is None:
            self._records = await self._read()
        return permit(write_tag(method, path, body), self.justification, self._records, self.graph.identity.app_id)

    def forget(self) -> None:
        """Read anew before the next write: requests may have come, or been used up."""
        self._records = None

    async def _read(self) -> Sequence[JsonObject]:
        try:
            return await self.graph.list(REQUESTS)
        except GraphError:
            return ()  # where one is open for the same object, the service says so


def permit(tag: str, justification: str, records: Iterable[JsonObject], app_id: str | None) -> Permit:
    """What the requests (operationApprovalRequest) say of the write with this tag.

    `app_id` is who sends it, where that is known: an approval is good for the one who asked only. The newest request
    decides: an approval that was given before a rejection is not used after it. A rejection holds until somebody
    gives another justification.
    """
    asked = f"{justification.strip()} {tag}"
    mine = [r for r in records if tag in _text(r, "requestJustification") and _filed_by(r, app_id)]
    newest = max(mine, key=_age, default=None)
    if newest is None:
        return Permit(justification=asked)
    status = _text(newest, "status")
    if status == "approved":
        return Permit(approval=_text(newest, "id"))
    if status not in _ENDED:
        return Permit(waits=_text(newest, "id"))
    if status == "rejected" and _text(newest, "requestJustification") == asked:
        return Permit(refusal=_rejection(newest))
    return Permit(justification=asked)


def _age(record: JsonObject) -> tuple[str, bool, str]:
    """What orders requests by when they were filed; of two that say the same instant, an approval counts as older.

    Without the zone, which is always UTC: `08:00:00Z` is before `08:00:00.5Z`.
    """
    filed = _text(record, "requestDateTime").upper().removesuffix("Z")
    return filed, _text(record, "status") != "approved", _text(record, "id")


def _rejection(record: JsonObject) -> str:
    reason = _text(record, "approvalJustification")
    why = f", saying: {reason[:200]}" if reason else ""
    return (
        f"approval request {_text(record, 'id')} for this write was rejected by {_approver(record)}{why}; "
        "give another --justification to ask again"
    )


def _approver(record: JsonObject) -> str:
    approver = record.get("approver")
    user = approver.get("user") if isinstance(approver, dict) else None
    name = _text(user, "displayName") if isinstance(user, dict) else ""
    return name or "another administrator"


def _filed_by(record: JsonObject, app_id: str | None) -> bool:
    requestor = record.get("requestor")
    application = requestor.get("application") if isinstance(requestor, dict) else None
    known = _text(application, "id") if isinstance(application, dict) else ""
    return not (app_id and known) or app_id.casefold() == known.casefold()


def _text(record: JsonObject, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
