"""`guide`: the onboarding page for employees, or the runbook for administrators, made from the specs. Files only."""

from __future__ import annotations

from dataclasses import replace

from ..guide import employees, runbook
from ..guide.gather import Situation, gather
from ..guide.language import texts_of
from ..guide.model import Guide
from ..kinds import REGISTRY
from ..render import guide_html, guide_markdown
from ..render import json as as_json
from ..rules import declarations
from ..rules.portals import portal
from .arguments import Arguments
from .failure import Code, Failure
from .files import write_shared
from .output import Output
from .project import Project, load_specs, open_project


def call(arguments: Arguments) -> int:
    """0; 3 where workspace or specs are invalid, or say nothing of whom the guide is for; 64 for wrong usage."""
    if arguments.admin and (arguments.lang or arguments.profile):
        raise Failure(Code.USAGE, "--admin goes with neither --lang nor --profile", "the runbook is English and whole")
    project = open_project(arguments)
    made = _guide(_situation(project), arguments, texts_declared=bool(project.workspace.onboarding_texts))
    document = made.to_json()
    if arguments.format == "json":
        text = as_json.document(document)
    else:
        text = (guide_html if arguments.format == "html" else guide_markdown).guide(document)
    if arguments.out is None:
        Output(arguments).text(text)
    else:
        write_shared(arguments.out, text.encode())
        Output(arguments).remark(f"{arguments.out} is written")
    return Code.DONE


def _guide(situation: Situation, arguments: Arguments, *, texts_declared: bool) -> Guide:
    """Raises `Failure` (3) where there is nothing to tell employees."""
    if arguments.admin:
        return runbook.runbook(situation, texts_declared=texts_declared)
    names = [each.told.name for each in situation.enrollments if each.profile.type]
    if arguments.profile and arguments.profile not in names:
        message = f"no enrollment profile that says its enrollmentType is called {arguments.profile}"
        raise Failure(Code.INVALID, message, f"in these specs: {', '.join(names) or 'none'}")
    if not (arguments.profile or situation.reachable):
        raise Failure(
            Code.INVALID,
            "the specs have no enrollment profile that reaches anybody, so there is nothing to tell employees",
            "`reconciler guide --admin` says what they have",
        )
    return employees.page(situation, texts_of(arguments.lang or "en"), arguments.profile)


def _situation(project: Project) -> Situation:
    tenant = project.tenant
    declared = declarations(load_specs(project).desired.values(), REGISTRY)
    found = gather(declared, tenant=tenant.name, cloud=tenant.cloud, portal=portal(tenant.cloud))
    return replace(
        found,
        provided=tenant.provided,
        support=project.workspace.support,
        groups=tenant.names.groups,
        tenant_id=tenant.tenant_id,
    )
