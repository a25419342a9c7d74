"""`plan --format html` and `show --format html`: the page of the very plan, and what a plan tells of coverage."""

from __future__ import annotations

from reconciler.emulator import Emulator
from reconciler.render import plan_html
from tests.guide.test_html import Page

from .command import Folder


def test_a_saved_plan_is_shown_as_the_page_of_its_document(folder: Folder, graph: Emulator) -> None:
    made = folder("plan", "--out", "p.json", "--format", "html")
    shown = folder("show", "p.json", "--format", "html")
    assert (made.code, shown.code) == (0, 0)
    assert made.out == shown.out == plan_html.plan(folder.read("p.json"))
    found = Page(shown.out)
    assert (found.open, found.wrong) == ([], [])
    assert {"order", "changes", "coverage", "provenance"} <= {
        attributes.get("id") for attributes in found.all("section")
    }


def test_coverage_is_told_before_and_after_and_names_no_person(folder: Folder, graph: Emulator) -> None:
    document = folder("plan", "--format", "json").valid("plan")
    coverage = document["coverage"]
    assert coverage["parts"] == ["profile", "sso-policy", "authenticator", "compliance"]
    assert all([cell["part"] for cell in row["cells"]] == coverage["parts"] for row in coverage["rows"])
    changed = {cell["part"] for row in coverage["rows"] for cell in row["cells"] if cell["before"] != cell["after"]}
    assert "sso-policy" in changed
