"""Plans the way back from a run: its record in, kinds and a spec set out that `decide` plans with like any others.

Called by the commands `rollback` and `apply --plan`. A rollback goes back only where that is still safe: what somebody
changed since the run is told and refused, never written over (`restore`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .decide import Planned
from .diagnostics import Diagnostic, Severity
from .kind import Kind
from .model import JsonObject
from .past import Past, desired
from .plan import Action, TenantRef
from .reorder import numbering, reordering
from .restore import restoring
from .spec.load import SpecSet

RULES = {
    "ROLLBACK109": "The record cannot be gone back to from here.",
}

_OF_SPECS = frozenset({"IDENT112"})
"""Asks whether a spec was renamed."""


def check(past: Past, *, tenant: TenantRef, owner: str) -> list[Diagnostic]:
    """Whether a run can be gone back from in this tenant at all, before anything is read."""
    found: list[str] = []
    if _place(past.tenant) != _place(tenant):
        found.append(f"the record is of tenant {past.tenant.name} ({past.tenant.tenant_id or past.tenant.graph_url})")
    if past.owner != owner:
        found.append(f"the record is of the owner {past.owner}, and the workspace's is {owner}")
    hint = "choose the right record, or --tenant"
    return [Diagnostic(Severity.ERROR, "ROLLBACK109", message, hint) for message in found]


def _place(tenant: TenantRef) -> tuple[str | None, ...]:
    """What tells tenants apart: embedded ones have one id, so their names count."""
    return (tenant.tenant_id, tenant.graph_url, tenant.name if tenant.graph_url == "emulator" else None)


def specs(past: Past) -> SpecSet:
    """What stands in for specs; its digest is that of the record."""
    return SpecSet({a: desired(e) for a, e in past.entries.items()}, (), past.digest)


def restoring_kinds(past: Past, kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kinds of the record, so that they bring back; others are neither read nor touched."""
    return {
        name: reordering(kind, past) if kind.ranks else restoring(kind, past, numbering(kinds, past, name))
        for name, kind in kinds.items()
        if name in past.kinds()
    }


def as_rollback(planned: Planned, past: Past) -> Planned:
    """The plan with its source, in words that fit. What no spec names is nothing that a rollback knows of."""
    changes = tuple(
        replace(c, reason="as the run found it") if c.action is Action.NO_OP and not c.refused else c
        for c in planned.plan.changes
    )
    source: JsonObject = {"record": past.digest, "path": past.path}
    said = tuple(d for d in planned.plan.diagnostics if d.rule not in _OF_SPECS)
    plan = replace(planned.plan, changes=changes, orphaned=(), unmanaged=(), diagnostics=said, source=source)
    return replace(planned, plan=plan)
