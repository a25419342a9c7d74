"""`rules`: every rule of the pack, its severity here and where it is decided. Reads the workspace, if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..diagnostics import Diagnostic
from ..render import rules as rendered
from ..rules.catalog import catalog
from ..workspace import RuleSetting, find_workspace, tenant
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .project import open_workspace


def call(arguments: Arguments) -> int:
    """0; 3 where the workspace is invalid."""
    output = Output(arguments)
    document = catalog(settings(arguments))
    if output.json:
        output.document(document)
    elif arguments.format == "markdown":
        output.text(rendered.markdown(document))
    else:
        output.text(rendered.text(document, style=output.style))
    return Code.DONE


def settings(arguments: Arguments) -> Mapping[str, RuleSetting] | None:
    """What the workspace makes of rules; None where there is no workspace. Raises `Failure` (3)."""
    if not (arguments.workspace or arguments.tenant) and find_workspace(Path.cwd()) is None:
        return None
    workspace = open_workspace(arguments)[0]
    if arguments.tenant and isinstance(wrong := tenant(workspace, arguments.tenant), Diagnostic):
        raise Failure(Code.INVALID, wrong.message, wrong.detail)
    return workspace.rules
