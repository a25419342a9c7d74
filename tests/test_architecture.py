"""The layers, held by a test: who may import what, who may name a kind, who may print, and what start-up costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from reconciler.kinds import REGISTRY

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "reconciler"
SCRIPTS = PACKAGE / "starting" / "templates"  # of other repositories: nothing here imports them
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(SCRIPTS))

ONLY_IN = {
    "yaml": ("spec/source.py", "spec/tree.py"),
    "jsonschema": ("spec/schema.py",),
    "referencing": ("spec/schema.py",),
    "deepdiff": ("diff.py",),
    "msgraph": ("graph/",),
    "msgraph_core": ("graph/",),
    "msgraph_beta": ("emulator/contract/",),
    "kiota_abstractions": ("graph/",),
    "kiota_http": ("graph/",),
    "kiota_serialization_json": ("graph/",),
    "httpx": ("graph/",),
    "azure": ("graph/auth.py",),
    "msal": ("graph/auth.py",),
    "asyncio": ("engine/", "graph/", "emulator/", "cli/"),
    "http": ("emulator/",),
    "socketserver": ("emulator/",),
    "threading": ("emulator/", "graph/"),
    "argparse": ("cli/arguments.py", "cli/parsers/"),
}
"""A package -> the modules (or folders) that may import it."""

LAYERS = {
    "emulator": {"emulator", "model"},
    "ladder": {"ladder"},
    "kinds": {
        "kinds", "assignments", "audience", "diagnostics", "facts", "identity", "kind", "ladder", "live", "marker",
        "model", "ownership", "resolution", "spec",
    },
    "spec": {"spec", "assignments", "diagnostics", "model"},
    "graph": {"graph", "model"},
    "render": {"render", "marker", "model"},
    "doctor": {"doctor", "assignments", "audience", "chain", "diagnostics", "facts", "live", "model", "rules"},
    "starting": {"starting", "spec"},
    "guide": {"guide", "assignments", "facts", "model", "rules", "workspace"},
    "adopting": {
        "adopting", "decide", "diagnostics", "identity", "kind", "ladder", "live", "marker", "model", "named",
        "ownership", "spec",
    },
}  # fmt: skip
"""A part -> all that it may use of this project. Who is not named here may use what the rules below leave."""

ABOVE = {"cli": set(), "engine": {"cli"}, "render": {"cli"}, "graph": {"cli", "engine"}, "emulator": {"cli"}}
"""A part -> who may use it, beside itself. The pure core knows none of them."""

NO_KIND_IN = [path for path in MODULES if "kinds" not in path.relative_to(PACKAGE).parts]


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def typing_only(module: ast.Module) -> set[ast.AST]:
    """Nodes below `if TYPE_CHECKING`: they are never imported."""
    blocks = [n for n in ast.walk(module) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    return {node for block in blocks for statement in block.body for node in ast.walk(statement)}


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Absolute names of what a module imports, at any depth: `reconciler.kinds.common`, `httpx`, …"""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    module = tree(path)
    skipped = typing_only(module)
    package = ["reconciler", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(module):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def parts(path: Path) -> Iterator[str]:
    """The parts of this project that a module uses: `kinds`, `spec`, `model`, …"""
    for each in imports(path):
        if each.startswith("reconciler."):
            yield each.split(".")[1]


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_imported_only_where_it_belongs(package: str) -> None:
    users = {name(path) for path in MODULES if any(each.split(".")[0] == package for each in imports(path))}
    assert {user for user in users if not user.startswith(ONLY_IN[package])} == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_part_uses_only_what_it_may(layer: str) -> None:
    used = {(name(path), other) for path in MODULES if part(path) == layer for other in parts(path)}
    assert {(user, other) for user, other in used if other not in LAYERS[layer] and not other.startswith("__")} == set()


@pytest.mark.parametrize("layer", ABOVE)
def test_a_part_is_used_only_by_those_above_it(layer: str) -> None:
    users = {(name(path), part(path)) for path in MODULES if layer in set(parts(path))}
    assert {user for user, of in users if of not in ABOVE[layer] | {layer} and of != "__main__"} == set()


def test_nothing_outside_kinds_imports_a_kind() -> None:
    """Everything finds them through the registry, and only the command line hands that around."""
    inside = re.compile(r"reconciler\.kinds\.(?!REGISTRY)|reconciler\.kinds$")
    assert {name(path): found for path in NO_KIND_IN if (found := [i for i in imports(path) if inside.match(i)])} == {}
    users = {part(path) for path in NO_KIND_IN if "reconciler.kinds.REGISTRY" in imports(path)}
    assert users <= {"cli"}


def test_nothing_outside_kinds_names_a_kind_in_a_string() -> None:
    word = re.compile(rf"\b({'|'.join(REGISTRY)})\b")
    found = {name(path): [s for s in spoken(tree(path)) if word.search(s)] for path in NO_KIND_IN}
    examples = {
        "model.py": 1,  # the message that shows how an address is written
        "emulator/audit.py": 2,  # what Intune's audit log calls a filter, too
    }
    assert {module: len(strings) for module, strings in found.items() if strings} == examples


def spoken(module: ast.Module) -> Iterator[str]:
    """The strings of a module that are not documentation."""
    documentation = {
        id(n.value) for n in ast.walk(module) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_only_the_command_line_prints_and_reads_the_environment() -> None:
    talking = re.compile(r"(?<![\w.])print\(|\bsys\.(stdout|stderr|argv)\b|\bos\.environ\b")
    allowed = {"emulator/contract/extract.py"}  # a script of its own
    found = {name(path) for path in MODULES if part(path) != "cli" and talking.search(ast.unparse(tree(path)))}
    assert found <= allowed


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(p) for p in MODULES if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(p))]
    assert silent == []


def test_modules_are_of_a_readable_size() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {module: length for module, length in lengths.items() if length > 400} == {}


def test_no_name_of_a_place_on_a_machine() -> None:
    tests = [p for p in (ROOT / "tests").rglob("*.py") if p != Path(__file__)]
    found = [p for p in [*MODULES, *tests] if re.search(r"(?<![\w.])/(work|home|root)/", p.read_text(encoding="utf-8"))]
    assert found == []


# -- start-up ----------------------------------------------------------------------------------------------------------

HEAVY = ("msgraph", "msgraph_core", "kiota_abstractions", "kiota_http", "httpx", "azure", "asyncio", "deepdiff")
PROBE = """
import json, sys
from reconciler.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
sys.stdout.flush()
print()
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code of a command in a process of its own, and the packages that it loaded."""
    command = [sys.executable, "-c", PROBE, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["validate", "specs"],
        ["kinds"],
        ["validate"],
        ["permissions"],
        ["rules"],
        ["explain", "JIT115"],
        ["guide"],
    ],
    ids=" ".join,
)
def test_offline_commands_load_nothing_heavy(arguments: list[str]) -> None:
    code, modules = loaded(ROOT, *arguments)
    assert code == 0
    assert modules & set(HEAVY) == set()


def test_help_does_not_even_load_yaml() -> None:
    assert loaded(ROOT, "--help")[1] & {"yaml", "jsonschema", *HEAVY} == set()


def test_show_and_an_empty_plan_load_no_more_than_they_need(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.yaml").write_text(
        "apiVersion: intune.reconciler/v1\nkind: JitSsoPolicy\nmetadata: {name: a}\nspec: {displayName: A}\n",
        encoding="utf-8",
    )
    (tmp_path / "reconciler.yaml").write_text(
        "apiVersion: intune.reconciler/v1\nkind: Workspace\nowner: contoso\nspecs: [specs]\n"
        "defaultTenant: s\ntenants: {s: {graph: emulator, state: s.json}}\n",
        encoding="utf-8",
    )
    code, modules = loaded(tmp_path, "apply", "--yes")
    assert (code, "httpx" in modules) == (0, True)
    code, modules = loaded(tmp_path, "plan", "--out", "p.json", "--detailed-exitcode")
    assert (code, "deepdiff" in modules) == (0, False)
    code, modules = loaded(tmp_path, "show", "p.json")
    assert code == 0
    assert modules & set(HEAVY) == set()
