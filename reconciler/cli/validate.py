"""`validate`: schemas and offline checks, for every tenant's spec set and pins."""

from __future__ import annotations

from pathlib import Path

from ..diagnostics import Diagnostic, has_errors
from ..model import JsonObject
from ..render import text
from ..spec.load import SpecSet
from ..workspace import find_workspace
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .project import check, open_workspace, read_pins, read_specs


def call(arguments: Arguments) -> int:
    """0 where all is valid, 3 where anything is not. Warnings do not count."""
    output = Output(arguments)
    sets, findings = _spec_sets(arguments)
    unique = {d.sort_key: d for specs in sets for d in specs.diagnostics} | {d.sort_key: d for d in findings}
    ordered = [unique[key] for key in sorted(unique)]
    valid = not has_errors(ordered)
    document: JsonObject = {
        "formatVersion": 1,
        "valid": valid,
        "specs": len({address for specs in sets for address in specs.desired}),
        "diagnostics": [d.to_json() for d in ordered],
    }
    if output.json:
        output.document(document)
    else:
        output.text(text.validation(document, style=output.style))
    return Code.DONE if valid else Code.INVALID


def _spec_sets(arguments: Arguments) -> tuple[list[SpecSet], list[Diagnostic]]:
    """The spec sets to check: one for each tenant, or the given paths beside what the workspace has."""
    if not arguments.workspace and find_workspace(Path.cwd()) is None:
        if not arguments.paths:
            raise Failure(
                Code.INVALID, "there is no reconciler.yaml here or above", "name spec files or --workspace FILE"
            )
        return [check(read_specs(map(Path, arguments.paths), Path.cwd()))], []
    workspace, findings = open_workspace(arguments)
    tenants = [t for t in workspace.tenants.values() if arguments.tenant in (None, t.name)]
    if not tenants:
        raise Failure(Code.INVALID, f"no tenant is called {arguments.tenant}", f"known: {', '.join(workspace.tenants)}")
    findings = (*findings, *(found for each in tenants for found in read_pins(workspace, each)[1]))
    given = [Path(path) for path in arguments.paths]
    folders = {tenant.specs for tenant in tenants}
    sets = [check(read_specs([*sorted(each), *given], workspace.root)) for each in sorted(folders)]
    if not given:
        return sets, list(findings)
    names = {name for name, _ in read_specs(given, workspace.root)}
    return [_restricted(specs, names) for specs in sets], list(findings)


def _restricted(specs: SpecSet, names: set[str]) -> SpecSet:
    """What concerns the given files only; references are still looked up in the whole set."""
    kept = tuple(d for d in specs.diagnostics if d.position is None or d.position.file in names)
    desired = {address: d for address, d in specs.desired.items() if d.document.file in names}
    return SpecSet(desired, kept, specs.digest)
