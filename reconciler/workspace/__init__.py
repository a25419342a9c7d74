"""The workspace file `reconciler.yaml`: owner, tenants, limits, rule settings, as values that are safe to use.

Read by every command that needs to know a tenant or a spec folder. Pure: bytes in, a workspace and diagnostics out; the
environment, the file system and secrets are other people's business. The shape is the matter of
`schemas/v1/workspace.json`, what ties its parts together that of `checks`, and which rules it may set that of
`rules.settle`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..diagnostics import Diagnostic, Severity, has_errors
from ..spec import schema, source
from ..spec.source import Document
from .checks import cross_checks
from .model import (
    EMULATOR,
    EMULATOR_TENANT_ID,
    FILE_NAME,
    Freeze,
    Limits,
    Names,
    Provided,
    RuleData,
    RuleSetting,
    Tenant,
    Workspace,
)
from .values import workspace_of

__all__ = [
    "EMULATOR",
    "EMULATOR_TENANT_ID",
    "FILE_NAME",
    "RULES",
    "Freeze",
    "Limits",
    "Names",
    "Provided",
    "RuleData",
    "RuleSetting",
    "Tenant",
    "Workspace",
    "find_workspace",
    "load_workspace",
    "tenant",
]

RULES: Final = {
    "WORKSPACE101": "The file holds not exactly one document.",
    "WORKSPACE102": "`defaultTenant` names no tenant of the workspace.",
    "WORKSPACE103": "A path leaves the folder of the workspace.",
    "WORKSPACE104": "Names of tenants differ by upper and lower case alone.",
    "WORKSPACE105": "A tenant has no `tenantId`.",
    "WORKSPACE106": "No tenant is chosen, or the one that is named is not known.",
    "WORKSPACE107": "Two tenants are one and the same, with different specs.",
}
"""Rule ids of this module, each with what it means."""


def find_workspace(start: Path) -> Path | None:
    """`reconciler.yaml` in this folder or the nearest one above it."""
    folder = start.absolute()
    return next((path for above in (folder, *folder.parents) if (path := above / FILE_NAME).is_file()), None)


def load_workspace(path: Path, data: bytes) -> tuple[Workspace | None, list[Diagnostic]]:
    """The workspace in these bytes, or None with the errors. Warnings may come with a workspace too. Never raises."""
    documents, findings = source.load(str(path), data)
    if has_errors(findings):
        return None, findings
    if len(documents) != 1:
        return None, [*findings, _not_one(str(path), documents)]
    document = documents[0]
    findings = [*findings, *schema.check_workspace(document)]
    if not has_errors(findings):
        findings += cross_checks(document)
    return (None if has_errors(findings) else workspace_of(path, document)), findings


def tenant(workspace: Workspace, name: str | None) -> Tenant | Diagnostic:
    """The tenant of that name; without a name the default one, or the only one."""
    chosen = name or workspace.default_tenant
    if chosen is None and len(workspace.tenants) == 1:
        return next(iter(workspace.tenants.values()))
    known = ", ".join(workspace.tenants)
    if chosen is None:
        message, detail = "no tenant is chosen", f"name one with --tenant, or set `defaultTenant`: {known}"
    elif chosen in workspace.tenants:
        return workspace.tenants[chosen]
    else:
        message, detail = f"no tenant is called {chosen}", f"tenants of this workspace: {known}"
    return Diagnostic(Severity.ERROR, "WORKSPACE106", message, detail)


def _not_one(name: str, documents: list[Document]) -> Diagnostic:
    message = f"a workspace file holds one document, this holds {len(documents) or 'none'}"
    detail = "specs stand in files of their own" if documents else "begin it with `reconciler init`"
    if documents:
        return documents[1].diagnostic(Severity.ERROR, "WORKSPACE101", message, detail=detail)
    return Diagnostic(Severity.ERROR, "WORKSPACE101", f"{name}: {message}", detail)
