"""`completion`: the script that completes our commands in a shell. All that it offers is in the script itself."""

from __future__ import annotations

from .arguments import Arguments, parser
from .failure import Code
from .output import Output
from .parsers.completing import with_values


def call(arguments: Arguments) -> int:
    """0: the script is on stdout, to be sourced, or saved where the shell looks for it."""
    import shtab

    from ..kinds import REGISTRY
    from ..rules import REGISTRY as RULES
    from .schema import names

    assert arguments.shell is not None
    values = {("schema", "KIND"): names(), ("import", "KIND"): tuple(REGISTRY), ("explain", "WHAT"): tuple(RULES)}
    completed = with_values(parser(), values, shtab.FILE, shtab.DIRECTORY)
    Output(arguments).text(shtab.complete(completed, arguments.shell))
    return Code.DONE
