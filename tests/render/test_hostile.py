"""Documents full of hostile or damaged values: always a page, with whole lines, that nobody obeys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render import apps, plan_markdown, rules, run_markdown, text, validation_markdown
from reconciler.render.text import Style
from reconciler.run import Outcome

from . import app_documents, documents, rule_documents
from .hostile import PAYLOADS, complaints
from .test_safe import ANY_TEXT

LAW = settings(deadline=None, max_examples=60)
ENDLESS = Style(width=10_000_000)
STRUCTURE = {"action", "status", "outcome", "severity", "op", "method"}
"""Members whose value decides how something is shown; they are replaced in a test of their own."""

Renderer = Callable[[dict[str, Any]], str]


def _plan(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return text.plan(document, style=style, requests=True, full=True)


def _run(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return text.run(document, style=style, plan=documents.everything()) + text.run(document, style=style)


def _pins(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return text.pins(document, style=style)


def _validation(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return text.validation(document, style=style)


def _rules(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return rules.text(document, style=style) + rules.markdown(document)


def _rule(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return rules.explained(document, style=style) + rules.explained_markdown(document)


def _apps(document: dict[str, Any], style: Style = Style()) -> str:  # noqa: B008 - a frozen value
    return apps.text(document, style=style) + apps.markdown(document)


CASES: dict[str, tuple[Renderer, Callable[[], dict[str, Any]]]] = {
    "plan": (_plan, documents.everything),
    "refused plan": (_plan, documents.refusing),
    "run": (_run, lambda: documents.made_run(Outcome.PARTLY_APPLIED, *documents.RESULTS)),
    "apps": (_apps, app_documents.listed),
    "rules": (_rules, rule_documents.listed),
    "rule": (_rule, rule_documents.explained),
    "pins": (_pins, lambda: documents.pins("refused", *documents.PINNED, found=(documents.NOTE,))),
    "validation": (
        _validation,
        lambda: {"specs": 1, "diagnostics": documents.findings(documents.PADDED, documents.LONG, documents.NOTE)},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_invariant_45_hostile_values_in_every_place(case: str, payload: str) -> None:
    render, document = CASES[case]
    assert complaints(render(replaced(document(), payload))) == []
    assert complaints(render(replaced(document(), payload, keep=frozenset()))) == []


@LAW
@given(name=ANY_TEXT.filter(lambda name: name != ""))
def test_no_name_breaks_the_lines_of_a_plan(name: str) -> None:
    """However an object is called, the page has as many lines as with a plain name."""
    document = documents.made_plan(documents.NEW_POLICY, documents.ORDER).to_json()
    assert _lines(renamed(document, name)) == _lines(renamed(document, "x"))


@LAW
@given(reason=ANY_TEXT.filter(lambda reason: reason != ""))
def test_no_error_breaks_the_lines_of_a_report(reason: str) -> None:
    run = documents.made_run(Outcome.FAILED, *documents.RESULTS)
    page, plain = ({**run, "results": [{**each, "error": e} for each in run["results"]]} for e in (reason, "x"))
    assert text.run(page, style=ENDLESS).count("\n") == text.run(plain, style=ENDLESS).count("\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
TARGET = st.dictionaries(st.sampled_from(["group", "id", "all", "filter", "intent", "settings", "other", "x"]), JSON)
SIDES = st.fixed_dictionaries({"include": st.lists(TARGET | JSON, max_size=3), "exclude": st.lists(TARGET, max_size=2)})


def _damaged(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects in which any member may be missing or be anything."""
    return st.fixed_dictionaries({}, optional={name: value | JSON for name, value in members.items()})


FIELD = _damaged(
    path=st.sampled_from(["/assignments", "/marker", "/order", "/x"]),
    before=SIDES | st.lists(JSON, max_size=3),
    after=SIDES | st.lists(JSON, max_size=3),
    details=st.lists(_damaged(op=st.sampled_from(["add", "remove", "change"]), path=JSON, value=JSON), max_size=3),
)
LADDER = _damaged(
    before=st.lists(JSON, max_size=3),
    steps=st.lists(_damaged(moved=JSON, to=JSON, ladder=st.lists(JSON, max_size=3)), max_size=3),
    after=st.lists(JSON, max_size=3),
    strays=st.integers(),
)
CHANGE = _damaged(
    address=JSON,
    action=st.sampled_from(["no-op", "create", "update", "replace", "delete"]),
    reason=JSON,
    displayName=JSON,
    fields=st.lists(FIELD, max_size=2),
    operations=st.lists(_damaged(step=st.integers(), method=JSON, path=JSON, body=JSON), max_size=2),
    ladder=LADDER,
    refused=st.booleans(),
    dependsOn=st.lists(JSON, max_size=2),
)
FINDING = _damaged(
    severity=st.sampled_from(["error", "warning", "info"]),
    rule=JSON,
    message=JSON,
    detail=JSON,
    file=ANY_TEXT,
    line=st.integers(),
    column=st.integers(),
    text=ANY_TEXT,
    width=st.integers(),
)
DOCUMENT = _damaged(
    tenant=JSON,
    summary=JSON,
    changes=st.lists(CHANGE, max_size=3),
    orphaned=st.lists(JSON, max_size=2),
    unmanaged=st.lists(JSON, max_size=2),
    diagnostics=st.lists(FINDING, max_size=2),
    results=st.lists(_damaged(status=JSON, requests=st.lists(JSON, max_size=2), error=JSON), max_size=2),
    outcome=JSON,
    specs=JSON,
)


@settings(deadline=None, max_examples=60)
@given(document=DOCUMENT, width=st.sampled_from([1, 60, 100]), full=st.booleans())
def test_a_damaged_document_is_shown_as_far_as_it_goes(document: dict[str, Any], width: int, full: bool) -> None:
    style = Style(width=width)
    assert complaints(text.plan(document, style=style, requests=True, full=full)) == []
    assert complaints(text.run(document, style=style, plan=document)) == []
    assert complaints(text.validation(document, style=style)) == []
    for page in (plan_markdown.plan(document, full=full), run_markdown.run(document, plan=document)):
        assert complaints(page) == []
    assert complaints(validation_markdown.validation(document)) == []


def test_a_document_nested_without_end_is_shown() -> None:
    value: Any = "end"
    for _ in range(900):
        value = [value]
    change = {"action": "update", "fields": [{"path": "/x", "before": 1, "after": value}]}
    assert "nested too deep to be shown" in text.plan({"changes": [change]}, style=Style())


def replaced(value: Any, payload: str, keep: frozenset[str] = frozenset(STRUCTURE)) -> Any:
    """The document with the payload in place of every text, but for members in `keep` and fields with a form."""
    if isinstance(value, str):
        return payload
    if isinstance(value, list):
        return [replaced(each, payload, keep) for each in value]
    if isinstance(value, dict):
        kept = {k for k, v in value.items() if k in keep or (k == "path" and v in _PATHS)}
        return {k: v if k in kept else replaced(v, payload, keep) for k, v in value.items()}
    return value


_PATHS = ("/assignments", "/marker")


def renamed(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document with another name for every object, group, filter and profile, and no other change."""
    if isinstance(document, list):
        return [renamed(each, name) for each in document]
    if not isinstance(document, dict):
        return document
    keys = ("displayName", "group", "moved")
    named = {k: name if k in keys else renamed(v, name) for k, v in document.items()}
    for key in ("before", "after", "ladder"):
        if isinstance(named.get(key), list) and all(isinstance(each, str) for each in named[key]):
            named[key] = [f"{name}{rank}" for rank, _ in enumerate(named[key])]
    return named


def _lines(document: dict[str, Any]) -> int:
    return text.plan(document, style=ENDLESS, full=True).count("\n")
