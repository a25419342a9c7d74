"""`permissions`: the least Graph permissions that the specs need, to plan and to apply. Reads files only."""

from __future__ import annotations

import re
from dataclasses import replace

from ..graph.origin import CLOUD_HOSTS
from ..kinds import REGISTRY
from ..model import Json, JsonObject
from ..permissions import Need, examining, explaining, least, needs
from ..render import identities
from ..render import permissions as rendered
from ..tolerated import variants
from ..workspace import Tenant
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .project import Project, load_specs, open_project

_PURPOSES = {"plan": "plan", "apply": "apply", "doctor": "run doctor", "explain": "run explain"}
"""What somebody may be let do, and how a sentence says it."""
_FEDERATED = "workload-identity"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
"""Names of repositories, branches and environments that need no quoting anywhere."""


def call(arguments: Arguments) -> int:
    """0; 3 where the workspace or the specs are invalid."""
    output = Output(arguments)
    project = open_project(arguments)
    document = _document(project)
    _must_be_for_az(arguments)
    if output.format == "az":
        output.text(identities.script(_setup(arguments, project, document)))
    elif arguments.az:
        granted = [str(name) for name in _list(document[arguments.az])]
        purpose = _PURPOSES[arguments.az]
        output.text(rendered.az_commands(granted, purpose=purpose, graph=CLOUD_HOSTS[project.tenant.cloud]))
    elif output.json:
        output.document(document)
    else:
        output.text(rendered.text(document, style=output.style))
    return Code.DONE


def _must_be_for_az(arguments: Arguments) -> None:
    """Raises `Failure` (64) for what another format has no use for, and for names that no host has."""
    named = {"repository": arguments.repository, "branch": arguments.branch, "environment": arguments.environment}
    given = [f"--{name}" for name, value in {**named, "host": arguments.host}.items() if value is not None]
    if arguments.format == "az" and arguments.az:
        raise Failure(Code.USAGE, "--az goes without --format az", "that one sets both identities up")
    if arguments.format != "az" and given:
        raise Failure(Code.USAGE, f"{given[0]} goes with --format az only")
    for name, value in named.items():
        if value is not None and not _PLAIN.fullmatch(value):
            raise Failure(Code.USAGE, f"--{name} {value!r} is none", "letters, digits, '-', '_', '.' and '/'")


def _setup(arguments: Arguments, project: Project, document: JsonObject) -> identities.Setup:
    tenant = project.tenant
    if tenant.emulated:
        message = f"the tenant {tenant.name} is the embedded Graph, which knows no identities"
        raise Failure(Code.USAGE, message, "name another one with --tenant")
    return identities.Setup(
        tenant=tenant.name,
        tenant_id=tenant.tenant_id,
        owner=project.workspace.owner,
        graph=CLOUD_HOSTS[tenant.cloud],
        host=arguments.host or "github",
        repository=arguments.repository,
        branch=arguments.branch or "main",
        environment=arguments.environment or tenant.name,
        plan=[str(name) for name in _list(document["plan"])],
        apply=[str(name) for name in _list(document["apply"])],
        clients=_clients(tenant),
    )


def _clients(tenant: Tenant) -> tuple[str | None, str | None]:
    """The two applications that the workspace names already. One for both is not what the script sets up."""
    plan, apply = (_client(tenant.auth.get(purpose, {})) for purpose in ("plan", "apply"))
    return (None, None) if plan == apply else (plan, apply)


def _client(auth: JsonObject) -> str | None:
    found = auth.get("clientId") if auth.get("method") == _FEDERATED else None
    return found.lower() if isinstance(found, str) else None


def _document(project: Project) -> JsonObject:
    """What each sort of run needs, each need once: what planning needs, the others need too."""
    loaded, tenant = load_specs(project), project.tenant
    specs = [*loaded.desired.values(), *variants(loaded)]  # names that only a waiver has are looked up, too
    planning = _for_limits(needs(specs, REGISTRY, writing=False, tenant=tenant.name), project)
    applying = _for_limits(needs(specs, REGISTRY, writing=True, tenant=tenant.name), project)
    why: list[Json] = [{**need.to_json(), "for": [*_PURPOSES] if need in planning else ["apply"]} for need in applying]
    counting = explaining()
    why += [{**n.to_json(), "for": ["doctor", "explain"] if n in counting else ["doctor"]} for n in examining()]
    return {
        "formatVersion": 1,
        "tenant": tenant.name,
        "plan": [*least(planning)],
        "apply": [*least(applying)],
        "doctor": [*least((*planning, *examining()))],
        "explain": [*least((*planning, *counting))],
        "why": why,
    }


def _for_limits(found: tuple[Need, ...], project: Project) -> tuple[Need, ...]:
    """With a limit on affected people, people are counted in every run."""
    if project.tenant.limits.affected_people is None:
        return found
    return tuple(replace(need, only_if=None) if need.counts else need for need in found)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
