"""Whether what was approved is what would be done: a saved plan, or the one that was shown a moment ago.

Called by `apply` before anything is planned, and again once it has planned anew.
"""

from __future__ import annotations

from datetime import datetime

from .. import planfile, stale
from ..decide import Planned
from ..engine.audit import who_changed
from ..graph.client import Graph
from ..model import JsonObject
from ..plan import TenantRef
from .consumed import refuse_consumed
from .failure import Code, Failure
from .live import refuse_snapshot
from .project import Project

_NOTHING = "refused: nothing was changed"


def must_fit(
    saved: JsonObject,
    project: Project,
    tenant: TenantRef,
    *,
    spec_digest: str,
    now: datetime,
    record: str | None = None,
) -> None:
    """Whether the plan may be applied here and now, by what it says. Raises `Failure` (4).

    `record` is the digest of the run record that a plan which undoes a run is applied with.
    """
    if found := refuse_snapshot(saved):
        raise Failure(Code.REFUSED, _NOTHING, diagnostics=found)
    found = planfile.check(
        saved,
        tenant_id=tenant.tenant_id,
        graph_url=tenant.graph_url,
        owner=project.workspace.owner,
        spec_digest=spec_digest,
        now=now,
        record=record,
    )
    if found:
        raise Failure(Code.REFUSED, _NOTHING, diagnostics=found)
    refuse_consumed(project.workspace.root, str(saved["digest"]))


async def must_be_same(approved: JsonObject, fresh: Planned, graph: Graph) -> None:
    """Whether planning anew gives what was approved, and what that rests on is as it was. Raises `Failure` (4).

    An incomplete reading says nothing about it: such a plan is refused for itself.
    """
    if not fresh.plan.complete:
        return
    if found := stale.compare(approved, fresh):
        who = await who_changed(graph, found, since=str(approved["createdAt"]))
        told = [each.diagnostic(who.get(each.object_id) if each.object_id else None) for each in found]
        raise Failure(Code.REFUSED, _NOTHING, diagnostics=told)
