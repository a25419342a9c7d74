"""Runs the shell steps of a GitHub workflow in order, as a runner would: in a checkout, with values for expressions.

The shell is a real one. `reconciler` in it is a small program that hands arguments, folder and environment to this very
process, which runs the command and gives back what it said: starting Python anew for each would cost more than all the
rest. `pip` is not run. Actions are played: checkout, and artifacts kept with the fake of GitHub.
"""

from __future__ import annotations

import io
import json
import os
import re
import select
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from reconciler.cli import main
from reconciler.cli.clock import Clock

from .services import TOKEN, GitHub

_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
_SHIM = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.connect(os.environ["COMMANDS"])
    s.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
    code, out, err = json.loads(b"".join(iter(lambda: s.recv(1 << 20), b"")))
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


@dataclass
class Shell:
    """A shell whose `reconciler` is that of this process."""

    folder: Path
    clock: Clock
    environment: Mapping[str, str]
    said: list[str] = field(default_factory=list)
    """Every command that was run, and what came of it."""

    def __post_init__(self) -> None:
        shims = self.folder / "bin"
        shims.mkdir(parents=True)
        (self.folder / "shim.py").write_text(_SHIM, "utf-8")
        python = shlex.quote(sys.executable)
        scripts = {
            "reconciler": f'exec {python} -SEs {shlex.quote(str(self.folder / "shim.py"))} "$@"',
            "python": f'if [ "$1 $2" = "-m pip" ]; then exit 0; fi; exec {python} "$@"',
        }
        for name, text in scripts.items():
            (shims / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
            (shims / name).chmod(0o755)

    def run(self, script: str, cwd: Path, environment: Mapping[str, str]) -> int:
        """The exit code of a script, run as GitHub runs it."""
        listener = self.folder / "commands"
        variables = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "COMMANDS": str(listener),
            "GIT_CONFIG_GLOBAL": os.devnull,
            **self.environment,
            **environment,
        }
        with _listening(listener) as server:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-e", "-c", script],
                cwd=cwd, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            )  # fmt: skip
            while process.poll() is None:
                if select.select([server], [], [], 0.005)[0]:
                    self._serve(server)
            told = process.stdout.read() if process.stdout else ""
            self.said.append(f"$ {script.strip()}\n{told}")
            if process.stdout:
                process.stdout.close()
            return process.returncode

    def _serve(self, server: socket.socket) -> None:
        connection = server.accept()[0]
        with connection, connection.makefile("rb") as asked:
            argv, cwd, environment = json.loads(asked.readline())
            connection.sendall(json.dumps(self._command(argv, cwd, environment)).encode())

    def _command(self, argv: list[str], cwd: str, environment: Mapping[str, str]) -> tuple[int, str, str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        before, where = dict(os.environ), Path.cwd()
        try:
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(cwd)
            with redirect_stdout(out), redirect_stderr(err):
                try:
                    code = main(argv, clock=self.clock)
                except SystemExit as ended:
                    code = int(str(ended.code))
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(where)
        texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
        self.said.append(f"  reconciler {shlex.join(argv)} -> {code}\n{texts[1]}")
        return code, texts[0], texts[1]


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield server


@dataclass
class Job:
    """What came of one job."""

    succeeded: bool
    skipped: bool = False
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Runner:
    """Runs workflows of one repository for commits of one Git repository."""

    shell: Shell
    origin: Path
    host: GitHub
    events: Mapping[str, str]
    """Values of expressions, by their text."""
    number: int = 0

    def run(self, workflow: str, commit: str, *, head: str | None = None) -> dict[str, Job]:
        """Every job of a workflow file, by name; one that needs another which failed or was skipped is skipped.

        Given the `head` of a pull request, it is run for that.
        """
        self.number += 1
        known = {
            "id": self.number, "run_number": self.number, "path": f".github/workflows/{workflow}.yml",
            "event": "pull_request" if head else "push", "head_branch": "topic" if head else "main",
            "head_sha": head or commit,
            "head_repository": {"full_name": self.host.repository}, "conclusion": None,
        }  # fmt: skip
        self.host.runs.append(known)
        jobs = self._jobs(workflow, commit, head)
        known["conclusion"] = "success" if all(job.succeeded for job in jobs.values()) else "failure"
        return jobs

    def _jobs(self, workflow: str, commit: str, head: str | None) -> dict[str, Job]:
        text = self._show(commit, f".github/workflows/{workflow}.yml")
        whole = yaml.safe_load(text)
        done: dict[str, Job] = {}
        for name, job in whole["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            known = {
                f"needs.{need}.outputs.{key}": value for need in needs for key, value in done[need].outputs.items()
            }
            ready = all(done[need].succeeded and not done[need].skipped for need in needs)
            if not ready or not self._holds(job.get("if", ""), known, failed=False, folder=Path()):
                done[name] = Job(succeeded=True, skipped=True)
                continue
            done[name] = self._job(name, job, commit, whole.get("env", {}), known, head)
        return done

    def _show(self, commit: str, path: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.origin), "show", f"{commit}:{path}"],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return done.stdout

    def _job(
        self,
        name: str,
        job: Mapping[str, Any],
        commit: str,
        environment: Mapping[str, str],
        known: Mapping[str, str],
        head: str | None,
    ) -> Job:
        folder = self.shell.folder / f"{self.number}-{name}"
        values, failed = {**known, "github.event.pull_request.head.sha": head or ""}, False
        summary, output = self.shell.folder / "summary", self.shell.folder / "output"
        summary.write_text("", "utf-8")
        for step in job["steps"]:
            if not self._holds(step.get("if", ""), values, failed=failed, folder=folder):
                continue
            output.write_text("", "utf-8")
            if "uses" in step:
                self._action(step["uses"].partition("@")[0], step.get("with", {}), folder, commit)
                continue
            files = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
            given = {key: self._filled(str(value), values) for key, value in step.get("env", {}).items()}
            assert not _EXPRESSION.search(step["run"]), "what others wrote must not become part of a script"
            shown = {
                "GITHUB_SHA": commit, "GITHUB_REPOSITORY": self.host.repository, "GITHUB_API_URL": self.host.url,
                "GITHUB_RUN_ID": str(self.number), "GITHUB_SERVER_URL": "https://github.com",
            }  # fmt: skip
            code = self.shell.run(step["run"], folder, {**shown, **environment, **files, **given})
            failed = failed or (code != 0 and not step.get("continue-on-error"))
            for line in output.read_text("utf-8").splitlines():
                key, _, value = line.partition("=")
                values[f"steps.{step['id']}.outputs.{key}"] = value
        outputs = {key: self._filled(value, values) for key, value in job.get("outputs", {}).items()}
        return Job(not failed, outputs=outputs, summary=summary.read_text("utf-8"))

    def _holds(self, condition: str, values: Mapping[str, str], *, failed: bool, folder: Path) -> bool:
        """A condition of a step or a job: the few forms that the workflows use, and no other."""
        text = _EXPRESSION.sub(r"\1", condition)
        if text in ("", "always()"):
            return text == "always()" or not failed
        if text == "!cancelled() && hashFiles('plan.json') != ''":
            return (folder / "plan.json").is_file()
        left, right = text.split(" == ")
        return self._value(left, values) == (right.strip("'") if "'" in right else self._value(right, values))

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1], values), text)

    def _value(self, expression: str, values: Mapping[str, str]) -> str:
        """An output that was never set is empty; every other expression has to be known."""
        if expression.startswith(("steps.", "needs.")):
            return values.get(expression, "")
        if expression in values:
            return values[expression]
        return {
            "github.token": TOKEN,
            "github.ref": "refs/heads/main",
            "github.repository": self.host.repository,
            **self.events,
        }[expression]

    def _action(self, name: str, given: Mapping[str, Any], folder: Path, commit: str) -> None:
        if name == "actions/checkout":
            assert given["persist-credentials"] is False
            depth = ["--depth", str(given.get("fetch-depth", 1))] if given.get("fetch-depth", 1) else []
            _git(self.shell.folder, "init", "-q", str(folder))
            _git(folder, "fetch", "-q", *depth, f"file://{self.origin}", commit)
            _git(folder, "checkout", "-q", "FETCH_HEAD")
        elif name == "actions/upload-artifact":
            files = [folder / line for line in given["path"].split()]
            held = {file.name: file.read_bytes() for file in files if file.is_file()}
            if held:
                self.host.keep(self.number, given["name"], held)
        elif name == "actions/download-artifact":
            kept = next(each for each in self.host.artifacts[self.number] if each.name == given["name"])
            for file, data in kept.files.items():
                (folder / file).write_bytes(data)
        else:
            assert name == "actions/setup-python", name


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, encoding="utf-8", check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip
    return done.stdout.strip()


class Repository:
    """A Git repository with the commits of a story."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

    def git(self, *arguments: str) -> str:
        """What Git says."""
        return _git(self.folder, "-c", "user.name=Tester", "-c", "user.email=tester@example.com", *arguments)

    def commit(self, message: str) -> str:
        """All that is in the folder, as a commit; its id."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str) -> str:
        """The merge of a branch into main, where main then is; its id."""
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
        return self.git("rev-parse", "HEAD")
