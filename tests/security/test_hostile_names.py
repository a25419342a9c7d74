"""Names that somebody in the tenant chose, in everything that any command prints.

A tenant whose objects are called what `tests.render.hostile` holds is shown by every command; each page must be one
that no terminal, pipeline or reader is deceived by. A new way to show something has to be entered here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator
from reconciler.render import explain, import_text, people, permissions, snapshot_text, text, waived
from reconciler.render import json as as_json
from reconciler.render.style import page
from reconciler.render.text import Style
from tests.docs_parts import commands
from tests.e2e import scenario
from tests.e2e.command import Folder
from tests.guide import test_html as guide_html
from tests.guide import test_markdown as guide_markdown
from tests.render import documents
from tests.render import test_doctor as render_doctor
from tests.render import test_hostile as render_hostile
from tests.render import test_markdown as render_markdown
from tests.render.hostile import PAYLOADS, complaints, without_color
from tests.render.test_hostile import replaced
from tests.review import test_compare as review_compare
from tests.review import test_formats as review_formats

from .test_canaries import COMMANDS

RENDER = Path(text.__file__).parent
PLAIN = Style()
PARTS = {"__init__", "dry_run", "fields", "findings", "ladder", "members", "plan_text", "run_text", "pins_text"}
PARTS |= {"markup", "safe", "style", "summary", "targets", "values"}
PARTS |= {"field_diff", "findings_markdown", "left_alone", "markdown"}
"""Modules that the renderers are made of."""
ELSEWHERE: dict[str, Callable[..., None]] = {
    "text": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "apps": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "rules": render_hostile.test_invariant_45_hostile_values_in_every_place,
    "doctor": render_doctor.test_hostile_values_in_every_place,
    "doctor_markdown": render_doctor.test_hostile_values_in_every_place,
    "plan_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "run_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "validation_markdown": render_markdown.test_no_text_of_a_document_changes_the_structure,
    "guide_html": guide_html.test_names_change_nothing_but_words,
    "guide_markdown": guide_markdown.test_names_hide_nothing_and_are_no_markup,
    "compare_text": review_compare.test_hostile_names_stay_text_in_every_form,
    "compare_markdown": review_compare.test_hostile_names_stay_text_in_every_form,
    "compare_html": review_compare.test_hostile_names_stay_text_in_every_form,
    "sarif": review_formats.test_hostile_findings_make_no_command_and_no_markup,
    "junit": review_formats.test_hostile_findings_make_no_command_and_no_markup,
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


def _explained(payload: str) -> str:
    """What `explain` says of a person, a group and a spec, as text and as Markdown."""
    found: Any = replaced(EXPLAINED, payload, frozenset({"state", "verdict"}))
    asked = [{**found, "about": {**found["about"], "what": what}} for what in ("user", "group", "spec", "everybody")]
    return "".join(explain.text(each, style=PLAIN) + explain.markdown(each) for each in [*asked, found])


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
