"""`schema`: prints the JSON Schemas that specs and documents are judged by."""

from __future__ import annotations

from ..spec import schema
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output


def _names() -> tuple[str, ...]:
    documents = ("plan", "run", "diagnostics", "rules", "explain", "apps", "doctor", "guide")
    return (*schema.kinds(), "spec", "workspace", "pins", *documents)


def call(arguments: Arguments) -> int:
    """0; 64 for a name that no schema has."""
    output = Output(arguments)
    if arguments.kind is None:
        output.text("\n".join(_names()))
        return Code.DONE
    try:
        output.text(schema.schema_text(arguments.kind))
    except KeyError:
        raise Failure(Code.USAGE, f"there is no schema {arguments.kind}", f"known: {', '.join(_names())}") from None
    return Code.DONE
