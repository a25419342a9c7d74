"""What a workspace file says, as values that are safe to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from ..diagnostics import Diagnostic, Severity
from ..model import JsonObject
from ..model import Path as Place
from ..spec.source import Document

FILE_NAME: Final = "reconciler.yaml"
EMULATOR: Final = "emulator"
EMULATOR_TENANT_ID: Final = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
"""The directory id of every emulated tenant."""
DEFAULT_SPECS: Final = ["specs"]
"""The spec folders of a workspace that names none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do at most, in absolute numbers."""

    deletes: int = 0
    assignment_removals: int = 5
    adoptions: int = 0
    affected_people: int | None = None
    """None: no limit."""
    unassigned_profiles: int = 0
    last_profile: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """What a name in the specs is called in this tenant, by sort of name."""

    groups: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    scope_tags: Mapping[str, str] = field(default_factory=dict)
    apps: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_sort(self) -> Mapping[str, Mapping[str, str]]:
        """The same by the words that `World.renamed` has for the sorts."""
        return {"groups": self.groups, "filters": self.filters, "scopeTags": self.scope_tags, "apps": self.apps}


@dataclass(frozen=True, slots=True)
class Provided:
    """A part of the chain (`authenticator`, `sso-policy`, `compliance`) that others provide."""

    part: str
    by: str
    reason: str

    def to_json(self) -> JsonObject:
        """As documents tell it."""
        return {"part": self.part, "by": self.by, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Freeze:
    """Until this instant (with time zone) apply refuses."""

    until: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What a finding of a rule counts as. `severity` None switches the rule off, and then there is a reason."""

    severity: Severity | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RuleData:
    """What the workspace adds to the lists that rules build on. Bundle ids are in lower case."""

    microsoft: frozenset[str] = frozenset()
    """Bundle ids that are Microsoft's although the list does not know them."""
    not_microsoft: frozenset[str] = frozenset()
    """Bundle ids that are not Microsoft's although they look like it."""
    extension_keys: frozenset[str] = frozenset()
    """Keys of the SSO plug-in that the list does not know."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant, with what the workspace says for all of them filled in. Paths are below the workspace's root."""

    name: str
    tenant_id: str | None
    """In lower case."""
    cloud: str
    graph: str
    """`emulator` or `graph`."""
    state: Path | None
    seed: Path | None
    auth: Mapping[str, JsonObject]
    """How to sign in, by `plan` and `apply`; empty where the file says nothing."""
    specs: tuple[Path, ...]
    names: Names
    limits: Limits
    provided: tuple[Provided, ...]
    freeze: Freeze | None

    @property
    def emulated(self) -> bool:
        """Whether this is the embedded Graph."""
        return self.graph == EMULATOR


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace file, checked."""

    path: Path
    root: Path
    owner: str
    previous_owners: tuple[str, ...]
    specs: tuple[Path, ...]
    default_tenant: str | None
    support: Mapping[str, str]
    """Some of `name`, `email`, `phone`, `url`."""
    tenants: Mapping[str, Tenant]
    limits: Limits
    rules: Mapping[str, RuleSetting]
    document: Document | None = field(default=None, compare=False, repr=False)
    """Where all of this stands."""

    def problem(self, rule: str, message: str, detail: str, path: Place, *, key: bool = False) -> Diagnostic:
        """An error about the file, at its place."""
        if self.document is None:
            return Diagnostic(Severity.ERROR, rule, message, detail)
        return self.document.diagnostic(Severity.ERROR, rule, message, detail=detail, path=path, key=key)

    rule_data: RuleData = RuleData()
    onboarding_texts: tuple[Path, ...] = ()
    """What employees are given to read, for the rules to check. Below the root."""
