"""Reads facts out of the source text of Microsoft's generated SDK (package msgraph-beta-sdk), without importing it.

Importing those models takes seconds and 100 MB; their source is regular enough to be read as a syntax tree. Called by
`extract` only. Every function takes the folder `msgraph_beta/generated` or a parsed module below it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PRIMITIVES = {
    "get_str_value": "String",
    "get_bool_value": "Boolean",
    "get_int_value": "Int32",
    "get_float_value": "Double",
    "get_datetime_value": "DateTimeOffset",
    "get_date_value": "Date",
    "get_time_value": "TimeOfDay",
    "get_timedelta_value": "Duration",
    "get_uuid_value": "Guid",
    "get_bytes_value": "Binary",
}
COLLECTION_PRIMITIVES = {"str": "String", "int": "Int32", "bool": "Boolean", "float": "Double", "UUID": "Guid"}
PLUMBING = frozenset({"AdditionalDataHolder", "BackedModel", "Parsable"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A property's type as the source names it: a primitive's wire name, or a class and its module."""

    name: str
    module: Path | None
    collection: bool


@dataclass(frozen=True, slots=True)
class Model:
    """One generated class. `properties` by wire name; `written` are those that `serialize` writes."""

    name: str
    module: Path
    base: Reference | None
    properties: dict[str, Reference] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    subtypes: tuple[str, ...] = ()


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def _class(tree: ast.Module) -> ast.ClassDef:
    return next(node for node in tree.body if isinstance(node, ast.ClassDef))


def _imports(tree: ast.Module, module: Path) -> dict[str, Path]:
    """Class name -> module file, from the imports at module level and below TYPE_CHECKING."""
    found: dict[str, Path] = {}
    blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    for node in (node for block in blocks for node in block):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            folder = module.parents[node.level - 1]
            target = folder.joinpath(*node.module.split(".")).with_suffix(".py")
            found.update({alias.asname or alias.name: target for alias in node.names})
    return found


def _method(cls: ast.ClassDef, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in cls.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node
    return None


def _wire_name(cls: ast.ClassDef) -> str:
    """The name after `#microsoft.graph.`; where the class has no default for it, its own with a small first letter."""
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "odata_type" and node.value:
            value = ast.literal_eval(node.value)
            if value:
                return str(value).removeprefix("#microsoft.graph.")
    return cls.name[0].lower() + cls.name[1:]


def _property(call: ast.Call, imports: dict[str, Path]) -> Reference:
    """`n.get_…(…)` -> the property's type."""
    assert isinstance(call.func, ast.Attribute)
    reader = call.func.attr
    if reader in PRIMITIVES:
        return Reference(PRIMITIVES[reader], None, collection=False)
    (argument,) = call.args
    assert isinstance(argument, ast.Name)
    if reader == "get_collection_of_primitive_values":
        return Reference(COLLECTION_PRIMITIVES[argument.id], None, collection=True)
    collection = reader in ("get_collection_of_object_values", "get_collection_of_enum_values")
    assert collection or reader in ("get_object_value", "get_enum_value"), reader
    return Reference(argument.id, imports[argument.id], collection=collection)


def _properties(cls: ast.ClassDef, imports: dict[str, Path]) -> dict[str, Reference]:
    reader = _method(cls, "get_field_deserializers")
    table = next(node for node in ast.walk(reader) if isinstance(node, ast.Dict)) if reader else ast.Dict([], [])
    found: dict[str, Reference] = {}
    for key, value in zip(table.keys, table.values, strict=True):
        name = ast.literal_eval(key) if key else ""
        if name != "@odata.type":
            assert isinstance(value, ast.Lambda)
            assert isinstance(value.body, ast.Call)
            call = value.body.args[2]
            assert isinstance(call, ast.Call)
            found[name] = _property(call, imports)
    return found


def _written(cls: ast.ClassDef) -> frozenset[str]:
    writer = _method(cls, "serialize")
    calls = (node for node in ast.walk(writer) if isinstance(node, ast.Call)) if writer else ()
    return frozenset(str(c.args[0].value) for c in calls if len(c.args) == 2 and isinstance(c.args[0], ast.Constant))


def _subtypes(cls: ast.ClassDef) -> tuple[str, ...]:
    """Wire names of all descendants, from the comparisons in `create_from_discriminator_value`."""
    factory = _method(cls, "create_from_discriminator_value")
    text = ast.unparse(factory) if factory else ""
    return tuple(sorted(set(re.findall(r"'#microsoft\.graph\.(\w+)'", text))))


@cache
def model(module: Path) -> Model:
    """The class that a model module defines."""
    tree = _tree(module)
    cls, imports = _class(tree), _imports(tree, module)
    bases = [base.id for base in cls.bases if isinstance(base, ast.Name) and base.id not in PLUMBING]
    base = Reference(bases[0], imports[bases[0]], collection=False) if bases else None
    root = cls.name == "Entity"  # lists thousands of descendants, none of which matters here
    return Model(
        name=_wire_name(cls),
        module=module,
        base=base,
        properties=_properties(cls, imports),
        written=_written(cls),
        subtypes=() if root else _subtypes(cls),
    )


def is_enum(module: Path) -> bool:
    """Whether a model module defines an enumeration."""
    return any(isinstance(base, ast.Name) and base.id == "Enum" for base in _class(_tree(module)).bases)


def enum(module: Path) -> tuple[str, list[str]]:
    """Wire name and members, in the order of the source."""
    cls = _class(_tree(module))
    assigned = (node.value for node in cls.body if isinstance(node, ast.Assign))
    return _wire_name(cls), [str(ast.literal_eval(value)[0]) for value in assigned]


def is_entity(module: Path) -> bool:
    """Whether a class descends from `entity`, so that a property of this type is a navigation property."""
    found = model(module)
    return found.name == "entity" or (
        found.base is not None and found.base.module is not None and is_entity(found.base.module)
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP method of a route. `body` and `response` are modules, or the name of a primitive for `response`."""

    body: Path | None
    response: Path | str | None


@dataclass(frozen=True, slots=True)
class Route:
    """One request builder: its URL template without base and query, the query options, the methods."""

    path: str
    query: tuple[str, ...]
    calls: dict[str, Call]


def route(module: Path) -> Route:
    """The route that a request builder module serves."""
    tree = _tree(module)
    cls, imports = _class(tree), _imports(tree, module)
    template = _template(cls)
    path, _, query = template.removeprefix("{+baseurl}").partition("{?")
    options = tuple(sorted(option.replace("%24", "$") for option in query.rstrip("}").split(",") if option))
    calls: dict[str, Call] = {}
    for verb in ("get", "post", "patch", "put", "delete"):
        method = _method(cls, verb)
        if method is not None:
            calls[verb.upper()] = Call(_body(method, imports), _response(method, imports))
    return Route(path.replace("%2D", "-"), options, calls)


def _template(cls: ast.ClassDef) -> str:
    constructor = _method(cls, "__init__")
    assert constructor is not None
    strings = (node.value for node in ast.walk(constructor) if isinstance(node, ast.Constant))
    return next(text for text in strings if isinstance(text, str) and text.startswith("{+baseurl}"))


def _body(method: ast.FunctionDef | ast.AsyncFunctionDef, imports: dict[str, Path]) -> Path | None:
    for argument in method.args.args:
        if argument.arg == "body" and isinstance(argument.annotation, ast.Name):
            return imports.get(argument.annotation.id)
    return None


def _response(method: ast.FunctionDef | ast.AsyncFunctionDef, imports: dict[str, Path]) -> Path | str | None:
    """The second argument of the adapter's `send…`: a class, a primitive's name, or nothing."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("send_"):
            kind = node.args[1]
            if isinstance(kind, ast.Name):
                return imports.get(kind.id)
            return str(kind.value) if isinstance(kind, ast.Constant) else None
    return None
