"""The embedded Microsoft Graph: an Intune tenant on loopback, for sandboxes, demonstrations and tests.

A real HTTP server over a contract that is read from Microsoft's own SDK. Shares no code with `kinds`, `graph` or
`engine`, so that it can prove them wrong.

    from reconciler.emulator import Emulator, Knobs

    with Emulator(seed=document, knobs=Knobs(set_priority="swap")) as emulator:
        ...  # any Graph client against f"{emulator.url}/beta"
"""

from __future__ import annotations

from .clock import SteppingClock, system_clock
from .context import ContractViolationError
from .emulator import Emulator, serve_forever
from .faults import Fault
from .knobs import Knobs
from .log import LoggedRequest

__all__ = [
    "ContractViolationError",
    "Emulator",
    "Fault",
    "Knobs",
    "LoggedRequest",
    "SteppingClock",
    "serve_forever",
    "system_clock",
]
