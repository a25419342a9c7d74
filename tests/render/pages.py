"""The golden pages: each file of `golden/` by its name, with what it must hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.audience import Affected
from reconciler.render import plan_markdown, rules, run_markdown, text, validation_markdown
from reconciler.render.text import Style
from reconciler.run import Outcome

from . import documents as given
from . import rule_documents

FOLDER = Path(__file__).parent / "golden"
PLAIN, NARROW, WIDE, COLORED = Style(), Style(width=60), Style(width=140), Style(color=True)


def _validation(*found: given.Diagnostic) -> str:
    document = {"formatVersion": 1, "valid": False, "specs": 12, "diagnostics": given.findings(*found)}
    return text.validation(document, style=PLAIN)


PAGES: dict[str, Callable[[], str]] = {
    "plan": lambda: text.plan(given.everything(), style=PLAIN),
    "plan-full": lambda: text.plan(given.everything(), style=PLAIN, full=True),
    "plan-narrow": lambda: text.plan(given.everything(), style=NARROW),
    "plan-wide": lambda: text.plan(given.everything(), style=WIDE),
    "plan-color": lambda: text.plan(given.everything(), style=COLORED),
    "plan-requests": lambda: text.plan(
        given.made_plan(given.NEW_POLICY, given.ADOPTED, given.ORDER).to_json(), style=PLAIN, requests=True
    ),
    "plan-refused": lambda: text.plan(given.refusing(), style=PLAIN),
    "plan-blocked": lambda: text.plan(given.made_plan(given.ORDER, findings=(given.PLACELESS,)).to_json(), style=PLAIN),
    "plan-people": lambda: text.plan(
        replace(given.made_plan(given.ORDER), affected=Affected(1042)).to_json(), style=PLAIN
    ),
    "plan-people-unknown": lambda: text.plan(
        replace(given.made_plan(given.ORDER), affected=Affected(None)).to_json(), style=PLAIN
    ),
    "plan-no-changes": lambda: text.plan(given.made_plan(given.UNCHANGED).to_json(), style=PLAIN),
    "plan-no-specs": lambda: text.plan(given.made_plan().to_json(), style=PLAIN),
    "plan-nothing-selected": lambda: text.plan(given.made_plan(given.UNSELECTED).to_json(), style=PLAIN),
    "plan-markdown": lambda: plan_markdown.plan(given.everything()),
    "plan-markdown-full": lambda: plan_markdown.plan(given.everything(), full=True),
    "plan-markdown-refused": lambda: plan_markdown.plan(given.refusing()),
    "plan-markdown-cut": lambda: plan_markdown.plan(given.everything(), limit=4500),
    "pins-written": lambda: text.pins(given.pins("written", given.PINNED[0], given.PINNED[2]), style=PLAIN),
    "pins-refused": lambda: text.pins(given.pins("refused", *given.PINNED, found=(given.NOTE,)), style=NARROW),
    "pins-unchanged": lambda: text.pins(given.pins("unchanged"), style=PLAIN),
    "run-applied": lambda: text.run(
        given.made_run(Outcome.APPLIED, given.RESULTS[0], given.RESULTS[3]), style=PLAIN, plan=given.everything()
    ),
    "run-partly": lambda: text.run(
        given.made_run(Outcome.PARTLY_APPLIED, *given.RESULTS), style=PLAIN, plan=given.everything()
    ),
    "run-partly-color": lambda: text.run(
        given.made_run(Outcome.PARTLY_APPLIED, *given.RESULTS), style=COLORED, plan=given.everything()
    ),
    "run-record": lambda: text.run(given.made_run(Outcome.FAILED, given.RESULTS[2]), style=NARROW),
    "run-open": lambda: text.run(
        {**given.made_run(Outcome.FAILED), "outcome": "running", "finishedAt": None}, style=PLAIN
    ),
    "run-dry": lambda: text.run(
        given.made_run(Outcome.DRY_RUN, given.RESULTS[2]), style=PLAIN, plan=given.everything()
    ),
    "run-markdown": lambda: run_markdown.run(
        given.made_run(Outcome.PARTLY_APPLIED, *given.RESULTS), plan=given.everything()
    ),
    "run-nothing": lambda: text.run(given.made_run(Outcome.NOTHING_TO_DO), style=PLAIN),
    "validation": lambda: _validation(given.PADDED, given.WIDE, given.LONG, given.PLACELESS, given.NOTE),
    "validation-markdown": lambda: validation_markdown.validation(
        {"valid": False, "specs": 12, "diagnostics": given.findings(given.PADDED, given.WIDE, given.NOTE)}, owner="a"
    ),
    "validation-clean": _validation,
    "rules": lambda: rules.text(rule_documents.listed(), style=PLAIN),
    "rules-narrow": lambda: rules.text(rule_documents.listed(), style=NARROW),
    "rules-markdown": lambda: rules.markdown(rule_documents.listed()),
    "rule": lambda: rules.explained(rule_documents.explained(), style=PLAIN),
    "rule-set": lambda: rules.explained(rule_documents.explained(rule_documents.SET, example=None), style=COLORED),
    "rule-markdown": lambda: rules.explained_markdown(rule_documents.explained()),
}


def visible(page: str) -> str:
    """A page as its file holds it: the escape character by its name, so that any editor shows the colours' codes."""
    return page.replace("\x1b", "\\x1b")
