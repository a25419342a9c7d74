"""`release`: stops managing objects without deleting them: an apply whose plan takes markers off, and no more."""

from __future__ import annotations

from . import apply
from .arguments import Arguments


def call(arguments: Arguments) -> int:
    """As `apply`; 4 where no live object carries the marker of an address."""
    return apply.call(arguments)
