"""Golden runs: a folder of specs, a workspace and a tenant, and everything that the commands say about it.

`python -m tests.golden.rewrite` writes the expected files anew; the review of their difference is the review of the
output. Time stands still in a run, and ids that the embedded Graph makes up are the same in every run.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.cli import main
from reconciler.cli.clock import Clock

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLE = "example"
"""The project's own specs with their sandbox tenant: what a new user sees first."""
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "plan.txt": ("plan",),
    "plan.json": ("plan", "--format", "json"),
    "dry-run.txt": ("apply", "--dry-run"),
    "apply.txt": ("apply", "--yes"),
    "plan-after.txt": ("plan",),
}
"""What is run, in this order, and the file that holds what it said."""
CODES = "exit-codes.txt"
PENDING = ("plan", "--detailed-exitcode")
"""Before and after: only its exit code is kept, since `plan` says the same."""


@dataclass(frozen=True)
class Scenario:
    """A name, and where its specs, workspace and tenant come from."""

    name: str

    @property
    def expected(self) -> Path:
        """The folder of the expected files."""
        return HERE / self.name

    def copy_to(self, folder: Path) -> None:
        """Lay the inputs out in a folder."""
        source = ROOT if self.name == EXAMPLE else self.expected
        shutil.copytree(source / "specs", folder / "specs")
        shutil.copy(source / "reconciler.yaml", folder)
        if self.name != EXAMPLE:
            shutil.copy(source / "tenant.json", folder)


def scenarios() -> list[Scenario]:
    """All scenarios, by the folders that hold their expected files."""
    names = {EXAMPLE, *(path.name for path in HERE.iterdir() if (path / "specs").is_dir())}
    return [Scenario(name) for name in sorted(names)]


def run(scenario: Scenario) -> dict[str, str]:
    """Run all commands in a fresh copy, and give what is to be compared, by file name."""
    codes: list[str] = []
    answers: list[str] = []
    with tempfile.TemporaryDirectory() as name, _in(Path(name)):
        scenario.copy_to(Path(name))
        for arguments in (PENDING, *COMMANDS.values(), PENDING):
            code, out, err = _said(*arguments)
            codes.append(f"{' '.join(arguments)}: {code}")
            answers.append(out + (f"--- stderr\n{err}" if err else ""))
    return {**dict(zip(COMMANDS, answers[1:-1], strict=True)), CODES: "\n".join([*codes, ""])}


def _said(*arguments: str) -> tuple[int, str, str]:
    command = [*arguments, "--tenant", "sandbox"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command, clock=Clock(lambda: NOW))
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Work in a folder, in an environment that says nothing of this machine."""
    before = dict(os.environ)
    for name in [n for n in os.environ if n.startswith(("RECONCILER_", "GITHUB_", "BUILD_", "CI_"))]:
        del os.environ[name]
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
