"""A plan as one self-contained HTML page, for a review in a browser. Pure: the document of `schemas/v1/plan.json` in.

The page has everything that the plan has: what is folded can be unfolded, what a filter hides is there without it, and
print has it all. Only of a very large plan it shows less of each change, and says so. Where a document is damaged, it
shows as much as there is.
"""

from __future__ import annotations

from ..model import JsonObject
from . import page
from .elements import Child
from .markdown import size
from .members import member, objects, text
from .plan_page import around, changes, coverage, order, people, verdict
from .plan_page.anchors import Anchors
from .plan_page.detail import LIMIT, room
from .plan_page.findings import unplaced


def plan(document: JsonObject, *, limit: int = LIMIT) -> str:
    """The whole page, of about `limit` bytes at most where the plan has up to 1,000 changes."""
    anchors = Anchors.of(document)
    before: list[tuple[str, str, Child]] = [
        ("findings", "Findings", unplaced(anchors)),
        ("people", "What it means for people", people.section(document)),
        ("order", "Order of enrollment profiles", order.section(document)),
    ]
    after: list[tuple[str, str, Child]] = [
        ("coverage", "Coverage", coverage.section(document)),
        ("left-alone", "Left alone", around.left_alone(document)),
        ("exceptions", "Exceptions", around.exceptions(document, anchors)),
        ("provenance", "Provenance", around.provenance(document)),
    ]
    taken = sum(size(content or "") for *_, content in (*before, *after))
    left = room(limit, len(objects(document, "changes")), taken)
    sections = [*before, ("changes", "Changes", changes.section(document, anchors, left)), *after]
    title = f"Plan for {text(member(document, 'tenant'), 'name') or 'a tenant'}"
    links = [(name, words) for name, words, content in sections if content]
    top = verdict.header(document, anchors, links)
    return page.whole(title, [content for *_, content in sections], top=top, scripted=True)
