"""Rules about compliance, Conditional Access and the tenant itself. Nearly all of them are `doctor`'s to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches

from ..diagnostics import Severity
from ..facts import JIT_CAPABLE, Compliance, Profile
from . import sources
from .model import Context, Estate, Finding, decided, rule


@rule(
    "JIT551", Severity.WARNING, "No compliance policy is mentioned for the people of a profile.",
    about=Estate, source=sources.JIT,
    says="Compliance remediation comes by itself with just-in-time registration, for devices that have a compliance "
    "policy.",
)  # fmt: skip
def JIT551(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    if context.provides("compliance") or estate.of(Compliance) or estate.doubtful(Compliance):
        return
    silent = [(d, p) for d, p in estate.of(Profile) if p.type in JIT_CAPABLE and p.onboarding.compliance is None]
    if silent:
        desired, profile = silent[0]
        others = len(silent) - 1
        more = f" (and {others} more profile{'s' if others > 1 else ''})" if others else ""
        yield Finding(
            f"{profile.name!r}{more} mentions no compliance policy: nothing tells people what their device lacks",
            "name it in `onboarding: {compliance: [NAME]}`, or write `compliance: none`",
            ("spec", "onboarding") if "onboarding" in desired.spec else profile.path,
            key=True,
            about=desired,
        )


def unknown_policies(profile: Profile, present: Sequence[Compliance]) -> Iterator[Finding]:
    """JIT552: compliance policies that a profile names and that no policy for iOS of the tenant is called.

    `present`: all that were read, completely, of every platform.
    """
    known = {policy.name for policy in present if policy.platform == "ios"}
    for named in profile.onboarding.compliance or ():
        if (name := str(named.value)) not in known:
            other = next((policy.platform for policy in present if policy.name == name), None)
            what = (
                f"the compliance policy {name!r} is for {other}"
                if other
                else f"no compliance policy is called {name!r}"
            )
            yield Finding(what, _meant(name, known), named.path)


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return "name one for iOS that the tenant has; it has none" if not known else "name one for iOS that the tenant has"


JIT553 = decided(
    "JIT553", Severity.WARNING, "Devices without a compliance policy count as compliant, and access rests on that.",
    by="doctor", source=sources.COMPLIANCE,
    says="A setting says what a device without any policy is; with Conditional Access it should be noncompliant.",
)  # fmt: skip
JIT554 = decided(
    "JIT554", Severity.INFO, "No Conditional Access policy asks for a compliant device, so nothing prompts people.",
    by="doctor", source=sources.WEB,
    says="People are led to enrollment when Conditional Access demands it; otherwise they need the link.",
)  # fmt: skip
JIT560 = decided(
    "JIT560", Severity.WARNING, "Conditional Access asks for a managed device before enrollment.",
    by="doctor", source=sources.MFA,
    says="Rules based on devices are not to be set for the cloud app Microsoft Intune Enrollment.",
)  # fmt: skip
JIT561 = decided(
    "JIT561", Severity.WARNING, "A device enrollment manager is under Conditional Access.",
    by="doctor", source=sources.ENROLLMENT_ERRORS,
    says="Where Conditional Access applies, an account that is a device enrollment manager completes no enrollment.",
)  # fmt: skip
JIT601 = decided(
    "JIT601", Severity.ERROR, "The Apple MDM push certificate is missing, has expired, or expires soon.",
    by="doctor", source=sources.CERTIFICATE,
    says="The certificate is valid for a year, with thirty days of grace. It is renewed with the Apple account that "
    "made it: another one means that every device enrolls again.",
)  # fmt: skip
JIT602 = decided(
    "JIT602", Severity.ERROR, "A restriction blocks iOS, or personal devices, for people who are to enroll.",
    by="doctor", source=sources.RESTRICTIONS,
    says="Platform restrictions hold for web based enrollment and for Company Portal; user enrollment overrides them.",
)  # fmt: skip
JIT603 = decided(
    "JIT603", Severity.WARNING, "A policy that no spec stands for has blanks around a key or a value.",
    by="doctor", source=sources.JIT, reported_as=("JIT115", "JIT116"),
    says="Blanks before and after the key and the value have to be removed: registration does not work otherwise.",
)  # fmt: skip
JIT604 = decided(
    "JIT604", Severity.WARNING, "Entra lets people have fewer devices than Intune, or somebody has them all.",
    by="doctor", source=sources.LIMITS,
    says="Intune and Entra each limit the devices of a person; the lower limit holds.",
)  # fmt: skip
JIT605 = decided(
    "JIT605", Severity.ERROR, "Entra lets nobody register a device: the quota is 0.",
    by="doctor", source=sources.QUOTA,
    says="The quota of devices a person may register becomes 0 where an update of the policy leaves it out.",
)  # fmt: skip
JIT606 = decided(
    "JIT606", Severity.ERROR, "Devices are not managed by Intune: the MDM authority is another one.",
    by="doctor", source=sources.IOS_ERRORS,
    says="Enrollment needs the MDM authority to be set to Intune.",
)  # fmt: skip
JIT607 = decided(
    "JIT607", Severity.WARNING, "People who are to enroll have no Intune licence.",
    by="doctor", source=sources.IOS_ERRORS,
    says="Without a licence, enrollment ends with an error about the person's licence.",
)  # fmt: skip
JIT608 = decided(
    "JIT608", Severity.WARNING, "A restriction names a version of iOS, which web based enrollment does not heed.",
    by="doctor", source=sources.RESTRICTIONS,
    says="The lowest and highest version in a platform restriction hold for enrollment with Company Portal alone; "
    "compliance policies judge versions for all.",
)  # fmt: skip
JIT609 = decided(
    "JIT609", Severity.ERROR, "Company Portal is set to offer no enrollment to people who are to enroll.",
    by="doctor", source=sources.COMPANY_PORTAL,
    says="The customization of Company Portal can make device enrollment unavailable.",
)  # fmt: skip
JIT610 = decided(
    "JIT610", Severity.INFO, "What was just assigned takes some minutes to be in force.",
    by="apply", source=sources.RESTRICTIONS,
    says="Filters and memberships are worked out within about fifteen minutes: wait before a test enrollment.",
)  # fmt: skip
JIT611 = decided(
    "JIT611", Severity.INFO, "Terms and conditions of Intune are shown to people who enroll.",
    by="doctor", source=sources.TERMS,
    says="Terms are accepted in Company Portal, and beside the terms of use of Entra if both are set.",
)  # fmt: skip
