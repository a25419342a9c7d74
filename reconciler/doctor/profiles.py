"""Enrollment profiles: whether there are any, whether people can have them, and what stands against them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..assignments import Target
from ..facts import ACCOUNT_DRIVEN, AutomatedProfile, Profile
from ..live import Live
from . import pages
from .model import Check, Evidence, Verdict, failing, listed, ok, targets, unknown, warning
from .sources import APP_CONFIGURATIONS, AUTOMATED, CATALOG, PROFILES

_DEVICE_RULE = re.compile(r"\bdevice\.", re.IGNORECASE)
_COMPANY_PORTAL = "com.microsoft.companyportal"


def _assigned(evidence: Evidence) -> Verdict:
    profiles = [live for live, _ in evidence.shown(PROFILES, Profile)]
    assigned = [live for live in profiles if any(not t.exclude for t in targets(live))]
    if assigned:
        return ok(f"enrollment profiles are assigned: {listed(repr(live.display_name) for live in assigned)}")
    return ok(
        "no enrollment profile is assigned to anybody",
        means="the tenant's own default applies: web based in new tenants, Company Portal in older ones",
        remedy="assign a profile, so that people enroll as you mean it",
    )


def _groups(evidence: Evidence) -> Verdict:
    """Groups of devices, and empty ones, where people are needed."""
    found = evidence.shown(PROFILES, Profile)
    bad = [told for live, _ in found for t in targets(live) if (told := _unfit(t, live, evidence))]
    if not bad and (unclear := [t for live, _ in found for t in targets(live) if _is_unread(t, evidence)]):
        return unknown(f"whether there are people behind the profiles is not known: {evidence.why_not(unclear)}")
    if not bad:
        return ok("enrollment profiles are assigned to people")
    return failing(
        "; ".join(bad[:4]) + (f"; and {len(bad) - 4} more" if len(bad) > 4 else ""),
        "nobody gets these profiles: enrollment types are for people, before there is a device",
        "assign the profile to a group of users: Devices > Enrollment > Apple > Enrollment types",
    )


def _is_unread(target: Target, evidence: Evidence) -> bool:
    return target.who == "group" and not target.exclude and not evidence.census.people(target).known


def _unfit(target: Target, live: Live, evidence: Evidence) -> str | None:
    """Why a target holds nobody who could enroll; None where it does, or where that is not known."""
    if target.exclude:
        return None
    if target.who == "devices":
        return f"{live.display_name!r} is assigned to all devices"
    if target.who != "group":
        return None
    group, whom = evidence.names.groups_by_id.get(target.group), evidence.called(target)
    if group is not None and group.name is None:
        return f"{live.display_name!r} is assigned to {whom}, which does not exist any more"
    if group is not None and group.rule and _DEVICE_RULE.search(group.rule):
        return f"{live.display_name!r} is assigned to {whom}, a dynamic group of devices"
    people = evidence.census.groups.get(target.group)
    if people is not None and not people.possibly:
        return f"{live.display_name!r} is assigned to {whom}, which has no users in it"
    return None


def _automated_profiles(evidence: Evidence) -> list[tuple[Live, AutomatedProfile]]:
    """The profiles of Automated Device Enrollment, of a token or in the settings catalog. Raises `NotRead`."""
    return [*evidence.shown(AUTOMATED, AutomatedProfile), *evidence.shown(CATALOG, AutomatedProfile)]


def _automated(evidence: Evidence) -> Verdict:
    """Automated Device Enrollment beside account-driven enrollment."""
    profiles = _automated_profiles(evidence)
    if not profiles:
        return ok("there is no profile of Automated Device Enrollment")
    portal = [p.name for _, p in profiles if p.authentication == "company-portal"]
    if portal and evidence.scope.may_have(ACCOUNT_DRIVEN):
        return failing(
            f"profiles of Automated Device Enrollment sign in with Company Portal: {_quoted(portal)}",
            "people who are also assigned an account-driven profile cannot enroll such devices",
            "use Setup Assistant with modern authentication: Devices > Enrollment > Apple > Enrollment program tokens",
        )
    unclear = [p.name for _, p in profiles if p.authentication == "unknown"]
    if unclear and evidence.scope.may_have(ACCOUNT_DRIVEN):
        return unknown(
            "how people sign in with these profiles of Automated Device Enrollment, Graph does not tell: "
            f"{_quoted(unclear)}",
            "look in the portal: with Company Portal, people of an account-driven profile cannot enroll such devices",
        )
    return ok("no profile of Automated Device Enrollment stands against registration")


def _single_app(evidence: Evidence) -> Verdict:
    profiles = evidence.shown(AUTOMATED, AutomatedProfile)
    single = [p.name for _, p in profiles if p.single_app_mode and p.authentication != "none"]
    if not single:
        return ok("no profile of Automated Device Enrollment runs Company Portal in single app mode")
    return warning(
        f"profiles of Automated Device Enrollment run Company Portal in single app mode: {_quoted(single)}",
        "registration ends in the first work app, which such a device cannot open",
        "switch Run Company Portal in Single App Mode off in these profiles",
    )


def _portal_configuration(evidence: Evidence) -> Verdict:
    """Microsoft sends the configuration of Company Portal with modern authentication by itself."""
    modern = [p for _, p in _automated_profiles(evidence) if p.authentication in ("modern", "unknown")]
    found = [live for live in evidence.objects(APP_CONFIGURATIONS.key) if _is_portal(live) and live.assignments]
    if not modern or not found:
        return ok("no app configuration policy of its own is sent to Company Portal")
    return warning(
        f"Company Portal gets an app configuration policy of its own: {_quoted(live.display_name for live in found)}",
        "with Setup Assistant and modern authentication people are asked to install the management profile twice",
        "take its assignments away: Apps > Configuration",
    )


def _is_portal(live: Live) -> bool:
    """By its name, or by its text: Graph gives the app by id alone."""
    words = f"{live.display_name} {live.body.get('description') or ''}".casefold()
    return "company portal" in words or _COMPANY_PORTAL in str(live.body).casefold()


def _quoted(names: Iterable[str]) -> str:
    return listed(repr(name) for name in names)


CHECKS = (
    Check("JIT319", "enrollment profiles are assigned", (PROFILES,), _assigned, pages.WEB),
    Check("JIT305", "groups of people behind the profiles", (PROFILES,), _groups, pages.ACCOUNT),
    Check("JIT312", "Automated Device Enrollment", (AUTOMATED, CATALOG), _automated, pages.AUTOMATED),
    Check("JIT314", "single app mode of Company Portal", (AUTOMATED,), _single_app, pages.AUTOMATED),
    Check(
        "JIT313", "app configuration of Company Portal", (AUTOMATED, CATALOG, APP_CONFIGURATIONS.key),
        _portal_configuration, pages.AUTOMATED,
    ),
)  # fmt: skip
