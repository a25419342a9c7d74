"""The page of a plan in a headless browser, once; `make look` does more, and makes pictures.

Skipped, visibly, where no browser is installed: see the reason at the end of a test run (`-rs`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.render import plan_html
from tests import browser, page_checks

from . import plan_documents

PROGRAM = browser.found()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason=f"no page was opened in a browser: none of {', '.join(browser.NAMES)} is installed"
)


def test_the_page_of_a_plan_works_in_a_browser(tmp_path: Path) -> None:
    """All checks on one page, and that it is complete without its script."""
    assert PROGRAM is not None
    page = tmp_path / "plan.html"
    page.write_text(plan_html.plan(plan_documents.reviewed()), encoding="utf-8")
    with browser.started(PROGRAM) as tab:
        tab.show_as(*page_checks.PHONE)
        tab.open(page)
        assert {check.name: check.complaints(tab) for check in page_checks.CHECKS} == {
            check.name: [] for check in page_checks.CHECKS
        }
        with tab.without_scripts():
            tab.open(page)
            assert page_checks.without_scripts(tab) == []
