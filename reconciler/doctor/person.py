"""One person and their iPhone: what is asked of them, and whom an assignment reaches.

`links` judges each link of the chain from this.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ..assignments import Target
from ..live import Live
from ..model import Json, JsonObject
from .model import Evidence, moment
from .tenant import BASIC_PLAN, PLANS, objects

USER, MEMBERSHIPS, OWN_DEVICES = "user", "memberships", "ownDevices"
EVENTS, APP_STATES = "enrollmentFailures", "appStates"
"""Keys of what is read about a person."""
SETTLING = timedelta(hours=1)
"""For so long after enrollment apps and policies may still be on their way, and what is missing is not broken yet."""
MANAGER = "deviceEnrollmentManager"
"""The enrollment type of what a device enrollment manager enrolled."""
_USER_ENROLLMENT = frozenset(
    {"appleUserEnrollment", "appleUserEnrollmentWithServiceAccount", "appleAccountDrivenUserEnrollment"}
)
"""Source: deviceEnrollmentType in the Microsoft Graph reference."""
_ZERO = "00000000-0000-0000-0000-000000000000"
_IOS = frozenset({"ios", "ipados"})

Reached = Literal["yes", "no", "maybe"]


def directory_key(device: JsonObject) -> str:
    """What the answer about a device in Entra is filed under."""
    return f"directory:{device.get('id')}"


def policies_key(device: JsonObject) -> str:
    """What the answer about the policies on a device is filed under."""
    return f"policies:{device.get('id')}"


def compliance_key(device: JsonObject) -> str:
    """What the answer about the compliance policies on a device is filed under."""
    return f"compliance:{device.get('id')}"


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one person, and of one of their devices."""

    evidence: Evidence
    upn: str
    device: JsonObject | None = None
    """None: they have none, or it is not asked about one."""

    @property
    def user(self) -> JsonObject | None:
        """The account; None where there is none. Raises `NotRead`."""
        return self.evidence.one(USER)

    @property
    def groups(self) -> frozenset[str]:
        """The groups that the person is in, nested ones too, by id in lower case. Raises `NotRead`."""
        return frozenset(live.id.casefold() for live in self.evidence.objects(MEMBERSHIPS))

    @property
    def young(self) -> bool:
        """Whether the device enrolled so lately that what is missing may be on its way."""
        enrolled = moment((self.device or {}).get("enrolledDateTime"))
        return enrolled is not None and self.evidence.now - enrolled < SETTLING

    def reaches(self, assigned: Iterable[Target]) -> Reached:
        """Whether these targets reach the person. Filters look at the device: whoever is behind one may be reached.

        Raises `NotRead`.
        """
        groups, every = self.groups, list(assigned)
        if any(t.exclude and t.group in groups for t in every):
            return "no"
        met = [t for t in every if not t.exclude and (t.who in ("users", "devices") or t.group in groups)]
        if any(t.filter is None for t in met):  # all devices: this one too, once there is one
            return "maybe" if any(t.exclude and self._may_hold_device(t) for t in every) else "yes"
        return "maybe" if met or any(not t.exclude and self._may_hold_device(t) for t in every) else "no"

    def _may_hold_device(self, target: Target) -> bool:
        """Whether the device itself may be in a group: one of devices, dynamic or not, or one that was not readable."""
        if target.who != "group":
            return False
        known, census = self.evidence.names.groups_by_id.get(target.group), self.evidence.census
        if known is not None and "device." in (known.rule or "").casefold():
            return True
        members = census.groups.get(target.group)
        return target.group in census.devices or (members is not None and not members.known)


def is_user_enrolled(device: JsonObject) -> bool:
    """Whether a device is in user enrollment, whose apps are licensed to the person."""
    return str(device.get("deviceEnrollmentType") or "") in _USER_ENROLLMENT


def ios_devices(evidence: Evidence) -> list[JsonObject]:
    """The person's iPhones and iPads, the latest enrolled first. Raises `NotRead`."""
    found = [live.body for live in evidence.objects(OWN_DEVICES)]
    ours = [body for body in found if is_ios(body)]
    return sorted(ours, key=lambda body: str(body.get("enrolledDateTime") or ""), reverse=True)


def count_of_devices(evidence: Evidence) -> int:
    """How many devices of any platform the person has in Intune. Raises `NotRead`."""
    return len(evidence.objects(OWN_DEVICES))


def directory_id(device: JsonObject) -> str | None:
    """The device's id in Entra; None where it has none."""
    found = str(device.get("azureADDeviceId") or device.get("azureActiveDirectoryDeviceId") or _ZERO)
    return None if found == _ZERO else found


def registered(device: JsonObject) -> bool | None:
    """Whether Intune holds a device as registered in Entra; None where it does not say."""
    flag = device.get("azureADRegistered", device.get("aadRegistered"))
    if isinstance(flag, bool):
        return flag
    state = str(device.get("deviceRegistrationState") or "")
    return state == "registered" if state and state != "unknown" else None


def licensed(user: JsonObject, details: Iterable[JsonObject] = ()) -> bool | None:
    """Whether a person may enroll by their plans; None where Graph does not tell."""
    plans = user.get("assignedPlans")
    every = list(details)
    if not isinstance(plans, list) and not every:
        return None
    held = [p for p in objects(plans) if p.get("capabilityStatus") in ("Enabled", "Warning")]
    held += [p for each in every for p in objects(each.get("servicePlans")) if p.get("provisioningStatus") == "Success"]
    ids = {str(p.get("servicePlanId") or "").casefold() for p in held}
    if ids & PLANS.keys():
        return True
    others = {str(p.get("servicePlanId") or "").casefold() for p in held if p.get("service") == "SCO"}
    return None if others - {BASIC_PLAN} or not _are_told(plans) else False


def _are_told(plans: Json) -> bool:
    """Whether every plan says which it is and whether it is active: else it may be the one that is looked for."""
    named = ("servicePlanId", "capabilityStatus")
    every = plans if isinstance(plans, list) else []
    return all(isinstance(plan, dict) and all(isinstance(plan.get(key), str) for key in named) for plan in every)


def app_states(device: JsonObject, states: Iterable[JsonObject], copies: Container[str]) -> list[JsonObject]:
    """What Intune says of these apps, by their ids in lower case, on one device; nothing where it says nothing."""
    ours = [s for s in states if str(s.get("managedDeviceIdentifier") or "").casefold() == _id(device)]
    apps = [app for state in ours for app in objects(state.get("mobileAppList"))]
    return [app for app in apps if str(app.get("applicationId") or "").casefold() in copies]


def install_states(device: JsonObject, states: Iterable[JsonObject], copies: Container[str]) -> set[str]:
    """Whether these apps are installed on one device, in Intune's words; nothing where it says nothing."""
    told = {str(app.get("installState")) for app in app_states(device, states, copies)}
    return {state if state in _INSTALL_STATES else "unknown" for state in told}


_INSTALL_STATES = frozenset(
    {"installed", "failed", "notInstalled", "uninstallFailed", "pendingInstall", "notApplicable"}
)
"""Source: resultantAppState in the Microsoft Graph reference. Whatever else comes is not known."""


def _id(device: JsonObject) -> str:
    return str(device.get("id") or "").casefold()


def is_ios(device: JsonObject) -> bool:
    """Whether it is an iPhone or iPad."""
    return str(device.get("operatingSystem") or "").casefold() in _IOS


APPLIED = frozenset({"compliant", "remediated"})
REFUSED = frozenset({"error", "conflict", "nonCompliant", "notApplicable"})
"""States of a policy on a device. Source: complianceStatus in the Microsoft Graph reference."""


def policy_state(policy: Live, states: Sequence[JsonObject]) -> str | None:
    """The state of a policy on a device, the worst where it has several; None where nothing is said of it.

    The id of a state is opaque: in some answers it holds that of the policy, in others only the name tells.
    """
    by_id = [s for s in states if policy.id.casefold() in str(s.get("id") or "").casefold()]
    found = by_id or [s for s in states if s.get("displayName") == policy.display_name]
    told = {str(s.get("state") or "unknown") for s in found}
    return next((s for s in (*sorted(REFUSED & told), *sorted(APPLIED & told), *sorted(told))), None)
