"""Every check that there is, and the verdicts of all. Used by `cli.doctor` and, for what to read, `engine.examine`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import access, apps, coverage, discovery, policies, profiles, restrictions, sso, tenant
from .model import Check, Evidence, Finding, Setting, State, run, settled

CHECKS: tuple[Check, ...] = (
    *tenant.CHECKS,
    *restrictions.CHECKS,
    *profiles.CHECKS,
    *sso.CHECKS,
    *policies.CHECKS,
    *apps.CHECKS,
    *coverage.CHECKS,
    *access.CHECKS,
    *discovery.CHECKS,
)
"""Every check, in the order in which they are shown."""
_WIDE = frozenset({"JIT601", "JIT606"})
WIDE: tuple[str, ...] = tuple(sorted({key for check in CHECKS if check.id in _WIDE for key in check.reads}))
"""What the checks read that keep every device of a tenant out."""
NO_SETTINGS: Mapping[str, Setting] = MappingProxyType({})


def findings(evidence: Evidence, settings: Mapping[str, Setting] = NO_SETTINGS) -> list[Finding]:
    """The verdict of every check, and the rules that SSO policies break, as the workspace's settings let them count."""
    found = [*(run(check, evidence) for check in CHECKS), *policies.broken(evidence)]
    return [settled(each, settings.get(each.check.id)) for each in found]


def wide(evidence: Evidence, settings: Mapping[str, Setting] = NO_SETTINGS) -> list[Finding]:
    """What keeps every device of the tenant out, whoever asks: told of one person first. Nothing where all is well, or
    where nobody asked, as for an account that is not known.
    """
    asked = [check for check in CHECKS if check.id in _WIDE and evidence.answers.keys() >= {*check.reads}]
    found = [settled(run(check, evidence), settings.get(check.id)) for check in asked]
    return [each for each in found if each.verdict.state in (State.FAILING, State.UNREAD)]
