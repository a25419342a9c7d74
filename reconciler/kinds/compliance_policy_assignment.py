"""`CompliancePolicyAssignment`: which people a compliance policy for iOS reaches.

Just-in-time registration ends with a compliance check, so whoever enrolls needs a policy (Microsoft: "Set up
just-in-time registration in Microsoft Intune"). The policy is somebody else's: found by its exact name, shared with
whoever else assigns it (see `sharing`), and never created, deleted or changed but for our marker in its description.
Its settings and its actions for noncompliance are neither compared nor sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from ..facts import Compliance
from ..identity import owned_by
from ..kind import Expressed, Kind, Match, World
from ..live import Collection, Live
from ..spec.load import Desired
from . import common, expressing
from .expressing import Draft
from .pairs import Form
from .reassign import whole
from .sharing import Sharing

COLLECTION = Collection(
    "compliancePolicies",
    "/beta/deviceManagement/deviceCompliancePolicies",
    assignments="expanded",
    read_permissions=("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    write_permissions=("DeviceManagementConfiguration.ReadWrite.All",),
)
"""Of every platform: a policy of another one is told apart from one that does not exist."""
NAME = "CompliancePolicyAssignment"
DESCRIPTION = "description"
FORM = Form("#microsoft.graph.deviceCompliancePolicyAssignment", "assignments", app=False)
SHARING = Sharing(COLLECTION.path, DESCRIPTION, lambda _: FORM)
_SUFFIX = "CompliancePolicy"
_SUGGESTED = 3


def _type(live: Live) -> str:
    """The type without namespace: `iosCompliancePolicy`."""
    return str(live.body.get("@odata.type", "")).rpartition(".")[2]


def _is_ios(live: Live) -> bool:
    return _type(live).casefold() == "ioscompliancepolicy"


def find(desired: Desired, world: World) -> Match:
    """The policy for iOS that is called so: pinned, or the only one."""
    name = str(desired.spec["policy"])
    same = [live for live in world.objects((COLLECTION,)) if live.display_name == name]
    meant = [live for live in same if _is_ios(live)]
    if pin := desired.pin(world.tenant):
        return _pinned(desired, world, meant, pin)
    if len(meant) > 1:
        message = f"{len(meant)} compliance policies for iOS are called {name!r}: {_ids(meant)}"
        return _refused(desired, message, "pin the one that is meant with `id`, or rename the others")
    return Match(meant[0], "content") if meant else _missing(desired, world, name, same)


def _pinned(desired: Desired, world: World, meant: Sequence[Live], pin: str) -> Match:
    every = world.objects((COLLECTION,))
    pinned = next((live for live in every if live.id.casefold() == pin), None)
    if pinned is None:
        return _refused(desired, f"no compliance policy has the pinned id {pin}", "correct the id, or drop it", "id")
    if pinned not in meant:
        message = f"the pinned policy {pinned.id} is called {pinned.display_name!r} ({_type(pinned)})"
        return _refused(desired, message, "pin a policy for iOS, and name it as it is called in the tenant", "id")
    others = [live for live in _marked(desired, world) if live is not pinned]
    if others:
        message = f"the spec pins {pinned.id}, but {_ids(others)} carries its marker"
        return _refused(desired, message, "remove the marker line from the one that is not meant", "id", "IDENT104")
    return Match(pinned, "pin")


def _missing(desired: Desired, world: World, name: str, same: Sequence[Live]) -> Match:
    if same:
        message = f"the compliance policy {name!r} is not for iOS: it is of type {_type(same[0])} ({same[0].id})"
        return _refused(desired, message, "people who enroll iPhones and iPads need one of type iosCompliancePolicy")
    message = f"no compliance policy is called {name!r}"
    return _refused(desired, message, _remedy(desired, world, name))


def _remedy(desired: Desired, world: World, name: str) -> str:
    """What was meant, as far as that can be guessed; else what to do."""
    known = {live.display_name for live in world.objects((COLLECTION,)) if _is_ios(live)}
    if renamed := _marked(desired, world):
        shown = ", ".join(f"{live.display_name!r} ({live.id})" for live in renamed)
        return f"{shown} carries the marker of this spec: if it was renamed, write its new name"
    if near := get_close_matches(name, sorted(known), n=_SUGGESTED, cutoff=0.5):
        return f"did you mean {' or '.join(map(repr, near))}?"
    return "make the policy in Intune, or correct `policy`"


def _marked(desired: Desired, world: World) -> list[Live]:
    """The policies that carry the marker of the spec."""
    policies = world.objects((COLLECTION,))
    return [live for live in policies if desired.address in owned_by(live, DESCRIPTION, world.owners)]


def _ids(policies: Iterable[Live]) -> str:
    return ", ".join(sorted(live.id for live in policies))


def _refused(desired: Desired, message: str, detail: str, member: str = "policy", rule: str | None = None) -> Match:
    known = rule or ("IDENT103" if member == "id" else "IDENT106")
    return Match(None, "none", (desired.problem(known, message, detail, ("spec", member)),))


def claim(desired: Desired) -> str:
    """The policy, with its pin."""
    return f"the compliance policy {desired.spec['policy']}{common.pinned(desired)}"


def expresses(live: Live, world: World) -> Expressed | None:
    """The assignments of a live policy for iOS; None where there is none to be told of."""
    if not _is_ios(live):
        return None
    draft = Draft(world)
    held = SHARING.expressed(draft, live, NAME, FORM)
    if not (held or draft.problems or owned_by(live, DESCRIPTION, world.owners)):
        return None
    draft.say("policy", live.display_name)
    expressing.assignments(draft, [found.pair.target for found in held], live)
    draft.say("unlisted", "keep", usual=True)
    return draft.done(live.display_name)


def declares(desired: Desired) -> Compliance:
    """The policy that the spec assigns."""
    return Compliance(str(desired.spec["policy"]))


def shows(live: Live) -> Compliance:
    """A policy of any platform."""
    return Compliance(live.display_name, "ios" if _is_ios(live) else _type(live).removesuffix(_SUFFIX))


_KIND = Kind(
    name=NAME,
    collections=(COLLECTION,),
    find=find,
    compare=SHARING.compare,
    write=SHARING.write,
    claim=claim,
    reason=SHARING.reason,
    marker_field=DESCRIPTION,
    shared=True,
    reassign=whole("assignments", FORM.assignment),
    prepares=frozenset({"EnrollmentProfile"}),
    nouns=(Compliance,),
    declares=declares,
    shows=shows,
    expresses=expresses,
    on_request=True,
)
COMPLIANCE_POLICY_ASSIGNMENT = replace(
    _KIND, parting=replace(_KIND, compare=SHARING.compare_parting, write=SHARING.write_parting)
)
