"""The links of the chain after enrollment: Authenticator, the SSO policy, registration, compliance of one device.

Called by `links`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..live import Live
from ..model import JsonObject
from .apps import authenticators, is_vpp, licensed_to
from .model import State, Verdict, failing, listed, ok, required, targets, unknown, warning
from .person import (
    APP_STATES,
    APPLIED,
    MANAGER,
    OWN_DEVICES,
    REFUSED,
    Case,
    Reached,
    app_states,
    compliance_key,
    directory_id,
    directory_key,
    install_states,
    is_user_enrolled,
    policies_key,
    policy_state,
    registered,
)
from .policies import of_person
from .restrictions import quota_of
from .sources import QUOTA
from .sso import policies

_LATER = "wait: it enrolled less than an hour ago; look again later"
_LOOK = "look at the device in Entra admin center > Devices before anything is removed; sync it, and look again later"
_SYNC = "let the person open Settings, or sync the device: Devices > iOS/iPadOS > the device > Sync"


def authenticator_required(case: Case) -> Verdict:
    copies = authenticators(case.evidence)
    found = {live.id: case.reaches(required(live)) for live in copies}
    told = _told_apps(case, copies)
    by_device = [live for live in copies if _has(told, live, "mobileAppIntent", "requiredInstall")]
    names = [live.display_name for live in copies if found[live.id] == "yes" or live in by_device]
    if names:
        return _unfit(case, names) or ok(f"Authenticator is required for the person ({listed(names)})")
    if "maybe" in found.values():
        return unknown("whether Authenticator is required for the person depends on a filter or on a group of devices")
    means = "it is not installed by itself, and without it nothing registers the device"
    remedy = "assign it as required to a group of theirs: Apps > iOS/iPadOS > Microsoft Authenticator > Properties"
    if any(_has(told, live, "installState", "installed") for live in copies):
        return warning("Authenticator is installed, and not required for the person", means, remedy)
    return failing("Authenticator is not required for the person", means, remedy)


def _unfit(case: Case, names: list[str]) -> Verdict | None:
    """What is wrong with the licence, where the device is in user enrollment; None where nothing is."""
    if case.device is None or not is_user_enrolled(case.device):
        return None
    fitting = _by_licence(case)
    if fitting == "no":
        return failing(
            "Authenticator is required for the person, but not as a VPP app with user licensing",
            "with this enrollment type no store app and no device-licensed one is installed",
            "assign the VPP app with licence type User to a group of theirs (JIT506)",
        )
    if fitting == "maybe":
        return unknown(
            f"whether Authenticator is licensed to the person, as this enrollment type takes it, is not told "
            f"({listed(names)})",
            "look at the licence type of the assignment: Apps > iOS/iPadOS > Microsoft Authenticator > Properties",
        )
    return None


def _told_apps(case: Case, copies: Iterable[Live]) -> list[JsonObject]:
    """What Intune says of these apps on the device, where that was read: it wins over what targets let expect."""
    answer = case.evidence.answers.get(APP_STATES)
    if case.device is None or answer is None or answer.problem:
        return []
    return app_states(case.device, (live.body for live in answer.objects), {live.id.casefold() for live in copies})


def _has(told: Iterable[JsonObject], live: Live, name: str, value: str) -> bool:
    own = (app for app in told if str(app.get("applicationId")).casefold() == live.id.casefold())
    return any(app.get(name) == value for app in own)


def _by_licence(case: Case) -> Reached:
    """Whether a copy with a licence of the person reaches them; `maybe` where a filter decides, or nothing tells which
    licence it takes.
    """
    copies = authenticators(case.evidence)
    held = {case.reaches(licensed_to(live, True)) for live in copies}
    if "yes" in held:
        return "yes"
    untold = any(case.reaches(licensed_to(live, None)) != "no" for live in copies)
    return "maybe" if untold or "maybe" in held else "no"


def installed(case: Case) -> Verdict:
    assert case.device is not None
    copies = authenticators(case.evidence)
    ids = {live.id.casefold() for live in copies}
    states = install_states(case.device, (live.body for live in case.evidence.objects(APP_STATES)), ids)
    if "installed" in states:
        return ok("Authenticator is installed")
    if states <= {"unknown"}:
        return unknown("Intune does not say whether Authenticator is installed")
    if case.young:
        return warning(
            "Authenticator is not installed yet", "the person has to wait before they open a work app", _LATER
        )
    if "failed" in states:
        told = _told_apps(case, copies)
        return _failed(by_token=any(is_vpp(c) and _has(told, c, "installState", "failed") for c in copies))
    return failing(f"Authenticator is not installed ({listed(sorted(states))})", "nothing registers the device", _SYNC)


def _failed(*, by_token: bool) -> Verdict:
    """Tokens and licences are behind it only where a copy of theirs failed: a store app a person can refuse, too."""
    needs = (
        "a VPP copy needs a valid token and a free licence (JIT505)"
        if by_token
        else "a store copy needs an Apple account, and that the person accepts it"
    )
    verdict = failing(
        "the installation of Authenticator failed",
        "nothing registers the device",
        f"look why: Apps > iOS/iPadOS > Microsoft Authenticator > Device install status; {needs}",
    )
    return replace(verdict, rule="JIT505" if by_token else None)


def policy_assigned(case: Case) -> Verdict:
    found = [(live, policy, case.reaches(targets(live))) for live, policy in policies(case.evidence)]
    ours = [policy for _, policy, reached in found if reached == "yes"]
    names = [policy.name for policy in ours]
    if len(names) > 1:
        return failing(
            f"{len(names)} policies with the SSO extension reach the person ({listed(names)})",
            "their URLs have to be unique on a device; which of them then works is not documented",
            "keep one of them: Devices > Configuration",
        )
    if ours:
        return _past(case, of_person(ours[0], case.evidence))
    if told := [policy for live, policy, _ in found if _reported(case, live) in _ON_DEVICE]:
        return of_person(told[0], case.evidence)
    if any(reached == "maybe" for *_, reached in found):
        return unknown("whether an SSO policy reaches the person depends on a filter or on a group of devices")
    return failing(
        "no policy with the SSO extension reaches the person",
        "the device enrolls and never registers",
        "assign it to a group of theirs, or to all users: Devices > Configuration",
    )


_ON_DEVICE = (APPLIED | REFUSED) - {"notApplicable"}
"""States that only a device that got the policy reports."""


def _reported(case: Case, live: Live) -> str | None:
    """The state of a policy on the device, where that was read and is told."""
    answer = case.evidence.answers.get(policies_key(case.device)) if case.device is not None else None
    if answer is None or answer.problem:
        return None
    return policy_state(live, [each.body for each in answer.objects])


def _past(case: Case, verdict: Verdict) -> Verdict:
    """What a policy does is told as a warning where the device has registered: it is the next one that does not."""
    if verdict.state is not State.FAILING or not registered(case.device or {}) or _in_directory(case) is False:
        return verdict
    means = f"this device is registered all the same; for another one, or when it enrolls anew: {verdict.means}"
    return replace(verdict, state=State.WARNING, means=means)


def policy_applied(case: Case) -> Verdict:
    assert case.device is not None
    case.evidence.objects(policies_key(case.device))  # raises where nobody knows what is on the device
    ours = [
        (live, policy)
        for live, policy in policies(case.evidence)
        if case.reaches(targets(live)) != "no" or _reported(case, live) in _ON_DEVICE
    ]
    found = {policy.name: state for live, policy in ours if (state := _reported(case, live))}
    if any(state in APPLIED for state in found.values()):
        return ok("the SSO policy is applied on the device")
    if not ours:
        return Verdict(State.NOT_APPLICABLE, "no SSO policy is assigned that could be applied")
    if any(policy.encoding == "catalog" for _, policy in ours) and not found:
        return unknown("Graph tells the state of settings catalog policies in reports alone")
    if case.young:
        return warning(
            "the SSO policy is not applied yet", "the person has to wait before they open a work app", _LATER
        )
    bad = [f"{name!r} ({state})" for name, state in found.items() if state in REFUSED]
    if bad:
        return failing(
            f"the SSO policy is not applied: {listed(bad)}",
            "the device does not register",
            "look why: Devices > iOS/iPadOS > the device > Device configuration; a conflict names the other policy",
        )
    return unknown("Intune does not say yet whether the SSO policy is applied", _SYNC)


def registration(case: Case) -> Verdict:
    """Intune and Entra have to agree: whoever is told to enroll again loses the device first."""
    assert case.device is not None
    held, directory = registered(case.device), _in_directory(case)
    if held and directory_id(case.device) is None:
        return unknown("Intune holds the device as registered, and does not say which device of Entra it is", _LOOK)
    if held and directory is not False:
        return ok("the device is registered in Entra")
    if held is None and directory:
        return ok("the device is registered in Entra, as the directory says")
    if held is None and directory is None:
        return unknown("neither Intune nor Entra says whether the device is registered")
    if held is False and directory:
        return unknown("Intune holds the device as not registered, and Entra has it: the two do not agree", _LOOK)
    if case.young:
        return warning(
            "the device is not registered yet", "the person has to open the first work app, and sign in", _LATER
        )
    if directory is None:
        case.evidence.objects(directory_key(case.device))  # raises: Entra may have it all the same
    return _unregistered(case, case.device, held=bool(held))


def _unregistered(case: Case, device: JsonObject, *, held: bool) -> Verdict:
    means = "work apps that ask for a managed device stay closed"
    if held:
        return failing(
            "Intune holds the device as registered, but Entra has no such device",
            means,
            "let the person remove the device in Company Portal's website, and enroll it again",
        )
    found = "the device is not registered in Entra"
    if (full := _quota_full(case)) is not None:
        return failing(
            f"{found}; Entra lets a person register {full}",
            means,
            "remove a device that is not used any more, or raise the number: Entra admin center > Devices > "
            "Device settings (JIT604)",
        )
    if device.get("deviceEnrollmentType") == MANAGER:
        return failing(
            f"{found}; a device enrollment manager enrolled it",
            means,
            "let the person enroll it with their own account, or leave the manager out of Conditional Access (JIT561)",
        )
    return failing(
        found,
        means,
        "let the person open the first work app (Teams) and sign in, after Authenticator has come; "
        "if that does not help, remove the device and enroll it again",
    )


def _quota_full(case: Case) -> str | None:
    """How many devices Entra lets a person register, where this one is too many; it explains, and no more."""
    answer, own = case.evidence.answers.get(QUOTA.key), case.evidence.answers.get(OWN_DEVICES)
    if answer is None or answer.problem or own is None or own.problem:
        return None
    quota = quota_of(answer.body)
    if not quota:
        return None if quota is None else "0 devices"
    others = sum(registered(live.body) is True for live in own.objects)
    devices = f"{quota} device{'' if quota == 1 else 's'}"
    return f"{devices}, and so many others of theirs are registered" if others >= quota else None


def _in_directory(case: Case) -> bool | None:
    """Whether Entra has the device; None where that was not read, or cannot be asked."""
    assert case.device is not None
    if directory_id(case.device) is None:
        return False if registered(case.device) is False else None
    answer = case.evidence.answers.get(directory_key(case.device))
    if answer is None or answer.problem:
        return None
    return bool(answer.objects)


def compliant(case: Case) -> Verdict:
    assert case.device is not None
    state = str(case.device.get("complianceState") or "unknown")
    if state == "compliant":
        return ok("the device is compliant")
    if state == "inGracePeriod":
        return warning(
            "the device is not compliant, and in its grace period",
            "work apps close when that ends",
            "let the person open Company Portal's website and mend what it names",
        )
    if state not in ("noncompliant", "conflict", "error"):
        return unknown("Intune does not say yet whether the device is compliant", _SYNC)
    named = _noncompliant(case)
    return failing(
        f"the device is not compliant{named}",
        "work apps that ask for a compliant device stay closed",
        "let the person open the first work app, or Company Portal's website, and mend what it names",
    )


def _noncompliant(case: Case) -> str:
    """By which policies, where that was read: it explains, and nothing rests on it."""
    assert case.device is not None
    answer = case.evidence.answers.get(compliance_key(case.device))
    if answer is None or answer.problem:
        return ""
    bad = [
        live.display_name for live in answer.objects if live.body.get("state") in ("nonCompliant", "error", "conflict")
    ]
    return f" ({listed(bad)})" if bad else ""
