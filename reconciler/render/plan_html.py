"""A plan as one self-contained HTML page, for a review in a browser. Pure: the document of `schemas/v1/plan.json` in.

The page has everything that the plan has: what is folded can be unfolded, what a filter hides is there without it, and
print has it all. Where a document is damaged, it shows as much as there is.
"""

from __future__ import annotations

from ..model import JsonObject
from . import page
from .elements import Child
from .members import member, text
from .plan_page import around, changes, coverage, order, people, verdict
from .plan_page.anchors import Anchors
from .plan_page.findings import unplaced


def plan(document: JsonObject) -> str:
    """The whole page."""
    anchors = Anchors.of(document)
    sections: list[tuple[str, str, Child]] = [
        ("findings", "Findings", unplaced(document, anchors)),
        ("people", "What it means for people", people.section(document)),
        ("order", "Order of enrollment profiles", order.section(document)),
        ("changes", "Changes", changes.section(document, anchors)),
        ("coverage", "Coverage", coverage.section(document)),
        ("left-alone", "Left alone", around.left_alone(document)),
        ("exceptions", "Exceptions", around.exceptions(document, anchors)),
        ("provenance", "Provenance", around.provenance(document)),
    ]
    title = f"Plan for {text(member(document, 'tenant'), 'name') or 'a tenant'}"
    links = [(name, words) for name, words, content in sections if content]
    top = verdict.header(document, anchors, links)
    return page.whole(title, [content for *_, content in sections], top=top, scripted=True)
