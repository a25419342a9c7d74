"""What nothing enrolls without: permissions to see, Intune as the authority, Apple's certificate, licences."""

from __future__ import annotations

from collections.abc import Iterable

from ..live import Live
from ..model import Json, JsonObject
from . import pages
from .model import Check, Evidence, Verdict, failing, is_never, listed, moment, ok, unknown, warning
from .sources import CERTIFICATE, ORGANIZATION, SKUS

RENEW_DAYS = 30
"""From this many days before its end on, the certificate is worth a warning; so long is Apple's grace period, too."""
PLANS = {
    "c1ec4a95-1f05-45b3-a911-aa3fa01094f5": "INTUNE_A",
    "3e170737-c728-4eae-bbb9-3f3360f7184c": "INTUNE_A_VL",
    "d216f254-796f-4dab-bbfa-710686e646b9": "INTUNE_A_GOV",
    "da24caf9-af8e-485c-b7c8-e73336da2693": "INTUNE_EDU",
}
"""Service plans that let a person enroll. Source: "Product names and service plan identifiers for licensing" (Entra
documentation), as of 2026-11. Intune Plan 2 and Basic Mobility and Security are none of them.
"""
BASIC_PLAN = "882e1d05-acd1-4ccb-8708-6ee03664b117"
"""INTUNE_O365: Basic Mobility and Security, of the same service, but not Intune."""
_AUTHORITIES = {
    "sccm": "Configuration Manager",
    "office365": "Basic Mobility and Security of Microsoft 365",
}


def _permissions(evidence: Evidence) -> Verdict:
    if evidence.lacking is None:
        return unknown("the token does not say which permissions it has")
    if not evidence.lacking:
        return ok("the token has what planning these specs needs")
    return warning(
        f"the token lacks {listed(evidence.lacking, most=8)}",
        "plans of these specs are incomplete, and some of the checks below cannot be answered",
        "grant them, with admin consent: `reconciler permissions --az plan` prints the commands",
    )


def _authority(evidence: Evidence) -> Verdict:
    organization = evidence.one(ORGANIZATION.key) or {}
    found = str(organization.get("mobileDeviceManagementAuthority") or "").casefold()
    if found == "intune":
        return ok("Intune is the MDM authority")
    if not found:
        return unknown("Graph does not say what the MDM authority is", "look in Tenant administration > Tenant status")
    named = "is not set" if found == "unknown" else f"is {_AUTHORITIES.get(found, found)}, not Intune"
    return failing(
        f"the MDM authority {named}",
        "no device can enroll: people see MdmAuthorityNotDefined",
        "set it to Intune: Tenant administration > Tenant status > Mobile device management authority",
    )


def _certificate(evidence: Evidence) -> Verdict:
    certificate = evidence.one(CERTIFICATE.key)
    whose = str((certificate or {}).get("appleIdentifier") or "")
    expires = moment((certificate or {}).get("expirationDateTime"))
    if certificate is None or (not whose and is_never(certificate.get("expirationDateTime"))):
        return failing(
            "there is no Apple MDM push certificate",
            "no Apple device can enroll: people see NoEnrollmentPolicy or APNSCertificateNotValid",
            "create it: Devices > Enrollment > Apple > Apple MDM Push certificate",
        )
    if expires is None:
        return unknown("Graph does not say when the Apple MDM push certificate expires")
    return _dated(evidence, whose or "the same Apple account as before", (expires - evidence.now).days, certificate)


def _dated(evidence: Evidence, whose: str, days: int, certificate: JsonObject) -> Verdict:
    until = str(certificate.get("expirationDateTime"))[:10]
    expires = moment(certificate.get("expirationDateTime"))
    renew = (
        f"renew it with {whose}, and do not replace it: after a replacement every device has to enroll again "
        "(Devices > Enrollment > Apple > Apple MDM Push certificate)"
    )
    if expires is not None and expires <= evidence.now:
        return failing(
            f"the Apple MDM push certificate expired on {until}",
            "no Apple device can enroll, and those that are enrolled are out of reach",
            renew,
        )
    if days <= RENEW_DAYS:
        left = "today" if days < 1 else f"in {days} day{'' if days == 1 else 's'}"
        return warning(
            f"the Apple MDM push certificate of {whose} expires {left}, on {until}",
            "from then on no Apple device can enroll, and enrolled ones are out of reach",
            renew,
        )
    return ok(f"the Apple MDM push certificate of {whose} is valid until {until}, {days} days from now")


def _licences(evidence: Evidence) -> Verdict:
    every = evidence.objects(SKUS.key)
    held = [live for live in every if _has_intune(live)]
    buy = "buy or renew licences with Intune: Microsoft 365 admin center > Billing > Licenses"
    usable = [live for live in held if live.body.get("capabilityStatus") in ("Enabled", "Warning")]
    if not usable and (unclear := [live for live in every if _may_have_intune(live)]):
        names = listed(sorted(str(live.body.get("skuPartNumber") or live.id) for live in unclear))
        return unknown(f"whether people can enroll with the plans of Intune in {names} is not known", buy)
    if not usable:
        found = "no subscription of this tenant has Intune" if not held else "no subscription with Intune is active"
        return warning(found, "nobody can enroll: people see UserLicenseTypeInvalid or User Name Not Recognized", buy)
    free = sum(max(_enabled(live) - _number(live.body.get("consumedUnits")), 0) for live in usable)
    names = listed(sorted(str(live.body.get("skuPartNumber") or live.id) for live in usable))
    if not free:
        return warning(
            f"all Intune licences are assigned ({names})",
            "people who have none yet cannot enroll until one is free",
            buy,
        )
    return ok(f"{free} Intune licence{'' if free == 1 else 's'} can still be assigned ({names})")


def _has_intune(live: Live) -> bool:
    return any(
        str(plan.get("servicePlanId") or "").casefold() in PLANS for plan in objects(live.body.get("servicePlans"))
    )


def _may_have_intune(live: Live) -> bool:
    """Whether a subscription has a plan of Intune that is none of those that are known."""
    plans = objects(live.body.get("servicePlans"))
    others = [p for p in plans if str(p.get("servicePlanId") or "").casefold() not in (*PLANS, BASIC_PLAN)]
    return any(str(plan.get("servicePlanName") or "").casefold().startswith("intune") for plan in others)


def _enabled(live: Live) -> int:
    units = live.body.get("prepaidUnits")
    return _number(units.get("enabled")) + _number(units.get("warning")) if isinstance(units, dict) else 0


def _number(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def objects(value: Json) -> Iterable[JsonObject]:
    """The objects of a list in what Graph answered; nothing where it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


CHECKS = (
    Check("DOCTOR101", "permissions of the token", (), _permissions, pages.PERMISSIONS),
    Check("JIT606", "MDM authority", (ORGANIZATION.key,), _authority, pages.AUTHORITY),
    Check("JIT601", "Apple MDM push certificate", (CERTIFICATE.key,), _certificate, pages.CERTIFICATE),
    Check("JIT607", "Intune licences", (SKUS.key,), _licences, pages.LICENCES),
)
