"""`snapshot`: a sanitised copy of the live state, from which others may plan without a credential. Sends only reads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from .. import snapshot
from ..engine.snapshot import take
from ..kinds import REGISTRY
from ..model import JsonObject
from ..render import snapshot_text
from . import logs
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_shared
from .live import wanted_groups
from .online import connected
from .output import Output
from .project import Project, inside, load_specs, open_project

FOLDER = "snapshots"


def call(arguments: Arguments) -> int:
    """0; 4 where something could not be read: the snapshot is written all the same, and says so."""
    with logs.started(arguments):
        return asyncio.run(_take(arguments))


async def _take(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    path = _place(arguments, project)
    _must_be_free(path)
    wanted = wanted_groups(project, load_specs(project))
    async with connected(project, "plan", output, arguments.clock) as connection:
        at = arguments.clock.instant()
        taken = await take(connection.graph, REGISTRY, wanted)
        identity, tenant = connection.graph.identity, connection.tenant
    tenant_id = tenant.tenant_id or identity.tenant_id
    if tenant_id is None:
        raise Failure(Code.FAILED, "Graph does not say which tenant this is", "add tenantId to it in reconciler.yaml")
    document = snapshot.document(
        taken, tenant=tenant.name, tenant_id=tenant_id, at=at, delegated=identity.user is not None
    )
    write_shared(path, snapshot.to_bytes(document))
    _tell(document, path, output)
    return Code.DONE if document["complete"] else Code.REFUSED


def _tell(document: JsonObject, path: Path, output: Output) -> None:
    if output.json:
        output.document(document)
    else:
        here = Path.cwd().resolve()
        whole = path.resolve()
        shown = whole.relative_to(here) if whole.is_relative_to(here) else path
        output.text(snapshot_text.snapshot(document, path=str(shown), style=output.style))


def _place(arguments: Arguments, project: Project) -> Path:
    """Where to write it. Raises `Failure` (3) for a link that leads out of the workspace."""
    if arguments.out:
        return Path(arguments.out)
    path = project.workspace.root / FOLDER / f"{project.tenant.name}.json"
    inside(path, project.workspace.root)
    return path


def _must_be_free(path: Path) -> None:
    """A snapshot is written over an older snapshot, and over nothing else. Raises `Failure` (64)."""
    with suppress(OSError):
        if path.stat().st_size and snapshot.from_bytes(path.read_bytes())[1][:1] == snapshot.from_bytes(b"")[1]:
            raise Failure(Code.USAGE, f"--out {path}: the file exists, and is not a snapshot", "name another file")
