"""The parts of the documentation that follow from code: fields of kinds, options, knobs, and the plan in the README.

`python -m tests.docs_parts` writes them (as `make golden` does); `test_docs` compares. A table stands between the
comments `table: NAME` and `end of table`, the plan between `plan: ADDRESS…` and `end of plan`.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from reconciler import permissions, rules
from reconciler.cli.arguments import parser
from reconciler.cli.parsers import shared
from reconciler.emulator import Knobs
from reconciler.kinds import REGISTRY
from reconciler.rules import catalog
from reconciler.spec import schema

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
_TABLE = re.compile(r"(<!-- table: (?P<name>[^\n]+?) -->\n).*?(<!-- end of table -->)", re.DOTALL)
_PLAN = re.compile(r"(<!-- plan: (?P<addresses>[^\n]+?) -->\n).*?(<!-- end of plan -->)", re.DOTALL)
SHARED = frozenset({"id", "lifecycle"})
"""Fields that every kind has; docs/kinds.md has them in a table of their own."""

Schema = dict[str, Any]
Row = tuple[str, ...]


def table(head: Row, rows: Sequence[Row]) -> str:
    """A Markdown table with a line end after each row."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


# Fields of kinds


def field_rows(kind: str, *, only: frozenset[str] | None = None) -> Iterator[Row]:
    """Field, type, default and meaning, depth first, as the schema has them."""
    whole: Schema = json.loads(schema.schema_text(kind))
    for name, each in whole["properties"]["spec"]["properties"].items():
        if (name in only) if only is not None else (name not in SHARED):
            yield from _rows(whole, name, each)


def metadata_rows() -> Iterator[Row]:
    """The fields below `metadata`, and those of `spec` that every kind has."""
    whole: Schema = json.loads(schema.schema_text("JitSsoPolicy"))
    for name, each in _resolved(whole, whole["properties"]["metadata"])["properties"].items():
        yield from _rows(whole, f"metadata.{name}", each)
    for name in sorted(SHARED):
        yield from _rows(whole, f"spec.{name}", whole["properties"]["spec"]["properties"][name])


def _rows(whole: Schema, name: str, given: Schema) -> Iterator[Row]:
    node = _resolved(whole, given)
    default = f"`{json.dumps(node['default'])}`" if "default" in node else ""
    yield f"`{name}`", _type(node), default, str(node.get("description", ""))
    item = _resolved(whole, node["items"]) if "items" in node else {}
    inner, prefix = (node, name) if "properties" in node else (item, f"{name}[]")
    for child, each in inner.get("properties", {}).items():
        yield from _rows(whole, f"{prefix}.{child}", each)


def _resolved(whole: Schema, node: Schema) -> Schema:
    """The node with what it refers to; what stands beside the reference wins."""
    while "$ref" in node:
        target: Any = whole
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _type(node: Schema) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    given = node.get("type", "")
    return " or ".join([given] if isinstance(given, str) else given)


# Options of commands


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """The commands that there are, by name."""
    actions = parser()._actions
    found = next(action for action in actions if isinstance(action, argparse._SubParsersAction))
    return typing.cast(Mapping[str, argparse.ArgumentParser], found.choices)


def common_options() -> set[str]:
    """Options that every command has."""
    return set.intersection(*({o for a in each._actions for o in a.option_strings} for each in commands().values()))


def option_rows(command: str) -> Iterator[Row]:
    """What a command takes beyond the common options; or, for `everywhere`, those."""
    everywhere = common_options()
    chosen = next(iter(commands().values())) if command == "everywhere" else commands()[command]
    for action in chosen._actions:
        names = action.option_strings
        if command == "everywhere" and "--format" in names:
            yield "`--format FORMAT`", "what the result is written as: see the table below"
        elif "--help" not in names and bool(names and set(names) <= everywhere) == (command == "everywhere"):
            yield f"`{_usage(action)}`", str(action.help)


def format_rows() -> Iterator[Row]:
    """Each format, whom it is for, and which commands write it."""
    offered = {name: tuple(a.choices or ()) for name, p in commands().items() for a in p._actions if a.dest == "format"}
    for name, reader in shared.READERS.items():
        having = [f"`{command}`" for command, formats in offered.items() if name in formats]
        yield f"`{name}`", reader.removeprefix(f"{name} "), "all" if len(having) == len(offered) else ", ".join(having)


def _usage(action: argparse.Action) -> str:
    """An option or argument as one writes it."""
    value = action.metavar if isinstance(action.metavar, str) else "|".join(map(str, action.choices or ()))
    if action.option_strings:
        return f"{action.option_strings[0]} {value}".strip()
    return f"[{value}…]" if action.nargs == "*" else f"[{value}]" if action.nargs == "?" else value


# Knobs


def knob_rows() -> Iterator[Row]:
    """Name, values with the default first, and the docstring below the field."""
    said = _docstrings(Knobs)
    hints = typing.get_type_hints(Knobs)
    for field in fields(Knobs):
        options = [option for option in _options(hints[field.name]) if option != field.default]
        shown = [f"**{_json(field.default)}**", *map(_json, options)]
        yield f"`{field.name}`", ", ".join(shown), said[field.name]


def _options(kind: object) -> tuple[object, ...]:
    """The values that a literal type allows; a word for others."""
    found: list[object] = []
    for part in typing.get_args(kind) if typing.get_origin(kind) is not typing.Literal else (kind,):
        found += typing.get_args(part) if typing.get_origin(part) is typing.Literal else [part]
    if kind is bool:
        found = [False, True]
    words = {int: "a number", str: "a list"}
    return tuple(words.get(part, part) if isinstance(part, type) else part for part in found if part is not type(None))


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _docstrings(owner: type) -> dict[str, str]:
    """The text below each field of a class."""
    body = ast.parse(inspect.getsource(owner)).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if named and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[field.target.id] = " ".join(str(text.value.value).split())  # type: ignore[attr-defined]
    return found


# Permissions


def permission_rows() -> Iterator[Row]:
    """What each kind and each sort of name takes to plan and to apply."""
    for kind in REGISTRY.values():
        read, write = (
            {getattr(c, side) for c in kind.collections} for side in ("read_permissions", "write_permissions")
        )
        yield f"`{kind.name}`", _any_of(*read), _any_of(*write)
    yield "groups, by name and id", _any_of(permissions.GROUPS), "the same"
    yield "assignment filters", _any_of(permissions.FILTERS), "the same"
    yield "scope tags", _any_of(permissions.SCOPE_TAGS), "the same"
    yield "counting people (groups)", _any_of(permissions.GROUPS), "the same"
    yield "counting people (everybody)", _any_of(permissions.USERS), "the same"
    yield "who changed an object (optional)", "", _any_of(permissions.AUDIT_EVENTS)
    yield "who changed a group (optional)", "", _any_of(permissions.DIRECTORY_AUDITS)
    yield "Multi Admin Approval (optional)", "", _any_of(permissions.APPROVALS)


def doctor_rows() -> Iterator[Row]:
    """What `doctor` takes beside what a plan takes."""
    for need in permissions.examining():
        yield need.why + (" (with `--user`)" if need.only_if else ""), _any_of(need.any_of)


def _any_of(names: Sequence[str]) -> str:
    """The one to grant, and what would do as well."""
    first, *others = names
    return f"**`{first}`**" + (", or " + ", ".join(f"`{name}`" for name in others) if others else "")


# Rules


def rule_rows(title: str) -> Iterator[Row]:
    """The rules of one chapter: id, severity, where it is decided, what it finds, and what it rests on."""
    for rule in rules.REGISTRY.values():
        if catalog.chapter(rule) == title:
            where = ", ".join(sorted(rule.decides, reverse=True)) or "not decidable"
            page = f"[{rule.source.title}]({rule.source.url})" if rule.source else ""
            yield f"`{rule.id}`", str(rule.severity), where, rule.title, page


# Documents

_RULES: Row = ("rule", "severity", "decided", "finds", "rests on")
_FIELDS: Row = ("field", "type", "default", "meaning")
_OPTIONS: Row = ("option", "does")


def rendered(name: str) -> str:
    """The table of that name: `fields KIND`, `fields of every kind`, `options COMMAND`, `knobs`, `permissions`, …"""
    word, _, rest = name.partition(" ")
    makers: dict[str, Callable[[], str]] = {
        "fields": lambda: table(_FIELDS, list(metadata_rows() if rest == "of every kind" else field_rows(rest))),
        "formats": lambda: table(("format", "is", "of"), list(format_rows())),
        "options": lambda: table(_OPTIONS, list(option_rows(rest))),
        "permissions": lambda: (
            table(("`doctor`", "any of"), list(doctor_rows()))
            if rest
            else table(("for", "to plan, any of", "to apply, any of"), list(permission_rows()))
        ),
        "dangerous": lambda: table(("permission", "it"), [(f"`{n}`", w) for n, w in permissions.DANGEROUS.items()]),
        "rules": lambda: table(_RULES, list(rule_rows(rest))),
        "knobs": lambda: table(("knob", "values, the default first", "what it decides"), list(knob_rows())),
    }
    return makers[word]()


def with_tables(text: str) -> str:
    """A document with its tables as they have to be."""
    return _TABLE.sub(lambda found: f"{found[1]}{rendered(found['name'])}{found[3]}", text)


# The README


def first_plan() -> str:
    """What `plan` prints of the example specs, for a sandbox tenant that nobody has touched."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "reconciler.yaml", folder)
        shutil.copytree(ROOT / "specs", Path(folder, "specs"))
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", "plan", "--tenant", "sandbox"],
            cwd=folder,
            env={**os.environ, "COLUMNS": "96", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
    return done.stdout


def excerpt(plan: str, addresses: Sequence[str]) -> str:
    """The first and the last lines of a plan's text, and the changes of these addresses."""
    head, *blocks = plan.rstrip("\n").split("\n\n")
    changes = [block for block in blocks if block.split()[1] in addresses]
    assert len(changes) == len(addresses), f"the plan has not all of {addresses}"
    return "\n\n".join([head, "  …", *changes, "  …", blocks[-1]]) + "\n"


def with_plan(text: str, plan: str) -> str:
    """The README with its excerpt as it has to be."""
    return _PLAN.sub(lambda f: f"{f[1]}```text\n{excerpt(plan, f['addresses'].split())}```\n{f[3]}", text)


def write() -> None:
    """Bring every document up to date, and the examples of `explain`, which follow from the cases of rules."""
    from tests.rules.examples import FILE, text

    FILE.write_text(text(), "utf-8")
    for path in sorted(DOCS.glob("*.md")):
        path.write_text(with_tables(path.read_text("utf-8")), "utf-8")
    README.write_text(with_plan(README.read_text("utf-8"), first_plan()), "utf-8")


if __name__ == "__main__":
    write()
