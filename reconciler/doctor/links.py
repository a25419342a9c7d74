"""The chain that one device goes through, link by link, and which of them is broken first.

licence -> restriction -> profile -> enrolled -> Authenticator required -> installed -> SSO policy assigned -> applied
-> registered -> compliant. A link that could not be read is told as unknown; it is accused only where none is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..model import JsonObject
from . import after, before
from .model import Evidence, NotRead, State, Verdict, run_safely
from .person import OWN_DEVICES, USER, Case, ios_devices


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain."""

    id: str
    rule: str | None
    title: str
    decide: Callable[[Case], Verdict]


@dataclass(frozen=True, slots=True)
class Judged:
    """A link with its verdict."""

    link: Link
    verdict: Verdict

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {
            "id": self.link.id,
            "rule": self.verdict.rule or self.link.rule,
            "title": self.link.title,
            "state": str(self.verdict.state),
            "found": self.verdict.found,
            "means": self.verdict.means,
            "remedy": self.verdict.remedy,
            "permissions": [*self.verdict.permissions],
        }


def judge(case: Case) -> list[Judged]:
    """Every link that there is anything to say about: without a device those up to enrollment, without an account the
    first.
    """
    asked = LINKS if case.device is not None else LINKS[: LINKS.index(ENROLLED) + 1]
    if case.evidence.answers[USER].body is None:
        asked = LINKS[:1]
    return [Judged(link, _told(case, link, run_safely(partial(link.decide, case)))) for link in asked]


def _told(case: Case, link: Link, verdict: Verdict) -> Verdict:
    """The verdict as it counts: what would have kept the device out did not, once it is enrolled."""
    if case.device is None or link.id not in _ENTRANCE or verdict.state is not State.FAILING:
        return verdict
    found = f"{verdict.found}; this device is enrolled all the same"
    means = f"for another device, or when this one enrolls anew: {verdict.means}"
    return replace(verdict, state=State.WARNING, found=found, means=means)


def first_broken(judged: Sequence[Judged]) -> Judged | None:
    """The link to mend: the first that fails; where none does, the first that could not be read.

    What leads to enrollment is not asked for any more where the device is enrolled.
    """
    asked = [each for each in judged if not _is_past(each, judged)]
    failing = next((each for each in judged if each.verdict.state is State.FAILING), None)
    return failing or next((each for each in asked if each.verdict.state is State.UNREAD), None)


def _is_past(judged: Judged, chain: Sequence[Judged]) -> bool:
    """Whether a link is one that the device has behind it."""
    enrolled = any(each.link.id == ENROLLED.id and each.verdict.state is State.OK for each in chain)
    return enrolled and judged.link.id in _ENTRANCE


ENROLLED = Link("enrolled", None, "enrollment", before.enrolled)
LINKS: tuple[Link, ...] = (
    Link("licence", "JIT607", "account and licence", before.licence),
    Link("restriction", "JIT602", "restrictions and limits", before.restriction),
    Link("profile", None, "enrollment profile", before.profile),
    ENROLLED,
    Link("authenticator-required", "JIT503", "Authenticator as a required app", after.authenticator_required),
    Link("authenticator-installed", None, "Authenticator on the device", after.installed),
    Link("policy-assigned", "JIT401", "SSO policy for the person", after.policy_assigned),
    Link("policy-applied", None, "SSO policy on the device", after.policy_applied),
    Link("registered", None, "registration in Entra", after.registration),
    Link("compliant", None, "compliance", after.compliant),
)
_ENTRANCE = frozenset({"restriction", "profile"})
"""The links that decide whether and how a device enrolls, and nothing after that."""


def cases(evidence: Evidence, upn: str) -> list[Case]:
    """One for each iPhone and iPad of the person; one without a device where there is none, or that is not known."""
    if OWN_DEVICES not in evidence.answers:  # the account is not known
        return [Case(evidence, upn)]
    try:
        devices = ios_devices(evidence)
    except NotRead:
        devices = []
    return [Case(evidence, upn, device) for device in devices] or [Case(evidence, upn)]
