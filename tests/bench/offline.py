"""What costs no network: start-up, validation, planning over live state that is already in memory."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import estate
from .processes import COMMAND, least, run

Row = tuple[str, str, str, str]


def startup(folder: Path) -> list[Row]:
    """Whole processes."""
    estate.write(folder, 10)
    passing = least((sys.executable, "-c", "pass"), cwd=folder, times=15)
    imports = least((sys.executable, "-c", "import yaml, jsonschema"), cwd=folder, times=15)
    rows: list[Row] = []
    for name, command, floor, bound in (
        ("--help", (*COMMAND, "--help"), passing, 5.0),
        ("validate, 10 specs", (*COMMAND, "validate"), imports, 2.0),
    ):
        run(command, cwd=folder)
        cost = least(command, cwd=folder, times=15)
        ratio = cost.wall / floor.wall
        rows.append((name, f"{cost.wall * 1000:.0f} ms", f"{ratio:.2f} of {floor.wall * 1000:.0f} ms", f"{bound:.0f}"))
    return rows


def validation(folder: Path, count: int) -> Row:
    """CPU of `validate` in this process, against libyaml's node tree and one prebuilt validator over the same files."""
    from reconciler.cli.project import check, read_specs

    estate.write(folder, count)
    files = read_specs([folder / "specs"], folder)
    floor = _cpu(lambda: _floor(files))
    cost = _cpu(lambda: check(files))
    return (f"validate, {count:,} specs", f"{cost:.2f} s", f"{cost / floor:.2f} of {floor:.2f} s", "2")


def _floor(files: list[tuple[str, bytes]]) -> None:
    import yaml
    from jsonschema import Draft202012Validator

    from reconciler.spec import schema_files

    validator = Draft202012Validator(schema_files.inlined("jit-sso-policy"))
    loader: Any = yaml.CSafeLoader
    for _, data in files:
        yaml.compose(data, Loader=loader)
        validator.is_valid(_value(data))


def floor(folder: Path, count: int) -> float:
    """CPU seconds that a plan over so many specs and live objects cannot go below."""
    from reconciler.cli.project import read_specs

    estate.write(folder, count)
    files = read_specs([folder / "specs"], folder)
    live = [json.dumps(estate.live_object(index)).encode() for index in range(count)]
    return _cpu(lambda: (_floor(files), [json.loads(each) for each in live]))


_VALUES: dict[bytes, Any] = {}


def _value(data: bytes) -> Any:
    """The value of a file, made once outside of the floor: the floor is a node tree and a verdict."""
    if data not in _VALUES:
        from reconciler.spec import source

        _VALUES[data] = source.load("x.yaml", data)[0][0].value
    return _VALUES[data]


def _cpu(work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def memory(folder: Path, count: int) -> Row:
    """Memory of `validate`, and that time grows with the number of specs and no faster."""
    estate.write(folder, count)
    cost = run((*COMMAND, "validate"), cwd=folder)
    return (f"validate, {count:,} specs, memory", f"{cost.memory:.0f} MiB, {cost.cpu:.1f} s CPU", "", "300 MiB")


def planning(folder: Path, count: int, changed: int) -> Row:
    """CPU of a plan whose live state is in memory as the bytes that Graph answered."""
    from reconciler.cli.project import check, read_specs
    from reconciler.decide import match_all, plan
    from reconciler.kind import World
    from reconciler.kinds import REGISTRY
    from reconciler.kinds.jit_sso_policy import COLLECTION
    from reconciler.live import Group, Names, Reading, live_object
    from reconciler.plan import TenantRef

    estate.write(folder, count, changed=changed)
    files = read_specs([folder / "specs"], folder)
    live = [json.dumps(estate.live_object(index)).encode() for index in range(count)]
    groups = {f"Group {n}": Group(estate.identifier(f"group {n}"), f"Group {n}") for n in range(estate.GROUPS)}
    names = Names(
        groups={name: (group,) for name, group in groups.items()},
        groups_by_id={group.id: group for group in groups.values()},
        scope_tags={"Default": ("0",)},
        scope_tags_by_id={"0": "Default"},
    )
    collections = {c.key: Reading(c) for kind in REGISTRY.values() for c in kind.collections}

    def work() -> None:
        specs = check(files)
        objects = tuple(live_object(COLLECTION, json.loads(each)) for each in live)
        readings = {**collections, COLLECTION.key: Reading(COLLECTION, objects)}
        world = match_all(REGISTRY, World(estate.OWNER, "sandbox", names, readings, specs.desired))
        now = datetime(2026, 1, 1, tzinfo=UTC)
        made = plan(REGISTRY, specs, world, tenant=TenantRef("sandbox", None, "emulator"), now=now).plan
        assert len(made.pending) == changed, made.diagnostics[:3]

    floor = _cpu(lambda: (_floor(files), [json.loads(each) for each in live]))
    cost = _cpu(work)
    return (
        f"plan in memory, {count:,} specs, {changed} changed",
        f"{cost:.2f} s",
        f"{cost / floor:.2f} of {floor:.2f} s",
        "3",
    )
