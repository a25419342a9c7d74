"""Results as text for people. The text renderers in one place: what `cli` calls.

All are pure: a JSON document of the interface in, text with a line end out. A document that was saved and one that
was just made look the same.
"""

from __future__ import annotations

from .findings import diagnostics, validation
from .pins_text import pins
from .plan_text import plan
from .run_text import run
from .style import Style

__all__ = ["Style", "diagnostics", "pins", "plan", "run", "validation"]
