"""How files are formatted: cases as data in `cases/style`, what is refused, and that what is there already is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reconciler.spec.source import MAX_BYTES
from reconciler.spec.style import RULES, NotFormattedError, formatted, restyled

ROOT = Path(__file__).parents[2]
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "cases" / "style").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]
OURS = [ROOT / "reconciler.yaml", *sorted((ROOT / "specs").rglob("*.yaml"))]
EXAMPLE = re.compile(r"^```yaml\n(apiVersion: intune\.reconciler.*?|# yaml-language-server.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("case", CASES)
def test_cases(case: dict[str, str]) -> None:
    assert formatted(case["before"], "x.yaml") == case["after"]
    assert formatted(case["after"], "x.yaml") == case["after"]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_our_own_files_are_formatted(path: Path) -> None:
    text = path.read_text("utf-8")
    assert formatted(text, path.name) == text


def test_examples_in_the_documentation_are_formatted() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = [(page.name, text) for page in pages for text in EXAMPLE.findall(page.read_text("utf-8"))]
    assert len(found) > 10
    assert [name for name, text in found if formatted(text, name) != text] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: no\n", "1:4 YAML130"),
        ("a: [\n", "1:5 YAML110"),
        ("a: &x 1\nb: *x\n", "1:4 YAML121"),
        ("%YAML 1.2\n---\na: 1\n", "1:1 YAML125"),
        ("a: 1 # \u202e\n", "1:8 YAML103"),
        ("a: 1\n? b\n: 1\n", "2:1 FMT101"),
        ("a:\n  - ? b\n", "2:5 FMT101"),
        ("? |\n  b\n: 1\n", "1:1 FMT101"),
    ],
)
def test_what_has_a_finding_is_left_alone(text: str, wanted: str) -> None:
    with pytest.raises(NotFormattedError) as refused:
        formatted(text, "x.yaml")
    first = refused.value.diagnostics[0]
    assert first.position
    assert f"{first.position.line}:{first.position.column} {first.rule}" == wanted
    assert first.rule in RULES or first.rule.startswith("YAML")


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"\xff\xfea\0", "YAML102"), (b"a: \xff\n", "YAML102"), (b"# " + b"x" * MAX_BYTES + b"\n", "YAML101")],
    ids=["UTF-16", "not UTF-8", "too large"],
)
def test_what_is_no_text_is_left_alone(data: bytes, rule: str) -> None:
    with pytest.raises(NotFormattedError) as refused:
        restyled("x.yaml", data)
    assert refused.value.diagnostics[0].rule == rule


@pytest.mark.parametrize(
    "text",
    [
        "a: [" + ", ".join(f"x{n}" for n in range(2_000)) + "]\n",
        "a:\n" + "  # comment\n\n" * 2_000 + "  b: 1\n",
        "a: " + "x" * 300_000 + " # " + "y" * 300_000 + "\n",
        "a:" + " " * 300_000 + "1\n" + " " * 300_000 + "\n",
        "".join(f"---\na: {n}\n" for n in range(500)),
        "".join("  " * n + "a:\n" for n in range(60)) + "  " * 60 + "b: 1\n",
        "a:\n  - " + "- " * 60 + "b\n",
    ],
    ids=["long list", "many comments", "long line", "many blanks", "many documents", "deep", "deep list"],
)
def test_texts_of_unusual_size(text: str) -> None:
    styled = formatted(text, "x.yaml")
    assert formatted(styled, "x.yaml") == styled
