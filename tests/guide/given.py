"""Situations for the guide, made of spec text as the command makes them, and their pages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from reconciler import rules
from reconciler.guide import employees, runbook
from reconciler.guide.gather import Situation, gather
from reconciler.guide.language import texts_of
from reconciler.kinds import REGISTRY
from reconciler.render import guide_html, guide_markdown
from reconciler.rules.portals import portal
from reconciler.spec.load import load

SUPPORT = {
    "name": "Service desk",
    "email": "help@contoso.example",
    "phone": "+49 89 1234",
    "url": "https://help.contoso.example/",
}
HEAD = "apiVersion: intune.reconciler/v1\nkind: EnrollmentProfile\n"
ONBOARDING = 'onboarding: {firstSignInApp: com.microsoft.skype.teams, compliance: [iOS baseline], minimumIos: "17.0"'

WEB = f"""{HEAD}metadata: {{name: web}}
spec:
  displayName: BYOD
  enrollmentType: webBasedDeviceEnrollment
  {ONBOARDING}}}
  assignments: {{include: [allUsers]}}
"""
ACCOUNT = f"""{HEAD}metadata: {{name: account}}
spec:
  displayName: Executives
  enrollmentType: accountDrivenUserEnrollment
  {ONBOARDING}, discoveryDomains: [contoso.example, contoso.test]}}
  assignments: {{include: [{{group: Executives}}]}}
"""
PORTAL = f"""{HEAD}metadata: {{name: portal}}
spec:
  displayName: Old way
  enrollmentType: deviceEnrollmentWithCompanyPortal
  {ONBOARDING}}}
  assignments: {{include: [{{group: Field staff}}, {{group: Shops}}, {{group: Stores}}]}}
"""
CHOICE = f"""{HEAD}metadata: {{name: choice}}
spec:
  displayName: Pilots
  enrollmentType: determineByUserChoice
  userChoice:
    default: webBasedDeviceEnrollment
    options:
      - {{owner: personal, type: webBasedDeviceEnrollment}}
      - {{owner: personal, type: accountDrivenUserEnrollment}}
      - {{owner: company, type: deviceEnrollmentWithCompanyPortal}}
  assignments: {{include: [{{group: iOS pilots}}]}}
"""
WITHDRAWN = f"""{HEAD}metadata: {{name: withdrawn}}
spec:
  id: 2aa00000-1111-4222-8333-000000000001
  displayName: From before
  enrollmentType: userEnrollmentWithCompanyPortal
"""
ORDER = """apiVersion: intune.reconciler/v1
kind: EnrollmentPriority
metadata: {name: ios}
spec: {order: [account, choice, portal, withdrawn, web]}
"""
CLIP = """apiVersion: intune.reconciler/v1
kind: WebClip
metadata: {name: company-portal}
spec:
  displayName: Company help
  url: https://portal.manage.microsoft.com/
  intent: required
  assignments: {include: [allUsers]}
"""
SSO = """apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO
  appBundleIds: [com.box.BoxNet]
  assignments: {include: [allUsers], exclude: [{group: Break glass}]}
"""
AUTHENTICATOR = """apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: vpp}
spec:
  app: {source: vpp, token: Contoso, licensing: user}
  assignments: {include: [{group: Executives}]}
"""
STORE = """apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
metadata: {name: store}
spec:
  app: {source: store, createIfMissing: true}
  assignments: {include: [allUsers], exclude: [{group: Executives}]}
"""
SHORT_ORDER = ORDER.replace("choice, portal, withdrawn, ", "")
VALID = (WEB, ACCOUNT, SHORT_ORDER, CLIP, AUTHENTICATOR, STORE, SSO.replace(", exclude: [{group: Break glass}]", ""))
"""Specs that the rules let through."""
EVERYTHING = (WEB, ACCOUNT, PORTAL, CHOICE, WITHDRAWN, ORDER, CLIP, SSO, AUTHENTICATOR)
PROFILES = {"web": WEB, "account": ACCOUNT, "portal": PORTAL, "choice": CHOICE, "withdrawn": WITHDRAWN}


def situation(*specs: str, cloud: str = "global", **more: Any) -> Situation:
    """What the specs say, with the support of the workspace unless another is given."""
    return replace(_gathered(specs, cloud), **{"support": SUPPORT, **more})


@cache
def _gathered(specs: tuple[str, ...], cloud: str) -> Situation:
    loaded = load([("specs.yaml", "---\n".join(specs).encode())])
    assert [d for d in loaded.diagnostics if d.severity == "error"] == []
    declared = rules.declarations(loaded.desired.values(), REGISTRY)
    return gather(declared, tenant="sandbox", cloud=cloud, portal=portal(cloud))


def page(*specs: str, language: str = "en", only: str | None = None, **more: Any) -> Any:
    """The document of the employees' page."""
    return employees.page(situation(*specs, **more), texts_of(language), only).to_json()


def admin(*specs: str, **more: Any) -> Any:
    """The document of the runbook."""
    return runbook.runbook(situation(*specs, **more)).to_json()


def markdown(document: Any) -> str:
    return guide_markdown.guide(document)


def html(document: Any) -> str:
    return guide_html.guide(document)
