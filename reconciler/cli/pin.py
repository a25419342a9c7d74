"""`pin`: writes the ids that names stand for, so that a name which suddenly stands for something else is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import pins
from ..decide import incomplete
from ..diagnostics import Diagnostic, Severity
from ..kinds import REGISTRY
from ..model import JsonObject
from ..pinning import Proposal, propose
from ..pins import PinChange, Pins
from ..render import text
from . import logs
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_shared
from .online import Connection, connected
from .output import Output
from .planning import read_world
from .project import Project, load_specs, open_project, pins_path


def call(arguments: Arguments) -> int:
    """0 written or nothing to write; 2 with `--check` where the file would change; 4 where it may not be written."""
    with logs.started(arguments):
        return asyncio.run(_pin(arguments))


async def _pin(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    async with connected(project, "plan", output, arguments.clock) as connection:
        proposal = await _proposal(project, connection)
    refused = proposal.refused(arguments.accept)
    code = _code(proposal, refused, check=arguments.check)
    if proposal.differs and code == Code.DONE:
        write_shared(pins_path(project.workspace, project.tenant), pins.to_bytes(proposal.pins))
    proposal = replace(proposal, diagnostics=(*proposal.diagnostics, *_in_vain(proposal, arguments.accept)))
    document = _document(connection, proposal, refused, outcome=_outcome(proposal, code))
    if output.json:
        output.document(document)
    else:
        output.text(text.pins(document, style=output.style))
    return code


async def _proposal(project: Project, connection: Connection) -> Proposal:
    """What the file should hold. Raises `Failure` (4) where the tenant, or a name, could not be read or resolved."""
    before = project.pins
    specs = load_specs(project)
    names_only = Pins(before.tenant, before.tenant_id, before.names) if before else None
    world = await read_world(project, specs, connection, pins=names_only)
    if unread := incomplete(world):
        raise Failure(Code.REFUSED, "the tenant could not be read: nothing was pinned", diagnostics=unread)
    tenant_id = project.tenant.tenant_id or connection.graph.identity.tenant_id
    proposal = propose(REGISTRY, world, before, tenant_id=tenant_id.casefold() if tenant_id else None)
    if not proposal.resolved:
        raise Failure(Code.REFUSED, "not every name resolves: nothing was pinned", diagnostics=proposal.diagnostics)
    return proposal


def _code(proposal: Proposal, refused: tuple[PinChange, ...], *, check: bool) -> Code:
    if refused:
        return Code.REFUSED
    return Code.PENDING if check and proposal.differs else Code.DONE


def _in_vain(proposal: Proposal, accepted: Iterable[str]) -> Iterator[Diagnostic]:
    """What was accepted that nobody asked about: the name may be misspelt, and another one refused for it."""
    for name in proposal.unmatched(accepted):
        message = f"--accept {name}: nothing of this name stands for another id than the one that is pinned"
        detail = "write the name as the pins file has it, or Kind/name for an object"
        yield Diagnostic(Severity.WARNING, "PINS104", message, detail)


def _outcome(proposal: Proposal, code: Code) -> str:
    if not proposal.differs:
        return "unchanged"
    return {Code.REFUSED: "refused", Code.PENDING: "would-change"}.get(code, "written")


def _document(
    connection: Connection, proposal: Proposal, refused: tuple[PinChange, ...], *, outcome: str
) -> JsonObject:
    words = [change.word for change in proposal.changes]
    tenant = connection.tenant
    return {
        "formatVersion": 1,
        "tenant": {"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url},
        "file": pins.file_of(proposal.pins.tenant),
        "outcome": outcome,
        "summary": {word: words.count(word) for word in ("added", "removed", "changed")},
        "changes": [{**change.to_json(), "refused": change in refused} for change in proposal.changes],
        "diagnostics": [found.to_json() for found in proposal.diagnostics],
    }
