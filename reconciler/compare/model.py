"""One revision of a repository as it is compared: its workspace, and the spec set of each tenant as it stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..diagnostics import Diagnostic
from ..model import JsonObject
from ..pins import Pins
from ..spec.load import SpecSet
from ..workspace import Tenant, Workspace


@dataclass(frozen=True, slots=True)
class State:
    """A tenant at a revision: its part of the workspace, its judged specs, its pins."""

    tenant: Tenant
    specs: SpecSet
    pins: Pins | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A revision. `workspace` is None where it had none, or where `problem` says why it cannot be read."""

    name: str | None
    """As it was asked for; None for the work tree."""
    commit: str | None = None
    workspace: Workspace | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()
    """Of the workspace file and the pins; those of specs are in the states."""
    problem: str | None = None
    """Why nothing can be compared with it."""
    uncommitted: int | None = None
    """How many files of the work tree differ from its commit."""

    def to_json(self) -> JsonObject:
        """What documents say of the revision itself."""
        shown: JsonObject = {"revision": self.name, "commit": self.commit, "workspace": self.workspace is not None}
        if self.uncommitted is not None:
            shown["uncommitted"] = self.uncommitted
        return {**shown, "problem": self.problem} if self.problem else shown
