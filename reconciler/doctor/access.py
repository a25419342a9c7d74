"""Compliance and Conditional Access as far as they decide whether enrollment begins and comes to its end."""

from __future__ import annotations

from collections.abc import Iterable

from ..assignments import is_direct
from ..live import Live
from ..model import Json, JsonObject
from . import pages
from .model import Check, Evidence, Verdict, failing, listed, ok, unknown, warning
from .sources import ACCESS, BRANDING, DEVICES, SETTINGS, TERMS

ENROLLMENT_APP = "d4ebce55-015a-49b5-a083-c84d1797ae8c"
"""The cloud app Microsoft Intune Enrollment. Source: "Configure multifactor authentication" (Intune documentation)."""
_DEVICE_GRANTS = {"compliantDevice": "a compliant device", "domainJoinedDevice": "a joined device"}
_ON = "enabled"
_IOS = "#microsoft.graph.iosCompliancePolicy"


def enabled(policies: Iterable[Live]) -> list[Live]:
    """The Conditional Access policies that are on, and not in report-only mode."""
    return [live for live in policies if live.body.get("state") == _ON]


def device_grants(live: Live) -> list[str]:
    """What a policy wants of a device, as Graph names it."""
    controls = _part(live.body, "grantControls").get("builtInControls")
    return [each for each in _texts(controls) if each in _DEVICE_GRANTS]


def reaches_ios(live: Live) -> bool:
    """Whether a policy may apply to iPhones and iPads."""
    platforms = _part(_part(live.body, "conditions"), "platforms")
    include, exclude = _lower(platforms.get("includePlatforms")), _lower(platforms.get("excludePlatforms"))
    return (not include or bool({"all", "ios"} & include)) and "ios" not in exclude


def names_app(live: Live, app: str) -> bool:
    """Whether a policy names this cloud app, and not just all of them."""
    applications = _part(_part(live.body, "conditions"), "applications")
    return app in _lower(applications.get("includeApplications"))


def _part(body: JsonObject, name: str) -> JsonObject:
    held = body.get(name)
    return held if isinstance(held, dict) else {}


def _texts(value: Json) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _lower(value: Json) -> set[str]:
    return {each.casefold() for each in _texts(value)}


def requiring(policies: Iterable[Live]) -> list[Live]:
    """The policies that let people with iPhones in only from a compliant device."""
    return [live for live in enabled(policies) if "compliantDevice" in device_grants(live) and reaches_ios(live)]


def _secure_default(evidence: Evidence) -> Verdict:
    settings = evidence.one(SETTINGS.key) or {}
    secure = settings.get("secureByDefault")
    if secure is True:
        return ok("devices without a compliance policy count as not compliant")
    if secure is not False:
        return unknown("Graph does not say how devices without a compliance policy count")
    policies = requiring(evidence.objects(ACCESS.key))
    if not policies:
        return ok("devices without a compliance policy count as compliant; no Conditional Access policy rests on that")
    return warning(
        "devices without a compliance policy count as compliant, "
        f"and Conditional Access asks for a compliant device ({_named(policies)})",
        "a device that no policy reaches gets in unchecked, and nobody is led through what to mend",
        "mark them as not compliant: Endpoint security > Device compliance > Compliance policy settings",
    )


def _trigger(evidence: Evidence) -> Verdict:
    policies = requiring(evidence.objects(ACCESS.key))
    if policies:
        return ok(f"Conditional Access asks for a compliant device, and so sends people to enroll ({_named(policies)})")
    return ok(
        "no Conditional Access policy asks for a compliant device on iOS",
        means="nobody is prompted to enroll",
        remedy="send people the enrollment link (`reconciler guide`)",
    )


def _named(policies: Iterable[Live]) -> str:
    return listed(repr(live.display_name) for live in policies)


def _enrollment_grant(evidence: Evidence) -> Verdict:
    policies = [p for p in enabled(evidence.objects(ACCESS.key)) if names_app(p, ENROLLMENT_APP) and device_grants(p)]
    if not policies:
        return ok("no Conditional Access policy asks for a device to enroll a device")
    grants = sorted({_DEVICE_GRANTS[each] for policy in policies for each in device_grants(policy)})
    return warning(
        f"{_named(policies)} asks for {' or '.join(grants)} on Microsoft Intune Enrollment",
        "who enrolls has no such device yet, so enrollment may go in a circle",
        "take the device grant or the app out, and keep MFA: Entra admin center > Conditional Access",
    )


def _managers(evidence: Evidence) -> Verdict:
    devices = evidence.objects(DEVICES.key)
    enrolled = [d for d in devices if str(d.body.get("deviceEnrollmentType") or "") == "deviceEnrollmentManager"]
    people = sorted({_enrolled_by(device) for device in enrolled})
    policies = enabled(evidence.objects(ACCESS.key))
    if not enrolled:
        return ok("no iPhone or iPad was enrolled by a device enrollment manager since the date of the counts below")
    if not policies:
        return ok(f"device enrollment managers enroll iPhones ({listed(people)}); no Conditional Access policy is on")
    return warning(
        f"device enrollment managers enroll iPhones ({listed(people)}), and Conditional Access is on",
        "where a policy applies to them, their enrollment does not come to its end",
        "let people enroll their own devices, or leave these accounts out of the policies",
    )


def _enrolled_by(device: Live) -> str:
    body = device.body
    return str(body.get("enrolledByUserPrincipalName") or body.get("userPrincipalName") or device.id)


def _availability(evidence: Evidence) -> Verdict:
    used = [live for live in evidence.objects(BRANDING.key) if _is_used(live) is not False]
    closed = [live for live in used if live.body.get("enrollmentAvailability") == "unavailable"]
    if surely := [live for live in closed if _is_used(live)]:
        default = any(live.body.get("isDefaultProfile") is True for live in surely)
        whom = "for everybody without another policy" if default else "for some people"
        return failing(
            f"Company Portal has device enrollment unavailable {whom} ({_profiles(surely)})",
            "Company Portal and its website do not let these people enroll",
            f"set device enrollment to available: {_CUSTOMIZATION}",
        )
    odd = [live for live in used if live.body.get("enrollmentAvailability") not in _AVAILABLE]
    if odd:
        return unknown(
            f"Graph does not say whether Company Portal lets people enroll ({_profiles(odd)})",
            f"look in {_CUSTOMIZATION}",
        )
    if not any(live.body.get("isDefaultProfile") is True for live in used):
        return unknown("Graph shows no default customization, which each tenant has", f"look in {_CUSTOMIZATION}")
    if any(live.body.get("enrollmentAvailability") == "availableWithoutPrompts" for live in used):
        return ok("device enrollment is available in Company Portal; some people are not prompted to enroll")
    return ok("device enrollment is available in Company Portal")


_AVAILABLE = ("availableWithPrompts", "availableWithoutPrompts")
_CUSTOMIZATION = "Tenant administration > Customization"


def _is_used(live: Live) -> bool | None:
    """Whether anybody gets a customization; None where Graph does not say whether it is the default."""
    default = live.body.get("isDefaultProfile")
    return True if default is True or live.assignments else False if default is False else None


def _profiles(found: Iterable[Live]) -> str:
    return listed(repr(str(live.body.get("profileName") or live.display_name)) for live in found)


def _terms(evidence: Evidence) -> Verdict:
    shown = [live for live in evidence.objects(TERMS.key) if any(is_direct(a) for a in live.assignments)]
    if not shown:
        return ok("no terms and conditions of Intune stand before enrollment")
    return ok(
        f"people have to accept terms and conditions ({_named(shown)})",
        means="Company Portal shows them; how web based enrollment does is not documented",
        remedy="enroll a test device and look; terms of use of Entra, where there are any, are shown too",
    )


CHECKS = (
    Check(
        "JIT553", "devices without a compliance policy", (SETTINGS.key, ACCESS.key), _secure_default, pages.COMPLIANCE
    ),
    Check("JIT554", "Conditional Access sends people to enroll", (ACCESS.key,), _trigger, pages.WEB),
    Check("JIT560", "Conditional Access on enrollment", (ACCESS.key,), _enrollment_grant, pages.MFA),
    Check("JIT561", "device enrollment managers", (DEVICES.key, ACCESS.key), _managers, pages.TROUBLE),
    Check("JIT609", "enrollment in Company Portal", (BRANDING.key,), _availability, pages.COMPANY_PORTAL),
    Check("JIT611", "terms and conditions", (TERMS.key,), _terms, pages.TERMS),
)
