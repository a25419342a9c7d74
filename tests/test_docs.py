"""The documentation says what is so: its tables, examples, commands, links and names are held against the code."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import guards
from reconciler.cli.arguments import parse
from reconciler.cli.failure import Code
from reconciler.diagnostics import Diagnostic
from reconciler.emulator import Emulator
from reconciler.emulator.resources import BY_PATH
from reconciler.graph.auth import METHODS
from reconciler.spec import schema, source
from reconciler.workspace import load_workspace
from tests import mutants
from tests.docs_parts import DOCS, README, ROOT, commands, common_options, first_plan, with_plan, with_tables

DOCUMENTS = [README, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """Fenced blocks of these languages: where they stand, and their text."""
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        for found in FENCE.finditer(text):
            if found["language"] in languages:
                yield f"{named(path)}:{text.count(chr(10), 0, found.start()) + 1}", found["text"]


def section(path: Path, heading: str) -> str:
    """The text below a heading of the second level."""
    return path.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


# What follows from code


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_tables_are_those_of_the_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text == with_tables(text), "bring it up to date with `python -m tests.docs_parts`"


def test_the_plan_in_the_readme_is_what_the_sandbox_prints() -> None:
    text = README.read_text("utf-8")
    assert "```text" in text
    assert text == with_plan(text, first_plan()), "bring it up to date with `python -m tests.docs_parts`"


def test_every_kind_has_a_section_with_its_fields() -> None:
    for kind in schema.kinds():
        assert f"<!-- table: fields {kind} -->" in section(DOCS / "kinds.md", kind), kind


@pytest.mark.parametrize("command", commands())
def test_every_command_and_option_is_documented(command: str) -> None:
    text = section(DOCS / "commands.md", command)
    assert text, f"docs/commands.md has no section {command}"
    shared = section(DOCS / "commands.md", "Options of every command")
    options = set(OPTION.findall(commands()[command].format_usage())) - {"--help"}
    assert options >= common_options() - {"-h", "--help"}
    assert {option for option in options if f"`{option}" not in text + shared} == set()
    assert f"`{command}`" in README.read_text("utf-8")


def test_no_command_is_documented_that_does_not_exist() -> None:
    others = {"Options of every command", "Exit codes", "Documents"}
    headings = set(re.findall(r"^## (.+)$", (DOCS / "commands.md").read_text("utf-8"), re.MULTILINE))
    assert headings - others == set(commands())


def test_exit_codes_limits_and_sign_in_methods_are_documented() -> None:
    codes = section(DOCS / "commands.md", "Exit codes")
    assert [code for code in Code if f"\n| {int(code)} |" not in codes] == []
    limits = section(DOCS / "operating.md", "Limits")
    assert [name for name in guards.SETTINGS if f"| `{name}` |" not in limits] == []
    methods = section(DOCS / "operating.md", "Signing in")
    assert [method for method in METHODS if f"`{method}`" not in methods] == []


def test_environment_variables_are_documented() -> None:
    sources = [
        path.read_text("utf-8") for part in ("cli", "graph") for path in (ROOT / "reconciler" / part).glob("*.py")
    ]
    names = {n for text in sources for n in re.findall(r'"((?:AZURE|RECONCILER|ACTIONS|SYSTEM)[A-Z]*_[A-Z_]+)"', text)}
    assert len(names) > 8
    text = (DOCS / "operating.md").read_text("utf-8")
    assert {name for name in names if f"`{name}`" not in text and name != "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} == set()


def test_collections_of_seeds_are_documented() -> None:
    text = section(DOCS / "emulator.md", "Seeds")
    assert [path for path in BY_PATH if f"`{path}`" not in text] == ["organization"]


def test_mutants_that_are_explained_are_of_the_code() -> None:
    """Each changes lines that stand in its module; their number is the one in the table that `make mutants` wrote."""
    text = (DOCS / "mutation.md").read_text("utf-8")
    found = mutants.explained(text)
    for each, why in found.items():
        source = (ROOT / (each.module.replace(".", "/") + ".py")).read_text("utf-8")
        lines = [line.strip() for line in source.splitlines()]
        assert each.before, each
        assert [line for line in each.before if line not in lines] == [], each
        assert each.before != each.after, each
        assert len(why) > 20, each
    rows = re.findall(r"^\| `?([\w.]+)`? \| (\d+) \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    *modules, (_, all_, killed, survived) = rows
    mutated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]["only_mutate"]
    assert {name.replace(".", "/") + ".py" for name, *_ in modules} == set(mutated)
    assert int(survived) == int(all_) - int(killed) == len(found) == sum(int(row[3]) for row in modules)


# Examples


@pytest.mark.parametrize(("place", "text"), [pytest.param(*each, id=each[0]) for each in blocks("yaml")])
def test_yaml_examples_are_valid(place: str, text: str) -> None:
    documents, found = source.load(place, text.encode())
    assert documents, "an example is a whole document"
    for document in documents:
        whole = document.value
        assert isinstance(whole, dict)
        checks = {"Workspace": lambda _: _workspace(place, text), "Pins": schema.check_pins}
        found += checks.get(str(whole["kind"]), schema.check)(document)
    assert [str(each) for each in found] == []


def _workspace(place: str, text: str) -> list[Diagnostic]:
    return load_workspace(Path(place), text.encode())[1]


@pytest.mark.parametrize("text", [text for _, text in blocks("json")])
def test_json_examples_are_seeds(text: str) -> None:
    seed = json.loads(text)
    exported = Emulator(seed=seed).export()["collections"]
    assert isinstance(exported, dict)
    assert set(seed["collections"]) <= set(exported)


@pytest.mark.parametrize("text", [text for _, text in blocks("sh")])
def test_shell_examples_are_commands(text: str) -> None:
    """`test_documented_commands` runs them; those that it cannot run are at least commands."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for line in text.strip().splitlines():
        words = [word for word in shlex.split(line, comments=True) if "=" not in word or word.startswith("--")]
        if words[:1] == ["make"]:
            assert set(words[1:]) <= set(targets), line
        elif words and words[0] not in ("cd", "git"):
            assert words[0].rpartition("/")[2] == "reconciler", line
            shown = words[: words.index(">")] if ">" in words else words
            assert parse(shown[1:]).command == words[1]


# Links and words


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_resolve(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))
    broken = [link for link in links if not link.startswith("https://") and not _resolves(path, link)]
    assert broken == []


def _resolves(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    if not target.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE) if anchor else []
    return not anchor or anchor in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_the_project_stands_alone() -> None:
    """Nothing names a place outside of the repository."""
    words = re.compile(
        "|".join(("(?<![a-z])/" + "work/", r"\.\./" + "shared", "shared/" + "(design|reference)", "/" + "tmp/"))
    )
    places = [
        "README.md",
        "CHANGELOG.md",
        "Makefile",
        "reconciler.yaml",
        "pyproject.toml",
        ".ci",
        "docs",
        "specs",
        "schemas",
    ]
    found = []
    for place in places:
        root = ROOT / place
        for path in (
            [root] if root.is_file() else [each for each in root.rglob("*") if each.is_file() and each.suffix != ".pyc"]
        ):
            if words.search(path.read_text("utf-8")):
                found.append(named(path))
    assert found == []
