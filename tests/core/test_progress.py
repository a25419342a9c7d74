"""What whoever waits sees: counts, pace and waits, on one line; nothing at first, and nothing where nobody watches."""

from __future__ import annotations

import asyncio
import io
import sys
import termios
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.cli import streams
from reconciler.cli.arguments import Arguments
from reconciler.cli.output import Output
from reconciler.cli.progress import Progress, width_of
from tests.terminal import Terminal


class Screen:
    """A clock that is set, and what was shown at each time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shown: list[tuple[float, str]] = []
        self.read = True

    def show(self, line: str) -> bool:
        self.shown.append((round(self.now - 100, 2), line))
        return self.read

    def clock(self) -> float:
        return self.now


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def progress(screen: Screen) -> Progress:
    return Progress(screen.clock, width=80, show=screen.show)


def at(screen: Screen, seconds: float, tell: Callable[[], None]) -> str:
    """What is shown by telling something at this time; empty where nothing is."""
    screen.now, before = 100 + seconds, len(screen.shown)
    tell()
    return screen.shown[-1][1] if len(screen.shown) > before else ""


def test_reading_is_counted_and_rated(screen: Screen, progress: Progress) -> None:
    assert at(screen, 0.0, lambda: progress.asked(30)) == ""
    assert at(screen, 0.4, lambda: progress.answered(5)) == ""
    assert at(screen, 0.6, lambda: progress.answered(5)) == "reading: 10 of 30 requests"
    assert at(screen, 0.65, lambda: progress.answered(1)) == ""
    assert at(screen, 3.0, lambda: progress.asked(4)) == "reading: 11 of 34 requests, 4/s"
    assert at(screen, 4.0, lambda: progress.answered(23)) == ""
    assert at(screen, 4.5, progress.rests) == ""
    assert screen.shown[-1] == (4.5, "")


def test_a_reading_after_a_rest_is_counted_anew(screen: Screen, progress: Progress) -> None:
    at(screen, 0.0, lambda: progress.asked(30))
    at(screen, 1.0, lambda: progress.answered(30))
    progress.rests()
    assert at(screen, 60.0, lambda: progress.asked(2)) == ""
    assert at(screen, 60.4, lambda: progress.answered(1)) == ""
    assert at(screen, 62.5, progress.draw) == "reading: 1 of 2 requests"


def test_waits_are_told_until_they_are_over(screen: Screen, progress: Progress) -> None:
    at(screen, 0.0, lambda: progress.asked(3))
    assert at(screen, 1.0, lambda: progress.waits(20.0, "Graph asks to wait")) == (
        "reading: 0 of 3 requests; Graph asks to wait, 20 s left"
    )
    assert at(screen, 2.0, lambda: progress.waits(5.0, "a shorter one")).endswith("Graph asks to wait, 19 s left")
    assert at(screen, 20.2, progress.draw).endswith("1 s left")
    assert "wait" not in at(screen, 21.5, progress.draw)


def test_an_apply_counts_changes_and_goes_by_the_pace_of_its_writes(screen: Screen, progress: Progress) -> None:
    progress.applies(10, 20)
    assert at(screen, 0.3, progress.sent) == ""
    assert at(screen, 1.0, progress.sent) == "applying: 0 of 10 changes"
    assert at(screen, 2.0, progress.ended) == "applying: 1 of 10 changes"
    for _ in range(2):
        at(screen, 4.0, progress.sent)
    assert at(screen, 4.2, progress.draw) == "applying: 1 of 10 changes, about 16 s left"
    assert at(screen, 9.0, progress.draw) == "applying: 1 of 10 changes, about 11 s left"
    assert at(screen, 500.0, progress.draw) == "applying: 1 of 10 changes"


def test_a_line_never_fills_the_last_column(screen: Screen) -> None:
    progress = Progress(screen.clock, width=20, show=screen.show)
    progress.asked(1000)
    screen.now += 1
    progress.waits(9, "Graph asks to wait")
    assert len(screen.shown[-1][1]) == 19


def test_the_line_is_as_wide_as_the_terminal_that_it_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as stdout, which may be a file, and whose width a shell may have exported."""
    monkeypatch.setenv("COLUMNS", "200")
    with Terminal():
        assert width_of(sys.stderr) == 80, "a terminal that does not say"
        termios.tcsetwinsize(sys.stderr.fileno(), (24, 33))
        assert width_of(sys.stderr) == 33
    assert width_of(io.StringIO()) == 80


def test_who_went_away_is_noticed(screen: Screen, progress: Progress) -> None:
    progress.applies(2, 2)
    screen.read = False
    at(screen, 1.0, progress.ended)
    assert not progress.heard


def test_the_line_is_gone_before_anything_else_is_written() -> None:
    with Terminal() as terminal:
        streams.status("reading: 1 of 2 requests")
        streams.status("reading: 2 of 2 requests")
        streams.complain("warning: x\n")
        streams.complain("warning: y\n")
        assert terminal.read() == (
            "\r\x1b[Kreading: 1 of 2 requests\r\x1b[Kreading: 2 of 2 requests\r\x1b[Kwarning: x\r\nwarning: y\r\n"
        )


def test_the_line_is_gone_before_a_result_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        streams.status("reading")
        streams.say(sys.stdout, "result\n")
        streams.say(sys.stdout, "more\n")
        assert terminal.read() == "\r\x1b[Kreading\r\x1b[K"
    assert capsys.readouterr().out == "result\nmore\n"


async def _watched(arguments: Arguments) -> bool:
    async with Output(arguments).watched() as watch:
        return watch is not None


@pytest.mark.parametrize(
    ("arguments", "variables", "watched"),
    [
        ({}, {}, True),
        ({}, {"NO_COLOR": "1"}, True),
        ({}, {"CI": "true"}, False),
        ({}, {"TERM": "dumb"}, False),
        ({"quiet": True}, {}, False),
        ({"log_format": "json"}, {}, False),
        ({"format": "json"}, {}, True),
    ],
)
def test_who_is_told(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], variables: dict[str, str], watched: bool
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, value in {"TERM": "xterm", **variables}.items():
        monkeypatch.setenv(name, value)
    with Terminal():
        assert asyncio.run(_watched(Arguments("plan", **arguments))) is watched


def test_nothing_is_told_where_stderr_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert asyncio.run(_watched(Arguments("plan"))) is False
