"""A workspace document whose shape and parts have been checked, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from ..diagnostics import Severity
from ..model import JsonObject
from ..spec.source import Document
from .checks import fields_of
from .model import (
    DEFAULT_SPECS,
    EMULATOR,
    EMULATOR_TENANT_ID,
    Freeze,
    Limits,
    Names,
    Provided,
    RuleData,
    RuleSetting,
    Tenant,
    Workspace,
)


def workspace_of(path: Path, document: Document) -> Workspace:
    """The workspace that the document says."""
    raw = fields_of(document)
    limits = _limits(raw.get("limits", {}), Limits())
    specs = raw.get("specs", DEFAULT_SPECS)
    root = path.parent
    return Workspace(
        path=path,
        root=root,
        owner=raw["owner"],
        previous_owners=tuple(raw.get("previousOwners", [])),
        specs=_below(root, specs),
        default_tenant=raw.get("defaultTenant"),
        support=raw.get("support", {}),
        tenants={name: _tenant(name, entry, root, specs, limits) for name, entry in raw["tenants"].items()},
        limits=limits,
        rules={rule: _rule(setting) for rule, setting in raw.get("rules", {}).items()},
        rule_data=_rule_data(raw.get("ruleData", {})),
        onboarding_texts=_below(root, raw.get("onboardingTexts", [])),
        document=document,
    )


def _tenant(name: str, raw: Mapping[str, Any], root: Path, specs: list[str], limits: Limits) -> Tenant:
    graph = raw.get("graph", "graph")
    tenant_id = EMULATOR_TENANT_ID if graph == EMULATOR else raw.get("tenantId")
    return Tenant(
        name=name,
        tenant_id=tenant_id.lower() if tenant_id else None,
        cloud=raw.get("cloud", "global"),
        graph=graph,
        state=root / raw["state"] if "state" in raw else None,
        seed=root / raw["seed"] if "seed" in raw else None,
        auth=_auth(raw.get("auth")),
        specs=_below(root, raw.get("specs", specs)),
        names=_names(raw.get("names", {})),
        limits=_limits(raw.get("limits", {}), limits),
        provided=tuple(Provided(**part) for part in raw.get("provided", [])),
        freeze=_freeze(raw.get("freeze")),
    )


def _below(root: Path, folders: list[str]) -> tuple[Path, ...]:
    return tuple(root / folder for folder in folders)


def _auth(raw: JsonObject | None) -> dict[str, JsonObject]:
    if raw is None:
        return {}
    both = {"plan": raw, "apply": raw} if "method" in raw else raw
    return cast(dict[str, JsonObject], both)


def _names(raw: Mapping[str, Any]) -> Names:
    return Names(raw.get("groups", {}), raw.get("filters", {}), raw.get("scopeTags", {}), raw.get("apps", {}))


def _limits(raw: Mapping[str, Any], default: Limits) -> Limits:
    return Limits(
        deletes=raw.get("deletes", default.deletes),
        assignment_removals=raw.get("assignmentRemovals", default.assignment_removals),
        adoptions=raw.get("adoptions", default.adoptions),
        affected_people=raw.get("affectedPeople", default.affected_people),
        unassigned_profiles=raw.get("unassignedProfiles", default.unassigned_profiles),
        last_profile=raw.get("lastProfile", default.last_profile),
    )


def _freeze(raw: Mapping[str, Any] | None) -> Freeze | None:
    return Freeze(datetime.fromisoformat(raw["until"]), raw.get("reason")) if raw else None


def _rule(raw: Mapping[str, Any]) -> RuleSetting:
    severity = None if raw["severity"] == "none" else Severity(raw["severity"])
    return RuleSetting(severity, raw.get("reason"))


def _rule_data(raw: Mapping[str, list[str]]) -> RuleData:
    return RuleData(
        microsoft=frozenset(map(str.casefold, raw.get("microsoftBundleIds", []))),
        not_microsoft=frozenset(map(str.casefold, raw.get("notMicrosoftBundleIds", []))),
        extension_keys=frozenset(raw.get("extensionKeys", [])),
    )
