"""What drift says, in every format: hostile values in every place, people unnamed, and what fits into a comment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.render.drift_html import drift as as_html
from reconciler.render.drift_markdown import drift as as_markdown
from reconciler.render.drift_text import drift as as_text
from reconciler.render.markdown import LIMIT
from reconciler.render.style import Style
from reconciler.spec.schema import check_value
from tests.guide.test_html import Page
from tests.render.hostile import PAYLOADS, complaints
from tests.render.test_hostile import renamed, replaced
from tests.render.test_markdown import shape

from . import documents

ONE = documents.everything(findings=[documents.finding("EnrollmentProfile/byod")])
KEPT = frozenset({"what", "direction", "severity", "state", "actor", "source", "path", "op", "details"})
"""Members whose value decides how something is shown."""
BOTH: dict[str, Callable[[], dict[str, Any]]] = {"drift": documents.everything, "accepted": documents.accepting}


def test_the_documents_of_these_tests_are_what_drift_gives() -> None:
    for document in (documents.everything(), documents.accepting(), documents.many(2)):
        assert check_value("drift", document) == []


@pytest.mark.parametrize("document", BOTH)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_values_in_every_place(document: str, payload: str) -> None:
    hostile = replaced(BOTH[document](), payload, keep=KEPT)
    page = as_html(hostile)
    for shown in (as_text(hostile, style=Style(), full=True), as_markdown(hostile), page):
        assert complaints(shown) == []
    assert (Page(page).open, Page(page).wrong) == ([], [])
    nothing_kept = replaced(BOTH[document](), payload, keep=frozenset())
    assert complaints(as_text(nothing_kept, style=Style())) == []


@pytest.mark.parametrize("name", [PAYLOADS[each] for each in ("markup", "line feed", "quotes", "format", "isolates")])
def test_no_name_changes_the_structure(name: str) -> None:
    plain, hostile = (renamed(documents.everything(), each) for each in ("x", name))
    assert shape(as_markdown(hostile)) == shape(as_markdown(plain))
    assert [t for t, _ in Page(as_html(hostile)).tags] == [t for t, _ in Page(as_html(plain)).tags]
    wide = Style(width=1 << 30)
    assert as_text(hostile, style=wide).count("\n") == as_text(plain, style=wide).count("\n")


def test_people_are_named_in_text_and_where_that_is_asked_for() -> None:
    document = documents.everything()
    assert "eve@contoso.example" in as_text(document, style=Style())
    for page in (as_markdown, as_html):
        assert "eve@" not in page(document)
        assert "a person" in page(document)
        assert "eve" in page(document, names=True).replace("everyone", "")


def test_what_else_is_to_be_said_of_a_field_stands_with_it() -> None:
    note = "a run that is not recorded here wrote it since"
    findings = [documents.finding("EnrollmentProfile/byod", note=words) for words in ("", note)]
    text = as_text(documents.everything(findings=findings), style=Style())
    lines = text.splitlines()
    assert sum(note in line for line in lines) == 1
    assert not any(note in line and "EnrollmentProfile/byod" in line for line in lines)
    assert all(note in page(documents.everything(findings=findings)) for page in (as_markdown, as_html))


def test_three_thousand_departures_fit_into_a_comment() -> None:
    page = as_markdown(documents.many(3000))
    assert len(page.encode()) <= LIMIT
    assert page.splitlines()[0].endswith("<!-- reconciler drift owner=contoso tenant=sandbox -->")
    shown = page.count("EnrollmentProfile/p-")
    assert f"{3000 - shown} that depart" in page


def test_the_ways_on_can_be_run_as_they_stand() -> None:
    """In a workspace of several tenants too; and one address that departs is named."""
    several, single = (" ".join(as_text(each, style=Style()).split()) for each in (documents.everything(), ONE))
    assert "reconciler apply --tenant sandbox; for one object alone with --only ADDRESS." in several
    assert "reconciler drift --tenant sandbox --accept ADDRESS." in several
    assert "reconciler apply --tenant sandbox. " in single
    assert "reconciler drift --tenant sandbox --accept EnrollmentProfile/byod." in single


def test_limits_of_a_run_are_nothing_to_who_accepts() -> None:
    (diagnostic,) = documents.everything()["diagnostics"]
    refused: dict[str, Any] = {"diagnostics": [{**diagnostic, "rule": "GUARD101", "message": "too many"}]}
    assert "GUARD101" in as_text(documents.everything(**refused), style=Style())
    assert "GUARD101" not in as_text({**documents.accepting(), **refused}, style=Style())


def test_all_of_it_is_told() -> None:
    text = as_text(documents.everything(), style=Style(width=1000))
    for said in (
        '- include all users', '+ include group "Staff"', "both have moved, by the record of the run of 2026-03-01T08",
        "the repository is ahead, for the tenant has what the specs said at commit bbbbbbbbbbbb (2026-02-01T08:00:00Z)",
        "changed on 2026-03-01T09:00:00Z by eve@contoso.example (Patch policy); 1 more change, the first on 2026",
        "the audit log has no change of it, or not yet", "who changed it could not be read", "specs/ios.yaml:7",
        "WebClip/portal \"BYOD\" is not in the tenant: it was there", "JitSsoPolicy/old \"BYOD\" has no spec",
        "could not be compared: nothing says which app it is", "Not used: run.json", "until 2026-12-31: CHG-1",
        "error[READ101]: apps could not be read", "reconciler import writes one",
    ):  # fmt: skip
        assert said in text, said
    last = text.splitlines()[-1]
    assert last == (
        "Drift: 7 departures in 6 objects; 5 errors, 2 notes; "
        "tenant ahead 3, repository ahead 2, both moved 1, not known 1; 1 field waived."
    )
    assert as_text(documents.everything(findings=[], summary={"waived": 1}), style=Style()).splitlines()[-1] == (
        "No drift: the tenant is as specified; 1 field waived."
    )


@pytest.mark.parametrize(
    ("members", "tone"),
    [
        ({"diagnostics": []}, "good"),
        ({}, "bad"),
        ({"diagnostics": [], "complete": False}, "warn"),
        ({"diagnostics": [], "accepted": documents.accepting()["accepted"]}, "warn"),
        ({"diagnostics": [], "findings": documents.everything()["findings"]}, "bad"),
    ],
    ids=["nothing departs", "an error", "incomplete", "refused to accept", "departures"],
)
def test_the_page_is_green_only_where_all_is_well(members: dict[str, Any], tone: str) -> None:
    page = as_html(documents.everything(**{"findings": [], "summary": {"findings": 0}, **members}))
    assert f'<div class="callout {tone}">' in page
