"""Intune's throttling limits, counted per bucket in a sliding window of 20 seconds.

Source: "Intune service limits" in the Microsoft Graph throttling documentation: 100 writes and 1000 requests in 20 s
for each app and tenant, the same for device configuration, applications and device enrollment. Managed devices have a
bucket of their own, with higher numbers; here they take what the others take.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import timedelta

from .clock import http_date
from .context import Context
from .errors import GraphError
from .log import WRITE_METHODS
from .resources import Bucket

WINDOW = 20.0


class Quota:
    """Counts requests by bucket. The caller holds the service's lock."""

    def __init__(self) -> None:
        self._spent: dict[tuple[Bucket, bool], deque[float]] = {}

    def spend(self, context: Context, bucket: Bucket, method: str) -> None:
        """Counts a request. Raises `GraphError` 429 over the limit; a refused request counts as well, as documented."""
        if bucket == "directory":
            return
        now = context.now.timestamp()
        over = self._over((bucket, False), context.knobs.quota_requests, now)
        if method in WRITE_METHODS:
            over = max(over, self._over((bucket, True), context.knobs.quota_writes, now))
        if over > 0:
            raise throttled(context, over)

    def _over(self, key: tuple[Bucket, bool], limit: int | None, now: float) -> float:
        """Seconds until the bucket has room again; 0 if it has room."""
        if limit is None:
            return 0.0
        spent = self._spent.setdefault(key, deque())
        while spent and spent[0] <= now - WINDOW:
            spent.popleft()
        spent.append(now)
        return spent[-1 - limit] + WINDOW - now if len(spent) > limit else 0.0


def throttled(context: Context, seconds: float) -> GraphError:
    """429 with `Retry-After` in the knob's form."""
    forms = {
        "seconds": str(math.ceil(seconds)),
        "zero": "0",
        "decimal": f"{seconds:.3f}",
        "http-date": http_date(context.now + timedelta(seconds=math.ceil(seconds))),
        "garbage": "soon",
    }
    form = forms.get(context.knobs.retry_after)
    headers = {"Retry-After": form} if form is not None else {}
    return GraphError(429, "TooManyRequests", "Too many requests.", headers)
