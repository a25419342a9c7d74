"""Every rule of the domain is there, with its severity, its source, and a word on where it is decided."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from reconciler import rules
from reconciler.diagnostics import Severity
from reconciler.rules import catalog, chapters, lists, other_ids, rules_of
from reconciler.spec import schema_files
from reconciler.spec.schema import check_value

from . import examples
from .test_cases import diagnostics

ERRORS = """
101 102 105 106 108 110 111 112 113 114 115 116 117 118 121 126 133 134 201 202 205 206 207 211 213 301 302 303 304 305
306 310 311 312 315 316 401 402 501 502 503 504 505 506 520 523 531 533 538 601 602 605 606 609 801 802 804 805
"""
WARNINGS = """
103 104 107 109 119 120 122 123 124 125 127 128 129 130 131 132 203 204 208 210 212 214 215 307 308 309 313 314 317 318
403 404 507 521 530 532 534 535 536 537 551 552 553 560 561 603 604 607 608 702 703 705 803
"""
INFOS = "209 216 217 319 522 554 610 611 701 704 706 901"
SEVERITIES = {
    f"JIT{number}": severity
    for severity, listed in ((Severity.ERROR, ERRORS), (Severity.WARNING, WARNINGS), (Severity.INFO, INFOS))
    for number in listed.split()
}
"""Everything that is known to make an enrollment right or wrong, and how bad it is."""
WITHOUT_A_PAGE = {"JIT314", "JIT801", "JIT802", "JIT803", "JIT804", "JIT805", "JIT901"}
"""Rules about files, about the rules themselves, and one that is inferred: no document of Microsoft's says them."""
EVERY = [*rules.REGISTRY.values()]


def test_every_rule_is_there_with_its_severity() -> None:
    assert {rule.id: rule.severity for rule in EVERY} == SEVERITIES


def test_an_id_is_given_once() -> None:
    ids = [rule.id for module in chapters.ALL for rule in rules_of(module)]
    assert sorted(ids) == sorted(set(ids))
    assert list(rules.REGISTRY) == sorted(ids)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is(rule: rules.Rule) -> None:
    assert rule.title.endswith(".")
    assert rule.title[0].isupper()
    assert (rule.source is None) == (rule.id in WITHOUT_A_PAGE)
    assert rule.says.endswith((".", ".)")) or not (rule.says or rule.source)
    assert rule.source is None or re.match(
        r"https://(learn\.microsoft|developer\.apple|support\.apple)\.com/", rule.source.url
    )
    assert catalog.chapter(rule)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_a_rule_is_decided_somewhere_or_says_why_not(rule: rules.Rule) -> None:
    decided = bool(rule.check) or bool(rule.decided_by)
    assert decided != bool(rule.undecidable)
    assert bool(rule.decides) == decided
    assert not (rule.check and rule.decided_by)


def test_what_is_reported_under_another_id_is_an_id_that_there_is() -> None:
    for rule in EVERY:
        for reported in rule.reported_as:
            assert reported in rules.REGISTRY or catalog.elsewhere(reported) or reported.startswith("IDENT"), rule.id


def test_lists_have_a_date_and_their_sources() -> None:
    known = {each.name for each in lists.listed()}
    assert known >= {"microsoft-apps", "extension-keys", "apple-apps", "browsers", "ios-floors", "portals"}
    for each in lists.listed():
        assert date(2026, 1, 1) < each.date
        assert '"url": "https://' in json.dumps(lists.read(each.name))
        assert each.title != each.name


def test_the_workspace_has_the_fields_that_extend_lists() -> None:
    fields = schema_files.inlined("workspace")["properties"]["ruleData"]["properties"]  # type: ignore[index, call-overload]
    assert {each.extend for each in lists.listed()} - {None} <= {f"ruleData.{name}" for name in fields}


def test_the_examples_are_those_of_the_cases() -> None:
    assert examples.FILE.read_text("utf-8") == examples.text(), "bring it up to date with `python -m tests.docs_parts`"


def test_every_rule_that_specs_alone_break_has_an_example() -> None:
    found = examples.examples()
    offline = {rule.id for rule in EVERY if rule.check and rule.decides == {"offline"}}
    assert offline - found.keys() <= {"JIT108", "JIT901", "JIT702", "JIT703", "JIT704", "JIT701", "JIT705"}


def test_the_documents_are_what_their_schema_promises() -> None:
    assert check_value("rules", catalog.catalog(None)) == []
    for rule in EVERY:
        assert check_value("rules", catalog.explained(rule, {})) == []
    assert check_value("rules", catalog.elsewhere("SPEC103")) == []


def test_every_id_of_the_sources_and_the_documents_is_explained() -> None:
    root = Path(rules.__file__).parents[1]
    pages = [*(root.parent / "docs").glob("*.md"), root.parent / "README.md"]
    given = {
        i for path in root.rglob("*.py") for i in re.findall(r'"([A-Z]{3,}[1-9][0-9]{2})"', path.read_text("utf-8"))
    }
    named = {i for path in pages for i in re.findall(r"\b([A-Z]{3,}[1-9][0-9]{2})\b", path.read_text("utf-8"))}
    assert len(given) > 150
    assert {i for i in given | named if i not in rules.REGISTRY and catalog.elsewhere(i) is None} == set()
    assert other_ids.RULES.keys() <= given, "nothing gives these any more"


@pytest.mark.parametrize(
    ("asked", "like"),
    [
        ("JIT135", ["JIT134", "JIT133", "JIT132"]), ("JIT1150", ["JIT115"]), ("JTI115", ["JIT115"]),
        ("SPC103", ["SPEC103"]), ("IDENT115", ["IDENT114", "IDENT113", "IDENT112"]), ("JIT999", []), ("JIT499", []),
        ("FOO1", []), ("SPEC999", []), (f"JIT{'9' * 5000}", []),
    ],
)  # fmt: skip
def test_ids_are_suggested_that_are_near(asked: str, like: list[str]) -> None:
    assert catalog.like(asked) == like


def test_right_examples_are_taken_by_the_reader_of_files() -> None:
    for rule, example in examples.examples().items():
        assert not examples.refused({"specs": example["right"]}), rule


def test_the_example_of_a_discovery_file_breaks_the_rule_in_any_workspace() -> None:
    specs = examples.examples()["JIT315"]["breaks"]
    found = diagnostics({"specs": specs, "context": {"tenant_id": "3d5a9c0e-7b1f-4e62-9a84-6c2f0d8b1e57"}})
    assert "JIT315" in {each.rule for each in found}


def test_a_rule_that_no_page_states_says_what_it_follows_from() -> None:
    assert "follows from" in rules.REGISTRY["JIT314"].says


def test_the_ids_of_every_module_are_explained() -> None:
    from importlib import import_module

    for letters, modules in catalog._ELSEWHERE.items():
        for module in modules:
            for known in import_module(f"reconciler.{module}").RULES:
                assert known.rstrip("0123456789") == letters
                assert catalog.elsewhere(known)
