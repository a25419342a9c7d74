"""`schema`: prints the JSON Schemas that specs and documents are judged by."""

from __future__ import annotations

from ..spec import schema
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output


def names() -> tuple[str, ...]:
    """What `schema` can print."""
    documents = (
        "plan", "run", "diagnostics", "rules", "explain", "apps", "doctor", "guide", "evidence", "report", "verify",
        "import", "init", "compare", "snapshot", "drift", "fmt",
    )  # fmt: skip
    return (*schema.kinds(), "spec", "workspace", "pins", *documents)


def call(arguments: Arguments) -> int:
    """0; 64 for a name that no schema has."""
    output = Output(arguments)
    if arguments.kind is None:
        output.text("\n".join(names()))
        return Code.DONE
    try:
        output.text(schema.schema_text(arguments.kind))
    except KeyError:
        raise Failure(Code.USAGE, f"there is no schema {arguments.kind}", f"known: {', '.join(names())}") from None
    return Code.DONE
