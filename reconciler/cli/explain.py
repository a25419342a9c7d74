"""`explain RULE`: what a rule finds, why, and what to do. Offline. Its other questions are the matter of `who`."""

from __future__ import annotations

import re

from ..render import rules as rendered
from ..rules import REGISTRY
from ..rules.catalog import elsewhere, explained, like
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .rules import settings

_RULE_ID = re.compile(r"[A-Za-z]+[0-9]+")
"""An address has a slash, and no id has one."""


def call(arguments: Arguments) -> int:
    """0; 64 for an id that nothing has."""
    if arguments.what and _RULE_ID.fullmatch(arguments.what) and not (arguments.user or arguments.group):
        return _rule(arguments, arguments.what.upper())
    from . import who

    return who.call(arguments)


def _rule(arguments: Arguments, rule_id: str) -> int:
    """Raises `Failure` (64; 3 for a workspace or tenant that is not there)."""
    output = Output(arguments)
    rule = REGISTRY.get(rule_id)
    set_here = settings(arguments)
    document = explained(rule, set_here) if rule else elsewhere(rule_id)
    if document is None:
        near = like(rule_id)
        hint = f"did you mean {' or '.join(near)}?" if near else "`reconciler rules` lists the rules that there are"
        raise Failure(Code.USAGE, f"no rule is called {rule_id}", hint)
    if output.json:
        output.document(document)
    elif arguments.format == "markdown":
        output.text(rendered.explained_markdown(document))
    else:
        output.text(rendered.explained(document, style=output.style))
    return Code.DONE
