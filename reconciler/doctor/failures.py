"""Why an enrollment failed, in Intune's codes, and the rule that is behind each.

Codes: "Troubleshooting iOS/iPadOS device enrollment errors in Microsoft Intune". Categories: the enumeration
deviceEnrollmentFailureReason in the Microsoft Graph reference. An event has a category and, as free text, the detailed
reason, which may hold a code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model import JsonObject
from .model import moment


@dataclass(frozen=True, slots=True)
class Reason:
    """What a code means."""

    rule: str | None
    means: str
    remedy: str


_CERTIFICATE = Reason(
    "JIT601",
    "the Apple MDM push certificate is missing, invalid or expired",
    "renew it with the same Apple account: Devices > Enrollment > Apple > Apple MDM Push certificate",
)
_LICENCE = Reason(
    "JIT607",
    "the person does not exist there, or has no Intune licence",
    "assign a licence with Intune: Microsoft 365 admin center > Users > Active users",
)
_RESTRICTED = Reason(
    "JIT602",
    "an enrollment restriction refused the device: its platform, its ownership, or one device too many",
    "look at the restrictions of this person: Devices > Enrollment > Apple > Device platform restriction",
)
_CAP = Reason(
    "JIT604",
    "the person has as many devices as they may have",
    "remove a device that is not used any more, or raise the limit: Devices > Enrollment > Device limit restriction",
)
_AUTHORITY = Reason(
    "JIT606",
    "the MDM authority is not Intune, or enrollment is not set up",
    "set it: Tenant administration > Tenant status > Mobile device management authority",
)
_DEVICE = Reason("JIT317", "the device, or its iOS version, is not supported", "update the device to a supported iOS")

_ACCESS = Reason(
    "JIT560",
    "Conditional Access refused the enrollment",
    "look at the sign-in log of this person, and at policies with a device grant on Microsoft Intune Enrollment",
)

CODES: Mapping[str, Reason] = {
    "noenrollmentpolicy": _CERTIFICATE,
    "apnscertificatenotvalid": _CERTIFICATE,
    "accountnotonboarded": _CERTIFICATE,
    "devicecapreached": _CAP,
    "devicetypenotsupported": _DEVICE,
    "userlicensetypeinvalid": _LICENCE,
    "usernamenotrecognized": _LICENCE,
    "mdmauthoritynotdefined": _AUTHORITY,
    "invalidprofile": _RESTRICTED,
    "conditionalaccess": _ACCESS,
}
"""By code, without blanks and in lower case."""

CATEGORIES: Mapping[str, Reason] = {
    "authentication": Reason(
        None, "signing in failed", "let the person sign in to Company Portal's website and try again"
    ),
    "authorization": Reason(
        "JIT607", "the person signed in and may not enroll", "check licence and restrictions of this person"
    ),
    "accountValidation": _AUTHORITY,
    "userValidation": _LICENCE,
    "deviceNotSupported": _DEVICE,
    "inMaintenance": Reason(None, "the tenant was under maintenance", "try again"),
    "badRequest": Reason(None, "the device sent what Intune does not understand", "update the device and try again"),
    "featureNotSupported": Reason(
        None, "this way of enrolling is not available to the tenant", "check which enrollment type wins for this person"
    ),
    "enrollmentRestrictionsEnforced": _RESTRICTED,
    "clientDisconnected": Reason(
        None, "the device went away before the end", "try again over another network, without closing Safari"
    ),
    "userAbandonment": Reason(
        "JIT704",
        "the person did not go on",
        "send them the steps (`reconciler guide`): the profile has to be installed soon",
    ),
}
_UNKNOWN = Reason(None, "Intune does not say why", "look at Devices > Enrollment > Monitor > Enrollment failures")


@dataclass(frozen=True, slots=True)
class Failed:
    """One enrollment that failed."""

    when: str
    category: str
    detail: str
    reason: Reason

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {
            "when": self.when,
            "category": self.category,
            "detail": self.detail or None,
            "rule": self.reason.rule,
            "means": self.reason.means,
            "remedy": self.reason.remedy,
        }


def failures(events: Iterable[JsonObject], *, user_id: str) -> list[Failed]:
    """The failed enrollments of this person, the newest first. Events of other sorts and people are passed over."""
    found = [_failed(event) for event in events if _is_of(event, user_id)]
    return sorted(found, key=lambda each: str(moment(each.when) or ""), reverse=True)


def _is_of(event: JsonObject, user_id: str) -> bool:
    told = str(event.get("@odata.type") or "enrollmentTroubleshootingEvent")
    whose = str(event.get("userId") or user_id)
    return told.endswith("enrollmentTroubleshootingEvent") and whose.casefold() == user_id.casefold()


def _failed(event: JsonObject) -> Failed:
    category, detail = str(event.get("failureCategory") or "unknown"), str(event.get("failureReason") or "")
    plain = "".join(c for c in detail.casefold() if c.isalnum())
    by_code = next((reason for code, reason in CODES.items() if code in plain), None)
    # v1.0 has the category alone, under the name that the beta version gives the detail
    by_category = CATEGORIES.get(category) or CATEGORIES.get(detail)
    return Failed(str(event.get("eventDateTime") or ""), category, detail, by_code or by_category or _UNKNOWN)
