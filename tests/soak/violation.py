"""What a law says when it is broken: the number of the invariant (docs/invariants.md) and what was seen."""

from __future__ import annotations


class Violation(AssertionError):  # noqa: N818 - that is what it is
    """An invariant does not hold."""

    def __init__(self, invariant: int, message: str) -> None:
        super().__init__(f"invariant {invariant}: {message}")
        self.invariant = invariant


def hold(condition: object, invariant: int, message: str) -> None:
    """Raises `Violation` unless the condition is true."""
    if not condition:
        raise Violation(invariant, message)
