"""`apps`: the tenant's apps for iPhones and iPads, whose they are, and which belong into `appBundleIds`. Only reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ..engine.names import name_ids
from ..engine.refresh import read
from ..live import Names
from ..model import JsonObject
from ..render import apps as rendered
from ..tenant_apps import APPS, document
from . import logs
from .arguments import Arguments
from .failure import Code
from .online import Connection, connected
from .output import Output
from .project import Project, open_project


def call(arguments: Arguments) -> int:
    """0; 4 where something could not be read, and what could is shown."""
    with logs.started(arguments):
        return asyncio.run(_apps(arguments))


async def _apps(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    async with connected(project, "plan", output, arguments.clock) as connection:
        found = await _document(arguments, project, connection)
    if output.json:
        output.document(found)
    elif arguments.format == "markdown":
        output.text(rendered.markdown(found))
    else:
        output.text(rendered.text(found, style=output.style))
    return Code.DONE if found["complete"] else Code.REFUSED


async def _document(arguments: Arguments, project: Project, connection: Connection) -> JsonObject:
    reading = await read(connection.graph, APPS)
    if reading.problem:  # the apps may be readable where not all of their assignments are
        bare = await read(connection.graph, replace(APPS, assignments="none"))
        reading = replace(reading, objects=bare.objects)
    names = await name_ids(connection.graph, Names(), reading.objects, frozenset())
    tenant = connection.tenant
    return document(
        reading,
        names,
        tenant={"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url},
        search=arguments.search,
        data=project.workspace.rule_data,
    )
