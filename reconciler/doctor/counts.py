"""How many devices came through: the numbers that tell whether a setup works, honest where they are partial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..facts import SsoPolicy
from ..live import Live
from ..model import JsonObject
from .model import Answer, moment
from .person import APPLIED, install_states, is_ios, policy_state, registered


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or why there is none; with both, there are at least so many."""

    value: int | None
    why: str | None = None

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {"value": self.value, "why": self.why}


@dataclass(frozen=True, slots=True)
class Counts:
    """Devices with iOS or iPadOS that enrolled since a date, and what became of them."""

    since: date
    enrolled: Number
    registered: Number
    never_registered: Number
    registration_unknown: Number
    compliant: Number
    policy_not_applied: Number
    authenticator_not_installed: Number

    @property
    def complete(self) -> bool:
        """Whether every number is there."""
        numbers = (self.enrolled, self.policy_not_applied, self.authenticator_not_installed)
        return not any(each.why for each in numbers)

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {
            "since": self.since.isoformat(),
            "complete": self.complete,
            "enrolled": self.enrolled.to_json(),
            "registered": self.registered.to_json(),
            "neverRegistered": self.never_registered.to_json(),
            "registrationUnknown": self.registration_unknown.to_json(),
            "compliant": self.compliant.to_json(),
            "policyNotApplied": self.policy_not_applied.to_json(),
            "authenticatorNotInstalled": self.authenticator_not_installed.to_json(),
        }


def count(
    devices: Answer,
    since: date,
    *,
    policies: Sequence[tuple[Live, SsoPolicy]] | str,
    applied: Mapping[str, Answer],
    copies: frozenset[str] | str,
    apps: Mapping[str, Answer],
) -> Counts:
    """The numbers. `policies` are the assigned SSO policies, `copies` the ids, in lower case, of the required copies of
    Authenticator; text where there is nothing to look for, or it is not known. `applied` and `apps` are the states of
    policies and apps by the id of the device.
    """
    if devices.problem:
        none = Number(None, devices.problem.message)
        return Counts(since, none, none, none, none, none, none, none)
    found = [live.body for live in devices.objects if is_counted(live.body, since)]
    told = [registered(body) for body in found]
    return Counts(
        since,
        Number(len(found)),
        Number(told.count(True)),
        Number(told.count(False)),
        Number(told.count(None)),
        Number(sum(body.get("complianceState") == "compliant" for body in found)),
        Number(None, policies)
        if isinstance(policies, str)
        else _without([_is_applied(body, applied, policies) for body in found]),
        Number(None, copies) if isinstance(copies, str) else _without([_is_installed(b, apps, copies) for b in found]),
    )


def is_counted(body: JsonObject, since: date) -> bool:
    """Whether a device is an iPhone or iPad that enrolled since then: a service may give more than was asked for."""
    enrolled = moment(body.get("enrolledDateTime"))
    return is_ios(body) and enrolled is not None and enrolled.date() >= since


def _without(told: Sequence[bool | None]) -> Number:
    """How many devices do not have it."""
    unknown = told.count(None)
    why = f"of {unknown} more device{'' if unknown == 1 else 's'} Intune does not say" if unknown else None
    return Number(told.count(False), why)


def _is_applied(
    device: JsonObject, applied: Mapping[str, Answer], policies: Sequence[tuple[Live, SsoPolicy]]
) -> bool | None:
    """Whether one of the policies is applied. What Intune says of those of the settings catalog is in reports alone."""
    answer = applied.get(str(device.get("id") or ""))
    if answer is None or answer.problem:
        return None
    states = [live.body for live in answer.objects]
    told = {policy_state(live, states) for live, _ in policies} - {None}
    if told & APPLIED:
        return True
    silent = not told and any(policy.encoding == "catalog" for _, policy in policies)
    return None if silent or told == {"unknown"} else False


def _is_installed(device: JsonObject, apps: Mapping[str, Answer], copies: frozenset[str]) -> bool | None:
    answer = apps.get(str(device.get("id") or ""))
    if answer is None or answer.problem:
        return None
    states = install_states(device, (live.body for live in answer.objects), copies)
    return None if states <= {"unknown"} else "installed" in states
