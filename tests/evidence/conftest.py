"""A small workspace in a repository, with three runs on record: made once, and copied for each test of commands.

Used by `tests/reporting` too.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.cli.clock import Clock
from tests.e2e.command import VARIABLES, Folder
from tests.e2e.harness import Time
from tests.review.repositories import begin, commit

WORKSPACE = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: sandbox
tenants:
  sandbox:
    graph: emulator
    state: .reconciler/sandbox.json
    provided: [{part: compliance, by: security team, reason: a workspace of its own}]
rules:
  JIT522: {severity: none, reason: our first app is Outlook}
"""
SPECS = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO
  description: {{WORDS}}
  assignments: {include: [allUsers]}
---
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: pilots}
spec: {displayName: SSO - pilots}
"""
PLANS = ("first.json", "second.json", "third.json")


def specs(words: str) -> str:
    return SPECS.replace("{{WORDS}}", words)


def _run(time: Time, *arguments: str) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(arguments, clock=Clock(time.now, time.monotonic, time.sleep))
    assert code == 0, said.getvalue()


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The folder after its three runs, and the time that it is then."""
    path = tmp_path_factory.getbasetemp() / "history"
    if path not in _MADE:
        _MADE[path] = _made(path)
    return path, _MADE[path]


_MADE: dict[Path, float] = {}
"""What was made already: the fixture is one of two folders."""


def _made(path: Path) -> float:
    time = Time()
    begin(path)
    with pytest.MonkeyPatch.context() as environment:
        for name in VARIABLES:
            environment.delenv(name, raising=False)
        environment.chdir(path)
        for words, plan in zip(("one", "two", "three"), PLANS, strict=True):
            ignored = ".reconciler/\n*.zip\n*.json\n"
            commit(path, {".gitignore": ignored, "reconciler.yaml": WORKSPACE, "specs/all.yaml": specs(words)})
            _run(time, "plan", "--out", plan)
            _run(time, "apply", "--plan", plan, "--yes", "--change-ref", f"CHG-{words}")
            time.seconds += 3600
    return time.seconds


@pytest.fixture
def folder(
    history: tuple[Path, float], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    """A copy of it, in the current folder, at that time."""
    made, seconds = history
    shutil.copytree(made, tmp_path / "w", symlinks=True)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "w")
    time = Time()
    time.seconds = seconds
    return Folder(tmp_path / "w", capsys, monkeypatch, time)


@pytest.fixture
def runs(folder: Folder) -> list[str]:
    """The records, the oldest first."""
    return [f".reconciler/runs/{file.name}" for file in sorted((folder.path / ".reconciler/runs").glob("*.json"))]
