"""The workspace folder of the tests that run commands."""

from __future__ import annotations

from tests.e2e.conftest import folder

__all__ = ["folder"]
