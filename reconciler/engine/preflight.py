"""What is known before the first write about whether a run may do what it plans; refused then, not half-way.

`cli` asks for it: `limited_sight` with every plan, `check` before the first write of an apply. Reads one collection at
most, and says nothing where it cannot know: a token that does not tell its permissions, access policies that cannot be
read, are met when the service refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..decide import Planned
from ..diagnostics import Diagnostic, Severity
from ..graph.client import Graph
from ..graph.errors import GraphError
from ..graph.jwt import Identity
from ..kind import Kind
from ..live import Collection
from ..model import Address, JsonObject
from ..permissions import missing, writes
from ..plan import Action

RULES: Final = {
    "PRE101": "The token lacks a permission that the plan needs to write.",
    "PRE102": "Multi Admin Approval protects what the plan writes, and no justification is given.",
    "PRE103": "A person is signed in, who may see a part of the tenant only.",
    "PRE104": "The plan creates objects that may exist where the signed-in person cannot see them.",
}
BLIND_CREATES: Final = "blindCreates"
"""The name of the number for `--expect`."""

POLICIES: Final = "/beta/deviceManagement/operationApprovalPolicies"
POLICY_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "mobileApps": frozenset({"app"}),
    "deviceConfigurations": frozenset({"configurationPolicy"}),
    "configurationPolicies": frozenset({"configurationPolicy"}),
    "deviceCompliancePolicies": frozenset({"compliancePolicy"}),
    "assignmentFilters": frozenset({"filter"}),
    "appleUserInitiatedEnrollmentProfiles": frozenset({"deviceEnrollment", "enrollmentRestriction"}),
}
"""The last segment of a collection's path -> the policy types that may protect it.

Source: operationApprovalPolicyType in the Microsoft Graph reference (beta), and "Use access policies to require Multi
Admin Approval" (Intune documentation), which names apps, compliance policies and configuration policies. Whether the
latter covers `deviceConfigurations`, and whether enrollment profiles can be protected at all, is not documented: a
policy of such a type costs a justification that may not have been needed.
"""


async def check(graph: Graph, planned: Planned, *, justification: str | None) -> list[Diagnostic]:
    """What refuses this plan before its first write: permissions that are missing, approvals that nobody asked for."""
    kinds = _written(planned)
    found = lacking(graph.identity, kinds)
    if kinds and justification is None and not found:
        found += unjustified(await _policies(graph), kinds)
    return found


def _written(planned: Planned) -> dict[str, Kind]:
    """The kinds whose objects the plan writes."""
    names = {change.address.kind for change in planned.plan.pending if change.steps}
    return {name: planned.kinds[name] for name in sorted(names)}


async def _policies(graph: Graph) -> Sequence[JsonObject]:
    try:
        return await graph.list(POLICIES)
    except GraphError:
        return ()


def lacking(identity: Identity, kinds: Mapping[str, Kind]) -> list[Diagnostic]:
    """A finding for each thing that writing objects of these kinds takes and the token does not allow."""
    return [
        Diagnostic(
            Severity.ERROR,
            "PRE101",
            f"the token does not have {need.permission}, and this plan {need.why}",
            f"grant {' or '.join(need.any_of)}, with admin consent, and sign in again",
        )
        for need in missing(identity.permissions, writes(kinds, kinds))
    ]


def unjustified(policies: Iterable[JsonObject], kinds: Mapping[str, Kind]) -> list[Diagnostic]:
    """A finding for each collection that an access policy (operationApprovalPolicy) protects."""
    protecting = {str(policy.get("policyType")): policy for policy in policies}
    collections = {c.path: c for kind in kinds.values() for c in kind.collections}
    found = []
    for collection in collections.values():
        types = sorted(POLICY_TYPES.get(_segment(collection), frozenset()) & protecting.keys())
        if types:
            found.append(_protected(collection, str(protecting[types[0]].get("displayName") or types[0])))
    return found


def _segment(collection: Collection) -> str:
    return collection.path.rpartition("/")[2]


def _protected(collection: Collection, policy: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "PRE102",
        f"Multi Admin Approval protects {_segment(collection)} (access policy {policy[:120]!r}): another administrator "
        "has to approve what this plan writes there",
        "run with --justification TEXT, which that administrator will read; what waits for approval is reported as "
        "such, and running again after it goes on",
    )


def limited_sight(planned: Planned, identity: Identity, expected: Mapping[str, int | None]) -> list[Diagnostic]:
    """What follows from a sign-in by a person, whose role may be limited by scope tags.

    "Not in the list" then does not mean "does not exist": such a person creates nothing without saying how many.
    Source: "Use role-based access control and scope tags" (Intune documentation).
    """
    blind = blind_creates(planned, identity)
    found = [_partial(identity)] if identity.delegated else []
    number = expected.get(BLIND_CREATES, 0)
    if len(blind) != number:
        found.append(_blind(blind, number if BLIND_CREATES in expected else None))
    return found


def blind_creates(planned: Planned, identity: Identity) -> tuple[Address, ...]:
    """What the plan creates although whoever is signed in may not see all there is."""
    if not identity.delegated:
        return ()
    return tuple(change.address for change in planned.plan.pending if change.action is Action.CREATE)


def _partial(identity: Identity) -> Diagnostic:
    who = f" ({identity.user})" if identity.user else ""
    return Diagnostic(
        Severity.WARNING,
        "PRE103",
        f"signed in as a person{who}: objects outside the scope tags of their role are not seen",
        "plan and apply as an application, or as somebody whose role has no scope tags",
    )


def _blind(addresses: Sequence[Address], expected: int | None) -> Diagnostic:
    count = len(addresses)
    objects = f"{count} object{'' if count == 1 else 's'}"
    told = f": {', '.join(map(str, addresses[:5]))}{' …' if count > 5 else ''}" if addresses else ""
    if expected is not None:
        message = f"the plan creates {objects} unseen, but --expect {BLIND_CREATES}={expected} was given{told}"
        return Diagnostic(Severity.ERROR, "PRE104", message, "look at the plan again")
    return Diagnostic(
        Severity.ERROR,
        "PRE104",
        f"the plan creates {objects} that may exist out of the sight of whoever is signed in{told}",
        f"look for them in the admin center; if they do not exist, run with --expect {BLIND_CREATES}={count}",
    )
