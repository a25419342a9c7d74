"""The rule about the lists that rules build on: an old one misses what has come since (JIT901)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..diagnostics import Severity
from . import lists
from .model import Context, Estate, Finding, rule

OLD = 18
"""Months after which a list counts as old."""


@rule(
    "JIT901", Severity.INFO, "A list that rules build on is old.", about=Estate,
    says="No document says it: Microsoft's apps, keys of the plug-in and versions of iOS come and go, and a rule knows "
    "those that its list knows.",
)  # fmt: skip
def jit901(estate: Estate, context: Context) -> Iterator[Finding]:
    """Silent where there is nothing that a list could have been asked about."""
    for each in lists.listed() if estate.declared else ():
        if months(each.date, context.today) > OLD:
            add = f"; {each.extend} of the workspace adds what it lacks" if each.extend else ""
            age = f"{months(each.date, context.today)} months ago"
            yield Finding(
                f"the list {each.title!r} was last checked on {each.date}, {age}",
                f"install a newer version of reconciler{add}",
            )


def months(since: date, until: date) -> int:
    """Whole months from one day to another."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
