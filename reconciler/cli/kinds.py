"""`kinds`: the kinds of specs that there are, in one line each."""

from __future__ import annotations

import json

from ..spec import schema
from .arguments import Arguments
from .failure import Code
from .output import Output


def call(arguments: Arguments) -> int:
    """0."""
    output = Output(arguments)
    described = {kind: str(json.loads(schema.schema_text(kind)).get("description", "")) for kind in schema.kinds()}
    if output.json:
        output.document({"formatVersion": 1, "kinds": [{"kind": k, "description": d} for k, d in described.items()]})
        return Code.DONE
    width = max(map(len, described))
    output.text("\n".join(f"{kind:<{width}}  {text}" for kind, text in described.items()))
    return Code.DONE
