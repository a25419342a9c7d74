"""A rule about the assignments of every kind: a spec that is for nobody does nothing for anybody."""

from __future__ import annotations

from collections.abc import Iterator

from ..assignments import wanted_targets
from ..diagnostics import Severity
from ..facts import App, Clip, Compliance, Profile, SsoPolicy
from ..spec.load import Desired
from . import sources
from .model import Context, Estate, Finding, rule

ASSIGNED = (SsoPolicy, App, Profile, Clip, Compliance)
"""The nouns whose specs say whom they are for."""


@rule(
    "JIT104", Severity.WARNING, "A spec includes nobody, so what it declares reaches nobody.",
    about=Estate, source=sources.JIT,
    says="The policy, the app and the enrollment profile are each assigned to all users or to chosen groups.",
)  # fmt: skip
def JIT104(estate: Estate, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    for each in estate.declared:
        if isinstance(each.fact, ASSIGNED) and (found := _for_nobody(each.desired)):
            yield found


def _for_nobody(desired: Desired) -> Finding | None:
    """What is not mentioned is unmanaged, which is nothing to tell of where the spec pins what there is."""
    if "assignments" not in desired.spec:
        return None if "id" in desired.spec else _silent(desired)
    assignments = desired.spec["assignments"]
    unknown = isinstance(assignments, dict) and "include" not in assignments  # its audience is not declared
    if unknown or any(not target.exclude for target in wanted_targets(assignments)):
        return None
    message = "it is assigned to nobody: `assignments` includes no one"
    return Finding(message, "include `allUsers` or a group", ("spec", "assignments"), about=desired)


def _silent(desired: Desired) -> Finding:
    return Finding(
        "the spec does not say whom it is for: a new object is assigned to nobody",
        "add `assignments`; or pin an object that is there with `id`, whose assignments then stay as they are",
        ("metadata", "name"),
        about=desired,
    )
