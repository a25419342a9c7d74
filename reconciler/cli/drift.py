"""`drift`: what in the tenant departs from the specs. A plan that always says by its exit code whether there is any."""

from __future__ import annotations

import asyncio

from . import logs
from .arguments import Arguments
from .plan import drift_code, show_plan


def call(arguments: Arguments) -> int:
    """0 where the tenant is as specified, 2 where it is not, 4 where that is not known."""
    with logs.started(arguments):
        return asyncio.run(show_plan(arguments, drift_code))
