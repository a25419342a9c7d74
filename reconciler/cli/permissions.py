"""`permissions`: the least Graph permissions that the specs need, to plan and to apply. Reads files only."""

from __future__ import annotations

from dataclasses import replace

from ..graph.origin import CLOUD_HOSTS
from ..kinds import REGISTRY
from ..model import Json, JsonObject
from ..permissions import Need, examining, explaining, least, needs
from ..render import permissions as rendered
from ..tolerated import variants
from .arguments import Arguments
from .failure import Code
from .output import Output
from .project import Project, load_specs, open_project

_PURPOSES = {"plan": "plan", "apply": "apply", "doctor": "run doctor", "explain": "run explain"}
"""What somebody may be let do, and how a sentence says it."""


def call(arguments: Arguments) -> int:
    """0; 3 where the workspace or the specs are invalid."""
    output = Output(arguments)
    project = open_project(arguments)
    document = _document(project)
    if arguments.az:
        granted = [str(name) for name in _list(document[arguments.az])]
        purpose = _PURPOSES[arguments.az]
        output.text(rendered.az_commands(granted, purpose=purpose, graph=CLOUD_HOSTS[project.tenant.cloud]))
    elif output.json:
        output.document(document)
    else:
        output.text(rendered.text(document, style=output.style))
    return Code.DONE


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
