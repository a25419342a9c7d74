"""What a command that plans reads: the tenant itself, or with `--live` a snapshot of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from .. import snapshot
from ..decide import Planned
from ..diagnostics import Diagnostic, Severity, has_errors
from ..engine.names import asked
from ..model import Json, JsonObject
from ..spec.load import SpecSet
from ..tolerated import variants
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular
from .online import Connection, connected, copied
from .output import Output
from .project import Project

MAX_SNAPSHOT = 256 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that may be planned from, and what is to be said of it."""

    document: JsonObject
    findings: tuple[Diagnostic, ...]

    def told(self, planned: Planned, project: Project, specs: SpecSet) -> Planned:
        """The plan with where it comes from, and with what the snapshot cannot know of groups that the specs name."""
        unknown = self.unknown(project, specs)
        found = [snapshot.not_known(each, unknown) for each in planned.plan.diagnostics]
        made = replace(
            planned.plan,
            diagnostics=tuple(sorted((*found, *self.findings), key=lambda d: d.sort_key)),
            complete=planned.plan.complete and not unknown,
            source=snapshot.source(self.document),
        )
        return replace(planned, plan=made)

    def marked(self, document: JsonObject, project: Project, specs: SpecSet) -> JsonObject:
        """An answer with where it comes from; it is partial where the specs name groups that are not known."""
        unknown, partial = self.unknown(project, specs), document.get("partial")
        lacking = [f"the snapshot does not have the group {each}" for each in sorted(unknown.names | unknown.ids)]
        told: list[Json] = [*(partial if isinstance(partial, list) else ()), *lacking]
        return {**document, "source": snapshot.source(self.document), "partial": told}

    def remark(self, output: Output) -> None:
        """Say on stderr what is to be said of the snapshot itself."""
        for each in self.findings:
            output.remark(f"{each.message}; {each.detail}")

    def unknown(self, project: Project, specs: SpecSet) -> snapshot.Asked:
        """The groups of the specs, as the tenant calls them, that were not looked up when it was taken."""
        unknown = wanted_groups(project, specs) - snapshot.looked_up(self.document)
        names = project.tenant.names.groups
        own = set(unknown.names) | {name for name, real in names.items() if real in unknown.names}
        return replace(unknown, names=frozenset(own))


def open_snapshot(arguments: Arguments, project: Project) -> Snapshot | None:
    """The snapshot that `--live` names, None without it.

    Raises `Failure`: 3 where it is none, 4 where it was changed or is of another tenant.
    """
    if not arguments.live:
        return None
    document = read_snapshot(arguments.live)
    tenant = project.tenant
    now = arguments.clock.instant()
    found = snapshot.check(document, tenant=tenant.name, tenant_id=tenant.tenant_id, now=now)
    if has_errors(found):
        raise Failure(Code.REFUSED, "refused: nothing was planned", diagnostics=found)
    return Snapshot(document, tuple(found))


def read_snapshot(name: str) -> JsonObject:
    """The document of a snapshot file. Raises `Failure`: 3 where it is none, 4 where it was changed."""
    try:
        data = read_regular(name, MAX_SNAPSHOT)
    except OSError as error:
        raise Failure(Code.INVALID, f"the snapshot {name} cannot be read: {error.strerror}") from error
    document, problems = snapshot.from_bytes(data)
    if document is None:
        edited = any(p.rule == "SNAPSHOT102" for p in problems)
        raise Failure(Code.REFUSED if edited else Code.INVALID, f"{name}: {problems[0].message}", problems[0].detail)
    return document


@asynccontextmanager
async def reached(
    taken: Snapshot | None, arguments: Arguments, project: Project, output: Output
) -> AsyncIterator[Connection]:
    """The tenant, or what stands for it. Raises `Failure` with 1, 3 or 4."""
    if taken:
        async with copied(taken.document, project, output, arguments.clock) as connection:
            yield connection
        return
    async with connected(project, "plan", output, arguments.clock) as connection:
        yield connection


def wanted_groups(project: Project, specs: SpecSet) -> snapshot.Asked:
    """The groups that the specs name, as they are called in this tenant, and those that specs and pins have by id."""
    tenant = project.tenant
    found = asked((*specs.desired.values(), *variants(specs)), tenant.name, tenant.names.by_sort)
    pinned = frozenset(project.pins.names.groups.values()) if project.pins else frozenset[str]()
    return snapshot.Asked(frozenset(found.groups.values()), found.pinned_groups | pinned)


def refuse_snapshot(saved: JsonObject) -> list[Diagnostic]:
    """Why a saved plan that was made from a snapshot is not applied; empty for any other."""
    source = saved.get("source")
    if not isinstance(source, dict) or "snapshot" not in source:
        return []
    message = f"the plan was made from a snapshot of {source.get('createdAt')}, and not from the tenant"
    detail = "plan without --live, with an identity that may read the tenant"
    return [Diagnostic(Severity.ERROR, "PLANFILE112", message, detail)]
