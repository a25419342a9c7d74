"""Completion scripts, tried in the shells themselves; a shell that is not installed is skipped and named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache

import pytest

from reconciler.cli.parsers.completing import SHELLS

OFFERED = [
    ("reconciler val", {"validate"}),
    ("reconciler explain JIT90", {"JIT901"}),
    ("reconciler plan --format m", {"markdown"}),
    ("reconciler schema EnrollmentPr", {"EnrollmentPriority", "EnrollmentProfile"}),
]
BASH = """
eval "$SCRIPT"
read -ra COMP_WORDS <<< "$1"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p reconciler | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" reconciler "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@cache
def script(shell: str) -> str:
    command = [sys.executable, "-m", "reconciler", "completion", shell]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


def shell_or_skip(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_parses(shell: str) -> None:
    done = subprocess.run(
        [shell_or_skip(shell), "-n"], input=script(shell), capture_output=True, check=False, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("line", "offered"), OFFERED)
def test_bash_offers(line: str, offered: set[str]) -> None:
    bash = shell_or_skip("bash")
    done = subprocess.run(
        [bash, "-c", BASH, "bash", line], env={"SCRIPT": script("bash"), "PATH": "/usr/bin:/bin"},
        capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert set(done.stdout.split()) == offered


def test_fish_offers() -> None:
    fish = shell_or_skip("fish")
    asked = "\n".join(f"complete -C {line!r}; echo ==" for line, _ in OFFERED)
    done = subprocess.run([fish], input=script("fish") + asked, capture_output=True, check=True, encoding="utf-8")
    parts = done.stdout.split("==\n")
    assert [{row.split("\t")[0] for row in part.splitlines()} for part in parts[:-1]] == [o for _, o in OFFERED]


def test_every_shell_that_is_named_gets_a_script() -> None:
    import shtab

    assert set(SHELLS) <= set(shtab.SUPPORTED_SHELLS)
