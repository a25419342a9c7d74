"""The shell of pipelines and of the action, with a `reconciler` that only says what it was asked."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.arguments import parse
from reconciler.starting import templates
from tests.docs_parts import ROOT

CHOOSE = templates.tree("pipelines")["ci/choose-plan.sh"]
DRIFT = templates.tree("azure-devops")["ci/drift.sh"]


def run(
    folder: Path, script: str, *, plan: int = 0, apply: int = 0, drift: int = 0, made: str = "made", **variables: str
) -> Any:
    """Runs a script where `reconciler` exits as asked, by command, and notes its arguments, one a line."""
    (folder / "bin").mkdir()
    shim = folder / "bin" / "reconciler"
    shim.write_text(
        "#!/bin/sh\n"
        f"printf '%s\\n' \"$@\" >>{shlex.quote(str(folder / 'asked'))}\n"
        "case $1 in\n"
        f"plan) echo {shlex.quote(made)} >plan.json; exit {plan} ;;\n"
        f"apply) exit {apply} ;;\n"
        f"drift) echo page; exit {drift} ;;\n"
        'show) echo "shown: $(cat "$2")" ;;\n'
        "esac\n",
        "utf-8",
    )
    shim.chmod(0o755)
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TENANT": "sandbox", **variables}
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


# Which plan runs


CHANGE = {"address": "WebClip/a", "action": "update"}
MADE: dict[str, Any] = {"digest": "made", "changes": [CHANGE, {"address": "WebClip/b", "action": "no-op"}]}
REVIEWED = {**MADE, "digest": "reviewed", "changes": [CHANGE]}
UNREVIEWED = "**Nobody has reviewed this plan.**"


@pytest.mark.parametrize(
    ("reviewed", "plan", "apply", "said", "page"),
    [
        (None, 0, 0, "pending=false\nreviewed=false\n", "Nothing to do."),
        (REVIEWED, 0, 0, "pending=false\nreviewed=false\n", "Nothing to do."),
        (REVIEWED, 2, 0, "pending=true\nreviewed=true\n", "This is the plan that was reviewed."),
        (REVIEWED, 2, 4, "pending=true\nreviewed=false\n", UNREVIEWED),
        (REVIEWED, 2, 1, "pending=true\nreviewed=false\n", UNREVIEWED),
        (None, 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
        ({**REVIEWED, "consent": {"prune": True}}, 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
        ({**REVIEWED, "source": {"record": "x"}}, 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
        ({**REVIEWED, "changes": []}, 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
        ({**REVIEWED, "changes": [{**CHANGE, "action": "delete"}]}, 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
        ([], 2, 0, "pending=true\nreviewed=false\n", UNREVIEWED),
    ],
    ids=[
        "nothing", "nothing any more", "reviewed", "stale", "not known", "none",
        "consents to more", "goes back", "leaves out", "does something else", "no plan",
    ],
)  # fmt: skip
def test_the_plan_that_was_reviewed_runs_if_it_fits(
    reviewed: Any, plan: int, apply: int, said: str, page: str, tmp_path: Path
) -> None:
    """It wants what the specs come to now, and `apply` takes it: its author's pipeline could have made it up."""
    if reviewed is not None:
        (tmp_path / "reviewed.json").write_text(json.dumps(reviewed), "utf-8")
    done = run(tmp_path, CHOOSE, plan=plan, apply=apply, made=json.dumps(MADE))
    assert (done.returncode, done.stdout) == (0, said)
    chosen = REVIEWED if "reviewed=true" in said else MADE
    assert json.loads((tmp_path / "plan.json").read_text("utf-8")) == chosen
    shown = (tmp_path / "plan.md").read_text("utf-8")
    assert shown.startswith(page)
    assert f"shown: {json.dumps(chosen)}" in shown


@pytest.mark.parametrize("code", [1, 3, 4])
def test_no_plan_is_chosen_where_planning_fails(code: int, tmp_path: Path) -> None:
    (tmp_path / "reviewed.json").write_text("reviewed\n", "utf-8")
    done = run(tmp_path, CHOOSE, plan=code)
    assert (done.returncode, done.stdout) == (code, "")
    assert not (tmp_path / "plan.md").exists()


# Drift in Azure DevOps


@pytest.mark.parametrize(
    ("code", "kept", "result", "asked", "told"),
    [
        (0, 0, 0, "closed", 1), (2, 0, 0, "open", 1), (0, 1, 0, "closed", 2), (2, 1, 0, "open", 4),
        (1, 0, 1, "", 0), (4, 0, 4, "", 0),
    ],
)  # fmt: skip
def test_drift_is_a_warning_of_the_run_where_no_work_item_tells_it(
    code: int, kept: int, result: int, asked: str, told: int, tmp_path: Path
) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "azure.py").write_text(
        f"import sys\nopen('state', 'w').write(' '.join(sys.argv[1:]))\nsys.exit({kept})\n", "utf-8"
    )
    done = run(tmp_path, DRIFT, drift=code)
    assert (done.returncode, len(done.stdout.splitlines())) == (result, told)
    assert ("SucceededWithIssues" in done.stdout) == (code == 2 and kept == 1)
    state = tmp_path / "state"
    assert (state.read_text("utf-8") if asked else "") == (f"drift drift.md {asked}" if asked else "")
    assert state.exists() == bool(asked)


# The action


ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEP = ACTION["runs"]["steps"][-1]


def act(folder: Path, command: str, arguments: str = "", tenant: str = "", **codes: int) -> Any:
    output = folder / "output"
    output.touch()
    given = {"COMMAND": command, "ARGUMENTS": arguments, "TENANT": tenant, "GITHUB_OUTPUT": str(output)}
    assert given.keys() >= STEP["env"].keys()
    return run(folder, STEP["run"], **codes, **given)  # type: ignore[arg-type]


def test_the_action_passes_arguments_and_nothing_else(tmp_path: Path) -> None:
    hostile = "--format json $(touch a) `touch b` ; touch c * && x"
    act(tmp_path, "plan", hostile, "my tenant")
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert asked == ["plan", "--tenant", "my tenant", *hostile.split(" ")]
    assert {each.name for each in tmp_path.iterdir()} == {"asked", "bin", "output", "plan.json"}


@pytest.mark.parametrize(("code", "result"), [(0, 0), (2, 0), (1, 1), (4, 4)])
def test_the_action_tells_the_exit_code(code: int, result: int, tmp_path: Path) -> None:
    done = act(tmp_path, "plan", plan=code)
    assert done.returncode == result
    assert (tmp_path / "output").read_text("utf-8") == f"exit-code={code}\n"
    assert (tmp_path / "asked").read_text("utf-8") == "plan\n"


def test_no_input_becomes_part_of_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


# What others install


def test_hooks_are_commands() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["reconciler-validate", "reconciler-fmt"]
    local = yaml.safe_load(templates.tree("common")[".pre-commit-config.yaml"])["repos"][0]["hooks"]
    for hook in [*hooks, *local]:
        assert hook["pass_filenames"] is False
        assert parse(hook["entry"].split()[1:]).command


def test_the_image_gets_what_the_wheel_is_made_from() -> None:
    """Not built here: that the files which the build takes are not left out can be known all the same."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    wheel = ("LICENSE", "README.md", "pyproject.toml", "reconciler", "requirements/run.txt", "schemas", "specs")
    assert kept == {*wheel}
    text = (ROOT / "Containerfile").read_text("utf-8")
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert "--require-hashes" in text
