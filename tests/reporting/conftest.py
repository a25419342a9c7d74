"""The workspace with three runs on record, for the tests that run `report`."""

from tests.evidence.conftest import folder, history, runs

__all__ = ["folder", "history", "runs"]
