"""Workspace folders and served tenants, as the end-to-end tests have them."""

from __future__ import annotations

from tests.e2e.conftest import folder, graph

__all__ = ["folder", "graph"]
