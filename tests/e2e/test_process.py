"""What only a process of its own shows: the console, signals, a served Graph, and other surroundings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reconciler.emulator import Emulator, Fault

from . import scenario
from .command import VARIABLES, Folder
from .harness import CANARY, Rehearsal, Time, load_specs, pending
from .wire import Wire

COMMAND = [sys.executable, "-m", "reconciler"]
ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    """Without what would keep output from being held back, as it is where nobody asks for that."""
    kept = {name: value for name, value in os.environ.items() if name not in (*VARIABLES, "PYTHONUNBUFFERED")}
    return {**kept, "PYTHONPATH": str(ROOT), "RECONCILER_ACCESS_TOKEN": CANARY, **more}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own. It shows neither a traceback nor the token."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert CANARY not in done.stderr + done.stdout
    return done


@pytest.fixture
def place(folder: Folder) -> Path:
    """The scenario as files."""
    return folder.path


@pytest.fixture
def served(place: Path) -> Iterator[str]:
    """`reconciler emulator`, serving the scenario's tenant; its address."""
    arguments = ["emulator", "--port", "0", "--seed", "tenant.json", "--state", "served.json", "--format", "json"]
    server = subprocess.Popen([*COMMAND, *arguments], cwd=place, env=environment(), stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield _announced(server.stdout)
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def _announced(lines: Iterable[str]) -> str:
    """The address in the document that the server prints first."""
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            break
    return str(json.loads(text)["url"])


def test_specs_are_applied_to_a_graph_that_another_process_serves(folder: Folder, place: Path, served: str) -> None:
    folder.environment.setenv("RECONCILER_GRAPH_URL", served)
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", CANARY)
    assert folder("plan", "--detailed-exitcode").code == 2
    applied = folder("apply", "--yes")
    assert applied.code == 0, applied
    assert folder("plan", "--detailed-exitcode").code == 0
    assert not (place / ".reconciler" / "sandbox.json").exists(), "the embedded Graph was used instead"
    assert "Pilots" in (place / "served.json").read_text(encoding="utf-8")


def test_invariant_09_surroundings_do_not_change_a_plan(place: Path) -> None:
    plans = [
        run(place, "plan", PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale, COLUMNS="100").stdout
        for seed, zone, locale in (("0", "UTC", "C"), ("1", "Asia/Kolkata", "C.UTF-8"), ("4242", "US/Pacific", "POSIX"))
    ]
    assert plans[0]
    assert plans[1:] == plans[:1] * 2


def test_a_reader_that_goes_away_is_no_failure(place: Path) -> None:
    script = f"{sys.executable} -m reconciler plan --full | head -1"
    shell = ["/bin/sh", "-c", script]
    done = subprocess.run(shell, cwd=place, env=environment(), capture_output=True, timeout=60, check=False)
    assert done.stdout.startswith(b"Tenant sandbox")
    assert done.stderr == b""


CODES = {
    "apply --yes --format json": 4,
    "apply --yes": 4,
    "drift": 2,
    "plan": 0,
    "plan --detailed-exitcode --format json": 2,
    "validate nowhere --format json": 3,
    "--help": 0,
}
"""Exit codes where nobody reads stdout."""


def test_a_reader_that_goes_away_does_not_change_the_exit_code(place: Path) -> None:
    refuse_adoptions(place)
    script = "; ".join(
        f"({sys.executable} -m reconciler {line}; echo $? >code{index}) | true" for index, line in enumerate(CODES)
    )
    shell = ["/bin/sh", "-c", script]
    done = subprocess.run(shell, cwd=place, env=environment(), capture_output=True, timeout=60, check=False)
    assert {line: int((place / f"code{index}").read_text()) for index, line in enumerate(CODES)} == CODES
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize(("line", "code"), [("apply --yes", 4), ("drift --log-level debug", 2), ("nonsense", 64)])
def test_who_no_longer_listens_to_stderr_does_not_change_the_exit_code(place: Path, line: str, code: int) -> None:
    refuse_adoptions(place)
    reading, hearing = os.pipe()
    os.close(reading)
    try:
        command = [*COMMAND, *line.split()]
        done = subprocess.run(
            command, cwd=place, env=environment(), stdout=subprocess.DEVNULL, stderr=hearing, timeout=60, check=False
        )
    finally:
        os.close(hearing)
    assert done.returncode == code


def refuse_adoptions(place: Path) -> None:
    workspace = place / "reconciler.yaml"
    text = workspace.read_text(encoding="utf-8")
    workspace.write_text(text.replace("adoptions: 1", "adoptions: 0"), encoding="utf-8")


def finished_by_the_next(graph: Emulator) -> None:
    """One more run, in this process, leaves nothing to do."""
    rehearsal = Rehearsal(load_specs(scenario.SPECS), graph, Time(), wire=Wire(graph, CANARY))
    rehearsal.apply()
    assert pending(rehearsal.plan().plan) == {}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_between_two_writes(place: Path, number: signal.Signals, code: int) -> None:
    with Emulator(seed=scenario.seed(), latency=0.02) as graph:
        graph.fail(Fault(kind="slow", method="PATCH", path="deviceConfigurations", seconds=1.0))
        arguments = ["apply", "--yes", "--format", "json", "--record", "record.json"]
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        with subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=place,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            _until(lambda: any(w.method == "PATCH" and "deviceConfigurations" in w.path for w in graph.writes))
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        document = json.loads(out)
        assert process.returncode == code
        assert document["outcome"] == "partly-applied"
        assert "Traceback" not in err
        reported = sorted((r["method"], r["path"]) for result in document["results"] for r in result["requests"])
        assert reported == sorted((w.method, w.path) for w in graph.writes)
        assert graph.writes[-1].method == "PATCH", "something was sent after the signal"
        assert json.loads((place / "record.json").read_text(encoding="utf-8"))["outcome"] == "partly-applied"
        finished_by_the_next(graph)


@pytest.mark.parametrize("method", ["PATCH", "GET"])
def test_a_signal_ends_a_pause(place: Path, method: str) -> None:
    """Graph wants half a minute of silence, before a write and before a read; nobody waits for that after Ctrl-C."""
    with Emulator(seed=scenario.seed()) as graph:
        path = f"deviceConfigurations/{scenario.POLICY}$"
        graph.fail(Fault(method=method, path=path, status=429, headers={"Retry-After": "25"}))
        arguments = ["apply", "--yes", "--format", "json", "--record", "record.json", "--log-level", "warning"]
        with subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=place,
            env=environment(RECONCILER_GRAPH_URL=graph.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert "all requests wait" in process.stderr.readline()
            before, began = len(graph.writes), time.monotonic()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert time.monotonic() - began < 10, "it waited all the same"
        assert len(graph.writes) == before, "something was sent after the signal"
        results = {result["address"]: result for result in json.loads(out)["results"]}
        policy = results["JitSsoPolicy/jit"]
        assert policy["status"] == "skipped"
        assert "interrupted" in policy["error"]
        assert [r["status"] for r in policy["requests"]] == ([429] if method == "PATCH" else [])
        reported = sorted((r["method"], r["path"]) for result in results.values() for r in result["requests"])
        assert reported == sorted((w.method, w.path) for w in graph.writes)


def test_nothing_is_applied_where_nobody_reads_the_plan(place: Path) -> None:
    with Emulator(seed=scenario.seed()) as graph:
        script = f"{sys.executable} -m reconciler apply --yes; echo $? >code"
        shell = ["/bin/sh", "-c", f"({script}) | true"]
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        done = subprocess.run(shell, cwd=place, env=surroundings, capture_output=True, timeout=60, check=False)
        _until(lambda: (place / "code").exists() and (place / "code").read_text())
        assert (place / "code").read_text().strip() == "1"
        assert b"nobody reads the plan" in done.stderr
        assert graph.writes == []


def test_a_reader_that_goes_away_during_a_run_changes_nothing_of_it(place: Path) -> None:
    """JSON comes at the end only: the run is whole, and its record and exit code tell it."""
    with Emulator(seed=scenario.seed()) as graph:
        script = f"{sys.executable} -m reconciler apply --yes --format json --record record.json; echo $? >code"
        shell = ["/bin/sh", "-c", f"({script}) | true"]
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        done = subprocess.run(shell, cwd=place, env=surroundings, capture_output=True, timeout=60, check=False)
        _until(lambda: (place / "code").exists() and (place / "code").read_text())
        assert done.stderr == b""
        assert (place / "code").read_text().strip() == "0"
        assert json.loads((place / "record.json").read_text(encoding="utf-8"))["outcome"] == "applied"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_a_second_signal_ends_the_run_at_once(place: Path, number: signal.Signals, code: int) -> None:
    with Emulator(seed=scenario.seed()) as graph:
        graph.fail(Fault(kind="slow", method="PATCH", path="deviceConfigurations", seconds=20.0))
        arguments = ["apply", "--yes", "--format", "json", "--record", "record.json"]
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        with subprocess.Popen(
            [*COMMAND, *arguments], cwd=place, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            _until(lambda: any(w.method == "PATCH" and "deviceConfigurations" in w.path for w in graph.log))
            process.send_signal(number)
            assert process.stderr is not None
            assert process.stderr.readline().startswith(b"stopping after the request")
            process.send_signal(number)
            process.communicate(timeout=15)
        assert process.returncode == code
        assert json.loads((place / "record.json").read_text(encoding="utf-8"))["outcome"] == "partly-applied"


def _until(happened: object, seconds: float = 20.0) -> None:
    """Wait for something that another process brings about."""
    assert callable(happened)
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_run_that_was_killed_is_finished_by_the_next(place: Path) -> None:
    with Emulator(seed=scenario.seed(), latency=0.02) as graph:
        surroundings = environment(RECONCILER_GRAPH_URL=graph.url)
        process = subprocess.Popen(
            [*COMMAND, "apply", "--yes", "--quiet"], cwd=place, env=surroundings, stdout=subprocess.DEVNULL
        )
        _until(lambda: len(graph.writes) >= 4)
        process.kill()
        process.wait()
        finished_by_the_next(graph)
        names = [str(app["displayName"]) + str(app["@odata.type"]) for app in graph.objects(scenario.APPS)]
        assert len(set(names)) == len(names), "the app was made twice"
