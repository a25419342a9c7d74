"""How far a command has come, as whoever waits at a terminal sees it."""

from __future__ import annotations

import pytest

from reconciler.emulator import Emulator, Fault
from tests.terminal import Terminal

from .command import Folder


def test_reading_and_applying_are_told_and_gone_at_the_end(
    folder: Folder, graph: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is the one that waits move, so a wait of ten seconds costs nothing."""
    monkeypatch.setenv("TERM", "xterm")
    wait = {"Retry-After": "10"}
    graph.fail(Fault(path="deviceConfigurations", status=429, headers=wait, times=2))
    graph.fail(Fault(method="PATCH", status=429, headers=wait, after=1, times=2))
    with Terminal() as terminal:
        said = folder("apply", "--yes")
        shown = terminal.read()
    assert said.code == 0
    drawn = [line.partition("\r\n")[0] for line in shown.split("\r\x1b[K")]
    assert any(line.startswith("reading: ") and "requests" in line for line in drawn)
    assert any(line.startswith("applying: ") and "8 changes; Graph asks to wait, 1" in line for line in drawn)
    assert drawn[-1].startswith("record: "), "nothing stands on the terminal at the end"


def test_quiet_is_quiet(folder: Folder, graph: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with Terminal() as terminal:
        assert folder("plan", "--quiet").code == 0
        assert not terminal.wrote()
