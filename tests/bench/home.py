"""What the commands around a plan cost, against the plan of the same estate."""

from __future__ import annotations

import subprocess
from pathlib import Path

from . import estate
from .processes import COMMAND, Cost, emulator, environment, least

REPEATS = 3
CHANGED = 10
AUTHOR = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")

Row = tuple[str, ...]


def beside_a_plan(folder: Path, count: int, latency: float) -> list[Row]:
    """`plan`; then `drift`, `snapshot` and `import` of as many objects, against the time of the plan."""
    estate.write(folder, count, changed=CHANGED)
    with emulator(folder, latency=latency) as (env, _):
        plan = least((*COMMAND, "plan"), cwd=folder, times=REPEATS, env=env)
        rows = [("plan", "", plan)]
        for name, bound, command in (
            ("drift", "1.5", ("drift",)),
            ("snapshot", "1.5", ("snapshot", "--out", "snapshot.json")),
            ("plan --live of it", "", ("plan", "--live", "snapshot.json")),
            ("import", "3", ("import", "--dry-run", "--workspace", "empty.yaml")),
        ):
            _without_specs(folder)
            rows.append((name, bound, least((*COMMAND, *command), cwd=folder, times=REPEATS, env=env)))
    return [_row(count, latency, name, bound, cost, plan) for name, bound, cost in rows]


def _without_specs(folder: Path) -> None:
    """A workspace whose spec folder is empty: every object of the tenant is written anew."""
    (folder / "nothing").mkdir(exist_ok=True)
    text = (folder / "reconciler.yaml").read_text(encoding="utf-8")
    (folder / "empty.yaml").write_text(text.replace("[specs]", "[nothing]"), encoding="utf-8")


def in_git(folder: Path, count: int) -> list[Row]:
    """`compare` of two revisions between which ten specs change, against `validate` of one; and the page of a plan."""
    estate.write(folder, count)
    _git(folder, "init", "--quiet")
    _committed(folder)
    for index in range(CHANGED):
        spec = folder / "specs" / f"policy-{index:05}.yaml"
        spec.write_text(estate.spec_text(index, changed=True), encoding="utf-8")
    _committed(folder)
    validate = least((*COMMAND, "validate"), cwd=folder, times=REPEATS)
    compare = least((*COMMAND, "compare", "HEAD~1", "HEAD"), cwd=folder, times=REPEATS)
    return [
        _row(count, None, "validate", "", validate, validate),
        _row(count, None, "compare", "", compare, validate),
    ]


def page(folder: Path, count: int) -> list[Row]:
    """The page of a plan that creates so many policies, and its size (bound: 5 MiB)."""
    estate.write(folder, count, empty=True)
    with emulator(folder, latency=0.0) as (env, _):
        least((*COMMAND, "plan", "--out", "made.plan"), cwd=folder, times=1, env=env)
    show = least((*COMMAND, "show", "made.plan"), cwd=folder, times=REPEATS)
    html = least((*COMMAND, "show", "made.plan", "--format", "html"), cwd=folder, times=REPEATS)
    shown = subprocess.run(
        (*COMMAND, "show", "made.plan", "--format", "html"),
        cwd=folder, env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    size = f"html, {len(shown.stdout) / (1 << 20):.2f} MiB of 5"
    return [_row(count, None, "show", "", show, show), _row(count, None, size, "", html, show)]


def _row(count: int, latency: float | None, name: str, bound: str, cost: Cost, first: Cost) -> Row:
    shown = "" if latency is None else f"{latency * 1000:.0f} ms"
    return (
        f"{count:,}", shown, name, f"{cost.wall:.2f} s", f"{cost.cpu:.2f} s", f"{cost.wall / first.wall:.2f}", bound,
        f"{cost.memory:.0f} MiB",
    )  # fmt: skip


def _committed(folder: Path) -> None:
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "Specs")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)
