"""What the project around the code promises: the wheel, the lock files, the Makefile and the example specs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.crosscheck import crosscheck
from reconciler.emulator import Emulator
from reconciler.kinds import REGISTRY
from reconciler.spec.load import load
from reconciler.workspace import load_workspace
from tests.docs_parts import README, ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("requirements/run.txt", "requirements/dev.txt", "requirements/audit.txt", "requirements/mutation.txt")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def run(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    environ = {**os.environ, **variables}
    return subprocess.run(words, cwd=cwd, env=environ, capture_output=True, encoding="utf-8", check=False)


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_holds_every_module_schema_and_data_file(wheel: Path) -> None:
    source = {path.relative_to(ROOT) for path in (ROOT / "reconciler").rglob("*") if path.is_file()}
    wanted = {path for path in source if "__pycache__" not in path.parts}
    wanted |= {Path("reconciler") / path.relative_to(ROOT) for path in (ROOT / "schemas").rglob("*.json")}
    assert Path("reconciler/schemas/v1/plan.json") in wanted
    held = {path.relative_to(wheel) for path in wheel.rglob("*") if path.is_file()}
    assert wanted - held == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    others = [path.name for path in wheel.iterdir() if path.name != "reconciler"]
    assert len(others) == 1
    assert others[0].endswith(".dist-info")
    assert (wheel / others[0] / "licenses" / "LICENSE").is_file()
    assert "reconciler = reconciler.cli:run" in (wheel / others[0] / "entry_points.txt").read_text("utf-8")


def test_the_wheel_finds_its_own_schemas(wheel: Path) -> None:
    code = "import reconciler, reconciler.spec.schema as s; print(reconciler.__file__); print(*s.kinds())"
    done = run(sys.executable, "-c", code, cwd=wheel, PYTHONPATH=str(wheel))
    assert done.returncode == 0, done.stderr
    place, kinds = done.stdout.splitlines()
    assert Path(place).is_relative_to(wheel)
    assert "JitSsoPolicy" in kinds.split()


def test_the_wheel_starts_a_repository(wheel: Path, tmp_path: Path) -> None:
    """Examples and locked versions come from the wheel: nothing of the checkout is beside it."""
    words = [sys.executable, "-m", "reconciler", "init", str(tmp_path / "new"), "--host", "github"]
    done = run(*words, cwd=tmp_path, PYTHONPATH=str(wheel))
    assert done.returncode == 0, done.stderr
    made = tmp_path / "new"
    assert (made / "specs" / "sso.yaml").read_bytes() == (ROOT / "specs" / "sso.yaml").read_bytes()
    locked = made / "requirements" / "dependencies.txt"
    assert locked.read_bytes() == (ROOT / "requirements" / "run.txt").read_bytes()
    assert (made / ".github" / "workflows" / "apply.yml").is_file()


# The lock files


def pinned(name: str) -> Mapping[str, str]:
    """Project to version, as a lock file has them."""
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_names_versions_and_hashes_only(name: str) -> None:
    requirements = (ROOT / name).read_text("utf-8").replace("\\\n", "").splitlines()
    form = re.compile(r"[a-z0-9.-]+==\S+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert len(requirements) > 20
    assert [line[:80] for line in requirements if not form.fullmatch(line)] == []


@pytest.mark.parametrize(("name", "groups"), [(LOCKS[0], ["build"]), (LOCKS[1], ["build", "test", "check"])])
def test_a_lock_file_has_what_the_project_names(name: str, groups: list[str]) -> None:
    named = [*PYPROJECT["project"]["dependencies"]]
    named += [each for group in groups for each in PYPROJECT["dependency-groups"][group]]
    projects = {re.split(r"[<>=\[ ;]", each)[0] for each in named}
    assert projects - set(pinned(name)) == set()


@pytest.mark.parametrize(("name", "group"), [(LOCKS[2], "audit"), (LOCKS[3], "mutation")])
def test_tools_that_are_not_of_the_tests_are_locked_apart(name: str, group: str) -> None:
    """They are never installed beside the product or its tests."""
    tools = {re.split(r"[<>=\[ ;]", each)[0] for each in PYPROJECT["dependency-groups"][group]}
    assert tools - set(pinned(name)) == set()
    assert tools & {*pinned(LOCKS[0]), *pinned(LOCKS[1])} == set()


def test_the_lock_files_agree() -> None:
    small, large = pinned(LOCKS[0]), pinned(LOCKS[1])
    assert {project: large.get(project) for project in small} == small
    mutation = pinned(LOCKS[3])
    assert {project: version for project, version in mutation.items() if large.get(project, version) != version} == {}


# The Makefile


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_help_lists_every_target_and_is_the_default() -> None:
    shown = run("make", cwd=ROOT, MAKEFLAGS="")
    assert shown.returncode == 0, shown.stderr
    targets = re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE)
    assert set(re.findall(r"^  make (\S+)", shown.stdout, re.MULTILINE)) == set(targets)
    wanted = {
        "demo",
        "test",
        "check",
        "golden",
        "look",
        "bench",
        "soak",
        "lock",
        "sbom",
        "audit",
        "wheel",
        "clean",
        "help",
        "mutants",
        "docs",
    }
    assert wanted == set(targets)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_a_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    old.chmod(0o755)
    done = run("make", "demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}", cwd=ROOT, MAKEFLAGS="")
    assert done.returncode == 2
    assert f"needs Python 3.11 or newer; {old} is not" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_the_pipeline_runs_the_test_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    command = script.read_text("utf-8").splitlines()[-1].removeprefix("exec ")
    assert re.search(rf"^{command}\b", README.read_text("utf-8"), re.MULTILINE)


# The example


@pytest.fixture(scope="module")
def first_plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plan of the example specs against a new sandbox."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(ROOT / "reconciler.yaml", folder)
    shutil.copytree(ROOT / "specs", folder / "specs")
    words = [
        sys.executable,
        "-m",
        "reconciler",
        "plan",
        "--tenant",
        "sandbox",
        "--format",
        "json",
        "--detailed-exitcode",
    ]
    done = run(*words, cwd=folder, PYTHONPATH=str(ROOT))
    assert done.returncode == 2, done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def test_workspace_and_specs_are_valid_without_a_remark() -> None:
    path = ROOT / "reconciler.yaml"
    workspace, findings = load_workspace(path, path.read_bytes())
    assert workspace is not None
    assert list(findings) == []
    for tenant in workspace.tenants.values():
        files = [(str(file), file.read_bytes()) for folder in tenant.specs for file in sorted(folder.rglob("*.yaml"))]
        specs = crosscheck(load(files), REGISTRY)
        assert list(specs.diagnostics) == []
        assert specs.desired


def test_every_spec_file_names_its_schema() -> None:
    for path in (ROOT / "specs").rglob("*.yaml"):
        head = path.read_text("utf-8").splitlines()[0]
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", head)
        assert found, path
        assert (path.parent / found[1]).is_file(), path


def test_the_seed_is_a_tenant_that_graph_could_show() -> None:
    seed = json.loads((ROOT / "specs" / "sandbox-tenant.json").read_text("utf-8"))
    tenant = Emulator(seed=seed)
    exported = tenant.export()["collections"]
    assert isinstance(exported, dict)
    assert set(seed["collections"]) <= set(exported)


def test_the_first_plan_shows_every_sort_of_change(first_plan: dict[str, Any]) -> None:
    changes = {change["address"]: change for change in first_plan["changes"]}
    actions = {address: change["action"] for address, change in changes.items()}
    assert actions["EnrollmentProfile/pilots"] == "create"
    assert actions["JitSsoPolicy/ios-jit"] == "update"
    assert actions["EnrollmentProfile/executives"] == "no-op"
    assert changes["EnrollmentProfile/byod-web"]["adopts"] is True
    ladder = changes["EnrollmentPriority/ios"]["ladder"]
    assert ladder["before"] != ladder["after"]
    assert len(ladder["steps"]) == 2
    unmanaged = {each["kind"] for each in first_plan["unmanaged"]}
    assert unmanaged == {"AssignmentFilter", "EnrollmentProfile", "JitSsoPolicy"}


def test_the_first_plan_can_be_applied_as_it_is(first_plan: dict[str, Any]) -> None:
    assert first_plan["complete"] is True
    assert first_plan["diagnostics"] == []
    assert first_plan["orphaned"] == []


def test_the_drift_of_the_example_is_what_the_articles_warn_of(first_plan: dict[str, Any]) -> None:
    """A value with a blank at its end, and a Microsoft app in the list."""
    policy = next(change for change in first_plan["changes"] if change["address"] == "JitSsoPolicy/ios-jit")
    before = {field["path"]: field["before"] for field in policy["fields"]}
    assert before["/jitRegistration"]["value"] == "{{DEVICEREGISTRATION}} "
    assert "com.microsoft.skype.teams" in before["/appBundleIds"]
