"""Rules about Automated Device Enrollment, which is only read: where it gets in the way of registration.

Graph does not document which of its flags mean "modern authentication", so nothing here is more than a warning, and
what is not known is not accused.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Severity
from ..facts import AutomatedProfile
from . import sources
from .model import LIVE, Context, Finding, decided, rule


@rule(
    "JIT311", Severity.ERROR, "People of an automated enrollment sign in with Company Portal, and register there.",
    about=AutomatedProfile, decides=LIVE, source=sources.AUTOMATED,
    says="With Automated Device Enrollment, just-in-time registration needs Setup Assistant with modern "
    "authentication, or Entra shared device mode.",
)  # fmt: skip
def JIT311(profile: AutomatedProfile, context: Context) -> Iterator[Finding]:  # noqa: N802 - becomes a value
    if profile.authentication == "company-portal" and not profile.shared_mode:
        yield Finding(
            "people sign in with Company Portal during setup, so their devices do not register just in time",
            "choose Setup Assistant with modern authentication; devices that are set up take it at the next wipe",
            severity=Severity.WARNING,
        )


@rule(
    "JIT314", Severity.WARNING, "An automated enrollment locks the device into Company Portal.",
    about=AutomatedProfile, decides=LIVE,
    says="Registration just in time is done by the first work app that people open. A device that runs nothing but "
    "Company Portal until they have signed in to it opens none. No page of Microsoft's says so of this setting: it "
    "follows from the two.",
)  # fmt: skip
def JIT314(profile: AutomatedProfile, context: Context) -> Iterator[Finding]:  # noqa: N802
    if profile.single_app_mode and profile.authentication != "none":
        yield Finding(
            "Company Portal runs in single app mode until people sign in to it, so they cannot open a work app first",
            "switch single app mode off: just-in-time registration happens in the first work app",
        )


JIT312 = decided(
    "JIT312", Severity.ERROR, "People of an account driven profile cannot set up a device of an automated enrollment.",
    by="doctor", source=sources.AUTOMATED,
    says="Automated enrollment that signs in with Company Portal is blocked for people who have an account driven "
    "profile; modern authentication is not.",
)  # fmt: skip
JIT313 = decided(
    "JIT313", Severity.WARNING, "An app configuration policy for Company Portal reaches automated enrollment.",
    by="doctor", source=sources.AUTOMATED,
    says="With modern authentication Intune configures Company Portal by itself; a second configuration makes it ask "
    "for a management profile again.",
)  # fmt: skip
