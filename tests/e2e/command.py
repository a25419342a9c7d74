"""The command line as a user meets it: a folder with a workspace, commands run in it, and what they said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import main
from reconciler.cli.clock import Clock
from reconciler.emulator import Emulator
from reconciler.spec.schema import check_value

from . import scenario
from .harness import CANARY, Time

WORKSPACE = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: sandbox
tenants:
  sandbox: {graph: emulator, state: .reconciler/sandbox.json, seed: tenant.json}
limits: {adoptions: 1}
"""
VARIABLES = (
    "RECONCILER_GRAPH_URL", "RECONCILER_ACCESS_TOKEN", "CI", "NO_COLOR", "GITHUB_SHA", "GITHUB_ACTOR", "GITHUB_REF",
    "GITHUB_RUN_ID", "BUILD_SOURCEVERSION", "BUILD_BUILDID", "CI_COMMIT_SHA", "CI_JOB_URL", "RECONCILER_APPROVALS",
)  # fmt: skip
"""What the environment of the test run may hold and the tests must not see."""


@dataclass(frozen=True)
class Said:
    """What one command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    def valid(self, schema: str) -> Any:
        """The document, which must be what its schema promises."""
        assert check_value(schema, self.document) == []
        return self.document


@dataclass
class Folder:
    """A workspace on disk."""

    path: Path
    capture: pytest.CaptureFixture[str]
    environment: pytest.MonkeyPatch
    time: Time = field(default_factory=Time)

    def write(self, name: str, content: str | bytes | Mapping[str, Any]) -> Path:
        """A file below the folder; a mapping is written as JSON."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content) if isinstance(content, Mapping) else content
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def read(self, name: str) -> Any:
        """A JSON file below the folder."""
        return json.loads((self.path / name).read_bytes())

    def __call__(self, *arguments: str) -> Said:
        """Run a command in the folder. Whatever it says, it never shows the token or a traceback."""
        self.capture.readouterr()
        try:
            code = main(arguments, clock=Clock(self.time.now, self.time.monotonic, self.time.sleep))
        except SystemExit as exit_:
            code = int(str(exit_.code))
        out, err = self.capture.readouterr()
        assert CANARY not in out + err
        assert "Traceback" not in out + err
        return Said(code, out, err)

    def serve(self, emulator: Emulator) -> None:
        """Let commands talk to this Graph, with the canary for a token."""
        self.environment.setenv("RECONCILER_GRAPH_URL", emulator.url)
        self.environment.setenv("RECONCILER_ACCESS_TOKEN", CANARY)

    def files(self) -> dict[str, bytes]:
        """Every file below the folder."""
        return {str(p.relative_to(self.path)): p.read_bytes() for p in sorted(self.path.rglob("*")) if p.is_file()}


def prepare(path: Path) -> None:
    """A workspace with the scenario's specs and tenant."""
    (path / "specs").mkdir()
    (path / "reconciler.yaml").write_text(WORKSPACE, encoding="utf-8")
    (path / "specs" / "all.yaml").write_text(scenario.SPECS, encoding="utf-8")
    (path / "tenant.json").write_text(json.dumps(scenario.seed()), encoding="utf-8")
