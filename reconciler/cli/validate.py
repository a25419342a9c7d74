"""`validate`: schemas and offline rules, for every tenant's spec set and pins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from .. import waivers
from ..diagnostics import Diagnostic, has_errors
from ..model import Address, Json, JsonObject
from ..render.findings import validation
from ..rules import settle
from ..spec.load import SpecSet
from ..workspace import Provided, Tenant, Workspace, find_workspace
from . import findings
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .project import Judged, check, judge, open_workspace, read_pins, read_specs


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was found, over all tenants."""

    findings: tuple[Diagnostic, ...]
    exempt: tuple[settle.Exempt, ...]
    documents: int
    """How many YAML documents were looked at."""
    files: tuple[str, ...] = ()
    """Their files."""
    workspace: Workspace | None = None
    tenants: tuple[Tenant, ...] = ()


def call(arguments: Arguments) -> int:
    """0 where all is valid, 3 where anything is not. Warnings do not count."""
    output = Output(arguments)
    if output.format in findings.FORMATS:
        return _for_hosts(arguments, output)
    checked = _checked(arguments)
    valid = not has_errors(checked.findings)
    document: JsonObject = {
        "formatVersion": 1,
        "valid": valid,
        "specs": checked.documents,
        "diagnostics": [d.to_json() for d in checked.findings],
        **_not_counted(checked),
    }
    if output.json:
        output.document(document)
    elif output.format == "markdown":
        owner = checked.workspace.owner if checked.workspace else ""
        from ..render import validation_markdown

        output.text(validation_markdown.validation(document, owner=owner))
    else:
        output.text(validation(document, style=output.style))
    return Code.DONE if valid else Code.INVALID


def _for_hosts(arguments: Arguments, output: Output) -> int:
    """Findings in the formats of CI hosts; that nothing could be checked is one of them. Raises `Failure` (3)."""
    try:
        checked = _checked(arguments)
    except Failure as failure:
        why = None if failure.diagnostics else failure.message
        path = Path(arguments.workspace) if arguments.workspace else find_workspace(Path.cwd())
        root = path.parent.absolute() if path else Path.cwd()
        findings.tell(output, failure.diagnostics, (), root=root, files=(), failure=why)
        raise Failure(failure.code, failure.message, failure.hint) from failure
    root = checked.workspace.root if checked.workspace else Path.cwd()
    findings.tell(output, checked.findings, checked.exempt, root=root.absolute(), files=checked.files)
    return Code.INVALID if has_errors(checked.findings) else Code.DONE


def _not_counted(checked: _Checked) -> JsonObject:
    """What waivers and the workspace take out of the findings."""
    settled = settle.Settled((), checked.exempt)
    settings = checked.workspace.rules if checked.workspace else {}
    counts = settled.silenced()
    waived: list[Json] = [*settled.documents()]
    off: list[Json] = [{**each, "findings": counts[str(each["rule"])]} for each in settle.switched_off(settings)]
    told = (("waived", waived), ("switchedOff", off), ("provided", _provided(checked.tenants)))
    return {name: found for name, found in told if found}


def _provided(tenants: Iterable[Tenant]) -> list[Json]:
    """The parts of the chain that others provide, each with the tenants where they do."""
    where: dict[Provided, list[str]] = {}
    for tenant in tenants:
        for each in tenant.provided:
            where.setdefault(each, []).append(tenant.name)
    return [{**each.to_json(), "tenants": [*names]} for each, names in where.items()]


def _checked(arguments: Arguments) -> _Checked:
    today = arguments.clock.today()
    if not arguments.workspace and find_workspace(Path.cwd()) is None:
        if not arguments.paths:
            raise Failure(
                Code.INVALID, "there is no reconciler.yaml here or above", "name spec files or --workspace FILE"
            )
        specs = check(read_specs(map(Path, arguments.paths), Path.cwd()))
        checked = _together({"": judge(specs, None, None, today)}, today)
        return replace(checked, findings=_once(checked.findings))
    workspace, told = open_workspace(arguments)
    tenants = [t for t in workspace.tenants.values() if arguments.tenant in (None, t.name)]
    if not tenants:
        raise Failure(Code.INVALID, f"no tenant is called {arguments.tenant}", f"known: {', '.join(workspace.tenants)}")
    told = (*told, *(found for each in tenants for found in read_pins(workspace, each)[1]))
    given = [Path(path) for path in arguments.paths]
    files = {name for name, _ in read_specs(given, workspace.root)} if given else None
    checked = _together(_by_tenant(workspace, tenants, given, today), today, files=files)
    return replace(checked, findings=_once((*checked.findings, *told)), workspace=workspace, tenants=tuple(tenants))


def _by_tenant(workspace: Workspace, tenants: Iterable[Tenant], given: list[Path], today: date) -> dict[str, Judged]:
    """The specs of each tenant, with the given paths beside them. Each set of folders is read and checked once."""
    read: dict[tuple[Path, ...], SpecSet] = {}
    for tenant in tenants:
        if tenant.specs not in read:
            read[tenant.specs] = check(read_specs([*sorted(tenant.specs), *given], workspace.root))
    return {tenant.name: judge(read[tenant.specs], workspace, tenant, today) for tenant in tenants}


def _together(judged: Mapping[str, Judged], today: date, *, files: set[str] | None = None) -> _Checked:
    """All findings about these files (None: about all), each once; one that depends on the tenant names it."""
    declared = {name: each.specs.desired.keys() for name, each in judged.items()}
    told: dict[Diagnostic, list[str]] = {}
    for name, each in judged.items():
        for finding in each.specs.diagnostics:
            told.setdefault(finding, []).append(name)
    waived = {w.address: w for each in judged.values() for w in waivers.read(each.specs)}.values()
    exempt = {e.finding: e for each in judged.values() for e in each.exempt}.values()
    found = [_of_tenants(finding, names, declared) for finding, names in told.items()]
    found += [*waivers.aged(waived, today), *settle.unused(waived, exempt, today)]
    documents = {file: count for each in judged.values() for file, count in each.specs.documents.items()}
    counted = {file: count for file, count in documents.items() if files is None or file in files}
    return _Checked(
        tuple(d for d in found if _is_in(d, files)),
        tuple(e for e in exempt if _is_in(e.finding, files)),
        sum(counted.values()),
        tuple(counted),
    )


def _is_in(finding: Diagnostic, files: set[str] | None) -> bool:
    return files is None or finding.position is None or finding.position.file in files


def _once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each place, rule and wording once, in their order."""
    unique = {d.sort_key: d for d in found}
    return tuple(unique[key] for key in sorted(unique))


def _of_tenants(
    finding: Diagnostic, names: list[str], declared: Mapping[str, Collection[Address | None]]
) -> Diagnostic:
    """The finding, with the tenants that it holds for where others have the same spec without it."""
    others = [name for name, addresses in declared.items() if name not in names and finding.address in addresses]
    if not others:
        return finding
    return replace(finding, message=f"{finding.message} (in {', '.join(names)}, not in {', '.join(others)})")
