"""The links of the chain up to enrollment: may this person enroll, with which profile, and did they?

Called by `links`.
"""

from __future__ import annotations

from ..facts import ACCOUNT_DRIVEN, WITHDRAWN, Profile
from ..live import Live
from .failures import Failed, failures
from .model import Evidence, State, Verdict, failing, listed, ok, targets, types_of, unknown, warning
from .person import EVENTS, Case, Reached, count_of_devices, is_user_enrolled, licensed
from .restrictions import Restriction, is_default, limits, quota_of, restrictions, untold
from .sources import PROFILES, QUOTA, RESTRICTIONS


def licence(case: Case) -> Verdict:
    user = case.user
    if user is None:
        return failing(
            f"there is no account {case.upn!r} in this tenant",
            "nobody can sign in with that name",
            "check the spelling: it takes the user principal name, which need not be the mail address",
        )
    if user.get("accountEnabled") is False:
        return failing("the account is disabled", "the person cannot sign in", "enable it: Entra admin center > Users")
    holds = licensed(user)
    if holds is False:
        guest = ", a guest of this tenant," if user.get("userType") == "Guest" else ""
        return failing(
            f"the person{guest} has no Intune licence",
            "enrollment ends with UserLicenseTypeInvalid or User Name Not Recognized",
            "assign one: Microsoft 365 admin center > Users > Active users > the person > Licenses and apps",
        )
    if holds is None:
        return unknown("Graph does not say which licences the person has", "look in the Microsoft 365 admin center")
    if user.get("userType") == "Guest":
        return warning(
            "the person is a guest of this tenant, with an Intune licence",
            "whether guests can enroll is not documented",
            "let the person enroll with the account of their own organization, or give them an account here",
        )
    return ok("the person has an Intune licence")


def restriction(case: Case) -> Verdict:
    configurations = case.evidence.objects(RESTRICTIONS.key)
    limited = _cap(case, configurations)
    if limited.state is State.FAILING:
        return limited
    if names := untold(configurations):
        return _unless_overridden(case, limited, unknown(f"what these restrictions say is not known: {listed(names)}"))
    for each in restrictions(configurations):
        reached = "yes" if each.default else case.reaches(each.targets)
        if reached == "maybe" and each.stops is not False:
            doubt = unknown(f"whether the restriction {each.name!r} reaches the person depends on a filter")
            return _unless_overridden(case, limited, doubt)
        if reached == "yes":
            stopped = _stopped(each)
            return _unless_overridden(case, limited, stopped) if stopped else limited
    missing = unknown("Graph shows no platform restriction that applies to the person, which each tenant has")
    return _unless_overridden(case, limited, missing)


def _stopped(each: Restriction) -> Verdict | None:
    if each.stops is None:
        return unknown(f"Graph does not say what the restriction {each.name!r} of the person allows on iOS/iPadOS")
    if not each.stops:
        return None
    what = "iOS/iPadOS" if each.blocked else "personally owned iPhones and iPads"
    return failing(
        f"the restriction {each.name!r} applies to the person and blocks {what}",
        "enrollment ends with Invalid Profile, or with a message that the device is not allowed",
        "allow it there, or give the person a restriction of higher priority: "
        "Devices > Enrollment > Apple > Device platform restriction",
    )


def _unless_overridden(case: Case, limited: Verdict, stopped: Verdict) -> Verdict:
    """User enrollment overrides restrictions of platform and ownership. Source: "Set up iOS/iPadOS user enrollment with
    Company Portal" (Intune documentation).
    """
    driven = _is_account_driven(case)
    if driven:
        return ok(f"account-driven enrollment is stopped by no platform restriction{limited.found.removeprefix(_FREE)}")
    if driven is None and stopped.state is State.FAILING:
        return unknown(f"{stopped.found}; whether they enroll account-driven, which it does not stop, is not known")
    return stopped


def _is_account_driven(case: Case) -> bool | None:
    """Whether the device is in user enrollment, or the person would be with their profile. Raises `NotRead`."""
    if case.device is not None:
        return is_user_enrolled(case.device)
    found = reaching(case)
    first = next((index for index, each in enumerate(found) if each[2] == "yes"), len(found))
    rivals = [each for each in found[first:] if each[1].priority == found[first][1].priority]
    possible = [*found[:first], *rivals]
    types = {kind for _, profile, _ in possible for kind in types_of(profile)}
    if ACCOUNT_DRIVEN not in types:
        return False
    return True if types == {ACCOUNT_DRIVEN} and rivals else None


_FREE = "no enrollment restriction keeps the person's iPhone out"


def _cap(case: Case, configurations: tuple[Live, ...]) -> Verdict:
    """Whether one more device fits: Intune's limit, then Entra's."""
    has = count_of_devices(case.evidence)
    found = limits(configurations)
    limit = next((n for live, n in found if is_default(live) or case.reaches(targets(live)) == "yes"), None)
    if limit is not None and has >= limit and case.device is None:
        return failing(
            f"the person has {has} device{'' if has == 1 else 's'} in Intune, and may have {limit}",
            "another device ends with DeviceCapReached",
            "remove devices that are not used any more, or raise Devices > Enrollment > Device limit restriction",
        )
    if quota_of(case.evidence.one(QUOTA.key)) == 0:
        return failing(
            "Entra lets a person register 0 devices",
            "no device registers",
            "set the maximum number of devices per user: Entra admin center > Devices > Device settings",
        )
    may = f"; they have {has} of the {limit} devices that they may have" if limit is not None else ""
    return ok(f"{_FREE}{may}")


def reaching(case: Case) -> list[tuple[Live, Profile, Reached]]:
    """The profiles that may reach the person, the winner first (of two, the one with the lesser number: "0 is highest",
    Graph reference). Raises `NotRead`.
    """
    found = [
        (live, each, case.reaches(t for t in targets(live) if t.who != "devices"))
        for live, each in case.evidence.shown(PROFILES, Profile)
    ]
    kept = [each for each in found if each[2] != "no"]
    return sorted(kept, key=lambda each: (each[1].priority is None, each[1].priority or 0, each[0].id))


def profile(case: Case) -> Verdict:
    found = reaching(case)
    if not found:
        return warning(
            "no enrollment profile reaches the person",
            "the tenant's own default applies: web based in new tenants, Company Portal in older ones",
            "assign a profile to a group of theirs: Devices > Enrollment > Apple > Enrollment types",
        )
    live, first, reached = found[0]
    if reached == "maybe":
        return unknown(f"whether the profile {live.display_name!r} reaches the person depends on a filter")
    if any(each.priority == first.priority for _, each, _ in found[1:]):
        return unknown(f"which profile wins is not known: several have the priority {first.priority}")
    types = sorted(types_of(first))
    if types == [WITHDRAWN]:
        return failing(
            f"the profile {live.display_name!r} wins, of the withdrawn type user enrollment with Company Portal",
            "new devices cannot enroll with it",
            "give it the type account driven or web based",
        )
    return ok(f"the profile {live.display_name!r} wins ({listed(types)})")


def enrolled(case: Case) -> Verdict:
    if case.device is not None:
        return ok(f"enrolled {str(case.device.get('enrolledDateTime') or 'at an unknown time')[:16].replace('T', ' ')}")
    count_of_devices(case.evidence)  # raises where the devices could not be read: nobody knows that there is none
    user = case.user
    failed = _failures(case.evidence, str((user or {}).get("id") or ""))
    if failed:
        last = failed[0]
        return failing(
            f"no iPhone or iPad is enrolled; the last attempt failed on {last.when[:10]} "
            f"({last.detail or last.category}{', ' + last.reason.rule if last.reason.rule else ''})",
            last.reason.means,
            last.reason.remedy,
        )
    return failing(
        "no iPhone or iPad is enrolled, and Intune tells of no failed attempt",
        "the person has not begun, or the management profile was not installed in time",
        "send them the steps (`reconciler guide`); `reconciler doctor` tells whether the tenant lets anybody enroll",
    )


def _failures(evidence: Evidence, user_id: str) -> list[Failed]:
    """The failed attempts, as far as they were read: they explain, and nothing rests on them."""
    answer = evidence.answers.get(EVENTS)
    if answer is None or answer.problem:
        return []
    return failures((live.body for live in answer.objects), user_id=user_id)
