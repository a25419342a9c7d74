"""The command tests run in the workspace folder of the end-to-end tests."""

from tests.e2e.conftest import folder

__all__ = ["folder"]
