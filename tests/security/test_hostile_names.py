"""Names that somebody in the tenant chose, in everything that any command prints.

A tenant whose objects are called what `tests.render.hostile` holds is shown by every command; each page must be one
that no terminal, pipeline or reader is deceived by. A new way to show something has to be entered here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator
from reconciler.evidence.check import check
from reconciler.render import (
    compare_html,
    compare_markdown,
    compare_text,
    drift_html,
    drift_markdown,
    drift_text,
    evidence,
    explain,
    formatting,
    import_text,
    junit,
    people,
    permissions,
    report_html,
    report_markdown,
    report_text,
    sarif,
    snapshot_text,
    starting,
    text,
    waived,
)
from reconciler.render import json as as_json
from reconciler.render.style import page
from reconciler.render.text import Style
from tests.docs_parts import commands
from tests.drift import documents as drift_documents
from tests.e2e import scenario
from tests.e2e.command import Folder
from tests.evidence import given as evidence_given
from tests.guide import test_html as guide_html
from tests.guide import test_markdown as guide_markdown
from tests.guide.test_html import MORE, Page
from tests.render import documents
from tests.render import test_doctor as render_doctor
from tests.render import test_hostile as render_hostile
from tests.render import test_markdown as render_markdown
from tests.render import test_plan_html as render_html
from tests.render.hostile import PAYLOADS, complaints, without_color
from tests.render.test_hostile import replaced
from tests.render.test_markdown import CALLS, ENDLESS, shape, words
from tests.reporting.test_hostile import DOCUMENT as REPORT
from tests.reporting.test_hostile import STRUCTURE as REPORT_KEPT
from tests.review import test_compare as review_compare
from tests.review import test_formats as review_formats
from tests.starting import test_identities as identities

from .test_canaries import COMMANDS

RENDER = Path(text.__file__).parent
PLAIN = Style()
PARTS = {"__init__", "dry_run", "fields", "findings", "ladder", "members", "plan_text", "run_text", "pins_text"}
PARTS |= {"markup", "safe", "style", "summary", "targets", "values"}
PARTS |= {"field_diff", "findings_markdown", "left_alone", "markdown", "elements", "page"}
PARTS |= {"drift_words", "report_words"}
"""Modules that the renderers are made of."""
ELSEWHERE: dict[str, Callable[..., None]] = {
    "text": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "apps": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "rules": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "doctor": render_doctor.test_hostile_values_in_every_place,
    "doctor_markdown": render_doctor.test_hostile_values_in_every_place,
    "plan_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "plan_html": render_html.test_hostile_values_in_every_place_change_nothing_but_words,
    "run_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "validation_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "guide_html": guide_html.test_names_change_nothing_but_words,
    "guide_markdown": guide_markdown.test_names_hide_nothing_and_are_no_markup,
    "identities": identities.test_wrong_words_are_refused,
    "github": review_formats.test_hostile_findings_make_no_command_and_no_markup,
}
"""Renderers whose pages are held against the same names by a test of their own."""
NEED = {"permission": "p", "anyOf": ["p", "q"], "why": "w", "onlyIf": "o", "for": ["plan"]}
PIN = {"section": "groups", "name": "n", "change": "changed", "before": "b", "after": "a", "refused": True}

FEW = {"atLeast": 2, "atMost": 5}
PROFILE = {"address": "a", "displayName": "d", "type": "t", "typeName": "n"}
PEOPLE = {
    "moves": [
        {"from": None, "to": PROFILE, "people": FEW},
        {"from": PROFILE, "to": None, "people": FEW},
        {"from": PROFILE, "to": {**PROFILE}, "people": FEW},
    ],
    "gaps": [{"profile": PROFILE, "part": "p", "people": FEW, "groups": [{"group": "g"}], "partial": ["x"]}],
}
WAIVED = [
    {"address": "a", "path": "/p", "value": ["v"], "specified": "s", "owner": "o", "reason": "r", "waiver": "w"},
    {"address": "a", "rule": "r", "message": "m", "expires": "e", "owner": "o", "reason": "r", "waiver": "w"},
]
SIDE = {
    "ladder": [{"profile": PROFILE, "verdict": "wins", "because": "b", "assigned": FEW, "wins": FEW}],
    "chain": [
        {
            "profile": PROFILE,
            "part": "p",
            "state": "missing",
            "by": [{"name": "n", "through": ["t"], "doubt": "d"}],
            "missing": FEW,
            "groups": ["g"],
        }
    ],
    "withoutProfile": FEW,
}
EXPLAINED = {
    "tenant": {"name": "n"},
    "about": {"what": "user", "name": "n", "principal": "p", "address": "a", "people": FEW, "notes": ["n"]},
    "today": SIDE,
    "afterPlan": SIDE,
    "supplies": {"through": ["t"], "reaches": FEW, "profiles": [{"profile": PROFILE, "people": FEW}]},
    "partial": ["p"],
}

STATUSES = ("written", "unchanged", "declared", "foreign", "in-the-way", "invalid", "inexpressible")
IMPORTED = {"kind": "k", "liveId": "i", "displayName": "n", "file": "f", "reason": "r", "pinned": True, "notes": ["n"]}
IMPORT = {
    "tenant": {"name": "n"},
    "folder": "f",
    "problems": ["p"],
    "objects": [
        {**IMPORTED, "address": address, "status": status, "findings": [{"rule": "r", "message": "m"}]}
        for status in STATUSES
        for address in ("a", None)
    ],
    "advice": ["a"],
    "next": ["n", "n"],
}


SNAPSHOT = {
    "tenant": "t", "tenantId": "i", "createdAt": "c", "masked": 1, "collections": {"c": []},
    "unreadable": [{"path": "p", "message": "m"}], "people": {"everyone": 1, "classes": []},
}  # fmt: skip


FORMATTED = {
    "check": False, "summary": {"formatted": 1, "unchanged": 1},
    "files": [{"file": "f", "outcome": outcome, "error": "e", "diff": "- a\n"} for outcome in ("formatted", "failed")],
    "diagnostics": [{"severity": "error", "rule": "r", "message": "m", "detail": "d", "file": "f", "line": 1,
                     "column": 1, "text": "t", "width": 1}],
}  # fmt: skip
STARTED = {
    "folder": "f", "owner": "o", "made": ["m"], "kept": ["k"], "todo": ["t"],
    "parts": [{"path": "p", "what": "w", "files": files} for files in (1, 2)],
}  # fmt: skip
FOUND = {"severity": "error", "rule": "r", "message": "m", "detail": "d", "file": "f", "line": 1, "address": "a"}


def _compared() -> Any:
    """A comparison with something in every part of it."""
    found = review_compare.compared(review_compare.CASES["a group falls to the next profile"])
    setting = {"path": "limits.deletes", "before": "b", "after": "a", "says": "s", "loosens": True}
    finding = {**FOUND, "path": "/p", "tenants": ["t"]}
    return {**found, "settings": [setting], "findings": {"new": [finding], "gone": [finding]}}


DRIFT_KEPT = frozenset({"what", "direction", "severity", "state", "actor", "source", "path", "op", "details"})
COMPARE_KEPT = frozenset({"change", "severity", "path", "op", "details", "after", "before"})
DRIFT, REPORTED = partial(drift_markdown.drift, limit=ENDLESS), partial(report_markdown.report, limit=ENDLESS)
COMPARED = partial(compare_markdown.compare, limit=ENDLESS)
FORMS: dict[str, tuple[Callable[[Any], str], Callable[[], Any], frozenset[str]]] = {
    "drift_html": (drift_html.drift, drift_documents.everything, DRIFT_KEPT),
    "drift_html: accepted": (drift_html.drift, drift_documents.accepting, DRIFT_KEPT | {"diff"}),
    "drift_markdown": (DRIFT, drift_documents.everything, DRIFT_KEPT),
    "drift_markdown: accepted": (
        partial(drift_markdown.drift, limit=ENDLESS),
        drift_documents.accepting,
        DRIFT_KEPT | {"diff"},
    ),
    "report_html": (report_html.report, lambda: REPORT, REPORT_KEPT | {"runUrl", "result"}),
    "report_markdown": (
        partial(report_markdown.report, limit=ENDLESS),
        lambda: REPORT,
        REPORT_KEPT | {"runUrl", "result"},
    ),
    "compare_html": (compare_html.compare, _compared, COMPARE_KEPT),
    "compare_markdown": (COMPARED, _compared, COMPARE_KEPT),
}
"""Pages with a structure: the renderer, its document, and the members that decide how something is shown."""


def _explained(payload: str) -> str:
    """What `explain` says of a person, a group and a spec, as text and as Markdown."""
    found: Any = replaced(EXPLAINED, payload, frozenset({"state", "verdict"}))
    asked = [{**found, "about": {**found["about"], "what": what}} for what in ("user", "group", "spec", "everybody")]
    return "".join(explain.text(each, style=PLAIN) + explain.markdown(each) for each in [*asked, found])


def _form(name: str) -> Callable[[str], str]:
    render, document, kept = FORMS[name]
    return lambda payload: render(replaced(document(), payload, kept))


MANIFEST = check(evidence_given.made()).manifest
PAGES: dict[str, Callable[[str], str]] = {
    "text: pins": lambda payload: text.pins(
        replaced({"file": "f", "outcome": "x", "changes": [PIN], "diagnostics": []}, payload), style=PLAIN
    ),
    "permissions": lambda payload: permissions.text(
        {"tenant": payload, "plan": [payload], "apply": [payload], "why": [replaced({**NEED}, payload), NEED]},
        style=PLAIN,
    ),
    "people": lambda payload: page(people.lines(replaced(PEOPLE, payload), style=PLAIN)),
    "waived": lambda payload: page(waived.section(replaced({"waived": WAIVED}, payload), PLAIN)),
    "explain": _explained,
    "import_text": lambda payload: import_text.imported(
        replaced({**IMPORT}, payload, frozenset({"status"})), style=PLAIN
    ),
    "snapshot_text": lambda payload: snapshot_text.snapshot(replaced({**SNAPSHOT}, payload), path=payload, style=PLAIN),
    "formatting": lambda payload: formatting.formatting(
        replaced(FORMATTED, payload, frozenset({"outcome"})), style=PLAIN
    ),
    "starting": lambda payload: starting.text(replaced({**STARTED}, payload), style=PLAIN),
    "evidence": lambda payload: page(
        line for each in (replaced(MANIFEST, payload, frozenset()),) for line in (*evidence.lines(each), payload[:0])
    ),
    "drift_text": lambda payload: drift_text.drift(replaced(drift_documents.everything(), payload), style=PLAIN),
    "report_text": lambda payload: report_text.report(replaced(REPORT, payload, REPORT_KEPT), style=PLAIN),
    "compare_text": lambda payload: compare_text.compare(replaced(_compared(), payload, COMPARE_KEPT), style=PLAIN),
    "junit": lambda payload: junit.junit(
        replaced({"diagnostics": [FOUND], "waived": [{**FOUND, **WAIVED[1]}]}, payload, frozenset({"severity"})),
        [payload],
        failure=payload,
    ),
    "sarif": lambda payload: as_json.document(
        sarif.sarif(replaced({"diagnostics": [FOUND]}, payload, frozenset({"severity"})), {}, version=payload)
    ),
    **{name: _form(name) for name in FORMS},
    "json": lambda payload: as_json.document(replaced(documents.everything(), payload[:9000])),
}
"""Renderers by module, and what they show."""


def test_every_renderer_is_in_the_table() -> None:
    modules = {path.stem for path in RENDER.glob("*.py")}
    assert modules - PARTS == {name.partition(":")[0] for name in PAGES} | ELSEWHERE.keys()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_page_deceives_nobody(name: str, payload: str) -> None:
    assert complaints(PAGES[name](payload)) == []


STRUCTURED = [p for p in (*PAYLOADS.values(), *MORE.values()) if p.strip() and len(p) <= 1000 and "\n" not in p]
STRUCTURED += ["@everyone #1 https://evil.example", "| a | b |", "](x) ![y](z)"]


def _structure(name: str, page: str) -> list[str]:
    return shape(page) if "markdown" in name else [tag for tag, _ in Page(page).tags]


@pytest.mark.parametrize("name", FORMS)
def test_no_name_changes_the_structure_of_a_page_or_calls_anybody(name: str) -> None:
    plain = _structure(name, PAGES[name]("x"))
    for payload in STRUCTURED:
        page = PAGES[name](payload)
        assert _structure(name, page) == plain, payload
        if "markdown" in name:
            assert [said for said in words(page) if CALLS.search(said)] == [], payload
        else:
            assert (Page(page).open, Page(page).wrong) == ([], [])


def _elements(name: str, page: str) -> set[str]:
    """The names of all elements of HTML on a page, those of Markdown among them."""
    return {*re.findall(r"(?<=<)\w+(?= \[)|^\w+$", "\n".join(_structure(name, page)), re.MULTILINE)}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("payload", [*MORE.values(), "<img src=x>"])
def test_values_that_decide_how_something_is_shown_are_no_markup(name: str, payload: str) -> None:
    render, document, _ = FORMS[name]
    page = render(replaced(document(), payload, frozenset()))
    assert {"img", "script"} & _elements(name, page) == set()
    assert _elements(name, "<details><summary>x</summary><img src=x></details>") >= {"img", "summary"}


LINES = [line for name, lines in COMMANDS.items() if name in commands() for line in (*lines[:2], *lines[3:4])]


def hostile_tenant() -> dict[str, Any]:
    """The scenario's tenant, and for each payload objects of that name: others' and, left over, ours."""
    seed = scenario.seed()
    collections = seed["collections"]
    for number, name in enumerate(payload for payload in PAYLOADS.values() if "\ud800" not in payload):
        shown, tail = name[:256] or "-", f"{number:012d}"
        ours = scenario.marker("JitSsoPolicy", f"left-{number}")
        collections[scenario.CONFIGURATIONS] += [
            scenario.policy(f"4aa00000-1111-4222-8333-{tail}", shown, name[:500]),
            scenario.policy(f"4bb00000-1111-4222-8333-{tail}", shown, f"{name[:500]}\n{ours}"),
        ]
        made = scenario.profile(f"4cc00000-1111-4222-8333-{tail}", shown, name[:500], 10 + number)
        group = {"id": f"4dd00000-1111-4222-8333-{tail}", "displayName": shown, "securityEnabled": True}
        target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group["id"]}
        collections[scenario.PROFILES].append({**made, "assignments": [{"target": target}]})
        collections["groups"].append(group)
        collections[scenario.CONFIGURATIONS][0]["assignments"].append({"target": target})
    return seed


def test_every_command_shows_a_hostile_tenant_harmlessly(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        (folder.path / "reconciler.yaml").read_text("utf-8").replace("{adop", "{assignmentRemovals: 99, adop"),
    )
    shown = ""
    with Emulator(seed=hostile_tenant()) as graph:
        folder.serve(graph)
        for line in LINES:
            said = folder(*line.split(), "--log-level", "debug")
            shown += said.out
            assert complaints(without_color(said.out)) == [], line
            assert complaints(without_color(said.err)) == [], line
            if "--format json" in line:
                json.loads(said.out)
                assert said.out.isascii()
            assert not re.search(r"\x1b(?!\[[0-9;]*m)", said.out), line
        assert graph.writes
    assert "nothing to see" in shown, "no command showed what the objects are called"
    assert "forged" in shown
