"""A workspace folder for each test that runs commands, and a Graph that they can be pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.emulator import Emulator
from tests.e2e.judge import Bodies

from . import scenario
from .command import VARIABLES, Folder, prepare


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The scenario as files, in the current folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    return Folder(tmp_path, capsys, monkeypatch)


@pytest.fixture
def graph(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    """The scenario's tenant, served to the folder's commands by another server than their own."""
    with Emulator(seed=scenario.seed()) as emulator:
        folder.serve(emulator)
        yield emulator
        bodies.keep_log(emulator.log)
