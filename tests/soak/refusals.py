"""Whether what a plan refuses is there: for each rule that may block it, what has to be true of the tenant or specs.

A refusal that nothing justifies is a violation, like a write that nothing justifies: else a tool that refuses
everything would pass every test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics import Diagnostic
from tests.e2e.scenario import APPS, PROFILES

from .meets import COLLECTION, COMPLIANCE, OWNER, is_app_of, is_policy_of, markers, owned
from .specs import Document

if TYPE_CHECKING:
    from .stage import Stage


def unjustified(finding: Diagnostic, stage: Stage) -> str | None:
    """Why a finding has no ground, or None where it has one."""
    if finding.rule == "READ101":
        return None if _hard_to_read(stage) else "everything could be read"
    reason = REASONS.get(finding.rule)
    if reason is None:
        return "no rule that could refuse here"
    each = next((d for d in stage.documents if f"{d['kind']}/{d['metadata']['name']}" == str(finding.address)), None)
    if each is None and finding.rule not in ENDED:
        return "no spec has that address"
    if each is None or reason(stage.ledger.tenant(), each):
        return None
    late = finding.rule in OF_SEVERAL and reason(stage.ledger.versions(), each)
    return None if late else "nothing of the kind is there"


def _hard_to_read(stage: Stage) -> bool:
    """A list that changes between its pages, a quota that is used up, or faults while signing in and reading."""
    knobs = stage.rehearsal.emulator.knobs
    return bool(knobs.stale_reads or knobs.quota_requests)


Tenant = Mapping[str, Any]


def _namesakes(tenant: Tenant, each: Document) -> list[Any]:
    collection = COLLECTION[each["kind"]]
    return [o for o in tenant[collection] if o["displayName"] == each["spec"]["displayName"]]


def _several_names(tenant: Tenant, each: Document) -> bool:
    return len(_namesakes(tenant, each)) > 1


def _several_markers(tenant: Tenant, each: Document) -> bool:
    return len(owned(tenant, each)) > 1


def _another_url(tenant: Tenant, each: Document) -> bool:
    return any(o.get("appUrl") != each["spec"]["url"] for o in [*owned(tenant, each), *_namesakes(tenant, each)])


def _not_ours(tenant: Tenant, each: Document) -> bool:
    return _another_url(tenant, each) and not owned(tenant, each)


def _replaced_before(tenant: Tenant, each: Document) -> bool:
    collection, name = COLLECTION[each["kind"]], f"{each['metadata']['name']}-replaced"
    return any((OWNER, each["kind"], name) in markers(o, collection) for o in tenant[collection])


def _foreign(tenant: Tenant, each: Document) -> bool:
    return any(markers(o, COLLECTION[each["kind"]]) for o in _namesakes(tenant, each))


def _meant(tenant: Tenant, each: Document) -> list[Any]:
    """The objects of others that a spec may assign."""
    if each["kind"] == "CompliancePolicyAssignment":
        return [policy for policy in tenant[COMPLIANCE] if is_policy_of(policy, each["spec"])]
    return [app for app in tenant[APPS] if is_app_of(app, each["spec"])]


def _not_one(tenant: Tenant, each: Document) -> bool:
    found, app = _meant(tenant, each), each["spec"].get("app", {})
    return len(found) > 1 or (not found and app.get("createIfMissing") is not True)


def _contested(tenant: Tenant, each: Document) -> bool:
    """Somebody else assigned the object, so a group may be on the other side there."""
    return any(found["assignments"] for found in _meant(tenant, each))


def _equal_ranks(tenant: Tenant, each: Document) -> bool:
    ranks = [p["priority"] for p in tenant[PROFILES]]
    return len(set(ranks)) < len(ranks)


def _a_listed_one_is_refused(tenant: Tenant, each: Document) -> bool:
    return bool(each["spec"]["order"])


def _no_type(tenant: Tenant, each: Document) -> bool:
    return "enrollmentType" not in each["spec"]


def _protected(tenant: Tenant, each: Document) -> bool:
    """Of objects that have a spec, only those that are to be replaced are asked."""
    said = each["spec"].get("lifecycle", {}).get("preventDestroy", True)
    return bool(said) and _another_url(tenant, each)


def _shared(tenant: Tenant, each: Document) -> bool:
    """Two specs for one object: it carries both markers, or another spec has its name."""
    collection = COLLECTION[each["kind"]]
    return any(sum(owner == OWNER for owner, _, _ in markers(o, collection)) > 1 for o in tenant[collection])


REASONS: Mapping[str, Callable[[Tenant, Document], bool]] = {
    "IDENT101": _several_names,
    "IDENT102": _several_markers,
    "IDENT105": _foreign,
    "IDENT106": _not_one,
    "IDENT107": _shared,
    "IDENT109": _contested,
    "IDENT110": _contested,
    "PRIO101": _equal_ranks,
    "PRIO102": _a_listed_one_is_refused,
    "JIT303": _no_type,
    "PLAN101": lambda tenant, each: True,
    "PLAN103": _protected,
    "PLAN104": _another_url,
    "JIT538": _another_url,
    "PLAN105": _several_markers,
    "PLAN108": _not_ours,
    "PLAN109": _replaced_before,
}
"""By rule: whether the tenant or the spec holds what the rule is about."""
OF_SEVERAL = frozenset({"PRIO101"})
"""Rules about several objects at once: a list that lags may show one as it is and another as it was."""
ENDED = frozenset({"PLAN103", "PLAN105"})
"""Rules about objects that no spec names any more."""
