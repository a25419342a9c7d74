"""`rollback`: a plan back to what a run found. Sends nothing but reads; `apply --plan` carries it out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .. import rollback
from ..plan import Plan
from . import logs
from .apply import must_name_tenant
from .arguments import Arguments
from .failure import Code
from .history import open_past
from .plan import exit_code, show_plan
from .project import open_project


def call(arguments: Arguments) -> int:
    """0, or 2 with `--detailed-exitcode` where changes are pending; 3 where the file is no record, 4 where the way back
    is not safe.
    """
    assert arguments.file is not None
    project = open_project(arguments)
    must_name_tenant(project, arguments)
    past = open_past(Path(arguments.file), project)

    def code(made: Plan) -> int:
        unsafe = any(change.refused for change in made.changes)
        return Code.REFUSED if unsafe else exit_code(made, detailed=arguments.detailed_exitcode)

    with logs.started(arguments):
        return asyncio.run(show_plan(arguments, code, back=(rollback.specs(past), past)))
