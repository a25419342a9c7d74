"""A workspace folder for tests that run commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import VARIABLES, Folder, prepare


@pytest.fixture
def workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The scenario as files, in the current folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    return Folder(tmp_path, capsys, monkeypatch)
