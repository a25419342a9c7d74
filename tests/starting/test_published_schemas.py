"""Pipeline files against what their hosts publish, by tools that are kept for that; scripts against shellcheck."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from reconciler.starting.repository import HOSTS, Choice, files
from tests.docs_parts import ROOT

BIN = Path(sys.executable).parent
TENANT_ID = "3d5a9c0e-7b1f-4e62-9a84-6c2f0d8b1e57"


def tool(name: str, *arguments: object) -> None:
    """Runs a tool; what it finds fails the test."""
    done = subprocess.run(
        [BIN / name, *map(str, arguments)], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def schema(name: str, *paths: Path) -> None:
    expressions = name in ("gitlab-ci", "azure-pipelines")
    variant = ["--regex-variant", "nonunicode", "--data-transform", name] if expressions else []
    from check_jsonschema import main  # in this process: five times its start would take longer than all else

    done = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{name}", *variant, *map(str, paths)])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each host; one of them for a real tenant."""
    folders = {}
    for host in HOSTS:
        folders[host] = tmp_path_factory.mktemp(host)
        choice = Choice(owner="woodgrove", host=host, tenant_id=TENANT_ID, tenant="production", real="production")
        for path, text in files(choice).items():
            file = folders[host] / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    return folders


def test_github(made: dict[str, Path]) -> None:
    workflows = sorted((made["github"] / ".github" / "workflows").glob("*.yml"))
    assert len(workflows) == 3
    schema("github-workflows", *workflows, *sorted((ROOT / ".github" / "workflows").glob("*.yml")))
    tool(
        "zizmor",
        "--offline",
        "--quiet",
        "--no-progress",
        *workflows,
        ROOT / "action.yml",
        ROOT / ".github" / "workflows",
    )


def test_updates_of_actions_are_proposed(made: dict[str, Path]) -> None:
    schema("dependabot", *(root / ".github" / "dependabot.yml" for root in (made["github"], ROOT)))


def test_the_action() -> None:
    schema("github-actions", ROOT / "action.yml")


def test_gitlab(made: dict[str, Path]) -> None:
    schema("gitlab-ci", made["gitlab"] / ".gitlab-ci.yml")


def test_azure(made: dict[str, Path], tmp_path: Path) -> None:
    """The schema is of the texts that Azure's own parser sees: to it a number is a text, and so is `true`."""
    folder = made["azure-devops"]
    copies = []
    for path in (folder / "azure-pipelines.yml", *sorted((folder / "ci").glob("*.yml"))):
        whole = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
        copies.append(tmp_path / f"{path.stem}.json")
        copies[-1].write_text(json.dumps(_typed(whole)), "utf-8")
    assert len(copies) == 3
    schema("azure-pipelines", *copies)


def _typed(node: Any) -> Any:
    """But this one is a boolean there, too."""
    if isinstance(node, list):
        return [_typed(each) for each in node]
    if isinstance(node, dict):
        return {key: value == "true" if key == "continueOnError" else _typed(value) for key, value in node.items()}
    return node


def test_scripts(made: dict[str, Path], tmp_path: Path) -> None:
    """Those in files, and those in workflows."""
    scripts = [path for folder in made.values() for path in sorted(folder.glob("ci/*.sh"))]
    workflows = [*(made["github"] / ".github" / "workflows").glob("*.yml"), ROOT / "action.yml"]
    for number, text in enumerate(run for path in workflows for run in _runs(yaml.safe_load(path.read_text("utf-8")))):
        scripts.append(tmp_path / f"{number}.bash")
        scripts[-1].write_text(f"#!/bin/bash -e\n{text}\n", "utf-8")
    assert len(scripts) > 20
    tool("shellcheck", *scripts)


def _runs(node: Any) -> list[str]:
    if isinstance(node, list):
        return [run for each in node for run in _runs(each)]
    if not isinstance(node, dict):
        return []
    own = [node["run"]] if isinstance(node.get("run"), str) else []
    return own + [run for each in node.values() for run in _runs(each)]


def test_actions_are_pinned_by_commit_and_alike(made: dict[str, Path]) -> None:
    """One commit for each action, everywhere: `zizmor` sees to it that each is a commit at all."""
    places = [*(made["github"] / ".github" / "workflows").glob("*.yml"), ROOT / "action.yml"]
    places += (ROOT / ".github" / "workflows").glob("*.yml")
    used = {
        line.split("uses: ")[1] for path in places for line in path.read_text("utf-8").splitlines() if "uses: " in line
    }
    used = {each for each in used if not each.startswith("OWNER/")}  # the example in the action's own comment
    assert len({each.partition("@")[0] for each in used}) == len(used) == 4
    assert all(" # v" in each for each in used), "with the version that the commit is"
